#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""hand-over.py CHANNEL RECIPIENT: asks the courier to send a test message, as sygnetd asks it. Ends with 1 and says the error where it does not."""
import os
import sys

import dbus

F_ADD_SEALS, SEALS = 1033, 0xE


def main():
    import fcntl
    fd = os.memfd_create("fields", os.MFD_CLOEXEC | 2)  # MFD_ALLOW_SEALING
    os.write(fd, b"{}")
    fcntl.fcntl(fd, F_ADD_SEALS, SEALS)
    courier = dbus.Interface(dbus.SystemBus().get_object("org.sygnet.Courier1", "/org/sygnet/Courier1", introspect=False), "org.sygnet.Courier1")
    try:
        courier.Deliver("system-1", sys.argv[1], sys.argv[2], "test", "en", dbus.types.UnixFd(fd), signature="sssssh", timeout=60)
    except dbus.DBusException as e:
        print(e.get_dbus_name(), e.get_dbus_message())
        sys.exit(1)


main()
