#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""C5: a signature by a customs key is an advanced electronic signature (eIDAS art. 26): linked to the signatory alone, identifying him, made with what he
alone controls, and linked to the data so that any change is found; and it is verified with the customs certificate."""
import json
import re
import subprocess

from cli import DENIED, INDETERMINATE, NOT_VALID, OK, TERMS, main
from served import BOB, KEY_PASSWORD, Signing

# What must be signed beside the document, by the names of openssl: EN 319 122-1 §6.3, level B-B.
SIGNED_ATTRIBUTES = {"contentType", "signingTime", "messageDigest", "id-smime-aa-signingCertificateV2"}


class Advanced(Signing):
    def setUp(self):
        super().setUp()
        self.key_password = self.secret("key-password", KEY_PASSWORD)
        made = self.sygnet(OK, "key", "generate", "--accept-terms", TERMS, "--label", "Customs", "--given-name", "Anna", "--surname", "Żółć", "--serial-number", "TINPL-5250000000",
                           "--country", "PL", "--no-issue", "--json", "--password-file", self.key_password)
        self.credential = json.loads(made)["id"]
        self.sygnet(OK, "key", "request", self.credential, "--password-file", self.key_password, "-o", "request.pem")
        self.sygnet(OK, "ca", "issue", "request.pem", "--profile", "customs", "-o", "certificate.pem", uid=0)
        self.sygnet(OK, "key", "import", self.credential, "certificate.pem")

    def openssl(self, *args):
        return subprocess.run(["openssl", *args], cwd=self.folder, check=True, capture_output=True, text=True).stdout

    def test_customs_signature(self):
        self.sygnet(OK, "sign", "declaration.xml", "-c", self.credential, "--password-file", self.key_password)
        printed = self.openssl("cms", "-cmsout", "-print", "-inform", "DER", "-in", "declaration.xml.p7s")
        signer = printed[printed.index("signerInfos:"):]
        signed = signer[signer.index("signedAttrs:"):signer.index("signatureAlgorithm:")]
        self.assertEqual(SIGNED_ATTRIBUTES, set(re.findall(r"object: ([\w-]+)", signed)))
        # The reference names this very certificate, and openssl holds it against the one that came along.
        self.openssl("cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "declaration.xml.p7s", "-content", "declaration.xml", "-CAfile", "ca.pem",
                     "-out", "document")
        self.assertEqual((self.folder / "declaration.xml").read_bytes(), (self.folder / "document").read_bytes())
        # (a), (b) Linked to one signatory, whom it identifies: whose certificate, by which CA.
        signature = self.verify(OK, "declaration.xml.p7s")["signatures"][0]
        self.assertEqual(("CAdES", "B-B", True), tuple(signature[k] for k in ("format", "level", "integrity")))
        for said in (signature["signer"], signature["certificate"]["subject"]):
            self.assertIn("TINPL-5250000000", said)
            self.assertIn("Żółć", said)
        self.assertIn("Example CA", signature["certificate"]["issuer"])
        serial = self.openssl("x509", "-in", "certificate.pem", "-noout", "-serial").strip().split("=")[1]
        self.assertEqual(serial.lower(), signature["certificate"]["serial"])
        words = self.sygnet(OK, "verify", "--anchors", "ca.pem", "declaration.xml.p7s", LC_ALL="C.UTF-8")
        for word in ("TINPL-5250000000", "Issued by", "Example CA", "not qualified"):
            self.assertIn(word, words)
        # (c) Under the signatory's sole control: not without the password, and not by another user who has it.
        self.sygnet(DENIED, "sign", "declaration.xml", "--force", "-c", self.credential, "--password-file", self.secret("bad", "Wrong-Password-1"))
        self.assertNotEqual(OK, self.run_client(("sign", "declaration.xml", "--force", "-c", self.credential, "--password-file", self.key_password), BOB, {}).returncode)
        # (d) Any change of the data is found.
        (self.folder / "declaration.xml").write_text("<Declaration />")
        changed = self.verify(NOT_VALID, "declaration.xml.p7s")["signatures"][0]
        self.assertEqual((False, "HASH_FAILURE"), (changed["integrity"], changed["subindication"]))

    def test_verified_with_the_customs_certificate_only(self):
        """Another certificate of the same CA put in its place verifies nothing."""
        self.sygnet(OK, "sign", "declaration.xml", "-c", self.credential, "--password-file", self.key_password)
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "other.key", "-out", "other.pem", "-days", "9",
                     "-subj", "/CN=Other")
        self.assertEqual("NO_CERTIFICATE_CHAIN_FOUND",
                         json.loads(self.sygnet(INDETERMINATE, "verify", "--json", "--anchors", "other.pem", "declaration.xml.p7s"))["subindication"])


if __name__ == "__main__":
    main()
