#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A key that may be in other hands is blocked at once (requirement C4)."""
import authorities
import seals
from harness import ALICE, BOB, NOBODY, Machine, TestCase, V, main, secret
from seals import CUSTOMS_PASSWORD, attributes, authorize, items, prepare, sign, sign_once


class Reported(TestCase):
    def setUp(self):
        self.m = self.enterContext(Machine())
        self.ca = seals.Authority()
        self.alice, self.bob = (seals.Person(self.m, name, uid, remember=True, email=f"{name}@example.pl") for name, uid in (("alice", ALICE), ("bob", BOB)))
        self.seal, self.certificate = seals.create_seal(self.m, self.ca, "alice")
        self.m.operator.call("Credential.AddUser", "ssa{sv}", self.seal, "bob", {})

    def report(self, person=None, credential=None):
        client, factors = (person.client, {"session": V("s", person.session)}) if person else (self.m.operator, {})
        return client.call("Credential.ReportCompromise", "sa{sv}", credential or self.seal, factors)

    def status(self, credential=None):
        listed = self.m.operator.call("Credential.List", "a{sv}", {"all": V("b", True)})
        return {c["id"]: c["status"] for c in listed}[credential or self.seal]

    def messages(self):
        listed = self.m.operator.call("Outbox.List", "a{sv}", {"all": V("b", True)})
        return sorted(e["recipient"] for e in listed if e["kind"] == "key-compromised")

    def signs(self, person):
        return sign_once(person.client, person.session, self.seal, items(attributes(self.certificate)))

    def test_c4_seal(self):
        listed = items(attributes(self.certificate))
        operation = prepare(self.bob.client, self.bob.session, self.seal, listed)
        authorize(self.bob.client, operation)
        result = self.report(self.alice)
        self.assertEqual(2, result["told"])
        self.assertEqual(["alice@example.pl", "bob@example.pl"], self.messages())
        self.assertEqual("blocked", self.status())
        # What was authorised signs nothing, and the sessions are over: also that of the one who reported.
        self.refused("OperationState", sign, self.bob.client, operation, listed)
        for person in (self.alice, self.bob):
            self.refused("NoSession", self.signs, person)
            self.m.advance(60)
            person.again(remember=True)
            self.refused("KeyCompromised", prepare, person.client, person.session, self.seal, listed)
            self.refused("KeyCompromised", self.signs, person)
        self.refused("KeyCompromised", self.m.operator.call, "Credential.GetRequest", "sa{sv}", self.seal, {})
        self.refused("KeyCompromised", self.m.operator.call, "Credential.ImportCertificates", "saaya{sv}", self.seal, [self.certificate, self.ca.root()], {})
        # Again: nobody is told twice. It outlives the service.
        self.assertEqual(0, self.report(self.alice)["told"])
        self.m.kill_daemon()
        self.m.start_daemon()
        self.assertEqual("blocked", self.status())
        self.assertEqual(2, len(self.messages()))

    def test_another_key_takes_its_place(self):
        self.report()
        request = self.m.operator.call("Credential.RequestRenewal", "sa{sv}", self.seal, {})
        renewed = self.ca.issue(request)
        self.m.operator.call("Credential.ImportCertificates", "saaya{sv}", self.seal, [renewed, self.ca.root()], {})
        self.assertEqual("active", self.status())
        self.certificate = renewed
        self.m.advance(60)
        self.bob.again(remember=True)
        self.signs(self.bob)

    def test_renewal_from_before(self):
        """Who had the key, the session or the password may have had the new key made: what was made before the report does not end it."""
        factors = {"session": V("s", self.alice.session)}
        key, _ = seals.create_customs(self.alice.client, self.ca, self.alice.session)
        requests = {
            self.seal: self.m.operator.call("Credential.RequestRenewal", "sa{sv}", self.seal, {}),
            key: self.alice.client.call("Credential.RequestRenewal", "sa{sv}", key, {**factors, "password": secret(CUSTOMS_PASSWORD)}),
        }
        self.report(self.alice, key)
        self.report()
        for credential, request in requests.items():
            with self.subTest(credential):
                self.refused("NotFound", self.m.operator.call, "Credential.GetRenewal", "sa{sv}", self.seal, {})
                self.m.advance(60)
                self.alice.again(remember=True)
                client, given = (self.m.operator, {}) if credential == self.seal else (self.alice.client, {"session": V("s", self.alice.session)})
                self.refused("CertificateUnusable", client.call, "Credential.ImportCertificates", "saaya{sv}", credential,
                             [self.ca.issue(request), self.ca.root()], given)
                self.assertEqual("blocked", self.status(credential))

    def test_who_may(self):
        self.refused("Denied", self.report, self.bob)
        stranger = self.m.client(NOBODY)
        self.refused("NoSession", stranger.call, "Credential.ReportCompromise", "sa{sv}", self.seal, {"session": V("s", self.alice.session)})
        self.refused("NotFound", self.report, None, "0" * 16)
        self.refused("InvalidArgument", self.m.operator.call, "Credential.ReportCompromise", "sa{sv}", self.seal, {"otp": V("s", "12345678")})
        self.refused("NotPossible", self.m.operator.call, "Credential.Release", "s", self.seal)
        self.report()
        self.refused("Denied", self.alice.client.call, "Credential.Release", "s", self.seal)
        self.m.operator.call("Credential.Release", "s", self.seal)
        self.assertEqual("active", self.status())
        self.m.advance(60)
        self.bob.again(remember=True)
        self.signs(self.bob)
        self.m.operator.call("Credential.Retire", "sa{sv}", self.seal, {})
        self.refused("Disabled", self.report)

    def test_c4_customs(self):
        key, certificate = seals.create_customs(self.alice.client, self.ca, self.alice.session)
        listed = items(attributes(certificate))
        sign_once(self.alice.client, self.alice.session, key, listed, password=CUSTOMS_PASSWORD)
        self.refused("NotFound", self.report, self.bob, key)
        self.assertEqual(1, self.report(self.alice, key)["told"])
        self.m.advance(60)
        self.alice.again(remember=True)
        self.refused("KeyCompromised", sign_once, self.alice.client, self.alice.session, key, listed, password=CUSTOMS_PASSWORD)
        # The password opens no request either: that would be a signature.
        self.refused("KeyCompromised", self.alice.client.call, "Credential.GetRequest", "sa{sv}", key,
                     {"session": V("s", self.alice.session), "password": V("s", CUSTOMS_PASSWORD)})
        # Others' seals go on.
        self.signs(self.bob)


class Issued(TestCase):
    """What becomes of the certificate."""

    def setUp(self):
        self.m = self.enterContext(Machine())
        self.alice = seals.Person(self.m, "alice", ALICE)
        self.ca = authorities.Authority(self.m)
        authorities.initialize(self.m.operator)

    def seal(self, issue):
        call = self.m.operator.call
        seal = call("Credential.CreateSeal", "ssa{sv}a{sv}", "Seal", "alice", seals.SEAL_SUBJECT, {})
        chain = issue(call("Credential.GetRequest", "sa{sv}", seal, {}))
        call("Credential.ImportCertificates", "saaya{sv}", seal, chain, {})
        return seal, chain[0]

    def report(self, seal):
        return self.m.operator.call("Credential.ReportCompromise", "sa{sv}", seal, {})

    def state(self):
        issued, = authorities.listing(self.m.operator)
        return self.m.operator.call("org.sygnet.CA1.GetState", "s", issued["serial"], **authorities.CA)["state"]

    def test_c4_local(self):
        seal, _ = self.seal(lambda request: authorities.issue(self.m.operator, request))
        for _ in range(2):
            self.assertEqual("suspended", self.report(seal)["certificate"])
            self.assertEqual("suspended", self.state())
        issued, = authorities.listing(self.m.operator)
        self.m.operator.call("org.sygnet.CA1.Revoke", "ssa{sv}", issued["serial"], "keyCompromise", {}, **authorities.CA)
        self.assertEqual("revoked", self.report(seal)["certificate"])
        self.ca.kill()
        result = self.report(seal)
        self.assertEqual("failed", result["certificate"])
        self.assertTrue(result["problem"])

    def test_outside_with_a_serial_number_of_ours(self):
        self.seal(lambda request: authorities.issue(self.m.operator, request))
        issued, = authorities.listing(self.m.operator)
        outside = seals.Authority()
        seal, certificate = self.seal(lambda request: [outside.issue(request, serial=f"0x{issued['serial']}"), outside.root()])
        self.assertNotEqual(certificate, issued["certificate"])
        self.assertEqual("outside", self.report(seal)["certificate"])
        self.assertEqual("good", self.state())


if __name__ == "__main__":
    main()
