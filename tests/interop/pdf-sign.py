#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Our PDF signatures before other programs: pdfsig (with an NSS database that trusts the root), mutool, qpdf, and what is drawn before and
after. Documents are made by hand, by qpdf, and taken from the corpus where there is one. Usage: pdf-sign.py INTEROP-SIGN-PDF [VERIFY]"""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import forms
import pki

SIGN = sys.argv[1]

# Corpus files that cannot take a signature, and the outcome that says so; all others must be signed.
CORPUS_REFUSED = {
    "bad1.pdf": 1, "issue-150.pdf": 1,
    "EmptyPage-corrupted.pdf": 2, "broken-objstream1.pdf": 2,
    "minimal-aes256.pdf": 3, "minimal-rc4.pdf": 3, "open_protected.pdf": 3,
    "certified-no-change-permitted.pdf": 5, "issue-146.pdf": 6,
}

# Corpus files that are written anew before they are signed.
CORPUS_REPAIRED = {"bad22.pdf", "bad3.pdf", "bad39.pdf", "issue-149.pdf", "minimal-startxref-hopeless2.pdf", "minimal-startxref-obo2.pdf",
                   "xref-with-short-size.pdf"}

# Corpus files that are signed though qpdf complains of something that signing does not touch.
CORPUS_UNSOUND = {"CompactedPDFSyntaxTest.pdf", "Pages-tree-refs.pdf", "pages-loop.pdf", "poppler-67295-0.pdf"}


def corpus():
    root = os.environ.get("SYGNET_CORPORA") or Path(__file__).resolve().parents[3] / "shared" / "corpora"
    directory = Path(root) / "open" / "pdf-unsigned"
    return sorted(directory.glob("*.pdf"))


def output(*command):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, errors="replace").stdout


class Signing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.directory = Path(cls.temporary.name)
        cls.pki = pki.Pki(cls.directory)
        cls.count = 0

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def new_path(self):
        Signing.count += 1
        return self.directory / f"out-{Signing.count}.pdf"

    def sign(self, source, kind="p256", *arguments):
        """The exit code, what was said, and the path of the output."""
        out = self.new_path()
        done = subprocess.run([SIGN, self.pki.key(kind), self.pki.chain(kind), source, out, *arguments], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr, out

    def store(self, data):
        path = self.new_path()
        path.write_bytes(data)
        return path

    def drawn(self, path):
        prefix = self.new_path()
        subprocess.run(["pdftoppm", "-r", "40", "-l", "3", str(path), str(prefix)], capture_output=True)
        pages = sorted(prefix.parent.glob(prefix.name + "-*.ppm"))
        return [p.read_bytes() for p in pages]

    def check_signed(self, source, out, signatures=1, kind="p256"):
        before, after = source.read_bytes(), out.read_bytes()
        self.assertEqual(after[:len(before)], before, "the document's own bytes were changed")
        said = output("pdfsig", "-nssdir", f"sql:{self.pki.nss}", out)
        self.assertEqual(said.count("Signature is Valid."), signatures, said)
        self.assertEqual(said.count("Certificate is Trusted."), signatures, said)
        self.assertEqual(said.count("  - Total document signed"), 1, said)
        self.assertIn("ETSI.CAdES.detached", said)
        self.assertEqual(self.drawn(source), self.drawn(out), "drawn differently")

    def check_sound(self, out):
        done = subprocess.run(["qpdf", "--check", str(out)], capture_output=True, text=True)
        complaints = [line for line in (done.stdout + done.stderr).splitlines() if "WARNING" in line or "ERROR" in line]
        return [c for c in complaints if "reported number of objects" not in c and "end of first page section" not in c]

    def test_forms(self):
        """Every form of document, signed, then signed again."""
        for name, data in forms.by_hand().items():
            with self.subTest(name):
                source = self.store(data)
                code, said, out = self.sign(source)
                self.assertEqual(code, 0, said)
                self.check_signed(source, out)
                self.assertEqual(self.check_sound(out), [])
                code, said, twice = self.sign(out, "rsa3072", "Zażółć gęślą (jaźń)")
                self.assertEqual(code, 0, said)
                self.check_signed(out, twice, 2)
                self.assertEqual(self.check_sound(twice), [])

    def test_qpdf_forms(self):
        source = self.store(forms.document(forms.objects()))
        for name, path in forms.by_qpdf(source, self.directory).items():
            with self.subTest(name):
                code, said, out = self.sign(path)
                self.assertEqual(code, 0, said)
                self.check_signed(path, out)
                self.assertEqual(self.check_sound(out), [])
                self.assertEqual(b"/Type /XRef" in out.read_bytes()[path.stat().st_size:], "object" in name or "version" in name)

    def test_mutool(self):
        source = self.store(forms.document(forms.objects()))
        _, _, out = self.sign(source)
        said = output("mutool", "sign", "-v", out)
        self.assertIn("The document is unchanged since signing.", said)
        flipped = bytearray(out.read_bytes())
        flipped[flipped.index(b"Invoice")] ^= 1
        self.assertNotIn("unchanged", output("mutool", "sign", "-v", self.store(flipped)))

    def test_text_strings(self):
        source = self.store(forms.document(forms.objects()))
        _, _, out = self.sign(source, "p256", "Zażółć (gęślą) \\ jaźń")
        listed = output("qpdf", "--json", out)
        self.assertIn("Zażółć (gęślą) \\\\ jaźń", listed.encode().decode("unicode_escape") if "\\u" in listed else listed)

    def test_refused(self):
        for name, (data, outcome) in forms.refused().items():
            with self.subTest(name):
                code, said, out = self.sign(self.store(data))
                self.assertEqual((code, said.split(" ")[0]), (3, str(outcome)), said)
                self.assertEqual(out.stat().st_size, 0)

    def test_repaired(self):
        """Damaged documents are written anew, so that all readers read them alike; signed ones are not."""
        for name, data in forms.damaged().items():
            with self.subTest(name):
                source = self.store(data)
                code, said, out = self.sign(source)
                self.assertEqual((code, said), (0, "repaired\nsigned\n"))
                self.assertEqual(self.check_sound(out), [])
                # All of them are this document; poppler draws no page that is no object of its own.
                self.assertEqual(self.drawn(self.store(forms.document(forms.objects()))), self.drawn(out), "drawn differently")
                said = output("pdfsig", "-nssdir", f"sql:{self.pki.nss}", out)
                self.assertEqual((said.count("Signature is Valid."), said.count("  - Total document signed")), (1, 1), said)
                twice = self.sign(out)
                self.assertEqual(twice[:2], (0, "signed\n"))
                self.check_signed(out, twice[2], 2)
        _, _, signed = self.sign(self.store(forms.document(forms.objects())))
        code, said, out = self.sign(self.store(signed.read_bytes().replace(b"startxref\n", b"startxref\n1")))
        self.assertEqual((code, said.split()[0], out.stat().st_size), (3, "18", 0))

    def test_same_again(self):
        """A draft that is made twice is twice the same, also where the document is written anew."""
        os.environ["SIGN_TIME"] = "1800000000"
        for data in (forms.document(forms.objects()), forms.damaged()["wrong-startxref"]):
            source = self.store(data)
            once, again = (self.sign(source, "rsa3072", "Zażółć")[2].read_bytes() for _ in range(2))
            self.assertEqual(once, again)
        del os.environ["SIGN_TIME"]

    def test_flipped_bytes(self):
        source = self.store(forms.document(forms.objects()))
        _, _, out = self.sign(source)
        signed = out.read_bytes()
        for at in (signed.index(b"Invoice"), signed.rindex(b"/Rect [0 0")):
            flipped = bytearray(signed)
            flipped[at + 2] ^= 1
            said = output("pdfsig", "-nssdir", f"sql:{self.pki.nss}", self.store(flipped))
            self.assertNotIn("Signature is Valid.", said)

    def corpus_test(self):
        """All unsigned documents of the corpus: signed and sound, or refused for the right reason."""
        for source in corpus():
            with self.subTest(source.name):
                code, said, out = self.sign(source)
                if source.name in CORPUS_REFUSED:
                    self.assertEqual((code, said.split(" ")[0]), (3, str(CORPUS_REFUSED[source.name])), said)
                    continue
                self.assertEqual((code, "repaired" in said), (0, source.name in CORPUS_REPAIRED), said)
                said = output("pdfsig", "-nssdir", f"sql:{self.pki.nss}", out)
                self.assertIn("Certificate is Trusted.", said)
                self.assertIn("  - Total document signed", said)
                self.assertEqual(out.read_bytes()[:source.stat().st_size] != source.read_bytes(), source.name in CORPUS_REPAIRED)
                self.assertEqual(self.drawn(source), self.drawn(out), "drawn differently")
                if source.name not in CORPUS_UNSOUND:
                    self.assertEqual(self.check_sound(out), [])


if corpus():
    Signing.test_corpus = Signing.corpus_test

if __name__ == "__main__":
    del sys.argv[1:]
    unittest.main()
