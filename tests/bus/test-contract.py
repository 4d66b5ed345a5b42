#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The contract: dbus/org.sygnet.Sygnet1.xml against what the running service says of itself, and what strangers see of it."""
import re
import subprocess
import xml.etree.ElementTree as ET

from harness import ALICE, BOB, NAME, NOBODY, PATH, SOURCE, Machine, TestCase, main, secret

STANDARD = {"org.freedesktop.DBus.Peer", "org.freedesktop.DBus.Introspectable", "org.freedesktop.DBus.Properties",
            "org.freedesktop.DBus.ObjectManager"}


def interfaces(xml):
    """Interface -> its methods with arguments in order, properties, and signals."""
    found = {}
    for i in ET.fromstring(xml).findall("interface"):
        methods = {m.get("name"): [(a.get("name"), a.get("type"), a.get("direction", "in")) for a in m.findall("arg")] for m in i.findall("method")}
        properties = {p.get("name"): (p.get("type"), p.get("access")) for p in i.findall("property")}
        found[i.get("name")] = (methods, properties, sorted(s.get("name") for s in i.findall("signal")))
    return {name: what for name, what in found.items() if name not in STANDARD}


class Contract(TestCase):
    def test_xml_is_what_is_there(self):
        written = interfaces((SOURCE / "dbus/org.sygnet.Sygnet1.xml").read_text())
        with Machine(polkit=None) as m:
            live = interfaces(m.client(NOBODY).introspect())
        self.assertEqual(sorted(written), sorted(live))
        for name, what in written.items():
            for part, there in zip(what, live[name]):
                self.assertEqual(part, there, name)

    def test_each_action_and_error_is_documented(self):
        names = (SOURCE / "lib/bus/names.h").read_text()
        policy = (SOURCE / "polkit/org.sygnet.policy.in").read_text()
        errors = (SOURCE / "docs/dbus.md").read_text()
        sentences = (SOURCE / "lib/bus/error.c").read_text()
        actions = re.findall(r'#define ACTION_\w+ "([^"]+)"', names)
        self.assertTrue(actions)
        self.assertEqual(sorted(actions), sorted(re.findall(r'<action id="([^"]+)"', policy)))
        explained = (SOURCE / "client/error-text.c").read_text()
        declared = re.findall(r'#define (ERROR_\w+) SYGNET_ERROR "(\w+)"', names)
        self.assertEqual(len(declared), len({symbol for symbol, _ in declared}))
        for symbol, error in declared:
            # Once in each: of two sentences for one name the second is never told.
            self.assertEqual(1, errors.count(f"| `{error}` |"), error)
            self.assertEqual(1, len(re.findall(rf"{{ {symbol},", sentences)), symbol)
            self.assertLessEqual(len(re.findall(rf"{{ {symbol},", explained)), 1, symbol)

    def test_policy_is_as_promised(self):
        for action in ET.parse(SOURCE / "polkit/org.sygnet.policy.in").getroot().findall("action"):
            wanted = "yes" if action.get("id") in ("org.sygnet.use", "org.sygnet.ca.request", "org.sygnet.trust.status") else "auth_admin"
            self.assertEqual([wanted] * 3, [action.find("defaults")[i].text for i in range(3)], action.get("id"))
            self.assertEqual("org.freedesktop.policykit.owner", action.find("annotate").get("key"))
            self.assertTrue(all(o.startswith("unix-user:") for o in action.find("annotate").text.split()))
            languages = [m.get("{http://www.w3.org/XML/1998/namespace}lang") for m in action.findall("message")]
            self.assertEqual([None, "pl"], languages)


class Strangers(TestCase):
    """Nobody sees anything personal by introspection, properties, managed objects or broadcasts."""

    PERSONAL = ("alice", "Alice", "example.com", "+48", "Secret-Word1", "otpauth")

    def test_nothing_personal(self):
        with Machine(conf="[Display]\nSupportContact = help desk\n") as m:
            watching = subprocess.Popen(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "dbus-monitor", "--address",
                                         m.address, "type='signal'"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            m.processes.append(watching)
            m.operator.call("Account.Create", "ssssv", "alice", "Alice Example", "alice@example.com", "+48 100 200 300", secret("Secret-Word1"))
            m.operator.call("Account.Bind", "su", "alice", ALICE)
            alice = m.client(ALICE)
            session = alice.login("alice")
            alice.call("Token.RequestCode", "ss", session, "enroll")
            m.account("bob", BOB)
            bob = m.client(BOB)
            bob.enroll(bob.login("bob"))
            nobody = m.client(NOBODY)
            seen = nobody.introspect() + nobody.introspect(path="/org/sygnet") + nobody.introspect(path="/")
            for name in interfaces(nobody.introspect()):
                seen += repr(nobody.get_all(name))
            self.assertIn("help desk", seen)
            for path in (PATH, "/org/sygnet", "/"):
                with self.assertRaises(Exception) as caught:
                    nobody.call("org.freedesktop.DBus.ObjectManager.GetManagedObjects", path=path)
                seen += str(caught.exception)
            alice.call("Session.Logout", "s", session)
            watching.terminate()
            seen += watching.communicate(timeout=10)[0].decode(errors="replace")
            for word in self.PERSONAL + (session,):
                self.assertNotIn(word, seen)
            # Whom nothing is bound to has no session, and lists none.
            self.assertEqual([], nobody.call("Session.List"))

    def test_properties(self):
        with Machine(polkit=None) as m:
            values = m.client(NOBODY).get_all(f"{NAME}.Manager")
        self.assertEqual({"Version", "ContractVersion", "Algorithms", "SupportContact", "Software"}, set(values))
        self.assertEqual(1, values["ContractVersion"])
        self.assertEqual(["p256", "p384", "rsa3072", "rsa4096", "ed25519", "rsa2048"], values["Algorithms"])
        self.assertEqual(("", ""), (values["SupportContact"], values["Software"]))


if __name__ == "__main__":
    main()
