#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What goes wrong in life, through the client with the real services: each time the right exit code, a sentence that says what to do, and
nothing written, changed or lost."""
import ctypes
import json
import os
import subprocess

import locales
from cli import DENIED, FAILED, NOT_FOUND, OK, TERMS, Terminal, main
from served import ALICE, KEY_PASSWORD, PASSWORD, ROOT, Signing

libc = ctypes.CDLL(None, use_errno=True)


class BadInput(Signing):
    def setUp(self):
        super().setUp()
        self.identifier = self.seal()
        self.kept = self.contents()

    def contents(self):
        """All files but the tests' secrets."""
        return {p.name: (p.read_bytes(), p.stat().st_mode) for p in self.folder.iterdir() if p.is_file() and p.name not in ("code", "uri")}

    def nothing_written(self):
        self.assertEqual(self.kept, self.contents())

    def small_disk(self, path, size):
        """A full disk is a small one of its own, in this mount namespace."""
        if libc.mount(b"tmpfs", str(path).encode(), b"tmpfs", 0, f"size={size},mode=0777".encode()) != 0:
            raise OSError(ctypes.get_errno(), "mount")
        self.addCleanup(libc.umount2, str(path).encode(), 2)  # MNT_DETACH

    def test_unknown_user_and_wrong_password_are_told_alike(self):
        wrong = self.secret("wrong", "Wrong-Password1")
        told = {login: self.run_client(("login", login, "--password-file", wrong), ALICE, {}) for login in ("anna", "nobody-there")}
        self.assertEqual({DENIED}, {p.returncode for p in told.values()})
        self.assertEqual(1, len({(p.stdout, p.stderr) for p in told.values()}))
        self.assertIn("sygnet account bind", told["anna"].stderr)

    def test_unknown_credential(self):
        self.sygnet(NOT_FOUND, "sign", "declaration.xml", "-c", "no such \x1b[31m", says="sygnet list")
        self.sygnet(NOT_FOUND, "show", "no such", says="sygnet list")
        self.nothing_written()

    def test_expired_certificate(self):
        """By the clock of the service; tests/cli/test-operator.py has the client's."""
        (self.folder / "request.pem").write_text("")
        password = self.secret("key-password", KEY_PASSWORD)
        made = json.loads(self.sygnet(OK, "key", "generate", "--accept-terms", TERMS, "--label", "Customs", "--given-name", "Anna", "--surname", "A", "--serial-number", "TINPL-5250000000",
                                      "--country", "PL", "--no-issue", "--json", "--password-file", password))
        self.sygnet(OK, "key", "request", made["id"], "--password-file", password, "-o", "request.pem", "--force")
        self.sygnet(OK, "ca", "issue", "request.pem", "--profile", "customs", "--days", "1", "-o", "short.pem", uid=ROOT)
        self.sygnet(OK, "key", "import", made["id"], "short.pem")
        self.machine.advance(2 * 86400)
        self.sygnet(OK, "login", "anna", "--password-file", self.password)
        self.kept = self.contents()
        self.sygnet(FAILED, "sign", "declaration.xml", "-c", "Customs", "--password-file", password, says="a new certificate is needed")
        self.nothing_written()

    def test_unreadable_and_vanished_files(self):
        secret = self.folder / "secret.xml"
        secret.write_text("secret")
        secret.chmod(0o600)
        self.kept = self.contents()
        self.sygnet(DENIED, "sign", "secret.xml", "--otp-file", self.code(), says="secret.xml: Permission denied\nYour Unix user")
        self.sygnet(NOT_FOUND, "sign", "gone.xml", "--otp-file", self.code(), says="Check the name")
        self.sygnet(FAILED, "sign", ".", "--otp-file", self.code(), says="directory")
        self.sygnet(DENIED, "verify", "secret.xml", says="Your Unix user")
        self.sygnet(NOT_FOUND, "verify", "gone\x1b[31m", says="gone")
        self.nothing_written()

    def test_output_that_may_not_be_written(self):
        closed = self.folder / "closed"
        closed.mkdir(0o755)
        self.sygnet(DENIED, "sign", "invoice.pdf", "-o", "closed", "--otp-file", self.code(), says="ls -l")
        self.sygnet(DENIED, "sign", "declaration.xml", "-o", "closed/x.p7s", "--otp-file", self.code(), says="ls -l")
        self.sygnet(NOT_FOUND, "sign", "declaration.xml", "-o", "nowhere/x.p7s", "--otp-file", self.code(), says="nowhere")
        self.assertEqual([], list(closed.iterdir()))
        self.nothing_written()

    def changed_while_asked(self, file, change):
        t = Terminal("sign", self.folder / file, uid=ALICE, DBUS_SYSTEM_BUS_ADDRESS=self.machine.address)
        t.expect("One-time code")
        change(self.folder / file)
        self.machine.advance(30)
        t.type_secret(self.machine.code(self.key, fresh=False))
        return t.wait(), t.output

    def test_file_that_changes_or_vanishes_meanwhile(self):
        for change in (lambda f: f.write_text("<Other/>"), lambda f: f.unlink()):
            code, output = self.changed_while_asked("declaration.xml", change)
            self.assertEqual(FAILED, code, output)
            self.assertIn("Sign it again", output)
            self.assertFalse((self.folder / "declaration.xml.p7s").exists())
        # A PDF is kept open: the signed one is whole, and nothing is lost.
        code, output = self.changed_while_asked("invoice.pdf", lambda f: f.unlink())
        self.assertEqual(OK, code, output)
        self.verify(OK, "invoice-sealed.pdf")

    def test_pdfs_that_cannot_be_signed(self):
        subprocess.run(["qpdf", "--encrypt", "a", "b", "256", "--", "invoice.pdf", "locked.pdf"], cwd=self.folder, check=True)
        (self.folder / "damaged.pdf").write_bytes((self.folder / "invoice.pdf").read_bytes()[:-400])
        (self.folder / "head-only.pdf").write_bytes(b"%PDF-1.7\n")
        self.kept = self.contents()
        self.sygnet(FAILED, "sign", "locked.pdf", "--otp-file", self.code(), says="--document-password-file")
        self.sygnet(FAILED, "sign", "damaged.pdf", "--otp-file", self.code(), says="save it anew")
        self.sygnet(FAILED, "sign", "head-only.pdf", "--otp-file", self.code(), says="save it anew")
        self.sygnet(FAILED, "sign", "declaration.xml", "--format", "pades", "--otp-file", self.code(), says="--format cades")
        self.nothing_written()

    def test_full_disk_of_the_user(self):
        full = self.folder / "full"
        full.mkdir()
        self.small_disk(full, "16k")
        (full / "filler").write_bytes(bytes(16384))
        for file, more in (("invoice.pdf", ()), ("declaration.xml", ()), ("declaration.xml", ("--format", "cades-enveloping"))):
            self.sygnet(FAILED, "sign", file, "-o", "full", *more, "--otp-file", self.code(), says="disk is full")
            self.assertEqual(["filler"], os.listdir(full))
        self.sygnet(FAILED, "otp", "enroll", "--no-confirm", "--uri-file", "full/uri", "--otp-file", self.code(), says="Make room")
        self.assertEqual(["filler"], os.listdir(full))
        # An authenticator whose secret nobody saw is not in the way of the next.
        self.sygnet(OK, "otp", "enroll", "--no-confirm", "--uri-file", "another", "--otp-file", self.code())

    def test_full_disk_of_the_service(self):
        m = self.machine
        m.stop_daemon()
        m.wait_for(lambda: not m.has_owner("org.sygnet.Sygnet1"), "the end of sygnetd")
        kept = {p.name: p.read_bytes() for p in m.state.iterdir() if p.is_file()}
        self.small_disk(m.state, 2 << 20)
        stat = m.folder.stat()
        os.chown(m.state, stat.st_uid, stat.st_gid)
        m.state.chmod(0o700)
        for name, data in kept.items():
            (m.state / name).write_bytes(data)
            (m.state / name).chmod(0o600)
            os.chown(m.state / name, stat.st_uid, stat.st_gid)
        m.start_daemon()
        self.sygnet(OK, "login", "anna", "--password-file", self.password)
        filler = m.state / "filler"
        with open(filler, "wb", buffering=0) as f, self.assertRaises(OSError):
            while True:
                f.write(bytes(4096))
        self.kept = self.contents()
        self.sygnet(FAILED, "sign", "declaration.xml", "--otp-file", self.code(), says="disk full")
        self.nothing_written()
        filler.unlink()
        self.sygnet(OK, "login", "anna", "--password-file", self.password)
        self.sygnet(OK, "sign", "declaration.xml", "--otp-file", self.code())

    def test_no_polkit(self):
        self.machine.stop_polkit()
        self.sygnet(DENIED, "sign", "declaration.xml", "--otp-file", self.code(), says="polkitd")
        self.sygnet(DENIED, "account", "list", uid=ROOT, says="polkitd")
        self.nothing_written()
        self.machine.start_polkit()
        self.sygnet(OK, "sign", "declaration.xml", "--otp-file", self.code())

    def test_no_agent(self):
        self.sygnet(DENIED, "account", "list", says="run this as root")
        t = Terminal("account", "list", uid=ALICE, DBUS_SYSTEM_BUS_ADDRESS=self.machine.address, PATH="/nonexistent")
        self.assertEqual(DENIED, t.wait())
        self.assertIn("pkttyagent", t.output)

    def test_service_that_ends(self):
        self.machine.kill_daemon()
        self.sygnet(FAILED, "sign", "declaration.xml", "--otp-file", self.code(), says="systemctl start sygnetd")
        self.nothing_written()


class Locales(Signing):
    """Everything must be said in any locale; documents and names are the same in all."""

    def setUp(self):
        super().setUp()
        locales.provide()

    def say(self, code, locale, encoding, *args, uid=ALICE):
        p = self.run_client(args, uid, {"LC_ALL": locale}, encoding)
        self.assertEqual(code, p.returncode, p.stdout + p.stderr)
        self.assertNotIn("Sanitizer", p.stderr)
        return p.stdout, p.stderr

    def test_polish(self):
        self.seal()
        for locale, encoding in (("pl_PL.UTF-8", "utf-8"), ("pl_PL.ISO-8859-2", "iso-8859-2")):
            with self.subTest(locale):
                self.assertIn("Użycie: sygnet", self.say(OK, locale, encoding, "--help")[0])
                self.assertIn("pieczęć", self.say(OK, locale, encoding, "list")[0])
                self.assertIn("Anna Żółć", self.say(OK, locale, encoding, "account", "list", uid=ROOT)[0])
                self.assertIn("Nie ma poświadczenia „nic”" if encoding == "utf-8" else "Nie ma poświadczenia", self.say(NOT_FOUND, locale, encoding, "show", "nic")[1])
                # What programs read is the same everywhere: JSON in UTF-8.
                self.assertIn("Anna Żółć", self.say(OK, locale, "utf-8", "account", "list", "--json", uid=ROOT)[0])

    def test_c(self):
        self.seal()
        (self.folder / "żółć.xml").write_text("<x/>")
        out = self.say(OK, "C", "ascii", "sign", "żółć.xml", "--otp-file", self.code())[0]
        self.assertTrue(out.startswith("OK "), out)
        self.assertTrue((self.folder / "żółć.xml.p7s").exists())
        self.verify(OK, "żółć.xml.p7s")
        for args, uid in ((("list",), ALICE), (("account", "list"), ROOT), (("log",), ALICE), (("verify", "--anchors", "ca.pem", "żółć.xml.p7s"), ALICE),
                          (("otp", "list"), ALICE), (("--help",), ALICE), (("status",), ALICE)):
            self.say(OK, "C", "ascii", *args, uid=uid)
        self.say(NOT_FOUND, "C", "ascii", "verify", "nic-ż")

    def test_a_password_is_the_same_in_every_locale(self):
        self.secret("other", "Żółć-i-Gęś-2026")
        self.sygnet(OK, "account", "create", "ewa", "--name", "Ewa", "--bind", "alice", "--password-file", "other", uid=ROOT)
        for locale, encoding in (("C", "utf-8"), ("pl_PL.UTF-8", "utf-8"), ("pl_PL.ISO-8859-2", "iso-8859-2")):
            self.say(OK, locale, encoding, "login", "ewa", "--password-file", "other")


if __name__ == "__main__":
    main()
