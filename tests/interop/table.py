#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who accepts what: our signatures before other programs and theirs before us, by format and kind of key, printed as a table. Each cell is tried with the document
as it was signed, which must be accepted, and with one that was altered, which must be refused. A cell that the other program cannot do is named
with its own words, and these are part of the test. Usage: table.py INTEROP-SIGN-FILE SYGNET"""

import base64
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import forms
import pki
from der import contents, elements, signature_value

sys.path.insert(0, str(Path(__file__).parents[1] / "cli"))
from tsa import Authority  # noqa: E402

SIGN_FILE, SYGNET = sys.argv[1], sys.argv[2]
KINDS = ("rsa3072", "p256", "p384", "pss", "ed25519")
JCA = {"rsa3072": "SHA256withRSA", "p256": "SHA256withECDSA", "p384": "SHA384withECDSA", "pss": "SHA256withRSAandMGF1", "ed25519": "Ed25519"}
DIGESTS = {"p384": "sha384", "ed25519": "sha512"}
JARS = ("bcprov", "bcpkix", "bcutil", "pdfbox2", "fontbox2", "commons-logging")
XML = b"<order><id>1/2026</id><value>123.45</value></order>"

# What the peers say of what they cannot do.
CANNOT = {
    ("ours", "cades", "openssl", "ed25519"): "eddsa_digest_signverify_init:invalid digest",
    ("ours", "cades-enveloping", "openssl", "ed25519"): "eddsa_digest_signverify_init:invalid digest",
    ("ours", "cades", "gpgsm", "ed25519"): "DSA requires the hash length to be a multiple of 8 bits",
    ("ours", "pades", "pdfsig", "pss"): "Signature is Invalid",
    ("ours", "pades", "pdfsig", "ed25519"): "Document isn't signed or corrupted data",
    ("ours", "pades", "mutool", "ed25519"): "Digest error: Unknown error",
    ("ours", "pades", "LibreOffice", "p384"): "broken",
    ("ours", "pades", "LibreOffice", "pss"): "broken",
    ("ours", "pades", "LibreOffice", "ed25519"): "broken",
    ("ours", "xades", "xmlsec1", "pss"): "href=http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
    ("ours", "xades", "xmlsec1", "ed25519"): "href=http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519",
    ("theirs", "cades", "openssl", "ed25519"): "eddsa_digest_signverify_init:invalid digest",
    # It does not survive reading them.
    ("theirs", "cades", "gpgsm", "p256"): "Segmentation fault",
    ("theirs", "cades", "gpgsm", "p384"): "Segmentation fault",
    ("theirs", "cades", "gpgsm", "pss"): "error parsing or decrypting the PKCS#12 file",
    ("theirs", "cades", "gpgsm", "ed25519"): "error parsing or decrypting the PKCS#12 file",
    # It leaves the parameters out, which RFC 4055 §3.1 wants.
    ("theirs", "pades", "pdfsig", "pss"): "its algorithms can not be read",
    ("theirs", "pades", "pdfsig", "ed25519"): "PKCS12 decode import bags failed",
    ("theirs", "xml", "xmlsec1", "pss"): "invalid type for 'evp key type'",
    ("theirs", "xml", "xmlsec1", "ed25519"): "invalid type for 'evp key type'",
}
CANNOT |= {(d, "xades-enveloping", *rest): words for (d, form, *rest), words in CANNOT.items() if form == "xades"}


class Refused(Exception):
    pass


def said(*command, **options):
    p = subprocess.run([str(c) for c in command], capture_output=True, text=True, errors="replace", check=False, **options)
    return p.returncode, p.stdout + p.stderr


def accepts(*command, **options):
    code, text = said(*command, **options)
    if code != 0:
        raise Refused(text)


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
        cls.pki = pki.Pki(cls.folder, KINDS)
        classes = cls.folder / "classes"
        classes.mkdir()
        cls.java = java(classes)
        cls.documents = {}
        for name, data, change in (("order.xml", XML, (b"123.45", b"923.45")), ("invoice.pdf", forms.document(forms.objects()), (b"Invoice 1", b"Invoice 9"))):
            (cls.folder / name).write_bytes(data)
            (cls.folder / f"other-{name}").write_bytes(data.replace(*change))
            cls.documents[name] = change
        cls._gpg()

    @classmethod
    def _gpg(cls):
        """gpgsm with the root trusted, and keys that it can use."""
        cls.home = Path(tempfile.mkdtemp(prefix="sygnet-gpg."))
        cls.gpgsm = ["gpgsm", "--homedir", cls.home, "--batch", "--pinentry-mode", "loopback", "--passphrase-fd", "0"]
        (cls.home / "gpgsm.conf").write_text("disable-crl-checks\n")
        (cls.home / "gpg-agent.conf").write_text("allow-loopback-pinentry\n")
        fingerprint = pki.run("openssl", "x509", "-in", cls.pki.root, "-noout", "-fingerprint", "-sha1").split("=")[1].strip()
        (cls.home / "trustlist.txt").write_text(f"{fingerprint} S relax\n")
        said(*cls.gpgsm, "--import", cls.pki.root, input="")

    @classmethod
    def tearDownClass(cls):
        cls.java.stop()
        subprocess.run(["gpgconf", "--homedir", cls.home, "--kill", "all"], capture_output=True, check=False)
        shutil.rmtree(cls.home, True)
        cls._scratch.cleanup()
        cls.print_table()

    @classmethod
    def print_table(cls):
        """To standard output, or to the end of the file that SYGNET_INTEROP_TABLE names."""
        name = os.environ.get("SYGNET_INTEROP_TABLE")
        with open(name, "a", encoding="utf-8") if name else contextlib.nullcontext(sys.stdout) as out, contextlib.redirect_stdout(out):
            cls.write_table()

    @classmethod
    def write_table(cls):
        for direction, title in (("ours", "We sign, they accept"), ("theirs", "They sign, we accept")):
            print(f"\n{title:34}" + "".join(f"{kind:>9}" for kind in KINDS), flush=True)
            rows = {key[1:3]: None for key in cls.cells if key[0] == direction}
            for form, peer in rows:
                print(f"{form:17}{peer:17}" + "".join(f"{cls.cells.get((direction, form, peer, kind), ''):>9}" for kind in KINDS))
        for key, words in CANNOT.items():
            print(f"{' '.join(key[1:])}: the peer says “{words}”")

    def pem(self, kind):
        return self.folder / f"{kind}.pem"

    def private(self, kind):
        return self.folder / f"{kind}-key.pem"

    def fresh(self, name):
        path = self.folder / name
        path.unlink(missing_ok=True)
        return path

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
                self.assertIn(key, CANNOT, str(e))
                self.assertRegex(str(e), CANNOT[key])
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

    def theirs(self, form, peer, name, sign, kinds=KINDS, level=None):
        """`sign(kind, document, out)` raises Refused where the peer cannot."""
        def tries(kind, document, content):
            out = self.fresh(f"theirs-{form}-{kind}")
            sign(kind, document, out)
            if content != document and form != "cades":
                out = self.altered(out, name)
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
        keys = {"rsa3072": ("rsa:3072",), "p256": (), "p384": ("ec", "-pkeyopt", "ec_paramgen_curve:P-384")}

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
            if kind != "pss":
                self.cell(("ours", "timestamp", "openssl ts", kind), check, (kind, b""), (kind, b"x"))
        for kind, key in keys.items():
            tsa.issue(kind, "root", "tsa", "20250101000000Z", "20450101000000Z", *key)
            self.cell(("theirs", "timestamp", "openssl ts", kind), tries, (kind,), ("altered",))

    def test_ours_certtool(self):
        common = ["certtool", "--p7-verify", "--inder", "--load-ca-certificate", self.pki.root]
        self.ours("cades", "certtool", "order.xml", lambda kind, signed, document: accepts(*common, "--infile", signed, "--load-data", document))
        self.ours("cades-enveloping", "certtool", "order.xml", lambda kind, signed, document: accepts(*common, "--infile", signed))

    def test_ours_gpgsm(self):
        self.ours("cades", "gpgsm", "order.xml", lambda kind, signed, document: accepts(*self.gpgsm, "--verify", signed, document, input=""))

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

    def libreoffice(self):
        peer = Peer("/usr/bin/python3", Path(__file__).with_name("libreoffice.py"), self.folder / "profile", self.pki.nss)
        self.addCleanup(peer.stop)
        self.assertEqual("ok", peer.process.stdout.readline().strip())
        return peer

    def test_libreoffice(self):
        for kind in ("rsa3072", "p256", "p384"):
            self.pki.import_key(kind)
        peer = self.libreoffice()
        self.ours("pades", "LibreOffice", "invoice.pdf", lambda kind, signed, document: peer("pdf-verify", signed))
        self.theirs("pades", "LibreOffice", "invoice.pdf", lambda kind, document, out: peer("pdf-sign", f"sp. z o.o. {kind}", document, out), ("rsa3072", "p256", "p384"))

    # They sign.

    def test_theirs_openssl(self):
        def sign(kind, document, out):
            pss = ["-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:digest"] if kind == "pss" else []
            accepts("openssl", "cms", "-sign", "-cades", "-binary", "-in", document, "-signer", self.pem(kind), "-inkey", self.private(kind), *pss, "-md",
                    DIGESTS.get(kind, "sha256"), "-outform", "DER", "-out", out)

        self.theirs("cades", "openssl", "order.xml", sign)

    def test_theirs_certtool(self):
        self.theirs("cades", "certtool", "order.xml", lambda kind, document, out: accepts(
            "certtool", "--p7-detached-sign", "--load-privkey", self.private(kind), "--load-certificate", self.pem(kind), "--infile", document, "--outder", "--outfile", out))

    def test_theirs_gpgsm(self):
        def sign(kind, document, out):
            # It knows PKCS #12 of the old kind.
            old = self.folder / f"{kind}-old.p12"
            pki.run("openssl", "pkcs12", "-export", "-inkey", self.private(kind), "-in", self.pem(kind), "-certfile", self.pki.root, "-passout", "pass:", "-keypbe",
                    "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1", "-out", old)
            accepts(*self.gpgsm, "--import", old, input="\n")
            accepts(*self.gpgsm, "--detach-sign", "--local-user", f"sp. z o.o. {kind}", "--output", out, document, input="\n")

        self.theirs("cades", "gpgsm", "order.xml", sign)

    def test_theirs_java(self):
        for form, name in (("cades", "order.xml"), ("pades", "invoice.pdf")):
            command = {"cades": "cms-sign", "pades": "pdf-sign"}[form]
            self.theirs(form, {"cades": "BouncyCastle", "pades": "PDFBox"}[form], name, lambda kind, document, out: self.java(
                command, self.pki.key(kind), self.pki.chain(kind), JCA[kind], document, out))

    def test_theirs_pdfsig(self):
        def sign(kind, document, out):
            accepts("pk12util", "-i", self.folder / f"{kind}.p12", "-d", f"sql:{self.pki.nss}", "-W", "", "-K", "")
            accepts("pdfsig", "-nssdir", f"sql:{self.pki.nss}", "-add-signature", "-nick", kind, document, out)

        # With ECDSA it is luck: "signDocument: unable update signature", where the signature's DER has another length than when the room was measured.
        self.theirs("pades", "pdfsig", "invoice.pdf", sign, ("rsa3072", "pss", "ed25519"))

    def test_theirs_xmlsec(self):
        def sign(kind, document, out):
            more = "http://www.w3.org/2001/04/xmldsig-more#"
            method = {"rsa3072": more + "rsa-sha256", "p256": more + "ecdsa-sha256", "p384": more + "ecdsa-sha384", "ed25519": "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519",
                      "pss": "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"}[kind]
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
