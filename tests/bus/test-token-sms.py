#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tokens of accounts whose telephone is known: generated and revoked with a code by SMS (requirements M3, E4, E12), through the real courier and a modem."""
import re

import seals
from couriers import Post
from harness import ALICE, Machine, TestCase, V, main, read_uri, secret

PHONE = "+48600100200"


class BySms(TestCase):
    def setUp(self):
        self.m = self.enterContext(Machine(conf="[Display]\nSupportContact = help@example.com\n"))
        self.post = self.enterContext(Post(self.m))
        self.m.account("alice", ALICE, email="alice@example.com", phone=PHONE)
        self.alice = self.m.client(ALICE)
        self.session = self.alice.login("alice")
        self.received = 0

    def request(self, purpose="enroll"):
        return self.alice.call("Token.RequestCode", "ss", self.session, purpose)

    def sms(self):
        """The code of the next message."""
        self.received += 1
        message = self.post.phone.wait(self.received)[self.received - 1]
        self.assertEqual(PHONE, message.number)
        self.m.wait_for(lambda: not self.m.operator.call("Outbox.List", "a{sv}", {}), "the courier's answer")
        return re.search(r"\b(\d{8}|\d{4}[ -]\d{4})\b", message.text)[0]

    def enroll(self, **factors):
        return self.alice.call("Token.Enroll", "sa{sv}", self.session, {k: secret(v) for k, v in factors.items()})

    def revoke(self, token, **factors):
        self.alice.call("Token.Revoke", "ssa{sv}", self.session, token, {k: secret(v) for k, v in factors.items()})

    def enrolled(self):
        """A confirmed token: its id and key."""
        self.request()
        token, uri = self.enroll(code=self.sms())
        key = read_uri(uri)[0]
        self.alice.call("Token.Confirm", "ssv", self.session, token, secret(self.m.code(key)))
        return token, key

    def test_generate_list_revoke(self):
        """The virtual tokens of M3, from the first to the last."""
        self.refused("SentCodeRequired", self.enroll)
        sent = self.request()
        self.assertEqual(("sms", "+48 *** *** 200"), (sent["channel"], sent["to"]))
        code = self.sms()
        token, uri = self.enroll(code=code)
        self.assertTrue(uri.startswith("otpauth://totp/"))
        self.refused("CodeVoid", self.enroll, code=code)
        key = read_uri(uri)[0]
        self.alice.call("Token.Confirm", "ssv", self.session, token, secret(self.m.code(key)))
        self.m.advance(61)
        second, second_key = self.enrolled()
        self.assertEqual(["active", "active"], [t["status"] for t in self.alice.call("Token.List", "s", self.session)])
        self.refused("SentCodeRequired", self.revoke, token)
        self.request("revoke")
        self.revoke(token, code=self.sms())
        # Who lost the telephone, but not the authenticator, ends it too.
        self.revoke(second, otp=self.m.code(second_key))
        self.assertEqual({"revoked"}, {t["status"] for t in self.alice.call("Token.List", "s", self.session)})

    def test_password_and_authenticator_make_no_other(self):
        _, key = self.enrolled()
        self.m.advance(61)
        self.refused("SentCodeRequired", self.enroll, otp=self.m.code(key))

    def test_a_code_is_for_one_purpose(self):
        token, _ = self.enrolled()
        self.m.advance(61)
        self.request("revoke")
        code = self.sms()
        self.refused("CodeVoid", self.enroll, code=code)
        self.revoke(token, code=code)
        self.refused("InvalidArgument", self.request, "pin")

    def test_guessed_outlived_and_asked_for_too_often(self):
        self.request()
        code = self.sms()
        wrong = str((int(code) + 1) % 10**8).zfill(8)
        for _ in range(3):
            self.m.advance(20)
            self.refused("WrongCode", self.enroll, code=wrong)
        self.m.advance(60)
        self.refused("CodeVoid", self.enroll, code=code)
        self.refused("TryLater", lambda: (self.request(), self.request()))
        code = self.sms()
        self.m.advance(301)
        self.session = self.alice.login("alice")
        self.refused("CodeVoid", self.enroll, code=code)
        for _ in range(2):
            self.request()
            self.sms()
            self.m.advance(61)
        self.assertIn("help@example.com", self.refused("LimitReached", self.request))

    def read_code(self):
        """As an operator reads it on a machine without a modem."""
        message = self.m.operator.call("Outbox.List", "a{sv}", {})[0]
        return self.m.operator.call("Outbox.Read", "s", message["id"])[1]["code"]

    def test_what_an_operator_read_begins_but_changes_nothing(self):
        self.post.courier.stop()
        self.request()
        self.enroll(code=self.read_code())
        seals.create_seal(self.m, seals.Authority(), "alice")
        self.m.advance(61)
        self.request()
        self.refused("CodeSeen", self.enroll, code=self.read_code())

    def test_reset_by_an_operator_needs_the_telephone(self):
        self.enrolled()
        seals.create_seal(self.m, seals.Authority(), "alice")
        self.m.operator.call("Token.Reset", "s", "alice")
        self.m.advance(61)
        self.session = self.alice.login("alice")
        self.refused("SentCodeRequired", self.enroll)
        self.enrolled()


class WithoutTelephone(TestCase):
    def test_mail_is_no_way(self):
        m = self.enterContext(Machine())
        m.account("alice", ALICE, email="alice@example.com")
        alice = m.client(ALICE)
        session = alice.login("alice")
        self.refused("NotPossible", alice.call, "Token.RequestCode", "ss", session, "enroll")
        self.refused("CodeRequired", alice.call, "Token.Revoke", "ssa{sv}", session, "0123456789abcdef", {})
        key = alice.enroll(session)
        self.refused("CodeRequired", alice.call, "Token.Enroll", "sa{sv}", session, {"code": secret("12345678")})
        alice.enroll(session, otp=m.code(key))
        self.assertEqual(2, len(alice.call("Token.List", "s", session)))


if __name__ == "__main__":
    main()
