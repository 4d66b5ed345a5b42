# SPDX-License-Identifier: LGPL-2.1-or-later
"""gpgsm as a peer: a home of its own in which the root is trusted, and where its agent gets keys. Its import of PKCS #12 knows RSA alone (and does not survive elliptic
curves), so that those are given to the agent as it keeps them."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pki

CURVES = {"p256": "NIST P-256", "p384": "NIST P-384", "ed25519": "Ed25519", "brainpool": "brainpoolP256r1"}


def atom(data):
    return b"%d:%s" % (len(data), data)


class Gpgsm:
    """Every method that calls it raises subprocess.CalledProcessError where it fails."""

    def __init__(self, of):
        self.pki = of
        self.home = Path(tempfile.mkdtemp(prefix="sygnet-gpg."))
        (self.home / "gpgsm.conf").write_text("disable-crl-checks\n")
        (self.home / "gpg-agent.conf").write_text("allow-loopback-pinentry\n")
        fingerprint = pki.run("openssl", "x509", "-in", of.root, "-noout", "-fingerprint", "-sha1").split("=")[1].strip()
        (self.home / "trustlist.txt").write_text(f"{fingerprint} S relax\n")
        self("--import", of.root)

    def __call__(self, *arguments):
        return pki.run("gpgsm", "--homedir", self.home, "--batch", "--pinentry-mode", "loopback", "--passphrase-fd", "0", *arguments, input="\n")

    def stop(self):
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], capture_output=True, check=False)
        shutil.rmtree(self.home, True)

    @staticmethod
    def user(kind):
        return f"sp. z o.o. {kind}"

    def take_key(self, kind):
        if kind in CURVES:
            self("--import", self.pki.directory / f"{kind}.pem")
            self.give_to_agent(kind)
            return
        old = self.pki.directory / f"{kind}-old.p12"
        pki.run("openssl", "pkcs12", "-export", "-inkey", self.pki.directory / f"{kind}-key.pem", "-in", self.pki.directory / f"{kind}.pem", "-certfile", self.pki.root,
                "-passout", "pass:", "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1", "-out", old)
        self("--import", old)

    def give_to_agent(self, kind):
        """A file of an S-expression, by the name that gpgsm calls the key."""
        text = pki.run("openssl", "pkey", "-in", self.pki.directory / f"{kind}-key.pem", "-text", "-noout")
        d, q = (bytes.fromhex(re.sub(r"[^0-9a-f]", "", re.search(rf"{n}:\n((?:    [0-9a-f:]+\n)+)", text)[1])) for n in ("priv", "pub"))
        flags = b""
        if kind == "ed25519":
            flags, q = b"(5:flags5:eddsa)", b"\x40" + q
        grip = re.search(r"^grp:+([0-9A-F]+):", self("--with-colons", "--list-keys", self.user(kind)), re.M)[1]
        folder = self.home / "private-keys-v1.d"
        folder.mkdir(0o700, exist_ok=True)
        (folder / f"{grip}.key").write_bytes(b"(11:private-key(3:ecc(5:curve" + atom(CURVES[kind].encode()) + b")" + flags + b"(1:q" + atom(q) + b")(1:d" + atom(d) + b")))")

    def sign(self, verb, kind, document, out):
        digest = ("--digest-algo", "SHA384") if kind == "p384" else ()
        self(*digest, verb, "--local-user", self.user(kind), "--output", out, document)
