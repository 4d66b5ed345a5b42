#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""XML signatures that xmlsec1 makes, verified by us: each key, each canonicalization, each way to refer to a document; and what both say of altered ones.
Usage: xml-verify.py INTEROP-SIGN-FILE"""

import itertools
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from pki import Pki, run
from xmldsig import BASE64, DS, ENVELOPED, EXCLUSIVE, FILTER2, XPATH

SIGN_FILE = sys.argv[1]
MORE = "http://www.w3.org/2001/04/xmldsig-more#"
METHODS = {"rsa3072": (MORE + "rsa-sha256", MORE + "rsa-sha512"), "p256": (MORE + "ecdsa-sha256",), "p384": (MORE + "ecdsa-sha384",)}
DIGESTS = ("http://www.w3.org/2001/04/xmlenc#sha256", MORE + "sha384", "http://www.w3.org/2001/04/xmlenc#sha512")
CANONICAL = ["http://www.w3.org/TR/2001/REC-xml-c14n-20010315", "http://www.w3.org/2006/12/xml-c14n11"]
CANONICAL += [c + "#WithComments" for c in CANONICAL] + [EXCLUSIVE, EXCLUSIVE + "WithComments"]

# What canonical forms differ in: namespaces in and out of scope, xml: attributes, order, references, comments, CDATA, line ends, instructions.
CONTENT = """<?xml version="1.0" encoding="UTF-8"?>
<?before   it?><!-- before -->
<d:doc xmlns:d="urn:example:d" xmlns="urn:example" xmlns:unused="urn:example:unused" xml:lang="pl" xml:base="http://example.org/one/">
  <b z="1" a="&lt;&#9;&quot;&#13;" d:m='"' xmlns:x="urn:example:x" x:y="2"/>
  <c xmlns="" xml:space="preserve">Zażółć gęślą jaźń &#x10FFFF; &amp; <![CDATA[<&>]]>\r\n<!-- a comment --><?pi  data ?></c>
  <part Id="part" d:k="v"><inner xmlns="urn:example:other"><e xmlns="urn:example"/></inner>text</part>
  {signature}
</d:doc>
<?after it?>
<!-- after -->
"""


def template(references, canonical, method, more=""):
    return (f'<ds:Signature xmlns:ds="{DS}">\n<ds:SignedInfo><ds:CanonicalizationMethod Algorithm="{canonical}"/><ds:SignatureMethod Algorithm="{method}"/>'
            f"{references}</ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo><ds:X509Data><ds:X509Certificate/></ds:X509Data></ds:KeyInfo>{more}</ds:Signature>")


def reference(uri, *transforms, digest=DIGESTS[0]):
    """Each transform is its algorithm, or the algorithm and its content."""
    listed = "".join('<ds:Transform Algorithm="%s">%s</ds:Transform>' % (t if isinstance(t, tuple) else (t, "")) for t in transforms)
    listed = f"<ds:Transforms>{listed}</ds:Transforms>" if listed else ""
    return f'<ds:Reference URI="{uri}">{listed}<ds:DigestMethod Algorithm="{digest}"/><ds:DigestValue/></ds:Reference>'


class Xmlsec(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.temporary.name)
        cls.pki = Pki(cls.folder, kinds=tuple(METHODS))

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def sign(self, text, kind="rsa3072", *options):
        (self.folder / "template.xml").write_text(text, encoding="utf-8", newline="")
        run("xmlsec1", "--sign", "--id-attr:Id", "part", "--id-attr:Id", f"{DS}:Object", "--privkey-pem", f"{self.pki.directory / (kind + '-key.pem')},{self.pki.directory / (kind + '.pem')}",
            "--output", self.folder / "signed.xml", *options, self.folder / "template.xml", cwd=self.folder)
        return (self.folder / "signed.xml").read_bytes()

    def verify(self, text, *options):
        (self.folder / "signed.xml").write_bytes(text)
        done = subprocess.run([SIGN_FILE, "verify", self.folder / "signed.xml", "--anchors", self.pki.root, *options], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)

    def peer(self):
        return subprocess.run(["xmlsec1", "--verify", "--id-attr:Id", "part", "--id-attr:Id", f"{DS}:Object", "--enabled-key-data", "x509", "--trusted-pem", self.pki.root,
                               "signed.xml"], capture_output=True, text=True, cwd=self.folder, check=False).returncode == 0

    def passes(self, text, *options, whole=True):
        report = self.verify(text, *options)
        self.assertEqual((report["indication"], report["signatures"][0]["format"], report["signatures"][0]["covers_whole_document"]), ("TOTAL-PASSED", "XMLDSig", whole), report)

    def test_keys(self):
        for kind, methods in METHODS.items():
            for method, digest in itertools.product(methods, DIGESTS):
                with self.subTest(method=method, digest=digest):
                    self.passes(self.sign(CONTENT.format(signature=template(reference("", ENVELOPED, digest=digest), EXCLUSIVE, method)), kind))

    def test_canonical(self):
        """Each of SignedInfo, and each of the document and of a part."""
        for canonical, method in itertools.product(CANONICAL, ("document", "part", "signed info")):
            with self.subTest(canonical=canonical, of=method):
                of = reference("#part", canonical) if method == "part" else reference("", ENVELOPED, canonical if method == "document" else EXCLUSIVE)
                signed = self.sign(CONTENT.format(signature=template(of, canonical if method == "signed info" else EXCLUSIVE, METHODS["p256"][0])), "p256")
                self.passes(signed, whole=method != "part")

    def test_prefixes(self):
        prefixes = f'<e:InclusiveNamespaces xmlns:e="{EXCLUSIVE}" PrefixList="unused #default"/>'
        self.passes(self.sign(CONTENT.format(signature=template(reference("#part", (EXCLUSIVE, prefixes)), EXCLUSIVE, METHODS["p256"][0])), "p256"), whole=False)

    def test_choices(self):
        choices = {
            (XPATH, "<ds:XPath>not(ancestor-or-self::ds:Signature)</ds:XPath>"): True,
            (XPATH, '<ds:XPath xmlns:d="urn:example:d">ancestor-or-self::d:doc and not(ancestor-or-self::ds:Signature)</ds:XPath>'): False,
            (XPATH, "<ds:XPath>ancestor-or-self::*[local-name() = 'part'] and not(self::comment())</ds:XPath>"): False,
            (FILTER2, f'<x:XPath xmlns:x="{FILTER2}" Filter="subtract">//ds:Signature</x:XPath>'): True,
            (FILTER2, f'<x:XPath xmlns:x="{FILTER2}" xmlns:n="urn:example" Filter="intersect">//n:part</x:XPath><x:XPath xmlns:x="{FILTER2}" xmlns:n="urn:example" '
                      'Filter="subtract">//n:e</x:XPath>'): False,
        }
        for choice, whole in choices.items():
            with self.subTest(choice=choice):
                of = reference("", ENVELOPED, choice, EXCLUSIVE)
                self.passes(self.sign(CONTENT.format(signature=template(of, EXCLUSIVE, METHODS["p256"][0])), "p256"), whole=whole)

    def test_enveloping(self):
        for content, transforms in (("<a>1</a>", (EXCLUSIVE,)), ("QUJD\nREVG", (BASE64,)), ("text", ())):
            with self.subTest(content=content):
                of = template(reference("#object", *transforms), EXCLUSIVE, METHODS["p256"][0], f'<ds:Object Id="object">{content}</ds:Object>')
                self.passes(self.sign(of, "p256"))

    def test_detached(self):
        content = self.folder / "content.xml"
        content.write_text("<a  b = '1'><!--2--></a>", encoding="utf-8")
        for transforms in ((), (CANONICAL[0],), (EXCLUSIVE + "WithComments",)):
            with self.subTest(transforms=transforms):
                content.write_text("<a  b = '1'><!--2--></a>", encoding="utf-8")
                signed = self.sign(template(reference("content.xml", *transforms), EXCLUSIVE, METHODS["p256"][0]), "p256")
                # Without its comment it is not the whole file.
                self.passes(signed, "--content", content, whole=transforms != (CANONICAL[0],))
                self.passes(signed, "--content", self.folder, whole=transforms != (CANONICAL[0],))
                content.write_text("<a b='1'></a>", encoding="utf-8")
                report = self.verify(signed, "--content", content)
                expected = "TOTAL-PASSED" if transforms and "Comments" not in transforms[0] else "TOTAL-FAILED"
                self.assertEqual(report["indication"], expected)

    def test_altered(self):
        """We say what xmlsec1 says, but for what it does not look at."""
        signed = self.sign(CONTENT.format(signature=template(reference("", ENVELOPED, EXCLUSIVE), EXCLUSIVE, METHODS["p256"][0])), "p256")
        certificate = range(signed.index(b"<ds:X509Certificate>"), signed.index(b"</ds:KeyInfo>"))
        for i in range(0, len(signed), 23):
            altered = signed[:i] + bytes([signed[i] ^ 1]) + signed[i + 1:]
            report = self.verify(altered)
            with self.subTest(at=i, around=altered[max(0, i - 10):i + 10]):
                if i not in certificate:
                    self.assertEqual(report["indication"] == "TOTAL-PASSED", self.peer(), report)

    def test_jdk(self):
        """The same by another implementation of all of it."""
        (self.folder / "plain.xml").write_text(CONTENT.format(signature=""), encoding="utf-8", newline="")
        methods = [("rsa3072", m) for m in METHODS["rsa3072"] + tuple(f"http://www.w3.org/2007/05/xmldsig-more#sha{n}-rsa-MGF1" for n in (256, 384, 512))]
        methods += [("rsa3072", "http://www.w3.org/2007/05/xmldsig-more#rsa-pss"), ("p256", METHODS["p256"][0]), ("p384", METHODS["p384"][0])]
        jobs = [(kind, method, EXCLUSIVE, EXCLUSIVE) for kind, method in methods] + [("p256", METHODS["p256"][0], a, b) for a in CANONICAL for b in CANONICAL]
        lines = [" ".join(map(str, (self.pki.directory / f"{kind}.p12", method, info, of, self.folder / "plain.xml", self.folder / f"jdk-{n}.xml")))
                 for n, (kind, method, info, of) in enumerate(jobs)]
        said = run("java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", Path(__file__).resolve().parent / "XmlCanonical.java", input="\n".join(lines) + "\n").splitlines()
        self.assertEqual(len(said), len(jobs))
        for n, job in enumerate(jobs):
            with self.subTest(job=job):
                self.assertEqual(said[n], "OK")
                self.passes((self.folder / f"jdk-{n}.xml").read_bytes())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
