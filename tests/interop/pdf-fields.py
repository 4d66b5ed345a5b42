#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where our PDF signatures go: empty fields by name, their locks and seed values, certifications; before pdfsig, qpdf and our own
verification. Usage: pdf-fields.py INTEROP-SIGN-PDF INTEROP-SIGN-FILE"""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import forms
import pki

SIGN_PDF, SIGN_FILE = sys.argv[1], sys.argv[2]
PASSED, FAILED = "TOTAL-PASSED", "TOTAL-FAILED"
TEXT = b"<< /FT /Tx /T (%s) /V (%s) /Type /Annot /Subtype /Widget /Rect [100 100 200 120] /P 3 0 R >>"


def with_fields(field=b"", merged=True, parent=b""):
    """A form with the empty signature field `approval` (object 7), a text field `name` (8), a signature field `other` (9)."""
    widget = b"/Type /Annot /Subtype /Widget /Rect [300 300 400 350] /F 4 /P 3 0 R"
    o = forms.objects(o1=b"<< /Type /Catalog /Pages 2 0 R /AcroForm 6 0 R >>", o6=b"<< /Fields [7 0 R 8 0 R 9 0 R] >>",
                      o8=TEXT % (b"name", b"x"), o9=b"<< /FT /Sig /T (other) /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /P 3 0 R >>")
    if merged:
        o[7] = b"<< /FT /Sig /T (approval) %s %s >>" % (widget, field)
        o[3] = forms.page(b"/Annots [7 0 R 8 0 R 9 0 R]")
    else:
        o[7] = b"<< /T (company) /Kids [10 0 R] >>"
        o[10] = b"<< /FT /Sig /T (approval) /Parent 7 0 R /Kids [11 0 R] %s >>" % field
        o[11] = b"<< /Parent 10 0 R %s >>" % widget
        o[3] = forms.page(b"/Annots [11 0 R 8 0 R 9 0 R]")
    return forms.document(o)


class Fields(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.directory = Path(cls.temporary.name)
        cls.pki = pki.Pki(cls.directory)
        cls.count = 0

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def store(self, data):
        Fields.count += 1
        path = self.directory / f"document-{Fields.count}.pdf"
        path.write_bytes(data)
        return path

    def sign(self, data, *arguments, kind="p256"):
        """The signed bytes, or the outcome's number."""
        path = self.store(data)
        out = path.with_suffix(".signed.pdf")
        done = subprocess.run([SIGN_PDF, str(self.pki.key(kind)), str(self.pki.chain(kind)), str(path), str(out), *arguments],
                              capture_output=True, text=True)
        if done.returncode == 0:
            self.assertEqual(out.read_bytes()[:len(data)], data)
            return out.read_bytes()
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertEqual(out.stat().st_size, 0)
        return int(done.stdout.split()[0])

    def signatures(self, data):
        done = subprocess.run([SIGN_FILE, "verify", str(self.store(data)), "--anchors", str(self.pki.root)], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return [(s["field"], s["indication"]) for s in json.loads(done.stdout)["signatures"]]

    def check_peers(self, data, signatures, apart=0):
        path = self.store(data)
        said = subprocess.run(["pdfsig", "-nssdir", f"sql:{self.pki.nss}", str(path)], capture_output=True, text=True).stdout
        # poppler 22.12 and mupdf 1.21 look for the signature in the widget, also where that is a kid of the field.
        self.assertEqual(said.count("Signature is Valid."), signatures - apart, said)
        if not apart:
            drawn = subprocess.run(["mutool", "sign", "-v", str(path)], capture_output=True, text=True)
            self.assertNotIn("invalidated", drawn.stdout + drawn.stderr)
        checked = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, text=True)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        return said

    def test_existing(self):
        for merged, name in ((True, "approval"), (False, "company.approval")):
            with self.subTest(name):
                once = self.sign(with_fields(merged=merged), "--field", name)
                self.assertEqual(self.signatures(once), [(name, PASSED)])
                said = self.check_peers(once, 1, 0 if merged else 1)
                self.assertIn(f"Signature Field Name: {name}", said)
                self.assertNotIn(b"Signature1", once)
                self.assertIn(b"/SigFlags 3", once[len(with_fields(merged=merged)):])
                self.assertEqual(self.sign(once, "--field", name), 8)
                twice = self.sign(once, "--field", "other", kind="rsa3072")
                self.assertEqual(sorted(self.signatures(twice)), sorted([(name, PASSED), ("other", PASSED)]))
                self.check_peers(twice, 2, 0 if merged else 1)
                thrice = self.sign(twice)
                self.assertEqual([v for _, v in self.signatures(thrice)], [PASSED] * 3)
        self.assertEqual(self.sign(with_fields(), "--field", "aproval"), 7)
        self.assertEqual(self.sign(with_fields(), "--field", "name"), 7)
        self.assertEqual(self.sign(forms.document(forms.objects()), "--field", "approval"), 7)

    def test_certification(self):
        plain = forms.document(forms.objects())
        for level in (1, 2, 3):
            with self.subTest(level):
                signed = self.sign(plain, "--certify", str(level))
                self.assertEqual([v for _, v in self.signatures(signed)], [PASSED])
                self.check_peers(signed, 1)
                said = subprocess.run(["qpdf", "--json", "--json-key=qpdf", str(self.store(signed))], capture_output=True, text=True).stdout
                root = json.loads(said)["qpdf"][1]
                catalog = root[f"obj:{root['trailer']['value']['/Root']}"]["value"]
                value = root[f"obj:{catalog['/Perms']['/DocMDP']}"]["value"]
                self.assertEqual(value["/Reference"][0]["/TransformParams"]["/P"], level)
                again = self.sign(signed)
                if level == 1:
                    self.assertEqual(again, 5)
                else:
                    self.assertEqual([v for _, v in self.signatures(again)], [PASSED, PASSED])
                    self.check_peers(again, 2)
                self.assertEqual(self.sign(signed, "--certify", "2"), 5 if level == 1 else 9)
        self.assertEqual(self.sign(self.sign(plain), "--certify", "2"), 9)
        with_form = self.sign(with_fields(), "--certify", "2", "--field", "approval")
        filled = forms.update(with_form, {8: TEXT % (b"name", b"y")})
        self.assertEqual(self.signatures(filled), [("approval", PASSED)])
        stamped = forms.update(with_form, {3: forms.page(b"/Annots [7 0 R 8 0 R 9 0 R 40 0 R]"),
                                           40: b"<< /Type /Annot /Subtype /FreeText /Rect [1 1 500 800] /Contents (paid) >>"})
        self.assertEqual(self.signatures(stamped), [("approval", FAILED)])

    def test_permissions_stay(self):
        """What the catalog's Perms held beside the certification."""
        signed = self.sign(forms.document(forms.objects(o1=b"<< /Type /Catalog /Pages 2 0 R /Perms 6 0 R >>", o6=b"<< /Other (x) >>")), "--certify", "2")
        self.assertIn(b"/Other (x)\n/DocMDP ", signed)
        self.assertEqual([v for _, v in self.signatures(signed)], [PASSED])

    def test_lock(self):
        """A field's lock becomes the signature's FieldMDP, and is kept by us afterwards."""
        lock = b"/Lock << /Type /SigFieldLock /Action /%s >>"
        for action, locks_name, locks_other in ((b"All", True, True), (b"Include /Fields [(name)]", True, False), (b"Exclude /Fields [(name) (approval)]", False, True)):
            with self.subTest(action):
                signed = self.sign(with_fields(lock % action), "--field", "approval")
                self.assertEqual(self.signatures(signed), [("approval", PASSED)])
                self.check_peers(signed, 1)
                self.assertIn(b"/TransformMethod /FieldMDP", signed)
                filled = forms.update(signed, {8: TEXT % (b"name", b"y")})
                self.assertEqual(self.signatures(filled), [("approval", FAILED if locks_name else PASSED)])
                other = self.sign(signed, "--field", "other")
                if locks_other:
                    self.assertEqual(other, 5)
                else:
                    self.assertEqual([v for _, v in self.signatures(other)], [PASSED, PASSED])
        self.assertEqual(self.sign(self.sign(with_fields(lock % b"All"), "--field", "approval")), 5)
        level = self.sign(with_fields(lock % b"Include /Fields [(name)] /P 1"), "--field", "approval")
        self.assertEqual(self.sign(level), 5)

    def test_seed_values(self):
        own = (self.directory / "p256.pem").read_text()
        own = subprocess.run(["openssl", "x509", "-outform", "DER"], input=own.encode(), capture_output=True, check=True).stdout.hex().encode()
        root = subprocess.run(["openssl", "x509", "-outform", "DER", "-in", str(self.pki.root)], capture_output=True, check=True).stdout.hex().encode()
        seeds = (
            (b"", 0), (b"/Ff 1 /Filter /Adobe.PPKLite", 0), (b"/Ff 1 /Filter /Adobe.PPKMS", 11), (b"/Filter /Adobe.PPKMS", 0),
            (b"/Ff 2 /SubFilter [/adbe.pkcs7.detached /ETSI.CAdES.detached]", 0), (b"/Ff 2 /SubFilter [/adbe.pkcs7.detached]", 11),
            (b"/SubFilter [/adbe.pkcs7.detached]", 0), (b"/Ff 4 /V 2", 0), (b"/Ff 4 /V 9", 11),
            (b"/Ff 64 /DigestMethod [(SHA384) (SHA256)]", 0), (b"/Ff 64 /DigestMethod [(SHA1)]", 11), (b"/Ff 32 /AddRevInfo true", 11),
            (b"/Ff 32 /AddRevInfo false", 0), (b"/Ff 128 /LockDocument /true", 11), (b"/Ff 256 /AppearanceFilter (a)", 11),
            (b"/Ff 8 /Reasons [(Approved) (Za\\363\\263\\346)]", 13), (b"/Reasons [(Approved)]", 0), (b"/Ff 8 /Reasons [(.)]", 0), (b"/Ff 8", 0),
            (b"/Cert << /Ff 1 /Subject [<%s> <%s>] >>" % (root, own), 0), (b"/Cert << /Ff 1 /Subject [<%s>] >>" % root, 12),
            (b"/Cert << /Subject [<%s>] >>" % root, 0), (b"/Cert << /Ff 2 /Issuer [<%s>] >>" % root, 0),
            (b"/Cert << /Ff 2 /Issuer [<%s>] >>" % own, 12), (b"/Cert << /Ff 2 /Issuer [<3000>] >>", 12), (b"/Cert << /Ff 8 /SubjectDN [<< /CN (x) >>] >>", 12),
            (b"/Cert << /Ff 32 /KeyUsage [(XXXXX0) (XXXXX1)] >>", 0), (b"/Cert << /Ff 32 /KeyUsage [(XXXXX1)] >>", 12),
            (b"/MDP << /P 0 >>", 0), (b"/MDP << /P 7 >>", 14), (b"/TimeStamp << /URL (http://tsa.example/) >>", 0),
            (b"/TimeStamp << /URL (http://tsa.example/) /Ff 1 >>", 15),
        )
        for seed, outcome in seeds:
            with self.subTest(seed):
                signed = self.sign(with_fields(b"/SV << /Type /SV %s >>" % seed), "--field", "approval")
                if outcome:
                    self.assertEqual(signed, outcome)
                else:
                    self.assertEqual(self.signatures(signed), [("approval", PASSED)])
        reasons = with_fields(b"/SV << /Ff 8 /Reasons [(Approved) (Checked)] >>")
        self.assertEqual(self.signatures(self.sign(reasons, "Checked", "--field", "approval")), [("approval", PASSED)])
        self.assertEqual(self.sign(reasons, "Seen", "--field", "approval"), 13)
        self.assertEqual(self.sign(with_fields(b"/SV << /Ff 8 /Reasons [] >>"), "Seen", "--field", "approval"), 13)
        certified = self.sign(with_fields(b"/SV << /MDP << /P 2 >> >>"), "--field", "approval")
        self.assertIn(b"/Perms <<\n/DocMDP ", certified)
        self.assertEqual(self.sign(with_fields(b"/SV << /MDP << /P 2 >> >>"), "--field", "approval", "--certify", "1"), 14)
        self.assertEqual(self.sign(with_fields(b"/SV << /MDP << /P 0 >> >>"), "--field", "approval", "--certify", "1"), 14)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
