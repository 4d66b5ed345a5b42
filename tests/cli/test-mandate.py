#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Mandates and the following of sessions, through the client (requirements D2, D3, and the issue's mandates)."""
import json
import subprocess
import time

from cli import DENIED, FAILED, NOT_FOUND, OK, SYGNET, USAGE, Terminal, main
from served import ALICE, BOB, PASSWORD, ROOT, Signing
from harness import SERVICE, die_with_parent


def in_days(n):
    return time.strftime("%Y-%m-%d", time.localtime(time.time() + n * 86400))


class Mandates(Signing):
    def setUp(self):
        super().setUp()
        self.seal()

    def create(self, code=OK, *more, user="service", documents=2, until=None, **how):
        self.sygnet(OK, "login", "anna", "--password-file", self.password)
        out = self.sygnet(code, "mandate", "create", "Example seal", "--user", user, "--documents", documents, "--until", until or in_days(30),
                          "--label", "Invoices", "--otp-file", self.code(), "--json", *more, **how)
        return json.loads(out)["id"] if code == OK else None

    def show(self, mandate, uid=SERVICE):
        return json.loads(self.sygnet(OK, "mandate", "show", mandate, "--json", uid=uid))

    def test_a_service_seals(self):
        mandate = self.create()
        out = self.sygnet(OK, "sign", "invoice.pdf", "--mandate", mandate, uid=SERVICE)
        self.assertIn("invoice-sealed.pdf", out)
        self.assertEqual("TOTAL-PASSED", self.verify(OK, "invoice-sealed.pdf")["signatures"][0]["indication"])
        self.sygnet(OK, "sign", "declaration.xml", "--mandate", mandate[:5], uid=SERVICE)
        self.assertEqual(("used-up", 2, 2, "service", "Invoices"), tuple(self.show(mandate)[k] for k in ("status", "used", "documents", "user", "label")))
        self.sygnet(DENIED, "sign", "invoice.pdf", "-o", "more.pdf", "--mandate", "Invoices", uid=SERVICE, says="used up")
        self.assertFalse((self.folder / "more.pdf").exists())
        logged = self.sygnet(OK, "log", "--json")
        self.assertIn(mandate, logged)

    def test_who_sees_it(self):
        mandate = self.create()
        for uid in (SERVICE, ALICE):
            self.assertEqual("active", self.show(mandate, uid)["status"])
            self.assertIn(mandate, self.sygnet(OK, "mandate", "list", uid=uid))
        self.assertIn(mandate, self.sygnet(OK, "mandate", "list", "--all", uid=ROOT))
        self.assertIn("no mandates", self.sygnet(OK, "mandate", "list", uid=BOB))
        self.sygnet(NOT_FOUND, "mandate", "show", mandate, uid=BOB, says="mandate list")
        self.sygnet(NOT_FOUND, "sign", "invoice.pdf", "--mandate", mandate, uid=BOB)
        self.sygnet(DENIED, "mandate", "list", "--all", uid=BOB)

    def test_revoke(self):
        first, second = self.create(), self.create()
        self.assertIn("revoked", self.sygnet(OK, "mandate", "revoke", first))
        self.sygnet(DENIED, "sign", "invoice.pdf", "--mandate", first, uid=SERVICE, says="revoked")
        self.assertIn("revoked", self.show(first))
        self.sygnet(OK, "mandate", "revoke", second, "--operator", uid=ROOT)
        self.sygnet(DENIED, "mandate", "revoke", second, says="revoked")

    def test_refused(self):
        self.create(FAILED, user="root", says="Make a user")
        self.create(NOT_FOUND, user="nobody-there", says="nobody-there")
        self.create(FAILED, until=in_days(400), says="366 days")
        for until in ("tomorrow", "2026-13-01", "2026-1-1", "20261231"):
            self.create(USAGE, until=until, says="--until")
        self.create(USAGE, documents=0)
        mandate = self.create(OK, "--per-minute", "1")
        self.sygnet(USAGE, "sign", "invoice.pdf", "declaration.xml", "--mandate", mandate, uid=SERVICE, says="at most 1")
        self.sygnet(USAGE, "sign", "invoice.pdf", "--mandate", mandate, "-c", "Example seal", uid=SERVICE, says="exclude")
        self.sygnet(OK, "sign", "invoice.pdf", "--mandate", mandate, uid=SERVICE)
        self.sygnet(DENIED, "sign", "declaration.xml", "--mandate", mandate, uid=SERVICE, says="minute")


class Sessions(Signing):
    def follow(self):
        p = subprocess.Popen(["setpriv", f"--reuid={ALICE}", f"--regid={ALICE}", "--clear-groups", SYGNET, "status", "--follow", "--json"],
                             env=self.machine.environment(), stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
        self.machine.processes.append(p)
        return p

    def test_follow(self):
        """D2: that a session ends, and why, without its id; a new service is followed as well."""
        p = self.follow()
        self.assertEqual(("following", None), self.event(p))
        self.sygnet(OK, "logout")
        self.assertEqual(("ended", {"login": "anna", "reason": "logout"}), self.event(p))
        self.machine.restart_daemon()
        self.assertEqual(("following", None), self.event(p))
        self.sygnet(OK, "login", "anna", "--password-file", self.password)
        self.sygnet(OK, "logout")
        self.assertEqual(("ended", {"login": "anna", "reason": "logout"}), self.event(p))
        p.terminate()
        self.assertEqual(OK, p.wait(20))

    def event(self, p):
        said = json.loads(p.stdout.readline())
        return said["event"], said.get("info")

    def test_terminal(self):
        t = Terminal("status", "--follow", uid=ALICE, DBUS_SYSTEM_BUS_ADDRESS=self.machine.address)
        t.expect("anna: ")
        self.sygnet(OK, "logout")
        t.expect("has ended: logged out")
        t.expect("sygnet login anna")
        t.key(b"\x03")
        self.assertEqual(OK, t.wait())

    def test_session_ends_while_the_code_is_looked_for(self):
        """D2: who is at a terminal logs in again and goes on, with the code that was typed."""
        self.seal()
        t = Terminal("sign", str(self.folder / "invoice.pdf"), uid=ALICE, DBUS_SYSTEM_BUS_ADDRESS=self.machine.address)
        t.expect("One-time code")
        self.machine.advance(181)
        t.type_secret(self.machine.code(self.key))
        t.expect("Log in again")
        t.expect("Password of anna")
        t.type_secret(PASSWORD)
        t.expect("invoice-sealed.pdf")
        self.assertEqual(OK, t.wait())
        self.verify(OK, "invoice-sealed.pdf")


    def test_policy_wants_a_code_in_a_remembered_session(self):
        """D3: beyond what the Administrator set, a terminal asks for a code, and elsewhere a file gives one."""
        self.seal()
        self.sygnet(OK, "login", "anna", "--password-file", self.password)
        self.sygnet(OK, "policy", "Example seal", "--remember-max-signatures", "1", "--otp-file", self.code())
        self.sygnet(OK, "logout")
        self.sygnet(OK, "login", "anna", "--password-file", self.password, "--remember", "--otp-file", self.code())
        self.sygnet(OK, "sign", "declaration.xml")
        self.sygnet(DENIED, "sign", "invoice.pdf", says="code is needed")
        self.sygnet(OK, "sign", "invoice.pdf", "--otp-file", self.code())
        t = Terminal("sign", str(self.folder / "invoice.pdf"), "--force", uid=ALICE, DBUS_SYSTEM_BUS_ADDRESS=self.machine.address)
        t.expect("One-time code")
        t.type_secret(self.machine.code(self.key))
        self.assertEqual(OK, t.wait())


if __name__ == "__main__":
    main()
