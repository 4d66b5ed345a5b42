#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""XML signatures that were made, moved or changed to deceive: each is refused, and for its own reason. Beside each stands the document that it was made
from, which passes. Usage: xml-attacks.py INTEROP-SIGN-FILE"""

import base64
import calendar
import hashlib
import hmac
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import xmldsig
from pki import Pki
from xmldsig import (BASE64, COUNTERSIGNED, C14N, DS, ENVELOPED, EXCLUSIVE, FILTER2, SHA256, SIGNED_PROPERTIES, XADES, Authority, Signer, parts, reference, transform,
                     xpath)

SIGN_FILE = sys.argv[1]


class Attacks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.temporary.name)
        cls.pki = Pki(cls.folder, kinds=("p256", "rsa3072"))
        cls.signer = Signer(cls.pki)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def verify(self, text, *options):
        path = self.folder / "document.xml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([SIGN_FILE, "verify", path, "--anchors", self.pki.root, *options], capture_output=True, text=True, timeout=120)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.assertLess(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 10)
        return json.loads(done.stdout)

    def passes(self, text, *options, whole=True, fmt="XAdES", level="B-B", n=1):
        report = self.verify(text, *options)
        self.assertEqual((report["indication"], len(report["signatures"])), ("TOTAL-PASSED", n), report)
        signature = report["signatures"][0]
        self.assertEqual((signature["format"], signature["level"], signature["covers_whole_document"]), (fmt, level, whole), report)
        return report

    def refused(self, text, subindication, reason, *options, integrity=False):
        report = self.verify(text, *options)
        self.assertEqual(report["subindication"], subindication, report)
        self.assertIn(reason, report["reason"])
        self.assertNotEqual(report["indication"], "TOTAL-PASSED")
        if not integrity:
            self.assertFalse(any(s["integrity"] for s in report["signatures"]), report)
        return report

    # What is honest.

    def test_honest(self):
        self.passes(self.signer.enveloped())
        self.passes(Signer(self.pki, "p256").enveloped())
        self.passes(self.signer.enveloping())
        self.passes(self.signer.enveloped(transforms=xpath("not(ancestor-or-self::ds:Signature)") + transform(EXCLUSIVE)))
        self.passes(self.signer.enveloped(properties=None), fmt="XMLDSig", level=None)
        self.passes("\ufeff" + self.signer.enveloped())
        self.passes(self.signer.enveloped("<a>ąę", "</a>").encode("utf-16"))

    def test_each_octet(self):
        """Of what is signed none can be changed, and of what is not, none makes anything else pass."""
        text = self.signer.enveloped()
        signed = self.verify(text)["signatures"][0]
        for i in range(0, len(text), 61):
            for octet in (chr(ord(text[i]) ^ 1), " ", "<"):
                report = self.verify(text[:i] + octet + text[i + 1:])
                if report["indication"] == "TOTAL-PASSED":
                    found = report["signatures"][0]
                    self.assertEqual([found[k] for k in ("signing_time", "signer", "covers_whole_document")],
                                     [signed[k] for k in ("signing_time", "signer", "covers_whole_document")], text[i - 20:i + 20])

    # Wrapping: what was signed stands elsewhere, and something else in its place.

    def element(self, name="x"):
        """A document of which an element is signed, by its identifier."""
        inner = f'<b Id="{name}">1</b>'
        return inner, self.signer.sign(reference(f"#{name}", inner, transform(EXCLUSIVE), more=' Id="S-data"'), properties=True)

    def test_element_alone(self):
        inner, signature = self.element()
        report = self.passes(f"<a>{inner}{signature}</a>", whole=False)
        self.assertEqual(report["signatures"][0]["elements"], ["#x"])
        self.assertNotIn("elements", self.passes(self.signer.enveloped())["signatures"][0])

    def test_moved_element(self):
        """What was moved into an object or beside still is what was signed; that the rest is not, is said."""
        inner, signature = self.element()
        moved = signature.replace("</ds:Signature>", f"<ds:Object>{inner}</ds:Object></ds:Signature>")
        self.passes(f"<a><b>2</b>{moved}</a>", whole=False)
        self.passes(f"<a><b>2</b><c>{inner}</c>{signature}</a>", whole=False)

    def test_moved_document(self):
        """The signed document as a whole inside another."""
        inner = '<b Id="x">1</b>'
        signature = self.signer.sign(reference("#x", inner, transform(ENVELOPED) + transform(EXCLUSIVE), more=' Id="S-data"'), properties=True)
        self.passes(inner.replace("</b>", signature + "</b>"))
        self.passes(f"<evil>{signature}<hidden>{inner}</hidden></evil>", whole=False)
        self.refused("<evil>" + self.signer.enveloped() + "</evil>", "HASH_FAILURE", "changed after it was signed")

    def test_duplicate_id(self):
        inner, signature = self.element()
        for other in ('<b Id="x">2</b>', '<c ID="x"/>', '<c id="x"/>', '<c xml:id="x"/>', '<c><d Id="x"/></c>'):
            self.refused(f"<a>{other}{inner}{signature}</a>", "FORMAT_FAILURE", "identifier another element bears")
            self.refused(f"<a>{inner}{signature}{other}</a>", "FORMAT_FAILURE", "identifier another element bears")
        properties = self.signer.sign(reference("#x", inner, transform(EXCLUSIVE)), properties=True)
        self.refused(f'<a>{inner}{properties}<c Id="S-properties"/></a>', "FORMAT_FAILURE", "identifier another element bears")

    def test_comment_in_id(self):
        """A comment cannot split what is compared: identifiers are attributes, and texts are read without comments as they are signed without."""
        inner, signature = self.element()
        self.refused(f'<a><b Id="x<!---->">1</b>{signature}</a>', "FORMAT_FAILURE", "malformed and cannot be read")
        text = self.signer.enveloped()
        before, time_, after = parts(text, "<xades:SigningTime>", "</xades:SigningTime>")
        commented = time_.replace("2026", "20<!--99-->26")
        self.assertEqual(self.verify(before + commented + after)["signatures"][0]["signing_time"], "2026-01-31T12:00:00Z")

    def test_dangling(self):
        digest = self.signer.sign(reference("#nowhere", "", transform(EXCLUSIVE)), properties=True)
        self.refused(f"<a>{digest}</a>", "SIGNED_DATA_NOT_FOUND", "element that is not in the document")
        for uri in ("#", "#xpointer(id('x')/..)", "#xpointer(//b)", "#element(/1)", "#xmlns(a=b)xpointer(/)"):
            self.refused(f"<a>{self.signer.sign(reference(uri, '', transform(EXCLUSIVE)))}</a>", "SIGNED_DATA_NOT_FOUND", " ")
        self.refused(f"<a>{self.signer.sign(reference(None, '<a></a>', transform(EXCLUSIVE)))}</a>", "SIGNED_DATA_NOT_FOUND", "was not given")

    def test_xpointer(self):
        inner = '<b Id="x">1<!--2--></b>'
        for uri in ("#xpointer(id('x'))", '#xpointer(id(&quot;x&quot;))'):
            signature = self.signer.sign(reference(uri, inner, transform(EXCLUSIVE + "WithComments")), properties=True)
            self.passes(f"<a>{inner}{signature}</a>", whole=False)
        # Without it comments are not signed, whatever the canonical form could have.
        signature = self.signer.sign(reference("#x", '<b Id="x">1</b>', transform(EXCLUSIVE + "WithComments")), properties=True)
        self.passes(f"<a>{inner}{signature}</a>", whole=False)

    def test_fake_object(self):
        text = self.signer.enveloping()
        before, inner, after = parts(text, '<ds:Object xmlns:ds', "</ds:Object>")
        evil = '<ds:Object Id="evil"><a>2</a></ds:Object>'
        self.refused(f"{before}{evil}<ds:Object><wrapper>{inner}</wrapper></ds:Object>{after}", "SIGNED_DATA_NOT_FOUND", "moved away from its place")
        self.passes(f"{before}{evil}{inner}{after}", whole=False)
        self.passes(f"{before}{inner}<ds:Object>text</ds:Object>{after}", whole=False)
        # Outside of signatures it is an element as any other. What is called an object is one, or the keys.
        self.passes(f"<w>{inner}{before}{evil}{after}</w>", whole=False)
        self.refused(f"<w>{inner.replace('1</a>', '2</a>')}{before}{evil}{after}</w>", "HASH_FAILURE", "changed after it was signed")
        other = Signer(self.pki, "p256").enveloping(name="T", objects=inner)
        self.refused(f"<w>{other}{before}{evil}{after}</w>", "SIGNED_DATA_NOT_FOUND", "moved away from its place", integrity=True)
        key_info = self.key_info_text().replace(f' xmlns:ds="{DS}"', "")
        keyed = reference("", "<a></a>", transform(ENVELOPED) + transform(EXCLUSIVE), more=' Id="S-data"') + reference("#K", self.key_info_text(), transform(EXCLUSIVE), DS + "Object")
        self.passes(f"<a>{self.signer.sign(keyed, properties=True, key_info=key_info)}</a>")
        called = self.signer.sign(reference("#x", '<b Id="x">1</b>', transform(EXCLUSIVE), DS + "Object"), properties=True)
        self.refused(f'<a><b Id="x">1</b>{called}</a>', "SIGNED_DATA_NOT_FOUND", "moved away from its place")
        self.refused(f"{before}{inner}<evil/>{after}", "FORMAT_FAILURE", "structure")
        self.refused(f"{before}{inner}text{after}", "FORMAT_FAILURE", "structure")

    def test_hidden_in_signature(self):
        """What an enveloped signature takes out may hold nothing else."""
        text = self.signer.enveloped()
        self.passes(text.replace("</ds:Signature>", "<ds:Object><evil/></ds:Object></ds:Signature>"), whole=False)
        everything = self.signer.enveloped(transforms=xpath("not(ancestor-or-self::ds:Signature)") + transform(EXCLUSIVE))
        fake = f'<ds:Signature xmlns:ds="{DS}"><evil>2</evil></ds:Signature>'
        report = self.refused(everything.replace("</a>", fake + "</a>"), "FORMAT_FAILURE", "structure", integrity=True)
        self.assertEqual([s["covers_whole_document"] for s in report["signatures"]], [False, False])

    def test_hidden_beside_properties(self):
        """Nor may it hide among what nobody signs: keys, and unsigned properties."""
        evil = "<a><b>2</b></a>"
        text = self.signer.enveloped(unsigned="<xades:SignerRole/>")
        self.passes(text)
        for where in ("</ds:KeyInfo>", "</xades:UnsignedSignatureProperties>", "</xades:UnsignedProperties>"):
            self.passes(text.replace(where, evil + where), whole=False)
        wrapped = f"<xades:CounterSignature><ds:Object>{evil}</ds:Object></xades:CounterSignature></xades:UnsignedSignatureProperties>"
        self.passes(text.replace("</xades:UnsignedSignatureProperties>", wrapped), whole=False)
        self.passes(self.signer.enveloping().replace("</ds:KeyInfo>", evil + "</ds:KeyInfo>"), whole=False)
        everything = self.signer.enveloped(transforms=xpath("not(ancestor-or-self::ds:Signature)") + transform(EXCLUSIVE))
        other = self.signer.enveloping(name="T", objects="", content="").replace("</ds:KeyInfo>", evil + "</ds:KeyInfo>")
        report = self.verify(everything.replace("</a>", other + "</a>"))
        self.assertEqual(report["signatures"][0]["covers_whole_document"], False, report)
        # What the signer says in signed properties is signed.
        self.passes(self.signer.enveloped(properties=self.signer.properties(more=evil)))

    def test_style_sheet(self):
        """A processing instruction before the root shows another document; it is signed with the document, and not with the root alone."""
        sheet = '<?xml-stylesheet href="evil.xsl" type="text/xsl"?>'
        self.refused(sheet + self.signer.enveloped(), "HASH_FAILURE", "changed after it was signed")
        self.refused(self.signer.enveloped() + sheet, "HASH_FAILURE", "changed after it was signed")
        inner = '<b Id="x">1</b>'
        signature = self.signer.sign(reference("#x", inner, transform(ENVELOPED) + transform(EXCLUSIVE), more=' Id="S-data"'), properties=True)
        text = inner.replace("</b>", signature + "</b>")
        self.passes("<!-- a comment -->" + text)
        self.passes(sheet + text, whole=False)

    def test_signature_of_itself(self):
        """A reference to parts of the signature itself is of nothing."""
        key_info = self.key_info_text().replace(' Id="K"', "")
        chosen = transform(FILTER2, f'<XPath xmlns="{FILTER2}" Filter="intersect">//*[local-name()="KeyInfo"]</XPath>') + transform(EXCLUSIVE)
        self.refused(f"<a>{self.signer.sign(reference('#S', key_info, chosen), properties=True)}</a>", "SIGNED_DATA_NOT_FOUND", "of nothing but itself")

    # Properties.

    def test_fake_properties(self):
        text = self.signer.enveloped()
        before, own, after = parts(text, "<xades:SignedProperties", "</xades:SignedProperties>")
        fake = self.signer.properties(time="2031-01-01T00:00:00Z", identifier="fake")
        self.refused(before + fake + after.replace("</ds:Signature>", f"<ds:Object>{own}</ds:Object></ds:Signature>"), "SIGNED_DATA_NOT_FOUND", "moved away from its place")
        self.refused(before + fake + own + after, "FORMAT_FAILURE", "properties are malformed")
        before, qualifying, after = parts(text, "<ds:Object><xades:QualifyingProperties", "</ds:Object>")
        self.refused(before + qualifying.replace("S-properties", "T-properties") + qualifying + after, "FORMAT_FAILURE", "several sets")
        self.refused(text.replace('Target="#S"', 'Target="#T"'), "FORMAT_FAILURE", "belong to another signature")
        self.refused(text.replace(' Target="#S"', ""), "FORMAT_FAILURE", "belong to another signature")

    def test_unsigned_properties(self):
        """Properties that stand there and that no reference is of; or one that is of a part of them."""
        text = self.signer.enveloped(properties=None)
        properties = self.signer.properties()
        added = f'<ds:Object><xades:QualifyingProperties xmlns:xades="{XADES}" Target="#S">{properties}</xades:QualifyingProperties></ds:Object></ds:Signature>'
        self.refused(text.replace("</ds:Signature>", added), "FORMAT_FAILURE", "are not signed")
        part = reference("#S-properties", "", transform(EXCLUSIVE) + transform(BASE64), SIGNED_PROPERTIES)
        for transforms in (xpath("self::text()"), transform(FILTER2, f'<XPath xmlns="{FILTER2}" Filter="intersect">//text()</XPath>')):
            part = reference("", "<a><b>1</b></a>", transform(ENVELOPED) + transform(EXCLUSIVE)) + reference("#S-properties", "x", transforms, SIGNED_PROPERTIES)
            signature = self.signer.sign(part).replace("</ds:Signature>", added)
            self.assertNotEqual(self.verify(f"<a><b>1</b>{signature}</a>")["indication"], "TOTAL-PASSED")

    def test_chosen_properties(self):
        """XAdES 1.1.1 signs its properties by an expression: the signature's own, as they stand, and all of them."""
        own = "//*[@Id='S-properties']"
        properties = self.signer.properties()
        qualifying = f'<ds:Object><xades:QualifyingProperties xmlns:xades="{XADES}" Target="#S">{{}}</xades:QualifyingProperties></ds:Object>'
        data = reference("", "<a></a>", transform(ENVELOPED) + transform(EXCLUSIVE), more=' Id="S-data"')

        def text(expression, kind="intersect", signed=properties, there=properties, more="", before=""):
            chosen = transform(FILTER2, f'<x:XPath xmlns:x="{FILTER2}" Filter="{kind}">{expression}</x:XPath>{more}') + transform(EXCLUSIVE)
            return f"<a>{before}{self.signer.sign(data + reference('', signed, chosen, SIGNED_PROPERTIES), qualifying.format(there))}</a>"

        self.passes(text(own))
        self.refused(text(own, there=self.signer.properties(time="2031-01-01T00:00:00Z")), "HASH_FAILURE", "changed after it was signed")
        for wrong in (text(own + "/*[1]"), text(own + "|//ds:KeyInfo"), text(own, kind="subtract"), text("//b[1]", before=properties),
                      text(own, more=f'<x:XPath xmlns:x="{FILTER2}" Filter="subtract">//text()</x:XPath>'), text("//nothing")):
            self.assertFalse(self.verify(wrong)["signatures"][0]["integrity"])

    def test_properties_of_other(self):
        """A signature that refers to the properties of another one, which name another signer."""
        other = self.signer.enveloping(name="T")
        data = reference("", "<a></a>", xpath("not(ancestor-or-self::ds:Signature)") + transform(EXCLUSIVE))
        stolen = self.signer.sign(data + reference("#T-properties", self.signer.properties("T"), transform(EXCLUSIVE), SIGNED_PROPERTIES))
        self.refused(f"<a>{stolen}{other}</a>", "SIGNED_DATA_NOT_FOUND", "moved away from its place", integrity=True)

    def test_other_certificate(self):
        text = self.signer.enveloped(properties=self.signer.properties(certificate=Signer(self.pki, "p256").der))
        self.refused(text, "NO_SIGNING_CERTIFICATE_FOUND", "names another certificate")

    # References.

    def test_nothing_signed(self):
        nothing = reference("", "", xpath("false()"))
        for references in (nothing, nothing + nothing, reference("#K", self.key_info_text())):
            signature = self.signer.sign(references, properties=True)
            signature = signature.replace("<ds:KeyInfo>", '<ds:KeyInfo Id="K">')
            self.refused(f"<a>{signature}</a>", "SIGNED_DATA_NOT_FOUND", "of nothing but itself")
        self.refused(f"<a>{self.signer.sign('')}</a>", "FORMAT_FAILURE", "structure")
        self.refused(f"<a>{self.signer.sign('', properties=True)}</a>", "SIGNED_DATA_NOT_FOUND", "of nothing but itself")

    def key_info_text(self):
        return self.signer.key_info().replace("<ds:KeyInfo>", f'<ds:KeyInfo xmlns:ds="{DS}" Id="K">')

    def test_xpath_leaves_parts(self):
        """An expression that leaves out what it likes signs a part, and that is said."""
        signature = self.signer.sign(reference("", "<a><b></b></a>", xpath("self::a or self::b") + transform(EXCLUSIVE)), properties=True)
        self.passes(f"<a><b><evil/>2</b>{signature}</a>", whole=False)

    def test_costly_xpath(self):
        many = "<b/>" * 3000
        costly = xpath("count(//b[count(//b[count(//b) &gt; 0]) &gt; 0]) &gt; 0")
        self.refused(f"<a>{many}{self.signer.sign(reference('', '', costly))}</a>", "SIGNED_DATA_NOT_FOUND", "costs more")
        self.refused(f"<a>{self.signer.sign(reference('', '', xpath('self::a')) * 200)}</a>", "HASH_FAILURE", "changed")
        empty = reference("", "", xpath("false()"))
        self.refused(f"<a>{self.signer.sign(empty * 200)}</a>", "FORMAT_FAILURE", "more than is examined")
        self.refused(f"<a>{self.signer.sign(empty * 5000)}</a>", "FORMAT_FAILURE", "more than is examined")

    def test_transforms(self):
        stylesheet = '<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0"></xsl:stylesheet>'
        for refused in (transform("http://www.w3.org/TR/1999/REC-xslt-19991116", stylesheet), transform("http://www.w3.org/2002/07/decrypt#XML"), transform("urn:unknown")):
            self.refused(f"<a>{self.signer.sign(reference('', '', refused))}</a>", "SIG_CONSTRAINTS_FAILURE", "not accepted")
        self.refused(f"<a>{self.signer.sign(reference('', '<a></a>', transform(C14N) * 9))}</a>", "FORMAT_FAILURE", "cannot be read")

    def test_manifest(self):
        """What a manifest lists is verified as if the signature listed it."""
        for listed, fits in (("<b Id=\"x\">1</b>", True), ("<b Id=\"x\">2</b>", False)):
            manifest = f'<ds:Manifest xmlns:ds="{DS}" Id="M">{reference("#x", listed, transform(EXCLUSIVE))}</ds:Manifest>'
            signature = self.signer.sign(reference("#M", manifest, transform(EXCLUSIVE), DS + "Manifest"), f"<ds:Object>{manifest}</ds:Object>", properties=True)
            text = f'<a><b Id="x">1</b>{signature}</a>'
            if fits:
                self.passes(text, whole=False)
            else:
                self.refused(text, "HASH_FAILURE", "changed after it was signed")
        # A file of the list that nobody has leaves the list signed, and the whole untold; one that has become another does not.
        file = self.folder / "listed.bin"
        file.write_bytes(b"1")
        manifest = f'<ds:Manifest xmlns:ds="{DS}" Id="M">{reference("listed.bin", "1")}{reference("#x", "<b Id=" + chr(34) + "x" + chr(34) + ">1</b>", transform(EXCLUSIVE))}</ds:Manifest>'
        listed = reference("#M", manifest, transform(EXCLUSIVE), DS + "Manifest")
        text = f'<a><b Id="x">1</b>{self.signer.sign(listed, f"<ds:Object>{manifest}</ds:Object>", properties=True)}</a>'
        report = self.refused(text, "SIGNED_DATA_NOT_FOUND", "that the signature lists was not given", integrity=True)
        self.assertEqual([(s["integrity"], s["covers_whole_document"], "files" in s) for s in report["signatures"]], [(True, False, False)])
        self.passes(text, "--content", self.folder, whole=False)
        file.write_bytes(b"2")
        self.refused(text, "HASH_FAILURE", "changed after it was signed", "--content", self.folder)
        self.refused(text.replace(">1</b>", ">2</b>"), "HASH_FAILURE", "changed after it was signed")
        # And a list that was moved to where nobody reads it is none.
        moved = self.signer.sign(listed, f"<ds:Object><w><ds:Object>{manifest}</ds:Object></w></ds:Object>", properties=True)
        self.refused(moved, "SIGNED_DATA_NOT_FOUND", "moved away from its place")

    def test_detached(self):
        content = self.folder / "content.bin"
        content.write_bytes(b"1")
        detached = self.signer.sign(reference("content.bin", "1"), properties=True)
        report = self.passes(detached, "--content", content)
        self.assertEqual(report["signatures"][0]["files"], ["content.bin"])
        self.passes(detached, "--content", self.folder)
        # What stands around it is signed by nobody.
        self.passes(f"<a>{detached}</a>", "--content", content)
        self.passes(f"<a>{detached}<b>2</b></a>", "--content", content, whole=False)
        self.refused(detached, "SIGNED_DATA_NOT_FOUND", "was not given")
        # One reference may have no name: it is of the document that was given, and of nothing else.
        unnamed = self.signer.sign(reference(None, "1"), properties=True)
        report = self.passes(unnamed, "--content", content)
        self.assertNotIn("files", report["signatures"][0])
        self.refused(unnamed, "SIGNED_DATA_NOT_FOUND", "was not given")
        self.refused(unnamed, "SIGNED_DATA_NOT_FOUND", "was not given", "--content", self.folder)
        self.refused(self.signer.sign(reference(None, "1") * 2, properties=True), "FORMAT_FAILURE", "cannot be read", "--content", content)
        self.refused(self.signer.sign(reference(None, "1") + reference("content.bin", "1")), "SIGNED_DATA_NOT_FOUND", "was not given", "--content", content)
        content.write_bytes(b"2")
        self.refused(detached, "HASH_FAILURE", "is not the one that was signed", "--content", content)
        self.refused(unnamed, "HASH_FAILURE", "is not the one that was signed", "--content", content)
        # Not of what was given at all; two names for one file; names that lead out of the folder; addresses, which nobody asks.
        self.refused(self.signer.enveloped(), "SIGNED_DATA_NOT_FOUND", "not the one that was given", "--content", content, integrity=True)
        two = self.signer.sign(reference("one", "2") + reference("two", "2"), properties=True)
        self.refused(two, "SIGNED_DATA_NOT_FOUND", "was not given", "--content", content)
        (self.folder / "link").symlink_to("/etc/hostname")
        for uri in ("/etc/hostname", "../" + self.folder.name + "/content.bin", "%2e%2e/x", "link", "file:///etc/hostname", "http://127.0.0.1:9/", "."):
            self.refused(self.signer.sign(reference(uri, "2")), "SIGNED_DATA_NOT_FOUND", "was not given", "--content", self.folder)

    def test_parts_of_files(self):
        """An expression leaves out of a file what it likes, too; the file is then not what was signed."""
        content = self.folder / "content.xml"
        content.write_text("<a><b>2</b></a>")
        some = xpath("self::a or self::b") + transform(EXCLUSIVE)
        other = transform(FILTER2, f'<XPath xmlns="{FILTER2}" Filter="subtract">//text()</XPath>') + transform(EXCLUSIVE)
        signatures = xpath("not(ancestor-or-self::ds:Signature)") + transform(EXCLUSIVE)
        for transforms, left in ((some, "<a><b></b></a>"), (other, "<a><b></b></a>"), (signatures, "<a><b>2</b></a>")):
            detached = self.signer.sign(reference("content.xml", left, transforms, more=' Id="S-data"'), properties=True)
            report = self.passes(detached, "--content", content, whole=False)
            self.assertNotIn("files", report["signatures"][0])
        nothing = self.signer.sign(reference("content.xml", "", xpath("false()")), properties=True)
        self.refused(nothing, "SIGNED_DATA_NOT_FOUND", "of nothing but itself", "--content", content)
        whole = self.signer.sign(reference("content.xml", "<a><b>2</b></a>", transform(EXCLUSIVE), more=' Id="S-data"'), properties=True)
        self.assertEqual(self.passes(whole, "--content", content)["signatures"][0]["files"], ["content.xml"])

    def test_costly_file(self):
        """One that is read as XML for each of many references."""
        content = self.folder / "content.xml"
        content.write_text(f"<a>{'<b></b>' * 200000}</a>")
        one = reference("content.xml", content.read_bytes(), transform(EXCLUSIVE))
        self.refused(self.signer.sign(one * 1000), "SIGNED_DATA_NOT_FOUND", "costs more", "--content", content)

    # Countersignatures and timestamps.

    def counter(self, target, data, **options):
        return ("<xades:CounterSignature>" +
                Signer(self.pki, "p256").sign(reference(target, data, transform(EXCLUSIVE), COUNTERSIGNED), name="C", properties=True, **options) + "</xades:CounterSignature>")

    def countersigned(self, counter):
        return self.signer.enveloped(unsigned=counter)

    def value_of(self, text):
        _, value, _ = parts(text, '<ds:SignatureValue Id="S-value">', "</ds:SignatureValue>")
        return value.replace("<ds:SignatureValue", f'<ds:SignatureValue xmlns:ds="{DS}"')

    def test_countersignature(self):
        value = self.value_of(self.signer.enveloped())
        report = self.passes(self.countersigned(self.counter("#S-value", value)), n=2)
        self.assertEqual(report["signatures"][1]["covers_whole_document"], False)
        # Of what countersigns nothing the type says nothing either.
        inner = f'<ds:Object xmlns:ds="{DS}" Id="S-object"><a>1</a></ds:Object>'
        text = self.signer.sign(reference("#S-object", inner, transform(EXCLUSIVE), COUNTERSIGNED, more=' Id="S-data"'), inner, properties=True)
        self.assertNotIn("countersignature", self.passes(text)["signatures"][0])

    def test_injected_countersignature(self):
        """One of another signature, by a value that came along; of nothing of this one; or of the document."""
        other = f'<ds:SignatureValue xmlns:ds="{DS}" Id="other-value">AAAA</ds:SignatureValue>'
        injected = self.counter("#other-value", other, objects=f"<ds:Object>{other}</ds:Object>")
        report = self.refused(self.countersigned(injected), "SIGNED_DATA_NOT_FOUND", "moved away from its place", integrity=True)
        self.assertEqual([s.get("countersignature", False) for s in report["signatures"]], [False, True])
        self.refused(self.countersigned(self.counter("#S-object", "<x></x>")), "SIGNED_DATA_NOT_FOUND", "element that is not in the document", integrity=True)
        data = '<b Id="x">1</b>'
        elsewhere = "<xades:CounterSignature>" + self.signer.sign(reference("#x", data, transform(EXCLUSIVE)), name="C", properties=True) + "</xades:CounterSignature>"
        self.refused(self.signer.enveloped(before="<a>" + data, unsigned=elsewhere), "SIGNED_DATA_NOT_FOUND", "not of the signature that it stands with", integrity=True)

    def stamped(self, authority, value=None):
        """The same signature with a timestamp over its value, or another's."""
        text = self.signer.enveloped()
        return self.signer.enveloped(unsigned=authority.property(value or self.value_of(text)))

    def test_timestamp(self):
        report = self.passes(self.stamped(Authority(self.pki)), level="B-T")
        signature = report["signatures"][0]
        self.assertEqual(signature["proven_by"], "CN=Example TSA")
        made = calendar.timegm(time.strptime(signature["proven_time"], "%Y-%m-%dT%H:%M:%SZ"))
        self.assertLess(abs(time.time() - made), 300)

    def test_copied_timestamp(self):
        """One of another signature, of another form of this one, damaged, or of an authority that nobody knows proves nothing; one of something else alone is an attempt."""
        authority = Authority(self.pki)
        other = self.value_of(Signer(self.pki, "p256").enveloped())
        plain = self.value_of(self.signer.enveloped())
        for value in (other, plain.replace(" xmlns", "  xmlns"), plain.removesuffix("</ds:SignatureValue>"), ""):
            report = self.refused(self.stamped(authority, value or " "), "SIG_CONSTRAINTS_FAILURE", "taken from another document")
            self.assertIsNone(report["signatures"][0]["proven_time"])
        text = self.stamped(authority)
        before, token, after = parts(text, "<xades:EncapsulatedTimeStamp>", "</xades:EncapsulatedTimeStamp>")
        for damaged in (token.replace("A", "B"), "<xades:EncapsulatedTimeStamp>AAAA</xades:EncapsulatedTimeStamp>", "<xades:EncapsulatedTimeStamp>!</xades:EncapsulatedTimeStamp>",
                        "<xades:EncapsulatedTimeStamp/>", ""):
            self.assertIsNone(self.verify(before + damaged + after)["signatures"][0]["proven_time"])
        stranger = self.passes(self.stamped(Authority(self.pki, own=True)), level="B-T")
        self.assertIsNone(stranger["signatures"][0]["proven_time"])

    # Keys and algorithms.

    def test_hmac(self):
        """With a certificate's public key as the secret, which everybody knows."""
        for method in (DS + "hmac-sha1", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"):
            for inside in ("", "<ds:HMACOutputLength>8</ds:HMACOutputLength>"):
                data = reference("", "<a></a>", transform(ENVELOPED) + transform(EXCLUSIVE))
                info = self.signer.signed_info(data, method, inside)
                digest = hashlib.sha1 if method.endswith("sha1") else hashlib.sha256
                text = f"<a>{self.signer.sign(data, method=method, inside=inside, value=hmac.new(self.signer.der, info.encode(), digest).digest())}</a>"
                self.refused(text, "CRYPTO_CONSTRAINTS_FAILURE", "made with a secret")
        inside = "<ds:HMACOutputLength>0</ds:HMACOutputLength>"
        self.refused(self.signer.enveloped(inside=inside), "CRYPTO_CONSTRAINTS_FAILURE", "made with a secret")

    def test_other_key(self):
        """The value is another key's than the certificate's, for which that key itself came along."""
        stranger = Signer(self.pki, "p256")
        text = self.signer.enveloped(method=stranger.method, value=b"\1" * 64)
        self.refused(text, "SIG_CRYPTO_FAILURE", "does not fit")
        modulus = subprocess.run(["openssl", "rsa", "-in", self.pki.key("rsa3072"), "-inform", "DER", "-noout", "-modulus"], check=True, capture_output=True, text=True).stdout
        modulus = base64.b64encode(bytes.fromhex(modulus.strip().removeprefix("Modulus="))).decode()
        bare = f"<ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>{modulus}</ds:Modulus><ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo>"
        for properties in (None, True):
            self.refused(self.signer.enveloped(key_info=bare, properties=properties), "NO_SIGNING_CERTIFICATE_FOUND", "certificate is not in the signature", integrity=True)
        both = bare.replace("</ds:KeyInfo>", stranger.key_info().removeprefix("<ds:KeyInfo>"))
        self.refused(self.signer.enveloped(key_info=both), "NO_SIGNING_CERTIFICATE_FOUND", "names another certificate")
        self.refused(self.signer.enveloped(key_info=both, properties=None), "SIG_CRYPTO_FAILURE", "does not fit")
        self.refused(self.signer.enveloped(key_info=""), "NO_SIGNING_CERTIFICATE_FOUND", "certificate is not in the signature")
        retrieval = '<ds:KeyInfo><ds:RetrievalMethod URI="http://127.0.0.1:9/key"></ds:RetrievalMethod></ds:KeyInfo>'
        self.refused(self.signer.enveloped(key_info=retrieval), "NO_SIGNING_CERTIFICATE_FOUND", "certificate is not in the signature")

    def test_more_certificates(self):
        """Others in front of the signer's own change nothing."""
        key_info = self.signer.key_info().replace("<ds:X509Data>", Signer(self.pki, "p256").key_info().removeprefix("<ds:KeyInfo>").removesuffix("</ds:KeyInfo>") + "<ds:X509Data>")
        report = self.passes(self.signer.enveloped(key_info=key_info))
        self.assertIn("rsa3072", report["signatures"][0]["signer"])
        self.passes(self.signer.enveloped(key_info=key_info, properties=None), fmt="XMLDSig", level=None)

    def test_certificate_among_values(self):
        """The signer's certificate may come with the values for later, if the signed properties name it."""
        def values(der):
            return f"<xades:CertificateValues><xades:EncapsulatedX509Certificate>{xmldsig.b64(der)}</xades:EncapsulatedX509Certificate></xades:CertificateValues>"

        stranger = Signer(self.pki, "p256")
        self.passes(self.signer.enveloped(key_info="", unsigned=values(self.signer.der)))
        self.refused(self.signer.enveloped(key_info="", unsigned=values(stranger.der)), "NO_SIGNING_CERTIFICATE_FOUND", "certificate is not in the signature")
        unnamed = re.sub("<xades:SigningCertificateV2>.*</xades:SigningCertificateV2>", "", self.signer.properties())
        self.refused(self.signer.enveloped(key_info="", properties=unnamed, unsigned=values(self.signer.der)), "NO_SIGNING_CERTIFICATE_FOUND", "certificate is not in the signature")
        named = self.signer.properties(certificate=stranger.der)
        self.refused(self.signer.enveloped(properties=named, unsigned=values(stranger.der)), "SIG_CRYPTO_FAILURE", "does not fit")

    def test_self_signed(self):
        """A certificate of one's own with the signer's name."""
        der, key = self.folder / "fake.der", self.folder / "fake.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:3072", "-nodes", "-keyout", key, "-outform", "DER", "-out", der, "-subj", "/CN=Example sp. z o.o."],
                       check=True, capture_output=True)
        subprocess.run(["openssl", "pkcs8", "-topk8", "-nocrypt", "-in", key, "-outform", "DER", "-out", self.folder / "fake-rsa.key"], check=True)
        subprocess.run(["openssl", "x509", "-in", der, "-inform", "DER", "-out", self.folder / "rsa-fake.pem"], check=True)
        (self.folder / "rsa-fake.key").write_bytes((self.folder / "fake-rsa.key").read_bytes())
        self.refused(Signer(self.pki, "rsa-fake").enveloped(), "NO_CERTIFICATE_CHAIN_FOUND", "signed by itself", integrity=True)

    def test_algorithms(self):
        self.refused(self.signer.enveloped(method="urn:unknown"), "CRYPTO_CONSTRAINTS_FAILURE", "not supported")
        weak = self.signer.enveloped(method=DS + "rsa-sha1")
        self.assertNotEqual(self.verify(weak)["indication"], "TOTAL-PASSED")
        md5 = reference("", "<a></a>", transform(ENVELOPED) + transform(EXCLUSIVE)).replace(SHA256, "urn:none")
        self.refused(f"<a>{self.signer.sign(md5)}</a>", "CRYPTO_CONSTRAINTS_FAILURE", "not supported")
        sha1 = reference("", "<a></a>", transform(ENVELOPED) + transform(EXCLUSIVE)).replace(SHA256, DS + "sha1")
        before, _, after = parts(sha1, "<ds:DigestValue>", "</ds:DigestValue>")
        sha1 = f"{before}<ds:DigestValue>{base64.b64encode(hashlib.sha1(b'<a></a>').digest()).decode()}</ds:DigestValue>{after}"
        self.refused(f"<a>{self.signer.sign(sha1)}</a>", "CRYPTO_CONSTRAINTS_FAILURE", "no longer secure", integrity=True)

    def test_sha3(self):
        """ECDSA over SHA-3 (RFC 9231 section 2.3.13)."""
        signer = Signer(self.pki, "p256")
        for n in (256, 384, 512):
            method = f"http://www.w3.org/2021/04/xmldsig-more#ecdsa-sha3-{n}"
            data = reference("", "<a></a>", transform(ENVELOPED) + transform(EXCLUSIVE))
            der = subprocess.run(["openssl", "dgst", f"-sha3-{n}", "-keyform", "DER", "-sign", self.pki.key("p256")], input=signer.signed_info(data, method).encode(), check=True,
                                 capture_output=True).stdout
            self.passes(f"<a>{signer.sign(data, method=method, value=Signer.fixed(der))}</a>", fmt="XMLDSig", level=None)
            self.refused(f"<a>{signer.sign(data, method=method)}</a>", "SIG_CRYPTO_FAILURE", "does not fit")

    def test_ecdsa_forms(self):
        """r and s of another width, or as DER, are the same numbers and another value."""
        signer = Signer(self.pki, "p256")
        text = signer.enveloped()
        before, value, after = parts(text, '<ds:SignatureValue Id="S-value">', "</ds:SignatureValue>")
        raw = base64.b64decode(value.removeprefix('<ds:SignatureValue Id="S-value">').removesuffix("</ds:SignatureValue>"))
        r, s = raw[:32], raw[32:]
        number = lambda n: b"\x02" + bytes([len(n)]) + n
        r_, s_ = ((b"\0" + n.lstrip(b"\0")) if n.lstrip(b"\0")[0] & 128 else n.lstrip(b"\0") for n in (r, s))
        der = b"\x30" + bytes([len(number(r_) + number(s_))]) + number(r_) + number(s_)
        order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
        for wrong in (der, b"\0" + r + b"\0" + s, r + s + b"\0", r, b"", b"\0" * 64, s + r, r + order.to_bytes(32, "big"), raw + raw):
            self.refused(f'{before}<ds:SignatureValue Id="S-value">{xmldsig.b64(wrong)}</ds:SignatureValue>{after}', "SIG_CRYPTO_FAILURE", "does not fit")

    # Parsing.

    def test_doctype(self):
        text = self.signer.enveloped()
        laughs = "".join(f'<!ENTITY l{i} "{"&l%d;" % (i - 1) * 10}">' for i in range(1, 10))
        for doctype in ("<!DOCTYPE a>", '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd">', '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
                        f'<!DOCTYPE a [<!ENTITY l0 "lol">{laughs}]>', '<!DOCTYPE a [<!ATTLIST b Id ID #FIXED "x">]>', '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:9/">%p;]>'):
            report = self.refused(doctype + text, "FORMAT_FAILURE", "document type declaration")
            self.assertEqual(report["signatures"], [])

    def test_depth_and_size(self):
        self.refused("<a>" * 100000 + "</a>" * 100000, "FORMAT_FAILURE", "nested deeper")
        deep = "<b>" * 300 + "</b>" * 300
        self.refused(self.signer.enveloped(f"<a>{deep}"), "FORMAT_FAILURE", "nested deeper")
        wide = "<b " + " ".join(f'a{i}=""' for i in range(5000)) + "></b>"
        self.refused(self.signer.enveloped(f"<a>{wide}"), "FORMAT_FAILURE", "larger")

    def test_no_signature(self):
        for text, reason in (("<a/>", "bears no signature"), (f'<Signature xmlns="{DS.removesuffix("#")}"/>', "bears no signature"), ("<a>", "malformed"),
                             (f'<ds:Signature xmlns:ds="{DS}"/>', "structure")):
            self.refused(text, "FORMAT_FAILURE", reason)
        # In comments, CDATA sections and texts there are no signatures.
        inside = self.signer.enveloping()
        self.refused(f"<a><!--{inside}--></a>", "FORMAT_FAILURE", "bears no signature")
        self.refused(f"<a><![CDATA[{inside}]]></a>", "FORMAT_FAILURE", "bears no signature")

    def test_many_signatures(self):
        """One that does not hold is enough; more than are examined are none."""
        one = self.signer.enveloping()
        two = self.signer.enveloping(name="T")
        self.passes(f"<a>{one}{two}</a>", n=2, whole=False)
        self.refused(f"<a>{one}{two.replace('<a>1</a>', '<a>2</a>')}</a>", "HASH_FAILURE", "changed after it was signed", integrity=True)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
