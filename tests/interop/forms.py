# SPDX-License-Identifier: LGPL-2.1-or-later
"""PDF documents of many forms, written by hand and by qpdf, for the interoperability tests."""

import subprocess
from pathlib import Path

CONTENT = b"BT /F1 24 Tf 72 700 Td (Invoice 1/2026) Tj ET"


def document(objects, trailer=b"/Root 1 0 R", eol=b"\n", end=b"\n", header=b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", prefix=b"", generations=None):
    """A document with a cross-reference table. `objects` maps numbers to contents; offsets count from the header."""
    out = bytearray(header)
    offsets = {}
    generations = generations or {}
    for number, content in objects.items():
        offsets[number] = len(out)
        out += b"%d %d obj%s%s%sendobj%s" % (number, generations.get(number, 0), eol, content, eol, eol)
    xref = len(out)
    size = max(objects) + 1
    out += b"xref%s0 %d%s0000000000 65535 f \n" % (eol, size, eol)
    for number in range(1, size):
        if number in offsets:
            out += b"%010d %05d n \n" % (offsets[number], generations.get(number, 0))
        else:
            out += b"0000000000 00001 f \n"
    out += b"trailer%s<< /Size %d %s >>%sstartxref%s%d%s%%%%EOF%s" % (eol, size, trailer, eol, eol, xref, eol, end)
    return prefix + bytes(out)


def objects(**changes):
    """Catalog 1, page tree 2, page 3, content 4, font 5; keyword arguments o1, o2… replace or add."""
    o = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        4: b"<< /Length %d >>\nstream\n%s\nendstream" % (len(CONTENT), CONTENT),
        5: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    }
    o.update({int(k[1:]): v for k, v in changes.items()})
    return o


def page(extra):
    return objects()[3].replace(b"/Parent", extra + b" /Parent")


def hybrid():
    """A hybrid-reference file (§7.5.8.4): the table has object 6, the document's information, as free, the XRefStm knows where it is."""
    data = document(objects(), trailer=b"/Root 1 0 R /Info 6 0 R")
    at = data.index(b"xref\n0 ")
    info = b"6 0 obj\n<< /Title (hybrid) >>\nendobj\n"
    entries = b"\x01" + at.to_bytes(2, "big") + b"\x00\x01" + (at + len(info)).to_bytes(2, "big") + b"\x00"
    stream = b"7 0 obj\n<< /Type /XRef /W [1 2 1] /Index [6 2] /Size 8 /Root 1 0 R /Length %d >>\nstream\n%s\nendstream\nendobj\n" % (len(entries), entries)
    body = data[:at] + info + stream
    table = data[at:data.index(b"startxref")].replace(b"0 6\n", b"0 8\n").replace(b"trailer", b"0000000000 65535 f \n" * 2 + b"trailer")
    table = table.replace(b"/Size 6", b"/Size 8 /XRefStm %d" % (at + len(info)))
    return body + table + b"startxref\n%d\n%%%%EOF\n" % len(body)


def by_hand():
    note = b"<< /Type /Annot /Subtype /Text /Rect [10 10 30 30] /Contents (note) >>"
    text = b"<< /FT /Tx /T (%s) /V (x) /Type /Annot /Subtype /Widget /Rect [100 100 200 120] /P 3 0 R >>"
    return {
        "minimal": document(objects()),
        "hybrid": hybrid(),
        "no-final-newline": document(objects(), end=b""),
        "cr-lines": document(objects(), eol=b"\r\n", end=b"\r\n"),
        "junk-after-eof": document(objects(), end=b"\n<!-- appended by a gateway -->\n"),
        "zeros-after-eof": document(objects(), end=b"\n" + b"\0" * 64),
        "header-offset": document(objects(), prefix=b"X-Header: value\r\n\r\n"),
        "with-id": document(objects(), trailer=b"/Root 1 0 R /ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]"),
        "info": document(objects(o6=b"<< /Title (Za\\377\\(\\)) /Producer <FEFF0141> >>"), trailer=b"/Root 1 0 R /Info 6 0 R"),
        "generations": document(objects(o1=b"<< /Type /Catalog /Pages 2 3 R >>", o2=b"<< /Type /Pages /Kids [3 2 R] /Count 1 >>",
                                        o3=objects()[3].replace(b"2 0 R", b"2 3 R")), trailer=b"/Root 1 7 R", generations={1: 7, 2: 3, 3: 2}),
        "annots-direct": document(objects(o3=page(b"/Annots [6 0 R]"), o6=note)),
        "annots-indirect": document(objects(o3=page(b"/Annots 7 0 R"), o6=note, o7=b"[6 0 R]")),
        "annots-null": document(objects(o3=page(b"/Annots 99 0 R"))),
        "form-direct": document(objects(o1=b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R] /DA (/F1 0 Tf) >> >>",
                                        o3=page(b"/Annots [6 0 R]"), o6=text % b"Signature1")),
        "form-indirect": document(objects(o1=b"<< /Type /Catalog /Pages 2 0 R /AcroForm 7 0 R >>", o3=page(b"/Annots [6 0 R]"),
                                          o6=text % b"name", o7=b"<< /Fields [6 0 R] /SigFlags 1 >>")),
        "fields-indirect": document(objects(o1=b"<< /Type /Catalog /Pages 2 0 R /AcroForm 7 0 R >>", o3=page(b"/Annots [6 0 R]"),
                                            o6=text % b"name", o7=b"<< /Fields 8 0 R /SigFlags 3 >>", o8=b"[6 0 R]")),
        "fields-shared-with-annots": document(objects(o1=b"<< /Type /Catalog /Pages 2 0 R /AcroForm 7 0 R >>", o3=page(b"/Annots 8 0 R"),
                                                      o6=text % b"name", o7=b"<< /Fields 8 0 R >>", o8=b"[6 0 R]")),
        "deep-pages": document(objects(o2=b"<< /Type /Pages /Kids [6 0 R 7 0 R] /Count 1 >>", o6=b"<< /Type /Pages /Kids [] /Count 0 /Parent 2 0 R >>",
                                       o7=b"<< /Type /Pages /Kids [3 0 R] /Count 1 /Parent 2 0 R >>",
                                       o3=objects()[3].replace(b"2 0 R", b"7 0 R"))),
        "fields-no-list": document(objects(o1=b"<< /Type /Catalog /Pages 2 0 R /AcroForm 6 0 R >>", o6=b"<< /Fields (none) >>")),
        "odd-names": document(objects(o1=b"<< /Type /Catalog /Pages 2 0 R /Odd#20Name /Value#2f#25 /Lang (pl-PL) >>")),
    }


def damaged():
    """Documents that readers open after some guessing, without a signature."""
    plain = document(objects())
    return {
        "no-startxref": plain.replace(b"startxref", b"startxxxx"),
        "wrong-startxref": plain.replace(b"startxref\n", b"startxref\n1"),
        "wrong-offsets": plain.replace(b"0000000", b"0000001"),
        "no-xref": plain[:plain.index(b"xref\n")] + b"trailer\n<< /Size 6 /Root 1 0 R >>\n%%EOF\n",
        "no-size": plain[:plain.index(b"xref\n")] + b"trailer\n<< /Root 1 0 R >>\n%%EOF\n",
        "direct-pages": document({n: o for n, o in objects(o2=b"<< /Type /Pages /Kids [%s] /Count 1 >>" % objects()[3]).items() if n != 3}),
        "cut": plain[:plain.index(b"startxref")],
        "lines-changed": plain.replace(b"endobj\n", b"endobj\r\n"),
    }


def refused():
    """Documents that no signature may be added to, with the outcome's number."""
    form = b"<< /Type /Catalog /Pages 2 0 R /AcroForm 6 0 R >>"
    signed = b"<< /FT /Sig /T (s) /V 8 0 R %s /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /P 3 0 R >>"
    signature = b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /ByteRange [0 1 2 3] /Contents <00> %s >>"
    reference = b"/Reference [<< /TransformMethod /%s /TransformParams << %s >> >>]"

    def form_with(field, value):
        return document(objects(o1=form, o6=b"<< /Fields [7 0 R] /SigFlags 3 >>", o7=signed % field, o8=signature % value))

    return {
        "not-a-pdf": (b"hello\n" * 300, 1),
        "empty": (b"", 1),
        "truncated": (document(objects())[:-300], 2),
        "no-pages": (document(objects(o2=b"null")), 2),
        "encrypted-unknown": (document(objects(), trailer=b"/Root 1 0 R /Encrypt << /Filter /Standard /V 9 >>"), 2),
        "annots-no-list": (document(objects(o3=page(b"/Annots (none)"))), 2),
        "xfa": (document(objects(o1=form, o6=b"<< /Fields [] /XFA (x) >>")), 4),
        "xfa-dynamic": (document(objects(o1=form[:-2] + b"/NeedsRendering true >>", o6=b"<< /Fields [7 0 R] /XFA (x) >>", o7=b"<< /FT /Tx /T (a) >>")), 4),
        "certified": (form_with(b"", reference % (b"DocMDP", b"/P 1")), 5),
        "locked-all": (form_with(b"", reference % (b"FieldMDP", b"/Action /All")), 5),
        "locked-but": (form_with(b"", reference % (b"FieldMDP", b"/Action /Exclude /Fields [(s)]")), 5),
        "lock-dictionary": (form_with(b"/Lock << /Type /SigFieldLock /Action /All >>", b""), 5),
        "lock-permission": (form_with(b"/Lock << /Type /SigFieldLock /Action /Include /Fields [(q)] /P 1 >>", b""), 5),
        "field-loop": (document(objects(o1=form, o6=b"<< /Fields [7 0 R] >>", o7=b"<< /T (a) /Kids [7 0 R] >>")), 6),
    }


def by_qpdf(source, directory):
    """The document `source` in the forms that qpdf writes: names and paths."""
    forms = {
        "object-streams": ["--object-streams=generate"],
        "linearized": ["--linearize"],
        "linearized-object-streams": ["--linearize", "--object-streams=generate"],
        "qdf": ["--qdf", "--object-streams=disable"],
        "version-2": ["--force-version=2.0", "--object-streams=generate"],
    }
    made = {}
    for name, options in forms.items():
        path = Path(directory) / f"qpdf-{name}.pdf"
        subprocess.run(["qpdf", *options, str(source), str(path)], check=True)
        made[f"qpdf-{name}"] = path
    return made


def update(data, changed, root=b"1 0 R", trailer=b"", size=None):
    """Appends an incremental update with a table that changes or adds the objects of `changed`; None frees one."""
    out = bytearray(data)
    previous = int(data[data.rindex(b"startxref") + 9:].split()[0])
    offsets = {}
    for number, content in sorted(changed.items()):
        if content is not None:
            offsets[number] = len(out)
            out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    xref = len(out)
    out += b"xref\n"
    for number in sorted(changed):
        out += b"%d 1\n" % number
        out += b"%010d 00000 n \n" % offsets[number] if number in offsets else b"0000000000 00001 f \n"
    size = size or max(200, max(changed, default=0) + 1)
    out += b"trailer\n<< /Size %d /Root %s /Prev %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (size, root, previous, trailer, xref)
    return bytes(out)


def signed_by_hand(make_cms, sub_filter=b"adbe.pkcs7.detached", value=b"", field=b"", extra=None, catalog=b"", form=b"", annots=b"", fields=b"",
                   byte_range=None, kind=b"Sig", edit=None):
    """A document signed by other means: `make_cms` gets the bytes of the ranges. Signature field 10, its value 11, form 12; text field 13
    called `name`. `edit` may alter the document before it is signed, `byte_range` the numbers."""
    room = 16000
    o = objects(o1=b"<< /Type /Catalog /Pages 2 0 R /AcroForm 12 0 R %s >>" % catalog, o3=page(b"/Annots [10 0 R 13 0 R %s]" % annots),
                o10=b"<< /FT /Sig /T (sig) /V 11 0 R /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /F 132 /P 3 0 R %s >>" % field,
                o11=b"<< /Type /%s /Filter /Adobe.PPKLite /SubFilter /%s /M (D:20260601000000Z) /ByteRange [0 AAAAAAAA BBBBBBBB CCCCCCCC] %s /Contents <%s> >>"
                % (kind, sub_filter, value, b"0" * room),
                o12=b"<< /Fields [10 0 R 13 0 R %s] /SigFlags 3 %s >>" % (fields, form),
                o13=b"<< /FT /Tx /T (name) /V (x) /Type /Annot /Subtype /Widget /Rect [100 100 200 120] /P 3 0 R >>")
    o.update(extra or {})
    data = document(o)
    if edit:
        data = edit(data)
    start = data.index(b"<0000000000000000")
    end = start + room + 2
    numbers = [start, end, len(data) - end]
    covered = data
    for name, number in zip((b"AAAAAAAA", b"BBBBBBBB", b"CCCCCCCC"), byte_range(*numbers) if byte_range else numbers):
        covered = covered.replace(name, b"%8d" % number)
    cms = make_cms(covered[:start] + covered[end:]).hex().encode()
    return covered[:start + 1] + cms + b"0" * (room - len(cms)) + covered[end - 1:]
