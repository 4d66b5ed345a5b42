# SPDX-License-Identifier: LGPL-2.1-or-later
"""sygnet-cad over the bus: the contract, who may do what, what is issued and what is refused, and what a crash leaves behind."""
import contextlib
import hashlib
import os
import random
import shutil
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from authorities import CA, PERSON, SEAL, SUBJECT, authority, initialize, issue, listing, openssl, request, root_of, write_chain
from harness import ALICE, BUILD, NOBODY, ROOT, SOURCE, SYGNET_CA, BusError, TestCase, V, main

def der(tag, *content):
    content = b"".join(content)
    n = len(content)
    size = (n.bit_length() + 7) // 8
    return bytes([tag]) + (bytes([n]) if n < 128 else bytes([128 + size]) + n.to_bytes(size, "big")) + content


def elements(content):
    while content:
        n, head = content[1], 2
        if n >= 128:
            head += n - 128
            n = int.from_bytes(content[2:head], "big")
        yield content[0], content[head:head + n], content[:head + n]
        content = content[head + n:]


def with_public_exponent_one(request_der):
    """The RSA request with a key for which everybody can sign: x to the power of 1 is x. It proves possession like any other."""
    (_, whole, _), = elements(request_der)
    (_, info, _), (_, _, algorithm), _ = elements(whole)
    version, subject, (_, spki, _), attributes = elements(info)
    (_, _, key_algorithm), (_, bits, _) = elements(spki)
    (_, numbers, _), = elements(bits[1:])
    modulus, _ = elements(numbers)
    spki = der(0x30, key_algorithm, der(3, b"\0", der(0x30, modulus[2], der(2, b"\1"))))
    info = der(0x30, version[2], subject[2], spki, attributes[2])
    digest = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(info).digest()
    padded = b"\0\1" + b"\xff" * (384 - 3 - len(digest)) + b"\0" + digest
    return der(0x30, info, algorithm, der(3, b"\0", padded))


class Contract(TestCase):
    def test_introspection_is_the_contract(self):
        def shape(text):
            interface = ElementTree.fromstring(text).find(f"interface[@name='{CA['name']}']")
            methods = {m.get("name"): [(a.get("name"), a.get("type"), a.get("direction")) for a in m.findall("arg")] for m in interface.findall("method")}
            return methods, {(p.get("name"), p.get("type"), p.get("access")) for p in interface.findall("property")}, len(interface.findall("signal"))

        with authority(initialized=False) as (m, _):
            live = m.client(NOBODY).introspect(**CA)
            self.assertEqual(shape((SOURCE / "dbus/org.sygnet.CA1.xml").read_text()), shape(live))

    def test_properties(self):
        with authority(initialized=False) as (m, _):
            nobody = m.client(NOBODY)
            self.assertEqual(1, nobody.get(CA["name"], "ContractVersion", **CA))
            self.assertFalse(nobody.get(CA["name"], "Initialized", **CA))
            initialize(m.operator)
            self.assertTrue(nobody.get(CA["name"], "Initialized", **CA))
            self.assertEqual({"Version", "ContractVersion", "Initialized"}, set(nobody.get_all(CA["name"], **CA)))

    def test_only_an_administrator_may(self):
        with authority() as (m, _):
            for uid in (NOBODY, ALICE):
                c = m.client(uid)
                self.refused("Denied", issue, c, b"x")
                self.refused("Denied", listing, c)
                self.refused("Denied", initialize, c)
                self.assertTrue(root_of(c))

    def test_arguments_wait_for_polkit(self):
        with authority(polkit="fake", initialized=False) as (m, _):
            m.polkit.mode("deny")
            self.refused("Denied", initialize, m.operator, {"nonsense": V("u", 1)})
            m.polkit.stop()
            self.refused("AuthorityUnavailable", issue, m.operator, b"x")

    def test_not_initialized(self):
        with authority(initialized=False) as (m, _):
            self.refused("NotInitialized", root_of, m.operator)
            self.refused("NotInitialized", issue, m.operator, b"x")
            self.assertEqual([], listing(m.operator))


class Initialize(TestCase):
    def test_once(self):
        with authority(initialized=False) as (m, _):
            root = initialize(m.operator)
            self.assertEqual(root, root_of(m.client(NOBODY)))
            self.refused("Exists", initialize, m.operator)

    def test_at_the_same_time(self):
        with authority(initialized=False) as (m, _):
            numbers = [m.operator.start("org.sygnet.CA1.Initialize", "a{sv}a{sv}", SUBJECT, {"algorithm": V("s", "p256")}, **CA) for _ in range(6)]
            made = []
            for n in numbers:
                with contextlib.suppress(BusError):
                    made.append(m.operator.wait(n))
            self.assertEqual(1, len(made))
            self.assertEqual(made[0], root_of(m.operator))

    def test_refused(self):
        cases = [
            ({k: v for k, v in SUBJECT.items() if k != "countryName"}, {}),
            ({k: v for k, v in SUBJECT.items() if k != "organizationName"}, {}),
            ({k: v for k, v in SUBJECT.items() if k != "commonName"}, {}),
            ({**SUBJECT, "givenName": V("s", "Jan")}, {}),
            ({**SUBJECT, "countryName": V("s", "Poland")}, {}),
            ({**SUBJECT, "countryName": V("u", 1)}, {}),
            ({**SUBJECT, "dnsName": V("s", "example.org")}, {}),
            ({**SUBJECT, "commonName": V("s", "a\nb")}, {}),
            (SUBJECT, {"days": V("u", 0)}),
            (SUBJECT, {"days": V("u", 10959)}),
            (SUBJECT, {"days": V("s", "1")}),
            (SUBJECT, {"algorithm": V("s", "dsa")}),
            (SUBJECT, {"pathlen": V("u", 3)}),
        ]
        with authority(initialized=False) as (m, _):
            for subject, options in cases:
                self.refused("InvalidArgument", initialize, m.operator, subject, **options)
            self.assertFalse(m.operator.get(CA["name"], "Initialized", **CA))

    def test_algorithms_and_days(self):
        for algorithm, text in (("p256", "prime256v1"), ("rsa3072", "3072 bit"), ("ed25519", "ED25519")):
            with authority(initialized=False) as (m, a), tempfile.TemporaryDirectory() as t:
                folder = Path(t)
                root = initialize(m.operator, algorithm=V("s", algorithm), days=V("u", 100))
                chain = issue(m.operator, request(folder))
                self.assertEqual(root, chain[1])
                write_chain(folder, chain)
                self.assertIn(text, openssl(folder, "openssl x509 -in root.pem -noout -text").stdout)
                openssl(folder, "openssl verify -x509_strict -CAfile root.pem leaf.pem")
                ends = [openssl(folder, f"openssl x509 -in {n}.pem -noout -enddate").stdout for n in ("leaf", "root")]
                self.assertEqual(ends[0], ends[1])  # never longer than the root


class Issue(TestCase):
    def test_profiles(self):
        with authority() as (m, _), tempfile.TemporaryDirectory() as t:
            folder = Path(t)
            for profile, subject in (("seal", SEAL), ("customs", PERSON), ("personal", PERSON.replace("Nowak", "Kowalski"))):
                chain = issue(m.operator, request(folder, subject), profile, days=V("u", 10))
                self.assertEqual(2, len(chain))
                write_chain(folder, chain)
                openssl(folder, "openssl verify -x509_strict -CAfile root.pem leaf.pem")
                self.assertIn("Verified. The certificate is trusted.",
                              openssl(folder, "certtool --verify --load-ca-certificate root.pem --infile leaf.pem").stdout)
                text = openssl(folder, "openssl x509 -in leaf.pem -noout -text").stdout
                self.assertIn("X509v3 Key Usage: critical\n                Non Repudiation\n", text)
            listed = listing(m.operator)
            self.assertEqual([3, 2, 1], [c["number"] for c in listed])
            self.assertEqual(["personal", "customs", "seal"], [c["profile"] for c in listed])
            self.assertEqual(chain[0], listed[0]["certificate"])
            self.assertEqual(10 * 86400, listed[0]["not_after"] - listed[0]["not_before"])
            self.assertAlmostEqual(time.time(), listed[0]["issued"], delta=60)
            self.assertIn("CN=Jan Kowalski", listed[0]["subject"])

    def test_keys(self):
        with authority() as (m, _), tempfile.TemporaryDirectory() as t:
            folder = Path(t)
            for key in ("-newkey ec -pkeyopt ec_paramgen_curve:P-384", "-newkey rsa:3072", "-newkey ed25519"):
                write_chain(folder, issue(m.operator, request(folder, key=key)))
                openssl(folder, "openssl verify -x509_strict -CAfile root.pem leaf.pem")

    def test_refused(self):
        with authority() as (m, _), tempfile.TemporaryDirectory() as t:
            folder = Path(t)
            good = request(folder)
            cases = [
                (request(folder, SEAL.replace("/C=PL", "")), "seal", {}),
                (request(folder, SEAL.replace("/O=Example sp. z o.o.", "")), "seal", {}),
                (request(folder, SEAL.replace("/2.5.4.97=VATPL-5250000000", "")), "seal", {}),
                (request(folder, SEAL.replace("/CN=Example seal", "")), "seal", {}),
                (request(folder, SEAL.replace("VATPL-5250000000", "525-000-00-00")), "seal", {}),
                (request(folder, SEAL + "/GN=Jan"), "seal", {}),
                (request(folder, SEAL + "/SN=Nowak"), "seal", {}),
                (request(folder, SEAL + "/OU=x"), "seal", {}),
                (request(folder, SEAL.replace("Example seal", "www.example.org")), "seal", {}),
                (request(folder, SEAL), "customs", {}),
                (request(folder, PERSON), "seal", {}),
                (request(folder, PERSON.replace("PNOPL-90010112345", "90010112345")), "customs", {}),
                (request(folder, PERSON.replace("/GN=Jan", "")), "personal", {}),
                (request(folder, PERSON + "/O=Example"), "personal", {}),
                (request(folder, key="-newkey rsa:2048"), "seal", {}),
                (request(folder, key="-newkey ec -pkeyopt ec_paramgen_curve:secp256k1"), "seal", {}),
                (request(folder, key="-newkey rsa:3072 -sha1"), "seal", {}),
                (with_public_exponent_one(request(folder, key="-newkey rsa:3072")), "seal", {}),
                (good[:-1] + bytes([good[-1] ^ 1]), "seal", {}),
                (good[:-1], "seal", {}),
                (good + b"\0", "seal", {}),
                (b"", "seal", {}),
                (b"\x30\x80\0\0", "seal", {}),
                (os.urandom(200), "seal", {}),
                (bytes(16385), "seal", {}),
                (good, "tls", {}),
                (good, "", {}),
                (good, "seal", {"days": V("u", 0)}),
                (good, "seal", {"days": V("u", 1828)}),
                (good, "seal", {"ca": V("b", True)}),
            ]
            for i, (der, profile, options) in enumerate(cases):
                with self.subTest(case=i):
                    self.refused("InvalidArgument", issue, m.operator, der, profile, **options)
            self.assertEqual([], listing(m.operator))

    def test_what_the_request_asks_for_is_not_looked_at(self):
        with authority() as (m, _), tempfile.TemporaryDirectory() as t:
            folder = Path(t)
            write_chain(folder, issue(m.operator, request(folder, options="-addext basicConstraints=critical,CA:TRUE -addext subjectAltName=DNS:example.org "
                                                                          "-addext keyUsage=keyCertSign -addext extendedKeyUsage=serverAuth")))
            text = openssl(folder, "openssl x509 -in leaf.pem -noout -text").stdout
            self.assertIn("CA:FALSE", text)
            for word in ("example.org", "Certificate Sign", "TLS Web Server"):
                self.assertNotIn(word, text)

    def test_one_key_one_holder(self):
        with authority() as (m, _), tempfile.TemporaryDirectory() as t:
            folder = Path(t)
            issue(m.operator, request(folder, PERSON), "customs")
            again = "-key key.pem"
            openssl(folder, f"openssl req -new -config empty.cnf -utf8 {again} -subj '{PERSON}' -outform DER -out again.der")
            issue(m.operator, (folder / "again.der").read_bytes(), "customs")
            self.refused("InvalidArgument", issue, m.operator, (folder / "again.der").read_bytes(), "personal")
            other = PERSON.replace("Nowak", "Kowalski")
            openssl(folder, f"openssl req -new -config empty.cnf -utf8 {again} -subj '{other}' -outform DER -out other.der")
            self.refused("InvalidArgument", issue, m.operator, (folder / "other.der").read_bytes(), "customs")
            self.assertEqual(2, len(listing(m.operator)))

    def test_list_in_parts(self):
        with authority() as (m, _), tempfile.TemporaryDirectory() as t:
            folder = Path(t)
            for _ in range(5):
                issue(m.operator, request(folder))
            self.assertEqual([5, 4], [c["number"] for c in listing(m.operator, limit=V("u", 2))])
            self.assertEqual([3, 2], [c["number"] for c in listing(m.operator, limit=V("u", 2), before=V("t", 4))])
            self.assertEqual([1], [c["number"] for c in listing(m.operator, limit=V("u", 2), before=V("t", 2))])
            self.assertEqual([], listing(m.operator, before=V("t", 1)))
            for bad in ({"limit": V("u", 0)}, {"limit": V("u", 1001)}, {"limit": V("s", "x")}, {"offset": V("u", 1)}):
                self.refused("InvalidArgument", listing, m.operator, **bad)
            self.assertEqual(5, len({c["serial"] for c in listing(m.operator)}))


class Crashes(TestCase):
    def test_root_survives(self):
        with authority() as (m, a), tempfile.TemporaryDirectory() as t:
            root = root_of(m.operator)
            chain = issue(m.operator, request(Path(t)))
            a.kill()
            a.start()
            self.assertEqual(root, root_of(m.operator))
            self.assertEqual([chain[0]], [c["certificate"] for c in listing(m.operator)])

    def test_killed_while_it_works(self):
        """Whatever was answered is in the register; the register is whole; a root is there or not, never half."""
        chance = random.Random(1)
        with authority(initialized=False) as (m, a), tempfile.TemporaryDirectory() as t:
            ders, answered, root, window = [request(Path(t)) for _ in range(4)], set(), None, 0.03
            for _ in range(25):
                c = m.client()
                if root is None:
                    numbers = [c.start("org.sygnet.CA1.Initialize", "a{sv}a{sv}", SUBJECT, {"algorithm": V("s", "p256")}, **CA)]
                else:
                    numbers = [c.start("org.sygnet.CA1.Issue", "aysa{sv}", d, "seal", {}, **CA) for d in ders]
                time.sleep(chance.random() * window)  # where the kill falls is the test
                if not answered:
                    window *= 1.2  # a busy machine gets to nothing in so short a time
                a.kill()
                for n in numbers:
                    try:
                        reply = c.wait(n)
                    except BusError:
                        continue
                    if root is None:
                        root = reply
                    else:
                        answered.add(reply[0])
                c.leave()
                a.start()
                if m.operator.get(CA["name"], "Initialized", **CA):
                    there = root_of(m.operator)
                    self.assertEqual(root or there, there)
                    root = there
                else:
                    self.assertIsNone(root)
                listed = listing(m.operator)
                self.assertLessEqual(answered, {e["certificate"] for e in listed})
                self.assertEqual(list(range(len(listed), 0, -1)), [e["number"] for e in listed])
            self.assertTrue(answered)

    def test_altered_register_is_noticed(self):
        with authority() as (m, a), tempfile.TemporaryDirectory() as t:
            issue(m.operator, request(Path(t)))
            a.stop()
            db = next(a.state.glob("*.db"))
            alter(db)
            a.start()
            self.refused("StoreFailed", listing, m.operator)




def alter(db):
    import sqlite3
    with contextlib.closing(sqlite3.connect(db)) as connection, connection:
        connection.execute("UPDATE certificate SET subject = 'CN=other'")


class OlderCopy(TestCase):
    def test_is_told_until_accepted(self):
        with authority() as (m, a):
            a.stop()
            for command in ("backup", "restore"):
                m.run([BUILD / "store-tool/sygnet-store", command, "--service", "sygnet-cad", "--state", a.state, a.folder / "backup"], uid=SYGNET_CA)
                if command == "backup":
                    shutil.rmtree(a.state)
            a.start()
            self.assertTrue(root_of(m.operator))
            self.assertIn("sygnet-cad --accept-rollback", a.log.read_text())
            a.stop()
            m.run([BUILD / "ca/sygnet-cad", "--state", a.state, "--host-key", a.key, "--accept-rollback"], uid=SYGNET_CA)
            a.log.unlink()
            a.start()
            self.assertNotIn("older copy", a.log.read_text())


class Secrets(TestCase):
    def test_no_key_in_the_state(self):
        with authority() as (m, a), tempfile.TemporaryDirectory() as t:
            issue(m.operator, request(Path(t)))
            for file in a.state.rglob("*"):
                self.assertEqual(0, file.stat().st_mode & 0o077, file)
                if file.is_file():
                    # The OIDs of an EC key in PKCS#8, as they stand before the private value.
                    self.assertNotIn(bytes.fromhex("30819602010030"), file.read_bytes(), file)
                    self.assertNotIn(bytes.fromhex("3081b6020100301006072a8648ce3d020106052b81040022"), file.read_bytes(), file)

    def test_process(self):
        with authority() as (m, a):
            status = Path(f"/proc/{a.process.pid}/status").read_text()
            self.assertIn(f"Uid:\t{SYGNET_CA}\t{SYGNET_CA}", status)
            self.assertRegex(Path(f"/proc/{a.process.pid}/limits").read_text(), "Max core file size +0 +0 ")
            # Not dumpable: its /proc entries belong to root.
            self.assertEqual(ROOT, os.stat(f"/proc/{a.process.pid}/environ").st_uid)


if __name__ == "__main__":
    main()
