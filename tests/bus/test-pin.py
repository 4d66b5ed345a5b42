#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""PINs (requirement M2) and the signatures that they open (E4): what sets, tries, blocks, changes and resets one, and that nothing else opens the key."""
import os
import random
import time
from pathlib import Path

import seals
from fake_courier import FakeCourier
from harness import ALICE, BOB, BUILD, CAROL, SYGNET, BusError, Machine, TestCase, V, main, secret
from seals import PIN, attributes, authorize, items, prepare, sign, sign_once

WRONG, OTHER = "00000000", "13572468"

CONF = "[Session]\nIdle=3600\n"  # each fresh code takes half a minute


class PinCase(TestCase):
    def setUp(self):
        self.m = self.enterContext(Machine(conf=CONF))
        self.m.freeze()
        self.authority = seals.Authority()
        self.alice = seals.Person(self.m, "alice", ALICE)

    def status(self, person=None):
        person = person or self.alice
        return person.client.call("Pin.GetStatus", "s", person.session)

    def change(self, old, new, otp=None):
        self.alice.client.call("Pin.Change", "svva{sv}", self.alice.session, secret(old), secret(new), {"otp": secret(otp or self.alice.code())})

    def unblock(self):
        self.alice.client.call("Pin.Unblock", "sa{sv}", self.alice.session, {"otp": secret(self.alice.code())})

    def sign(self, key, certificate, **factors):
        signature, = sign_once(self.alice.client, self.alice.session, key, items(attributes(certificate)), **factors)
        self.assertTrue(self.authority.verify(certificate, signature, attributes(certificate)))

    def block(self, key, certificate):
        for _ in range(5):
            self.refused("WrongPin", self.sign, key, certificate, otp=self.alice.code(), pin=WRONG)


class Setting(PinCase):
    def test_m2_is_eight_digits(self):
        otp = self.alice.code()
        for bad in ("", "1234567", "123456789", "1234567a", "1234 678", "１２３４５６７８"):
            self.refused("InvalidArgument", self.alice.client.call, "Pin.Set", "sva{sv}", self.alice.session, secret(bad), {"otp": secret(otp)})
        self.refused("CodeRequired", self.alice.client.call, "Pin.Set", "sva{sv}", self.alice.session, secret(PIN), {})
        self.assertEqual({"set": False, "blocked": False, "attempts": 0, "mail": False, "phone": False, "otp": True, "signatures": []}, self.status())
        self.alice.client.call("Pin.Set", "sva{sv}", self.alice.session, secret(PIN), {"otp": secret(otp)})
        self.assertEqual((True, False, 5, int(self.m.now())), tuple(self.status()[k] for k in ("set", "blocked", "attempts", "changed")))
        self.refused("Exists", seals.set_pin, self.alice)

    def test_needs_a_session_and_a_pin(self):
        other = self.m.client(BOB)
        for method, signature, arguments in (("GetStatus", "s", ()), ("RequestCode", "ss", ("sms",)), ("Set", "sva{sv}", (secret(PIN), {})),
                                             ("Change", "svva{sv}", (secret(PIN), secret(OTHER), {})), ("Unblock", "sa{sv}", ({},)),
                                             ("Reset", "sva{sv}", (secret(PIN), {}))):
            self.refused("NoSession", other.call, f"Pin.{method}", signature, self.alice.session, *arguments)
        self.refused("NoPin", self.change, PIN, OTHER)
        self.refused("NoPin", self.unblock)
        self.refused("NoPin", self.alice.client.call, "Pin.Reset", "sva{sv}", self.alice.session, secret(PIN), {"otp": secret(self.alice.code())})
        self.refused("NoPin", seals.create_signature, self.alice, self.authority)
        for channel in ("mail", "sms"):
            self.refused("NotPossible", self.alice.client.call, "Pin.RequestCode", "ss", self.alice.session, channel)
        self.refused("InvalidArgument", self.alice.client.call, "Pin.RequestCode", "ss", self.alice.session, "pigeon")

    def test_before_the_first_token(self):
        """Whoever never had a token needs none, as for the first token itself."""
        self.m.account("bob", BOB)
        bob = self.m.client(BOB)
        session = bob.login("bob")
        bob.call("Pin.Set", "sva{sv}", session, secret(PIN), {})
        self.refused("WrongPin", bob.call, "Pin.Change", "svva{sv}", session, secret(WRONG), secret(OTHER), {})
        bob.call("Pin.Change", "svva{sv}", session, secret(PIN), secret(OTHER), {})
        key, request = bob.call("Credential.GenerateSignatureKey", "ssa{sv}a{sv}a{sv}", session, "Signature", seals.CUSTOMS_SUBJECT,
                                {"pin": secret(OTHER)}, {})
        self.authority.issue(request)
        bob.enroll(session)
        self.refused("CodeRequired", bob.call, "Pin.Change", "svva{sv}", session, secret(OTHER), secret(PIN), {})
        self.assertEqual([key], bob.call("Pin.GetStatus", "s", session)["signatures"])


class Unconfirmed(PinCase):
    def test_a_password_alone_unblocks_nothing(self):
        """With neither address, phone nor token the session sets a PIN; but it does not give guesses back, or all PINs could be tried."""
        self.m.account("bob", BOB)
        bob = self.m.client(BOB)
        session = bob.login("bob")
        bob.call("Pin.Set", "sva{sv}", session, secret(PIN), {})
        for _ in range(5):
            self.refused("WrongPin", bob.call, "Pin.Change", "svva{sv}", session, secret(WRONG), secret(OTHER), {})
        self.refused("NoToken", bob.call, "Pin.Unblock", "sa{sv}", session, {})
        self.refused("PinBlocked", bob.call, "Pin.Change", "svva{sv}", session, secret(PIN), secret(OTHER), {})
        key = bob.enroll(session)
        bob.call("Pin.Unblock", "sa{sv}", session, {"otp": secret(self.m.code(key))})
        bob.call("Pin.Change", "svva{sv}", session, secret(PIN), secret(OTHER), {"otp": secret(self.m.code(key))})


class Codes(PinCase):
    """With an e-mail address and a phone: the activation code from the mail, and the code from the SMS."""

    def setUp(self):
        super().setUp()
        self.courier = FakeCourier(self.m)
        self.carol_id = self.m.account("carol", CAROL, email="carol@example.com", phone="+48600100200")
        self.carol = self.m.client(CAROL)
        self.session = self.carol.login("carol")

    def ask(self, channel):
        """Asks for a code and reads it where it was delivered."""
        before = len(self.courier.delivered())
        sent = self.carol.call("Pin.RequestCode", "ss", self.session, channel)
        self.assertEqual({"mail": "c***@example.com", "sms": "+48 *** *** 200"}[channel], sent["to"])
        self.m.wait_for(lambda: len(self.courier.delivered()) > before, "the message")
        message = self.courier.delivered()[-1]
        self.assertEqual({"mail": "pin-activation", "sms": "pin-sms"}[channel], message["template"])
        return message["fields"]["code"]

    def read_in_outbox(self, template):
        """The operator's way to a code that was not delivered."""
        for m in self.m.operator.call("Outbox.List", "a{sv}", {}):
            if m["kind"] == template:
                return self.m.operator.call("Outbox.Read", "s", m["id"])[1]["code"]
        self.fail(f"no {template}")

    def set(self, pin=PIN, method="Set", **factors):
        factors = {k: secret(v) for k, v in factors.items()}
        if method == "Unblock":
            return self.carol.call("Pin.Unblock", "sa{sv}", self.session, factors)
        return self.carol.call(f"Pin.{method}", "sva{sv}", self.session, secret(pin), factors)

    def block(self):
        """Without a token a session suffices to try it."""
        for _ in range(5):
            self.refused("WrongPin", self.carol.call, "Pin.Change", "svva{sv}", self.session, secret(WRONG), secret(OTHER), {})

    def test_m2_set_with_both_codes(self):
        mail, sms = self.ask("mail"), self.ask("sms")
        self.assertRegex(mail, "^([0-9A-Z]{4}-){3}[0-9A-Z]{4}$")
        self.assertRegex(sms, "^[0-9]{8}$")
        self.assertEqual((True, True), (self.status_of()["mail"], self.status_of()["phone"]))
        self.refused("SentCodeRequired", self.set)
        self.refused("SentCodeRequired", self.set, activation_code=mail)
        self.refused("SentCodeRequired", self.set, code=sms)
        self.assertIn("mail", self.refused("WrongCode", self.set, activation_code="0000-0000-0000-0000", code=sms))
        self.assertIn("SMS", self.refused("WrongCode", self.set, activation_code=mail, code="00000000"))
        # Neither was used up by that; now they are.
        self.set(activation_code=mail.lower().replace("-", " "), code=sms)
        self.refused("Exists", self.set, activation_code=mail, code=sms)
        self.refused("CodeVoid", self.set, method="Unblock", activation_code=mail, code=sms)

    def status_of(self):
        return self.carol.call("Pin.GetStatus", "s", self.session)

    def test_guessed_reused_outlived(self):
        mail, sms = self.ask("mail"), self.ask("sms")
        for _ in range(3):
            self.refused("WrongCode", self.set, activation_code=mail, code="00000000")
        self.refused("CodeVoid", self.set, activation_code=mail, code=sms)
        self.m.advance(61)
        sms = self.ask("sms")
        self.m.advance(301)
        self.refused("CodeVoid", self.set, activation_code=mail, code=sms)
        sms = self.ask("sms")
        old, mail = mail, self.ask("mail")
        self.refused("WrongCode", self.set, activation_code=old, code=sms)
        self.set(activation_code=mail, code=sms)

    def test_of_another_account(self):
        """A code is for its account: Alice's neighbour has the same address and phone."""
        self.m.account("bob", BOB, email="carol@example.com", phone="+48600100200")
        bob = self.m.client(BOB)
        session = bob.login("bob")
        mail, sms = self.ask("mail"), self.ask("sms")
        self.refused("CodeVoid", bob.call, "Pin.Set", "sva{sv}", session, secret(PIN), {"activation_code": secret(mail), "code": secret(sms)})
        self.set(activation_code=mail, code=sms)

    def test_m2_unblocked_as_it_was_set(self):
        self.set(activation_code=self.ask("mail"), code=self.ask("sms"))
        self.block()
        self.assertTrue(self.status_of()["blocked"])
        self.refused("PinBlocked", self.carol.call, "Pin.Change", "svva{sv}", self.session, secret(PIN), secret(OTHER), {})
        self.m.advance(61)
        mail, sms = self.ask("mail"), self.ask("sms")
        self.refused("SentCodeRequired", self.set, method="Unblock", activation_code=mail)
        self.refused("SentCodeRequired", self.set, method="Unblock", code=sms)
        self.set(method="Unblock", activation_code=mail, code=sms)
        self.assertEqual((False, 5), (self.status_of()["blocked"], self.status_of()["attempts"]))
        self.carol.call("Pin.Change", "svva{sv}", self.session, secret(PIN), secret(OTHER), {})

    def test_an_operator_does_not_reset_and_sign(self):
        """Codes that were read in the outbox set the first PIN of a machine without mail; of who may use a seal they reset and unblock none."""
        self.courier.mode("temporary")
        seal, certificate = seals.create_seal(self.m, self.authority, "alice")
        self.m.operator.call("Credential.SetPolicy", "sa{sv}a{sv}", seal, {"weakest": V("s", "pin+otp")}, {})
        for channel in ("mail", "sms"):
            self.carol.call("Pin.RequestCode", "ss", self.session, channel)
        self.set(activation_code=self.read_in_outbox("pin-activation"), code=self.read_in_outbox("pin-sms"))
        self.m.operator.call("Credential.AddUser", "ssa{sv}", seal, "carol", {})
        self.block()
        self.m.advance(61)
        for channel in ("mail", "sms"):
            self.carol.call("Pin.RequestCode", "ss", self.session, channel)
        codes = {"activation_code": self.read_in_outbox("pin-activation"), "code": self.read_in_outbox("pin-sms")}
        self.refused("CodeSeen", self.set, OTHER, method="Reset", **codes)
        self.refused("CodeSeen", self.set, method="Unblock", **codes)
        self.assertTrue(self.status_of()["blocked"])
        # One of the two that nobody has read is not enough.
        self.m.advance(61)
        self.courier.mode("ok")
        self.refused("CodeSeen", self.set, OTHER, method="Reset", activation_code=codes["activation_code"], code=self.ask("sms"))
        self.m.advance(61)
        self.set(OTHER, method="Reset", activation_code=self.ask("mail"), code=self.ask("sms"))
        self.assertFalse(self.status_of()["blocked"])

    def test_who_has_a_grant_but_neither_phone_nor_token(self):
        """Then nothing confirms that it is the person: an operator who gave a new password would sign as him."""
        self.m.account("bob", BOB, email="bob@example.com")
        bob = self.m.client(BOB)
        session = bob.login("bob")
        bob.call("Pin.RequestCode", "ss", session, "mail")
        self.m.wait_for(lambda: self.courier.delivered(), "the message")
        bob.call("Pin.Set", "sva{sv}", session, secret(PIN), {"activation_code": secret(self.courier.delivered()[-1]["fields"]["code"])})
        seal, _ = seals.create_seal(self.m, self.authority, "bob")
        for method, arguments in (("Reset", (secret(OTHER),)), ("Unblock", ())):
            self.refused("NotPossible", bob.call, f"Pin.{method}", "sva{sv}" if arguments else "sa{sv}", session, *arguments,
                         {"activation_code": secret("0000-0000-0000-0000")})


class Trying(PinCase):
    def setUp(self):
        super().setUp()
        seals.set_pin(self.alice)
        self.key, self.certificate = seals.create_signature(self.alice, self.authority)

    def test_m2_five_wrong_ones_block_it(self):
        for left in (4, 3, 2, 1):
            self.refused("WrongPin", self.sign, self.key, self.certificate, otp=self.alice.code(), pin=WRONG)
            self.assertEqual(left, self.status()["attempts"])
        self.sign(self.key, self.certificate, otp=self.alice.code(), pin=PIN)
        self.assertEqual(5, self.status()["attempts"])
        self.block(self.key, self.certificate)
        self.assertEqual((True, 0), (self.status()["blocked"], self.status()["attempts"]))
        otp = self.alice.code()
        for pin in (PIN, WRONG):
            self.refused("PinBlocked", self.sign, self.key, self.certificate, otp=otp, pin=pin)
        self.refused("PinBlocked", self.change, PIN, OTHER, otp=otp)
        self.refused("PinBlocked", self.alice.client.call, "Credential.GetRequest", "sa{sv}", self.key,
                     {"session": V("s", self.alice.session), "pin": secret(PIN), "otp": secret(otp)})
        # None of these has used the code up; it unblocks the PIN, and is spent by that.
        self.alice.client.call("Pin.Unblock", "sa{sv}", self.alice.session, {"otp": secret(otp)})
        self.refused("CodeUsed", self.sign, self.key, self.certificate, otp=otp, pin=PIN)
        self.sign(self.key, self.certificate, otp=self.alice.code(), pin=PIN)
        events = [e["event"] for e in self.alice.client.call("Audit.List", "sa{sv}", self.alice.session, {})]
        self.assertEqual((9, 1, 1, 1), tuple(events.count(e) for e in ("pin-refused", "pin-blocked", "pin-unblocked", "pin-set")))

    def test_the_code_comes_first(self):
        """A wrong code says nothing about the PIN and costs it nothing; a right one is spent, whatever the PIN is."""
        for pin in (PIN, WRONG):
            self.refused("WrongCode", self.sign, self.key, self.certificate, otp="00000000", pin=pin)
        self.assertEqual(5, self.status()["attempts"])
        otp = self.alice.code()
        self.refused("WrongPin", self.sign, self.key, self.certificate, otp=otp, pin=WRONG)
        for pin in (PIN, WRONG):
            self.refused("CodeUsed", self.sign, self.key, self.certificate, otp=otp, pin=pin)
        self.assertEqual(4, self.status()["attempts"])
        otp = self.alice.code()
        self.refused("PinRequired", self.sign, self.key, self.certificate, otp=otp)
        self.refused("CodeRequired", self.sign, self.key, self.certificate, pin=PIN)
        self.refused("InvalidArgument", self.sign, self.key, self.certificate, otp=otp, pin="1234")
        self.refused("InvalidArgument", self.sign, self.key, self.certificate, otp=otp, pin=PIN, password=PIN)
        self.sign(self.key, self.certificate, otp=otp, pin=PIN)

    def test_without_the_authenticator_nobody_blocks_it(self):
        """The password is known, the authenticator is not: neither a guess nor a failure comes of it."""
        self.alice.again()
        for _ in range(3):
            for attempt in ({"pin": WRONG}, {"pin": WRONG, "otp": "00000000"}):
                with self.assertRaises(BusError) as caught:
                    self.sign(self.key, self.certificate, **attempt)
                self.assertIn(caught.exception.name, ("CodeRequired", "WrongCode", "TryLater"))
            with self.assertRaises(BusError) as caught:
                self.change(WRONG, OTHER, otp="00000000")
            self.assertIn(caught.exception.name, ("WrongCode", "TryLater"))
        self.assertEqual(5, self.status()["attempts"])

    def took(self, name, function, /, *arguments, **more):
        """Seconds of processor that the service spends on a refusal."""
        def spent():
            return sum(int(n) for n in Path(f"/proc/{self.m.daemon.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]) / os.sysconf("SC_CLK_TCK")
        before = spent()
        self.refused(name, function, *arguments, **more)
        return spent() - before

    def test_without_the_authenticator_time_tells_nothing(self):
        """Where a code is wanted and none is given, or only one that is slowed down, the PIN is not even tried."""
        one_try = self.took("WrongPin", self.sign, self.key, self.certificate, otp=self.alice.code(), pin=WRONG)
        own, call = {"session": V("s", self.alice.session)}, self.alice.client.call

        def refusals(name, pin, **otp):
            s, pin = self.alice.session, secret(pin)
            yield self.took(name, call, "Pin.Change", "svva{sv}", s, pin, secret(OTHER), otp)
            yield self.took(name, call, "Credential.GetRequest", "sa{sv}", self.key, {**own, "pin": pin, **otp})
            yield self.took(name, call, "Credential.GenerateSignatureKey", "ssa{sv}a{sv}a{sv}", s, "Other", seals.CUSTOMS_SUBJECT, {"pin": pin, **otp}, {})
        for pin in (PIN, WRONG):
            for seconds in refusals("CodeRequired", pin):
                self.assertLess(seconds, one_try / 3)
        while True:
            with self.assertRaises(BusError) as caught:
                self.change(WRONG, OTHER, otp="00000000")
            if caught.exception.name == "TryLater":
                break
            self.assertEqual("WrongCode", caught.exception.name)
        for pin in (PIN, WRONG):
            for seconds in refusals("TryLater", pin, otp=secret("00000000")):
                self.assertLess(seconds, one_try / 3)
        self.assertEqual(4, self.status()["attempts"])

    def test_a_used_code_tells_nothing_by_time(self):
        """A code that was used before is no guess and slows nobody down: a right PIN takes as long with it as a wrong one."""
        otp = self.alice.code()
        self.sign(self.key, self.certificate, otp=otp, pin=PIN)

        def change(pin):
            return self.took("CodeUsed", self.alice.client.call, "Pin.Change", "svva{sv}", self.alice.session, secret(pin), secret(OTHER), {"otp": secret(otp)})
        self.assertLess(change(PIN) / change(WRONG), 1.4)
        self.assertEqual(5, self.status()["attempts"])

    def test_many_at_once(self):
        self.alice.again(remember=True)
        calls = [self.alice.client.start("Operation.SignOnce", "ssa(saya{sv})a{sv}a{sv}", self.alice.session, self.key,
                                         items(attributes(self.certificate)), {"pin": secret(WRONG)}, {}) for _ in range(12)]
        names = []
        for call in calls:
            with self.assertRaises(BusError) as caught:
                self.alice.client.wait(call)
            names.append(caught.exception.name)
        self.assertEqual((5, 7), (names.count("WrongPin"), names.count("PinBlocked")), names)
        self.refused("PinBlocked", self.sign, self.key, self.certificate, pin=PIN)

    def test_counts_over_restart_and_kill(self):
        def wrong():
            self.alice.again()
            self.refused("WrongPin", self.sign, self.key, self.certificate, otp=self.alice.code(), pin=WRONG)
        wrong()
        self.m.kill_daemon()
        self.m.start_daemon()
        wrong()
        wrong()
        self.m.restart_daemon()
        wrong()
        self.m.kill_daemon()
        self.m.start_daemon()
        wrong()
        self.m.kill_daemon()
        self.m.start_daemon()
        self.alice.again()
        self.assertTrue(self.status()["blocked"])
        self.refused("PinBlocked", self.sign, self.key, self.certificate, otp=self.alice.code(), pin=PIN)

    def test_killed_while_it_is_tried(self):
        """Whoever hears no answer has not guessed for free: what was answered was counted."""
        answered = 0
        for _ in range(6):
            self.alice.again(remember=True)
            calls = [self.alice.client.start("Operation.SignOnce", "ssa(saya{sv})a{sv}a{sv}", self.alice.session, self.key,
                                             items(attributes(self.certificate)), {"pin": secret(WRONG)}, {}) for _ in range(3)]
            time.sleep(random.uniform(0, 1))
            self.m.kill_daemon()
            for call in calls:
                with self.assertRaises(BusError) as caught:
                    self.alice.client.wait(call)
                answered += caught.exception.name == "WrongPin"
            self.m.start_daemon()
            self.alice.again()
            status = self.status()
            self.assertGreaterEqual(5 - status["attempts"], min(5, answered))
            if status["blocked"]:
                break


class Remembered(PinCase):
    def setUp(self):
        super().setUp()
        seals.set_pin(self.alice)
        self.key, self.certificate = seals.create_signature(self.alice, self.authority)

    def remember(self, pin=PIN, otp=None):
        self.alice.session = self.alice.client.call("Session.Login", "sva{sv}", "alice", secret(seals.PASSWORD), {
            "remember": V("b", True), "otp": secret(otp or self.alice.code()), **({} if pin is None else {"pin": secret(pin)})})[0]

    def test_d3_session_stands_for_code_and_pin(self):
        self.remember()
        self.assertTrue([s for s in self.alice.client.call("Session.List") if s["session"] == self.alice.session][0]["pin"])
        for _ in range(3):
            self.sign(self.key, self.certificate)
        # What the session has, another of the same account has not.
        remembered = self.alice.session
        self.alice.again()
        self.refused("PinRequired", self.sign, self.key, self.certificate, otp=self.alice.code())
        self.alice.client.call("Session.Logout", "s", remembered)
        self.remember(pin=None)
        self.refused("PinRequired", self.sign, self.key, self.certificate)
        self.sign(self.key, self.certificate, pin=PIN)
        self.refused("PinRequired", self.sign, self.key, self.certificate)

    def test_login_with_a_wrong_pin(self):
        otp = self.alice.code()
        self.refused("InvalidArgument", self.alice.client.call, "Session.Login", "sva{sv}", "alice", secret(seals.PASSWORD), {"pin": secret(PIN)})
        self.refused("InvalidArgument", self.remember, "1234", otp)
        self.refused("WrongCode", self.remember, WRONG, "00000000")
        self.refused("WrongPin", self.remember, WRONG, otp)
        self.refused("CodeUsed", self.remember, PIN, otp)
        self.assertEqual(4, self.status()["attempts"])
        # With a wrong password nothing is tried at all, and there is one answer.
        for pin in (PIN, WRONG):
            self.refused("AuthenticationFailed", self.alice.client.call, "Session.Login", "sva{sv}", "alice", secret("Not-The-Word1"),
                         {"remember": V("b", True), "otp": secret(self.alice.code()), "pin": secret(pin)})
        self.assertEqual(4, self.status()["attempts"])
        seals.Person(self.m, "bob", BOB)
        bob = self.m.client(BOB)
        self.refused("AuthenticationFailed", bob.call, "Session.Login", "sva{sv}", "nobody", secret(seals.PASSWORD),
                     {"remember": V("b", True), "otp": secret("00000000"), "pin": secret(PIN)})

    def test_ends_with_the_pin(self):
        self.remember()
        self.sign(self.key, self.certificate)
        self.change(PIN, OTHER)
        self.refused("PinRequired", self.sign, self.key, self.certificate)
        self.sign(self.key, self.certificate, pin=OTHER)
        self.refused("WrongPin", self.sign, self.key, self.certificate, pin=PIN)
        self.remember(pin=OTHER)
        self.sign(self.key, self.certificate)
        # A blocked PIN authorises nothing, remembered or not.
        remembered = self.alice.session
        self.alice.again()
        self.block(self.key, self.certificate)
        self.alice.session = remembered
        self.refused("PinBlocked", self.sign, self.key, self.certificate)
        self.unblock()
        self.sign(self.key, self.certificate)


class Changing(PinCase):
    def setUp(self):
        super().setUp()
        seals.set_pin(self.alice)
        self.keys = [seals.create_signature(self.alice, self.authority, algorithm=a) for a in ("p256", "p256")]

    def works(self, pin, key=0):
        try:
            self.sign(*self.keys[key], otp=self.alice.code(), pin=pin)
        except BusError as e:
            self.assertEqual("WrongPin", e.name, e.message)
            return False
        return True

    def test_m2_is_changed_knowing_the_present_one(self):
        otp = self.alice.code()
        self.refused("WrongPin", self.change, WRONG, OTHER, otp)
        self.refused("CodeUsed", self.change, PIN, OTHER, otp)
        self.refused("InvalidArgument", self.change, PIN, "1234", self.alice.code())
        self.assertEqual((True, True), (self.works(PIN, 0), self.works(PIN, 1)))
        self.change(PIN, OTHER)
        self.assertEqual((True, True, False), (self.works(OTHER, 0), self.works(OTHER, 1), self.works(PIN)))

    def test_while_signing(self):
        """What was authorised goes on; what is tried while the PIN changes is right or wrong, never broken."""
        key, certificate = self.keys[0]
        listed = items(attributes(certificate), attributes(certificate, b"another"))
        operation = prepare(self.alice.client, self.alice.session, key, listed)
        authorize(self.alice.client, operation, otp=self.alice.code(), pin=PIN)
        self.change(PIN, OTHER)
        for signature, (_, tbs, _) in zip(sign(self.alice.client, operation, listed), listed):
            self.assertTrue(self.authority.verify(certificate, signature, tbs))
        self.alice.again(remember=True)
        for old, new in ((OTHER, PIN), (PIN, OTHER)):
            otp = self.alice.code()
            signing = [self.alice.client.start("Operation.SignOnce", "ssa(saya{sv})a{sv}a{sv}", self.alice.session, key, items(attributes(certificate)),
                                               {"pin": secret(pin)}, {}) for pin in (old, old)]
            changing = self.alice.client.start("Pin.Change", "svva{sv}", self.alice.session, secret(old), secret(new), {"otp": secret(otp)})
            for call in signing:
                try:
                    signature, = self.alice.client.wait(call)
                    self.assertTrue(self.authority.verify(certificate, signature, attributes(certificate)))
                except BusError as e:
                    self.assertEqual("WrongPin", e.name, e.message)
            self.alice.client.wait(changing)
            self.sign(key, certificate, pin=new)

    def test_twice_at_once(self):
        """One of them knows the present PIN, the other one's is no longer present."""
        self.alice.again(remember=True)
        before = self.alice.code()
        calls = [self.alice.client.start("Pin.Change", "svva{sv}", self.alice.session, secret(PIN), secret(new), {"otp": secret(otp)})
                 for new, otp in ((OTHER, before), ("11223344", self.alice.code()))]
        results = []
        for call in calls:
            try:
                self.alice.client.wait(call)
                results.append("changed")
            except BusError as e:
                results.append(e.name)
        self.assertEqual(1, results.count("changed"), results)
        now = OTHER if results[0] == "changed" else "11223344"
        self.sign(*self.keys[0], pin=now)
        self.sign(*self.keys[1], pin=now)

    def test_killed_at_any_moment(self):
        """All keys open under one PIN afterwards: the old one, or the new one."""
        now, then = PIN, OTHER
        for _ in range(6):
            self.alice.again()
            call = self.alice.client.start("Pin.Change", "svva{sv}", self.alice.session, secret(now), secret(then), {"otp": secret(self.alice.code())})
            time.sleep(random.uniform(0, 1.5))
            self.m.kill_daemon()
            try:
                self.alice.client.wait(call)
                answered = True
            except BusError:
                answered = False
            self.m.start_daemon()
            self.alice.again()
            if self.works(then):
                now, then = then, now
            else:
                self.assertFalse(answered, "a change that was answered is gone")
                self.assertTrue(self.works(now))
            self.assertTrue(self.works(now, 1))

    def test_a_key_made_meanwhile_is_sealed_too(self):
        otp = self.alice.code()
        making = self.alice.client.start("Credential.GenerateSignatureKey", "ssa{sv}a{sv}a{sv}", self.alice.session, "Third", seals.CUSTOMS_SUBJECT,
                                         {"pin": secret(PIN), "otp": secret(otp)}, {})
        changing = self.alice.client.start("Pin.Change", "svva{sv}", self.alice.session, secret(PIN), secret(OTHER), {"otp": secret(self.alice.code())})
        made = None
        try:
            made = self.alice.client.wait(making)
        except BusError as e:
            self.assertIn(e.name, ("WrongPin", "CodeUsed"), e.message)
        try:
            self.alice.client.wait(changing)
            now = OTHER
        except BusError as e:
            self.assertEqual("CodeUsed", e.name, e.message)
            now = PIN
        for key in self.status()["signatures"]:
            self.alice.client.call("Credential.GetRequest", "sa{sv}", key,
                                   {"session": V("s", self.alice.session), "pin": secret(now), "otp": secret(self.alice.code())})
        self.assertEqual(3 if made else 2, len(self.status()["signatures"]))


class Resetting(PinCase):
    def setUp(self):
        super().setUp()
        seals.set_pin(self.alice)
        self.key, self.certificate = seals.create_signature(self.alice, self.authority)

    def reset(self, pin, otp=None):
        self.alice.client.call("Pin.Reset", "sva{sv}", self.alice.session, secret(pin), {"otp": secret(otp or self.alice.code())})

    def test_m2_retires_what_the_lost_one_opened(self):
        customs, customs_certificate = seals.create_customs(self.alice.client, self.authority, self.alice.session)
        listed = items(attributes(self.certificate))
        operation = prepare(self.alice.client, self.alice.session, self.key, listed)
        authorize(self.alice.client, operation, otp=self.alice.code(), pin=PIN)
        self.assertEqual([self.key], self.status()["signatures"])
        self.refused("WrongCode", self.reset, OTHER, "00000000")
        self.refused("CodeRequired", self.alice.client.call, "Pin.Reset", "sva{sv}", self.alice.session, secret(OTHER), {})
        self.assertEqual([self.key], self.status()["signatures"])
        self.block(self.key, self.certificate)
        self.reset(OTHER)
        self.assertEqual((5, False, []), tuple(self.status()[k] for k in ("attempts", "blocked", "signatures")))
        self.refused("OperationState", sign, self.alice.client, operation, listed)
        for pin in (PIN, OTHER):
            self.refused("Disabled", self.sign, self.key, self.certificate, otp=self.alice.code(), pin=pin)
        found = {c["id"]: c for c in self.alice.client.call("Credential.List", "a{sv}", {})}
        self.assertEqual(("retired", "active"), (found[self.key]["status"], found[customs]["status"]))
        self.sign(customs, customs_certificate, password=seals.CUSTOMS_PASSWORD)
        new, certificate = seals.create_signature(self.alice, self.authority, pin=OTHER)
        self.sign(new, certificate, otp=self.alice.code(), pin=OTHER)
        events = [e["event"] for e in self.alice.client.call("Audit.List", "sa{sv}", self.alice.session, {})]
        self.assertEqual((1, 1), (events.count("pin-reset"), events.count("credential-retired")))

    def test_the_key_is_gone_from_the_store(self):
        self.reset(OTHER)
        self.m.stop_daemon()
        tried = self.m.run([BUILD / "tests/bus/try-signature", self.m.state, self.m.host_key, self.key, PIN], uid=SYGNET)
        self.assertEqual("closed\n", tried.stdout)


class AtRest(PinCase):
    def test_store_key_alone_opens_nothing(self):
        """Root, with the machine's store and its host key, but without the PIN."""
        seals.set_pin(self.alice)
        key, certificate = seals.create_signature(self.alice, self.authority)
        self.sign(key, certificate, otp=self.alice.code(), pin=PIN)
        self.m.stop_daemon()

        def attempt(*pin):
            return self.m.run([BUILD / "tests/bus/try-signature", self.m.state, self.m.host_key, key, *pin], uid=SYGNET).stdout
        self.assertEqual("closed\n", attempt())
        self.assertEqual("closed\n", attempt(WRONG))
        self.assertEqual("opened: PIN\n", attempt(PIN))
        stored = b"".join(f.read_bytes() for f in self.m.state.iterdir() if f.is_file())
        self.assertNotIn(PIN.encode(), stored)
        self.m.start_daemon()

    def test_a_signature_is_a_persons(self):
        """E4: its owner sees and uses it; the operator and others neither use it nor ask for a certificate in its name."""
        seals.set_pin(self.alice)
        key, certificate = seals.create_signature(self.alice, self.authority)
        listed = [c for c in self.alice.client.call("Credential.List", "a{sv}", {}) if c["id"] == key][0]
        self.assertEqual(("signature", "pin+otp", "owner", "active"), tuple(listed[k] for k in ("kind", "factors", "role", "status")))
        bob = seals.Person(self.m, "bob", BOB)
        seals.set_pin(bob)
        self.refused("NotFound", sign_once, bob.client, bob.session, key, items(attributes(certificate)), otp=bob.code(), pin=PIN)
        for method, arguments in (("GetRequest", ()), ("Retire", ()), ("GetPolicy", ())):
            self.refused("Denied", self.m.operator.call, f"Credential.{method}", "sa{sv}", key, *arguments, {})
        self.refused("NotFound", bob.client.call, "Credential.GetRequest", "sa{sv}", key,
                     {"session": V("s", bob.session), "pin": secret(PIN), "otp": secret(bob.code())})
        for factors in ({"password": secret(PIN)}, {"otp": secret(self.alice.code())}):
            self.refused("InvalidArgument", self.alice.client.call, "Credential.GetRequest", "sa{sv}", key,
                         {"session": V("s", self.alice.session), **factors})
        # A key for signatures is certified for no other purpose.
        otherwise = self.authority.issue(self.alice.client.call("Credential.GetRequest", "sa{sv}", key, {
            "session": V("s", self.alice.session), "pin": secret(PIN), "otp": secret(self.alice.code())}), usage="digitalSignature")
        self.refused("CertificateUnusable", self.alice.client.call, "Credential.ImportCertificates", "saaya{sv}", key, [otherwise],
                     {"session": V("s", self.alice.session)})

    def test_every_algorithm(self):
        seals.set_pin(self.alice)
        for algorithm in ("p256", "p384", "rsa3072", "ed25519"):
            with self.subTest(algorithm):
                key, certificate = seals.create_signature(self.alice, self.authority, algorithm=algorithm)
                tbs = attributes(certificate, digest=seals.DIGESTS[algorithm])
                signature, = sign_once(self.alice.client, self.alice.session, key, items(tbs), otp=self.alice.code(), pin=PIN)
                self.assertTrue(self.authority.verify(certificate, signature, tbs, algorithm))


if __name__ == "__main__":
    main()
