#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Mandates: a service's Unix user seals without codes, within what the Administrator allowed, and nobody beyond it (issue: attacks on a mandate)."""
import json
import shutil
import sqlite3

import dbus

import harness
import seals
from harness import ALICE, BOB, BUILD, NOBODY, OTHER_SERVICE, ROOT, SERVICE, SYGNET, BusError, Machine, TestCase, V, main, secret
from seals import attributes, authorize, items, prepare, sign, sign_once

DAY = 86400


class Mandates(TestCase):
    algorithm = "p256"

    def setUp(self):
        self.m = self.enterContext(Machine())
        self.ca = seals.Authority()
        self.alice = seals.Person(self.m, "alice", ALICE)
        self.seal, self.certificate = seals.create_seal(self.m, self.ca, "alice", self.algorithm, days=800)
        self.service = self.m.client(SERVICE)
        self.m.freeze()

    def create(self, uid=SERVICE, seal=None, documents=100, expires=None, person=None, code=None, **limits):
        p = person or self.alice
        p.again()
        limits = {"documents": V("u", documents), "expires": V("x", int(self.m.now()) + 30 * DAY if expires is None else expires),
                  **{k: V("u", v) for k, v in limits.items()}}
        return p.client.call("Mandate.Create", "sua{sv}a{sv}", seal or self.seal, dbus.UInt32(uid), limits,
                             {"session": V("s", p.session), "otp": secret(code or p.code())})

    def list_of(self, n=1):
        return items(*(attributes(self.certificate, f"document {i}".encode()) for i in range(n)))

    def sign(self, mandate, n=1, client=None, wait=0, start=False):
        c = client or self.service
        return (c.start if start else c.call)("Mandate.Sign", "sa(saya{sv})a{sv}", mandate, self.list_of(n), {"wait": V("u", wait)})

    def assert_signed(self, signatures, n=1):
        self.assertEqual(n, len(signatures))
        for (_, tbs, _), value in zip(self.list_of(n), signatures):
            self.assertTrue(self.ca.verify(self.certificate, value, tbs))

    def revoke(self, mandate):
        self.alice.client.call("Mandate.Revoke", "sa{sv}", mandate, {"session": V("s", self.alice.session)})

    def own(self, client=None):
        return (client or self.service).call("Mandate.List", "a{sv}", {})

    def audited(self, event):
        return [e for e in self.m.operator.call("Audit.ListAll", "a{sv}", {"limit": V("u", 1000)}) if e["event"] == event]


class Use(Mandates):
    def test_signs(self):
        mandate = self.create(documents=5)
        self.assertEqual([self.certificate, self.ca.root()], self.service.call("Mandate.GetCertificates", "s", mandate))
        self.assert_signed(self.sign(mandate))
        self.assert_signed(self.sign(mandate, 4), 4)
        self.assertEqual(5, self.own()[0]["used"])
        self.assertEqual("used-up", self.own()[0]["status"])

    def test_audit_names_mandate_and_user(self):
        mandate = self.create(documents=5)
        self.sign(mandate, 2)
        self.revoke(mandate)
        self.alice.again()
        own = self.alice.client.call("Audit.List", "sa{sv}", self.alice.session, {})
        told = {e["event"]: json.loads(e["payload"]) for e in own if e["event"] in ("sign", "mandate-create", "mandate-revoke")}
        self.assertEqual((mandate, ["document 0", "document 1"]), (told["sign"]["mandate"], [i["name"] for i in told["sign"]["items"]]))
        self.assertEqual((mandate, SERVICE, "service", 5), tuple(told["mandate-create"][k] for k in ("mandate", "uid", "user", "documents")))
        self.assertEqual(mandate, told["mandate-revoke"]["mandate"])
        self.assertEqual([SERVICE], [e["uid"] for e in self.audited("sign")])
        self.assertTrue(self.m.operator.call("Audit.Verify", "")[0])

    def test_lists(self):
        """For the Administrator those of the seal, for the service its own, for the operator all."""
        mandate = self.create()
        bob = seals.Person(self.m, "bob", BOB)
        other_seal, _ = seals.create_seal(self.m, self.ca, "bob")
        other = self.create(seal=other_seal, person=bob, uid=OTHER_SERVICE)

        def ids(client, **options):
            return [d["id"] for d in client.call("Mandate.List", "a{sv}", options)]
        self.alice.again()
        self.assertEqual([mandate], ids(self.service))
        self.assertEqual([other], ids(self.m.client(OTHER_SERVICE)))
        self.assertEqual([mandate], ids(self.alice.client, session=V("s", self.alice.session)))
        self.assertEqual([other], ids(bob.client, session=V("s", bob.session)))
        self.assertEqual({mandate, other}, set(ids(self.m.operator, all=V("b", True))))
        self.assertEqual([], ids(self.m.client(NOBODY)))
        self.refused("Denied", ids, self.service, all=V("b", True))
        self.m.operator.call("Credential.AddUser", "ssa{sv}", self.seal, "bob", {})
        self.assertEqual([other], ids(bob.client, session=V("s", bob.session)))
        said = self.own()[0]
        self.assertEqual(("Example seal", "p256", "service", SERVICE, 100, 0, 60, "active"),
                         tuple(said[k] for k in ("seal", "algorithm", "user", "uid", "documents", "used", "per_minute", "status")))
        self.assertNotIn("revoked", said)

    def test_waits_behind_a_person(self):
        """A mandate does not get into a seal that somebody uses, and keeps nobody out of it."""
        mandate = self.create()
        self.alice.again()
        listed = self.list_of(2)
        operation = prepare(self.alice.client, self.alice.session, self.seal, listed)
        authorize(self.alice.client, operation, otp=self.alice.code())
        self.assertIn("UTC", self.refused("TryLater", self.sign, mandate))
        numbers = [self.sign(mandate, wait=60, start=True) for _ in range(3)]
        sign(self.alice.client, operation, listed)
        self.assertEqual(0, self.own()[0]["used"])
        self.alice.client.call("Session.Logout", "s", self.alice.session)
        for number in numbers:
            self.assert_signed(self.service.wait(number))

    def test_behind_who_waits_for_the_seal(self):
        """Who was told that the seal is free comes before a mandate that waits for longer."""
        mandate = self.create()
        bob = seals.Person(self.m, "bob", BOB)
        self.m.operator.call("Credential.AddUser", "ssa{sv}", self.seal, "bob", {})
        self.alice.again()
        sign_once(self.alice.client, self.alice.session, self.seal, self.list_of(), otp=self.alice.code())
        waiting = self.sign(mandate, wait=200, start=True)
        bob.again()
        told = bob.client.start("Credential.AwaitFree", "ssa{sv}", self.seal, bob.session, {})
        self.m.wait_for(lambda: self.is_waiting(bob), "Bob's place in the queue")
        self.alice.client.call("Session.Logout", "s", self.alice.session)
        bob.client.wait(told)
        self.assertEqual(0, self.own()[0]["used"])
        sign_once(bob.client, bob.session, self.seal, self.list_of(), otp=bob.code())
        bob.client.call("Session.Logout", "s", bob.session)
        self.assert_signed(self.service.wait(waiting))

    def is_waiting(self, person):
        """A second wait of the same session is refused."""
        try:
            person.client.call("Credential.AwaitFree", "ssa{sv}", self.seal, person.session, {"timeout": V("u", 0)})
        except BusError as e:
            return e.name == "LimitReached"
        return False

    def test_new_certificate_while_it_waits(self):
        mandate = self.create()
        self.alice.again()
        sign_once(self.alice.client, self.alice.session, self.seal, self.list_of(), otp=self.alice.code())
        number = self.sign(mandate, wait=200, start=True)
        self.assertEqual(0, self.own()[0]["used"])
        request = self.m.operator.call("Credential.GetRequest", "sa{sv}", self.seal, {})
        self.certificate = self.ca.issue(request, days=801)
        self.m.operator.call("Credential.ImportCertificates", "saaya{sv}", self.seal, [self.certificate, self.ca.root()], {})
        self.alice.client.call("Session.Logout", "s", self.alice.session)
        self.refused("TryLater", self.service.wait, number)
        self.assert_signed(self.sign(mandate))
        self.assertEqual(1, self.own()[0]["used"])

    def test_wait_is_bounded(self):
        mandate = self.create()
        self.alice.again(remember=True)
        sign_once(self.alice.client, self.alice.session, self.seal, self.list_of())
        number = self.sign(mandate, wait=50, start=True)
        behind = self.sign(mandate, wait=50, start=True)
        self.assertEqual(0, self.own()[0]["used"])
        self.m.advance(50)
        for n in (number, behind):
            self.refused("TryLater", self.service.wait, n)
        self.assertEqual(0, self.own()[0]["used"])
        self.refused("InvalidArgument", self.sign, mandate, wait=241)

    def test_caller_leaves_while_it_waits(self):
        mandate = self.create()
        self.alice.again()
        sign_once(self.alice.client, self.alice.session, self.seal, self.list_of(), otp=self.alice.code())
        leaving = self.m.client(SERVICE)
        self.sign(mandate, wait=200, client=leaving, start=True)
        number = self.sign(mandate, wait=200, start=True)
        leaving.leave()
        self.alice.client.call("Session.Logout", "s", self.alice.session)
        self.assert_signed(self.service.wait(number))
        self.assertEqual(1, self.own()[0]["used"])

    def test_stop_while_it_waits(self):
        mandate = self.create()
        self.alice.again(remember=True)
        sign_once(self.alice.client, self.alice.session, self.seal, self.list_of())
        numbers = [self.sign(mandate, wait=200, start=True) for _ in range(3)]
        self.m.wait_for(lambda: len(self.own()) == 1, "an answer")
        self.m.restart_daemon()
        for n in numbers:
            with self.assertRaises(BusError):
                self.service.wait(n)
        self.assert_signed(self.sign(mandate))

    def test_key_is_not_kept(self):
        """Nothing but the call holds the key: the next one opens it anew, also after the seal was given another certificate."""
        mandate = self.create()
        for _ in range(3):
            self.assert_signed(self.sign(mandate))
        self.alice.again()
        sign_once(self.alice.client, self.alice.session, self.seal, self.list_of(), otp=self.alice.code())
        self.alice.client.call("Session.Logout", "s", self.alice.session)
        self.assert_signed(self.sign(mandate))


class Giving(Mandates):
    def test_administrator_with_a_fresh_code(self):
        code = self.alice.code()
        self.create(code=code)
        self.refused("CodeUsed", self.create, code=code)
        self.refused("WrongCode", self.create, code="00000000")
        self.alice.again(remember=True)
        limits = {"documents": V("u", 1), "expires": V("x", int(self.m.now()) + DAY)}
        call = lambda factors: self.alice.client.call("Mandate.Create", "sua{sv}a{sv}", self.seal, SERVICE, limits, factors)
        self.refused("CodeRequired", call, {"session": V("s", self.alice.session)})
        self.refused("InvalidArgument", call, {})
        self.refused("NoSession", call, {"session": V("s", "0" * 32), "otp": secret(self.alice.code())})
        self.refused("InvalidArgument", self.m.operator.call, "Mandate.Create", "sua{sv}a{sv}", self.seal, SERVICE, limits, {})

    def test_nobody_else(self):
        bob = seals.Person(self.m, "bob", BOB)
        self.refused("NotFound", self.create, person=bob)
        self.m.operator.call("Credential.AddUser", "ssa{sv}", self.seal, "bob", {})
        self.refused("Denied", self.create, person=bob)
        self.alice.again()
        customs, _ = seals.create_customs(self.alice.client, self.ca, self.alice.session)
        self.refused("NotFound", self.create, seal=customs)
        self.refused("NotFound", self.create, seal="0" * 16)
        self.assertEqual([], self.own())

    def test_refused_limits_spend_no_code(self):
        code, now = self.alice.code(), int(self.m.now())
        for limits in ({"documents": 0}, {"documents": 1000001}, {"expires": now}, {"expires": now + 367 * DAY}, {"expires": -1}, {"per_minute": 0},
                       {"per_minute": 6001}):
            self.refused("InvalidArgument", self.create, code=code, **limits)
        self.create(code=code)

    def test_users_that_do_not_stay_the_same(self):
        code = self.alice.code()
        for uid in (ROOT, NOBODY, 61184, 64000, 65519, 65535, 2**32 - 1):
            self.assertIn("Make a user", self.refused("InvalidArgument", self.create, uid=uid, code=code))
        self.assertIn("12345", self.refused("InvalidArgument", self.create, uid=12345, code=code))
        self.create(code=code)

    def test_not_too_many(self):
        for _ in range(64):
            self.create()
        self.refused("LimitReached", self.create)
        self.revoke(self.own()[0]["id"])
        self.create()

    def test_retired_seal(self):
        mandate = self.create()
        self.m.operator.call("Credential.Retire", "sa{sv}", self.seal, {})
        self.refused("Disabled", self.sign, mandate)
        self.refused("Disabled", self.create)

    def test_revealed_key(self):
        """Requirement C4: a mandate does not serve while the seal's key is blocked."""
        mandate = self.create()
        self.m.operator.call("Credential.ReportCompromise", "sa{sv}", self.seal, {})
        self.refused("KeyCompromised", self.sign, mandate)
        self.m.operator.call("Credential.Release", "s", self.seal)
        self.assert_signed(self.sign(mandate))


class Attacks(Mandates):
    def test_another_uid(self):
        mandate = self.create()
        for uid in (OTHER_SERVICE, ALICE, ROOT, NOBODY):
            c = self.m.client(uid)
            self.refused("NotFound", self.sign, mandate, client=c)
            self.refused("NotFound", c.call, "Mandate.GetCertificates", "s", mandate)
        self.refused("NotFound", self.sign, "0" * 16)
        self.refused("NotFound", self.sign, "x" * 100000)
        self.assertEqual(0, self.own()[0]["used"])

    def test_past_its_count(self):
        mandate = self.create(documents=3)
        self.refused("MandateUnusable", self.sign, mandate, 4)
        self.assertEqual(0, self.own()[0]["used"])
        self.assert_signed(self.sign(mandate, 2), 2)
        self.refused("MandateUnusable", self.sign, mandate, 2)
        self.assert_signed(self.sign(mandate))
        self.assertIn("used up", self.refused("MandateUnusable", self.sign, mandate))

    def test_past_its_date(self):
        mandate = self.create(expires=int(self.m.now()) + DAY)
        self.m.advance(DAY - 60)
        self.assert_signed(self.sign(mandate))
        self.m.advance(60)
        self.assertIn("expired", self.refused("MandateUnusable", self.sign, mandate))
        # Nor before it once more, by a clock that is set back.
        self.m.advance(-200)
        self.refused("ClockUnusable", self.sign, mandate)

    def test_past_its_rate(self):
        """Also after a restart, and when the clock steps back."""
        mandate = self.create(per_minute=5)
        self.refused("LimitReached", self.sign, mandate, 6)
        self.assert_signed(self.sign(mandate, 3), 3)
        self.m.advance(59)
        self.assert_signed(self.sign(mandate, 2), 2)
        self.assertIn("UTC", self.refused("TryLater", self.sign, mandate))
        self.m.restart_daemon()
        self.refused("TryLater", self.sign, mandate)
        self.m.advance(-30)
        self.refused("TryLater", self.sign, mandate)
        self.m.advance(31)
        self.assert_signed(self.sign(mandate, 5), 5)
        self.refused("TryLater", self.sign, mandate)

    def test_two_processes_at_once(self):
        """Exactly as many signatures as were allowed, however many ask."""
        mandate = self.create(documents=25, per_minute=1000)
        clients = [self.m.client(SERVICE) for _ in range(4)]
        numbers = [(c, self.sign(mandate, client=c, wait=60, start=True)) for _ in range(12) for c in clients]
        got = refused = 0
        for c, n in numbers:
            try:
                self.assert_signed(c.wait(n))
                got += 1
            except BusError as e:
                self.assertEqual("MandateUnusable", e.name, e.message)
                refused += 1
        self.assertEqual((25, 23), (got, refused))
        self.assertEqual(25, self.own()[0]["used"])
        self.assertEqual(25, len(self.audited("sign")))

    def test_kill(self):
        """What was killed on the way may have counted a document that was not signed, never the other way round."""
        mandate = self.create(documents=40, per_minute=1000)
        got = 0
        for _ in range(4):
            numbers = [self.sign(mandate, wait=60, start=True) for _ in range(15)]
            try:
                for n in numbers[:5]:
                    self.service.wait(n)
                    got += 1
                self.m.kill_daemon()
                for n in numbers[5:]:
                    self.service.wait(n)
                    got += 1
            except BusError:
                pass
            if not self.m.daemon:
                self.m.start_daemon()
            self.service = self.m.client(SERVICE)
        used = self.own()[0]["used"]
        self.assertLessEqual(got, used)
        self.assertLessEqual(used, 40)
        self.assertEqual(used, len(self.audited("sign")))
        while used < 40:
            self.assert_signed(self.sign(mandate))
            used += 1
        self.refused("MandateUnusable", self.sign, mandate)

    def test_revoked(self):
        mandate = self.create()
        self.assert_signed(self.sign(mandate))
        bob = seals.Person(self.m, "bob", BOB)
        self.m.operator.call("Credential.AddUser", "ssa{sv}", self.seal, "bob", {})
        self.refused("NotFound", bob.client.call, "Mandate.Revoke", "sa{sv}", mandate, {"session": V("s", bob.session)})
        self.refused("Denied", self.service.call, "Mandate.Revoke", "sa{sv}", mandate, {})
        self.alice.again()
        self.revoke(mandate)
        self.assertIn("revoked", self.refused("MandateUnusable", self.sign, mandate))
        self.refused("MandateUnusable", self.revoke, mandate)
        self.assertEqual("revoked", self.own()[0]["status"])
        other = self.create()
        self.m.operator.call("Mandate.Revoke", "sa{sv}", other, {})
        self.refused("MandateUnusable", self.sign, other)

    def test_revoked_while_it_waits(self):
        mandate = self.create()
        self.alice.again()
        sign_once(self.alice.client, self.alice.session, self.seal, self.list_of(), otp=self.alice.code())
        number = self.sign(mandate, wait=200, start=True)
        self.revoke(mandate)
        self.alice.client.call("Session.Logout", "s", self.alice.session)
        self.refused("MandateUnusable", self.service.wait, number)
        self.assertEqual(0, self.own()[0]["used"])

    def test_administrator_gone(self):
        """The giver's account is disabled, or deleted after the seal's end: what it gave falls with it."""
        mandate = self.create()
        self.m.operator.call("Account.SetStatus", "ss", "alice", "disabled")
        self.assertIn("administer", self.refused("MandateUnusable", self.sign, mandate))
        self.assertEqual("void", self.own()[0]["status"])
        self.m.operator.call("Account.SetStatus", "ss", "alice", "active")
        self.assert_signed(self.sign(mandate))
        self.refused("NotPossible", self.m.operator.call, "Account.Delete", "s", "alice")
        self.m.operator.call("Credential.Retire", "sa{sv}", self.seal, {})
        self.refused("Disabled", self.sign, mandate)
        self.m.operator.call("Account.Delete", "s", "alice")
        self.refused("MandateUnusable", self.sign, mandate)

    def test_uid_given_to_somebody_else(self):
        mandate = self.create()
        self.addCleanup(harness.rename_user, SERVICE, "service")
        for name in ("intruder", None):
            harness.rename_user(SERVICE, name)
            self.assertIn("another name", self.refused("MandateUnusable", self.sign, mandate))
            self.refused("MandateUnusable", self.service.call, "Mandate.GetCertificates", "s", mandate)
            self.assertEqual([], self.own())
        self.assertIn(mandate, self.m.daemon_log())
        harness.rename_user(SERVICE, "service")
        self.assert_signed(self.sign(mandate))

    def test_another_seals_attributes(self):
        """A mandate of one seal signs nothing that names another's certificate."""
        other, certificate = seals.create_seal(self.m, self.ca, "alice", days=800)
        mandate = self.create()
        mine = self.certificate
        self.certificate = certificate
        self.refused("ItemRefused", self.sign, mandate)
        self.certificate = mine
        for tbs in (b"x", self.ca.root(), bytes(32), self.m.operator.call("Credential.GetRequest", "sa{sv}", other, {})):
            self.refused("ItemRefused", self.service.call, "Mandate.Sign", "sa(saya{sv})a{sv}", mandate, items(tbs), {})
        self.assertEqual(0, self.own()[0]["used"])

    def test_replay(self):
        """What a session authorised is nothing to a mandate, nor a mandate to a session; the same call again counts again."""
        mandate = self.create(documents=2)
        self.alice.again()
        listed = self.list_of()
        operation = prepare(self.alice.client, self.alice.session, self.seal, listed)
        authorize(self.alice.client, operation, otp=self.alice.code())
        self.refused("NotFound", self.service.call, "Mandate.Sign", "sa(saya{sv})a{sv}", operation, listed, {})
        self.refused("OperationState", sign, self.service, operation, listed)
        self.refused("OperationState", sign, self.service, mandate, listed)
        self.refused("NoSession", sign_once, self.service, mandate, self.seal, listed)
        self.refused("NoSession", sign_once, self.service, f"mandate/{mandate}", self.seal, listed)
        self.alice.client.call("Session.Logout", "s", self.alice.session)
        for _ in range(2):
            self.assert_signed(self.service.call("Mandate.Sign", "sa(saya{sv})a{sv}", mandate, listed, {}))
        self.refused("MandateUnusable", self.service.call, "Mandate.Sign", "sa(saya{sv})a{sv}", mandate, listed, {})

    def test_database_set_back(self):
        """Counts and limits are under the row's MAC."""
        mandate = self.create(documents=2)
        self.sign(mandate, 2)
        self.m.stop_daemon()
        for change in ("used = 0", "documents = 1000", "expires = expires + 1000000", f"uid = {OTHER_SERVICE}", "per_minute = 5000", "time_window = 0"):
            db = sqlite3.connect(self.m.state / "store.db")
            kept = db.execute("SELECT * FROM mandate").fetchone()
            db.execute(f"UPDATE mandate SET {change}")
            db.commit()
            db.close()
            self.m.start_daemon()
            self.refused("StoreFailed", self.sign, mandate, client=self.m.client(OTHER_SERVICE if "uid" in change else SERVICE))
            self.m.stop_daemon()
            db = sqlite3.connect(self.m.state / "store.db")
            db.execute("DELETE FROM mandate")
            db.execute(f"INSERT INTO mandate VALUES ({','.join('?' * len(kept))})", kept)
            db.commit()
            db.close()
        self.m.start_daemon()
        self.service = self.m.client(SERVICE)
        self.refused("MandateUnusable", self.sign, mandate)

    def test_older_copy(self):
        """A store that was put back has counts from before: nothing serves until an operator has accepted it."""
        mandate = self.create(documents=2)
        self.m.stop_daemon()
        shutil.copytree(self.m.state, self.m.folder / "copy")
        self.m.start_daemon()
        self.assert_signed(self.sign(mandate, 2), 2)
        self.m.stop_daemon()
        for file in (self.m.folder / "copy").glob("store.db*"):
            shutil.copyfile(file, self.m.state / file.name)
        self.m.start_daemon()
        self.assertIn("frozen", self.refused("MandateUnusable", self.sign, mandate))
        self.assertEqual("frozen", self.own()[0]["status"])
        self.m.stop_daemon()
        self.m.run([BUILD / "daemon/sygnetd-test", "--state", self.m.state, "--host-key", self.m.host_key, "--accept-rollback"], uid=SYGNET)
        self.m.start_daemon()
        self.assert_signed(self.sign(mandate))


class InFlight(Mandates):
    """Keys slow enough that much can happen while they sign."""

    algorithm = "rsa4096"

    def test_revoked(self):
        mandate = self.create(documents=1000, per_minute=6000)
        number = self.sign(mandate, 250, wait=60, start=True)
        self.m.wait_for(lambda: self.own()[0]["used"] == 250, "the count")
        self.revoke(mandate)
        self.refused("MandateUnusable", self.service.wait, number)
        self.assertEqual(1, len(self.audited("sign-failed")))

    def test_administrator_disabled(self):
        mandate = self.create(documents=1000, per_minute=6000)
        number = self.sign(mandate, 250, wait=60, start=True)
        self.m.wait_for(lambda: self.own()[0]["used"] == 250, "the count")
        self.m.operator.call("Account.SetStatus", "ss", "alice", "disabled")
        self.refused("MandateUnusable", self.service.wait, number)

    def test_person_comes_in_between(self):
        """A person takes the seal from a mandate that signs, and is not told that it is busy."""
        mandate = self.create(documents=1000, per_minute=6000)
        self.alice.again()
        number = self.sign(mandate, 250, wait=60, start=True)
        self.m.wait_for(lambda: self.own()[0]["used"] == 250, "the count")
        sign_once(self.alice.client, self.alice.session, self.seal, self.list_of(), otp=self.alice.code())
        self.assertEqual(250, len(self.service.wait(number)))
        self.refused("TryLater", self.sign, mandate)

    def test_caller_leaves(self):
        mandate = self.create(documents=1000, per_minute=6000)
        leaving = self.m.client(SERVICE)
        self.sign(mandate, 250, client=leaving, wait=60, start=True)
        self.m.wait_for(lambda: self.own()[0]["used"] == 250, "the count")
        leaving.leave()
        self.assertEqual(1, len(self.sign(mandate, wait=60)))


if __name__ == "__main__":
    main()
