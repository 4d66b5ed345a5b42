#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The manual pages of services and settings name what there is, all of it, and nothing else."""
import os
import re
import subprocess
import unittest
from pathlib import Path

BUILD, SOURCE = Path(os.environ["SYGNET_BUILD"]), Path(os.environ["SYGNET_SOURCE"])


def page(path):
    return path.read_text(encoding="utf-8").replace("\\-", "-")


def options(text):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))


def section(text, name):
    return re.search(rf"^\.SH {name}$(.*?)(?=^\.SH|\Z)", text, re.M | re.S).group(1)


def said(program):
    return subprocess.run([BUILD / program, "--help"], capture_output=True, text=True, check=True).stdout


class Manual(unittest.TestCase):
    def test_services(self):
        there = set().union(*(options(said(p)) for p in ("daemon/sygnetd", "ca/sygnet-cad", "installer/trust/sygnet-trustd")))
        self.assertIn("--accept-rollback", there)
        self.assertEqual(there, options(section(page(BUILD / "docs/man/sygnetd.8"), "OPTIONS")))

    def test_store_tool(self):
        text, there = page(SOURCE / "docs/man/sygnet-store.8"), said("store-tool/sygnet-store")
        self.assertEqual(options(there), options(section(text, "OPTIONS")))
        verbs = re.findall(r"^  ([a-z-]+)  ", there.split("Options:")[0], re.M)
        self.assertIn("restore", verbs)
        self.assertEqual(verbs, re.findall(r"^\.TP\n\.B ([a-z-]+)", section(text, "VERBS"), re.M))

    def test_courier(self):
        there = options(said("courier/sygnet-courier"))
        self.assertIn("--test", there)
        self.assertEqual(there, options(section(page(BUILD / "docs/man/sygnet-courier.8"), "OPTIONS")))

    def test_responder(self):
        there = options(said("ocsp/sygnet-ocspd"))
        self.assertIn("--listen", there)
        self.assertEqual(there, options(section(page(BUILD / "docs/man/sygnet-ocspd.8"), "OPTIONS")))

    def test_key_host(self):
        text = page(BUILD / "docs/man/sygnet-ca-keyd.8")
        there = options(said("ca-key/sygnet-ca-keyd"))
        self.assertIn("--pin-file", there)
        self.assertEqual(there, options(section(text, "OPTIONS")))
        keys = re.findall(r'\{ "Key", "(\w+)", conf_\w+,', (SOURCE / "ca-key/settings.c").read_text(encoding="utf-8"))
        self.assertIn("Uri", keys)
        self.assertEqual(keys, re.findall(r"^\.B (\w+)=", section(text, "CONFIGURATION"), re.M))

    def test_courier_settings(self):
        text = page(SOURCE / "docs/man/courier.conf.5")
        keys = re.findall(r'\{ "(\w+)", "(\w+)", conf_\w+,', (SOURCE / "courier/settings.c").read_text(encoding="utf-8"))
        self.assertIn(("SMS", "Modem"), keys)
        named = [(s.upper(), key) for s, content in re.findall(r"^\.SH \[(\w+)\]\n(.*?)(?=^\.SH)", text, re.M | re.S)
                 for key in re.findall(r"^\.B (\w+)=", content, re.M)]
        self.assertEqual([(s.upper(), key) for s, key in keys], named)

    def test_templates(self):
        """Each kind is told with its channels and fields: those it needs, and in brackets those that may be missing."""
        text = section(page(BUILD / "docs/man/sygnet-templates.5"), "KINDS AND FIELDS")
        told = {}
        for heading, fields in re.findall(r"^\.TP\n\.B (.*)\n((?:(?!\.TP).*\n)*)", text, re.M):
            for kinds, channels in re.findall(r"([a-z, -]+?) \(([a-z, ]+)\)", heading):
                for kind in re.findall(r"[a-z][a-z-]+", kinds):
                    told[kind] = (set(channels.split(", ")), fields)
        found = {}
        for file in (SOURCE / "courier/templates").glob("*/*"):
            found.setdefault(file.stem, set()).add(file.suffix[1:])
            for optional, field in re.findall(r"\$\{(\??)([a-z-]+)\}", file.read_text(encoding="utf-8")):
                if field not in ("host", "name", "support"):
                    self.assertIn(f"[{field}]" if optional else field, told[file.stem][1], f"{file}: {field}")
        self.assertEqual(found, {kind: what[0] for kind, what in told.items()})

    def test_settings(self):
        text = page(SOURCE / "docs/man/sygnetd.conf.5")
        keys = re.findall(r'\{ "(\w+)", "(\w+)", conf_\w+,', (SOURCE / "daemon/settings.c").read_text(encoding="utf-8"))
        self.assertIn(("Lease", "MaxAge"), keys)
        named = [(s.capitalize(), key) for s, content in re.findall(r"^\.SH \[(\w+)\]\n(.*?)(?=^\.SH)", text, re.M | re.S)
                 for key in re.findall(r"^\.B (\w+)=", content, re.M)]
        self.assertEqual(keys, named)

    def test_ca_settings(self):
        text = page(SOURCE / "docs/man/sygnet-cad.conf.5")
        keys = re.findall(r'\{ "CA", "(\w+)", conf_\w+,', (SOURCE / "ca/settings.c").read_text(encoding="utf-8"))
        self.assertIn("CrlHours", keys)
        self.assertEqual(keys, re.findall(r"^\.B (\w+)=", section(text, r"\[CA\]"), re.M))


if __name__ == "__main__":
    unittest.main(verbosity=2)
