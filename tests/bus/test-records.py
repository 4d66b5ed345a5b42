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
import time
from pathlib import Path

import harness
import seals
from fake_courier import FakeCourier
from harness import ALICE, BOB, CAROL, PASSWORD, SERVICE, SYGNET, Machine, TestCase, V, main, secret, totp
from seals import CUSTOMS_PASSWORD, PIN, attributes, items, sign_once

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


def await_message(m, courier, template):
    """The fields of the newest message of a template, once it has arrived."""
    def found():
        return [d["fields"] for d in courier.delivered() if d["template"] == template]
    m.wait_for(found, template)
    return found()[-1]


def activate(m, courier, person, invitation):
    session = person.again()
    person.client.call("Credential.RequestActivation", "ss", session, invitation)
    m.wait_for(lambda: courier.delivered() and courier.delivered()[-1]["channel"] == "sms", "the SMS")
    code = courier.delivered()[-1]["fields"]["code"]
    return person.client.call("Credential.Activate", "ssv", session, invitation, secret(code))


def fill_shared(m, courier, authority, erin):
    """A seal with an accepted and a pending invitation, a mandate that was used, and a renewal under way."""
    seal, certificate = seals.create_seal(m, authority, "erin", days=10950)

    def invite(person):
        return erin.client.call("Credential.InviteUser", "sssa{sv}", seal, f"{person.login}@example.com", "+48600100200",
                                {"session": V("s", erin.again()), "otp": secret(erin.code())})[0]
    grace, frank = (seals.Person(m, login, CAROL, email=f"{login}@example.com") for login in ("grace", "frank"))
    activate(m, courier, grace, invite(grace))
    mandate = erin.client.call("Mandate.Create", "sua{sv}a{sv}", seal, harness.dbus.UInt32(SERVICE),
                               {"documents": V("u", 5), "expires": V("x", int(m.now()) + 30 * 86400)},
                               {"session": V("s", erin.again()), "otp": secret(erin.code())})
    m.client(SERVICE).call("Mandate.Sign", "sa(saya{sv})a{sv}", mandate, items(*[attributes(certificate)] * 2), {})
    pending = invite(frank)
    m.wait_for(lambda: sum(d["template"] == "invitation" for d in courier.delivered()) == 2, "the invitations")
    request = m.operator.call("Credential.RequestRenewal", "sa{sv}", seal, {})
    return {"shared": seal, "mandate": mandate, "invitation": pending, "renewal": request.hex(), "grace_token": grace.key.hex(),
            "frank_token": frank.key.hex()}


def fill_newer(m, authority):
    """What came after version 2. Before the rest, whose time steps the tests count on."""
    courier, erin = FakeCourier(m), seals.Person(m, "erin", BOB)
    seals.set_pin(erin)
    signature, _ = seals.create_signature(erin, authority)
    guarded, _ = seals.create_seal(m, authority, "erin", days=10950)
    m.operator.call("Credential.SetPolicy", "sa{sv}a{sv}", guarded, {"weakest": V("s", "pin+otp")}, {})
    contents = fill_shared(m, courier, authority, erin)
    courier.stop()
    # From here on messages wait.
    m.operator.call("Account.CreateFor", "sa{sv}a{sv}", "dora", {k: V("s", v) for k, v in (
        ("given_name", "Dora"), ("surname", "Nowak"), ("email", "dora@example.com"), ("language", "pl"), ("phone", ""))}, {})
    m.operator.call("Account.Bind", "su", "dora", harness.dbus.UInt32(CAROL))
    m.account("hal", CAROL, email="hal@example.com")
    hal = m.client(CAROL)
    hal.call("Account.RequestChange", "sssa{sv}", hal.login("hal"), "email", "new@example.com", {})
    return {**contents, "pin": PIN, "erin_token": erin.key.hex(), "signature": signature, "guarded": guarded}


def fill_newest(m, authority):
    """What came after version 12: a key for authentication, whose renewal is under way."""
    gina = seals.Person(m, "gina", CAROL)
    key = gina.client.call("Credential.GenerateCustomsKey", "ssva{sv}a{sv}", gina.session, "Login", secret(CUSTOMS_PASSWORD), seals.CUSTOMS_SUBJECT,
                           {"profile": V("s", "authentication"), "terms": V("s", "2026-11")})
    factors = {"session": V("s", gina.session), "password": secret(CUSTOMS_PASSWORD)}
    certificate = authority.issue(gina.client.call("Credential.GetRequest", "sa{sv}", key, factors), days=10950, usage="digitalSignature")
    gina.client.call("Credential.ImportCertificates", "saaya{sv}", key, [certificate], {"session": V("s", gina.session)})
    request = gina.client.call("Credential.RequestRenewal", "sa{sv}", key, {**factors, "password": secret(CUSTOMS_PASSWORD)})
    return {"authentication": key, "own_renewal": request.hex()}


def make(folder):
    with Machine(daemon=False) as m:
        harness.set_machine_id(MACHINE_ID)
        m.freeze()
        m.host_key.write_bytes(HOST_KEY)
        os.chown(m.host_key, SYGNET, SYGNET)
        m.init_store()
        m.start_daemon()
        authority = seals.Authority()
        newer = {**fill_newest(m, authority), **fill_newer(m, authority)}
        contents = {**newer, **fill(m, authority)}
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


class Newer(Records):
    """And what came after version 2: fill_newer()."""

    def person(self, login, uid):
        """Its client, a session and a fresh code."""
        client = self.m.client(uid)
        return client, client.login(login, self.contents["password"]), self.m.code(bytes.fromhex(self.contents[f"{login}_token"]))

    def courier(self):
        """To whom what waits is brought."""
        courier = FakeCourier(self.m)
        self.addCleanup(courier.stop)
        self.m.advance(3600)  # to the next attempt
        return courier

    def signs(self, client, session, credential, certificate=None, **factors):
        certificate = certificate or bytes.fromhex(self.contents["answers"]["certificates"][credential][0])
        tbs = attributes(certificate)
        value, = sign_once(client, session, credential, items(tbs), **factors)
        self.assertTrue(seals.Authority().verify(certificate, value, tbs))

    def test_pin_opens_a_signature(self):
        self.start()
        client, session, code = self.person("erin", BOB)
        signature, pin = self.contents["signature"], self.contents["pin"]
        self.refused("WrongPin", self.signs, client, session, signature, pin="00000000", otp=code)
        self.signs(client, session, signature, pin=pin, otp=self.person("erin", BOB)[2])

    def test_policy_is_in_force(self):
        self.start()
        client, session, code = self.person("erin", BOB)
        guarded = self.contents["guarded"]
        self.assertEqual({"weakest": "pin+otp", "factors": "pin+otp"}, {k: v for k, v in self.m.operator.call(
            "Credential.GetPolicy", "sa{sv}", guarded, {}).items() if k in ("weakest", "factors")})
        self.refused("PinRequired", self.signs, client, session, guarded, otp=code)
        self.signs(client, session, guarded, pin=self.contents["pin"], otp=self.person("erin", BOB)[2])

    def test_invitations(self):
        self.start()
        shared, invitation = self.contents["shared"], self.contents["invitation"]
        client, session, code = self.person("grace", CAROL)
        self.signs(client, session, shared, otp=code)
        client, session, code = self.person("frank", CAROL)
        self.refused("NotFound", self.signs, client, session, shared, otp=code)
        shown, = client.call("Credential.ListInvitations", "s", session)
        self.assertEqual(invitation, shown["invitation"])
        erin, own, _ = self.person("erin", BOB)
        users = erin.call("Credential.ListUsers", "sa{sv}", shared, {"session": V("s", own)})
        self.assertEqual({("erin@", "active"), ("grace@example.com", "active"), ("frank@example.com", "pending")},
                         {(u["email"] or "erin@", u["status"]) for u in users})
        courier = FakeCourier(self.m)
        self.addCleanup(courier.stop)
        client.call("Credential.RequestActivation", "ss", session, invitation)
        self.m.wait_for(lambda: any(d["channel"] == "sms" for d in courier.delivered()), "the SMS")
        code = next(d["fields"]["code"] for d in courier.delivered() if d["channel"] == "sms")
        self.assertEqual(shared, client.call("Credential.Activate", "ssv", session, invitation, secret(code)))
        self.m.operator.call("Credential.BreakLease", "sa{sv}", shared, {})
        client, session, code = self.person("frank", CAROL)
        self.signs(client, session, shared, otp=code)

    def test_mandate_counts_on(self):
        self.start()
        service, mandate = self.m.client(SERVICE), self.contents["mandate"]
        certificate = service.call("Mandate.GetCertificates", "s", mandate)[0]
        self.assertEqual((2, 5), tuple(service.call("Mandate.List", "a{sv}", {})[0][k] for k in ("used", "documents")))

        def sign(n):
            return service.call("Mandate.Sign", "sa(saya{sv})a{sv}", mandate, items(*[attributes(certificate)] * n), {})
        self.refused("MandateUnusable", sign, 4)
        judge = seals.Authority()
        self.assertEqual([True] * 3, [judge.verify(certificate, v, attributes(certificate)) for v in sign(3)])
        self.assertEqual("used-up", service.call("Mandate.List", "a{sv}", {})[0]["status"])

    def test_first_password_that_waits(self):
        self.start()
        client, first = self.m.client(CAROL), await_message(self.m, self.courier(), "account-created")
        self.refused("PasswordChangeRequired", client.call, "Token.List", "s", client.login("dora", first["password"]))
        self.assertEqual("Dora Nowak", first["name"])
        client.call("Account.Activate", "svv", "dora", secret(first["password"]), secret("Other-Word2"))
        client.login("dora", "Other-Word2")
        self.refused("CodeVoid", client.call, "Account.Activate", "svv", "dora", secret(first["password"]), secret("Third-Word3"))

    def test_wanted_address(self):
        self.start()
        courier = self.courier()
        codes = {k: secret(await_message(self.m, courier, f"change-email-{k}")["code"]) for k in ("new", "old")}
        client = self.m.client(CAROL)
        client.call("Account.ConfirmChange", "ssa{sv}", client.login("hal", self.contents["password"]), "email", codes)
        self.assertEqual(["new@example.com"], [a["email"] for a in self.m.operator.call("Account.List") if a["login"] == "hal"])

    def test_renewal_is_brought_in(self):
        self.start()
        shared, request = self.contents["shared"], bytes.fromhex(self.contents["renewal"])
        self.assertEqual(request, self.m.operator.call("Credential.GetRenewal", "sa{sv}", shared, {}))
        ca = seals.Authority()
        self.m.advance(max(0, int(time.time() - self.m.now())) + 60)  # the certificate is of today
        renewed = ca.issue(request)
        self.m.operator.call("Credential.ImportCertificates", "saaya{sv}", shared, [renewed, ca.root()], {})
        client, session, code = self.person("erin", BOB)
        self.signs(client, session, shared, renewed, otp=code)


class Version12(Newer, TestCase):
    folder = FIXTURES / "daemon-v12"

    def test_keys_get_the_profile_of_their_kind(self):
        self.start()
        listed = self.m.operator.call("Credential.List", "a{sv}", {"all": V("b", True)})
        self.assertEqual({("seal", "seal", ""), ("customs", "customs", ""), ("signature", "personal", "")}, {(c["kind"], c["profile"], c["terms"]) for c in listed})
        self.m.stop_daemon()
        # From then on the row is believed with its profile only.
        self.change(f"UPDATE credential SET profile = 'ksef-offline' WHERE id = '{self.contents['customs']}'")
        self.start()
        self.refused("StoreFailed", self.m.operator.call, "Credential.List", "a{sv}", {"all": V("b", True)})


class Newest(Newer):
    """And what came after version 12: fill_newest()."""

    def test_key_for_authentication(self):
        self.start()
        client = self.m.client(CAROL)
        session = client.login("gina", self.contents["password"])
        key, password = self.contents["authentication"], self.contents["customs_password"]
        shown, = (c for c in client.call("Credential.List", "a{sv}", {}) if c["id"] == key)
        self.assertEqual(("authentication", "authentication", "2026-11"), tuple(shown[k] for k in ("kind", "profile", "terms")))
        sign = lambda: sign_once(client, session, key, items(seals.signed_info(), kind="xml-signedinfo"), password=password)
        self.assertEqual(1, len(sign()))
        self.refused("ItemRefused", sign_once, client, session, key, items(b"x"), password=password)
        request = bytes.fromhex(self.contents["own_renewal"])
        self.assertEqual(request, client.call("Credential.GetRenewal", "sa{sv}", key, {"session": V("s", session)}))
        self.m.advance(max(0, int(time.time() - self.m.now())) + 60)  # the certificate is of today
        session = client.login("gina", self.contents["password"])
        client.call("Credential.ImportCertificates", "saaya{sv}", key, [seals.Authority().issue(request, usage="digitalSignature")], {"session": V("s", session)})
        self.assertEqual(1, len(sign()))


class Version13(Newest, TestCase):
    folder = FIXTURES / "daemon-v13"


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--make":
        make(Path(sys.argv[2]).absolute())
    else:
        main()
