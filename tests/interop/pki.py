# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keys and certificates for the interoperability tests, made by openssl: a root, and seals of several kinds under it. With the NSS
database that pdfsig reads."""

import subprocess
from pathlib import Path

KINDS = {
    "p256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "p384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "brainpool": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1"],
    "rsa3072": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
    "ed25519": ["-algorithm", "ED25519"],
    # Keys for RSA-PSS alone: of any digest, and with their parameters fixed.
    "pss": ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:3072"],
    "pss384": ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:3072", "-pkeyopt", "rsa_pss_keygen_md:sha384", "-pkeyopt", "rsa_pss_keygen_mgf1_md:sha384",
               "-pkeyopt", "rsa_pss_keygen_saltlen:48"],
}

SUBJECT = "/C=PL/O=Example sp. z o.o./organizationIdentifier=VATPL-5250000000/CN=Example sp. z o.o. {}"


def run(*command, **options):
    return subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True, **options).stdout


class Pki:
    """Everything lies in `directory`: root.pem, and for each kind KIND.key (PKCS#8 DER), KIND.pem, KIND-chain.pem, KIND.p12; nss/. The root lasts for `days`, the others for 30."""

    def __init__(self, directory, kinds=("p256", "rsa3072"), days=30):
        self.directory = Path(directory)
        self.root = self.directory / "root.pem"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", self.directory / "root.key", "-out", self.root, "-subj", "/C=PL/O=Example CA/CN=Example Root", "-days", str(days),
            "-addext", "basicConstraints=critical,CA:true", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        for kind in kinds:
            self._issue(kind)
        self._make_nss()

    def _issue(self, kind):
        pem, csr = self.directory / f"{kind}-key.pem", self.directory / f"{kind}.csr"
        extensions = self.directory / "seal.cnf"
        extensions.write_text("basicConstraints=critical,CA:false\nkeyUsage=critical,nonRepudiation\n"
                              "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
        run("openssl", "genpkey", *KINDS[kind], "-out", pem)
        run("openssl", "pkcs8", "-topk8", "-nocrypt", "-in", pem, "-outform", "DER", "-out", self.key(kind))
        run("openssl", "req", "-new", "-key", pem, "-subj", SUBJECT.format(kind), "-out", csr)
        run("openssl", "x509", "-req", "-in", csr, "-CA", self.root, "-CAkey", self.directory / "root.key", "-CAcreateserial",
            "-days", "30", "-extfile", extensions, "-out", self.directory / f"{kind}.pem")
        self.chain(kind).write_text((self.directory / f"{kind}.pem").read_text() + self.root.read_text())
        run("openssl", "pkcs12", "-export", "-inkey", pem, "-in", self.directory / f"{kind}.pem", "-certfile", self.root,
            "-name", kind, "-passout", "pass:", "-out", self.directory / f"{kind}.p12")

    def _make_nss(self):
        self.nss = self.directory / "nss"
        self.nss.mkdir()
        run("certutil", "-N", "-d", f"sql:{self.nss}", "--empty-password")
        run("certutil", "-A", "-d", f"sql:{self.nss}", "-n", "root", "-t", "CT,C,C", "-i", self.root)

    def import_key(self, kind):
        """Puts the key into the NSS database, for pdfsig to sign with."""
        run("pk12util", "-i", self.directory / f"{kind}.p12", "-d", f"sql:{self.nss}", "-W", "", "-K", "")

    def key(self, kind):
        return self.directory / f"{kind}.key"

    def chain(self, kind):
        return self.directory / f"{kind}-chain.pem"
