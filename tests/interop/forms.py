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


def by_hand():
    note = b"<< /Type /Annot /Subtype /Text /Rect [10 10 30 30] /Contents (note) >>"
    text = b"<< /FT /Tx /T (%s) /V (x) /Type /Annot /Subtype /Widget /Rect [100 100 200 120] /P 3 0 R >>"
    return {
        "minimal": document(objects()),
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
        "odd-names": document(objects(o1=b"<< /Type /Catalog /Pages 2 0 R /Odd#20Name /Value#2f#25 /Lang (pl-PL) >>")),
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
        "no-startxref": (document(objects()).replace(b"startxref", b"startxxxx"), 2),
        "wrong-startxref": (document(objects()).replace(b"startxref\n", b"startxref\n1"), 2),
        "truncated": (document(objects())[:-300], 2),
        "no-pages": (document(objects(o2=b"null")), 2),
        "encrypted-unknown": (document(objects(), trailer=b"/Root 1 0 R /Encrypt << /Filter /Standard /V 9 >>"), 2),
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
