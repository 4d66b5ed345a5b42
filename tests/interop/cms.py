#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""CMS and CAdES: our signatures before openssl, certtool and gpgsm, theirs before us, and all of them tampered with before us.

openssl 3.0 does no Ed25519 in CMS; there certtool alone is the peer. Usage: cms.py INTEROP-SIGN-FILE"""

import base64
import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import pki
from der import contents, element, elements

SIGN_FILE = sys.argv[1]
KINDS = ("p256", "p384", "rsa3072", "ed25519")
PSS_KINDS = ("pss", "pss384")
OPENSSL_KINDS = ("p256", "p384", "rsa3072")
DOCUMENT = b"<declaration>\r\n  <value>123.45</value>\r\n</declaration>\r\n" * 40


def succeeds(*command):
    return subprocess.run([str(c) for c in command], capture_output=True).returncode == 0


class Base(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.directory = Path(cls.temporary.name)
        cls.pki = pki.Pki(cls.directory, KINDS + PSS_KINDS)
        cls.document = cls.directory / "declaration.xml"
        cls.document.write_bytes(DOCUMENT)
        cls.other = cls.directory / "other.xml"
        cls.other.write_bytes(DOCUMENT.replace(b"123.45", b"923.45"))

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def path(self, name):
        return self.directory / name

    def ours(self, kind, form, verb="sign"):
        out = self.path(f"ours-{kind}-{form}-{verb}")
        pki.run(SIGN_FILE, verb, self.pki.key(kind), self.pki.chain(kind), form, self.document, out)
        return out

    def openssl(self, kind, name, *options):
        out = self.path(f"openssl-{kind}-{name}")
        pki.run("openssl", "cms", "-sign", "-binary", "-in", self.document, "-signer", self.path(f"{kind}.pem"),
                "-inkey", self.path(f"{kind}-key.pem"), "-md", "sha256", "-out", out, *options)
        return out

    def verify(self, signature, content=None, anchors=True, *options):
        command = [SIGN_FILE, "verify", signature, *options]
        if content:
            command += ["--content", content]
        if anchors:
            command += ["--anchors", self.pki.root]
        return json.loads(pki.run(*command))

    def assert_passed(self, report, signatures=1, **expected):
        self.assertEqual(report["indication"], "TOTAL-PASSED", report)
        self.assertIsNone(report["subindication"])
        self.assertEqual(len(report["signatures"]), signatures)
        for signature in report["signatures"]:
            self.assertTrue(signature["integrity"])
            self.assertTrue(signature["covers_whole_document"])
            self.assertEqual({k: signature[k] for k in expected}, expected)

    def assert_refused(self, report, indication, subindication, integrity=False):
        self.assertEqual((report["indication"], report["subindication"]), (indication, subindication), report)
        self.assertTrue(report["reason"])
        self.assertEqual([s["integrity"] for s in report["signatures"]], [integrity] * len(report["signatures"]))


class Ours(Base):
    """What we sign is valid to others, and not when the document is another."""

    def test_openssl(self):
        for kind in OPENSSL_KINDS:
            with self.subTest(kind=kind):
                common = ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-CAfile", self.pki.root]
                detached, enveloping = self.ours(kind, "detached"), self.ours(kind, "enveloping")
                out = self.path("verified")
                self.assertTrue(succeeds(*common, "-in", detached, "-content", self.document, "-out", out))
                self.assertEqual(out.read_bytes(), DOCUMENT)
                self.assertTrue(succeeds(*common, "-in", enveloping, "-out", out))
                self.assertEqual(out.read_bytes(), DOCUMENT)
                self.assertFalse(succeeds(*common, "-in", detached, "-content", self.other, "-out", out))

    def test_pss(self):
        """With an RSA key that is asked to, and with keys that can do nothing else."""
        for kind, verb in (("rsa3072", "sign-pss"), ("pss", "sign"), ("pss384", "sign")):
            with self.subTest(kind=kind):
                ours = self.ours(kind, "detached", verb)
                self.assertIn(bytes.fromhex("06092a864886f70d01010a"), ours.read_bytes())  # id-RSASSA-PSS
                self.assert_passed(self.verify(ours, self.document), format="CAdES", level="B-B")
                self.assertTrue(succeeds("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-CAfile", self.pki.root, "-in", ours, "-content",
                                         self.document, "-out", "/dev/null"))

    def test_certtool(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                common = ["certtool", "--p7-verify", "--inder", "--load-ca-certificate", self.pki.root]
                detached, enveloping = self.ours(kind, "detached"), self.ours(kind, "enveloping")
                self.assertTrue(succeeds(*common, "--infile", detached, "--load-data", self.document))
                self.assertTrue(succeeds(*common, "--infile", enveloping))
                self.assertFalse(succeeds(*common, "--infile", detached, "--load-data", self.other))

    def test_gpgsm(self):
        """gpgsm 2.2 knows RSA and P-256; it wants the root in its trust list and no CRLs."""
        home = Path(tempfile.mkdtemp(prefix="sygnet-gpg."))
        self.addCleanup(shutil.rmtree, home, True)
        self.addCleanup(subprocess.run, ["gpgconf", "--homedir", home, "--kill", "all"], capture_output=True)
        gpgsm = ["gpgsm", "--homedir", home, "--batch"]
        (home / "gpgsm.conf").write_text("disable-crl-checks\n")
        fingerprint = pki.run("openssl", "x509", "-in", self.pki.root, "-noout", "-fingerprint", "-sha1").split("=")[1].strip()
        (home / "trustlist.txt").write_text(f"{fingerprint} S relax\n")
        pki.run(*gpgsm, "--import", self.pki.root)
        for kind in ("p256", "rsa3072"):
            with self.subTest(kind=kind):
                detached = self.ours(kind, "detached")
                self.assertTrue(succeeds(*gpgsm, "--verify", detached, self.document))
                self.assertFalse(succeeds(*gpgsm, "--verify", detached, self.other))

    def test_smime(self):
        """S/MIME (RFC 8551 §3.5): the .p7m is a mail's application/pkcs7-mime, and the .p7s over a MIME entity in canonical form the second part of multipart/signed."""
        entity = b"Content-Type: text/plain; charset=utf-8\r\n\r\nZa\xc5\xbc\xc3\xb3\xc5\x82\xc4\x87\r\n"
        part = self.path("entity")
        part.write_bytes(entity)
        for kind in ("p256", "rsa3072", "p384"):
            with self.subTest(kind=kind):
                for form, out in (("detached", self.path("entity.p7s")), ("enveloping", self.path("entity.p7m"))):
                    pki.run(SIGN_FILE, "sign", self.pki.key(kind), self.pki.chain(kind), form, part, out)
                p7s, p7m = (base64.encodebytes(self.path(f"entity.{e}").read_bytes()) for e in ("p7s", "p7m"))
                mail, back = self.path("mail"), self.path("back")
                opaque = b'MIME-Version: 1.0\nContent-Type: application/pkcs7-mime; smime-type=signed-data; name="smime.p7m"\nContent-Transfer-Encoding: base64\n\n' + p7m
                clear = (b'MIME-Version: 1.0\nContent-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg="sha-256"; boundary="next"\n\n--next\n' + entity + b"\n--next\n" +
                         b'Content-Type: application/pkcs7-signature; name="smime.p7s"\nContent-Transfer-Encoding: base64\n\n' + p7s + b"\n--next--\n")
                for message in (opaque, clear):
                    mail.write_bytes(message)
                    pki.run("openssl", "cms", "-verify", "-in", mail, "-CAfile", self.pki.root, "-purpose", "any", "-out", back)
                    self.assertEqual(entity.splitlines(), back.read_bytes().splitlines())
                    mail.write_bytes(message.replace(b"charset=utf-8", b"charset=utf-9") if message is clear else message[:300] + message[301:])
                    self.assertFalse(succeeds("openssl", "cms", "-verify", "-in", mail, "-CAfile", self.pki.root, "-purpose", "any", "-out", back))
                pki.run("openssl", "smime", "-verify", "-inform", "DER", "-in", self.path("entity.p7m"), "-CAfile", self.pki.root, "-purpose", "any", "-out", back)

    def test_ourselves(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                expected = {"format": "CAdES", "level": "B-B"}
                self.assert_passed(self.verify(self.ours(kind, "detached"), self.document), **expected)
                self.assert_passed(self.verify(self.ours(kind, "enveloping")), **expected)

    def test_root_left_out(self):
        root = subprocess.run(["openssl", "x509", "-in", self.pki.root, "-outform", "DER"], check=True, capture_output=True).stdout
        self.assertIn(self.pki.root.read_text(), self.pki.chain("p256").read_text())
        self.assertNotIn(root, self.ours("p256", "detached").read_bytes())

    def test_der(self):
        """Definite lengths throughout, and sets in order: openssl writes the same octets again."""
        for form in ("detached", "enveloping"):
            out = self.path("again")
            ours = self.ours("p256", form)
            pki.run("openssl", "cms", "-cmsout", "-inform", "DER", "-in", ours, "-outform", "DER", "-out", out)
            self.assertEqual(out.read_bytes(), ours.read_bytes())


class Theirs(Base):
    """What others sign is valid to us, in whatever encoding."""

    def test_openssl_forms(self):
        for kind in OPENSSL_KINDS:
            for name, level, options in (
                    ("cades", "B-B", ["-cades"]),
                    ("plain", None, []),
                    ("noattr", None, ["-noattr"]),
                    ("keyid", "B-B", ["-cades", "-keyid"])):
                with self.subTest(kind=kind, name=name):
                    detached = self.openssl(kind, name, *options, "-outform", "DER")
                    self.assert_passed(self.verify(detached, self.document), level=level, format="CAdES" if level else "CMS")
                    enveloping = self.openssl(kind, name + "-in", *options, "-nodetach", "-outform", "DER")
                    self.assert_passed(self.verify(enveloping), level=level)

    def test_pss(self):
        for salt in ("digest", "max", "20"):
            with self.subTest(salt=salt):
                signature = self.openssl("rsa3072", "pss", "-cades", "-nodetach", "-outform", "DER", "-keyopt", "rsa_padding_mode:pss",
                                         "-keyopt", f"rsa_pss_saltlen:{salt}")
                self.assert_passed(self.verify(signature), level="B-B")

    def test_indefinite(self):
        big = self.path("big")
        big.write_bytes(DOCUMENT * 2000)
        out = self.path("indefinite")
        pki.run("openssl", "cms", "-sign", "-binary", "-in", big, "-signer", self.path("p256.pem"), "-inkey", self.path("p256-key.pem"),
                "-cades", "-nodetach", "-stream", "-outform", "DER", "-out", out)
        self.assertEqual(out.read_bytes()[1], 0x80)
        self.assert_passed(self.verify(out), level="B-B")
        bad = self.path("indefinite-bad")
        data = bytearray(out.read_bytes())
        data[len(data) // 2] ^= 1
        bad.write_bytes(data)
        self.assert_refused(self.verify(bad), "TOTAL-FAILED", "HASH_FAILURE")

    def test_text(self):
        """PEM, with and without an explanation before it, and bare base64."""
        pem = self.openssl("p256", "pem", "-cades", "-nodetach", "-outform", "PEM")
        self.assert_passed(self.verify(pem), level="B-B")
        text = pem.read_text()
        explained = self.path("explained.pem")
        explained.write_text("Sealed by Example sp. z o.o.\n" + text)
        self.assert_passed(self.verify(explained))
        bare = self.path("bare")
        bare.write_text("".join(line for line in text.splitlines() if not line.startswith("-")))
        self.assert_passed(self.verify(bare))
        cut = self.path("cut.pem")
        cut.write_text(text[:len(text) // 2])
        self.assert_refused(self.verify(cut), "TOTAL-FAILED", "FORMAT_FAILURE")

    def test_two_signers(self):
        out = self.path("two")
        pki.run("openssl", "cms", "-sign", "-binary", "-in", self.document, "-signer", self.path("p256.pem"), "-inkey",
                self.path("p256-key.pem"), "-signer", self.path("rsa3072.pem"), "-inkey", self.path("rsa3072-key.pem"),
                "-cades", "-nodetach", "-outform", "DER", "-out", out)
        report = self.verify(out)
        self.assert_passed(report, signatures=2)
        self.assertEqual({s["signer"].split("CN=")[1].split(",")[0] for s in report["signatures"]},
                         {"Example sp. z o.o. p256", "Example sp. z o.o. rsa3072"})

    def test_certtool(self):
        for kind in ("p256", "rsa3072"):
            with self.subTest(kind=kind):
                common = ["certtool", "--load-privkey", self.path(f"{kind}-key.pem"), "--load-certificate", self.path(f"{kind}.pem"),
                          "--infile", self.document, "--outder", "--p7-time"]
                detached, enveloping = self.path("certtool-detached"), self.path("certtool-enveloping")
                pki.run(*common, "--p7-detached-sign", "--outfile", detached)
                pki.run(*common, "--p7-sign", "--outfile", enveloping)
                self.assert_passed(self.verify(detached, self.document), format="CMS", level=None)
                self.assert_passed(self.verify(enveloping), format="CMS", level=None)

    def test_certificates_only(self):
        out = self.path("certificates")
        pki.run("openssl", "crl2pkcs7", "-nocrl", "-certfile", self.pki.root, "-outform", "DER", "-out", out)
        self.assert_refused(self.verify(out), "TOTAL-FAILED", "FORMAT_FAILURE")


class Refused(Base):
    """Each kind of damage and each lack of trust by its name."""

    def change(self, signature, old, new):
        data = signature.read_bytes()
        self.assertEqual(data.count(old), 1)
        self.assertEqual(len(old), len(new))
        out = self.path("changed")
        out.write_bytes(data.replace(old, new))
        return out

    def test_content(self):
        for kind in KINDS:
            self.assert_refused(self.verify(self.ours(kind, "detached"), self.other), "TOTAL-FAILED", "HASH_FAILURE")
        enveloping = self.ours("p256", "enveloping")
        data = bytearray(enveloping.read_bytes())
        data[data.index(DOCUMENT) + 5] ^= 1
        out = self.path("content")
        out.write_bytes(data)
        self.assert_refused(self.verify(out), "TOTAL-FAILED", "HASH_FAILURE")

    def test_enveloping_with_another_document(self):
        self.assert_refused(self.verify(self.ours("p256", "enveloping"), self.other), "TOTAL-FAILED", "HASH_FAILURE")
        self.assert_passed(self.verify(self.ours("p256", "enveloping"), self.document))

    def test_without_content(self):
        self.assert_refused(self.verify(self.ours("p256", "detached")), "INDETERMINATE", "SIGNED_DATA_NOT_FOUND")

    def test_value(self):
        for kind in KINDS:
            data = bytearray(self.ours(kind, "detached").read_bytes())
            data[-3] ^= 1
            out = self.path("value")
            out.write_bytes(data)
            self.assert_refused(self.verify(out, self.document), "TOTAL-FAILED", "SIG_CRYPTO_FAILURE")

    def test_signing_time(self):
        signature = self.ours("p256", "detached")
        data = bytearray(signature.read_bytes())
        at = data.index(bytes.fromhex("06092a864886f70d010905310f170d")) + 15
        data[at:at + 2] = b"19"
        out = self.path("time")
        out.write_bytes(data)
        self.assert_refused(self.verify(out, self.document), "TOTAL-FAILED", "SIG_CRYPTO_FAILURE")

    def test_digest_of_another_kind(self):
        """digestAlgorithm and signatureAlgorithm apart."""
        ours = self.ours("rsa3072", "enveloping")
        changed = self.change(ours, bytes.fromhex("300d06092a864886f70d01010b0500048201"), bytes.fromhex("300d06092a864886f70d01010d0500048201"))
        self.assert_refused(self.verify(changed), "TOTAL-FAILED", "SIG_CRYPTO_FAILURE")

    def test_attributes_as_document(self):
        """The signed attributes of a good signature put forward as a document, the signature value as one without attributes."""
        info = elements(contents(self.ours("p256", "detached").read_bytes()))
        signed_data = elements(contents(contents(info[1])))
        signer = elements(contents(contents(signed_data[-1])))
        attributes = signer.pop(3)
        document = self.path("attributes")
        document.write_bytes(b"\x31" + attributes[1:])
        signed_data[-1] = element(0x31, element(0x30, b"".join(signer)))
        out = self.path("disguised")
        out.write_bytes(element(0x30, info[0] + element(0xa0, element(0x30, b"".join(signed_data)))))
        self.assertTrue(succeeds("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", out, "-content", document, "-CAfile",
                                 self.pki.root, "-out", "/dev/null"), "openssl should be taken in: the forgery is not well made")
        self.assert_refused(self.verify(out, document), "TOTAL-FAILED", "FORMAT_FAILURE")

    def test_certificate_of_another(self):
        """The certificate replaced by another one of the same key, issuer and serial: the reference no longer fits."""
        signature = self.ours("p256", "detached")
        original = pki.run("openssl", "x509", "-in", self.path("p256.pem"), "-noout", "-serial").split("=")[1].strip()
        forged = self.path("forged.pem")
        pki.run("openssl", "x509", "-req", "-in", self.path("p256.csr"), "-CA", self.pki.root, "-CAkey", self.path("root.key"),
                "-set_serial", f"0x{original}", "-days", "20", "-extfile", self.path("seal.cnf"), "-out", forged)
        old = subprocess.run(["openssl", "x509", "-in", self.path("p256.pem"), "-outform", "DER"], check=True, capture_output=True).stdout
        new = subprocess.run(["openssl", "x509", "-in", forged, "-outform", "DER"], check=True, capture_output=True).stdout
        info = elements(contents(signature.read_bytes()))
        signed_data = elements(contents(contents(info[1])))
        certificates = contents(signed_data[3])
        self.assertEqual(certificates.count(old), 1)
        signed_data[3] = element(0xa0, certificates.replace(old, new))
        out = self.path("replaced")
        out.write_bytes(element(0x30, info[0] + element(0xa0, element(0x30, b"".join(signed_data)))))
        self.assert_refused(self.verify(out, self.document), "INDETERMINATE", "NO_SIGNING_CERTIFICATE_FOUND", integrity=True)

    def test_without_certificate(self):
        signature = self.openssl("p256", "nocerts", "-cades", "-nocerts", "-outform", "DER")
        self.assert_refused(self.verify(signature, self.document), "INDETERMINATE", "NO_SIGNING_CERTIFICATE_FOUND")

    def test_untrusted(self):
        signature = self.ours("p256", "detached")
        self.assert_refused(self.verify(signature, self.document, False), "INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND", integrity=True)

    def test_times(self):
        signature = self.ours("p256", "detached")
        late, early = str(4000000000), str(1000000000)
        self.assert_refused(self.verify(signature, self.document, True, "--at", late), "INDETERMINATE", "OUT_OF_BOUNDS_NO_POE", integrity=True)
        self.assert_refused(self.verify(signature, self.document, True, "--at", early), "TOTAL-FAILED", "NOT_YET_VALID", integrity=True)

    def test_old_digest(self):
        out = self.path("sha1")
        pki.run("openssl", "cms", "-sign", "-binary", "-in", self.document, "-signer", self.path("rsa3072.pem"), "-inkey",
                self.path("rsa3072-key.pem"), "-md", "sha1", "-nodetach", "-outform", "DER", "-out", out)
        self.assert_refused(self.verify(out), "INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE", integrity=True)

    def test_no_signature(self):
        for name, content in (("empty", b""), ("text", b"Dear all"), ("zeros", b"\0" * 100), ("xml", DOCUMENT), ("sequence", b"\x30\x80")):
            with self.subTest(name=name):
                path = self.path(f"none-{name}")
                path.write_bytes(content)
                self.assert_refused(self.verify(path), "TOTAL-FAILED", "FORMAT_FAILURE")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
