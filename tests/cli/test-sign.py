#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""From an account to documents that others verify, through the client alone (S1, S2, C2, C5, E3, E5, E11)."""
import importlib.util
import json
import os
import subprocess
import sys

from cli import BUILD, DENIED, FAILED, INDETERMINATE, NOT_FOUND, NOT_VALID, OK, SOURCE, TestCase, main

sys.path.insert(0, str(SOURCE / "tests/bus"))
from harness import SYGNET_CA, totp  # noqa: E402

spec = importlib.util.spec_from_file_location("service", SOURCE / "tests/cli/test-service.py")
service = importlib.util.module_from_spec(spec)
spec.loader.exec_module(service)

KEY_PASSWORD = "Correct-Horse-7-Battery"


class Sign(service.Service):
    test_accounts = test_sessions = test_authenticators = None

    def setUp(self):
        super().setUp()
        m = self.machine
        self.start_ca()
        self.account()
        self.sygnet(OK, "login", "anna", "--password-file", self.password)
        made = json.loads(self.sygnet(OK, "otp", "enroll", "--no-confirm", "--uri-file", "uri", "--json"))
        self.key = service.read_uri((self.folder / "uri").read_text().strip())[0]
        self.sygnet(OK, "otp", "confirm", made["id"], "--otp-file", self.secret("code", totp(self.key, m.now())))
        self.sygnet(OK, "ca", "init", "--organization", "Example sp. z o.o.", "--name", "Example CA", "--country", "PL", uid=0)
        self.sygnet(OK, "ca", "show", "-o", "ca.pem", uid=0)
        (self.folder / "ca.pem").chmod(0o644)
        (self.folder / "declaration.xml").write_text("<Declaration/>")
        with open(self.folder / "invoice.pdf", "wb") as pdf:
            subprocess.run([sys.executable, SOURCE / "installer/lib/invoice.py"], stdout=pdf, check=True)

    def start_ca(self):
        m = self.machine
        home = m.folder / "ca"
        home.mkdir()
        os.chown(home, SYGNET_CA, SYGNET_CA)
        at = ["--state", home / "state", "--host-key", home / "key"]
        m.run([BUILD / "store-tool/sygnet-store", "--service", "sygnet-cad", *at, "init"], uid=SYGNET_CA)
        m.spawn([BUILD / "ca/sygnet-cad", *at], uid=SYGNET_CA)
        m.wait_for_name("org.sygnet.CA1")

    def code(self):
        return self.secret("code", self.machine.code(self.key))

    def seal(self):
        out = self.sygnet(OK, "seal", "create", "Example seal", "--administrator", "anna", "--organization", "Example sp. z o.o.", "--identifier",
                          "VATPL-5250000000", "--country", "PL", "--json", uid=0)
        return json.loads(out)["id"]

    def verify(self, code, *args):
        return json.loads(self.sygnet(code, "verify", "--json", "--anchors", "ca.pem", *args))

    def test_seal(self):
        seal = self.seal()
        self.sygnet(DENIED, "sign", "invoice.pdf", "--otp-file", self.secret("bad", "00000000"), says="not right")
        self.sygnet(OK, "sign", "invoice.pdf", "declaration.xml", "-c", seal[:6], "--otp-file", self.code())
        report = self.verify(OK, "invoice-sealed.pdf")
        self.assertEqual(("PAdES", "B-B", True), tuple(report["signatures"][0][k] for k in ("format", "level", "covers_whole_document")))
        self.verify(OK, "declaration.xml.p7s")
        subprocess.run(["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "declaration.xml.p7s", "-content", "declaration.xml", "-CAfile", "ca.pem",
                        "-out", "/dev/null"], cwd=self.folder, check=True, capture_output=True)
        self.assertIn("not qualified", self.sygnet(OK, "verify", "--anchors", "ca.pem", "invoice-sealed.pdf"))
        self.assertIn("not qualified", self.sygnet(OK, "show", "Example seal"))
        # A second signature on the sealed document; the first stays valid.
        self.sygnet(OK, "sign", "invoice-sealed.pdf", "-o", "twice.pdf", "--otp-file", self.code())
        self.assertEqual(2, len(self.verify(OK, "twice.pdf")["signatures"]))
        # Outputs that exist stay.
        before = (self.folder / "declaration.xml.p7s").read_bytes()
        self.sygnet(FAILED, "sign", "declaration.xml", "--otp-file", self.secret("never", "12345678"), says="--force")
        self.assertEqual(before, (self.folder / "declaration.xml.p7s").read_bytes())
        self.sygnet(OK, "sign", "declaration.xml", "--force", "--otp-file", self.code())
        self.assertNotEqual(before, (self.folder / "declaration.xml.p7s").read_bytes())
        self.sygnet(INDETERMINATE, "verify", "--anchors", "/etc/ssl/certs/ca-certificates.crt", "declaration.xml.p7s")
        (self.folder / "declaration.xml").write_text("<Declaration />")
        self.assertFalse(self.verify(NOT_VALID, "declaration.xml.p7s")["signatures"][0]["integrity"])

    def test_customs_key(self):
        weak = self.secret("weak", "tooweak")
        password = self.secret("key-password", KEY_PASSWORD)
        make = ("key", "generate", "--label", "Customs", "--given-name", "Anna", "--surname", "Żółć", "--serial-number", "TINPL-5250000000", "--country", "PL",
                "--no-issue", "--json", "--password-file")
        self.sygnet(FAILED, *make, weak, says="at least 12")
        key = json.loads(self.sygnet(OK, *make, password))["id"]
        self.sygnet(FAILED, "sign", "declaration.xml", says="certificate")
        self.sygnet(OK, "key", "request", key, "--password-file", password, "-o", "request.pem")
        self.sygnet(OK, "ca", "issue", "request.pem", "--profile", "customs", "-o", "certificate.pem", uid=0)
        self.sygnet(OK, "key", "import", key, "certificate.pem")
        self.sygnet(DENIED, "sign", "declaration.xml", "--password-file", weak, says="password is not right")
        self.sygnet(OK, "sign", "declaration.xml", "--format", "cades-enveloping", "--password-file", password)
        self.verify(OK, "declaration.xml.p7m")
        # What cannot be signed does not keep the others from it.
        out = self.sygnet(FAILED, "sign", "nothing", "invoice.pdf", self.folder, "--password-file", password, says="nothing")
        self.assertIn("1 file signed, 2 not", out)
        self.verify(OK, "invoice-signed.pdf")
        self.sygnet(NOT_FOUND, "sign", "declaration.xml", "-c", "unknown", says="unknown")
        self.assertIn("sign", self.sygnet(OK, "log"))
        self.assertTrue(json.loads(self.sygnet(OK, "log", "verify", "--json", uid=0))["intact"])

    def test_batch(self):
        self.seal()
        files = [f"d{i}.xml" for i in range(300)]
        for f in files:
            (self.folder / f).write_text(f)
        self.sygnet(OK, "sign", *files, "--otp-file", self.code())
        for f in files[::50]:
            self.verify(OK, f + ".p7s")


if __name__ == "__main__":
    main()
