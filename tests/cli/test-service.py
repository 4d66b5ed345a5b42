#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The client with the real service, bus and polkit: accounts, sessions and authenticators (E2, E5, A3, D2, D3)."""
import json
import re
import stat

from cli import DENIED, FAILED, NOT_FOUND, OK, USAGE, main
from served import BOB, ROOT, Served, read_uri, totp


class Service(Served):
    def test_accounts(self):
        self.sygnet(DENIED, "account", "create", "anna", "--name", "Anna", "--password-file", self.password, says="not allowed")
        self.account()
        self.sygnet(FAILED, "account", "create", "anna", "--name", "Anna", "--password-file", self.password, uid=ROOT, says="exists already")
        listed = json.loads(self.sygnet(OK, "account", "list", "--json", uid=ROOT))["accounts"]
        self.assertEqual([("anna", "Anna Żółć")], [(a["login"], a["name"]) for a in listed])
        self.assertIn("anna@example.com", self.sygnet(OK, "account", "list", uid=ROOT))
        self.sygnet(NOT_FOUND, "account", "bind", "nobody-there", "bob", uid=ROOT)
        self.sygnet(OK, "account", "bind", "anna", "bob", uid=ROOT)
        self.sygnet(OK, "login", "anna", "--password-file", self.password, uid=BOB)
        self.sygnet(OK, "account", "unbind", "anna", "bob", uid=ROOT)
        self.sygnet(DENIED, "log", uid=BOB, says="sygnet login")
        self.sygnet(OK, "account", "disable", "anna", uid=ROOT)
        self.sygnet(DENIED, "login", "anna", "--password-file", self.password)

    def test_sessions(self):
        self.account()
        wrong = self.secret("wrong", "Wrong-Password1")
        self.sygnet(DENIED, "login", "anna", "--password-file", wrong, says="Login failed")
        self.sygnet(DENIED, "login", "nobody-there", "--password-file", wrong, says="Login failed")
        self.assertIn("not logged in", self.sygnet(OK, "status"))
        self.sygnet(OK, "login", "anna", "--password-file", self.password)
        status = json.loads(self.sygnet(OK, "status", "--json"))
        self.assertTrue(status["service"]["running"])
        self.assertEqual(["anna"], [s["login"] for s in status["sessions"]])
        self.assertNotIn("session", status["sessions"][0])
        self.assertIn("1 session closed", self.sygnet(OK, "logout"))
        self.assertEqual([], json.loads(self.sygnet(OK, "status", "--json"))["sessions"])

    def test_authenticators(self):
        m = self.machine
        self.account()
        self.sygnet(DENIED, "otp", "list", says="sygnet login")
        self.sygnet(OK, "login", "anna", "--password-file", self.password)
        made = json.loads(self.sygnet(OK, "otp", "enroll", "--no-confirm", "--label", "phone", "--png", "qr.png", "--uri-file", "uri", "--json"))
        self.assertEqual(["confirmed", "id"], sorted(made))
        for name in ("qr.png", "uri"):
            self.assertEqual(0o600, stat.S_IMODE((self.folder / name).stat().st_mode))
        self.assertTrue((self.folder / "qr.png").read_bytes().startswith(b"\x89PNG"))
        uri = (self.folder / "uri").read_text().strip()
        key, digits = read_uri(uri)
        self.assertEqual(8, digits)
        self.sygnet(DENIED, "otp", "confirm", made["id"], "--otp-file", self.secret("bad", "00000000"), says="not right")
        self.sygnet(OK, "otp", "confirm", made["id"], "--otp-file", self.secret("code", totp(key, m.now())))
        listed = json.loads(self.sygnet(OK, "otp", "list", "--json"))["tokens"]
        self.assertEqual([("phone", "active")], [(t["label"], t["status"]) for t in listed])
        # A used code is not taken again; the next one opens a remembered session.
        remember = ("login", "anna", "--remember", "--password-file", self.password, "--otp-file")
        self.sygnet(DENIED, *remember, self.folder / "code", says="used already")
        self.sygnet(OK, *remember, self.secret("code", m.code(key)))
        self.assertTrue(any(s["remembered"] for s in json.loads(self.sygnet(OK, "status", "--json"))["sessions"]))
        self.sygnet(FAILED, "otp", "enroll", "--no-confirm", "--uri-file", "uri", says="--force")
        self.sygnet(OK, "otp", "revoke", made["id"], "--otp-file", self.secret("code", m.code(key)))
        self.assertRegex(self.sygnet(OK, "otp", "list"), re.compile("phone.*revoked"))

    def test_log_export(self):
        self.account()
        self.sygnet(OK, "login", "anna", "--password-file", self.password)
        lines = [json.loads(line) for line in self.sygnet(OK, "log", "export").splitlines()]
        self.assertEqual(["login"], [e["event"] for e in lines])
        self.assertIn("1 entry", self.sygnet(OK, "log", "export", "-o", "log.jsonl"))
        self.assertEqual(lines, [json.loads(line) for line in (self.folder / "log.jsonl").read_text().splitlines()])
        self.sygnet(FAILED, "log", "export", "-o", "log.jsonl", says="--force")
        self.sygnet(OK, "log", "export", "-o", "log.jsonl", "--force")
        self.sygnet(DENIED, "log", "export", "--all", says="not allowed")
        everybody = [json.loads(line) for line in self.sygnet(OK, "log", "export", "--all", uid=ROOT).splitlines()]
        self.assertEqual(sorted(e["seq"] for e in everybody), [e["seq"] for e in everybody])
        self.assertLess(len(lines), len(everybody))
        self.sygnet(USAGE, "log", "--all", "--seal", "x", says="exclude")
        self.sygnet(NOT_FOUND, "log", "--seal", "no-such-seal")


if __name__ == "__main__":
    main()
