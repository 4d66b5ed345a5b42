#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Further signatures in a CMS: parallel ones and countersignatures, by keys in files (S1, S2, C5)."""
import json

from cli import FAILED, INDETERMINATE, NOT_FOUND, OK, USAGE, main
from keys import Keys


class Add(Keys):
    def setUp(self):
        super().setUp()
        self.ca()
        for label in ("one", "two"):
            self.in_file(label, f"{label}.p12")
            self.get_certificate(label, "--password-file", self.password)

    def sign_by(self, code, key, *args, says=None):
        p = self.sygnet(code, "sign", *args, "-c", key, "--password-file", self.password)
        if says:
            self.assertIn(says, p.stderr)
        return p

    def report(self, file, *args, code=OK):
        return json.loads(self.sygnet(code, "verify", file, "--anchors", "ca.pem", "--offline", "--json", *args).stdout)["signatures"]

    def test_parallel(self):
        for form, file in (("cades", "declaration.xml.p7s"), ("cades-enveloping", "declaration.xml.p7m")):
            self.sign_by(OK, "one", "declaration.xml", "--format", form)
            (self.folder / file).chmod(0o640)
            out = self.sign_by(OK, "two", "--add", file, "--json").stdout
            self.assertEqual(str(self.folder / file), json.loads(out)["files"][0]["output"])
            report = self.report(file)
            self.assertEqual([("TOTAL-PASSED", "B-B", True)] * 2, [(s["indication"], s["level"], s["covers_whole_document"]) for s in report])
            self.assertEqual(2, len({s["serial"] if "serial" in s else s["certificate"]["serial"] for s in report}))
            self.assertEqual(0o640, (self.folder / file).stat().st_mode & 0o777)
            self.openssl("cms", "-verify", "-binary", "-inform", "DER", "-in", file, "-content", "declaration.xml", "-CAfile", "ca.pem", "-out", "/dev/null")

    def test_countersignature(self):
        self.sign_by(OK, "one", "declaration.xml")
        self.sign_by(OK, "two", "--countersign", "declaration.xml.p7s")
        signature, counter = self.report("declaration.xml.p7s")
        self.assertEqual(("TOTAL-PASSED", True), (signature["indication"], signature["covers_whole_document"]))
        self.assertEqual(("TOTAL-PASSED", True, False), (counter["indication"], counter["countersignature"], counter["covers_whole_document"]))
        self.assertIn("another signature of this file", self.sygnet(OK, "verify", "declaration.xml.p7s", "--anchors", "ca.pem", "--offline").stdout)
        # Of two signatures it is said which one.
        self.sign_by(OK, "two", "--add", "declaration.xml.p7s")
        self.sign_by(FAILED, "one", "--countersign", "declaration.xml.p7s", says="--countersign=N")
        self.sign_by(FAILED, "one", "--countersign=3", "declaration.xml.p7s", says="--countersign=N")
        self.sign_by(OK, "one", "--countersign=2", "declaration.xml.p7s", "-o", "other.p7s")
        self.assertEqual(3, len(self.report("declaration.xml.p7s")))
        self.assertEqual(4, len(self.report("other.p7s", "--content", "declaration.xml")))

    def test_refused(self):
        self.sign_by(OK, "one", "declaration.xml")
        before = (self.folder / "declaration.xml.p7s").read_bytes()
        (self.folder / "lone.p7s").write_bytes(before)
        for option in ("--add", "--countersign"):
            self.sign_by(FAILED, "two", option, "lone.p7s", says="--content")
            self.sign_by(FAILED, "two", option, "lone.p7s", "--content", "one.p12", says="does not hold")
            self.sign_by(NOT_FOUND, "two", option, "lone.p7s", "--content", "nothing", says="nothing")
            self.sign_by(FAILED, "two", option, "declaration.xml", says=".p7m")
        self.sign_by(OK, "two", "--add", "lone.p7s", "--content", "declaration.xml")
        self.assertEqual(2, len(self.report("lone.p7s", "--content", "declaration.xml")))
        self.sign_by(USAGE, "two", "--add", "--countersign", "declaration.xml.p7s", says="one of them")
        self.sign_by(USAGE, "two", "declaration.xml", "--content", "declaration.xml", says="--add")
        self.sign_by(FAILED, "two", "--add", "declaration.xml.p7s", "-o", "lone.p7s", says="--force")
        self.assertEqual(before, (self.folder / "declaration.xml.p7s").read_bytes())
        # Somebody unknown beside the signer takes nothing from the countersigned signature.
        (self.folder / "leaf").write_text("basicConstraints=critical,CA:FALSE\nkeyUsage=critical,nonRepudiation\n")
        self.openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "stranger.key", "-out", "stranger.csr", "-subj", "/CN=Stranger")
        self.openssl("x509", "-req", "-in", "stranger.csr", "-signkey", "stranger.key", "-days", "30", "-extfile", "leaf", "-out", "stranger.pem")
        self.openssl("pkcs12", "-export", "-inkey", "stranger.key", "-in", "stranger.pem", "-passout", f"file:{self.password}", "-out", "stranger.p12")
        self.sign_by(OK, "./stranger.p12", "--countersign", "declaration.xml.p7s")
        signature, counter = self.report("declaration.xml.p7s")
        self.assertEqual(("TOTAL-PASSED", "INDETERMINATE"), (signature["indication"], counter["indication"]))
        self.sign_by(OK, "./stranger.p12", "--add", "declaration.xml.p7s")
        self.report("declaration.xml.p7s", code=INDETERMINATE)


if __name__ == "__main__":
    main()
