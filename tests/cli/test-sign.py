#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""From an account to documents that others verify, through the client alone (S1, S2, C2, C5, E3, E5, E11)."""
import json
import subprocess

from cli import DENIED, FAILED, INDETERMINATE, NOT_FOUND, NOT_VALID, OK, main
from served import KEY_PASSWORD, Signing


class Sign(Signing):
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
