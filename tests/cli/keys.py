# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests of keys in files and on cards share: a home of their own, a SoftHSM2 token, and a certification authority that openssl plays."""
import json
import os
import subprocess

from cli import OK, SOURCE, TERMS, TestCase

PASSWORD = "Correct-Horse-7-Battery"
PIN, SO_PIN = "87654321", "1234567890"
CARD = "Example card"
CARD_URI = "pkcs11:token=Example%20card"
SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"
PERSON = ["--given-name", "Anna", "--surname", "Example", "--serial-number", "TINPL-5250000000", "--country", "PL"]


def tool(*args, cwd=None, env=None, check=True, stdin=""):
    p = subprocess.run([str(a) for a in args], cwd=cwd, env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})}, input=stdin, capture_output=True, text=True,
                       timeout=120, check=False)
    if check and p.returncode != 0:
        raise AssertionError(f"{args}: {p.stdout}{p.stderr}")
    return p.stdout + p.stderr


class Keys(TestCase):
    def setUp(self):
        super().setUp()
        self.folder.chmod(0o700)
        self.home = {"XDG_DATA_HOME": str(self.folder / "data"), "SYGNET_TERMS": str(SOURCE / "client/terms")}
        self.password = self.secret("password", PASSWORD)
        (self.folder / "declaration.xml").write_text("<Declaration/>")
        # The sanitizer's own complaints about foreign modules are not ours.
        self.home["ASAN_OPTIONS"] = "detect_leaks=0"

    def secret(self, name, text):
        path = self.folder / name
        path.write_text(text + "\n")
        return path

    def sygnet(self, code, *args, **how):
        return self.ends(code, *args, cwd=self.folder, **{**self.home, **how})

    def json(self, *args, **how):
        return json.loads(self.sygnet(OK, *args, "--json", **how).stdout)

    def keys(self):
        return {k["label"]: k for k in self.json("key", "list")["keys"]}

    def openssl(self, *args, **how):
        return tool("openssl", *args, cwd=self.folder, **how)

    def ca(self):
        """A root and an issuing authority below it; ca.pem and issuing.pem."""
        for name, signer in (("ca", []), ("issuing", ["-CA", "ca.pem", "-CAkey", "ca.key"])):
            self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.pem",
                         "-subj", f"/C=PL/O=Example sp. z o.o./CN=Example {name}", "-days", "3650", "-addext", "keyUsage=critical,keyCertSign,cRLSign", *signer)

    def certify(self, request, out, usage="nonRepudiation"):
        (self.folder / "extensions").write_text(f"keyUsage=critical,{usage}\nbasicConstraints=critical,CA:FALSE\nextendedKeyUsage=emailProtection\n"
                                                "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
        self.openssl("x509", "-req", "-in", request, "-CA", "issuing.pem", "-CAkey", "issuing.key", "-CAcreateserial", "-days", "365", "-extfile", "extensions",
                     "-out", out)

    def card(self):
        (self.folder / "tokens").mkdir()
        conf = self.folder / "softhsm2.conf"
        conf.write_text(f"directories.tokendir = {self.folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
        self.home["SOFTHSM2_CONF"] = str(conf)
        self.hsm = {"SOFTHSM2_CONF": str(conf)}
        tool("softhsm2-util", "--init-token", "--free", "--label", CARD, "--pin", PIN, "--so-pin", SO_PIN, env=self.hsm)
        self.pin = self.secret("pin", PIN)

    def pkcs11_tool(self, *args, login=True):
        return tool("pkcs11-tool", "--module", SOFTHSM, "--token-label", CARD, *(["--login", "--pin", PIN] if login else []), *args, env=self.hsm)

    def generate(self, label, *args, code=OK, **how):
        return self.sygnet(code, "key", "generate", "--label", label, *PERSON, "--accept-terms", TERMS, *args, **how)

    def in_file(self, label="customs", path="key.p12", *args):
        self.generate(label, "--place", "file", "-o", path, "--no-issue", "--password-file", self.password, *args)

    def on_card(self, label="on card", *args):
        self.generate(label, "--place", "token", "--token", CARD_URI, "--no-issue", "--pin-file", self.pin, *args)

    def get_certificate(self, label, *factors):
        self.sygnet(OK, "key", "request", label, *factors, "-o", "request.pem", "--force")
        self.certify("request.pem", "certificate.pem")
        self.sygnet(OK, "key", "import", label, "certificate.pem", "issuing.pem", *factors)

    def sign(self, code, *args, **how):
        for old in self.folder.glob("*.p7s"):
            old.unlink()
        return self.sygnet(code, "sign", "declaration.xml", *args, **how)

    def verify(self, code=OK):
        return json.loads(self.sygnet(code, "verify", "declaration.xml.p7s", "--anchors", "ca.pem", "--offline", "--json").stdout)

    def signs(self, *args):
        """Signs, and both we and openssl find it good."""
        p = self.sign(OK, *args)
        self.assertEqual("TOTAL-PASSED", self.verify()["signatures"][0]["indication"])
        self.openssl("cms", "-verify", "-binary", "-inform", "DER", "-in", "declaration.xml.p7s", "-content", "declaration.xml", "-CAfile", "ca.pem", "-out", "/dev/null")
        return p
