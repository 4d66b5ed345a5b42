#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The three places of a key beside each other (requirement C2): the service, a file, a card; made, certified by the local CA, listed and used alike. And the forgotten
password of a customs key in the service, which is final for root too."""
import json
import os
import subprocess

from cli import DENIED, FAILED, OK, TERMS, USAGE, main
from keys import CARD, CARD_URI, PERSON, PIN, SO_PIN, tool
from served import ALICE, KEY_PASSWORD, ROOT, Signing

NEW = ("key", "generate", "--accept-terms", TERMS, *PERSON)


class Places(Signing):
    def setUp(self):
        super().setUp()
        self.key_password = self.secret("key-password", KEY_PASSWORD)
        self.pin = self.secret("pin", PIN)
        conf = self.folder / "softhsm2.conf"
        tokens = self.folder / "tokens"
        tokens.mkdir()
        os.chown(tokens, ALICE, ALICE)
        conf.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
        self.env = {"SOFTHSM2_CONF": str(conf), "ASAN_OPTIONS": "detect_leaks=0"}
        self.machine.run(["env", f"SOFTHSM2_CONF={conf}", "softhsm2-util", "--init-token", "--free", "--label", CARD, "--pin", PIN, "--so-pin", SO_PIN], uid=ALICE)

    def make(self, label, *args):
        """The person makes the key, the operator has the local CA certify it, the person takes the answer in."""
        self.sygnet(OK, *NEW, "--label", label, "--no-issue", *args, **self.env)
        factors = ["--pin-file", self.pin] if "token" in args else ["--password-file", self.key_password]
        self.sygnet(OK, "key", "request", label, *factors, "-o", "request.pem", "--force", **self.env)
        self.sygnet(OK, "ca", "issue", "request.pem", "--profile", "customs", "-o", "certificate.pem", "--force", uid=ROOT)
        (self.folder / "certificate.pem").chmod(0o644)
        self.sygnet(OK, "key", "import", label, "certificate.pem", *(factors if "--place" in args else []), **self.env)

    def all_places(self):
        self.make("in service", "--password-file", self.key_password)
        self.make("in file", "--place", "file", "-o", "key.p12", "--password-file", self.key_password)
        self.make("on card", "--place", "token", "--token", CARD_URI, "--pin-file", self.pin)

    def test_all_three_sign(self):
        self.all_places()
        listed = {k["label"]: k for k in json.loads(self.sygnet(OK, "key", "list", "--json"))["keys"]}
        self.assertEqual({"in service": "daemon", "in file": "file", "on card": "token"}, {label: k["place"] for label, k in listed.items()})
        self.assertEqual({"active"}, {k["status"] for k in listed.values()})
        table = self.sygnet(OK, "key", "list")
        for place in ("service", "file", "card"):
            self.assertRegex(table, rf"\b{place}\b")
        for label in listed:
            factors = ["--pin-file", self.pin] if label == "on card" else ["--password-file", self.key_password]
            output = f"{listed[label]['place']}.p7s"
            self.sygnet(OK, "sign", "declaration.xml", "-o", output, "-c", label, *factors, **self.env)
            self.sygnet(OK, "sign", "invoice.pdf", "-o", f"{output}.pdf", "-c", label, *factors, **self.env)
            for signed in ([output, "--content", "declaration.xml"], [f"{output}.pdf"]):
                report = self.verify(OK, *signed)
                self.assertEqual("TOTAL-PASSED", report["indication"])
                self.assertIn("Anna Example", report["signatures"][0]["signer"] if isinstance(report["signatures"][0]["signer"], str)
                              else json.dumps(report["signatures"][0]["signer"]))
            subprocess.run(["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", output, "-content", "declaration.xml", "-CAfile", "ca.pem", "-out",
                            "/dev/null"], cwd=self.folder, check=True, capture_output=True)
        # Three that could sign: one has to be named.
        self.sygnet(USAGE, "sign", "declaration.xml", "-o", "x.p7s", says="several keys")

    def test_issued_at_once(self):
        """Where the caller is an operator, the local CA certifies within the one command."""
        self.sygnet(OK, *NEW, "--label", "root's", "--place", "file", "-o", "root.p12", "--password-file", self.key_password, uid=ROOT)
        self.sygnet(OK, "sign", "declaration.xml", "-o", "root.p7s", "-c", "root's", "--password-file", self.key_password, uid=ROOT)
        said = tool("openssl", "pkcs12", "-in", "root.p12", "-passin", f"file:{self.key_password}", "-nodes", cwd=self.folder)
        self.assertIn("Anna Example", said)

    def test_status_tells_of_a_file_that_expires(self):
        """Nobody else watches over it."""
        self.make("in file", "--place", "file", "-o", "key.p12", "--password-file", self.key_password)
        self.assertEqual([], json.loads(self.sygnet(OK, "status", "--json"))["expiring"])
        self.sygnet(OK, "ca", "issue", "request.pem", "--profile", "customs", "--days", "20", "-o", "certificate.pem", "--force", uid=ROOT)
        self.sygnet(OK, "key", "import", "in file", "certificate.pem", "--password-file", self.key_password)
        self.assertEqual(["in file"], [k["label"] for k in json.loads(self.sygnet(OK, "status", "--json"))["expiring"]])
        self.assertIn("“in file”", self.sygnet(OK, "status"))

    def test_service_keys_stay(self):
        self.make("in service", "--password-file", self.key_password)
        self.sygnet(FAILED, "key", "export", "in service", "-o", "x.p12", "--password-file", self.key_password, says="never leaves")

    def test_forgotten_in_the_service_is_final(self):
        """Root has the machine, the store and its keys, the bus and polkit's leave; and no password."""
        self.make("in service", "--password-file", self.key_password)
        id = next(k["id"] for k in json.loads(self.sygnet(OK, "key", "list", "--json"))["keys"])
        wrong = self.secret("wrong", "Wrong-Horse-7-Battery")
        # As the person, with everything but the password.
        self.sygnet(DENIED, "sign", "declaration.xml", "-o", "x.p7s", "-c", id, "--password-file", wrong, says="cannot be recovered")
        self.sygnet(DENIED, "key", "request", id, "--password-file", wrong)
        # As the operator: no session of that account, no request, no export.
        for args in (["sign", "declaration.xml", "-o", "x.p7s", "-c", id, "--password-file", wrong], ["key", "request", id, "--password-file", wrong],
                     ["key", "export", id, "-o", "x.p12"]):
            self.assertNotEqual(OK, self.run_client(args, ROOT, {}).returncode)
        # With a new password of the account, which opens no key.
        new = self.secret("new", "Another-Word-2")
        self.run_client(["account", "edit", "anna", "--change-password"], ROOT, {})
        self.run_client(["account", "password", "--password-file", self.password, "--new-password-file", new], ALICE, {})
        self.assertNotEqual(OK, self.run_client(["sign", "declaration.xml", "-o", "x.p7s", "-c", id, "--password-file", new], ALICE, {}).returncode)
        # In what is stored there is neither password nor key in clear.
        stored = b"".join(p.read_bytes() for p in self.machine.folder.rglob("*") if p.is_file())
        self.assertNotIn(KEY_PASSWORD.encode(), stored)
        self.assertNotIn(bytes.fromhex("020100301306072a8648ce3d020106082a8648ce3d030107"), stored)  # how PKCS#8 of P-256 begins
        self.assertEqual([], list(self.folder.glob("x.*")))


if __name__ == "__main__":
    main()
