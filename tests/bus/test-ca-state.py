# SPDX-License-Identifier: LGPL-2.1-or-later
"""sygnet-cad over the bus: suspending, resuming and revoking certificates, and what is published of it: judged by openssl and certtool, with a clock that
runs, with a disk that fails, and after a kill at any moment."""
import contextlib
import hashlib
import os
import random
import shutil
import struct
import tempfile
import time
from pathlib import Path

from authorities import CA, PERSON, SEAL, authority, initialize, issue, listing, openssl, request, root_of, write_chain
from harness import ALICE, BUILD, NOBODY, SYGNET, SYGNET_CA, SYGNET_OCSP, BusError, TestCase, V, main

DAY = 86400
REASONS = ("unspecified", "keyCompromise", "affiliationChanged", "superseded", "cessationOfOperation", "privilegeWithdrawn")


def state(client, serial):
    return client.call("org.sygnet.CA1.GetState", "s", serial, **CA)


def suspend(client, serial, **options):
    client.call("org.sygnet.CA1.Suspend", "sa{sv}", serial, options, **CA)


def resume(client, serial, **options):
    client.call("org.sygnet.CA1.Resume", "sa{sv}", serial, options, **CA)


def revoke(client, serial, reason="unspecified", **options):
    client.call("org.sygnet.CA1.Revoke", "ssa{sv}", serial, reason, options, **CA)


def publish(client):
    client.call("org.sygnet.CA1.PublishCrl", **CA)


def get_crl(client):
    return client.call("org.sygnet.CA1.GetCrl", **CA)


def issue_responder(client, request_der):
    return client.call("org.sygnet.CA1.IssueResponder", "ay", request_der, **CA)


def serial_of(folder, der):
    (folder / "one.der").write_bytes(der)
    return openssl(folder, "openssl x509 -inform DER -in one.der -noout -serial").stdout.strip().removeprefix("serial=").lower()


def certified(m, folder, n=1):
    """Serial numbers of new certificates; the last one's chain lies in leaf.pem and root.pem."""
    serials = []
    for i in range(n):
        chain = issue(m.operator, request(folder, SEAL, key_file=f"key{i}.pem"))
        serials.append(serial_of(folder, chain[0]))
        write_chain(folder, chain)
    return serials


class Crl:
    """What openssl reads in a list."""

    def __init__(self, folder, der):
        (folder / "some.crl").write_bytes(der)
        openssl(folder, "openssl crl -inform DER -in some.crl -out some.pem")
        self.text = openssl(folder, "openssl crl -in some.pem -noout -text").stdout
        self.number = int(openssl(folder, "openssl crl -in some.pem -noout -crlnumber").stdout.strip().removeprefix("crlNumber="), 16)
        self.serials = {line.split(":")[1].strip().lower() for line in self.text.splitlines() if "Serial Number:" in line}
        times = openssl(folder, "openssl crl -in some.pem -noout -lastupdate -nextupdate").stdout.splitlines()
        self.this, self.next = (int(time.mktime(time.strptime(t.split("=")[1], "%b %d %H:%M:%S %Y %Z"))) for t in times)


def published(a, folder):
    return Crl(folder, (a.published / "ca.crl").read_bytes())


def read_status(a):
    """The list of states, as lib/crypto/status-list.h has it."""
    data = (a.published / "status").read_bytes()
    magic, version, n, root, this, following = struct.unpack(">8sII32sqq", data[:64])
    assert (magic, version) == (b"SygnetSL", 1)
    assert len(data) == 64 + 40 * n + 32 and hashlib.sha256(data[:-32]).digest() == data[-32:]
    records = [struct.unpack(">16sBB6xqq", data[64 + 40 * i:104 + 40 * i]) for i in range(n)]
    return root, this, following, {r[0].hex(): (("good", "suspended", "revoked")[r[1]], *r[2:]) for r in records}


def asked(client, der):
    return client.call("org.sygnet.CA1.Request", "aysa{sv}", der, "seal", {}, **CA)


def approve(client, number):
    return client.call("org.sygnet.CA1.Approve", "ta{sv}", number, {}, **CA)


class States(TestCase):
    def test_report_is_about_the_key(self):
        """Whoever has the key signs by any certificate that it has: a report ends all of them, whichever is in use."""
        with authority() as (m, a), tempfile.TemporaryDirectory() as t:
            folder, daemon = Path(t), m.client(SYGNET)
            der = request(folder, SEAL)
            certificates = [issue(m.operator, der)[0] for _ in range(4)]
            serials = [serial_of(folder, c) for c in certificates]
            other, = certified(m, folder)
            revoke(m.operator, serials[3], "superseded")
            # An operator's own suspension is of one certificate.
            suspend(m.operator, serials[0])
            self.assertEqual({serials[0], serials[3]}, published(a, folder).serials)
            # Even where the one that is named is suspended already.
            self.refused("Exists", suspend, daemon, serials[0], certificate=V("ay", certificates[0]))
            self.assertEqual(["suspended"] * 3 + ["revoked", "good"], [state(daemon, s)["state"] for s in (*serials, other)])
            self.assertEqual(set(serials), published(a, folder).serials)
            for serial in serials[:3]:
                resume(m.operator, serial)
            suspend(daemon, serials[1], certificate=V("ay", certificates[1]))
            self.assertEqual(["suspended"] * 3 + ["revoked", "good"], [state(daemon, s)["state"] for s in (*serials, other)])
            self.assertEqual(set(serials), published(a, folder).serials)

    def test_key_that_was_revealed(self):
        """Whoever has the key has a request of it as well: its end is not taken back by another certificate."""
        with authority() as (m, _), tempfile.TemporaryDirectory() as t:
            folder, alice = Path(t), m.client(ALICE)
            der = request(folder, SEAL)
            waiting = [asked(alice, der), asked(alice, der)]
            serial = serial_of(folder, issue(m.operator, der)[0])
            suspend(m.operator, serial)
            self.refused("KeyCompromised", issue, m.operator, der)
            self.refused("KeyCompromised", asked, alice, der)
            self.refused("KeyCompromised", approve, m.operator, waiting[0])
            # What was reported wrongly ends nothing, nor does what says nothing against the key.
            resume(m.operator, serial)
            approve(m.operator, waiting[0])
            revoke(m.operator, serial, "superseded")
            second = serial_of(folder, issue(m.operator, der)[0])
            revoke(m.operator, second, "keyCompromise")
            self.refused("KeyCompromised", issue, m.operator, der)
            self.refused("KeyCompromised", approve, m.operator, waiting[1])
            self.assertEqual(3, len(listing(m.operator)))
            issue(m.operator, request(folder, SEAL))

    def test_life(self):
        """Good, suspended, good, suspended, revoked: the same in GetState, List, the list of revocations and the list of states, and for openssl and certtool."""
        with authority() as (m, a), tempfile.TemporaryDirectory() as t:
            folder, nobody = Path(t), m.client(NOBODY)
            serial, = certified(m, folder)
            steps = [
                (lambda: None, "good", None, True),
                (lambda: suspend(m.operator, serial, comment=V("s", "reported")), "suspended", "certificateHold", False),
                (lambda: resume(m.operator, serial), "good", None, True),
                (lambda: suspend(m.operator, serial), "suspended", "certificateHold", False),
                (lambda: revoke(m.operator, serial, "keyCompromise"), "revoked", "keyCompromise", False),
            ]
            numbers = []
            for act, name, reason, good in steps:
                act()
                got = state(nobody, serial)
                self.assertEqual((name, reason), (got["state"], got.get("reason")))
                self.assertAlmostEqual(time.time(), got["since"], delta=60)
                listed, = listing(m.operator)
                self.assertEqual(got, {k: v for k, v in listed.items() if k in ("state", "reason", "since", "invalid_since")})
                crl = published(a, folder)
                self.assertEqual(set() if good else {serial}, crl.serials)
                self.assertEqual((a.published / "ca.crl").read_bytes(), get_crl(nobody))
                numbers.append(crl.number)
                self.assertEqual(name, read_status(a)[3][serial][0])
                self.assertEqual(0, openssl(folder, "openssl crl -in some.pem -noout -CAfile root.pem").returncode)
                checked = openssl(folder, "openssl verify -x509_strict -crl_check -CAfile root.pem -CRLfile some.pem leaf.pem", check=False)
                self.assertEqual(good, checked.returncode == 0, checked.stderr)
                if not good:
                    self.assertIn("certificate revoked", checked.stderr)
                checked = openssl(folder, "certtool --verify --load-ca-certificate root.pem --load-crl some.pem --infile leaf.pem", check=False)
                self.assertEqual(good, "The certificate chain is revoked." not in checked.stdout, checked.stdout)
                self.assertEqual(good, "Chain verification output: Verified. The certificate is trusted." in checked.stdout, checked.stdout)
            self.assertEqual(sorted(set(numbers)), numbers)

    def test_revoked_from_hold_counts_from_the_hold(self):
        with authority() as (m, a), tempfile.TemporaryDirectory() as t:
            serial, = certified(m, Path(t))
            suspend(m.operator, serial)
            held = state(m.operator, serial)["since"]
            m.advance(5 * DAY)
            revoke(m.operator, serial, "superseded")
            self.assertEqual(held, state(m.operator, serial)["since"])

    def test_reasons(self):
        with authority() as (m, a), tempfile.TemporaryDirectory() as t:
            folder = Path(t)
            serials = certified(m, folder, len(REASONS))
            for serial, reason in zip(serials, REASONS):
                revoke(m.operator, serial, reason)
                self.assertEqual(reason, state(m.operator, serial)["reason"])
            crl = published(a, folder)
            self.assertEqual(set(serials), crl.serials)
            for words in ("Key Compromise", "Affiliation Changed", "Superseded", "Cessation Of Operation", "Privilege Withdrawn"):
                self.assertIn(words, crl.text)

    def test_invalid_since(self):
        with authority() as (m, a), tempfile.TemporaryDirectory() as t:
            folder = Path(t)
            serial, = certified(m, folder)
            entry, = listing(m.operator)
            m.advance(DAY)
            for wrong in (0, entry["not_before"] - 1, int(m.now()) + 60):
                self.refused("InvalidArgument", revoke, m.operator, serial, "keyCompromise", invalid_since=V("x", wrong))
            revoke(m.operator, serial, "keyCompromise", invalid_since=V("x", entry["not_before"] + 5))
            self.assertEqual(entry["not_before"] + 5, state(m.operator, serial)["invalid_since"])
            self.assertIn("Invalidity Date", published(a, folder).text)

    def test_refused(self):
        with authority() as (m, _), tempfile.TemporaryDirectory() as t:
            one, two = certified(m, Path(t), 2)
            unknown = "4" + 31 * "0"
            for call in (suspend, resume, revoke):
                self.refused("NotFound", call, m.operator, unknown)
                self.refused("NotFound", call, m.operator, "1f")
                for wrong in ("", "G", one.upper(), "0x1f", 41 * "1", "1f:2e"):
                    self.refused("InvalidArgument", call, m.operator, wrong)
                for options in ({"comment": V("s", "a\nb")}, {"comment": V("s", 201 * "a")}, {"comment": V("u", 1)}, {"other": V("s", "")}):
                    self.refused("InvalidArgument", call, m.operator, one, **options)
            for reason in ("", "certificateHold", "removeFromCRL", "cACompromise", "aACompromise", "KeyCompromise", "1"):
                self.refused("InvalidArgument", revoke, m.operator, one, reason)
            for call in (suspend, resume):
                self.refused("InvalidArgument", call, m.operator, one, invalid_since=V("x", 5))
            self.refused("NotPossible", resume, m.operator, one)
            suspend(m.operator, one)
            self.refused("Exists", suspend, m.operator, one)
            revoke(m.operator, two)
            self.refused("Exists", revoke, m.operator, two)
            self.refused("NotPossible", suspend, m.operator, two)
            self.refused("NotPossible", resume, m.operator, two)
            self.assertEqual({"state": "unknown"}, state(m.operator, unknown))
            self.assertEqual({"state": "unknown"}, state(m.operator, "0"))
            self.refused("InvalidArgument", state, m.operator, "")

    def test_who_may(self):
        with authority() as (m, _), tempfile.TemporaryDirectory() as t:
            serial, = certified(m, Path(t))
            for uid in (NOBODY, ALICE, SYGNET_CA, SYGNET_OCSP):
                c = m.client(uid)
                for call in (suspend, resume, revoke):
                    self.refused("Denied", call, c, serial)
                    self.refused("Denied", call, c, "nonsense")
                self.refused("Denied", publish, c)
            daemon = m.client(SYGNET)
            # Another CA may have given one of its certificates the same serial number: sygnetd names the whole.
            self.refused("InvalidArgument", suspend, daemon, serial)
            self.refused("NotFound", suspend, daemon, serial, certificate=V("ay", b"0\x03\x02\x01\x00"))
            self.assertEqual("good", state(m.client(NOBODY), serial)["state"])
            suspend(daemon, serial, certificate=V("ay", listing(m.operator)[0]["certificate"]))
            self.assertEqual("suspended", state(m.client(NOBODY), serial)["state"])
            for call in (resume, revoke):
                self.refused("Denied", call, daemon, serial)

    def test_not_initialized(self):
        with authority(initialized=False) as (m, a):
            for call in (suspend, resume, revoke):
                self.refused("NotInitialized", call, m.operator, "1f")
            self.refused("NotInitialized", get_crl, m.operator)
            self.refused("NotInitialized", publish, m.operator)
            self.assertEqual({"state": "unknown"}, state(m.operator, "1f"))
            initialize(m.operator)
            self.assertEqual({"ca.crt", "ca.crl", "status"}, {p.name for p in a.published.iterdir()})
            self.assertEqual(root_of(m.operator), (a.published / "ca.crt").read_bytes())

    def test_same_time(self):
        """Of many that ask for the same one does it; all that are different succeed, and one list has them all."""
        with authority() as (m, a), tempfile.TemporaryDirectory() as t:
            folder = Path(t)
            serials = certified(m, folder, 8)  # as many calls as may wait of one sender
            numbers = [m.operator.start("org.sygnet.CA1.Suspend", "sa{sv}", s, {}, **CA) for s in [*serials, *serials]]
            outcomes = []
            for n in numbers:
                try:
                    m.operator.wait(n)
                    outcomes.append("done")
                except BusError as e:
                    outcomes.append(e.name)
            self.assertEqual({"done": 8, "Exists": 8}, {o: outcomes.count(o) for o in outcomes})
            self.assertEqual(set(serials), published(a, folder).serials)


class Published(TestCase):
    def test_files(self):
        """Everybody may read them; what they say of themselves holds together."""
        with authority() as (m, a), tempfile.TemporaryDirectory() as t:
            folder = Path(t)
            one, two = certified(m, folder, 2)
            suspend(m.operator, one)
            for name in ("ca.crt", "ca.crl", "status"):
                stat = (a.published / name).stat()
                self.assertEqual((0o100644, SYGNET_CA), (stat.st_mode, stat.st_uid))
            crl = published(a, folder)
            root, this, following, records = read_status(a)
            self.assertEqual(hashlib.sha256(root_of(m.operator)).digest(), root)
            self.assertEqual((7 * DAY, crl.this, crl.next), (crl.next - crl.this, this, following))
            entries = {e["serial"]: e for e in listing(m.operator)}
            self.assertEqual({one: ("suspended", 6, entries[one]["since"], entries[one]["not_after"]), two: ("good", 0, 0, entries[two]["not_after"])}, records)

    def test_new_certificates_are_known_to_the_responder(self):
        with authority() as (m, a), tempfile.TemporaryDirectory() as t:
            before = published(a, Path(t)).number
            for _ in range(3):
                serial, = certified(m, Path(t))
                self.assertEqual("good", read_status(a)[3][serial][0])
            self.assertEqual(before, published(a, Path(t)).number)  # nothing was revoked

    def test_in_time(self):
        """A new list comes by itself when the last one is old enough, and none before."""
        with authority(conf="[CA]\nCrlHours=10\nCrlEveryHours=3\n") as (m, a), tempfile.TemporaryDirectory() as t:
            folder = Path(t)
            first = published(a, folder)
            self.assertEqual(10 * 3600, first.next - first.this)
            m.advance(3 * 3600 - 600)
            time.sleep(0.3)  # it looks twenty times a second
            self.assertEqual(first.number, published(a, folder).number)
            m.advance(601)
            m.wait_for(lambda: published(a, folder).number > first.number, "the next list")
            second = published(a, folder)
            self.assertEqual(first.number + 1, second.number)
            self.assertLess(second.this, first.next)
            m.advance(-10 * DAY)  # a clock that was set back must not keep lists from coming
            m.wait_for(lambda: published(a, folder).number > second.number, "the list after the clock was set back")

    def test_at_start(self):
        with authority() as (m, a), tempfile.TemporaryDirectory() as t:
            folder = Path(t)
            first = published(a, folder).number
            a.stop()
            (a.published / "ca.crl").unlink()
            a.start()
            m.wait_for((a.published / "ca.crl").exists, "the list")
            self.assertEqual(first + 1, published(a, folder).number)

    def test_on_demand(self):
        with authority() as (m, a), tempfile.TemporaryDirectory() as t:
            first = published(a, Path(t)).number
            publish(m.operator)
            self.assertEqual(first + 1, published(a, Path(t)).number)

    def test_cannot_be_written(self):
        """It is said, the state holds all the same, and is published as soon as that is possible."""
        with authority() as (m, a), tempfile.TemporaryDirectory() as t:
            folder = Path(t)
            one, two = certified(m, folder, 2)
            os.chown(a.published, 0, 0)
            before = published(a, folder)
            self.refused("NotPublished", suspend, m.operator, one)
            self.refused("NotPublished", publish, m.operator)
            self.assertEqual("suspended", state(m.operator, one)["state"])
            self.assertEqual(before.serials, published(a, folder).serials)
            self.assertIn("cannot be published", a.log.read_text())
            third, = certified(m, folder)  # issued, though it cannot be published either
            self.assertEqual("good", state(m.operator, third)["state"])
            os.chown(a.published, SYGNET_CA, SYGNET_CA)
            m.wait_for(lambda: published(a, folder).serials == {one}, "the list")
            self.assertGreater(published(a, folder).number, before.number)
            self.assertEqual({one: "suspended", two: "good", third: "good"}, {s: r[0] for s, r in read_status(a)[3].items()})
            self.assertIn("is published again", a.log.read_text())
            revoke(m.operator, two)

    def test_settings(self):
        urls = "[CA]\nCrlUrl=http://ca.example.org/ca.crl\nOcspUrl=http://ca.example.org/ocsp\nCaUrl=http://ca.example.org/ca.crt\n"
        with authority(conf=urls) as (m, a), tempfile.TemporaryDirectory() as t:
            folder = Path(t)
            certified(m, folder)
            text = openssl(folder, "openssl x509 -in leaf.pem -noout -text").stdout
            for line in ("URI:http://ca.example.org/ca.crl", "OCSP - URI:http://ca.example.org/ocsp", "CA Issuers - URI:http://ca.example.org/ca.crt"):
                self.assertIn(line, text)
            openssl(folder, "openssl verify -x509_strict -CAfile root.pem leaf.pem")
            a.stop()
            a.conf.write_text("[CA]\nCrlHours=1\n")
            p = m.run([BUILD / "ca/sygnet-cad", "--state", a.state, "--host-key", a.key, "--publish", a.published, "--conf", a.conf], uid=SYGNET_CA, check=False)
            self.assertEqual(1, p.returncode)
            self.assertIn("CrlEveryHours= must be less than CrlHours=", p.stderr)


class Responder(TestCase):
    def test_certificate(self):
        with authority() as (m, a), tempfile.TemporaryDirectory() as t:
            folder = Path(t)
            responder = m.client(SYGNET_OCSP)
            chain = issue_responder(responder, request(folder, "/CN=www.example.org"))
            write_chain(folder, chain)
            text = openssl(folder, "openssl x509 -in leaf.pem -noout -text").stdout
            for line in ("Subject: C = PL, O = Example sp. z o.o., CN = OCSP responder\n", "X509v3 Key Usage: critical\n                Digital Signature\n",
                         "X509v3 Extended Key Usage: \n                OCSP Signing\n", "OCSP No Check: \n", "CA:FALSE"):
                self.assertIn(line, text)
            openssl(folder, "openssl verify -x509_strict -purpose ocsphelper -CAfile root.pem leaf.pem")
            entry, = listing(m.operator)
            self.assertEqual(("ocsp-responder", 30 * DAY, chain[0]), (entry["profile"], entry["not_after"] - entry["not_before"], entry["certificate"]))
            for key in ("key.pem", "other.pem"):
                issue_responder(responder, request(folder, "/CN=a", key=f"-key {key}" if (folder / key).exists() else "-newkey ec -pkeyopt ec_paramgen_curve:P-256",
                                                   key_file=key))
            self.assertEqual(3, len(listing(m.operator)))

    def test_nobody_else(self):
        with authority() as (m, _), tempfile.TemporaryDirectory() as t:
            der = request(Path(t), "/CN=a")
            for client in (m.operator, m.client(SYGNET), m.client(SYGNET_CA), m.client(ALICE)):
                self.refused("Denied", issue_responder, client, der)
            self.refused("InvalidArgument", issue, m.operator, der, "ocsp-responder")

    def test_refused(self):
        with authority() as (m, _), tempfile.TemporaryDirectory() as t:
            responder = m.client(SYGNET_OCSP)
            good = request(Path(t), PERSON)
            issue(m.operator, good, "customs")
            self.refused("InvalidArgument", issue_responder, responder, good)  # certified as another's
            for wrong in (b"", b"x", good[:-1], request(Path(t), "/CN=a", key="-newkey rsa:2048")):
                self.refused("InvalidArgument", issue_responder, responder, wrong)
        with authority(initialized=False) as (m, _):
            self.refused("NotInitialized", issue_responder, m.client(SYGNET_OCSP), b"x")


class Crashes(TestCase):
    def test_killed_between_commit_and_publication(self):
        with authority() as (m, a), tempfile.TemporaryDirectory() as t:
            folder = Path(t)
            serial, = certified(m, folder)
            os.chown(a.published, 0, 0)
            self.refused("NotPublished", suspend, m.operator, serial)
            a.kill()
            os.chown(a.published, SYGNET_CA, SYGNET_CA)
            self.assertEqual(set(), published(a, folder).serials)
            a.start()
            m.wait_for(lambda: published(a, folder).serials == {serial}, "the list")
            self.assertEqual("suspended", state(m.operator, serial)["state"])

    def test_killed_at_any_moment(self):
        """What was answered is published at once; after a start files and states agree; no number serves twice."""
        chance = random.Random(4)
        with authority() as (m, a), tempfile.TemporaryDirectory() as t:
            folder = Path(t)
            serials, seen = certified(m, folder, 4), {}
            for _ in range(20):
                c = m.client()
                calls = []
                for serial in serials:
                    held = state(m.operator, serial)["state"] == "suspended"
                    calls.append((serial, not held, c.start(f"org.sygnet.CA1.{'Resume' if held else 'Suspend'}", "sa{sv}", serial, {}, **CA)))
                time.sleep(chance.random() * 0.05)  # where the kill falls is the test
                a.kill()
                crl = published(a, folder)
                self.assertEqual(crl.text, seen.setdefault(crl.number, crl.text))
                for serial, held, n in calls:
                    with contextlib.suppress(BusError):
                        c.wait(n)
                        self.assertEqual(held, serial in crl.serials)
                c.leave()
                a.start()
                m.wait_for(lambda before=crl: published(a, folder).number > before.number, "the list after the start")
                crl = published(a, folder)
                self.assertEqual(crl.text, seen.setdefault(crl.number, crl.text))
                self.assertEqual({s for s in serials if state(m.operator, s)["state"] == "suspended"}, crl.serials)
                self.assertEqual({s: "suspended" if s in crl.serials else "good" for s in serials}, {s: r[0] for s, r in read_status(a)[3].items()})
            self.assertGreater(len(seen), 20)


class OlderCopy(TestCase):
    def test_restored(self):
        """As sygnet-cad(8) has it: a backup, a lost machine, the backup put back: the states of the backup, and numbers that go on beyond what was published
        since; what was revoked since is found in the list that was published last."""
        def tool(*words, **more):
            return m.run([BUILD / "store-tool/sygnet-store", *words], uid=SYGNET_CA, **more)

        with authority() as (m, a), tempfile.TemporaryDirectory() as t:
            folder = Path(t)
            at = ["--service", "sygnet-cad", "--state", a.state]
            one, two, three = certified(m, folder, 3)
            root = root_of(m.operator)
            suspend(m.operator, one)
            revoke(m.operator, two, "superseded")
            a.stop()
            tool("backup", *at, a.folder / "backup")
            a.start()
            m.wait_for(lambda: m.has_owner(CA["name"]), "sygnet-cad")
            revoke(m.operator, three, "keyCompromise")
            for _ in range(5):
                publish(m.operator)
            last = published(a, folder)
            a.stop()
            shutil.rmtree(a.state)
            a.key.unlink()
            tool("restore", *at, a.folder / "backup")
            m.run([BUILD / "store-tool/sygnet-store", "recover", *at, "--host-key", a.key], uid=SYGNET_CA, input=a.recovery)
            a.start()
            m.wait_for(lambda: published(a, folder).number > last.number, "the list")
            crl = published(a, folder)
            self.assertGreaterEqual(crl.number, last.number + (1 << 19))
            self.assertEqual(root, root_of(m.operator))
            self.assertEqual(["suspended", "revoked", "good"], [state(m.operator, s)["state"] for s in (one, two, three)])
            missing = last.serials - crl.serials
            self.assertEqual({three}, missing)
            for serial in missing:
                revoke(m.operator, serial, "keyCompromise")
            a.stop()
            m.run([BUILD / "ca/sygnet-cad", "--state", a.state, "--host-key", a.key, "--conf", a.conf, "--publish", a.published, "--accept-rollback"], uid=SYGNET_CA)
            a.start()
            m.wait_for(lambda: published(a, folder).number > crl.number, "the next list")
            self.assertEqual(last.serials, published(a, folder).serials)
            self.assertLess(published(a, folder).number, crl.number + 10)

    def test_altered_events_are_noticed(self):
        with authority() as (m, a), tempfile.TemporaryDirectory() as t:
            serial, = certified(m, Path(t))
            revoke(m.operator, serial, "keyCompromise")
            before = (a.published / "ca.crl").read_bytes()
            a.stop()
            import sqlite3
            with contextlib.closing(sqlite3.connect(next(a.state.glob("*.db")))) as connection, connection:
                connection.execute("DELETE FROM event")
            a.start()
            self.refused("StoreFailed", state, m.operator, serial)
            self.refused("NotPublished", publish, m.operator)
            self.assertEqual(before, (a.published / "ca.crl").read_bytes())
            self.assertIn("altered or damaged", a.log.read_text())


if __name__ == "__main__":
    main()
