#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Files of strangers that are small and would be costly: each is refused in words, by all verbs that read it, and costs no more than 2 s of a processor and
64 MiB more than a tiny file of its kind (sanitizers take some four times the memory, keep what was freed, and up to six times the time). Usage: bounded.py SYGNET"""

import os
import random
import resource
import subprocess
import sys
import tempfile
import unittest
import zlib
from pathlib import Path

import forms
import pki

SYGNET = sys.argv[1]
IS_SANITIZED = b"__asan_init" in Path(SYGNET).read_bytes()
SECONDS = 12 if IS_SANITIZED else 2
MEMORY = (256 if IS_SANITIZED else 64) << 20
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8", "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1:detect_leaks=0"}


def limit():
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def peak(*command):
    """Exit code, output, and the most memory that the command had, in bytes."""
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen([SYGNET, *map(str, command)], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=ENVIRONMENT, preexec_fn=limit)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        return child.returncode, output.read().decode(errors="replace"), usage.ru_maxrss * 1024


class Bounded(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.directory = Path(cls.temporary.name)
        cls.pki = pki.Pki(cls.directory, kinds=("p256",))
        cls.password = cls.directory / "password"
        cls.password.write_text("")
        cls.usual = {}

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def usual_of(self, kind, verb, command):
        """What a tiny file costs."""
        if (kind, verb) not in self.usual:
            tiny = self.directory / f"tiny.{kind}"
            tiny.write_bytes(TINY[kind])
            self.usual[kind, verb] = peak(*command(tiny))[2]
        return self.usual[kind, verb]

    def check(self, kind, verb, command, path, code, words):
        done, output, memory = peak(*command(path))
        self.assertIn(done, (5, 6) if code is None else (code,), f"{verb}: {output[-2000:]}")
        self.assertRegex(output, words)
        self.assertLess(memory - self.usual_of(kind, verb, command) - path.stat().st_size, MEMORY, f"{verb}: {memory >> 20} MiB")

    def verify(self, name, data, code, words):
        path = self.directory / name
        path.write_bytes(data)
        self.check(path.suffix[1:], "verify", lambda p: ["verify", "--offline", p], path, code, words)
        return path

    def sign(self, path, code, words):
        out = self.directory / "out"
        self.check("pdf", "sign", lambda p: ["sign", p, "-f", "-o", out, "-c", self.directory / "p256.p12", "--password-file", self.password, "--no-timestamp"],
                   path, code, words)

    def show(self, path, code, words):
        self.check("pdf", "show", lambda p: ["show-signatures", p], path, code, words)

    def refused(self, name, data, words=r"far more memory"):
        return self.verify(name, data, 5, words)


def stream(dictionary, data):
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (dictionary, len(data), data)


def deflated(piece, count):
    """`piece` very often, as zlib has it, without ever holding it."""
    z = zlib.compressobj(9)
    return b"".join(z.compress(piece * 4096) for _ in range(count // 4096)) + z.compress(piece * (count % 4096)) + z.flush()


def with_xref_stream(objects, number, dictionary, data, tail=b""):
    out = b"%PDF-1.7\n" + b"".join(b"%d 0 obj\n%s\nendobj\n" % o for o in objects.items()) + tail
    return out + b"%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (number, stream(dictionary, data), len(out))


def packed(objects, contained, body=None, dictionary=b"", stream_number=20):
    """A file whose objects `contained` are in one object stream. `body` is (N, First, deflated data) where it is to be another."""
    header, text = b"", b""
    for number, content in contained.items():
        header += b"%d %d " % (number, len(text))
        text += content + b" "
    n, first, data = body or (len(contained), len(header), zlib.compress(header + text))
    out, rows = b"%PDF-1.7\n", {}
    everything = {**objects, stream_number: stream(b"/Type /ObjStm /N %d /First %d /Filter /FlateDecode %s" % (n, first, dictionary), data)}
    for number, content in everything.items():
        rows[number] = b"\1" + len(out).to_bytes(4, "big") + b"\0\0"
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    for i, number in enumerate(contained):
        rows[number] = b"\2" + stream_number.to_bytes(4, "big") + i.to_bytes(2, "big")
    last = max(rows) + 1
    table = b"".join(rows.get(i, b"\0" * 7) for i in range(last)) + b"\1" + len(out).to_bytes(4, "big") + b"\0\0"
    return out + b"%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (
        last, stream(b"/Type /XRef /Size %d /W [1 4 2] /Root 1 0 R /Filter /FlateDecode" % (last + 1), zlib.compress(table)), len(out))


class Pdf(Bounded):
    XREF = b"/Type /XRef /W [1 3 1] /Root 1 0 R /Filter /FlateDecode "

    def test_entries(self):
        """Three million entries in 15 KB."""
        path = self.refused("entries.pdf", with_xref_stream(forms.objects(), 6, self.XREF + b"/Size 3000000", deflated(b"\1\0\0\x09\0", 3_000_000)))
        self.sign(path, 1, "larger or more deeply nested")
        self.show(path, 1, "more")

    def test_entries_by_other_names(self):
        data = deflated(b"\1\0\0\x09\0", 10_000_000)
        self.refused("escaped.pdf", with_xref_stream(forms.objects(), 6, b"/Type /#58Ref /W [1 3 1] /Root 1 0 R /Filter /Fl /Si#7ae 3000000", data))
        self.refused("array.pdf", with_xref_stream(forms.objects(), 6, b"/Type /XRef /W [1 3 1] /Root 1 0 R /Filter [/FlateDecode] /Size 6 /Index [0 3000000]", data))

    def test_entries_of_a_former_revision(self):
        """The newest section is harmless; Prev, or XRefStm, leads to the other."""
        first = with_xref_stream(forms.objects(), 6, self.XREF + b"/Size 3000000", deflated(b"\1\0\0\x09\0", 3_000_000))
        at = first.index(b"6 0 obj")
        for key in (b"Prev", b"XRefStm"):
            data = first + b"xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 7 /Root 1 0 R /%s %d >>\nstartxref\n%d\n%%%%EOF\n" % (key, at, len(first))
            self.refused("former.pdf", data)

    def test_more_data_than_entries(self):
        self.refused("data.pdf", with_xref_stream(forms.objects(), 6, self.XREF + b"/Size 7", deflated(b"\1\0\0\x09\0", 6_000_000)))

    def test_indirect_values(self):
        """What a cross-reference stream is may not be said elsewhere (§7.5.8.2)."""
        objects = {**forms.objects(), 7: b"/XRef", 8: b"3000000"}
        for dictionary in (b"/Type 7 0 R /Size 9", b"/Type /XRef /Size 8 0 R"):
            data = with_xref_stream(objects, 6, dictionary + b" /W [1 3 1] /Root 1 0 R /Filter /FlateDecode", deflated(b"\1\0\0\x09\0", 3_000_000))
            former = data.index(b"6 0 obj")
            table = forms.document(objects)
            table = data + table[table.index(b"xref\n"):].split(b"trailer")[0] + b"trailer\n<< /Size 9 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (former, len(data))
            self.refused("indirect.pdf", table, words="damaged")

    def test_row_of_a_predictor(self):
        for columns in (b"2000000000", b"100000"):
            self.refused("row.pdf", with_xref_stream(forms.objects(), 6, self.XREF + b"/Size 7 /DecodeParms << /Predictor 12 /Columns %s >>" % columns,
                                                     zlib.compress(b"\0" * 100)))

    def test_object_stream(self):
        """It inflates to 200 MB; to ten million tokens; its objects are each in the other."""
        catalog = {1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: b"<< /Type /Pages /Kids [] /Count 0 >>"}
        self.refused("inflated.pdf", packed({}, catalog, (2, 8, deflated(b" " * 1024, 200_000))))
        self.refused("tokens.pdf", packed({}, catalog, (1, 4, zlib.compress(b"1 0 [" + b"0 " * 5_000_000))))
        self.refused("count.pdf", packed({}, catalog, (10_000_000, 4, zlib.compress(b"1 0 " * 1000))))
        nested = b"".join(b"%d %d " % (i, i) for i in range(1, 10_000))
        self.refused("nested.pdf", packed({}, catalog, (9_999, len(nested), zlib.compress(nested + b"[" * 10_000))))

    def test_object_streams_together(self):
        """Each is below the limits, and the catalog's form names an object of each."""
        text = b"0 " * 90_000
        objects = {1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [%s] >> >>" % b" ".join(b"%d 0 R" % n for n in range(200, 260)),
                   2: b"<< /Type /Pages /Kids [] /Count 0 >>"}
        out, rows = b"%PDF-1.7\n", {}
        for i in range(60):
            objects[100 + i] = stream(b"/Type /ObjStm /N 1 /First 6 /Filter /FlateDecode", zlib.compress(b"%d 0 [" % (200 + i) + text + b"]"))
            rows[200 + i] = b"\2" + (100 + i).to_bytes(4, "big") + b"\0\0"
        for number, content in objects.items():
            rows[number] = b"\1" + len(out).to_bytes(4, "big") + b"\0\0"
            out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
        table = b"".join(rows.get(i, b"\0" * 7) for i in range(260))
        out += b"260 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (stream(b"/Type /XRef /Size 260 /W [1 4 2] /Root 1 0 R", table), len(out))
        self.refused("together.pdf", out)

    def test_warnings(self):
        """What qpdf warns of takes it a kilobyte each: no key or two the same, words, an R that nothing precedes, and what closes nothing."""
        catalog = b"<< /Type /Catalog /Pages 2 0 R /X %s >>"
        pages = b"<< /Type /Pages /Kids [] /Count 0 >>"
        for inner in (b"<<" + b"1 " * 60_000 + b">>", b"<<" + b"/a 1 " * 30_000 + b">>", b"<<" + b"/a /a /b 1 /c 1 " * 12_000 + b">>", b"[" + b"<</a>>" * 20_000 + b"]",
                      b"[" + b"a 0 0 0 0 0 " * 15_000 + b"]", b"[" + b"/a/a/a/a/a R " * 15_000 + b"]", b"[" + b"R " * 60_000 + b"]", b"[" + b"{ 0 0 0 0 0 " * 15_000 + b"]",
                      b"[" + b">> 0 0 0 0 0 " * 15_000 + b"]", b"[" + b"/a# 0 0 0 0 0 " * 15_000 + b"]", b"[" + b"<g> 0 0 0 0 0 " * 15_000 + b"]"):
            self.refused("warnings.pdf", packed({}, {1: catalog % inner, 2: pages}))
        self.refused("plain.pdf", forms.document(forms.objects(o1=catalog % (b"[" + b"/a/a/a/a/a R " * 40_000 + b"]"))))
        self.refused("padded.pdf", packed({30: stream(b"", b"x" * 1_000_000)}, {1: catalog % (b"<<" + b"1 " * 1_050_000 + b">>"), 2: pages}))

    def test_references(self):
        """Of each qpdf's cache has an entry."""
        references = b" ".join(b"%d 0 R" % (100_000 + n % 1000) for n in range(400_000))
        self.refused("references.pdf", packed({}, {1: b"<< /Type /Catalog /Pages 2 0 R /X [%s] >>" % references, 2: b"<< /Type /Pages /Kids [] /Count 0 >>"}))

    def test_large(self):
        """More than a megabyte is not read as a whole: what the cross-reference names beside it counts all the same."""
        plain = {10: stream(b"", random.Random(1).randbytes(1_200_000)), 1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: b"<< /Type /Pages /Kids [] /Count 0 >>",
                 15: b"[" + b"<< 1 1 >>" * 100_000 + b"]"}
        self.refused("large.pdf", packed(plain, {5: b"0"}))

    def test_just_below(self):
        """What the guard lets pass stays within what is promised."""
        catalog = {2: b"<< /Type /Pages /Kids [] /Count 0 >>"}
        for inner in (b"0 " * 100_000, b"/a " * 95_000, b" ".join(b"%d 0 R" % n for n in range(1000, 45_000)), b"<<>>" * 45_000):
            self.verify("below.pdf", packed({}, {1: b"<< /Type /Catalog /Pages 2 0 R /X [%s] >>" % inner, **catalog}), 5, "bears no signature")
        self.verify("below.pdf", packed({}, {1: b"<< /Type /Catalog /Pages 2 0 R >>", **catalog, **{n: b"0" for n in range(30, 40_000)}}), 5, "bears no signature")

    def test_rebuilding(self):
        """The place of the cross-reference is broken, so that the file is rebuilt line by line."""
        lines = b"".join(b"%d 0 obj\n" % n for n in range(10, 300_000))
        data = b"%PDF-1.7\n" + b"".join(b"%d 0 obj\n%s\nendobj\n" % o for o in forms.objects().items()) + lines
        self.refused("rebuilt.pdf", data + b"trailer\n<< /Root 1 0 R >>\nstartxref\n1\n%%EOF\n")

    def test_objects(self):
        """Numbers without end in one object; one object under thousands of numbers, all of them fields."""
        self.refused("numbers.pdf", forms.document(forms.objects(o1=b"<< /Type /Catalog /Pages 2 0 R /X [" + b"0 " * 1_000_000 + b"] >>")))
        self.refused("nested.pdf", forms.document(forms.objects(o1=b"<< /Type /Catalog /Pages 2 0 R /X " + b"[" * 1_000_000 + b" >>")))
        fields = b" ".join(b"%d 0 R" % n for n in range(10, 5000))
        data = forms.document(forms.objects(o1=b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [%s] >> >>" % fields, o6=b"[" + b"0 " * 5000 + b"]"))
        table = data.index(b"xref\n0 ")
        rows = b"\n".join(data[table:].split(b"\n")[2:9]) + b"\n" + b"%010d 00000 n \n" % data.index(b"6 0 obj") * 4993
        self.refused("same.pdf", data[:table] + b"xref\n0 5000\n" + rows + b"trailer\n<< /Size 5000 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % table)

    def test_many_pages(self):
        """A page tree of one level is no reason to refuse."""
        kids = b" ".join(b"%d 0 R" % n for n in range(10, 90_010))
        path = self.verify("flat.pdf", forms.document(forms.objects(o2=b"<< /Type /Pages /Kids [3 0 R %s] /Count 1 >>" % kids)), 5, "bears no signature")
        self.sign(path, 0, "flat|out")

    def test_deep_pages(self):
        """qpdf would call itself for each level when it mends the document."""
        o = forms.objects(o2=b"<< /Type /Pages /Kids [10 0 R] /Count 1 >>")
        o.update({n: b"<< /Type /Pages /Parent %d 0 R /Kids [%d 0 R] /Count 1 >>" % (n - 1, n + 1) for n in range(10, 24_000)})
        data = forms.document(o)
        path = self.verify("deep.pdf", data[:data.rindex(b"startxref")] + b"startxref\n1\n%%EOF\n", 5, "bears no signature")
        self.sign(path, 1, "larger or more deeply nested")

    def test_names_of_fields(self):
        """A name of 200 KB that is the beginning of 5,000 others."""
        o = forms.objects(o1=b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R] >> >>",
                          o6=b"<< /T (" + b"A" * 200_000 + b") /Kids [" + b" ".join(b"%d 0 R" % n for n in range(10, 5000)) + b"] >>")
        o.update({n: b"<< /T (x) /FT /Sig >>" for n in range(10, 5000)})
        path = self.verify("names.pdf", forms.document(o), 5, "more fields")
        self.sign(path, 1, "larger or more deeply nested")

    def test_signatures(self):
        """Hundreds, each of all of a large file: the digest of each is another pass over it."""
        out = self.directory / "one.pdf"
        large = self.directory / "large.pdf"
        large.write_bytes(forms.document(forms.objects(o6=stream(b"", b"x" * 24_000_000))))
        done, output, _ = peak("sign", large, "-f", "-o", out, "-c", self.directory / "p256.p12", "--password-file", self.password, "--no-timestamp")
        self.assertEqual(done, 0, output)
        data = out.read_bytes()
        value = data[data.rindex(b"/Type /Sig"):]
        value = b"<< " + value[:value.index(b"endobj")]
        o = forms.objects(o1=b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [%s] >> >>" % b" ".join(b"%d 0 R" % n for n in range(10, 910)), o6=b"0")
        for n in range(10, 910):
            o[n], o[n + 1000] = b"<< /T (s%d) /FT /Sig /V %d 0 R >>" % (n, n + 1000), value
        self.verify("signatures.pdf", appended(data, o), 5, "more fields or signatures than are examined")


def appended(data, objects):
    """The file with these objects in an update."""
    out, rows, at = data, b"", {}
    for number, content in objects.items():
        at[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    rows = b"".join(b"%d 1\n%010d 00000 n \n" % (number, place) for number, place in sorted(at.items()))
    former = int(data[data.rindex(b"startxref"):].split()[1])
    return out + b"xref\n%strailer\n<< /Size 2000 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (rows, former, len(out))


C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
SIGNATURE = """<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="%s">%s</ds:CanonicalizationMethod>
<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"/><ds:Reference URI=""><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>
<ds:DigestValue>AAAA</ds:DigestValue></ds:Reference></ds:SignedInfo><ds:SignatureValue>AAAA</ds:SignatureValue></ds:Signature>"""


def signed(before, after="", method=EXCLUSIVE, parameter="", times=1):
    return f"<r{before}{SIGNATURE % (method, parameter) * times}{after}</r>".encode()


class Xml(Bounded):
    """Before the value of a signature is verified, for which somebody would need a certificate."""

    LARGER = "larger, or nested deeper"
    EXAMINED = "more than is examined"

    def test_nodes(self):
        for name, piece in (("elements", "<a/>"), ("instructions", "<?a?>"), ("texts", "b<a/>")):
            self.verify(f"{name}.xml", signed(">" + piece * (8_000_000 // len(piece))), None, self.LARGER)

    def test_names(self):
        self.verify("names.xml", signed(">" + "".join(f"<a{i}/>" for i in range(200_000))), None, self.LARGER)

    def test_attributes(self):
        tag = "<a" + "".join(f' b{i}="1"' for i in range(4000)) + "/>"
        self.verify("attributes.xml", signed(">" + tag * 50), None, self.LARGER)

    def test_namespaces(self):
        """All in scope at the signature, and compared with each other for each element of it; or for each element of the document."""
        deep = "".join("<a" + "".join(f' xmlns:p{300 * d + i}="urn:x"' for i in range(300)) + ">" for d in range(100))
        self.verify("deep.xml", signed(">" + deep, "</a>" * 100, C14N), None, self.EXAMINED)
        wide = "".join(f' xmlns:p{i}="urn:x"' for i in range(3000)) + ">" + "<a/>" * 100_000
        self.verify("wide.xml", signed(wide, method=C14N), None, self.EXAMINED)
        prefixes = '<e:InclusiveNamespaces xmlns:e="%s" PrefixList="%s"/>' % (EXCLUSIVE, " ".join(f"p{i}" for i in range(800)))
        self.verify("prefixes.xml", signed(wide, parameter=prefixes), None, self.EXAMINED)


TINY = {"xml": signed(">"), "pdf": forms.document(forms.objects())}


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
