#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What show-signatures and certificate tell of documents and files that other programs and we made: in words, in Polish, as JSON. And that
no file of the corpora, whatever it is, does worse than to be refused. Usage: show.py SYGNET"""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import forms
import pki

SYGNET = sys.argv[1]

# QcCompliance, QcSSCD and QcType eseal (EN 319 412-5 §4.2), as openssl takes an extension.
QUALIFIED = "1.3.6.1.5.5.7.1.3=DER:30:29:30:08:06:06:04:00:8e:46:01:01:30:08:06:06:04:00:8e:46:01:04:30:13:06:06:04:00:8e:46:01:06:30:09:06:07:04:00:8e:46:01:06:02"


def corpus():
    root = os.environ.get("SYGNET_CORPORA") or Path(__file__).resolve().parents[3] / "shared" / "corpora"
    return sorted(p for p in (Path(root) / "open").rglob("*") if p.is_file() and p.suffix.lower() in (".pdf", ".p7s", ".p7m", ".xml", ".asice", ".asics"))


class Show(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.directory = Path(cls.temporary.name)
        cls.pki = pki.Pki(cls.directory)
        cls.password = cls.directory / "password"
        cls.password.write_text("")

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def run_client(self, *arguments, code=0, **environment):
        done = subprocess.run([SYGNET, *arguments], capture_output=True, text=True, env={**os.environ, **environment})
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def sign(self, source, name, *options):
        out = self.directory / name
        self.run_client("sign", source, "-f", "-o", out, "-c", self.directory / "p256.p12", "--password-file", self.password, *options)
        return out

    def document(self, name, **changes):
        path = self.directory / name
        path.write_bytes(forms.document(forms.objects(**changes)))
        return path

    def with_fields(self):
        """Two empty fields: one that is seen, on a turned page, and one that is not."""
        field = b"<< /FT /Sig /T (%s) /Type /Annot /Subtype /Widget /Rect %s /P 3 0 R >>"
        return self.document("fields.pdf", o1=b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R 7 0 R] /SigFlags 1 >> >>",
                             o3=forms.page(b"/Rotate 90 /Annots [6 0 R 7 0 R]"), o6=field % (b"Chief", b"[100 100 160 300]"), o7=field % (b"Clerk", b"[0 0 0 0]"))

    def show(self, path, *options):
        return json.loads(self.run_client("show-signatures", "--json", "--anchors", self.pki.root, path, *options))

    def test_signatures(self):
        first = self.sign(self.with_fields(), "first.pdf", "--field", "Chief", "--visible", "--reason", "Zgoda", "--location", "Kraków", "--contact", "+48600100200",
                          "--certify", "2")
        second = self.sign(first, "second.pdf", "--field", "Clerk")
        shown = self.show(first)
        self.assertEqual((len(shown["signatures"]), [f["field"] for f in shown["empty_fields"]], shown["revisions"]), (1, ["Clerk"], 1))
        shown = self.show(second)
        chief, clerk = shown["signatures"]
        self.assertEqual(shown["empty_fields"], [])
        self.assertEqual(shown["revisions"], 2)
        for key, value in (("field", "Chief"), ("reason", "Zgoda"), ("location", "Kraków"), ("contact", "+48600100200"), ("certification", 2), ("revision", 1),
                           ("page", 1), ("visible", True), ("rectangle", {"left": 100, "bottom": 435, "width": 200, "height": 60}), ("indication", "TOTAL-PASSED"),
                           ("name", "Example sp. z o.o. p256"), ("covers_whole_document", False), ("document_timestamp", False)):
            self.assertEqual(chief[key], value, key)
        for key, value in (("field", "Clerk"), ("reason", None), ("certification", 0), ("revision", 2), ("visible", False), ("rectangle", None), ("covers_whole_document", True)):
            self.assertEqual(clerk[key], value, key)
        said = self.run_client("show-signatures", "--anchors", self.pki.root, second)
        for line in ("second.pdf: 2 signatures", "Reason: Zgoda", "Contact: +48600100200", "certified by its author: filling in forms and signing is allowed",
                     "page 1, 71 × 21 mm, 35 mm from the left and 153 mm from the bottom", "its revision; what was added since changes nothing", "Revision: 2 of 2",
                     "not shown on any page"):
            self.assertIn(line, said)

    def test_added(self):
        """What others appended counts as a revision, and a change is told."""
        signed = self.sign(self.document("plain.pdf"), "plain-signed.pdf")
        changed = self.directory / "changed.pdf"
        data = bytearray(signed.read_bytes())
        data[data.index(b"Invoice")] ^= 1
        changed.write_bytes(data)
        self.assertEqual(self.show(changed)["signatures"][0]["indication"], "TOTAL-FAILED")
        self.assertIn("NOT VALID", self.run_client("show-signatures", changed))

    def test_encrypted(self):
        locked, password = self.directory / "locked.pdf", self.directory / "document-password"
        password.write_text("user")
        pki.run("qpdf", "--encrypt", "user", "owner", "256", "--", self.document("open.pdf"), locked)
        signed = self.sign(locked, "locked-signed.pdf", "--document-password-file", password, "--reason", "Zgoda")
        self.run_client("show-signatures", signed, code=3)
        self.assertEqual(self.show(signed, "--document-password-file", password)["signatures"][0]["reason"], "Zgoda")
        self.assertEqual(self.certificates(signed, "--document-password-file", password), self.certificates(self.directory / "p256.pem"))

    def test_other_formats(self):
        text = self.directory / "letter.txt"
        text.write_text("Dear customer")
        signed = self.sign(text, "letter.txt.p7s")
        shown = self.show(signed)
        self.assertEqual([(s["format"], s["indication"], s["field"]) for s in shown["signatures"]], [("CAdES", "TOTAL-PASSED", None)])
        self.assertNotIn("page", shown["signatures"][0])
        self.assertIn("Example sp. z o.o. p256 – valid", self.run_client("show-signatures", "--anchors", self.pki.root, signed))

    def test_container(self):
        files = [self.directory / "a.txt", self.directory / "b.txt"]
        for f in files:
            f.write_text(f.name)
        signed = self.directory / "both.asice"
        self.run_client("sign", "--format", "asic-e", "-o", signed, "-c", self.directory / "p256.p12", "--password-file", self.password, *files)
        (shown,) = self.show(signed)["signatures"]
        self.assertEqual((shown["indication"], shown["files"]), ("TOTAL-PASSED", ["a.txt", "b.txt"]))
        self.assertIn("Files: a.txt, b.txt", self.run_client("show-signatures", "--anchors", self.pki.root, signed))
        self.assertEqual(self.certificates(signed), self.certificates(self.directory / "p256.pem"))

    def test_nothing(self):
        self.assertIn("0 signatures", self.run_client("show-signatures", self.document("none.pdf"), code=4))
        self.run_client("show-signatures", self.pki.root, code=4)
        self.run_client("show-signatures", self.directory / "nonexistent", code=4)
        self.run_client("certificate", self.document("none.pdf"), code=4)
        self.run_client("certificate", self.password, code=4)
        self.run_client("certificate", self.directory, code=1)

    def certificates(self, path, *options):
        return json.loads(self.run_client("certificate", "--json", path, *options))["certificates"]

    def test_certificate(self):
        (own,) = self.certificates(self.directory / "p256.pem")
        self.assertEqual((own["name"], own["organization"], own["ca"], own["key_usage"]), ("Example sp. z o.o. p256", "Example sp. z o.o.", False, ["nonRepudiation"]))
        self.assertIn("organizationIdentifier=VATPL-5250000000", own["subject"])
        said = pki.run("openssl", "x509", "-in", self.directory / "p256.pem", "-noout", "-serial", "-fingerprint", "-sha256")
        self.assertIn(own["serial"].upper().lstrip("0"), said)
        self.assertIn(own["fingerprint"].upper(), said.replace(":", ""))
        chain = self.certificates(self.pki.chain("rsa3072"))
        self.assertEqual([(c["ca"], c["key"]) for c in chain], [(False, "RSA, 3072 bits"), (True, "EC/ECDSA, SECP256R1")])
        der = self.directory / "root.der"
        pki.run("openssl", "x509", "-in", self.pki.root, "-outform", "DER", "-out", der)
        self.assertEqual(self.certificates(der)[0]["key_usage"], ["keyCertSign", "cRLSign"])

    def test_certificate_of_others(self):
        signed = self.sign(self.sign(self.document("plain.pdf"), "once.pdf"), "twice.pdf")
        own = self.certificates(self.directory / "p256.pem")
        self.assertEqual(self.certificates(signed), own)
        self.assertEqual(self.certificates(self.directory / "p256.p12", "--password-file", self.password)[:1], own)
        text = self.directory / "letter.txt"
        text.write_text("Dear customer")
        self.assertEqual(self.certificates(self.sign(text, "letter.txt.p7m", "--format", "cades-enveloping"))[:1], own)
        pem = self.run_client("certificate", "--pem", signed)
        self.assertEqual(pem.split(), (self.directory / "p256.pem").read_text().split())

    def test_extensions(self):
        path = self.directory / "qualified.pem"
        pki.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes", "-keyout", self.directory / "q.key", "-out", path,
                "-subj", "/C=PL/CN=Za\u017c\u00f3\u0142\u0107", "-utf8", "-days", "10", "-addext", QUALIFIED, "-addext", "extendedKeyUsage=emailProtection,1.2.3.4",
                "-addext", "subjectAltName=email:anna@example.com", "-addext", "certificatePolicies=0.4.0.194112.1.3,1.2.3", "-addext",
                "crlDistributionPoints=URI:http://example.com/a.crl", "-addext", "authorityInfoAccess=OCSP;URI:http://example.com/ocsp,caIssuers;URI:http://example.com/ca.cer")
        (c,) = self.certificates(path)
        for key, value in (("name", "Zażółć"), ("statements", ["QcCompliance", "QcSSCD", "QcType eseal"]), ("purposes", ["emailProtection", "1.2.3.4"]),
                           ("names", ["anna@example.com"]), ("policies", ["0.4.0.194112.1.3", "1.2.3"]), ("crl", ["http://example.com/a.crl"]),
                           ("ocsp", ["http://example.com/ocsp"]), ("issuer_certificate", ["http://example.com/ca.cer"]), ("key", "EC/ECDSA, SECP384R1")):
            self.assertEqual(c[key], value, key)
        said = self.run_client("certificate", path)
        self.assertIn("qualified, by its own word, the key is in a qualified device, by its own word, for seals of organisations", said)
        self.assertIn("whether its issuer is on the EU trusted lists was not checked", " ".join(said.split()))

    def corpus_test(self):
        """No crash, no hang, and an exit code that is documented."""
        def both(path):
            codes = []
            for verb in ("show-signatures", "certificate"):
                done = subprocess.run([SYGNET, verb, "--json", path], capture_output=True, stdin=subprocess.DEVNULL, timeout=120)
                codes.append(done.returncode)
                if done.returncode == 0:
                    json.loads(done.stdout)
            return path, codes, done.stderr

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for path, codes, said in pool.map(both, corpus()):
                with self.subTest(path.name):
                    self.assertTrue(set(codes) <= {0, 1, 3, 4}, (codes, said))


if corpus():
    Show.test_corpus = Show.corpus_test

if __name__ == "__main__":
    del sys.argv[1:]
    unittest.main()
