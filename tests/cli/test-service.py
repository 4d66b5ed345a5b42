#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The client with the real service, bus and polkit: accounts, sessions and authenticators (E2, E5, A3, D2, D3)."""
import json
import re
import stat
import struct
import zlib

from cli import DENIED, FAILED, NOT_FOUND, OK, USAGE, main
from served import BOB, ROOT, Served, read_uri, totp


def png_modules(data):
    """A PNG of 8 bit grey, 8 pixels a module, as rows of dark modules."""
    width, height = struct.unpack(">II", data[16:24])
    packed, at = b"", 8
    while at < len(data):
        n, kind = struct.unpack(">I4s", data[at:at + 8])
        packed += data[at + 8:at + 8 + n] if kind == b"IDAT" else b""
        at += 12 + n
    raw, rows, above = zlib.decompress(packed), [], bytes(width)
    for y in range(height):
        kind, line = raw[y * (width + 1)], bytearray(raw[y * (width + 1) + 1:(y + 1) * (width + 1)])
        for x in range(width):
            a, b, c = line[x - 1] if x else 0, above[x], above[x - 1] if x else 0
            paeth = min((a, b, c), key=lambda v: abs(a + b - c - v))
            line[x] = line[x] + (0, a, b, (a + b) // 2, paeth)[kind] & 255
        rows.append(bytes(line))
        above = rows[-1]
    return [[rows[y][x] == 0 for x in range(4, width, 8)] for y in range(4, height, 8)]


def svg_modules(text):
    side = int(re.search(r'viewBox="0 0 (\d+) ', text)[1])
    modules = [[False] * side for _ in range(side)]
    for x, y, n in (map(int, m) for m in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", text)):
        modules[y][x:x + n] = [True] * n
    return modules


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
        made = json.loads(self.sygnet(OK, "otp", "enroll", "--no-confirm", "--label", "phone", "--png", "qr.png", "--svg", "qr.svg", "--uri-file", "uri", "--json"))
        self.assertEqual(["confirmed", "id"], sorted(made))
        for name in ("qr.png", "qr.svg", "uri"):
            self.assertEqual(0o600, stat.S_IMODE((self.folder / name).stat().st_mode))
        modules = png_modules((self.folder / "qr.png").read_bytes())
        self.assertEqual(modules, svg_modules((self.folder / "qr.svg").read_text()))
        self.assertEqual([True] * 7 + [False], modules[4][4:12])  # the finder pattern of ISO/IEC 18004, after four light modules
        self.assertTrue(300 < sum(map(sum, modules)) < len(modules) ** 2 / 2)
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
