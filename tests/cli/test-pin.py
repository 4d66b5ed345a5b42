#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""PINs and the signatures that they open, through the client (requirements M2, E4, D3): by files, and by a person at a terminal."""
import json

from cli import DENIED, FAILED, OK, USAGE, Terminal, main
from served import ALICE, PASSWORD, Signing

from fake_courier import FakeCourier  # beside harness.py, as served.py finds it

PIN, OTHER, WRONG = "24681357", "13572468", "00000000"
SIGNATURE = ("key", "generate", "--kind", "signature", "--label", "Signature", "--given-name", "Anna", "--surname", "Żółć", "--serial-number",
             "PNOPL-00000000000", "--country", "PL", "--no-issue", "--json")


class Pin(Signing):
    machine_options = {"conf": "[Session]\nIdle=3600\n"}  # each fresh code takes half a minute

    def setUp(self):
        super().setUp()
        self.courier = FakeCourier(self.machine)
        self.pin, self.other, self.wrong = (self.secret(f"pin-{p}", p) for p in (PIN, OTHER, WRONG))

    def status(self):
        return json.loads(self.sygnet(OK, "pin", "status", "--json"))

    def mailed(self, n):
        """The code of the n-th message."""
        self.machine.wait_for(lambda: len(self.courier.delivered()) >= n, "the message")
        return self.courier.delivered()[n - 1]["fields"]["code"]

    def set(self):
        self.sygnet(OK, "pin", "set", "--send-code", says="a***@example.com")
        mail = self.secret("mail", self.mailed(1))
        self.sygnet(OK, "pin", "set", "--pin-file", self.pin, "--activation-code-file", mail, "--otp-file", self.code())

    def signature(self):
        """A signature with a certificate of the local authority; its id."""
        key = json.loads(self.sygnet(OK, *SIGNATURE, "--pin-file", self.pin, "--otp-file", self.code()))["id"]
        self.sygnet(OK, "key", "request", key, "-o", "request.pem", "--force", "--pin-file", self.pin, "--otp-file", self.code())
        (self.folder / "request.pem").chmod(0o644)
        self.sygnet(OK, "ca", "issue", "request.pem", "--profile", "personal", "-o", "certificate.pem", "--force", uid=0)
        (self.folder / "certificate.pem").chmod(0o644)
        self.sygnet(OK, "key", "import", key, "certificate.pem")
        return key

    def at_terminal(self, *args):
        return Terminal(*args, uid=ALICE, DBUS_SYSTEM_BUS_ADDRESS=self.machine.address)

    def answer(self, t, question, text):
        """Waits for the question, which is taken out of the output, so that the next like it is waited for."""
        t.expect(question)
        t.output = t.output.split(question, 1)[1]
        t.type_secret(text)


class Files(Pin):
    def test_m2_set_changed_unblocked_reset(self):
        self.assertFalse(self.status()["set"])
        self.sygnet(FAILED, "pin", "change", "--pin-file", self.pin, says="pin set")
        self.sygnet(FAILED, *SIGNATURE, "--pin-file", self.pin, says="pin set")
        self.sygnet(USAGE, "pin", "set", says="--pin-file")
        self.sygnet(FAILED, "pin", "set", "--pin-file", self.secret("short", "1234"), says="8 digits")
        self.set()
        self.sygnet(FAILED, "pin", "set", "--pin-file", self.pin, says="pin reset")
        self.assertEqual((True, False, 5), tuple(self.status()[k] for k in ("set", "blocked", "attempts")))
        self.assertIn("block it", self.sygnet(OK, "pin", "status"))
        self.sygnet(OK, "pin", "change", "--pin-file", self.pin, "--new-pin-file", self.other, "--otp-file", self.code())
        for _ in range(5):
            self.sygnet(DENIED, "pin", "change", "--pin-file", self.wrong, "--new-pin-file", self.pin, "--otp-file", self.code(), says="not right")
        self.sygnet(DENIED, "pin", "change", "--pin-file", self.other, "--new-pin-file", self.pin, "--otp-file", self.code(), says="pin unblock")
        self.assertIn("sygnet pin unblock", self.sygnet(OK, "pin", "status"))
        self.machine.advance(61)
        self.sygnet(OK, "pin", "unblock", "--send-code")
        self.sygnet(OK, "pin", "unblock", "--activation-code-file", self.secret("mail", self.mailed(2)), "--otp-file", self.code())
        self.sygnet(OK, "pin", "change", "--pin-file", self.other, "--new-pin-file", self.pin, "--otp-file", self.code())
        key = self.signature()
        self.assertEqual([key], self.status()["signatures"])
        self.sygnet(USAGE, "pin", "reset", "--pin-file", self.other, "--otp-file", self.code(), says="--yes")
        self.sygnet(OK, "pin", "reset", "--send-code")
        self.sygnet(OK, "pin", "reset", "--yes", "--pin-file", self.other, "--activation-code-file", self.secret("mail", self.mailed(3)), "--otp-file", self.code())
        self.assertEqual([], self.status()["signatures"])
        self.sygnet(FAILED, "sign", "declaration.xml", "-c", key, "--pin-file", self.other, "--otp-file", self.code(), says="retired")

    def test_e4_signature(self):
        self.set()
        key = self.signature()
        listed = [c for c in json.loads(self.sygnet(OK, "list", "--json"))["credentials"] if c["id"] == key][0]
        self.assertEqual(("signature", "pin+otp", "owner"), tuple(listed[k] for k in ("kind", "factors", "role")))
        self.sygnet(USAGE, "sign", "invoice.pdf", "-c", key, "--otp-file", self.code(), says="--pin-file")
        self.sygnet(DENIED, "sign", "invoice.pdf", "-c", key, "--pin-file", self.wrong, "--otp-file", self.code(), says="used up")
        self.sygnet(OK, "sign", "invoice.pdf", "declaration.xml", "-c", key, "--pin-file", self.pin, "--otp-file", self.code())
        self.assertEqual("PAdES", self.verify(OK, "invoice-signed.pdf")["signatures"][0]["format"])
        self.verify(OK, "declaration.xml.p7s")
        # D3: a session that was opened with both.
        self.sygnet(OK, "logout")
        self.sygnet(OK, "login", "anna", "--remember", "--password-file", self.password, "--pin-file", self.pin, "--otp-file", self.code())
        for _ in range(2):
            self.sygnet(OK, "sign", "declaration.xml", "-c", key, "--force")
        self.sygnet(OK, "pin", "change", "--pin-file", self.pin, "--new-pin-file", self.other, "--otp-file", self.code())
        self.sygnet(USAGE, "sign", "declaration.xml", "-c", key, "--force", says="--pin-file")
        self.sygnet(OK, "sign", "declaration.xml", "-c", key, "--force", "--pin-file", self.other)
        self.sygnet(USAGE, *SIGNATURE[:3], "seal", *SIGNATURE[4:], says="--kind")

    def test_policy(self):
        seal = self.seal()
        self.assertEqual({"weakest": "otp", "factors": "otp", "remember_max_age": 0, "remember_max_signatures": 0},
                         json.loads(self.sygnet(OK, "policy", seal, "--json")))
        self.sygnet(FAILED, "policy", seal, "--factors", "password", "--otp-file", self.code(), says="cannot have")
        self.sygnet(USAGE, "policy", seal, "--remember-max-age", "soon", says="--remember-max-age")
        self.sygnet(USAGE, "policy", seal, "--weakest", "otp", "--factors", "otp", says="operator")
        changed = json.loads(self.sygnet(OK, "policy", seal, "--remember-max-age", "2h", "--remember-max-signatures", "50", "--otp-file", self.code(), "--json"))
        self.assertEqual((7200, 50), (changed["remember_max_age"], changed["remember_max_signatures"]))
        self.sygnet(OK, "policy", seal, "--weakest", "pin+otp", uid=0)
        shown = self.sygnet(OK, "policy", seal)
        self.assertIn("PIN and one-time code", shown)
        self.assertIn("7200", shown)
        self.sygnet(USAGE, "policy", seal, "--factors", "otp", "--otp-file", self.code(), says="--pin-file")
        self.sygnet(USAGE, "sign", "declaration.xml", "-c", seal, "--otp-file", self.code(), says="--pin-file")
        self.sygnet(DENIED, "sign", "declaration.xml", "-c", seal, "--pin-file", self.pin, "--otp-file", self.code(), says="pin set")
        self.set()
        self.sygnet(FAILED, "policy", seal, "--factors", "otp", "--pin-file", self.pin, "--otp-file", self.code(), says="operator")
        self.sygnet(OK, "sign", "declaration.xml", "-c", seal, "--pin-file", self.pin, "--otp-file", self.code())
        self.verify(OK, "declaration.xml.p7s")
        # What lets somebody else seal takes what sealing takes.
        invite = ("seal", "invite", seal, "new@example.com", "+48600100200", "--otp-file")
        self.sygnet(USAGE, *invite, self.code(), says="--pin-file")
        self.sygnet(OK, *invite, self.code(), "--pin-file", self.pin)
        self.sygnet(OK, "policy", seal, "--weakest", "otp", uid=0)
        self.sygnet(OK, "policy", seal, "--factors", "otp", "--pin-file", self.pin, "--otp-file", self.code())
        self.assertEqual("otp", json.loads(self.sygnet(OK, "policy", seal, "--json"))["factors"])


class Person(Pin):
    def test_m2_at_a_terminal(self):
        """As the manual has it: the new PIN twice, the activation code from the e-mail, and what confirms it."""
        t = self.at_terminal("pin", "set")
        self.answer(t, "New PIN:", PIN)
        self.answer(t, "New PIN (again):", PIN)
        t.expect("press Enter")
        self.answer(t, "Activation code from the e-mail:", "")
        t.expect("sent by mail to a***@example.com")
        self.answer(t, "Activation code from the e-mail:", self.mailed(1).lower())
        self.answer(t, "One-time code:", self.machine.code(self.key))
        self.assertEqual(OK, t.wait(), t.output)
        self.assertTrue(self.status()["set"])
        for text in (PIN, self.mailed(1)):
            self.assertNotIn(text, t.output)

    def test_signing_asks_for_both(self):
        self.set()
        key = self.signature()
        t = self.at_terminal("sign", str(self.folder / "declaration.xml"), "-c", key)
        self.answer(t, "PIN:", WRONG)
        self.answer(t, "One-time code:", self.machine.code(self.key))
        # The code is used up: both are asked for again.
        self.answer(t, "PIN:", PIN)
        self.answer(t, "One-time code:", "00000000")
        t.expect("one-time code is not right")
        # Only the code was wrong: the PIN is not asked for again.
        self.answer(t, "One-time code:", self.machine.code(self.key))
        self.assertEqual(OK, t.wait(), t.output)
        self.assertNotIn("PIN:", t.output)
        self.verify(OK, "declaration.xml.p7s")

    def test_d3_login_asks_for_the_pin(self):
        self.sygnet(OK, "logout")
        t = self.at_terminal("login", "anna", "--remember")
        self.answer(t, "Password of anna:", PASSWORD)
        self.answer(t, "One-time code:", self.machine.code(self.key))
        self.assertEqual(OK, t.wait(), t.output)
        self.assertNotIn("PIN", t.output)  # no credential takes it
        self.set()
        key = self.signature()
        self.sygnet(OK, "logout")
        for pin, asked in ((PIN, False), ("", True)):
            t = self.at_terminal("login", "anna", "--remember")
            self.answer(t, "Password of anna:", PASSWORD)
            self.answer(t, "One-time code:", self.machine.code(self.key))
            self.answer(t, "PIN (press Enter to be asked with each signature instead):", pin)
            self.assertEqual(OK, t.wait(), t.output)
            t = self.at_terminal("sign", str(self.folder / "declaration.xml"), "-c", key, "--force")
            if asked:
                self.answer(t, "PIN:", PIN)
            self.assertEqual(OK, t.wait(), t.output)
            self.assertNotIn("One-time code", t.output)
            self.sygnet(OK, "logout")

    def test_reset_says_what_is_lost(self):
        self.set()
        key = self.signature()
        t = self.at_terminal("pin", "reset")
        t.expect("Erase them and set a new PIN?")
        self.assertIn(key, t.output)
        self.assertIn("need new ones", t.output)
        t.type("n")
        self.assertEqual(FAILED, t.wait())
        self.assertEqual([key], self.status()["signatures"])
        self.machine.advance(61)
        t = self.at_terminal("pin", "reset")
        t.expect("Erase them and set a new PIN?")
        t.type("y")
        self.answer(t, "New PIN:", OTHER)
        self.answer(t, "New PIN (again):", OTHER)
        self.answer(t, "Activation code from the e-mail:", "")
        self.answer(t, "Activation code from the e-mail:", self.mailed(2))
        self.answer(t, "One-time code:", self.machine.code(self.key))
        self.assertEqual(OK, t.wait(), t.output)
        self.assertEqual([], self.status()["signatures"])


if __name__ == "__main__":
    main()
