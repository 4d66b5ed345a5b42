#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Credentials: made, certified, shared, retired (requirements E3, E6, E8, E9, C2, C5)."""
import seals
from harness import ALICE, BOB, NOBODY, PASSWORD, SOURCE, Machine, TestCase, V, main, secret
from seals import CUSTOMS_PASSWORD, CUSTOMS_SUBJECT, SEAL_SUBJECT, attributes, authorize, items, prepare, sign, sign_once


class Credentials(TestCase):
    def setUp(self):
        self.m = self.enterContext(Machine())
        self.ca = seals.Authority()
        self.alice = seals.Person(self.m, "alice", ALICE)

    def session_of(self, person):
        return {"session": V("s", person.session)}

    def test_customs(self):
        a = self.alice
        key, certificate = seals.create_customs(a.client, self.ca, a.session)
        listed = items(attributes(certificate), attributes(certificate, b"another"))
        operation = prepare(a.client, a.session, key, listed)
        self.refused("WrongPassword", authorize, a.client, operation, password="Customs-Word-13")
        self.refused("WrongPassword", authorize, a.client, operation, password="")
        self.refused("InvalidArgument", authorize, a.client, operation, otp="12345678")
        authorize(a.client, operation, password=CUSTOMS_PASSWORD)
        for (_, tbs, _), value in zip(listed, sign(a.client, operation, listed)):
            self.assertTrue(self.ca.verify(certificate, value, tbs))
        sign_once(a.client, a.session, key, listed, password=CUSTOMS_PASSWORD)
        # Neither another person's nor the operator's.
        bob = seals.Person(self.m, "bob", BOB)
        self.refused("NotFound", prepare, bob.client, bob.session, key, listed)
        self.refused("NotFound", bob.client.call, "Credential.Retire", "sa{sv}", key, self.session_of(bob))
        for method, signature, *args in (("GetRequest", "sa{sv}", key, {}), ("Retire", "sa{sv}", key, {}),
                                         ("ImportCertificates", "saaya{sv}", key, [certificate], {})):
            self.refused("Denied", self.m.operator.call, f"Credential.{method}", signature, *args)

    def test_guessing(self):
        a = self.alice
        key, certificate = seals.create_customs(a.client, self.ca, a.session)
        listed = items(attributes(certificate))
        self.m.freeze()
        for _ in range(4):
            self.refused("WrongPassword", sign_once, a.client, a.session, key, listed, password="wrong")
        # While the wait lasts a right one gets the same answer.
        for password in ("wrong", CUSTOMS_PASSWORD):
            self.refused("TryLater", sign_once, a.client, a.session, key, listed, password=password)
        self.m.advance(10)
        sign_once(a.client, a.session, key, listed, password=CUSTOMS_PASSWORD)

    def test_password_rule(self):
        call = lambda password, subject=CUSTOMS_SUBJECT: self.alice.client.call(
            "Credential.GenerateCustomsKey", "ssva{sv}a{sv}", self.alice.session, "Customs", secret(password), subject, {})
        for password in ("", "Short-1", "customs-word-12", "CUSTOMS-WORD-12", "Customs-Word-xx", "CustomsWord12"):
            self.refused("WeakPassword", call, password)
        self.refused("InvalidArgument", call, CUSTOMS_PASSWORD, SEAL_SUBJECT)
        self.refused("InvalidArgument", call, CUSTOMS_PASSWORD, {})

    def test_import(self):
        op = self.m.operator
        seal = op.call("Credential.CreateSeal", "ssa{sv}a{sv}", "Example", "alice", SEAL_SUBJECT, {})
        take = lambda certificates: op.call("Credential.ImportCertificates", "saaya{sv}", seal, certificates, {})
        self.refused("CertificateUnusable", prepare, self.alice.client, self.alice.session, seal, items(b"x"))
        certificate = self.ca.issue(op.call("Credential.GetRequest", "sa{sv}", seal, {}))
        root, other = self.ca.root(), seals.Authority()
        for chain in ([], [root], [certificate, other.root()], [b""], [certificate + b"\0"], [bytes(20000)], [certificate] + [root] * 32,
                      [self.ca.issue(op.call("Credential.GetRequest", "sa{sv}", seal, {}), usage="keyEncipherment")]):
            self.refused("CertificateUnusable", take, chain)
        take([certificate, root])
        shown, = self.alice.client.call("Credential.List", "a{sv}", {})
        self.assertEqual(("seal", "active", "administrator", "alice", "VATPL-5250000000", "Example sp. z o.o."),
                         tuple(shown[k] for k in ("kind", "status", "role", "login", "organization_identifier", "organization")))
        get = lambda client, credential=seal: client.call("Credential.GetCertificates", "s", credential)
        for client in (self.alice.client, op):
            self.assertEqual([certificate, root], get(client))
        # A certificate may hold a personal number: who has no share in the credential does not even learn that it exists.
        bob, nobody = seals.Person(self.m, "bob", BOB), self.m.client(NOBODY)
        for client in (bob.client, nobody):
            self.refused("Denied", get, client)
            self.refused("Denied", get, client, "0" * 16)
        self.refused("NotFound", get, op, "0" * 16)
        op.call("Credential.AddUser", "ssa{sv}", seal, "bob", {})
        self.assertEqual([certificate, root], get(bob.client))
        self.refused("Denied", get, nobody)
        op.call("Credential.RemoveUser", "ssa{sv}", seal, "bob", {})
        self.refused("Denied", get, bob.client)

    def test_create_refuses(self):
        op = self.m.operator
        create = lambda label, login, subject, options: op.call("Credential.CreateSeal", "ssa{sv}a{sv}", label, login, subject, options)
        self.refused("NotFound", create, "x", "nobody-here", SEAL_SUBJECT, {})
        self.refused("InvalidArgument", create, "", "alice", SEAL_SUBJECT, {})
        self.refused("InvalidArgument", create, "x" * 257, "alice", SEAL_SUBJECT, {})
        self.refused("InvalidArgument", create, "x", "alice", SEAL_SUBJECT, {"algorithm": V("s", "rsa1024")})
        self.refused("InvalidArgument", create, "x", "alice", {**SEAL_SUBJECT, "commonName": V("s", "x" * 70000)}, {})
        self.refused("Denied", self.alice.client.call, "Credential.CreateSeal", "ssa{sv}a{sv}", "x", "alice", SEAL_SUBJECT, {})

    def test_users(self):
        seal, certificate = seals.create_seal(self.m, self.ca, "alice")
        bob = seals.Person(self.m, "bob", BOB)
        self.alice.again()
        call = lambda person, method, login, otp: person.client.call(
            f"Credential.{method}", "ssa{sv}", seal, login, {**self.session_of(person), "otp": secret(otp)})
        self.refused("NotFound", call, bob, "AddUser", "bob", bob.code())
        self.refused("WrongCode", call, self.alice, "AddUser", "bob", "00000000")
        self.refused("CodeRequired", self.alice.client.call, "Credential.AddUser", "ssa{sv}", seal, "bob", self.session_of(self.alice))
        call(self.alice, "AddUser", "bob", self.alice.code())
        self.refused("Exists", self.m.operator.call, "Credential.AddUser", "ssa{sv}", seal, "bob", {})
        self.alice.again()
        bob.again()
        self.refused("Denied", bob.client.call, "Credential.ListUsers", "sa{sv}", seal, self.session_of(bob))
        self.refused("Denied", call, bob, "RemoveUser", "bob", bob.code())
        self.refused("Denied", call, self.alice, "RemoveUser", "alice", self.alice.code())
        call(self.alice, "RemoveUser", "bob", self.alice.code())
        self.refused("NotFound", self.m.operator.call, "Credential.RemoveUser", "ssa{sv}", seal, "bob", {})
        # A mistake is corrected by granting again; the history stays.
        self.m.operator.call("Credential.AddUser", "ssa{sv}", seal, "bob", {})
        users = self.alice.client.call("Credential.ListUsers", "sa{sv}", seal, self.session_of(self.alice))
        self.assertEqual([("alice", "active"), ("bob", "deleted"), ("bob", "active")], [(u["login"], u["status"]) for u in users])

    def test_retire(self):
        seal, certificate = seals.create_seal(self.m, self.ca, "alice")
        listed = items(attributes(certificate))
        a = self.alice
        self.refused("Denied", a.client.call, "Credential.Retire", "sa{sv}", seal, self.session_of(a))
        operation = prepare(a.client, a.session, seal, listed)
        authorize(a.client, operation, otp=a.code())
        self.m.operator.call("Credential.Retire", "sa{sv}", seal, {})
        self.refused("OperationState", sign, a.client, operation, listed)
        self.refused("Disabled", prepare, a.client, a.session, seal, listed)
        self.refused("Disabled", self.m.operator.call, "Credential.GetRequest", "sa{sv}", seal, {})

    def test_example(self):
        seal, certificate = seals.create_seal(self.m, self.ca, "alice")
        folder = self.ca.folder
        folder.chmod(0o777)
        (folder / "attributes").write_bytes(attributes(certificate))
        self.m.run(["/usr/bin/python3", SOURCE / "docs/examples/sign.py", "alice", seal, folder / "attributes", folder / "value"], uid=ALICE,
                   input=f"{PASSWORD}\n{self.alice.code()}\n")
        self.assertTrue(self.ca.verify(certificate, (folder / "value").read_bytes(), attributes(certificate)))


if __name__ == "__main__":
    main()
