#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Help, manual page, completion and translation say the same as the program does."""
import re
import subprocess
from pathlib import Path

from cli import NOT_FOUND, OK, SOURCE, USAGE, TestCase, main, options_of, run, verbs


def man_sections():
    """The manual page's verbs, each with its long options."""
    page = (SOURCE / "docs/man/sygnet.1").read_text().replace("\\-", "-")
    body = page[page.index(".SH VERBS"):page.index(".SH FILES")]
    found, verb, depth = {}, None, 0
    for line in body.splitlines():
        depth += (line == ".RS") - (line == ".RE")
        if line.startswith(".B ") and depth == 0:
            verb = re.match(r"\.B ([a-z -]+?)(?: \\fI|$)", line).group(1)
            found[verb] = set()
        elif line.startswith(".B ") and depth == 1:
            found[verb] |= set(re.findall(r"--[a-z-]+", line))
    return found


class Help(TestCase):
    def test_usage_errors(self):
        self.ends(USAGE, says="--help")
        self.ends(USAGE, "frobnicate", says="frobnicate")
        self.ends(USAGE, "otp", says="otp")
        self.ends(USAGE, "otp", "frobnicate", says="frobnicate")
        self.ends(USAGE, "sign", says="FILE")
        self.ends(USAGE, "sign", "--frobnicate", "x", says="--frobnicate")
        self.ends(USAGE, "sign", "x", "--format", says="--format")
        self.ends(USAGE, "list", "--all=yes", says="--all")
        self.ends(USAGE, "show", "a", "b", says="b")
        self.ends(USAGE, "otp", "enroll", "--digits", "9", says="--digits")
        self.ends(USAGE, "ca", "list", "--limit", "-1", says="--limit")
        self.ends(USAGE, "seal", "create", "x", says="--administrator")
        self.ends(NOT_FOUND, "verify", "--", "--help")

    def test_version(self):
        self.assertRegex(run("--version").stdout, r"^sygnet \d+\.\d+\.\d+\n$")

    def test_every_verb_has_help(self):
        for verb in verbs():
            with self.subTest(verb):
                p = self.ends(OK, *verb.split(), "--help")
                self.assertTrue(p.stdout.startswith(f"Usage: sygnet {verb}"), p.stdout)
                self.assertIn("--json", options_of(verb))
                self.assertLessEqual(max(map(len, p.stdout.splitlines())), 80)

    def test_help_of_something(self):
        self.assertEqual(run("sign", "--help").stdout, self.ends(OK, "help", "sign").stdout)
        self.assertEqual(run("otp", "--help").stdout, self.ends(OK, "help", "otp").stdout)
        self.assertEqual(run("otp", "enroll", "--help").stdout, self.ends(OK, "help", "otp", "enroll").stdout)
        self.assertEqual(run("--help").stdout, self.ends(OK, "help").stdout)
        self.ends(USAGE, "help", "frobnicate", says="frobnicate")

    def test_group_help(self):
        self.assertIn("enroll", self.ends(OK, "otp", "--help").stdout)

    def test_man_page(self):
        common = {"--json", "--help"}
        told = man_sections()
        self.assertEqual(set(verbs()), set(told))
        for verb, options in told.items():
            self.assertEqual(options_of(verb) - common, options, verb)

    def test_man_page_is_well_formed(self):
        for page in (SOURCE / "docs/man").glob("*.[18]"):
            p = subprocess.run(["groff", "-man", "-ww", "-z", "-Tutf8", "-K", "utf8", str(page)], capture_output=True, text=True, check=True)
            self.assertEqual("", p.stderr, page)

    def complete(self, *words):
        """What bash would offer for the last word."""
        script = f"{run('completion', 'bash').stdout}\nCOMP_WORDS=(sygnet {' '.join(repr(w) for w in words)}); COMP_CWORD={len(words)}\n" \
                 "compopt() { :; }\n_sygnet\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n"
        p = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, cwd=self.folder)
        self.assertEqual("", p.stderr)
        return set(p.stdout.split())

    def test_completion(self):
        self.assertEqual({v.split()[0] for v in verbs()} | {"--help", "--version"}, self.complete(""))
        for verb in verbs():
            with self.subTest(verb):
                self.assertEqual(options_of(verb), self.complete(*verb.split(), "--"))
        self.assertEqual({"enroll", "confirm", "list", "revoke", "reset"}, self.complete("otp", ""))
        (self.folder / "invoice.pdf").touch()
        self.assertIn("invoice.pdf", self.complete("sign", "inv"))
        self.assertIn("invoice.pdf", self.complete("login", "--password-file", "inv"))
        self.assertEqual({"pades"}, self.complete("sign", "--format", "pa"))


class Translation(TestCase):
    def marked(self):
        """The sentences of the sources, by xgettext."""
        files = (SOURCE / "po/POTFILES").read_text().split()
        p = subprocess.run(["xgettext", "--from-code=UTF-8", "-k", "--keyword=_", "--keyword=N_", "--keyword=ngettext:1,2", "--no-location", "-o", "-"] + files,
                           cwd=SOURCE, capture_output=True, text=True, check=True)
        pot = self.folder / "sygnet.pot"
        pot.write_text(p.stdout.replace("charset=CHARSET", "charset=UTF-8"))
        return pot

    def test_all_files_are_listed(self):
        listed = set((SOURCE / "po/POTFILES").read_text().split())
        for folder in ("client", "lib"):
            for file in (SOURCE / folder).rglob("*.c"):
                if re.search(r'\b(_|N_|ngettext)\(\s*"', file.read_text()):
                    self.assertIn(str(file.relative_to(SOURCE)), listed)

    def test_polish_is_complete(self):
        self.assertEqual({"pl"}, set((SOURCE / "po/LINGUAS").read_text().split()))
        po, merged = SOURCE / "po/pl.po", self.folder / "pl.po"
        subprocess.run(["msgfmt", "--check", "--check-accelerators=_", "-o", "/dev/null", po], check=True, capture_output=True)
        subprocess.run(["msgmerge", "-q", "--no-fuzzy-matching", "-o", merged, po, self.marked()], check=True, capture_output=True)
        for what in ("--untranslated", "--only-fuzzy"):
            left = subprocess.run(["msgattrib", what, "--no-obsolete", merged], check=True, capture_output=True, text=True).stdout
            self.assertEqual("", left)


if __name__ == "__main__":
    main()
