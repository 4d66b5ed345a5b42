# SPDX-License-Identifier: LGPL-2.1-or-later
"""An outside certification authority of three levels, by openssl: a root, a policy authority and the one that issues."""
import subprocess
import time

CONFIG = """[req]
distinguished_name = name
[name]
[ca]
default_ca = issuing
[issuing]
dir = {folder}
database = $dir/database
serial = $dir/serial
new_certs_dir = $dir
certificate = $dir/issuing.pem
private_key = $dir/issuing.key
default_md = sha256
policy = any
unique_subject = no
[any]
countryName = optional
organizationName = optional
organizationIdentifier = optional
commonName = optional
serialNumber = optional
givenName = optional
surname = optional
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
[leaf]
basicConstraints = CA:FALSE
keyUsage = critical, nonRepudiation
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


class OutsideCA:
    """root: the file of the root. issuers: the files of the two others, the issuing one first."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        folder.chmod(0o755)
        (folder / "config").write_text(CONFIG.format(folder=folder))
        (folder / "database").touch()
        (folder / "serial").write_text("1000\n")
        self.openssl("req", "-x509", *self.new_key("root"), "-subj", "/C=PL/O=Outside/CN=Outside root", "-extensions", "authority", "-days", "900", "-out", "root.pem")
        self.authority("policy", "root")
        self.authority("issuing", "policy")
        self.root, self.issuers = folder / "root.pem", [folder / "issuing.pem", folder / "policy.pem"]

    def openssl(self, *args):
        subprocess.run(["openssl", args[0], *(["-config", "config"] if args[0] in ("req", "ca") else []), *args[1:]], cwd=self.folder, check=True, capture_output=True)

    def new_key(self, name):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key"]

    def authority(self, name, issuer):
        self.openssl("req", *self.new_key(name), "-subj", f"/C=PL/O=Outside/CN=Outside {name}", "-out", f"{name}.csr")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-extfile", "config", "-extensions", "authority",
                     "-days", "800", "-out", f"{name}.pem")

    def issue(self, request, since=-1, until=30):
        """The file of a certificate for a PKCS#10, valid between two days from now."""
        start, end = (time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + days * 86400)) for days in (since, until))
        out = self.folder / "leaf.pem"
        self.openssl("ca", "-batch", "-notext", "-in", request, "-extensions", "leaf", "-startdate", start, "-enddate", end, "-out", out)
        out.chmod(0o644)
        return out

    def issue_new_key(self, subject):
        """A certificate of a key that nobody asked for."""
        self.openssl("req", *self.new_key("stray"), "-subj", subject, "-out", "stray.csr")
        return self.issue(self.folder / "stray.csr")

    def pkcs7(self, leaf):
        """One file with the certificate and its issuers, in no particular order."""
        out = self.folder / "chain.p7b"
        self.openssl("crl2pkcs7", "-nocrl", "-outform", "DER", "-certfile", self.issuers[1], "-certfile", leaf, "-certfile", self.issuers[0], "-out", out)
        return out
