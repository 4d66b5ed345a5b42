# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests of the client share: running it, with a terminal or without, in any locale.

Environment: SYGNET_BUILD (build folder), SYGNET_SOURCE (source tree), SYGNET_CORPORA (documents with known verdicts); meson sets the first two.
"""
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import termios
import time
import unittest
from pathlib import Path

SOURCE = Path(os.environ.get("SYGNET_SOURCE", Path(__file__).parents[2]))
BUILD = Path(os.environ.get("SYGNET_BUILD", SOURCE / "build"))
SYGNET = str(BUILD / "client/sygnet")
CORPORA = Path(os.environ.get("SYGNET_CORPORA", SOURCE.parent / "shared/corpora"))

TERMS = (SOURCE / "client/terms/customs.en.txt").read_text().splitlines()[0].removeprefix("Version: ")

OK, FAILED, USAGE, DENIED, NOT_FOUND, NOT_VALID, INDETERMINATE = range(7)


def environment(**more):
    """The caller's, without what would change the output; a value of None takes a variable away."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("LC_") and k not in ("LANG", "LANGUAGE", "NO_COLOR", "DBUS_SYSTEM_BUS_ADDRESS")}
    env.update({"LC_ALL": "C.UTF-8", "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent/bus", "TZ": "UTC",
                "XDG_DATA_HOME": "/nonexistent/data", "SYGNET_TERMS": str(SOURCE / "client/terms")}, **more)
    return {k: v for k, v in env.items() if v is not None}


def run(*args, stdin="", text=True, cwd=None, pass_fds=(), **env):
    """Runs the client without a terminal."""
    return subprocess.run([SYGNET, *map(str, args)], input=stdin if text else stdin or b"", capture_output=True, text=text, timeout=120, cwd=cwd,
                          pass_fds=pass_fds, env=environment(**env), check=False)


def verbs():
    """Every verb, as the overview lists them."""
    found = re.findall(r"^  ([a-z][a-z-]*(?: [a-z-]+)?)  +\S", run("--help").stdout, re.M)
    assert len(found) > 30, found
    return found


def options_of(verb):
    """The long options in a verb's help."""
    return set(re.findall(r"^  (?:-\w, |    )(--[a-z-]+)", run(*verb.split(), "--help").stdout, re.M))


def echoes(fd):
    """Whether a terminal shows what is typed."""
    return bool(termios.tcgetattr(fd)[3] & termios.ECHO)


class Terminal:
    """The client at a terminal of its own, 80 by 24, as the caller or another Unix user. expect() waits for text, type() types a line."""

    def __init__(self, *args, uid=None, cwd=None, **env):
        self.output = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # As a shell at a terminal does; under nohup, or in the background of a script, some are ignored.
            for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            if cwd is not None:
                os.chdir(cwd)
            if uid is not None:
                os.setgroups([])
                os.setresgid(uid, uid, uid)
                os.setresuid(uid, uid, uid)
            os.execve(SYGNET, [SYGNET, *map(str, args)], environment(TERM="xterm", **env))

    def read(self, timeout):
        if not select.select([self.fd], [], [], timeout)[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.output += data.decode(errors="replace")
        return bool(data)

    def expect(self, text, timeout=60):
        until = time.monotonic() + timeout
        while text not in self.output:
            if time.monotonic() > until or not self.read(1) and self.ended():
                raise AssertionError(f"{text!r} did not come; got {self.output!r}")
        return self.output

    def ended(self):
        """Whether the program has ended; it stays a zombie until wait()."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def type(self, line):
        os.write(self.fd, line.encode() + b"\n")

    def type_secret(self, line, timeout=60):
        """Types it once the program no longer lets it be seen: what was typed before is thrown away."""
        until = time.monotonic() + timeout
        while echoes(self.fd):
            if time.monotonic() > until:
                raise AssertionError(f"no secret is asked for; got {self.output!r}")
            time.sleep(0.01)
        self.type(line)

    def key(self, key):
        os.write(self.fd, key)

    def wait(self, silence=180):
        """Reads to the end; the exit code, or minus the signal. One that says nothing for so many seconds is killed."""
        while self.read(silence):
            pass
        if not self.ended():
            os.kill(self.pid, signal.SIGKILL)
        status = os.waitpid(self.pid, 0)[1]
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)


class TestCase(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="sygnet-cli-"))
        self.addCleanup(subprocess.run, ["rm", "-rf", str(self.folder)], check=False)

    def ends(self, code, *args, says=None, **how):
        """Runs the client and wants an exit code, and on standard error a text."""
        p = run(*args, **how)
        self.assertEqual(code, p.returncode, f"{args}:\n{p.stdout}{p.stderr}")
        self.assertNotIn("Sanitizer", str(p.stderr))
        if says:
            self.assertIn(says, p.stderr)
        if code not in (OK, NOT_VALID, INDETERMINATE):
            self.assertTrue(p.stderr.startswith("sygnet: "), p.stderr)
        return p


def main():
    sys.exit(unittest.main(verbosity=2))
