#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How sygnetd starts, stops, and refuses to start: each refusal says what to do."""
import os
import shutil

from harness import ALICE, BUILD, NAME, PASSWORD, SYGNET, Machine, TestCase, main, totp


class Start(TestCase):
    def setUp(self):
        self.m = self.enterContext(Machine(daemon=False))

    def fails(self, *arguments):
        p = self.m.run([BUILD / "daemon/sygnetd-test", "--conf", self.m.folder / "none.conf", *arguments], uid=SYGNET, check=False, timeout=20)
        self.assertEqual(1, p.returncode, p.stderr)
        self.assertFalse(self.m.has_owner(NAME))
        return p.stderr

    def store(self):
        return ["--state", self.m.state, "--host-key", self.m.host_key]

    def test_no_store(self):
        (self.m.folder / "key").write_bytes(bytes(32))
        self.assertIn("sygnet-store init", self.fails("--state", self.m.folder / "none", "--host-key", self.m.folder / "key"))

    def test_no_host_key(self):
        self.m.init_store()
        self.assertIn("sygnet-store recover", self.fails("--state", self.m.state, "--host-key", self.m.folder / "none"))

    def test_another_hosts_key(self):
        self.m.init_store()
        (self.m.folder / "key").write_bytes(bytes(32))
        self.assertIn("sygnet-store recover", self.fails("--state", self.m.state, "--host-key", self.m.folder / "key"))
        (self.m.folder / "key").write_bytes(bytes(31))
        self.assertIn("32 bytes", self.fails("--state", self.m.state, "--host-key", self.m.folder / "key"))

    def test_bad_setting(self):
        self.m.init_store()
        (self.m.folder / "bad.conf").write_text("[Session]\nIdel = 5\n")
        self.assertIn("line 2", self.fails(*self.store(), "--conf", self.m.folder / "bad.conf"))

    def test_second_daemon(self):
        self.m.init_store()
        self.m.start_daemon()
        p = self.m.run([BUILD / "daemon/sygnetd-test", *self.store()], uid=SYGNET, check=False, timeout=20)
        self.assertEqual(1, p.returncode)
        self.assertIn("another process", p.stderr)

    def test_version_and_usage(self):
        self.assertRegex(self.m.run([BUILD / "daemon/sygnetd-test", "--version"]).stdout, r"^sygnetd-test \d+\.\d+\.\d+\n$")
        self.assertEqual(2, self.m.run([BUILD / "daemon/sygnetd-test", "--nonsense"], check=False).returncode)

    def test_process_is_closed_to_others(self):
        self.m.init_store()
        self.m.start_daemon()
        pid = self.m.daemon.pid
        with open(f"/proc/{pid}/limits", encoding="ascii") as f:
            self.assertIn(["0", "0"], [line.split()[4:6] for line in f if line.startswith("Max core file size")])
        # Not dumpable: what is in /proc belongs to root.
        self.assertEqual(0, os.stat(f"/proc/{pid}/environ").st_uid)


class OlderCopy(TestCase):
    def test_codes_are_frozen_until_accepted(self):
        with Machine() as m:
            m.account("alice", ALICE)
            alice = m.client(ALICE)
            key = alice.enroll(alice.login("alice"))
            m.stop_daemon()
            shutil.copytree(m.state, m.folder / "copy")
            m.start_daemon()
            code = m.code(key)
            alice.login("alice", otp=code)
            m.stop_daemon()
            for file in (m.folder / "copy").glob("store.db*"):
                shutil.copyfile(file, m.state / file.name)
            m.start_daemon()
            self.refused("ClockUnusable", alice.login, "alice", PASSWORD, code)
            self.assertIn("--accept-rollback", m.daemon_log())
            alice.login("alice")
            m.stop_daemon()
            m.run([BUILD / "daemon/sygnetd-test", "--state", m.state, "--host-key", m.host_key, "--accept-rollback"], uid=SYGNET)
            m.start_daemon()
            alice.login("alice", otp=totp(key, m.now()))
            accepted = [e for e in m.operator.call("Audit.ListAll", "a{sv}", {}) if e["event"] == "rollback-accept"]
            self.assertEqual([SYGNET], [e["uid"] for e in accepted])


if __name__ == "__main__":
    main()
