#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Waiting for a seal that somebody else uses: told at once, in order, and in no other way than by using it oneself (requirement E10)."""
import seals
from harness import ALICE, BOB, CAROL, NOBODY, Machine, TestCase, V, main
from seals import attributes, authorize, items, prepare, sign, sign_once


class Waiting(TestCase):
    def setUp(self):
        self.m = self.enterContext(Machine())
        self.ca = seals.Authority()
        self.alice, self.bob, self.carol = (seals.Person(self.m, name, uid, remember=True)
                                            for name, uid in (("alice", ALICE), ("bob", BOB), ("carol", CAROL)))
        self.seal, certificate = seals.create_seal(self.m, self.ca, "alice")
        self.listed = items(attributes(certificate))
        for login in ("bob", "carol"):
            self.m.operator.call("Credential.AddUser", "ssa{sv}", self.seal, login, {})

    def arguments(self, person, timeout=None):
        return ("Credential.AwaitFree", "ssa{sv}", self.seal, person.session, {} if timeout is None else {"timeout": V("u", timeout)})

    def ask(self, person, timeout=0):
        return person.client.call(*self.arguments(person, timeout))

    def wait(self, person, timeout=None):
        """Begins to wait. What was sent before is answered before, so it is known to wait once another call came back."""
        number = person.client.start(*self.arguments(person, timeout))
        person.client.call("Credential.List", "a{sv}", {})
        self.refused("LimitReached", self.ask, person)
        return number

    def sign(self, person):
        return sign_once(person.client, person.session, self.seal, self.listed)

    def still_waits(self, person, number):
        with self.assertRaises(TimeoutError):
            person.client.wait(number, timeout=3)

    def test_free(self):
        for person in (self.alice, self.bob):
            self.assertEqual(0, self.ask(person))
        self.sign(self.bob)
        self.assertEqual(0, self.ask(self.bob))
        # Asking keeps nothing.
        self.m.operator.call("Credential.BreakLease", "sa{sv}", self.seal, {})
        self.assertEqual(0, self.ask(self.alice))
        self.sign(self.bob)

    def test_refused(self):
        self.sign(self.alice)
        self.assertRegex(self.refused("SealBusy", self.ask, self.bob), r"until \d{4}-\d\d-\d\dT")
        self.refused("InvalidArgument", self.ask, self.bob, 1801)
        nobody = self.m.client(NOBODY)
        self.refused("NoSession", nobody.call, *self.arguments(self.bob, 0))
        for id in ("0" * 16, "", "x" * 5000):
            self.refused("NotFound", self.bob.client.call, "Credential.AwaitFree", "ssa{sv}", id, self.bob.session, {})
        self.m.operator.call("Credential.RemoveUser", "ssa{sv}", self.seal, "carol", {})
        self.refused("NotFound", self.ask, self.carol)
        key, _ = seals.create_customs(self.bob.client, self.ca, self.bob.session)
        self.refused("NotFound", self.bob.client.call, "Credential.AwaitFree", "ssa{sv}", key, self.bob.session, {})

    def test_each_end(self):
        """By logout, by the Administrator or operator, by removal, by lapsing."""
        ends = (lambda: self.carol.client.call("Session.Logout", "s", self.carol.session),
                lambda: self.m.operator.call("Credential.BreakLease", "sa{sv}", self.seal, {}),
                lambda: self.m.advance(181),
                lambda: self.m.operator.call("Credential.RemoveUser", "ssa{sv}", self.seal, "carol", {}))
        for end in ends:
            self.carol.again(remember=True)
            self.sign(self.carol)
            number = self.wait(self.bob)
            end()
            kept = self.bob.client.wait(number, timeout=10)
            self.assertAlmostEqual(self.m.now() + 30, kept, delta=3)
            self.refused("SealBusy", self.sign, self.alice)
            self.sign(self.bob)
            self.m.operator.call("Credential.BreakLease", "sa{sv}", self.seal, {})

    def test_in_order(self):
        self.sign(self.alice)
        first, second = self.wait(self.bob), self.wait(self.carol)
        self.alice.client.call("Session.Logout", "s", self.alice.session)
        self.bob.client.wait(first, timeout=10)
        # The seal is kept for him, and then his.
        self.refused("SealBusy", self.sign, self.carol)
        self.sign(self.bob)
        self.alice.again(remember=True)
        self.refused("SealBusy", self.sign, self.alice)
        self.still_waits(self.carol, second)
        self.bob.client.call("Session.Logout", "s", self.bob.session)
        self.carol.client.wait(second, timeout=10)
        # Who does not come loses the turn.
        self.refused("SealBusy", self.ask, self.alice)
        self.m.advance(31)
        self.sign(self.alice)

    def test_turn_passes_on(self):
        self.sign(self.alice)
        first, second = self.wait(self.bob), self.wait(self.carol)
        self.m.operator.call("Credential.BreakLease", "sa{sv}", self.seal, {})
        self.bob.client.wait(first, timeout=10)
        self.m.advance(31)
        self.carol.client.wait(second, timeout=20)
        self.sign(self.carol)

    def test_a_turn_revives_nothing(self):
        """An operation whose lease lapsed is not signed under a turn: that takes activation data."""
        operation = prepare(self.bob.client, self.bob.session, self.seal, self.listed)
        authorize(self.bob.client, operation)
        self.m.advance(181)
        self.sign(self.alice)
        number = self.wait(self.bob)
        self.alice.client.call("Session.Logout", "s", self.alice.session)
        self.bob.client.wait(number, timeout=10)
        self.refused("OperationState", sign, self.bob.client, operation, self.listed)
        self.sign(self.bob)

    def test_time_is_up(self):
        self.sign(self.alice)
        number = self.wait(self.bob, 60)
        self.sign(self.alice)
        self.m.advance(61)
        self.refused("SealBusy", self.bob.client.wait, number, timeout=10)

    def test_what_ends_the_wait(self):
        self.sign(self.alice)
        # The session does not lapse meanwhile, though nothing is signed.
        self.bob.again()
        number = self.wait(self.bob)
        for _ in range(3):
            self.sign(self.alice)
            self.m.advance(120)
            self.m.wait_for(lambda: self.bob.client.call("Session.List")[0]["idle_until"] > self.m.now() + 170, "the session to be kept")
        self.bob.client.call("Session.Logout", "s", self.bob.session)
        self.refused("NoSession", self.bob.client.wait, number, timeout=10)
        # A user who was removed.
        number = self.wait(self.carol)
        self.m.operator.call("Credential.RemoveUser", "ssa{sv}", self.seal, "carol", {})
        self.refused("NotFound", self.carol.client.wait, number, timeout=30)

    def test_who_leaves(self):
        self.sign(self.alice)
        leaving = self.m.client(BOB)
        leaving.start(*self.arguments(self.bob))
        leaving.call("Credential.List", "a{sv}", {})
        number = self.wait(self.carol)
        leaving.leave()
        self.alice.client.call("Session.Logout", "s", self.alice.session)
        self.carol.client.wait(number, timeout=10)
        self.sign(self.carol)

    def test_limits(self):
        self.sign(self.alice)
        for _ in range(8):
            self.wait(self.bob)
            self.bob.again()
        self.refused("LimitReached", self.ask, self.bob)
        # Others still can, and the service can end while they wait.
        self.wait(self.carol)


if __name__ == "__main__":
    main()
