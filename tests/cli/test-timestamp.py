#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Signatures with timestamps of an authority that openssl plays, honest and not: the level that is reached, and what is said (S1, S2, C5)."""
import json
import subprocess
import sys

from cli import FAILED, NOT_FOUND, OK, SOURCE, USAGE, main
from keys import Keys
from tsa import PASSWORD, USER, Authority

LEVEL = 7


class Timestamps(Keys):
    def setUp(self):
        super().setUp()
        self.tsa = Authority(self.folder / "tsa")
        self.addCleanup(self.tsa.close)
        self.home["XDG_CONFIG_HOME"] = str(self.folder / "config")
        self.home["http_proxy"] = None
        self.ca()
        self.in_file()
        self.get_certificate("customs", "--password-file", self.password)
        with open(self.folder / "invoice.pdf", "wb") as pdf:
            subprocess.run([sys.executable, SOURCE / "installer/lib/invoice.py"], stdout=pdf, check=True)

    def stamp(self, code, path, *options, file="declaration.xml", says=None):
        """Signs with the authority of a path; what is said."""
        for old in (*self.folder.glob("*.p7?"), *self.folder.glob("*-signed.pdf")):
            old.unlink()
        paths = path if isinstance(path, tuple) else (path,)
        anchors = () if "--timestamp-anchors" in options else ("--timestamp-anchors", self.tsa.root)
        p = self.sygnet(code, "sign", file, "--password-file", self.password, *(x for p in paths for x in ("--timestamp", self.tsa.url(p))), *anchors, *options)
        if says:
            self.assertIn(says, p.stderr)
        return p

    def report(self, file="declaration.xml.p7s", code=OK, anchors=True):
        trusted = ("--anchors", "ca.pem", *(("--anchors", self.tsa.root) if anchors else ()))
        return self.json("verify", file, *trusted, "--offline", code=code)["signatures"]

    def assert_stamped(self, file="declaration.xml.p7s"):
        report = self.report(file)[0]
        self.assertEqual(("B-T", "CN=Example good"), (report["level"], report["proven_by"]))
        self.assertIsNotNone(report["proven_time"])

    def assert_plain(self, file="declaration.xml.p7s"):
        report = self.report(file)[0]
        self.assertEqual(("TOTAL-PASSED", "B-B", None), (report["indication"], report["level"], report["proven_time"]))

    def json(self, *args, code=OK, **how):
        return json.loads(self.sygnet(code, *args, "--json", **how).stdout)


class Sign(Timestamps):
    def test_cades(self):
        self.stamp(OK, "good")
        self.assert_stamped()
        self.openssl("cms", "-verify", "-binary", "-inform", "DER", "-in", "declaration.xml.p7s", "-content", "declaration.xml", "-CAfile", "ca.pem", "-out", "/dev/null")
        self.stamp(OK, "good", "--format", "cades-enveloping")
        self.assert_stamped("declaration.xml.p7m")

    def test_pades(self):
        p = self.stamp(OK, "good", "--json", file="invoice.pdf")
        self.assertEqual("B-T", json.loads(p.stdout)["files"][0]["level"])
        self.assert_stamped("invoice-signed.pdf")
        self.assertIn("Signature is Valid", self.pdfsig("invoice-signed.pdf"))
        grown = (self.folder / "invoice-signed.pdf").stat().st_size
        self.sygnet(OK, "sign", "invoice.pdf", "-o", "plain.pdf", "--password-file", self.password)
        plain = (self.folder / "plain.pdf").stat().st_size
        self.assertLess(plain, (self.folder / "invoice.pdf").stat().st_size + 12 * 1024)
        self.assertGreater(grown, plain + 4096)

    def pdfsig(self, file):
        return subprocess.run(["pdfsig", "-nocert", file], cwd=self.folder, capture_output=True, text=True, check=False).stdout

    def test_lies(self):
        """Each costs the level, not the signature, and is told in words."""
        for path, says in (("nonce", "another request"), ("imprint", "something else"), ("expired", "has expired"),
                           ("untrusted", "leads to no authority"), ("altered", "was altered"), ("garbage", "no timestamp"), ("empty", "no timestamp"), ("half", "no timestamp"),
                           ("reject", "refuses the request. Message digest algorithm is not supported."), ("huge", "sends more than is taken"),
                           ("huge-said", "sends more than is taken"), ("broken", "status 500")):
            with self.subTest(path):
                p = self.stamp(LEVEL, path, says=says)
                self.assertIn("B-B", p.stderr)
                self.assertIn("sygnet extend", p.stderr)
                self.assert_plain()

    def test_policy(self):
        self.stamp(OK, "good", "--timestamp-policy", "1.2.3.5")
        self.stamp(LEVEL, "policy", "--timestamp-policy", "1.2.3.5", says="another policy")
        self.stamp(LEVEL, "good", "--timestamp-policy", "1.2.3.6", says="refuses the request. Requested policy is not supported.")
        self.stamp(USAGE, "good", "--timestamp-policy", "none", says="1.2.3.4")

    def test_slow_and_down(self):
        self.stamp(LEVEL, "slow", "--timestamp-timeout", "1", says="in time")
        self.assert_plain()
        down = self.sygnet(LEVEL, "sign", "declaration.xml", "--force", "--password-file", self.password, "--timestamp", "http://127.0.0.1:1/", "--timestamp-anchors", self.tsa.root)
        self.assertIn("nothing answers there", down.stderr)
        self.assert_plain()

    def test_order(self):
        """The next one is asked where one is of no use, and none of the first's words is a failure."""
        p = self.stamp(OK, ("garbage", "expired", "good"))
        self.assertIn("no timestamp", p.stderr)
        self.assert_stamped()
        self.stamp(OK, ("good", "garbage"))
        self.assertEqual(1, self.tsa.asked["garbage"])

    def test_batch(self):
        """One that fails three times in a row is left aside, and what is wrong with it is told once."""
        files = [f"d{i}.xml" for i in range(10)]
        for f in files:
            (self.folder / f).write_text(f)
        p = self.sygnet(OK, "sign", *files, "--password-file", self.password, "--timestamp", self.tsa.url("garbage"), "--timestamp", self.tsa.url(), "--timestamp-anchors", self.tsa.root)
        self.assertEqual(1, p.stderr.count("No timestamp from"))
        self.assertIn("not asked any more", p.stderr)
        self.assertLessEqual(self.tsa.asked["garbage"], 8)
        self.assertEqual(10, self.tsa.asked["good"])
        for f in files:
            self.assert_stamped(f + ".p7s")
        p = self.sygnet(LEVEL, "sign", *files, "--force", "--password-file", self.password, "--timestamp", self.tsa.url("reject"), "--timestamp-anchors", self.tsa.root)
        self.assertIn("10 files were signed at level B-B", p.stderr)

    def test_account(self):
        """A password goes to who proves nothing only as a digest, and never into an address."""
        secret = self.secret("tsa-password", PASSWORD)
        self.stamp(OK, "password", "--timestamp-user", USER, "--timestamp-password-file", secret)
        self.assert_stamped()
        self.stamp(LEVEL, "password", "--timestamp-user", USER, "--timestamp-password-file", self.secret("wrong", "wrong"), says="wants a user and a password")
        self.stamp(LEVEL, "password", says="wants a user and a password")
        self.stamp(LEVEL, "basic", "--timestamp-user", USER, "--timestamp-password-file", secret, says="wants a user and a password")
        self.stamp(USAGE, "password", "--timestamp-user", USER, says="--timestamp-password-file")
        p = self.sygnet(USAGE, "sign", "declaration.xml", "--timestamp", "http://anna:secret@127.0.0.1/")
        self.assertIn("--timestamp-user", p.stderr)
        self.assertNotIn("secret", p.stderr)
        self.sygnet(USAGE, "sign", "declaration.xml", "--timestamp", "ftp://127.0.0.1/")

    def test_configuration(self):
        folder = self.folder / "config/sygnet"
        folder.mkdir(parents=True)
        conf = folder / "sygnet.conf"
        conf.write_text(f"[Timestamp]\nURL={self.tsa.url('garbage')}\nURL={self.tsa.url('password')}\nAnchors={self.tsa.root}\nUser={USER}\n"
                        f"PasswordFile={self.secret('tsa-password', PASSWORD)}\nPolicy=1.2.3.5\nTimeout=10 s\n")
        self.sign(OK, "--password-file", self.password)
        self.assert_stamped()
        asked = dict(self.tsa.asked)
        self.sign(OK, "--password-file", self.password, "--no-timestamp")
        self.assert_plain()
        self.assertEqual(asked, self.tsa.asked)
        # What is said on the command line comes first, and the configured password does not go there.
        self.sign(LEVEL, "--password-file", self.password, "--timestamp", self.tsa.url("password"))
        conf.write_text("[Timestamp]\nUrl=x\n")
        self.assertIn("line 2", self.sign(FAILED, "--password-file", self.password).stderr)

    def test_anchors(self):
        self.stamp(LEVEL, "good", "--timestamp-anchors", "ca.pem", says="leads to no authority")
        self.stamp(NOT_FOUND, "good", "--timestamp-anchors", "nothing", says="nothing")
        self.stamp(OK, "good")
        # A timestamp of somebody unknown to who verifies proves nothing, and takes nothing away.
        report = self.report(anchors=False)[0]
        self.assertEqual(("TOTAL-PASSED", None), (report["indication"], report["proven_time"]))


if __name__ == "__main__":
    main()
