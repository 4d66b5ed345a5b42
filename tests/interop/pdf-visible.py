#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Visible signatures as other programs see them: drawn by poppler and mupdf, their text read back, checked by qpdf and pdfsig. What is drawn must
not depend on how the page is turned, cut or scaled. Usage: pdf-visible.py SYGNET"""

import os
import re
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib
from pathlib import Path

import chromium
import forms
import pki

SYGNET = sys.argv[1]
POLISH = "Zażółć gęślą jaźń"


PAGES = 20  # that are looked at

# Of the corpus: no PDF, no page that could be found, a certification that forbids it, a password that is not given.
REFUSED = {"bad1.pdf", "issue-150.pdf", "EmptyPage-corrupted.pdf", "broken-objstream1.pdf", "issue-146.pdf", "certified-no-change-permitted.pdf",
           "minimal-aes256.pdf", "minimal-rc4.pdf", "open_protected.pdf"}


def corpus():
    root = os.environ.get("SYGNET_CORPORA") or Path(__file__).resolve().parents[3] / "shared" / "corpora"
    return sorted((Path(root) / "open" / "pdf-unsigned").glob("*.pdf"))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, pixel):
    """An image of colour with opacity; `pixel` gives the four bytes at x, y."""
    rows = b"".join(b"\0" + b"".join(bytes(pixel(x, y)) for x in range(width)) for y in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) +
            chunk(b"IEND", b""))


def red_disc(x, y):
    return (255, 0, 0, 255 if (x - 20) ** 2 + (y - 20) ** 2 < 400 else 0)


class Picture:
    """A binary PPM."""

    def __init__(self, data):
        fields = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
        self.width, self.height = int(fields[1]), int(fields[2])
        self.data = data[fields.end():]

    def cut(self, left, top, right, bottom):
        return [self.data[3 * (y * self.width + left):3 * (y * self.width + right)] for y in range(top, bottom)]

    def corner(self, width, height):
        """The lower right one."""
        return self.cut(self.width - width, self.height - height, self.width, self.height)

    def pixel(self, x, y):
        at = 3 * (y * self.width + x)
        return tuple(self.data[at:at + 3])

    def is_white(self, left, top, right, bottom):
        return all(set(row) == {255} for row in self.cut(left, top, right, bottom))


class Visible(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.directory = Path(cls.temporary.name)
        cls.pki = pki.Pki(cls.directory)
        cls.password = cls.directory / "password"
        cls.password.write_text("")
        cls.logo = cls.directory / "logo.png"
        cls.logo.write_bytes(png(40, 40, red_disc))
        cls.count = 0

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def path(self, data=None):
        Visible.count += 1
        path = self.directory / f"{Visible.count}.pdf"
        if data is not None:
            path.write_bytes(data)
        return path

    def run_sign(self, source, *options, kind="p256"):
        out = self.path()
        done = subprocess.run([SYGNET, "sign", source, "-o", out, "-c", self.directory / f"{kind}.p12", "--password-file", self.password, *options],
                              capture_output=True, text=True)
        return done.returncode, done.stderr, out

    def sign(self, source, *options, signatures=1):
        """Signed, called valid by the others, and sound."""
        code, said, out = self.run_sign(source, *options)
        self.assertEqual(code, 0, said)
        said = subprocess.run(["pdfsig", "-nssdir", f"sql:{self.pki.nss}", out], capture_output=True, text=True).stdout
        self.assertEqual(said.count("Signature is Valid."), signatures, said)
        self.assertEqual(said.count("Certificate is Trusted."), signatures, said)
        checked = subprocess.run(["qpdf", "--check", out], capture_output=True, text=True)
        self.assertEqual((checked.returncode, checked.stderr), (0, ""), checked.stdout)
        verified = subprocess.run([SYGNET, "verify", "--offline", "--anchors", self.pki.root, out], capture_output=True, text=True)
        self.assertEqual(verified.returncode, 0, verified.stdout)
        return out

    def poppler(self, path, page=1):
        prefix = self.path()
        subprocess.run(["pdftoppm", "-cropbox", "-r", "72", "-f", str(page), "-l", str(page), "-singlefile", path, prefix], check=True, capture_output=True)
        return Picture(Path(f"{prefix}.ppm").read_bytes())

    def mupdf(self, path, page=1):
        drawn = self.directory / "drawn.ppm"
        subprocess.run(["mutool", "draw", "-q", "-r", "72", "-o", drawn, path, str(page)], check=True, capture_output=True)
        return Picture(drawn.read_bytes())

    def text(self, path):
        return subprocess.run(["pdftotext", "-layout", path, "-"], check=True, capture_output=True, text=True).stdout

    def document(self, extra=b"", **changes):
        return self.path(forms.document(forms.objects(o3=forms.page(extra), **changes)))

    def test_default(self):
        out = self.sign(self.document(), "--visible", "--reason", POLISH, "--location", "Kraków")
        text = self.text(out)
        for line in ("Signed by Example sp. z o.o. p256", f"Reason: {POLISH}", "Location: Kraków"):
            self.assertIn(line, text)
        self.assertRegex(text, r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d\d:\d\d")
        fonts = subprocess.run(["pdffonts", out], check=True, capture_output=True, text=True).stdout
        self.assertRegex(fonts, r"[A-Z]{6}\+DejaVuSans +CID TrueType +Identity-H +yes yes yes")

    def test_drawn_alike(self):
        """By both, on pages turned and cut in all ways."""
        options = ("--text", f"{POLISH}\n{{name}}", "--image", self.logo)
        for draw in (self.poppler, self.mupdf):
            expected = draw(self.sign(self.document(), *options)).corner(240, 110)
            self.assertGreater(sum(a < 128 for row in expected for a in row), 5000)
            for extra in (b"/Rotate 90", b"/Rotate 180", b"/Rotate 270", b"/Rotate -90", b"/Rotate 450"):
                with self.subTest(draw=draw.__name__, page=extra):
                    drawn = draw(self.sign(self.document(extra), *options)).corner(240, 110)
                    different = sum(a != b for x, y in zip(expected, drawn) for a, b in zip(x, y))
                    # Edges fall on other parts of pixels.
                    self.assertLess(different, 1000)

    def test_browsers(self):
        """pdf.js and Chromium's own viewer draw them, and without a complaint."""
        shown = self.directory / "shown"
        shown.mkdir()
        browser = chromium.Chromium(shown, self.directory / "profile")
        self.addCleanup(browser.close)
        for extra in (b"", b"/Rotate 90"):
            source = self.document(extra)
            signed = self.sign(source, "--visible", "--reason", POLISH, "--image", self.logo)
            for path, name in ((source, "before.pdf"), (signed, "after.pdf")):
                (shown / name).write_bytes(path.read_bytes())
            before, after = browser.pdf_js("before.pdf"), browser.pdf_js("after.pdf")
            for drawn in before, after:
                self.assertRegex(drawn, r"^1 \d+x\d+:\d+$")
            self.assertNotEqual(before, after)
            self.assertNotEqual(browser.viewer("before.pdf"), browser.viewer("after.pdf"))

    def test_rectangle(self):
        """In millimetres from the lower left corner, a red disc where it was said and nothing around it; with the page turned and cut too."""
        side = round(40 * 72 / 25.4)
        left = round(20 * 72 / 25.4)
        for extra in (b"", b"/Rotate 90", b"/Rotate 180", b"/Rotate 270", b"/CropBox [100 100 500 600]", b"/CropBox [100 100 500 600] /Rotate 270"):
            out = self.sign(self.document(extra, o4=b"<< /Length 0 >>\nstream\n\nendstream"), "--rect", "20mm,20mm,40mm,40mm", "--image", self.logo, "--text", "")
            for draw in (self.poppler, self.mupdf):
                with self.subTest(draw=draw.__name__, page=extra):
                    p = draw(out)
                    top = p.height - left - side
                    self.assertEqual(p.pixel(left + side // 2, top + side // 2), (255, 0, 0))
                    self.assertEqual(p.pixel(left + 5, top + 5), (255, 255, 255))  # the disc's corner is transparent
                    self.assertTrue(p.is_white(0, 0, p.width, top - 2))
                    self.assertTrue(p.is_white(left + side + 2, 0, p.width, p.height))
                    self.assertTrue(p.is_white(0, top + side + 2, p.width, p.height))

    def test_jpeg(self):
        picture = self.directory / "photo"
        subprocess.run(["pdftoppm", "-r", "20", "-jpeg", "-singlefile", self.document(), picture], check=True)
        out = self.sign(self.document(), "--image", f"{picture}.jpg", "--text", "")
        self.assertIn("jpeg", subprocess.run(["pdfimages", "-list", out], check=True, capture_output=True, text=True).stdout)

    def test_held_camera(self):
        """A photograph that says how the camera was held is drawn upright: black in its lower left corner, whichever way it is stored."""
        stored = {1: (0, 1), 2: (1, 1), 3: (1, 0), 4: (0, 0), 5: (1, 0), 6: (1, 1), 7: (0, 1), 8: (0, 0)}  # where that corner is: column, row from the top
        for orientation, (column, row) in stored.items():
            drawing = b"0 0 0 rg %d %d 20 20 re f" % (20 * column, 20 * (1 - row))
            square = self.path(forms.document(forms.objects(o3=forms.page(b"").replace(b"[0 0 595 842]", b"[0 0 40 40]"),
                                                            o4=b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing))))
            photo = self.directory / f"held-{orientation}"
            subprocess.run(["pdftoppm", "-r", "72", "-jpeg", "-singlefile", square, photo], check=True)
            data = Path(f"{photo}.jpg").read_bytes()
            exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0" + bytes([orientation]) + b"\0\0\0\0\0\0"
            Path(f"{photo}.jpg").write_bytes(data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:])
            out = self.sign(self.document(o4=b"<< /Length 0 >>\nstream\n\nendstream"), "--rect", "100,100,40,40", "--image", f"{photo}.jpg", "--text", "")
            for draw in (self.poppler, self.mupdf):
                p = draw(out)
                dark = [sum(p.pixel(x, p.height - y)) < 150 for x, y in ((110, 110), (130, 110), (110, 130), (130, 130))]
                self.assertEqual(dark, [True, False, False, False], (orientation, draw.__name__))

    def test_page(self):
        kids = {3: forms.page(b""), 6: forms.page(b""), 7: forms.page(b"")}
        source = self.path(forms.document(forms.objects(o2=b"<< /Type /Pages /Kids [3 0 R 8 0 R] /Count 3 >>", o6=kids[6], o7=kids[7],
                                                        o8=b"<< /Type /Pages /Parent 2 0 R /Kids [6 0 R 7 0 R] /Count 2 >>")))
        for option, page in (("1", 1), ("2", 2), ("3", 3), ("last", 3), (None, 3)):
            with self.subTest(option):
                out = self.sign(source, *(["--page", option] if option else ["--visible"]))
                for n in (1, 2, 3):
                    drawn = self.poppler(out, n)
                    self.assertEqual(drawn.is_white(drawn.width - 230, drawn.height - 100, drawn.width, drawn.height), n != page)
        code, said, _ = self.run_sign(source, "--page", "4")
        self.assertEqual(code, 1)
        self.assertIn("no page of that number", said)

    def test_pile(self):
        """A second one in the same place does not cover the first."""
        out = self.document()
        for n in range(3):
            out = self.sign(out, "--text", f"Number {n + 1}", signatures=n + 1)
        drawn = self.text(out)
        self.assertEqual([line.strip() for line in drawn.splitlines() if "Number" in line], ["Number 3", "Number 2", "Number 1"])

    def test_encrypted(self):
        """Font, picture and strings are encrypted as the document is."""
        password = self.directory / "document-password"
        password.write_text("user")
        for options in (("128", "--use-aes=y"), ("256",)):
            with self.subTest(options):
                source = self.path()
                subprocess.run(["qpdf", "--allow-weak-crypto", "--encrypt", "user", "owner", *options, "--", self.document(), source], check=True)
                code, said, out = self.run_sign(source, "--visible", "--reason", POLISH, "--image", self.logo, "--document-password-file", password)
                self.assertEqual(code, 0, said)
                said = subprocess.run(["pdfsig", "-upw", "user", "-nssdir", f"sql:{self.pki.nss}", out], capture_output=True, text=True).stdout
                self.assertIn("Signature is Valid.", said)
                checked = subprocess.run(["qpdf", "--password=user", "--check", out], capture_output=True, text=True)
                self.assertEqual((checked.returncode, checked.stderr), (0, ""), checked.stdout)
                text = subprocess.run(["pdftotext", "-upw", "user", out, "-"], check=True, capture_output=True, text=True).stdout
                self.assertIn(POLISH, " ".join(text.split()))
                self.assertIn("smask", subprocess.run(["pdfimages", "-upw", "user", "-list", out], check=True, capture_output=True, text=True).stdout)

    def test_field(self):
        """In a field that the document has: its rectangle counts, and an upright picture on a turned page. One without extent stays unseen."""
        for rect, turn in ((b"[100 100 300 160]", b""), (b"[100 100 160 300]", b"/Rotate 90"), (b"[0 0 0 0]", b"")):
            with self.subTest(rect=rect, turn=turn):
                field = b"<< /FT /Sig /T (Chief) /Type /Annot /Subtype /Widget /Rect %s /P 3 0 R >>" % rect
                source = self.path(forms.document(forms.objects(
                    o1=b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R] /SigFlags 1 >> >>", o3=forms.page(turn + b"/Annots [6 0 R]"),
                    o4=b"<< /Length 0 >>\nstream\n\nendstream", o6=field)))
                out = self.sign(source, "--field", "Chief", "--text", "Chief", "--place", "top")
                for draw in (self.poppler, self.mupdf):
                    p = draw(out)
                    if rect == b"[0 0 0 0]":
                        self.assertTrue(p.is_white(0, 0, p.width, p.height))
                        continue
                    left, top = (100, 100) if turn else (100, p.height - 160)
                    self.assertFalse(p.is_white(left, top, left + 200, top + 60))
                    self.assertTrue(p.is_white(0, 0, p.width, top - 2))
                    self.assertTrue(p.is_white(left + 202, 0, p.width, p.height))
                    self.assertTrue(p.is_white(0, top + 62, p.width, p.height))
                if turn:
                    self.assertEqual(self.text(out).split(), ["Chief"])

    def test_small(self):
        """Much text in little room is made small and stays within it."""
        out = self.sign(self.document(o4=b"<< /Length 0 >>\nstream\n\nendstream"), "--rect", "100,100,60,20", "--text", f"{POLISH} " * 20)
        p = self.poppler(out)
        self.assertTrue(p.is_white(0, 0, p.width, p.height - 122))
        self.assertTrue(p.is_white(162, 0, p.width, p.height))

    def test_user_unit(self):
        """A giant page, whose units are ten points: the signature measures what it measures elsewhere."""
        source = self.document(b"/UserUnit 10")
        out = self.sign(source, "--rect", "100,100,200,100", "--text", "x")
        self.assertIn(b"/Rect [10", out.read_bytes().replace(b".00", b"").replace(b".0", b""))

    def pages(self, path):
        prefix = self.path()
        subprocess.run(["pdftoppm", "-r", "30", "-l", str(PAGES), path, prefix], capture_output=True)
        return [p.read_bytes() for p in sorted(prefix.parent.glob(prefix.name + "-*.ppm"))]

    def corpus_test(self):
        """Every unsigned document of the corpus: valid, and only the last page is drawn otherwise."""
        for source in corpus():
            with self.subTest(source.name):
                code, said, out = self.run_sign(source, "--format", "pades", "--visible", "--reason", POLISH, "--image", self.logo)
                if source.name in REFUSED:
                    self.assertEqual(code, 1, said)
                    continue
                self.assertEqual(code, 0, said)
                said = subprocess.run(["pdfsig", "-nssdir", f"sql:{self.pki.nss}", out], capture_output=True, text=True, errors="replace").stdout
                self.assertIn("Certificate is Trusted.", said)
                self.assertIn("  - Total document signed", said)
                before, after = self.pages(source), self.pages(out)
                self.assertEqual(len(before), len(after))
                changed = [n + 1 for n, (a, b) in enumerate(zip(before, after)) if a != b]
                if source.name != "Pages-tree-refs.pdf":  # one page is both its first and its second
                    self.assertEqual(changed, [len(before)] if 0 < len(before) < PAGES else [])

    def test_refused(self):
        source = self.document()
        for options, code, words in (
                (("--rect", "600,1,20,20"), 1, "not on the page"),
                (("--text", "漢"), 1, "lacks a letter"),
                (("--text", "{nobody}"), 2, "name in braces"),
                (("--rect", "1,2,3"), 2, "four lengths"),
                (("--rect", "1,2,0,3"), 2, "four lengths"),
                (("--rect", "1,2,3,4", "--place", "top"), 2, "not both"),
                (("--place", "somewhere"), 2, "bottom-right"),
                (("--page", "0"), 2, "page"),
                (("--text", ""), 2, "needs a text or an image"),
                (("--image", source), 2, "neither PNG"),
                (("--image", "/nonexistent"), 4, "cannot be read"),
                (("--font", "/nonexistent"), 4, "cannot be read"),
                (("--font", source), 2, "no TrueType")):
            with self.subTest(options):
                got, said, out = self.run_sign(source, *options)
                self.assertEqual(got, code, said)
                self.assertIn(words, said)
                self.assertFalse(out.exists())


if corpus():
    Visible.test_corpus = Visible.corpus_test

if __name__ == "__main__":
    del sys.argv[1:]
    unittest.main()
