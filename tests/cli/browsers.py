# SPDX-License-Identifier: LGPL-2.1-or-later
"""A home folder with real NSS databases (certutil) in all the places where programs keep them."""
import hashlib
import os
import sqlite3
import subprocess
from pathlib import Path

# Folder, and what is in it before: nothing, or the certificates of Home.known with that trust.
PLACES = {
    ".mozilla/firefox/abcd1234.default-esr": None,
    ".mozilla/firefox/not in the list": None,
    "elsewhere/profile": None,
    ".config/mozilla/firefox/xdg.default": None,
    "snap/firefox/common/.mozilla/firefox/snap.default": None,
    ".var/app/org.mozilla.firefox/.mozilla/firefox/flat.default": None,
    ".thunderbird/bird.default": None,
    "snap/thunderbird/common/.thunderbird/bird.snap": None,
    ".var/app/org.mozilla.Thunderbird/.thunderbird/bird.flat": None,
    ".pki/nssdb": None,
    "snap/chromium/current/.pki/nssdb": None,
    ".var/app/org.chromium.Chromium/.pki/nssdb": None,
    ".var/app/com.google.Chrome/.pki/nssdb": None,
    "office/certificates & keys": None,
}


def certutil(folder, *args, **how):
    return subprocess.run(["certutil", *args, "-d", f"sql:{folder}"], check=True, capture_output=True, stdin=subprocess.DEVNULL, **how).stdout


def make_database(folder, password_file=None):
    folder.mkdir(parents=True, exist_ok=True)
    certutil(folder, "-N", *(["-f", password_file] if password_file else ["--empty-password"]))


class Home:
    def __init__(self, path):
        self.path = path
        for place in PLACES:
            make_database(path / place)
        (path / ".mozilla/firefox/profiles.ini").write_text(
            "[Install4F96D1932A9F858E]\nDefault=abcd1234.default-esr\nLocked=1\n\n[Profile1]\nName=elsewhere\nIsRelative=0\n"
            f"Path={path}/elsewhere/profile\n\n[Profile0]\nName=default\nIsRelative=1\nPath=abcd1234.default-esr\n\n[General]\nStartWithLastProfile=1\n")
        legacy = path / ".mozilla/firefox/legacy.default"
        legacy.mkdir()
        (legacy / "cert8.db").write_bytes(b"\0\x06\x15\x61")
        office = path / ".config/libreoffice/4/user/registrymodifications.xcu"
        office.parent.mkdir(parents=True)
        office.write_text('<?xml version="1.0" encoding="UTF-8"?>\n<oor:items xmlns:oor="http://openoffice.org/2001/registry">\n'
                          '<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="CertDir" oor:op="fuse">'
                          f'<value>{path}/office/certificates &amp; keys</value></prop></item>\n</oor:items>\n')

    def folders(self):
        return [self.path / place for place in PLACES]

    def photograph(self):
        """Certificates and their trust, by fingerprint, with names; of each database, also those that were made since."""
        return {str(db.parent.relative_to(self.path)): certificates(db.parent) for db in sorted(self.path.rglob("cert9.db"))}


def trust_of(folder):
    """What certutil lists: nickname to trust."""
    lines = certutil(folder, "-L", text=True).splitlines()[3:]
    # A name with a colon is listed with the token's before it.
    return {name.strip().removeprefix("NSS Certificate DB:"): trust for name, trust in (line.rsplit(None, 1) for line in lines if line.strip())}


def certificates(folder):
    db = sqlite3.connect(f"file:{Path(folder) / 'cert9.db'}?mode=ro", uri=True)
    rows = db.execute("SELECT a11, a3 FROM nssPublic WHERE a0 = x'00000001'").fetchall()
    db.close()
    return {hashlib.sha256(der).hexdigest(): (name.decode(), trust_of(folder)[name.decode().strip()]) for der, name in rows}


def own(path, uid):
    for top, folders, files in os.walk(path):
        for name in [".", *folders, *files]:
            os.lchown(os.path.join(top, name), uid, uid)
