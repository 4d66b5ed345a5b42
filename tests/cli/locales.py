# SPDX-License-Identifier: LGPL-2.1-or-later
"""Locales for tests: made by localedef, and put where the C library looks for them, as are the build's translations where the program does; in
the mount namespace of tests/bus/harness.py. (Not by LOCPATH: the C library's newlocale() leaks under it, and the sanitizer tells.)"""
import os
import shutil
import subprocess
from pathlib import Path

from cli import BUILD
from served import harness

SYSTEM = Path("/usr/lib/locale")
LOCALES = {"pl_PL.UTF-8": ("pl_PL", "UTF-8"), "pl_PL.ISO-8859-2": ("pl_PL", "ISO-8859-2")}

_made = False


def _put_translations():
    """Over the folder of translations, or over its nearest parent that exists."""
    place = Path(os.environ["SYGNET_LOCALEDIR"])
    parent = next(p for p in (place, *place.parents) if p.exists())
    tree = harness.namespace() / "translations"
    mo = tree / place.relative_to(parent) / "pl/LC_MESSAGES/sygnet.mo"
    mo.parent.mkdir(parents=True)
    mo.write_bytes((BUILD / "po/pl/LC_MESSAGES/sygnet.mo").read_bytes())
    harness._mount(tree, parent, 0x1000)  # MS_BIND


def provide():
    """Makes LOCALES known to every program that is started from now on."""
    global _made
    if _made:
        return
    top = harness.namespace() / "locales"
    shutil.copytree(SYSTEM, top)
    for name, (source, charset) in LOCALES.items():
        subprocess.run(["localedef", "-i", source, "-f", charset, str(top / name)], check=True, capture_output=True)
    harness._mount(top, SYSTEM, 0x1000)  # MS_BIND
    _put_translations()
    _made = True
