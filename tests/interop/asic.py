#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""ASiC: our containers before unzip, zipinfo, Python's zipfile, openssl cms and xmlsec1, and containers tampered with, one by one, before us.
The client too: sign, container list and extract. Usage: asic.py INTEROP-SIGN-FILE SYGNET"""

import base64
import hashlib
import json
import os
import re
import shutil
import resource
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree
import zipfile
from pathlib import Path
from urllib.parse import unquote

import pki
import xmldsig
from der import contents, element, elements

SIGN_FILE, SYGNET = (Path(p).absolute() for p in sys.argv[1:3])
KINDS = ("p256", "rsa3072", "ed25519")
ASIC = "{http://uri.etsi.org/02918/v1.2.1#}"
DS = "{http://www.w3.org/2000/09/xmldsig#}"
FILES = {"contract.txt": b"one\n" * 100, "zażółć 100%.csv": b"a,b\n", "empty.bin": b""}


class Base(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.directory = Path(cls.temporary.name)
        cls.pki = pki.Pki(cls.directory, KINDS)
        for name, content in FILES.items():
            (cls.directory / name).write_bytes(content)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def make(self, form, names=tuple(FILES), kind="p256", out=None):
        out = self.directory / (out or f"{self.id()}-{kind}")
        pki.run(SIGN_FILE, "document", self.pki.key(kind), self.pki.chain(kind), form, out, *(self.directory / n for n in names))
        return out

    def verify(self, path):
        return json.loads(pki.run(SIGN_FILE, "verify", path, "--anchors", self.pki.root))

    def rewrite(self, path, change, compression=zipfile.ZIP_DEFLATED):
        """The same container by Python's zipfile, with what change(dict of entries) makes of it."""
        with zipfile.ZipFile(path) as z:
            entries = {i.filename: z.read(i) for i in z.infolist()}
        change(entries)
        out = path.with_suffix(".changed")
        with zipfile.ZipFile(out, "w", compression) as z:
            for name, content in entries.items():
                z.writestr(name, content, zipfile.ZIP_STORED if name == "mimetype" else None)
        return out


class Peers(Base):
    def check_zip(self, path, media_type, names):
        pki.run("unzip", "-tqq", path)
        listing = pki.run("zipinfo", "-v", path)
        self.assertNotIn("warning", listing)
        self.assertNotIn("extra field", re.sub(r"length of extra field:\s+0 bytes", "", listing.replace("extra field is", "")))
        with zipfile.ZipFile(path) as z:
            self.assertIsNone(z.testzip())
            first = z.infolist()[0]
            self.assertEqual((first.filename, first.compress_type, first.extra, first.flag_bits, first.header_offset), ("mimetype", 0, b"", 0, 0))
            self.assertEqual(z.read("mimetype").decode(), media_type)
            self.assertEqual(path.read_bytes()[38:38 + len(media_type)].decode(), media_type)
            for name in names:
                self.assertEqual(z.read(name), FILES[name])

    def check_cms(self, path, signature, content):
        with zipfile.ZipFile(path) as z:
            (self.directory / "p7s").write_bytes(z.read(signature))
            (self.directory / "content").write_bytes(z.read(content))
        pki.run("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", self.directory / "p7s", "-content", self.directory / "content",
                "-CAfile", self.pki.root, "-purpose", "any", "-out", "/dev/null")

    def check_manifest(self, path, manifest, signature):
        with zipfile.ZipFile(path) as z:
            root = xml.etree.ElementTree.fromstring(z.read(manifest))
            self.assertEqual(root.tag, ASIC + "ASiCManifest")
            self.assertEqual([e.get("URI") for e in root.iter(ASIC + "SigReference")], [signature])
            said = {unquote(e.get("URI")): e for e in root.iter(ASIC + "DataObjectReference")}
            self.assertEqual(set(said), set(FILES))
            for name, e in said.items():
                method = e.find(DS + "DigestMethod").get("Algorithm")
                digest = hashlib.new(method.rpartition("#")[2], z.read(name)).digest()
                self.assertEqual(base64.b64decode(e.find(DS + "DigestValue").text), digest)

    def test_asic_e(self):
        for kind in ("p256", "rsa3072"):
            with self.subTest(kind=kind):
                path = self.make("asic-e", kind=kind)
                self.check_zip(path, "application/vnd.etsi.asic-e+zip", FILES)
                self.check_cms(path, "META-INF/signature001.p7s", "META-INF/ASiCManifest001.xml")
                self.check_manifest(path, "META-INF/ASiCManifest001.xml", "META-INF/signature001.p7s")

    def test_asic_s(self):
        for kind in ("p256", "rsa3072"):
            with self.subTest(kind=kind):
                path = self.make("asic-s", ("contract.txt",), kind)
                self.check_zip(path, "application/vnd.etsi.asic-s+zip", ("contract.txt",))
                self.check_cms(path, "META-INF/signature.p7s", "contract.txt")

    def check_xmlsec(self, path, signature):
        """xmlsec1 resolves the references against the folder that it is called in; to it, names without a scheme are "remote"."""
        with tempfile.TemporaryDirectory() as folder:
            pki.run("unzip", "-qq", path, "-d", folder)
            for name in FILES:  # it looks for files by their escaped names
                if (Path(folder) / name).exists():
                    (Path(folder) / "".join(c if re.match(r"[A-Za-z0-9._~-]", c) else "".join("%%%02X" % b for b in c.encode()) for c in name)) \
                        .write_bytes(FILES[name])
            pki.run("xmlsec1", "--verify", "--enabled-reference-uris", "empty,same-doc,local,remote", "--trusted-pem", self.pki.root, "--id-attr:Id",
                    "http://uri.etsi.org/01903/v1.3.2#:SignedProperties", signature, cwd=folder)

    def test_xades(self):
        for form, names, signature in (("asic-e-xades", tuple(FILES), "META-INF/signatures001.xml"),
                                       ("asic-s-xades", ("contract.txt",), "META-INF/signatures.xml")):
            for kind in ("p256", "rsa3072"):
                with self.subTest(form=form, kind=kind):
                    path = self.make(form, names, kind)
                    self.check_zip(path, "application/vnd.etsi." + form[:6] + "+zip", names)
                    with zipfile.ZipFile(path) as z:
                        root = xml.etree.ElementTree.fromstring(z.read(signature))
                        self.assertEqual(root.tag, ASIC + "XAdESSignatures")
                    self.check_xmlsec(path, signature)

    def test_added(self):
        one = self.make("asic-e")
        two = self.make("add-asic-e", (one.name,), "rsa3072", "two.asice")
        self.assertTrue(two.read_bytes().startswith(one.read_bytes()[:one.read_bytes().index(b"PK\1\2")]))
        self.check_zip(two, "application/vnd.etsi.asic-e+zip", FILES)
        for n in (1, 2):
            self.check_cms(two, f"META-INF/signature00{n}.p7s", f"META-INF/ASiCManifest00{n}.xml")
            self.check_manifest(two, f"META-INF/ASiCManifest00{n}.xml", f"META-INF/signature00{n}.p7s")
        report = self.verify(two)
        self.assertEqual((report["indication"], len(report["signatures"])), ("TOTAL-PASSED", 2))

    def test_parallel(self):
        one = self.make("asic-s", ("contract.txt",))
        two = self.make("add-asic-s", (one.name,), "rsa3072", "two.asics")
        self.check_zip(two, "application/vnd.etsi.asic-s+zip", ("contract.txt",))
        self.check_cms(two, "META-INF/signature.p7s", "contract.txt")
        report = self.verify(two)
        self.assertEqual((report["indication"], [s["files"] for s in report["signatures"]]), ("TOTAL-PASSED", [["contract.txt"]] * 2))

    def test_refused(self):
        for form, names, why in (("asic-s", FILES, None), ("add-asic-e", ("contract.txt",), "no ZIP file"), ("add-asic-s-xades", ("simple-xades",), "Nothing can be added"), ("add-asic-e", ("simple",), "another kind"),
                                 ("add-asic-e-xades", ("cades",), "another kind")):
            self.make("asic-s", ("contract.txt",), out="simple")
            self.make("asic-s-xades", ("contract.txt",), out="simple-xades")
            self.make("asic-e", out="cades")
            with self.subTest(form=form), self.assertRaises(subprocess.CalledProcessError) as e:
                self.make(form, names)
            self.assertTrue(why is None or why in e.exception.stderr, e.exception.stderr)


class Tampered(Base):
    def check(self, path, indication, subindication, integrity, unsigned=()):
        report = self.verify(path)
        self.assertEqual((report["indication"], report["subindication"]), (indication, subindication))
        if integrity is None:
            self.assertEqual(report["signatures"], [])
        else:
            self.assertEqual([s["integrity"] for s in report["signatures"]], [integrity])
            self.assertEqual(report["unsigned_files"], list(unsigned))
            self.assertEqual(report["signatures"][0]["covers_whole_document"], integrity and not unsigned)

    def test_sound(self):
        for form, names in (("asic-e", tuple(FILES)), ("asic-s", ("contract.txt",)), ("asic-e-xades", tuple(FILES)), ("asic-s-xades", ("contract.txt",))):
            for kind in KINDS:
                with self.subTest(form=form, kind=kind):
                    report = self.verify(self.make(form, names, kind))
                    self.assertEqual(report["indication"], "TOTAL-PASSED")
                    self.assertEqual(report["container"], "ASiC-" + form[5].upper())
                    self.assertEqual(report["unsigned_files"], [])
                    said = report["signatures"][0]
                    self.assertEqual((said["format"], said["level"], said["files"], said["covers_whole_document"]), ("XAdES" if "xades" in form else "CAdES", "B-B", list(names), True))

    def test_pdf_first(self):
        """A container is one, also where a PDF's header stands where readers of PDF look for it."""
        (self.directory / "a.pdf").write_bytes(b"%PDF-1.4\n%%EOF\n")
        report = self.verify(self.make("asic-e", ("a.pdf",)))
        self.assertEqual((report["indication"], report["container"]), ("TOTAL-PASSED", "ASiC-E"))

    def test_repacked(self):
        """Deflated by another program, it is the same container."""
        for form in ("asic-e", "asic-e-xades"):
            self.check(self.rewrite(self.make(form), lambda e: None), "TOTAL-PASSED", None, True)

    def test_changed(self):
        for kind in ("", "-xades"):
            self.check(self.rewrite(self.make("asic-e" + kind), lambda e: e.update({"contract.txt": b"two\n"})), "TOTAL-FAILED", "HASH_FAILURE", False, FILES)
            self.check(self.rewrite(self.make("asic-s" + kind, ("contract.txt",)), lambda e: e.update({"contract.txt": b"two\n"})), "TOTAL-FAILED",
                       "HASH_FAILURE", False, ["contract.txt"])

    def test_added(self):
        for form in ("asic-e", "asic-e-xades"):
            self.check(self.rewrite(self.make(form), lambda e: e.update({"added.txt": b""})), "INDETERMINATE", "SIG_CONSTRAINTS_FAILURE", True, ["added.txt"])
        self.check(self.rewrite(self.make("asic-s", ("contract.txt",)), lambda e: e.update({"added.txt": b""})), "TOTAL-FAILED", "FORMAT_FAILURE", False,
                   ["contract.txt", "added.txt"])

    def test_removed(self):
        for form in ("asic-e", "asic-e-xades"):
            self.check(self.rewrite(self.make(form), lambda e: e.pop("empty.bin")), "INDETERMINATE", "SIGNED_DATA_NOT_FOUND", False,
                       ["contract.txt", "zażółć 100%.csv"])

    def test_renamed(self):
        def swap(e):
            e["contract.txt"], e["empty.bin"] = e["empty.bin"], e["contract.txt"]
        for form in ("asic-e", "asic-e-xades"):
            self.check(self.rewrite(self.make(form), swap), "TOTAL-FAILED", "HASH_FAILURE", False, FILES)

    def test_manifest(self):
        """The manifest is what the signature is over."""
        name = "META-INF/ASiCManifest001.xml"
        self.check(self.rewrite(self.make("asic-e"), lambda e: e.update({name: e[name].replace(b"contract", b"cantract")})), "TOTAL-FAILED", "HASH_FAILURE",
                   False, FILES)
        self.check(self.rewrite(self.make("asic-e"), lambda e: e.pop(name)), "TOTAL-FAILED", "FORMAT_FAILURE", False, FILES)
        self.check(self.rewrite(self.make("asic-e"), lambda e: e.update({"META-INF/ASiCManifest.xml": e[name].replace(b"contract", b"c")})),
                   "TOTAL-FAILED", "FORMAT_FAILURE", False, FILES)
        self.check(self.rewrite(self.make("asic-e"), lambda e: e.update({name: b"<!DOCTYPE a>" + e[name]})), "TOTAL-FAILED", "FORMAT_FAILURE", False, FILES)

    def test_another_signature(self):
        """Another container's signature with its manifest is of files that are not here."""
        with zipfile.ZipFile(self.make("asic-s", ("contract.txt",))) as z:
            p7s = z.read("META-INF/signature.p7s")
        self.check(self.rewrite(self.make("asic-e"), lambda e: e.update({"META-INF/signature001.p7s": p7s})), "TOTAL-FAILED", "HASH_FAILURE", False, FILES)

    def test_signature_within(self):
        """A signature that brings its own content along says nothing about the files."""
        enveloping = self.directory / "enveloping"
        pki.run(SIGN_FILE, "document", self.pki.key("p256"), self.pki.chain("p256"), "cades-enveloping", enveloping, self.directory / "contract.txt")
        self.check(self.rewrite(self.make("asic-e"), lambda e: e.update({"META-INF/signature001.p7s": enveloping.read_bytes()})), "TOTAL-FAILED", "HASH_FAILURE",
                   False, FILES)

    def test_of_something_else(self):
        """A good signature of something else makes nobody a signer of these files."""
        (self.directory / "other.xml").write_bytes(b"<other/>")
        pki.run(SIGN_FILE, "document", self.pki.key("rsa3072"), self.pki.chain("rsa3072"), "xades-enveloping", self.directory / "other.xades",
                self.directory / "other.xml")
        other = (self.directory / "other.xades").read_bytes()
        report = self.verify(self.rewrite(self.make("asic-e-xades"), lambda e: e.update({"META-INF/signatures002.xml": other})))
        self.assertEqual((report["indication"], report["subindication"]), ("INDETERMINATE", "SIGNED_DATA_NOT_FOUND"))
        self.assertEqual([s["integrity"] for s in report["signatures"]], [True, False])

    def test_package_manifest(self):
        name = "META-INF/manifest.xml"
        self.check(self.rewrite(self.make("asic-e-xades"), lambda e: e.update({name: e[name].replace(b"contract", b"c")})), "INDETERMINATE",
                   "SIG_CONSTRAINTS_FAILURE", True)

    def test_called_open_document(self):
        """Another media type makes programs take the same files for something else: of OpenDocument it must be signed."""
        change = lambda e: e.update({"mimetype": b"application/vnd.oasis.opendocument.text"})
        report = self.verify(self.rewrite(self.make("asic-e-xades"), change))
        self.assertEqual((report["container"], report["indication"], report["subindication"]), ("ODF", "INDETERMINATE", "SIG_CONSTRAINTS_FAILURE"))
        self.assertEqual(report["unsigned_files"], ["mimetype", "META-INF/manifest.xml"])

    def test_added_xades(self):
        two = self.make("add-asic-e-xades", (self.make("asic-e-xades").name,), "rsa3072", "two-xades.asice")
        report = self.verify(two)
        self.assertEqual((report["indication"], [s["files"] for s in report["signatures"]]), ("TOTAL-PASSED", [list(FILES)] * 2))

    def test_nothing_beside_a_broken_one(self):
        for form in ("asic-e", "asic-e-xades"):
            broken = self.rewrite(self.make(form), lambda e: e.update({"contract.txt": b"two\n"}))
            with self.assertRaises(subprocess.CalledProcessError) as e:
                self.make("add-" + form, (broken.name,), out="beside")
            self.assertIn("does not hold", e.exception.stderr)

    def test_none(self):
        self.check(self.rewrite(self.make("asic-e"), lambda e: [e.pop(n) for n in list(e) if n.startswith("META-INF")]), "TOTAL-FAILED", "FORMAT_FAILURE", None)

    def test_too_many(self):
        """Limits are told, and nothing is looked at in part."""
        path = self.make("asic-e")
        with zipfile.ZipFile(path) as z:
            p7s = z.read("META-INF/signature001.p7s")
        many = self.rewrite(path, lambda e: e.update({f"META-INF/signature{n}.p7s": p7s for n in range(1100)}))
        self.check(many, "TOTAL-FAILED", "FORMAT_FAILURE", None)

    def test_bombs(self):
        """Contents that unpack to far more than the container, and a manifest that does."""
        self.check(self.rewrite(self.make("asic-e"), lambda e: e.update({"zeros": bytes(300 << 20)})), "TOTAL-FAILED", "FORMAT_FAILURE", None)
        report = self.verify(self.rewrite(self.make("asic-e"), lambda e: e.update({"META-INF/ASiCManifest001.xml": b" " * (30 << 20)})))
        self.assertEqual(report["subindication"], "FORMAT_FAILURE")

    def costs(self, path, seconds):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        report = self.verify(path)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.assertLess(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, seconds)
        return report

    def test_many_signers_of_many_references(self):
        """What costs little to write costs little to refuse: one signer many times, and a manifest that names one file many times."""
        digest = base64.b64encode(hashlib.sha256(b"x").digest()).decode()
        one = ('<DataObjectReference URI="f"><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
               f"<ds:DigestValue>{digest}</ds:DigestValue></DataObjectReference>")
        for n, signers in ((10000, 256), (10000, 1)):
            manifest = (f'<ASiCManifest xmlns="{ASIC[1:-1]}" xmlns:ds="{DS[1:-1]}"><SigReference URI="META-INF/signature1.p7s"/>{one * n}</ASiCManifest>').encode()
            (self.directory / "manifest").write_bytes(manifest)
            pki.run(SIGN_FILE, "sign", self.pki.key("p256"), self.pki.chain("p256"), "detached", self.directory / "manifest", self.directory / "p7s")
            info = elements(contents((self.directory / "p7s").read_bytes()))
            data = elements(contents(contents(info[1])))
            data[-1] = element(0x31, contents(data[-1]) * signers)
            path = self.directory / "many.asice"
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
                z.writestr("f", b"x")
                z.writestr("META-INF/ASiCManifest1.xml", manifest)
                z.writestr("META-INF/signature1.p7s", element(0x30, info[0] + element(0xa0, element(0x30, b"".join(data)))))
            report = self.costs(path, 10)
            self.assertEqual(report["indication"], "TOTAL-PASSED" if signers == 1 else "TOTAL-FAILED", report["reason"])
            self.assertEqual([s["integrity"] for s in report["signatures"]], [i < 104 for i in range(signers)])

    def test_inflating_signatures(self):
        """Many that are read one after the other, each within bounds."""
        path = self.directory / "bomb.asice"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
            z.writestr("f", b"x")
            for i in range(30):
                z.writestr(f"META-INF/signatures{i}.xml", b"<a>" + b"<b/>" * 500000 + b"</a>")
        report = self.costs(path, 2)
        self.assertEqual((report["indication"], report["signatures"]), ("TOTAL-FAILED", []))

    def test_parts_of_files(self):
        """A signature that leaves something out of a file by XPath is of no file."""
        signer = xmldsig.Signer(self.pki)
        some = xmldsig.xpath("self::a or self::b") + xmldsig.transform(xmldsig.EXCLUSIVE)
        whole = xmldsig.transform(xmldsig.EXCLUSIVE)
        for transforms, left, passes in ((whole, "<a><b>2</b></a>", True), (some, "<a><b></b></a>", False)):
            signature = signer.sign(xmldsig.reference("contract.xml", left, transforms, more=' Id="S-data"'), properties=True)
            path = self.directory / "parts.asice"
            with zipfile.ZipFile(path, "w") as z:
                z.writestr("contract.xml", "<a><b>2</b></a>")
                z.writestr("META-INF/signatures.xml", f'<x:XAdESSignatures xmlns:x="{ASIC[1:-1]}">{signature}</x:XAdESSignatures>')
            report = self.verify(path)
            said = report["signatures"][0]
            self.assertEqual((report["indication"] == "TOTAL-PASSED", said["integrity"], said["covers_whole_document"], report["unsigned_files"]),
                             (passes, passes, passes, [] if passes else ["contract.xml"]), report)

    def test_two_readers(self):
        """An entry that only a reader from the front sees, and a name that is there twice."""
        path = self.make("asic-e")
        twice = path.with_suffix(".twice")
        twice.write_bytes(path.read_bytes())
        with zipfile.ZipFile(twice, "a") as z:
            z.writestr("contract.txt ", b"two\n")
        twice.write_bytes(twice.read_bytes().replace(b"contract.txt ", b"contract.txt\0"))
        self.check(twice, "TOTAL-FAILED", "FORMAT_FAILURE", None)
        whole = path.read_bytes()
        hidden = path.with_suffix(".hidden")
        hidden.write_bytes(b"PK\3\4" + b"\0" * 26 + whole)
        self.check(hidden, "TOTAL-FAILED", "FORMAT_FAILURE", None)


class Archived(Base):
    """Timestamps over archive manifests, by openssl ts, keep signatures beyond the end of their signers' certificates."""
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = cls.directory
        (folder / "tsa.ext").write_text("basicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n"
                                        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
        (folder / "tsa.cnf").write_text(f"[tsa]\ndefault_tsa=this\n[this]\nserial={folder}/tsa.serial\ndefault_policy=1.2.3.4\ndigests=sha256\nsigner_digest=sha256\n"
                                        "ess_cert_id_alg=sha256\n")
        (folder / "tsa.serial").write_text("01")
        pki.run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder / "tsa.key", "-out", folder / "tsa.csr",
                "-subj", "/C=PL/O=Example/CN=Example TSA")
        # The root outlives both, or there is no path at all.
        pki.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder / "old.key", "-out", folder / "old.pem",
                "-subj", "/C=PL/O=Example/CN=Example Old Root", "-days", "900", "-addext", "basicConstraints=critical,CA:true", "-addext", "keyUsage=critical,keyCertSign")
        pki.run("openssl", "x509", "-req", "-in", folder / "tsa.csr", "-CA", folder / "old.pem", "-CAkey", folder / "old.key", "-CAcreateserial", "-days", "800",
                "-extfile", folder / "tsa.ext", "-out", folder / "tsa.pem")
        pki.run("openssl", "x509", "-req", "-in", folder / "tsa.csr", "-CA", folder / "old.pem", "-CAkey", folder / "old.key", "-CAcreateserial", "-days", "20",
                "-subj", "/C=PL/O=Example/CN=Example Short TSA",
                "-extfile", folder / "tsa.ext", "-out", folder / "tsa-short.pem")
        pki.run("openssl", "x509", "-req", "-in", folder / "p256.csr", "-CA", folder / "old.pem", "-CAkey", folder / "old.key", "-CAcreateserial", "-days", "20",
                "-extfile", folder / "seal.cnf", "-out", folder / "short.pem")

    def token(self, content, signer="tsa"):
        (self.directory / "stamped").write_bytes(content)
        pki.run("openssl", "ts", "-query", "-data", self.directory / "stamped", "-sha256", "-cert", "-out", self.directory / "query")
        pki.run("openssl", "ts", "-reply", "-config", self.directory / "tsa.cnf", "-queryfile", self.directory / "query", "-signer", self.directory / f"{signer}.pem",
                "-inkey", self.directory / "tsa.key", "-token_out", "-out", self.directory / "token")
        return (self.directory / "token").read_bytes()

    def client(self, status, *files):
        done = subprocess.run([SYGNET, "verify", "--anchors", self.directory / "old.pem", *files], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
        self.assertEqual((done.returncode, done.stderr), (status, ""), done.stdout)
        return done.stdout

    def test_time_alone(self):
        """A container or a file with a timestamp is valid as what it is, and nobody takes it for somebody's signature."""
        container, token = self.directory / "timed.asics", self.directory / "timed.tst"
        with zipfile.ZipFile(container, "w") as z:
            z.writestr("mimetype", "application/vnd.etsi.asic-s+zip")
            z.writestr("contract.txt", b"contract")
            z.writestr("META-INF/timestamp.tst", self.token(b"contract"))
        token.write_bytes(self.token(b"contract"))
        for path in (container, token):
            with self.subTest(path.name):
                said = self.client(4, path)
                self.assertIn("a valid timestamp, and NOBODY'S signature", said)
                self.assertRegex(said, r"Timestamp 1: valid(.|\n)*Authority: CN=Example TSA")
                self.assertNotIn("Standing", said)
                self.assertNotIn("Signature 1", said)
                report = json.loads(self.client(4, "--json", path))
                self.assertEqual((report["indication"], report["timestamps_only"], report["signatures"][0]["timestamp"]), ("TOTAL-PASSED", True, True))
        self.assertIn("0 valid, 0 not valid, 0 cannot be told, 2 with a timestamp only.", self.client(4, container, token))

    def archive(self, entries, wrong=False, number="001", signer="tsa"):
        references = "".join(f'<a:DataObjectReference URI="{"".join(c if c.isalnum() and c.isascii() or c in "/.-" else "".join("%%%02X" % b for b in c.encode()) for c in n)}">'
                             '<d:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><d:DigestValue>'
                             f'{base64.b64encode(hashlib.sha256(c + (b"x" if wrong else b"")).digest()).decode()}</d:DigestValue></a:DataObjectReference>'
                             for n, c in entries.items() if n != "mimetype")
        manifest = ('<a:ASiCManifest xmlns:a="http://uri.etsi.org/02918/v1.2.1#" xmlns:d="http://www.w3.org/2000/09/xmldsig#">'
                    f'<a:SigReference URI="META-INF/timestamp{number}.tst"/>{references}</a:ASiCManifest>').encode()
        entries[f"META-INF/ASiCArchiveManifest{number}.xml"] = manifest
        entries[f"META-INF/timestamp{number}.tst"] = self.token(manifest, signer)

    def later(self, path):
        """After the end of the signer's certificate."""
        return json.loads(pki.run(SIGN_FILE, "verify", path, "--anchors", self.directory / "old.pem", "--at", str(int(time.time()) + 100 * 86400)))

    def test_kept(self):
        for form in ("asic-e", "asic-e-xades"):
            with self.subTest(form):
                path = self.directory / form
                pki.run(SIGN_FILE, "document", self.pki.key("p256"), self.directory / "short.pem", form, path, *(self.directory / n for n in FILES))
                self.assertEqual(self.later(path)["indication"], "INDETERMINATE")
                report = self.later(self.rewrite(path, self.archive))
                self.assertEqual((report["indication"], report["unsigned_files"]), ("TOTAL-PASSED", []))
                self.assertIn("Example TSA", report["signatures"][0]["proven_by"])
                # Of other files it proves nothing, and changed ones are not what was signed.
                self.assertEqual(self.later(self.rewrite(path, lambda e: self.archive(e, wrong=True)))["indication"], "INDETERMINATE")

                def change(entries):
                    self.archive(entries)
                    entries["META-INF/ASiCArchiveManifest001.xml"] += b"\n"
                self.assertEqual(self.later(self.rewrite(path, change))["indication"], "INDETERMINATE")

    def test_renewed(self):
        """The first authority's certificate has ended too, and a second timestamp keeps the first."""
        path = self.directory / "renewed"
        pki.run(SIGN_FILE, "document", self.pki.key("p256"), self.directory / "short.pem", "asic-e", path, *(self.directory / n for n in FILES))

        def renew(entries, short="tsa-short", **options):
            self.archive(entries, signer=short)
            if options:
                self.archive(entries, **options)
        self.assertEqual(self.later(self.rewrite(path, renew))["indication"], "INDETERMINATE")
        for number in ("000", "002"):
            report = self.later(self.rewrite(path, lambda e: renew(e, number=number)))
            self.assertEqual((report["indication"], report["signatures"][0]["proven_by"]), ("TOTAL-PASSED", "CN=Example Short TSA,O=Example,C=PL"))
        self.assertEqual(self.later(self.rewrite(path, lambda e: renew(e, number="002", wrong=True)))["indication"], "INDETERMINATE")


    def test_assertions(self):
        """A container of one file has its time from a time-stamp or an evidence record (§4.3.3.2), not from one of which nobody knows whether it fits the other."""
        path = self.directory / "assertion"
        entries = {"mimetype": b"application/vnd.etsi.asic-s+zip", "contract.txt": FILES["contract.txt"], "META-INF/timestamp.tst": self.token(FILES["contract.txt"])}
        for name in (None, "META-INF/evidencerecord.ers", "META-INF/evidencerecord.xml"):
            with zipfile.ZipFile(path, "w") as z:
                for each, content in (entries if name is None else {**entries, name: b"record"}).items():
                    z.writestr(each, content)
            report = json.loads(pki.run(SIGN_FILE, "verify", path, "--anchors", self.directory / "old.pem"))
            self.assertEqual((report["indication"], report["subindication"]), ("TOTAL-FAILED", "FORMAT_FAILURE") if name else ("TOTAL-PASSED", None), report)
        # One that says that it holds any number of files tells by a manifest which are meant.
        with zipfile.ZipFile(path, "w") as z:
            for each, content in {**entries, "mimetype": b"application/vnd.etsi.asic-e+zip"}.items():
                z.writestr(each, content)
        report = json.loads(pki.run(SIGN_FILE, "verify", path, "--anchors", self.directory / "old.pem"))
        self.assertEqual((report["subindication"], report["signatures"][0]["integrity"]), ("FORMAT_FAILURE", False), report)
        self.assertIn("does not tell which files", report["reason"])


class OpenDocument(Base):
    def test_libreoffice(self):
        """What LibreOffice signs, and what of it was changed, added or taken away."""
        self.pki.import_key("p256")
        document = self.directory / "document.odt"
        office = [shutil.which("python3", path="/usr/bin"), Path(__file__).with_name("libreoffice.py"), self.directory / "profile", self.pki.nss]
        done = subprocess.run(office, input=f"odf-sign\tp256\t{document}\n", capture_output=True, text=True, timeout=300)
        self.assertEqual(done.stdout, "ok\nok\n", done.stderr)
        report = self.verify(document)
        self.assertEqual((report["container"], report["indication"], report["unsigned_files"]), ("ODF", "TOTAL-PASSED", []))
        self.assertIn("content.xml", report["signatures"][0]["files"])
        for change, said in ((lambda e: e.update({"content.xml": e["content.xml"].replace(b"Contract", b"Invoice")}), "HASH_FAILURE"),
                             (lambda e: e.update({"Basic/Standard/added.xml": b"<a/>"}), "SIG_CONSTRAINTS_FAILURE"),
                             (lambda e: e.pop("styles.xml"), "SIGNED_DATA_NOT_FOUND")):
            self.assertEqual(self.verify(self.rewrite(document, change))["subindication"], said)


class Client(Base):
    def setUp(self):
        self.folder = self.directory / self.id()
        self.folder.mkdir()
        (self.folder / "password").write_text("example")
        pki.run("openssl", "pkcs12", "-export", "-inkey", self.directory / "p256-key.pem", "-in", self.directory / "p256.pem", "-certfile", self.pki.root,
                "-passout", f"file:{self.folder / 'password'}", "-out", self.folder / "key.p12")
        (self.folder / "key.p12").chmod(0o600)
        for name, content in FILES.items():
            (self.folder / name).write_bytes(content)

    def sygnet(self, status, *command, says=""):
        environment = dict(os.environ, HOME=str(self.folder), XDG_DATA_HOME=str(self.folder / "data"), XDG_CONFIG_HOME=str(self.folder / "config"), LC_ALL="C.UTF-8")
        done = subprocess.run([SYGNET, *(str(c) for c in command)], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertIn(says, done.stdout + done.stderr)
        return done.stdout

    def sign(self, status, *options, says=""):
        return self.sygnet(status, "sign", "-c", "key.p12", "--password-file", "password", *options, says=says)

    def test_life(self):
        said, = json.loads(self.sign(0, "--json", "--format", "asic-e", "-o", "out.asice", *FILES))["files"]
        self.assertEqual([said["file"], *said["further_files"]], list(FILES))
        self.sign(0, "--add", "out.asice")
        said = json.loads(self.sygnet(0, "verify", "--json", "--anchors", self.pki.root, "out-signed.asice"))
        self.assertEqual([s["files"] for s in said["signatures"]], [list(FILES)] * 2)
        listed = json.loads(self.sygnet(0, "container", "list", "--json", "out-signed.asice"))
        self.assertEqual([e["name"] for e in listed["entries"] if e["role"] == "document"], list(FILES))
        self.sygnet(0, "container", "extract", "out.asice", says="3 documents in out.")
        self.assertEqual({p.name: p.read_bytes() for p in (self.folder / "out").iterdir()}, FILES)
        self.sygnet(1, "container", "extract", "out.asice", says="exists already")
        self.sygnet(0, "container", "extract", "-o", "elsewhere", "out-signed.asice")

    def test_one_each(self):
        self.sign(0, "--format", "asic-s", *FILES)
        for name in FILES:
            self.sygnet(0, "verify", "--anchors", self.pki.root, name + ".asics", says="the whole file")

    def test_refused(self):
        self.sign(2, "--format", "asic-e", *FILES, says="--output names it")
        self.sign(1, "--format", "asic-e", "-o", "out", "contract.txt", "contract.txt", says="Two files have the same name")
        self.sign(1, "--add", "contract.txt", says="neither a container")
        self.assertFalse((self.folder / "out").exists())

    def test_unsigned_is_named(self):
        self.sign(0, "--format", "asic-e", "-o", "out.asice", "contract.txt")
        with zipfile.ZipFile(self.folder / "out.asice", "a") as z:
            z.writestr("added.txt", b"")
        self.sygnet(6, "verify", "--anchors", self.pki.root, "out.asice", says="NOT signed: added.txt")

    def test_nothing_leaves_the_folder(self):
        before = set(self.folder.parent.iterdir())
        for number, (name, mode) in enumerate((("../out.txt", 0o100644), ("/tmp/asic-out.txt", 0o100644), ("a/../../out.txt", 0o100644), ("..\\out.txt", 0o100644),
                                               ("link", 0o120777))):
            with self.subTest(name):
                path = self.folder / f"{number}.zip"
                with zipfile.ZipFile(path, "w") as z:
                    z.writestr("a.txt", b"a")
                    entry = zipfile.ZipInfo(name)
                    entry.external_attr = mode << 16
                    z.writestr(entry, b"/etc/passwd")
                self.sygnet(1, "container", "extract", "-o", f"out-{number}", path)
                self.assertFalse((self.folder / f"out-{number}").exists())
        self.assertEqual(before, set(self.folder.parent.iterdir()))

    def test_whole_or_not_at_all(self):
        path = self.folder / "out.zip"
        with zipfile.ZipFile(path, "w") as z:
            z.writestr("a/b/first.txt", b"first")
            z.writestr("a/second.txt", b"second")
        path.write_bytes(path.read_bytes().replace(b"second", b"secand"))
        before = set(self.folder.iterdir())
        self.sygnet(1, "container", "extract", "out.zip")
        with zipfile.ZipFile(path, "w") as z:
            z.writestr("a", b"a file")
            z.writestr("a/b", b"and a folder")
        self.sygnet(1, "container", "extract", "out.zip")
        self.assertEqual(before, set(self.folder.iterdir()))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
