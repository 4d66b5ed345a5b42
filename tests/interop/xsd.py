#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The XML that we write, held against schemas by xmllint: XAdES, ASiC's manifests, and the validation report. Which schemas these are, schemas/README.md says.
As a module: check(). Usage: xsd.py INTEROP-SIGN-FILE SYGNET"""

import os
import re
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

import pki
from der import signature_value

FOLDER = Path(__file__).resolve().parent / "schemas"
XMLDSIG = "/usr/share/xml/xmltooling/xmldsig-core-schema.xsd"
# Ours, and the standards' own where somebody has them.
ETSI = {"xades": "XAdES01903v132-201601.xsd", "asic": "en_31916201v010101.xsd", "report": "1910202xmlSchema.xsd"}
SIGNATURE = re.compile(rb"<ds:Signature [\s\S]*?</ds:Signature>")


def schemas(kind):
    found = [FOLDER / f"{kind}.xsd"]
    if "SYGNET_ETSI_XSD" in os.environ:
        found.append(Path(os.environ["SYGNET_ETSI_XSD"]) / ETSI[kind])
    return found


def check(kind, data):
    """What xmllint has against it, or None."""
    for schema in schemas(kind):
        p = subprocess.run(["xmllint", "--nonet", "--noout", "--schema", schema, "-"], input=data, capture_output=True, check=False)
        if p.returncode != 0:
            return p.stderr.decode(errors="replace")
    return None


def check_signatures(data):
    """Of each signature of a document, which may be of any vocabulary."""
    found = SIGNATURE.findall(data)
    return next((words for words in (check("xades", one) for one in found) if words), None) if found else "no signature"


def check_container(path):
    """Of each manifest and each file of signatures in a container."""
    with zipfile.ZipFile(path) as z:
        entries = [z.read(name) for name in z.namelist() if re.fullmatch(r"META-INF/(ASiCManifest|signatures).*\.xml", name)]
    return next((words for words in (check("asic", one) for one in entries) if words), None) if entries else None


class Base(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.temporary.name)
        cls.pki = pki.Pki(cls.folder, ("p256", "rsa3072"))
        cls.password = cls.folder / "password"
        cls.password.write_text("Correct-Horse-7-Battery\n")
        pki.run("openssl", "pkcs12", "-export", "-inkey", cls.folder / "p256-key.pem", "-in", cls.folder / "p256.pem", "-certfile", cls.pki.root, "-passout",
                f"file:{cls.password}", "-out", cls.folder / "closed.p12")
        cls.document = cls.folder / "order of today.xml"
        cls.document.write_text('<order xmlns="urn:example:order"><id>1/2026</id><!-- < --><value/></order>\n')
        cls.tsa = Authority(cls.folder / "tsa")

    @classmethod
    def tearDownClass(cls):
        cls.tsa.close()
        cls.temporary.cleanup()

    def sygnet(self, *command, code=0):
        p = subprocess.run([SYGNET, *map(str, command)], capture_output=True, text=True, check=False, cwd=self.folder, env={"XDG_DATA_HOME": str(self.folder), "LC_ALL": "C.UTF-8"})
        self.assertEqual(code, p.returncode, p.stderr)

    def sign(self, *options, files=()):
        out = self.folder / "signed"
        out.unlink(missing_ok=True)
        self.sygnet("sign", "-c", "closed.p12", "--password-file", self.password, "-o", out, *options, *(files or (self.document,)))
        return out

    def stamp(self):
        return ("--timestamp", self.tsa.url("good"), "--timestamp-anchors", self.tsa.root)


class Xades(Base):
    def test_forms(self):
        for form in ("xades", "xades-enveloping", "xades-detached"):
            for kind in ("p256", "rsa3072"):
                with self.subTest(form, kind=kind):
                    out = self.folder / "plain"
                    pki.run(SIGN_FILE, "document", self.pki.key(kind), self.pki.chain(kind), form, out, self.document)
                    self.assertIsNone(check_signatures(out.read_bytes()))

    def test_choices(self):
        rows = (("--role", "Kierownik zażółć"), ("--location", "Łódź"), ("--role", "<a&b>", "--location", "Łódź"), ("--xml-canonical", "inclusive-1.1"),
                ("--xml-element", "//*[local-name()='id']"), ("--profile", "customs"), ("--format", "xades-enveloping", "--role", "Kierownik"))
        for options in rows:
            with self.subTest(options):
                self.assertIsNone(check_signatures(self.sign(*(() if "--format" in options else ("--format", "xades")), *options).read_bytes()))

    def test_login(self):
        login = self.folder / "login.xml"
        login.write_text('<AuthTokenRequest xmlns="http://ksef.mf.gov.pl/auth/token/2.0"><Challenge>20250625-CR-20F5EE4000-DA48AE4124-46</Challenge><ContextIdentifier>'
                         "<Nip>5250000000</Nip></ContextIdentifier><SubjectIdentifierType>certificateSubject</SubjectIdentifierType></AuthTokenRequest>\n")
        for form in ("xades", "xades-enveloping"):
            self.assertIsNone(check_signatures(self.sign("--profile", "ksef", "--format", form, files=(login,)).read_bytes()))

    def test_parallel(self):
        first = self.folder / "first.xml"
        self.sign("--format", "xades", "--xml-parallel").rename(first)
        both = self.sign("--format", "xades", "--xml-parallel", files=(first,)).read_bytes()
        self.assertEqual(2, len(SIGNATURE.findall(both)))
        self.assertIsNone(check_signatures(both))

    def test_timestamps(self):
        """Level B-T: at once, and later."""
        at_once = self.sign("--format", "xades", *self.stamp())
        self.assertEqual(1, at_once.read_bytes().count(b"<xades:SignatureTimeStamp>"))
        self.assertIsNone(check_signatures(at_once.read_bytes()))
        for form in ("xades", "xades-enveloping", "xades-detached"):
            later = self.sign("--format", form)
            self.sygnet("extend", later, *self.stamp())
            self.assertEqual(1, later.read_bytes().count(b"<xades:SignatureTimeStamp>"))
            self.assertIsNone(check_signatures(later.read_bytes()))

    def test_refused(self):
        """Schemas that let everything pass would show nothing: without each element that must be there, with one more, and in another order."""
        good = SIGNATURE.findall(self.sign("--format", "xades-enveloping", "--role", "Kierownik", "--location", "Łódź", *self.stamp()).read_bytes())[0]
        self.assertIsNone(check("xades", good))
        for name in (b"SigningTime", b"SigningCertificateV2", b"CertDigest", b"SignedSignatureProperties", b"SignedDataObjectProperties", b"DataObjectFormat", b"MimeType",
                     b"City", b"ClaimedRoles", b"ClaimedRole", b"EncapsulatedTimeStamp"):
            with self.subTest(name.decode()):
                bad = re.sub(rb"<xades:" + name + rb"[ >][\s\S]*</xades:" + name + rb">", b"", good)
                self.assertNotEqual(good, bad)
                self.assertIn(b"Schemas validity error", (check("xades", bad) or "").encode())
        time = re.search(rb"<xades:SigningTime>.*?</xades:SigningTime>", good)[0]
        for bad in (good.replace(time, time + time), good.replace(time, b"").replace(b"</xades:SigningCertificateV2>", b"</xades:SigningCertificateV2>" + time),
                    good.replace(time, b"<xades:SigningTime>today</xades:SigningTime>"), good.replace(b" Target=", b" target="), good.replace(b"ObjectReference=\"#", b"ObjectReference=\"")):
            self.assertIn("Schemas validity error", check("xades", bad) or "")


class Asic(Base):
    def test_containers(self):
        names = [self.document]
        for name in ("zażółć 100%.csv", "b:c.txt", "empty.bin"):
            names.append(self.folder / name)
            names[-1].write_text(name if name != "empty.bin" else "")
        for form in ("asic-s", "asic-s-xades", "asic-e", "asic-e-xades"):
            files = names if form.startswith("asic-e") else names[:1]
            for kind in ("p256", "rsa3072"):
                with self.subTest(form, kind=kind):
                    out = self.folder / "container"
                    pki.run(SIGN_FILE, "document", self.pki.key(kind), self.pki.chain(kind), form, out, *files)
                    self.assertIsNone(check_container(out))
            with self.subTest(form, level="B-T, and a further signature"):
                out = self.sign("--format", form, *self.stamp(), files=files)
                self.assertIsNone(check_container(out))
                if form != "asic-s-xades":  # which takes no further one
                    more = self.folder / "more.asic"
                    out.rename(more)
                    out = self.sign("--add", files=(more,))
                    self.assertIsNone(check_container(out))
                    self.sygnet("extend", out, *self.stamp())
                    self.assertIsNone(check_container(out))

    def test_refused(self):
        with zipfile.ZipFile(self.sign("--format", "asic-e")) as z:
            good = z.read(next(n for n in z.namelist() if "ASiCManifest" in n))
        self.assertIsNone(check("asic", good))
        file = re.search(rb"<asic:DataObjectReference[\s\S]*?</asic:DataObjectReference>", good)[0]
        for bad in (good.replace(file, b""), good.replace(b"SigReference", b"sigReference"), good.replace(b"<ds:DigestMethod", b"<ds:digestMethod"), good.replace(file, file + file),
                    re.sub(rb"<asic:SigReference[^>]*>", b"", good), re.sub(rb"(<asic:DataObjectReference) URI=\"", rb'\1 URI="/', good)):
            self.assertNotEqual(good, bad)
            self.assertIsNotNone(check("asic", bad))


class Report(Base):
    def report(self, code, *options):
        self.sygnet("verify", "--anchors", self.pki.root, "--offline", "--report", "report.xml", "--force", *options, code=code)
        return (self.folder / "report.xml").read_bytes()

    def test_reports(self):
        signed = self.sign("--format", "xades-enveloping")
        self.assertIsNone(check("report", self.report(0, signed)))
        self.sygnet("extend", signed, *self.stamp())
        self.assertIsNone(check("report", self.report(0, signed, "--anchors", self.tsa.root)))
        self.assertIsNone(check("report", self.report(5, self.document)))
        data = signed.read_bytes()
        value = re.search(rb"<ds:SignatureValue[^>]*>", data)[0]
        signed.write_bytes(data.replace(value, value + b"AAAA"))
        self.assertIsNone(check("report", self.report(5, signed)))
        other = self.folder / "other.txt"
        other.write_text("other\n")
        self.sign("--format", "cades").rename(self.folder / "order.p7s")
        self.assertIsNone(check("report", self.report(0, "order.p7s", "--content", self.document)))
        self.assertIsNone(check("report", self.report(5, "order.p7s", "--content", other)))
        self.assertTrue(signature_value((self.folder / "order.p7s").read_bytes()))
        self.assertIsNone(check("report", self.report(0, self.sign("--format", "asic-e", files=(self.document, other)))))

    def test_refused(self):
        good = self.report(0, self.sign("--format", "xades-enveloping"))
        for name in (b"SignatureValidationStatus", b"MainIndication", b"ValidationTime", b"BestSignatureTime", b"POETime", b"HashOnly", b"SignerCertificate", b"ObjectType"):
            with self.subTest(name.decode()):
                bad = re.sub(rb"<vr:" + name + rb"( [^>]*)?(/>|>[\s\S]*?</vr:" + name + rb">)", b"", good)
                self.assertNotEqual(good, bad)
                self.assertIsNotNone(check("report", bad))
        self.assertIsNotNone(check("report", good.replace(b'VOReference="certificate-1"', b'VOReference="certificate-9"')))


if __name__ == "__main__":
    SIGN_FILE, SYGNET = (str(Path(p).absolute()) for p in sys.argv[1:3])
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))
    from tsa import Authority
    unittest.main(argv=sys.argv[:1], verbosity=2)
