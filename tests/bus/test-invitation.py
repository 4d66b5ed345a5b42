#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sharing a seal (requirements E6 to E10): from the Administrator's invitation to a User with access and out again, and whoever tries another way."""
import json

import seals
from fake_courier import FakeCourier
from harness import ALICE, BOB, CAROL, NOBODY, BusError, Machine, TestCase, V, main, secret
from seals import attributes, authorize, items, prepare, sign, sign_once

BOB_MAIL, CAROL_MAIL, PHONE, OWN_PHONE = "bob@example.pl", "carol@example.pl", "+48600100200", "+48700700700"


class Shared(TestCase):
    def setUp(self):
        self.m = self.enterContext(Machine())
        self.courier = FakeCourier(self.m)
        self.addCleanup(self.courier.stop)
        self.ca = seals.Authority()
        self.alice, self.bob, self.carol = (self.person(*p) for p in (("alice", ALICE), ("bob", BOB), ("carol", CAROL)))
        self.seal, self.certificate = seals.create_seal(self.m, self.ca, "alice")

    def person(self, login, uid):
        person = seals.Person(self.m, login, uid, email=f"{login}@example.pl")
        # Afterwards: where a phone is known, a code by SMS enrols a token, which is another test's.
        self.m.operator.call("Account.Update", "sa{sv}a{sv}", login, {"phone": V("s", OWN_PHONE)}, {})
        person.again(remember=True)
        return person

    def factors(self, person):
        return {"session": V("s", person.session), "otp": secret(person.code())}

    def invite(self, email=BOB_MAIL, phone=PHONE, person=None, seal=None):
        """By the Administrator, with a fresh one-time code."""
        return (person or self.alice).client.call("Credential.InviteUser", "sssa{sv}", seal or self.seal, email, phone,
                                                  self.factors(person or self.alice))[0]

    def remove(self, who, seal=None, person=None):
        p = person or self.alice
        p.client.call("Credential.RemoveUser", "ssa{sv}", seal or self.seal, who, self.factors(p))

    def request(self, person, invitation):
        """Has the code sent; returns it as the phone gets it, with the number that it went to."""
        before = len(self.courier.delivered())
        sent = person.client.call("Credential.RequestActivation", "ss", person.session, invitation)
        self.assertEqual("sms", sent["channel"])
        self.m.wait_for(lambda: len(self.courier.delivered()) > before and self.courier.delivered()[-1]["channel"] == "sms", "the SMS")
        message = self.courier.delivered()[-1]
        return message["fields"]["code"], message["recipient"]

    def activate(self, person, invitation, code):
        return person.client.call("Credential.Activate", "ssv", person.session, invitation, secret(code))

    def users(self, person=None):
        p = person or self.alice
        return p.client.call("Credential.ListUsers", "sa{sv}", self.seal, {"session": V("s", p.session)})

    def statuses(self):
        return [(u["email"], u["status"]) for u in self.users()]

    def sign(self, person):
        return sign_once(person.client, person.session, self.seal, items(attributes(self.certificate)))

    def free(self):
        self.m.operator.call("Credential.BreakLease", "sa{sv}", self.seal, {})


class Manual(Shared):
    def test_e7_e8_e9(self):
        """As the manual has it: add user, Pending, activate access, Active, remove, and the history."""
        invitation = self.invite("bob@EXAMPLE.pl", "+48 600 100 200")
        self.m.wait_for(lambda: self.courier.delivered(), "the mail")
        mail = self.courier.delivered()[0]
        self.assertEqual((BOB_MAIL, "mail", "invitation"), tuple(mail[k] for k in ("recipient", "channel", "template")))
        self.assertEqual(("Example seal", "Example sp. z o.o.", invitation, "Alice"),
                         tuple(mail["fields"][k] for k in ("seal", "organization", "invitation", "name")))
        pending = self.users()[1]
        self.assertEqual((BOB_MAIL, PHONE, "", "user", "pending"), tuple(pending[k] for k in ("email", "phone", "login", "role", "status")))
        self.assertNotIn("granted", pending)
        self.refused("NotFound", self.sign, self.bob)
        shown, = self.bob.client.call("Credential.ListInvitations", "s", self.bob.session)
        self.assertEqual((invitation, "Example seal", "VATPL-5250000000"), tuple(shown[k] for k in ("invitation", "label", "organization_identifier")))
        code, number = self.request(self.bob, invitation)
        self.assertEqual(PHONE, number)  # the one that the Administrator gave
        self.assertEqual(self.seal, self.activate(self.bob, invitation, code))
        active = self.users()[1]
        self.assertEqual((BOB_MAIL, PHONE, "bob", "user", "active"), tuple(active[k] for k in ("email", "phone", "login", "role", "status")))
        self.assertIn("granted", active)
        self.sign(self.bob)
        self.free()
        self.sign(self.alice)
        self.free()
        # E9: at once, and dated.
        self.remove("bob")
        self.refused("NotFound", self.sign, self.bob)
        removed = self.users()[1]
        self.assertEqual("deleted", removed["status"])
        self.assertGreaterEqual(removed["removed"], removed["granted"])
        # E8: a mistake is corrected by removing and granting again; the history stays.
        wrong = self.invite(BOB_MAIL, "+48600999999")
        self.refused("Exists", self.invite)
        self.remove(wrong)
        self.invite()
        self.assertEqual([("alice@example.pl", "active"), (BOB_MAIL, "deleted"), (BOB_MAIL, "deleted"), (BOB_MAIL, "pending")], self.statuses())

    def test_addresses(self):
        for email in ("", "bob", "bob@", "bob@example.pl\nBcc: x@example.pl", "b" * 300 + "@example.pl"):
            self.refused("InvalidArgument", self.invite, email)
        for phone in ("", "600100200", "+48", "+48600100200;+48", "+4860010020012345678"):
            self.refused("InvalidArgument", self.invite, BOB_MAIL, phone)
        self.assertEqual(1, len(self.users()))

    def test_who_may_invite(self):
        """E6: the Administrator with a fresh code, and nobody else."""
        self.refused("NotFound", self.invite, person=self.bob)
        self.refused("Denied", self.m.client(NOBODY).call, "Credential.InviteUser", "sssa{sv}", self.seal, BOB_MAIL, PHONE, {})
        self.refused("CodeRequired", self.alice.client.call, "Credential.InviteUser", "sssa{sv}", self.seal, BOB_MAIL, PHONE,
                     {"session": V("s", self.alice.session)})
        factors = self.factors(self.alice)
        self.alice.client.call("Credential.InviteUser", "sssa{sv}", self.seal, BOB_MAIL, PHONE, factors)
        self.refused("CodeUsed", self.alice.client.call, "Credential.InviteUser", "sssa{sv}", self.seal, CAROL_MAIL, PHONE, factors)
        code, _ = self.request(self.bob, self.users()[1]["invitation"])
        self.activate(self.bob, self.users()[1]["invitation"], code)
        self.refused("Denied", self.invite, CAROL_MAIL, person=self.bob)
        # The operator may, and who never had an account is invited as well.
        self.m.operator.call("Credential.InviteUser", "sssa{sv}", self.seal, "new@example.pl", PHONE, {})
        self.assertEqual(3, len(self.users()))


class Attacks(Shared):
    def test_another_address(self):
        invitation = self.invite()
        self.assertIn("another e-mail", self.refused("Denied", self.request, self.carol, invitation))
        code, _ = self.request(self.bob, invitation)
        self.refused("Denied", self.activate, self.carol, invitation, code)
        self.assertEqual([], self.carol.client.call("Credential.ListInvitations", "s", self.carol.session))
        self.activate(self.bob, invitation, code)

    def test_codes(self):
        invitation = self.invite()
        self.refused("CodeVoid", self.activate, self.bob, invitation, "12345678")
        code, _ = self.request(self.bob, invitation)
        self.refused("TryLater", self.request, self.bob, invitation)
        wrong = "00000000" if code != "00000000" else "00000001"
        for guess in (wrong, "", "x" * 100):
            self.refused("WrongCode", self.activate, self.bob, invitation, guess)
        self.refused("CodeVoid", self.activate, self.bob, invitation, code)
        # Outlived.
        self.m.advance(400)
        code, _ = self.request(self.bob, invitation)
        self.m.advance(301)
        self.refused("CodeVoid", self.activate, self.bob, invitation, code)
        # Asked for too often: support is named, and time helps.
        for _ in range(2):
            self.m.advance(61)
            code, _ = self.request(self.bob, invitation)
        self.m.advance(61)
        self.refused("LimitReached", self.request, self.bob, invitation)
        self.activate(self.bob, invitation, code)
        # Reused, by whomever.
        for person in (self.bob, self.carol):
            self.refused("NotFound", self.activate, person, invitation, code)

    def test_two_at_once(self):
        """Two accounts of one address, and one account twice: one grant comes of it."""
        twin = seals.Person(self.m, "bob2", BOB, email=BOB_MAIL)
        invitation = self.invite()
        code, _ = self.request(self.bob, invitation)
        clients = [self.m.client(BOB) for _ in range(8)]
        numbers = [c.start("Credential.Activate", "ssv", (twin if i % 2 else self.bob).session, invitation, secret(code)) for i, c in enumerate(clients)]
        results = []
        for c, n in zip(clients, numbers):
            try:
                results.append(c.wait(n))
            except BusError as e:
                results.append(e.name)
        self.assertEqual(1, results.count(self.seal), results)
        self.assertEqual(7, results.count("NotFound"), results)
        self.assertEqual([("alice@example.pl", "active"), (BOB_MAIL, "active")], self.statuses())

    def test_no_way_back(self):
        """An invitation that was taken back, or that its owner did not need, opens nothing after removal."""
        invitation = self.invite()
        code, _ = self.request(self.bob, invitation)
        self.remove(invitation)
        self.refused("NotFound", self.activate, self.bob, invitation, code)
        self.refused("NotFound", self.request, self.bob, invitation)
        invitation = self.invite()
        self.m.operator.call("Credential.AddUser", "ssa{sv}", self.seal, "bob", {})
        code, _ = self.request(self.bob, invitation)
        self.remove("bob")
        self.refused("NotFound", self.activate, self.bob, invitation, code)

    def test_another_seal(self):
        other, _ = seals.create_seal(self.m, self.ca, "carol")
        invitation = self.invite()
        self.refused("NotFound", self.remove, invitation, seal=other, person=self.carol)
        self.refused("NotFound", self.remove, invitation, person=self.carol)
        self.assertEqual("pending", self.users()[1]["status"])
        code, _ = self.request(self.bob, invitation)
        self.assertEqual(self.seal, self.activate(self.bob, invitation, code))
        self.refused("NotFound", sign_once, self.bob.client, self.bob.session, other, items(attributes(self.certificate)))

    def test_second_administrator(self):
        invitation = self.invite()
        code, _ = self.request(self.bob, invitation)
        numbers = [self.m.operator.start("Credential.AddUser", "ssa{sv}", self.seal, "bob", {}) for _ in range(4)]
        activation = self.bob.client.start("Credential.Activate", "ssv", self.bob.session, invitation, secret(code))
        for client, n in [(self.m.operator, n) for n in numbers] + [(self.bob.client, activation)]:
            try:
                client.wait(n)
            except BusError as e:
                self.assertEqual("Exists", e.name)
        self.refused("Exists", self.m.operator.call, "Credential.AddUser", "ssa{sv}", self.seal, "alice", {})
        self.refused("Exists", self.invite, "alice@example.pl")
        self.refused("Denied", self.remove, "alice")
        self.refused("Denied", self.m.operator.call, "Credential.RemoveUser", "ssa{sv}", self.seal, "alice", {})
        roles = [u["role"] for u in self.users() if u["status"] == "active"]
        self.assertEqual(["administrator", "user"], roles)
        for method, signature, *args in (("InviteUser", "sssa{sv}", CAROL_MAIL, PHONE), ("AddUser", "ssa{sv}", "carol"), ("RemoveUser", "ssa{sv}", "bob")):
            self.refused("Denied", self.bob.client.call, f"Credential.{method}", signature, self.seal, *args, self.factors(self.bob))


class InFlight(Shared):
    def setUp(self):
        super().setUp()
        self.m.operator.call("Credential.AddUser", "ssa{sv}", self.seal, "bob", {})

    def test_between_authorize_and_sign(self):
        listed = items(attributes(self.certificate))
        operation = prepare(self.bob.client, self.bob.session, self.seal, listed)
        authorize(self.bob.client, operation)
        self.remove("bob")
        self.refused("OperationState", sign, self.bob.client, operation, listed)
        self.refused("NotFound", self.sign, self.bob)
        # His session stays his own, for what else he may.
        self.assertEqual([], self.bob.client.call("Credential.List", "a{sv}", {}))

    def test_while_it_is_signed(self):
        """Hundreds of slow signatures are being made when the grant ends: none of them leaves."""
        seal, certificate = seals.create_seal(self.m, self.ca, "alice", "rsa4096")
        self.m.operator.call("Credential.AddUser", "ssa{sv}", seal, "bob", {})
        listed = items(*[attributes(certificate)] * 600)
        operation = prepare(self.bob.client, self.bob.session, seal, listed)
        authorize(self.bob.client, operation)
        number = sign(self.bob.client, operation, listed, start=True)
        # The audit has it, so the workers are at it.
        self.m.wait_for(lambda: self.bob.client.call("Audit.List", "sa{sv}", self.bob.session, {})[0]["event"] == "sign", "the entry of the signatures")
        self.m.operator.call("Credential.RemoveUser", "ssa{sv}", seal, "bob", {})
        self.refused("OperationState", self.bob.client.wait, number)


class Names(Shared):
    def test_a_login_that_is_an_invitations_number(self):
        """Whoever was invited once and registers under that number can be removed like others."""
        invitation = self.invite()
        self.remove(invitation)
        self.m.account(invitation, NOBODY)
        self.m.operator.call("Credential.AddUser", "ssa{sv}", self.seal, invitation, {})
        self.remove(invitation)
        self.assertEqual(["deleted"], [u["status"] for u in self.users() if u["login"] == invitation])
        self.refused("NotFound", self.remove, invitation)


class Privacy(Shared):
    """E10: the Administrator sees who may use the seal, not what was signed; users see nothing of each other."""

    def setUp(self):
        super().setUp()
        invitation = self.invite()
        code, _ = self.request(self.bob, invitation)
        self.activate(self.bob, invitation, code)
        sign_once(self.bob.client, self.bob.session, self.seal, [("cms-attributes", attributes(self.certificate), {"name": V("s", "secret-contract.pdf")})])

    def test_administrator(self):
        c, s = self.alice.client, self.alice.session
        seen = [c.call("Audit.List", "sa{sv}", s, {}), self.users(), c.call("Credential.List", "a{sv}", {})]
        text = json.dumps(seen, default=str)
        self.assertNotIn("secret-contract", text)
        self.assertNotIn("digest", text)
        self.assertNotIn(OWN_PHONE, json.dumps(self.users()[1]))  # the account's own phone is not the one that was given
        self.assertIn("secret-contract", json.dumps(self.bob.client.call("Audit.List", "sa{sv}", self.bob.session, {}), default=str))

    def test_of_who_was_added_by_login(self):
        """Whoever administers some seal learns nobody's phone by adding them to it."""
        self.alice.client.call("Credential.AddUser", "ssa{sv}", self.seal, "carol", {"session": V("s", self.alice.session), "otp": secret(self.alice.code())})
        carol = next(u for u in self.users() if u["login"] == "carol")
        self.assertEqual("active", carol["status"])
        self.assertNotIn(OWN_PHONE, json.dumps(carol, default=str))

    def test_users(self):
        self.m.operator.call("Credential.AddUser", "ssa{sv}", self.seal, "carol", {})
        for person in (self.bob, self.carol):
            self.refused("Denied", self.users, person)
            shown = json.dumps([person.client.call("Credential.List", "a{sv}", {}), person.client.call("Audit.List", "sa{sv}", person.session, {})], default=str)
            for other in ("alice@", "bob@", "carol@"):
                if not other.startswith(person.login):
                    self.assertNotIn(other, shown)
            self.refused("NoSession", self.m.client(NOBODY).call, "Credential.ListInvitations", "s", person.session)


if __name__ == "__main__":
    main()
