#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What released versions of sygnetd wrote is read for good: fixtures/daemon-vN is a store as schema version N wrote it, and everything in it is
still believed and still works.

A fixture is made once, by the version that wrote so, and never again: what fails to read it has broken a stored format. The next one, for a new
version of the schema, is made as root by `SYGNET_BUILD=build tests/bus/test-records.py --make tests/bus/fixtures/daemon-vN`, and is read by the
same tests. Beside the store's files lie its host key and `contents.json`: what the tests must know, and what the service answered when it was made.
"""
import contextlib
import json
import os
import shutil
import sqlite3
import sys
from pathlib import Path

import harness
import seals
from harness import ALICE, BOB, CAROL, PASSWORD, SYGNET, Machine, TestCase, main, secret, totp
from seals import CUSTOMS_PASSWORD, attributes, items, sign_once

FIXTURES = Path(__file__).parent / "fixtures"
MACHINE_ID = "0123456789abcdef0123456789abcdef"  # bindings are to one machine
HOST_KEY = b"host key of a test, not a secret"
FILES = ("store.db", "slots", "generation")


def answers(m, alice, session):
    """All that the service tells about the records, as JSON holds it."""
    op = m.operator
    told = {"accounts": op.call("Account.List"),
            "tokens": alice.call("Token.List", "s", session),
            "credentials": op.call("Credential.List", "a{sv}", {"all": harness.V("b", True)}),
            "own": alice.call("Credential.List", "a{sv}", {}),
            "log": op.call("Audit.ListAll", "a{sv}", {})}
    told["users"] = {c["id"]: op.call("Credential.ListUsers", "sa{sv}", c["id"], {}) for c in told["credentials"] if c["kind"] == "seal"}
    told["certificates"] = {c["id"]: [b.hex() for b in op.call("Credential.GetCertificates", "s", c["id"])] for c in told["credentials"]}
    return json.loads(json.dumps(told))


# --- Making ----------------------------------------------------------------------------------------------------------------

def fill(m, authority):
    """Records of each kind and state. Returns what cannot be asked for."""
    op, alice = m.operator, seals.Person(m, "alice", ALICE)
    bob, carol = seals.Person(m, "bob", BOB), seals.Person(m, "carol", CAROL)
    alice.again()
    first = alice.client.call("Token.List", "s", alice.session)[0]["id"]
    second = alice.client.enroll(alice.session, digits=6, otp=alice.code())
    alice.client.call("Token.Revoke", "ssa{sv}", alice.session, first, {"otp": secret(m.code(second, 6))})
    alice.key = second
    seal, certificate = seals.create_seal(m, authority, "alice", days=10950)
    retired, _ = seals.create_seal(m, authority, "alice", days=10950)
    requested = op.call("Credential.CreateSeal", "ssa{sv}a{sv}", "Requested", "bob", seals.SEAL_SUBJECT, {})
    for login in ("bob", "carol"):
        op.call("Credential.AddUser", "ssa{sv}", seal, login, {})
    op.call("Credential.RemoveUser", "ssa{sv}", seal, "carol", {})
    op.call("Credential.Retire", "sa{sv}", retired, {})
    customs, customs_certificate = seals.create_customs(alice.client, authority, alice.again())
    sign_once(alice.client, alice.session, seal, items(attributes(certificate)), otp=m.code(second, 6))
    sign_once(alice.client, alice.session, customs, items(attributes(customs_certificate)), password=CUSTOMS_PASSWORD)
    op.call("Account.SetStatus", "ss", "carol", "disabled")
    op.call("Account.Bind", "su", "bob", harness.NOBODY)
    for _ in range(4):
        try:
            m.client(CAROL).login("alice", "Wrong-Word-1")
        except harness.BusError as e:
            assert e.name == "AuthenticationFailed", e
    m.advance(1)
    return {"password": PASSWORD, "customs_password": CUSTOMS_PASSWORD, "token": second.hex(), "bob_token": bob.key.hex(), "seal": seal,
            "retired": retired, "requested": requested, "customs": customs}


def make(folder):
    with Machine(daemon=False) as m:
        harness.set_machine_id(MACHINE_ID)
        m.freeze()
        m.host_key.write_bytes(HOST_KEY)
        os.chown(m.host_key, SYGNET, SYGNET)
        m.init_store()
        m.start_daemon()
        contents = fill(m, seals.Authority())
        alice = m.client(ALICE)
        session = alice.login("alice")
        own = alice.call("Audit.List", "sa{sv}", session, {})
        told = answers(m, alice, session)
        intact, count, head, _ = m.operator.call("Audit.Verify")
        assert intact
        contents.update(now=int(m.now()), answers=told, history=json.loads(json.dumps(own)), count=count, head=head.hex())
        m.stop_daemon()
        folder.mkdir(parents=True)
        for name in FILES:
            shutil.copyfile(m.state / name, folder / name)
    (folder / "host-key").write_bytes(HOST_KEY)
    (folder / "contents.json").write_text(json.dumps(contents, indent=1, sort_keys=True) + "\n", encoding="utf-8")


# --- Reading ---------------------------------------------------------------------------------------------------------------

class Records:
    """One fixture; the classes below name it."""
    folder = None

    def setUp(self):
        self.contents = json.loads((self.folder / "contents.json").read_text(encoding="utf-8"))
        self.m = self.enterContext(Machine(daemon=False))
        harness.set_machine_id(MACHINE_ID)
        os.chown(self.m.folder, SYGNET, SYGNET)
        self.m.state.mkdir(0o700)
        for name in FILES:
            shutil.copyfile(self.folder / name, self.m.state / name)
            (self.m.state / name).chmod(0o600)
        shutil.copyfile(self.folder / "host-key", self.m.host_key)
        for path in (self.m.state, self.m.host_key, *self.m.state.iterdir()):
            os.chown(path, SYGNET, SYGNET)
        self.m.freeze()
        self.m.advance(self.contents["now"] - int(self.m.now()))
        self.key = bytes.fromhex(self.contents["token"])

    def start(self):
        self.m.start_daemon()
        self.alice = self.m.client(ALICE)

    def login(self, **more):
        return self.alice.login("alice", self.contents["password"], **more)

    def code(self):
        return self.m.code(self.key, 6)

    def test_all_is_told_as_before(self):
        self.start()
        before = int((self.m.state / "generation").read_text())
        self.assertGreater(before, int((self.folder / "generation").read_text()))
        self.assertEqual((True, self.contents["count"], bytes.fromhex(self.contents["head"]), 0), self.m.operator.call("Audit.Verify"))
        session, then = self.login(), self.contents["answers"]
        history = json.loads(json.dumps(self.alice.call("Audit.List", "sa{sv}", session, {})))
        self.assertEqual(self.contents["history"], history[1:])  # without this login
        self.assertTrue(any("document 0" in e.get("payload", "") for e in history))
        told = answers(self.m, self.alice, session)
        told["log"].pop(0)
        # What a later version tells in addition breaks nothing.
        self.assert_within(then, told)

    def assert_within(self, old, new, where=""):
        self.assertEqual(type(old), type(new), where)
        if isinstance(old, dict):
            for k, v in old.items():
                self.assertIn(k, new, where)
                self.assert_within(v, new[k], f"{where}.{k}")
        elif isinstance(old, list):
            self.assertEqual(len(old), len(new), where)
            for i, v in enumerate(old):
                self.assert_within(v, new[i], f"{where}[{i}]")
        else:
            self.assertEqual(old, new, where)

    def test_codes_go_on(self):
        self.start()
        # The newest step that was accepted is no longer good, whatever its code; those of the revoked token are none.
        self.refused("CodeUsed", self.login, otp=self.last_code())
        self.login(otp=self.code())
        self.m.client(BOB).login("bob", self.contents["password"], self.m.code(bytes.fromhex(self.contents["bob_token"])))
        self.refused("AuthenticationFailed", self.m.client(CAROL).login, "carol", self.contents["password"])
        self.m.client(harness.NOBODY).login("bob", self.contents["password"])

    def last_code(self):
        """Of the step of the fixture's last signature, the newest that was accepted."""
        return totp(self.key, next(e["time"] for e in self.contents["history"] if e["event"] == "sign" and e["credential"] == self.contents["seal"]), 6)

    def test_guesses_are_still_counted(self):
        self.start()
        carol = self.m.client(CAROL)
        self.refused("TryLater", carol.login, "alice", self.contents["password"])

    def test_keys_sign(self):
        self.start()
        session, judge = self.login(), seals.Authority()
        for credential, factors in ((self.contents["seal"], {"otp": self.code()}),
                                    (self.contents["customs"], {"password": self.contents["customs_password"]})):
            certificate = bytes.fromhex(self.contents["answers"]["certificates"][credential][0])
            tbs = attributes(certificate)
            value, = sign_once(self.alice, session, credential, items(tbs), **factors)
            self.assertTrue(judge.verify(certificate, value, tbs))
        self.refused("WrongPassword", sign_once, self.alice, session, self.contents["customs"], items(tbs), password="Wrong-Word-12")
        self.refused("Disabled", sign_once, self.alice, session, self.contents["retired"], items(b"x"), otp=self.code())
        bob = self.m.client(BOB)
        self.refused("CertificateUnusable", sign_once, bob, bob.login("bob", self.contents["password"]), self.contents["requested"], items(b"x"),
                     otp="00000000")
        # The subject and the key still make a request.
        request = self.m.operator.call("Credential.GetRequest", "sa{sv}", self.contents["requested"], {})
        self.assertIn(b"Example sp. z o.o.", judge.issue(request))

    def test_records_change(self):
        """What is written over them is believed again."""
        self.start()
        op, contents = self.m.operator, self.contents
        op.call("Account.SetStatus", "ss", "carol", "active")
        op.call("Credential.AddUser", "ssa{sv}", contents["seal"], "carol", {})
        op.call("Credential.RemoveUser", "ssa{sv}", contents["seal"], "bob", {})
        op.call("Account.Unbind", "su", "bob", harness.NOBODY)
        op.call("Token.Reset", "s", "bob")
        self.alice.call("Session.Logout", "s", self.login(otp=self.code()))
        self.m.restart_daemon()
        users = op.call("Credential.ListUsers", "sa{sv}", contents["seal"], {})
        self.assertEqual([("alice", "active"), ("bob", "deleted"), ("carol", "deleted"), ("carol", "active")],
                         sorted(((u["login"], u["status"]) for u in users), key=lambda u: (u[0], u[1] != "deleted")))
        self.assertTrue(op.call("Audit.Verify")[0])

    def test_older_copy_is_noticed(self):
        (self.m.state / "generation").write_text(f"{int((self.folder / 'generation').read_text()) + 1}\n")
        self.start()
        self.refused("ClockUnusable", self.login, otp=self.code())


    def change(self, *statements):
        with contextlib.closing(sqlite3.connect(self.m.state / "store.db", isolation_level=None)) as db:
            for sql in statements:
                self.assertGreater(db.execute(sql).rowcount, 0, sql)
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


class Version1(Records, TestCase):
    folder = FIXTURES / "daemon-v1"

    def test_tokens_are_missed(self):
        """Version 1 did not tell an account whether there is a token; it is told when the store is opened."""
        self.start()
        self.login(otp=self.code())
        self.m.stop_daemon()
        self.change("DELETE FROM token")
        self.start()
        self.refused("Denied", self.alice.enroll, self.login())

    def test_altered_is_not_taken_over(self):
        self.change("UPDATE account SET phone = '+48 600 000 000' WHERE login = 'alice'")
        self.start()
        self.refused("StoreFailed", self.login)
        self.m.client(BOB).login("bob", self.contents["password"])


class Version2(Records, TestCase):
    folder = FIXTURES / "daemon-v2"


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--make":
        make(Path(sys.argv[2]).absolute())
    else:
        main()
