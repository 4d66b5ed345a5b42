#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""XAdES of ours before xmlsec1, the JDK's javax.xml.crypto.dsig, Apache Santuario and ourselves, for each kind of key and form; what it prints is the table of who accepts what, with
a peer's own words where it does not know the algorithm. And with each choice that the client offers: canonicalization, element, place, further signatures, profiles. What others sign is in xml-verify.py.

Usage: xades.py SYGNET"""

import json
import os
import subprocess
import sys
import tempfile
import unittest
import xml.dom.minidom
from pathlib import Path

import pki

SYGNET = sys.argv[1]
HERE = Path(__file__).resolve().parent
PASSWORD = "Correct-Horse-7-Battery"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
JARS = ":".join(f"/usr/share/java/{jar}.jar" for jar in ("xmlsec", "bcprov", "commons-codec", "slf4j-api", "slf4j-nop"))

# A kind of key: whose it is, and the client's further options.
KINDS = {
    "RSA-3072": ("rsa3072", ()),
    "RSA-PSS": ("rsa3072", ("--rsa-pss",)),
    "RSA-PSS-384": ("pss384", ()),
    "P-256": ("p256", ()),
    "P-384": ("p384", ()),
    "Ed25519": ("ed25519", ()),
}
FORMS = ("xades", "xades-enveloping", "xades-detached")
PEERS = ("xmlsec1", "JDK", "Santuario", "ourselves")

# What a peer of Debian 12 does not know, and a part of its own error; everything else must be accepted.
UNKNOWN = {
    ("RSA-PSS", "xmlsec1"): "sha256-rsa-MGF1",
    ("RSA-PSS-384", "xmlsec1"): "sha384-rsa-MGF1",
    ("Ed25519", "xmlsec1"): "eddsa-ed25519",
    ("Ed25519", "Santuario"): "eddsa-ed25519",
}

DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<!-- of before -->
<z:zgłoszenie xmlns:z="urn:example:declaration" xmlns="urn:example:default" xmlns:ds="urn:example:not-dsig" xml:lang="pl" z:b='2' a="1">
  <towar Id="first"><![CDATA[<żółty>]]> &amp; inne </towar>
  <towar/><!-- </towar> -->
  <?pi > ?>
  <podpisy miejsce=">"/>
</z:zgłoszenie>
<!-- of after -->
"""
LOGIN = """<?xml version="1.0" encoding="utf-8"?>
<AuthTokenRequest xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="http://ksef.mf.gov.pl/auth/token/2.0">
  <Challenge>20250625-CR-20F5EE4000-DA48AE4124-46</Challenge>
  <ContextIdentifier><Nip>5250000000</Nip></ContextIdentifier>
  <SubjectIdentifierType>certificateSubject</SubjectIdentifierType>
</AuthTokenRequest>
"""


def java(peer, files):
    p = subprocess.run(["java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", JARS, HERE / "XmlVerify.java", peer, *files], capture_output=True, text=True, check=False)
    lines = p.stdout.splitlines()
    if len(lines) != len(files):
        raise AssertionError(p.stdout + p.stderr)
    return lines


class Base(unittest.TestCase):
    count = 0

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.directory = Path(cls.temporary.name)
        cls.pki = pki.Pki(cls.directory, {key for key, _ in KINDS.values()})
        for key, _ in KINDS.values():
            pki.run("openssl", "pkcs12", "-export", "-inkey", cls.directory / f"{key}-key.pem", "-in", cls.directory / f"{key}.pem", "-certfile", cls.pki.root,
                    "-passout", f"pass:{PASSWORD}", "-out", cls.directory / f"{key}-closed.p12")
        cls.password = cls.directory / "password"
        cls.password.write_text(PASSWORD + "\n")
        cls.document = cls.directory / "declaration of today.xml"
        cls.document.write_text(DOCUMENT)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def sign(self, *options, document=None, key="p256"):
        Base.count += 1
        out = self.directory / f"signed-{Base.count}.xml"
        p = subprocess.run([SYGNET, "sign", "-c", self.directory / f"{key}-closed.p12", "--password-file", self.password, "-o", out, *options,
                            document or self.document], capture_output=True, text=True, check=False, env={"XDG_DATA_HOME": str(self.directory), "LC_ALL": "C.UTF-8"})
        self.assertEqual(p.returncode, 0, p.stderr)
        return out

    def xmlsec1(self, file, *options):
        """What it says is wrong, or OK."""
        p = subprocess.run(["xmlsec1", "verify", "--trusted-pem", self.pki.root, "--id-attr:Id", f"{XADES}:SignedProperties", "--id-attr:Id", f"{DSIG}:Object", *options,
                            file], capture_output=True, text=True, check=False, cwd=self.directory)
        return "OK" if p.returncode == 0 else p.stderr or "failed"

    def report(self, file):
        content = ("--content", self.document) if "URI=\"declaration" in file.read_text(errors="replace") else ()
        p = subprocess.run([SYGNET, "verify", file, "--anchors", self.pki.root, "--json", "--offline", *content], capture_output=True, text=True, check=False)
        return json.loads(p.stdout)

    def ourselves(self, file):
        report = self.report(file)
        if report["indication"] != "TOTAL-PASSED":
            return f"{report['indication']}: {report['reason']}"
        levels = {(s["format"], s["level"]) for s in report["signatures"]}
        return "OK" if levels == {("XAdES", "B-B")} else str(levels)

    def verdicts(self, files):
        return {"xmlsec1": [self.xmlsec1(f) for f in files], "JDK": java("jdk", files), "Santuario": java("santuario", files),
                "ourselves": [self.ourselves(f) for f in files]}

    def assert_accepted(self, files):
        for peer, lines in self.verdicts(files).items():
            for file, line in zip(files, lines):
                self.assertEqual(line, "OK", f"{peer}: {file.read_text(errors='replace')}" if line != "OK" else None)


class Table(Base):
    """Each kind of key in each form."""

    @classmethod
    def tearDownClass(cls):
        print("%-12s %s" % ("we sign", " ".join("%-26s" % peer for peer in PEERS)))
        for kind, cells in cls.cells.items():
            print("%-12s %s" % (kind, " ".join("%-26s" % cell for cell in cells)))
        super().tearDownClass()

    cells = {}

    def test_kinds(self):
        files = {kind: [self.sign("--format", form, *options, key=key) for form in FORMS] for kind, (key, options) in KINDS.items()}
        verdicts = self.verdicts([f for of_kind in files.values() for f in of_kind])
        for i, kind in enumerate(KINDS):
            self.cells[kind] = []
            for peer in PEERS:
                lines = verdicts[peer][i * len(FORMS):(i + 1) * len(FORMS)]
                unknown = UNKNOWN.get((kind, peer))
                self.cells[kind].append(f"it knows no {unknown}" if unknown else "accepted")
                for form, line in zip(FORMS, lines):
                    with self.subTest(kind=kind, peer=peer, form=form):
                        self.assertIn(unknown or "OK", line)

    def test_altered(self):
        """Peers that accept everything would make the table worthless."""
        altered = []
        for form in FORMS:
            text = self.sign("--format", form).read_text()
            out = self.directory / f"altered-{form}.xml"
            digest = text.index("<ds:DigestValue>") + len("<ds:DigestValue>")
            out.write_text(text[:digest] + ("A" if text[digest] != "A" else "B") + text[digest + 1:])
            altered.append(out)
        out = self.directory / "altered-content.xml"
        out.write_text(self.sign("--format", "xades").read_text().replace("inne", "cudze"))
        for peer, lines in self.verdicts(altered + [out]).items():
            for line in lines:
                self.assertNotEqual(line, "OK", peer)


class Choices(Base):
    """What can be chosen, with every canonicalization."""

    methods = ("exclusive", "inclusive", "inclusive-1.1")

    def test_canonical(self):
        files = []
        for method in self.methods:
            for options in ((), ("--xml-parallel",), ("--xml-element", "//default:towar[2]"), ("--xml-place", "//default:podpisy"),
                            ("--xml-element", "//default:towar[2]", "--xml-place", "//default:podpisy", "--role", "Główna księgowa & <inni>", "--location", "Łódź")):
                files.append(self.sign("--xml-canonical", method, "--format", "xades", *options))
        self.assert_accepted(files)

    def test_element_by_identifier(self):
        for method in self.methods:
            file = self.sign("--xml-canonical", method, "--xml-element", "//default:towar[1]")
            self.assertIn('URI="#first"', file.read_text())
            self.assertEqual(self.xmlsec1(file, "--id-attr:Id", "urn:example:default:towar"), "OK")
            self.assertEqual(java("jdk", [file]), ["OK"])

    def test_several(self):
        """Three signatures of one document, all of them sound in the end."""
        file = self.document
        for method in self.methods:
            file = self.sign("--xml-parallel", "--xml-canonical", method, document=file)
        self.assertEqual(file.read_text().count("<ds:Signature "), 3)
        self.assertEqual(java("jdk", [file]) + java("santuario", [file]), ["OK", "OK"])
        for i in range(1, 4):
            self.assertEqual(self.xmlsec1(file, "--node-xpath", f"(//*[local-name()='Signature'])[{i}]"), "OK")

    def test_document_stays(self):
        text = self.sign("--format", "xades").read_text()
        start, end = text.index("<ds:Signature "), text.index("</ds:Signature>") + len("</ds:Signature>")
        self.assertEqual(text[:start] + text[end:], DOCUMENT)

    def test_other_encoding(self):
        document = self.directory / "latin2.xml"
        document.write_bytes('<?xml version="1.0" encoding="ISO-8859-2"?>\n<faktura miasto="Łódź">żółć</faktura>\n'.encode("iso8859-2"))
        self.assert_accepted([self.sign("--format", "xades", "--role", "Właściciel €", document=document)])


def corpus():
    root = os.environ.get("SYGNET_CORPORA") or HERE.parents[2] / "shared" / "corpora"
    return sorted((Path(root) / "open" / "xml-unsigned").glob("*.xml"))


class Schemas(Base):
    """The form that the schema of XML Signature gives; XAdES's is in xsd.py."""

    folder = Path("/usr/share/xml/xmltooling")

    def validate(self, schema, file):
        p = subprocess.run(["xmllint", "--nonet", "--noout", "--schema", schema, file], capture_output=True, text=True, check=False)
        self.assertEqual(p.returncode, 0, p.stderr)

    def signatures(self):
        for form in FORMS[1:]:
            yield self.sign("--format", form, "--role", "Kierownik", "--location", "Łódź")
        text = self.sign("--xml-element", "//default:towar[2]", "--xml-parallel").read_text()
        alone = self.directory / "alone.xml"
        alone.write_text(text[text.index("<ds:Signature "):text.index("</ds:Signature>")] + "</ds:Signature>")
        yield alone

    def test_xmldsig(self):
        for file in self.signatures():
            self.validate(self.folder / "xmldsig-core-schema.xsd", file)


class Documents(Base):
    """Invoices and declarations of the corpus, where there is one."""

    if corpus():
        def test_corpus(self):
            for method in ("exclusive", "inclusive-1.1"):
                self.assert_accepted([self.sign("--format", "xades", "--xml-canonical", method, document=file) for file in corpus()])


class Profiles(Base):
    def test_ksef(self):
        login = self.directory / "login.xml"
        login.write_text(LOGIN)
        files = [self.sign("--profile", "ksef", "--format", form, document=login, key=key) for form in FORMS[:2] for key in ("p256", "rsa3072")]
        self.assert_accepted(files)
        for file in files:
            root = xml.dom.minidom.parse(str(file)).documentElement
            names = [e.localName for e in root.getElementsByTagName("*")]
            # The request itself is there, within or around, not encoded; and what the ministry's documents ask for of a signature.
            self.assertIn("Challenge", names)
            self.assertIn("SigningCertificateV2", names)
            self.assertIn("SigningTime", names)
            self.assertNotIn("sha1", file.read_text())

    def test_customs(self):
        self.assert_accepted([self.sign("--profile", "customs", key=key) for key in ("p256", "rsa3072")])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
