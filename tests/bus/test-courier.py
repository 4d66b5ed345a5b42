#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""sygnet-courier over the bus: who may call, what a call has to look like, what hangs and what is killed, where no secret may be, and --test."""
import random
import time
import xml.etree.ElementTree as ElementTree

from pathlib import Path

from couriers import COURIER, MM, Courier, MailServer, ModemManager, Post, deliver
from harness import ALICE, ROOT, SOURCE, SYGNET, SYGNET_COURIER, BusError, Machine, Memfd, Pipe, TestCase, main, namespace

ALL_MAY_CALL = """<busconfig>
  <policy context="mandatory"><allow send_destination="org.sygnet.Courier1" send_type="method_call"/></policy>
</busconfig>
"""


class Contract(TestCase):
    def test_xml_is_what_is_there(self):
        with Machine(polkit=None, daemon=False) as m, Courier(m):
            live = m.client(SYGNET).introspect(**COURIER)
        written = (SOURCE / "dbus/org.sygnet.Courier1.xml").read_text()
        self.assertEqual(self.shape(written), self.shape(live))

    def shape(self, text):
        interface = next(i for i in ElementTree.fromstring(text) if i.get("name") == COURIER["name"])
        return sorted((x.tag, x.get("name"), x.get("type"), x.get("access"),
                       tuple((a.get("name"), a.get("type"), a.get("direction", "in")) for a in x.findall("arg"))) for x in interface)

    def test_only_sygnet_may_call(self):
        with Machine(polkit=None, daemon=False) as m, Courier(m):
            for uid in (ALICE, ROOT):
                with self.assertRaises(BusError) as caught:
                    m.client(uid).call(*deliver("1", "mail", "anna@example.com", "test"), **COURIER)
                self.assertEqual("org.freedesktop.DBus.Error.AccessDenied", caught.exception.name)
            self.refused("DeliveryNotConfigured", m.client(SYGNET).call, *deliver("1", "mail", "anna@example.com", "test"), **COURIER)

    def test_the_courier_looks_as_well(self):
        """Where the bus's policy lets everybody."""
        policy = namespace() / "all-may-call.conf"
        policy.write_text(ALL_MAY_CALL)
        m = Machine(polkit=None, daemon=False)
        m.more_policies = (policy,)
        with m, Courier(m):
            for uid in (ALICE, ROOT, SYGNET_COURIER):
                client = m.client(uid)
                self.refused("Denied", client.call, *deliver("1", "mail", "anna@example.com", "test"), **COURIER)
                self.refused("Denied", client.call, "org.sygnet.Courier1.Channels", **COURIER)

    def test_nothing_is_configured(self):
        with Machine(polkit=None, daemon=False) as m, Courier(m):
            sygnet = m.client(SYGNET)
            self.assertEqual([], sygnet.call("org.sygnet.Courier1.Channels", **COURIER) or [])
            for channel, recipient in (("mail", "anna@example.com"), ("sms", "+48100200300")):
                said = self.refused("DeliveryNotConfigured", sygnet.call, *deliver("1", channel, recipient, "test"), **COURIER)
                self.assertIn("courier.conf", said)

    def test_bad_arguments(self):
        with Machine(polkit=None, daemon=False) as m, Courier(m):
            sygnet = m.client(SYGNET)
            for bad in (deliver("", "mail", "anna@example.com", "test"), deliver("a b", "mail", "anna@example.com", "test"),
                        deliver("1", "fax", "anna@example.com", "test"), deliver("1", "mail", "anna@example.com", "../test"),
                        deliver("1", "mail", "anna@example.com", "test", "e/n"), deliver("1\r\nX: y", "mail", "anna@example.com", "test")):
                self.refused("InvalidArgument", sygnet.call, *bad, **COURIER)
            for fields in (Memfd(b"{}", seals=0), Pipe(b"{}")):
                self.refused("InvalidArgument", sygnet.call, *deliver("1", "mail", "anna@example.com", "test")[:-1], fields, **COURIER)


class Hanging(TestCase):
    """A server, a modem and a program that never answer: each attempt ends after its 45 s, and nothing else waits for it."""

    def test_hanging(self):
        with Machine(polkit=None, daemon=False) as m, Post(m) as post:
            mail_conf = post.mail.conf()
            marker = m.folder / "hanging"
            marker.mkdir()
            marker.chmod(0o777)
            program = marker / "program"
            program.write_text(f"#!/bin/sh\ntouch {marker}/started\nsleep 1000\n")
            program.chmod(0o755)
            sygnet = m.client(SYGNET)
            post.mail.mode("hang")
            post.phone.mode("hang")
            began = time.monotonic()
            calls = [sygnet.start(*deliver("mail", "mail", "anna@example.com", "test"), **COURIER),
                     sygnet.start(*deliver("modem", "sms", "+48100200300", "test"), **COURIER)]
            m.wait_for(lambda: post.phone.left() == 1, "the message at the modem")
            post.courier.configure(mail_conf + f"[SMS]\nMethod=program\nProgram={program}\n")
            calls.append(sygnet.start(*deliver("program", "sms", "+48100200300", "test"), **COURIER))
            m.wait_for((marker / "started").exists, "the program")
            # Meanwhile all is as always.
            for _ in range(50):
                at = time.monotonic()
                self.assertEqual(["mail", "sms"], sygnet.call("org.sygnet.Courier1.Channels", **COURIER))
                self.assertLess(time.monotonic() - at, 1)
            post.mail.mode("accept")
            sygnet.call(*deliver("other", "mail", "anna@example.com", "test"), **COURIER)
            self.assertLess(time.monotonic() - began, 30)
            for call in calls:
                self.assertRegex(self.refused("DeliveryTemporary", sygnet.wait, call), "in time")
            self.assertGreater(time.monotonic() - began, 40)
            self.assertLess(time.monotonic() - began, 60)
            self.assertEqual(["<other@example.com>"], [x.message["Message-ID"] for x in post.mail.mails()])


class Killed(TestCase):
    def test_killed_at_any_moment(self):
        """Nothing is kept, so nothing is to be repaired: the caller asks again, and gets the same message under the same id."""
        def contents():
            return {p: p.read_bytes() for p in sorted(post.courier.folder.rglob("*")) if p.is_file() and p.name != "log"}

        with Machine(polkit=None, daemon=False) as m, Post(m) as post:
            sygnet, before, answered = m.client(SYGNET), contents(), 0
            for i in range(12):
                arguments = deliver(f"kill-{i}", "mail", "anna@example.com", "password-reset", login="anna", code=f"CODE-{i:04}")
                call = sygnet.start(*arguments, **COURIER)
                time.sleep(random.uniform(0, 0.04))
                post.courier.kill()
                try:
                    sygnet.wait(call)
                    answered += 1
                except BusError as e:
                    self.assertIn("NoReply", e.name)
                post.courier.start()
                sygnet.call(*arguments, **COURIER)
            mails = post.mail.wait(12)
            codes = {(x.message["Message-ID"], line) for x in mails for line in x.body.splitlines() if "CODE-" in line}
            self.assertEqual({(f"<kill-{i}@example.com>", f"Code:  CODE-{i:04}") for i in range(12)}, codes)
            self.assertEqual(before, contents())
        print(f"    {answered} of 12 were answered before the kill, {len(mails)} mails", flush=True)


class Secrets(TestCase):
    """Codes and passwords are in what is sent, and nowhere else."""

    def test_secrets(self):
        code, password, gateway = "5678-SECRET-CODE", MailServer.password, "gateway-secret-word"
        seen = []

        def ask(sygnet, *arguments, **fields):
            try:
                sygnet.call(*deliver("secret-1", *arguments, "en", code=code, login="anna", **fields), **COURIER)
            except BusError as e:
                seen.append(e.message)

        with Machine(polkit=None, daemon=False) as m:
            mail, phone = MailServer(m), ModemManager(m)
            courier = Courier(m, smtp_password=password, sms_password=gateway)
            self.addCleanup(phone.stop)
            sygnet = m.client(SYGNET)
            courier.configure(mail.conf() + "[SMS]\nMethod=modemmanager\n")
            for mode in ("accept", "reject", "full", "refuse-data"):
                mail.mode(mode)
                ask(sygnet, "mail", "anna@example.com", "password-reset")
            ask(sygnet, "mail", "anna@example.com", "invitation", name="x\r\n")
            ask(sygnet, "mail", "anna@example.com", "no-such-text")
            for mode in ("ok", MM + ".Error.Core.Failed", MM + ".Error.Message.InvalidPduParameter"):
                phone.mode(mode)
                ask(sygnet, "sms", "+48100200300", "pin-sms")
            own = courier.templates / "en"
            own.mkdir()
            (own / "pin-sms.sms").write_text("${code} ${nothing}")
            phone.mode("ok")
            ask(sygnet, "sms", "+48100200300", "pin-sms")
            courier.configure(mail.conf(User="wrong") + "[SMS]\nMethod=http\nURL=https://localhost:1/${password}?${text}\nBody=${text}${password}\n"
                              "Header=X-Key: ${password}\n")
            ask(sygnet, "mail", "anna@example.com", "password-reset")
            ask(sygnet, "sms", "+48100200300", "pin-sms")
            self.assertEqual(9, len(seen))
            for place in ("cmdline", "environ"):
                seen.append(Path(f"/proc/{courier.process.pid}/{place}").read_text(encoding="utf-8", errors="replace"))
            courier.stop()
            seen.append(courier.log())
            self.assertEqual(1, len(mail.mails()))
            self.assertEqual(2, len(phone.messages()))
        self.assertIn("secret-1 (mail, password-reset) was handed over", seen[-1])
        for text in seen:
            for secret in (code, password, gateway, "anna@example.com", "+48100200300", "100200300"):
                self.assertNotIn(secret, text)


class Trial(TestCase):
    """--test, as an administrator sees it."""

    def test_trial(self):
        with Machine(polkit=None, daemon=False) as m, Post(m) as post:
            good = post.courier.test("mail", "anna@example.com", uid=ROOT)
            self.assertEqual(0, good.returncode, good.stdout + good.stderr)
            for step in ("As user sygnet-courier", "Configuration ", "Password smtp-password: there", "STARTTLS", "> AUTH", "235", "> RCPT", "Handed over"):
                self.assertIn(step, good.stdout)
            self.assertEqual("Test message of Sygnet", post.mail.wait(1)[0].subject)
            sms = post.courier.test("sms", "+48100200300")
            self.assertEqual(0, sms.returncode)
            self.assertIn("Modem /org/freedesktop/ModemManager1/Modem/0", sms.stdout)
            self.assertEqual(1, len(post.phone.wait(1)))
            post.mail.mode("reject")
            self.failed(post, "mail", "anna@example.com", "550 no such mailbox", "refuses the recipient")
            post.mail.mode("accept")
            post.courier.password("smtp-password", "not it")
            self.failed(post, "mail", "anna@example.com", "535", "user name or password", "would be tried again")
            post.courier.configure(post.mail.conf(CAFile=None))
            self.failed(post, "mail", "anna@example.com", "Test CA", "CAFile=")
            post.courier.configure("[Mail]\nServer=\n")
            self.failed(post, "mail", "anna@example.com", "line 2")
            self.failed(post, "fax", "anna@example.com", "mail or sms")
            post.courier.configure("")
            self.failed(post, "sms", "+48100200300", "courier.conf(5)")
            self.assertEqual(2, m.run([*post.courier.argv(), "--test", "mail"], check=False).returncode)

    def failed(self, post, channel, recipient, *words):
        got = post.courier.test(channel, recipient, uid=ROOT)
        self.assertEqual(1, got.returncode, got.stdout)
        for word in words:
            self.assertIn(word, got.stdout)
        for word in ("not it", post.mail.password):
            self.assertNotIn(word, got.stdout + got.stderr)

    def test_program_says_what_is_wrong(self):
        with Machine(polkit=None, daemon=False) as m:
            program = m.folder / "send"
            program.write_text("#!/bin/sh\nread number; echo The number is $number >&2; echo second line; exit 1\n")
            program.chmod(0o755)
            with Courier(m, f"[SMS]\nMethod=program\nProgram={program}\n") as courier:
                got = courier.test("sms", "+48 100 200 300")
        self.assertEqual(1, got.returncode)
        self.assertIn("| The number is +48100200300\n", got.stdout)
        self.assertIn("| second line\n", got.stdout)


if __name__ == "__main__":
    main()
