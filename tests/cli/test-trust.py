#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""sygnet trust with the real sygnet-trustd, polkit and ca-certificates, in a copy of this machine's trust store (tests/bus/test-trust.py)."""
import importlib.util
import json
import subprocess

from cli import DENIED, FAILED, NOT_FOUND, OK, SOURCE, USAGE, Terminal, main
from served import ALICE, ROOT, Served

spec = importlib.util.spec_from_file_location("trust", SOURCE / "tests/bus/test-trust.py")
trust = importlib.util.module_from_spec(spec)
spec.loader.exec_module(trust)


class Trust(Served):
    machine_options = {"daemon": False}

    def setUp(self):
        super().setUp()
        trust.own_store()
        trust.clean_store()
        self.service = trust.Service(self.machine)
        self.der = trust.make(self.folder, subject="/C=PL/O=Example sp. z o.o./CN=Example CA \x1b[31m whose name is a rather long one")
        self.seen = trust.fingerprint(self.der)
        self.before = trust.photograph()

    def tearDown(self):
        self.service.stop()

    def colons(self):
        return ":".join(self.seen[i:i + 2] for i in range(0, 64, 2)).upper()

    def unchanged(self):
        self.assertEqual(self.before, trust.photograph())

    def test_there_and_back(self):
        self.assertIn("no CA certificate", self.sygnet(OK, "trust", "list", uid=ROOT))
        told = self.sygnet(OK, "trust", "inspect", "ca.pem", uid=ROOT)
        self.assertIn(self.seen, told)
        self.assertIn("No name constraints", told)
        self.assertNotIn("\x1b", told)
        self.sygnet(USAGE, "trust", "install", "ca.pem", uid=ROOT, says="--yes")
        self.sygnet(DENIED, "trust", "install", "ca.pem", "--fingerprint", "00" * 32, uid=ROOT, says="--fingerprint")
        self.unchanged()
        self.sygnet(OK, "trust", "install", "ca.der", "--fingerprint", self.colons(), uid=ROOT)
        subprocess.run(["openssl", "verify", "-no-CAfile", "-no-CAstore", "-CApath", "/etc/ssl/certs", self.folder / "ca.pem"], capture_output=True, check=True)
        (listed,) = json.loads(self.sygnet(OK, "trust", "list", "--json", uid=ROOT))["certificates"]
        self.assertEqual(self.seen, listed["fingerprint"])
        self.assertTrue(json.loads(self.sygnet(OK, "trust", "inspect", "ca.pem", "--json", uid=ROOT))["installed"])
        self.sygnet(FAILED, "trust", "install", "ca.pem", "--yes", uid=ROOT)
        self.sygnet(USAGE, "trust", "remove", self.seen, uid=ROOT, says="--yes")
        self.sygnet(NOT_FOUND, "trust", "remove", "00" * 32, "--yes", uid=ROOT)
        self.sygnet(OK, "trust", "remove", self.colons(), "--yes", uid=ROOT)
        self.unchanged()

    def test_who_may(self):
        for args in (("list",), ("inspect", "ca.pem"), ("install", "ca.pem", "--yes"), ("remove", self.seen, "--yes")):
            self.sygnet(DENIED, "trust", *args, uid=ALICE, says="not allowed")
        self.unchanged()

    def test_what_is_no_certificate_of_a_ca(self):
        trust.make(self.folder, "leaf", options="")
        self.sygnet(FAILED, "trust", "install", "leaf.pem", "--yes", uid=ROOT, says="authority")
        (self.folder / "text").write_text("hello")
        self.sygnet(FAILED, "trust", "install", "text", "--yes", uid=ROOT, says="PEM or DER")
        self.sygnet(FAILED, "trust", "inspect", "ca.key", uid=ROOT, says="ca.key")
        self.sygnet(FAILED, "trust", "inspect", ".", uid=ROOT)
        self.sygnet(NOT_FOUND, "trust", "install", "nothing", "--yes", uid=ROOT, says="nothing")
        self.unchanged()

    def at_terminal(self, answer, *args):
        t = Terminal(*args, DBUS_SYSTEM_BUS_ADDRESS=self.machine.address)
        t.expect("[y/N]")
        t.type(answer)
        return t.wait(), t.output

    def test_asks_at_a_terminal(self):
        code, output = self.at_terminal("n", "trust", "install", self.folder / "ca.pem")
        self.assertNotEqual(OK, code)
        self.assertIn("Nothing was changed", output)
        self.assertLess(output.index("SHA-256"), output.index("[y/N]"))
        self.unchanged()
        self.assertEqual(OK, self.at_terminal("y", "trust", "install", self.folder / "ca.pem")[0])
        self.assertIn(self.seen, self.sygnet(OK, "trust", "list", uid=ROOT))
        self.assertEqual(OK, self.at_terminal("y", "trust", "remove", self.seen)[0])
        self.unchanged()


if __name__ == "__main__":
    main()
