#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The CA's key in a token (org.sygnet.CAKey1), with SoftHSM2: what it signs for sygnet-cad, as openssl sees it; all that it signs for nobody; and what is told
when the token, its PIN or the service is not there."""
import contextlib
import os
import signal
import sqlite3
import tempfile
from pathlib import Path

from authorities import CA, PERSON, SEAL, authority, initialize, issue, listing, openssl, request, root_of, write_chain
from harness import ALICE, BUILD, NOBODY, ROOT, SOURCE, SYGNET, SYGNET_CA, SYGNET_OCSP, BusError, Machine, TestCase, V, main
from key_hosts import HOSTED, KEY, PIN, KeyHost, extension, parts, sign, split, tbs_of, tlv


@contextlib.contextmanager
def hosted(initialized=True, **options):
    """A machine with sygnet-cad and the service that has its key, and a folder."""
    hosts = []
    with authority(initialized=False, before=lambda a: hosts.append(KeyHost(a.machine)), **options) as (m, a), tempfile.TemporaryDirectory() as folder:
        if initialized:
            initialize(m.operator, **HOSTED)
        yield m, a, hosts[0], Path(folder)
        if hosts[0].process.poll() is None:
            hosts[0].stop()


def crl(a, folder, root="root.pem"):
    (folder / "ca.crl").write_bytes((a.published / "ca.crl").read_bytes())
    return openssl(folder, f"openssl crl -inform DER -in ca.crl -CAfile {root} -noout -text").stdout + openssl(folder, f"openssl crl -inform DER -in ca.crl -CAfile {root} -noout").stderr


class Life(TestCase):
    def walk(self, m, a, folder):
        """Everything that the key is for."""
        chain = issue(m.operator, request(folder))
        write_chain(folder, chain)
        self.assertIn("leaf.pem: OK", openssl(folder, "openssl verify -x509_strict -check_ss_sig -CAfile root.pem leaf.pem").stdout)
        serial = listing(m.operator)[0]["serial"]
        m.operator.call("org.sygnet.CA1.Revoke", "ssa{sv}", serial, "keyCompromise", {}, **CA)
        text = crl(a, folder)
        self.assertIn("verify OK", text)
        self.assertIn(serial.upper(), text)
        self.assertIn("revoked", openssl(folder, "openssl crl -inform DER -in ca.crl -out crl.pem && openssl verify -crl_check -CRLfile crl.pem -CAfile root.pem leaf.pem",
                                         check=False).stderr)
        der = request(folder, PERSON, key_file="person.key")
        number = m.client(ALICE).call("org.sygnet.CA1.Request", "aysa{sv}", der, "customs", {}, **CA)
        approved = m.operator.call("org.sygnet.CA1.Approve", "ta{sv}", number, {}, **CA)
        write_chain(folder, approved)
        openssl(folder, "openssl verify -x509_strict -CAfile root.pem leaf.pem")
        responder = m.client(SYGNET_OCSP).call("org.sygnet.CA1.IssueResponder", "ay", request(folder, key_file="ocsp.key"), **CA)
        write_chain(folder, responder)
        self.assertIn("OCSP Signing", openssl(folder, "openssl x509 -in leaf.pem -noout -text").stdout)
        openssl(folder, "openssl verify -x509_strict -purpose ocsphelper -CAfile root.pem leaf.pem")

    def test_algorithms(self):
        for algorithm in ("p256", "p384", "rsa3072"):
            with self.subTest(algorithm), hosted(initialized=False) as (m, a, h, folder):
                initialize(m.operator, algorithm=V("s", algorithm), **HOSTED)
                self.walk(m, a, folder)
                objects = h.pkcs11_tool("-O")
                self.assertEqual(1, objects.count("Private Key Object"))
                self.assertIn("sensitive, always sensitive, never extractable, local", objects)
                self.assertEqual(1, objects.count("Certificate Object"))
                # Who has no PIN sees no root, and cannot take it away.
                self.assertNotIn("Certificate Object", h.pkcs11_tool("-O", login=False))
                for words in ("Signed the root.", "Signed the certificate", "Signed a list of revocations."):
                    self.assertIn(words, h.said())
                self.assertNotIn(PIN, h.said())

    def test_nothing_in_the_store(self):
        with hosted() as (m, a, _, folder):
            self.walk(m, a, folder)
            a.stop()
            with contextlib.closing(sqlite3.connect(a.state / "store.db")) as db:
                self.assertEqual([(0,)], db.execute("SELECT length(private_key) FROM root").fetchall())
            a.start()
            self.walk_again(m, folder)

    def walk_again(self, m, folder, name="again.key"):
        write_chain(folder, issue(m.operator, request(folder, key_file=name)))
        openssl(folder, "openssl verify -x509_strict -CAfile root.pem leaf.pem")

    def test_restarts(self):
        with hosted() as (m, a, h, folder):
            h.restart()
            self.walk_again(m, folder)
            a.stop()
            a.start()
            self.walk_again(m, folder, "third.key")

    def test_p11_kit_finds_the_module(self):
        """Without Module= it is one that p11-kit knows."""
        with hosted(initialized=False) as (m, a, h, folder):
            h.configure("pkcs11:token=Example%20CA;object=ca", module=None)
            initialize(m.operator, **HOSTED)
            self.walk(m, a, folder)

    def test_key_made_by_hand(self):
        """A key that somebody made in the token on purpose is taken, if it is of the algorithm that is wanted."""
        with hosted(initialized=False) as (m, a, h, folder):
            h.pkcs11_tool("--keypairgen", "--key-type", "EC:secp384r1", "--id", "0a", "--label", "by hand")
            h.configure("pkcs11:token=Example%20CA;id=%0a")
            self.assertIn("p384", self.refused("KeyUnavailable", initialize, m.operator, algorithm=V("s", "p256"), **HOSTED))
            initialize(m.operator, **HOSTED)
            self.walk(m, a, folder)
            self.assertEqual(1, h.pkcs11_tool("-O").count("Private Key Object"))

    def test_backup(self):
        """sygnet-cad(8): the store is restored on another machine; the token is plugged in there."""
        with hosted() as (m, a, _, folder):
            self.walk(m, a, folder)
            a.stop()
            tool = [BUILD / "store-tool/sygnet-store", "--service", "sygnet-cad", "--state", a.state]
            m.run([*tool, "backup", a.folder / "backup"], uid=SYGNET_CA)
            a.state.rename(a.folder / "lost")
            m.run([*tool, "restore", a.folder / "backup"], uid=SYGNET_CA)
            m.run([*tool, "--host-key", a.folder / "new-key", "recover"], uid=SYGNET_CA, input=a.recovery)
            a.key = a.folder / "new-key"
            a.start()
            self.walk_again(m, folder)
            self.assertIn("verify OK", crl(a, folder))


class Contract(TestCase):
    def test_xml_is_what_is_there(self):
        import importlib.util
        spec = importlib.util.spec_from_file_location("contract", SOURCE / "tests/bus/test-contract.py")
        contract = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(contract)
        with Machine(polkit=None, daemon=False) as m:
            h = KeyHost(m)
            live = contract.interfaces(h.client().introspect(**KEY))
            h.stop()
        self.assertEqual(contract.interfaces((SOURCE / "dbus/org.sygnet.CAKey1.xml").read_text()), live)


class Callers(TestCase):
    CALLS = (("GetPublicKey", ""), ("GetRoot", ""), ("Generate", "s", "p256"), ("Sign", "ay", b"\x30\x00"))

    def test_bus_policy(self):
        with Machine(polkit=None, daemon=False) as m:
            h = KeyHost(m)
            for uid in (ROOT, ALICE, NOBODY, SYGNET, SYGNET_OCSP):
                for method, *args in self.CALLS:
                    with self.assertRaises(BusError) as caught:
                        m.client(uid).call(f"org.sygnet.CAKey1.{method}", *args, **KEY)
                    self.assertEqual("org.freedesktop.DBus.Error.AccessDenied", caught.exception.name)
            self.refused("NotFound", h.client().call, "org.sygnet.CAKey1.GetPublicKey", **KEY)
            h.stop()

    def test_own_check(self):
        """Where an administrator's policy lets everybody call, the service does not."""
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as policy:
            policy.write('<busconfig><policy context="default"><allow send_destination="org.sygnet.CAKey1"/></policy></busconfig>')
            policy.flush()
            os.chmod(policy.name, 0o644)

            class Open(Machine):
                more_policies = (policy.name,)
            with Open(polkit=None, daemon=False) as m:
                h = KeyHost(m)
                for uid in (ROOT, ALICE, SYGNET):
                    for method, *args in self.CALLS:
                        self.refused("Denied", m.client(uid).call, f"org.sygnet.CAKey1.{method}", *args, **KEY)
                self.assertNotIn("Private Key Object", h.pkcs11_tool("-O"))
                h.stop()


CONSTRAINTS = bytes.fromhex("3036a13430028200300a8708" + "00" * 8 + "30228720" + "00" * 32)  # no DNS names, no IP addresses


class Refused(TestCase):
    """Everything here is asked for by sygnet-cad's own user, as somebody who has taken it over would."""

    def test_before_the_root(self):
        with hosted(initialized=False) as (m, _, h, folder):
            client = h.client()
            self.refused("NotFound", sign, client, b"\x30\x00")
            for algorithm in ("ed25519", "rsa2048", "dsa", ""):
                self.refused("InvalidArgument", client.call, "org.sygnet.CAKey1.Generate", "s", algorithm, **KEY)
            client.call("org.sygnet.CAKey1.Generate", "s", "p384", **KEY)
            self.refused("Exists", client.call, "org.sygnet.CAKey1.Generate", "s", "p384", **KEY)
            # A root of another CA, and what another CA issued and revoked.
            other = folder / "other"
            other.mkdir()
            openssl(other, "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -keyout ca.key -out ca.pem -subj /CN=Other -sha384 -days 10")
            openssl(other, "openssl x509 -in ca.pem -outform DER -out ca.der")
            self.refused("InvalidArgument", sign, client, tbs_of((other / "ca.der").read_bytes()))
            # The key's own roots that are not as ours are.
            spki = client.call("org.sygnet.CAKey1.GetPublicKey", **KEY)
            for tbs in self.bad_roots(spki):
                self.refused("InvalidArgument", sign, client, tbs)
            initialize(m.operator, **HOSTED)
            self.refused("InvalidArgument", sign, client, tbs_of(root_of(m.operator)))

    @staticmethod
    def good_extensions():
        return [extension("551d0e", tlv(4, b"\x01" * 20)), extension("551d13", bytes.fromhex("30060101ff020100"), True),
                extension("551d0f", bytes.fromhex("03020106"), True), extension("551d1e", CONSTRAINTS, True)]

    def bad_roots(self, spki):
        name = tlv(0x30, tlv(0x31, tlv(0x30, tlv(6, b"\x55\x04\x03"), tlv(12, b"Example"))))
        good = self.good_extensions()
        ski, basic = good[:2]
        variants = {
            "no name constraints": good[:3],
            "constraints not critical": [*good[:3], extension("551d1e", CONSTRAINTS)],
            "only DNS excluded": [*good[:3], extension("551d1e", bytes.fromhex("3006a10430028200"), True)],
            "no path length": [ski, extension("551d13", bytes.fromhex("30030101ff"), True), *good[2:]],
            "a path below": [ski, extension("551d13", bytes.fromhex("30060101ff020101"), True), *good[2:]],
            "signs documents as well": [ski, basic, extension("551d0f", bytes.fromhex("03020186"), True), good[3]],
            "an extension more": [*good, extension("551d20", tlv(0x30))],
            "one twice": [*good, ski],
        }
        time = tlv(0x30, tlv(23, b"260101000000Z"), tlv(23, b"360101000000Z"))
        algorithm = bytes.fromhex("300a06082a8648ce3d040303")
        for extensions in variants.values():
            yield tlv(0x30, tlv(0xa0, tlv(2, b"\x02")), tlv(2, b"\x01"), algorithm, name, time, name, spki, tlv(0xa3, tlv(0x30, *extensions)))

    def test_root_by_hand(self):
        """What makes the bad ones bad is what their names say: a good one that is put together in the same way is signed, once."""
        with hosted(initialized=False) as (_, _, h, _):
            client = h.client()
            spki = client.call("org.sygnet.CAKey1.Generate", "s", "p384", **KEY)
            bad = list(self.bad_roots(spki))
            good = tlv(0x30, *parts(bad[0])[:7], tlv(0xa3, tlv(0x30, *self.good_extensions())))
            self.assertTrue(sign(client, good))
            self.assertIn("signed its root already", self.refused("InvalidArgument", sign, client, good))
            self.refused("InvalidArgument", sign, client, good.replace(b"Example", b"Elpmaxe"))
            h.restart()
            self.refused("InvalidArgument", sign, client, good)

    def leaf(self, m, folder):
        return tbs_of(issue(m.operator, request(folder))[0])

    def with_extension(self, p, *more, without=()):
        """The parts of a certificate with other extensions."""
        kept = [w for _, w, c in split(split(split(p[7])[0][2])[0][2]) if split(c)[0][2].hex() not in without]
        return [*p[:7], tlv(0xa3, tlv(0x30, *kept, *more))]

    def test_certificates(self):
        with hosted() as (m, _, h, folder):
            client, good = h.client(), self.leaf(m, folder)
            root = parts(tbs_of(root_of(m.operator)))
            p = parts(good)
            other_name = tlv(0x30, tlv(0x31, tlv(0x30, tlv(6, b"\x55\x04\x03"), tlv(12, b"Example"))))
            long_ago, far = tlv(0x30, tlv(23, b"200101000000Z"), tlv(23, b"270101000000Z")), tlv(0x30, tlv(23, b"260601000000Z"), tlv(24, b"20990101000000Z"))
            bad = {
                "another issuer": [*p[:3], other_name, *p[4:]],
                "a second root": root,
                "a root under it": [*p[:3], p[3], p[4], p[3], p[6], root[7]],
                "an authority below": self.with_extension(p, extension("551d13", bytes.fromhex("30030101ff"), True), without=("551d13",)),
                "signs certificates": self.with_extension(p, extension("551d0f", bytes.fromhex("03020204"), True), without=("551d0f",)),
                "signs lists": self.with_extension(p, extension("551d0f", bytes.fromhex("03020142"), True), without=("551d0f",)),
                "TLS server": self.with_extension(p, extension("551d25", tlv(0x30, tlv(6, bytes.fromhex("2b06010505070301")))), without=("551d25",)),
                "any purpose": self.with_extension(p, extension("551d25", tlv(0x30, tlv(6, bytes.fromhex("551d2500")))), without=("551d25",)),
                "no purpose": self.with_extension(p, without=("551d25",)),
                "a host name": self.with_extension(p, extension("551d11", tlv(0x30, tlv(0x82, b"www.example.com")))),
                "basic constraints missing": self.with_extension(p, without=("551d13",)),
                "basic constraints twice": self.with_extension(p, extension("551d13", b"\x30\x00", True)),
                "another authority's key": self.with_extension(p, extension("551d23", tlv(0x30, tlv(0x80, b"\x01" * 20))), without=("551d23",)),
                "unknown critical": self.with_extension(p, extension("551d36", tlv(2, b"\x00"), True)),
                "no extensions": p[:7],
                "for the CA's own key": [*p[:6], root[6], p[7]],
                "before the root": [*p[:4], long_ago, *p[5:]],
                "after the root": [*p[:4], far, *p[5:]],
                "another algorithm": [*p[:2], bytes.fromhex("300a06082a8648ce3d040302"), *p[3:]],
                "version 1": p[1:],
                "version 2": [tlv(0xa0, tlv(2, b"\x01")), *p[1:]],
                "negative serial number": [p[0], tlv(2, b"\x80"), *p[2:]],
                "serial number too long": [p[0], tlv(2, b"\x01" * 21), *p[2:]],
                "unique identifiers": [*p[:7], tlv(0x81, b"\x00\x01"), p[7]],
                "something behind": [*p, tlv(5)],
            }
            for name, pieces in bad.items():
                with self.subTest(name):
                    self.refused("InvalidArgument", sign, client, tlv(0x30, *pieces))
            for name, tbs in (("behind it", good + b"\x00"), ("cut", good[:-1]), ("indefinite length", b"\x30\x80" + b"".join(p) + b"\x00\x00"),
                              ("padded length", b"\x30\x83\x00" + len(b"".join(p)).to_bytes(2, "big") + b"".join(p)), ("a set", b"\x31" + good[1:])):
                with self.subTest(name):
                    self.refused("InvalidArgument", sign, client, tbs)
            # It was not the test that made them bad.
            self.assertTrue(sign(client, tlv(0x30, *p)))
            self.assertTrue(sign(client, tlv(0x30, *self.with_extension(p))))
            self.assertIn("Refused to sign.", h.said())

    def test_other_things(self):
        with hosted() as (m, a, h, folder):
            client = h.client()
            csr = tbs_of(request(folder))
            oid, digest = bytes.fromhex("2a864886f70d010904"), tlv(4, os.urandom(32))
            attributes = tlv(0x31, tlv(0x30, tlv(6, bytes.fromhex("2a864886f70d010903")), tlv(0x31, tlv(6, bytes.fromhex("2a864886f70d010701")))),
                             tlv(0x30, tlv(6, oid), tlv(0x31, digest)))
            ocsp = tlv(0x30, tlv(0xa2, tlv(4, os.urandom(20))), tlv(24, b"20260101000000Z"), tlv(0x30))
            for name, tbs in (("request", csr), ("attributes", attributes), ("OCSP answer", ocsp), ("random", os.urandom(200)), ("nothing", b""), ("text", b"%PDF-1.7"),
                              ("digest", os.urandom(48)), ("empty", b"\x30\x00"), ("XML", b"<SignedInfo/>")):
                with self.subTest(name):
                    self.refused("InvalidArgument", sign, client, tbs)

    def test_lists(self):
        with hosted() as (m, a, h, folder):
            client = h.client()
            issue(m.operator, request(folder))
            m.operator.call("org.sygnet.CA1.Revoke", "ssa{sv}", listing(m.operator)[0]["serial"], "superseded", {}, **CA)
            p = parts(tbs_of((a.published / "ca.crl").read_bytes()))
            self.assertEqual(7, len(p))
            other_name = tlv(0x30, tlv(0x31, tlv(0x30, tlv(6, b"\x55\x04\x03"), tlv(12, b"Example"))))
            extensions = [w for _, w, _ in split(split(split(p[6])[0][2])[0][2])]

            def extended(*kept):
                return [*p[:6], tlv(0xa0, tlv(0x30, *kept))]
            bad = {
                "another issuer": [*p[:2], other_name, *p[3:]],
                "version 1": p[1:],
                "another algorithm": [p[0], bytes.fromhex("300a06082a8648ce3d040302"), *p[2:]],
                "no nextUpdate": [*p[:4], *p[5:]],
                "times the wrong way": [*p[:3], p[4], p[3], *p[5:]],
                "no extensions": p[:6],
                "indirect": extended(*extensions, extension("551d1c", tlv(0x30, tlv(0x84, b"\xff")), True)),
                "delta": extended(*extensions, extension("551d1b", tlv(2, b"\x01"), True)),
                "no number": extended(extensions[0]),
                "another authority's key": extended(extension("551d23", tlv(0x30, tlv(0x80, b"\x01" * 20))), *extensions[1:]),
                "an entry that is none": [*p[:5], tlv(0x30, tlv(0x30, tlv(2, b"\x01"))), p[6]],
            }
            for name, pieces in bad.items():
                with self.subTest(name):
                    self.refused("InvalidArgument", sign, client, tlv(0x30, *pieces))
            self.assertTrue(sign(client, tlv(0x30, *p)))
            self.assertTrue(sign(client, tlv(0x30, *p[:5], p[6])))

    def test_too_large(self):
        with hosted() as (_, _, h, _):
            self.refused("LimitReached", sign, h.client(), bytes(25 * 1024 * 1024))

    def test_second_ca(self):
        """Another store on the same token gets no other root."""
        with hosted() as (m, a, h, folder):
            first = root_of(m.operator)
            a.stop()
            a.state.rename(a.folder / "lost")
            m.run([BUILD / "store-tool/sygnet-store", "--service", "sygnet-cad", "--state", a.state, "--host-key", a.folder / "new", "init"], uid=SYGNET_CA)
            a.key = a.folder / "new"
            a.start()
            self.assertIn("signed its root already", self.refused("KeyUnavailable", initialize, m.operator, **HOSTED))
            initialize(m.operator)
            self.assertNotEqual(first, root_of(m.operator))

    def test_adopted(self):
        """The store is lost, and nobody has a backup: the CA goes on, when an operator says so, and its lists do not look older than those of before."""
        adopt = {"adopt": V("b", True)}
        with hosted(initialized=False) as (m, a, h, folder):
            m.advance(-7200)
            self.assertIn("nothing to adopt", self.refused("KeyUnavailable", initialize, m.operator, {}, **HOSTED, **adopt))
            initialize(m.operator, **HOSTED)
            first = root_of(m.operator)
            write_chain(folder, issue(m.operator, request(folder)))
            before = int(openssl(folder, f"openssl crl -inform DER -in {a.published}/ca.crl -noout -crlnumber").stdout.split("=")[1], 16)
            a.stop()
            a.state.rename(a.folder / "lost")
            m.run([BUILD / "store-tool/sygnet-store", "--service", "sygnet-cad", "--state", a.state, "--host-key", a.folder / "new", "init"], uid=SYGNET_CA)
            a.key = a.folder / "new"
            m.advance(3600)
            a.start()
            self.refused("InvalidArgument", initialize, m.operator, {}, **adopt)
            self.refused("InvalidArgument", initialize, m.operator, None, **HOSTED, **adopt)
            self.refused("InvalidArgument", initialize, m.operator, {}, days=V("u", 10), **HOSTED, **adopt)
            self.assertEqual(first, initialize(m.operator, {}, **HOSTED, **adopt))
            openssl(folder, "openssl verify -x509_strict -CAfile root.pem leaf.pem")
            write_chain(folder, issue(m.operator, request(folder, key_file="two.key")))
            openssl(folder, "openssl verify -x509_strict -CAfile root.pem leaf.pem")
            self.assertIn("verify OK", crl(a, folder))
            after = int(openssl(folder, f"openssl crl -inform DER -in {a.published}/ca.crl -noout -crlnumber").stdout.split("=")[1], 16)
            self.assertGreater(after, before + 1000000000)
            self.refused("Exists", initialize, m.operator, {}, **HOSTED, **adopt)


class Trouble(TestCase):
    def away(self, m, folder, name):
        return self.refused("KeyUnavailable", issue, m.operator, request(folder, key_file=name))

    def test_service_is_away(self):
        with hosted() as (m, a, h, folder):
            write_chain(folder, issue(m.operator, request(folder)))
            serial = listing(m.operator)[0]["serial"]
            h.stop()
            self.assertIn("sygnet-ca-keyd", self.away(m, folder, "two.key"))
            self.assertIn("sygnet-ca-keyd", self.refused("NotPublished", m.operator.call, "org.sygnet.CA1.Revoke", "ssa{sv}", serial, "superseded", {}, **CA))
            # It holds, the responder knows it already, and it is published when the service is there again.
            self.assertEqual("revoked", m.operator.call("org.sygnet.CA1.GetState", "s", serial, **CA)["state"])
            self.assertNotIn(serial.upper(), crl(a, folder))
            self.assertIn(bytes.fromhex(serial), (a.published / "status").read_bytes())
            self.assertIn("There is no new list of revocations.", a.log.read_text())
            summary = m.operator.call("org.sygnet.CA1.GetSummary", **CA)
            self.assertEqual(("token", 1, 0), tuple(summary[k] for k in ("key", "revoked", "good")))
            self.assertIn("sygnet-ca-keyd", summary["problem"])
            self.refused("KeyUnavailable", m.client(SYGNET_OCSP).call, "org.sygnet.CA1.IssueResponder", "ay", request(folder, key_file="three.key"), **CA)
            self.assertEqual(1, len(listing(m.operator)))
            h.start()
            m.operator.call("org.sygnet.CA1.PublishCrl", **CA)
            self.assertIn(serial.upper(), crl(a, folder))
            self.assertEqual("", m.operator.call("org.sygnet.CA1.GetSummary", **CA)["problem"])
            issue(m.operator, request(folder, key_file="four.key"))

    def test_starts_without_it(self):
        with hosted() as (m, a, h, folder):
            h.stop()
            a.stop()
            a.start()
            self.assertTrue(root_of(m.operator))
            self.away(m, folder, "two.key")

    def test_hangs(self):
        """While the token or its module takes its time, everything else is answered."""
        with hosted() as (m, a, h, folder):
            issue(m.operator, request(folder))
            serial = listing(m.operator)[0]["serial"]
            h.process.send_signal(signal.SIGSTOP)
            clients = [m.client(ROOT) for _ in range(6)]
            calls = [(c, c.start("org.sygnet.CA1.Issue", "aysa{sv}", request(folder, key_file=f"{i}.key"), "seal", {}, **CA)) for i, c in enumerate(clients)]
            for _ in range(3):
                self.assertEqual("good", m.operator.call("org.sygnet.CA1.GetState", "s", serial, timeout=5, **CA)["state"])
                self.assertEqual(1, len(m.operator.call("org.sygnet.CA1.List", "a{sv}", {}, timeout=5, **CA)))
                m.client(ALICE).call("org.sygnet.CA1.Request", "aysa{sv}", request(folder, key_file="alice.key"), "seal", {}, timeout=5, **CA)
            h.process.send_signal(signal.SIGCONT)
            for client, number in calls:
                self.assertEqual(2, len(client.wait(number)))
            self.assertEqual(7, len(listing(m.operator)))

    def test_ends_while_it_hangs(self):
        with hosted() as (m, a, h, folder):
            h.process.send_signal(signal.SIGSTOP)
            client = m.client(ROOT)
            number = client.start("org.sygnet.CA1.Issue", "aysa{sv}", request(folder), "seal", {}, **CA)
            m.operator.call("org.freedesktop.DBus.Peer.Ping", **CA)
            a.process.terminate()
            self.assertEqual(0, a.process.wait(10))
            with self.assertRaises(BusError):
                client.wait(number)
            h.process.send_signal(signal.SIGCONT)

    def test_wrong_pin(self):
        with hosted(initialized=False) as (m, _, h, folder):
            h.pin("11111111")
            for _ in range(4):
                self.assertIn("did not accept the PIN", self.refused("KeyUnavailable", initialize, m.operator, **HOSTED))
                # It was tried once; a token with three attempts would not be locked.
                self.assertIn("It is not tried again", h.said().splitlines()[-1])
            self.assertNotIn("11111111", h.said())
            h.pin(PIN)
            initialize(m.operator, **HOSTED)
            issue(m.operator, request(folder))

    def test_no_pin(self):
        with hosted(initialized=False) as (m, _, h, _):
            h.pin(None)
            self.assertIn("There is no PIN", self.refused("KeyUnavailable", initialize, m.operator, **HOSTED))
            h.pin(PIN)
            h.pin_file.chmod(0o644)
            self.assertIn("0600", self.refused("KeyUnavailable", initialize, m.operator, **HOSTED))
            h.pin("")
            self.assertIn("There is no PIN", self.refused("KeyUnavailable", initialize, m.operator, **HOSTED))

    def test_token_is_taken_out(self):
        with hosted() as (m, _, h, folder):
            issue(m.operator, request(folder))
            h.take_out()
            self.assertIn("is not there", self.away(m, folder, "two.key"))
            h.put_back()
            issue(m.operator, request(folder, key_file="three.key"))

    def test_configuration(self):
        with hosted(initialized=False) as (m, _, h, folder):
            for text, words in (
                    (None, "There is no"), ("", "Uri= does not say"), ("[Key]\nUri=pkcs11:token=Nobody;object=ca\n", "PKCS#11 modules of"),
                    ("[Key]\nUri=pkcs11:object=ca\n", "names no token"), ("[Key]\nUri=pkcs11:token=Example%20CA\n", "names no key"),
                    ("[Key]\nUri=pkcs11:token=a;object=b?pin-value=1\n", "PIN has no place"), ("[Key]\nUri=file:/x\n", "no PKCS#11 URI"),
                    ("[Key]\nUri=pkcs11:token=a;object=b\nModule=softhsm.so\n", "line 3"), ("[Token]\n", "line 1"),
                    ("[Key]\nUri=pkcs11:token=a;object=b\nModule=/nonexistent.so\n", "cannot be loaded")):
                with self.subTest(text):
                    h.conf.unlink(missing_ok=True)
                    if text is not None:
                        h.conf.write_text(text)
                    said = self.refused("KeyUnavailable", initialize, m.operator, **HOSTED)
                    self.assertTrue(words in said or "is not there" in said, said)

    def test_another_key(self):
        """A token with another key under the name: what it signed is not taken for the CA's."""
        with hosted() as (m, a, h, folder):
            before = (a.published / "ca.crl").read_bytes()
            h.pkcs11_tool("--keypairgen", "--key-type", "EC:secp384r1", "--id", "0b", "--label", "other")
            h.configure("pkcs11:token=Example%20CA;object=other")
            h.restart()
            self.assertIn("sign", self.away(m, folder, "two.key"))
            self.refused("NotPublished", m.operator.call, "org.sygnet.CA1.PublishCrl", **CA)
            self.assertEqual(before, (a.published / "ca.crl").read_bytes())

    def certificates(self, h):
        """The ids of those in the token."""
        return [line.split()[-1] for line in h.pkcs11_tool("-O", "--type", "cert").splitlines() if line.strip().startswith("ID:")]

    def put(self, h, folder, der, cert_id):
        (folder / "put.der").write_bytes(der)
        os.chmod(folder, 0o755)
        h.pkcs11_tool("--write-object", str(folder / "put.der"), "--type", "cert", "--id", cert_id, "--label", "other")

    def test_root_that_somebody_put_there(self):
        """Another's certificate, and the CA's own with a signature that is none, do not take the place of the root."""
        with hosted() as (m, _, h, folder):
            h.stop()
            cert_id, root = self.certificates(h)[0], root_of(m.operator)
            openssl(folder, "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -sha384 -nodes -keyout k.pem -out c.pem -subj '/C=PL/O=Example/CN=Other' -days 30")
            openssl(folder, "openssl x509 -in c.pem -outform DER -out c.der")
            forged = root[:-1] + bytes([root[-1] ^ 1])
            others = ((folder / "c.der").read_bytes(), forged, root.replace(b"Example CA", b"Elpmaxe CA"))
            for der in others:
                self.put(h, folder, der, cert_id)
            h.start()
            issue(m.operator, request(folder, key_file="two.key"))
            h.stop()
            while cert_id in self.certificates(h):
                h.pkcs11_tool("--delete-object", "--type", "cert", "--id", cert_id)
            for number, der in enumerate(others):
                self.put(h, folder, der, cert_id)
                h.start()
                self.assertIn("not a root that this key signed", self.away(m, folder, f"{number}.key"))
                h.stop()
                h.pkcs11_tool("--delete-object", "--type", "cert", "--id", cert_id)
            self.put(h, folder, root, cert_id)
            h.start()
            issue(m.operator, request(folder, key_file="last.key"))


if __name__ == "__main__":
    main()
