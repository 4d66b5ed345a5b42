# SPDX-License-Identifier: LGPL-2.1-or-later
"""no-core.py LOGIN PASSWORD-FILE UID: as root, makes cores of sygnetd in the ways that a system has, and looks into them. The id of a session that
is open meanwhile stands for the secrets: it is in the service's memory and nowhere else. Each way is shown to work on something that is
not protected, so that the test cannot pass because nothing was made."""
import os
import pwd
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import dbus

NAME, BUS = "org.sygnet.Sygnet1", "org.freedesktop.DBus"
UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
folder = Path(tempfile.mkdtemp(prefix="no-core-"))


def require(condition, *what, quiet=False):
    if not condition:
        sys.exit("NOT so: " + " ".join(str(w) for w in what))
    if not quiet:
        print("so it is:", *what)


def as_user(uid, connect):
    """A bus takes a connection for its process's effective user."""
    os.seteuid(uid)
    try:
        return connect()
    finally:
        os.seteuid(0)


def memory_in(core):
    """Bytes of memory in an ELF core of 64 bits: what its PT_LOAD segments have in the file, but for those that nobody writes to (the kernel's own
    code, which gdb always adds)."""
    offset, size, count = struct.unpack_from("<Q", core, 32)[0], *struct.unpack_from("<HH", core, 54)
    headers = (struct.unpack_from("<IIQQQQ", core, offset + i * size) for i in range(count))
    return sum(h[5] for h in headers if h[0] == 1 and h[1] & 2)


def gcore(pid, name):
    subprocess.run(["gcore", "-o", folder / name, str(pid)], check=True, capture_output=True)
    return (folder / f"{name}.{pid}").read_bytes()


def by_debugger(login, password, uid):
    bus = as_user(uid, lambda: dbus.SystemBus(private=True))
    pid = int(bus.get_object(BUS, "/org/freedesktop/DBus").GetConnectionUnixProcessID(NAME, dbus_interface=BUS))
    service = bus.get_object(NAME, "/org/sygnet/Sygnet1")
    session, _ = service.Login(login, dbus.String(password, variant_level=1), dbus.Dictionary({}, signature="sv"), dbus_interface=f"{NAME}.Session")
    held = gcore(pid, "held")
    require(memory_in(held) == 0 and session.encode() not in held, "gcore of the service has no memory in its", len(held), "bytes")
    Path(f"/proc/{pid}/coredump_filter").write_text("0x33")
    try:
        free = gcore(pid, "free")
    finally:
        Path(f"/proc/{pid}/coredump_filter").write_text("0")
    require(session.encode() in free, "the same without its filter has the session among", memory_in(free), "bytes of memory")
    service.Logout(session, dbus_interface=f"{NAME}.Session")


SHIM = """#define _GNU_SOURCE
#include <sys/resource.h>
int setrlimit(__rlimit_resource_t r, const struct rlimit *l) { return 0; }
int setrlimit64(__rlimit_resource_t r, const struct rlimit64 *l) { return 0; }
#ifdef DUMPABLE
int prctl(int option, ...) { return 0; }
#endif
"""


def shim(name, *options):
    """A library to load before, that takes the limit on cores away from a program, and with -DDUMPABLE the flag too."""
    (folder / "shim.c").write_text(SHIM)
    subprocess.run(["gcc", "-shared", "-fPIC", *options, "-o", folder / name, folder / "shim.c"], check=True)
    return str(folder / name)


def aborted(argv, user, ready, **environment):
    """Whether the kernel made a core of a program that has no limit on it; and the core, where the kernel puts cores beside (core_pattern)."""
    for old in folder.glob("core*"):
        old.unlink()
    p = subprocess.Popen(argv, user=user, group=pwd.getpwuid(user).pw_gid, extra_groups=[], cwd=folder, env={**os.environ, **environment},
                         preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, UNLIMITED))
    until = time.monotonic() + 30
    while not ready():
        require(p.poll() is None and time.monotonic() < until, argv[0], "runs", quiet=True)
        time.sleep(0.05)
    p.send_signal(signal.SIGABRT)
    status = os.waitpid(p.pid, 0)[1]
    p.returncode = status
    require(os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGABRT, argv[0], "was aborted", quiet=True)
    core = next(folder.glob("core*"), None)
    return os.WCOREDUMP(status), core.read_bytes() if core else None


def by_kernel():
    user = pwd.getpwnam("sygnet").pw_uid
    folder.chmod(0o777)
    run = lambda *argv: subprocess.run(argv, user=user, group=pwd.getpwuid(user).pw_gid, extra_groups=[], cwd=folder, check=True, capture_output=True,
                                       text=True).stdout
    run("sygnet-store", "init", "--state", folder / "state", "--host-key", folder / "key")
    address, pid = run("dbus-daemon", "--session", "--fork", "--print-address=1", "--print-pid=1").split()
    try:
        private = as_user(user, lambda: dbus.bus.BusConnection(address))
        service = ["/usr/libexec/sygnet/sygnetd", "--state", folder / "state", "--host-key", folder / "key"]
        serve = lambda library: aborted(service, user, lambda: private.name_has_owner(NAME), DBUS_SYSTEM_BUS_ADDRESS=address, LD_PRELOAD=library)
        dumped, core = aborted(["sleep", "60"], user, lambda: True)
        beside = core is not None
        require(dumped and (not beside or memory_in(core) > 0), "the kernel makes a core of sleep")
        dumped, core = serve(shim("no-limit.so"))
        require(not dumped and core is None, "and none of sygnetd, even without the limit")
        dumped, core = serve(shim("no-limit-no-flag.so", "-DDUMPABLE"))
        require(dumped and (not beside or memory_in(core) == 0), "without the flag too, one without memory,", len(core or b""), "bytes")
    finally:
        os.kill(int(pid), signal.SIGTERM)


by_debugger(sys.argv[1], Path(sys.argv[2]).read_text(encoding="utf-8").strip(), int(sys.argv[3]))
by_kernel()
subprocess.run(["rm", "-rf", folder], check=True)
