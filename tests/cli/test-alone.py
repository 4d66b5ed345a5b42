#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The client where there is no service, no bus, no terminal: every verb says what is wrong and what to do."""
import os
import subprocess
import time

from cli import DENIED, FAILED, INDETERMINATE, NOT_FOUND, OK, SYGNET, TERMS, USAGE, TestCase, environment, main, run, verbs

# What each verb needs to come as far as the bus.
ARGUMENTS = {
    "login": ["anna", "--password-file", "-"],
    "show": ["x"],
    "sign": ["{file}"],
    "otp enroll": ["--no-confirm"],
    "otp confirm": ["1"],
    "otp revoke": ["1"],
    "otp reset": ["anna", "--yes"],
    "account create": ["anna", "--name", "Anna", "--password-file", "-"],
    "activate": ["anna", "--code-file", "-", "--new-password-file", "{file}"],
    "register": ["0123456789abcdef", "anna", "--name", "Anna", "--code-file", "-", "--password-file", "{file}"],
    "account edit": ["anna", "--name", "Anna"],
    "account delete": ["anna", "--yes"],
    "account forgot": ["anna"],
    "account email": ["anna@example.com"],
    "account phone": ["+48600100200"],
    "outbox read": ["0123456789abcdef"],
    "outbox cancel": ["0123456789abcdef"],
    "account bind": ["anna", "root"],
    "account unbind": ["anna", "root"],
    "account enable": ["anna"],
    "account disable": ["anna"],
    "policy": ["x"],
    "mandate create": ["x", "--user", "daemon", "--documents", "1", "--until", "2027-01-31"],
    "mandate show": ["0123456789abcdef"],
    "mandate revoke": ["0123456789abcdef"],
    "seal renew": ["x"],
    "seal reissue": ["x", "--administrator", "anna"],
    "seal create": ["x", "--administrator", "anna", "--organization", "Example", "--identifier", "VATPL-5250000000", "--country", "PL"],
    "seal request": ["x"],
    "seal import": ["x", "{file}"],
    "seal users": ["x"],
    "seal invite": ["x", "anna@example.com", "+48600100200"],
    "seal add-user": ["x", "anna"],
    "seal remove-user": ["x", "anna"],
    "seal break-lease": ["x"],
    "seal retire": ["x", "--yes"],
    "key generate": ["--label", "x", "--given-name", "A", "--surname", "B", "--serial-number", "TINPL-5250000000", "--country", "PL",
                     "--accept-terms", TERMS],
    "key export": ["x"],
    "key request": ["x"],
    "key import": ["x", "{file}"],
    "key renew": ["x"],
    "key retire": ["x", "--yes"],
    "key compromise": ["x", "--yes"],
    "key release": ["x"],
    "ca init": ["--organization", "Example", "--name", "Example CA", "--country", "PL"],
    "ca issue": ["{file}", "--profile", "seal"],
    "ca request": ["{file}", "--profile", "seal"],
    "ca answer": ["1"],
    "ca approve": ["1"],
    "ca reject": ["1", "--reason", "x"],
    "ca status": ["00112233445566778899aabbccddeeff"],
    "ca suspend": ["00112233445566778899aabbccddeeff"],
    "ca resume": ["00112233445566778899aabbccddeeff"],
    "ca revoke": ["00112233445566778899aabbccddeeff", "--reason", "superseded", "--yes"],
    "setup": ["--from", "{file}", "--yes"],
    "trust inspect": ["{file}"],
    "trust install": ["{file}", "--yes"],
    "trust remove": ["00", "--yes"],
}
NEED_NO_SERVICE = ("extend", "verify", "show-signatures", "certificate", "container list", "container extract", "key terms", "completion bash")


class Alone(TestCase):
    def setUp(self):
        super().setUp()
        self.file = self.folder / "document"
        self.file.write_bytes(b"0\x03\x02\x01\x00")

    def every_verb(self, says, **env):
        for verb in verbs():
            if verb in NEED_NO_SERVICE:
                continue
            arguments = [a.format(file=self.file) for a in ARGUMENTS.get(verb, [])]
            with self.subTest(verb):
                p = self.ends(FAILED, *verb.split(), *arguments, says=says, stdin="secret", HOME=str(self.folder), XDG_STATE_HOME="", **env)
                self.assertEqual("", p.stdout)

    def test_no_bus(self):
        self.every_verb("message bus")

    def test_no_service(self):
        address = f"unix:path={self.folder}/bus"
        config = self.folder / "bus.conf"
        config.write_text(f"""<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
            "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
            <busconfig><type>system</type><listen>{address}</listen><auth>EXTERNAL</auth>
            <policy context="default"><allow user="*"/><allow send_destination="*"/><allow receive_type="error"/><allow receive_type="method_return"/><allow receive_type="signal"/></policy></busconfig>""")
        bus = subprocess.Popen(["dbus-daemon", "--nofork", "--nopidfile", f"--config-file={config}"])
        self.addCleanup(bus.wait)
        self.addCleanup(bus.kill)
        while not (self.folder / "bus").exists():
            self.assertIsNone(bus.poll())
            time.sleep(0.01)
        self.every_verb("is not running", DBUS_SYSTEM_BUS_ADDRESS=address)

    def test_secrets_are_asked_for_at_a_terminal_only(self):
        self.ends(USAGE, "login", "anna", says="--password-file")
        self.ends(USAGE, "login", says="LOGIN")
        self.ends(USAGE, "account", "create", "anna", "--name", "Anna", says="--password-file")
        self.ends(USAGE, "otp", "enroll", says="--no-confirm")
        self.ends(USAGE, "otp", "reset", "anna", says="--yes")
        self.ends(USAGE, "login", "anna", "--remember", "--password-file", "-", "--otp-file", "-", stdin="secret", says="one secret")
        self.ends(NOT_FOUND, "login", "anna", "--password-file", self.folder / "nothing", says="nothing")
        self.ends(FAILED, "login", "anna", "--password-file", self.folder, says="directory")
        self.ends(FAILED, "login", "anna", "--password-file", "-", stdin="x" * 5000, says="too long")
        self.ends(DENIED, "login", "anna", "--remember", "--password-file", self.file, "--otp-file", "-", stdin="not a code", says="8 digits")

    def test_files_are_looked_at_first(self):
        self.ends(NOT_FOUND, "sign", self.folder / "nothing", says="nothing")
        self.ends(FAILED, "sign", self.folder, says="directory")
        self.ends(FAILED, "sign", "/dev/null", says="no regular file")
        self.ends(FAILED, "sign", self.file, "--format", "pades", says="--format cades")
        self.ends(USAGE, "sign", self.file, "--format", "x", says="pades")
        self.ends(USAGE, "sign", self.file, self.file, "-o", self.folder / "x", says="directory")
        self.ends(FAILED, "seal", "import", "x", self.file)
        self.ends(NOT_FOUND, "account", "bind", "anna", "no-such-user", says="no-such-user")

    def test_files_without_an_end(self):
        """A pipe that nobody writes to, and a device beside a signature, which whoever sent the folder put there."""
        pipe, document = self.folder / "pipe", self.folder / "document"
        os.mkfifo(pipe)
        for verb in ("verify", "show-signatures", "certificate"):
            self.ends(FAILED, verb, pipe, says="no regular file")
        self.ends(FAILED, "container", "list", pipe, says="no regular file")
        document.write_bytes(b"document")
        key, certificate, signature = (self.folder / n for n in ("key", "certificate", "document.p7s"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", certificate,
                        "-subj", "/CN=x", "-days", "2"], check=True, capture_output=True)
        subprocess.run(["openssl", "cms", "-sign", "-binary", "-in", document, "-signer", certificate, "-inkey", key, "-outform", "DER", "-out", signature],
                       check=True, capture_output=True)
        self.ends(FAILED, "verify", "--content", pipe, signature, says="no regular file")
        self.ends(OK, "verify", "--anchors", certificate, signature)
        document.unlink()
        for other in (pipe, "/dev/zero", self.folder):
            document.symlink_to(other)
            self.assertIn("was not given", self.ends(INDETERMINATE, "verify", "--anchors", certificate, signature).stdout)
            document.unlink()

    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            p = subprocess.run([SYGNET, "--help"], stdout=full, stderr=subprocess.PIPE, text=True, env=environment(), check=False)
        self.assertEqual(FAILED, p.returncode)
        self.assertIn("could not be written", p.stderr)

    def test_odd_arguments(self):
        for word in ("\x1b[31m", "\xff\xfe", "a" * 100000, "%s%n"):
            p = run(word.encode("latin-1"), text=False)
            self.assertEqual(USAGE, p.returncode)
            self.assertNotIn(b"\x1b", p.stderr)
        self.assertEqual(OK, run("--help", LC_ALL="xx_XX.nonsense").returncode)


if __name__ == "__main__":
    main()
