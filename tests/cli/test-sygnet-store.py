#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""sygnet-store as an administrator uses it: every verb, and each refusal with its exit status and what it says to do.

Usage: test-sygnet-store.py PROGRAM
"""
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROGRAM = sys.argv.pop(1)
OK, FAILED, USAGE, DENIED, NOT_FOUND = range(5)


class StoreTool(unittest.TestCase):
    def setUp(self):
        self.top = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.top)
        self.state, self.key, self.backup = self.top / "state", self.top / "key", self.top / "backup"

    def tool(self, *args, status=OK, text="", says=None):
        """Runs the program; returns its standard output."""
        command = [PROGRAM, "--state", str(self.state), "--host-key", str(self.key), *map(str, args)]
        p = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60)
        self.assertEqual(p.returncode, status, p.stdout + p.stderr)
        if says:
            self.assertRegex(p.stderr, says)
        return p.stdout

    def init(self):
        return self.tool("init").strip()

    def status(self):
        return json.loads(self.tool("status", "--json"))

    def kinds(self):
        return [slot["kind"] for slot in self.status()["slots"]]

    def files(self, directory):
        return {p.name: p.read_bytes() for p in directory.iterdir() if p.name != "generation"}

    def test_init(self):
        recovery = self.init()
        self.assertRegex(recovery, r"^([A-Z2-7]{5}-){12}[A-Z2-7]{5}$")
        self.assertEqual(self.state.stat().st_mode & 0o7777, 0o700)
        for file in [self.key, *self.state.iterdir()]:
            self.assertEqual(file.stat().st_mode & 0o7777, 0o600)
        self.assertEqual(self.key.stat().st_size, 32)
        self.assertEqual(self.kinds(), ["host", "recovery"])
        for content in self.files(self.state).values():
            self.assertNotIn(recovery.encode(), content)
            self.assertNotIn(self.key.read_bytes(), content)

    def test_init_never_over_records(self):
        self.init()
        before, key = self.files(self.state), self.key.read_bytes()
        self.tool("init", status=FAILED, says="never made beside records")
        self.assertEqual(self.files(self.state), before)
        self.assertEqual(self.key.read_bytes(), key)
        self.key.unlink()
        (self.state / "slots").unlink()
        self.tool("init", status=FAILED, says="never made beside records")
        self.assertFalse(self.key.exists())

    def test_init_with_a_key_that_is_there(self):
        self.key.write_bytes(bytes(range(32)))
        self.key.chmod(0o640)
        self.tool("init", status=DENIED, says="0600")
        self.key.chmod(0o600)
        self.init()
        self.assertEqual(self.key.read_bytes(), bytes(range(32)))

    def test_a_key_of_the_wrong_length(self):
        for n in (0, 31, 33):
            self.key.write_bytes(bytes(n))
            self.key.chmod(0o600)
            self.tool("init", status=FAILED, says="32 bytes")
            self.assertFalse((self.state / "slots").exists())

    def test_status(self):
        self.tool("status", status=NOT_FOUND, says="init")
        self.init()
        out = self.tool("status")
        self.assertIn("closed, undamaged", out)
        status = self.status()
        self.assertEqual((status["service"], status["running"], status["rolled_back"]), ("sygnetd", False, False))
        self.tool("status", "--service", "sygnet-cad", status=FAILED, says="no store of sygnet-cad")

    def test_running(self):
        self.init()
        fd = os.open(self.state, os.O_RDONLY)
        self.addCleanup(os.close, fd)
        fcntl.flock(fd, fcntl.LOCK_EX)
        self.assertTrue(self.status()["running"])
        for verb in (["rekey"], ["recovery-key"], ["backup", self.backup]):
            self.tool(*verb, status=FAILED, says="Stop it first")
        self.assertFalse(self.backup.exists())

    def test_recover(self):
        recovery, old = self.init(), self.key.read_bytes()
        self.key.unlink()
        self.tool("recovery-key", status=NOT_FOUND, says="recover")
        self.tool("recover", text=recovery.lower().replace("-", " ") + "\n")
        self.assertNotEqual(self.key.read_bytes(), old)
        self.assertEqual(self.kinds(), ["host", "recovery", "host"])
        self.tool("rekey")
        self.assertEqual(self.kinds(), ["recovery", "host"])
        self.tool("recovery-key")

    def test_recover_mistyped(self):
        recovery = self.init()
        self.key.unlink()
        wrong = recovery[:14] + ("A" if recovery[14] != "A" else "B") + recovery[15:]
        self.tool("recover", text=wrong, status=FAILED, says="Group 3")
        self.tool("recover", text=recovery[:-1], status=FAILED, says="13 groups")
        self.tool("recover", text="", status=FAILED, says="13 groups")
        self.assertFalse(self.key.exists())
        self.assertEqual(self.kinds(), ["host", "recovery"])

    def test_recover_with_the_key_of_another_store(self):
        self.init()
        self.key.unlink()
        mine, self.state = self.state, self.top / "other"
        other = self.init()
        self.key.unlink()
        self.state = mine
        paper = self.top / "paper"
        paper.write_text(other + "\n")
        self.tool("recover", "--recovery-key-file", paper, status=DENIED, says="not the recovery key")
        self.assertFalse(self.key.exists())
        self.tool("recover", "--recovery-key-file", self.top / "nowhere", status=NOT_FOUND)

    def test_rekey(self):
        recovery, old = self.init(), self.key.read_bytes()
        self.tool("rekey", says="store key itself stays the same")
        self.assertEqual(self.key.stat().st_mode & 0o7777, 0o600)
        new = self.key.read_bytes()
        self.assertNotEqual(new, old)
        self.key.write_bytes(old)
        self.tool("recovery-key", status=DENIED, says="does not open")
        self.key.write_bytes(new)
        self.assertNotEqual(self.tool("rekey", "--recovery").strip(), recovery)
        self.assertEqual(sorted(self.kinds()), ["host", "recovery"])

    def test_recovery_key(self):
        old = self.init()
        new = self.tool("recovery-key").strip()
        self.key.unlink()
        self.tool("recover", text=old, status=DENIED, says="not the recovery key")
        self.tool("recover", text=new)

    def test_backup_and_restore(self):
        recovery = self.init()
        self.tool("backup", self.backup)
        self.assertEqual(self.backup.stat().st_mode & 0o7777, 0o600)
        content = self.backup.read_bytes()
        self.tool("backup", self.backup, status=FAILED, says="never overwritten")
        self.assertEqual(self.backup.read_bytes(), content)
        self.tool("restore", self.backup, status=FAILED, says="never made beside records")
        shutil.rmtree(self.state)
        self.tool("restore", self.backup, says="sygnetd --accept-rollback")
        self.assertTrue(self.status()["rolled_back"])
        self.assertEqual({p.name for p in self.state.iterdir()}, {"store.db", "slots", "generation"})
        self.tool("recovery-key")
        self.key.unlink()
        shutil.rmtree(self.state)
        self.tool("restore", self.backup)
        self.tool("recover", text=recovery)

    def test_what_an_older_copy_lacks(self):
        """Each service's store in its own words."""
        for service, lacks in (("sygnetd", "(?s)one-time codes.*users and tokens.*sygnetd --accept-rollback"),
                               ("sygnet-cad", "(?s)^(?!.*(tokens|codes)).*register.*sygnet-cad --accept-rollback")):
            self.tool("--service", service, "init")
            self.tool("--service", service, "backup", self.backup)
            shutil.rmtree(self.state)
            self.tool("--service", service, "restore", self.backup, says=lacks)
            shutil.rmtree(self.state)
            for file in (self.backup, self.key):
                file.unlink()

    def test_restore_refuses_damage(self):
        self.init()
        self.tool("backup", self.backup)
        content = self.backup.read_bytes()
        shutil.rmtree(self.state)
        for at in (0, 9, 20, 100, len(content) // 2, len(content) - 1):
            self.backup.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1:])
            self.tool("restore", self.backup, status=FAILED, says="damaged")
        for n in (0, 8, 9, 40, len(content) - 1):
            self.backup.write_bytes(content[:n])
            self.tool("restore", self.backup, status=FAILED, says="damaged")
        self.backup.write_bytes(content[:8] + b"\x02" + content[9:])
        self.tool("restore", self.backup, status=FAILED, says="newer version")
        self.assertEqual(list(self.state.iterdir()) if self.state.exists() else [], [])
        self.backup.write_bytes(content)
        self.tool("restore", self.backup, "--service", "sygnet-cad", status=FAILED)
        self.tool("restore", self.top / "nowhere", status=NOT_FOUND)
        self.tool("restore", self.backup)

    def test_open_to_others(self):
        self.init()
        self.state.chmod(0o755)
        self.tool("status", status=DENIED, says="0700")

    def test_damaged(self):
        self.init()
        slots = self.state / "slots"
        good = slots.read_bytes()
        slots.write_bytes(good[:50] + bytes([good[50] ^ 1]) + good[51:])
        for verb in (["status"], ["rekey"], ["backup", self.backup]):
            self.tool(*verb, status=FAILED, says="damaged")
        slots.write_bytes(good)
        database = self.state / "store.db"
        database.write_bytes(database.read_bytes()[:4096] + bytes(4096))
        self.tool("status", status=FAILED, says="damaged")
        self.tool("backup", self.backup, status=FAILED, says="damaged")
        self.assertFalse(self.backup.exists())

    def test_usage(self):
        self.tool(status=USAGE)
        self.tool("nonsense", status=USAGE)
        self.tool("backup", status=USAGE)
        self.tool("status", "extra", status=USAGE)
        self.tool("status", "--nonsense", status=USAGE)
        self.tool("status", "--service", "other", status=USAGE, says="sygnetd or sygnet-cad")
        self.assertIn("recovery-key", self.tool("--help"))
        self.assertRegex(self.tool("--version"), r"^sygnet-store \d")

    if os.geteuid() == 0:
        def test_root_acts_as_the_owner(self):
            self.top.chmod(0o711)
            self.state.mkdir(0o700)
            os.chown(self.state, 12345, 12345)
            self.init()
            for file in [self.key, *self.state.iterdir()]:
                self.assertEqual((file.stat().st_uid, file.stat().st_gid), (12345, 12345), file)
            self.tool("rekey")
            self.tool("backup", self.backup)
            self.assertEqual(self.backup.stat().st_uid, 0)
            self.assertEqual(self.key.stat().st_uid, 12345)
            for file in self.state.iterdir():
                self.assertEqual(file.stat().st_uid, 12345, file)


if __name__ == "__main__":
    unittest.main()
