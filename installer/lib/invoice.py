#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""invoice.py: writes a one-page A4 invoice as PDF to standard output.

The document that quickstart seals. It is made here, with a plain cross-reference table and the standard fonts, so that nothing
but Python's standard library is needed and the page looks the same in every viewer. The companies are neutral examples.
"""
import datetime
import sys

WIDTH, HEIGHT = 595, 842  # A4 in points
LEFT, RIGHT = 56, 539
INK, GREY, RULE, BAND = (0.10, 0.12, 0.16), (0.42, 0.45, 0.50), (0.80, 0.82, 0.85), (0.94, 0.95, 0.97)
ITEMS = [("Customs clearance, import declaration", 3, 180_00), ("Transit document T1", 2, 95_50), ("Archiving of documents, per month", 1, 49_00)]
VAT_PERCENT = 23

# Widths of Helvetica's glyphs in thousandths, for what is set flush right: digits and separators.
DIGIT, NARROW = 556, 278


class Page:
    """Collects the operators of a content stream."""

    def __init__(self):
        self.operators = []

    def text(self, x, y, words, size=9.5, bold=False, colour=INK):
        escaped = words.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        self.operators.append(f"BT /F{2 if bold else 1} {size} Tf {colour[0]} {colour[1]} {colour[2]} rg {x:.2f} {y:.2f} Td ({escaped}) Tj ET")

    def number(self, right, y, words, **style):
        size = style.get("size", 9.5)
        width = sum(DIGIT if c.isdigit() else NARROW for c in words) * size / 1000
        self.text(right - width, y, words, **style)

    def rule(self, y, colour=RULE, weight=0.6):
        self.operators.append(f"{colour[0]} {colour[1]} {colour[2]} RG {weight} w {LEFT} {y} m {RIGHT} {y} l S")

    def band(self, y, height, colour):
        self.operators.append(f"{colour[0]} {colour[1]} {colour[2]} rg {LEFT} {y} {RIGHT - LEFT} {height} re f")


def money(cents):
    return f"{cents // 100:,}".replace(",", " ") + f".{cents % 100:02d}"


def draw(day):
    page = Page()
    page.band(HEIGHT - 62, 4, (0.16, 0.31, 0.55))
    page.text(LEFT, 736, "Invoice", size=26, bold=True)
    page.text(LEFT, 716, f"No. 2026/001   |   issued {day:%Y-%m-%d}   |   due {day + datetime.timedelta(days=14):%Y-%m-%d}", colour=GREY)

    for x, head, lines in ((LEFT, "SELLER", ["Example sp. z o.o.", "ul. Przykladowa 1, 00-001 Warszawa", "VAT ID PL5250000000"]),
                           (310, "BUYER", ["Sample Trade s.r.o.", "Example Street 2, 110 00 Praha 1", "VAT ID CZ00000000"])):
        page.text(x, 676, head, size=7.5, bold=True, colour=GREY)
        for row, line in enumerate(lines):
            page.text(x, 660 - 14 * row, line, bold=row == 0, size=10)

    page.band(586, 22, BAND)
    page.text(LEFT + 8, 593, "Service", size=8.5, bold=True, colour=GREY)
    page.text(352, 593, "Quantity", size=8.5, bold=True, colour=GREY)
    page.text(424, 593, "Price", size=8.5, bold=True, colour=GREY)
    page.text(486, 593, "Net PLN", size=8.5, bold=True, colour=GREY)
    y = 566
    for name, count, price in ITEMS:
        page.text(LEFT + 8, y, name)
        page.number(386, y, str(count))
        page.number(446, y, money(price))
        page.number(RIGHT - 8, y, money(count * price))
        page.rule(y - 9)
        y -= 26

    net = sum(count * price for _, count, price in ITEMS)
    vat = (net * VAT_PERCENT + 50) // 100
    for label, amount, bold in (("Net", net, False), (f"VAT {VAT_PERCENT}%", vat, False), ("To pay, PLN", net + vat, True)):
        page.text(380, y - 4, label, bold=bold, size=12 if bold else 9.5)
        page.number(RIGHT - 8, y - 4, money(amount), bold=bold, size=12 if bold else 9.5)
        y -= 22 if bold else 18

    page.rule(104)
    page.text(LEFT, 88, "An example made by Sygnet. When sealed, the signature covers every byte of this document;", size=8, colour=GREY)
    page.text(LEFT, 76, "any change to it afterwards is found by every program that verifies PDF signatures.", size=8, colour=GREY)
    return "\n".join(page.operators).encode("ascii")


def assemble(content, day):
    stamp = f"{day:%Y%m%d}000000Z".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (en) >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 4 0 R /Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>" % (WIDTH, HEIGHT),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
        b"<< /Title (Invoice 2026/001) /Producer (Sygnet) /CreationDate (D:%s) >>" % stamp,
    ]
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for offset in offsets:
        out += b"%010d 00000 n \n" % offset
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info 7 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def main():
    day = datetime.date.today()
    sys.stdout.buffer.write(assemble(draw(day), day))


main()
