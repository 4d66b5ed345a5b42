#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Encrypted PDF documents, signed with the user's or the owner's password: by qpdf in every form that it writes, and from the corpus where
there is one; then read by qpdf, poppler and mupdf, and verified by us. Usage: pdf-encrypted.py INTEROP-SIGN-PDF INTEROP-SIGN-FILE"""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import forms
import pki

SIGN_PDF, SIGN_FILE = sys.argv[1], sys.argv[2]
CORPUS = Path(os.environ.get("SYGNET_CORPORA") or Path(__file__).resolve().parents[3] / "shared" / "corpora") / "open" / "pdf-unsigned"
USER, OWNER = "użytkownik", "właściciel"
CIPHERS = {
    "rc4-40": (["40"], ["--allow-weak-crypto"]),
    "rc4-128": (["128", "--use-aes=n"], ["--allow-weak-crypto"]),
    "aes-128": (["128", "--use-aes=y"], ["--allow-weak-crypto"]),
    "aes-128-clear-metadata": (["128", "--use-aes=y", "--cleartext-metadata"], ["--allow-weak-crypto"]),
    "v4-rc4": (["128", "--force-V4"], ["--allow-weak-crypto"]),
    "aes-256-r5": (["256", "--force-R5"], ["--allow-weak-crypto"]),
    "aes-256": (["256"], []),
    "aes-256-clear-metadata": (["256", "--cleartext-metadata"], []),
}
STRINGS = b"/Lang (pl-PL) /Texts [(Za\\363\\263\\346) << /A <deadbeef00> /B [()] >>]"


def document():
    """With strings in what is rewritten: catalog, form and page."""
    return forms.document(forms.objects(
        o1=b"<< /Type /Catalog /Pages 2 0 R /AcroForm 6 0 R %s >>" % STRINGS, o3=forms.page(b"/PieceInfo << /X << /LastModified (D:2026) >> >>"),
        o6=b"<< /Fields [7 0 R] /DA (/F1 0 Tf 0 g) >>",
        o7=b"<< /FT /Sig /T (approval) /TU (Podpis) /Type /Annot /Subtype /Widget /Rect [1 1 9 9] /P 3 0 R >>", o8=b"<< /Title (Faktura) >>"),
        trailer=b"/Root 1 0 R /Info 8 0 R")


class Encrypted(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.directory = Path(cls.temporary.name)
        cls.pki = pki.Pki(cls.directory)
        cls.count = 0
        cls.plain = cls.directory / "plain.pdf"
        cls.plain.write_bytes(document())

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def new_path(self):
        Encrypted.count += 1
        return self.directory / f"document-{Encrypted.count}.pdf"

    def encrypt(self, name, user=USER, owner=OWNER, more=(), options=()):
        arguments, general = CIPHERS[name]
        path = self.new_path()
        pki.run("qpdf", "--warning-exit-0", *general, *options, "--encrypt", user, owner, *arguments, *more, "--", self.plain, path)
        return path

    def sign(self, source, *arguments, kind="p256"):
        """The path of the signed document, or the outcome's number."""
        out = self.new_path()
        done = subprocess.run([SIGN_PDF, str(self.pki.key(kind)), str(self.pki.chain(kind)), str(source), str(out), *arguments],
                              capture_output=True, text=True)
        if done.returncode == 0:
            before = source.read_bytes()
            self.assertEqual(out.read_bytes()[:len(before)], before)
            return out
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        return int(done.stdout.split()[0])

    def objects(self, path, password):
        said = subprocess.run(["qpdf", f"--password={password}", "--json", "--json-key=qpdf", str(path)], capture_output=True, text=True)
        self.assertEqual((said.returncode, said.stderr), (0, ""))
        return json.loads(said.stdout)["qpdf"][1]

    def drawn(self, path, password):
        out = self.new_path()
        subprocess.run(["pdftoppm", "-r", "40", "-upw", password, "-opw", password, "-singlefile", str(path), str(out)], capture_output=True)
        return out.with_suffix(".pdf.ppm").read_bytes()

    def check(self, source, out, password, signatures=1):
        checked = subprocess.run(["qpdf", f"--password={password}", "--check", str(out)], capture_output=True, text=True)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        self.assertEqual(self.drawn(source, password), self.drawn(out, password))
        before, after = self.objects(source, password), self.objects(out, password)

        def value(objects, reference):
            return objects[f"obj:{reference}"]["value"]

        def texts(objects):
            root = value(objects, objects["trailer"]["value"]["/Root"])
            form = value(objects, root["/AcroForm"])
            page = value(objects, value(objects, root["/Pages"])["/Kids"][0])
            return [root["/Lang"], root["/Texts"], form["/DA"], page["/PieceInfo"], value(objects, form["/Fields"][0])["/TU"],
                    value(objects, objects["trailer"]["value"]["/Info"])]

        self.assertEqual(texts(before), texts(after))
        values = [o["value"] for k, o in after.items() if k.startswith("obj:") and isinstance(o.get("value"), dict)]
        signed = [v for v in values if v.get("/Type") == "/Sig"]
        self.assertEqual(len(signed), signatures)
        return signed

    def verdicts(self, path, password=""):
        done = subprocess.run([SIGN_FILE, "verify", str(path), "--anchors", str(self.pki.root), "--password", password], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return [s["indication"] for s in json.loads(done.stdout)["signatures"]]

    def test_ciphers(self):
        for name in CIPHERS:
            for password in (USER, OWNER):
                with self.subTest(name, password=password):
                    source = self.encrypt(name)
                    out = self.sign(source, "Zażółć (gęślą)", "--password", password)
                    signature, = self.check(source, out, USER)
                    self.assertEqual((signature["/Reason"], signature["/Location"]), ("u:Zażółć (gęślą)", "u:Kraków"))
                    self.assertTrue(signature["/M"].startswith("u:D:20"))
                    twice = self.sign(out, "--password", USER, "--field", "approval", kind="rsa3072")
                    self.check(out, twice, OWNER, 2)
                    self.assertEqual(self.verdicts(twice, password), ["TOTAL-PASSED"] * 2)
                    self.assertEqual(self.verdicts(twice), [])
            with self.subTest(name, password="wrong"):
                self.assertEqual(self.sign(source), 3)
                self.assertEqual(self.sign(source, "--password", "wrong"), 3)

    def test_open_to_all(self):
        """No password to read: whoever verifies needs none."""
        for name in CIPHERS:
            with self.subTest(name):
                source = self.encrypt(name, user="", options=["--object-streams=generate"] if "256" in name else [])
                out = self.sign(source, "Zażółć")
                self.check(source, out, "")
                self.assertEqual(self.verdicts(out), ["TOTAL-PASSED"])
                said = pki.run("pdfsig", "-nssdir", f"sql:{self.pki.nss}", out)
                self.assertIn("Signature is Valid.", said)
                said = subprocess.run(["mutool", "sign", "-v", str(out)], capture_output=True, text=True)
                self.assertIn("The document is unchanged since signing.", said.stdout + said.stderr)
                twice = self.sign(out, "--field", "approval", "--password", OWNER)
                self.assertEqual(self.verdicts(twice), ["TOTAL-PASSED"] * 2)
                self.assertEqual(self.sign(source, "--password", "wrong").exists(), True)

    def test_same_again(self):
        source = self.encrypt("aes-256")
        os.environ["SIGN_TIME"] = "1800000000"
        once, again = (self.sign(source, "--password", USER).read_bytes() for _ in range(2))
        del os.environ["SIGN_TIME"]
        start = len(source.read_bytes())
        # But for the signature value, which is as random as P-256 is.
        self.assertEqual(once[start:once.index(b"/Contents", start)], again[start:again.index(b"/Contents", start)])

    def test_permissions(self):
        for name, none, annotate in (("aes-128", ["--modify=none"], ["--modify=annotate"]), ("aes-256", ["--modify=none"], ["--modify=annotate"])):
            with self.subTest(name):
                forbidden, filling = self.encrypt(name, more=none), self.encrypt(name, more=annotate)
                self.assertEqual(self.sign(forbidden, "--password", USER), 16)
                self.assertEqual(self.sign(forbidden, "--password", USER, "--field", "approval"), 16)
                self.assertEqual(self.sign(filling, "--password", USER), 16)
                self.check(filling, self.sign(filling, "--password", USER, "--field", "approval"), USER)
                self.check(forbidden, self.sign(forbidden, "--password", OWNER), USER)

    def test_unknown(self):
        for encrypt in (b"/Filter /Standard /V 9 /R 9", b"/Filter /Other /V 4 /R 4"):
            path = self.new_path()
            path.write_bytes(forms.document(forms.objects(), trailer=b"/Root 1 0 R /ID [<00> <00>] /Encrypt << %s /O <%s> /U <%s> /P -4 >>"
                                            % (encrypt, b"00" * 32, b"00" * 32)))
            self.assertIn(self.sign(path), (2, 3, 17))

    def corpus_test(self):
        for name, password in (("minimal-aes256.pdf", "usersecret"), ("minimal-aes256.pdf", "ownersecret"), ("minimal-rc4.pdf", "usersecret"),
                               ("minimal-rc4.pdf", "ownersecret"), ("open_protected.pdf", " ")):
            with self.subTest(name, password=password):
                out = self.sign(CORPUS / name, "--password", password)
                self.assertEqual(self.drawn(CORPUS / name, password), self.drawn(out, password))
                checked = subprocess.run(["qpdf", f"--password={password}", "--check", str(out)], capture_output=True, text=True)
                self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
                self.assertEqual(self.sign(CORPUS / name), 3)


if CORPUS.is_dir():
    Encrypted.test_corpus = Encrypted.corpus_test

if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
