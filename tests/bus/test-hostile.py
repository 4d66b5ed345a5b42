#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What one Unix user may do to the others: descriptors and queues that somebody fills, and rows of the store that somebody changed."""
import contextlib
import os
import re
import resource
import sqlite3

import dbus

import seals
from harness import ALICE, BOB, CAROL, NOBODY, SOURCE, SYGNET, BusError, Machine, Memfd, TestCase, V, main, secret
from seals import attributes, authorize, items, prepare, sign, sign_once

FDS_PER_MESSAGE = 16  # what the system bus lets through


def outcome(client, number):
    try:
        client.wait(number)
        return "done"
    except BusError as e:
        return e.name


class Queues(TestCase):
    def test_descriptors(self):
        """Every place where calls wait is full of messages with as many descriptors as they may have: the daemon lives on within its unit's limit."""
        limit = int(re.search(r"^LimitNOFILE=(\d+)$", (SOURCE / "systemd/sygnetd.service.in").read_text(), re.M)[1])
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (1024, limit if hard == resource.RLIM_INFINITY else min(hard, limit)))
        with Machine(polkit="fake") as m:
            m.account("bob", BOB)
            m.polkit.mode("hang")
            options = {f"x{i}": V("h", Memfd(b"x")) for i in range(FDS_PER_MESSAGE - 1)}
            for _ in range(17):
                c = m.client(NOBODY)
                for _ in range(16):
                    c.start("Session.Login", "sva{sv}", "bob", secret("x"), options)
                c.get("org.sygnet.Sygnet1.Manager", "Version")
            m.polkit.mode("allow")
            self.assertTrue(m.client(BOB).login("bob"))

    def test_passwords(self):
        """Argon2 takes its time: nobody queues so much of it that others do not get theirs."""
        with Machine() as m:
            m.account("bob", BOB)
            clients = [m.client(NOBODY) for _ in range(4)]
            calls = [(c, c.start("Session.Login", "sva{sv}", f"nobody{i}", secret("x"), {})) for i in range(16) for c in clients]
            self.assertTrue(m.client(BOB).login("bob"))
            self.assertIn("LimitReached", [outcome(*call) for call in calls])


def database(m):
    """Opened as the daemon's user, so that it can read what comes of it."""
    os.seteuid(SYGNET)
    try:
        path, = (p for p in m.state.iterdir() if p.read_bytes()[:15] == b"SQLite format 3")
        return sqlite3.connect(path, isolation_level=None)
    finally:
        os.seteuid(0)


def last_event(m):
    return m.operator.call("Audit.ListAll", "a{sv}", {"limit": V("u", 1)})[0]["event"]


class Races(TestCase):
    """What is taken from somebody while a signature is being made: once that was answered, no signature leaves."""

    def test_taken_while_it_signs(self):
        m = self.enterContext(Machine())
        ca = seals.Authority()
        alice, bob = seals.Person(m, "alice", ALICE), seals.Person(m, "bob", BOB)
        other = m.client(BOB)
        operator = m.operator
        seal = certificate = operation = None
        power = lambda: {"session": V("s", alice.session), "otp": secret(alice.code())}
        cases = {
            "cancelled": lambda: other.call("Operation.Cancel", "s", operation),
            "logged out": lambda: other.call("Session.Logout", "s", bob.session),
            "disabled": lambda: operator.call("Account.SetStatus", "ss", "bob", "disabled"),
            "unbound": lambda: operator.call("Account.Unbind", "su", "bob", dbus.UInt32(BOB)),
            "grant removed": lambda: alice.client.call("Credential.RemoveUser", "ssa{sv}", seal, "bob", power()),
            "lease broken": lambda: operator.call("Credential.BreakLease", "sa{sv}", seal, {}),
            "retired": lambda: operator.call("Credential.Retire", "sa{sv}", seal, {}),
            # The last: who uses a seal does not begin anew with the password alone.
            "token reset": lambda: operator.call("Token.Reset", "s", "bob"),
        }
        for name, take in cases.items():
            with self.subTest(name):
                with contextlib.suppress(BusError):
                    operator.call("Account.SetStatus", "ss", "bob", "active")
                with contextlib.suppress(BusError):
                    operator.call("Account.Bind", "su", "bob", dbus.UInt32(BOB))
                alice.again()
                bob.again()
                seal, certificate = seals.create_seal(m, ca, "alice", "rsa3072")
                alice.client.call("Credential.AddUser", "ssa{sv}", seal, "bob", power())
                listed = items(*(attributes(certificate, b"%d" % i) for i in range(1500)))
                operation = prepare(bob.client, bob.session, seal, listed)
                authorize(bob.client, operation, otp=bob.code())
                number = sign(bob.client, operation, listed, start=True)
                # Its entry is on disk: only the signatures themselves are missing.
                m.wait_for(lambda: last_event(m) == "sign", "the entry of the audit")
                take()
                self.assertFalse(bob.client.pipe.poll(0), "it was too fast for this test")
                self.assertIn(outcome(bob.client, number), ("OperationState", "NoSession", "NotFound", "Disabled"))
        self.refused("NotPossible", lambda: bob.client.enroll(bob.again()))


class Rows(TestCase):
    """Somebody can write to the database but has no key. Every row that gives power is believed only as the daemon wrote it."""

    def setUp(self):
        self.m = self.enterContext(Machine())
        self.ca = seals.Authority()
        self.alice = seals.Person(self.m, "alice", ALICE)
        self.bob = seals.Person(self.m, "bob", BOB)
        self.carol = seals.Person(self.m, "carol", CAROL)
        self.seal, self.certificate = seals.create_seal(self.m, self.ca, "alice")
        self.old, self.old_certificate = seals.create_seal(self.m, self.ca, "alice")
        self.m.operator.call("Credential.Retire", "sa{sv}", self.old, {})
        for member in ("Credential.AddUser", "Credential.RemoveUser"):
            self.alice.client.call(member, "ssa{sv}", self.seal, "carol", {"session": V("s", self.alice.session), "otp": secret(self.alice.code())})

    @contextlib.contextmanager
    def changed(self, table, *statements):
        def write(what):
            self.m.stop_daemon()
            db = database(self.m)
            os.seteuid(SYGNET)
            try:
                got = what(db)
                db.close()
            finally:
                os.seteuid(0)
            self.m.start_daemon()
            return got

        def change(db):
            rows = db.execute(f"SELECT * FROM {table}").fetchall()
            for sql in statements:
                self.assertGreater(db.execute(sql).rowcount, 0, sql)
            return rows

        def undo(db):
            db.execute(f"DELETE FROM {table}")
            for row in rows:
                db.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(row))})", row)

        rows = write(change)
        try:
            yield
        finally:
            write(undo)

    def sign(self, person, seal=None, certificate=None, code=None):
        person.again()
        return sign_once(person.client, person.session, seal or self.seal, items(attributes(certificate or self.certificate)), otp=code or person.code())

    def test_changed_rows(self):
        account = "(SELECT id FROM account WHERE login = '{}')".format
        alice, bob, carol = map(account, ("alice", "bob", "carol"))
        self.sign(self.alice)
        nobody = self.m.client(NOBODY)
        copy = ("INSERT INTO entitlement SELECT '00112233445566{0}', {1}, credential, 'user', status, granted, removed, mac FROM entitlement "
                "WHERE status = 'active' AND credential = '{2}' LIMIT 1").format
        cases = [
            ("binding", [f"UPDATE binding SET uid = {NOBODY}, user_name = 'nobody' WHERE account = {alice}"], lambda: nobody.login("alice")),
            ("binding", [f"INSERT INTO binding SELECT account, machine, {NOBODY}, 'nobody', since, mac FROM binding WHERE uid = {ALICE}"],
             lambda: nobody.login("alice")),
            ("binding", [f"UPDATE binding SET account = {alice} WHERE uid = {BOB}"], lambda: self.bob.client.login("alice")),
            ("account", [f"UPDATE account SET password = (SELECT password FROM account WHERE login = 'bob') WHERE id = {alice}"],
             lambda: self.alice.client.login("alice")),
            ("account", ["UPDATE account SET login = 'x' WHERE login = 'alice'", "UPDATE account SET login = 'alice' WHERE login = 'bob'"],
             lambda: self.bob.client.login("alice")),
            ("account", ["UPDATE account SET phone = '+48 600 000 000' WHERE login = 'alice'"], lambda: self.alice.client.login("alice")),
            ("entitlement", [copy("77", bob, self.seal)], lambda: self.sign(self.bob)),
            ("entitlement", [f"UPDATE entitlement SET account = {bob} WHERE account = {alice} AND credential = '{self.seal}'"], lambda: self.sign(self.bob)),
            ("entitlement", [f"UPDATE entitlement SET status = 'active', removed = NULL WHERE account = {carol}"], lambda: self.sign(self.carol)),
            ("credential", [f"UPDATE credential SET status = 'active' WHERE id = '{self.old}'"],
             lambda: self.sign(self.alice, self.old, self.old_certificate)),
            ("credential", [f"UPDATE credential SET kind = 'customs', owner = {bob} WHERE id = '{self.seal}'"], lambda: self.sign(self.alice)),
            ("credential", [f"UPDATE credential SET certificates = (SELECT certificates FROM credential WHERE id = '{self.old}') WHERE id = '{self.seal}'"],
             lambda: self.sign(self.alice, None, self.old_certificate)),
            ("credential", [f"UPDATE credential SET owner = {bob} WHERE id = '{self.seal}'"], lambda: self.sign(self.alice)),
            ("token", [f"UPDATE token SET account = {bob} WHERE account = {carol}", f"UPDATE token SET account = {carol} WHERE rowid IN "
                       f"(SELECT rowid FROM token WHERE account = {bob} LIMIT 1)"], lambda: self.sign(self.bob)),
            ("token", [f"UPDATE token SET account = {alice} WHERE account = {bob}"],
             lambda: self.sign(self.alice, code=self.bob.code())),
            ("token", [f"UPDATE token SET digits = 6 WHERE account = {alice}"], lambda: self.sign(self.alice)),
        ]
        for table, statements, attempt in cases:
            with self.subTest(statements), self.changed(table, *statements):
                try:
                    self.fail(f"got {attempt()!r}")
                except BusError as e:
                    self.assertIn(e.name, ("StoreFailed", "NotFound", "AuthenticationFailed"), e.message)
        self.assertTrue(self.sign(self.alice))

    def test_taken_tokens(self):
        """Where the records of somebody's tokens are gone, the password alone does not enrol another."""
        enroll = lambda: self.alice.client.enroll(self.alice.again())
        with self.changed("token", "DELETE FROM token WHERE account = (SELECT id FROM account WHERE login = 'alice')"):
            self.assertIn("sygnet otp reset alice", self.refused("Denied", enroll))
            with self.changed("account", "UPDATE account SET enrolled = 0 WHERE login = 'alice'"):
                self.refused("StoreFailed", self.alice.again)
            with self.changed("account", "UPDATE account SET enrolled = 0, layout = 1 WHERE login = 'alice'"):
                self.refused("StoreFailed", self.alice.again)
            # And an operator who resets somebody who may use a seal cannot then sign as him.
            self.m.operator.call("Token.Reset", "s", "alice")
            self.refused("NotPossible", enroll)

    def test_lowered_mark(self):
        code = self.alice.code()
        self.assertTrue(self.sign(self.alice, code=code))
        for mark in (0, "last_step - 1"):
            with self.changed("token", f"UPDATE token SET last_step = {mark}"):
                self.refused("StoreFailed", self.sign, self.alice, code=code)
        self.assertIn("SignOnce of user", self.m.daemon_log())
        self.assertIn("altered", self.m.daemon_log())
        self.refused("CodeUsed", self.sign, self.alice, code=code)
        self.assertTrue(self.sign(self.alice))


if __name__ == "__main__":
    main()
