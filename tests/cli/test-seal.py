#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sharing, renewing and reissuing a seal through the client, by the verbs that the manual's steps are (requirements E3, E7, E8, E10, E11, E12)."""
import json
import subprocess
import threading

from cli import DENIED, FAILED, NOT_FOUND, OK, USAGE, main
from outside import OutsideCA
from served import BOB, ROOT, Signing
from fake_courier import FakeCourier  # of tests/bus, which served puts into the path

PHONE = "+48600100200"


class Seals(Signing):
    machine_options = {"conf": "[Display]\nSupportContact=help desk, extension 12\nSoftware=https://example.com/software\n"}

    def setUp(self):
        super().setUp()
        self.courier = FakeCourier(self.machine)
        self.addCleanup(self.courier.stop)
        self.id = self.seal()

    def bartek(self):
        """Bartek has an account with the address that is invited; his authenticator's secret."""
        self.sygnet(OK, "account", "create", "bartek", "--name", "Bartek", "--email", "bartek@example.pl", "--bind", "bob", "--password-file", self.password,
                    uid=ROOT)
        self.sygnet(OK, "login", "bartek", "--password-file", self.password, uid=BOB)
        return self.enroll(BOB, "uri-of-bartek")

    def sms(self, seen):
        self.machine.wait_for(lambda: [d for d in self.courier.delivered() if d["channel"] == "sms"][seen:], "the SMS")
        return [d for d in self.courier.delivered() if d["channel"] == "sms"][-1]

    def users(self):
        return [(u["email"], u["status"]) for u in json.loads(self.sygnet(OK, "seal", "users", self.id, "--operator", "--json", uid=ROOT))["users"]]

    def invite(self, email="bartek@example.pl", phone="+48 600 100 200"):
        return json.loads(self.sygnet(OK, "seal", "invite", self.id, email, phone, "--otp-file", self.code(), "--json"))["invitation"]

    def test_e7(self):
        self.sygnet(FAILED, "seal", "invite", self.id, "no address", PHONE, "--otp-file", self.code(), says="e-mail")
        self.sygnet(FAILED, "seal", "invite", self.id, "bartek@example.pl", "600100200", "--otp-file", self.code(), says="country")
        key = self.bartek()
        self.sygnet(NOT_FOUND, "seal", "activate", "--send-code", uid=BOB, says="no invitation")
        wrong = self.invite("bratek@example.pl")
        self.sygnet(OK, "seal", "remove-user", self.id, wrong, "--otp-file", self.code())
        self.assertIn("pending", self.sygnet(OK, "seal", "invite", self.id, "bartek@example.pl", PHONE, "--otp-file", self.code()))
        self.assertIn("Example sp. z o.o.", self.sygnet(OK, "seal", "invitations", uid=BOB))
        self.sygnet(USAGE, "seal", "activate", uid=BOB, says="--send-code")
        self.sygnet(OK, "seal", "activate", "--send-code", uid=BOB, says="confirm that number")
        sms = self.sms(0)
        self.assertEqual(PHONE, sms["recipient"])
        self.sygnet(DENIED, "seal", "activate", "--code-file", self.secret("wrong", "x"), uid=BOB)
        self.assertIn("activated", self.sygnet(OK, "seal", "activate", "--code-file", self.secret("sms", sms["fields"]["code"]), uid=BOB))
        self.sygnet(OK, "sign", "declaration.xml", "-c", self.id, "-o", "x.p7s", "--otp-file", self.code(key), uid=BOB)
        self.assertEqual(["active", "deleted", "active"], [s for _, s in self.users()])
        self.assertRegex(self.sygnet(OK, "seal", "users", self.id, "--operator", uid=ROOT), r"bartek +\d{4}-")

    def test_e3_and_e12(self):
        shown = self.sygnet(OK, "show", self.id)
        for text in (self.id, "Example sp. z o.o.", "VATPL-5250000000", "active", "Administrator", "Validity", "Software: https://example.com/software",
                     "Support: help desk, extension 12"):
            self.assertIn(text, shown)

    def test_wait(self):
        """E10: who waits is let in when the other is done."""
        key = self.bartek()
        self.sygnet(OK, "seal", "add-user", self.id, "bartek", "--operator", uid=ROOT)
        self.sygnet(OK, "login", "bartek", "--remember", "--password-file", self.password, "--otp-file", self.code(key), uid=BOB)
        self.sygnet(OK, "sign", "declaration.xml", "-c", self.id, "--otp-file", self.code())
        self.sygnet(FAILED, "sign", "declaration.xml", "-c", self.id, "-o", "y.p7s", "--wait=0", uid=BOB, says="Somebody else")
        self.sygnet(USAGE, "sign", "declaration.xml", "-c", self.id, "-o", "y.p7s", "--wait=9999", uid=BOB, says="--wait")
        ended = []
        waiting = threading.Thread(target=lambda: ended.append(self.run_client(
            ("sign", "declaration.xml", "-c", self.id, "-o", "y.p7s", "--wait=120"), BOB, {})))
        waiting.start()
        self.sygnet(OK, "seal", "break-lease", self.id, "--operator", uid=ROOT)
        waiting.join()
        self.assertEqual([OK], [p.returncode for p in ended])
        self.assertTrue((self.folder / "y.p7s").exists())

    def test_e11_by_an_outside_authority(self):
        ca = OutsideCA(self.folder / "outside")
        self.sygnet(OK, "seal", "renew", self.id, "-o", "renewal.pem", "--otp-file", self.code(), says="seal import")
        self.assertIn("Renewal since", self.sygnet(OK, "show", self.id))
        self.sygnet(OK, "sign", "declaration.xml", "-c", self.id, "--otp-file", self.code())
        self.sygnet(OK, "seal", "renew", self.id, "-o", "again.pem", "--otp-file", self.code(), says="already")
        self.assertEqual((self.folder / "renewal.pem").read_text(), (self.folder / "again.pem").read_text())
        self.sygnet(OK, "seal", "import", self.id, ca.issue(self.folder / "renewal.pem"), *ca.issuers, uid=ROOT)
        self.assertNotIn("Renewal since", self.sygnet(OK, "show", self.id))
        self.sygnet(OK, "sign", "declaration.xml", "-c", self.id, "-o", "new.p7s", "--otp-file", self.code())
        subprocess.run(["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "new.p7s", "-content", "declaration.xml", "-CAfile", ca.root,
                        "-out", "/dev/null"], cwd=self.folder, check=True, capture_output=True)

    def test_e11_by_the_local_authority(self):
        before = self.sygnet(OK, "show", self.id, "--pem")
        self.sygnet(DENIED, "seal", "renew", self.id, "--operator")
        self.assertIn("new certificate", self.sygnet(OK, "seal", "renew", self.id, "--operator", uid=ROOT))
        self.assertNotEqual(before, self.sygnet(OK, "show", self.id, "--pem"))
        self.sygnet(OK, "sign", "declaration.xml", "-c", self.id, "--otp-file", self.code())
        self.sygnet(OK, "seal", "renew", self.id, "--operator", "--no-issue", "-o", "x.pem", uid=ROOT)
        self.sygnet(OK, "seal", "renew", self.id, "--cancel", "--otp-file", self.code())
        self.sygnet(NOT_FOUND, "seal", "renew", self.id, "--cancel", "--otp-file", self.code())

    def test_reissue(self):
        self.bartek()
        self.sygnet(USAGE, "seal", "reissue", self.id, "--administrator", "bartek", uid=ROOT, says="--yes")
        self.sygnet(DENIED, "seal", "reissue", self.id, "--administrator", "bartek", "--yes")
        new = json.loads(self.sygnet(OK, "seal", "reissue", self.id, "--administrator", "bartek", "--yes", "--json", uid=ROOT))["id"]
        self.assertIn("retired", self.sygnet(OK, "show", self.id))
        shown = json.loads(self.sygnet(OK, "show", new, "--json", uid=BOB))["credential"]
        self.assertEqual(("active", "administrator"), (shown["status"], shown["role"]))


if __name__ == "__main__":
    main()
