#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What libsygnet-sign exports is what its symbol map names, and what its header declares; nothing else, and under the right version.
Usage: test-exports.py LIBRARY MAP HEADER"""

import re
import subprocess
import sys
from pathlib import Path

# Symbols of versions that were released. They stay for good; a list is added with each release that adds any.
RELEASED = {
    "SYGNET_SIGN_1": """
        sygnet_draft_complete sygnet_draft_free sygnet_draft_new sygnet_draft_new_container sygnet_draft_stamped sygnet_draft_tbs sygnet_extend_fd sygnet_options_free
        sygnet_options_new sygnet_options_set sygnet_report_free sygnet_report_indication sygnet_report_json sygnet_report_reason sygnet_report_signatures
        sygnet_report_subindication sygnet_sign_fd sygnet_sign_file sygnet_signature_certificate sygnet_signature_covers_all sygnet_signature_field
        sygnet_signature_format sygnet_signature_indication sygnet_signature_level sygnet_signature_proven_time sygnet_signature_reason
        sygnet_signature_signer sygnet_signature_signing_time sygnet_signature_subindication sygnet_signer_free sygnet_signer_new sygnet_signer_open
        sygnet_signer_scheme sygnet_signer_use_pss sygnet_strerror sygnet_verifier_add_anchors_file sygnet_verifier_add_crl sygnet_verifier_add_ocsp
        sygnet_verifier_add_system_anchors sygnet_verifier_free sygnet_verifier_new sygnet_verifier_set_document_password sygnet_verifier_set_time sygnet_verify_fd sygnet_version""",
}


def without_comments(path):
    return re.sub(r"/\*.*?\*/", "", Path(path).read_text(encoding="utf-8"), flags=re.S)


def exported(library):
    """Pairs of symbol and version."""
    lines = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout.splitlines()
    names = [line.split()[-1] for line in lines if line.split()[-2] != "A"]
    return {tuple(n.split("@@")) if "@@" in n else (n, None) for n in names}


def mapped(path):
    nodes = re.findall(r"(\w+)\s*\{(.*?)\}", without_comments(path), flags=re.S)
    return {(symbol, node) for node, body in nodes for symbol in re.findall(r"(sygnet_\w+);", body)}


def declared(path):
    functions = re.findall(r"\b(sygnet_\w+)\(", without_comments(path))
    return {f for f in functions if not f.endswith("_func")}


def main():
    library, symbols, header = sys.argv[1:4]
    released = {(symbol, node) for node, names in RELEASED.items() for symbol in names.split()}
    bad = []
    for what, left, right in (("exported and not in the map", exported(library), mapped(symbols)), ("in the map and not exported", mapped(symbols), exported(library)),
                              ("exported and not declared", {s for s, _ in exported(library)}, declared(header)),
                              ("declared and not exported", declared(header), {s for s, _ in exported(library)}),
                              ("released once, and gone or of another version", released, exported(library))):
        bad += [f"{what}: {x}" for x in sorted(left - right, key=str)]
    soname = subprocess.run(["objdump", "-p", library], check=True, capture_output=True, text=True).stdout
    if "libsygnet-sign.so.1\n" not in soname:
        bad.append("its name is not libsygnet-sign.so.1")
    for line in bad:
        print(line)
    print(f"{len(exported(library))} symbols, {len(bad)} violations")
    sys.exit(1 if bad or not exported(library) else 0)


main()
