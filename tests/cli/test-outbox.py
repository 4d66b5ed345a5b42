#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""sygnet outbox: the operator of a machine without mail and SMS tells people their codes (E4, E7)."""
import json
import re

from cli import BUILD, DENIED, FAILED, NOT_FOUND, OK, USAGE, main
from served import ALICE, ROOT, Served

SYGNET = 64001
PHONE = "+48600100200"


class Outbox(Served):
    machine_options = {"daemon": False}

    def setUp(self):
        super().setUp()
        m = self.machine
        m.init_store()
        self.sms, self.mail = [
            m.run([BUILD / "tests/bus/put-message", m.state, m.host_key, int(m.now()), what, to], uid=SYGNET).stdout.strip()
            for what, to in (("token-enroll", PHONE), ("password-reset-mail", "anna@example.com"))]
        m.start_daemon()

    def test_list(self):
        shown = self.sygnet(OK, "outbox", uid=ROOT)
        self.assertRegex(shown, rf"{self.mail} .* anna@example.com +password-reset +waiting +0")
        self.assertRegex(shown, rf"{self.sms} .* \{PHONE} +token-enroll +waiting +0")
        messages = json.loads(self.sygnet(OK, "outbox", "--json", uid=ROOT))["messages"]
        self.assertEqual([self.mail, self.sms], [m["id"] for m in messages])
        self.assertEqual({"id", "channel", "recipient", "kind", "language", "login", "uid", "state", "attempts", "reason", "created", "expires",
                          "next_attempt"}, set(messages[0]))
        self.assertEqual(1, len(json.loads(self.sygnet(OK, "outbox", "--limit", "1", "--json", uid=ROOT))["messages"]))
        self.sygnet(USAGE, "outbox", "--limit", "0", uid=ROOT)
        self.sygnet(DENIED, "outbox", uid=ALICE, says="not allowed")

    def test_read(self):
        shown = self.sygnet(OK, "outbox", "read", self.sms, uid=ROOT, says="recorded")
        code = re.search(r"^  code: ([0-9]{8})$", shown, re.M).group(1)
        self.assertIn(PHONE, shown)
        told = json.loads(self.sygnet(OK, "outbox", "read", self.sms, "--json", uid=ROOT))
        self.assertEqual(code, told["fields"]["code"])
        self.assertEqual(self.sms, told["envelope"]["id"])
        self.assertNotIn(code, self.sygnet(OK, "outbox", "--all", uid=ROOT) + self.sygnet(OK, "log", "--all", uid=ROOT) + self.machine.daemon_log())
        self.assertIn("outbox-read", self.sygnet(OK, "log", "--all", uid=ROOT))
        self.sygnet(DENIED, "outbox", "read", self.sms, uid=ALICE, says="not allowed")
        self.sygnet(NOT_FOUND, "outbox", "read", "0" * 16, uid=ROOT)
        self.sygnet(USAGE, "outbox", "read", uid=ROOT)

    def test_cancel(self):
        self.sygnet(DENIED, "outbox", "cancel", self.sms, uid=ALICE)
        self.assertIn("void", self.sygnet(OK, "outbox", "cancel", self.sms, uid=ROOT))
        self.sygnet(FAILED, "outbox", "cancel", self.sms, uid=ROOT, says="over already")
        self.sygnet(NOT_FOUND, "outbox", "read", self.sms, uid=ROOT, says="erased")
        self.assertNotIn(self.sms, self.sygnet(OK, "outbox", uid=ROOT))
        self.assertRegex(self.sygnet(OK, "outbox", "--all", uid=ROOT), rf"{self.sms} .* cancelled")
        self.sygnet(OK, "outbox", "cancel", self.mail, "--json", uid=ROOT)
        self.assertIn("--all", self.sygnet(OK, "outbox", uid=ROOT))


if __name__ == "__main__":
    main()
