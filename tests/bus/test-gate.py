#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The gate (lib/bus/gate.c) with the real polkitd, and with one that denies, hangs and vanishes."""
import time

from harness import ALICE, BOB, ROOT, BusError, FakePolkit, Machine, TestCase, V, main, secret

MANAGE = "org.sygnet.manage-accounts"


class Real(TestCase):
    def setUp(self):
        self.m = self.enterContext(Machine())

    def test_users_may_use_and_not_manage(self):
        alice = self.m.client(ALICE)
        self.assertEqual([], alice.call("Session.List"))
        sentence = self.refused("Denied", alice.call, "Account.List")
        self.assertIn(MANAGE, sentence)
        self.assertEqual([], self.m.client(ROOT).call("Account.List"))

    def test_refused_before_arguments_are_read(self):
        # The password would be refused as a pipe, the login as invalid: neither is looked at.
        alice = self.m.client(ALICE)
        self.refused("Denied", alice.call, "Account.Create", "ssssv", "NOT VALID", "", "", "", secret("x"))

    def test_rule_decides_and_change_is_seen(self):
        alice = self.m.client(ALICE)
        self.refused("Denied", alice.call, "Account.List")
        (self.m.rules / "10-test.rules").write_text(
            'polkit.addRule(function(a, s) { if (a.id == "%s" && s.user == "alice") return polkit.Result.YES; });\n' % MANAGE)
        self.addCleanup((self.m.rules / "10-test.rules").unlink)

        def allowed():
            try:
                alice.call("Account.List")
                return True
            except BusError:
                return False
        self.m.wait_for(allowed, "the rule")
        self.refused("Denied", self.m.client(BOB).call, "Account.List")

    def test_many_at_once(self):
        clients = [self.m.client(uid) for uid in (ALICE, BOB, ROOT)]
        started = [(c, c.start("Account.List")) for c in clients for _ in range(5)]
        for c, number in started:
            if c.uid == ROOT:
                self.assertEqual([], c.wait(number))
            else:
                self.refused("Denied", c.wait, number)

    def test_polkit_vanishes_and_returns(self):
        alice = self.m.client(ALICE)
        alice.call("Session.List")
        self.m.stop_polkit()
        # What was remembered goes with it.
        self.refused("AuthorityUnavailable", alice.call, "Session.List")
        self.m.start_polkit()
        self.assertEqual([], alice.call("Session.List"))


class Absent(TestCase):
    def test_refused(self):
        with Machine(polkit=None) as m:
            for uid in (ALICE, ROOT):
                self.refused("AuthorityUnavailable", m.client(uid).call, "Session.List")
            # Properties ask nobody.
            self.assertEqual(1, m.client(ALICE).get("org.sygnet.Sygnet1.Manager", "ContractVersion"))


class Fake(TestCase):
    def setUp(self):
        self.m = self.enterContext(Machine(polkit="fake"))
        self.p = self.m.polkit

    def checks(self):
        return [line for line in self.p.log() if line[0] == "check"]

    def test_subject_is_the_bus_name(self):
        alice = self.m.client(ALICE)
        alice.call("Session.List")
        self.assertEqual(["check", "org.sygnet.use", "system-bus-name", alice.name, "0"], self.checks()[0][:5])

    def test_remembered_for_one_sender_and_action(self):
        alice, bob = self.m.client(ALICE), self.m.client(BOB)
        for _ in range(4):
            alice.call("Session.List")
        self.assertEqual(1, len(self.checks()))
        bob.call("Session.List")
        alice.call("Account.List")
        self.assertEqual(3, len(self.checks()))
        self.p.mode("deny")
        self.p.changed()
        self.m.wait_for(lambda: self.is_denied(alice), "polkit's Changed to be heard", 3)

    def is_denied(self, client):
        try:
            client.call("Session.List")
            return False
        except BusError as e:
            return e.name == "Denied"

    def test_what_rests_on_a_password_is_not_remembered(self):
        self.p.mode("temporary")
        alice = self.m.client(ALICE)
        for _ in range(3):
            alice.call("Session.List")
        self.assertEqual(3, len(self.checks()))

    def test_denial_is_not_remembered(self):
        self.p.mode("deny")
        alice = self.m.client(ALICE)
        self.refused("Denied", alice.call, "Session.List")
        self.p.mode("allow")
        alice.call("Session.List")

    def test_challenge_without_agent(self):
        self.p.mode("challenge")
        sentence = self.refused("Denied", self.m.client(ALICE).call, "Account.List")
        self.assertIn("agent", sentence)
        self.assertEqual(["0"], [c[4] for c in self.checks()])

    def test_dialog_only_where_the_message_allows_it(self):
        self.p.mode("challenge")
        self.m.run(["busctl", f"--address={self.m.address}", "--allow-interactive-authorization=yes", "call", "org.sygnet.Sygnet1",
                    "/org/sygnet/Sygnet1", "org.sygnet.Sygnet1.Account", "List"], uid=ALICE, check=False)
        self.assertEqual(["0", "1"], [c[4] for c in self.checks()])

    def test_vanishes_while_it_thinks(self):
        self.p.mode("vanish")
        self.refused("AuthorityUnavailable", self.m.client(ALICE).call, "Session.List")

    def test_caller_leaves(self):
        self.p.mode("hang")
        alice, bob = self.m.client(ALICE), self.m.client(BOB)
        alice.start("Session.List")
        self.m.wait_for(lambda: self.checks(), "the question")
        cancellation = self.checks()[0][5]
        alice.leave()
        self.m.wait_for(lambda: ["cancel", cancellation] in self.p.log(), "the cancellation")
        self.p.mode("allow")
        bob.call("Session.List")

    def test_cap_and_hang(self):
        self.p.mode("hang")
        alice, bob = self.m.client(ALICE), self.m.client(BOB)
        began = time.monotonic()
        parked = [alice.start("Session.List") for _ in range(16)]
        self.m.wait_for(lambda: len(self.checks()) == 16, "sixteen questions")
        self.refused("LimitReached", alice.call, "Session.List")
        # The others are served meanwhile.
        self.p.mode("allow")
        bob.call("Session.List")
        self.assertEqual(1, alice.get("org.sygnet.Sygnet1.Manager", "ContractVersion"))
        for number in parked:
            self.refused("AuthorityUnavailable", alice.wait, number)
        self.assertLess(time.monotonic() - began, 40)
        self.m.wait_for(lambda: len([line for line in self.p.log() if line[0] == "cancel"]) == 16, "sixteen cancellations")
        alice.call("Session.List")


    def test_bytes_of_one_user(self):
        """However many connections somebody has, what waits of his takes little memory beside its largest; others have theirs."""
        self.p.mode("hang")
        # As one string, which the bindings write in no time.
        send = lambda client, size: client.start("Credential.ImportCertificates", "saaya{sv}", "0" * 16, [], {"what": V("s", "x" * size)})
        clients = [self.m.client(ALICE) for _ in range(3)]
        send(clients[0], 10 << 20)
        for client in clients[:2]:
            send(client, 3 << 20)
        self.m.wait_for(lambda: len(self.checks()) == 3, "three questions")
        # Also where it is many small values, and where it is the largest.
        for c in clients:
            self.refused("LimitReached", c.wait, send(c, 3 << 20))
            self.refused("LimitReached", c.wait, send(c, 11 << 20))
            self.refused("LimitReached", c.wait, c.start("Credential.ImportCertificates", "saaya{sv}", "0" * 16, [b""] * 60000, {}))
            self.refused("LimitReached", c.wait, c.start("Credential.ImportCertificates", "saaya{sv}", "0" * 16, [], {"s" * 50: V("s", "x" * (3 << 20))}))
        send(self.m.client(BOB), 10 << 20)
        clients[2].start("Session.List")
        self.m.wait_for(lambda: len(self.checks()) == 5, "the questions of another user, and of a small call")
        # What is answered is counted no more.
        self.p.mode("allow")
        for c in clients[:2]:
            c.leave()
        self.m.wait_for(lambda: len([line for line in self.p.log() if line[0] == "cancel"]) >= 3, "the cancellations")
        self.refused("InvalidArgument", clients[2].wait, send(clients[2], 3 << 20))


class Owner(TestCase):
    def test_nobody_else_owns_the_name(self):
        with Machine(polkit="fake", daemon=False) as m:
            for uid in (ALICE, ROOT):
                with self.assertRaises(BusError) as caught:
                    m.client(uid).call("org.freedesktop.DBus.RequestName", "su", "org.sygnet.Sygnet1", 4,
                                       name="org.freedesktop.DBus", path="/org/freedesktop/DBus")
                self.assertIn("AccessDenied", caught.exception.name)


if __name__ == "__main__":
    main()
