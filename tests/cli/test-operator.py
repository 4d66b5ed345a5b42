#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What seals' Administrators and operators do, through the client: users and leases, certificates of an outside CA, keys from beginning to end,
passwords, authenticators and the log (S1, S2, C2, C5, E11, A3)."""
import json
import re
import subprocess

from cli import DENIED, FAILED, NOT_FOUND, OK, TERMS, USAGE, main
from outside import OutsideCA
from served import ALICE, BOB, KEY_PASSWORD, ROOT, Signing

KEY = ("key", "generate", "--accept-terms", TERMS, "--label", "Customs", "--given-name", "Anna", "--surname", "Żółć", "--serial-number", "TINPL-5250000000", "--country", "PL")


class Seals(Signing):
    def second_user(self):
        """Bartek, with an account and an authenticator of his own; its secret."""
        self.sygnet(OK, "account", "create", "bartek", "--name", "Bartek", "--bind", "bob", "--password-file", self.password, uid=ROOT)
        self.sygnet(OK, "login", "bartek", "--password-file", self.password, uid=BOB)
        return self.enroll(BOB, "uri-of-bartek")

    def users(self, seal, *options, uid):
        return {u["login"]: (u["role"], u["status"]) for u in json.loads(self.sygnet(OK, "seal", "users", seal, "--json", *options, uid=uid))["users"]}

    def test_users_and_leases(self):
        bartek = self.second_user()
        self.sygnet(OK, "login", "anna", "--remember", "--password-file", self.password, "--otp-file", self.code())
        seal = self.seal()
        self.assertEqual({"anna": ("administrator", "active")}, self.users(seal, uid=ALICE))
        # Nobody comes in by a wrong code, a wrong name or without being the Administrator.
        add = ("seal", "add-user", "Example seal", "bartek", "--otp-file")
        self.sygnet(DENIED, *add, self.secret("bad", "00000000"), says="not right")
        self.sygnet(NOT_FOUND, "seal", "add-user", "Example seal", "nobody-there", "--otp-file", self.code())
        self.sygnet(NOT_FOUND, *add, self.code(bartek), uid=BOB, says="sygnet list")
        self.sygnet(DENIED, *add[:-1], "--operator", uid=BOB)
        self.sygnet(NOT_FOUND, "sign", "declaration.xml", "-c", seal, "--otp-file", self.code(bartek), uid=BOB)
        self.sygnet(OK, *add, self.code())
        self.assertEqual({"anna": ("administrator", "active"), "bartek": ("user", "active")}, self.users(seal, uid=ALICE))
        self.assertRegex(self.sygnet(OK, "seal", "users", seal, "--operator", uid=ROOT), r"bartek .* Bartek ")
        # A user sees the seal and signs; then it is his for a while.
        self.sygnet(OK, "login", "bartek", "--remember", "--password-file", self.password, "--otp-file", self.code(bartek), uid=BOB)
        self.sygnet(OK, "sign", "declaration.xml", "-c", seal, "-o", "of-bartek.p7s", uid=BOB)
        self.verify(OK, "of-bartek.p7s", "--content", "declaration.xml")
        self.sygnet(FAILED, "sign", "declaration.xml", "-c", seal, says="seal break-lease")
        self.assertFalse((self.folder / "declaration.xml.p7s").exists())
        self.sygnet(DENIED, "seal", "break-lease", seal, "--otp-file", self.secret("bad", "00000000"), says="not right")
        self.sygnet(OK, "seal", "break-lease", seal, "--otp-file", self.code())
        self.sygnet(OK, "sign", "declaration.xml", "-c", seal)
        # An operator frees it as well, without a code.
        self.sygnet(FAILED, "sign", "declaration.xml", "-c", seal, "-o", "x.p7s", uid=BOB, says="Somebody else")
        self.sygnet(OK, "seal", "break-lease", seal, "--operator", uid=ROOT)
        self.sygnet(OK, "sign", "declaration.xml", "-c", seal, "-o", "x.p7s", uid=BOB)
        # Removal is at once, lease or not.
        self.sygnet(OK, "seal", "remove-user", seal, "bartek", "--otp-file", self.code())
        self.sygnet(NOT_FOUND, "sign", "declaration.xml", "-c", seal, "-o", "y.p7s", uid=BOB)
        self.assertEqual(("user", "deleted"), self.users(seal, uid=ALICE)["bartek"])

    def test_retire(self):
        seal = self.seal()
        self.sygnet(USAGE, "seal", "retire", seal, uid=ROOT, says="--yes")
        self.sygnet(DENIED, "seal", "retire", seal, "--yes")
        self.sygnet(OK, "sign", "declaration.xml", "--otp-file", self.code())
        self.sygnet(OK, "seal", "retire", "Example seal", "--yes", uid=ROOT)
        self.sygnet(FAILED, "sign", "declaration.xml", "-c", seal, "-o", "x", "--otp-file", self.code(), says="retired")
        self.assertFalse((self.folder / "x").exists())
        self.assertRegex(self.sygnet(OK, "list", "--all", uid=ROOT), r"Example seal.* retired")
        self.verify(OK, "declaration.xml.p7s")


class OutsideAuthority(Signing):
    def requested(self):
        out = self.sygnet(OK, "seal", "create", "Example seal", "--administrator", "anna", "--organization", "Example sp. z o.o.", "--identifier",
                          "VATPL-5250000000", "--country", "PL", "--no-issue", "--json", uid=ROOT)
        seal = json.loads(out)["id"]
        self.sygnet(FAILED, "sign", "invoice.pdf", says="sygnet seal import")
        self.sygnet(OK, "seal", "request", seal, "-o", "request.pem", uid=ROOT)
        return seal

    def test_three_levels(self):
        ca, other = OutsideCA(self.folder / "outside"), OutsideCA(self.folder / "other")
        seal = self.requested()
        self.sygnet(DENIED, "seal", "request", seal)
        leaf = ca.issue(self.folder / "request.pem")
        wrong = other.issue_new_key("/C=PL/CN=somebody else")
        bring = ("seal", "import", "Example seal")
        self.sygnet(DENIED, *bring, leaf, *ca.issuers)
        for files in ([wrong, *other.issuers], [leaf, *other.issuers], [ca.root], [self.folder / "request.pem"], [self.folder / "invoice.pdf"]):
            self.sygnet(FAILED, *bring, *files, uid=ROOT)
        self.sygnet(NOT_FOUND, *bring, "nothing.pem", uid=ROOT, says="nothing.pem")
        self.assertIn("without certificate", self.sygnet(OK, "show", seal))
        self.sygnet(OK, *bring, leaf, uid=ROOT, says="issuers")
        self.sygnet(OK, *bring, *reversed(ca.issuers), leaf, uid=ROOT)
        self.sygnet(OK, "sign", "invoice.pdf", "declaration.xml", "--otp-file", self.code())
        for file, more in (("invoice-sealed.pdf", ()), ("declaration.xml.p7s", ("--content", "declaration.xml"))):
            report = json.loads(self.sygnet(OK, "verify", "--json", "--offline", "--anchors", ca.root, *more, file))
            self.assertEqual("TOTAL-PASSED", report["indication"])
        # The signature carries the chain: who knows the root alone can follow it.
        subprocess.run(["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "declaration.xml.p7s", "-content", "declaration.xml", "-CAfile", ca.root,
                        "-out", "/dev/null"], cwd=self.folder, check=True, capture_output=True)
        database = self.folder / "nss"
        database.mkdir()
        subprocess.run(["certutil", "-N", "--empty-password", "-d", database], check=True)
        subprocess.run(["certutil", "-A", "-d", database, "-n", "root", "-t", "C,C,C", "-i", ca.root], check=True)
        seen = subprocess.run(["pdfsig", "-nssdir", database, "invoice-sealed.pdf"], cwd=self.folder, capture_output=True, text=True, check=True).stdout
        self.assertIn("Signature is Valid", seen)
        self.assertIn("Certificate is Trusted", seen)

    def test_pkcs7(self):
        ca = OutsideCA(self.folder / "outside")
        seal = self.requested()
        bundle = ca.pkcs7(ca.issue(self.folder / "request.pem"))
        self.sygnet(OK, "seal", "import", seal, bundle, uid=ROOT)
        self.sygnet(OK, "sign", "declaration.xml", "--otp-file", self.code())


class Expired(OutsideAuthority):
    """The clock of the service says that it is days ago, so it takes a certificate that has expired by the client's."""
    machine_options = {"offset": -3 * 86400}
    test_three_levels = test_pkcs7 = None

    def test_expired_certificate(self):
        ca = OutsideCA(self.folder / "outside")
        seal = self.requested()
        leaf = ca.issue(self.folder / "request.pem", since=-10, until=-1)
        self.sygnet(OK, "seal", "import", seal, leaf, *ca.issuers, uid=ROOT)
        self.sygnet(FAILED, "sign", "declaration.xml", "--otp-file", self.secret("unused", "12345678"), says="expired on")
        self.assertFalse((self.folder / "declaration.xml.p7s").exists())


class Keys(Signing):
    def test_issued_at_once(self):
        password = self.secret("key-password", KEY_PASSWORD)
        # Its owner makes the key, but is no operator of the CA: the key stays, its request waits, and what to do is said.
        self.assertIn("Key ", self.sygnet(OK, *KEY, "--password-file", password, says="sygnet ca answer 1"))
        (key,) = json.loads(self.sygnet(OK, "list", "--json"))["credentials"]
        self.assertEqual("requested", key["status"])
        self.sygnet(OK, "key", "retire", key["id"], "--yes")
        # Where polkit lets her, it goes through.
        (self.machine.rules / "10-test.rules").write_text(
            'polkit.addRule(function(action, subject) { if (action.id == "org.sygnet.ca.issue" && subject.user == "alice") return polkit.Result.YES; });')
        self.addCleanup((self.machine.rules / "10-test.rules").unlink)
        self.machine.stop_polkit()
        self.machine.start_polkit()
        made = json.loads(self.sygnet(OK, *KEY, "--json", "--password-file", password))
        self.assertEqual("active", made["status"])
        self.sygnet(OK, "sign", "declaration.xml", "--password-file", password)
        self.verify(OK, "declaration.xml.p7s")
        self.assertIn("sygnet sign FILE -c", self.sygnet(OK, *KEY, "--algorithm", "p384", "--password-file", password))
        self.sygnet(USAGE, "sign", "declaration.xml", "-o", "x", "--password-file", password, says="--credential")
        self.sygnet(USAGE, "sign", "declaration.xml", "-o", "x", "-c", "Customs", "--password-file", password, says="means several")
        self.sygnet(USAGE, "key", "retire", made["id"], says="--yes")
        self.sygnet(OK, "key", "retire", made["id"], "--yes")
        self.sygnet(FAILED, "sign", "declaration.xml", "-c", made["id"], "-o", "x", "--password-file", password, says="retired")
        self.sygnet(OK, "sign", "declaration.xml", "-o", "x", "--password-file", password)

    def test_password_of_the_account(self):
        new, weak = self.secret("new", "Another-Word2"), self.secret("weak", "short")
        change = ("account", "password", "--password-file")
        self.sygnet(DENIED, *change, new, "--new-password-file", new, says="sygnet: ")
        self.sygnet(FAILED, *change, self.password, "--new-password-file", weak, says="too weak")
        self.sygnet(NOT_FOUND, *change, self.password, "--new-password-file", "nothing", says="nothing")
        self.sygnet(OK, "login", "anna", "--password-file", self.password)
        self.sygnet(OK, *change, self.password, "--new-password-file", new)
        self.sygnet(DENIED, "login", "anna", "--password-file", self.password, says="Login failed")
        self.sygnet(OK, "login", "anna", "--password-file", new)

    def test_authenticators_are_reset(self):
        self.seal()
        self.sygnet(DENIED, "otp", "reset", "anna", "--yes")
        self.sygnet(NOT_FOUND, "otp", "reset", "nobody-there", "--yes", uid=ROOT)
        self.sygnet(OK, "otp", "reset", "anna", "--yes", uid=ROOT)
        self.sygnet(DENIED, "otp", "list", says="sygnet login")
        self.sygnet(OK, "login", "anna", "--password-file", self.password)
        self.sygnet(DENIED, "sign", "declaration.xml", "--otp-file", self.code(), says="sygnet otp enroll")
        self.assertRegex(self.sygnet(OK, "otp", "list"), r"revoked")
        # Else an operator who resets somebody could sign as him.
        self.sygnet(FAILED, "otp", "enroll", "--no-confirm", "--uri-file", "second", says="the seal's Administrator invite it")
        self.sygnet(OK, "seal", "retire", "Example seal", "--yes", uid=ROOT)
        self.sygnet(FAILED, "otp", "enroll", "--no-confirm", "--uri-file", "second", says="make a new account")

    def test_log(self):
        self.seal()
        self.sygnet(OK, "sign", "declaration.xml", "--otp-file", self.code())
        self.sygnet(DENIED, "log", "--all", says="not allowed")
        self.sygnet(DENIED, "log", "verify", says="not allowed")
        own = self.sygnet(OK, "log")
        self.assertIn("declaration.xml", own)
        everything = self.sygnet(OK, "log", "--all", uid=ROOT)
        self.assertRegex(everything, r"anna")
        self.assertNotIn("declaration.xml", everything)
        entries = json.loads(self.sygnet(OK, "log", "--all", "--limit", "3", "--json", uid=ROOT))["entries"]
        self.assertEqual(3, len(entries))
        self.assertEqual(sorted((e["seq"] for e in entries), reverse=True), [e["seq"] for e in entries])
        self.assertRegex(self.sygnet(OK, "log", "verify", uid=ROOT), re.compile(r"^OK |✔ The log is whole: \d+ entries.*Head: [0-9a-f]{64}", re.S))


if __name__ == "__main__":
    main()
