#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The audit: the own history with the documents, the Administrator's without (E10), the operator's, pages of each."""
import contextlib
import json
import re
import sqlite3

import seals
from couriers import Post
from harness import ALICE, BOB, Machine, TestCase, V, main
from seals import attributes, items, sign_once


class Views(TestCase):
    def setUp(self):
        self.m = self.enterContext(Machine())
        self.ca = seals.Authority()
        self.alice = seals.Person(self.m, "alice", ALICE)
        self.bob = seals.Person(self.m, "bob", BOB)
        self.seal, self.certificate = seals.create_seal(self.m, self.ca, "alice")
        self.m.operator.call("Credential.AddUser", "ssa{sv}", self.seal, "bob", {})

    def sign(self, person, n):
        listed = items(*(attributes(self.certificate, f"secret {i}".encode()) for i in range(n)))
        sign_once(person.client, person.session, self.seal, listed, otp=person.code())
        return listed

    def of_seal(self, person, seal=None, **options):
        return person.client.call("Audit.ListSeal", "ssa{sv}", person.session, seal or self.seal, options)

    def test_the_administrator_sees_counts_and_times_only(self):
        self.sign(self.bob, 3)
        rows = self.of_seal(self.alice)
        sign = next(e for e in rows if e["event"] == "sign")
        self.assertEqual(("bob", 3, self.seal), (sign["login"], sign["items"], sign["credential"]))
        self.assertTrue(abs(sign["time"] - self.m.now()) < 60)
        self.assertEqual({"seq", "time", "event", "credential", "login", "items"}, set(sign))
        self.assertTrue(all(e["credential"] == self.seal and "payload" not in e and "uid" not in e for e in rows))
        self.assertNotIn("document 0", json.dumps(rows))
        self.assertIn("user-added", [e["event"] for e in rows])
        own = self.bob.client.call("Audit.List", "sa{sv}", self.bob.session, {})
        self.assertIn("document 2", next(e["payload"] for e in own if e["event"] == "sign"))

    def test_nobody_else_sees_a_seals_log(self):
        self.sign(self.alice, 1)
        self.refused("NotFound", self.of_seal, self.bob)
        self.refused("NotFound", self.of_seal, self.alice, "0123456789abcdef")
        self.refused("NotFound", self.of_seal, self.alice, "../../etc")
        self.refused("NoSession", self.bob.client.call, "Audit.ListSeal", "ssa{sv}", self.alice.session, self.seal, {})
        own = self.bob.client.call("Audit.List", "sa{sv}", self.bob.session, {})
        self.assertNotIn("sign", [e["event"] for e in own])

    def test_pages_both_ways(self):
        for _ in range(3):
            self.sign(self.alice, 1)
            self.m.advance(31)
        everything = self.m.operator.call("Audit.ListAll", "a{sv}", {"limit": V("u", 1000)})
        forward, last = [], 0
        while True:
            page = self.m.operator.call("Audit.ListAll", "a{sv}", {"limit": V("u", 4), "after": V("t", last)})
            forward += page
            if len(page) < 4:
                break
            last = page[-1]["seq"]
        self.assertEqual(everything, forward[::-1])
        mine = self.of_seal(self.alice)
        self.assertEqual(mine[1:3], self.of_seal(self.alice, before=V("t", mine[0]["seq"]), limit=V("u", 2)))
        self.assertEqual([], self.of_seal(self.alice, after=V("t", mine[0]["seq"])))
        self.assertEqual([], self.of_seal(self.alice, after=V("t", 2**64 - 1)))
        self.refused("InvalidArgument", self.of_seal, self.alice, before=V("t", 5), after=V("t", 1))

    def change(self, statement):
        """Changes the database behind the service's back."""
        self.m.stop_daemon()
        with contextlib.closing(sqlite3.connect(self.m.state / "store.db", isolation_level=None)) as db:
            self.assertEqual(1, db.execute(statement).rowcount)
        self.m.start_daemon()
        self.alice.again()

    def test_what_was_erased_or_damaged_counts_nothing(self):
        self.sign(self.alice, 2)
        self.change("UPDATE audit SET salt = NULL, payload = NULL WHERE event = 'sign'")
        self.assertNotIn("items", next(e for e in self.of_seal(self.alice) if e["event"] == "sign"))
        self.assertEqual(0, self.m.operator.call("Audit.Verify")[3])
        self.change("UPDATE audit SET payload = CAST('{\"items\":' AS BLOB) WHERE event = 'sign'")
        self.assertNotIn("items", next(e for e in self.of_seal(self.alice) if e["event"] == "sign"))


class Heads(TestCase):
    def test_head_is_sent_away(self):
        """What left the machine proves later that the log is whole up to there."""
        m = self.enterContext(Machine(conf="[Audit]\nHeadInterval=1d\nHeadMail=audit@example.com\n"))
        post = self.enterContext(Post(m))
        mail, = post.mail.wait(1)
        self.assertEqual("audit@example.com", mail.to)
        entries, head = int(re.search(r"Entries: +(\d+)", mail.body)[1]), re.search(r"Head: +([0-9a-f]{66})", mail.body)[1]
        self.assertEqual(("00" * 33, 0), (head, entries))
        self.assertIn(f"head {head}", m.daemon_log())
        m.account("alice", ALICE)
        m.restart_daemon()
        m.advance(86401)
        m.restart_daemon()
        mail = post.mail.wait(2)[1]
        entries, head = int(re.search(r"Entries: +(\d+)", mail.body)[1]), re.search(r"Head: +([0-9a-f]{66})", mail.body)[1]
        self.assertEqual(3, entries)
        event = m.operator.call("Audit.ListAll", "a{sv}", {})[0]
        self.assertEqual(("audit-head", 4), (event["event"], event["seq"]))
        m.stop_daemon()
        with contextlib.closing(sqlite3.connect(m.state / "store.db", isolation_level=None)) as db:
            self.assertEqual(head, db.execute("SELECT hex(head) FROM audit WHERE seq = 3").fetchone()[0].lower())
        m.start_daemon()
        self.assertEqual(2, len(post.mail.mails()))


if __name__ == "__main__":
    main()
