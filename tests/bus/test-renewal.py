#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A seal's certificate is renewed while it serves, and a seal whose Administrator is gone is issued anew (requirements E3, E6, E11)."""
import sqlite3

import seals
from harness import ALICE, BOB, CAROL, NOBODY, BusError, Machine, TestCase, V, main, secret
from seals import attributes, authorize, items, prepare, sign, sign_once


class Seal(TestCase):
    def setUp(self):
        self.m = self.enterContext(Machine())
        self.ca = seals.Authority()
        self.alice, self.bob = (seals.Person(self.m, name, uid, remember=True, email=f"{name}@example.pl") for name, uid in (("alice", ALICE), ("bob", BOB)))
        self.seal, self.certificate = seals.create_seal(self.m, self.ca, "alice")
        self.m.operator.call("Credential.AddUser", "ssa{sv}", self.seal, "bob", {})

    def factors(self, person, otp=True):
        return {"session": V("s", person.session), **({"otp": secret(person.code())} if otp else {})}

    def call(self, method, person=None, otp=True):
        client, factors = (person.client, self.factors(person, otp)) if person else (self.m.operator, {})
        return client.call(f"Credential.{method}", "sa{sv}", self.seal, factors)

    def bring(self, certificate):
        self.m.operator.call("Credential.ImportCertificates", "saaya{sv}", self.seal, [certificate, self.ca.root()], {})

    def shown(self, person):
        return {c["id"]: c for c in person.client.call("Credential.List", "a{sv}", {})}

    def signs(self, person, certificate, seal=None):
        tbs = attributes(certificate)
        value, = sign_once(person.client, person.session, seal or self.seal, items(tbs))
        self.assertTrue(self.ca.verify(certificate, value, tbs))


class Renewal(Seal):
    def test_e11(self):
        request = self.call("RequestRenewal", self.alice)
        # The old certificate serves meanwhile, for everybody.
        self.signs(self.alice, self.certificate)
        self.assertIn("renewal", self.shown(self.alice)[self.seal])
        self.assertEqual(request, self.call("GetRenewal", self.alice, otp=False))
        self.assertEqual(request, self.call("GetRenewal"))
        self.refused("Exists", self.call, "RequestRenewal", self.alice)
        renewed = self.ca.issue(request)
        self.assertNotEqual(seals.run("openssl", "x509", "-inform", "DER", "-noout", "-pubkey", data=self.certificate),
                            seals.run("openssl", "x509", "-inform", "DER", "-noout", "-pubkey", data=renewed))
        self.bring(renewed)
        self.assertEqual([renewed, self.ca.root()], self.alice.client.call("Credential.GetCertificates", "s", self.seal))
        self.signs(self.alice, renewed)
        self.refused("ItemRefused", self.signs, self.alice, self.certificate)
        self.assertNotIn("renewal", self.shown(self.alice)[self.seal])
        self.refused("NotFound", self.call, "GetRenewal")
        # The old key is gone: its certificate comes in no more. Users stay, and it survives a restart.
        self.refused("CertificateUnusable", self.bring, self.certificate)
        self.m.restart_daemon()
        self.m.advance(300)
        for person, uid in ((self.alice, ALICE), (self.bob, BOB)):
            person.client = self.m.client(uid)
            person.again(remember=True)
        self.signs(self.bob, renewed)

    def test_operations_end(self):
        """What was begun under the old certificate ends with a clear answer: not signed by either key."""
        listed = items(attributes(self.certificate))
        prepared = prepare(self.alice.client, self.alice.session, self.seal, listed)
        authorized = prepare(self.alice.client, self.alice.session, self.seal, listed)
        authorize(self.alice.client, authorized)
        renewed = self.ca.issue(self.call("RequestRenewal"))
        self.assertEqual(1, len(sign(self.alice.client, authorized, listed)))
        authorized = prepare(self.alice.client, self.alice.session, self.seal, listed)
        authorize(self.alice.client, authorized)
        self.bring(renewed)
        self.refused("OperationState", sign, self.alice.client, authorized, listed)
        self.refused("OperationState", authorize, self.alice.client, prepared)
        self.signs(self.alice, renewed)

    def test_while_it_is_signed(self):
        self.seal, certificate = seals.create_seal(self.m, self.ca, "alice", "rsa4096")
        renewed = self.ca.issue(self.call("RequestRenewal"))
        listed = items(*[attributes(certificate)] * 600)
        operation = prepare(self.alice.client, self.alice.session, self.seal, listed)
        authorize(self.alice.client, operation)
        number = sign(self.alice.client, operation, listed, start=True)
        self.m.wait_for(lambda: self.alice.client.call("Audit.List", "sa{sv}", self.alice.session, {})[0]["event"] == "sign", "the entry of the signatures")
        self.bring(renewed)
        self.refused("OperationState", self.alice.client.wait, number)

    def test_cancel(self):
        request = self.call("RequestRenewal", self.alice)
        self.refused("Denied", self.call, "CancelRenewal", self.bob)
        self.call("CancelRenewal", self.alice)
        self.refused("NotFound", self.call, "CancelRenewal", self.alice)
        self.refused("CertificateUnusable", self.bring, self.ca.issue(request))
        self.signs(self.alice, self.certificate)
        again = self.call("RequestRenewal", self.alice)
        self.refused("CertificateUnusable", self.bring, self.ca.issue(request))
        # A new certificate for the key that serves is no renewal's.
        same = self.ca.issue(self.call("GetRequest"))
        self.bring(same)
        self.signs(self.alice, same)
        self.bring(self.ca.issue(again))

    def test_who_may(self):
        for method in ("RequestRenewal", "CancelRenewal"):
            self.refused("Denied", self.call, method, self.bob)
            self.refused("CodeRequired", self.call, method, self.alice, otp=False)
            self.refused("Denied", self.m.client(NOBODY).call, f"Credential.{method}", "sa{sv}", self.seal, {})
        self.call("RequestRenewal", self.alice)
        self.refused("Denied", self.call, "GetRenewal", self.bob, otp=False)
        self.refused("Denied", self.m.client(NOBODY).call, "Credential.GetRenewal", "sa{sv}", self.seal, {})

    def test_two_at_once(self):
        numbers = [self.m.operator.start("Credential.RequestRenewal", "sa{sv}", self.seal, {}) for _ in range(6)]
        results = []
        for n in numbers:
            try:
                results.append(self.m.operator.wait(n))
            except BusError as e:
                results.append(e.name)
        self.assertEqual(5, results.count("Exists"), results)

    def test_altered(self):
        """A key that somebody put into the row is none."""
        request = self.call("RequestRenewal")
        self.m.stop_daemon()
        with sqlite3.connect(self.m.state / "store.db") as database:
            database.execute("UPDATE renewal SET requested = requested + 1")
        database.close()
        self.m.start_daemon()
        self.refused("StoreFailed", self.bring, self.ca.issue(request))

    def test_retired(self):
        self.call("RequestRenewal")
        self.call("Retire")
        self.refused("NotFound", self.call, "GetRenewal")
        self.refused("Disabled", self.call, "RequestRenewal")


class Reissue(Seal):
    def reissue(self, administrator="carol", client=None):
        return (client or self.m.operator).call("Credential.Reissue", "ss", self.seal, administrator)

    def users(self, seal):
        return [(u["login"], u["role"], u["status"]) for u in self.m.operator.call("Credential.ListUsers", "sa{sv}", seal, {})]

    def test_administrator_gone(self):
        carol = seals.Person(self.m, "carol", CAROL, remember=True)
        listed = items(attributes(self.certificate))
        operation = prepare(self.alice.client, self.alice.session, self.seal, listed)
        authorize(self.alice.client, operation)
        new = self.reissue()
        self.refused("OperationState", sign, self.alice.client, operation, listed)
        for person in (self.alice, self.bob):
            self.refused("Disabled", self.signs, person, self.certificate)
            self.refused("NotFound", self.signs, person, self.certificate, new)
        self.assertEqual([("carol", "administrator", "active")], self.users(new))
        request = self.m.operator.call("Credential.GetRequest", "sa{sv}", new, {})
        certificate = self.ca.issue(request)
        subject = lambda der: seals.run("openssl", "x509", "-inform", "DER", "-noout", "-subject", data=der)
        self.assertEqual(subject(self.certificate), subject(certificate))
        self.m.operator.call("Credential.ImportCertificates", "saaya{sv}", new, [certificate, self.ca.root()], {})
        self.signs(carol, certificate, new)
        # The old one's history stays.
        self.assertEqual([("alice", "administrator", "active"), ("bob", "user", "active")], self.users(self.seal))

    def test_refused(self):
        self.refused("NotFound", self.reissue, "nobody-there")
        for person in (self.alice, self.bob):
            self.refused("Denied", self.reissue, "bob", person.client)
        self.signs(self.alice, self.certificate)
        key, _ = seals.create_customs(self.bob.client, self.ca, self.bob.session)
        self.refused("Denied", self.m.operator.call, "Credential.Reissue", "ss", key, "bob")

    def test_one_administrator_each(self):
        """By races too: of what comes of it each has one Administrator, and only one has a key that was there before."""
        numbers = [self.m.operator.start("Credential.Reissue", "ss", self.seal, name) for name in ("alice", "bob", "alice", "bob")]
        for seal in [self.m.operator.wait(n) for n in numbers]:
            self.assertEqual(1, len(self.users(seal)))
            self.assertEqual("administrator", self.users(seal)[0][1])
        self.refused("Disabled", self.signs, self.alice, self.certificate)


class Shown(Seal):
    def test_e3(self):
        """Id, product, organisation and its identifier, validity, status, e-mail, names, the viewer's role."""
        for person, role in ((self.alice, "administrator"), (self.bob, "user")):
            seen = self.shown(person)[self.seal]
            self.assertEqual(("seal", "Example sp. z o.o.", "VATPL-5250000000", "active", f"{person.login}@example.pl", person.login.capitalize(), role),
                             tuple(seen[k] for k in ("kind", "organization", "organization_identifier", "status", "email", "name", "role")))
            self.assertGreater(seen["not_after"], seen["not_before"])
        every, = self.m.operator.call("Credential.List", "a{sv}", {"all": V("b", True)})
        self.assertNotIn("email", every)


if __name__ == "__main__":
    main()
