#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prompts at a terminal: no echo, and the terminal as it was whatever happens."""
import os
import signal
import time
from pathlib import Path

from cli import DENIED, FAILED, Terminal, TestCase, echoes, main

PASSWORD = "Secret-Word1"


class Prompt(TestCase):
    def asked(self, *args, **env):
        """A terminal at which the program waits for a password."""
        t = Terminal(*args, **env)
        t.expect(": ")
        while echoes(t.fd):
            time.sleep(0.01)
        return t

    def test_no_echo(self):
        t = self.asked("login", "anna")
        self.assertIn("Password of anna", t.output)
        t.type(PASSWORD)
        self.assertEqual(FAILED, t.wait())
        self.assertNotIn(PASSWORD, t.output)
        self.assertIn("message bus", t.output)

    def test_twice(self):
        t = self.asked("account", "create", "anna", "--name", "Anna")
        t.type(PASSWORD)
        t.expect("(again)")
        t.type(PASSWORD + "x")
        self.assertEqual(FAILED, t.wait())
        self.assertIn("not the same", t.output)
        self.assertNotIn(PASSWORD, t.output)

    def test_signals_give_the_echo_back(self):
        for key, number in ((b"\x03", signal.SIGINT), (b"\x1c", signal.SIGQUIT), (None, signal.SIGTERM), (None, signal.SIGHUP)):
            with self.subTest(number):
                t = self.asked("login", "anna")
                if key:
                    t.key(key)
                else:
                    os.kill(t.pid, number)
                while not t.ended():
                    t.read(0.05)
                self.assertTrue(echoes(t.fd))
                self.assertEqual(-number, t.wait())

    def test_end_of_input(self):
        t = self.asked("login", "anna")
        t.key(b"\x04")
        self.assertEqual(FAILED, t.wait())
        self.assertIn("Nothing was entered", t.output)

    def test_stop_asks_again(self):
        t = self.asked("login", "anna")
        os.kill(t.pid, signal.SIGTSTP)
        while t.output.count("Password of anna") < 2:
            self.assertTrue(t.read(10))
        while echoes(t.fd):
            time.sleep(0.01)
        t.type(PASSWORD)
        self.assertEqual(FAILED, t.wait())
        self.assertNotIn(PASSWORD, t.output)

    def test_code_is_tidied_and_checked(self):
        t = self.asked("login", "anna", "--remember")
        t.type(PASSWORD)
        t.expect("One-time code")
        while echoes(t.fd):
            time.sleep(0.01)
        t.type("12 34")
        self.assertEqual(DENIED, t.wait())
        self.assertIn("8 digits", t.output)

    def test_secrets_are_nowhere_to_be_seen(self):
        t = self.asked("login", "anna", "--remember")
        t.type(PASSWORD)
        t.expect("One-time code")
        for file in ("cmdline", "environ"):
            self.assertNotIn(PASSWORD.encode(), Path(f"/proc/{t.pid}/{file}").read_bytes())
        # Not dumpable: the entries of /proc belong to root, and no core is written.
        self.assertEqual(0, os.stat(f"/proc/{t.pid}/mem").st_uid)
        limits = Path(f"/proc/{t.pid}/limits").read_text()
        self.assertRegex(limits, r"Max core file size +0 +0 ")
        t.key(b"\x03")
        self.assertEqual(-signal.SIGINT, t.wait())


if __name__ == "__main__":
    main()
