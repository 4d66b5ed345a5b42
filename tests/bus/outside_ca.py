# SPDX-License-Identifier: LGPL-2.1-or-later
"""A CA played by openssl, for tests of the OCSP responder: what sygnet-cad would certify and publish, and also what it never would."""
import hashlib
import os
import struct
import subprocess
import time

GOOD, SUSPENDED, REVOKED = 0, 1, 2
KEY_COMPROMISE, HOLD, SUPERSEDED = 1, 6, 4
WEEK = 604800


def run(*argv, check=True, data=None):
    p = subprocess.run([str(a) for a in argv], input=data, capture_output=True, check=False, timeout=60)
    if check and p.returncode:
        raise AssertionError(f"{argv} ended with {p.returncode}\n{p.stdout.decode()}{p.stderr.decode()}")
    return p


def serial(number):
    return bytes([0x40]) + number.to_bytes(15, "big")


class OutsideCa:
    """A root, and what sygnet-cad would publish and certify, made by openssl."""

    def __init__(self, folder, name="Example CA"):
        self.folder, self.pem, self.key = folder, folder / "ca.pem", folder / "ca.key"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes", "-keyout", self.key, "-out", self.pem, "-days", "100",
            "-subj", f"/C=PL/O=Example sp. z o.o./CN={name}", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        self.der = run("openssl", "x509", "-in", self.pem, "-outform", "DER").stdout

    def issue(self, name, number, extensions, days=20):
        """A key and its certificate, in PEM."""
        key, request, certificate, ext = (self.folder / f"{name}.{e}" for e in ("key", "csr", "pem", "ext"))
        run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", request, "-subj", f"/C=PL/CN={name}")
        ext.write_text(extensions)
        run("openssl", "x509", "-req", "-in", request, "-CA", self.pem, "-CAkey", self.key, "-set_serial", f"0x{serial(number).hex()}", "-days", days, "-extfile", ext,
            "-out", certificate)
        return key, certificate

    def delegate(self, state, uid, days=20):
        """What the responder keeps, as if the CA had certified it; the files are that user's."""
        key, certificate = self.issue("responder", 1000, "extendedKeyUsage=OCSPSigning\nkeyUsage=critical,digitalSignature\nnoCheck=yes\n", days)
        (state / "responder.key").write_bytes(run("openssl", "pkcs8", "-topk8", "-nocrypt", "-in", key, "-outform", "DER").stdout)
        (state / "responder.crt").write_bytes(run("openssl", "x509", "-in", certificate, "-outform", "DER").stdout)
        for name in ("responder.key", "responder.crt"):
            os.chown(state / name, uid, uid)

    def publish(self, published, records, this_update=None, next_update=None):
        """records: number -> (state, reason, since)."""
        this_update = int(time.time()) if this_update is None else this_update
        next_update = this_update + WEEK if next_update is None else next_update
        body = b"SygnetSL" + struct.pack(">II", 1, len(records)) + hashlib.sha256(self.der).digest() + struct.pack(">qq", this_update, next_update)
        for number, (state, reason, since) in sorted(records.items()):
            body += serial(number) + bytes([state, reason]) + bytes(6) + struct.pack(">qq", since, 2000000000)
        for name, content in (("ca.crt", self.der), ("status", body + hashlib.sha256(body).digest())):
            (published / "new").write_bytes(content)
            (published / "new").rename(published / name)
