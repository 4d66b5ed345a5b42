#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""One-time-code tokens (requirements E4, E5, M3; RFC 6238): each step once, ever."""
from harness import ALICE, BOB, PASSWORD, Machine, TestCase, V, main, read_uri, secret, totp


class Token(TestCase):
    def setUp(self):
        self.m = self.enterContext(Machine())
        self.m.account("alice", ALICE)
        self.alice = self.m.client(ALICE)

    def enroll(self, **options):
        return self.alice.call("Token.Enroll", "sa{sv}", self.session(), options)

    def session(self):
        if not getattr(self, "_session", None):
            self._session = self.alice.login("alice")
        return self._session

    def statuses(self):
        return sorted(t["status"] for t in self.alice.call("Token.List", "s", self.session()))

    def test_enrol_confirm_revoke(self):
        token, uri = self.enroll(label=V("s", "phone"))
        key, digits = read_uri(uri)
        self.assertEqual((20, 8), (len(key), digits))
        self.assertTrue(uri.startswith("otpauth://totp/Sygnet:alice?"), uri)
        self.assertEqual(["pending"], self.statuses())
        self.refused("WrongCode", self.alice.call, "Token.Confirm", "ssv", self.session(), token, secret("00000000"))
        code = totp(key, self.m.now())
        self.alice.call("Token.Confirm", "ssv", self.session(), token, secret(code))
        self.assertEqual(["active"], self.statuses())
        # The code that confirmed is used up.
        self.refused("CodeUsed", self.alice.login, "alice", PASSWORD, code)
        self.refused("CodeUsed", self.alice.call, "Token.Revoke", "ssa{sv}", self.session(), token, {"otp": secret(code)})
        self.alice.call("Token.Revoke", "ssa{sv}", self.session(), token, {"otp": secret(self.m.code(key))})
        self.assertEqual(["revoked"], self.statuses())
        self.refused("NoToken", self.alice.login, "alice", PASSWORD, self.m.code(key))
        # Who ended the last one by a code of it begins anew as at first.
        self._session = None
        self.alice.enroll(self.session())

    def test_six_digits(self):
        key = self.alice.enroll(self.session(), digits=6)
        self.alice.login("alice", otp=self.m.code(key, 6))
        self.refused("InvalidArgument", self.enroll, digits=V("u", 7))

    def test_second_needs_a_code_of_the_first(self):
        key = self.alice.enroll(self.session())
        self.refused("CodeRequired", self.enroll)
        self.enroll(otp=secret(self.m.code(key)))
        self.assertEqual(["active", "pending"], self.statuses())

    def test_first_one_ends_the_others_that_wait(self):
        """Who knew the password before there was a token has not put one aside for later."""
        (early, uri), (first, first_uri) = self.enroll(), self.enroll()
        self.alice.call("Token.Confirm", "ssv", self.session(), first, secret(self.m.code(read_uri(first_uri)[0])))
        self.refused("NotFound", self.alice.call, "Token.Confirm", "ssv", self.session(), early, secret(self.m.code(read_uri(uri)[0])))
        self.assertEqual(["active"], self.statuses())

    def test_pending_lapses(self):
        session = self.session()
        token, uri = self.enroll()
        for _ in range(4):
            self.m.advance(150)
            session, self._session = self.alice.login("alice"), None
        key, _ = read_uri(uri)
        self.m.advance(1)
        self.refused("NotFound", self.alice.call, "Token.Confirm", "ssv", session, token, secret(totp(key, self.m.now())))

    def test_limited(self):
        for _ in range(8):
            self.enroll()
        self.refused("LimitReached", self.enroll)

    def test_replay_by_another_process_and_after_kill(self):
        key = self.alice.enroll(self.session())
        code = self.m.code(key)
        self.alice.login("alice", otp=code)
        self.refused("CodeUsed", self.alice.login, "alice", PASSWORD, code)
        self.refused("CodeUsed", self.m.client(ALICE).login, "alice", PASSWORD, code)
        self.m.kill_daemon()
        self.m.start_daemon()
        self.refused("CodeUsed", self.m.client(ALICE).login, "alice", PASSWORD, code)
        # Nor one older than the newest that was accepted.
        self.m.freeze()
        older = totp(key, self.m.now() - 30)
        self.refused("CodeUsed", self.alice.login, "alice", PASSWORD, older)

    def test_one_code_many_at_once(self):
        key = self.alice.enroll(self.session())
        options = {"remember": V("b", True), "otp": secret(self.m.code(key))}
        clients = [self.m.client(ALICE) for _ in range(4)]
        started = [(c, c.start("Session.Login", "sva{sv}", "alice", secret(PASSWORD), options)) for c in clients]
        accepted = 0
        for c, number in started:
            try:
                c.wait(number)
                accepted += 1
            except Exception as e:  # pylint: disable=broad-except
                self.assertEqual("CodeUsed", e.name)
        self.assertEqual(1, accepted)

    def test_window(self):
        key = self.alice.enroll(self.session())
        self.m.advance(120)
        now = self.m.now()
        self.refused("WrongCode", self.alice.login, "alice", PASSWORD, totp(key, now - 60))
        self.refused("WrongCode", self.alice.login, "alice", PASSWORD, totp(key, now + 90))
        self.m.freeze()
        self.alice.login("alice", otp=totp(key, self.m.now() - 30))
        self.alice.login("alice", otp=totp(key, self.m.now() + 30))

    def test_wrong_codes_slow_down_the_guesser(self):
        self.m.operator.call("Account.Bind", "su", "alice", BOB)
        key = self.alice.enroll(self.session())
        for _ in range(4):
            self.refused("WrongCode", self.alice.login, "alice", PASSWORD, "12345")
        self.refused("TryLater", self.alice.login, "alice", PASSWORD, self.m.code(key, fresh=False))
        self.m.client(BOB).login("alice", otp=self.m.code(key))
        self.alice.login("alice", otp=self.m.code(key))

    def test_clock_set_back(self):
        key = self.alice.enroll(self.session())
        self.m.advance(-3600)
        self.refused("ClockUnusable", self.alice.login, "alice", PASSWORD, totp(key, self.m.now()))

    def test_reset_by_the_operator(self):
        key = self.alice.enroll(self.session())
        self.refused("Denied", self.alice.call, "Token.Reset", "s", "alice")
        self.m.operator.call("Token.Reset", "s", "alice")
        self.refused("NotFound", self.m.operator.call, "Token.Reset", "s", "nobody-here")
        self._session = None
        self.assertEqual(["revoked"], self.statuses())
        self.refused("NoToken", self.alice.login, "alice", PASSWORD, self.m.code(key))
        self.alice.enroll(self.session())

    def test_others_token(self):
        self.m.account("bob", BOB)
        bob = self.m.client(BOB)
        token, _ = self.enroll()
        theirs = bob.login("bob")
        key = bob.enroll(theirs)
        self.refused("NotFound", bob.call, "Token.Revoke", "ssa{sv}", theirs, token, {"otp": secret(self.m.code(key))})
        self.refused("NotFound", bob.call, "Token.Confirm", "ssv", theirs, token, secret(self.m.code(key)))
        self.assertNotIn(token, [t["id"] for t in bob.call("Token.List", "s", theirs)])


if __name__ == "__main__":
    main()
