#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hostile arguments at every method of the three services, as introspection shows them: each call gets an answer, which is a reply or an error that
the contract knows, and the service lives on. SYGNET_FUZZ_SEED and SYGNET_FUZZ_ROUNDS choose another run than the usual one."""
import importlib
import os
import random
import re
import socket
import xml.etree.ElementTree as ElementTree

import dbus

import seals
from harness import ALICE, NAME, NOBODY, PATH, SOURCE, BusError, Machine, Memfd, Pipe, TestCase, V, main
from seals import attributes, items

ERRORS = set(re.findall(r'SYGNET_ERROR "(\w+)"', (SOURCE / "lib/bus/names.h").read_text()))
SEED = int(os.environ.get("SYGNET_FUZZ_SEED", "20261121"))
ROUNDS = int(os.environ.get("SYGNET_FUZZ_ROUNDS", "12"))


class Opened:
    """A descriptor of something that the contract does not want."""

    def __init__(self, path, flags=os.O_RDONLY):
        self.path, self.flags = path, flags

    def open(self):
        return os.open(self.path, self.flags)


class Sparse(Memfd):
    def open(self):
        fd = os.memfd_create("secret", os.MFD_CLOEXEC | 2)
        os.ftruncate(fd, 1 << 40)
        import fcntl
        fcntl.fcntl(fd, 1033, self.seals)
        return fd


class Socket:
    def open(self):
        a, b = socket.socketpair()
        b.close()
        return a.detach()


class Fuzzer:
    """Values by D-Bus signature; `known` are strings that mean something."""

    def __init__(self, seed, known, descriptors=True):
        self.r = random.Random(seed)
        self.descriptors = descriptors
        self.left = 0
        self.known = known
        self.strings = ["", "x", "x" * 65, "x" * 5000, "x" * 1000000, "0" * 16, "0" * 32, "f" * 64, "A" * 16, "\u202e\u0301\U0010ffff", "a\nb\tc\x01",
                        "%s%n%x", "' OR 1=1 --", "../../etc/passwd", "seal", "customs", "p256", "rsa4096", "active", "cms-attributes", "xml-signedinfo"]
        self.keys = ["session", "otp", "password", "remember", "label", "digits", "algorithm", "days", "before", "limit", "all", "name", "login",
                     "countryName", "commonName", "organizationName", "documents", "expires", "per_minute", "wait", "x", "", "x" * 100000]

    def string(self):
        return self.r.choice(self.known) if self.known and self.r.random() < 0.6 else self.r.choice(self.strings)

    def octets(self):
        return self.r.choice([b"", b"\0", bytes(32), bytes(31), self.r.randbytes(32), self.r.randbytes(100000), b"\x30\x80\0\0", b"\x30\x84\xff\xff\xff\xff",
                              b"\x30" * 5000, b"\x31\x82\x40\0" + bytes(0x3ffc), seals.signed_info(), bytes(3000000)])

    def descriptor(self):
        return self.r.choice([Memfd(b"Secret-Word1"), Memfd(b""), Memfd(b"x" * 5000), Memfd(b"x", seals=0), Memfd(b"\0\xff" * 10, position=7), Pipe(b"x"),
                              Sparse(b""), Opened("/dev/zero"), Opened("/"), Opened("/dev/null", os.O_WRONLY), Opened("/proc/version"), Socket()])

    def variant(self):
        kind = self.r.choice(["s", "u", "t", "x", "b", "ay", "as"] + ["h"] * 4 * (self.descriptors and self.left > 0))
        self.left -= kind == "h"
        return V(kind, {"s": self.string, "u": self.number, "t": lambda: self.r.choice([0, 1, 2 ** 63, 2 ** 64 - 1]),
                        "x": lambda: self.r.choice([0, -1, -2 ** 63, 2 ** 63 - 1]), "b": lambda: self.r.random() < 0.5,
                        "h": self.descriptor, "ay": self.octets, "as": lambda: [""] * 1000}[kind]())

    def number(self):
        return self.r.choice([0, 1, 2, 3, 65536, 65537, 2 ** 31, 2 ** 32 - 1])

    def options(self):
        n = self.r.choice([0, 0, 1, 1, 2, 3, 14])
        many = {f"k{i}": V("u", i) for i in range(3000)} if self.r.random() < 0.03 else {}
        return {**many, **{self.r.choice(self.keys): self.variant() for _ in range(n)}}

    def values(self, signatures):
        self.left = 16  # descriptors: with more the bus ends the connection
        return [self.value(s) for s in signatures]

    def value(self, signature):
        simple = {"s": self.string, "u": self.number, "b": lambda: self.r.random() < 0.5, "t": lambda: self.r.choice([0, 2 ** 64 - 1]), "v": self.variant,
                  "ay": self.octets, "a{sv}": self.options, "as": lambda: [self.string() for _ in range(self.r.choice([0, 1, 3, 600]))]}
        if signature in simple:
            return simple[signature]()
        n = self.r.choice([0, 1, 2, 11, 100000])
        if signature == "aay":
            return dbus.Array([dbus.ByteArray(b"") if n > 11 else dbus.ByteArray(self.octets()) for _ in range(n)], signature="ay")
        if signature == "a(saya{sv})":
            if n > 11:
                return dbus.Array([("cms-attributes", dbus.ByteArray(b"x"), dbus.Dictionary({}, signature="sv"))] * 20000, signature="(saya{sv})")
            return [(self.string(), self.octets(), self.options()) for _ in range(n)]
        raise ValueError(signature)


def methods(client, name, path):
    """Each method of ours with the signatures of its arguments."""
    for interface in ElementTree.fromstring(client.introspect(name=name, path=path)).findall("interface"):
        if interface.get("name").startswith("org.sygnet."):
            for m in interface.findall("method"):
                yield f"{interface.get('name')}.{m.get('name')}", [a.get("type") for a in m.findall("arg") if a.get("direction") != "out"]


class Fuzz(TestCase):
    def throw(self, clients, fuzzer, name, path, spared=()):
        for member, signatures in methods(clients[0], name, path):
            if member.rsplit(".", 1)[1] in spared:
                continue
            for i in range(ROUNDS):
                client = clients[i % len(clients)]
                args = fuzzer.values(signatures)
                try:
                    client.wait(client.start(member, "".join(signatures), *args, name=name, path=path), timeout=30)
                except TimeoutError:
                    self.fail(f"{member} of user {client.uid}, seed {SEED}: no answer to {args!r:.2000}")
                except BusError as e:
                    self.assertTrue(e.name in ERRORS, f"{member} of user {client.uid}, seed {SEED}: {e.name}: {e.message} on {args!r:.2000}")
                    self.assertTrue(e.message and len(e.message) < 1000, e.message)
                if not signatures:
                    break
            # Types that the method does not take.
            with self.assertRaises(BusError) as e:
                clients[0].call(member, "ax", dbus.Array([], signature="x"), name=name, path=path)
            self.assertIn(e.exception.name, ("org.freedesktop.DBus.Error.InvalidArgs",))

    def test_sygnetd(self):
        with Machine() as m:
            ca = seals.Authority()
            alice = seals.Person(m, "alice", ALICE)
            seal, certificate = seals.create_seal(m, ca, "alice")
            listed = items(attributes(certificate))
            known = [alice.session, alice.again(), seal, "alice", seals.prepare(alice.client, alice.session, seal, listed)]
            fuzzer = Fuzzer(SEED, known)
            self.throw([alice.client, m.client(NOBODY), m.operator], fuzzer, NAME, PATH, spared=("SetStatus", "Unbind", "Logout"))
            self.throw([alice.client, m.client(NOBODY), m.operator], fuzzer, NAME, PATH)
            # And it still signs.
            m.operator.call("Account.SetStatus", "ss", "alice", "active")
            m.account("fresh", ALICE)
            session = alice.client.login("fresh")
            self.assertTrue(alice.client.enroll(session))
            m.stop_daemon()

    def test_sygnet_cad(self):
        ca = importlib.import_module("test-ca")
        with ca.authority() as (m, a):
            self.throw([m.operator, m.client(NOBODY)], Fuzzer(SEED, ["seal", "personal"], descriptors=False), **ca.CA)
            self.assertTrue(ca.root_of(m.client(NOBODY)))
            # Descriptors do not come in at all.
            with self.assertRaisesRegex(BusError, "NotSupported"):
                m.operator.call("org.sygnet.CA1.List", "a{sv}", {"limit": V("h", Memfd(b"x"))}, **ca.CA)
            a.stop()

    def test_sygnet_trustd(self):
        trust = importlib.import_module("test-trust")
        with trust.trust() as (m, s, _):
            self.throw([m.operator, m.client(NOBODY)], Fuzzer(SEED, ["f" * 64], descriptors=False), **trust.TRUST)
            self.assertEqual([], m.operator.call("org.sygnet.Trust1.List", **trust.TRUST))
            s.stop()


if __name__ == "__main__":
    main()
