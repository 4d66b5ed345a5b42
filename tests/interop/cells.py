# SPDX-License-Identifier: LGPL-2.1-or-later
"""The cells of the interoperability table: which there are, what peers cannot do in their own words, and how it is shown."""

import contextlib
import os
import sys

KINDS = ("rsa3072", "p256", "p384", "pss", "ed25519")
# We sign with no such keys.
THEIRS = (*KINDS, "brainpool")
# The order of the rows.
FORMS = ("cades", "cades-enveloping", "pades", "xades", "xades-enveloping", "xml", "asic-s", "asic-s-xades", "asic-e", "asic-e-xades", "odf", "timestamp")

# What the peers say of what they cannot do.
NO_PSS, NO_ED25519 = "href=http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1", "href=http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519"
NO_DIGEST, NO_KEY = "eddsa_digest_signverify_init:invalid digest", "invalid type for 'evp key type'"
OURS = {
    ("cades cades-enveloping asic-s asic-e", "openssl", "ed25519"): NO_DIGEST,
    ("cades cades-enveloping", "gpgsm", "ed25519"): "DSA requires the hash length to be a multiple of 8 bits",
    ("pades", "pdfsig", "pss"): "Signature is Invalid",
    ("pades", "pdfsig", "ed25519"): "Document isn't signed or corrupted data",
    ("pades", "mutool", "ed25519"): "Digest error: Unknown error",
    ("pades", "LibreOffice", "p384 pss ed25519"): "broken",
    ("xades xades-enveloping asic-s-xades asic-e-xades", "xmlsec1", "pss"): NO_PSS,
    ("xades xades-enveloping asic-s-xades asic-e-xades", "xmlsec1", "ed25519"): NO_ED25519,
}
# Where the words are ours.
SHA1 = "The signature uses a digest or a key that is no longer secure"
NO_PARAMETERS, NO_VALUE = "its algorithms can not be read", "The signature value does not fit"
WHY = {SHA1: "it signs with SHA-1", NO_PARAMETERS: "it leaves out the parameters that RFC 4055 §3.1 wants", NO_VALUE: "it writes none, or one of another algorithm than it says"}
THEIRS_NOT = {
    ("cades cades-enveloping", "openssl", "ed25519"): NO_DIGEST,
    ("cades cades-enveloping", "certtool", "brainpool"): "error loading file at --load-privkey",
    ("cades cades-enveloping", "gpgsm", "pss"): "error parsing or decrypting the PKCS#12 file",
    ("cades cades-enveloping", "gpgsm", "ed25519"): "Invalid OID string <KSBA>",
    ("pades", "mutool", "rsa3072 p256 p384 brainpool"): SHA1,
    ("pades", "mutool", "pss ed25519"): "Bad parameters to pdf_write_digest",
    ("pades", "pdfsig", "pss"): NO_PARAMETERS,
    ("pades odf", "LibreOffice", "ed25519"): "PKCS12 decode import bags failed",
    ("pades", "LibreOffice", "pss"): NO_PARAMETERS,
    ("pades", "LibreOffice", "brainpool"): "Error Area:Io Class:Write Code:16",
    ("odf", "LibreOffice", "pss brainpool"): NO_VALUE,
    ("pades", "pdfsig", "ed25519"): "PKCS12 decode import bags failed",
    ("pades", "pdfsig", "brainpool"): "NSS could not shutdown",
    ("xml", "xmlsec1", "pss ed25519"): NO_KEY,
    ("timestamp", "openssl ts", "pss ed25519"): "Error during signature generation",
}
CANNOT = {(direction, form, peer, kind): words for direction, cells in (("ours", OURS), ("theirs", THEIRS_NOT)) for (forms_, peer, kinds), words in cells.items()
          for form in forms_.split() for kind in kinds.split()}


def written(cells, key, notes):
    cell = cells.get(key, "")
    if cell != "cannot":
        return cell
    if CANNOT[key] not in notes:
        notes.append(CANNOT[key])
    return f"no [{notes.index(CANNOT[key]) + 1}]"


def write(cells):
    """A row for each format and peer, a column for each kind of key; below, in the peer's own words, what it cannot do."""
    for direction, title, kinds in (("ours", "We sign, they accept", KINDS), ("theirs", "They sign, we accept", THEIRS)):
        rows = sorted({key[1:3] for key in cells if key[0] == direction}, key=lambda row: (FORMS.index(row[0]), row[1].lower()))
        notes = []
        print(f"\n{title:34}" + "".join(f"{kind:>10}" for kind in kinds))
        for form, peer in rows:
            print(f"{form:17}{peer:17}" + "".join(f"{written(cells, (direction, form, peer, kind), notes):>10}" for kind in kinds))
        for number, words in enumerate(notes, 1):
            print(f"  [{number}] {words}" + (f" (our words: {WHY[words]})" if words in WHY else ""))


def show(cells):
    """To standard output, or to the end of the file that SYGNET_INTEROP_TABLE names."""
    name = os.environ.get("SYGNET_INTEROP_TABLE")
    with open(name, "a", encoding="utf-8") if name else contextlib.nullcontext(sys.stdout) as out, contextlib.redirect_stdout(out):
        write(cells)
