#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Operations: what is signed, by whom, when (requirements E5, E9, E10, D2, D3, S1, C2)."""
import re
import struct
import subprocess

import seals
from harness import ALICE, BOB, NOBODY, Machine, TestCase, V, main, secret
from seals import attributes, authorize, items, prepare, rests, sign, sign_once


class Operations(TestCase):
    def setUp(self):
        self.m = self.enterContext(Machine())
        self.ca = seals.Authority()
        self.alice = seals.Person(self.m, "alice", ALICE)
        self.seal, self.certificate = seals.create_seal(self.m, self.ca, "alice")

    def list_of(self, n):
        return items(*(attributes(self.certificate, f"document {i}".encode()) for i in range(n)))

    def authorized(self, listed, person=None):
        p = person or self.alice
        operation = prepare(p.client, p.session, self.seal, listed)
        authorize(p.client, operation, otp=p.code())
        return operation

    def assert_signed(self, listed, signatures):
        self.assertEqual(len(listed), len(signatures))
        for (_, tbs, _), value in zip(listed, signatures):
            self.assertTrue(self.ca.verify(self.certificate, value, tbs))

    def test_in_one_and_in_parts(self):
        listed = self.list_of(5)
        self.assert_signed(listed, sign(self.alice.client, self.authorized(listed), listed))
        chain = rests(listed)
        operation = self.authorized(listed)
        self.assert_signed(listed[:2], sign(self.alice.client, operation, listed[:2], chain[2]))
        self.refused("OperationState", sign, self.alice.client, operation, listed[:2], chain[2])
        self.assert_signed(listed[2:], sign(self.alice.client, operation, listed[2:]))
        self.refused("OperationState", sign, self.alice.client, operation, listed[2:])

    def test_algorithms(self):
        for algorithm in ("p384", "rsa3072", "ed25519"):
            seal, certificate = seals.create_seal(self.m, self.ca, "alice", algorithm)
            tbs = attributes(certificate, digest=seals.DIGESTS[algorithm], at=self.m.now() + 30)
            value, = sign_once(self.alice.client, self.alice.session, seal, items(tbs), otp=self.alice.code())
            self.assertTrue(self.ca.verify(certificate, value, tbs, algorithm), algorithm)

    def test_xml(self):
        tbs = seals.signed_info()
        value, = sign_once(self.alice.client, self.alice.session, self.seal, items(tbs, kind="xml-signedinfo"), otp=self.alice.code())
        self.assertEqual(64, len(value))
        der = seals.tlv(0x30, b"".join(seals.tlv(2, (b"\0" if p.lstrip(b"\0")[0] >= 128 else b"") + p.lstrip(b"\0")) for p in (value[:32], value[32:])))
        self.assertTrue(self.ca.verify(self.certificate, der, tbs))
        self.refused("ItemRefused", sign_once, self.alice.client, self.alice.session, self.seal,
                     items(seals.signed_info("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"), kind="xml-signedinfo"), otp=self.alice.code())

    def test_not_what_the_type_promises(self):
        other, other_certificate = seals.create_seal(self.m, self.ca, "alice")
        request = self.m.operator.call("Credential.GetRequest", "sa{sv}", other, {})
        info = request[4:]  # CertificationRequestInfo: first in the request's SEQUENCE (4 bytes of tag and length)
        info = info[:4 + struct.unpack(">H", info[2:4])[0]] if info[1] == 0x82 else info[:3 + info[2]]
        good = attributes(self.certificate)
        bad = [request, info, self.certificate, b" " * 64 + b"TLS 1.3, client CertificateVerify\0" + bytes(32),
               attributes(other_certificate), attributes(self.certificate, content_type="2a864886f70d0109100104"),
               attributes(self.certificate, at=self.m.now() - 301), attributes(self.certificate, at=self.m.now() + 2000), bytes(32), b"",
               good + b"\0", good[:-1]]
        for tbs in bad:
            listed = items(good, tbs)
            operation = prepare(self.alice.client, self.alice.session, self.seal, listed)
            authorize(self.alice.client, operation, otp=self.alice.code())
            self.assertIn("2", self.refused("ItemRefused", sign, self.alice.client, operation, listed))
            # The list stays where it was, and the good one can still be signed.
            self.assert_signed(listed[:1], sign(self.alice.client, operation, listed[:1], rests(listed)[1]))
        for kind in ("device", "", "x" * 300):
            self.refused("ItemRefused", sign_once, self.alice.client, self.alice.session, self.seal, items(good, kind=kind), otp="00000000")

    def test_sixty_fifth(self):
        listed = self.list_of(65)
        operation = prepare(self.alice.client, self.alice.session, self.seal, listed[:64])
        authorize(self.alice.client, operation, otp=self.alice.code())
        self.refused("OperationState", sign, self.alice.client, operation, listed)
        self.refused("OperationState", sign, self.alice.client, operation, listed[:63] + listed[64:])
        self.assert_signed(listed[:64], sign(self.alice.client, operation, listed[:64]))
        self.refused("OperationState", sign, self.alice.client, operation, listed[64:])

    def test_states(self):
        c, listed = self.alice.client, self.list_of(1)
        operation = prepare(c, self.alice.session, self.seal, listed)
        self.refused("OperationState", sign, c, operation, listed)
        self.refused("CodeRequired", authorize, c, operation)
        self.refused("InvalidArgument", authorize, c, operation, password="x")
        self.refused("WrongCode", authorize, c, operation, otp="00000000")
        authorize(c, operation, otp=self.alice.code())
        self.refused("OperationState", authorize, c, operation, otp=self.alice.code())
        c.call("Operation.Cancel", "s", operation)
        self.refused("OperationState", sign, c, operation, listed)
        self.refused("OperationState", c.call, "Operation.Cancel", "s", operation)
        self.refused("OperationState", sign, c, "0" * 32, listed)
        operation = prepare(c, self.alice.session, self.seal, listed)
        bob = self.m.client(BOB)
        self.refused("OperationState", authorize, bob, operation, otp=self.alice.code())
        self.refused("OperationState", bob.call, "Operation.Cancel", "s", operation)

    def test_bad_arguments(self):
        c, s, listed = self.alice.client, self.alice.session, self.list_of(1)
        call = lambda *a: c.call("Operation.Prepare", "ssuaya{sv}", *a)
        for count in (0, 65537):
            self.refused("InvalidArgument", call, s, self.seal, count, bytes(32), {})
        self.refused("InvalidArgument", call, s, self.seal, 1, bytes(31), {})
        self.refused("InvalidArgument", call, s, self.seal, 1, bytes(32), {"x": V("s", "y")})
        self.refused("NotFound", call, s, "0" * 16, 1, bytes(32), {})
        self.refused("NotFound", call, s, "x" * 100000, 1, bytes(32), {})
        self.refused("NoSession", call, "x" * 100000, self.seal, 1, bytes(32), {})
        self.refused("NoSession", call, "", self.seal, 1, bytes(32), {})
        operation = self.authorized(listed)
        self.refused("InvalidArgument", sign, c, operation, [])
        self.refused("InvalidArgument", sign, c, operation, listed, b"")
        self.refused("InvalidArgument", sign, c, operation, [(listed[0][0], listed[0][1], {"name": V("s", "x" * 1025)})])
        self.refused("LimitReached", sign_once, c, s, self.seal, self.list_of(1) * 257, otp="1")
        self.refused("ItemRefused", sign, c, operation, items(bytes(16 * 1024 + 1)))
        self.refused("ItemRefused", sign, c, operation, items(bytes(1024 * 1024), kind="xml-signedinfo"))
        self.assert_signed(listed, sign(c, operation, listed))

    def test_many_operations(self):
        listed = self.list_of(1)
        operations = [prepare(self.alice.client, self.alice.session, self.seal, listed) for _ in range(64)]
        self.refused("LimitReached", prepare, self.alice.client, self.alice.session, self.seal, listed)
        self.alice.client.call("Operation.Cancel", "s", operations[0])
        prepare(self.alice.client, self.alice.session, self.seal, listed)

    def test_nobody(self):
        c = self.m.client(NOBODY)
        self.refused("NoSession", prepare, c, self.alice.session, self.seal, self.list_of(1))
        self.refused("NoSession", sign_once, c, self.alice.session, self.seal, self.list_of(1), otp=self.alice.code())
        self.refused("NoSession", c.call, "Audit.List", "sa{sv}", self.alice.session, {})
        self.assertEqual([], c.call("Credential.List", "a{sv}", {}))
        for method, signature, *args in (("Credential.List", "a{sv}", {"all": V("b", True)}), ("Audit.ListAll", "a{sv}", {}), ("Audit.Verify", ""),
                                         ("Credential.ListUsers", "sa{sv}", self.seal, {}), ("Credential.GetRequest", "sa{sv}", self.seal, {}),
                                         ("Credential.Retire", "sa{sv}", self.seal, {}), ("Credential.BreakLease", "sa{sv}", self.seal, {}),
                                         ("Credential.AddUser", "ssa{sv}", self.seal, "alice", {}),
                                         ("Credential.RemoveUser", "ssa{sv}", self.seal, "alice", {})):
            self.refused("Denied", c.call, method, signature, *args)

    def test_without_grant(self):
        bob = seals.Person(self.m, "bob", BOB)
        self.refused("NotFound", prepare, bob.client, bob.session, self.seal, self.list_of(1))
        self.refused("NotFound", sign_once, bob.client, bob.session, self.seal, self.list_of(1), otp=bob.code())
        self.assertEqual([], bob.client.call("Credential.List", "a{sv}", {}))

    def test_code_used(self):
        listed = self.list_of(1)
        code = self.alice.code()
        sign_once(self.alice.client, self.alice.session, self.seal, listed, otp=code)
        self.refused("CodeUsed", sign_once, self.alice.client, self.alice.session, self.seal, listed, otp=code)
        other = self.m.client(ALICE)
        self.refused("CodeUsed", sign_once, other, other.login("alice"), self.seal, listed, otp=code)
        self.m.kill_daemon()
        self.m.start_daemon()
        again = self.m.client(ALICE)
        self.refused("CodeUsed", sign_once, again, again.login("alice"), self.seal, listed, otp=code)

    def test_refused_item_spends_no_code(self):
        code = self.alice.code()
        self.refused("ItemRefused", sign_once, self.alice.client, self.alice.session, self.seal, items(b"x"), otp=code)
        sign_once(self.alice.client, self.alice.session, self.seal, self.list_of(1), otp=code)

    def test_remembered(self):
        self.alice.again(remember=True)
        for _ in range(3):
            self.m.advance(600)
            listed = self.list_of(2)
            operation = prepare(self.alice.client, self.alice.session, self.seal, listed)
            authorize(self.alice.client, operation)
            self.assert_signed(listed, sign(self.alice.client, operation, listed))

    def test_idle_session(self):
        listed = self.list_of(2)
        operation = self.authorized(listed)
        self.m.advance(145)
        self.assert_signed(listed[:1], sign(self.alice.client, operation, listed[:1], rests(listed)[1]))
        self.m.advance(181)
        self.assertIn(self.refused_name(sign, self.alice.client, operation, listed[1:]), ("NoSession", "OperationState"))
        self.refused("NoSession", prepare, self.alice.client, self.alice.session, self.seal, listed)

    def refused_name(self, function, *args):
        try:
            function(*args)
        except Exception as e:
            return e.name
        self.fail("not refused")

    def test_lease(self):
        bob = seals.Person(self.m, "bob", BOB)
        self.m.operator.call("Credential.AddUser", "ssa{sv}", self.seal, "bob", {})
        self.alice.again()
        listed = self.list_of(2)
        operation = self.authorized(listed)
        code = bob.code()
        sentence = self.refused("SealBusy", sign_once, bob.client, bob.session, self.seal, listed, otp=code)
        self.assertRegex(sentence, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
        self.alice.client.call("Session.Logout", "s", self.alice.session)
        # The code was not spent on a busy seal, and the lease went with the session.
        self.assert_signed(listed, sign_once(bob.client, bob.session, self.seal, listed, otp=code))
        self.m.operator.call("Credential.BreakLease", "sa{sv}", self.seal, {})
        self.alice.again()
        self.assert_signed(listed, sign(self.alice.client, self.authorized(listed), listed))

    def test_lease_broken(self):
        listed = self.list_of(2)
        operation = self.authorized(listed)
        self.m.operator.call("Credential.BreakLease", "sa{sv}", self.seal, {})
        self.refused("OperationState", sign, self.alice.client, operation, listed)

    def test_lease_lapses(self):
        bob = seals.Person(self.m, "bob", BOB)
        self.m.operator.call("Credential.AddUser", "ssa{sv}", self.seal, "bob", {})
        self.alice.again(remember=True)
        listed = self.list_of(2)
        operation = prepare(self.alice.client, self.alice.session, self.seal, listed)
        authorize(self.alice.client, operation)
        self.m.advance(181)
        bob.again()
        self.assert_signed(listed, sign_once(bob.client, bob.session, self.seal, listed, otp=bob.code()))
        self.refused("SealBusy", sign, self.alice.client, operation, listed)

    def test_removed_user(self):
        bob = seals.Person(self.m, "bob", BOB)
        self.m.operator.call("Credential.AddUser", "ssa{sv}", self.seal, "bob", {})
        listed = self.list_of(2)
        operation = self.authorized(listed, bob)
        waiting = prepare(bob.client, bob.session, self.seal, listed)
        self.assert_signed(listed[:1], sign(bob.client, operation, listed[:1], rests(listed)[1]))
        self.m.operator.call("Credential.RemoveUser", "ssa{sv}", self.seal, "bob", {})
        self.refused("OperationState", sign, bob.client, operation, listed[1:])
        self.refused("OperationState", authorize, bob.client, waiting, otp=bob.code())
        self.refused("NotFound", prepare, bob.client, bob.session, self.seal, listed)
        users = self.m.operator.call("Credential.ListUsers", "sa{sv}", self.seal, {})
        self.assertEqual([("alice", "administrator", "active"), ("bob", "user", "deleted")], [(u["login"], u["role"], u["status"]) for u in users])
        self.assertIn("removed", users[1])
        self.assertNotIn("removed", users[0])

    def test_two_at_once(self):
        listed = self.list_of(64)
        operation = self.authorized(listed)
        numbers = [sign(self.alice.client, operation, listed, start=True) for _ in range(2)]
        results = []
        for n in numbers:
            try:
                results.append(self.alice.client.wait(n))
            except Exception as e:
                results.append(e.name)
        self.assertEqual(1, results.count("OperationState"), results)
        self.assert_signed(listed, next(r for r in results if r != "OperationState"))

    def test_caller_leaves(self):
        listed = self.list_of(64)
        other = self.m.client(ALICE)
        session = other.login("alice")
        operation = prepare(other, session, self.seal, listed)
        authorize(other, operation, otp=self.alice.code())
        sign(other, operation, listed, start=True)
        other.leave()
        # The daemon goes on, and the seal with it.
        self.assert_signed(listed, sign_once(self.alice.client, self.alice.session, self.seal, listed, otp=self.alice.code()))

    def test_expired(self):
        seal, certificate = seals.create_seal(self.m, self.ca, "alice", days=1)
        listed = items(attributes(certificate))
        self.m.advance(86100)
        self.alice.again()
        operation = prepare(self.alice.client, self.alice.session, seal, listed)
        authorize(self.alice.client, operation, otp=self.alice.code())
        self.m.advance(140)
        sign(self.alice.client, operation, listed)
        operation = prepare(self.alice.client, self.alice.session, seal, listed)
        self.m.advance(145)
        self.refused("CertificateUnusable", authorize, self.alice.client, operation, otp=self.alice.code())
        self.alice.again()
        ends = subprocess.run(["openssl", "x509", "-inform", "DER", "-noout", "-enddate", "-dateopt", "iso_8601"], input=certificate, capture_output=True,
                              check=True).stdout.decode().strip().removeprefix("notAfter=").replace(" ", "T")
        self.assertIn(f"expired at {ends}", self.refused("CertificateUnusable", prepare, self.alice.client, self.alice.session, seal, listed))
        self.m.advance(-86400 * 3)
        self.assertIn("not valid before", self.refused("CertificateUnusable", prepare, self.alice.client, self.alice.session, seal, listed))

    def test_what_was_prepared_before_permits_nothing(self):
        """An operation prepared like the last one is looked at anew once something has changed."""
        bob = seals.Person(self.m, "bob", BOB)
        self.m.operator.call("Credential.AddUser", "ssa{sv}", self.seal, "bob", {})
        listed = self.list_of(1)
        for _ in range(2):
            prepare(bob.client, bob.session, self.seal, listed)
        self.m.operator.call("Credential.RemoveUser", "ssa{sv}", self.seal, "bob", {})
        self.refused("NotFound", prepare, bob.client, bob.session, self.seal, listed)
        prepare(self.alice.client, self.alice.session, self.seal, listed)
        self.m.operator.call("Credential.Retire", "sa{sv}", self.seal, {})
        self.refused("Disabled", prepare, self.alice.client, self.alice.session, self.seal, listed)

    def test_history(self):
        listed = self.list_of(3)
        sign_once(self.alice.client, self.alice.session, self.seal, listed, otp=self.alice.code())
        entries = self.alice.client.call("Audit.List", "sa{sv}", self.alice.session, {"limit": V("u", 1)})
        self.assertEqual("sign", entries[0]["event"])
        self.assertEqual(3, len(re.findall('"name": ?"document', entries[0]["payload"])))
        rows = self.m.operator.call("Audit.ListAll", "a{sv}", {})
        self.assertTrue(all("payload" not in e for e in rows))
        self.assertIn(("sign", "alice"), [(e["event"], e["login"]) for e in rows])
        intact, count, head, broken = self.m.operator.call("Audit.Verify", "")
        self.assertEqual((True, len(rows), 33, 0), (intact, count, len(head), broken))
        self.assertEqual(rows[1:3], self.m.operator.call("Audit.ListAll", "a{sv}", {"before": V("t", rows[0]["seq"]), "limit": V("u", 2)}))
        for options in ({"limit": V("u", 0)}, {"limit": V("u", 1001)}, {"x": V("u", 1)}):
            self.refused("InvalidArgument", self.m.operator.call, "Audit.ListAll", "a{sv}", options)


if __name__ == "__main__":
    main()
