#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may include whom, held against the #include lines (docs/architecture.md, "Layers").

Libraries know only the layers below them; programs never include each other; a foreign library is used in the layer that wraps
it and nowhere else. A file in a folder without a rule fails, so that a new folder is a decision.
"""
import re
import shutil
import subprocess
import sys
from pathlib import Path

TOP = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2]).resolve()

# folder -> (folders of ours, foreign headers by prefix) beside itself and libc.
RULES = {
    "lib/base": ((), ()),
    "lib/crypto": (("lib/base",), ("gnutls/", "nettle/", "argon2.h", "gcrypt.h")),
    "lib/der": (("lib/base",), ("libtasn1.h",)),
    "lib/bus": (("lib/base",), ("systemd/",)),
    "lib/store": (("lib/base", "lib/crypto"), ("sqlite3.h",)),
}
# The formats of signatures: what each may know of the others. lib/sign itself puts them together.
FORMATS = {
    "lib/sign/trust": (("lib/sign/cms",), ("gnutls/",)),
    "lib/sign/cms": (("lib/sign/trust",), ("gnutls/",)),
    "lib/sign/pdf": (("lib/sign/cms", "lib/sign/trust"), ("gnutls/", "nettle/", "qpdf/", "zlib.h", "png.h", "hb-")),
    "lib/sign/xml": (("lib/sign/cms", "lib/sign/trust"), ("gnutls/", "libxml/")),
    "lib/sign/asic": (("lib/sign/cms", "lib/sign/trust", "lib/sign/xml"), ("gnutls/", "zlib.h")),
}
for folder, (others, foreign) in FORMATS.items():
    RULES[folder] = (("lib/base", "lib/crypto", "lib/der", "lib/sign") + others, foreign)
RULES["lib/sign"] = (("lib/base", "lib/crypto", "lib/der") + tuple(FORMATS), ("gnutls/",))
LIBRARIES = tuple(RULES)
# For other people's programs: ours take lib/sign itself.
RULES["lib/api"] = (("lib/base", "lib/crypto", "lib/sign") + tuple(FORMATS), ("gnutls/",))
RULES["docs/examples"] = ((), ("sygnet/",))
PROGRAMS = {
    "daemon": ("systemd/", "gnutls/"),
    "ca": ("systemd/", "gnutls/"),
    "ca-key": ("systemd/", "gnutls/"),
    "client": ("systemd/", "gnutls/", "curl/", "sqlite3.h", "qrencode.h", "png.h"),
    "store-tool": ("gnutls/",),
    "courier": ("systemd/", "curl/"),
    "ocsp": ("systemd/", "gnutls/", "microhttpd.h"),
    "installer/trust": ("systemd/", "gnutls/"),
}
for folder, foreign in PROGRAMS.items():
    RULES[folder] = (LIBRARIES, foreign)

# Headers of libc and the kernel that are not plain NAME.h of ISO C or POSIX.
LIBC = ("sys/", "linux/", "arpa/", "netinet/", "bits/")
FOREIGN = ("gnutls/", "nettle/", "qpdf/", "systemd/", "libtasn1.h", "sqlite3.h", "argon2.h", "qrencode.h", "png.h", "zlib.h", "libxml/", "hb-", "sygnet/", "curl/",
           "microhttpd.h", "archive", "gcrypt.h", "openssl/", "polkit/", "glib", "p11-kit/")


def folder_of(path):
    """The longest folder with a rule that holds path, or None."""
    fits = [f for f in RULES if path.startswith(f + "/")]
    return max(fits, key=len) if fits else None


def sources():
    if (TOP / ".git").exists() and shutil.which("git"):
        names = subprocess.run(["git", "-c", "safe.directory=*", "-C", str(TOP), "ls-files", "-co", "--exclude-standard"], check=True,
                               capture_output=True, text=True).stdout.splitlines()
    else:
        names = [str(p.relative_to(TOP)) for p in TOP.rglob("*") if p.is_file()]
    return sorted(n for n in names if n.endswith((".c", ".h")) and not n.startswith(("tests/", "build")) and (TOP / n).exists())


def target_of(name):
    """Where an include by quotes leads: "daemon/x.h" from the root, "base/x.h" from lib."""
    for candidate in (name, "lib/" + name):
        if (TOP / candidate).exists():
            return candidate
    return None


def check(source):
    here = folder_of(source)
    if here is None:
        return [f"{source}: in a folder without a rule"]
    ours, foreign = RULES[here]
    bad = []
    for number, line in enumerate((TOP / source).read_text(encoding="utf-8").splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*(<([^>]+)>|"([^"]+)")', line)
        if not found:
            continue
        system, own = found.group(2), found.group(3)
        if own is not None:
            if own == "config.h":
                continue
            path = target_of(own)
            if path is None:
                # Made by the build: only a folder's own.
                if "/" in own and not (here.endswith(own.rsplit("/", 1)[0])):
                    bad.append(f"{source}:{number}: {own} is nowhere")
                continue
            there = folder_of(path)
            if there != here and there not in ours:
                bad.append(f"{source}:{number}: {here} must not include {path}")
        elif system.startswith(FOREIGN) and not system.startswith(foreign or ("\0",)):
            bad.append(f"{source}:{number}: {here} must not use <{system}>")
        elif "/" in system and not system.startswith(LIBC + FOREIGN):
            bad.append(f"{source}:{number}: <{system}> belongs to no layer")
    return bad


def main():
    files = sources()
    if not files:
        sys.exit("no sources found: the check would check nothing")
    bad = [message for source in files for message in check(source)]
    for message in bad:
        print(message)
    print(f"{len(files)} files, {len(bad)} violations")
    sys.exit(1 if bad else 0)


main()
