#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""sygnet setup and sygnet trust status (requirement C1): with the real sygnet-trustd and ca-certificates in a copy of this machine's trust store, and real NSS
databases in a home folder. What is undone is compared with what there was."""
import fcntl
import functools
import http.server
import importlib.util
import json
import os
import signal
import sqlite3
import subprocess
import threading

import browsers
from cli import DENIED, FAILED, NOT_FOUND, OK, SOURCE, SYGNET, USAGE, Terminal, main
from served import ALICE, ROOT, Served, Signing

spec = importlib.util.spec_from_file_location("trust", SOURCE / "tests/bus/test-trust.py")
trust = importlib.util.module_from_spec(spec)
spec.loader.exec_module(trust)


class Setup(Served):
    machine_options = {"daemon": False}

    def setUp(self):
        super().setUp()
        trust.own_store()
        trust.clean_store()
        self.service = trust.Service(self.machine)
        self.addCleanup(self.service.stop)
        self.home = browsers.Home(self.folder / "home")
        self.der = trust.make(self.folder, subject="/C=PL/O=Example sp. z o.o./CN=Zażółć: CA of the centre")
        self.seen = trust.fingerprint(self.der)
        self.system, self.databases = trust.photograph(), self.home.photograph()

    def run_setup(self, code, *args, uid=ROOT, **how):
        return self.sygnet(code, *args, uid=uid, HOME=self.home.path, XDG_STATE_HOME="", **how)

    def set_up(self, code, *args, **how):
        return self.run_setup(code, "setup", *args, **how)

    def records(self):
        folder = self.home.path / ".local/state/sygnet/trust"
        return sorted(p.name for p in folder.iterdir()) if folder.exists() else []

    def unchanged(self):
        self.assertEqual(self.databases, self.home.photograph())
        self.assertEqual(self.system, trust.photograph())
        self.assertEqual([], self.records())

    def openssl_trusts(self):
        return subprocess.run(["openssl", "verify", "-no-CAfile", "-no-CAstore", "-CApath", "/etc/ssl/certs", self.folder / "ca.pem"],
                              capture_output=True, check=False).returncode == 0

    def trusted_in(self):
        return [p for p, held in self.home.photograph().items() if held.get(self.seen, (0, ""))[1] == "C,C,C"]


class ThereAndBack(Setup):
    def test_there_and_back(self):
        self.assertIn("nothing was named", self.run_client(["setup"], ROOT, {"HOME": self.home.path}).stderr)
        told = self.set_up(OK, "--from", "ca.pem", "--yes")
        self.assertIn(self.seen, told)
        self.assertIn("OpenSSL: trusts it", told)
        self.assertIn("GnuTLS: trusts it", told)
        self.assertTrue(self.openssl_trusts())
        self.assertEqual(sorted(browsers.PLACES), sorted(self.trusted_in()))
        for folder in self.home.folders():
            self.assertEqual(b"certutil: certificate is valid\n", browsers.certutil(folder, "-V", "-n", f"Sygnet {self.seen[:16]}", "-u", "L"))
        again = self.set_up(OK)  # also without the file: it is on record
        self.assertNotIn(": installed", again)
        self.assertEqual(sorted(browsers.PLACES), sorted(self.trusted_in()))
        self.set_up(OK, "--undo", "--yes")
        self.assertFalse(self.openssl_trusts())
        self.unchanged()
        self.assertIn("nothing to undo", self.set_up(OK, "--undo", "--yes"))

    def test_what_was_there_before_stays(self):
        first, second, third = self.home.folders()[:3]
        pem = self.folder / "ca.pem"
        browsers.certutil(first, "-A", "-n", "Mine: an odd name", "-t", ",C,", "-i", pem)
        browsers.certutil(second, "-A", "-n", "Distrusted", "-t", "p,p,p", "-i", pem)
        # Another certificate of the same subject: certutil tells the two apart by nothing but their place.
        other = trust.make(self.folder, "other", subject="/C=PL/O=Example sp. z o.o./CN=Zażółć: CA of the centre")
        browsers.certutil(third, "-A", "-n", "Other", "-t", "CT,,c", "-i", self.folder / "other.pem")
        before = self.home.photograph()
        told = self.set_up(OK, "--from", "ca.der", "--yes", "--no-system")
        self.assertIn("NSS, Firefox: profile: trusts it", told)
        self.assertNotIn("NSS, Firefox: abcd", told)  # certutil would have to know it by a name that is not ours
        self.assertEqual(sorted(browsers.PLACES), sorted(self.trusted_in()))
        self.assertIn(trust.fingerprint(other), self.home.photograph()["elsewhere/profile"])
        self.set_up(OK, "--undo", "--yes")
        self.assertEqual(before, self.home.photograph())

    def test_trust_as_newer_programs_note_it(self):
        """Firefox of 2025 and later writes objects of PKCS #11 3.2: left behind, they would have the certificate trusted whoever sends it."""
        folder = self.home.folders()[0]
        self.set_up(OK, "--from", "ca.pem", "--yes", "--no-system")
        db = sqlite3.connect(folder / "cert9.db")
        for column in ("a62c", "a62d", "a62e", "a62f"):
            db.execute(f"ALTER TABLE nssPublic ADD COLUMN {column}")
        issuer, serial = db.execute("SELECT a81, a82 FROM nssPublic WHERE a0 = x'00000001'").fetchone()
        anchor, verify = b"\0\0\0\2", b"\0\0\0\4"
        db.execute("INSERT INTO nssPublic (id, a0, a81, a82, a62c, a62d, a62e, a62f) VALUES (77, x'0000000b', ?, ?, ?, ?, ?, ?)",
                   (issuer, serial, anchor, anchor, verify, anchor))
        db.execute("DELETE FROM nssPublic WHERE a0 = x'ce534353'")
        db.commit()
        stores = json.loads(self.run_setup(OK, "trust", "status", self.seen, "--json"))["certificates"][0]["stores"]
        self.assertEqual("for web sites, e-mail", next(s["why"] for s in stores if s["path"] == str(folder)))
        self.set_up(OK, "--yes", "--no-system")
        self.assertEqual("C,C,C", browsers.certificates(folder)[self.seen][1])
        self.set_up(OK, "--undo", "--yes")
        self.assertEqual(0, db.execute("SELECT count(*) FROM nssPublic").fetchone()[0])
        db.close()
        self.unchanged()

    def test_what_was_in_the_system_before_stays(self):
        self.run_setup(OK, "trust", "install", "ca.pem", "--yes")
        installed = trust.photograph()
        self.set_up(OK, "--from", "ca.pem", "--yes")
        self.set_up(OK, "--undo", "--yes")
        self.assertEqual(installed, trust.photograph())
        self.assertEqual(self.databases, self.home.photograph())

    def test_dry_run(self):
        told = self.set_up(OK, "--from", "ca.pem", "--dry-run")
        self.assertIn("would be installed", told)
        self.unchanged()
        plan = json.loads(self.set_up(OK, "--from", "ca.pem", "--dry-run", "--json"))["changes"]
        self.assertEqual(sorted(str(p) for p in self.home.folders()), sorted(c["path"] for c in plan if c["path"] and c["result"] == "would-install"))
        self.assertTrue([c for c in plan if not c["path"] and c["result"] == "would-install"])
        self.assertEqual(["left"], [c["result"] for c in plan if "legacy" in (c["path"] or "")])
        self.set_up(OK, "--from", "ca.pem", "--yes")
        after = self.home.photograph()
        self.assertIn("would be taken out", self.set_up(OK, "--undo", "--dry-run"))
        self.assertEqual(after, self.home.photograph())

    def test_parts(self):
        self.set_up(OK, "--from", "ca.pem", "--yes", "--no-browsers")
        self.assertEqual(self.databases, self.home.photograph())
        self.assertTrue(self.openssl_trusts())
        self.set_up(OK, "--undo", "--yes")
        self.unchanged()
        self.set_up(OK, "--from", "ca.pem", "--yes", "--no-system", "--purpose", "email", "--purpose", "code")
        self.assertFalse(self.openssl_trusts())
        self.assertEqual({",C,C"}, {held[self.seen][1] for held in self.home.photograph().values()})
        self.set_up(OK, "--undo", "--yes")
        self.unchanged()
        self.set_up(USAGE, "--from", "ca.pem", "--yes", "--purpose", "mail", says="--purpose")
        self.set_up(USAGE, "--undo", "--no-system", says="--undo")

    def test_a_browser_that_was_not_started_yet(self):
        subprocess.run(["rm", "-r", self.home.path / ".pki"], check=True)
        programs = self.folder / "programs"
        programs.mkdir()
        (programs / "chromium").symlink_to("/bin/true")
        path = f"{programs}:{os.environ['PATH']}"
        before = self.home.photograph()
        self.set_up(OK, "--from", "ca.pem", "--yes", "--no-system", PATH=path)
        self.assertIn(".pki/nssdb", self.trusted_in())
        self.assertEqual(0o700, (self.home.path / ".pki/nssdb").stat().st_mode & 0o777)
        self.set_up(OK, "--undo", "--yes", PATH=path)
        self.assertEqual(before, self.home.photograph())
        self.assertFalse((self.home.path / ".pki").exists())

    def test_primary_password(self):
        folder, password = self.home.path / ".thunderbird/locked", self.secret("primary", "Primary-1")
        wrong = self.secret("wrong", "Primary-2")
        browsers.make_database(folder, password)
        before = self.home.photograph()
        self.set_up(FAILED, "--from", "ca.pem", "--yes", "--no-system", says="1 failed")
        self.assertEqual({}, browsers.certificates(folder))
        self.set_up(FAILED, "--yes", "--no-system", "--nss-password-file", wrong)
        self.assertEqual({}, browsers.certificates(folder))
        self.set_up(OK, "--yes", "--no-system", "--nss-password-file", password)
        self.assertIn(self.seen, browsers.certificates(folder))
        self.set_up(OK, "--undo", "--yes")
        self.assertEqual(before, self.home.photograph())

    def test_status(self):
        self.assertIn("no CA certificate", self.run_setup(OK, "trust", "status"))
        stores = json.loads(self.run_setup(OK, "trust", "status", "ca.pem", "--json"))["certificates"][0]["stores"]
        self.assertEqual({False}, {s["trusted"] for s in stores})
        self.set_up(OK, "--from", "ca.pem", "--yes")
        (told,) = json.loads(self.run_setup(OK, "trust", "status", "--json"))["certificates"]
        self.assertEqual(self.seen, told["fingerprint"])
        self.assertIn("Zażółć", told["subject"])
        by_path = {s["path"]: s for s in told["stores"] if s["path"]}
        for folder in self.home.folders():
            self.assertEqual((True, True), (by_path[str(folder)]["trusted"], by_path[str(folder)]["ours"]))
        self.assertFalse(by_path[str(self.home.path / ".mozilla/firefox/legacy.default")]["trusted"])
        self.assertTrue([s for s in told["stores"] if not s["path"] and s["trusted"] and s["ours"]])
        table = self.run_setup(OK, "trust", "status", self.seen)
        self.assertIn("Firefox: abcd1234.default-esr", table)
        browsers.certutil(self.home.folders()[0], "-M", "-n", f"Sygnet {self.seen[:16]}", "-t", "p,,")
        self.assertIn("not to be trusted", self.run_setup(OK, "trust", "status", self.seen))
        self.run_setup(NOT_FOUND, "trust", "status", "nothing", says="nothing")

    def test_home_of_another_user(self):
        """HOME may be left from somebody else, as under "sudo -E"."""
        look = lambda uid: json.loads(self.run_setup(OK, "trust", "status", "ca.pem", "--json", uid=uid))["certificates"][0]["stores"]
        within = lambda stores: [s for s in stores if s["path"] and s["path"].startswith(str(self.home.path))]
        self.assertTrue(within(look(ROOT)))
        self.assertEqual([], within(look(ALICE)))

    def test_a_database_of_another_user(self):
        browsers.own(self.home.path / ".thunderbird", ALICE)
        plan = json.loads(self.set_up(OK, "--from", "ca.pem", "--yes", "--no-system", "--json"))["changes"]
        self.assertEqual("left", next(c["result"] for c in plan if c["path"] and c["path"].endswith("bird.default")))
        self.assertEqual({}, browsers.certificates(self.home.path / ".thunderbird/bird.default"))

    def test_who_may(self):
        browsers.own(self.home.path, ALICE)
        self.set_up(DENIED, "--from", "ca.pem", "--yes", uid=ALICE, says="not allowed")
        self.unchanged()


class Refused(Setup):
    def test_a_bundle_with_a_bad_one(self):
        trust.make(self.folder, "leaf", options="")
        trust.make(self.folder, "second")
        (self.folder / "bundle.pem").write_text("".join((self.folder / n).read_text() for n in ("second.pem", "leaf.pem", "ca.pem")))
        self.set_up(FAILED, "--from", "bundle.pem", "--yes")
        self.unchanged()

    def test_odd_files(self):
        with open(self.folder / "large.pem", "wb") as large:
            large.truncate(100 << 20)
        self.set_up(FAILED, "--from", "large.pem", "--yes", says="8 MiB")
        (self.folder / "text").write_text("hello")
        self.set_up(FAILED, "--from", "text", "--yes", says="text")
        self.set_up(NOT_FOUND, "--from", "nothing", "--yes", says="nothing")
        self.set_up(FAILED, "--from", "ca.key", "--yes")
        self.unchanged()

    def test_agreement(self):
        self.set_up(USAGE, "--from", "ca.pem", says="--yes")
        self.set_up(DENIED, "--from", "ca.pem", "--fingerprint", "00" * 32, says="fingerprint")
        self.unchanged()
        self.set_up(OK, "--from", "ca.pem", "--fingerprint", self.seen.upper())
        self.set_up(OK, "--undo", "--yes")
        self.unchanged()

    def test_folder_with_duplicates(self):
        anchors = self.folder / "anchors"
        anchors.mkdir()
        for name in ("a.pem", "b.crt"):
            (anchors / name).write_bytes((self.folder / "ca.pem").read_bytes())
        (anchors / "c.der").write_bytes(trust.make(self.folder, "second"))
        (anchors / "c.der~").write_text("a copy that an editor left")
        told = json.loads(self.set_up(OK, "--from", anchors, "--yes", "--json"))
        self.assertEqual(2, len({c["fingerprint"] for c in told["changes"]}))
        self.set_up(OK, "--undo", "--yes")
        self.unchanged()

    def test_url(self):
        class Quiet(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *_):
                pass
        handler = functools.partial(Quiet, directory=self.folder)
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            at = f"http://127.0.0.1:{server.server_address[1]}"
            self.set_up(USAGE, "--url", f"{at}/ca.pem", "--yes", says="--fingerprint")
            self.set_up(DENIED, "--url", f"{at}/ca.pem", "--fingerprint", "00" * 32, "--yes")
            self.set_up(FAILED, "--url", f"{at}/nothing", "--fingerprint", self.seen, "--yes", says="nothing")
            self.unchanged()
            self.set_up(OK, "--url", f"{at}/ca.pem", "--fingerprint", self.seen)
            server.shutdown()
        self.assertIn(".pki/nssdb", self.trusted_in())
        self.set_up(OK, "--undo", "--yes")
        self.unchanged()

    def test_two_at_once(self):
        self.set_up(OK, "--from", "ca.pem", "--yes", "--no-system")
        fd = os.open(self.home.path / ".local/state/sygnet/trust", os.O_RDONLY)
        fcntl.flock(fd, fcntl.LOCK_EX)
        self.set_up(FAILED, "--undo", "--yes", says="Another")
        os.close(fd)
        self.set_up(OK, "--undo", "--yes")
        self.unchanged()

    def test_broken_databases(self):
        first, second = self.home.folders()[:2]
        before = {p: h for p, h in self.databases.items() if "firefox/abcd" not in p and "not in the list" not in p}
        (first / "cert9.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)
        (second / "cert9.db").unlink()
        (second / "cert9.db").mkdir()
        self.set_up(FAILED, "--from", "ca.pem", "--yes", "--no-system", says="2 failed")
        self.set_up(OK, "--undo", "--yes")
        (first / "cert9.db").unlink()
        (second / "cert9.db").rmdir()
        self.assertEqual(before, self.home.photograph())

    def test_a_record_that_was_changed(self):
        self.set_up(OK, "--from", "ca.pem", "--yes", "--no-system")
        record = self.home.path / f".local/state/sygnet/trust/{self.seen}.conf"
        text = record.read_text()
        record.write_text(text.replace("Trust=", "Thrust="))
        self.set_up(FAILED, "--undo", "--yes", says=self.seen)
        record.write_text(text)
        self.set_up(OK, "--undo", "--yes")
        self.unchanged()


class Killed(Setup):
    """Killed at each system call that changes something on disk or in another process, then repaired by another run, and undone."""

    def killed_at(self, calls, number, *args):
        """Whether the client was killed at the so many-th of these calls, or came to its end before."""
        p = self.machine.run(["strace", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", "-e", f"inject={calls}:signal=SIGKILL:when={number}", "env",
                              f"HOME={self.home.path}", "XDG_STATE_HOME=", "ASAN_OPTIONS=detect_leaks=0", "sh", "-c", 'exec "$0" "$@"', SYGNET, *args],
                             uid=ROOT, check=False, cwd=self.folder, stdin=subprocess.DEVNULL)
        self.assertIn(p.returncode, (0, -signal.SIGKILL, 128 + signal.SIGKILL), p.stderr)
        return p.returncode != 0

    def walk(self, step, calls, *args, prepare=lambda: None, after):
        number = killed = 1
        while True:
            prepare()
            if not self.killed_at(calls, number, *args):
                break
            after()
            number, killed = number + step, killed + 1
        return killed

    def test_while_databases_change(self):
        # Chromium's is made where it is not there, if Chromium is.
        for place in set(list(browsers.PLACES)[2:]) - {".pki/nssdb"}:
            subprocess.run(["rm", "-r", self.home.path / place], check=True)
        self.databases = self.home.photograph()

        def repaired():
            self.set_up(OK, "--from", "ca.pem", "--yes", "--no-system")
            self.assertEqual(sorted(self.databases), sorted(self.trusted_in()))
            self.set_up(OK, "--undo", "--yes")
            self.unchanged()

        def taken_back():
            self.set_up(OK, "--undo", "--yes")
            self.unchanged()
        calls = "linkat,renameat,rename,mkdir,unlink,clone,clone3,vfork,wait4,pwrite64"
        self.assertGreater(self.walk(2, calls, "setup", "--from", "ca.pem", "--yes", "--no-system", after=repaired), 4)
        self.set_up(OK, "--undo", "--yes")
        self.assertGreater(self.walk(2, calls, "setup", "--undo", "--yes", prepare=lambda: self.set_up(OK, "--from", "ca.pem", "--yes", "--no-system"),
                                     after=taken_back), 3)

    def test_while_the_system_changes(self):
        def repaired():
            self.machine.wait_for(lambda: self.run_client(["trust", "list"], ROOT, {}).returncode == 0, "sygnet-trustd")
            self.set_up(OK, "--from", "ca.pem", "--yes")
            self.assertTrue(self.openssl_trusts())
            self.set_up(OK, "--undo", "--yes")
            self.unchanged()
        self.assertGreater(self.walk(3, "sendmsg,linkat,rename", "setup", "--from", "ca.pem", "--yes", after=repaired), 2)


class AtTerminal(Setup):
    def terminal(self, *args):
        return Terminal(*args, cwd=self.folder, HOME=str(self.home.path), XDG_STATE_HOME="", NO_COLOR="1", DBUS_SYSTEM_BUS_ADDRESS=self.machine.address)

    def test_guided(self):
        t = self.terminal("setup")
        t.expect("certification centre")
        t.type("ca.pem")
        t.expect("own certification authority")
        t.type("n")
        t.expect("programs trust them?")
        self.assertLess(t.output.index(self.seen), t.output.index("programs trust them?"))
        t.type("y")
        t.expect("Your login")
        t.type("")
        self.assertEqual(OK, t.wait(), t.output)
        self.assertIn(".pki/nssdb", self.trusted_in())
        t = self.terminal("trust", "status")
        self.assertEqual(OK, t.wait())
        self.assertLessEqual(max(map(len, t.output.splitlines())), 80, t.output)
        t = self.terminal("setup", "--undo")
        t.expect("Take all of it back?")
        t.type("y")
        self.assertEqual(OK, t.wait(), t.output)
        self.unchanged()

    def test_no_is_no(self):
        t = self.terminal("setup", "--from", "ca.pem")
        t.expect("programs trust them?")
        t.type("n")
        self.assertEqual(FAILED, t.wait())
        self.assertIn("Nothing was changed", t.output)
        self.unchanged()


class WholeMachine(Setup):
    machine_options = {}

    def setUp(self):
        super().setUp()
        Signing.start_ca(self)

    def test_local_ca_and_account(self):
        self.set_up(USAGE, "--local-ca", "--yes", says="--organization")
        self.set_up(USAGE, "--from", "ca.pem", "--yes", "--account", "anna", says="--name")
        told = json.loads(self.set_up(OK, "--local-ca", "--organization", "Example sp. z o.o.", "--ca-name", "Example CA", "--country", "PL", "--account",
                                      "anna", "--name", "Anna Żółć", "--password-file", self.password, "--yes", "--json", SUDO_UID=ALICE))
        root = next(c["fingerprint"] for c in told["changes"])
        self.assertEqual({",C,"}, {held[root][1] for held in self.home.photograph().values()})
        self.sygnet(OK, "login", "anna", "--password-file", self.password, uid=ALICE)
        # Again, it finds both.
        self.set_up(OK, "--local-ca", "--account", "anna", "--name", "Anna Żółć", "--password-file", self.password, "--yes", SUDO_UID=ALICE)
        self.set_up(OK, "--undo", "--yes")
        self.unchanged()


if __name__ == "__main__":
    main()
