#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""libsygnet-sign as another project finds it: the example is compiled by what pkg-config says, from an installed copy, and signs a PDF that others
call valid; the header is one for C and for C++. Usage: library.py BUILD SOURCE"""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import forms
import pki

BUILD, SOURCE = Path(sys.argv[1]), Path(sys.argv[2])


class Library(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.directory = Path(cls.temporary.name)
        cls.root = cls.directory / "root"
        subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--tags", "devel,runtime", "--destdir", cls.root], check=True, capture_output=True)
        (pc,) = cls.root.rglob("sygnet-sign.pc")
        cls.environment = {**os.environ, "PKG_CONFIG_PATH": str(pc.parent), "PKG_CONFIG_SYSROOT_DIR": str(cls.root)}
        (library,) = cls.root.rglob("libsygnet-sign.so.1")
        cls.environment["LD_LIBRARY_PATH"] = str(library.parent)
        cls.program = cls.directory / "sign-pdf"
        cls.compile("cc", "-std=c11", "-Werror", "-Wall", "-Wextra", "-pedantic", SOURCE / "docs/examples/sign-pdf.c", "-o", cls.program, *cls.flags("--libs"))
        cls.pki = pki.Pki(cls.directory)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    @classmethod
    def flags(cls, *what):
        said = subprocess.run(["pkg-config", *what, "sygnet-sign"], env=cls.environment, check=True, capture_output=True, text=True).stdout.split()
        # A library that was instrumented wants the program to be, too.
        sanitizers = subprocess.run(["nm", "-D", cls.environment["LD_LIBRARY_PATH"] + "/libsygnet-sign.so.1"], capture_output=True, text=True).stdout
        return said + (["-fsanitize=address,undefined"] if "__asan_init" in sanitizers else [])

    @classmethod
    def compile(cls, *command):
        done = subprocess.run([*map(str, command), *cls.flags("--cflags")], capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(done.stderr)

    def run_program(self, *arguments, password="\n"):
        return subprocess.run([self.program, *arguments], input=password, capture_output=True, text=True, env=self.environment)

    def test_example(self):
        for kind in ("p256", "rsa3072"):
            source, out = self.directory / f"{kind}-in.pdf", self.directory / f"{kind}-out.pdf"
            source.write_bytes(forms.document(forms.objects()))
            done = self.run_program(self.directory / f"{kind}.p12", source, out)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
            said = subprocess.run(["pdfsig", "-nssdir", f"sql:{self.pki.nss}", out], capture_output=True, text=True).stdout
            self.assertIn("Signature is Valid.", said)
            self.assertIn("Certificate is Trusted.", said)
            self.assertIn("Total document signed", said)
            self.assertIn("I approve this document", subprocess.run(["pdftotext", out, "-"], capture_output=True, text=True).stdout)

    def test_example_says_what_is_wrong(self):
        source, out = self.directory / "text.pdf", self.directory / "none.pdf"
        source.write_text("no PDF")
        source_pdf = self.directory / "plain.pdf"
        source_pdf.write_bytes(forms.document(forms.objects()))
        self.assertEqual(self.run_program().returncode, 2)
        done = self.run_program(self.directory / "p256.p12", source_pdf, out, password="wrong\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("password is not right", done.stderr)
        done = self.run_program(self.directory / "none.p12", source_pdf, out)
        self.assertIn("No such file or directory", done.stderr)
        self.assertFalse(out.exists())

    def test_header(self):
        """On its own, by C and by C++."""
        for compiler, language, standard in (("cc", "c", "c99"), ("c++", "c++", "c++11")):
            self.compile(compiler, "-x", language, f"-std={standard}", "-Werror", "-Wall", "-Wextra", "-pedantic", "-fsyntax-only", "-include", "sygnet/sign.h", "/dev/null")

    def test_needs_nothing(self):
        """Whoever links it links nothing else for it, and gets no symbols of ours but the exported ones."""
        self.assertEqual([f for f in self.flags("--libs") if f.startswith("-l")], ["-lsygnet-sign"])


if __name__ == "__main__":
    del sys.argv[1:]
    unittest.main()
