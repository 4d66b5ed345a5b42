# SPDX-License-Identifier: LGPL-2.1-or-later
"""A machine for bus tests: a private message bus with our policy, the real polkitd (or a fake that can be told how to behave),
and the services of the build, each as the user it has in life. Needs root; touches nothing outside of a mount namespace of its own.

    with Machine() as m:
        alice = m.client(ALICE)                     # a connection of that Unix user, in a process of its own
        m.account("alice", ALICE, "Secret-Word1")   # by the operator
        session = alice.login("alice", "Secret-Word1")
        secret = alice.enroll(session)              # a confirmed token
        m.advance(181)                              # the clocks of sygnetd-test, not the machine's
        alice.call("Session.Logout", "s", session)  # raises BusError with .name and .message

Environment: SYGNET_BUILD (build folder), SYGNET_SOURCE (source tree); meson sets both.
"""
import base64
import ctypes
import hashlib
import hmac
import multiprocessing
import multiprocessing.util
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import traceback
import unittest
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import dbus
import dbus.bus
import dbus.lowlevel
import dbus.mainloop.glib

SOURCE = Path(os.environ.get("SYGNET_SOURCE", Path(__file__).parents[2]))
BUILD = Path(os.environ.get("SYGNET_BUILD", SOURCE / "build"))

NAME, PATH = "org.sygnet.Sygnet1", "/org/sygnet/Sygnet1"
ERROR = "org.sygnet.Error."

ROOT, SYGNET, SYGNET_CA, SYGNET_COURIER, SYGNET_OCSP, SYGNET_CA_KEY, ALICE, BOB, CAROL, NOBODY = 0, 64001, 64002, 64003, 64004, 64005, 64101, 64102, 64103, 65534
SERVICE, OTHER_SERVICE = 59901, 59902  # not among those that systemd gives out dynamically, as the others are
USERS = {"service": SERVICE, "other-service": OTHER_SERVICE, "sygnet": SYGNET, "sygnet-ca": SYGNET_CA, "sygnet-courier": SYGNET_COURIER, "sygnet-ocsp": SYGNET_OCSP, "sygnet-ca-key": SYGNET_CA_KEY, "alice": ALICE, "bob": BOB, "carol": CAROL}

PASSWORD = "Secret-Word1"

_glib = ctypes.CDLL("libglib-2.0.so.0")
_libc = ctypes.CDLL(None, use_errno=True)


# --- A mount namespace with our users and polkit actions ---------------------------------------------------------------

def _mount(source, target, flags):
    if _libc.mount(str(source).encode(), str(target).encode(), None, flags, None) != 0:
        raise OSError(ctypes.get_errno(), f"mount {source} on {target}")


_namespace = None


def namespace():
    """Enters it once per process; returns its folder, where rules/ is polkit's rules.d."""
    global _namespace
    if _namespace:
        return _namespace
    if os.geteuid() != 0:
        sys.exit("bus tests need root: run them with sudo")
    if _libc.unshare(0x00020000) != 0:  # CLONE_NEWNS
        raise OSError(ctypes.get_errno(), "unshare")
    _mount("none", "/", 0x4000 | 0x40000)  # MS_REC | MS_PRIVATE
    top = Path(tempfile.mkdtemp(prefix="sygnet-bus-"))
    top.chmod(0o755)
    for file, line in (("passwd", "{0}:x:{1}:{1}:{0}:/nonexistent:/bin/sh"), ("group", "{0}:x:{1}:")):
        kept = [l for l in Path("/etc", file).read_text().splitlines() if l.split(":")[0] not in USERS]
        (top / file).write_text("\n".join(kept + [line.format(*u) for u in USERS.items()]) + "\n")
        _mount(top / file, f"/etc/{file}", 0x1000)  # MS_BIND
    for folder, place in (("actions", "/usr/share/polkit-1/actions"), ("rules", "/etc/polkit-1/rules.d")):
        (top / folder).mkdir()
        _mount(top / folder, place, 0x1000)
    shutil.copy(SOURCE / "polkit/org.sygnet.policy.in", top / "actions/org.sygnet.policy")
    shutil.copy(SOURCE / "tests/bus/org.freedesktop.ModemManager1.policy", top / "actions")
    shutil.copy(SOURCE / "polkit/org.sygnet.courier.rules", top / "rules/50-org.sygnet.courier.rules")
    pid = os.getpid()

    def clean():
        if os.getpid() == pid:
            shutil.rmtree(top, ignore_errors=True)
    multiprocessing.util.Finalize(None, clean, exitpriority=-10)
    _namespace = top
    return top


def rename_user(uid, name):
    """The uid goes to somebody of another name; None: to nobody."""
    file = namespace() / "passwd"
    kept = [l for l in file.read_text().splitlines() if l.split(":")[2] != str(uid)]
    file.write_text("\n".join(kept + ([f"{name}:x:{uid}:{uid}::/nonexistent:/bin/sh"] if name else [])) + "\n")


def set_machine_id(text):
    """Another machine-id for the services of this process, from now on."""
    file = namespace() / "machine-id"
    if not file.exists():
        file.touch()
        _mount(file, "/etc/machine-id", 0x1000)
    file.write_text(text + "\n")


def die_with_parent():
    """For children: a test that is killed leaves nothing behind."""
    _libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


# --- One-time codes (RFC 6238), computed by hand -------------------------------------------------------------------------

def totp(secret, at, digits=8):
    mac = hmac.new(secret, struct.pack(">Q", int(at) // 30), hashlib.sha1).digest()
    offset = mac[-1] & 15
    return str((struct.unpack(">I", mac[offset:offset + 4])[0] & 0x7FFFFFFF) % 10 ** digits).zfill(digits)


def read_uri(uri):
    """The secret of an otpauth URI, and its number of digits."""
    query = parse_qs(urlparse(uri).query)
    text = query["secret"][0]
    return base64.b32decode(text + "=" * (-len(text) % 8)), int(query["digits"][0])


# --- Clients ---------------------------------------------------------------------------------------------------------------

class BusError(Exception):
    """A D-Bus error: .name without the org.sygnet.Error. prefix where it has that, .message."""

    def __init__(self, name, message):
        super().__init__(name, message)
        self.name = name.removeprefix(ERROR)
        self.message = message


class Memfd:
    """An argument: a secret in a memfd, sealed as the contract wants unless told otherwise."""

    def __init__(self, data, seals=0xE, position=0):  # F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE
        self.data, self.seals, self.position = data, seals, position

    def open(self):
        fd = os.memfd_create("secret", os.MFD_CLOEXEC | 2)
        os.write(fd, self.data)
        os.lseek(fd, self.position, os.SEEK_SET)
        if self.seals:
            import fcntl
            fcntl.fcntl(fd, 1033, self.seals)  # F_ADD_SEALS
        return fd


class Pipe:
    """An argument: the reading end of a pipe that holds the data; what the contract refuses."""

    def __init__(self, data):
        self.data = data

    def open(self):
        reading, writing = os.pipe()
        os.write(writing, self.data)
        os.close(writing)
        return reading


class V:
    """A variant: V("s", "text"); V("h", Memfd(b"…"))."""

    def __init__(self, signature, value):
        self.signature, self.value = signature, value


def secret(text):
    """A secret as a well-behaved client sends it."""
    return V("h", Memfd(text.encode() if isinstance(text, str) else text))


def _to_bus(value):
    if isinstance(value, V):
        return _to_bus_typed(value.signature, value.value)
    if isinstance(value, (Memfd, Pipe)):
        fd = value.open()
        try:
            return dbus.types.UnixFd(fd, variant_level=0)
        finally:
            os.close(fd)
    if isinstance(value, dict):
        return dbus.Dictionary({k: _to_bus(v) for k, v in value.items()}, signature="sv")
    if isinstance(value, bytes):
        return dbus.ByteArray(value)
    if isinstance(value, tuple):
        return tuple(_to_bus(v) for v in value)
    if isinstance(value, list):
        return [_to_bus(v) for v in value]
    return value


def _to_bus_typed(signature, value):
    types = {"s": dbus.String, "u": dbus.UInt32, "i": dbus.Int32, "t": dbus.UInt64, "x": dbus.Int64, "b": dbus.Boolean}
    if signature in types:
        return types[signature](value, variant_level=1)
    if signature == "h":
        fd = value.open()
        try:
            return dbus.types.UnixFd(fd, variant_level=1)
        finally:
            os.close(fd)
    if signature == "ay":
        return dbus.ByteArray(value, variant_level=1)
    if signature == "as":
        return dbus.Array(value, signature="s", variant_level=1)
    if signature == "a(ss)":
        return dbus.Array([dbus.Struct(v, signature="ss") for v in value], signature="(ss)", variant_level=1)
    raise ValueError(f"no variant of type {signature} here")


def _plain(value):
    if isinstance(value, dbus.Boolean):
        return bool(value)
    if isinstance(value, (dbus.String, dbus.ObjectPath, dbus.Signature)):
        return str(value)
    if isinstance(value, (dbus.ByteArray, bytes)):
        return bytes(value)
    if isinstance(value, dbus.Byte):
        return int(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, dict):
        return {_plain(k): _plain(v) for k, v in value.items()}
    if isinstance(value, dbus.Struct) or isinstance(value, tuple):
        return tuple(_plain(v) for v in value)
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return value


def _error(e):
    return ("error", e.get_dbus_name() or "", e.get_dbus_message() or "")


def _serve(pipe, address, uid):
    """The client's process: one connection, commands by a pipe, replies in the order they come."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    die_with_parent()
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    bus = dbus.bus.BusConnection(address)
    bus.set_exit_on_disconnect(False)

    def send(number, name, path, interface, method, signature, args, timeout):
        try:
            bus.call_async(name, path, interface, method, signature, [_to_bus(a) for a in args],
                           lambda *reply: pipe.send((number, ("reply", [_plain(v) for v in reply]))),
                           lambda e: pipe.send((number, _error(e))), timeout=timeout, byte_arrays=True)
        except (dbus.DBusException, ValueError, TypeError) as e:
            pipe.send((number, ("error", "harness", repr(e))))

    def heard(_, message):
        if message.get_type() == 4 and message.get_path() == PATH:  # DBUS_MESSAGE_TYPE_SIGNAL
            pipe.send(("signal", (str(message.get_member()), [_plain(v) for v in message.get_args_list()])))
        return dbus.lowlevel.HANDLER_RESULT_NOT_YET_HANDLED

    bus.add_message_filter(heard)
    pipe.send(("name", str(bus.get_unique_name())))
    try:
        while True:
            while pipe.poll(0):
                send(*pipe.recv())
            if not _glib.g_main_context_iteration(None, 0):
                time.sleep(0.001)
    except (EOFError, BrokenPipeError, OSError):
        os._exit(0)


class Client:
    """A connection to the bus as a Unix user. call() waits; start() does not and gives a number for wait()."""

    def __init__(self, machine, uid):
        self.machine, self.uid = machine, uid
        self.pipe, other = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=_serve, args=(other, machine.address, uid), daemon=True)
        self.process.start()
        other.close()
        self.replies, self.count, self.signals = {}, 0, []
        self.name = self.pipe.recv()[1]

    def start(self, member, signature="", *args, name=NAME, path=PATH, timeout=60):
        """member: "Session.Login" of our service, or a full interface and member."""
        interface, method = member.rsplit(".", 1)
        if "." not in interface:
            interface = f"{NAME}.{interface}"
        self.count += 1
        self.pipe.send((self.count, name, path, interface, method, signature, args, timeout))
        return self.count

    def wait(self, number, timeout=90):
        until = time.monotonic() + timeout
        while number not in self.replies:
            if not self.pipe.poll(max(0, until - time.monotonic())):
                raise TimeoutError(f"no reply to call {number}")
            self._receive()
        reply = self.replies.pop(number)
        if reply[0] == "error":
            raise BusError(reply[1], reply[2])
        values = reply[1]
        return None if not values else values[0] if len(values) == 1 else tuple(values)

    def _receive(self):
        got, what = self.pipe.recv()
        if got == "signal":
            self.signals.append(what)
        else:
            self.replies[got] = what

    def heard(self, member, timeout=20):
        """The arguments of the next signal of that name of our object that was sent to this connection."""
        until = time.monotonic() + timeout
        while True:
            for signal_ in self.signals:
                if signal_[0] == member:
                    self.signals.remove(signal_)
                    return signal_[1]
            if not self.pipe.poll(max(0, until - time.monotonic())):
                raise TimeoutError(f"no signal {member}; got {self.signals}")
            self._receive()

    def heard_nothing(self):
        """Whether no signal waits, of those that were sent before the answer to a call of now."""
        self.call("org.freedesktop.DBus.Peer.Ping")
        return not self.signals

    def call(self, member, signature="", *args, **where):
        return self.wait(self.start(member, signature, *args, **where))

    def get(self, interface, prop, name=NAME, path=PATH):
        return self.call("org.freedesktop.DBus.Properties.Get", "ss", interface, prop, name=name, path=path)

    def get_all(self, interface, name=NAME, path=PATH):
        return self.call("org.freedesktop.DBus.Properties.GetAll", "s", interface, name=name, path=path)

    def introspect(self, name=NAME, path=PATH):
        return self.call("org.freedesktop.DBus.Introspectable.Introspect", name=name, path=path)

    def leave(self):
        """Drops the connection, as a process that dies."""
        self.process.kill()
        self.process.join()
        self.pipe.close()

    # What every test of the daemon begins with.

    def login(self, login, password=PASSWORD, otp=None):
        """A session id; a remembered one with a code."""
        options = {} if otp is None else {"remember": V("b", True), "otp": secret(otp)}
        return self.call("Session.Login", "sva{sv}", login, secret(password), options)[0]

    def enroll(self, session, digits=8, otp=None):
        """Enrols a token and confirms it; returns its secret. Takes one time step."""
        options = {"digits": V("u", digits)}
        if otp is not None:
            options["otp"] = secret(otp)
        token, uri = self.call("Token.Enroll", "sa{sv}", session, options)
        key, shown = read_uri(uri)
        assert shown == digits
        self.call("Token.Confirm", "ssv", session, token, secret(totp(key, self.machine.now(), digits)))
        return key


# --- polkit ------------------------------------------------------------------------------------------------------------------

def _fake_polkit(address, folder):
    """Answers as the file `mode` says: allow, deny, challenge, hang, vanish (dies at the call). Writes what it is asked to `log`."""
    import dbus.service
    uid = int(subprocess.run(["id", "-u", "polkitd"], capture_output=True, text=True, check=True).stdout)
    (folder / "log").touch()
    os.chown(folder / "log", uid, uid)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    die_with_parent()
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    bus = dbus.bus.BusConnection(address)

    class Authority(dbus.service.Object):
        IFACE = "org.freedesktop.PolicyKit1.Authority"

        def note(self, *words):
            with open(folder / "log", "a", encoding="utf-8") as f:
                print(*words, file=f)

        @dbus.service.method(IFACE, "(sa{sv})sa{ss}us", "(bba{ss})", async_callbacks=("reply", "error"))
        def CheckAuthorization(self, subject, action, details, flags, cancellation, reply, error):
            mode = (folder / "mode").read_text().strip()
            self.note("check", action, subject[0], subject[1].get("name", ""), int(flags), cancellation)
            answers = {"allow": (True, False), "deny": (False, False), "challenge": (False, True)}
            if mode == "vanish":
                os._exit(0)
            if mode == "temporary":
                reply((True, False, dbus.Dictionary({"polkit.temporary_authorization_id": "tmp0"}, signature="ss")))
            elif mode in answers:
                reply(answers[mode] + (dbus.Dictionary({}, signature="ss"),))

        @dbus.service.method(IFACE, "s", "")
        def CancelCheckAuthorization(self, cancellation):
            self.note("cancel", cancellation)

        @dbus.service.signal(IFACE, "")
        def Changed(self):
            pass

    authority = Authority(bus, "/org/freedesktop/PolicyKit1/Authority")
    name = dbus.service.BusName("org.freedesktop.PolicyKit1", bus, do_not_queue=True)
    signal.signal(signal.SIGUSR1, lambda *_: authority.Changed())
    while name:
        if not _glib.g_main_context_iteration(None, 0):
            time.sleep(0.001)


class FakePolkit:
    """Stands in where the real one cannot be made to: it can hang and vanish."""

    def __init__(self, machine, mode="allow"):
        self.folder = machine.folder / "polkit"
        self.folder.mkdir(exist_ok=True)
        self.mode(mode)
        self.process = multiprocessing.Process(target=_fake_polkit, args=(machine.address, self.folder), daemon=True)
        self.process.start()
        machine.wait_for_name("org.freedesktop.PolicyKit1")

    def mode(self, mode):
        (self.folder / "mode").write_text(mode)

    def log(self):
        return [line.split() for line in (self.folder / "log").read_text().splitlines()]

    def changed(self):
        os.kill(self.process.pid, signal.SIGUSR1)

    def stop(self):
        self.process.kill()
        self.process.join()


# --- The machine -------------------------------------------------------------------------------------------------------------

BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={folder}/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Introspectable"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Properties"/>
    <deny send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus" send_member="UpdateActivationEnvironment"/>
    <deny send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Debug.Stats"/>
  </policy>
  <policy user="root">
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Monitoring"/>
  </policy>
  {includes}
</busconfig>
"""


class Machine:
    """polkit: "real", "fake" (FakePolkit as .polkit) or None. daemon: whether sygnetd-test is started. conf: text of sygnetd.conf.
    offset: where its clocks begin, in seconds from the machine's."""

    daemon_program = "daemon/sygnetd-test"
    more_policies = ()  # of the message bus: paths

    def __init__(self, polkit="real", daemon=True, conf="", offset=0):
        self.want_polkit, self.want_daemon, self.conf = polkit, daemon, conf
        self.processes, self.clients, self.polkit, self.daemon = [], [], None, None
        self.offset = offset
        self.frozen = None

    def __enter__(self):
        self.rules = namespace() / "rules"
        self.folder = Path(tempfile.mkdtemp(prefix="machine-", dir=namespace()))
        self.folder.chmod(0o755)
        self.address = f"unix:path={self.folder}/bus"
        self.clock = self.folder / "clock"
        self.clock.write_text(str(self.offset))
        self.state, self.host_key = self.folder / "state", self.folder / "host-key"
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self):
        policies = [*self.more_policies, *SOURCE.glob("dbus/*.conf"), *SOURCE.glob("tests/bus/*.conf"),
                    *(Path(f"/usr/share/dbus-1/system.d/org.freedesktop.{n}.conf") for n in ("PolicyKit1", "login1"))]
        includes = "\n  ".join(f"<include>{p}</include>" for p in policies)
        (self.folder / "bus.conf").write_text(BUS_CONFIG.format(folder=self.folder, includes=includes))
        self.spawn(["dbus-daemon", "--nofork", "--nopidfile", f"--config-file={self.folder}/bus.conf"],
                   stderr=subprocess.DEVNULL)
        self.wait_for_name("org.freedesktop.DBus")
        if self.want_polkit == "real":
            self.start_polkit()
        elif self.want_polkit == "fake":
            self.polkit = FakePolkit(self)
        if self.want_daemon:
            self.init_store()
            self.start_daemon()

    def __exit__(self, *_):
        for client in self.clients:
            if client.process.is_alive():
                client.leave()
        if self.daemon:
            self.stop_daemon(check=False)
        if isinstance(self.polkit, FakePolkit):
            self.polkit.stop()
        for p in reversed(self.processes):
            p.kill()
            p.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    # Processes.

    def environment(self, **more):
        return {**os.environ, "LANGUAGE": "", "DBUS_SYSTEM_BUS_ADDRESS": self.address, "SYGNET_TEST_CLOCK": str(self.clock), "LC_ALL": "C.UTF-8", **more}

    def _argv(self, argv, uid):
        return argv if uid == ROOT else ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--"] + argv

    def spawn(self, argv, uid=ROOT, **options):
        """Starts a program of this machine; it is killed at the end."""
        p = subprocess.Popen(self._argv([str(a) for a in argv], uid), env=self.environment(), preexec_fn=die_with_parent, **options)
        self.processes.append(p)
        return p

    def run(self, argv, uid=ROOT, check=True, **options):
        """Runs a program of this machine to its end; text output is captured."""
        p = subprocess.run(self._argv([str(a) for a in argv], uid), env=self.environment(), capture_output=True, text=True,
                           timeout=options.pop("timeout", 120), check=False, **options)
        if check and p.returncode != 0:
            raise AssertionError(f"{argv} ended with {p.returncode}:\n{p.stdout}{p.stderr}")
        return p

    @staticmethod
    def wait_for(condition, what, timeout=20):
        until = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > until:
                raise TimeoutError(f"{what} did not come")
            time.sleep(0.005)

    def has_owner(self, name):
        try:
            bus = dbus.bus.BusConnection(self.address)
        except dbus.DBusException:
            return False  # it does not listen yet
        try:
            return bus.name_has_owner(name)
        finally:
            bus.close()

    def wait_for_name(self, name, timeout=20):
        self.wait_for(lambda: self.has_owner(name), name, timeout)

    # polkit.

    def start_polkit(self):
        self.polkit = self.spawn(["/usr/lib/polkit-1/polkitd", "--no-debug"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait_for_name("org.freedesktop.PolicyKit1")

    def stop_polkit(self):
        self.polkit.kill()
        self.polkit.wait()
        self.wait_for(lambda: not self.has_owner("org.freedesktop.PolicyKit1"), "polkit's end")

    # The daemon.

    def init_store(self):
        """Makes sygnetd's store."""
        os.chown(self.folder, SYGNET, SYGNET)
        self.run([BUILD / "tests/bus/make-store", self.state, self.host_key], uid=SYGNET)

    def start_daemon(self, wait=True):
        (self.folder / "sygnetd.conf").write_text(self.conf)
        self.log = open(self.folder / "sygnetd.log", "ab")
        self.daemon = subprocess.Popen(
            self._argv([str(BUILD / self.daemon_program), "--state", str(self.state), "--host-key", str(self.host_key),
                        "--conf", str(self.folder / "sygnetd.conf")], SYGNET),
            env=self.environment(), preexec_fn=die_with_parent, stdout=self.log, stderr=self.log)
        if not wait:
            return

        def up():
            if self.daemon.poll() is not None:
                raise AssertionError(f"sygnetd ended with {self.daemon.returncode}:\n{self.daemon_log()}")
            return self.has_owner(NAME)
        self.wait_for(up, NAME)

    def daemon_log(self):
        return (self.folder / "sygnetd.log").read_text(errors="replace")

    def stop_daemon(self, check=True):
        """A clean stop; the sanitizers' verdict is the exit status."""
        daemon, self.daemon = self.daemon, None
        if daemon.poll() is None:
            daemon.terminate()
        try:
            status = daemon.wait(30)
        except subprocess.TimeoutExpired:
            daemon.kill()
            status = daemon.wait()
        self.log.close()
        if status != 0 and (check or sys.exc_info()[0] is None):
            raise AssertionError(f"sygnetd ended with {status}:\n{self.daemon_log()}")
        if status != 0:
            print(self.daemon_log(), file=sys.stderr)

    def kill_daemon(self):
        """kill -9, and until the bus has noticed."""
        self.daemon.kill()
        self.daemon.wait()
        self.daemon = None
        self.log.close()
        self.wait_for(lambda: not self.has_owner(NAME), "the end of sygnetd")

    def restart_daemon(self):
        self.stop_daemon()
        self.wait_for(lambda: not self.has_owner(NAME), "the end of sygnetd")
        self.start_daemon()

    # Clients, clock and accounts.

    def client(self, uid=ROOT):
        c = Client(self, uid)
        self.clients.append(c)
        return c

    @property
    def operator(self):
        """A client of root, whom polkit always lets."""
        if not hasattr(self, "_operator"):
            self._operator = self.client(ROOT)
        return self._operator

    def now(self):
        return (self.frozen[0] if self.frozen else time.time()) + self.offset

    def freeze(self):
        """Stops the daemon's clocks, where a slow machine would let time pass that the test counts on."""
        self.frozen = (int(time.time()), int(time.clock_gettime(time.CLOCK_BOOTTIME)))
        self.advance(0)

    def advance(self, seconds):
        """Moves the daemon's clocks, and with them now() and code()."""
        self.offset += seconds
        temporary = self.clock.with_suffix(".new")
        temporary.write_text(" ".join(str(n) for n in (self.offset, *(self.frozen or ()))))
        temporary.rename(self.clock)

    def code(self, key, digits=8, fresh=True):
        """The code of now; `fresh` first moves the clock to the next time step, so that it was never used."""
        if fresh:
            self.advance(30)
        return totp(key, self.now(), digits)

    def account(self, login, *uids, password=PASSWORD, email="", phone=""):
        """Makes an account and binds it; returns its id."""
        account = self.operator.call("Account.Create", "ssssv", login, login.capitalize(), email, phone, secret(password))
        for uid in uids:
            self.operator.call("Account.Bind", "su", login, dbus.UInt32(uid))
        return account


class TestCase(unittest.TestCase):
    def refused(self, name, function, /, *args, **more):
        """Calls, and wants the error of that name; returns its sentence."""
        try:
            got = function(*args, **more)
        except BusError as e:
            self.assertEqual(name, e.name, e.message)
            self.assertTrue(e.message)
            return e.message
        self.fail(f"wanted {name}, got {got!r}")


def main():
    try:
        unittest.main(verbosity=2)
    except Exception:  # pragma: no cover
        traceback.print_exc()
        sys.exit(1)
