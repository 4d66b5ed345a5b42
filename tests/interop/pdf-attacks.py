#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The published attacks on PDF signatures, each made from a document that we signed ourselves, against our own verification: universal signature
forgery, incremental saving, signature wrapping ("1 Trillion Dollar Refund", CCS 2019), shadow attacks: hide, replace, hide and replace (NDSS 2021),
evil annotations and sneaky signatures on certified documents ("Breaking the Specification", S&P 2021). Where an attack shows another content, it
is held that a reader does show it. Usage: pdf-attacks.py INTEROP-SIGN-PDF INTEROP-SIGN-FILE"""

import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import forms
import pki

SIGN_PDF, SIGN_FILE = sys.argv[1], sys.argv[2]
PASSED = "TOTAL-PASSED"
BLACK = b"<< /Type /XObject /Subtype /Form /BBox [0 0 500 800] /Length %d >>\nstream\n%s\nendstream" % (24, b"0 g 60 680 300 60 re f   ")
WHITE = BLACK.replace(b"0 g", b"1 g")
FORGED = b"BT /F1 24 Tf 72 700 Td (Invoice 9/2026) Tj ET"


def content(text):
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text)


class Attacks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.directory = Path(cls.temporary.name)
        cls.pki = pki.Pki(cls.directory)
        (cls.directory / "stranger").mkdir()
        cls.stranger = pki.Pki(cls.directory / "stranger")
        cls.count = 0
        cls.plain = forms.document(forms.objects())

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def store(self, data):
        Attacks.count += 1
        path = self.directory / f"document-{Attacks.count}.pdf"
        path.write_bytes(data)
        return path

    def sign(self, data, *arguments, keys=None):
        path, keys = self.store(data), keys or self.pki
        out = path.with_suffix(".signed.pdf")
        subprocess.run([SIGN_PDF, str(keys.key("p256")), str(keys.chain("p256")), str(path), str(out), *arguments], check=True, capture_output=True)
        signed = out.read_bytes()
        self.assertEqual(self.verdicts(signed)[0] if keys is self.pki else PASSED, PASSED)
        return signed

    def verdicts(self, data):
        """The document's, then those of its signatures."""
        done = subprocess.run([SIGN_FILE, "verify", str(self.store(data)), "--anchors", str(self.pki.root)], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        report = json.loads(done.stdout)
        return [report["indication"]] + [s["indication"] for s in report["signatures"]]

    def drawn(self, data):
        out = self.directory / "drawn"
        subprocess.run(["pdftoppm", "-r", "30", "-singlefile", str(self.store(data)), str(out)], capture_output=True)
        return out.with_suffix(".ppm").read_bytes()

    def check_refused(self, signed, attack, shows=True):
        """Not one signature passes, and the reader is shown something else than was signed."""
        self.assertNotIn(PASSED, self.verdicts(attack))
        if shows:
            self.assertNotEqual(self.drawn(signed), self.drawn(attack), "the attack shows nothing")

    def replace(self, data, pattern, new):
        """The last match becomes `new`, filled up to the same length: no offset moves."""
        match = list(re.finditer(pattern, data, re.DOTALL))[-1]
        self.assertLessEqual(len(new), len(match[0]))
        return data[:match.start()] + new + b" " * (len(match[0]) - len(new)) + data[match.end():]

    # Universal signature forgery: a dictionary that leaves nothing to check.

    def test_universal_forgery(self):
        signed = self.sign(self.plain)
        forged = signed.replace(b"(Invoice 1/2026)", b"(Invoice 9/2026)")
        self.check_refused(signed, forged)
        contents, ranges = rb"/Contents <[0-9a-f]+>", rb"/ByteRange \[[^\]]*\]"
        for name, pattern, new in (
                ("contents missing", contents, b""), ("contents null", contents, b"/Contents null"), ("contents empty", contents, b"/Contents <>"),
                ("contents zero", contents, b"/Contents <00>"), ("contents zeros", contents, b"/Contents <" + b"0" * 1900 + b">"),
                ("contents absent", contents, b"/Contents 99 0 R"), ("ranges missing", ranges, b""), ("ranges null", ranges, b"/ByteRange null"),
                ("ranges empty", ranges, b"/ByteRange []"), ("ranges zero", ranges, b"/ByteRange [0 0 0 0]"), ("ranges negative", ranges, b"/ByteRange [0 -1 -1 -1]"),
                ("ranges of one", ranges, b"/ByteRange [0 100]"), ("ranges text", ranges, b"/ByteRange [(0) (1) (2)]"),
                ("ranges absent", ranges, b"/ByteRange 99 0 R"), ("ranges huge", ranges, b"/ByteRange [0 1 9999999 1]"),
                ("sub filter", rb"/SubFilter /[A-Za-z.]+", b"/SubFilter /None"), ("filter and sub filter", rb"/Filter /Adobe.PPKLite\n/SubFilter /[A-Za-z.]+", b""),
                ("type", rb"/Type /Sig\n", b"/Type /Nothing"[:10])):
            with self.subTest(name):
                self.check_refused(signed, self.replace(forged, pattern, new))

    # Incremental saving: a body update behind the signature.

    def test_incremental_saving(self):
        signed = self.sign(self.plain)
        full = forms.update(signed, {4: content(FORGED)})
        self.check_refused(signed, full)
        body = full[len(signed):]
        without_xref = signed + body[:body.index(b"xref\n")]
        without_trailer = signed + body[:body.index(b"trailer")]
        # The signature once more, as its last revision would have it: its own dictionary and field behind the changed content.
        field = re.search(rb"(\d+) 0 obj\n(<<\n/Type /Sig\n.*?)\nendobj", signed, re.DOTALL)
        again = forms.update(full, {int(field[1]): field[2]})
        self.check_refused(signed, again)
        for name, attack in (("without xref", without_xref), ("without trailer", without_trailer), ("end only", signed + b"startxref\n0\n%%EOF\n"),
                             ("comment", signed + b"%%EOF\n" + body)):
            with self.subTest(name):
                # Readers may show either; the signature must not pass where anything but white space was added.
                self.check_refused(signed, attack, shows=False)

    # Signature wrapping: the second range moves to the end, and what the reader needs is put between.

    def wrap(self, signed, keep):
        start = signed.rindex(b"/Contents <") + len("/Contents ")
        end = signed.index(b">", start) + 1
        behind = signed[end:]
        xref_at = int(signed[signed.rindex(b"startxref") + 9:].split()[0])
        previous = re.search(rb"/Prev (\d+)", behind)[1]
        number = int(re.search(rb"(\d+) 0 obj\n<<\n/Type /Sig\n", signed)[1])
        room = b" " * (xref_at - end)
        size = 40

        def build(moved_to):
            dictionary = (b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /ByteRange [0 %d %d %d] /Contents %s >>"
                          % (start, moved_to, len(behind), signed[start:end]))
            return {4: content(FORGED), **({} if keep else {number: dictionary})}

        # The table that stood at the end is part of what moves: the wrapped document needs the signature's own objects from it, too.
        entries = re.findall(rb"(\d+) (\d+)\n((?:\d{10} \d{5} n \n)+)", behind[behind.index(b"xref\n"):])
        offsets = {}
        for first, _, lines in entries:
            for i, line in enumerate(lines.splitlines()):
                offsets[int(first) + i] = int(line[:10])
        moved_to = 0
        for _ in range(3):
            shift = moved_to - end
            objects = build(moved_to)
            numbers = sorted(set(offsets) | set(objects))
            table_length = len(b"xref\n") + sum(len(b"%d 1\n" % n) + 20 for n in numbers)
            trailer = b"trailer\n<< /Size %d /Root 1 0 R /Prev %s >>\n" % (size, previous)
            at, body, places = xref_at + table_length + len(trailer), b"", {}
            for n, value in objects.items():
                places[n] = at + len(body)
                body += b"%d 0 obj\n%s\nendobj\n" % (n, value)
            moved_to = at + len(body)
            for n, old in offsets.items():
                places.setdefault(n, old if old < end else old + shift)
            table = b"xref\n" + b"".join(b"%d 1\n%010d 00000 n \n" % (n, places[n]) for n in numbers)
        attack = signed[:end] + room + table + trailer + body
        self.assertEqual(len(attack), moved_to)
        return attack + behind

    def test_wrapping(self):
        signed = self.sign(self.plain)
        for keep in (False, True):
            with self.subTest("the signature's own dictionary" if keep else "another dictionary"):
                self.check_refused(signed, self.wrap(signed, keep))

    # Shadow attacks: prepared before the victim signs, switched after.

    def shadow(self, objects, **changes):
        return self.sign(forms.document(forms.objects(**{f"o{n}": v for n, v in objects.items()}, **changes)))

    def test_shadow_hide(self):
        """What covers the content is removed after signing: an XObject, an annotation, an image in a form field."""
        page = forms.page(b"").replace(b"/Font", b"/XObject << /Cover 6 0 R >> /Font")
        covered = forms.CONTENT + b" /Cover Do"
        signed = self.shadow({3: page, 4: content(covered), 6: WHITE})
        for name, changed in (("replaced", BLACK), ("freed", None), ("no cover", b"<< /Type /XObject /Subtype /Form /BBox [0 0 0 0] /Length 0 >>\nstream\n\nendstream"),
                              ("another kind", b"<< /Type /Metadata /Length 0 >>\nstream\n\nendstream")):
            with self.subTest(name):
                self.check_refused(signed, forms.update(signed, {6: changed}), shows=name != "freed")
        cover = b"<< /Type /Annot /Subtype /Stamp /F 4 /Rect [0 0 500 800] /AP << /N 7 0 R >> %s >>"
        signed = self.shadow({3: forms.page(b"/Annots [6 0 R]"), 6: cover % b"", 7: WHITE})
        for name, changed in (("hidden", {6: cover.replace(b"/F 4", b"/F 2") % b""}), ("freed", {6: None}), ("unlisted", {3: forms.page(b"/Annots []")}),
                              ("appearance", {7: BLACK}), ("optional", {6: cover % b"/OC << /Type /OCG /Name (x) >>"})):
            with self.subTest(name):
                self.check_refused(signed, forms.update(signed, changed), shows=name not in ("freed", "optional"))

    def test_shadow_replace(self):
        """What is filled in or written with is exchanged: a field's default, its appearance of a read-only text, the font."""
        text = b"<< /FT /Tx /Ff 1 /T (sum) /V (%s) /DA (/F1 12 Tf 0 g) /Type /Annot /Subtype /Widget /F 4 /Rect [60 680 360 740] /P 3 0 R /AP << /N %s >> >>"
        form = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R] /DR << /Font << /F1 5 0 R >> >> /DA (/F1 12 Tf) %s >> >>"
        signed = self.shadow({1: form % b"", 3: forms.page(b"/Annots [6 0 R]"), 6: text % (b"100", b"7 0 R"), 7: WHITE})
        # A field that its author left open may be filled in; all else of it stays, and nobody is told to draw it anew.
        for name, changed in (("appearances anew", {1: form % b"/NeedAppearances true", 6: text % (b"900", b"7 0 R")}),
                              ("no longer read-only", {6: (text % (b"900", b"30 0 R")).replace(b"/Ff 1", b"/Ff 0"), 30: BLACK}),
                              ("read-only", {6: text % (b"900", b"30 0 R"), 30: BLACK}),
                              ("moved", {6: (text % (b"100", b"7 0 R")).replace(b"60 680", b"10 600")}),
                              ("appearance string", {6: (text % (b"100", b"7 0 R")).replace(b"12 Tf 0 g", b"99 Tf 0 g")})):
            with self.subTest(name):
                self.check_refused(signed, forms.update(signed, changed), shows=False)
        for name, changed in (("font", {5: b"<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>"}),
                              ("encoding", {5: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding << /Differences [49 /nine] >> >>"}),
                              ("default resources", {1: (form % b"").replace(b"/F1 5 0 R", b"/F1 8 0 R"), 8: b"<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>"})):
            with self.subTest(name):
                self.check_refused(signed, forms.update(signed, changed), shows=name != "default resources")

    def test_shadow_appearance(self):
        """A field that may be filled in, and of which what it shows is exchanged while its value stays, however that is written; or what is said
        of it beside the value."""
        text = b"<< /FT /Tx /T (payee) %s /DA (/F1 12 Tf 0 g) /Type /Annot /Subtype /Widget /F 4 /Rect [60 680 360 740] /P 3 0 R /AP << /N %s >> >>"
        form = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R] /DR << /Font << /F1 5 0 R >> >> >> >>"
        plain, wide = b"/V (Example)", b"/V <feff004500780061006d0070006c0065>"
        for name, was, later in (("value", plain, plain), ("none", b"", b""), ("wide", plain, wide), ("rich", plain, plain + b" /RV (<body>Other</body>)")):
            with self.subTest(name):
                signed = self.shadow({1: form, 3: forms.page(b"/Annots [6 0 R]"), 6: text % (was, b"7 0 R"), 7: WHITE})
                self.check_refused(signed, forms.update(signed, {6: text % (later, b"30 0 R"), 30: BLACK}))
                self.assertEqual(self.verdicts(forms.update(signed, {6: text % (was, b"30 0 R"), 30: WHITE}))[0], PASSED)
                self.assertEqual(self.verdicts(forms.update(signed, {6: text % (b"/V (Other)", b"30 0 R"), 30: BLACK}))[0], PASSED)
        box = b"<< /FT /Btn /T (box) /V /%s /AS /%s /Type /Annot /Subtype /Widget /F 4 /Rect [60 680 360 740] /P 3 0 R /AP << /N << /Yes 7 0 R /Off 8 0 R >> >> >>"
        signed = self.shadow({1: form, 3: forms.page(b"/Annots [6 0 R]"), 6: box % (b"Off", b"Off"), 7: BLACK, 8: WHITE})
        self.check_refused(signed, forms.update(signed, {6: box % (b"Off", b"Yes")}))

    def test_shadow_button(self):
        """What nobody fills in: a button's picture, what a check box looks like, a field of no kind, one below a read-only field."""
        form = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [%s] /DR << /Font << /F1 5 0 R >> >> /DA (/F1 12 Tf 0 g) >> >>"
        widget = b"<< %s /Type /Annot /Subtype /Widget /F 4 /Rect [60 680 360 740] /P 3 0 R /AP << /N %s >> >>"
        box = b"<< /Yes %s /Off 9 0 R >>"
        parent = {10: b"<< /FT /Tx /Ff 1 /T (above) /V (100) /Kids [6 0 R] >>"}
        for name, entries, was, changed, more in (("button", b"/FT /Btn /Ff 65536 /T (b)", b"7 0 R", b"8 0 R", {}), ("kind", b"/T (b)", b"7 0 R", b"8 0 R", {}),
                                                  ("box", b"/FT /Btn /T (b) /V /Yes /AS /Yes", box % b"7 0 R", box % b"8 0 R", {}),
                                                  ("below", b"/Parent 10 0 R", b"7 0 R", b"8 0 R", parent)):
            with self.subTest(name):
                signed = self.shadow({1: form % (b"10 0 R" if more else b"6 0 R"), 3: forms.page(b"/Annots [6 0 R]"), 6: widget % (entries, was), 7: WHITE, 9: WHITE, **more})
                self.check_refused(signed, forms.update(signed, {6: widget % (entries, changed), 8: BLACK}))
        # To check the box is to fill in.
        entries = b"/FT /Btn /T (b) /V /%s /AS /%s"
        signed = self.shadow({1: form % b"6 0 R", 3: forms.page(b"/Annots [6 0 R]"), 6: widget % (entries % (b"Off", b"Off"), box % b"7 0 R"), 7: BLACK, 9: WHITE})
        checked = forms.update(signed, {6: widget % (entries % (b"Yes", b"Yes"), box % b"7 0 R")})
        self.assertEqual(self.verdicts(checked)[0], PASSED)

    def test_shadow_hide_and_replace(self):
        """Two documents in one file, of which one is signed; afterwards a cross-reference leads to the other."""
        hidden = {20: b"<< /Type /Catalog /Pages 21 0 R >>", 21: b"<< /Type /Pages /Kids [22 0 R] /Count 1 >>",
                  22: forms.page(b"").replace(b"2 0 R", b"21 0 R").replace(b"4 0 R", b"23 0 R"), 23: content(FORGED)}
        signed = self.shadow(hidden)
        self.check_refused(signed, forms.update(signed, {}, root=b"20 0 R"), shows=False)
        catalog = re.findall(rb"\n1 0 obj\n(<<.*?>>)\nendobj", signed, re.DOTALL)[-1]
        for name, changed in (("pages", {1: catalog.replace(b"2 0 R", b"21 0 R")}), ("kids", {2: hidden[21]}), ("contents", {3: forms.page(b"").replace(b"4 0 R", b"23 0 R")})):
            with self.subTest(name):
                self.check_refused(signed, forms.update(signed, changed))

    def test_shadow_same_number(self):
        """An object that stands twice in what is signed; only the cross-reference says which counts, and a later one says otherwise."""
        twice = self.plain.replace(b"5 0 obj\n", b"4 0 obj\n%s\nendobj\n5 0 obj\n" % content(FORGED))
        shift = len(twice) - len(self.plain)
        for number in (5,):
            old = self.plain.index(b"%d 0 obj\n" % number)
            twice = twice.replace(b"%010d 00000 n" % old, b"%010d 00000 n" % (old + shift))
        old = int(self.plain[self.plain.rindex(b"startxref") + 9:].split()[0])
        twice = twice.replace(b"startxref\n%d" % old, b"startxref\n%d" % (old + shift))
        signed = self.sign(twice)
        self.assertEqual(signed[:len(twice)], twice)
        previous = int(signed[signed.rindex(b"startxref") + 9:].split()[0])
        at = signed.index(b"4 0 obj\n", signed.index(b"4 0 obj\n") + 1)
        attack = signed + b"xref\n4 1\n%010d 00000 n \ntrailer\n<< /Size 40 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (at, previous, len(signed))
        self.check_refused(signed, attack)

    # Certified documents, whose certification allows something.

    def test_evil_annotation(self):
        """An annotation over the content, on each level; level 3 allows annotations to the letter, and none passes unseen here."""
        for level in (1, 2, 3):
            signed = self.sign(self.plain, "--certify", str(level))
            annots = re.findall(rb"/Annots \[(.*?)\]", signed)[-1]
            for kind in (b"FreeText", b"Stamp", b"Redact", b"Highlight", b"Ink", b"Square", b"Link"):
                with self.subTest(level=level, kind=kind):
                    attack = forms.update(signed, {3: forms.page(b"/Annots [%s 40 0 R]" % annots), 41: BLACK,
                                                   40: b"<< /Type /Annot /Subtype /%s /F 4 /Rect [0 0 500 800] /AP << /N 41 0 R >> /P 3 0 R >>" % kind})
                    self.check_refused(signed, attack, shows=kind not in (b"Redact", b"Link", b"Highlight"))

    def test_sneaky_signature(self):
        """A signature of somebody else's whose appearance covers the content: never on a certified document; elsewhere it stands in the report, and
        whose it is, so that the document does not pass."""
        for level in (0, 1, 2, 3):
            with self.subTest(level):
                signed = self.sign(self.plain, *(["--certify", str(level)] if level else []))
                annots = re.findall(rb"/Annots \[(.*?)\]", signed)[-1]
                fields = re.findall(rb"/Fields \[(.*?)\]", signed)[-1]
                field = b"<< /FT /Sig /T (sneaky) /Type /Annot /Subtype /Widget /F 132 /Rect [0 0 500 800] /AP << /N 41 0 R >> /P 3 0 R >>"
                catalog = re.findall(rb"\n1 0 obj\n(<<.*?>>)\nendobj", signed, re.DOTALL)[-1]
                prepared = forms.update(signed, {1: catalog.replace(b"[%s]" % fields, b"[%s 40 0 R]" % fields),
                                                 3: forms.page(b"/Annots [%s 40 0 R]" % annots), 40: field, 41: BLACK})
                self.check_refused(signed, prepared)
                if level != 1:
                    attack = self.sign(prepared, "--field", "sneaky", keys=self.stranger)
                    self.assertNotEqual(self.drawn(signed), self.drawn(attack))
                    self.assertNotEqual(self.verdicts(attack)[0], PASSED)
                    # In one update, as a program that signs makes it.
                    verdicts = self.verdicts(self.sign_at_once(signed, catalog, fields, annots, field))
                    self.assertNotEqual(verdicts[0], PASSED)
                    self.assertEqual(verdicts[1] == PASSED, level == 0, verdicts)

    def test_structure(self):
        """Who signs a tagged document tags the signature as well; what is tagged besides, or otherwise than it was, is a change."""
        tree = b"<< /Type /StructTreeRoot /K [11 0 R] /ParentTree << /Nums [%s] >> /ParentTreeNextKey 9 >>"
        document = b"<< /Type /StructElem /S /Document /P 10 0 R /K [%s] %s >>"
        heading = b"<< /Type /StructElem /S /H1 /P 11 0 R /Pg 3 0 R /K %s %s >>"
        form = b"<< /Type /StructElem /S /Form /P 11 0 R /Pg 3 0 R /K %s %s >>"
        widget = b"<< /Type /OBJR /Obj 40 0 R >>"
        catalog = b"<< /Type /Catalog /Pages 2 0 R /MarkInfo << /Marked true >> /StructTreeRoot 10 0 R >>"
        signed = self.shadow({1: catalog, 3: forms.page(b"/StructParents 0"), 10: tree % b"0 [12 0 R]", 11: document % (b"12 0 R", b""), 12: heading % (b"0", b"")})
        annots = re.findall(rb"/Annots \[(.*?)\]", signed)[-1]
        fields = re.findall(rb"/Fields \[(.*?)\]", signed)[-1]
        catalog = re.findall(rb"\n1 0 obj\n(<<.*?>>)\nendobj", signed, re.DOTALL)[-1]
        field = b"<< /FT /Sig /T (second) /StructParent 1 /Type /Annot /Subtype /Widget /F 132 /Rect [0 0 50 80] /AP << /N 41 0 R >> /P 3 0 R >>"
        good = {10: tree % b"0 [12 0 R] 1 50 0 R", 11: document % (b"12 0 R 50 0 R", b""), 50: form % (widget, b"")}
        for name, changed, passes in (
                ("tagged", {}, True),
                ("in a list", {50: form % (b"[%s]" % widget, b"")}, True),
                ("tree anew", {10: (tree % b"").replace(b"/Nums []", b"/Kids [51 0 R]"), 51: b"<< /Limits [0 1] /Nums [0 52 0 R 1 50 0 R] >>", 52: b"[12 0 R]"}, True),
                ("text for", {50: form % (widget, b"/ActualText (Paid)")}, False),
                ("of content", {50: form % (b"[%s 0]" % widget, b"")}, False),
                ("of another annotation", {50: form % (b"<< /Type /OBJR /Obj 3 0 R >>", b"")}, False),
                ("heading's text", {12: heading % (b"0", b"/ActualText (Invoice 9/2026)")}, False),
                ("heading gone", {11: document % (b"50 0 R", b"")}, False),
                ("heading more", {12: heading % (b"[0 50 0 R]", b"")}, False),
                ("mapped to another", {10: tree % b"0 [50 0 R] 1 50 0 R"}, False),
                ("mapped besides", {10: tree % b"0 [12 0 R] 1 50 0 R 2 [50 0 R]"}, False),
                ("mapped twice", {10: tree % b"0 [12 0 R] 0 50 0 R"}, False),
                ("mapped no more", {10: tree % b"1 50 0 R"}, False),
                ("other roles", {10: (tree % b"0 [12 0 R] 1 50 0 R").replace(b"/K", b"/RoleMap << /H1 /P >> /K")}, False)):
            with self.subTest(name):
                # The stranger's own signature does not pass, ours is what is looked at.
                verdicts = self.verdicts(self.sign_at_once(signed, catalog, fields, annots, field, forms.page(b"/StructParents 0"), {**good, **changed}))
                self.assertEqual(len(verdicts), 3)
                self.assertEqual(verdicts[1] == PASSED, passes, verdicts)

    def test_waiting_field(self):
        """A field that waited in the form comes onto a page when it is signed, as a new one would; empty, it does not."""
        field = b"<< /FT /Sig /T (waiting) /Type /Annot /Subtype /Widget /F 132 /Rect [0 0 500 800] /AP << /N 41 0 R >> /P 3 0 R >>"
        signed = self.shadow({1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [40 0 R] >> >>", 40: field, 41: WHITE, 60: b"null"})
        annots = re.findall(rb"/Annots \[(.*?)\]", signed)[-1]
        catalog = re.findall(rb"\n1 0 obj\n(<<.*?>>)\nendobj", signed, re.DOTALL)[-1]
        verdicts = self.verdicts(self.sign_at_once(signed, catalog, b"-", annots, field))
        self.assertEqual((len(verdicts), verdicts.count(PASSED)), (3, 1), verdicts)
        self.check_refused(signed, forms.update(signed, {3: forms.page(b"/Annots [%s 40 0 R]" % annots)}), shows=False)

    def sign_at_once(self, signed, catalog, fields, annots, field, page=None, more=None):
        """The stranger's visible signature field, its appearance and its signature as one update."""
        page = page or forms.page(b"")
        room = 12000
        value = (b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /M (D:20260601000000Z) /ByteRange [0 AAAAAAAA BBBBBBBB CCCCCCCC] "
                 b"/Contents <%s> >>" % (b"0" * room))
        data = forms.update(signed, {1: catalog.replace(b"[%s]" % fields, b"[%s 40 0 R]" % fields),
                                     3: page.replace(b"/Parent", b"/Annots [%s 40 0 R] /Parent" % annots),
                                     40: field.replace(b"/FT", b"/V 42 0 R /FT"), 41: BLACK, 42: value, **(more or {})})
        start = data.rindex(b"<" + b"0" * room)
        end = start + room + 2
        for name, number in ((b"AAAAAAAA", start), (b"BBBBBBBB", end), (b"CCCCCCCC", len(data) - end)):
            data = data.replace(name, b"%8d" % number)
        to_sign = self.store(data[:start] + data[end:])
        cms = to_sign.with_suffix(".cms")
        keys = self.stranger.directory
        pki.run("openssl", "cms", "-sign", "-binary", "-md", "sha256", "-signer", keys / "p256.pem", "-inkey", keys / "p256-key.pem", "-outform", "DER",
                "-in", to_sign, "-out", cms)
        text = cms.read_bytes().hex().encode()
        return data[:start + 1] + text + b"0" * (room - len(text)) + data[end - 1:]


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
