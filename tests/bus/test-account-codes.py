#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Passwords and addresses that are changed by codes (requirements E1, E2, E12, M1), and the attacks on them that must fail."""
import re
import statistics
import time

from couriers import Post
from fake_courier import FakeCourier
from harness import ALICE, BOB, CAROL, PASSWORD, BusError, Machine, TestCase, V, main, secret
from seals import Authority, Person, attributes, create_seal, items, sign_once

OTHER, THIRD = "Other-Word2", "Third-Word3"
WRONG = "0000-0000-0000-0000"
PERSON = {"given_name": V("s", "Anna"), "surname": V("s", "Nowak"), "email": V("s", "anna@example.com"), "language": V("s", "pl")}


class WithMail(TestCase):
    """A machine whose messages arrive; with `courier` false they wait for the operator's eyes."""
    courier = True
    conf = "[Display]\nSupportContact = help desk, extension 12\n"

    def setUp(self):
        self.m = self.enterContext(Machine(conf=self.conf))
        self.post = FakeCourier(self.m) if self.courier else None
        if self.post:
            self.addCleanup(self.post.stop)
        self.alice = self.m.client(ALICE)

    def create(self, login="anna", *uids, phone="", password=None, **options):
        """An account with an e-mail address; without `password` a temporary one is sent."""
        if password:
            options["password"] = secret(password)
        self.m.operator.call("Account.CreateFor", "sa{sv}a{sv}", login, {**PERSON, "phone": V("s", phone)}, options)
        for uid in uids or (ALICE,):
            self.m.operator.call("Account.Bind", "su", login, uid)

    def received(self, template, login=None):
        return [d for d in self.post.delivered() if d["template"] == template and login in (None, d["fields"].get("login"))]

    def get(self, template, n=1, login=None):
        """The n-th message of a template, once it has arrived."""
        self.m.wait_for(lambda: len(self.received(template, login)) >= n, template)
        return self.received(template, login)[n - 1]

    def code(self, template, n=1, login=None):
        fields = self.get(template, n, login)["fields"]
        return fields["password" if template == "account-created" else "code"]

    def read_outbox(self, kind):
        """The operator looks into a message that waits."""
        message = next(e for e in self.m.operator.call("Outbox.List", "a{sv}", {}) if e["kind"] == kind)
        return self.m.operator.call("Outbox.Read", "s", message["id"])[1]

    def activate(self, code, login="anna", password=OTHER, client=None):
        (client or self.alice).call("Account.Activate", "svv", login, secret(code), secret(password))

    def request(self, login="anna", client=None):
        (client or self.alice).call("Account.RequestReset", "s", login)

    def reset(self, login="anna", password=THIRD, client=None, **codes):
        (client or self.alice).call("Account.Reset", "sa{sv}v", login, {k: secret(v) for k, v in codes.items()}, secret(password))

    def reset_sms(self, code, login="anna"):
        return self.alice.call("Account.RequestResetSms", "sv", login, secret(code))


class Flood(WithMail):
    """Nobody has another's messages of the day used up (E12)."""
    conf = WithMail.conf + "[Session]\nIdle = 3600\n[Delivery]\nPerRecipient = 4\n[Codes]\nPause = 10\nResends = 10\n"

    def test_of_another_address(self):
        self.m.freeze()
        self.create(password=PASSWORD)
        self.m.account("mallory", BOB, email="mallory@example.com")
        mallory = self.m.client(BOB)
        session = mallory.login("mallory")

        def ask():
            self.m.advance(11)
            mallory.call("Account.RequestChange", "sssa{sv}", session, "email", PERSON["email"].value, {})
        for n in (1, 2):
            ask()
            self.m.wait_for(lambda n=n: len(self.received("change-email-new")) == n == len(self.received("change-email-old")), "both mails")
        self.assertIn("within a day", self.refused("LimitReached", ask))
        for n in (1, 2):
            self.m.advance(11)
            self.request()
            self.get("password-reset", n)


class Activation(WithMail):
    def test_by_the_code_in_the_mail(self):
        """E1: before any login; the link works once, and sets the password."""
        self.create()
        mail = self.get("account-created")
        self.assertEqual(("mail", "anna@example.com", "pl", "anna", "Anna Nowak", "help desk, extension 12"),
                         (mail["channel"], mail["recipient"], mail["language"], mail["fields"]["login"], mail["fields"]["name"], mail["fields"]["support"]))
        self.assertNotIn("code", mail["fields"])
        self.refused("WeakPassword", self.activate, self.code("account-created"), password="short")
        # As people type it.
        self.activate(self.code("account-created").lower().replace("-", " "))
        self.assertEqual([], self.alice.call("Token.List", "s", self.alice.login("anna", OTHER)))
        self.refused("CodeVoid", self.activate, self.code("account-created"), password=THIRD)
        self.refused("AuthenticationFailed", self.alice.login, "anna", self.code("account-created"))
        self.alice.login("anna", OTHER)

    def test_with_the_code_for_a_pin(self):
        self.create(pin_activation=V("b", True))
        fields = self.get("account-created")["fields"]
        self.assertNotEqual(fields["code"], fields["password"])
        self.refused("CodeVoid", self.activate, fields["code"])
        self.activate(fields["password"])

    def test_dead_link(self):
        """E1: a dead link is replaced by a new one, by "forgot password"."""
        self.create()
        old = self.code("account-created")
        self.m.advance(86400)
        self.refused("CodeVoid", self.activate, old)
        self.request()
        new = self.code("account-created", 2)
        self.assertNotEqual(old, new)
        self.refused("CodeVoid", self.activate, old)
        # The same step as for a forgotten password will do, without an SMS.
        self.assertEqual({}, self.reset_sms(new))
        self.reset(mail=new)
        self.alice.login("anna", THIRD)

    def test_needs_an_address(self):
        self.refused("InvalidArgument", self.m.operator.call, "Account.CreateFor", "sa{sv}a{sv}", "anna", {"name": V("s", "Anna")}, {})
        self.refused("InvalidArgument", self.create, password=PASSWORD, pin_activation=V("b", True))
        self.assertEqual([], self.m.operator.call("Account.List"))

    def test_first_login_with_the_temporary_password(self):
        """M1: user id and temporary password; the password must be changed at once: old, new."""
        self.create()
        temporary = self.code("account-created")
        session, info = self.alice.call("Session.Login", "sva{sv}", "anna", secret(temporary), {})
        self.assertTrue(info["restricted"])
        self.refused("PasswordChangeRequired", self.alice.call, "Token.Enroll", "sa{sv}", session, {})
        self.refused("AuthenticationFailed", self.alice.call, "Account.ChangePassword", "svv", session, secret(WRONG), secret(OTHER))
        # Whoever was interrupted logs in with it again.
        self.alice.call("Session.Logout", "s", session)
        session = self.alice.login("anna", temporary)
        self.alice.call("Account.ChangePassword", "svv", session, secret(temporary), secret(OTHER))
        self.alice.enroll(session)
        self.refused("AuthenticationFailed", self.alice.login, "anna", temporary)
        self.alice.login("anna", OTHER)

    def test_temporary_password_expires(self):
        self.create()
        temporary = self.code("account-created")
        session = self.alice.login("anna", temporary)
        self.m.advance(86400)
        self.refused("AuthenticationFailed", self.alice.login, "anna", temporary)
        self.refused("NoSession", self.alice.call, "Account.ChangePassword", "svv", session, secret(temporary), secret(OTHER))

    def test_survives_a_restart(self):
        self.create()
        temporary = self.code("account-created")
        self.m.kill_daemon()
        self.m.start_daemon()
        self.activate(temporary)


class Attacks(WithMail):
    def test_code_of_another(self):
        self.create("anna")
        self.create("ewa")
        self.refused("CodeVoid", self.activate, self.code("account-created", login="ewa"), login="anna")
        self.refused("AuthenticationFailed", self.alice.login, "anna", self.code("account-created", login="ewa"))
        self.activate(self.code("account-created", login="anna"), login="anna")

    def test_guessing(self):
        """Three attempts, by whichever door."""
        self.create()
        right = self.code("account-created")
        self.refused("CodeVoid", self.activate, WRONG)
        self.refused("AuthenticationFailed", self.alice.login, "anna", WRONG)
        self.refused("CodeVoid", self.reset, mail=WRONG)
        self.m.advance(1000)
        self.refused("CodeVoid", self.activate, right)
        self.refused("AuthenticationFailed", self.alice.login, "anna", right)

    def test_two_at_once(self):
        self.create()
        code = self.code("account-created")
        clients = [self.m.client(ALICE) for _ in range(3)]
        started = [(c, c.start("Account.Activate", "svv", "anna", secret(code), secret(f"Secret-Word{i}"))) for i, c in enumerate(clients)]
        done = []
        for i, (c, number) in enumerate(started):
            try:
                c.wait(number)
                done.append(i)
            except BusError as e:
                self.assertEqual("CodeVoid", e.name)
        self.assertEqual(1, len(done))
        self.alice.login("anna", f"Secret-Word{done[0]}")

    def test_only_from_a_bound_user(self):
        """Who got the mail, but has no Unix user that the account is bound to; his tries cost its owner nothing."""
        self.create()
        code, carol = self.code("account-created"), self.m.client(CAROL)
        for _ in range(3):
            self.refused("CodeVoid", self.activate, code, client=carol)
        self.refused("AuthenticationFailed", carol.login, "anna", code)
        self.activate(code)

    def test_uid_given_to_somebody_else(self):
        self.create()
        code = self.code("account-created")
        passwd = self.m.rules.parent / "passwd"
        before = passwd.read_text()
        self.addCleanup(passwd.write_text, before)
        passwd.write_text(before.replace("alice:x:", "mallory:x:"))
        self.refused("CodeVoid", self.activate, code)
        self.refused("AuthenticationFailed", self.alice.login, "anna", code)
        self.m.advance(120)
        self.request()
        passwd.write_text(before)
        self.m.advance(120)
        self.activate(code)  # nothing was sent that would have voided it
        self.assertEqual(1, len(self.post.delivered()))

    def test_mail_alone(self):
        """Who reads somebody's mail has no power to sign: where a phone is known not even the password, and never the one-time codes."""
        person = Person(self.m, "alice", ALICE)
        self.m.operator.call("Account.Update", "sa{sv}a{sv}", "alice", {"email": V("s", "alice@example.com")}, {})
        seal, certificate = create_seal(self.m, Authority(), "alice")
        self.request("alice")
        self.reset("alice", mail=self.code("password-reset"))
        session = self.alice.login("alice", THIRD)
        listed = items(attributes(certificate))
        self.refused("WrongCode", sign_once, self.alice, session, seal, listed, otp="12345678")
        self.refused("CodeRequired", self.alice.call, "Token.Enroll", "sa{sv}", session, {})
        # Nor a first phone of his own, to which the codes for a token would go.
        self.refused("CodeRequired", self.alice.call, "Account.RequestChange", "sssa{sv}", session, "phone", "+48600000000", {})
        self.refused("WrongCode", self.alice.call, "Account.RequestChange", "sssa{sv}", session, "phone", "+48600000000", {"otp": secret("12345678")})
        self.assertEqual(1, len(sign_once(self.alice, session, seal, listed, otp=person.code())))


class Forgotten(WithMail):
    def test_mail_and_sms(self):
        """E1: mail code and SMS, new password; all sessions end."""
        self.create(password=PASSWORD)
        session = self.alice.login("anna")
        key = self.alice.enroll(session)
        self.m.operator.call("Account.Update", "sa{sv}a{sv}", "anna", {"phone": V("s", "+48 600 100 200")}, {})
        self.request()
        mail = self.code("password-reset")
        self.assertIn("SMS", self.refused("SentCodeRequired", self.reset, mail=mail))
        sent = self.reset_sms(mail)
        self.assertEqual("sms", sent["channel"])
        self.assertNotIn("600100200", sent["to"].replace(" ", ""))
        self.assertTrue(sent["to"].endswith("200"), sent)
        sms = self.get("password-reset-sms")
        self.assertEqual(("sms", "+48600100200"), (sms["channel"], sms["recipient"]))
        self.refused("CodeVoid", self.reset, mail=mail, sms="12345678")
        self.refused("CodeVoid", self.reset, sms=sms["fields"]["code"])
        self.reset(mail=mail, sms=sms["fields"]["code"])
        self.refused("NoSession", self.alice.call, "Token.List", "s", session)
        self.refused("AuthenticationFailed", self.alice.login, "anna")
        self.alice.login("anna", THIRD)
        self.refused("WrongCode", self.alice.login, "anna", THIRD, "12345678")
        self.alice.login("anna", THIRD, self.m.code(key))
        self.refused("CodeVoid", self.reset, mail=mail, sms=sms["fields"]["code"])

    def test_sms_lapses_and_is_sent_again_three_times(self):
        """E12: after that, the support contact."""
        self.create(phone="+48600100200", password=PASSWORD)
        self.request()
        mail = self.code("password-reset")
        self.reset_sms(mail)
        self.refused("TryLater", self.reset_sms, mail)
        for n in (2, 3, 4):
            self.m.advance(61)
            self.reset_sms(mail)
            self.code("password-reset-sms", n)
        self.m.advance(61)
        self.assertIn("help desk, extension 12", self.refused("LimitReached", self.reset_sms, mail))
        self.m.advance(300)
        self.refused("CodeVoid", self.reset, mail=mail, sms=self.code("password-reset-sms", 4))
        self.assertEqual(4, len(self.received("password-reset-sms")))

    def test_disabled(self):
        self.create(password=PASSWORD)
        self.request()
        mail = self.code("password-reset")
        self.m.operator.call("Account.SetStatus", "ss", "anna", "disabled")
        self.refused("CodeVoid", self.reset, mail=mail)
        self.m.advance(120)
        self.request()
        self.m.operator.call("Account.SetStatus", "ss", "anna", "active")
        self.reset(mail=mail)
        self.assertEqual(1, len(self.post.delivered()))

    def test_what_was_asked_is_in_the_history(self):
        self.create(password=PASSWORD)
        self.request()
        self.refused("CodeVoid", self.reset, mail=WRONG)
        self.reset(mail=self.code("password-reset"))
        events = [e["event"] for e in self.alice.call("Audit.List", "sa{sv}", self.alice.login("anna", THIRD), {})]
        self.assertEqual(["login", "password-reset", "password-reset-failed", "password-reset-asked"], events)


class Enumeration(WithMail):
    """Nobody learns whether there is an account. tests/unit/test-account-recover.c counts the work; this looks at answers, and at the clock."""
    CASES = (("nobody-here", ALICE), ("ewa", ALICE), ("jan", ALICE), ("NOT A LOGIN", ALICE), ("nobody-here", CAROL), ("anna", CAROL))

    def setUp(self):
        super().setUp()
        self.create("anna", phone="+48600100200", password=PASSWORD)
        self.create("ewa", BOB)
        self.create("jan", password=PASSWORD)
        self.m.operator.call("Account.SetStatus", "ss", "jan", "disabled")
        self.clients = {ALICE: self.alice, CAROL: self.m.client(CAROL)}

    def test_one_answer(self):
        for login, uid in self.CASES + (("anna", ALICE),):
            self.assertIsNone(self.request(login, self.clients[uid]))
        for call in (self.activate, self.reset_by_mail, self.request_sms):
            said = set()
            for login, uid in self.CASES + (("anna", ALICE),):
                self.m.advance(1000)
                said.add(self.refused("CodeVoid", call, WRONG, login=login, client=self.clients[uid]))
            self.assertEqual(1, len(said), call)

    def reset_by_mail(self, code, login, client):
        self.reset(login, client=client, mail=code)

    def request_sms(self, code, login, client):
        client.call("Account.RequestResetSms", "sv", login, secret(code))

    def medians(self, call, rounds):
        took = {case: [] for case in self.CASES}
        for _ in range(rounds):
            for login, uid in self.CASES:
                self.m.advance(1000)
                start = time.monotonic()
                try:
                    call(login, self.clients[uid])
                except BusError:
                    pass
                took[login, uid].append(time.monotonic() - start)
        return [statistics.median(t) for t in took.values()]

    def test_one_time(self):
        """The medians differ by less than they would by one more statement that is synced; the margin is for a busy machine."""
        for call, rounds in ((self.request, 40), (lambda l, c: self.request_sms(WRONG, l, c), 40), (lambda l, c: self.reset_by_mail(WRONG, l, c), 8)):
            medians = self.medians(call, rounds)
            if max(medians) > 2 * min(medians):
                medians = self.medians(call, 2 * rounds)
            self.assertLess(max(medians), 2 * min(medians), medians)

    def test_slowed_down_by_what_is_typed(self):
        self.m.freeze()
        for login in ("anna", "nobody-here"):
            for _ in range(4):
                self.request(login)
            self.refused("TryLater", self.request, login)
        for i in range(30):
            try:
                self.request(f"made-up-{i}")
            except BusError as e:
                self.assertEqual("TryLater", e.name)
                break
        else:
            self.fail("a Unix user may ask for as many as he likes")
        self.request("anna", self.clients[CAROL])


class Registration(WithMail):
    """E1, E7: an invited person without an account makes one with the invited e-mail; the operator binds it."""

    def setUp(self):
        super().setUp()
        self.person = Person(self.m, "bob", BOB)
        self.seal, self.certificate = create_seal(self.m, Authority(), "bob")

    def invite(self, email="anna@EXAMPLE.com", n=1):
        factors = {"session": V("s", self.person.session), "otp": secret(self.person.code())}
        invitation, _ = self.person.client.call("Credential.InviteUser", "sssa{sv}", self.seal, email, "+48600100200", factors)
        mail = self.get("invitation", n)
        self.assertEqual(invitation, mail["fields"]["invitation"])
        return invitation, mail["fields"]["code"]

    def register(self, invitation, code, login="anna", password=OTHER, client=None, **person):
        person = {"given_name": "Anna", "surname": "Nowak", **person}
        return (client or self.alice).call("Account.Register", "svsa{sv}v", invitation, secret(code), login, {k: V("s", v) for k, v in person.items()},
                                           secret(password))

    def account(self, login):
        return next((a for a in self.m.operator.call("Account.List") if a["login"] == login), None)

    def test_from_the_mail_to_the_seal(self):
        invitation, code = self.invite()
        self.refused("WeakPassword", self.register, invitation, code, password="short")
        self.refused("InvalidArgument", self.register, invitation, code, email="other@example.com")
        self.register(invitation, code, language="pl")
        anna = self.account("anna")
        self.assertEqual(("anna@example.com", "Anna Nowak", "pl", "active", []), tuple(anna[k] for k in ("email", "name", "language", "status", "bindings")))
        # Of no use to anybody before the operator has said whose it is.
        self.refused("AuthenticationFailed", self.alice.login, "anna", OTHER)
        self.m.operator.call("Account.Bind", "su", "anna", ALICE)
        session = self.alice.login("anna", OTHER)
        self.alice.call("Credential.RequestActivation", "ss", session, invitation)
        self.alice.call("Credential.Activate", "ssv", session, invitation, secret(self.code("grant-activation")))
        key = self.alice.enroll(session)
        self.assertEqual(1, len(sign_once(self.alice, session, self.seal, items(attributes(self.certificate)), otp=self.m.code(key))))
        self.refused("CodeVoid", self.register, invitation, code, login="anna2")

    def test_attacks(self):
        invitation, code = self.invite()
        other, other_code = self.invite("ewa@example.com", 2)
        said = {self.refused("CodeVoid", self.register, *attempt) for attempt in ((invitation, other_code), ("0" * 16, code), ("nonsense", code), (other, WRONG))}
        self.assertEqual(1, len(said))
        # The login of somebody else is told to nobody but the invited, and costs as much as a wrong code.
        self.m.advance(1000)
        self.refused("CodeVoid", self.register, other, WRONG, login="bob")
        for _ in range(2):
            self.refused("Exists", self.register, other, other_code, login="bob")
        self.refused("TryLater", self.register, other, other_code)
        self.m.advance(1000)
        self.register(other, other_code, login="ewa")
        self.assertEqual("ewa@example.com", self.account("ewa")["email"])
        # Three guesses, and what was taken back or is old.
        for _ in range(2):
            self.m.advance(1000)
            self.refused("CodeVoid", self.register, invitation, WRONG)
        self.m.advance(1000)
        self.refused("CodeVoid", self.register, invitation, code)
        self.assertIsNone(self.account("anna"))

    def test_taken_back_or_old(self):
        invitation, code = self.invite()
        factors = {"session": V("s", self.person.again()), "otp": secret(self.person.code())}
        self.person.client.call("Credential.RemoveUser", "ssa{sv}", self.seal, invitation, factors)
        self.refused("CodeVoid", self.register, invitation, code)
        invitation, code = self.invite("ewa@example.com", 2)
        self.m.advance(86400)
        self.refused("CodeVoid", self.register, invitation, code)

    def test_two_at_once(self):
        invitation, code = self.invite()
        clients = [self.m.client(uid) for uid in (ALICE, CAROL, ALICE)]
        started = [(c, c.start("Account.Register", "svsa{sv}v", invitation, secret(code), f"anna{i}", {"name": V("s", "Anna")}, secret(OTHER)))
                   for i, c in enumerate(clients)]
        done = 0
        for c, number in started:
            try:
                c.wait(number)
                done += 1
            except BusError as e:
                self.assertEqual("CodeVoid", e.name)
        self.assertEqual(1, done)


class AsMailed(TestCase):
    """What the templates make of it: everything that a person needs stands in the mail."""

    def test_mails(self):
        m = self.enterContext(Machine(conf=WithMail.conf))
        post = self.enterContext(Post(m))
        m.operator.call("Account.CreateFor", "sa{sv}a{sv}", "anna", PERSON, {"pin_activation": V("b", True)})
        m.operator.call("Account.Bind", "su", "anna", ALICE)
        post.mail.wait(1)
        text = self.text(post, 0)
        temporary = re.search(r"\b(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}\b", text).group(0)
        self.assertIn("anna", text)
        self.assertIn("Nowak", text)
        self.assertIn("sygnet activate anna", text)
        alice = m.client(ALICE)
        alice.call("Account.Activate", "svv", "anna", secret(temporary), secret(OTHER))
        alice.call("Account.RequestReset", "s", "anna")
        post.mail.wait(2)
        code = re.search(r"\b(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}\b", self.text(post, 1)).group(0)
        alice.call("Account.Reset", "sa{sv}v", "anna", {"mail": secret(code)}, secret(THIRD))
        session = alice.login("anna", THIRD)
        alice.call("Account.RequestChange", "sssa{sv}", session, "email", "new@example.com", {})
        post.mail.wait(4)
        create_seal(m, Authority(), "anna")
        m.operator.call("Credential.InviteUser", "sssa{sv}", m.operator.call("Credential.List", "a{sv}", {"all": V("b", True)})[0]["id"], "ewa@example.com",
                        "+48600100200", {})
        post.mail.wait(5)
        self.assertRegex(self.text(post, 4), "sygnet register [0-9a-f]{16} LOGIN")

    @staticmethod
    def text(post, n):
        return post.mail.mails()[n][2]


class OperatorsEyes(WithMail):
    """A machine without mail: the operator reads what waits, which suffices until there is a seal to sign with."""
    courier = False

    def test_activation(self):
        self.create()
        self.activate(self.read_outbox("account-created")["password"])

    def test_not_where_there_is_a_grant(self):
        """An operator who resets somebody and signs as him."""
        self.create(password=PASSWORD)
        create_seal(self.m, Authority(), "anna")
        self.request()
        self.m.wait_for(lambda: self.m.operator.call("Outbox.List", "a{sv}", {}), "the message")
        code = self.read_outbox("password-reset")["code"]
        self.refused("CodeSeen", self.reset, mail=code)
        self.refused("CodeSeen", self.reset_sms, code)
        self.alice.login("anna")

    def test_nor_where_there_was_one(self):
        """Nor who takes the grant away, resets him, and gives it back."""
        self.m.account("boss", BOB)
        self.create(password=PASSWORD)
        seal, _ = create_seal(self.m, Authority(), "boss")
        add = lambda: self.m.operator.call("Credential.AddUser", "ssa{sv}", seal, "anna", {})
        add()
        self.m.operator.call("Credential.RemoveUser", "ssa{sv}", seal, "anna", {})
        self.request()
        self.m.wait_for(lambda: any(m["kind"] == "password-reset" for m in self.m.operator.call("Outbox.List", "a{sv}", {})), "the message")
        code = self.read_outbox("password-reset")["code"]
        add()
        self.refused("CodeSeen", self.reset, mail=code)
        self.m.operator.call("Credential.RemoveUser", "ssa{sv}", seal, "anna", {})
        self.refused("CodeSeen", self.reset, mail=code)

    def test_nor_for_the_first_password(self):
        self.create()
        create_seal(self.m, Authority(), "anna")
        code = self.read_outbox("account-created")["password"]
        self.refused("CodeSeen", self.activate, code)
        self.refused("AuthenticationFailed", self.alice.login, "anna", code)


class FirstAddress(WithMail):
    def test_needs_the_token(self):
        """Who knows the password alone cannot have it sent to himself whenever its owner changes it."""
        person = Person(self.m, "alice", ALICE)
        ask = ("Account.RequestChange", "sssa{sv}", person.session, "email", "alice@example.com")
        self.refused("CodeRequired", self.alice.call, *ask, {})
        self.refused("WrongCode", self.alice.call, *ask, {"otp": secret("12345678")})
        self.alice.call(*ask, {"otp": secret(person.code())})
        self.alice.call("Account.ConfirmChange", "ssa{sv}", person.session, "email", {"new": secret(self.code("change-email-new"))})
        self.assertEqual("alice@example.com", self.m.operator.call("Account.List")[0]["email"])


class Contact(WithMail):
    def setUp(self):
        super().setUp()
        self.create(phone="+48600100200", password=PASSWORD)
        self.session = self.alice.login("anna")

    def ask(self, kind, value, **options):
        return self.alice.call("Account.RequestChange", "sssa{sv}", self.session, kind, value, options)

    def confirm(self, kind, **codes):
        self.alice.call("Account.ConfirmChange", "ssa{sv}", self.session, kind, {k: secret(v) for k, v in codes.items()})

    def account(self):
        return self.m.operator.call("Account.List")[0]

    def test_email(self):
        sent = self.ask("email", "anna.nowak@EXAMPLE.org")
        self.assertEqual(["mail", "mail"], [s["channel"] for s in sent])
        new, old = self.get("change-email-new"), self.get("change-email-old")
        self.assertEqual(("anna.nowak@example.org", "anna@example.com"), (new["recipient"], old["recipient"]))
        new, old = new["fields"]["code"], old["fields"]["code"]
        self.refused("CodeVoid", self.confirm, "phone", new=new, old=old)
        self.refused("SentCodeRequired", self.confirm, "email", new=new)
        self.refused("WrongCode", self.confirm, "email", new=old, old=old)
        self.assertEqual("anna@example.com", self.account()["email"])
        self.m.advance(30)
        self.confirm("email", new=new, old=old)
        self.assertEqual("anna.nowak@example.org", self.account()["email"])
        self.refused("CodeVoid", self.confirm, "email", new=new, old=old)
        self.refused("Exists", self.ask, "email", "anna.nowak@example.org")

    def test_phone(self):
        self.ask("phone", "+48 600 300 400")
        new, old = self.get("change-phone-new"), self.get("change-phone-old")
        self.assertEqual((("sms", "+48600300400"), ("sms", "+48600100200")), ((new["channel"], new["recipient"]), (old["channel"], old["recipient"])))
        self.confirm("phone", new=new["fields"]["code"], old=old["fields"]["code"])
        self.assertEqual("+48600300400", self.account()["phone"])

    def test_what_went_to_the_old_address_is_void(self):
        self.request()
        mail = self.code("password-reset")
        self.ask("email", "new@example.com")
        self.confirm("email", new=self.code("change-email-new"), old=self.code("change-email-old"))
        self.refused("CodeVoid", self.reset, mail=mail, sms="12345678")

    def test_refused(self):
        for kind, value in (("email", "nonsense"), ("email", ""), ("phone", "600"), ("fax", "+48600300400")):
            self.refused("InvalidArgument", self.ask, kind, value)
        self.refused("NoSession", self.m.client(BOB).call, "Account.RequestChange", "sssa{sv}", self.session, "email", "b@example.com", {})
        self.refused("CodeVoid", self.confirm, "email", new=WRONG, old=WRONG)
        self.ask("email", "new@example.com")
        new, old = self.code("change-email-new"), self.code("change-email-old")
        # The latest wish counts, and none for ever.
        self.m.advance(61)
        self.ask("email", "newer@example.com")
        self.refused("WrongCode", self.confirm, "email", new=new, old=old)
        self.assertEqual("anna@example.com", self.account()["email"])

    def test_operators_change_forgets_the_wish(self):
        self.ask("email", "new@example.com")
        new, old = self.code("change-email-new"), self.code("change-email-old")
        self.m.operator.call("Account.Update", "sa{sv}a{sv}", "anna", {"email": V("s", "other@example.com")}, {})
        self.refused("CodeVoid", self.confirm, "email", new=new, old=old)


if __name__ == "__main__":
    main()
