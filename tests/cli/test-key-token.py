#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keys on cards (requirement C2), on SoftHSM2's: made there, used there, and seen by OpenSC's pkcs11-tool. Also cards that somebody else issued."""
import re
import subprocess
import sys

from cli import DENIED, FAILED, NOT_FOUND, OK, SOURCE, USAGE, Terminal, main
from keys import CARD, CARD_URI, PIN, Keys, tool


class OnCard(Keys):
    def setUp(self):
        super().setUp()
        self.ca()
        self.card()

    def test_life(self):
        for algorithm in ("p256", "p384", "rsa3072"):
            with self.subTest(algorithm):
                label = f"key {algorithm}"
                self.on_card(label, "--algorithm", algorithm)
                record = self.keys()[label]
                self.assertEqual(("token", "requested"), (record["place"], record["status"]))
                self.assertIn("token=Example%20card", record["uri"])
                self.sign(FAILED, "-c", label, "--pin-file", self.pin, says="no certificate")
                self.get_certificate(label, "--pin-file", self.pin)
                self.signs("-c", label, "--pin-file", self.pin)
                # By its URI too: certificate and key are found on the card, the issuer is not there.
                self.sign(OK, "-c", record["uri"], "--pin-file", self.pin, "--certificates", "issuing.pem")
                self.assertEqual("TOTAL-PASSED", self.verify()["signatures"][0]["indication"])
        objects = self.pkcs11_tool("-O")
        private = objects[objects.index("Private Key Object"):]
        self.assertIn("sensitive, always sensitive, never extractable, local", private)
        self.assertEqual(3, objects.count("Private Key Object"))
        self.assertEqual(3, objects.count("Certificate Object"))
        self.assertEqual(3, self.pkcs11_tool("-O", login=False).count("Certificate Object"))
        for label in ("key p256", "key p384", "key rsa3072"):
            self.sygnet(OK, "key", "retire", label, "--yes", "--pin-file", self.pin)
        self.assertNotIn("Object", self.pkcs11_tool("-O"))
        self.assertEqual([], list((self.folder / "data/sygnet/keys").iterdir()))

    def test_pdf(self):
        self.on_card()
        self.get_certificate("on card", "--pin-file", self.pin)
        with open(self.folder / "invoice.pdf", "wb") as pdf:
            subprocess.run([sys.executable, SOURCE / "installer/lib/invoice.py"], stdout=pdf, check=True)
        self.sygnet(OK, "sign", "invoice.pdf", "declaration.xml", "-c", "on card", "--pin-file", self.pin)
        self.sygnet(OK, "sign", "declaration.xml", "--format", "xades", "-c", "on card", "--pin-file", self.pin)
        self.sygnet(OK, "verify", "declaration-signed.xml", "--anchors", "ca.pem", "--offline")
        p = self.sygnet(OK, "verify", "invoice-signed.pdf", "--anchors", "ca.pem", "--offline")
        self.assertIn("Anna Example", p.stdout)

    def foreign(self, key_type="rsa:2048", label="Jan", usage="nonRepudiation"):
        """What an issuer does: makes the key on the card, certifies it, puts the certificate beside it. No record of ours."""
        self.pkcs11_tool("--keypairgen", "--key-type", key_type, "--id", "07", "--label", label)
        self.pkcs11_tool("--read-object", "--type", "pubkey", "--id", "07", "-o", str(self.folder / "pub.der"))
        self.openssl("pkey", "-pubin", "-inform", "DER", "-in", "pub.der", "-out", "pub.pem")
        self.openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "dummy.key", "-subj", "/C=PL/CN=Jan Example", "-out",
                     "dummy.pem")
        (self.folder / "extensions").write_text(f"keyUsage=critical,{usage}\nbasicConstraints=critical,CA:FALSE\nextendedKeyUsage=emailProtection\n")
        self.openssl("x509", "-req", "-in", "dummy.pem", "-force_pubkey", "pub.pem", "-CA", "issuing.pem", "-CAkey", "issuing.key", "-days", "365", "-extfile",
                     "extensions", "-outform", "DER", "-out", "card.der")
        self.openssl("x509", "-in", "issuing.pem", "-outform", "DER", "-out", "issuing.der")

    def test_card_of_another_issuer(self):
        self.foreign()
        self.sign(NOT_FOUND, "-c", CARD_URI, "--pin-file", self.pin, says="--certificates")
        # The certificate in a file, the key named by its id or label.
        for uri in (CARD_URI + ";id=%07", CARD_URI + ";object=Jan"):
            self.signs("-c", uri, "--pin-file", self.pin, "--certificates", "card.der", "--certificates", "issuing.pem")
        # On the card with its issuer, as cards are.
        self.pkcs11_tool("--write-object", str(self.folder / "card.der"), "--type", "cert", "--id", "07", "--label", "Jan")
        self.pkcs11_tool("--write-object", str(self.folder / "issuing.der"), "--type", "cert", "--id", "08", "--label", "issuer")
        for uri in (CARD_URI, CARD_URI + ";object=Jan", CARD_URI + ";id=%07;type=cert", CARD_URI + ";type=private;id=%07"):
            with self.subTest(uri):
                p = self.signs("-c", uri, "--pin-file", self.pin)
                self.assertIn("2048", p.stderr)
        self.sygnet(OK, "key", "import", CARD_URI, "--label", "my card")
        self.assertEqual(("token", True, "active"), tuple(self.keys()["my card"][k] for k in ("place", "imported", "status")))
        self.signs("-c", "my card", "--pin-file", self.pin)
        self.sygnet(OK, "key", "retire", "my card", "--yes")
        self.assertIn("Private Key Object", self.pkcs11_tool("-O"))

    def test_several_certificates(self):
        self.foreign()
        self.pkcs11_tool("--write-object", str(self.folder / "card.der"), "--type", "cert", "--id", "07", "--label", "Jan")
        self.on_card()
        self.get_certificate("on card", "--pin-file", self.pin)
        p = self.sign(USAGE, "-c", CARD_URI, "--pin-file", self.pin, says="Several certificates")
        self.assertEqual(2, p.stderr.count("id=%"))
        self.signs("-c", CARD_URI + ";id=%07", "--pin-file", self.pin, "--certificates", "issuing.pem")

    def test_certificates_for_other_purposes(self):
        self.foreign("EC:prime256v1", usage="digitalSignature")
        self.pkcs11_tool("--write-object", str(self.folder / "card.der"), "--type", "cert", "--id", "07", "--label", "Jan")
        self.assertIn("authentication", self.sign(OK, "-c", CARD_URI, "--pin-file", self.pin).stderr)
        self.pkcs11_tool("--delete-object", "--type", "cert", "--id", "07")
        self.openssl("x509", "-req", "-in", "dummy.pem", "-force_pubkey", "pub.pem", "-CA", "issuing.pem", "-CAkey", "issuing.key", "-days", "365", "-extfile",
                     self.secret("extensions", "keyUsage=critical,keyAgreement"), "-outform", "DER", "-out", "card.der")
        self.pkcs11_tool("--write-object", str(self.folder / "card.der"), "--type", "cert", "--id", "07", "--label", "Jan")
        self.sign(FAILED, "-c", CARD_URI, "--pin-file", self.pin, says="not for signatures")

    def test_wrong_pin(self):
        self.on_card()
        self.get_certificate("on card", "--pin-file", self.pin)
        wrong = self.secret("wrong", "11111111")
        p = self.sign(DENIED, "-c", "on card", "--pin-file", wrong, says="The PIN is not right")
        # One attempt, and no more, was spent.
        self.assertEqual(1, p.stderr.count("not right"))
        for empty in ("", "x" * 300):
            self.sign(DENIED, "-c", "on card", "--pin-file", self.secret("none", empty))
        self.signs("-c", "on card", "--pin-file", self.pin)
        self.sygnet(DENIED, "key", "generate", "--label", "x", "--given-name", "A", "--surname", "B", "--serial-number", "TINPL-5250000000", "--country", "PL",
                    "--accept-terms", self.json("key", "terms")["version"], "--place", "token", "--token", CARD_URI, "--no-issue", "--pin-file", wrong)
        self.assertNotIn("x", self.keys())

    def test_pin_at_the_terminal(self):
        self.on_card()
        self.get_certificate("on card", "--pin-file", self.pin)
        t = Terminal("sign", "declaration.xml", "-c", "on card", cwd=self.folder, **self.home)
        t.expect(f"PIN of the card “{CARD}”: ")
        t.type_secret("11111111")
        t.expect("The PIN is not right")
        while t.output.count("PIN of the card") < 2:
            self.assertTrue(t.read(30))
        t.type_secret(PIN)
        self.assertEqual(OK, t.wait())
        self.assertNotIn(PIN, t.output)
        self.assertEqual("TOTAL-PASSED", self.verify()["signatures"][0]["indication"])

    def test_uris(self):
        self.on_card()
        for uri, code, says in ((CARD_URI + "?pin-value=87654321", USAGE, "no place in a URI"), (CARD_URI + "?pin-source=/etc/passwd", USAGE, "--pin-file"),
                                ("pkcs11:token=nobody's", NOT_FOUND, "No card"), ("pkcs11:token=%zz", USAGE, "no PKCS#11 URI"), ("pkcs11:token", USAGE, "no PKCS#11 URI"),
                                ("pkcs11:" + "a" * 3000, USAGE, "no PKCS#11 URI"), (CARD_URI + ";serial=0", NOT_FOUND, "No card")):
            with self.subTest(uri[:60]):
                p = self.sign(code, "-c", uri, "--pin-file", self.pin, says=says)
                self.assertNotIn(PIN, p.stdout + p.stderr)
        self.sign(NOT_FOUND, "-c", CARD_URI + ";object=nothing", "--pin-file", self.pin, "--certificates", "ca.pem")
        # Two cards: the URI has to say which.
        tool("softhsm2-util", "--init-token", "--free", "--label", "Second", "--pin", PIN, "--so-pin", PIN, env=self.hsm)
        p = self.sign(USAGE, "-c", "pkcs11:", "--pin-file", self.pin, says="several cards")
        self.assertEqual(2, len(re.findall("pkcs11:model=", p.stderr)))

    def test_no_card(self):
        self.on_card()
        self.get_certificate("on card", "--pin-file", self.pin)
        tool("softhsm2-util", "--delete-token", "--token", CARD, env=self.hsm)
        self.sign(NOT_FOUND, "-c", "on card", "--pin-file", self.pin, says="card")

    def test_what_a_card_cannot(self):
        self.on_card()
        self.sygnet(FAILED, "key", "export", "on card", "-o", "x.p12", says="never leaves")
        p = self.generate("x", "--place", "token", "--token", CARD_URI, "--algorithm", "ed25519", "--pin-file", self.pin, code=USAGE)
        self.assertIn("rsa3072", p.stderr)
        self.generate("x", "--place", "token", code=USAGE)
        self.generate("x", "--place", "token", "--token", CARD_URI, "--generate-password", code=USAGE)


if __name__ == "__main__":
    main()
