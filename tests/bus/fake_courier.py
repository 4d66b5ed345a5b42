# SPDX-License-Identifier: LGPL-2.1-or-later
"""A courier that can be told how to behave, beside the real one of couriers.py: for what a real one does only by accident.

    courier = FakeCourier(machine)
    courier.mode("temporary")      # for all that come from now on
    courier.mode("vanish", "ok")   # the first one, then all others
    courier.delivered()            # [{"id": …, "channel": …, "recipient": …, "template": …, "language": …, "fields": {…}}, …]

ok: takes the message. temporary, refused, not-configured: that error. broken: InvalidArgument. telling: refuses and repeats the message in its
reason. hang: takes the call and never answers. vanish: dies before it takes the message. drop: takes it, and dies before it answers.
"""
import json
import multiprocessing
import os
import signal
import time

import dbus
import dbus.bus
import dbus.mainloop.glib

from harness import ERROR, SYGNET_COURIER, _glib, die_with_parent

NAME, PATH = "org.sygnet.Courier1", "/org/sygnet/Courier1"

ERRORS = {"temporary": ("DeliveryTemporary", "The mail server is busy."), "refused": ("DeliveryRefused", "There is no such mailbox."),
          "not-configured": ("DeliveryNotConfigured", "courier.conf has nothing for it."), "broken": ("InvalidArgument", "There is no such template.")}


def _serve(address, folder):
    import dbus.service
    os.setgroups([])
    os.setresgid(SYGNET_COURIER, SYGNET_COURIER, SYGNET_COURIER)
    os.setresuid(SYGNET_COURIER, SYGNET_COURIER, SYGNET_COURIER)
    die_with_parent()
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    bus = dbus.bus.BusConnection(address)

    def next_mode():
        modes = (folder / "mode").read_text().split()
        if len(modes) > 1:
            (folder / "mode.new").write_text(" ".join(modes[1:]))
            (folder / "mode.new").rename(folder / "mode")
        return modes[0]

    def note(file, **what):
        with open(folder / file, "a", encoding="utf-8") as f:
            f.write(json.dumps(what) + "\n")

    class Refusal(dbus.DBusException):
        include_traceback = False

    class Courier(dbus.service.Object):
        @dbus.service.method(NAME, "sssssh", "", async_callbacks=("reply", "error"))
        def Deliver(self, message, channel, recipient, template, language, fields, reply, error):
            fd = fields.take()
            with open(fd, "rb") as f:
                os.lseek(fd, 0, os.SEEK_SET)
                text = f.read().decode()
            what = {"id": message, "channel": channel, "recipient": recipient, "template": template, "language": language, "fields": json.loads(text)}
            mode = next_mode()
            note("calls", mode=mode, **what)
            if mode == "vanish":
                os._exit(0)
            if mode in ("ok", "drop"):
                note("delivered", **what)
            if mode == "drop":
                os._exit(0)
            if mode == "ok":
                reply()
            elif mode == "telling":
                error(Refusal(f"550 <{recipient}> {text}", name=ERROR + "DeliveryRefused"))
            elif mode in ERRORS:
                error(Refusal(ERRORS[mode][1], name=ERROR + ERRORS[mode][0]))

    courier = Courier(bus, PATH)
    name = dbus.service.BusName(NAME, bus, do_not_queue=True)
    while courier and name:
        if not _glib.g_main_context_iteration(None, 0):
            time.sleep(0.001)


class FakeCourier:
    def __init__(self, machine, *modes):
        self.machine, self.folder = machine, machine.folder / "fake-courier"
        self.folder.mkdir(exist_ok=True)
        os.chown(self.folder, SYGNET_COURIER, SYGNET_COURIER)
        self.mode(*(modes or ("ok",)))
        self.start()

    def start(self):
        self.process = multiprocessing.Process(target=_serve, args=(self.machine.address, self.folder), daemon=True)
        self.process.start()
        self.machine.wait_for_name(NAME)

    def mode(self, *modes):
        """Whole at once: it is read at each call."""
        (self.folder / "wanted").write_text(" ".join(modes))
        (self.folder / "wanted").rename(self.folder / "mode")

    def stop(self):
        self.process.kill()
        self.process.join()
        self.machine.wait_for(lambda: not self.machine.has_owner(NAME), "the courier's end")

    def freeze(self):
        """Does not even read its calls, as a process that hangs."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self):
        os.kill(self.process.pid, signal.SIGCONT)

    def _read(self, file):
        path = self.folder / file
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def delivered(self):
        return self._read("delivered")

    def calls(self):
        return self._read("calls")
