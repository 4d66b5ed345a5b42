# SPDX-License-Identifier: LGPL-2.1-or-later
"""post-office.py FOLDER: a mail server and a modem on the machine's own system bus, as tests/bus/couriers.py has them, until it is killed. In FOLDER:
courier.conf, ca.pem and password, for an administrator to configure the courier by; exim and modem, for people to look into; at last ready."""
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "bus"))
from couriers import MailServer, ModemManager  # noqa: E402
from harness import die_with_parent  # noqa: E402

import dbus  # noqa: E402


class Here:
    """What harness.py's Machine is to them: this machine."""

    address, want_polkit = "unix:path=/run/dbus/system_bus_socket", "real"

    def __init__(self, folder):
        self.folder = folder

    def spawn(self, argv, **how):
        return subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL, preexec_fn=die_with_parent, **how)

    def wait_for(self, condition, what, timeout=20):
        until = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > until:
                sys.exit(f"{what} did not come")
            time.sleep(0.05)

    def wait_for_name(self, name):
        self.wait_for(lambda: dbus.SystemBus().name_has_owner(name), name)


def main(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o755)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    here = Here(folder)
    mail, modem = MailServer(here), ModemManager(here)
    (folder / "courier.conf").write_text(mail.conf(CAFile="/etc/sygnet/mail-ca.pem") + "\n[SMS]\nMethod=modemmanager\n")
    (folder / "ca.pem").write_bytes(mail.ca.file.read_bytes())
    (folder / "password").write_text(mail.password + "\n")
    (folder / "ready").touch()
    signal.sigwait([signal.SIGTERM])
    mail.stop()
    modem.stop()


main(Path(sys.argv[1]))
