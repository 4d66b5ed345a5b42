#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What released versions of sygnet-cad wrote is read for good: fixtures/ca-vN is a store as schema version N wrote it, and everything in it is still believed
and still works.

A fixture is made once, by the version that wrote so, and never again. The next one, for a new version of the schema, is made as root by
`SYGNET_BUILD=build tests/bus/test-ca-records.py --make tests/bus/fixtures/ca-vN`, and is read by the same tests.
"""
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from authorities import CA, PERSON, SEAL, authority, issue, listing, openssl, request, root_of
from harness import ALICE, SYGNET_CA, TestCase, V, main

FIXTURES = Path(__file__).parent / "fixtures"
FILES = ("store.db", "slots", "generation")


def plain(entries):
    return [{k: v.hex() if isinstance(v, bytes) else v for k, v in e.items()} for e in entries]


def fill(m, folder):
    for subject, profile in ((SEAL, "seal"), (PERSON, "customs"), (SEAL, "seal")):
        issue(m.operator, request(folder, subject), profile, days=V("u", 1827))
    if len(sys.argv) > 2 and sys.argv[2].endswith("ca-v1"):
        return
    serials = [e["serial"] for e in listing(m.operator)]
    alice = m.client(ALICE)
    for method, signature, *arguments in (("Suspend", "sa{sv}", serials[0], {"comment": V("s", "reported")}), ("Suspend", "sa{sv}", serials[1], {}),
                                          ("Revoke", "ssa{sv}", serials[1], "keyCompromise", {"invalid_since": V("x", int(time.time()))})):
        m.operator.call(f"org.sygnet.CA1.{method}", signature, *arguments, **CA)
    for _ in range(3):
        alice.call("org.sygnet.CA1.Request", "aysa{sv}", request(folder), "seal", {}, **CA)
    m.operator.call("org.sygnet.CA1.Approve", "ta{sv}", 1, {}, **CA)
    m.operator.call("org.sygnet.CA1.Reject", "ts", 2, "no", **CA)


def answers(m):
    told = {"root": root_of(m.operator).hex(), "certificates": plain(listing(m.operator))}
    if not (len(sys.argv) > 2 and sys.argv[2].endswith("ca-v1")):
        told["requests"] = m.operator.call("org.sygnet.CA1.ListRequests", "a{sv}", {"all": V("b", True)}, **CA)
    return told


def make(target):
    target.mkdir()
    with authority() as (m, a), tempfile.TemporaryDirectory() as t:
        fill(m, Path(t))
        contents = answers(m)
        a.stop()
        for name in FILES:
            shutil.copyfile(a.state / name, target / name)
        shutil.copyfile(a.key, target / "host-key")
    (target / "contents.json").write_text(json.dumps(contents, indent=1, sort_keys=True) + "\n")


class Records(TestCase):
    def opened(self, fixture):
        """A machine whose sygnet-cad has a copy of the fixture."""
        def place(a):
            for name in FILES:
                shutil.copyfile(fixture / name, a.state / name)
                os.chown(a.state / name, SYGNET_CA, SYGNET_CA)
            shutil.copyfile(fixture / "host-key", a.key)
            a.key.chmod(0o644)
        return authority(initialized=False, before=place)

    def test_everything_is_believed(self):
        there = sorted(FIXTURES.glob("ca-v*"))
        self.assertEqual(["ca-v1", "ca-v2"], [f.name for f in there])
        for fixture in there:
            contents = json.loads((fixture / "contents.json").read_text())
            with self.subTest(fixture.name), self.opened(fixture) as (m, a):
                self.assertEqual(contents["root"], root_of(m.operator).hex())
                listed = plain(listing(m.operator))
                self.assertEqual(contents["certificates"], [{k: v for k, v in now.items() if k in then} for now, then in zip(listed, contents["certificates"])])
                self.assertEqual(len(contents["certificates"]), len(listed))
                self.assertEqual(contents.get("requests", []), m.operator.call("org.sygnet.CA1.ListRequests", "a{sv}", {"all": V("b", True)}, **CA))
                self.assertNotIn("older copy", a.log.read_text())

    def test_everything_still_works(self):
        for fixture in sorted(FIXTURES.glob("ca-v*")):
            with self.subTest(fixture.name), self.opened(fixture) as (m, a), tempfile.TemporaryDirectory() as t:
                folder = Path(t)
                good = next(e for e in listing(m.operator) if e.get("state", "good") == "good")
                m.operator.call("org.sygnet.CA1.Revoke", "ssa{sv}", good["serial"], "superseded", {}, **CA)
                shutil.copyfile(a.published / "ca.crl", folder / "ca.crl")
                shutil.copyfile(a.published / "ca.crt", folder / "ca.crt")
                openssl(folder, "openssl x509 -inform DER -in ca.crt -out ca.pem")
                self.assertIn(good["serial"].upper(), openssl(folder, "openssl crl -inform DER -in ca.crl -noout -text -CAfile ca.pem").stdout)
                before = len(listing(m.operator))
                issue(m.operator, request(folder))
                self.assertEqual(before + 1, len(listing(m.operator)))
                waiting = [r["number"] for r in m.operator.call("org.sygnet.CA1.ListRequests", "a{sv}", {"all": V("b", True), "pending": V("b", True)}, **CA)]
                for number in waiting:
                    m.operator.call("org.sygnet.CA1.Approve", "ta{sv}", number, {}, **CA)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--make"]:
        make(Path(sys.argv[2]))
    else:
        main()
