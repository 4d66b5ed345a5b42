#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Mandates and the following of sessions, through the client (requirements D2, D3, and the issue's mandates)."""
import json
import os
import subprocess
import time
from pathlib import Path

from cli import DENIED, FAILED, NOT_FOUND, OK, SOURCE, SYGNET, USAGE, Terminal, main
from served import ALICE, BOB, PASSWORD, ROOT, Signing
from harness import SERVICE, die_with_parent


def in_days(n):
    return time.strftime("%Y-%m-%d", time.localtime(time.time() + n * 86400))


class Mandates(Signing):
    """Anna is the Administrator of a seal."""

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


class Use(Mandates):
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


class Folder(Mandates):
    """What sygnet-seal@.service runs, without systemd; with it: tests/system/inside-folder.sh."""

    def setUp(self):
        super().setUp()
        self.place = self.folder / "place"
        self.place.mkdir()
        os.chown(self.place, SERVICE, SERVICE)

    def run_folder(self, code, mandate=None):
        path = f"{Path(SYGNET).parent}:/usr/bin:/bin"
        p = self.machine.run(["env", "-u", "MANDATE", f"PATH={path}", f"XDG_CONFIG_HOME={self.folder}/settings", f"STATE_DIRECTORY={self.place}", *([f"MANDATE={mandate}"] if mandate else []),
                              SOURCE / "systemd/sygnet-seal-folder.sh"], uid=SERVICE, check=False)
        self.assertEqual(code, p.returncode, p.stdout + p.stderr)
        return p.stdout + p.stderr

    def put(self, name, data=None):
        (self.place / "in" / name).write_bytes((self.folder / "invoice.pdf").read_bytes() if data is None else data)

    def there(self, folder):
        return sorted(f.name for f in (self.place / folder).iterdir())

    def test_timestamp_that_cannot_be_had(self):
        """It costs the level, not the seal: the unit has no network, while the configuration is for everybody."""
        (self.folder / "settings/sygnet").mkdir(parents=True)
        (self.folder / "settings/sygnet/sygnet.conf").write_text("[Timestamp]\nURL=http://127.0.0.1:1/\n")
        mandate = self.create(documents=10)
        self.run_folder(0)
        self.put("invoice.pdf")
        said = self.run_folder(0, mandate)
        self.assertIn("'invoice.pdf': sealed, but sygnet: No timestamp from", said)
        self.assertEqual(["invoice-sealed.pdf"], self.there("out"))
        self.assertEqual([], self.there("failed") + self.there(".work/document") + self.there(".work/sealed"))

    def test_seals_what_can_be_sealed(self):
        mandate = self.create(documents=10)
        self.run_folder(0)
        for name in ("invoice.pdf", "-o.pdf", "a name with ‚ż’ and $(blanks).pdf", "UPPER.PDF", "no ending"):
            self.put(name)
        self.put("letter.txt", b"no PDF")
        self.put("damaged.pdf", b"%PDF-1.7\nnothing more")
        (self.place / "in/link.pdf").symlink_to(self.folder / "invoice.pdf")
        self.put("secret.pdf")
        (self.place / "in/secret.pdf").chmod(0)
        self.put(".hidden.pdf")
        self.run_folder(0, mandate)
        self.assertEqual(["-o-sealed.pdf", "UPPER-sealed.PDF", "a name with ‚ż’ and $(blanks)-sealed.pdf", "invoice-sealed.pdf", "no ending-sealed"],
                         self.there("out"))
        for name in self.there("out"):
            self.sygnet(OK, "verify", "--anchors", "ca.pem", self.place / "out" / name, uid=SERVICE)
        self.assertEqual(["damaged.pdf", "damaged.pdf.txt", "letter.txt", "letter.txt.txt", "link.pdf", "link.pdf.txt", "secret.pdf",
                          "secret.pdf.txt"], self.there("failed"))
        self.assertIn("PDF", (self.place / "failed/letter.txt.txt").read_text())
        self.assertEqual([".hidden.pdf"], self.there("in"))
        self.assertEqual([], self.there(".work/document") + self.there(".work/sealed"))
        # A folder of somebody else's cannot be moved; what lies beside it is sealed all the same, and it is said.
        (self.place / "in/folder $(touch owned)").mkdir()
        self.put("beside.pdf")
        self.assertIn("folder $(touch owned)", self.run_folder(1, mandate))
        self.assertIn("beside-sealed.pdf", self.there("out"))
        (self.place / "in/folder $(touch owned)").rmdir()
        self.assertFalse((self.place / "owned").exists())
        # The same name again takes nothing away.
        self.put("invoice.pdf")
        self.put("letter.txt", b"no PDF")
        self.run_folder(0, mandate)
        self.assertIn("invoice-sealed-2.pdf", self.there("out"))
        self.assertIn("letter-2.txt", self.there("failed"))

    def test_keeps_what_the_mandate_does_not_allow(self):
        """No mandate, one that is used up or revoked, somebody else's, no service: the file stays, and it is said why."""
        self.run_folder(0)
        self.put("invoice.pdf")
        self.assertIn("no mandate is set", self.run_folder(1))
        self.assertIn("There is no mandate", self.run_folder(1, "0" * 16))
        self.assertIn("There is no mandate", self.run_folder(1, self.create(user="other-service")))
        mandate = self.create(documents=1)
        self.run_folder(0, mandate)
        self.put("invoice.pdf")
        self.assertIn("used up", self.run_folder(1, mandate))
        revoked = self.create()
        self.sygnet(OK, "mandate", "revoke", revoked)
        self.assertIn("was revoked", self.run_folder(1, revoked))
        self.assertEqual(["invoice.pdf"], self.there("in"))
        self.machine.stop_daemon()
        self.run_folder(1, revoked)
        self.assertEqual((["invoice.pdf"], ["invoice-sealed.pdf"], []), (self.there("in"), self.there("out"), self.there("failed")))
        self.machine.start_daemon()
        self.run_folder(0, self.create())
        self.assertEqual(([], ["invoice-sealed-2.pdf", "invoice-sealed.pdf"]), (self.there("in"), self.there("out")))

    def test_after_a_kill(self):
        """What was sealed is delivered and not sealed again; what was not is."""
        mandate = self.create(documents=1)
        self.run_folder(0)
        for folder in ("document", "sealed"):
            (self.place / ".work" / folder / "first.pdf").write_bytes((self.folder / "invoice.pdf").read_bytes())
        (self.place / ".work/document/second.pdf").write_bytes((self.folder / "invoice.pdf").read_bytes())
        self.run_folder(0, mandate)
        self.assertEqual((["first-sealed.pdf", "second-sealed.pdf"], [], []), (self.there("out"), self.there("in"), self.there(".work/document")))
        self.assertEqual(1, self.show(mandate)["used"])


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
