#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Logs in and has a credential sign prepared attributes: sign.py LOGIN CREDENTIAL ATTRIBUTES-FILE VALUE-FILE
Asks on standard input for the password, then for the one-time code. The attributes are the DER SET that CMS signs (RFC 5652, 5.4)."""
import fcntl
import os
import sys

import dbus


def secret(text):
    """In a sealed memfd, so that it does not stay in the memory of the message bus."""
    fd = os.memfd_create("secret", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(fd, text.encode())
    os.lseek(fd, 0, os.SEEK_SET)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE)
    return dbus.types.UnixFd(fd, variant_level=1)


login, credential, attributes, value = sys.argv[1:]
password, code = (sys.stdin.readline().rstrip("\n") for _ in range(2))
service = dbus.SystemBus().get_object("org.sygnet.Sygnet1", "/org/sygnet/Sygnet1", introspect=False)
session, info = service.Login(login, secret(password), dbus.Dictionary(signature="sv"), signature="sva{sv}",
                              dbus_interface="org.sygnet.Sygnet1.Session")
with open(attributes, "rb") as f:
    item = ("cms-attributes", dbus.ByteArray(f.read()), dbus.Dictionary({"name": attributes}, signature="sv"))
signature, = service.SignOnce(session, credential, [item], dbus.Dictionary({"otp": secret(code)}, signature="sv"),
                              dbus.Dictionary(signature="sv"), signature="ssa(saya{sv})a{sv}a{sv}", byte_arrays=True,
                              dbus_interface="org.sygnet.Sygnet1.Operation")
with open(value, "xb") as f:
    f.write(signature)
