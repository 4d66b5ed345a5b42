#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""CMS between us and BouncyCastle, with openssl and certtool beside them: parallel signatures, countersignatures, all algorithms. Usage: bouncycastle.py INTEROP-SIGN-FILE SYGNET"""

import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import pki
from der import contents, element, elements, with_unsigned

sys.path.insert(0, str(Path(__file__).parents[1] / "cli"))
from tsa import Authority  # noqa: E402

SIGN_FILE, SYGNET = sys.argv[1], sys.argv[2]
SOURCE = Path(__file__).parent / "Bouncy.java"
JARS = ":".join(f"/usr/share/java/{n}.jar" for n in ("bcpkix", "bcprov", "bcutil"))
ALGORITHMS = {"rsa3072": "SHA256withRSA", "p256": "SHA256withECDSA", "p384": "SHA384withECDSA", "ed25519": "Ed25519"}


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.temporary.name)
        cls.pki = pki.Pki(cls.folder, ALGORITHMS)
        cls.document = cls.folder / "document"
        cls.document.write_bytes(b"declaration\r\n")
        pki.run("javac", "-d", cls.folder, "-cp", JARS, SOURCE)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def java(self, *args):
        return pki.run("java", "-cp", f"{JARS}:{self.folder}", "Bouncy", *args)

    def path(self, name):
        return self.folder / name

    def ours(self, kind, form, name, *inputs):
        out = self.path(name)
        pki.run(SIGN_FILE, "document", self.pki.key(kind), self.pki.chain(kind), form, out, *(inputs or [self.document]))
        return out

    def theirs(self, verb, kind, *rest):
        self.java(verb, self.pki.key(kind), self.path(f"{kind}.pem"), ALGORITHMS[kind], *rest)
        return rest[-2] if rest[-1] == "full" else rest[-1]

    def we_see(self, signature, content=True):
        options = ["--content", self.document] if content else []
        return json.loads(pki.run(SIGN_FILE, "verify", signature, "--anchors", self.pki.root, *options))

    def they_see(self, signature, content=True):
        return self.java("verify", signature, *([self.document] if content else [])).strip().splitlines()

    def kinds(self, report, countersignatures=False):
        found = [s for s in report["signatures"] if bool(s.get("countersignature")) == countersignatures]
        self.assertTrue(all(s["integrity"] and s["indication"] == "TOTAL-PASSED" for s in found), found)
        return sorted(s["signer"].split("CN=")[1].split(",")[0].rsplit(" ", 1)[1].split("+")[0] for s in found)


class Signatures(Case):
    def test_each_algorithm_both_ways(self):
        for kind in ALGORITHMS:
            for form, full in (("cades", False), ("cades-enveloping", True)):
                with self.subTest(kind=kind, form=form):
                    line, = self.they_see(self.ours(kind, form, "ours"), not full)
                    self.assertIn(f"{kind} true timestamp:none", line)
                    signature = self.theirs("sign", kind, self.document, self.path("theirs"), *(["full"] if full else []))
                    self.assertEqual([kind], self.kinds(self.we_see(signature, not full)))

    def test_parallel(self):
        """The second signer comes to the first's signature, whoever of us came first, and in whatever form."""
        for form, full in (("cades", False), ("cades-enveloping", True)):
            with self.subTest(form):
                both = self.ours("p384", "add-cades", "both", self.ours("rsa3072", form, "one"), *([] if full else [self.document]))
                three = self.ours("ed25519", "add-cades", "three", both, *([] if full else [self.document]))
                lines = self.they_see(three, not full)
                self.assertEqual(3, len(lines))
                self.assertTrue(all(" true " in line for line in lines), lines)
                self.assertEqual(["ed25519", "p384", "rsa3072"], self.kinds(self.we_see(three, not full)))
                pki.run("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", both, *([] if full else ["-content", self.document]), "-CAfile", self.pki.root,
                        "-purpose", "any", "-out", "/dev/null")
                first = self.theirs("sign", "p256", self.document, self.path("first"), *(["full"] if full else []))
                mixed = self.ours("rsa3072", "add-cades", "mixed", first, *([] if full else [self.document]))
                self.assertTrue(all(" true " in line for line in self.they_see(mixed, not full)))
                self.assertEqual(["p256", "rsa3072"], self.kinds(self.we_see(mixed, not full)))
                again = self.theirs("add", "p384", mixed, "-" if full else self.document, self.path("again"))
                self.assertEqual(["p256", "p384", "rsa3072"], self.kinds(self.we_see(again, not full)))

    def test_parallel_keeps_what_was_there(self):
        """openssl's stream of indefinite length: the document and the first signature keep their bytes."""
        big = self.path("big")
        big.write_bytes(bytes(range(256)) * 4096)
        pki.run("openssl", "cms", "-sign", "-binary", "-nodetach", "-stream", "-cades", "-in", big, "-signer", self.path("p256.pem"), "-inkey", self.path("p256-key.pem"), "-outform", "DER",
                "-out", self.path("stream"))
        both = self.ours("rsa3072", "add-cades", "both", self.path("stream"))
        self.assertEqual(["p256", "rsa3072"], self.kinds(self.we_see(both, False)))
        pki.run("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", both, "-CAfile", self.pki.root, "-purpose", "any", "-out", self.path("back"))
        self.assertEqual(big.read_bytes(), self.path("back").read_bytes())
        pki.run("certtool", "--p7-verify", "--inder", "--infile", both, "--load-ca-certificate", self.pki.root)

    def test_countersignatures(self):
        for kind in ALGORITHMS:
            with self.subTest(kind):
                first = self.ours("p256", "cades", "first")
                countersigned = self.ours(kind, "countersign-cades", "countersigned", first, self.document)
                line, = self.they_see(countersigned)
                self.assertIn("p256 true", line)
                self.assertRegex(line, rf"by:.*{kind} true")
                report = self.we_see(countersigned)
                self.assertEqual((["p256"], [kind]), (self.kinds(report), self.kinds(report, True)))
                pki.run("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", countersigned, "-content", self.document, "-CAfile", self.pki.root, "-purpose", "any", "-out", "/dev/null")
                theirs = self.theirs("countersign", kind, first, self.path("theirs"))
                report = self.we_see(theirs)
                self.assertEqual((["p256"], [kind]), (self.kinds(report), self.kinds(report, True)))

    def test_countersignature_of_another(self):
        """Taken over from another signature it is not one of this, nor is any other SignerInfo. The signature itself is good, the file is not."""
        kind = bytes.fromhex("06092a864886f70d010906")
        one, other = (self.ours("p256", "cades", n) for n in ("one", "other"))
        countersigned = self.ours("rsa3072", "countersign-cades", "countersigned", one, self.document).read_bytes()
        attribute = elements(contents(elements(self.signer(countersigned))[-1]))[0]
        taken = contents(elements(contents(attribute))[1])
        for value, reason in ((taken, "another signature"), (element(0x30, self.signer(other.read_bytes())), "names a type of content"), (b"\x05\x00", "structure")):
            moved = self.path("moved")
            moved.write_bytes(with_unsigned(other.read_bytes(), (kind, value)))
            report = self.we_see(moved)
            self.assertEqual("TOTAL-FAILED", report["indication"])
            signature, counter = report["signatures"]
            self.assertEqual((True, "TOTAL-PASSED"), (signature["integrity"], signature["indication"]))
            self.assertEqual((False, "TOTAL-FAILED", True), (counter["integrity"], counter["indication"], counter["countersignature"]))
            self.assertIn(reason, counter["reason"])

    def signer(self, cms):
        """The fields of the only SignerInfo."""
        return contents(contents(elements(contents(contents(elements(contents(cms))[1])))[-1]))

    def test_timestamps(self):
        """What an authority gave us is a timestamp of the signature value to them, and to openssl ts."""
        tsa = Authority(self.folder / "tsa")
        self.addCleanup(tsa.close)
        for kind in ALGORITHMS:
            with self.subTest(kind):
                signature = self.ours(kind, "add-cades", "both", self.ours("p256", "cades", "one"), self.document)
                pki.run(SYGNET, "extend", signature, "--timestamp", tsa.url(), "--timestamp-anchors", tsa.root)
                lines = self.they_see(signature)
                self.assertEqual(2, sum(" true timestamp:CN=Example good" in line for line in lines), lines)
        infos = elements(contents(elements(contents(contents(elements(contents(signature.read_bytes()))[1])))[-1]))
        for info in infos:
            fields = elements(contents(info))
            self.path("value").write_bytes(contents(fields[-2]))
            self.path("token").write_bytes(contents(elements(contents(elements(contents(fields[-1]))[0]))[1]))
            said = pki.run("openssl", "ts", "-verify", "-token_in", "-in", self.path("token"), "-data", self.path("value"), "-CAfile", tsa.root)
            self.assertIn("OK", said)

    def test_many(self):
        """A file cannot have us verify without end."""
        kind = bytes.fromhex("06092a864886f70d010906")
        one = self.ours("p256", "cades", "one").read_bytes()
        many = self.path("many")
        many.write_bytes(with_unsigned(one, *[(kind, element(0x30, self.signer(one)))] * 100))
        self.assertLessEqual(len(self.we_see(many)["signatures"]), 33)

    def test_refused(self):
        """Nothing is put beside what does not hold."""
        first = self.ours("p256", "cades", "first")
        other = self.path("elsewhere")
        other.write_bytes(b"something else")
        broken = self.path("broken")
        broken.write_bytes(first.read_bytes()[:-1] + bytes([first.read_bytes()[-1] ^ 1]))
        enveloped = self.ours("p256", "cades-enveloping", "full")
        for form in ("add-cades", "countersign-cades"):
            for inputs, says in (((first,), "was signed is not in it"), ((first, other), "does not hold"), ((broken, self.document), "does not hold"), ((enveloped, other), "does not hold"),
                                 ((self.document,), "no CMS signature"), ((self.path("p256.p12"),), "no CMS signature")):
                with self.subTest(form=form, inputs=inputs):
                    p = subprocess.run([SIGN_FILE, "document", self.pki.key("p256"), self.pki.chain("p256"), form, self.path("never"), *inputs], capture_output=True, text=True, check=False)
                    self.assertEqual(1, p.returncode)
                    self.assertIn(says, p.stderr)
        both = self.ours("p384", "add-cades", "both", first, self.document)
        p = subprocess.run([SIGN_FILE, "document", self.pki.key("p256"), self.pki.chain("p256"), "countersign-cades", self.path("never"), both, self.document], capture_output=True, text=True,
                           check=False)
        self.assertIn("there are several", p.stderr)


if __name__ == "__main__":
    sys.argv = sys.argv[:1] + sys.argv[3:]
    assert shutil.which("javac"), "no Java"
    unittest.main(verbosity=1)
