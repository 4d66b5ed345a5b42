#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""sygnet-courier and mail: a real server that takes, puts off and refuses, servers that misbehave, and sendmail(1)."""
import re
import socket
import ssl
import threading

from couriers import COURIER, Authority, Courier, MailServer, deliver, free_port
from harness import SOURCE, SYGNET, Machine, TestCase, main

FIELDS = {"code": "ABCD-EFGH-JKMN-PQRS", "login": "anna", "name": "Anna Żółta", "organization": "Example sp. z o.o.", "seal": "Example seal",
          "expires": "2026-02-01 12:00", "support": "IT desk, extension 12", "password": "WXYZ-1234", "email": "new@example.com", "phone": "+48100200300",
          "head": "00" * 32, "entries": "17", "invitation": "0123456789abcdef", "credential": "Example seal", "id": "0123456789abcdef"}


class WithServer(TestCase):
    """One machine and mail server for all of a class."""

    @classmethod
    def setUpClass(cls):
        cls.m = Machine(polkit=None, daemon=False)
        cls.m.__enter__()
        cls.addClassCleanup(cls.m.__exit__)
        cls.mail = MailServer(cls.m)
        cls.courier = Courier(cls.m, smtp_password=MailServer.password)
        cls.addClassCleanup(cls.courier.stop)
        cls.sygnet = cls.m.client(SYGNET)

    def setUp(self):
        self.mail.mode("accept")
        self.courier.configure(self.mail.conf())
        self.courier.password("smtp-password", self.mail.password)
        self.before = len(self.mail.mails())

    def send(self, message="m1", recipient="anna@example.com", template="test", language="en", **fields):
        return self.sygnet.call(*deliver(message, "mail", recipient, template, language, **fields), **COURIER)

    def last(self):
        return self.mail.wait(self.before + 1)[-1]

    def not_sent(self, name, /, *words, **what):
        said = self.refused(name, self.send, **what)
        for word in words:
            self.assertIn(word, said)
        self.assertEqual(self.before, len(self.mail.mails()))
        return said


class Accepted(WithServer):
    def test_invitation_in_polish(self):
        """E7: the invitation, as seed 000 has its subject."""
        self.send("msg-1", template="invitation", language="pl", **FIELDS)
        mail = self.last()
        self.assertEqual("anna@example.com", mail.to)
        self.assertEqual("Aktywacja dostępu do pieczęci", mail.subject)
        for word in ("otrzymujesz dostęp do pieczęci", "Od:  Anna Żółta", "sygnet register 0123456789abcdef LOGIN", "Example sp. z o.o.", "ABCD-EFGH-JKMN-PQRS", "2026-02-01 12:00", "IT desk, extension 12"):
            self.assertIn(word, mail.body)
        self.assertEqual("<msg-1@example.com>", mail.message["Message-ID"])
        self.assertEqual("auto-generated", mail.message["Auto-Submitted"])
        self.assertEqual("Sygnet <seal@example.com>", mail.message["From"])
        self.assertEqual([], mail.message.defects)

    def test_invitation_in_english(self):
        self.send(template="invitation", **FIELDS)
        self.assertEqual("Activation of access to the seal", self.last().subject)

    def test_tls_from_the_start(self):
        self.courier.configure(self.mail.conf(Port=self.mail.tls_port, Security="tls"))
        self.send()
        self.assertIn("TLS", self.last().message["Received"])

    def test_other_languages_get_english(self):
        self.send(language="de")
        self.assertEqual("Test message of Sygnet", self.last().subject)

    def test_the_same_message_again_is_recognised(self):
        for _ in range(2):
            self.send("again", template="password-reset", **FIELDS)
        ids = [m.message["Message-ID"] for m in self.mail.wait(self.before + 2)[-2:]]
        self.assertEqual(["<again@example.com>"] * 2, ids)

    def test_many_at_once(self):
        calls = [self.sygnet.start(*deliver(f"many-{i}", "mail", "anna@example.com", "test"), **COURIER) for i in range(20)]
        for call in calls:
            self.sygnet.wait(call)
        self.assertEqual(20, len({m.message["Message-ID"] for m in self.mail.wait(self.before + 20)[self.before:]}))


class PutOff(WithServer):
    def test_greylisting(self):
        """Put off first, taken the second time; one and the same message."""
        self.mail.mode("greylist")
        self.not_sent("DeliveryTemporary", "451", message="grey", recipient="grey@example.com")
        self.send("grey", "grey@example.com")
        self.assertEqual("<grey@example.com>", self.last().message["Message-ID"])

    def test_mailbox_full(self):
        self.mail.mode("full")
        self.not_sent("DeliveryTemporary", "451")

    def test_recipient_refused(self):
        self.not_sent("DeliveryRefused", "550", recipient="nobody@example.com")

    def test_message_refused(self):
        self.mail.mode("refuse-data")
        self.not_sent("DeliveryRefused", "550", "message")

    def test_addresses_that_would_do_more(self):
        for recipient in ("anna@example.com\r\nBcc: x@example.com", "-oX@example.com", "anna@example.com, bob@example.com", "<anna@example.com>", "anna"):
            self.not_sent("DeliveryRefused", "address", recipient=recipient)

    def test_fields_write_no_header(self):
        for value in ("x\r\nBcc: evil@example.com", "x\n", "\x85", "\u2028"):
            self.not_sent("InvalidArgument", "one line", template="invitation", **{**FIELDS, "name": value})

    def test_wrong_password(self):
        self.courier.password("smtp-password", "not it")
        self.not_sent("DeliveryTemporary", "password", "535")

    def test_no_password(self):
        (self.courier.passwords / "smtp-password").unlink()
        self.not_sent("DeliveryTemporary", "no password")

    def test_password_that_others_may_read(self):
        self.courier.password("smtp-password", self.mail.password, mode=0o644)
        self.not_sent("DeliveryTemporary", "0600")

    def test_no_login_at_all(self):
        self.courier.configure(self.mail.conf(User=None))
        self.not_sent("DeliveryRefused", "550")

    def test_certificate_of_a_stranger(self):
        self.courier.configure(self.mail.conf(CAFile=None))
        self.not_sent("DeliveryTemporary", "certificate", "Test CA", "CAFile=")

    def test_certificate_for_another_name(self):
        self.courier.configure(self.mail.conf(Server="127.0.0.1"))
        self.not_sent("DeliveryTemporary", "certificate", "another name", "localhost")

    def test_ca_file_is_missing(self):
        self.courier.configure(self.mail.conf(CAFile="/nonexistent/ca.pem"))
        self.not_sent("DeliveryTemporary", "/nonexistent/ca.pem")

    def test_wrong_kind_of_tls(self):
        self.courier.configure(self.mail.conf(Security="tls"))
        self.not_sent("DeliveryTemporary", "TLS")

    def test_unknown_name(self):
        self.courier.configure(self.mail.conf(Server="mail.invalid"))
        self.not_sent("DeliveryTemporary", "mail.invalid", "cannot be found")

    def test_server_down_then_back(self):
        self.mail.stop()
        self.not_sent("DeliveryTemporary", "cannot be reached")
        self.mail.start()
        self.send()
        self.last()

    def test_broken_configuration(self):
        self.courier.configure("[Mail]\nServer=localhost\nPassword=secret\n")
        self.not_sent("DeliveryNotConfigured", "courier.conf", "line 3")
        self.assertEqual([], self.sygnet.call("org.sygnet.Courier1.Channels", **COURIER) or [])
        self.courier.configure(self.mail.conf())
        self.assertEqual(["mail"], self.sygnet.call("org.sygnet.Courier1.Channels", **COURIER))


class Expired(TestCase):
    def test_expired_certificate(self):
        with Machine(polkit=None, daemon=False) as m:
            mail = MailServer(m, certificate=Authority(m.folder / "expired").issue("localhost", days=-1))
            with Courier(m, mail.conf(CAFile=m.folder / "expired/ca.pem"), smtp_password=mail.password):
                said = self.refused("DeliveryTemporary", m.client(SYGNET).call, *deliver("1", "mail", "anna@example.com", "test"), **COURIER)
        self.assertRegex(said, "valid until .*expired")


class Script:
    """A server that says what a test wants, with TLS from the start or without any; keeps what it was told. None in the script: hangs up."""

    def __init__(self, machine, script, tls=True):
        self.ca, self.port, self.said = Authority(machine.folder / "script-ca"), free_port(), []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.ca.issue("localhost"))
        listening = socket.create_server(("127.0.0.1", self.port))

        def serve():
            with listening:
                connection, _ = listening.accept()
            with context.wrap_socket(connection, server_side=True) if tls else connection as peer, peer.makefile("rb") as lines:
                for reply in script:
                    if reply is None:
                        return
                    peer.sendall(reply.encode() + b"\r\n")
                    line = lines.readline()
                    self.said.append(line)
                    while self.said[0] and reply.startswith("354") and line not in (b".\r\n", b""):
                        line = lines.readline()
        self.thread = threading.Thread(target=serve, daemon=True)
        self.thread.start()
        self.conf = f"[Mail]\nServer=localhost\nPort={self.port}\nFrom=seal@example.com\nCAFile={self.ca.file}\n" + ("Security=tls\n" if tls else "")


class Misbehaving(TestCase):
    def check(self, script, name, word, tls=True):
        with Machine(polkit=None, daemon=False) as m:
            server = Script(m, script, tls)
            with Courier(m, server.conf):
                said = self.refused(name, m.client(SYGNET).call, *deliver("1", "mail", "anna@example.com", "test"), **COURIER)
            server.thread.join(10)
        self.assertIn(word, said)
        return server.said

    def test_no_tls_offered(self):
        said = self.check(["220 hello", "250 HELP", "221 bye"], "DeliveryTemporary", "TLS", tls=False)
        self.assertFalse([line for line in said if line.startswith((b"MAIL", b"AUTH", b"RCPT"))])

    def test_closed_at_the_door(self):
        self.check(["421 too busy"], "DeliveryTemporary", "421")
        self.check(["554 go away"], "DeliveryTemporary", "554")

    def test_hangs_up(self):
        self.check([None], "DeliveryTemporary", "localhost")
        self.check(["220 hello", "250 HELP", None], "DeliveryTemporary", "localhost")
        self.check(["220 hello", "250 HELP", "250 OK", "250 OK", "354 go on", None], "DeliveryTemporary", "localhost")

    def test_put_off_after_the_message(self):
        self.check(["220 hello", "250 HELP", "250 OK", "250 OK", "354 go on", "452 disk full"], "DeliveryTemporary", "452")

    def test_refused_after_the_message(self):
        self.check(["220 hello", "250 HELP", "250 OK", "250 OK", "354 go on", "554 5.7.1 spam: your code was 12345678"], "DeliveryRefused", "554")

    def test_sender_not_allowed(self):
        self.check(["220 hello", "250 HELP", "553 not your address"], "DeliveryTemporary", "From=")

    def test_nonsense(self):
        self.check(["this is no mail server"], "DeliveryTemporary", "localhost")


SENDMAIL = """#!/bin/sh
printf '%s\\n' "$@" > "$0.argv"
cat > "$0.input"
exit $(cat "$0.status")
"""


class Sendmail(TestCase):
    def setUp(self):
        self.m = Machine(polkit=None, daemon=False).__enter__()
        self.addCleanup(self.m.__exit__)
        folder = self.m.folder / "sendmail"
        folder.mkdir()
        folder.chmod(0o777)
        self.program = folder / "sendmail"
        self.program.write_text(SENDMAIL)
        self.program.chmod(0o755)
        self.status(0)
        self.courier = Courier(self.m, f"[Mail]\nSendmail={self.program}\nFrom=Sygnet <seal@example.com>\n")
        self.addCleanup(self.courier.stop)
        self.sygnet = self.m.client(SYGNET)

    def status(self, status):
        self.program.with_suffix(".status").write_text(str(status))

    def send(self, template="test", language="en", **fields):
        self.sygnet.call(*deliver("1", "mail", "anna@example.com", template, language, **fields), **COURIER)
        return self.program.with_suffix(".input").read_text()

    def test_takes(self):
        text = self.send()
        self.assertEqual("-i -f seal@example.com -- anna@example.com", self.program.with_suffix(".argv").read_text().replace("\n", " ").strip())
        self.assertTrue(re.match(r"Date: .*\nFrom: \"Sygnet\" <seal@example.com>\nTo: <anna@example.com>\nSubject: Test message of Sygnet\n", text), text)
        self.assertNotIn("\r", text)

    def test_statuses(self):
        for status, name in ((75, "DeliveryTemporary"), (67, "DeliveryRefused"), (68, "DeliveryRefused"), (65, "DeliveryRefused"), (1, "DeliveryTemporary"),
                             (78, "DeliveryTemporary")):
            self.status(status)
            self.assertIn(str(status), self.refused(name, self.send))
        self.status("0; kill -9 $$")
        self.program.write_text("#!/bin/sh\nkill -9 $$\n")
        self.assertIn("signal", self.refused("DeliveryTemporary", self.send))
        self.program.unlink()
        self.assertIn("cannot be run", self.refused("DeliveryTemporary", self.send))

    def test_every_shipped_mail(self):
        """Each template can be filled, in both languages, with what it names and without what is optional."""
        templates = sorted((SOURCE / "courier/templates").glob("*/*.mail"))
        self.assertGreater(len(templates), 20)
        for file in templates:
            for fields in (FIELDS, {f: FIELDS[f] for f in re.findall(r"\$\{([a-z-]+)\}", file.read_text()) if f != "host"}):
                text = self.send(file.stem, file.parent.name, **fields)
                self.assertNotIn("${", text)
                self.assertNotIn("\n\n\n", text)
        for language in ("en", "pl"):
            self.assertEqual({f.name for f in templates if f.parent.name == "en"}, {f.name for f in templates if f.parent.name == language})

    def test_own_texts(self):
        own = self.courier.templates / "en"
        own.mkdir()
        (own / "test.mail").write_text("Subject: Ours on ${host}\n\nOur own text.\n")
        self.assertIn("Our own text.", self.send())
        for broken, word in (("Subject: ${nothing}\n\nx\n", "line 1: there is no “nothing”"), ("Subject: x\nBcc: y\n\nx\n", "a mail is"), ("\n\n${code\n", "line 3"),
                             ("Subject: x\n\n\x01\n", "control characters"), ("x" * 20000, "cannot be read")):
            (own / "test.mail").write_text(broken)
            self.assertIn("can send mail", self.send())
            log = self.courier.log().splitlines()
            self.assertIn(word, log[-2])
            self.assertIn("test.mail", log[-2])
            self.assertIn("came with the program is sent instead", log[-2])

    def test_what_a_text_needs(self):
        said = self.refused("InvalidArgument", self.send, "password-reset", login="anna")
        self.assertIn("“code”", said)
        self.assertIn("no template", self.refused("InvalidArgument", self.send, "no-such-text"))
        self.assertIn("no template", self.refused("InvalidArgument", self.send, "pin-sms"))


if __name__ == "__main__":
    main()
