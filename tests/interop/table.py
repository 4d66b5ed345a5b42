#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who accepts what: our signatures before other programs and theirs before us, by format and kind of key, printed as a table. Each cell is tried with the document
as it was signed, which must be accepted, and with one that was altered, which must be refused. A cell that the other program cannot do is named
with its own words, and these are part of the test. Usage: table.py INTEROP-SIGN-FILE SYGNET"""

import base64
import json
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

import cells
import forms
import pki
import xsd
from cells import CANNOT, KINDS, THEIRS
from der import contents, elements, signature_value
from gpgsm import Gpgsm

sys.path.insert(0, str(Path(__file__).parents[1] / "cli"))
from tsa import Authority  # noqa: E402

SIGN_FILE, SYGNET = sys.argv[1], sys.argv[2]
JCA = {"rsa3072": "SHA256withRSA", "p256": "SHA256withECDSA", "p384": "SHA384withECDSA", "pss": "SHA256withRSAandMGF1", "ed25519": "Ed25519", "brainpool": "SHA256withECDSA"}
DIGESTS = {"p384": "sha384", "ed25519": "sha512"}
JARS = ("bcprov", "bcpkix", "bcutil", "pdfbox2", "fontbox2", "commons-logging")
XML = b"<order><id>1/2026</id><value>123.45</value></order>"


class Refused(Exception):
    pass


def said(*command, **options):
    p = subprocess.run([str(c) for c in command], capture_output=True, text=True, errors="replace", check=False, **options)
    return p.returncode, p.stdout + p.stderr


def accepts(*command, **options):
    code, text = said(*command, **options)
    if code != 0:
        raise Refused(text)


def patiently(luck, *command):
    """With ECDSA some peers fail by chance, where the signature's DER has another length than when the room was measured: they are asked again while they say so."""
    for _ in range(40):
        code, text = said(*command)
        if luck not in text:
            break
    if code != 0:
        raise Refused(text)
    return text


class Peer:
    """A program that takes commands, as Peer.java and libreoffice.py do."""

    def __init__(self, *command):
        self.process = subprocess.Popen([str(c) for c in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def __call__(self, *words):
        self.process.stdin.write("\t".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if answer != "ok":
            raise Refused(answer)

    def stop(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def java(folder):
    """BouncyCastle and PDFBox, in one virtual machine."""
    path = ":".join([str(folder)] + [f"/usr/share/java/{jar}.jar" for jar in JARS])
    subprocess.run(["javac", "-nowarn", "-d", folder, "-cp", path, Path(__file__).with_name("Peer.java")], check=True, capture_output=True)
    return Peer("java", "-cp", path, "Peer")


class Table(unittest.TestCase):
    cells = {}

    @classmethod
    def setUpClass(cls):
        cls._scratch = tempfile.TemporaryDirectory()
        cls.folder = Path(cls._scratch.name)
        cls.pki = pki.Pki(cls.folder, THEIRS)
        classes = cls.folder / "classes"
        classes.mkdir()
        cls.java = java(classes)
        cls.documents = {}
        for name, data, change in (("order.xml", XML, (b"123.45", b"923.45")), ("invoice.pdf", forms.document(forms.objects()), (b"Invoice 1", b"Invoice 9"))):
            (cls.folder / name).write_bytes(data)
            (cls.folder / f"other-{name}").write_bytes(data.replace(*change))
            cls.documents[name] = change
        cls.gpgsm = Gpgsm(cls.pki)

    @classmethod
    def tearDownClass(cls):
        cls.java.stop()
        cls.gpgsm.stop()
        cls._scratch.cleanup()
        cells.show(cls.cells)

    def pem(self, kind):
        return self.folder / f"{kind}.pem"

    def private(self, kind):
        return self.folder / f"{kind}-key.pem"

    def fresh(self, name):
        path = self.folder / name
        path.unlink(missing_ok=True)
        return path

    @staticmethod
    def rezip(path, out, change):
        """The container with what change(name, content) makes of its entries."""
        with zipfile.ZipFile(path) as z, zipfile.ZipFile(out, "w") as to:
            for info in z.infolist():
                to.writestr(info, change(info.filename, z.read(info)))
        return out

    def altered(self, signed, name):
        """The signed document with what it says altered."""
        change = self.documents[name]
        path = self.fresh("altered" + Path(name).suffix)
        data = signed.read_bytes()
        if change[0] not in data:  # compressed
            at = data.index(b"stream\n") + 12
            change = (data[at - 5:at + 1], data[at - 5:at] + bytes([data[at] ^ 1]))
        path.write_bytes(data.replace(*change))
        return path

    def altered_base64(self, signed, name):
        """The same where the document stands in base64."""
        path = self.fresh("altered.xml")
        data, document = signed.read_bytes(), (self.folder / name).read_bytes()
        text = base64.b64encode(document)
        self.assertIn(text, data)
        path.write_bytes(data.replace(text, base64.b64encode(document.replace(*self.documents[name]))))
        return path

    # The two directions.

    def cell(self, key, tries, good, bad):
        self.cells[key] = "cannot" if key in CANNOT else "?"
        with self.subTest(" ".join(key)):
            try:
                tries(*good)
            except Refused as e:
                self.assertIn(CANNOT.get(key, "nothing that it may not do"), str(e))
                return
            self.assertNotIn(key, CANNOT, "the peer can do it now")
            with self.assertRaises(Refused):
                tries(*bad)
            self.cells[key] = "ok"

    def ours(self, form, peer, name, check, kinds=KINDS):
        """`check(kind, signature, document)` raises Refused."""
        for kind in kinds:
            signed = self.fresh(f"ours-{form}-{kind}")
            pki.run(SIGN_FILE, "document", self.pki.key(kind), self.pki.chain(kind), form, signed, self.folder / name)
            document = self.folder / name
            if form == "cades":
                other = (signed, self.folder / f"other-{name}")
            else:
                alter = self.altered_base64 if form == "xades-enveloping" else self.altered
                other = (alter(signed, name), document)
            self.cell(("ours", form, peer, kind), check, (kind, signed, document), (kind, *other))

    def theirs(self, form, peer, name, sign, kinds=THEIRS, alter=None):
        """`sign(kind, document, out)` raises Refused where the peer cannot."""
        def tries(kind, document, content):
            out = self.fresh(f"theirs-{form}-{kind}")
            sign(kind, document, out)
            if content != document and form != "cades":
                out = (alter or self.altered)(out, name)
            report = json.loads(pki.run(SIGN_FILE, "verify", out, "--anchors", self.pki.root, *(["--content", content] if form == "cades" else [])))
            if report["indication"] != "TOTAL-PASSED":
                raise Refused(report["reason"])

        for kind in kinds:
            document = self.folder / name
            self.cell(("theirs", form, peer, kind), tries, (kind, document, document), (kind, document, self.folder / f"other-{name}"))

    # We sign.

    def test_ours_openssl(self):
        common = ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-CAfile", self.pki.root, "-out", self.folder / "out"]
        self.ours("cades", "openssl", "order.xml", lambda kind, signed, document: accepts(*common, "-in", signed, "-content", document))
        self.ours("cades-enveloping", "openssl", "order.xml", lambda kind, signed, document: accepts(*common, "-in", signed))

    def test_timestamps(self):
        """Of openssl ts: what it says of the timestamps in our signatures, and what we say of authorities with keys of each kind."""
        tsa = Authority(self.folder / "tsa")
        self.addCleanup(tsa.close)
        keys = {"rsa3072": ("rsa:3072",), "p256": (), "p384": ("ec", "-pkeyopt", "ec_paramgen_curve:P-384"), "pss": ("rsa-pss", "-pkeyopt", "rsa_keygen_bits:3072"),
                "ed25519": ("ed25519",), "brainpool": ("ec", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1")}

        def stamped(kind, path):
            signed = self.fresh("stamped")
            pki.run(SIGN_FILE, "document", self.pki.key(kind), self.pki.chain(kind), "cades", signed, self.folder / "order.xml")
            value = signature_value(signed.read_bytes())
            accepts(SYGNET, "extend", signed, "--timestamp", tsa.url(path), "--timestamp-anchors", tsa.root)
            return signed, value

        def check(kind, change):
            signed, value = stamped(kind, "good")
            data = elements(contents(contents(elements(contents(signed.read_bytes()))[1])))
            attribute = elements(contents(elements(contents(contents(data[-1])))[-1]))[0]
            (self.folder / "token").write_bytes(contents(elements(contents(attribute))[1]))
            (self.folder / "value").write_bytes(change + value)
            accepts("openssl", "ts", "-verify", "-token_in", "-in", self.folder / "token", "-data", self.folder / "value", "-CAfile", tsa.root)

        def tries(path):
            signed, _ = stamped("p256", path)
            report = json.loads(pki.run(SIGN_FILE, "verify", signed, "--anchors", self.pki.root, "--anchors", tsa.root, "--content", self.folder / "order.xml"))
            self.assertEqual(f"CN=Example {path}", report["signatures"][0]["proven_by"])

        for kind in KINDS:
            self.cell(("ours", "timestamp", "openssl ts", kind), check, (kind, b""), (kind, b"x"))
        for kind, key in keys.items():
            tsa.issue(kind, "root", "tsa", "20250101000000Z", "20450101000000Z", *key)
            self.cell(("theirs", "timestamp", "openssl ts", kind), tries, (kind,), ("altered",))

    def test_ours_certtool(self):
        common = ["certtool", "--p7-verify", "--inder", "--load-ca-certificate", self.pki.root]
        self.ours("cades", "certtool", "order.xml", lambda kind, signed, document: accepts(*common, "--infile", signed, "--load-data", document))
        self.ours("cades-enveloping", "certtool", "order.xml", lambda kind, signed, document: accepts(*common, "--infile", signed))

    def test_ours_gpgsm(self):
        def check(kind, signed, *document):
            try:
                self.gpgsm("--verify", signed, *document)
            except subprocess.CalledProcessError as e:
                raise Refused(e.stderr) from e

        self.ours("cades", "gpgsm", "order.xml", check)
        self.ours("cades-enveloping", "gpgsm", "order.xml", lambda kind, signed, document: check(kind, signed))

    def test_ours_bouncycastle(self):
        self.ours("cades", "BouncyCastle", "order.xml", lambda kind, signed, document: self.java("cms-verify", signed, document, self.pki.root))
        self.ours("cades-enveloping", "BouncyCastle", "order.xml", lambda kind, signed, document: self.java("cms-verify", signed, "-", self.pki.root))

    def pdfsig(self, signed):
        code, text = said("pdfsig", "-nssdir", f"sql:{self.pki.nss}", signed)
        if code != 0 or "Signature is Valid" not in text or "Certificate is Trusted" not in text:
            raise Refused(text)

    def mutool(self, signed):
        code, text = said("mutool", "sign", "-v", signed)
        if code != 0 or "The document is unchanged since signing" not in text:
            raise Refused(text)

    def test_ours_pdf(self):
        self.ours("pades", "pdfsig", "invoice.pdf", lambda kind, signed, document: self.pdfsig(signed))
        self.ours("pades", "mutool", "invoice.pdf", lambda kind, signed, document: self.mutool(signed))
        self.ours("pades", "PDFBox", "invoice.pdf", lambda kind, signed, document: self.java("pdf-verify", signed, self.pki.root))

    def test_ours_xmlsec(self):
        for form in ("xades", "xades-enveloping"):
            self.ours(form, "xmlsec1", "order.xml", lambda kind, signed, document: accepts("xmlsec1", "--verify", "--enabled-key-data", "x509", "--trusted-pem", self.pki.root,
                                                                                          "--id-attr:Id", "SignedProperties", signed))

    def test_ours_schemas(self):
        """By xmllint with the schemas of xsd.py."""
        def check(kind, signed, document):
            words = (xsd.check_container if zipfile.is_zipfile(signed) else lambda path: xsd.check_signatures(path.read_bytes()))(signed)
            if words:
                raise Refused(words)

        def harmed(data):
            return re.sub(b"<ds:DigestValue>[^<]*</ds:DigestValue>", b"", data, count=1)

        for form in ("xades", "xades-enveloping", "asic-s-xades", "asic-e", "asic-e-xades"):
            for kind in KINDS:
                signed, bad = self.fresh(f"ours-{form}-{kind}"), self.fresh("harmed")
                pki.run(SIGN_FILE, "document", self.pki.key(kind), self.pki.chain(kind), form, signed, self.folder / "order.xml")
                if form.startswith("xades"):
                    bad.write_bytes(harmed(signed.read_bytes()))
                else:
                    self.rezip(signed, bad, lambda name, content: harmed(content) if name.startswith("META-INF/") else content)
                self.cell(("ours", form, "schemas", kind), check, (kind, signed, None), (kind, bad, None))

    def test_ours_containers(self):
        """What unzip finds in them, before openssl and xmlsec1."""
        def unpacked(signed):
            shutil.rmtree(self.folder / "unpacked", True)
            accepts("unzip", "-q", signed, "-d", self.folder / "unpacked")
            return self.folder / "unpacked"

        def cms(kind, signed, content):
            folder = unpacked(signed)
            accepts("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-CAfile", self.pki.root, "-in", next((folder / "META-INF").glob("*.p7s")),
                    "-content", content or next((folder / "META-INF").glob("ASiCManifest*.xml"), folder / "order.xml"), "-out", "/dev/null")

        def xml(kind, signed, content):
            folder = unpacked(signed)
            if content:
                shutil.copy(content, folder / "order.xml")
            accepts("xmlsec1", "--verify", "--enabled-key-data", "x509", "--trusted-pem", self.pki.root, "--id-attr:Id", "SignedProperties",
                    next((folder / "META-INF").glob("*signatures*.xml")), cwd=folder)

        for form, peer, check in (("asic-s", "openssl", cms), ("asic-e", "openssl", cms), ("asic-s-xades", "xmlsec1", xml), ("asic-e-xades", "xmlsec1", xml)):
            for kind in KINDS:
                signed = self.fresh(f"ours-{form}-{kind}")
                pki.run(SIGN_FILE, "document", self.pki.key(kind), self.pki.chain(kind), form, signed, self.folder / "order.xml")
                self.cell(("ours", form, peer, kind), check, (kind, signed, None), (kind, signed, self.folder / "other-order.xml"))

    def altered_text(self, signed, name):
        """An OpenDocument text that says something else."""
        return self.rezip(signed, self.fresh("altered.odt"), lambda entry, content: content.replace(b"Contract", b"Contrast") if entry == "content.xml" else content)

    def libreoffice(self):
        peer = Peer("/usr/bin/python3", Path(__file__).with_name("libreoffice.py"), self.folder / "profile", self.pki.nss)
        self.addCleanup(peer.stop)
        self.assertEqual("ok", peer.process.stdout.readline().strip())
        return peer

    def test_libreoffice(self):
        imported = {kind: said("pk12util", "-i", self.folder / f"{kind}.p12", "-d", f"sql:{self.pki.nss}", "-W", "", "-K", "") for kind in THEIRS}
        peer = self.libreoffice()

        def sign(verb, kind, *paths):
            if imported[kind][0] != 0:
                raise Refused(imported[kind][1])
            peer(verb, f"sp. z o.o. {kind}", *paths)

        self.ours("pades", "LibreOffice", "invoice.pdf", lambda kind, signed, document: peer("pdf-verify", signed))
        self.theirs("pades", "LibreOffice", "invoice.pdf", lambda kind, document, out: sign("pdf-sign", kind, document, out))
        self.theirs("odf", "LibreOffice", "order.xml", lambda kind, document, out: sign("odf-sign", kind, out), alter=self.altered_text)

    # They sign.

    def test_theirs_openssl(self):
        def sign(kind, document, out, *more):
            pss = ["-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:digest"] if kind == "pss" else []
            accepts("openssl", "cms", "-sign", "-cades", "-binary", "-in", document, "-signer", self.pem(kind), "-inkey", self.private(kind), *pss, "-md",
                    DIGESTS.get(kind, "sha256"), "-outform", "DER", "-out", out, *more)

        self.theirs("cades", "openssl", "order.xml", sign)
        self.theirs("cades-enveloping", "openssl", "order.xml", lambda kind, document, out: sign(kind, document, out, "-nodetach"))

    def test_theirs_certtool(self):
        for form, verb in (("cades", "--p7-detached-sign"), ("cades-enveloping", "--p7-sign")):
            self.theirs(form, "certtool", "order.xml", lambda kind, document, out: accepts(
                "certtool", verb, "--load-privkey", self.private(kind), "--load-certificate", self.pem(kind), "--infile", document, "--outder", "--outfile", out))

    def test_theirs_gpgsm(self):
        def sign(kind, document, out):
            try:
                if kind not in has:
                    self.gpgsm.take_key(kind)
                    has.add(kind)
                self.gpgsm.sign(verb, kind, document, out)
            except subprocess.CalledProcessError as e:
                raise Refused(e.stderr) from e

        has = set()
        for form, verb in (("cades", "--detach-sign"), ("cades-enveloping", "--sign")):
            self.theirs(form, "gpgsm", "order.xml", sign)

    def test_theirs_java(self):
        for form, peer, command, name in (("cades", "BouncyCastle", "cms-sign", "order.xml"), ("cades-enveloping", "BouncyCastle", "cms-envelop", "order.xml"),
                                          ("pades", "PDFBox", "pdf-sign", "invoice.pdf")):
            self.theirs(form, peer, name, lambda kind, document, out: self.java(command, self.pki.key(kind), self.pki.chain(kind), JCA[kind], document, out))

    def test_theirs_pdfsig(self):
        def sign(kind, document, out):
            accepts("pk12util", "-i", self.folder / f"{kind}.p12", "-d", f"sql:{self.pki.nss}", "-W", "", "-K", "")
            patiently("unable update signature", "pdfsig", "-nssdir", f"sql:{self.pki.nss}", "-add-signature", "-nick", kind, document, out)

        self.theirs("pades", "pdfsig", "invoice.pdf", sign)

    def test_theirs_mutool(self):
        def sign(kind, document, out):
            said_so = patiently("no signature digest", "mutool", "sign", "-s", self.folder / f"{kind}.p12", "-P", "", "-o", out, self.folder / "field.pdf", "6")
            if "error" in said_so:
                raise Refused(said_so)

        page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> /Annots [6 0 R] >>"
        (self.folder / "field.pdf").write_bytes(forms.document(forms.objects(
            o1=b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R] /SigFlags 3 >> >>", o3=page,
            o6=b"<< /FT /Sig /T (approval) /Type /Annot /Subtype /Widget /Rect [10 10 200 60] /P 3 0 R >>")))
        self.theirs("pades", "mutool", "invoice.pdf", sign)

    def test_theirs_xmlsec(self):
        def sign(kind, document, out):
            more = "http://www.w3.org/2001/04/xmldsig-more#"
            method = {"rsa3072": more + "rsa-sha256", "p256": more + "ecdsa-sha256", "p384": more + "ecdsa-sha384", "ed25519": "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519",
                      "pss": "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1", "brainpool": more + "ecdsa-sha256"}[kind]
            template = self.fresh("template.xml")
            signature = ('<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo><CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>'
                         f'<SignatureMethod Algorithm="{method}"/><Reference URI=""><Transforms>'
                         '<Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/></Transforms>'
                         '<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue/></Reference></SignedInfo><SignatureValue/>'
                         '<KeyInfo><X509Data><X509Certificate/></X509Data></KeyInfo></Signature>')
            template.write_text(document.read_text().replace("</order>", signature + "</order>"))
            accepts("xmlsec1", "--sign", "--privkey-pem", f"{self.private(kind)},{self.pem(kind)}", "--output", out, template)

        self.theirs("xml", "xmlsec1", "order.xml", sign)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
