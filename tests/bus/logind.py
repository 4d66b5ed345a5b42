# SPDX-License-Identifier: LGPL-2.1-or-later
"""A stand-in for systemd-logind on the private bus: it keeps the sessions that a test gives it, signals what comes and goes, and can be slow or
fall silent. The real one is met in tests/system."""
import ctypes
import multiprocessing
import time

import dbus.bus
import dbus.mainloop.glib
import dbus.service

from harness import die_with_parent

MANAGER, SESSION = "org.freedesktop.login1.Manager", "org.freedesktop.login1.Session"


def _serve(pipe, address):
    die_with_parent()
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    bus = dbus.bus.BusConnection(address)
    sessions, state, asked = {}, {"silent": False}, {}

    class Session(dbus.service.Object):
        def __init__(self, number, uid, kind, path):
            super().__init__(bus, path)
            self.number, self.uid, self.kind, self.path = number, uid, kind, path

        @dbus.service.method("org.freedesktop.DBus.Properties", "ss", "v")
        def Get(self, interface, prop):
            assert (interface, prop) == (SESSION, "Class")
            asked[self.number] = asked.get(self.number, 0) + 1
            return self.kind

    class Manager(dbus.service.Object):
        @dbus.service.method(MANAGER, "", "a(susso)", async_callbacks=("reply", "error"))
        def ListSessions(self, reply, error):
            if not state["silent"]:
                reply(dbus.Array([(i, dbus.UInt32(s.uid), "user", "", dbus.ObjectPath(s.path)) for i, s in sessions.items()], signature="(susso)"))

        @dbus.service.signal(MANAGER, "so")
        def SessionNew(self, name, path):
            pass

        @dbus.service.signal(MANAGER, "so")
        def SessionRemoved(self, name, path):
            pass

    manager = Manager(bus, "/org/freedesktop/login1")
    name = dbus.service.BusName("org.freedesktop.login1", bus, do_not_queue=True)
    glib = ctypes.CDLL("libglib-2.0.so.0")
    while name:
        while pipe.poll(0):
            what, *args = pipe.recv()
            answer = True
            if what == "add":
                number, uid, kind = args
                sessions[number] = Session(number, uid, kind, f"/org/freedesktop/login1/session/_{number}")
                manager.SessionNew(number, sessions[number].path)
            elif what == "remove":
                gone = sessions.pop(args[0])
                gone.remove_from_connection()
                manager.SessionRemoved(args[0], gone.path)
            elif what == "asked":
                answer = asked.get(args[0], 0)
            else:
                state["silent"] = args[0]
            pipe.send(answer)
        if not glib.g_main_context_iteration(None, 0):
            time.sleep(0.001)


class Logind:
    def __init__(self, machine):
        self.pipe, other = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=_serve, args=(other, machine.address), daemon=True)
        self.process.start()
        other.close()
        machine.wait_for_name("org.freedesktop.login1")

    def _tell(self, *what):
        self.pipe.send(what)
        return self.pipe.recv()

    def add(self, number, uid, kind="user"):
        self._tell("add", number, uid, kind)

    def remove(self, number):
        self._tell("remove", number)

    def asked(self, number):
        """How often the class of that session was asked for."""
        return self._tell("asked", number)

    def silent(self, whether):
        self._tell("silent", whether)

    def stop(self):
        self.process.kill()
        self.process.join()
