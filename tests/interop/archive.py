#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Timestamps in XAdES and CAdES signatures: over content, references and all there is. What each is over is put together here, from the standards' words, and
stamped by openssl ts; each part of it is altered once. Usage: archive.py INTEROP-SIGN-FILE"""

import base64
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from der import contents, element, elements, signature_value, split, with_unsigned
from pki import Pki, run
from xmldsig import DS, EXCLUSIVE, SIGNED_PROPERTIES, XADES, Authority, Signer, reference, transform

SIGN_FILE = sys.argv[1]
XADES141 = "http://uri.etsi.org/01903/v1.4.1#"
DAY = 24 * 3600
METHOD = f'<ds:CanonicalizationMethod xmlns:ds="{DS}" Algorithm="{EXCLUSIVE}"></ds:CanonicalizationMethod>'


class Fixture(unittest.TestCase):
    """A root for 300 days; a signer, and an authority, for 30; an archive's authority for 200; one that nobody knows."""

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.temporary.name)
        cls.pki = Pki(cls.folder, kinds=("rsa3072",), days=300)
        cls.authority = Authority(cls.pki, name="TSA")
        cls.archive = Authority(cls.pki, name="Archive", days=200)
        cls.stranger = Authority(cls.pki, own=True, name="Stranger", days=200)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def verify(self, data, *options, at=0):
        path = self.folder / "document"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        done = subprocess.run([SIGN_FILE, "verify", path, "--anchors", self.pki.root, "--at", str(int(time.time()) + at), *options], capture_output=True, text=True,
                              timeout=120)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)

    def told(self, data, *options, at=0):
        """Indication or subindication, level, whose proof, and each timestamp's outcome."""
        report = self.verify(data, *options, at=at)
        first = report["signatures"][0]
        return (report["subindication"] or report["indication"], first["level"], first["proven_by"], {t["over"]: t["outcome"] for t in first.get("timestamps", [])})


def dated(authority, data, seconds):
    """A token over octets whose time is that much from now."""
    time_of = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + seconds)).encode()
    imprint = element(0x30, SHA256 + element(4, hashlib.sha256(data).digest()))
    info, token = authority.folder / "info", authority.folder / "dated"
    info.write_bytes(element(0x30, oid("020101" "06032a0304") + imprint + oid("020101") + element(0x18, time_of)))
    run("openssl", "cms", "-sign", "-cades", "-binary", "-nodetach", "-econtent_type", "1.2.840.113549.1.9.16.1.4", "-in", info, "-outform", "DER", "-signer",
        f"{authority.name}.pem", "-inkey", f"{authority.name}.key", "-md", "sha256", "-out", token)
    return token.read_bytes()


def alone(text, prefix, namespace):
    """An element in its canonical form, without those around it that declare its prefix."""
    declared = f' xmlns:{prefix}="{namespace}"'
    tag = text[:text.index(">")]
    name = tag.split(" ")[0]
    return text if declared in tag else name + declared + text[len(name):]


def changed(text):
    """One octet of text content is another one."""
    at = text.rindex("</") - 1
    return text[:at] + ("x" if text[at] != "x" else "y") + text[at + 1:]


class Xades(Fixture):
    REVOCATION = '<xades:RevocationValues><xades:CRLValues></xades:CRLValues></xades:RevocationValues>'
    OBJECT = f'<ds:Object xmlns:ds="{DS}" Id="S-object">one hundred</ds:Object>'
    OTHER = f'<ds:Object xmlns:ds="{DS}">and nothing more</ds:Object>'

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.signer = Signer(cls.pki)
        cls.text = cls.document()
        cls.signature_timestamp = cls.authority.property(cls.parts(cls.text)["value"])

    @classmethod
    def document(cls, unsigned="", content="", before="", **options):
        """Enveloping, with an object that nothing refers to."""
        properties = cls.signer.properties()
        if content:
            properties = properties.replace("</xades:SignedDataObjectProperties>", content + "</xades:SignedDataObjectProperties>")
        data = reference("#S-object", cls.OBJECT, transform(EXCLUSIVE), DS + "Object", more=' Id="S-data"')
        return cls.signer.sign(data, properties=properties, unsigned=unsigned, objects=before + cls.OBJECT + cls.OTHER, **options)

    @classmethod
    def parts(cls, text):
        """The signature's elements in canonical form."""
        def cut(start, end):
            a = text.index(start)
            return text[a:text.index(end, a) + len(end)]

        return {"object": cls.OBJECT, "properties": cut("<xades:SignedProperties", "</xades:SignedProperties>"), "info": cut("<ds:SignedInfo", "</ds:SignedInfo>"),
                "value": alone(cut("<ds:SignatureValue", "</ds:SignatureValue>"), "ds", DS), "key": alone(cut("<ds:KeyInfo", "</ds:KeyInfo>"), "ds", DS)}

    def stamped(self, unsigned, version=XADES141, authority=None, alter=None, extra=""):
        """Those unsigned properties, and an archive timestamp over them and all the rest; one part of that altered."""
        over = self.parts(self.text) | {f"unsigned {i}": p if " xmlns" in p[:p.index(">")] else alone(p, "xades", XADES) for i, p in enumerate(unsigned)}
        over |= {"same object": self.OBJECT} if version == XADES141 else {}
        over["other object"] = self.OTHER
        if alter:
            over[alter] = changed(over[alter])
        token = (authority or self.archive).stamp("".join(over.values()) + extra)
        name = "xades141" if version == XADES141 else "xades"
        return (f'<{name}:ArchiveTimeStamp xmlns:{name}="{version}">{METHOD}<xades:EncapsulatedTimeStamp xmlns:xades="{XADES}">{token}</xades:EncapsulatedTimeStamp>'
                f"</{name}:ArchiveTimeStamp>"), list(over)

    def test_archived(self):
        """With it the signature outlives its certificate and that of the first authority; both versions; two, one over the other."""
        unsigned = [self.signature_timestamp, self.REVOCATION]
        before = self.document("".join(unsigned))
        self.assertEqual(("TOTAL-PASSED", "B-LT", "CN=Example TSA", {"signature": "holds"}), self.told(before))
        self.assertEqual("OUT_OF_BOUNDS_NO_POE", self.told(before, at=100 * DAY)[0])
        for version in (XADES, XADES141):
            text = self.document("".join(unsigned) + self.stamped(unsigned, version)[0])
            holds = {"signature": "holds", "archive": "holds"}
            self.assertEqual(("TOTAL-PASSED", "B-LTA", "CN=Example TSA", holds), self.told(text))
            self.assertEqual(("TOTAL-PASSED", "B-LTA", "CN=Example TSA", holds), self.told(text, at=100 * DAY))
            self.assertEqual("OUT_OF_BOUNDS_NO_POE", self.told(text, at=250 * DAY)[0])
        first = self.stamped(unsigned, authority=self.authority)[0]
        second = self.stamped(unsigned + [first])[0]
        self.assertEqual(("TOTAL-PASSED", "B-LTA"), self.told(self.document("".join(unsigned) + first + second), at=100 * DAY)[:2])
        self.assertEqual("OUT_OF_BOUNDS_NO_POE", self.told(self.document("".join(unsigned) + first), at=100 * DAY)[0])

    def test_not_over(self):
        """What stands behind it, it says nothing about: the first authority's certificate has ended."""
        archive = self.stamped([self.REVOCATION])[0]
        told = self.told(self.document(self.REVOCATION + archive + self.signature_timestamp), at=100 * DAY)
        self.assertEqual(("TOTAL-PASSED", "B-LTA", "CN=Example Archive", {"archive": "holds", "signature": "expired"}), told)

    def test_several_tokens(self):
        """In one property, behind what is none: what stands before the archive timestamp it is over, and what stands beside it in its own property it is not."""
        def tokens(property_, *more):
            at = property_.index("</xades:EncapsulatedTimeStamp>") + len("</xades:EncapsulatedTimeStamp>")
            start = property_.index("<xades:EncapsulatedTimeStamp")
            tag = property_[start:property_.index(">", start) + 1]
            return property_[:start] + "".join(f"{tag}{t}</xades:EncapsulatedTimeStamp>" for t in more) + property_[start:at] + property_[at:]

        first = tokens(self.stamped([self.REVOCATION], authority=self.authority)[0], "AAAA")
        second = self.stamped([self.REVOCATION, first])[0]
        for text, outcomes in ((self.REVOCATION + first + second, ["malformed", "holds", "holds"]),
                               (self.REVOCATION + tokens(self.stamped([self.REVOCATION], authority=self.authority)[0], "AAAA", re.search("MII[^<]*", self.stamped([self.REVOCATION])[0])[0]),
                                ["malformed", "holds", "expired"]),
                               (self.REVOCATION + self.stamped([self.REVOCATION])[0] + first, ["holds", "malformed", "different"])):
            found = self.verify(self.document(text), at=100 * DAY)["signatures"][0]["timestamps"]
            self.assertEqual(outcomes, [t["outcome"] for t in found])

    def test_stranger(self):
        unsigned = [self.signature_timestamp, self.REVOCATION]
        told = self.told(self.document("".join(unsigned) + self.stamped(unsigned, authority=self.stranger)[0]), at=100 * DAY)
        self.assertEqual(("OUT_OF_BOUNDS_NO_POE", "B-LTA", None, {"signature": "expired", "archive": "untrusted"}), told)

    def test_each_part(self):
        """Over anything else than what is there, it is of something else."""
        unsigned = [self.signature_timestamp, self.REVOCATION]
        for version in (XADES, XADES141):
            for part in self.stamped(unsigned, version)[1]:
                if part == "unsigned 1":
                    continue # has no text
                told = self.told(self.document("".join(unsigned) + self.stamped(unsigned, version, alter=part)[0]))
                self.assertEqual(("SIG_CONSTRAINTS_FAILURE", "B-LT", {"signature": "holds", "archive": "different"}), (told[0], told[1], told[3]), part)
        archive = self.stamped(unsigned)[0]
        more = f'<ds:Object xmlns:ds="{DS}">more</ds:Object>'
        for text in (self.document("".join(unsigned) + archive, before=more), self.document("".join(unsigned) + archive).replace("and nothing more", "and something more"),
                     self.document(self.REVOCATION + self.signature_timestamp + archive), self.document(self.signature_timestamp + archive + self.REVOCATION),
                     self.document("".join(unsigned) + self.stamped(unsigned, extra=" ")[0])):
            report = self.verify(text)
            self.assertEqual(("SIG_CONSTRAINTS_FAILURE", False), (report["subindication"], report["signatures"][0]["integrity"]))
            self.assertIn("archive timestamp does not fit", report["reason"])

    def test_unreadable(self):
        """What we cannot read is told, and proves nothing: one that names what it is over, of another canonicalization, no token."""
        unsigned = [self.signature_timestamp, self.REVOCATION]
        archive = self.stamped(unsigned)[0]
        for old, new in ((METHOD, f'<xades:Include xmlns:xades="{XADES}" URI="#S-value"></xades:Include>' + METHOD), ("<xades:EncapsulatedTimeStamp ", "<xades:EncapsulatedTimeStamp Id='x' ")):
            told = self.told(self.document("".join(unsigned) + archive.replace(old, new)))
            self.assertEqual("TOTAL-PASSED", told[0])
            self.assertEqual("malformed" if "Include" in new else "holds", told[3]["archive"])
        start = archive.index("MII")
        self.assertEqual("malformed", self.told(self.document("".join(unsigned) + archive[:start] + "AAAA" + archive[start + 4:]))[3]["archive"])

    def test_content(self):
        """AllDataObjectsTimeStamp and IndividualDataObjectsTimeStamp: the signature is younger, and no more."""
        include = '<xades:Include URI="#S-data" referencedData="true"></xades:Include>'
        for name, over, inside in (("AllDataObjectsTimeStamp", self.OBJECT, ""), ("IndividualDataObjectsTimeStamp", self.OBJECT, include), ("AllDataObjectsTimeStamp", changed(self.OBJECT), "")):
            token = f"<xades:{name}>{inside}{METHOD}<xades:EncapsulatedTimeStamp>{self.archive.stamp(over)}</xades:EncapsulatedTimeStamp></xades:{name}>"
            told = self.told(self.document(content=token))
            self.assertEqual(("TOTAL-PASSED", "B-B", None, {"content": "holds" if over == self.OBJECT else "different"}), told)
            self.assertEqual(over == self.OBJECT, "not_before" in self.verify(self.document(content=token))["signatures"][0])

    def crl(self, when):
        """A list on which the signer's certificate was revoked then, seconds from now."""
        def stamp(seconds):
            return time.strftime("%y%m%d%H%M%SZ", time.gmtime(time.time() + seconds))

        serial = run("openssl", "x509", "-in", self.folder / "rsa3072.pem", "-noout", "-serial").strip().partition("=")[2]
        (self.folder / "index").write_text(f"R\t{stamp(30 * DAY)}\t{stamp(when)}\t{serial}\tunknown\t/CN=Example\n")
        (self.folder / "ca.cnf").write_text(f"[ca]\ndefault_ca=c\n[c]\ndatabase={self.folder}/index\ndefault_md=sha256\n")
        run("openssl", "ca", "-gencrl", "-config", self.folder / "ca.cnf", "-cert", self.pki.root, "-keyfile", self.folder / "root.key", "-crldays", "9", "-out", self.folder / "crl.pem")
        run("openssl", "crl", "-in", self.folder / "crl.pem", "-outform", "DER", "-out", self.folder / "list.crl")
        return "--crl", self.folder / "list.crl"

    def test_made_too_late(self):
        """After the certificate was revoked, as a timestamp over the content proves; else it is open when."""
        token = (f"<xades:AllDataObjectsTimeStamp>{METHOD}<xades:EncapsulatedTimeStamp>{self.archive.stamp(self.OBJECT)}</xades:EncapsulatedTimeStamp>"
                 "</xades:AllDataObjectsTimeStamp>")
        for text, when, expected in ((self.document(content=token), -DAY, "REVOKED"), (self.document(), -DAY, "REVOKED_NO_POE"), (self.document(content=token), DAY, "REVOKED_NO_POE")):
            report = self.verify(text, *self.crl(when), at=2 * DAY)
            self.assertEqual((expected, "TOTAL-FAILED" if expected == "REVOKED" else "INDETERMINATE"), (report["subindication"], report["indication"]))

    def test_archived_before_revocation(self):
        unsigned = [self.signature_timestamp, self.REVOCATION]
        text = self.document("".join(unsigned) + self.stamped(unsigned)[0])
        self.assertEqual("TOTAL-PASSED", self.verify(text, *self.crl(DAY), at=2 * DAY)["indication"])
        self.assertEqual("REVOKED_NO_POE", self.verify(text, *self.crl(-DAY), at=2 * DAY)["subindication"])

    def test_references(self):
        """SigAndRefsTimeStamp proves the signature's value; RefsOnlyTimeStamp no more than the references."""
        refs = '<xades:CompleteCertificateRefs Id="R">certificates</xades:CompleteCertificateRefs>'
        revocation = '<xades:CompleteRevocationRefs Id="V">answers</xades:CompleteRevocationRefs>'
        over = alone(refs, "xades", XADES) + alone(revocation, "xades", XADES)
        both = self.parts(self.text)["value"] + alone(self.signature_timestamp, "xades", XADES) + over
        for name, data, kind, proven in (("SigAndRefsTimeStamp", both, "signature-references", "TOTAL-PASSED"), ("RefsOnlyTimeStamp", over, "references", "OUT_OF_BOUNDS_NO_POE"),
                                         ("SigAndRefsTimeStamp", both + " ", "signature-references", "OUT_OF_BOUNDS_NO_POE")):
            token = f"<xades:{name}>{METHOD}<xades:EncapsulatedTimeStamp>{self.archive.stamp(data)}</xades:EncapsulatedTimeStamp></xades:{name}>"
            told = self.told(self.document(self.signature_timestamp + refs + revocation + token), at=100 * DAY)
            self.assertEqual((proven, "B-T", "different" if data.endswith(" ") else "holds"), (told[0], told[1], told[3][kind]), name)


def oid(text):
    return bytes.fromhex(text)


SIGNATURE_TIME_STAMP = oid("060b2a864886f70d010910020e")
CONTENT_TIME_STAMP = oid("060b2a864886f70d0109100214")
CERTIFICATE_REFS = oid("060b2a864886f70d0109100215")
REVOCATION_REFS = oid("060b2a864886f70d0109100216")
REVOCATION_VALUES = oid("060b2a864886f70d0109100218")
CADES_C_TIME_STAMP = oid("060b2a864886f70d0109100219")
REFS_TIME_STAMP = oid("060b2a864886f70d010910021a")
ARCHIVE_V2 = oid("060b2a864886f70d0109100230")
ARCHIVE_V3 = oid("060604008d450204")
INDEX_V3 = oid("060704008195320105")
INDEX_V1 = oid("060604008d450205")
SHA256 = element(0x30, oid("0609608648016503040201"))
DATA = oid("06092a864886f70d010701")


class Cades(Fixture):
    DOCUMENT = b"one hundred\n"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        path = cls.folder / "content"
        path.write_bytes(cls.DOCUMENT)
        run("openssl", "cms", "-sign", "-cades", "-binary", "-nodetach", "-in", path, "-outform", "DER", "-signer", cls.pki.directory / "rsa3072.pem", "-keyform", "DER", "-inkey",
            cls.pki.key("rsa3072"), "-certfile", cls.pki.root, "-md", "sha256", "-out", cls.folder / "plain.p7m")
        cls.cms = (cls.folder / "plain.p7m").read_bytes()
        cls.signature_timestamp = (SIGNATURE_TIME_STAMP, cls.token(cls.authority, signature_value(cls.cms)))
        cls.revocation = (REVOCATION_VALUES, element(0x30, element(0xa0, element(0x30, b""))))

    @staticmethod
    def token(authority, data):
        return base64.b64decode(authority.stamp(data))

    @classmethod
    def data(cls):
        """The fields of SignedData."""
        return elements(contents(contents(elements(contents(cls.cms))[1])))

    @classmethod
    def index(cls, unsigned, by_value=True, default=False, certificates=None):
        def hashes(*items):
            return element(0x30, b"".join(element(4, hashlib.sha256(i).digest()) for i in items))

        certificates = elements(contents(cls.data()[3])) if certificates is None else certificates
        attributes = [kind + value if by_value else element(0x30, kind + element(0x31, value)) for kind, value in unsigned]
        return element(0x30, (b"" if default else SHA256) + hashes(*certificates) + hashes() + hashes(*attributes))

    def archived(self, unsigned, index=None, kind=INDEX_V3, alter=None, authority=None):
        """An archive-time-stamp-v3; an octet of one part of what it is over altered."""
        signer = contents(contents(self.data()[-1]))
        over = [DATA, hashlib.sha256(self.DOCUMENT).digest(), *elements(signer), index or self.index(unsigned)]
        if alter is not None:
            over[alter] = over[alter][:-1] + bytes([over[alter][-1] ^ 1])
        token = self.token(authority or self.archive, b"".join(over))
        return (ARCHIVE_V3, with_unsigned(token, (kind, index or self.index(unsigned)))), len(over)

    def test_archived(self):
        unsigned = [self.signature_timestamp, self.revocation]
        before = with_unsigned(self.cms, *unsigned)
        self.assertEqual(("TOTAL-PASSED", "B-LT", "CN=Example TSA", {"signature": "holds"}), self.told(before))
        self.assertEqual("OUT_OF_BOUNDS_NO_POE", self.told(before, at=100 * DAY)[0])
        for cms in (with_unsigned(self.cms, *unsigned, self.archived(unsigned)[0]), with_unsigned(self.cms, self.archived(unsigned)[0], *unsigned),
                    with_unsigned(self.cms, *unsigned, self.archived(unsigned, self.index(unsigned, by_value=False, default=True), INDEX_V1)[0])):
            for at in (0, 100 * DAY):
                self.assertEqual(("TOTAL-PASSED", "B-LTA", "CN=Example TSA", {"signature": "holds", "archive": "holds"}), self.told(cms, at=at))
            self.assertEqual("OUT_OF_BOUNDS_NO_POE", self.told(cms, at=250 * DAY)[0])

    def test_not_over(self):
        """What its index does not list, it says nothing about."""
        cms = with_unsigned(self.cms, self.signature_timestamp, self.revocation, self.archived([self.revocation])[0])
        self.assertEqual(("TOTAL-PASSED", "B-LTA", "CN=Example Archive", {"archive": "holds", "signature": "expired"}), self.told(cms, at=100 * DAY))

    def test_stranger(self):
        unsigned = [self.signature_timestamp, self.revocation]
        cms = with_unsigned(self.cms, *unsigned, self.archived(unsigned, authority=self.stranger)[0])
        self.assertEqual(("OUT_OF_BOUNDS_NO_POE", None), self.told(cms, at=100 * DAY)[:3:2])

    def test_each_part(self):
        unsigned = [self.signature_timestamp, self.revocation]
        for i in range(self.archived(unsigned)[1]):
            cms = with_unsigned(self.cms, *unsigned, self.archived(unsigned, alter=i)[0])
            told = self.told(cms)
            self.assertEqual(("SIG_CONSTRAINTS_FAILURE", "B-LT", {"signature": "holds", "archive": "different"}), (told[0], told[1], told[3]), i)
        # One over the value alone, and so without an index.
        cms = with_unsigned(self.cms, *unsigned, (ARCHIVE_V3, self.signature_timestamp[1]))
        self.assertEqual("SIG_CONSTRAINTS_FAILURE", self.told(cms)[0])

    def test_incomplete(self):
        """What an index lists and is not there makes it worthless; the signature is what it was."""
        unsigned = [self.signature_timestamp, self.revocation]
        certificates = elements(contents(self.data()[3]))
        for cms in (with_unsigned(self.cms, self.signature_timestamp, self.archived(unsigned)[0]),
                    with_unsigned(self.cms, *unsigned, self.archived(unsigned, self.index(unsigned, by_value=False))[0]),
                    with_unsigned(self.cms, *unsigned, self.archived(unsigned, self.index(unsigned, certificates=certificates + [b"\x30\x00"]))[0])):
            told = self.told(cms)
            self.assertEqual(("TOTAL-PASSED", "incomplete"), (told[0], told[3]["archive"]))
            self.assertNotEqual("B-LTA", told[1])
            self.assertEqual("OUT_OF_BOUNDS_NO_POE", self.told(cms, at=100 * DAY)[0])
        # Of what is there, it need not list all.
        self.assertEqual("holds", self.told(with_unsigned(self.cms, *unsigned, self.archived([], self.index([], certificates=[]))[0]))[3]["archive"])

    def test_bad_index(self):
        unsigned = [self.signature_timestamp, self.revocation]
        for index in (b"\x30\x00", b"\x05\x00", self.index(unsigned), element(0x30, SHA256 + element(0x30, b"\x02\x01\x01") * 3),
                      element(0x30, element(0x30, oid("06032a0304")) + element(0x30, b"") * 3)):
            told = self.told(with_unsigned(self.cms, *unsigned, self.archived(unsigned, index)[0]))
            self.assertEqual("TOTAL-PASSED", told[0])
            self.assertEqual("holds" if index == self.index(unsigned) else "malformed", told[3]["archive"], index.hex())

    def test_version_2(self):
        """Over SignedData as it stands, with the attributes' tag and length or (formerly) without."""
        unsigned = [self.signature_timestamp, self.revocation]
        data = self.data()
        attributes = b"".join(element(0x30, kind + element(0x31, value)) for kind, value in unsigned)
        whole = data[2] + data[3] + contents(contents(data[-1]))
        for header in (split(element(0xa1, attributes))[0], b""):
            over = whole + header + attributes
            cms = with_unsigned(self.cms, *unsigned, (ARCHIVE_V2, self.token(self.archive, over)))
            self.assertEqual(("TOTAL-PASSED", "B-LTA", "CN=Example TSA", {"signature": "holds", "archive": "holds"}), self.told(cms, at=100 * DAY))
            for at in (0, len(data[2]) - 1, len(data[2]) + 9, len(whole) - 1, len(over) - 1):
                altered = over[:at] + bytes([over[at] ^ 1]) + over[at + 1:]
                cms = with_unsigned(self.cms, *unsigned, (ARCHIVE_V2, self.token(self.archive, altered)))
                self.assertEqual("SIG_CONSTRAINTS_FAILURE", self.told(cms)[0])

    def outcomes(self, data, at):
        return [t["outcome"] for t in self.verify(data, at=at)["signatures"][0]["timestamps"]]

    def test_version_2_behind(self):
        """A token that stands behind what is none: the attribute was left out of the digest, and so nothing is proven of the token, whose authority has ended. Of its own
        version an attribute has one value."""
        data = self.data()
        over = data[2] + data[3] + contents(contents(data[-1])) + element(0xa1, element(0x30, self.revocation[0] + element(0x31, self.revocation[1])))
        archive = (ARCHIVE_V2, dated(self.archive, over, 3600))
        third = self.archived([self.revocation], authority=self.authority)[0]
        second = (ARCHIVE_V2, self.token(self.authority, over))
        for kind, token, outcome in ((*third, "expired"), (*second, "malformed")):
            cms = with_unsigned(self.cms, self.revocation, archive, (kind, b"\x30\x00" + token))
            self.assertEqual(["holds", "malformed", outcome], self.outcomes(cms, 100 * DAY))
        # By itself it was there, and so counts.
        cms = with_unsigned(self.cms, self.revocation, third)
        over = over[:len(data[2] + data[3] + contents(contents(data[-1])))] + element(0xa1, b"".join(element(0x30, kind + element(0x31, value)) for kind, value in
                                                                                              (self.revocation, third)))
        cms = with_unsigned(self.cms, self.revocation, third, (ARCHIVE_V2, dated(self.archive, over, 3600)))
        self.assertEqual(["holds", "holds"], self.outcomes(cms, 100 * DAY))

    def test_index_cost(self):
        """Indexes by attribute, each held against large attributes that hold many tokens: what a document may have read for its timestamps comes to an end."""
        kind, token = self.archived([], self.index([], by_value=False), INDEX_V1)[0]
        large = token * 16 + element(4, bytes(15 << 19))
        told = self.outcomes(with_unsigned(self.cms, (kind, large), (kind, large)), 0)
        self.assertEqual({"holds", "incomplete"}, set(told) - {"malformed"})

    def test_version_2_detached(self):
        """The content, which is beside it, stands where it would be."""
        signature = self.folder / "detached.p7s"
        run("openssl", "cms", "-sign", "-cades", "-binary", "-in", self.folder / "content", "-outform", "DER", "-signer", self.pki.directory / "rsa3072.pem", "-keyform", "DER", "-inkey",
            self.pki.key("rsa3072"), "-md", "sha256", "-out", signature)
        cms = signature.read_bytes()
        data = elements(contents(contents(elements(contents(cms))[1])))
        stamp = (SIGNATURE_TIME_STAMP, self.token(self.authority, signature_value(cms)))
        for document, outcome in ((self.DOCUMENT, "holds"), (b"two hundred\n", "different")):
            over = data[2] + document + data[3] + contents(contents(data[-1])) + element(0xa1, element(0x30, stamp[0] + element(0x31, stamp[1])))
            archived = with_unsigned(cms, stamp, (ARCHIVE_V2, self.token(self.archive, over)))
            self.assertEqual(outcome, self.told(archived, "--content", self.folder / "content")[3]["archive"])

    def test_added_later(self):
        """A further signature or countersignature leaves an archive timestamp what it is, or is not added."""
        unsigned = [self.signature_timestamp, self.revocation]
        data = self.data()
        attributes = b"".join(element(0x30, kind + element(0x31, value)) for kind, value in unsigned)
        former = self.token(self.archive, data[2] + data[3] + contents(contents(data[-1])) + element(0xa1, attributes))
        for form in ("add-cades-enveloping", "countersign-cades"):
            for archive, refused in ((self.archived(unsigned)[0], False), ((ARCHIVE_V2, former), True)):
                (self.folder / "archived").write_bytes(with_unsigned(self.cms, *unsigned, archive))
                done = subprocess.run([SIGN_FILE, "document", self.pki.key("rsa3072"), self.folder / "rsa3072-chain.pem", form, self.folder / "added", self.folder / "archived"],
                                      capture_output=True, text=True)
                self.assertEqual(refused, "archive timestamp of an old form" in done.stderr, done.stderr)
                if not refused:
                    report = self.verify((self.folder / "added").read_bytes())
                    self.assertEqual((2, {"signature": "holds", "archive": "holds"}),
                                     (len(report["signatures"]), {t["over"]: t["outcome"] for t in report["signatures"][0]["timestamps"]}))

    def test_references(self):
        refs = [(CERTIFICATE_REFS, element(0x30, b"\x02\x01\x01")), (REVOCATION_REFS, element(0x30, b"\x02\x01\x02"))]
        plain = [kind + element(0x31, value) for kind, value in (self.signature_timestamp, *refs)]
        both, over = signature_value(self.cms) + b"".join(plain), b"".join(plain[1:])
        for kind, name, data, proven in ((CADES_C_TIME_STAMP, "signature-references", both, "TOTAL-PASSED"), (REFS_TIME_STAMP, "references", over, "OUT_OF_BOUNDS_NO_POE"),
                                         (CADES_C_TIME_STAMP, "signature-references", both + b"!", "OUT_OF_BOUNDS_NO_POE")):
            told = self.told(with_unsigned(self.cms, self.signature_timestamp, *refs, (kind, self.token(self.archive, data))), at=100 * DAY)
            self.assertEqual((proven, "B-T", "different" if data.endswith(b"!") else "holds"), (told[0], told[1], told[3][name]))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
