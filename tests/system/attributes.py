#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""attributes.py CERTIFICATE.der DOCUMENT [FORM]: the signed attributes (RFC 5652 section 5.4) over a document that name a certificate, as
somebody builds them who has nothing of ours: DER by hand.

FORM: raw (default) writes the bytes; busctl and gdbus write them as an argument for that tool.
"""
import hashlib
import sys


def tlv(tag, *parts):
    body = b"".join(parts)
    size = len(body)
    length = bytes([size]) if size < 128 else (lambda n: bytes([0x80 | len(n)]) + n)(size.to_bytes((size.bit_length() + 7) // 8, "big"))
    return bytes([tag]) + length + body


def oid(dotted):
    first, second, *rest = (int(n) for n in dotted.split("."))
    out = bytes([40 * first + second])
    for number in rest:
        digits = [number & 127]
        while number := number >> 7:
            digits.append(0x80 | number & 127)
        out += bytes(reversed(digits))
    return tlv(6, out)


def attribute(name, value):
    return tlv(0x30, oid(name), tlv(0x31, value))


def signed_attributes(certificate, document):
    hashed = tlv(4, hashlib.sha256(certificate).digest())
    attributes = [
        attribute("1.2.840.113549.1.9.3", oid("1.2.840.113549.1.7.1")),              # content-type: id-data
        attribute("1.2.840.113549.1.9.4", tlv(4, hashlib.sha256(document).digest())),  # message-digest
        attribute("1.2.840.113549.1.9.16.2.47", tlv(0x30, tlv(0x30, tlv(0x30, hashed)))),  # signing-certificate-v2
    ]
    return tlv(0x31, *sorted(attributes))


def main():
    with open(sys.argv[1], "rb") as certificate, open(sys.argv[2], "rb") as document:
        made = signed_attributes(certificate.read(), document.read())
    form = sys.argv[3] if len(sys.argv) > 3 else "raw"
    if form == "busctl":
        print(len(made), *made)
    elif form == "gdbus":
        print("[" + ", ".join(f"byte 0x{b:02x}" for b in made) + "]")
    else:
        sys.stdout.buffer.write(made)


if __name__ == "__main__":
    main()
