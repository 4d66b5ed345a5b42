# SPDX-License-Identifier: LGPL-2.1-or-later
"""DER taken apart and put together, as much as tests need to alter a signature."""


def split(der):
    """The first element's header and contents, and what follows it."""
    size, length = 2, der[1]
    if length >= 0x80:
        size += length & 0x7f
        length = int.from_bytes(der[2:size], "big")
    return der[:size], der[size:size + length], der[size + length:]


def contents(der):
    return split(der)[1]


def elements(der):
    found = []
    while der:
        header, inside, der = split(der)
        found.append(header + inside)
    return found


def element(tag, inside):
    length = len(inside).to_bytes(4, "big").lstrip(b"\0")
    return bytes([tag]) + (bytes([len(inside)]) if len(inside) < 0x80 else bytes([0x80 | len(length)]) + length) + inside


def signature_value(cms):
    """The value of the first signer of a SignedData without unsigned attributes."""
    data = contents(contents(elements(contents(cms))[1]))
    return contents(elements(contents(contents(elements(data)[-1])))[-1])


def with_unsigned(cms, *attributes):
    """The same SignedData with unsigned attributes, each (type, value) as elements."""
    info = elements(contents(cms))
    data = elements(contents(contents(info[1])))
    signer = contents(contents(data[-1]))
    unsigned = b"".join(element(0x30, kind + element(0x31, value)) for kind, value in attributes)
    data[-1] = element(0x31, element(0x30, signer + element(0xa1, unsigned)))
    return element(0x30, info[0] + element(0xa0, element(0x30, b"".join(data))))
