#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Accounts, login and sessions (requirements E2, E10, D2, D3)."""
from harness import ALICE, BOB, CAROL, PASSWORD, Machine, Memfd, Pipe, TestCase, V, main, secret

OTHER = "Other-Word2"


class Account(TestCase):
    def setUp(self):
        self.m = self.enterContext(Machine())

    def test_create_and_list(self):
        m = self.m
        account = m.account("alice", ALICE, BOB, email="alice@example.com")
        self.refused("Exists", m.account, "alice")
        self.refused("WeakPassword", m.account, "bob", password="short")
        self.refused("InvalidArgument", m.account, "Not A Login")
        self.refused("Exists", m.operator.call, "Account.Bind", "su", "alice", ALICE)
        self.refused("NotFound", m.operator.call, "Account.Bind", "su", "nobody-here", ALICE)
        self.refused("NotFound", m.operator.call, "Account.Bind", "su", "alice", 4000000)
        listed = m.operator.call("Account.List")
        self.assertEqual(1, len(listed))
        self.assertEqual({"login": "alice", "id": account, "name": "Alice", "given_name": "", "surname": "", "language": "en",
                          "change_password": False, "email": "alice@example.com", "phone": "", "status": "active",
                          "tokens": 0, "bindings": [(ALICE, "alice"), (BOB, "bob")]},
                         {k: v for k, v in listed[0].items() if k != "created"})

    def test_password_rule(self):
        """M1: the rule is stated in full, whichever part of it is not met."""
        said = {self.refused("WeakPassword", self.m.account, "alice", password=p)
                for p in ("Abcde1!", "abcdef1!", "ABCDEF1!", "Abcdefg!", "Abcdefg1", "Abcdef1!!!")}
        self.assertEqual({"The password needs at least 8 characters, with an upper-case letter, a lower-case letter, a digit and a special character, "
                          "and no more than 2 identical characters in a row."}, said)
        self.refused("WeakPassword", self.m.account, "alice", password="Abcdef1!\t")
        self.m.account("alice", ALICE, password="AAbb11!!")

    def test_password_rule_as_configured(self):
        self.m.stop_daemon()
        self.m.conf = "[Password]\nMinLength=10\nUpperCase=no\nSpecial=no\nMaxRepeat=0\n"
        self.m.start_daemon()
        self.assertEqual("The password needs at least 10 characters, with a lower-case letter and a digit.",
                         self.refused("WeakPassword", self.m.account, "alice", password="Abcdef1!"))
        self.m.account("alice", ALICE, password="aaaaaaaaa1")

    def test_change_password(self):
        m = self.m
        m.account("alice", ALICE)
        alice = m.client(ALICE)
        first, second = alice.login("alice"), alice.login("alice")
        self.refused("AuthenticationFailed", alice.call, "Account.ChangePassword", "svv", first, secret("Wrong-Word3"), secret(OTHER))
        self.refused("WeakPassword", alice.call, "Account.ChangePassword", "svv", first, secret(PASSWORD), secret("short"))
        alice.call("Account.ChangePassword", "svv", first, secret(PASSWORD), secret(OTHER))
        self.assertEqual([first], [s["session"] for s in alice.call("Session.List")])
        self.refused("NoSession", alice.call, "Session.Logout", "s", second)
        self.refused("AuthenticationFailed", alice.login, "alice")
        alice.login("alice", OTHER)


class Login(TestCase):
    def setUp(self):
        self.m = self.enterContext(Machine())
        self.m.account("alice", ALICE)
        self.alice = self.m.client(ALICE)

    def test_session(self):
        session, info = self.alice.call("Session.Login", "sva{sv}", "alice", secret(PASSWORD), {})
        self.assertRegex(session, "^[0-9a-f]{32}$")
        self.assertAlmostEqual(info["idle_until"], self.m.now() + 180, delta=5)
        self.assertEqual([session], [s["session"] for s in self.alice.call("Session.List")])
        self.alice.call("Session.Logout", "s", session)
        self.refused("NoSession", self.alice.call, "Session.Logout", "s", session)
        self.assertEqual([], self.alice.call("Session.List"))

    def test_one_answer_whatever_is_wrong(self):
        m = self.m
        m.account("carol", CAROL)
        m.operator.call("Account.SetStatus", "ss", "carol", "disabled")
        answers = {
            self.refused("AuthenticationFailed", self.alice.login, "alice", "Wrong-Word3"),
            self.refused("AuthenticationFailed", self.alice.login, "nobody-here"),
            self.refused("AuthenticationFailed", self.alice.login, "NOT A LOGIN"),
            self.refused("AuthenticationFailed", m.client(BOB).login, "alice"),
            self.refused("AuthenticationFailed", m.client(CAROL).login, "carol"),
        }
        self.assertEqual(1, len(answers))

    def test_slows_down_only_the_guesser(self):
        m = self.m
        m.operator.call("Account.Bind", "su", "alice", BOB)
        for name in ("alice", "nobody-here"):
            for _ in range(4):
                self.refused("AuthenticationFailed", self.alice.login, name, "Wrong-Word3")
            self.refused("TryLater", self.alice.login, name)
        m.client(BOB).login("alice")
        m.advance(3)
        self.alice.login("alice")

    def test_guesses_at_once_are_counted(self):
        self.m.freeze()
        started = [self.alice.start("Session.Login", "sva{sv}", "alice", secret("Wrong-Word3"), {}) for _ in range(8)]
        names = []
        for number in started:
            try:
                self.alice.wait(number)
            except Exception as e:  # pylint: disable=broad-except
                names.append(e.name)
        self.assertEqual(4, names.count("AuthenticationFailed"), names)
        self.assertEqual(4, names.count("TryLater"), names)

    def test_idle_session_ends(self):
        session = self.alice.login("alice")
        self.m.advance(179)
        self.assertEqual(1, len(self.alice.call("Session.List")))
        self.m.advance(2)
        self.refused("NoSession", self.alice.call, "Token.List", "s", session)
        self.assertEqual([], self.alice.call("Session.List"))

    def test_session_is_of_one_user(self):
        session = self.alice.login("alice")
        self.m.operator.call("Account.Bind", "su", "alice", BOB)
        bob = self.m.client(BOB)
        self.refused("NoSession", bob.call, "Token.List", "s", session)
        self.refused("NoSession", self.m.operator.call, "Token.List", "s", session)
        self.assertEqual([], bob.call("Session.List"))
        # Another connection of the same user may use it.
        self.assertEqual([], self.m.client(ALICE).call("Token.List", "s", session))

    def test_sessions_end_with_what_they_rest_on(self):
        session = self.alice.login("alice")
        self.m.operator.call("Account.Unbind", "su", "alice", ALICE)
        self.refused("NoSession", self.alice.call, "Token.List", "s", session)
        self.refused("AuthenticationFailed", self.alice.login, "alice")
        self.m.operator.call("Account.Bind", "su", "alice", ALICE)
        session = self.alice.login("alice")
        self.m.operator.call("Account.SetStatus", "ss", "alice", "disabled")
        self.refused("NoSession", self.alice.call, "Token.List", "s", session)

    def test_sessions_are_limited(self):
        sessions = [self.alice.login("alice") for _ in range(16)]
        self.refused("LimitReached", self.alice.login, "alice")
        self.alice.call("Session.Logout", "s", sessions[0])
        self.alice.login("alice")

    def test_sessions_end_with_the_daemon(self):
        session = self.alice.login("alice")
        self.m.restart_daemon()
        self.refused("NoSession", self.alice.call, "Token.List", "s", session)

    def test_renamed_user_is_suspended(self):
        passwd = self.m.rules.parent / "passwd"
        before = passwd.read_text()
        # In place: the file is bind-mounted.
        self.addCleanup(passwd.write_text, before)
        passwd.write_text(before.replace("alice:x:", "mallory:x:"))
        self.refused("AuthenticationFailed", self.alice.login, "alice")
        self.m.operator.call("Account.Unbind", "su", "alice", ALICE)
        self.m.operator.call("Account.Bind", "su", "alice", ALICE)
        self.alice.login("alice")

    def test_remembered(self):
        key = self.alice.enroll(self.alice.login("alice"))
        self.refused("WrongCode", self.alice.login, "alice", PASSWORD, "00000000")
        self.refused("InvalidArgument", self.alice.call, "Session.Login", "sva{sv}", "alice", secret(PASSWORD), {"remember": V("b", True)})
        session = self.alice.login("alice", otp=self.m.code(key))
        self.m.advance(3600)
        self.assertEqual([(session, True)], [(s["session"], s["remembered"]) for s in self.alice.call("Session.List")])
        self.m.advance(8 * 3600)
        self.assertEqual([], self.alice.call("Session.List"))


class Secrets(TestCase):
    def setUp(self):
        self.m = self.enterContext(Machine())
        self.m.account("alice", ALICE)
        self.alice = self.m.client(ALICE)

    def login(self, variant):
        return self.alice.call("Session.Login", "sva{sv}", "alice", variant, {})[0]

    def test_string_and_memfd(self):
        self.login(V("s", PASSWORD))
        self.login(V("h", Memfd(PASSWORD.encode())))
        # From the start, wherever the position is.
        self.login(V("h", Memfd(PASSWORD.encode(), position=5)))

    def test_refused_descriptors(self):
        for bad in (Pipe(PASSWORD.encode()), Memfd(PASSWORD.encode(), seals=0), Memfd(PASSWORD.encode(), seals=0x8)):
            self.refused("InvalidArgument", self.login, V("h", bad))
        self.refused("LimitReached", self.login, V("h", Memfd(b"x" * 4097)))

    def test_refused_types_and_options(self):
        self.refused("InvalidArgument", self.login, V("u", 7))
        self.assertIn("nonsense", self.refused("InvalidArgument", self.alice.call, "Session.Login", "sva{sv}", "alice", secret(PASSWORD),
                                               {"nonsense": V("b", True)}))
        self.refused("InvalidArgument", self.alice.call, "Session.Login", "sva{sv}", "alice", secret(PASSWORD), {"remember": V("s", "yes")})

    def test_nothing_in_the_log(self):
        self.login(V("s", PASSWORD))
        self.assertNotIn(PASSWORD, self.m.daemon_log())
        for file in self.m.state.iterdir():
            if file.is_file():
                self.assertNotIn(PASSWORD.encode(), file.read_bytes(), file)
        self.assertEqual(0o700, self.m.state.stat().st_mode & 0o7777)
        for file in self.m.state.iterdir():
            self.assertEqual(0, file.stat().st_mode & 0o077, file)


if __name__ == "__main__":
    main()
