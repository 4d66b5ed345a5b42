# SPDX-License-Identifier: LGPL-2.1-or-later
"""sygnet-cad over the bus: requests that wait for an operator: who may ask, who sees what, and that a decision is made once."""
import contextlib
import sqlite3
import tempfile
from pathlib import Path

from authorities import CA, PERSON, SEAL, authority, issue, listing, openssl, request, root_of, write_chain
from harness import ALICE, BOB, NOBODY, BusError, TestCase, V, main


def ask(client, der, profile="seal", **options):
    return client.call("org.sygnet.CA1.Request", "aysa{sv}", der, profile, options, **CA)


def requests(client, **options):
    return client.call("org.sygnet.CA1.ListRequests", "a{sv}", options, **CA)


def answer(client, number):
    return client.call("org.sygnet.CA1.GetAnswer", "t", number, **CA)


def approve(client, number, **options):
    return client.call("org.sygnet.CA1.Approve", "ta{sv}", number, options, **CA)


def reject(client, number, reason="no"):
    client.call("org.sygnet.CA1.Reject", "ts", number, reason, **CA)


class Queue(TestCase):
    def test_approved(self):
        with authority() as (m, _), tempfile.TemporaryDirectory() as t:
            folder, alice = Path(t), m.client(ALICE)
            number = ask(alice, request(folder, PERSON), "customs", days=V("u", 100))
            self.assertEqual(1, number)
            self.refused("NotReady", answer, alice, number)
            waiting, = requests(alice)
            self.assertEqual({"number": 1, "status": "pending", "profile": "customs", "days": 100, "uid": ALICE},
                             {k: v for k, v in waiting.items() if k not in ("subject", "requested")})
            self.assertIn("CN=Jan Nowak", waiting["subject"])
            self.assertEqual([waiting], requests(m.operator, all=V("b", True), pending=V("b", True)))
            m.advance(3600)
            chain = approve(m.operator, number)
            self.assertEqual(chain, answer(alice, number))
            self.assertEqual(chain[1], root_of(alice))
            write_chain(folder, chain)
            openssl(folder, "openssl verify -x509_strict -no_check_time -CAfile root.pem leaf.pem")  # the clock was moved
            entry, = listing(m.operator)
            self.assertEqual((100 * 86400, chain[0]), (entry["not_after"] - entry["not_before"], entry["certificate"]))
            done, = requests(alice)
            self.assertEqual(("issued", entry["serial"]), (done["status"], done["serial"]))
            self.assertGreaterEqual(done["decided"], done["requested"] + 3600)
            self.assertEqual([], requests(m.operator, all=V("b", True), pending=V("b", True)))

    def test_days_of_the_operator(self):
        with authority() as (m, _), tempfile.TemporaryDirectory() as t:
            number = ask(m.client(ALICE), request(Path(t)))
            for days in (0, 1828):
                self.refused("InvalidArgument", approve, m.operator, number, days=V("u", days))
            approve(m.operator, number, days=V("u", 7))
            entry, = listing(m.operator)
            self.assertEqual(7 * 86400, entry["not_after"] - entry["not_before"])

    def test_rejected(self):
        with authority() as (m, _), tempfile.TemporaryDirectory() as t:
            alice = m.client(ALICE)
            number = ask(alice, request(Path(t)))
            for reason in ("a\nb", 201 * "a"):
                self.refused("InvalidArgument", reject, m.operator, number, reason)
            reject(m.operator, number, "Not an employee")
            self.assertIn("Not an employee", self.refused("RequestRejected", answer, alice, number))
            self.assertEqual(("rejected", "Not an employee"), (requests(alice)[0]["status"], requests(alice)[0]["reason"]))
            self.assertEqual([], listing(m.operator))
            reject(m.operator, ask(alice, request(Path(t))), "")
            self.refused("RequestRejected", answer, alice, 2)

    def test_decided_once(self):
        with authority() as (m, _), tempfile.TemporaryDirectory() as t:
            alice = m.client(ALICE)
            first, second = (ask(alice, request(Path(t))) for _ in range(2))
            reject(m.operator, first)
            numbers = [m.operator.start("org.sygnet.CA1.Approve", "ta{sv}", second, {}, **CA) for _ in range(6)]
            outcomes = []
            for n in numbers:
                try:
                    outcomes.append(bool(m.operator.wait(n)))
                except BusError as e:
                    outcomes.append(e.name)
            self.assertEqual({True: 1, "NotPossible": 5}, {o: outcomes.count(o) for o in outcomes})
            for number in (first, second):
                self.refused("NotPossible", approve, m.operator, number)
                self.refused("NotPossible", reject, m.operator, number)
            self.assertEqual(1, len(listing(m.operator)))

    def test_who_sees_what(self):
        with authority() as (m, _), tempfile.TemporaryDirectory() as t:
            alice, bob = m.client(ALICE), m.client(BOB)
            mine = ask(alice, request(Path(t)))
            his = ask(bob, request(Path(t)))
            approve(m.operator, his)
            self.assertEqual([mine], [r["number"] for r in requests(alice)])
            self.assertEqual([his], [r["number"] for r in requests(bob)])
            self.assertEqual([], requests(m.client(NOBODY)))
            self.assertEqual([his, mine], [r["number"] for r in requests(m.operator, all=V("b", True))])
            self.assertEqual([], requests(m.operator))
            for client in (alice, m.client(NOBODY)):
                self.refused("Denied", requests, client, all=V("b", True))
                self.refused("Denied", answer, client, his)
                self.refused("Denied", answer, client, 99)  # which there are is not told
                for call in (approve, reject):
                    self.refused("Denied", call, client, mine)
            self.assertEqual(2, len(answer(m.operator, his)))
            for number in (0, 99, 1 << 63, (1 << 64) - 1):
                self.refused("NotFound", answer, m.operator, number)
                self.refused("NotFound", approve, m.operator, number)
                self.refused("NotFound", reject, m.operator, number)

    def test_judged_when_it_comes(self):
        with authority() as (m, _), tempfile.TemporaryDirectory() as t:
            folder, alice = Path(t), m.client(ALICE)
            good = request(folder)
            cases = [(good, "customs"), (good, "tls"), (good, "ocsp-responder"), (good[:-1], "seal"), (b"", "seal"),
                     (good[:-1] + bytes([good[-1] ^ 1]), "seal"), (request(folder, key="-newkey rsa:2048"), "seal"),
                     (request(folder, SEAL.replace("Example seal", "www.example.org")), "seal")]
            for der, profile in cases:
                self.refused("InvalidArgument", ask, alice, der, profile)
            for options in ({"days": V("u", 0)}, {"days": V("s", "1")}, {"ca": V("b", True)}):
                self.refused("InvalidArgument", ask, alice, good, **options)
            self.assertEqual([], requests(alice))

    def test_judged_again_when_it_is_approved(self):
        with authority() as (m, _), tempfile.TemporaryDirectory() as t:
            folder, alice = Path(t), m.client(ALICE)
            number = ask(alice, request(folder, PERSON), "customs")
            other = PERSON.replace("Nowak", "Kowalski")
            openssl(folder, f"openssl req -new -config empty.cnf -utf8 -key key.pem -subj '{other}' -outform DER -out other.der")
            issue(m.operator, (folder / "other.der").read_bytes(), "customs")
            self.refused("InvalidArgument", approve, m.operator, number)
            self.assertEqual("pending", requests(alice)[0]["status"])
            reject(m.operator, number, "The key is another's")

    def test_caps(self):
        with authority() as (m, _), tempfile.TemporaryDirectory() as t:
            alice, der = m.client(ALICE), request(Path(t))
            for i in range(16):
                self.assertEqual(i + 1, ask(alice, der))
            self.refused("LimitReached", ask, alice, der)
            self.refused("LimitReached", ask, m.client(ALICE), der)
            self.assertEqual(17, ask(m.client(BOB), der))
            reject(m.operator, 3)
            self.assertEqual(18, ask(alice, der))
            self.assertEqual([18, 16], [r["number"] for r in requests(alice, limit=V("u", 2))])
            self.assertEqual([2, 1], [r["number"] for r in requests(alice, limit=V("u", 2), before=V("t", 3))])
            for bad in ({"limit": V("u", 0)}, {"limit": V("u", 1001)}, {"all": V("s", "x")}):
                self.refused("InvalidArgument", requests, alice, **bad)

    def test_survives(self):
        with authority() as (m, a), tempfile.TemporaryDirectory() as t:
            alice = m.client(ALICE)
            first, second = (ask(alice, request(Path(t))) for _ in range(2))
            chain = approve(m.operator, first)
            a.kill()
            a.start()
            self.assertEqual(chain, answer(alice, first))
            self.refused("NotReady", answer, alice, second)
            a.stop()
            with contextlib.closing(sqlite3.connect(next(a.state.glob("*.db")))) as connection, connection:
                connection.execute("UPDATE request SET profile = 'personal' WHERE number = 2")
            a.start()
            self.refused("StoreFailed", approve, m.operator, second)
            self.assertEqual(1, len(listing(m.operator)))

    def test_not_initialized(self):
        with authority(initialized=False) as (m, _):
            self.refused("NotInitialized", ask, m.client(ALICE), b"x")
            self.refused("NotInitialized", approve, m.operator, 1)
            self.assertEqual([], requests(m.client(ALICE)))


if __name__ == "__main__":
    main()
