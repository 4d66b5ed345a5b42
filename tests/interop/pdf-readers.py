#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Signed documents before the readers that people use: poppler, mupdf, pdf.js and Chromium draw every document after it was signed as they did
before, and qpdf --check finds nothing new. Documents made by hand and by qpdf, damaged ones, and all unsigned ones of the corpus where there is
one. Usage: pdf-readers.py INTEROP-SIGN-PDF"""

import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import chromium
import forms
import pki

SIGN = sys.argv[1]
CORPUS = Path(os.environ.get("SYGNET_CORPORA") or Path(__file__).resolve().parents[3] / "shared" / "corpora") / "open" / "pdf-unsigned"
PASSWORDS = {"minimal-aes256.pdf": "usersecret", "minimal-rc4.pdf": "usersecret", "open_protected.pdf": " "}

# What is not signed, though some reader shows something of it, and why.
REFUSED = {
    "bad1.pdf": "is no PDF", "issue-150.pdf": "is no PDF", "certified-no-change-permitted.pdf": "its certification forbids it",
    "EmptyPage-corrupted.pdf": "no page can be found", "broken-objstream1.pdf": "the catalog is lost", "issue-146.pdf": "no page can be found",
}


def run(*command):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, errors="replace", timeout=60)


class Readers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.directory = Path(cls.temporary.name)
        cls.pki = pki.Pki(cls.directory)
        cls.shown = cls.directory / "shown"
        cls.shown.mkdir()
        cls.chromium = chromium.Chromium(cls.shown, cls.directory / "profile")

    @classmethod
    def tearDownClass(cls):
        cls.chromium.close()
        cls.temporary.cleanup()

    def poppler(self, path, password):
        prefix = self.directory / "poppler"
        run("pdftoppm", "-r", "50", "-l", "3", "-upw", password, "-opw", password, path, prefix)
        return self.collect("poppler-*.ppm")

    def mupdf(self, path, password):
        run("mutool", "draw", "-q", "-r", "50", "-p", password, "-F", "ppm", "-o", self.directory / "mupdf-%d.ppm", path, "1-3")
        return self.collect("mupdf-*.ppm")

    def collect(self, pattern):
        drawn = []
        for page in sorted(self.directory.glob(pattern)):
            drawn.append(page.read_bytes())
            page.unlink()
        return drawn

    def complaints(self, path, password):
        done = run("qpdf", f"--password={password}", "--check", path)
        lines = [re.sub(r"[^ ]*/[^ ]*?\.pdf", "FILE", line) for line in (done.stdout + done.stderr).splitlines()]
        # That a file is longer than its linearization says is what an update does to it; offsets and sizes are no complaint by themselves.
        return {re.sub(r"\d+", "N", line) for line in lines if ("WARNING" in line or "ERROR" in line) and "end of first page section" not in line}

    def check(self, name, data, password=""):
        before, after = self.shown / f"{name}-before.pdf", self.shown / f"{name}-after.pdf"
        before.write_bytes(data)
        done = run(SIGN, self.pki.key("p256"), self.pki.chain("p256"), before, after, "--password", password)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        repaired = "repaired" in done.stdout
        self.assertEqual(self.poppler(before, password), self.poppler(after, password), "poppler")
        self.assertEqual(self.mupdf(before, password), self.mupdf(after, password), "mupdf")
        self.assertEqual(self.complaints(after, password) - (set() if repaired else self.complaints(before, password)), set(), "qpdf")
        self.assertEqual(self.chromium.pdf_js(before.name, password), self.chromium.pdf_js(after.name, password), "pdf.js")
        if not password:
            picture = self.chromium.viewer(before.name)
            self.assertEqual(self.chromium.viewer(after.name, picture), picture, "Chromium")

    def test_made(self):
        plain = self.directory / "plain.pdf"
        plain.write_bytes(forms.document(forms.objects()))
        documents = {**forms.by_hand(), **forms.damaged(), **{k: p.read_bytes() for k, p in forms.by_qpdf(plain, self.directory).items()}}
        for name, data in documents.items():
            # No reader but pdf.js shows a page that is no object of its own: there is nothing to compare.
            if name != "direct-pages":
                with self.subTest(name):
                    self.check(name, data)

    def test_readers_see(self):
        """These comparisons would tell a difference."""
        plain = forms.document(forms.objects())
        for name, data in (("one", plain), ("other", plain.replace(b"Invoice", b"Invoise"))):
            (self.shown / f"{name}.pdf").write_bytes(data)
        one, other = self.shown / "one.pdf", self.shown / "other.pdf"
        self.assertNotEqual(self.poppler(one, ""), self.poppler(other, ""))
        self.assertNotEqual(self.mupdf(one, ""), self.mupdf(other, ""))
        self.assertNotEqual(self.chromium.pdf_js(one.name), self.chromium.pdf_js(other.name))
        self.assertNotEqual(self.chromium.viewer(one.name), self.chromium.viewer(other.name))
        self.assertEqual(len(self.poppler(one, "")), 1)
        self.assertEqual(len(self.mupdf(one, "")), 1)
        self.assertRegex(self.chromium.pdf_js(one.name), r"^1 357x505:\d+$")

    def corpus_test(self):
        for path in sorted(CORPUS.glob("*.pdf")):
            if path.name not in REFUSED:
                with self.subTest(path.name):
                    self.check(path.stem, path.read_bytes(), PASSWORDS.get(path.name, ""))


if CORPUS.is_dir():
    Readers.test_corpus = Readers.corpus_test

if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
