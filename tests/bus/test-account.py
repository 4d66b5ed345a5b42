#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Accounts from beginning to end (requirements E1, E2, E8, E11, M1), and the attacks on them that must fail."""
from harness import ALICE, BOB, CAROL, PASSWORD, Machine, TestCase, V, main, secret
from seals import Authority, Person, create_customs, create_seal

OTHER = "Other-Word2"
PERSON = {"given_name": V("s", "Anna"), "surname": V("s", "Żółć"), "email": V("s", "anna@EXAMPLE.com"), "phone": V("s", "+48 600 100-200"),
          "language": V("s", "pl")}


class WithMachine(TestCase):
    conf = ""

    def setUp(self):
        self.m = self.enterContext(Machine(conf=self.conf))

    def account(self, login):
        return next(a for a in self.m.operator.call("Account.List") if a["login"] == login)

    def create_for(self, login, *uids, person=None, **options):
        self.m.operator.call("Account.CreateFor", "sa{sv}a{sv}", login, PERSON if person is None else person, options)
        for uid in uids:
            self.m.operator.call("Account.Bind", "su", login, uid)

    def update(self, login, change_password=False, **person):
        options = {"change_password": V("b", True)} if change_password else {}
        self.m.operator.call("Account.Update", "sa{sv}a{sv}", login, {k: V("s", v) for k, v in person.items()}, options)


class Operator(WithMachine):
    def test_data_of_a_person(self):
        self.create_for("anna", password=secret(PASSWORD))
        anna = self.account("anna")
        self.assertEqual(("Anna Żółć", "Anna", "Żółć", "anna@example.com", "+48600100200", "pl", False),
                         tuple(anna[k] for k in ("name", "given_name", "surname", "email", "phone", "language", "change_password")))
        self.update("anna", surname="Nowak", phone="", language="en")
        anna = self.account("anna")
        self.assertEqual(("Anna Nowak", "Anna", "Nowak", "anna@example.com", "", "en"),
                         tuple(anna[k] for k in ("name", "given_name", "surname", "email", "phone", "language")))
        self.update("anna", name="Anna Maria")
        self.assertEqual(("Anna Maria", "Anna"), tuple(self.account("anna")[k] for k in ("name", "given_name")))
        self.m.restart_daemon()
        self.assertEqual("Anna Maria", self.account("anna")["name"])

    def test_refused_data(self):
        for bad in ({"email": "anna"}, {"email": "a b@example.com"}, {"phone": "600100200"}, {"phone": "+48"}, {"language": "de"}, {"name": ""},
                    {"surname": "x" * 257}, {"given_name": "\x1b[31m"}):
            person = {**PERSON, **{k: V("s", v) for k, v in bad.items()}}
            self.refused("InvalidArgument", self.create_for, "anna", person=person, password=secret(PASSWORD))
        self.refused("InvalidArgument", self.create_for, "anna", person={}, password=secret(PASSWORD))
        self.refused("InvalidArgument", self.create_for, "anna", person={"nick": V("s", "a")}, password=secret(PASSWORD))
        self.refused("InvalidArgument", self.m.account, "anna", email="nonsense")
        self.refused("WeakPassword", self.create_for, "anna", password=secret("short"))
        self.refused("NotFound", self.update, "anna", name="Anna")
        self.assertEqual([], self.m.operator.call("Account.List"))

    def test_not_for_everybody(self):
        self.m.account("alice", ALICE)
        alice = self.m.client(ALICE)
        self.refused("Denied", alice.call, "Account.CreateFor", "sa{sv}a{sv}", "x", {}, {})
        self.refused("Denied", alice.call, "Account.Update", "sa{sv}a{sv}", "alice", {}, {})
        self.refused("Denied", alice.call, "Account.Delete", "s", "alice")

    def test_bindings_both_ways(self):
        """Several Unix users of one account, several accounts of a desktop that is shared."""
        self.m.account("anna", ALICE, BOB)
        self.m.account("bartek", ALICE)
        alice, bob = self.m.client(ALICE), self.m.client(BOB)
        sessions = [alice.login("anna"), alice.login("bartek"), bob.login("anna")]
        self.refused("AuthenticationFailed", bob.login, "bartek")
        self.assertEqual(["anna", "bartek"], sorted(s["login"] for s in alice.call("Session.List")))
        # One binding of one account goes: the rest stands.
        self.m.operator.call("Account.Unbind", "su", "anna", ALICE)
        self.refused("NoSession", alice.call, "Token.List", "s", sessions[0])
        for client, session in ((alice, sessions[1]), (bob, sessions[2])):
            self.assertEqual([], client.call("Token.List", "s", session))

    def test_uid_given_to_somebody_else(self):
        """A uid whose name changed is another person, perhaps: no login, no activation, until the operator has bound it again."""
        self.m.account("alice", ALICE)
        alice = self.m.client(ALICE)
        passwd = self.m.rules.parent / "passwd"
        before = passwd.read_text()
        self.addCleanup(passwd.write_text, before)
        passwd.write_text(before.replace("alice:x:", "mallory:x:"))
        self.refused("AuthenticationFailed", alice.login, "alice")
        passwd.write_text(before)
        alice.login("alice")


class FirstLogin(WithMachine):
    """M1: who was given a password changes it before anything else."""

    def setUp(self):
        super().setUp()
        self.create_for("anna", ALICE, password=secret(PASSWORD), change_password=V("b", True))
        self.alice = self.m.client(ALICE)

    def test_nothing_else_is_possible(self):
        self.assertTrue(self.account("anna")["change_password"])
        session, info = self.alice.call("Session.Login", "sva{sv}", "anna", secret(PASSWORD), {})
        self.assertTrue(info["restricted"])
        self.assertEqual([True], [s["restricted"] for s in self.alice.call("Session.List")])
        factors = {"session": V("s", session)}
        for member, signature, *args in (
                ("Token.List", "s", session), ("Token.Enroll", "sa{sv}", session, {}), ("Audit.List", "sa{sv}", session, {}),
                ("Credential.GenerateCustomsKey", "ssva{sv}a{sv}", session, "x", secret("Abcdefghij1!"), {}, {}),
                ("Credential.Retire", "sa{sv}", "0" * 16, factors),
                ("Operation.Prepare", "ssuaya{sv}", session, "0" * 16, 1, bytes(32), {})):
            self.refused("PasswordChangeRequired", self.alice.call, member, signature, *args)
        self.alice.call("Account.ChangePassword", "svv", session, secret(PASSWORD), secret(OTHER))
        self.assertEqual([], self.alice.call("Token.List", "s", session))
        self.assertFalse(self.account("anna")["change_password"])
        self.refused("AuthenticationFailed", self.alice.login, "anna", PASSWORD)
        self.assertEqual([], self.alice.call("Token.List", "s", self.alice.login("anna", OTHER)))

    def test_the_same_password_is_no_change(self):
        session = self.alice.login("anna")
        self.refused("WeakPassword", self.alice.call, "Account.ChangePassword", "svv", session, secret(PASSWORD), secret(PASSWORD))
        self.refused("WeakPassword", self.alice.call, "Account.ChangePassword", "svv", session, secret(PASSWORD), secret("Abcdef1!!!"))
        self.refused("AuthenticationFailed", self.alice.call, "Account.ChangePassword", "svv", session, secret("Wrong-Word3"), secret(OTHER))
        self.refused("AuthenticationFailed", self.alice.call, "Account.ChangePassword", "svv", session, secret(OTHER), secret(OTHER))
        self.refused("PasswordChangeRequired", self.alice.call, "Token.List", "s", session)
        self.alice.call("Session.Logout", "s", session)

    def test_the_operator_asks_for_another(self):
        session = self.alice.login("anna")
        self.alice.call("Account.ChangePassword", "svv", session, secret(PASSWORD), secret(OTHER))
        self.update("anna", change_password=True)
        self.refused("NoSession", self.alice.call, "Token.List", "s", session)
        self.refused("PasswordChangeRequired", self.alice.call, "Token.List", "s", self.alice.login("anna", OTHER))

    def test_after_a_restart(self):
        self.m.restart_daemon()
        self.refused("PasswordChangeRequired", self.alice.call, "Token.List", "s", self.alice.login("anna"))


class Delete(WithMachine):
    def test_all_is_gone_but_history(self):
        authority = Authority()
        admin, user = Person(self.m, "alice", ALICE), Person(self.m, "bob", BOB)
        seal, _ = create_seal(self.m, authority, "alice")
        self.m.operator.call("Credential.AddUser", "ssa{sv}", seal, "bob", {})
        customs, _ = create_customs(user.client, authority, user.session)
        self.m.operator.call("Account.Delete", "s", "bob")
        self.refused("NoSession", user.client.call, "Token.List", "s", user.session)
        self.refused("AuthenticationFailed", user.client.login, "bob")
        bob = self.account("bob")
        self.assertEqual(("deleted", 0, []), (bob["status"], bob["tokens"], bob["bindings"]))
        users = self.m.operator.call("Credential.ListUsers", "sa{sv}", seal, {})
        self.assertEqual([("alice", "active"), ("bob", "deleted")], [(u["login"], u["status"]) for u in users])
        self.assertEqual({seal: "active", customs: "retired"},
                         {c["id"]: c["status"] for c in self.m.operator.call("Credential.List", "a{sv}", {"all": V("b", True)})})
        # The login is never given again, and nothing can be done with the account any more.
        self.refused("Exists", self.m.account, "bob")
        for member, signature, *args in (("Account.Bind", "su", "bob", CAROL), ("Account.SetStatus", "ss", "bob", "active"), ("Token.Reset", "s", "bob"),
                                         ("Account.Delete", "s", "bob"), ("Account.Update", "sa{sv}a{sv}", "bob", {}, {}),
                                         ("Credential.AddUser", "ssa{sv}", seal, "bob", {})):
            self.refused("NotFound", self.m.operator.call, member, signature, *args)
        self.assertIn("account-delete", [e["event"] for e in self.m.operator.call("Audit.ListAll", "a{sv}", {})])
        self.assertTrue(self.m.operator.call("Audit.Verify")[0])
        self.assertEqual("active", self.account("alice")["status"])
        admin.again()

    def test_administrator_of_a_living_seal(self):
        admin = Person(self.m, "alice", ALICE)
        seal, _ = create_seal(self.m, Authority(), "alice")
        self.assertIn("sygnet seal retire", self.refused("NotPossible", self.m.operator.call, "Account.Delete", "s", "alice"))
        self.assertEqual(1, len(admin.client.call("Token.List", "s", admin.session)))
        self.m.operator.call("Credential.Retire", "sa{sv}", seal, {})
        self.m.operator.call("Account.Delete", "s", "alice")
        self.assertEqual("deleted", self.account("alice")["status"])

    def test_operator_moves_no_codes_of_a_seals_user(self):
        """An operator who resets somebody and signs as him: where codes go is not his to change."""
        self.create_for("alice", ALICE, password=secret(PASSWORD))
        create_seal(self.m, Authority(), "alice")
        for change in ({"email": "operator@example.com"}, {"phone": "+48600000000"}, {"email": ""}, {"phone": ""}):
            self.refused("NotPossible", self.update, "alice", **change)
        self.update("alice", surname="Nowak", email="anna@example.com")
        self.assertEqual(("anna@example.com", "+48600100200"), tuple(self.account("alice")[k] for k in ("email", "phone")))


if __name__ == "__main__":
    main()
