#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Accounts, login and sessions (requirements E2, E10, D2, D3)."""
from harness import ALICE, BOB, PASSWORD, Machine, TestCase, V, main, secret


class Login(TestCase):
    def setUp(self):
        self.m = self.enterContext(Machine())

    def test_login(self):
        m = self.m
        m.account("alice", ALICE)
        alice = m.client(ALICE)
        session, info = alice.call("Session.Login", "sva{sv}", "alice", secret(PASSWORD), {})
        self.assertRegex(session, "^[0-9a-f]{32}$")
        self.assertAlmostEqual(info["idle_until"], m.now() + 180, delta=5)
        listed = alice.call("Session.List")
        self.assertEqual([session], [s["session"] for s in listed])
        alice.call("Session.Logout", "s", session)
        self.refused("NoSession", alice.call, "Session.Logout", "s", session)


if __name__ == "__main__":
    main()
