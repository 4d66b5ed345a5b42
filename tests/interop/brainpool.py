#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Signatures, certificates, CRLs and OCSP answers that openssl made with keys on the Brainpool curves, which GnuTLS does not know. Usage: brainpool.py INTEROP-SIGN-FILE SYGNET"""

import json
import subprocess
import unittest

import revocation
from revocation import HOUR, SIGN_FILE, SYGNET
from xmldsig import Signer, reference

DIGESTS = {"brainpoolP256r1": "sha256", "brainpoolP384r1": "sha384", "brainpoolP512r1": "sha512"}


class Authorities(revocation.Case):
    """Every key is on such a curve: the root's, the issuing authority's, the signer's and the responder's."""

    curve = "brainpoolP256r1"

    @classmethod
    def issue(cls, name, ca, extensions, subject=None, days=300):
        cls.curve = name.partition("@")[0] if "@" in name else "brainpoolP256r1"
        try:
            return super().issue(name, ca, extensions, subject, days)
        finally:
            cls.curve = "brainpoolP256r1"

    def sign(self, name, digest="sha256"):
        out = self.folder / f"{name}.p7s"
        self.openssl("cms", "-sign", "-cades", "-binary", "-in", self.document, "-signer", f"{name}.pem", "-inkey", f"{name}.key", "-certfile", "issuing.pem", "-md", digest,
                     "-outform", "DER", "-out", out)
        return out

    def authority(self, name, extensions, ca="issuing"):
        """A further authority, below the issuing one, whose certificate has these extensions; the signature of one that it issued."""
        (self.folder / "ext.cnf").write_text(f"[it]\nsubjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid\n{extensions}\n[leaf]\nkeyUsage = critical, nonRepudiation\n"
                                             "subjectAltName = email:someone@example.com\n")
        self.request(name, f"/CN=Example {name}")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.pem", "-CAkey", f"{ca}.key", "-CAcreateserial", "-days", "30", "-extfile", "ext.cnf", "-extensions", "it",
                     "-out", f"{name}.pem")
        leaf = f"{name}_leaf"
        self.request(leaf, f"/O=Example {leaf}")
        self.openssl("x509", "-req", "-in", f"{leaf}.csr", "-CA", f"{name}.pem", "-CAkey", f"{name}.key", "-CAcreateserial", "-days", "30", "-extfile", "ext.cnf",
                     "-extensions", "leaf", "-out", f"{leaf}.pem")
        (self.folder / "both.pem").write_text((self.folder / f"{name}.pem").read_text() + (self.folder / "issuing.pem").read_text())
        out = self.folder / f"{leaf}.p7s"
        self.openssl("cms", "-sign", "-cades", "-binary", "-in", self.document, "-signer", f"{leaf}.pem", "-inkey", f"{leaf}.key", "-certfile", "both.pem", "-outform", "DER",
                     "-out", out)
        return out

    def test_curves(self):
        for curve, digest in DIGESTS.items():
            with self.subTest(curve):
                name = self.issue(f"{curve}@signer", "issuing", "leaf")
                signature = self.sign(name, digest)
                self.assertEqual("TOTAL-PASSED", self.verdict(signature=signature))
                other = self.folder / "other"
                other.write_bytes(b"Declaration")
                done = subprocess.run([SIGN_FILE, "verify", signature, "--content", other, "--anchors", self.folder / "root.pem"], check=True, capture_output=True, text=True)
                self.assertEqual("HASH_FAILURE", json.loads(done.stdout)["subindication"])
                # The last octet is of s.
                altered = self.folder / "altered.p7s"
                altered.write_bytes(signature.read_bytes()[:-1] + bytes([signature.read_bytes()[-1] ^ 1]))
                done = subprocess.run([SIGN_FILE, "verify", altered, "--content", self.document, "--anchors", self.folder / "root.pem"], check=True, capture_output=True, text=True)
                self.assertEqual("SIG_CRYPTO_FAILURE", json.loads(done.stdout)["subindication"])

    def test_unknown(self):
        """Of a key that nobody here knows nothing is said; explicit parameters are no named curve, whatever their numbers (RFC 5480 section 2.1.1)."""
        self.issue("secp256k1@signer", "issuing", "leaf")
        self.openssl("ecparam", "-name", "brainpoolP256r1", "-param_enc", "explicit", "-genkey", "-noout", "-out", "explicit.key")
        self.openssl("req", "-new", "-key", "explicit.key", "-subj", "/CN=Example explicit", "-out", "explicit.csr")
        self.openssl("x509", "-req", "-in", "explicit.csr", "-CA", "issuing.pem", "-CAkey", "issuing.key", "-CAcreateserial", "-days", "30", "-out", "explicit.pem")
        for name in ("secp256k1@signer", "explicit"):
            with self.subTest(name):
                done = subprocess.run([SIGN_FILE, "verify", self.sign(name), "--content", self.document, "--anchors", self.folder / "root.pem"], check=True, capture_output=True,
                                      text=True)
                report = json.loads(done.stdout)
                self.assertEqual((False, "INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE"), (report["signatures"][0]["integrity"], report["indication"], report["subindication"]))

    def test_shown(self):
        shown = json.loads(subprocess.run([SYGNET, "certificate", self.folder / f"{self.name}.pem", "--json"], check=True, capture_output=True, text=True).stdout)
        self.assertIn("EC/ECDSA, brainpoolP256r1", json.dumps(shown))

    def test_below_another_kind(self):
        """A signer's card under an authority that GnuTLS knows, and the other way round."""
        self.issue("P-256@authority", "root", "authority")
        signature = self.sign(self.issue("card", "P-256@authority", "leaf"))
        self.assertEqual("TOTAL-PASSED", self.verdict(signature=signature, anchors="P-256@authority.pem"))
        self.assertEqual("NO_CERTIFICATE_CHAIN_FOUND", self.verdict(signature=signature))
        (self.folder / "issuing.pem").rename(self.folder / "kept.pem")
        (self.folder / "issuing.pem").write_bytes((self.folder / "P-256@authority.pem").read_bytes())
        try:
            self.assertEqual("TOTAL-PASSED", self.verdict(signature=self.sign("card")))
        finally:
            (self.folder / "kept.pem").rename(self.folder / "issuing.pem")
        signature = self.sign(self.issue("P-256@signer", "issuing", "leaf"))
        self.assertEqual("TOTAL-PASSED", self.verdict(signature=signature))

    def test_xml(self):
        class Keys:
            directory = self.folder

            @staticmethod
            def key(kind):
                return self.folder / f"{kind}.p8"

        signer = Signer(Keys, self.name)
        path = self.folder / "signed.xml"
        text = signer.sign(reference("document", self.document.read_bytes()), properties=True)
        path.write_text(text)
        others = self.folder / "anchors.pem"
        others.write_text((self.folder / "issuing.pem").read_text())
        self.assertEqual("TOTAL-PASSED", self.verdict(signature=path, anchors="anchors.pem"))
        start = text.index(">", text.index("<ds:SignatureValue")) + 1
        path.write_text(text[:start] + ("A" if text[start] != "A" else "B") + text[start + 1:])
        done = subprocess.run([SIGN_FILE, "verify", path, "--content", self.document, "--anchors", others], check=True, capture_output=True, text=True)
        self.assertEqual("SIG_CRYPTO_FAILURE", json.loads(done.stdout)["subindication"])

    def test_anchors(self):
        """At each place of the path."""
        for anchors in ("root.pem", "issuing.pem", f"{self.name}.pem"):
            self.assertEqual("TOTAL-PASSED", self.verdict(anchors=anchors))
        self.request("stranger", "/CN=Example Root")
        self.openssl("req", "-x509", "-key", "stranger.key", "-subj", "/CN=Example Root", "-addext", "keyUsage=critical,keyCertSign", "-days", "30", "-out", "stranger.pem")
        self.assertEqual("NO_CERTIFICATE_CHAIN_FOUND", self.verdict(anchors="stranger.pem"))

    def test_paths(self):
        """RFC 5280 section 6.1.3 and 6.1.4, which GnuTLS looks after elsewhere."""
        authority = "basicConstraints = critical, CA:TRUE\n"
        rows = {
            "fine": (authority + "keyUsage = critical, keyCertSign", "TOTAL-PASSED"),
            "names": (authority + "nameConstraints = critical, permitted;email:example.com", "TOTAL-PASSED"),
            "no_authority": ("basicConstraints = critical, CA:FALSE", "CHAIN_CONSTRAINTS_FAILURE"),
            "silent": ("", "CHAIN_CONSTRAINTS_FAILURE"),
            "crls_only": (authority + "keyUsage = critical, cRLSign", "CHAIN_CONSTRAINTS_FAILURE"),
            "other_names": (authority + "nameConstraints = critical, permitted;email:example.org", "CHAIN_CONSTRAINTS_FAILURE"),
            "excluded": (authority + "nameConstraints = critical, excluded;email:example.com", "CHAIN_CONSTRAINTS_FAILURE"),
            "unknown": (authority + "1.2.3.4 = critical, DER:05:00", "CHAIN_CONSTRAINTS_FAILURE"),
        }
        for name, (extensions, verdict) in rows.items():
            with self.subTest(name):
                self.assertEqual(verdict, self.verdict(signature=self.authority(name, extensions), at=HOUR))
        with self.subTest("too long"):
            self.authority("short", authority.replace("TRUE", "TRUE, pathlen:0"))
            signature = self.authority("below", authority, ca="short")
            with_short = self.folder / "both.pem"
            with_short.write_text("".join((self.folder / f"{n}.pem").read_text() for n in ("below", "short", "issuing")))
            self.openssl("cms", "-sign", "-cades", "-binary", "-in", self.document, "-signer", "below_leaf.pem", "-inkey", "below_leaf.key", "-certfile", with_short, "-outform",
                         "DER", "-out", signature)
            self.assertEqual("CHAIN_CONSTRAINTS_FAILURE", self.verdict(signature=signature, at=HOUR))

    def test_states(self):
        self.assertEqual(("TOTAL-PASSED", "good"), (lambda v, s: (v, s["state"]))(*self.judge("--crl", self.crl())))
        self.assertEqual("REVOKED_NO_POE", self.verdict("--crl", self.crl((-HOUR, ",keyCompromise"))))
        forged = bytearray(self.crl().read_bytes())
        forged[-1] ^= 1
        (self.folder / "forged.crl").write_bytes(forged)
        self.assertNotEqual("good", self.judge("--crl", self.folder / "forged.crl")[1]["state"])
        self.issue("responder", "issuing", "responder")
        for signer in ("issuing", "responder"):
            self.assertEqual("good", self.judge("--ocsp", self.ocsp(signer=signer))[1]["state"])
            self.assertEqual("REVOKED_NO_POE", self.verdict("--ocsp", self.ocsp((-HOUR, ",keyCompromise"), signer)))
        # A responder of somebody else's, who says that he is of this authority.
        self.openssl("req", "-x509", "-key", "responder.key", "-subj", "/CN=Example issuing", "-days", "30", "-addext", "keyUsage=critical,keyCertSign,digitalSignature", "-out",
                     "false.pem")
        self.openssl("x509", "-req", "-in", "responder.csr", "-CA", "false.pem", "-CAkey", "responder.key", "-CAcreateserial", "-days", "30", "-extfile", self.config("root"),
                     "-extensions", "responder", "-out", "responder.pem")
        self.assertNotEqual("good", self.judge("--ocsp", self.ocsp(signer="responder"))[1]["state"])


if __name__ == "__main__":
    unittest.main(argv=["brainpool.py"], verbosity=2)
