#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""sygnet ca with the real services: who may not issue asks; operators decide, suspend, resume and revoke; everybody sees what became of it."""
import json
import re
import subprocess

from cli import DENIED, FAILED, NOT_FOUND, NOT_VALID, OK, TERMS, USAGE, main
from served import ALICE, BOB, ROOT, KEY_PASSWORD, Signing


class Ca(Signing):
    def request(self):
        subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "k.pem", "-out", "r.pem", "-subj",
                        "/C=PL/O=Example sp. z o.o./2.5.4.97=VATPL-5250000000/CN=Example seal"], cwd=self.folder, check=True, capture_output=True)
        (self.folder / "r.pem").chmod(0o644)
        return "r.pem"

    def issued(self):
        """A file with a certificate, and its serial number as openssl shows it."""
        (self.folder / "c.pem").unlink(missing_ok=True)
        self.sygnet(OK, "ca", "issue", self.request(), "--profile", "seal", "-o", "c.pem", uid=ROOT)
        (self.folder / "c.pem").chmod(0o644)
        p = subprocess.run(["openssl", "x509", "-in", "c.pem", "-noout", "-serial"], cwd=self.folder, check=True, capture_output=True, text=True)
        return "c.pem", p.stdout.strip().removeprefix("serial=")

    def test_asked_and_approved(self):
        self.assertIn("Request 1 waits", self.sygnet(OK, "ca", "request", self.request(), "--profile", "seal"))
        number = json.loads(self.sygnet(OK, "ca", "request", "r.pem", "--profile", "seal", "--days", "9", "--json"))["number"]
        self.assertEqual(2, number)
        self.sygnet(FAILED, "ca", "answer", "1", says="No operator has decided")
        self.sygnet(DENIED, "ca", "approve", "1")
        self.sygnet(DENIED, "ca", "requests", "--all", uid=BOB)
        self.assertIn("waiting", self.sygnet(OK, "ca", "requests"))
        waiting = json.loads(self.sygnet(OK, "ca", "requests", "--all", "--pending", "--json", uid=ROOT))["requests"]
        self.assertEqual([2, 1], [r["number"] for r in waiting])
        self.assertIn("ca answer 1", self.sygnet(OK, "ca", "approve", "1", uid=ROOT))
        self.sygnet(OK, "ca", "answer", "1", "-o", "answer.pem", uid=ROOT)
        subprocess.run(["openssl", "verify", "-CAfile", "ca.pem", "answer.pem"], cwd=self.folder, check=True, capture_output=True)
        self.assertEqual((self.folder / "answer.pem").read_text(), self.sygnet(OK, "ca", "answer", "1"))
        self.sygnet(USAGE, "ca", "reject", "2", uid=ROOT, says="--reason")
        self.sygnet(OK, "ca", "reject", "2", "--reason", "Not an employee", uid=ROOT)
        self.sygnet(DENIED, "ca", "answer", "2", says="Not an employee")
        self.assertIn("Not an employee", self.sygnet(OK, "ca", "requests"))
        self.sygnet(DENIED, "ca", "answer", "1", uid=BOB)
        for word in ("x", "", "-1", "1x", "99999999999999999999999"):
            self.sygnet(USAGE, "ca", "answer", "--", word, says="number of a request")
        self.sygnet(FAILED, "ca", "approve", "1", uid=ROOT, says="decided about already")

    def test_key_of_who_may_not_issue(self):
        """The key is made, its request waits, and what the operator approves makes it sign."""
        password = self.secret("key-password", KEY_PASSWORD)
        words = ["key", "generate", "--accept-terms", TERMS, "--label", "Customs", "--given-name", "Anna", "--surname", "Nowak", "--serial-number", "PNOPL-90010112345",
                 "--country", "PL", "--password-file", password]
        p = self.run_client([*words, "--json"], ALICE, {})
        self.assertEqual(OK, p.returncode, p.stderr)
        made = json.loads(p.stdout)
        self.assertEqual("waiting", made["status"])
        self.assertRegex(p.stderr, rf"sygnet ca answer {made['request']} -o certificate.pem\n *sygnet key import {made['id']} certificate.pem")
        self.sygnet(OK, "ca", "approve", str(made["request"]), uid=ROOT)
        self.sygnet(OK, "ca", "answer", str(made["request"]), "-o", "certificate.pem")
        self.sygnet(OK, "key", "import", made["id"], "certificate.pem")
        self.sygnet(OK, "sign", "declaration.xml", "-c", made["id"], "--password-file", password)
        self.assertTrue((self.folder / "declaration.xml.p7s").exists())

    def test_summary(self):
        said = json.loads(self.sygnet(OK, "ca", "status", "--json", uid=ROOT))
        before = {k: said[k] for k in ("good", "suspended", "revoked", "expired", "pending")}
        self.assertEqual(("store", ""), (said["key"], said["problem"]))
        show = json.loads(self.sygnet(OK, "ca", "show", "--json"))
        for key in ("subject", "fingerprint", "not_before", "not_after"):
            self.assertEqual(show[key], said[key])
        first = self.issued()[0]
        self.sygnet(OK, "ca", "suspend", first, uid=ROOT)
        second = self.issued()[0]
        self.sygnet(OK, "ca", "revoke", second, "--reason", "superseded", "--yes", uid=ROOT)
        self.issued()
        self.sygnet(OK, "ca", "request", self.request(), "--profile", "seal")
        after = json.loads(self.sygnet(OK, "ca", "status", "--json", uid=ROOT))
        self.assertEqual({"good": 1, "suspended": 1, "revoked": 1, "expired": 0, "pending": 1}, {k: after[k] - before[k] for k in before})
        self.assertEqual(said["crl_number"] + 2, after["crl_number"])
        self.assertGreater(after["crl_next"], after["crl_made"])
        text = self.sygnet(OK, "ca", "status", uid=ROOT)
        for words in (show["subject"], show["fingerprint"], "in the authority's store", "1 suspended, 1 revoked", f"number {after['crl_number']} of"):
            self.assertIn(words, text)
        self.sygnet(DENIED, "ca", "status")

    def test_life(self):
        file, serial = self.issued()
        self.sygnet(OK, "ca", "status", file)
        self.sygnet(OK, "ca", "status", serial)
        self.sygnet(OK, "ca", "status", re.sub("(..)(?=.)", r"\1:", serial.lower()))
        self.assertEqual("good", json.loads(self.sygnet(OK, "ca", "status", file, "--json"))["state"])
        self.sygnet(NOT_FOUND, "ca", "status", "4711")
        self.sygnet(NOT_FOUND, "ca", "status", "nothing.pem", says="nothing.pem")
        self.sygnet(DENIED, "ca", "suspend", file)
        self.sygnet(OK, "ca", "suspend", file, "--comment", "reported", uid=ROOT)
        self.assertIn("certificateHold", self.sygnet(NOT_VALID, "ca", "status", serial))
        self.sygnet(FAILED, "ca", "suspend", file, uid=ROOT, says="suspended already")
        self.sygnet(OK, "ca", "resume", serial, uid=ROOT)
        self.sygnet(OK, "ca", "status", file)
        self.sygnet(USAGE, "ca", "revoke", file, uid=ROOT, says="--reason")
        self.sygnet(USAGE, "ca", "revoke", file, "--reason", "superseded", uid=ROOT, says="--yes")
        self.sygnet(FAILED, "ca", "revoke", file, "--reason", "old", "--yes", uid=ROOT, says="keyCompromise")
        for since in ("yesterday", "2026-13-01", "2026-12-31 25:00", ""):
            self.sygnet(USAGE, "ca", "revoke", file, "--reason", "superseded", "--since", since, "--yes", uid=ROOT, says="--since")
        self.sygnet(FAILED, "ca", "revoke", file, "--reason", "superseded", "--since", "2020-01-01", "--yes", uid=ROOT)
        self.sygnet(OK, "ca", "revoke", file, "--reason", "superseded", "--yes", uid=ROOT)
        self.assertEqual("superseded", json.loads(self.sygnet(NOT_VALID, "ca", "status", file, "--json"))["reason"])
        self.sygnet(FAILED, "ca", "resume", file, uid=ROOT, says="final")
        self.assertIn("revoked", self.sygnet(OK, "ca", "list", uid=ROOT))

    def test_c4_revealed_key(self):
        """Reported by the seal's Administrator, taken back, and reported by the operator, who revokes in the same breath."""
        seal = self.seal()
        self.sygnet(USAGE, "key", "compromise", seal, says="--yes")
        self.assertIn("is suspended", self.sygnet(OK, "key", "compromise", seal, "--yes"))
        self.sygnet(DENIED, "key", "release", seal, uid=BOB)
        self.sygnet(OK, "key", "release", seal, uid=ROOT, says="sygnet ca resume")
        told = json.loads(self.sygnet(OK, "key", "compromise", seal, "--operator", "--revoke", "--yes", "--json", uid=ROOT))
        self.assertEqual(("blocked", "revoked", None), (told["status"], told["certificate"], told["problem"]))
        state = json.loads(self.sygnet(NOT_VALID, "ca", "status", told["serial"], "--json"))
        self.assertEqual(("revoked", "keyCompromise"), (state["state"], state["reason"]))

    def test_crl(self):
        file, serial = self.issued()
        self.sygnet(OK, "ca", "revoke", file, "--reason", "keyCompromise", "--yes", uid=ROOT)
        self.sygnet(OK, "ca", "crl", "-o", "crl.pem")
        self.sygnet(OK, "ca", "crl", "--der", "-o", "crl.der")
        text = subprocess.run("openssl crl -in crl.pem -noout -text -CAfile ca.pem && openssl crl -inform DER -in crl.der -noout -crlnumber",
                              shell=True, cwd=self.folder, check=True, capture_output=True, text=True).stdout
        self.assertIn(f"Serial Number: {serial}", text)
        self.sygnet(FAILED, "ca", "crl", "-o", "crl.pem", says="--force")
        self.sygnet(DENIED, "ca", "publish")
        self.sygnet(OK, "ca", "publish", uid=ROOT)
        self.sygnet(OK, "ca", "crl", "--der", "-o", "crl.der", "--force")
        number = subprocess.run("openssl crl -inform DER -in crl.der -noout -crlnumber", shell=True, cwd=self.folder, check=True, capture_output=True, text=True).stdout
        self.assertNotIn(number, text)
        self.assertTrue(json.loads(self.sygnet(OK, "ca", "crl", "--json"))["pem"].startswith("-----BEGIN X509 CRL-----"))


if __name__ == "__main__":
    main()
