#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""PDF documents at the command line: fields by name, certifications, encrypted and damaged documents."""
import subprocess
import sys

from cli import FAILED, INDETERMINATE, OK, SOURCE, USAGE, main
from keys import Keys

sys.path.insert(0, str(SOURCE / "tests/interop"))
import forms  # noqa: E402 (the documents of the interoperability tests)


class Pdf(Keys):
    def setUp(self):
        super().setUp()
        self.ca()
        self.openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "own.key", "-subj", "/C=PL/CN=Example", "-out", "own.csr")
        self.certify("own.csr", "own.pem")
        self.openssl("pkcs12", "-export", "-in", "own.pem", "-inkey", "own.key", "-certfile", "issuing.pem", "-out", "own.p12", "-passout", f"file:{self.password}")
        self.key = ["-c", "own.p12", "--password-file", self.password]
        self.write("plain.pdf", forms.document(forms.objects()))

    def write(self, name, data):
        (self.folder / name).write_bytes(data)

    def valid(self, name, *more):
        return self.sygnet(OK, "verify", "--anchors", "ca.pem", "--offline", *more, name)

    def qpdf(self, *arguments):
        return subprocess.run(["qpdf", *arguments], cwd=self.folder, check=True, capture_output=True, text=True).stdout

    def drawn(self, name, password):
        subprocess.run(["pdftoppm", "-r", "40", "-upw", password, "-singlefile", name, "drawn"], cwd=self.folder, check=True)
        return (self.folder / "drawn.ppm").read_bytes()

    def test_field(self):
        field = b"<< /FT /Sig /T (approval) /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /P 3 0 R >>"
        self.write("form.pdf", forms.document(forms.objects(
            o1=b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R] >> >>", o3=forms.page(b"/Annots [6 0 R]"), o6=field)))
        self.sygnet(FAILED, "sign", *self.key, "--field", "aproval", "form.pdf", says="no signature field of that name")
        self.assertFalse((self.folder / "form-signed.pdf").exists())
        self.sygnet(OK, "sign", *self.key, "--field", "approval", "--contact", "biuro@example.com", "form.pdf")
        self.assertIn("approval", self.valid("form-signed.pdf").stdout)
        self.assertIn("biuro@example.com", self.qpdf("--json", "form-signed.pdf"))
        self.sygnet(FAILED, "sign", *self.key, "--field", "approval", "form-signed.pdf", says="is signed already")

    def test_certification(self):
        for level in ("0", "4", "12", "x", ""):
            self.sygnet(USAGE, "sign", *self.key, f"--certify={level}", "plain.pdf", says="--certify takes 1")
        self.sygnet(OK, "sign", *self.key, "--certify", "1", "plain.pdf")
        self.valid("plain-signed.pdf")
        self.sygnet(FAILED, "sign", *self.key, "plain-signed.pdf", says="forbids further signatures")
        self.sygnet(OK, "sign", *self.key, "--certify", "2", "-o", "certified.pdf", "plain.pdf")
        self.sygnet(FAILED, "sign", *self.key, "--certify", "2", "certified.pdf", says="without --certify")
        self.sygnet(FAILED, "sign", *self.key, "--visible", "-o", "twice.pdf", "certified.pdf", says="may only go into a field that it has")
        self.sygnet(OK, "sign", *self.key, "-o", "twice.pdf", "certified.pdf")
        self.valid("twice.pdf")

    def test_encrypted(self):
        self.qpdf("--encrypt", "hasło", "właściciel", "256", "--", "plain.pdf", "locked.pdf")
        self.qpdf("--encrypt", "", "właściciel", "256", "--modify=none", "--", "plain.pdf", "read-only.pdf")
        user, owner = self.secret("user", "hasło"), self.secret("owner", "właściciel")
        self.sygnet(FAILED, "sign", *self.key, "locked.pdf", says="--document-password-file")
        self.sygnet(FAILED, "sign", *self.key, "--document-password-file", self.password, "locked.pdf", says="--document-password-file")
        self.sygnet(OK, "sign", *self.key, "--document-password-file", user, "locked.pdf")
        self.assertIn("cannot be told", self.sygnet(INDETERMINATE, "verify", "--anchors", "ca.pem", "--offline", "locked-signed.pdf").stdout)
        for password in (user, owner):
            self.valid("locked-signed.pdf", "--document-password-file", password)
        # What is seen is enciphered like the rest: font, text and all are there for who has the password.
        self.sygnet(OK, "sign", *self.key, "--document-password-file", user, "--visible", "--reason", "Zażółć", "-o", "seen.pdf", "locked.pdf")
        self.valid("seen.pdf", "--document-password-file", user)
        self.assertIn("No syntax or stream encoding errors", self.qpdf("--password=hasło", "--check", "seen.pdf"))
        self.assertNotEqual(self.drawn("locked.pdf", "hasło"), self.drawn("seen.pdf", "hasło"))
        self.assertEqual(self.drawn("locked.pdf", "hasło"), self.drawn("locked-signed.pdf", "hasło"))
        self.sygnet(FAILED, "sign", *self.key, "read-only.pdf", says="owner's password")
        # One password serves all the documents of a batch, and those that want none.
        self.sygnet(OK, "sign", *self.key, "--document-password-file", owner, "read-only.pdf", "plain.pdf")
        self.valid("read-only-signed.pdf")
        self.valid("plain-signed.pdf")

    def test_damaged(self):
        damaged = forms.damaged()["wrong-startxref"]
        self.write("damaged.pdf", damaged)
        p = self.sygnet(OK, "sign", *self.key, "damaged.pdf")
        self.assertIn("damaged.pdf was damaged and was repaired before it was signed", p.stderr)
        self.assertEqual(damaged, (self.folder / "damaged.pdf").read_bytes())
        self.valid("damaged-signed.pdf")
        self.write("broken.pdf", (self.folder / "damaged-signed.pdf").read_bytes().replace(b"startxref\n", b"startxref\n1"))
        self.sygnet(FAILED, "sign", *self.key, "broken.pdf", says="which a repair would break")


if __name__ == "__main__":
    main()
