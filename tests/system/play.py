# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the plays share: people. A person is a Unix user of this machine with a mailbox, a telephone, an authenticator and a terminal, who knows of Sygnet only
its client, and of codes what arrives by mail and SMS (post-office.py). The steps of a play are its functions marked @step, in the order they are written.

    anna = Person("anna", "anna@example.com", "+48600100201")

    @step("3.3", "E4", "the code from the SMS makes the Secret appear")
    def activate():
        anna.at_terminal("otp enroll", ("Code from the message", anna.code_by_sms), ("First code", anna.scan), says="enrolled")
"""
import itertools
import os
import pwd
import re
import subprocess
import sys
import time
import traceback
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "bus"), str(HERE.parent / "cli")]
import cli  # noqa: E402
from couriers import read_mails, read_messages  # noqa: E402

cli.SYGNET = "/usr/bin/sygnet"
OK, FAILED, DENIED, NOT_FOUND, NOT_VALID = cli.OK, cli.FAILED, cli.DENIED, cli.NOT_FOUND, cli.NOT_VALID
POST = Path("/run/post")

# --- Steps -------------------------------------------------------------------------------------------------------------------

_steps = []


def step(place, requirements, what):
    """A case: where the manual has it, the requirements it shows, and what happens."""
    def mark(function):
        _steps.append((f"{place}: {what} ({requirements})", function))
        return function
    return mark


def play(name):
    """All steps, each a line. After one that failed the others are not tried: they build on each other."""
    broken, began = False, time.monotonic()
    for what, function in _steps:
        if broken:
            print(f"FAILED  plays: {name}: {what}: not reached")
            continue
        started = time.monotonic()
        try:
            function()
            print(f"ok      plays: {name}: {what} [{time.monotonic() - started:.0f} s]", flush=True)
        except Exception:  # pylint: disable=broad-except
            broken = True
            print(f"FAILED  plays: {name}: {what}")
            print("".join("        | " + line + "\n" for line in traceback.format_exc().splitlines()), flush=True)
    print(f"The end of {name}, after {time.monotonic() - began:.0f} s")


def wait_for(condition, what, timeout=60):
    """Its value, once there is one."""
    until = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"{what} did not come")
        time.sleep(0.1)


def require(condition, what):
    if not condition:
        raise AssertionError(what)


def words(text):
    """In one line: where a terminal breaks lines is of no account."""
    return re.sub(r"\s+", " ", text)


# --- What a person has -------------------------------------------------------------------------------------------------------

class Authenticator:
    """oathtool, and what the Secret's QR code says."""

    def __init__(self):
        self.secret = self.used = None

    def scan(self, text):
        """The Secret is on the screen, or in a file that was downloaded."""
        self.secret = re.findall(r"otpauth://\S*[?&]secret=([A-Z2-7]+)", text)[-1]
        self.used = None

    def shown(self):
        return subprocess.run(["oathtool", "--totp", "-d", "8", "-b", "-"], input=self.secret, capture_output=True, text=True, check=True).stdout.strip()

    def code(self):
        """One that was not used yet: a new one is shown every 30 seconds."""
        wait_for(lambda: self.shown() != self.used, "another code")
        self.used = self.shown()
        return self.used


class Mailbox:
    def __init__(self, address):
        self.address, self.read = address, 0

    def next(self, subject):
        """The body of the first mail of that subject that was not looked at."""
        def found():
            mine = [m for m in read_mails(POST / "exim") if m.to == self.address]
            for i in range(self.read, len(mine)):
                if mine[i].subject == subject:
                    self.read = i + 1
                    return mine[i].body.replace("\r", "")
            return None
        return wait_for(found, f"mail “{subject}” to {self.address}")


class Telephone:
    def __init__(self, number):
        self.number, self.read, self.text = number, 0, ""
        self.far = POST / "modem/out-of-reach" / number

    def _all(self):
        return [m.text for m in read_messages(POST / "modem") if m.number == self.number]

    def next(self):
        """The newest message; it must have come since the last one was read."""
        texts = wait_for(lambda: len(self._all()) > self.read and self._all(), f"an SMS to {self.number}")
        self.read, self.text = len(texts), texts[-1]
        return self.text

    def is_silent(self):
        return len(self._all()) == self.read

    def out_of_reach(self, out):
        """Whether nothing can be sent there."""
        if out:
            self.far.touch()
        else:
            self.far.unlink()


def field(body, label):
    """What a mail says after “label:”."""
    found = re.search(rf"^{re.escape(label)}:\s+(\S.*)$", body, re.M)
    require(found, f"no “{label}:” in\n{body}")
    return found[1].strip()


# --- People ------------------------------------------------------------------------------------------------------------------

class Person:
    def __init__(self, user, email=None, phone=None):
        self.user, self.email, self.phone, self.screen = user, email, phone, ""
        self.mail, self.telephone, self.authenticator = Mailbox(email), Telephone(phone) if phone else None, Authenticator()
        entry = pwd.getpwnam(user)
        self.uid, self.home = entry.pw_uid, Path(entry.pw_dir)

    def has(self, name, content):
        """A file of theirs."""
        file = self.home / name
        file.write_bytes(content)
        os.chown(file, self.uid, self.uid)
        return file

    def runs(self, command, *more, status=OK, says=""):
        """The client, without anything being typed; what it printed."""
        p = subprocess.run(self._argv(command, more), user=self.uid, group=self.uid, extra_groups=[], cwd=self.home, stdin=subprocess.DEVNULL,
                           capture_output=True, text=True, timeout=120, env=cli.environment(**self._environment()), check=False)
        return self._judge(command, p.returncode, p.stdout + p.stderr, status, says)

    def at_terminal(self, command, *answers, again=None, more=(), status=OK, says=""):
        """The client at a terminal: each answer is something out of a question and what is typed then, or a function that comes to know it; `again` is
        one that is given for as long as it is asked for. Only where the question ends with its mark may be seen what is typed."""
        terminal = cli.Terminal(*self._argv(command, more)[1:], uid=self.uid, cwd=self.home, **self._environment())
        at = 0
        for question, answer in itertools.chain(answers, itertools.repeat(again) if again else ()):
            at = self._await_question(terminal, at, question)
            if not at:
                require(again, f"{self.user} was not asked “{question}” but saw\n{terminal.output}")
                break
            self.screen = terminal.output
            (terminal.type if question.endswith("?") else terminal.type_secret)(answer() if callable(answer) else answer)
        code = terminal.wait(60)
        return self._judge(command, code, terminal.output, status, says)

    @staticmethod
    def _argv(command, more):
        return ["/usr/bin/sygnet", *command.split(), *map(str, more)]

    def _environment(self):
        return {"HOME": str(self.home), "USER": self.user, "DBUS_SYSTEM_BUS_ADDRESS": None}

    @staticmethod
    def _await_question(terminal, at, question):
        """Where it ends in what the terminal shows; None when it was not asked."""
        until = time.monotonic() + 60
        while question not in terminal.output[at:]:
            if time.monotonic() > until or not terminal.read(1) and terminal.ended():
                return None
        return terminal.output.index(question, at) + len(question)

    def _judge(self, command, code, output, status, says):
        require(code == status, f"{self.user}: sygnet {command} ended with {code}, not {status}:\n{output}")
        require(says in words(output), f"{self.user}: sygnet {command} did not say “{says}” but\n{output}")
        return output

    # What they type.
    def code_by_sms(self):
        return re.search(r"\b[0-9]{8}\b", self.telephone.next())[0]

    def otp(self):
        return self.authenticator.code()

    def scan(self):
        """The Secret that is on the screen; then the first code."""
        self.authenticator.scan(self.screen)
        return self.authenticator.code()

    def asks_until_support_is_named(self, command, question):
        """Nothing reaches the telephone."""
        self.telephone.out_of_reach(True)
        said = self.at_terminal(command, again=(question, self.sms_does_not_come), status=FAILED, says="Help desk, help@example.com")
        require(said.count("A code was sent by SMS") > 3, said)

    def sms_comes_again(self):
        """Not the first time, but from now on."""
        self.sms_does_not_come()
        self.telephone.out_of_reach(False)
        return ""

    def sms_does_not_come(self):
        """They waited longer than another must not be asked for; then Enter alone asks for it."""
        time.sleep(12.5)
        require(self.telephone.is_silent(), "the SMS came")
        return ""
