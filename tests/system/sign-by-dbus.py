#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""sign-by-dbus.py LOGIN PASSWORD-FILE CREDENTIAL CODE DOCUMENT SIGNATURE ATTRIBUTES: logs in and signs with python3-dbus alone."""
import os
import sys

import dbus

from attributes import signed_attributes

login, password_file, credential, code, document, signature, attributes = sys.argv[1:]
service = dbus.SystemBus().get_object("org.sygnet.Sygnet1", "/org/sygnet/Sygnet1")
session_of = dbus.Interface(service, "org.sygnet.Sygnet1.Session")
credentials = dbus.Interface(service, "org.sygnet.Sygnet1.Credential")
operations = dbus.Interface(service, "org.sygnet.Sygnet1.Operation")


def secret(data):
    """A sealed memfd, so that the secret does not stay in the memory of the message bus."""
    import fcntl
    fd = os.memfd_create("secret", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
    os.write(fd, data)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL)
    return dbus.types.UnixFd(fd)


with open(password_file, "rb") as f:
    password = f.read().rstrip(b"\n")
session, info = session_of.Login(login, secret(password), dbus.Dictionary({}, signature="sv"))
certificate = bytes(credentials.GetCertificates(credential)[0])
with open(document, "rb") as f:
    tbs = signed_attributes(certificate, f.read())
items = dbus.Array([("cms-attributes", dbus.ByteArray(tbs), dbus.Dictionary({"name": "by python3-dbus"}, signature="sv"))], signature="(saya{sv})")
made = operations.SignOnce(session, credential, items, {"otp": secret(code.encode())}, dbus.Dictionary({}, signature="sv"))
session_of.Logout(session)
for name, data in ((signature, bytes(made[0])), (attributes, tbs)):
    with open(name, "wb") as f:
        f.write(data)
