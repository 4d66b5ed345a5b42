# SPDX-License-Identifier: LGPL-2.1-or-later
"""sygnet-courier on a machine of harness.py, and what it delivers to: a real mail server (Exim, on the loopback, with TLS and a password) and
a stand-in for ModemManager.

    with Machine() as m, Post(m) as post:          # mail server, modem, and the courier that uses both
        ...                                        # something that makes sygnetd send
        mail = post.mail.wait(1)[0]                # .to .subject .body .message
        sms = post.phone.wait(1)[0]                # .number .text
        post.mail.mode("greylist")                 # accept, greylist, defer, reject, full, hang, refuse-data
        post.phone.mode("hang")                    # ok, hang, vanish, or the name of an error

Each part can be had alone: MailServer, ModemManager, Courier.
"""
import collections
import email
import email.policy
import json
import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import time

import dbus
import dbus.bus
import dbus.mainloop.glib
import dbus.service

from harness import BUILD, SOURCE, SYGNET_COURIER, Memfd, _glib, die_with_parent

COURIER = {"name": "org.sygnet.Courier1", "path": "/org/sygnet/Courier1"}

Mail = collections.namedtuple("Mail", "to subject body message")
Sms = collections.namedtuple("Sms", "number text")


def deliver(message, channel, recipient, template, language="en", **fields):
    """The arguments of a call of Deliver."""
    return ("org.sygnet.Courier1.Deliver", "sssssh", message, channel, recipient, template, language, Memfd(json.dumps(fields).encode()))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Authority:
    """A CA for tests, and what it issues."""

    def __init__(self, folder):
        self.folder, self.file = folder, folder / "ca.pem"
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder / "ca.key", "-out", self.file,
                      "-subj", "/CN=Test CA", "-days", "2", "-addext", "basicConstraints=critical,CA:TRUE")
        self.file.chmod(0o644)

    def issue(self, name, days=1):
        """A certificate for a host, and its key: two paths. Negative days: it has expired."""
        key, request, pem = (self.folder / f"{name}{days}.{end}" for end in ("key", "csr", "pem"))
        self._openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        (self.folder / "extensions").write_text(f"subjectAltName=DNS:{name}\n")
        self._openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self.folder / "ca.key", "-CAcreateserial", "-out", pem, "-days", days,
                      "-extfile", self.folder / "extensions")
        for file in (key, pem):
            file.chmod(0o644)
        return pem, key

    @staticmethod
    def _openssl(*argv):
        subprocess.run(["openssl", *(str(a) for a in argv)], check=True, capture_output=True)


# --- Mail --------------------------------------------------------------------------------------------------------------------

EXIM = """
exim_user = Debian-exim
exim_group = Debian-exim
primary_hostname = mail.example.com
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
pid_file_path = {folder}/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port} : {tls_port}
tls_on_connect_ports = {tls_port}
tls_advertise_hosts = *
tls_certificate = {certificate}
tls_privatekey = {key}
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
acl_smtp_rcpt = rcpt
acl_smtp_data = data
deliver_drop_privilege
disable_ipv6
keep_environment =
host_lookup =
rfc1413_query_timeout = 0s
smtp_enforce_sync = false
log_selector = +all

begin acl
rcpt:
  deny message = authentication is needed
       !authenticated = *
  deny message = no such mailbox
       condition = ${{if eq{{${{readfile{{{folder}/mode}}}}}}{{reject}}}}
  deny message = no such mailbox
       local_parts = nobody
  defer message = mailbox is full
       condition = ${{if eq{{${{readfile{{{folder}/mode}}}}}}{{full}}}}
  defer message = greylisted, come back later
       condition = ${{if eq{{${{readfile{{{folder}/mode}}}}}}{{greylist}}}}
       ! ratelimit = 1.5 / 1d / strict / per_cmd / $sender_address>$local_part@$domain
  defer message = not now
       condition = ${{if eq{{${{readfile{{{folder}/mode}}}}}}{{defer}}}}
  accept condition = ${{if eq{{${{readfile{{{folder}/mode}}}}}}{{hang}}}}
       delay = 60s
  accept
data:
  deny message = this looks like spam
       condition = ${{if eq{{${{readfile{{{folder}/mode}}}}}}{{refuse-data}}}}
  accept

begin routers
all:
  driver = accept
  transport = maildir

begin transports
maildir:
  driver = appendfile
  directory = {folder}/maildir
  maildir_format
  create_directory
  envelope_to_add
  user = Debian-exim

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{user}}}}}{{eq{{$auth3}}{{{password}}}}}}}}}
  server_set_id = $auth2
"""


def read_mails(folder):
    """All that arrived at the mail server of that folder, in the order they came."""
    found = []
    for file in sorted((folder / "maildir/new").glob("*"), key=lambda f: f.stat().st_mtime_ns):
        message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        found.append(Mail(message["Envelope-To"], message["Subject"], message.get_content(), message))
    return found


class MailServer:
    """Exim with STARTTLS on .port and TLS on .tls_port of localhost, its certificate by .ca; takes mail for everybody from who knows the password, but
    for nobody@…. In the mode greylist it puts a sender and recipient off the first time it sees them."""

    user, password = "sygnet", "Wachtwoord-for-mail-7"

    def __init__(self, machine, certificate=None):
        self.machine, self.folder = machine, machine.folder / "exim"
        self.folder.mkdir()
        self.ca = Authority(machine.folder / "mail-ca")
        self.certificate = certificate or self.ca.issue("localhost")
        self.port, self.tls_port = free_port(), free_port()
        for name in ("spool", "log", "maildir"):
            (self.folder / name).mkdir()
            shutil.chown(self.folder / name, "Debian-exim", "Debian-exim")
        self.mode("accept")
        self.start()

    def conf(self, **more):
        """A section [Mail] for courier.conf."""
        settings = {"Server": "localhost", "Port": self.port, "User": self.user, "From": "Sygnet <seal@example.com>", "CAFile": self.ca.file, **more}
        return "[Mail]\n" + "".join(f"{key}={value}\n" for key, value in settings.items() if value is not None)

    def start(self):
        conf = self.folder / "exim.conf"
        conf.write_text(EXIM.format(folder=self.folder, port=self.port, tls_port=self.tls_port, certificate=self.certificate[0], key=self.certificate[1],
                                    user=self.user, password=self.password))
        self.process = self.machine.spawn(["/usr/sbin/exim4", "-C", conf, "-bdf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.machine.wait_for(self.answers, "the mail server")

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as s:
                return s.recv(4).startswith(b"220")
        except OSError:
            return False

    def stop(self):
        self.process.kill()
        self.process.wait()

    def mode(self, mode):
        (self.folder / "mode").write_text(mode)

    def mails(self):
        """All that arrived, in the order they came."""
        return read_mails(self.folder)

    def wait(self, n, timeout=20):
        """Until so many arrived."""
        self.machine.wait_for(lambda: len(self.mails()) >= n, f"mail {n}", timeout)
        return self.mails()

    def log(self):
        return "".join(f.read_text(errors="replace") for f in sorted((self.folder / "log").glob("*")))


# --- SMS ---------------------------------------------------------------------------------------------------------------------

MM = "org.freedesktop.ModemManager1"
MM_PATH = "/org/freedesktop/ModemManager1"


def _modem_log(folder):
    return [json.loads(line) for line in (folder / "log").read_text().splitlines()]


def read_messages(folder):
    """What the modem of that folder sent, in order."""
    return [Sms(e["number"], e["text"]) for e in _modem_log(folder) if "text" in e]


def _modem_manager(address, folder, ask_polkit, modems):
    die_with_parent()
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    bus = dbus.bus.BusConnection(address)
    messages = {}

    def note(**what):
        with open(folder / "log", "a", encoding="utf-8") as f:
            print(json.dumps(what), file=f)

    def error(name, text="as the test wants it"):
        return dbus.DBusException(text, name=name)

    def check(sender):
        if not ask_polkit:
            return
        authority = dbus.Interface(bus.get_object("org.freedesktop.PolicyKit1", "/org/freedesktop/PolicyKit1/Authority", introspect=False),
                                   "org.freedesktop.PolicyKit1.Authority")
        subject = dbus.Struct(("system-bus-name", dbus.Dictionary({"name": dbus.String(sender, variant_level=1)}, signature="sv")), signature="sa{sv}")
        if not authority.CheckAuthorization(subject, MM + ".Messaging", dbus.Dictionary({}, signature="ss"), dbus.UInt32(0), "")[0]:
            raise error(MM + ".Error.Core.Unauthorized", "PolicyKit authorization failed")

    def behave(step):
        """What the file `mode` says of this step: STEP:MODE, or MODE for Send."""
        where, _, mode = (folder / "mode").read_text().rpartition("/")
        if (where or "Send") != step or mode == "ok":
            return
        if mode == "vanish":
            os._exit(0)
        if mode == "hang":
            time.sleep(3600)
        raise error(mode)

    class Message(dbus.service.Object):
        def __init__(self, path, number, text):
            super().__init__(bus, path)
            self.number, self.text = number, text

        @dbus.service.method(MM + ".Sms", "", "", sender_keyword="sender")
        def Send(self, sender=None):
            check(sender)
            behave("Send")
            if (folder / "out-of-reach" / self.number).exists():
                note(failed=self.number)
                raise error(MM + ".Error.MobileEquipment.NetworkTimeout")
            note(number=self.number, text=self.text)

    class Modem(dbus.service.Object):
        @dbus.service.method(MM + ".Modem.Messaging", "a{sv}", "o", sender_keyword="sender")
        def Create(self, properties, sender=None):
            check(sender)
            behave("Create")
            if set(properties) != {"number", "text"}:
                raise error(MM + ".Error.Core.InvalidArgs")
            path = f"{MM_PATH}/SMS/{len(messages)}"
            messages[path] = Message(path, str(properties["number"]), str(properties["text"]))
            note(created=path)
            return dbus.ObjectPath(path)

        @dbus.service.method(MM + ".Modem.Messaging", "o", "", sender_keyword="sender")
        def Delete(self, path, sender=None):
            check(sender)
            behave("Delete")
            messages[str(path)].remove_from_connection()
            note(deleted=str(path))

    class Manager(dbus.service.Object):
        @dbus.service.method("org.freedesktop.DBus.ObjectManager", "", "a{oa{sa{sv}}}")
        def GetManagedObjects(self):
            behave("List")
            state = dbus.Int32(int((folder / "state").read_text()))
            return dbus.Dictionary({f"{MM_PATH}/Modem/{i}": {
                MM + ".Modem": dbus.Dictionary({"State": state, "EquipmentIdentifier": f"35123400000000{i}", "Ports": dbus.Array(
                    [dbus.Struct(("ttyUSB2", dbus.UInt32(3)), signature="su")], signature="(su)")}, signature="sv"),
                MM + ".Modem.Modem3gpp": dbus.Dictionary({"OperatorCode": "26001"}, signature="sv"),
                MM + ".Modem.Messaging": dbus.Dictionary({"Messages": dbus.Array([], signature="o")}, signature="sv"),
            } for i in range(modems)}, signature="oa{sa{sv}}")

    kept = [Manager(bus, MM_PATH), *(Modem(bus, f"{MM_PATH}/Modem/{i}") for i in range(modems)), dbus.service.BusName(MM, bus, do_not_queue=True)]
    while kept:
        if not _glib.g_main_context_iteration(None, 0):
            time.sleep(0.001)


class ModemManager:
    """Stands in for the real one, which needs a modem; asks polkit as that does where the machine has the real polkit."""

    def __init__(self, machine, modems=1):
        self.machine, self.folder, self.modems = machine, machine.folder / "modem", modems
        self.folder.mkdir()
        (self.folder / "out-of-reach").mkdir()  # numbers to which nothing can be sent: a file for each
        (self.folder / "log").touch()
        self.mode("ok")
        self.state(8)  # registered
        self.start()

    def start(self):
        self.process = multiprocessing.Process(target=_modem_manager, daemon=True,
                                               args=(self.machine.address, self.folder, self.machine.want_polkit == "real", self.modems))
        self.process.start()
        self.machine.wait_for_name(MM)

    def mode(self, mode, step="Send"):
        """ok, hang, vanish, or the name of a D-Bus error; step: Send, Create, Delete or List."""
        (self.folder / "mode").write_text(f"{step}/{mode}")

    def state(self, state):
        """MMModemState of the modems."""
        (self.folder / "state").write_text(str(state))

    def messages(self):
        """What was sent, in order."""
        return read_messages(self.folder)

    def left(self):
        """How many messages were created and not deleted."""
        log = _modem_log(self.folder)
        return sum("created" in e for e in log) - sum("deleted" in e for e in log)

    def wait(self, n, timeout=20):
        self.machine.wait_for(lambda: len(self.messages()) >= n, f"SMS {n}", timeout)
        return self.messages()

    def stop(self):
        self.process.kill()
        self.process.join()


# --- The courier -------------------------------------------------------------------------------------------------------------

class Courier:
    """The service, as its own user; `conf` is the text of courier.conf, which it reads anew for each message. Own texts go to .templates/LANGUAGE/."""

    def __init__(self, machine, conf="", **passwords):
        self.machine, self.folder = machine, machine.folder / "courier"
        self.templates, self.passwords = self.folder / "templates", self.folder / "passwords"
        for folder in (self.folder, self.templates, self.passwords):
            folder.mkdir()
            folder.chmod(0o755)
        for name, password in passwords.items():
            self.password(name.replace("_", "-"), password)
        self.configure(conf)
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def configure(self, conf):
        (self.folder / "courier.conf").write_text(conf)

    def password(self, name, text, mode=0o600):
        file = self.passwords / name
        file.write_text(text + "\n")
        file.chmod(mode)
        os.chown(file, SYGNET_COURIER, SYGNET_COURIER)

    def argv(self):
        return [BUILD / "courier/sygnet-courier", "--conf", self.folder / "courier.conf", "--templates", self.templates,
                "--shipped-templates", SOURCE / "courier/templates", "--passwords", self.passwords]

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = self.machine.spawn(self.argv(), uid=SYGNET_COURIER, stdout=log, stderr=log)
        self.machine.wait_for(self.is_up, "sygnet-courier")

    def is_up(self):
        if self.process.poll() is not None:
            raise AssertionError(f"sygnet-courier ended with {self.process.returncode}:\n{self.log()}")
        return self.machine.has_owner(COURIER["name"])

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.machine.wait_for(lambda: not self.machine.has_owner(COURIER["name"]), "the end of sygnet-courier")

    def stop(self):
        """A clean stop; the sanitizers' verdict is the exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        status = self.process.wait(30)
        if status not in (0, -signal.SIGKILL):
            raise AssertionError(f"sygnet-courier ended with {status}:\n{self.log()}")

    def test(self, channel, recipient, uid=SYGNET_COURIER):
        """`sygnet-courier --test`."""
        return self.machine.run([*self.argv(), "--test", channel, recipient], uid=uid, check=False)


class Post:
    """All of it: .mail, .phone and .courier."""

    def __init__(self, machine):
        self.mail, self.phone = MailServer(machine), ModemManager(machine)
        self.courier = Courier(machine, self.mail.conf() + "[SMS]\nMethod=modemmanager\n", smtp_password=self.mail.password)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.courier.stop()
        finally:
            self.phone.stop()
            self.mail.stop()
