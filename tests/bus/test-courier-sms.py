#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""sygnet-courier and SMS: through ModemManager, which may fail, hang and vanish; through a provider's gateway; through a program."""
import http.server
import json
import re
import ssl
import threading
import time
import urllib.parse
from pathlib import Path

import dbus

from couriers import COURIER, MM, MM_PATH, Authority, Courier, ModemManager, deliver
from harness import ALICE, ROOT, SOURCE, SYGNET, SYGNET_COURIER, BusError, Machine, TestCase, V, main

CODE = "12345678"


class Sending(TestCase):
    def send(self, number="+48 100 200 300", template="pin-sms", language="en", **fields):
        return self.sygnet.call(*deliver("s1", "sms", number, template, language, **{"code": CODE, **fields}), **COURIER)

    def machine(self, conf, polkit=None, **passwords):
        self.m = Machine(polkit=polkit, daemon=False).__enter__()
        self.addCleanup(self.m.__exit__)
        self.courier = Courier(self.m, conf, **passwords)
        self.addCleanup(self.courier.stop)
        self.sygnet = self.m.client(SYGNET)


class Modem(Sending):
    def start(self, modems=1, polkit="real", conf="", stand_in=True):
        self.machine("[SMS]\nMethod=modemmanager\n" + conf, polkit)
        if stand_in:
            self.phone = ModemManager(self.m, modems)
            self.addCleanup(self.phone.stop)

    def test_sends_and_deletes(self):
        self.start()
        self.send()
        self.send(language="pl")
        sent = self.phone.messages()
        self.assertEqual([("+48100200300", "12345678 is the code for setting your PIN. Nobody will ask you for it."),
                          ("+48100200300", "12345678 to kod do ustawienia PIN-u. Nikt Cię o niego nie zapyta.")], [tuple(s) for s in sent])
        self.assertEqual(0, self.phone.left())
        self.assertEqual(["sms"], self.sygnet.call("org.sygnet.Courier1.Channels", **COURIER))

    def test_polkit_lets_the_courier_send_and_nothing_else(self):
        self.start()
        properties = {"number": V("s", "+48100"), "text": V("s", "x")}
        where = {"name": MM, "path": f"{MM_PATH}/Modem/0"}
        made = self.m.client(SYGNET_COURIER).call(f"{MM}.Modem.Messaging.Create", "a{sv}", properties, **where)
        self.assertTrue(made.startswith(MM_PATH))
        with self.assertRaises(BusError) as caught:
            self.m.client(ALICE).call(f"{MM}.Modem.Messaging.Create", "a{sv}", properties, **where)
        self.assertIn("Unauthorized", caught.exception.name)
        courier = self.m.client(SYGNET_COURIER)
        subject = ("system-bus-name", {"name": V("s", courier.name)})
        for action, wanted in ((".Messaging", True), (".Device.Control", False)):
            got = self.m.client(ROOT).call("org.freedesktop.PolicyKit1.Authority.CheckAuthorization", "(sa{sv})sa{ss}us", subject, MM + action,
                                           dbus.Dictionary({}, signature="ss"), dbus.UInt32(0), "", name="org.freedesktop.PolicyKit1",
                                           path="/org/freedesktop/PolicyKit1/Authority")
            self.assertEqual(wanted, got[0], action)

    def test_without_the_rule(self):
        self.start()
        rule = self.m.rules / "50-org.sygnet.courier.rules"
        text = rule.read_text()
        rule.unlink()
        self.addCleanup(rule.write_text, text)
        self.m.stop_polkit()
        self.m.start_polkit()
        self.assertIn("polkit", self.refused("DeliveryTemporary", self.send))
        self.assertEqual([], self.phone.messages())

    def test_failures(self):
        self.start(polkit=None)
        for error, name, word in ((".Error.Message.NetworkTimeout", "DeliveryTemporary", "network"), (".Error.Message.SimPin", "DeliveryTemporary", "PIN"),
                                  (".Error.Message.InvalidPduParameter", "DeliveryRefused", "refuses"), (".Error.Core.Failed", "DeliveryTemporary", "Core.Failed"),
                                  (".Error.Message.NoNetwork", "DeliveryTemporary", "no network")):
            for step in ("Create", "Send"):
                self.phone.mode(MM + error, step)
                self.assertIn(word, self.refused(name, self.send))
                # What was created is deleted whatever came of it.
                self.assertEqual(0, self.phone.left())
        self.phone.mode(MM + ".Error.Core.Failed", "Delete")
        self.send()
        self.assertEqual(1, len(self.phone.messages()))

    def test_vanishes(self):
        self.start(polkit=None)
        for step in ("List", "Create", "Send"):
            self.phone.mode("vanish", step)
            self.assertIn("ModemManager", self.refused("DeliveryTemporary", self.send))
            self.phone.stop()
            self.phone.mode("ok")
            self.phone.start()
        self.send()

    def test_not_ready(self):
        self.start(polkit=None)
        for state, word in ((2, "PIN"), (3, "disabled"), (7, "not registered"), (-1, "not registered")):
            self.phone.state(state)
            self.assertIn(word, self.refused("DeliveryTemporary", self.send))
        self.phone.state(11)
        self.send()

    def test_no_modem(self):
        self.start(modems=0, polkit=None)
        self.assertIn("no modem", self.refused("DeliveryTemporary", self.send))

    def test_no_modem_manager(self):
        self.start(polkit=None, stand_in=False)
        self.assertIn("ModemManager does not run", self.refused("DeliveryTemporary", self.send))

    def test_the_modem_that_is_meant(self):
        self.start(modems=2, polkit=None, conf="Modem=351234000000001\n")
        self.send()
        self.courier.configure("[SMS]\nMethod=modemmanager\nModem=1\n")
        self.assertIn("Modem=", self.refused("DeliveryTemporary", self.send))

    def test_numbers_and_texts(self):
        self.start(polkit=None)
        for number in ("", "anna", "+48;100", "12", "+48 100\n200"):
            self.assertIn("number", self.refused("DeliveryRefused", self.send, number))
        own = self.courier.templates / "en"
        own.mkdir()
        (own / "pin-sms.sms").write_text("${code} " + "字" * 300)
        self.assertIn("Shorten", self.refused("InvalidArgument", self.send))
        (own / "pin-sms.sms").write_text("${code}\nand more")
        self.send()
        self.assertEqual(f"{CODE} is the code for setting your PIN. Nobody will ask you for it.", self.phone.messages()[0].text)

    def test_every_shipped_sms(self):
        """Each takes one SMS, in both languages."""
        self.start(polkit=None)
        templates = sorted((SOURCE / "courier/templates").glob("*/*.sms"))
        self.assertGreaterEqual(len(templates), 16)
        for file in templates:
            self.send(template=file.stem, language=file.parent.name)
        for sms in self.phone.messages():
            plain = all(c in "@£$¥èéùìòÇØøÅåÉ !\"#%&'()*+,-./:;<=>?" or c.isascii() and c.isalnum() for c in sms.text)
            self.assertLessEqual(len(sms.text), 160 if plain else 70, sms.text)


class Gateway(Sending):
    def setUp(self):
        self.requests, self.status, self.headers = [], 200, {}
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                outer.requests.append((self.command, self.path, dict(self.headers), body))
                if outer.status is None:
                    return
                self.send_response(outer.status)
                for header in outer.headers.items():
                    self.send_header(*header)
                self.send_header("Content-Length", "0")
                self.end_headers()
            do_GET = do_POST = do_PUT = answer

            def log_message(self, *_):
                pass
        self.machine("", sms_password="Gateway&secret+1")
        # After the children, which would inherit what it listens on.
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.ca = Authority(self.m.folder / "gateway-ca")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.ca.issue("localhost"))
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.url = f"https://localhost:{self.server.server_port}/send"

    def configure(self, *lines, url="", ca=True):
        self.courier.configure("\n".join(["[SMS]", "Method=http", f"URL={self.url}{url}", *([f"CAFile={self.ca.file}"] if ca else []), *lines, ""]))

    def own(self, text):
        folder = self.courier.templates / "en"
        folder.mkdir(exist_ok=True)
        (folder / "pin-sms.sms").write_text(text)

    def test_json(self):
        self.configure("ContentType=application/json", 'Body={"to": "${number}", "text": "${text}"}', "Header=Authorization: Bearer ${password}")
        self.own('${code} "quoted" \\ ż & ${name}')
        self.send(name='", "to": "+1')
        method, path, headers, body = self.requests[0]
        self.assertEqual(("POST", "/send", "application/json"), (method, path, headers["Content-Type"]))
        self.assertEqual({"to": "+48100200300", "text": '12345678 "quoted" \\ ż & ", "to": "+1'}, json.loads(body))
        self.assertEqual("Bearer Gateway&secret+1", headers["Authorization"])

    def test_form(self):
        self.configure("Body=to=${digits}&text=${text}&key=${password}")
        self.own("${code} a&b=c+d %41 ż${name}")
        self.send(name="&to=1")
        self.assertEqual("application/x-www-form-urlencoded", self.requests[0][2]["Content-Type"])
        self.assertEqual([("to", "48100200300"), ("text", "12345678 a&b=c+d %41 ż&to=1"), ("key", "Gateway&secret+1")],
                         urllib.parse.parse_qsl(self.requests[0][3], strict_parsing=True))

    def test_get_and_basic(self):
        self.configure("HTTPMethod=GET", "User=us:er", url="?to=${number}&text=${text}")
        self.send()
        method, path, headers, body = self.requests[0]
        self.assertEqual(("GET", ""), (method, body))
        self.assertEqual([CODE], re.findall(r"\d{8}\b", dict(urllib.parse.parse_qsl(path.split("?")[1]))["text"]))
        self.assertIn("to=%2B48100200300", path)
        self.assertTrue(headers["Authorization"].startswith("Basic "))

    def test_put_as_text(self):
        self.configure("HTTPMethod=PUT", "ContentType=text/plain", "Body=${number} ${text}")
        self.send()
        self.assertEqual("PUT", self.requests[0][0])
        self.assertTrue(self.requests[0][3].startswith("+48100200300 12345678 is"))

    def test_statuses(self):
        self.configure("Body=${text}")
        for status, name in ((200, None), (202, None), (400, "DeliveryRefused"), (404, "DeliveryRefused"), (422, "DeliveryRefused"), (401, "DeliveryTemporary"),
                             (408, "DeliveryTemporary"), (429, "DeliveryTemporary"), (500, "DeliveryTemporary"), (503, "DeliveryTemporary")):
            self.status = status
            if name:
                self.assertIn(str(status), self.refused(name, self.send))
            else:
                self.send()
        self.configure("Body=${text}", "Success=202")
        self.status = 200
        self.refused("DeliveryTemporary", self.send)
        self.status = 202
        self.send()

    def test_redirections_are_not_followed(self):
        self.configure("Body=${text}")
        self.status, self.headers = 307, {"Location": self.url + "/elsewhere"}
        self.assertIn("307", self.refused("DeliveryTemporary", self.send))
        self.assertEqual(1, len(self.requests))

    def test_hangs_up(self):
        self.configure("Body=${text}")
        self.status = None
        self.refused("DeliveryTemporary", self.send)

    def test_certificate_of_a_stranger(self):
        self.configure("Body=${text}", ca=False)
        self.assertIn("certificate", self.refused("DeliveryTemporary", self.send))
        self.assertEqual([], self.requests)

    def test_down(self):
        self.configure("Body=${text}")
        self.server.shutdown()
        self.server.server_close()
        said = self.refused("DeliveryTemporary", self.send)
        self.assertIn("cannot be reached", said)


PROGRAM = """#!/bin/sh
tr '\\0' '\\n' < /proc/$$/cmdline > "$0.argv"
tr '\\0' '\\n' < /proc/$$/environ > "$0.environ"
cat > "$0.input"
ls -l /proc/$$/fd > "$0.descriptors"
echo "it says $(tail -n 1 "$0.input")" >&2
exit $(cat "$0.status")
"""


class Program(Sending):
    def setUp(self):
        self.machine("")
        folder = self.m.folder / "program"
        folder.mkdir()
        folder.chmod(0o777)
        self.program = folder / "send"
        self.program.write_text(PROGRAM)
        self.program.chmod(0o755)
        self.program.with_suffix(".status").write_text("0")
        self.courier.configure(f"[SMS]\nMethod=program\nProgram={self.program}\n")

    def read(self, end):
        return self.program.with_suffix(end).read_text()

    def test_gets_number_and_text_by_standard_input_only(self):
        self.send()
        self.assertEqual("+48100200300\n12345678 is the code for setting your PIN. Nobody will ask you for it.\n", self.read(".input"))
        for place in (self.read(".argv"), self.read(".environ")):
            self.assertNotIn(CODE, place)
            self.assertNotIn("100200300", place)
        self.assertNotIn("DBUS", self.read(".environ"))
        for kind in ("socket:", "memfd", "anon_inode"):
            self.assertNotIn(kind, self.read(".descriptors"))

    def test_what_it_says_goes_nowhere(self):
        self.program.with_suffix(".status").write_text("75")
        said = self.refused("DeliveryTemporary", self.send)
        self.assertNotIn(CODE, said + self.courier.log())

    def test_reads_nothing(self):
        self.program.write_text("#!/bin/sh\nexit 0\n")
        self.send()

    def test_leaves_something_running(self):
        self.program.write_text(f"#!/bin/sh\nsleep 1000 &\necho $! > {self.program}.pid\nexit 0\n")
        self.send()
        pid = int(self.program.with_suffix(".pid").read_text())

        def gone():
            try:
                return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").split()[2] == "Z"
            except (FileNotFoundError, ProcessLookupError):  # gone before it was opened, or before it was read
                return True
        self.m.wait_for(gone, "the end of what the program left")

    def test_three_at_a_time(self):
        self.program.write_text(f"#!/bin/sh\nmkdir {self.program}.run.$$\nls -d {self.program}.run.* | wc -l >> {self.program}.count\nsleep 0.4\nrmdir {self.program}.run.$$\n")
        calls = [self.sygnet.start(*deliver(f"p{i}", "sms", "+48100200300", "pin-sms", code=CODE), **COURIER) for i in range(10)]
        for call in calls:
            self.sygnet.wait(call)
        self.assertLessEqual(max(int(n) for n in self.read(".count").split()), 3)

    def test_too_many_wait(self):
        self.program.write_text("#!/bin/sh\nsleep 2\n")
        calls = [self.sygnet.start(*deliver(f"p{i}", "sms", "+48100200300", "pin-sms", code=CODE), **COURIER) for i in range(36)]
        self.assertIn("Too many", self.refused("DeliveryTemporary", self.sygnet.wait, calls[35]))
        began = time.monotonic()
        self.courier.process.terminate()
        for call in calls[:35]:
            try:
                self.sygnet.wait(call)
            except BusError as e:
                self.assertIn(e.name, ("DeliveryTemporary", "org.freedesktop.DBus.Error.NoReply"))
        self.assertEqual(0, self.courier.process.wait(20))
        self.assertLess(time.monotonic() - began, 10)


if __name__ == "__main__":
    main()
