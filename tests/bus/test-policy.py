#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The policy of a credential (requirements M2, E6): which factors it takes, who sets the weakest, who sets what is in force, and that each factor is
needed where it is in force."""
import seals
from harness import ALICE, BOB, CAROL, SERVICE, Machine, TestCase, V, main, secret
from seals import PIN, attributes, authorize, items, prepare, sign, sign_once

WRONG = "00000000"

CONF = "[Session]\nIdle=3600\n"  # each fresh code takes half a minute


class PolicyCase(TestCase):
    def setUp(self):
        self.m = self.enterContext(Machine(conf=CONF))
        self.m.freeze()
        self.authority = seals.Authority()
        self.alice = seals.Person(self.m, "alice", ALICE)
        self.bob = seals.Person(self.m, "bob", BOB)
        self.seal, self.certificate = seals.create_seal(self.m, self.authority, "alice")
        self.m.operator.call("Credential.AddUser", "ssa{sv}", self.seal, "bob", {})

    def get(self, person=None, credential=None):
        if not person:
            return self.m.operator.call("Credential.GetPolicy", "sa{sv}", credential or self.seal, {})
        return person.client.call("Credential.GetPolicy", "sa{sv}", credential or self.seal, {"session": V("s", person.session)})

    def allow(self, weakest, **more):
        self.m.operator.call("Credential.SetPolicy", "sa{sv}a{sv}", self.seal, {"weakest": V("s", weakest), **more}, {})

    def set(self, person, otp=None, credential=None, pin=None, **policy):
        person.client.call("Credential.SetPolicy", "sa{sv}a{sv}", credential or self.seal,
                           {k: V("s" if isinstance(v, str) else "u", v) for k, v in policy.items()},
                           {"session": V("s", person.session), "otp": secret(otp or person.code()), **({"pin": secret(pin)} if pin else {})})

    def seal_once(self, person, **factors):
        signature, = sign_once(person.client, person.session, self.seal, items(attributes(self.certificate)), **factors)
        self.assertTrue(self.authority.verify(self.certificate, signature, attributes(self.certificate)))


class Who(PolicyCase):
    def test_the_operator_sets_the_weakest(self):
        self.assertEqual({"weakest": "otp", "factors": "otp", "remember_max_age": 0, "remember_max_signatures": 0}, self.get())
        self.allow("pin+otp")
        self.assertEqual(("pin+otp", "pin+otp"), (self.get()["weakest"], self.get(self.alice)["factors"]))
        otp = self.alice.code()
        self.refused("InvalidArgument", self.set, self.alice, otp, factors="otp")
        self.allow("otp")
        self.assertEqual("pin+otp", self.get(self.bob)["factors"])  # stays until the Administrator lowers it, which takes the PIN
        self.refused("PinRequired", self.set, self.alice, otp, factors="otp")
        self.refused("NoPin", self.set, self.alice, otp, factors="otp", pin=PIN)
        seals.set_pin(self.alice)
        self.refused("WrongPin", self.set, self.alice, factors="otp", pin=WRONG)
        self.set(self.alice, pin=PIN, factors="otp")
        self.assertEqual("otp", self.get()["factors"])

    def test_the_administrator_sets_what_is_in_force(self):
        otp = self.alice.code()
        self.refused("Denied", self.set, self.alice, otp, weakest="otp")
        self.refused("Denied", self.set, self.bob, factors="pin+otp")
        self.refused("Denied", self.m.operator.call, "Credential.SetPolicy", "sa{sv}a{sv}", self.seal, {"factors": V("s", "pin+otp")}, {})
        self.refused("Denied", self.allow, "otp", remember_max_age=V("u", 3600))
        carol = seals.Person(self.m, "carol", CAROL)
        self.refused("NotFound", self.set, carol, factors="otp")
        self.refused("NotFound", self.get, carol)
        self.refused("Denied", self.m.client(CAROL).call, "Credential.SetPolicy", "sa{sv}a{sv}", self.seal, {"weakest": V("s", "otp")}, {})
        self.refused("WrongCode", self.set, self.alice, WRONG, factors="pin+otp")
        for factors in ({}, {"session": V("s", self.alice.session)}, {"otp": secret(otp)}):
            self.refused("InvalidArgument" if "otp" in factors else "CodeRequired" if factors else "Denied", self.alice.client.call, "Credential.SetPolicy", "sa{sv}a{sv}", self.seal,
                         {"factors": V("s", "pin+otp")}, factors)
        self.alice.again(remember=True)
        self.refused("CodeRequired", self.alice.client.call, "Credential.SetPolicy", "sa{sv}a{sv}", self.seal, {"factors": V("s", "pin+otp")},
                     {"session": V("s", self.alice.session)})
        self.assertEqual("otp", self.get()["factors"])
        self.set(self.alice, factors="pin+otp", remember_max_age=3600, remember_max_signatures=50)
        self.assertEqual({"weakest": "otp", "factors": "pin+otp", "remember_max_age": 3600, "remember_max_signatures": 50}, self.get(self.bob))
        self.assertEqual(["pin+otp"], [c["factors"] for c in self.bob.client.call("Credential.List", "a{sv}", {})])
        events = [e for e in self.alice.client.call("Audit.List", "sa{sv}", self.alice.session, {}) if e["event"] == "policy-changed"]
        self.assertEqual('{"weakest":"otp","factors":"pin+otp","remember_max_age":3600,"remember_max_signatures":50}', events[0]["payload"].replace(" ", "").strip())
        self.m.restart_daemon()
        self.assertEqual(3600, self.get()["remember_max_age"])

    def test_what_a_kind_may_have(self):
        otp = self.alice.code()
        for bad in ({"factors": "password"}, {"factors": "pin"}, {"remember_max_age": 59}, {"remember_max_age": 604801},
                    {"remember_max_signatures": 1000001}, {"unknown": 1}):
            self.refused("InvalidArgument", self.set, self.alice, otp, **bad)
        self.refused("InvalidArgument", self.allow, "password")
        customs, _ = seals.create_customs(self.alice.client, self.authority, self.alice.session)
        seals.set_pin(self.alice)
        signature, _ = seals.create_signature(self.alice, self.authority)
        for credential, own, others in ((customs, "password", ("otp", "pin+otp")), (signature, "pin+otp", ("otp", "password"))):
            self.assertEqual((own, own), (self.get(self.alice, credential)["weakest"], self.get(self.alice, credential)["factors"]))
            otp = self.alice.code()
            for factors in others:
                self.refused("InvalidArgument", self.set, self.alice, otp, credential, factors=factors)
            self.set(self.alice, otp, credential, pin=PIN, factors=own, remember_max_signatures=7)
            self.assertEqual(7, self.get(self.alice, credential)["remember_max_signatures"])
            self.refused("NotFound", self.set, self.bob, None, credential, factors=own)
        self.m.operator.call("Credential.Retire", "sa{sv}", self.seal, {})
        self.refused("Disabled", self.set, self.alice, factors="pin+otp")
        self.refused("Disabled", self.allow, "pin+otp")


class InForce(PolicyCase):
    def setUp(self):
        super().setUp()
        seals.set_pin(self.bob)
        self.set(self.alice, factors="pin+otp")

    def test_each_factor_is_needed(self):
        otp = self.bob.code()
        self.refused("PinRequired", self.seal_once, self.bob, otp=otp)
        self.refused("CodeRequired", self.seal_once, self.bob, pin=PIN)
        self.refused("CodeRequired", self.seal_once, self.bob)
        self.refused("WrongCode", self.seal_once, self.bob, otp=WRONG, pin=PIN)
        self.refused("WrongCode", self.seal_once, self.bob, otp=WRONG, pin=WRONG)
        self.seal_once(self.bob, otp=otp, pin=PIN)
        self.refused("CodeUsed", self.seal_once, self.bob, otp=otp, pin=PIN)
        otp = self.bob.code()
        self.refused("WrongPin", self.seal_once, self.bob, otp=otp, pin=WRONG)
        self.refused("CodeUsed", self.seal_once, self.bob, otp=otp, pin=PIN)
        self.assertEqual(4, self.bob.client.call("Pin.GetStatus", "s", self.bob.session)["attempts"])
        # In steps as in one call.
        listed = items(attributes(self.certificate))
        operation = prepare(self.bob.client, self.bob.session, self.seal, listed)
        self.refused("PinRequired", authorize, self.bob.client, operation, otp=self.bob.code())
        authorize(self.bob.client, operation, otp=self.bob.code(), pin=PIN)
        self.assertEqual(1, len(sign(self.bob.client, operation, listed)))

    def test_who_has_no_pin(self):
        otp = self.alice.code()
        self.refused("PinRequired", self.seal_once, self.alice, otp=otp)
        self.refused("NoPin", self.seal_once, self.alice, otp=otp, pin=PIN)
        seals.set_pin(self.alice)
        self.seal_once(self.alice, otp=self.alice.code(), pin=PIN)

    def test_anothers_pin(self):
        seals.set_pin(self.alice, "11112222")
        self.refused("WrongPin", self.seal_once, self.alice, otp=self.alice.code(), pin=PIN)
        self.seal_once(self.alice, otp=self.alice.code(), pin="11112222")

    def test_remembered(self):
        self.bob.again(remember=True)
        self.refused("PinRequired", self.seal_once, self.bob)
        self.seal_once(self.bob, pin=PIN)
        self.refused("PinRequired", self.seal_once, self.bob)
        self.bob.session = self.bob.client.call("Session.Login", "sva{sv}", "bob", secret(seals.PASSWORD),
                                                {"remember": V("b", True), "otp": secret(self.bob.code()), "pin": secret(PIN)})[0]
        self.seal_once(self.bob)
        self.seal_once(self.bob)

    def test_a_busy_seal_costs_neither(self):
        self.seal_once(self.bob, otp=self.bob.code(), pin=PIN)
        seals.set_pin(self.alice)
        listed = items(attributes(self.certificate))
        operation = prepare(self.bob.client, self.bob.session, self.seal, listed)
        authorize(self.bob.client, operation, otp=self.bob.code(), pin=PIN)
        otp = self.alice.code()
        self.refused("SealBusy", self.seal_once, self.alice, otp=otp, pin=WRONG)
        sign(self.bob.client, operation, listed)
        self.bob.client.call("Session.Logout", "s", self.bob.session)
        self.seal_once(self.alice, otp=otp, pin=PIN)

    def test_nothing_spares_it(self):
        """Who has the Administrator's password and authenticator, but not the PIN, does not come by a signature on another way."""
        seals.set_pin(self.alice)
        seals.Person(self.m, "carol", CAROL)
        calls = (("Credential.AddUser", "ssa{sv}", ("carol",)), ("Credential.InviteUser", "sssa{sv}", ("new@example.com", "+48600100200")),
                 ("Mandate.Create", "sua{sv}a{sv}", (SERVICE, {"documents": V("u", 10), "expires": V("x", int(self.m.now()) + 3600)})),
                 ("Credential.SetPolicy", "sa{sv}a{sv}", ({"factors": V("s", "otp")},)))
        for method, signature, arguments in calls:
            def call(**factors):
                return self.alice.client.call(method, signature, self.seal, *arguments,
                                              {"session": V("s", self.alice.session), **{k: secret(v) for k, v in factors.items()}})
            with self.subTest(method):
                otp = self.alice.code()
                self.refused("PinRequired", call, otp=otp)
                self.refused("CodeRequired", call, pin=PIN)
                self.refused("InvalidArgument", call, otp=otp, pin="1234")
                self.refused("WrongCode", call, otp=WRONG, pin=PIN)
                self.refused("WrongPin", call, otp=otp, pin=WRONG)
                self.refused("CodeUsed", call, otp=otp, pin=PIN)
                call(otp=self.alice.code(), pin=PIN)
        # What takes power away needs no more than before.
        self.alice.client.call("Credential.RemoveUser", "ssa{sv}", self.seal, "carol",
                               {"session": V("s", self.alice.session), "otp": secret(self.alice.code())})

    def test_raised_under_way(self):
        """What was authorised with less is not signed with."""
        seals.set_pin(self.alice)
        self.set(self.alice, pin=PIN, factors="otp")
        listed = items(attributes(self.certificate))
        operation = prepare(self.bob.client, self.bob.session, self.seal, listed)
        authorize(self.bob.client, operation, otp=self.bob.code())
        self.allow("pin+otp")
        self.refused("OperationState", sign, self.bob.client, operation, listed)
        self.refused("PinRequired", self.seal_once, self.bob, otp=self.bob.code())


if __name__ == "__main__":
    main()
