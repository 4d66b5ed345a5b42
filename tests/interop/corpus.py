#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Signed documents of other projects with the verdicts that those expect (manifest.tsv of the corpora): one test a document, and a
table of where we differ. Where we differ knowingly, KNOWN says why and what we say instead; anything else fails.
Where the corpora are not there, there are no tests. Usage: corpus.py INTEROP-SIGN-FILE FORMAT…"""

import csv
import json
import os
import re
import subprocess
import sys
import unittest
from datetime import datetime
from pathlib import Path

SIGN_FILE, FORMATS = sys.argv[1], sys.argv[2:]
CORPORA = Path(os.environ.get("SYGNET_CORPORA") or Path(__file__).resolve().parents[3] / "shared" / "corpora")

# file: (what we say of the first signature: integrity, indication, subindication), why.
KNOWN = {
    "cades/cades-t-copied-sigtst.p7m": (
        (True, "INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND"),
        "the time-stamp is a foreign one; the signature under it holds, and it needs none"),
    "cades/cms-wrong-sign-cert-ref.p7m": (
        (True, "INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND"),
        "the wrong reference is the time-stamp's; the signature itself holds, and it needs none"),
    "pades/BadEncodedCMS.pdf": (
        (True, "INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND"),
        "the signer's certificate has a serial number that is no DER (a zero too many), for which others read nothing of the CMS; digest and "
        "signature value hold, as openssl dgst says too, and that is all that is told"),
    "pades/hellopades-lt-rsa1024-sha1-expired.pdf": (
        (True, "INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE"),
        "the chain is signed with SHA-1, which is found before the expiry"),
    "pades/hellopades-lt-sha256-ec256.pdf": (
        (True, "INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE"),
        "the chain is signed with SHA-1, whatever its time"),
    "pades/hellopades-lt-sha256-rsa2047.pdf": (
        (True, "INDETERMINATE", "OUT_OF_BOUNDS_NO_POE"),
        "the time is proven, but the OCSP answer is of a responder that the certificate's issuer did not appoint"),
    "pades/hellopades-pades-lt-sha256-sign.pdf": (
        (True, "INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE"),
        "the chain is signed with SHA-1, whatever its time"),
    "pades/pades-bes-no-certificates.pdf": (
        (False, "INDETERMINATE", "NO_SIGNING_CERTIFICATE_FOUND"),
        "the same in the standard's word"),
    "pades/pades_lt_revoked.pdf": (
        (True, "INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE"),
        "the chain is signed with SHA-1, which is found before the revocation"),
    "pades/pades_lt_two_valid_sig.pdf": (
        (True, "INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE"),
        "the chain is signed with SHA-1, whatever its time"),
}


# Where a state and a proven time come from the document itself: a CMS with OCSP values, and a PDF's security store.
PROVEN = ("cades/TEST_ESTEID2018_CAdES_LT_enveloping.p7m", "pades/TEST_ESTEID2018_PAdES_LT_enveloped.pdf")


def rows():
    manifest = CORPORA / "open" / "manifest.tsv"
    if not manifest.exists():
        return []
    with manifest.open(encoding="utf-8", newline="") as f:
        return [row for row in csv.DictReader(f, delimiter="\t") if row["format"] in FORMATS]


def command_of(row):
    command = [SIGN_FILE, "verify", CORPORA / "open" / row["file"]]
    companion = row["companions"]
    if companion.startswith("digest:"):
        command += ["--digest", companion.removeprefix("digest:")]
    elif companion.endswith((".pem", ".cer")):
        command += ["--anchors", CORPORA / "open" / companion]
    elif companion != "-":
        command += ["--content", CORPORA / "open" / companion]
    anchors, _, day = row["trust_anchor"].partition(" at ")
    if anchors.startswith("anchors/"):
        command += ["--anchors", CORPORA / anchors]
    if re.fullmatch(r"\d{4}-\d\d-\d\d", day):
        command += ["--at", int(datetime.fromisoformat(day + "T12:00:00+00:00").timestamp())]
    return [str(c) for c in command]


def disagreement(row, report):
    """What is not as the row expects, or None."""
    verdict, _, detail = row["expected"].partition(":")
    signatures = report["signatures"]
    integrity = bool(signatures) and all(s["integrity"] for s in signatures)
    if row["scope"] == "full" and verdict == "valid":
        return None if report["indication"] == "TOTAL-PASSED" else "not TOTAL-PASSED"
    if verdict == "valid":
        wanted = {"level=CAdES_BASELINE_B": "B-B", "level=CAdES_BASELINE_LT": "B-LT", "level=PAdES_BASELINE_B": "B-B",
                  "level=PAdES_BASELINE_LT": "B-LT"}.get(detail)
        if wanted and signatures[0]["level"] != wanted:
            return "another level"
        return None if integrity else "integrity not found"
    if report["indication"] == "TOTAL-PASSED":
        return "TOTAL-PASSED"
    if row["scope"] in ("integrity", "parse") and integrity:
        return "integrity found"
    if verdict == "indeterminate" and detail.upper() != (report["subindication"] or ""):
        return "another subindication"
    return None


class Corpus(unittest.TestCase):
    table = []

    @classmethod
    def tearDownClass(cls):
        for row in cls.table:
            print("%-44s %-38.38s %-22s %s" % row)

    def check(self, row):
        done = subprocess.run(command_of(row), capture_output=True, text=True, timeout=120)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        report = json.loads(done.stdout)
        difference = disagreement(row, report)
        if row["file"] in PROVEN:
            said = report["signatures"][0]["certificate"]
            self.assertEqual(("good", "signature", "OCSP"), (said["state"], said["source"], said["method"]))
            self.assertTrue(report["signatures"][0]["proven_time"].startswith("2024-09-13T14:"))
        expected, why = KNOWN.get(row["file"], (None, None))
        if difference or expected:
            Corpus.table.append((row["file"], row["expected"], difference or "no difference", why or "UNEXPLAINED: " + str(report["reason"])))
        if expected:
            self.assertIsNotNone(difference, "no longer different: take it out of KNOWN")
            signature = report["signatures"][0]
            self.assertEqual((signature["integrity"], signature["indication"], signature["subindication"]), expected)
        else:
            self.assertIsNone(difference, report)


def add(row):
    name = "test_" + "".join(c if c.isalnum() else "_" for c in row["file"])
    setattr(Corpus, name, lambda self: self.check(row))


for each in rows():
    add(each)

if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
