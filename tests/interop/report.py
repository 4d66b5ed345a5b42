#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The validation report of ETSI TS 119 102-2 that `sygnet verify --report` writes: its elements in the schema's order, and what they say of signatures that
openssl made. Usage: report.py SYGNET"""

import base64
import hashlib
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ET
from pathlib import Path

from pki import Pki, run
from xmldsig import Signer, reference

SYGNET = Path(sys.argv[1]).absolute()
VR, DS = "{http://uri.etsi.org/19102/v1.4.1#}", "{http://www.w3.org/2000/09/xmldsig#}"
URN = "urn:etsi:019102:"
# The sequences of the schema that we write, as far as we fill them.
ORDER = {
    "ValidationReport": ["SignatureValidationReport", "SignatureValidationObjects"],
    "SignatureValidationReport": ["SignatureIdentifier", "ValidationTimeInfo", "SignersDocument", "SignatureAttributes", "SignerInformation",
                                  "SignatureValidationProcess", "SignatureValidationStatus", "OtherInformation"],
    "SignatureIdentifier": ["SignatureValue", "HashOnly", "DocHashOnly"],
    "ValidationTimeInfo": ["ValidationTime", "BestSignatureTime"],
    "BestSignatureTime": ["POETime", "TypeOfProof"],
    "SignerInformation": ["SignerCertificate", "Signer"],
    "SignatureValidationStatus": ["MainIndication", "SubIndication", "AssociatedValidationReportData"],
    "AssociatedValidationReportData": ["TrustAnchor", "CertificateChain", "RevocationStatusInformation"],
    "CertificateChain": ["SigningCertificate", "IntermediateCertificate", "TrustAnchor"],
    "RevocationStatusInformation": ["ValidationObjectId", "RevocationTime", "RevocationReason"],
    "ValidationObject": ["ObjectType", "ValidationObjectRepresentation"],
}


def name(element):
    return element.tag.partition("}")[2]


class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._scratch = tempfile.TemporaryDirectory()
        cls.folder = Path(cls._scratch.name)
        cls.pki = Pki(cls.folder, ("p256",))
        (cls.folder / "order.txt").write_text("An order.\n")
        run("openssl", "cms", "-sign", "-cades", "-binary", "-in", "order.txt", "-signer", "p256.pem", "-inkey", "p256-key.pem", "-outform", "DER",
            "-out", "order.txt.p7s", cwd=cls.folder)

    @classmethod
    def tearDownClass(cls):
        cls._scratch.cleanup()

    def verify(self, code, file, *options):
        path = self.folder / "report.xml"
        path.unlink(missing_ok=True)
        p = subprocess.run([SYGNET, "verify", file, "--anchors", "root.pem", "--offline", "--report", "report.xml", *options], cwd=self.folder, capture_output=True, text=True,
                           check=False)
        self.assertEqual(code, p.returncode, p.stdout + p.stderr)
        root = ET.parse(path).getroot()
        self.assertEqual(VR + "ValidationReport", root.tag)
        self.check(root)
        return root

    def check(self, root):
        """Order and references."""
        ids = {e.get("id") for e in root.iter() if e.get("id")}
        for e in root.iter():
            order = ORDER.get(name(e))
            if order:
                places = [order.index(name(child)) for child in e]
                self.assertEqual(sorted(places), places, name(e))
            if e.get("VOReference"):
                self.assertIn(e.get("VOReference"), ids)

    def status(self, root):
        return [e.text.removeprefix(URN) for e in root.find(f"{VR}SignatureValidationReport/{VR}SignatureValidationStatus") if name(e).endswith("Indication")]

    def certificate(self, root, reference):
        found = [e for e in root.iter(VR + "ValidationObject") if e.get("id") == reference.get("VOReference")]
        return base64.b64decode(found[0].find(f"{VR}ValidationObjectRepresentation/{VR}base64").text)

    def der(self, pem):
        return subprocess.run(["openssl", "x509", "-in", pem, "-outform", "DER"], cwd=self.folder, check=True, capture_output=True).stdout

    def test_passed(self):
        root = self.verify(0, "order.txt.p7s")
        self.assertEqual(["mainindication:total-passed"], self.status(root))
        digest = root.find(f".//{VR}SignersDocument/{VR}DigestAlgAndValue")
        self.assertEqual("http://www.w3.org/2001/04/xmlenc#sha256", digest.find(DS + "DigestMethod").get("Algorithm"))
        self.assertEqual(hashlib.sha256(b"An order.\n").digest(), base64.b64decode(digest.find(DS + "DigestValue").text))
        self.assertEqual(self.der("p256.pem"), self.certificate(root, root.find(f".//{VR}SignerCertificate")))
        chain = root.find(f".//{VR}CertificateChain")
        self.assertEqual(["SigningCertificate", "TrustAnchor"], [name(e) for e in chain])
        self.assertEqual(self.der("root.pem"), self.certificate(root, chain[1]))
        self.assertEqual(2, len(root.findall(f".//{VR}ValidationObject")))
        self.assertIn("Example sp. z o.o.", root.find(f".//{VR}Signer").text)
        value = base64.b64decode(root.find(f".//{DS}SignatureValue").text)
        self.assertIn(value, (self.folder / "order.txt.p7s").read_bytes())
        self.assertEqual(URN + "validationprocess:Basic", root.find(f".//{VR}SignatureValidationProcessID").text)

    def test_changed_document(self):
        (self.folder / "other.txt").write_text("Another order.\n")
        root = self.verify(5, "order.txt.p7s", "--content", "other.txt")
        self.assertEqual(["mainindication:total-failed", "subindication:HASH_FAILURE"], self.status(root))
        self.assertIn("changed", root.find(f".//{VR}OtherInformation").text)

    def test_no_anchor(self):
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "/dev/null", "-out", "stranger.pem", "-subj",
            "/CN=Example Stranger", cwd=self.folder)
        path = self.folder / "stranger.xml"
        p = subprocess.run([SYGNET, "verify", "order.txt.p7s", "--anchors", "stranger.pem", "--offline", "--report", path], cwd=self.folder, capture_output=True, check=False)
        self.assertEqual(6, p.returncode)
        root = ET.parse(path).getroot()
        self.check(root)
        self.assertEqual(["mainindication:indeterminate", "subindication:NO_CERTIFICATE_CHAIN_FOUND"], self.status(root))
        self.assertIsNone(root.find(f".//{VR}CertificateChain"))

    def test_revoked(self):
        (self.folder / "index").write_text("")
        (self.folder / "ca.cnf").write_text("[ca]\ndefault_ca=this\n[this]\ndatabase=index\ncrlnumber=number\ndefault_md=sha256\ndefault_crl_days=7\n")
        (self.folder / "number").write_text("01\n")
        ca = ["openssl", "ca", "-config", "ca.cnf", "-cert", "root.pem", "-keyfile", "root.key"]
        run(*ca, "-revoke", "p256.pem", "-crl_reason", "keyCompromise", cwd=self.folder)
        run(*ca, "-gencrl", "-out", "root.crl", cwd=self.folder)
        root = self.verify(6, "order.txt.p7s", "--crl", "root.crl")
        self.assertEqual(["mainindication:indeterminate", "subindication:REVOKED_NO_POE"], self.status(root))
        self.assertEqual(URN + "revocationReason:keyCompromise", root.find(f".//{VR}RevocationReason").text)

    def test_xml(self):
        """The digest of the signer's document is told where there is one document, not where there are several."""
        signer, content = Signer(self.pki, "p256"), b"An order.\n"
        one, two = reference("order.txt", content, more=' Id="S-data"'), reference("again.txt", content)
        (self.folder / "again.txt").write_bytes(content)
        for references, documents in ((one, 1), (one + two, 0)):
            (self.folder / "order.xades").write_text(signer.sign(references, properties=True), encoding="utf-8")
            root = self.verify(0, "order.xades")
            self.assertEqual(documents, len(root.findall(f".//{VR}SignersDocument")))
            for value in root.findall(f".//{VR}SignersDocument/{VR}DigestAlgAndValue/{DS}DigestValue"):
                self.assertEqual(hashlib.sha256(content).digest(), base64.b64decode(value.text))

    def test_nothing_signed(self):
        root = self.verify(5, "order.txt")
        self.assertEqual(["mainindication:total-failed", "subindication:FORMAT_FAILURE"], self.status(root))

    def test_not_over_another_file(self):
        keep = self.folder / "keep.xml"
        keep.write_text("mine")
        command = [SYGNET, "verify", "order.txt.p7s", "--anchors", "root.pem", "--offline", "--report", "keep.xml"]
        p = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        self.assertEqual((1, "mine"), (p.returncode, keep.read_text()))
        self.assertIn("--force", p.stderr)
        subprocess.run([*command, "--force"], cwd=self.folder, capture_output=True, check=True)
        self.assertEqual(VR + "ValidationReport", ET.parse(keep).getroot().tag)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
