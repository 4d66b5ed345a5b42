#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""sygnet trust (requirement C1) with the real sygnet-trustd, polkit and ca-certificates, in a copy of this machine's trust store (tests/bus/test-trust.py)."""
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
        (seen,) = json.loads(self.sygnet(OK, "trust", "inspect", "ca.pem", "--json", uid=ROOT))["certificates"]
        self.assertEqual((True, ["ca-certificates"], 1), tuple(seen[k] for k in ("installed", "stores", "number")))
        self.assertIn("ca-certificates", self.sygnet(OK, "trust", "list", uid=ROOT))
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
        self.sygnet(FAILED, "trust", "install", "text", "--yes", uid=ROOT, says="DER or PEM")
        self.sygnet(FAILED, "trust", "inspect", "ca.key", uid=ROOT, says="private key")
        self.sygnet(FAILED, "trust", "inspect", ".", uid=ROOT)
        self.sygnet(NOT_FOUND, "trust", "install", "nothing", "--yes", uid=ROOT, says="nothing")
        self.unchanged()

    def several(self, *names):
        (self.folder / "all.pem").write_bytes(b"# A centre\n" + b"".join((self.folder / f"{n}.pem").read_bytes() for n in names))
        subprocess.run(["openssl", "crl2pkcs7", "-nocrl", "-certfile", "all.pem", "-outform", "DER", "-out", "all.p7b"], cwd=self.folder, check=True)

    def test_several(self):
        ders = {n: trust.make(self.folder, n) for n in ("one", "two")} | {"ca": self.der}
        seen = {n: trust.fingerprint(d) for n, d in ders.items()}
        self.several("one", "ca", "two")
        told = self.sygnet(OK, "trust", "inspect", "all.p7b", uid=ROOT)
        self.assertIn("Certificate 3 of 3", told)
        self.assertTrue(all(f in told for f in seen.values()))
        told = self.sygnet(OK, "trust", "install", "all.pem", "--yes", uid=ROOT)
        self.assertEqual(3, told.count("To undo"))
        listed = json.loads(self.sygnet(OK, "trust", "list", "--json", uid=ROOT))["certificates"]
        self.assertEqual(set(seen.values()), {e["fingerprint"] for e in listed})
        self.sygnet(OK, "trust", "remove", *seen.values(), "--yes", uid=ROOT)
        self.unchanged()
        # Only what is named.
        self.sygnet(DENIED, "trust", "install", "all.p7b", "--fingerprint", seen["one"], "--fingerprint", "00" * 32, uid=ROOT, says="other certificates")
        self.unchanged()
        results = json.loads(self.sygnet(OK, "trust", "install", "all.p7b", "--fingerprint", seen["one"], "--json", uid=ROOT))["results"]
        self.assertEqual([(seen["one"], "ca-certificates", "installed")], [tuple(r[k] for k in ("fingerprint", "store", "result")) for r in results])
        self.assertIn("It was trusted before", self.sygnet(OK, "trust", "install", "all.p7b", "--fingerprint", seen["one"], "--fingerprint", seen["two"], uid=ROOT))
        self.sygnet(OK, "trust", "remove", seen["one"], seen["two"], "--yes", uid=ROOT)
        self.unchanged()

    def test_one_bad_among_good(self):
        trust.make(self.folder, "leaf", options="")
        trust.make(self.folder, "old", key="-newkey rsa:2048 -sha1")
        for bad, word in (("leaf", "authority"), ("old", "SHA-1"), ("ca", "more than once")):
            self.several("ca", bad)
            error = self.sygnet(FAILED, "trust", "install", "all.pem", "--yes", uid=ROOT, says=word)
            self.assertNotIn("To undo", error)
            self.unchanged()
        self.several("ca", "leaf")
        self.sygnet(FAILED, "trust", "install", "all.pem", "--yes", uid=ROOT, says="Certificate 2 of 2")
        self.sygnet(OK, "trust", "install", "all.pem", "--fingerprint", self.seen, uid=ROOT)
        self.sygnet(OK, "trust", "remove", self.seen, "--yes", uid=ROOT)
        self.unchanged()

    def test_too_large(self):
        with open(self.folder / "large", "wb") as f:
            f.truncate(100 << 20)
        for verb in ("inspect", "install"):
            self.sygnet(FAILED, "trust", verb, "large", uid=ROOT, says="8 MiB")
        (self.folder / "many").write_bytes((self.folder / "ca.pem").read_bytes() * 10000)
        for verb in ("inspect", "install"):
            self.sygnet(FAILED, "trust", verb, "many", uid=ROOT, says="512")
        self.unchanged()

    def test_stores(self):
        """Everybody may look."""
        told = {s["id"]: s for s in json.loads(self.sygnet(OK, "trust", "stores", "--json", uid=ALICE))["stores"]}
        self.assertTrue(told["ca-certificates"]["writable"])
        self.assertFalse(told["ca-trust"]["present"])
        table = self.sygnet(OK, "trust", "stores", uid=ALICE).splitlines()
        self.assertTrue(table[0].startswith("Store "))
        self.assertEqual(1 + len(told), len([line for line in table if not line.partition(":")[0] in told]))
        self.assertIn("/usr/local/share/ca-certificates", next(line for line in table if line.startswith("ca-certificates ")))
        self.assertIn("not on this system", next(line for line in table if line.startswith("ca-trust ")))
        self.sygnet(NOT_FOUND, "trust", "install", "ca.pem", "--yes", "--store", "ca-trust", uid=ROOT, says="no such store")
        self.sygnet(FAILED, "trust", "install", "ca.pem", "--yes", "--store", "nonsense", uid=ROOT, says="No such store")
        self.sygnet(FAILED, "trust", "install", "ca.pem", "--yes", "--store", "ca-certificates", "--purpose", "email", uid=ROOT, says="every purpose")
        self.sygnet(OK, "trust", "install", "ca.pem", "--yes", "--store", "ca-certificates", uid=ROOT)
        self.sygnet(OK, "trust", "remove", self.seen, "--yes", uid=ROOT)
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
