#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Authorities that go beyond what their certificates allow, by names, purposes and keys: made by openssl, whose own word about the names is asked, too. Once with keys that
GnuTLS knows and once with others. Usage: path-limits.py INTEROP-SIGN-FILE SYGNET"""

import json
import subprocess
import unittest

import revocation
from revocation import SIGN_FILE

AUTHORITY = "basicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign\n"
NAMES = AUTHORITY + "nameConstraints = critical, {}\n[small]\nO = Small Ltd\n[big]\nO = big  bank SA\n"
BIG, SMALL = "/O=Big Bank SA/CN=Seal", "/O=SMALL LTD/CN=Seal"


class Limits(revocation.Case):
    def setUp(self):
        pass

    def authority(self, extensions, *key):
        (self.folder / "ext.cnf").write_text(f"subjectKeyIdentifier = hash\n{extensions}\n[leaf]\nkeyUsage = critical, nonRepudiation\n[stamps]\nkeyUsage = critical, "
                                             "digitalSignature\nextendedKeyUsage = critical, timeStamping\n")
        self.request("sub", "/CN=Example sub")
        if key:
            self.openssl("genpkey", *key, "-out", "sub.key")
            self.openssl("req", "-new", "-key", "sub.key", "-subj", "/CN=Example sub", "-out", "sub.csr")
        self.openssl("x509", "-req", "-in", "sub.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "30", "-extfile", "ext.cnf", "-out", "sub.pem")

    def below(self, subject, section="leaf"):
        """The verdict on a signature by one that the authority issued, and whether openssl takes the path."""
        self.request("seal", subject)
        self.openssl("x509", "-req", "-in", "seal.csr", "-CA", "sub.pem", "-CAkey", "sub.key", "-CAcreateserial", "-days", "30", "-extfile", "ext.cnf", "-extensions", section,
                     "-out", "seal.pem")
        out = self.folder / "seal.p7s"
        self.openssl("cms", "-sign", "-cades", "-binary", "-in", self.document, "-signer", "seal.pem", "-inkey", "seal.key", "-certfile", "sub.pem", "-outform", "DER", "-out", out)
        done = subprocess.run([SIGN_FILE, "verify", out, "--content", self.document, "--anchors", self.folder / "root.pem"], check=True, capture_output=True, text=True)
        report = json.loads(done.stdout)
        self.assertTrue(report["signatures"][0]["integrity"])
        check = subprocess.run(["openssl", "verify", "-CAfile", "root.pem", "-untrusted", "sub.pem", "seal.pem"], cwd=self.folder, capture_output=True, check=False)
        return report["subindication"] or report["indication"], check.returncode == 0

    def test_names(self):
        rows = (
            ("permitted;dirName:small", SMALL, True),
            ("permitted;dirName:small", BIG, False),
            ("permitted;dirName:small, permitted;dirName:big", BIG, True),
            ("excluded;dirName:big", BIG, False),
            ("permitted;email:example.com", BIG + "/emailAddress=jan@example.com", True),
            ("permitted;email:example.com", BIG + "/emailAddress=jan@example.org", False),
            ("excluded;email:.example.org", BIG + "/emailAddress=jan@mail.example.org", False),
            ("excluded;DNS:example.com", BIG, True),
        )
        for constraints, subject, good in rows:
            with self.subTest(constraints, subject=subject):
                self.authority(NAMES.format(constraints))
                self.assertEqual(("TOTAL-PASSED" if good else "CHAIN_CONSTRAINTS_FAILURE", good), self.below(subject))

    def test_purposes(self):
        rows = (("serverAuth, clientAuth", "leaf", False), ("codeSigning", "leaf", False), ("timeStamping", "leaf", False), ("clientAuth, emailProtection", "leaf", True),
                ("clientAuth", "leaf", True), ("anyExtendedKeyUsage", "leaf", True), ("1.3.6.1.5.5.7.3.36", "leaf", True), ("serverAuth", "stamps", False),
                ("timeStamping", "stamps", True))
        for purposes, section, good in rows:
            with self.subTest(purposes, section=section):
                self.authority(f"{AUTHORITY}extendedKeyUsage = {purposes}\n")
                self.assertEqual("TOTAL-PASSED" if good else "CHAIN_CONSTRAINTS_FAILURE", self.below(SMALL, section)[0])

    def test_keys(self):
        for bits, verdict in ((1024, "CRYPTO_CONSTRAINTS_FAILURE"), (2048, "TOTAL-PASSED")):
            with self.subTest(bits):
                self.authority(AUTHORITY, "-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}")
                self.assertEqual(verdict, self.below(SMALL)[0])


class OtherKeys(Limits):
    curve = "brainpoolP256r1"
    test_purposes = None


if __name__ == "__main__":
    unittest.main(argv=["path-limits.py"], defaultTest=["Limits", "OtherKeys"], verbosity=2)
