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
