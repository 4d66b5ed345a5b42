# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests of the client with the real services share: a machine (tests/bus/harness.py), the client run as its users, and on it
an account, an authenticator and the local CA."""
import json
import os
import shutil
import subprocess
import sys

from cli import BUILD, OK, SOURCE, SYGNET, TestCase

sys.path.insert(0, str(SOURCE / "tests/bus"))
import harness  # noqa: E402,F401
from harness import ALICE, BOB, PASSWORD, ROOT, SYGNET_CA, Machine, read_uri, totp  # noqa: E402

KEY_PASSWORD = "Correct-Horse-7-Battery"


class Served(TestCase):
    machine_options = {}

    def setUp(self):
        super().setUp()
        self.machine = Machine(**self.machine_options)
        self.machine.__enter__()
        self.addCleanup(self.machine.__exit__, None, None, None)
        self.folder.chmod(0o777)
        shutil.copytree(SOURCE / "client/terms", self.folder / "terms")
        self.password = self.secret("password", PASSWORD)

    def secret(self, name, text):
        path = self.folder / name
        path.write_text(text + "\n")
        path.chmod(0o644)
        return path

    def sygnet(self, code, *args, uid=ALICE, says=None, **env):
        """Runs the client as a Unix user of the machine, without a terminal, and wants an exit code; returns its standard output."""
        p = self.run_client(args, uid, env)
        self.assertEqual(code, p.returncode, f"{args}:\n{p.stdout}{p.stderr}")
        self.assertNotIn("Sanitizer", p.stderr)
        if says:
            self.assertIn(says, p.stderr)
        return p.stdout

    def run_client(self, args, uid, env, encoding="utf-8"):
        env = {"XDG_DATA_HOME": f"{self.folder}/home-{uid}", "SYGNET_TERMS": str(self.folder / "terms"), **env}
        return self.machine.run(["env", *(f"{k}={v}" for k, v in env.items()), SYGNET, *args], uid=uid, check=False, cwd=self.folder,
                                stdin=subprocess.DEVNULL, encoding=encoding)

    def account(self):
        self.sygnet(OK, "account", "create", "anna", "--name", "Anna Żółć", "--email", "anna@example.com", "--bind", ALICE, "--password-file",
                    self.password, uid=ROOT)


class Signing(Served):
    """Anna is logged in and has an authenticator; the local CA is there, and documents."""

    def setUp(self):
        super().setUp()
        self.start_ca()
        self.account()
        self.sygnet(OK, "login", "anna", "--password-file", self.password)
        self.key = self.enroll()
        self.sygnet(OK, "ca", "init", "--organization", "Example sp. z o.o.", "--name", "Example CA", "--country", "PL", uid=0)
        self.sygnet(OK, "ca", "show", "-o", "ca.pem", uid=0)
        (self.folder / "ca.pem").chmod(0o644)
        (self.folder / "declaration.xml").write_text("<Declaration/>")
        with open(self.folder / "invoice.pdf", "wb") as pdf:
            subprocess.run([sys.executable, SOURCE / "installer/lib/invoice.py"], stdout=pdf, check=True)

    def enroll(self, uid=ALICE, name="uri"):
        """A confirmed authenticator of the account that is logged in; its secret."""
        made = json.loads(self.sygnet(OK, "otp", "enroll", "--no-confirm", "--uri-file", name, "--json", uid=uid))
        key = read_uri((self.folder / name).read_text().strip())[0]
        self.sygnet(OK, "otp", "confirm", made["id"], "--otp-file", self.secret("code", totp(key, self.machine.now())), uid=uid)
        return key

    def start_ca(self):
        m = self.machine
        home = m.folder / "ca"
        for folder in (home, home / "pki"):
            folder.mkdir()
            os.chown(folder, SYGNET_CA, SYGNET_CA)
        at = ["--state", home / "state", "--host-key", home / "key"]
        m.run([BUILD / "store-tool/sygnet-store", "--service", "sygnet-cad", *at, "init"], uid=SYGNET_CA)
        m.spawn([BUILD / "ca/sygnet-cad", *at, "--publish", home / "pki", "--conf", home / "conf"], uid=SYGNET_CA)
        m.wait_for_name("org.sygnet.CA1")

    def code(self, key=None):
        """A file with a code that was not used yet."""
        return self.secret("code", self.machine.code(key or self.key))

    def seal(self):
        out = self.sygnet(OK, "seal", "create", "Example seal", "--administrator", "anna", "--organization", "Example sp. z o.o.", "--identifier",
                          "VATPL-5250000000", "--country", "PL", "--json", uid=0)
        return json.loads(out)["id"]

    def verify(self, code, *args):
        return json.loads(self.sygnet(code, "verify", "--json", "--anchors", "ca.pem", *args))
