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
import tempfile
import unittest
from datetime import datetime
from pathlib import Path

SIGN_FILE, FORMATS = sys.argv[1], sys.argv[2:]
CORPORA = Path(os.environ.get("SYGNET_CORPORA") or Path(__file__).resolve().parents[3] / "shared" / "corpora")

# docs/interop.md has these, and those of other documents. file: (what we say of the first signature: integrity, indication, subindication), why.
KNOWN = {
    "xades/XSW-enveloped-fake-content.xml": (
        (False, "TOTAL-FAILED", "HASH_FAILURE"),
        "what was signed was moved into the signature, all of which the enveloped-signature transform takes out (XML Signature 1.1 section 6.6.4); xmlsec1 says so, too"),
    "pades/separate-annots-kids-indir.pdf": (
        (True, "INDETERMINATE", "TRY_LATER"),
        "the certificate's state can be looked up, and nothing in the file tells it: without the network it is open (EN 319 102-1 section 5.2.6.4)"),
}


# The main indication agrees, and we name another reason (EN 319 102-1 table 5): printed, and no disagreement.
OTHER_REASONS = {
    "asic/TEST_ESTEID2018_ASiC-E_XAdES_T.sce": (
        "TRY_LATER", "the state of the certificate can be looked up, and nothing in the file tells it: the standard's word for that is this one (section 5.2.6.4)"),
}

# Whose companion is the policy that the signature names, not what it signs.
POLICIES = ("xades/factura_ejemplo2_32v1.xml",)

TEMPORARY = tempfile.TemporaryDirectory()
FOLDER = Path(TEMPORARY.name)

# Where a state and a proven time come from the document itself: a CMS with OCSP values, and a PDF's security store.
PROVEN = ("cades/TEST_ESTEID2018_CAdES_LT_enveloping.p7m", "pades/TEST_ESTEID2018_PAdES_LT_enveloped.pdf")


def rows():
    manifest = CORPORA / "open" / "manifest.tsv"
    if not manifest.exists():
        return []
    with manifest.open(encoding="utf-8", newline="") as f:
        return [row for row in csv.DictReader(f, delimiter="\t") if row["format"] in FORMATS]


def generated(rule):
    """The folder with the files that a row describes, as `testFile_{1..500}.txt = "test content N" without newline`."""
    found = re.fullmatch(r'(.+)\{1\.\.(\d+)\}(.*) = "(.*)N" without newline', rule)
    folder = FOLDER / found[1]
    folder.mkdir(exist_ok=True)
    for n in range(1, int(found[2]) + 1):
        (folder / f"{found[1]}{n}{found[3]}").write_text(f"{found[4]}{n}", encoding="utf-8")
    return folder


def command_of(row):
    command = [SIGN_FILE, "verify", CORPORA / "open" / row["file"]]
    companion = row["companions"]
    if row["file"] in POLICIES:
        companion = "-"
    if companion.startswith("gen:"):
        companion = str(generated(companion.removeprefix("gen:")))
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
    # Rows without an anchor test integrity only: so says the corpora's README of them all, whatever they call their scope.
    if row["scope"] == "full" and verdict == "valid" and row["trust_anchor"] != "-":
        return None if report["indication"] == "TOTAL-PASSED" else "not TOTAL-PASSED"
    if verdict == "valid":
        wanted = re.fullmatch(r"level=[CPX]AdES_BASELINE_(\w+)", detail)
        wanted = wanted and "B-" + wanted[1]
        if wanted and signatures[0]["level"] != wanted:
            return "another level"
        return None if integrity else "integrity not found"
    if report["indication"] == "TOTAL-PASSED":
        return "TOTAL-PASSED"
    if row["scope"] in ("integrity", "parse") and integrity:
        return "integrity found"
    # A row that names a subindication means it; others say in words why it cannot be told.
    word = re.match(r"(\w+_\w+)(?: \(|$)", detail)
    if row["file"] in OTHER_REASONS and report["subindication"] == OTHER_REASONS[row["file"]][0]:
        return None
    if verdict == "indeterminate" and word and word[1].upper() != (report["subindication"] or ""):
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
        if not difference and row["file"] in OTHER_REASONS:
            Corpus.table.append((row["file"], row["expected"], "another subindication", OTHER_REASONS[row["file"]][1]))
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
