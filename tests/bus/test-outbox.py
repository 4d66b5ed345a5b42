#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The outbox and its delivery: no code is lost silently, none is delivered as two different ones (requirements E4, E7, E12, M2, M3)."""
import json
import re
import sqlite3
import time

from couriers import Post
from fake_courier import FakeCourier
from harness import ALICE, BUILD, PATH, ROOT, SOURCE, SYGNET, BusError, Machine, TestCase, V, main, secret

PHONE, MAIL = "+48600100200", "anna@example.com"
CODE = re.compile(r"[0-9]{8}")


class OutboxCase(TestCase):
    def setUp(self):
        self.m = self.enterContext(Machine(polkit="fake", daemon=False))
        self.m.init_store()
        self.m.freeze()

    def put(self, what="token-enroll", recipient=PHONE, subject="aaaaaaaaaaaaaaaa", language="en"):
        """Puts a message in while no daemon runs; returns its id."""
        return self.m.run([BUILD / "tests/bus/put-message", self.m.state, self.m.host_key, int(self.m.now()), what, recipient, subject, language],
                          uid=SYGNET).stdout.strip()

    def messages(self):
        """By id; to ask makes the daemon look what is due."""
        return {e["id"]: e for e in self.m.operator.call("Outbox.List", "a{sv}", {"all": V("b", True)})}

    def wait_for_state(self, message, *states, attempts=None):
        found = {}

        def there():
            found.update(self.messages()[message])
            return found["state"] in states and attempts in (None, found["attempts"])
        try:
            self.m.wait_for(there, f"{states}")
        except TimeoutError:
            self.fail(f"wanted {states} after {attempts} attempts, is {found}\n{self.m.daemon_log()}")
        return found

    def assert_silent(self, *secrets):
        """The log tells nothing of what was sent, nor to whom."""
        for text in secrets + (PHONE, MAIL):
            self.assertNotIn(text, self.m.daemon_log())


class Delivery(OutboxCase):
    def test_delivers(self):
        sms, mail = self.put(), self.put("password-reset-mail", MAIL)
        courier = FakeCourier(self.m)
        self.m.start_daemon()
        for message in (sms, mail):
            self.assertEqual(1, self.wait_for_state(message, "delivered")["attempts"])
        got = {d["channel"]: d for d in courier.delivered()}
        self.assertEqual(2, len(got))
        self.assertEqual((sms, PHONE, "token-enroll", "en"), tuple(got["sms"][k] for k in ("id", "recipient", "template", "language")))
        self.assertRegex(got["sms"]["fields"]["code"], "^[0-9]{8}$")
        self.assertEqual((mail, MAIL, "password-reset"), tuple(got["mail"][k] for k in ("id", "recipient", "template")))
        self.assertRegex(got["mail"]["fields"]["code"], "^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$")
        self.assertEqual('Anna "A" Zażółć', got["mail"]["fields"]["name"])
        self.assert_silent(got["sms"]["fields"]["code"], got["mail"]["fields"]["code"])

    def test_server_down_for_a_while(self):
        message = self.put()
        courier = FakeCourier(self.m, "temporary")
        self.m.start_daemon()
        for attempt, pause in enumerate((10, 30, 120), start=1):
            found = self.wait_for_state(message, "waiting", attempts=attempt)
            self.assertEqual("The mail server is busy.", found["reason"])
            self.assertEqual(pause, found["next_attempt"] - int(self.m.now()))
            self.m.advance(pause - 1)
            self.wait_for_state(message, "waiting", attempts=attempt)
            if attempt == 3:
                courier.mode("ok")
            self.m.advance(1)
        self.assertEqual(4, self.wait_for_state(message, "delivered")["attempts"])
        # The same message with the same code each time.
        self.assertEqual(1, len({json.dumps([c["id"], c["fields"]]) for c in courier.calls()}))
        self.assertEqual(1, len(courier.delivered()))

    def test_refused(self):
        message = self.put()
        courier = FakeCourier(self.m, "refused")
        self.m.start_daemon()
        found = self.wait_for_state(message, "refused")
        self.assertEqual("There is no such mailbox.", found["reason"])
        self.assertIn(f"Message {message} (token-enroll, by sms) was refused and is given up: There is no such mailbox.", self.m.daemon_log())
        self.assert_silent(courier.calls()[0]["fields"]["code"])
        self.m.advance(60)
        self.messages()
        self.assertEqual(1, len(courier.calls()))

    def test_reason_that_tells(self):
        """Whatever the courier says, the log repeats neither code nor recipient."""
        message = self.put()
        courier = FakeCourier(self.m, "telling")
        self.m.start_daemon()
        found = self.wait_for_state(message, "refused")
        self.assertIn("not shown", found["reason"])
        self.assert_silent(courier.calls()[0]["fields"]["code"])

    def test_expires_while_it_waits(self):
        message = self.put()
        courier = FakeCourier(self.m, "temporary")
        self.m.start_daemon()
        self.wait_for_state(message, "waiting", attempts=1)
        courier.mode("ok")
        self.m.advance(300)
        self.wait_for_state(message, "expired")
        self.assertEqual([], courier.delivered())
        self.assertIn(f"Message {message} (token-enroll, by sms) is given up: it expired after 1 attempts; the last one: The mail server is busy.",
                      self.m.daemon_log())
        self.assert_silent(courier.calls()[0]["fields"]["code"])

    def test_expired_while_no_service_ran(self):
        message = self.put()
        courier = FakeCourier(self.m)
        self.m.advance(300)
        self.m.start_daemon()
        self.wait_for_state(message, "expired")
        self.assertEqual([], courier.calls())

    def test_one_at_a_time_in_order(self):
        messages = [self.put("sms") for _ in range(4)]
        others = [self.put("sms", f"+4860010030{i}") for i in range(4)]
        courier = FakeCourier(self.m, "hang", "ok")
        self.m.start_daemon()
        for other in others:
            self.wait_for_state(other, "delivered")
        # Nobody waits for the one that hangs but those behind it.
        self.wait_for_state(messages[0], "sending")
        self.assertEqual(["waiting"] * 3, [self.messages()[i]["state"] for i in messages[1:]])
        courier.stop()
        courier.start()
        self.wait_for_state(messages[0], "waiting", attempts=1)
        self.m.advance(10)
        for message in messages:
            self.wait_for_state(message, "delivered")
        self.assertEqual(messages, [d["id"] for d in courier.delivered() if d["recipient"] == PHONE])

    def test_broken_template(self):
        """What an administrator can mend costs no code."""
        message = self.put()
        courier = FakeCourier(self.m, "broken")
        self.m.start_daemon()
        self.assertEqual("There is no such template.", self.wait_for_state(message, "waiting", attempts=1)["reason"])
        self.assertIn(f"Message {message} (token-enroll, by sms) cannot be made: There is no such template.", self.m.daemon_log())
        courier.mode("ok")
        self.m.advance(10)
        self.wait_for_state(message, "delivered")

    def test_by_its_own_timer(self):
        """Nobody has to look."""
        message = self.put()
        courier = FakeCourier(self.m, "temporary", "ok")
        self.m.start_daemon()
        self.wait_for_state(message, "waiting", attempts=1)
        self.m.advance(10)
        self.m.wait_for(lambda: len(courier.delivered()) == 1, "the second attempt", timeout=60)


class Real(OutboxCase):
    """With the courier, a mail server and a modem's stand-in."""

    def test_every_code_has_its_message(self):
        purposes = re.findall(r'\{ "([a-z-]+)", CHANNEL_(MAIL|SMS)', (SOURCE / "daemon/code.c").read_text())
        self.assertGreater(len(purposes), 10)
        messages = [self.put(purpose, MAIL.replace("@", f".{purpose}@") if channel == "MAIL" else f"+4860010{n:04}", f"{language}{n:014}", language)
                    for n, (purpose, channel) in enumerate(purposes) for language in ("en", "pl")]
        with Post(self.m) as post:
            self.m.start_daemon()
            for message in messages:
                self.wait_for_state(message, "delivered")
            # The server has taken them all; it puts them into mailboxes in its own time.
            mails = post.mail.wait(2 * sum(channel == "MAIL" for _, channel in purposes))
            texts = [sms.text for sms in post.phone.messages()]
        self.assertEqual(2 * sum(channel == "SMS" for _, channel in purposes), len(texts))
        for text in texts:
            self.assertEqual(1, len(CODE.findall(text)), text)
        for mail in mails:
            self.assertEqual(1, len(re.findall(r"\b(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}\b", mail.body)), mail.body)
        self.assertEqual(len(texts), len({CODE.sub("", text) for text in texts}))

    def test_greylisting(self):
        message = self.put("password-reset-mail", MAIL)
        with Post(self.m) as post:
            post.mail.mode("greylist")
            self.m.start_daemon()
            self.assertIn("451", self.wait_for_state(message, "waiting", attempts=1)["reason"])
            self.m.advance(10)
            self.wait_for_state(message, "delivered")
            self.assertEqual(1, len(post.mail.wait(1)))

    def test_rejected_recipient(self):
        message = self.put("password-reset-mail", "nobody@example.com")
        with Post(self.m):
            self.m.start_daemon()
            self.wait_for_state(message, "refused")
        self.assertIn(f"Message {message} (password-reset, by mail) was refused", self.m.daemon_log())
        self.assertNotIn("nobody@", self.m.daemon_log())

    def test_courier_killed_in_mid_message(self):
        sms, mail = self.put(), self.put("password-reset-mail", MAIL)
        with Post(self.m) as post:
            post.phone.mode("hang")
            post.mail.mode("hang")
            self.m.start_daemon()
            for message in (sms, mail):
                self.wait_for_state(message, "sending")
            post.courier.kill()
            for message in (sms, mail):
                self.wait_for_state(message, "waiting", attempts=1)
            post.phone.stop()
            post.phone.mode("ok")
            post.phone.start()
            post.mail.mode("accept")
            post.courier.start()
            self.m.advance(10)
            for message in (sms, mail):
                self.wait_for_state(message, "delivered")
            self.assertEqual(1, len(post.mail.wait(1)))
            self.assertEqual(1, len(post.phone.messages()))


class Asking(OutboxCase):
    """A person asks for codes of a service that runs."""

    conf = ""

    def setUp(self):
        self.m = self.enterContext(Machine(polkit="fake", conf=self.conf))
        self.m.freeze()
        self.m.account("alice", ALICE, phone=PHONE)
        self.alice = self.m.client(ALICE)
        self.session = self.alice.login("alice")

    def request(self, purpose="enroll"):
        return self.alice.call("Token.RequestCode", "ss", self.session, purpose)

    def after(self, seconds):
        self.m.advance(seconds)
        self.session = self.alice.login("alice")


class Live(Asking):
    conf = "[Display]\nSupportContact = help desk, extension 12\n"

    def test_goes_out_at_once(self):
        """Nobody looks, and the answer waits for no courier."""
        courier = FakeCourier(self.m)
        courier.freeze()
        sent = self.request()
        self.assertEqual(("sms", "+48 *** *** 200"), (sent["channel"], sent["to"]))
        self.assertEqual((300, 60), (sent["expires"] - int(self.m.now()), sent["not_before"] - int(self.m.now())))
        courier.thaw()
        self.m.wait_for(lambda: courier.delivered(), "the message")
        code = courier.delivered()[0]["fields"]["code"]
        self.assert_silent(code)
        self.alice.call("Token.Enroll", "sa{sv}", self.session, {"code": secret(code)})
        self.refused("CodeVoid", self.alice.call, "Token.Enroll", "sa{sv}", self.session, {"code": secret(code)})

    def test_killed_after_the_answer(self):
        self.request()
        self.m.kill_daemon()
        courier = FakeCourier(self.m)
        self.m.start_daemon()
        self.m.wait_for(lambda: courier.delivered(), "the message")
        self.session = self.alice.login("alice")
        self.alice.call("Token.Enroll", "sa{sv}", self.session, {"code": secret(courier.delivered()[0]["fields"]["code"])})

    def test_newer_code_while_the_server_is_down(self):
        courier = FakeCourier(self.m, "temporary")
        self.request()
        self.m.wait_for(lambda: courier.calls(), "the first attempt")
        self.m.wait_for(lambda: {e["state"] for e in self.messages().values()} == {"waiting"}, "its settling")
        self.after(60)
        self.request()
        self.m.wait_for(lambda: ("waiting", 1) in [(e["state"], e["attempts"]) for e in self.messages().values() if e["state"] != "cancelled"], "its attempt")
        courier.mode("ok")
        self.after(10)
        self.m.wait_for(lambda: sorted(e["state"] for e in self.messages().values()) == ["cancelled", "delivered"], "the second message")
        # The first one, which somebody may have seen on its way, is nothing now.
        self.assertEqual(1, len(courier.delivered()))
        self.assertEqual(2, len({c["id"] for c in courier.calls()}))
        old, new = courier.calls()[0]["fields"]["code"], courier.delivered()[0]["fields"]["code"]
        self.refused("WrongCode", self.alice.call, "Token.Enroll", "sa{sv}", self.session, {"code": secret(old)})
        self.alice.call("Token.Enroll", "sa{sv}", self.session, {"code": secret(new)})

    def test_not_two_at_once(self):
        """While the older one is being handed over there is no newer one."""
        courier = FakeCourier(self.m, "hang", "ok")
        self.request()
        self.m.wait_for(lambda: courier.calls(), "the first attempt")
        self.after(61)
        self.refused("TryLater", self.request)
        courier.stop()
        courier.start()
        self.m.wait_for(lambda: {e["state"] for e in self.messages().values()} == {"waiting"}, "its settling")
        self.request()
        self.m.wait_for(lambda: len(courier.delivered()) == 1, "the second message")
        self.assertEqual(["cancelled", "delivered"], sorted(e["state"] for e in self.messages().values()))

    def test_pause_resends_and_support(self):
        """E4, E12: three times more, then the support contact; anew after the window."""
        FakeCourier(self.m)
        for i in range(4):
            self.request()
            self.refused("TryLater", self.request)
            self.m.wait_for(lambda n=i: [e["state"] for e in self.messages().values()] == ["delivered"] * (n + 1), "the message")
            self.after(60)
        said = self.refused("LimitReached", self.request)
        self.assertIn("help desk, extension 12", said)
        self.request("revoke")
        self.after(3600 - 240)
        self.request()

    def test_two_at_the_same_time(self):
        other = self.m.client(ALICE)
        started = [(c, c.start("Token.RequestCode", "ss", self.session, "enroll")) for c in (self.alice, other) * 3]
        answers = []
        for client, number in started:
            try:
                answers.append(client.wait(number)["channel"])
            except BusError as e:
                answers.append(e.name)
        self.assertEqual(["TryLater"] * 5 + ["sms"], sorted(answers))
        self.assertEqual(1, len(self.messages()))


class Capped(Asking):
    conf = "[Delivery]\nPerUser=2\n[Codes]\nPause=10s\n"

    def test_caps(self):
        for test in (None, "revoke"):
            self.request(test or "enroll")
        self.after(10)
        self.refused("LimitReached", self.request)
        # It changed nothing: what was sent before holds.
        self.assertEqual({"waiting"}, {e["state"] for e in self.messages().values()})
        for _ in range(50):
            self.refused("LimitReached", self.request)
        self.assertEqual(2, len(self.messages()))
        self.after(86400)
        self.request()


class NotConfigured(OutboxCase):
    def test_waits_for_the_operator(self):
        message = self.put()
        courier = FakeCourier(self.m, "not-configured")
        self.m.start_daemon()
        self.m.wait_for(lambda: len(courier.calls()) == 1, "the attempt")
        found = self.wait_for_state(message, "waiting", attempts=0)
        self.assertEqual("courier.conf has nothing for it.", found["reason"])
        # Once a minute, and no pause that grows.
        for calls in (2, 3, 4):
            self.m.advance(59)
            self.messages()
            self.m.advance(1)
            self.messages()
            self.m.wait_for(lambda n=calls: len(courier.calls()) == n, "another attempt")
            self.wait_for_state(message, "waiting", attempts=0)
        # Another courier is tried at once.
        courier.mode("ok")
        courier.stop()
        courier.start()
        self.wait_for_state(message, "delivered")

    def test_no_courier_at_all(self):
        message = self.put()
        self.m.start_daemon()
        found = self.wait_for_state(message, "waiting", attempts=0)
        self.m.wait_for(lambda: self.messages()[message]["reason"], "a reason")
        self.assertIn("not running", self.messages()[message]["reason"])
        FakeCourier(self.m)
        self.assertEqual(1, self.wait_for_state(message, "delivered")["attempts"])
        self.assertEqual(0, found["attempts"])

    def test_one_channel_of_two(self):
        sms, mail = self.put(), self.put("password-reset-mail", MAIL)
        courier = FakeCourier(self.m, "not-configured", "ok")
        self.m.start_daemon()
        first = {sms: mail, mail: sms}
        self.m.wait_for(lambda: len(courier.calls()) == 2, "both")
        waits = courier.calls()[0]["id"]
        self.wait_for_state(first[waits], "delivered")
        self.wait_for_state(waits, "waiting", attempts=0)


class Killed(OutboxCase):
    """At any moment."""

    def test_courier_killed_before_and_after(self):
        for mode, times in (("vanish", 1), ("drop", 2)):
            with self.subTest(mode), Machine(polkit="fake", daemon=False) as m:
                self.m = m
                m.init_store()
                m.freeze()
                message = self.put()
                courier = FakeCourier(m, mode, "ok")
                m.start_daemon()
                self.assertIn(self.wait_for_state(message, "waiting", attempts=1)["reason"],
                              ("sygnet-courier did not answer", "sygnet-courier is not running and could not be started"))
                m.advance(10)
                courier.process.join()
                courier.start()
                self.wait_for_state(message, "delivered")
                delivered = courier.delivered()
                self.assertEqual(times, len(delivered))
                self.assertEqual(1, len({json.dumps(d) for d in delivered}))

    def test_courier_hangs(self):
        """Its caller does not wait for ever, and the bus knows the end of it."""
        message = self.put()
        courier = FakeCourier(self.m, "ok")
        courier.freeze()
        self.m.start_daemon()
        self.wait_for_state(message, "sending")
        self.m.operator.call("Outbox.List", "a{sv}", {})  # the loop goes on
        self.refused("OperationState", self.m.operator.call, "Outbox.Cancel", "s", message)
        courier.stop()
        self.wait_for_state(message, "waiting")
        courier.start()
        self.m.advance(10)
        self.wait_for_state(message, "delivered")
        self.assertEqual(1, len(courier.delivered()))

    def test_daemon_killed_while_it_is_handed_over(self):
        message = self.put()
        courier = FakeCourier(self.m, "hang", "ok")
        self.m.start_daemon()
        self.wait_for_state(message, "sending")
        self.m.kill_daemon()
        self.m.start_daemon()
        self.assertEqual(2, self.wait_for_state(message, "delivered")["attempts"])
        self.assertEqual(2, len(courier.calls()))
        self.assertEqual(1, len({json.dumps([c["id"], c["fields"]]) for c in courier.calls()}))

    def test_daemon_killed_before_it_hears_the_answer(self):
        message = self.put()
        courier = FakeCourier(self.m, "ok")
        courier.freeze()
        self.m.start_daemon()
        self.wait_for_state(message, "sending")
        self.m.kill_daemon()
        courier.thaw()
        self.m.wait_for(lambda: len(courier.delivered()) == 1, "the message")
        self.m.start_daemon()
        self.wait_for_state(message, "delivered")
        # Twice, because nobody could know; but the same message with the same code.
        self.assertEqual(2, len(courier.delivered()))
        self.assertEqual(1, len({json.dumps(d) for d in courier.delivered()}))

    def test_daemon_stopped_in_between(self):
        message = self.put()
        courier = FakeCourier(self.m, "hang", "ok")
        self.m.start_daemon()
        self.wait_for_state(message, "sending")
        self.m.restart_daemon()
        self.wait_for_state(message, "delivered")
        self.assertEqual(1, len(courier.delivered()))

    def test_daemon_killed_at_random(self):
        messages = {self.put("sms", f"+4860010{i:04}") for i in range(40)}
        courier = FakeCourier(self.m)
        for i in range(8):
            self.m.start_daemon()
            time.sleep(0.004 * i)
            self.m.kill_daemon()
        self.m.start_daemon()
        for message in messages:
            self.wait_for_state(message, "delivered")
        delivered = courier.delivered()
        self.assertEqual(messages, {d["id"] for d in delivered})
        self.assertEqual(len(messages), len({json.dumps(d) for d in delivered}))


class Operator(OutboxCase):
    def setUp(self):
        super().setUp()
        self.sms, self.mail = self.put(), self.put("password-reset-mail", MAIL)
        self.m.start_daemon()
        self.wait_for_state(self.sms, "waiting")

    def test_list(self):
        open_ones = self.m.operator.call("Outbox.List", "a{sv}", {})
        self.assertEqual([self.mail, self.sms], [e["id"] for e in open_ones])
        self.assertEqual({"id", "channel", "recipient", "kind", "language", "login", "uid", "state", "attempts", "reason", "created", "expires", "next_attempt"},
                         set(open_ones[0]))
        self.assertEqual(("mail", MAIL, "password-reset", "waiting"), tuple(open_ones[0][k] for k in ("channel", "recipient", "kind", "state")))
        self.assertEqual(300, open_ones[1]["expires"] - open_ones[1]["created"])
        self.assertNotRegex(repr([e["reason"] for e in open_ones]), CODE)
        self.assertEqual([self.mail], [e["id"] for e in self.m.operator.call("Outbox.List", "a{sv}", {"limit": V("u", 1)})])
        self.refused("InvalidArgument", self.m.operator.call, "Outbox.List", "a{sv}", {"limit": V("u", 0)})

    def test_read(self):
        envelope, fields = self.m.operator.call("Outbox.Read", "s", self.sms)
        self.assertEqual(self.sms, envelope["id"])
        self.assertEqual({"code", "expires", "login", "name", "organization", "invitation", "host"}, set(fields))
        self.assertRegex(fields["code"], "^[0-9]{8}$")
        events = [e["event"] for e in self.m.operator.call("Audit.ListAll", "a{sv}", {})]
        self.assertEqual(1, events.count("outbox-read"))
        self.assert_silent(fields["code"])
        self.m.advance(300)
        self.refused("NotFound", self.m.operator.call, "Outbox.Read", "s", self.sms)
        # It was delivered by hand: no alarm.
        self.wait_for_state(self.sms, "expired")
        self.assertNotIn(self.sms, self.m.daemon_log())

    def test_seen_before_it_is_given_out(self):
        """Also where whoever asked never hears the answer."""
        client = self.m.client(ROOT)
        client.start("Outbox.Read", "s", self.sms)
        self.m.wait_for(lambda: "outbox-read" in [e["event"] for e in self.m.operator.call("Audit.ListAll", "a{sv}", {})], "the entry")
        client.leave()
        self.m.stop_daemon()
        with sqlite3.connect(self.m.state / "store.db") as db:
            self.assertEqual([(1,)], db.execute("SELECT seen FROM code WHERE message = ?", (self.sms,)).fetchall())
            self.assertEqual([(0,)], db.execute("SELECT seen FROM code WHERE message = ?", (self.mail,)).fetchall())

    def test_nothing_to_read_of_what_was_delivered(self):
        FakeCourier(self.m)
        self.wait_for_state(self.sms, "delivered")
        self.refused("NotFound", self.m.operator.call, "Outbox.Read", "s", self.sms)
        for bad in ("", "../store", "0" * 16, "x" * 5000):
            self.refused("NotFound", self.m.operator.call, "Outbox.Read", "s", bad)
            self.refused("NotFound", self.m.operator.call, "Outbox.Cancel", "s", bad)

    def test_cancel(self):
        self.m.operator.call("Outbox.Cancel", "s", self.sms)
        self.assertEqual("cancelled", self.messages()[self.sms]["state"])
        self.refused("OperationState", self.m.operator.call, "Outbox.Cancel", "s", self.sms)
        self.refused("NotFound", self.m.operator.call, "Outbox.Read", "s", self.sms)
        self.assertIn("outbox-cancel", [e["event"] for e in self.m.operator.call("Audit.ListAll", "a{sv}", {})])
        courier = FakeCourier(self.m)
        self.wait_for_state(self.mail, "delivered")
        self.assertEqual([self.mail], [d["id"] for d in courier.delivered()])
        self.m.stop_daemon()
        with sqlite3.connect(self.m.state / "store.db") as db:
            self.assertEqual([(None,)], db.execute("SELECT verifier FROM code WHERE message = ?", (self.sms,)).fetchall())

    def test_only_operators(self):
        self.m.polkit.mode("deny")
        alice = self.m.client(ALICE)
        for member, signature, args in (("List", "a{sv}", ({},)), ("Read", "s", (self.sms,)), ("Cancel", "s", (self.sms,))):
            self.refused("Denied", alice.call, f"Outbox.{member}", signature, *args)
        self.assertEqual({"org.sygnet.read-outbox"}, {l[1] for l in self.m.polkit.log() if l[0] == "check" and l[3] == alice.name})
        self.assertNotIn(PHONE, alice.introspect(path=PATH))


class Rollback(OutboxCase):
    def test_nothing_goes_out_of_an_older_copy(self):
        message = self.put()
        older = (self.m.state / "store.db").read_bytes()
        courier = FakeCourier(self.m)
        self.m.start_daemon()
        self.wait_for_state(message, "delivered")
        self.m.stop_daemon()
        (self.m.state / "store.db").write_bytes(older)
        self.m.start_daemon()
        self.m.advance(30)
        self.assertEqual("waiting", self.messages()[message]["state"])
        self.messages()
        self.assertEqual(1, len(courier.calls()))
        self.m.stop_daemon()
        self.m.run([BUILD / self.m.daemon_program, "--state", self.m.state, "--host-key", self.m.host_key, "--conf", self.m.folder / "sygnetd.conf",
                    "--accept-rollback"], uid=SYGNET)
        self.m.start_daemon()
        self.wait_for_state(message, "cancelled")
        self.assertEqual(1, len(courier.calls()))


if __name__ == "__main__":
    main()
