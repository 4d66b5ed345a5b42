#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Accounts through the client, from the operator's mail to a forgotten password (requirements E1, E2, M1): with a terminal as people do, and without one
as programs do."""
import json
import re

from cli import DENIED, FAILED, NOT_FOUND, OK, USAGE, Terminal, main
from served import ALICE, ROOT, Served, read_uri, totp

import fake_courier  # tests/bus, by way of served

TEMPORARY, NEW, NEWER = "account-created", "Another-Word2", "Third-Word3"


class Account(Served):
    def setUp(self):
        super().setUp()
        self.post = fake_courier.FakeCourier(self.machine)
        self.addCleanup(self.post.stop)

    def create(self, *more):
        return self.sygnet(OK, "account", "create", "anna", "--given-name", "Anna", "--surname", "Żółć", "--email", "anna@example.com", "--bind", "alice",
                           *more, uid=ROOT)

    def message(self, template, n=1):
        def there():
            return [d["fields"] for d in self.post.delivered() if d["template"] == template]
        self.machine.wait_for(lambda: len(there()) >= n, template)
        fields = there()[n - 1]
        return fields["password" if template == TEMPORARY else "code"]

    def terminal(self, *args):
        return Terminal(*args, uid=ALICE, DBUS_SYSTEM_BUS_ADDRESS=self.machine.address)

    def account(self):
        return json.loads(self.sygnet(OK, "account", "list", "--json", uid=ROOT))["accounts"][0]

    def walk(self, password):
        """Through the steps of `activate`, from the question for the temporary password on; the terminal afterwards."""
        t = self.terminal("activate", "anna")
        t.expect("Temporary password")
        t.type_secret(password)
        for question in ("New password:", "New password (again)"):
            t.expect(question)
            t.type_secret(NEW)
        t.expect("is active")
        return t

    def test_activation_at_the_terminal(self):
        """From the mail to everything that is needed, in one go (E1, E4, E7, M1, M2, M3)."""
        self.assertIn("sygnet activate anna", self.create("--phone", "+48600100200"))
        t = self.walk(self.message(TEMPORARY).lower())
        t.expect("Code from the message")
        t.type_secret(self.message("token-enroll"))
        output = t.expect("First code that the authenticator shows")
        key = read_uri(re.search(r"otpauth://\S+", output)[0])[0]
        t.type_secret(totp(key, self.machine.now()))
        t.expect("Set a PIN?")
        t.type("n")
        t.expect("No invitation waits")
        self.assertEqual(OK, t.wait(), t.output)
        self.sygnet(OK, "login", "anna", "--password-file", self.secret("new", NEW))
        self.assertIn("active", self.sygnet(OK, "otp", "list"))
        # Whoever was interrupted begins again, and is asked for nothing twice.
        t = self.terminal("activate", "anna")
        t.expect("Temporary password")
        t.type_secret("")
        t.expect("Password of anna")
        t.type_secret(NEW)
        t.expect("You have one already")
        t.expect("Set a PIN?")
        t.type("n")
        self.assertEqual(OK, t.wait(), t.output)

    def test_activation_that_was_broken_off(self):
        self.create("--phone", "+48600100200")
        t = self.walk(self.message(TEMPORARY))
        t.expect("Code from the message")
        t.type_secret("00000000")
        self.assertEqual(DENIED, t.wait(), t.output)
        self.assertIn("later: sygnet activate anna", t.output)

    def test_first_login_leads_to_an_own_password(self):
        """M1: user id, temporary password, then at once a new one, twice."""
        self.create()
        t = self.terminal("login", "anna")
        t.expect("Password of anna")
        t.type_secret(self.message(TEMPORARY))
        t.expect("Choose your own")
        for question in ("New password:", "New password (again)"):
            t.expect(question)
            t.type_secret(NEW)
        self.assertEqual(OK, t.wait(), t.output)
        self.sygnet(OK, "otp", "list")

    def test_first_login_of_a_program(self):
        self.create("--password-file", self.password, "--change-password")
        self.assertTrue(json.loads(self.sygnet(OK, "login", "anna", "--password-file", self.password, "--json"))["restricted"])
        self.sygnet(DENIED, "otp", "list", says="sygnet account password")
        change = ("account", "password", "--password-file", self.password, "--new-password-file")
        self.assertIn("", self.sygnet(FAILED, *change, self.secret("weak", "Abcdef1!!!"), says="no more than 2 identical characters"))
        self.sygnet(OK, *change, self.secret("new", NEW))
        self.sygnet(OK, "otp", "list")

    def test_activation_by_a_program(self):
        self.create()
        new = self.secret("new", NEW)
        wrong = self.secret("wrong", "0000-0000-0000-0000")
        self.sygnet(DENIED, "activate", "anna", "--code-file", wrong, "--new-password-file", new, says="sygnet account forgot anna")
        self.sygnet(OK, "activate", "anna", "--code-file", self.secret("code", self.message(TEMPORARY)), "--new-password-file", new)
        self.sygnet(OK, "login", "anna", "--password-file", new)

    def test_forgotten_at_the_terminal(self):
        self.create("--password-file", self.password, "--phone", "+48 600 100 200")
        t = self.terminal("account", "forgot", "anna")
        t.expect("Code from the mail")
        t.type_secret(self.message("password-reset"))
        t.expect("Code from the SMS")
        self.assertIn("200", t.output)
        t.type_secret(self.message("password-reset-sms"))
        for question in ("New password:", "New password (again)"):
            t.expect(question)
            t.type_secret(NEW)
        self.assertEqual(OK, t.wait(), t.output)
        self.sygnet(DENIED, "login", "anna", "--password-file", self.password)
        self.sygnet(OK, "login", "anna", "--password-file", self.secret("new", NEW))

    def test_forgotten_in_a_program(self):
        self.create("--password-file", self.password, "--phone", "+48 600 100 200")
        forgot = ("account", "forgot", "anna")
        self.sygnet(OK, *forgot, "--send-code", says="--code-file")
        code = self.secret("code", self.message("password-reset"))
        self.sygnet(OK, *forgot, "--code-file", code, says="--sms-file")
        sms = self.secret("sms", self.message("password-reset-sms"))
        self.sygnet(OK, *forgot, "--code-file", code, "--sms-file", sms, "--new-password-file", self.secret("new", NEW))
        self.sygnet(OK, "login", "anna", "--password-file", self.folder / "new")
        # Nobody is told that there is no such account.
        self.assertEqual(self.run_client(forgot, ALICE, {}).stdout, self.run_client(("account", "forgot", "nobody"), ALICE, {}).stdout)

    def test_email_and_phone(self):
        self.create("--password-file", self.password, "--phone", "+48 600 100 200")
        self.sygnet(OK, "login", "anna", "--password-file", self.password)
        self.sygnet(OK, "account", "email", "new@example.com", "--send-code", says="n***@example.com")
        new, old = self.secret("new", self.message("change-email-new")), self.secret("old", self.message("change-email-old"))
        self.sygnet(DENIED, "account", "email", "new@example.com", "--code-file", new)
        self.sygnet(OK, "account", "email", "new@example.com", "--code-file", new, "--old-code-file", old)
        self.assertEqual("new@example.com", self.account()["email"])
        t = self.terminal("account", "phone", "+48 600 300 400")
        t.expect("new number")
        t.type_secret(self.message("change-phone-new"))
        t.expect("old number")
        t.type_secret(self.message("change-phone-old"))
        self.assertEqual(OK, t.wait(), t.output)
        self.assertEqual("+48600300400", self.account()["phone"])

    def test_operators_verbs(self):
        self.create("--password-file", self.password, "--language", "pl")
        edit = ("account", "edit", "anna")
        self.sygnet(DENIED, *edit, "--surname", "Nowak")
        self.sygnet(USAGE, *edit, uid=ROOT, says="--help")
        self.sygnet(NOT_FOUND, "account", "edit", "nobody", "--surname", "Nowak", uid=ROOT)
        self.sygnet(FAILED, *edit, "--phone", "600", uid=ROOT, says="begins with +")
        self.sygnet(OK, *edit, "--surname", "Nowak", "--change-password", uid=ROOT)
        account = self.account()
        self.assertEqual(("Anna Nowak", "pl", True), (account["name"], account["language"], account["change_password"]))
        self.sygnet(USAGE, "account", "delete", "anna", uid=ROOT, says="--yes")
        self.sygnet(DENIED, "account", "delete", "anna", "--yes")
        self.sygnet(OK, "account", "delete", "anna", "--yes", uid=ROOT)
        self.assertEqual("deleted", self.account()["status"])
        self.sygnet(DENIED, "login", "anna", "--password-file", self.password)

    def test_who_it_is(self):
        self.sygnet(USAGE, "account", "create", "anna", "--password-file", self.password, uid=ROOT, says="--given-name")
        self.sygnet(USAGE, "account", "create", "anna", "--name", "Anna", uid=ROOT, says="--password-file")


if __name__ == "__main__":
    main()
