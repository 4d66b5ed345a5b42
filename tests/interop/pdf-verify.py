#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""PDF signatures before us: our own, others' (pdfsig, mutool, openssl), and the attacks on PDF signatures that are known from the
literature, each made anew from a valid signature: universal signature forgery, signature wrapping, incremental saving, shadow
attacks, evil annotations, sneaky signatures. Usage: pdf-verify.py INTEROP-SIGN-PDF INTEROP-SIGN-FILE"""

import hashlib
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import forms
import pki

SIGN_PDF, SIGN_FILE = sys.argv[1], sys.argv[2]
CORPUS = Path(os.environ.get("SYGNET_CORPORA") or Path(__file__).resolve().parents[3] / "shared" / "corpora") / "open"
PASSED = (True, "TOTAL-PASSED", None)
CHANGED = (True, "TOTAL-FAILED", "FORMAT_FAILURE")
MALFORMED = (False, "TOTAL-FAILED", "FORMAT_FAILURE")
BROKEN = (False, "TOTAL-FAILED", "HASH_FAILURE")
STAMP = b"<< /Type /XObject /Subtype /Form /BBox [0 0 500 800] /Length 21 >>\nstream\n1 g 0 0 500 800 re f \nendstream"


class Verification(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.directory = Path(cls.temporary.name)
        cls.pki = pki.Pki(cls.directory)
        cls.count = 0
        cls.plain = cls.directory / "plain.pdf"
        cls.plain.write_bytes(forms.document(forms.objects()))

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def store(self, data):
        Verification.count += 1
        path = self.directory / f"document-{Verification.count}.pdf"
        path.write_bytes(data)
        return path

    def sign(self, data, kind="p256"):
        path = self.store(data)
        out = path.with_suffix(".signed.pdf")
        subprocess.run([SIGN_PDF, str(self.pki.key(kind)), str(self.pki.chain(kind)), str(path), str(out)], check=True, capture_output=True)
        return out.read_bytes()

    def report(self, data):
        path = data if isinstance(data, Path) else self.store(data)
        done = subprocess.run([SIGN_FILE, "verify", str(path), "--anchors", str(self.pki.root)], capture_output=True, text=True, timeout=300)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)

    def verdicts(self, data):
        return [(s["integrity"], s["indication"], s["subindication"]) for s in self.report(data)["signatures"]]

    def cms(self, data, *options):
        """A CMS by openssl over `data`."""
        content = self.store(data)
        out = content.with_suffix(".cms")
        pki.run("openssl", "cms", "-sign", "-binary", "-md", "sha256", "-signer", self.directory / "p256.pem", "-inkey",
                self.directory / "p256-key.pem", "-certfile", self.pki.root, "-outform", "DER", "-in", content, "-out", out, *options)
        return out.read_bytes()

    def by_hand(self, **options):
        return forms.signed_by_hand(self.cms, **options)

    # Our own.

    def test_own(self):
        for name, data in forms.by_hand().items():
            with self.subTest(name):
                once = self.sign(data)
                signature, = self.report(once)["signatures"]
                self.assertEqual((signature["indication"], signature["format"], signature["level"], signature["covers_whole_document"]),
                                 ("TOTAL-PASSED", "PAdES", "B-B", True), signature)
                self.assertLess(abs(time.time() - time.mktime(time.strptime(signature["signing_time"], "%Y-%m-%dT%H:%M:%SZ")) + time.timezone), 60)
                report = self.report(self.sign(once, "rsa3072"))
                self.assertEqual(report["indication"], "TOTAL-PASSED", report)
                self.assertEqual([s["covers_whole_document"] for s in report["signatures"]], [False, True])

    def test_own_in_qpdf_forms(self):
        for name, path in forms.by_qpdf(self.plain, self.directory).items():
            with self.subTest(name):
                report = self.report(self.sign(self.sign(path.read_bytes())))
                self.assertEqual((report["indication"], len(report["signatures"])), ("TOTAL-PASSED", 2), report)

    def test_flipped_bytes(self):
        """A byte anywhere but in the padding: never passed, and integrity is gone."""
        signed = self.sign(self.plain.read_bytes())
        gap = signed.index(b"/Contents <") + 10
        gap_end = signed.index(b">", gap)
        cms_end = gap + len(signed[gap:gap_end].rstrip(b"0"))
        for at in [*range(0, gap, 37), *range(gap, cms_end, 101), *range(gap_end, len(signed), 23)]:
            flipped = bytearray(signed)
            flipped[at] ^= 2
            report = self.report(bytes(flipped))
            self.assertNotEqual(report["indication"], "TOTAL-PASSED", at)
            self.assertFalse(any(s["integrity"] for s in report["signatures"]) and not gap <= at < cms_end, (at, report))

    def test_shortened(self):
        signed = self.sign(self.plain.read_bytes())
        for length in range(0, len(signed) - 1, 499):
            self.assertNotEqual(self.report(signed[:length])["indication"], "TOTAL-PASSED", length)

    # Others'.

    def empty_field(self):
        """A document with an empty signature field 6, called `here`."""
        form = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R] >> >>"
        field = b"<< /FT /Sig /T (here) /Type /Annot /Subtype /Widget /Rect [10 10 200 50] /P 3 0 R /F 4 >>"
        return self.store(forms.document(forms.objects(o1=form, o3=forms.page(b"/Annots [6 0 R]"), o6=field)))

    def test_pdfsig(self):
        self.pki.import_key("rsa3072")
        for source, options in ((self.plain, ["-add-signature"]), (self.empty_field(), ["-sign", "here", "-etsi"])):
            with self.subTest(options):
                out = self.store(b"")
                subprocess.run(["pdfsig", "-nssdir", f"sql:{self.pki.nss}", *options, "-nick", "rsa3072", str(source), str(out)],
                               capture_output=True, check=True)
                self.assertEqual(self.verdicts(out), [PASSED])
                self.assertEqual(self.verdicts(self.sign(out.read_bytes())), [PASSED, PASSED])

    def test_mutool(self):
        """mutool signs with SHA-1, which no longer proves anything by itself; the digests hold."""
        path = self.empty_field()
        out = path.with_suffix(".mutool.pdf")
        subprocess.run(["mutool", "sign", "-s", str(self.directory / "rsa3072.p12"), "-P", "", "-o", str(out), str(path), "6"], capture_output=True)
        self.assertEqual(self.verdicts(out), [(True, "INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE")])

    def test_openssl(self):
        signature, = self.report(self.by_hand())["signatures"]
        self.assertEqual((signature["indication"], signature["format"], signature["level"]), ("TOTAL-PASSED", "PDF-CMS", None), signature)
        # signing-time is forbidden in PAdES: a signature nevertheless, only no baseline one
        signature, = self.report(forms.signed_by_hand(lambda data: self.cms(data, "-cades"), sub_filter=b"ETSI.CAdES.detached"))["signatures"]
        self.assertEqual((signature["indication"], signature["format"], signature["level"]), ("TOTAL-PASSED", "PAdES", None), signature)

    def test_embedded_content(self):
        """A detached signature that embeds content is refused, even where that is the document's own."""
        data = forms.signed_by_hand(lambda data: self.cms(data, "-nodetach"))
        self.assertEqual(self.verdicts(data)[0][1:], ("TOTAL-FAILED", "FORMAT_FAILURE"))

    def test_pkcs7_sha1(self):
        def sign(data):
            return self.cms(hashlib.sha1(data).digest(), "-nodetach")

        signature, = self.report(forms.signed_by_hand(sign, sub_filter=b"adbe.pkcs7.sha1"))["signatures"]
        self.assertTrue(signature["integrity"], signature)
        data = forms.signed_by_hand(sign, sub_filter=b"adbe.pkcs7.sha1").replace(b"Invoice", b"invoice")
        self.assertEqual(self.verdicts(data), [BROKEN])

    def authority(self, name, *issuer):
        """A timestamping authority, as a function that makes tokens. Self-signed without an issuer."""
        tsa, extensions, config = self.directory / name, self.directory / "tsa.cnf", self.directory / f"{name}.cnf"
        extensions.write_text("basicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n")
        pki.run("openssl", "req", "-new", "-newkey", "rsa:3072", "-nodes", "-keyout", f"{tsa}.key", "-out", f"{tsa}.csr", "-subj", "/CN=Example TSA")
        pki.run("openssl", "x509", "-req", "-in", f"{tsa}.csr", *(issuer or ("-signkey", f"{tsa}.key")), "-days", "30", "-extfile", extensions,
                "-out", f"{tsa}.pem")
        config.write_text(f"[tsa]\ndefault_tsa=t\n[t]\nserial={tsa}.serial\nsigner_digest=sha256\ndefault_policy=1.2.3.4\ndigests=sha256\n"
                          "accuracy=secs:1\ness_cert_id_alg=sha256\n")
        Path(f"{tsa}.serial").write_text("01\n")

        def stamp(data):
            content = self.store(data)
            query, token = content.with_suffix(".tsq"), content.with_suffix(".tst")
            pki.run("openssl", "ts", "-query", "-data", content, "-sha256", "-cert", "-out", query)
            pki.run("openssl", "ts", "-reply", "-config", config, "-queryfile", query, "-signer", f"{tsa}.pem", "-inkey", f"{tsa}.key",
                    "-token_out", "-out", token)
            return token.read_bytes()

        return stamp

    def test_timestamp(self):
        stamp = self.authority("tsa", "-CA", self.pki.root, "-CAkey", self.directory / "root.key", "-CAcreateserial")
        data = forms.signed_by_hand(stamp, sub_filter=b"ETSI.RFC3161", kind=b"DocTimeStamp")
        report = self.report(data)
        signature, = report["signatures"]
        self.assertEqual((signature["integrity"], signature["indication"], signature["format"], signature["timestamp"]), (True, "TOTAL-PASSED", "DocTimeStamp", True), signature)
        # Anybody can have any document timestamped.
        self.assertEqual((report["indication"], report["subindication"], report["timestamps_only"]), ("TOTAL-FAILED", "FORMAT_FAILURE", True))
        self.assertIn("nobody's signature", report["reason"])
        self.assertEqual(self.report(self.sign(data))["indication"], "TOTAL-PASSED")
        self.assertLess(abs(time.time() - time.mktime(time.strptime(signature["signing_time"], "%Y-%m-%dT%H:%M:%SZ")) + time.timezone), 60)
        self.assertEqual(self.verdicts(data.replace(b"Invoice", b"invoice")), [BROKEN])

    def test_foreign_timestamp(self):
        """One of an unknown authority takes nothing from a signature; alone it proves nothing; a wrong one counts."""
        data = forms.signed_by_hand(self.authority("foreign"), sub_filter=b"ETSI.RFC3161", kind=b"DocTimeStamp")
        self.assertEqual((self.report(data)["indication"], self.verdicts(data)[0][:2]), ("INDETERMINATE", (True, "INDETERMINATE")))
        report = self.report(self.sign(data))
        self.assertEqual((report["indication"], report["subindication"], report["reason"]), ("TOTAL-PASSED", None, None), report)
        self.assertEqual([s["indication"] for s in report["signatures"]], ["INDETERMINATE", "TOTAL-PASSED"])
        self.assertEqual(self.report(self.sign(data.replace(b"Invoice", b"invoice")))["indication"], "TOTAL-FAILED")

    def test_pages_gone(self):
        """Of a document without pages, as its cross-reference has it, other readers look for some, and may find other signatures."""
        def free(data):
            table = data.rindex(b"xref\n0 ") + 5
            entry = data.index(b"\n", table) + 1 + 2 * 20
            return data[:entry] + b"0000000000 00001 f \n" + data[entry + 20:]

        self.assertEqual(self.verdicts(self.by_hand()), [(True, "TOTAL-PASSED", None)])
        self.assertEqual(self.verdicts(self.by_hand(edit=free)), [(True, "TOTAL-FAILED", "FORMAT_FAILURE")])

    # What may be appended.

    def test_allowed_changes(self):
        signed, ours = self.by_hand(), self.sign(self.plain.read_bytes())
        form = b"<< /Fields [10 0 R 13 0 R 20 0 R] /SigFlags 3 >>"
        empty = b"<< /FT /Sig /T (more) /Type /Annot /Subtype /Widget /Rect [5 5 5 5] /P 3 0 R >>"
        allowed = {
            "trailing newline": signed + b"\n",
            "dss": forms.update(signed, {1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm 12 0 R /DSS << /Type /DSS >> >>"}),
            "metadata": forms.update(signed, {1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm 12 0 R /Metadata 20 0 R >>",
                                              20: b"<< /Type /Metadata /Subtype /XML /Length 0 >>\nstream\n\nendstream"}),
            "filled in": forms.update(signed, {13: b"<< /FT /Tx /T (name) /V (y) /Type /Annot /Subtype /Widget /Rect [100 100 200 120] /P 3 0 R >>"}),
            "rewritten as it was": forms.update(ours, {3: forms.objects()[3].replace(b"595", b"595.0")[:-2] + b"/Annots [7 0 R] >>"}),
            "unreachable object": forms.update(signed, {50: b"(nothing leads here)"}),
            "invisible empty signature field": forms.update(signed, {12: form, 20: empty, 3: forms.page(b"/Annots [10 0 R 13 0 R 20 0 R]")}),
            "info": forms.update(signed, {20: b"<< /Title (t) >>"}, trailer=b"/Info 20 0 R"),
        }
        self.assertIsNone(self.report(signed)["signatures"][0]["added"])
        for name, data in allowed.items():
            with self.subTest(name):
                report = self.report(data)
                self.assertEqual(report["signatures"][0]["added"], {"trailing newline": None, "filled in": "form-filling"}.get(name, "signatures"))
                self.assertEqual((report["indication"], report["signatures"][0]["covers_whole_document"]), ("TOTAL-PASSED", False), report)

    # Attacks.

    def test_incremental_saving(self):
        """Whatever changes what a reader shows or does."""
        signed = self.by_hand(annots=b"30 0 R", extra={
            30: b"<< /Type /Annot /Subtype /Text /Rect [1 1 9 9] /Contents (note) >>",
            31: b"<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>",
        })
        catalog = b"<< /Type /Catalog /Pages 2 0 R /AcroForm 12 0 R %s >>"
        annots = b"/Annots [10 0 R 13 0 R 30 0 R %s]"
        form = b"<< /Fields [10 0 R 13 0 R %s] /SigFlags 3 %s >>"
        note = b"<< /Type /Annot /Subtype /FreeText /Rect [1 1 500 800] /AP << /N 41 0 R >> %s >>"
        empty = b"<< /FT /Sig /T (more) /Type /Annot /Subtype /Widget /Rect [0 0 500 800] /P 3 0 R /AP << /N 41 0 R >> >>"
        signature = signed[signed.index(b"11 0 obj\n") + 9:]
        signature = signature[:signature.index(b"\nendobj")]
        attacks = {
            "content": {4: b"<< /Length 8 >>\nstream\n0 0 m f \nendstream"},
            "content added": {3: forms.page(annots % b"").replace(b"4 0 R", b"[4 0 R 41 0 R]"), 41: STAMP},
            "page added": {2: b"<< /Type /Pages /Kids [3 0 R 40 0 R] /Count 2 >>", 40: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>"},
            "page replaced": {2: b"<< /Type /Pages /Kids [40 0 R] /Count 1 >>", 40: forms.page(annots % b"")},
            "page removed": {2: b"<< /Type /Pages /Kids [] /Count 0 >>"},
            "page twice": {2: b"<< /Type /Pages /Kids [3 0 R 3 0 R] /Count 2 >>"},
            "inherited": {2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 /Rotate 180 >>"},
            "media box": {3: forms.page(annots % b"").replace(b"842", b"84")},
            "font": {5: b"<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>"},
            "font by reference": {3: forms.page(annots % b"").replace(b"5 0 R", b"31 0 R")},
            "annotation added": {3: forms.page(annots % b"40 0 R"), 40: note % b"", 41: STAMP},
            "annotation as widget": {3: forms.page(annots % b"40 0 R"), 40: note.replace(b"FreeText", b"Widget") % b"/FT /Sig", 41: STAMP},
            "annotation changed": {30: b"<< /Type /Annot /Subtype /Text /Rect [1 1 900 900] /Contents (note) >>"},
            "annotation removed": {3: forms.page(b"/Annots [10 0 R 13 0 R]")},
            "annotation freed": {30: None},
            "visible empty signature": {3: forms.page(annots % b"40 0 R"), 12: form % (b"40 0 R", b""), 40: empty, 41: STAMP},
            "text field added": {3: forms.page(annots % b"40 0 R"), 12: form % (b"40 0 R", b""), 40: empty.replace(b"/Sig", b"/Tx"), 41: STAMP},
            "field moved": {13: b"<< /FT /Tx /T (name) /V (x) /Type /Annot /Subtype /Widget /Rect [0 0 500 800] /P 3 0 R >>"},
            "field removed": {12: b"<< /Fields [10 0 R] /SigFlags 3 >>"},
            "appearances": {12: form % (b"", b"/NeedAppearances true")},
            "open action": {1: catalog % b"/OpenAction << /S /JavaScript /JS (app.alert) >>"},
            "names": {1: catalog % b"/Names << /JavaScript 40 0 R >>", 40: b"<< /Names [(a) << /S /JavaScript /JS (a) >>] >>"},
            "layers": {1: catalog % b"/OCProperties << /OCGs [] /D << >> >>"},
            "xfa": {12: form % (b"", b"/XFA (x)")},
            "signature removed": {12: form % (b"", b""), 10: b"<< /FT /Sig /T (sig) /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /F 132 /P 3 0 R >>"},
            "signature dictionary": {11: signature.replace(b"20260601", b"20250601")},
            "signature field": {10: b"<< /FT /Sig /T (sig) /V 11 0 R /Type /Annot /Subtype /Widget /Rect [0 0 500 800] /AP << /N 41 0 R >> /P 3 0 R >>", 41: STAMP},
        }
        self.assertEqual(self.verdicts(signed), [PASSED])
        for name, changed in attacks.items():
            with self.subTest(name):
                report = self.report(forms.update(signed, changed))
                self.assertNotEqual(report["indication"], "TOTAL-PASSED", report)
                if name != "signature removed":
                    self.assertEqual([(s["integrity"], s["indication"], s["subindication"]) for s in report["signatures"]], [CHANGED], report)

    def test_another_root(self):
        signed = self.by_hand()
        changed = {40: b"<< /Type /Catalog /Pages 41 0 R /AcroForm 12 0 R >>", 41: b"<< /Type /Pages /Kids [42 0 R] /Count 1 >>",
                   42: b"<< /Type /Page /Parent 41 0 R /MediaBox [0 0 9 9] /Annots [10 0 R 13 0 R] >>"}
        self.assertEqual(self.verdicts(forms.update(signed, changed, root=b"40 0 R")), [CHANGED])

    def test_shadow_hide(self):
        """Objects that are named before, and defined after signing."""
        signed = self.by_hand(annots=b"99 0 R")
        self.assertEqual(self.verdicts(signed), [PASSED])
        shown = forms.update(signed, {99: b"<< /Type /Annot /Subtype /FreeText /Rect [1 1 500 800] /AP << /N 41 0 R >> >>", 41: STAMP})
        self.assertEqual(self.verdicts(shown), [CHANGED])

    def test_shadow_two_faces(self):
        """An object that is a form field and the page's XObjects at once, so that filling in the `field` changes the page."""
        faces = b"<< /FT /Tx /T (faces) /V %s /N 46 0 R >>"
        hidden = forms.page(b"/Annots [10 0 R 13 0 R]").replace(b"/Font", b"/XObject 45 0 R /Font")
        signed = self.by_hand(fields=b"45 0 R", extra={3: hidden, 45: faces % b"46 0 R", 46: STAMP, 47: STAMP.replace(b"1 g", b"0 g")})
        self.assertNotEqual(self.verdicts(forms.update(signed, {45: faces % b"47 0 R"})), [PASSED])

    def test_taken_back(self):
        """A change that a further revision takes back, behind a second signature."""
        signed = self.by_hand()
        original = forms.objects()[5]
        data = self.sign(forms.update(signed, {5: original.replace(b"Helvetica", b"Symbol")}), "rsa3072")
        data = forms.update(data, {5: original}, size=1000)
        self.assertEqual([v[1] for v in self.verdicts(data)], ["TOTAL-FAILED", "TOTAL-FAILED"])

    def test_spoofed_dictionary(self):
        """A field that a later revision brings, with a ByteRange over the older revision and its CMS."""
        signed = self.by_hand()
        old = signed[signed.index(b"11 0 obj\n") + 9:]
        old = old[:old.index(b"\nendobj")]
        form = b"<< /Fields [10 0 R 13 0 R 40 0 R] /SigFlags 3 >>"
        field = b"<< /FT /Sig /T (spoofed) /V 41 0 R /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /P 3 0 R >>"
        data = forms.update(signed, {12: form, 40: field, 41: old, 3: forms.page(b"/Annots [10 0 R 13 0 R 40 0 R]")})
        self.assertEqual(self.verdicts(data), [PASSED, CHANGED])

    def test_byte_ranges(self):
        """Universal signature forgery and wrapping: ByteRanges that are anything but the two that they should be."""
        ranges = {
            "negative": lambda a, b, c: (-a, b, c),
            "wider gap": lambda a, b, c: (a - 40, b, c),
            "wider gap behind": lambda a, b, c: (a, b + 4, c - 4),
            "overlap": lambda a, b, c: (a, a - 10, c),
            "inside the string": lambda a, b, c: (a + 2, b, c),
            "beyond": lambda a, b, c: (a, b, c + 100),
            "not to the end": lambda a, b, c: (a, b, c - 20),
            "nothing behind": lambda a, b, c: (a, b, 0),
        }
        for name, byte_range in ranges.items():
            with self.subTest(name):
                self.assertEqual(self.verdicts(self.by_hand(byte_range=byte_range)), [MALFORMED])
        for name, new in {"missing": b"/ByteRanke", "null": b"/ByteRange null /X"}.items():
            with self.subTest(name):
                self.assertEqual(self.verdicts(self.by_hand(edit=lambda d: d.replace(b"/ByteRange", new))), [MALFORMED])
        for name, pattern, new in (("six numbers", rb"CCCCCCCC\]", b"CCCCCCCC 0 0]"), ("not from the start", rb"\[0 A", b"[1 A"),
                                   ("real numbers", rb"CCCCCCCC\]", b"CCCCCCCC.0]"), ("no contents", rb"/Contents", b"/Kontents"),
                                   ("other sub filter", rb"adbe\.pkcs7\.detached", b"adbe.x509.rsa_sha1")):
            with self.subTest(name):
                self.assertEqual(self.verdicts(self.by_hand(edit=lambda d: re.sub(pattern, new, d))), [MALFORMED])

    def test_wrong_contents(self):
        for name, cms in {"empty": b"", "null": b"\x05\x00", "garbage": b"\x30\x82\xff\xff\x00", "data": bytes.fromhex("300b06092a864886f70d010701")}.items():
            with self.subTest(name):
                verdict, = self.verdicts(forms.signed_by_hand(lambda data: cms))
                self.assertEqual(verdict, MALFORMED)

    def test_certification(self):
        """DocMDP and FieldMDP: what the signer forbade."""
        reference = b"/Reference [<< /Type /SigRef /TransformMethod /%s /TransformParams << %s >> >>]"
        filled = {13: b"<< /FT /Tx /T (name) /V (y) /Type /Annot /Subtype /Widget /Rect [100 100 200 120] /P 3 0 R >>"}
        dss = {1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm 12 0 R /DSS << >> >>"}
        for value, expected in ((reference % (b"DocMDP", b"/P 1"), CHANGED), (reference % (b"DocMDP", b"/P 2"), PASSED),
                                (reference % (b"DocMDP", b""), PASSED), (reference % (b"FieldMDP", b"/Action /All"), CHANGED),
                                (reference % (b"FieldMDP", b"/Action /Include /Fields [(name)]"), CHANGED),
                                (reference % (b"FieldMDP", b"/Action /Include /Fields [(other)]"), PASSED),
                                (reference % (b"FieldMDP", b"/Action /Exclude /Fields [(name)]"), PASSED)):
            with self.subTest(value):
                signed = self.by_hand(value=value)
                self.assertEqual(self.verdicts(signed), [PASSED])
                self.assertEqual(self.verdicts(forms.update(signed, filled)), [expected])
                self.assertEqual(self.verdicts(forms.update(signed, dss)), [PASSED])
        signed = self.by_hand(value=reference % (b"DocMDP", b"/P 1"))
        field = b"<< /FT /Sig /T (more) /V << /Type /Sig >> /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /P 3 0 R >>"
        added = {12: b"<< /Fields [10 0 R 13 0 R 40 0 R] /SigFlags 3 >>", 40: field, 3: forms.page(b"/Annots [10 0 R 13 0 R 40 0 R]")}
        self.assertEqual(self.verdicts(forms.update(signed, added))[0], CHANGED)

    def test_costly(self):
        """Small documents that would take hours to compare: an answer in seconds, and not that they pass."""
        chain = {60 + i: b"[%d 0 R %d 0 R]" % (61 + i, 61 + i) for i in range(60)}
        copies = {160 + i: b"[%d 0 R %d 0 R]" % (161 + i, 161 + i) for i in range(60)}
        catalog = b"<< /Type /Catalog /Pages 2 0 R /AcroForm 12 0 R /X 160 0 R >>"
        signed = self.by_hand(catalog=b"/X 60 0 R", extra={**chain, 120: b"(leaf)"})
        fields = {300 + i: b"<< /FT /Sig /T (f%d) /Rect [0 0 0 0] >>" % i for i in range(900)}
        listed = b" ".join(b"%d 0 R" % i for i in fields)
        lists = {12: b"<< /Fields [10 0 R 13 0 R %s] /SigFlags 3 >>" % listed, 3: forms.page(b"/Annots [10 0 R 13 0 R %s]" % (b" ".join([listed] * 50)))}
        for name, data in {
                "renumbered": forms.update(signed, {**copies, 220: b"(leaf)", 1: catalog}, size=300),
                "widgets": forms.update(self.by_hand(), {**fields, **lists}, size=2000),
                "locks": forms.update(self.by_hand(
                    value=b"/Reference [<< /TransformMethod /FieldMDP /TransformParams << /Action /Include /Fields [%s] >> >>]"
                    % b" ".join(b"(f%d)" % i for i in range(20000)), fields=b" ".join(b"%d 0 R" % i for i in range(100, 20100)),
                    extra={i: b"<< /FT /Tx /T (f%d) >>" % i for i in range(100, 20100)}), {5: b"(x)"}, size=30000),
        }.items():
            with self.subTest(name):
                started = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
                self.assertEqual(self.verdicts(data)[0], CHANGED)
                self.assertLess(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - started, 60)

    def test_damaged(self):
        """A cross-reference that must be guessed: shown, never passed."""
        signed = self.by_hand()
        report = self.report(re.sub(rb"startxref\n\d+", b"startxref\n7", signed))
        self.assertNotEqual(report["indication"], "TOTAL-PASSED")

    def test_not_signed(self):
        for data in (self.plain.read_bytes(), b"%PDF-1.7\n", b"%PDF-1.7\n" + b"x" * 5000):
            report = self.report(data)
            self.assertEqual((report["indication"], report["subindication"], report["signatures"]), ("TOTAL-FAILED", "FORMAT_FAILURE", []))

    def corpus_signed(self):
        """A further signature leaves those that are there as they were."""
        # Its ByteRange reaches one byte beyond the end, which only then is something.
        reaches_beyond = {"pdf-eof.pdf"}
        signed = 0
        for path in sorted((CORPUS / "pades").glob("*.pdf")):
            with self.subTest(path.name):
                before = [s["integrity"] for s in self.report(path)["signatures"]]
                out = self.directory / (path.name + ".again.pdf")
                done = subprocess.run([SIGN_PDF, str(self.pki.key("p256")), str(self.pki.chain("p256")), str(path), str(out)], capture_output=True)
                self.assertIn(done.returncode, (0, 3))
                if done.returncode == 0 and path.name not in reaches_beyond:
                    report = self.report(out)
                    self.assertEqual([s["integrity"] for s in report["signatures"]], before + [True])
                    self.assertEqual([s["covers_whole_document"] for s in report["signatures"]], [False] * len(before) + [True])
                    signed += 1
        self.assertGreater(signed, 30)

    def corpus_unsigned(self):
        """Damaged and odd documents: an answer, at once, and never that they pass."""
        for path in sorted((CORPUS / "pdf-unsigned").glob("*.pdf")):
            with self.subTest(path.name):
                started = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
                self.assertNotEqual(self.report(path)["indication"], "TOTAL-PASSED")
                self.assertLess(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - started, 10)


if (CORPUS / "pades").is_dir():
    Verification.test_corpus_signed = Verification.corpus_signed
    Verification.test_corpus_unsigned = Verification.corpus_unsigned

if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
