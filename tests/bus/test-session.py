#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sessions: what is told of them and to whom, and that they end with the user's last login session (requirements D2, D3)."""
import subprocess

import seals
from harness import ALICE, BOB, NOBODY, PASSWORD, BusError, Machine, TestCase, V, main, secret
from logind import Logind
from seals import attributes, items, sign_once


class Signals(TestCase):
    def setUp(self):
        self.m = self.enterContext(Machine())
        self.m.freeze()
        self.alice = seals.Person(self.m, "alice", ALICE)
        self.listener = self.m.client(ALICE)
        self.listener.call("Session.Subscribe")

    def seal(self):
        self.ca = seals.Authority()
        self.id, self.certificate = seals.create_seal(self.m, self.ca, "alice")

    def sign(self, n=1, **factors):
        return sign_once(self.alice.client, self.alice.session, self.id, items(*([attributes(self.certificate)] * n)), **factors)

    def look(self):
        """Sessions are looked at by whoever calls; the timer runs on the machine's clock, which the test does not move."""
        return self.alice.client.call("Session.List")

    def test_countdown(self):
        """D2: three minutes; a minute before the end its owner is told; a signature puts it off."""
        self.seal()
        self.alice.client.call("Session.Logout", "s", self.alice.session)
        self.listener.heard("SessionEnded")
        self.alice.again()
        self.m.advance(119)
        self.look()
        self.assertTrue(self.listener.heard_nothing())
        self.m.advance(1)
        self.look()
        session, info = self.listener.heard("SessionEnding")
        self.assertEqual((self.alice.session, "alice", int(self.m.now()) + 60), (session, info["login"], info["ends"]))
        self.look()
        self.assertTrue(self.listener.heard_nothing())
        self.sign(otp=self.alice.code())
        self.m.advance(120)
        self.look()
        self.assertEqual(int(self.m.now()) + 60, self.listener.heard("SessionEnding")[1]["ends"])
        self.m.advance(60)
        self.assertEqual([], self.look())
        session, info = self.listener.heard("SessionEnded")
        self.assertEqual((self.alice.session, {"login": "alice", "reason": "idle"}), (session, info))
        self.refused("NoSession", self.sign, otp=self.alice.code())

    def test_reasons(self):
        def ended():
            return self.listener.heard("SessionEnded")[1]["reason"]
        first = self.alice.session
        self.alice.client.call("Session.Logout", "s", first)
        self.assertEqual("logout", ended())
        self.alice.again(remember=True)
        self.m.advance(8 * 3600)
        self.look()
        self.assertEqual("age", ended())
        self.alice.again()
        self.m.operator.call("Account.SetStatus", "ss", "alice", "disabled")
        self.assertEqual("account", ended())
        self.m.operator.call("Account.SetStatus", "ss", "alice", "active")
        self.alice.again()
        self.m.stop_daemon()
        self.assertEqual("stopped", ended())
        self.m.start_daemon()

    def test_each_use_of_a_remembered_session(self):
        """D3: one code for many files, so each use is told to the owner, with time, credential and count."""
        self.seal()
        self.sign(otp=self.alice.code())
        self.assertTrue(self.listener.heard_nothing())
        session = self.alice.again(remember=True)
        self.sign(3)
        self.assertEqual([session, {"login": "alice", "credential": self.id, "count": 3, "signatures": 3, "time": int(self.m.now())}],
                         self.listener.heard("SessionUsed"))
        self.sign(2)
        info = self.listener.heard("SessionUsed")[1]
        self.assertEqual((2, 5), (info["count"], info["signatures"]))
        self.refused("ItemRefused", sign_once, self.alice.client, session, self.id, items(b"x"))
        self.assertTrue(self.listener.heard_nothing())

    def test_nobody_else_hears(self):
        """Not another user who subscribed, not one who has a match rule for everything, not one who listens as a monitor does."""
        self.seal()
        bob = seals.Person(self.m, "bob", BOB)
        bob.client.call("Session.Subscribe")
        nobody = self.m.client(NOBODY)
        nobody.call("Session.Subscribe")
        argv = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        watching = [subprocess.Popen(argv + command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for command in (
            ["dbus-monitor", "--address", self.m.address, "type='signal'"], ["dbus-monitor", "--address", self.m.address, "eavesdrop=true"],
            ["busctl", f"--address={self.m.address}", "monitor"])]
        self.m.processes.extend(watching)
        self.alice.again(remember=True)
        self.sign()
        self.listener.heard("SessionUsed")
        self.m.advance(8 * 3600 - 30)
        self.look()
        self.listener.heard("SessionEnding")
        self.alice.client.call("Session.Logout", "s", self.alice.session)
        self.listener.heard("SessionEnded")
        for p in watching:
            p.terminate()
            said = p.communicate(timeout=10)[0].decode(errors="replace")
            for word in (self.alice.session, "SessionUsed", "SessionEnding", "SessionEnded", self.id):
                self.assertNotIn(word, said, p.args)
        self.assertTrue(nobody.heard_nothing())
        self.assertEqual([s for s in bob.client.signals if s[1][0] != bob.session], [])
        self.assertTrue(self.alice.client.heard_nothing())

    def test_subscribers(self):
        listeners = [self.m.client(ALICE) for _ in range(15)]
        for c in listeners:
            c.call("Session.Subscribe")
        self.listener.call("Session.Subscribe")
        late = self.m.client(ALICE)
        self.assertIn("16", self.refused("LimitReached", late.call, "Session.Subscribe"))
        listeners[0].leave()
        self.m.wait_for(lambda: self.room(late), "room for another subscriber")
        listeners[1].call("Session.Unsubscribe")
        self.refused("NotFound", listeners[1].call, "Session.Unsubscribe")
        self.alice.client.call("Session.Logout", "s", self.alice.session)
        for c in [late, self.listener] + listeners[2:]:
            c.heard("SessionEnded")
            self.assertTrue(c.heard_nothing())
        self.assertTrue(listeners[1].heard_nothing())

    def room(self, client):
        try:
            client.call("Session.Subscribe")
        except Exception:  # pylint: disable=broad-except
            return False
        return True


class Remembered(TestCase):
    """D3: how far a remembered session stands for the code is the seal's Administrator's to say."""

    def setUp(self):
        self.m = self.enterContext(Machine())
        self.m.freeze()
        self.alice = seals.Person(self.m, "alice", ALICE)
        self.ca = seals.Authority()
        self.seals = [seals.create_seal(self.m, self.ca, "alice") for _ in range(2)]

    def policy(self, which=0, **limits):
        self.alice.again()
        self.alice.client.call("Credential.SetPolicy", "sa{sv}a{sv}", self.seals[which][0], {k: V("u", v) for k, v in limits.items()},
                               {"session": V("s", self.alice.session), "otp": secret(self.alice.code())})

    def list_of(self, n, which=0):
        return items(*([attributes(self.seals[which][1])] * n))

    def sign(self, n=1, which=0, **factors):
        return sign_once(self.alice.client, self.alice.session, self.seals[which][0], self.list_of(n, which), **factors)

    def test_signatures(self):
        """Counted for each session and seal; beyond the cap each operation takes a code."""
        self.policy(remember_max_signatures=5)
        first = self.alice.again(remember=True)
        self.sign(3)
        self.refused("CodeRequired", self.sign, 3)
        self.sign(2)
        self.refused("CodeRequired", self.sign)
        self.refused("WrongCode", self.sign, otp="00000000")
        self.sign(2, otp=self.alice.code())
        self.refused("CodeRequired", self.sign)
        self.sign(9, which=1)
        self.alice.again(remember=True)
        self.sign(5)
        self.refused("CodeRequired", self.sign)
        self.alice.session = first
        self.refused("CodeRequired", self.sign)

    def test_operations_count_when_they_are_authorised(self):
        self.policy(remember_max_signatures=5)
        self.alice.again(remember=True)
        a, b = (seals.prepare(self.alice.client, self.alice.session, self.seals[0][0], self.list_of(4)) for _ in range(2))
        numbers = [self.alice.client.start("Operation.Authorize", "sa{sv}", o, {}) for o in (a, b)]
        results = []
        for n in numbers:
            try:
                results.append(self.alice.client.wait(n))
            except BusError as e:
                results.append(e.name)
        self.assertEqual({None, "CodeRequired"}, set(results))
        self.refused("CodeRequired", self.sign, 2)
        self.sign(1)

    def test_age(self):
        self.policy(remember_max_age=600)
        self.alice.again(remember=True)
        self.m.advance(600)
        self.sign()
        self.m.advance(1)
        self.refused("CodeRequired", self.sign)
        self.sign(which=1)
        self.sign(otp=self.alice.code())
        self.refused("CodeRequired", self.sign)
        self.alice.again(remember=True)
        self.sign()


class Logins(TestCase):
    """The user's last login session, as a stand-in for logind tells it."""

    def setUp(self):
        self.m = self.enterContext(Machine())
        self.logind = Logind(self.m)
        self.addCleanup(self.logind.stop)
        self.m.account("alice", ALICE)
        self.client = self.m.client(ALICE)
        self.client.call("Session.Subscribe")

    def lives(self, session):
        return session in [s["session"] for s in self.client.call("Session.List")]

    def settle(self):
        """Until the daemon has asked and heard everything: another user's session comes and goes, and takes Bob's along."""
        if not hasattr(self, "bob"):
            self.m.account("bob", BOB)
            self.bob = self.m.client(BOB)
            self.bob.call("Session.Subscribe")
        asked = self.logind.asked("settle")
        self.bob.login("bob")
        self.logind.add("settle", BOB)
        self.m.wait_for(lambda: self.logind.asked("settle") > asked, "the daemon's question")
        self.logind.remove("settle")
        self.bob.heard("SessionEnded")

    def test_last_one(self):
        self.logind.add("1", ALICE)
        session = self.client.login("alice")
        self.logind.add("2", ALICE)
        self.logind.remove("1")
        self.settle()
        self.assertTrue(self.lives(session))
        self.logind.remove("2")
        self.assertEqual([session, {"login": "alice", "reason": "user-left"}], self.client.heard("SessionEnded"))
        self.assertFalse(self.lives(session))
        # It may be opened anew, from a service, and then stays.
        session = self.client.login("alice")
        self.settle()
        self.assertTrue(self.lives(session))

    def test_login_after_the_session_was_opened(self):
        session = self.client.login("alice")
        self.settle()
        self.logind.add("1", ALICE)
        self.settle()
        self.assertTrue(self.lives(session))
        self.logind.remove("1")
        self.client.heard("SessionEnded")
        self.assertFalse(self.lives(session))

    def test_services_and_cron_jobs_keep_theirs(self):
        session = self.client.login("alice")
        self.logind.add("c1", ALICE, "background")
        self.settle()
        self.logind.remove("c1")
        self.settle()
        self.assertTrue(self.lives(session))
        self.assertTrue(self.client.heard_nothing())

    def test_silent_logind(self):
        """It neither hangs anything nor ends what it says nothing about; when it speaks again it is believed."""
        self.logind.add("1", ALICE)
        session = self.client.login("alice")
        self.settle()
        self.logind.silent(True)
        self.logind.remove("1")
        self.assertTrue(self.lives(session))
        self.logind.stop()
        self.m.wait_for(lambda: not self.m.has_owner("org.freedesktop.login1"), "the end of logind")
        self.assertTrue(self.lives(session))
        self.logind = Logind(self.m)
        self.logind.add("2", BOB)
        self.client.heard("SessionEnded")

    def test_forged_signal(self):
        """Who only says that a session was removed makes the daemon ask, no more."""
        self.logind.add("1", ALICE)
        session = self.client.login("alice")
        self.settle()
        self.m.run(["dbus-send", f"--bus={self.m.address}", "--type=signal", "--dest=org.sygnet.Sygnet1", "/org/freedesktop/login1",
                    "org.freedesktop.login1.Manager.SessionRemoved", "string:1", "objpath:/org/freedesktop/login1/session/_1"], uid=NOBODY)
        self.settle()
        self.assertTrue(self.lives(session))

    def test_without_logind(self):
        self.logind.stop()
        self.m.wait_for(lambda: not self.m.has_owner("org.freedesktop.login1"), "the end of logind")
        session = self.client.call("Session.Login", "sva{sv}", "alice", secret(PASSWORD), {})[0]
        self.assertTrue(self.lives(session))


if __name__ == "__main__":
    main()
