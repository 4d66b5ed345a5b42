#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keys by what they are for: their subjects, requests and certificates, what they may sign, and their renewal in time (requirements C2, E11). OpenSSL is
the authority, also of three levels, and KSeF."""
import json
import sqlite3
import time

import seals
from fake_courier import FakeCourier
from harness import ALICE, BOB, Machine, TestCase, V, main, secret
from seals import CUSTOMS_PASSWORD, CUSTOMS_SUBJECT, PIN, attributes, items, run, sign_once, signed_info

DAY = 86400
# In the order in which KSeF might hand it out, which is none of ours.
KSEF = [("2.5.4.6", "PL"), ("2.5.4.3", "Zażółć Anna Gęślą"), ("2.5.4.42", "Zażółć"), ("2.5.4.42", "Anna"), ("2.5.4.4", "Gęślą"),
        ("2.5.4.5", "PNOPL-90010112345"), ("2.5.4.45", "3f1c-77")]
COMPANY = [("2.5.4.3", "Example sp. z o.o."), ("2.5.4.97", "VATPL-5250000000"), ("2.5.4.6", "PL"), ("2.5.4.10", "Example sp. z o.o.")]


class Keys(TestCase):
    machine_options = {}
    email = "alice@example.pl"

    def setUp(self):
        self.m = self.enterContext(Machine(**self.machine_options))
        self.ca = seals.Authority()
        self.alice = seals.Person(self.m, "alice", ALICE, remember=True, email=self.email)

    def own(self):
        return {"session": V("s", self.alice.session)}

    def generate(self, profile=None, subject=None, password=CUSTOMS_PASSWORD, **options):
        subject = CUSTOMS_SUBJECT if subject is None else {"attributes": V("a(ss)", subject)} if isinstance(subject, list) else subject
        options = {k: V("s", v) for k, v in {**options, **({"profile": profile} if profile else {})}.items()}
        return self.alice.client.call("Credential.GenerateCustomsKey", "ssva{sv}a{sv}", self.alice.session, "A key", secret(password), subject, options)

    def request(self, key, password=CUSTOMS_PASSWORD):
        return self.alice.client.call("Credential.GetRequest", "sa{sv}", key, {**self.own(), "password": secret(password)})

    def bring(self, key, *certificates):
        self.alice.client.call("Credential.ImportCertificates", "saaya{sv}", key, list(certificates), self.own())

    def shown(self, key):
        return next(c for c in self.alice.client.call("Credential.List", "a{sv}", {}) if c["id"] == key)

    def sign(self, key, tbs, kind="cms-attributes", **factors):
        return sign_once(self.alice.client, self.alice.session, key, items(tbs, kind=kind), **(factors or {"password": CUSTOMS_PASSWORD}))[0]

    def signs(self, key, certificate, **factors):
        self.assertTrue(self.ca.verify(certificate, self.sign(key, attributes(certificate), **factors), attributes(certificate)))


class Profiles(Keys):
    def subject(self, request):
        text = run("openssl", "req", "-inform", "DER", "-noout", "-verify", "-subject", "-nameopt", "sep_multiline,oid,utf8,-esc_msb", data=request).decode()
        return [tuple(line.strip().split("=", 1)) for line in text.splitlines() if line.startswith("    ")]

    def test_ksef_subject_is_as_it_was_given(self):
        for attributes_, algorithm in ((KSEF, "p256"), (COMPANY, "rsa2048")):
            for profile in ("ksef-authentication", "ksef-offline"):
                key = self.generate(profile, attributes_, algorithm=algorithm)
                request = self.request(key)
                self.assertEqual(attributes_, self.subject(request))
                info = run("certtool", "--inder", "--crq-info", data=request).decode()
                self.assertIn("Self signature: verified", info)
                self.assertIn("2048 bits" if algorithm == "rsa2048" else "SECP256R1", info)

    def test_ksef_types(self):
        """One type is refused for the other's use."""
        for profile, usage, other, kind in (("ksef-authentication", "digitalSignature", "nonRepudiation", "authentication"),
                                            ("ksef-offline", "nonRepudiation", "digitalSignature", "offline")):
            key = self.generate(profile, KSEF)
            request = self.request(key)
            for wrong in (other, "digitalSignature,nonRepudiation", "keyEncipherment"):
                self.refused("CertificateUnusable", self.bring, key, self.ca.issue(request, usage=wrong))
            certificate = self.ca.issue(request, usage=usage)
            self.bring(key, self.ca.root(), certificate)
            shown = self.shown(key)
            self.assertEqual((kind, profile, "active", "password"), tuple(shown[k] for k in ("kind", "profile", "status", "factors")))
            self.assertIn("documents", self.refused("ItemRefused", self.sign, key, attributes(certificate)))
            if profile == "ksef-offline":
                self.assertIn("Offline", self.refused("ItemRefused", self.sign, key, signed_info(), "xml-signedinfo"))
                continue
            value = self.sign(key, signed_info(), "xml-signedinfo")
            self.assertEqual(64, len(value))

    def test_refused(self):
        for options in ({"algorithm": "rsa3072"}, {"algorithm": "ed25519"}, {"algorithm": "p384"}):
            self.refused("InvalidArgument", self.generate, "ksef-authentication", KSEF, **options)
        self.refused("InvalidArgument", self.generate, "customs", None, algorithm="rsa2048")
        self.refused("InvalidArgument", self.m.operator.call, "Credential.CreateSeal", "ssa{sv}a{sv}", "x", "alice", seals.SEAL_SUBJECT,
                     {"algorithm": V("s", "rsa2048")})
        self.refused("InvalidArgument", self.m.operator.call, "Credential.CreateSeal", "ssa{sv}a{sv}", "x", "alice", seals.SEAL_SUBJECT,
                     {"profile": V("s", "seal")})
        for profile in ("seal", "personal", "ocsp-responder", "tls", ""):
            self.refused("InvalidArgument", self.generate, profile or "none")
        for subject in (KSEF + COMPANY, KSEF[:1], KSEF + [("2.5.4.3", "Again")], KSEF + [("2.5.4.7", "Warszawa")], KSEF + [("2.5.4.42", "x")] * 20,
                        [("2.5.4.3", "")], []):
            self.refused("InvalidArgument", self.generate, "ksef-authentication", subject)
        self.refused("InvalidArgument", self.generate, "ksef-offline", {"attributes": V("a(ss)", KSEF), "commonName": V("s", "x")})
        self.refused("InvalidArgument", self.generate, "customs", KSEF)
        for terms in ("", "a b", "x" * 33, "\"}"):
            self.refused("InvalidArgument", self.generate, "customs", None, terms=terms)
        self.assertEqual([], self.alice.client.call("Credential.List", "a{sv}", {}))

    def test_authentication(self):
        key = self.generate("authentication")
        request = self.request(key)
        self.refused("CertificateUnusable", self.bring, key, self.ca.issue(request))
        certificate = self.ca.issue(request, usage="digitalSignature")
        self.bring(key, certificate, self.ca.root())
        self.refused("ItemRefused", self.sign, key, attributes(certificate))
        self.assertEqual(64, len(self.sign(key, signed_info(), "xml-signedinfo")))
        self.refused("WrongPassword", self.sign, key, signed_info(), "xml-signedinfo", password="Other-Word-12")
        # What signs documents takes no certificate for logging in alone.
        customs = self.generate()
        self.refused("CertificateUnusable", self.bring, customs, self.ca.issue(self.request(customs), usage="nonRepudiation\nextendedKeyUsage=clientAuth"))
        self.refused("CertificateUnusable", self.bring, key, self.ca.issue(request, usage="digitalSignature\nextendedKeyUsage=emailProtection"))
        self.bring(customs, self.ca.issue(self.request(customs), usage="nonRepudiation\nextendedKeyUsage=clientAuth,emailProtection"))
        self.bring(key, self.ca.issue(request, usage="digitalSignature\nextendedKeyUsage=clientAuth"))

    def test_c2_terms_are_recorded(self):
        key = self.generate(terms="2026-11")
        self.assertEqual(("2026-11", "customs"), tuple(self.shown(key)[k] for k in ("terms", "profile")))
        entry = self.alice.client.call("Audit.List", "sa{sv}", self.alice.session, {})[0]
        self.assertEqual(("key-generated", {"profile": "customs", "terms": "2026-11"}), (entry["event"], json.loads(entry["payload"])))
        self.m.stop_daemon()
        with sqlite3.connect(self.m.state / "store.db") as database:
            database.execute("UPDATE credential SET terms = '2027-01'")
        database.close()
        self.m.start_daemon()
        self.refused("StoreFailed", self.m.client(ALICE).call, "Credential.List", "a{sv}", {})


class Chains(Keys):
    """What a CA answers: bundles, in any order."""

    def level(self, name, issuer, extensions="basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign"):
        f = self.ca.folder
        (f / "level.ext").write_text(extensions + "\n")
        run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", f / f"{name}.key", "-out", f / f"{name}.csr",
            "-subj", f"/C=PL/O=Example CA/CN=Example {name}")
        run("openssl", "x509", "-req", "-in", f / f"{name}.csr", "-CA", f / f"{issuer}.pem", "-CAkey", f / f"{issuer}.key", "-extfile", f / "level.ext", "-days",
            "90", "-out", f / f"{name}.pem")
        return run("openssl", "x509", "-in", f / f"{name}.pem", "-outform", "DER")

    def issue(self, request, issuer):
        f = self.ca.folder
        (f / "request.der").write_bytes(request)
        (f / "ext").write_text(seals.EXTENSIONS.format(usage="nonRepudiation"))
        return run("openssl", "x509", "-req", "-inform", "DER", "-in", f / "request.der", "-CA", f / f"{issuer}.pem", "-CAkey", f / f"{issuer}.key", "-extfile",
                   f / "ext", "-days", "90", "-outform", "DER")

    def test_three_levels_in_any_order(self):
        policy, issuing, stray = self.level("policy", "ca"), self.level("issuing", "policy"), seals.Authority().root()
        key = self.generate()
        request = self.request(key)
        certificate, root = self.issue(request, "issuing"), self.ca.root()
        get = lambda: self.alice.client.call("Credential.GetCertificates", "s", key)
        for bundle in ([certificate, issuing, policy, root], [root, policy, issuing, certificate], [stray, issuing, certificate, policy, root, root, issuing]):
            self.bring(key, *bundle)
            self.assertEqual([certificate, issuing, policy, root], get())
        self.bring(key, policy, issuing, certificate)
        self.assertEqual([certificate, issuing, policy], get())
        self.signs(key, certificate)
        # Without the one that signed it the others are no chain; a forged one of the same name is no issuer.
        self.refused("CertificateUnusable", self.bring, key, certificate, policy, root)
        forged = self.level("issuing", "policy")
        self.refused("CertificateUnusable", self.bring, key, certificate, forged, policy, root)
        self.bring(key, certificate, forged, issuing, policy, root)
        self.assertEqual([certificate, issuing, policy, root], get())
        self.refused("CertificateUnusable", self.bring, key, issuing, policy, root)
        self.refused("CertificateUnusable", self.bring, key, certificate, *[root] * 32)

    def test_the_newest_of_two(self):
        key = self.generate()
        older, newer = (self.ca.issue(self.request(key), days=days) for days in (60, 90))
        self.bring(key, older, newer, self.ca.root())
        self.assertEqual([newer, self.ca.root()], self.alice.client.call("Credential.GetCertificates", "s", key))


class Renewal(Keys):
    """E11, of a person's own keys."""
    email = ""  # then the PIN is set by the authenticator alone

    def renew(self, key, **factors):
        return self.alice.client.call("Credential.RequestRenewal", "sa{sv}", key, {**self.own(), **{k: secret(v) for k, v in factors.items()}})

    def customs(self):
        return seals.create_customs(self.alice.client, self.ca, self.alice.session)

    def test_key_with_a_password(self):
        key, certificate = self.customs()
        self.refused("WrongPassword", self.renew, key, password="Other-Word-12")
        for wrong in ({}, {"pin": PIN}, {"otp": "00000000"}, {"password": CUSTOMS_PASSWORD, "otp": "00000000"}):
            self.refused("InvalidArgument", self.renew, key, **wrong)
        request = self.renew(key, password=CUSTOMS_PASSWORD)
        self.refused("Exists", self.renew, key, password=CUSTOMS_PASSWORD)
        self.signs(key, certificate)
        self.assertIn("renewal", self.shown(key))
        self.m.restart_daemon()
        self.alice.client = self.m.client(ALICE)
        self.m.advance(30)
        self.alice.again(remember=True)
        self.assertEqual(request, self.alice.client.call("Credential.GetRenewal", "sa{sv}", key, self.own()))
        renewed = self.ca.issue(request)
        self.bring(key, self.ca.root(), renewed)
        self.signs(key, renewed)
        self.refused("ItemRefused", self.sign, key, attributes(certificate))
        self.refused("WrongPassword", self.sign, key, attributes(renewed), password="Other-Word-12")
        self.refused("CertificateUnusable", self.bring, key, certificate)
        self.assertNotIn("renewal", self.shown(key))

    def test_guesses_count(self):
        key, _ = self.customs()
        self.m.freeze()
        for _ in range(4):
            self.refused("WrongPassword", self.renew, key, password="Other-Word-12")
        self.refused("TryLater", self.renew, key, password=CUSTOMS_PASSWORD)

    def test_only_its_owner(self):
        key, _ = self.customs()
        bob = seals.Person(self.m, "bob", BOB)
        call = lambda method, factors, client=bob.client: client.call(f"Credential.{method}", "sa{sv}", key, factors)
        for method in ("RequestRenewal", "CancelRenewal"):
            factors = {"session": V("s", bob.session), **({"password": secret(CUSTOMS_PASSWORD)} if method == "RequestRenewal" else {})}
            self.refused("NotFound", call, method, factors)
            self.refused("Denied", call, method, {}, self.m.operator)
        request = self.renew(key, password=CUSTOMS_PASSWORD)
        self.refused("NotFound", call, "GetRenewal", {"session": V("s", bob.session)})
        self.alice.client.call("Credential.CancelRenewal", "sa{sv}", key, self.own())
        self.refused("CertificateUnusable", self.bring, key, self.ca.issue(request))

    def test_retired(self):
        key, _ = self.customs()
        self.renew(key, password=CUSTOMS_PASSWORD)
        self.alice.client.call("Credential.Retire", "sa{sv}", key, self.own())
        self.refused("NotFound", self.alice.client.call, "Credential.GetRenewal", "sa{sv}", key, self.own())

    def test_signature(self):
        """And its PIN is changed meanwhile."""
        seals.set_pin(self.alice)
        key, certificate = seals.create_signature(self.alice, self.ca)
        self.refused("WrongPin", self.renew, key, pin="00000000", otp=self.alice.code())
        self.refused("CodeRequired", self.renew, key, pin=PIN)
        request = self.renew(key, pin=PIN, otp=self.alice.code())
        other = "13572468"
        self.alice.client.call("Pin.Change", "svva{sv}", self.alice.session, secret(PIN), secret(other), {"otp": secret(self.alice.code())})
        self.alice.again(remember=True)
        self.signs(key, certificate, pin=other)
        renewed = self.ca.issue(request)
        self.bring(key, renewed, self.ca.root())
        self.signs(key, renewed, pin=other)
        self.refused("WrongPin", self.sign, key, attributes(renewed), pin=PIN)
        # A lost PIN takes what is under way with it.
        self.renew(key, pin=other, otp=self.alice.code())
        self.alice.client.call("Pin.Reset", "sva{sv}", self.alice.session, secret(PIN), {"otp": secret(self.alice.code())})
        self.refused("NotFound", self.alice.client.call, "Credential.GetRenewal", "sa{sv}", key, self.own())
        self.m.stop_daemon()
        with sqlite3.connect(self.m.state / "store.db") as database:
            self.assertEqual(0, database.execute("SELECT count(*) FROM renewal").fetchone()[0])
        database.close()

    def test_altered(self):
        key, _ = self.customs()
        for change in ("kdf = x'00'", "kdf = NULL", "requested = requested + 1"):
            request = self.renew(key, password=CUSTOMS_PASSWORD)
            self.m.stop_daemon()
            with sqlite3.connect(self.m.state / "store.db") as database:
                database.execute(f"UPDATE renewal SET {change}")
            database.close()
            self.m.start_daemon()
            self.alice.client = self.m.client(ALICE)
            self.alice.again()
            self.refused("StoreFailed", self.bring, key, self.ca.issue(request))
            self.alice.client.call("Credential.CancelRenewal", "sa{sv}", key, self.own())


class Reminders(Keys):
    def setUp(self):
        super().setUp()
        self.courier = FakeCourier(self.m)
        self.addCleanup(self.courier.stop)
        self.key, self.certificate = seals.create_customs(self.alice.client, self.ca, self.alice.session)
        self.seal, _ = seals.create_seal(self.m, self.ca, "alice", days=40)

    def mails(self):
        return [(d["recipient"], d["fields"]["id"], d["fields"]["expires"]) for d in self.courier.delivered() if d["template"] == "certificate-reminder"]

    def day(self, credential):
        return time.strftime("%Y-%m-%d", time.gmtime(self.shown(credential)["not_after"]))

    def poke(self):
        """Who logs in has the service look, an hour after the last time."""
        self.alice.again()

    def test_e11_once_at_each_step(self):
        self.alice.client.call("Session.Subscribe")
        self.poke()
        wanted = []
        for to_go, due in ((38, []), (31, []), (29, [1]), (28, []), (13, [1]), (6, [1]), (0.5, [1]), (0.25, []), (-1, [])):
            # The seal's is valid for 40 days, the key's for 90: the seal's is told of first.
            self.m.advance(int(self.shown(self.seal)["not_after"] - to_go * DAY - self.m.now()))
            self.poke()
            wanted += [("alice@example.pl", self.seal, self.day(self.seal))] * len(due)
            if due:
                self.m.wait_for(lambda: len(self.mails()) == len(wanted), "the mail")
                session, info = self.alice.client.heard("CertificateExpiring")
                self.assertEqual((self.alice.session, "alice", self.seal, "Example seal", self.shown(self.seal)["not_after"]),
                                 (session, *(info[k] for k in ("login", "credential", "label", "not_after"))))
        self.assertEqual(wanted, self.mails())

    def test_not_again(self):
        """Neither after a restart, nor of a certificate that took the old one's place, whose own time comes later."""
        self.m.advance(60 * DAY + 3600)  # 30 days left for the key; the seal's certificate has expired
        self.poke()
        self.m.wait_for(self.mails, "the mail")
        self.assertEqual([("alice@example.pl", self.key, self.day(self.key))], self.mails())
        self.m.restart_daemon()
        self.alice.client = self.m.client(ALICE)
        self.poke()
        self.m.advance(3600)
        self.poke()
        request = self.request(self.key)
        self.bring(self.key, self.ca.issue(request, days=150))
        self.m.advance(59 * DAY)
        self.poke()
        self.m.advance(2 * DAY)
        self.poke()
        self.m.wait_for(lambda: len(self.mails()) == 2, "the mail about the other certificate")
        self.assertEqual([self.key] * 2, [m[1] for m in self.mails()])


class Full(Reminders):
    machine_options = {"conf": "[Delivery]\nPerRecipient=2\n"}
    test_e11_once_at_each_step = test_not_again = None

    def test_what_cannot_be_sent_is_due_again(self):
        """Of two mails a day notices take one: the other certificate's comes the next day."""
        other, _ = seals.create_seal(self.m, self.ca, "alice", days=40)
        self.m.advance(15 * DAY)
        self.poke()
        self.m.wait_for(self.mails, "the first mail")
        self.m.advance(7200)
        self.poke()
        self.m.advance(DAY - 3600)
        self.assertEqual(1, len(self.mails()))
        self.poke()
        self.m.wait_for(lambda: len(self.mails()) == 2, "the second mail")
        self.assertEqual({self.seal, other}, {m[1] for m in self.mails()})


class Removed(Keys):
    def test_e9_who_is_removed_is_told(self):
        courier = FakeCourier(self.m)
        self.addCleanup(courier.stop)
        seal, _ = seals.create_seal(self.m, self.ca, "alice")
        seals.Person(self.m, "bob", BOB, email="bob@example.pl")
        self.m.account("silent", BOB)
        mails = lambda: [(d["recipient"], d["fields"]["organization"], d["fields"]["seal"], d["fields"]["name"]) for d in courier.delivered()
                         if d["template"] == "grant-removed"]
        op = self.m.operator
        for login in ("bob", "silent"):
            op.call("Credential.AddUser", "ssa{sv}", seal, login, {})
        op.call("Credential.RemoveUser", "ssa{sv}", seal, "silent", {})
        self.alice.client.call("Credential.RemoveUser", "ssa{sv}", seal, "bob", {**self.own(), "otp": secret(self.alice.code())})
        self.m.wait_for(mails, "the mail")
        self.assertEqual([("bob@example.pl", "Example sp. z o.o.", "Example seal", "Bob")], mails())
        # Notices take half of the messages that an address may get in a day: codes still get through, and removing goes on.
        for _ in range(12):
            op.call("Credential.AddUser", "ssa{sv}", seal, "bob", {})
            op.call("Credential.RemoveUser", "ssa{sv}", seal, "bob", {})
        self.m.wait_for(lambda: len(mails()) == 10, "ten mails")
        self.m.client(BOB).call("Account.RequestReset", "s", "bob")
        self.m.wait_for(lambda: [d for d in courier.delivered() if d["template"] == "password-reset"], "the code")
        self.assertEqual(10, len(mails()))


if __name__ == "__main__":
    main()
