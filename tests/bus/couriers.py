# SPDX-License-Identifier: LGPL-2.1-or-later
"""sygnet-courier on a machine of harness.py, and what it delivers to.

    with Machine() as m, Courier(m, conf) as courier:
        m.client(SYGNET).call(*deliver("id", "mail", "anna@example.com", "test", "en"), **COURIER)
"""
import json

from harness import BUILD, SOURCE, SYGNET_COURIER, Memfd

COURIER = {"name": "org.sygnet.Courier1", "path": "/org/sygnet/Courier1"}


def deliver(message, channel, recipient, template, language="en", **fields):
    """The arguments of a call of Deliver."""
    return ("org.sygnet.Courier1.Deliver", "sssssh", message, channel, recipient, template, language, Memfd(json.dumps(fields).encode()))


class Courier:
    """The service, as its own user; `conf` is the text of courier.conf, which it reads anew for each message."""

    def __init__(self, machine, conf=""):
        self.machine, self.folder = machine, machine.folder / "courier"
        self.folder.mkdir()
        self.folder.chmod(0o755)
        self.configure(conf)
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def configure(self, conf):
        (self.folder / "courier.conf").write_text(conf)

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = self.machine.spawn(
                [BUILD / "courier/sygnet-courier", "--conf", self.folder / "courier.conf", "--templates", self.folder / "templates",
                 "--shipped-templates", SOURCE / "courier/templates", "--passwords", self.folder / "passwords"],
                uid=SYGNET_COURIER, stdout=log, stderr=log)
        self.machine.wait_for(self.is_up, "sygnet-courier")

    def is_up(self):
        if self.process.poll() is not None:
            raise AssertionError(f"sygnet-courier ended with {self.process.returncode}:\n{self.log()}")
        return self.machine.has_owner(COURIER["name"])

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.machine.wait_for(lambda: not self.machine.has_owner(COURIER["name"]), "the end of sygnet-courier")

    def stop(self):
        """A clean stop; the sanitizers' verdict is the exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        status = self.process.wait(30)
        if status not in (0, -9):
            raise AssertionError(f"sygnet-courier ended with {status}:\n{self.log()}")
