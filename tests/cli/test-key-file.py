#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keys in files (requirement C2): made, certified, used and taken out, with openssl, certtool and Java's keytool at the other end."""
import base64
import json
import os
import re
import signal
import stat

from cli import DENIED, FAILED, NOT_FOUND, OK, SOURCE, SYGNET, TERMS, USAGE, Terminal, echoes, main
from keys import PASSWORD, PERSON, Keys, tool

OTHER = "Inne-Hasło-8-Ąę"


class InFile(Keys):
    def setUp(self):
        super().setUp()
        self.ca()

    def test_life(self):
        self.in_file()
        key = self.folder / "key.p12"
        self.assertEqual(0o600, stat.S_IMODE(key.stat().st_mode))
        record = self.keys()["customs"]
        self.assertEqual(("file", "requested", "customs", TERMS, str(key)),
                         tuple(record[k] for k in ("place", "status", "kind", "terms", "path")))
        self.sign(FAILED, "-c", "customs", "--password-file", self.password, says="no certificate")
        self.get_certificate("customs", "--password-file", self.password)
        self.assertEqual("active", self.keys()["customs"]["status"])
        self.signs("-c", "customs", "--password-file", self.password)
        self.signs("-c", record["id"][:8], "--password-file", self.password)
        # The file has the chain within, so that it serves without its record.
        self.signs("-c", "key.p12", "--password-file", self.password)
        self.assertEqual(0o600, stat.S_IMODE(key.stat().st_mode))
        # The only key there is needs no name.
        self.signs("--password-file", self.password)
        self.sygnet(OK, "key", "retire", "customs", "--yes")
        self.assertFalse(key.exists())
        self.assertEqual({}, {p: 0 for p in (self.folder / "data/sygnet/keys").iterdir()})

    def test_local_ca_is_asked_only_once_the_key_is_kept(self):
        p = self.generate("customs", "--place", "file", "-o", "key.p12", "--password-file", self.password, code=FAILED)
        self.assertIn("The key was made and is kept", p.stderr)
        self.assertEqual("requested", self.keys()["customs"]["status"])
        self.assertTrue((self.folder / "key.p12").exists())

    def test_peers_read_ours(self):
        other = self.secret("other", OTHER)
        for number, (algorithm, password) in enumerate((("p256", PASSWORD), ("p384", OTHER), ("rsa3072", PASSWORD))):
            with self.subTest(algorithm):
                label, path = f"key {algorithm}", f"{algorithm}.p12"
                file = self.password if password == PASSWORD else other
                self.generate(label, "--place", "file", "-o", path, "--no-issue", "--password-file", file, "--algorithm", algorithm)
                self.get_certificate(label, "--password-file", file)
                secret = f"file:{file}"
                said = self.openssl("pkcs12", "-in", path, "-passin", secret, "-info", "-nodes")
                self.assertIn("PRIVATE KEY", said)
                self.assertEqual(2, said.count("BEGIN CERTIFICATE"))
                self.assertIn("MAC: sha256, Iteration 1200000", said)
                self.assertEqual(2, said.count("PBES2, PBKDF2, AES-256-CBC, Iteration 600000, PRF hmacWithSHA256"))
                self.assertIn("PRIVATE KEY", tool("certtool", "--p12-info", "--inder", "--infile", path, "--password", password, cwd=self.folder))
                if not password.isascii():
                    continue  # Java opens no PKCS#12 of such a password, whoever made it
                listed = tool("keytool", "-list", "-v", "-keystore", path, "-storetype", "PKCS12", "-storepass", password, cwd=self.folder)
                self.assertIn("Entry type: PrivateKeyEntry", listed)
                self.assertIn("Certificate chain length: 2", listed)

    def test_pkcs8(self):
        self.in_file("customs", "key.p8", "--file-format", "p8")
        self.get_certificate("customs", "--password-file", self.password)
        self.signs("-c", "customs", "--password-file", self.password)
        self.assertIn("ENCRYPTED", (self.folder / "key.p8").read_text())
        self.openssl("pkey", "-in", "key.p8", "-passin", f"file:{self.password}", "-noout")
        self.assertIn("Iteration count: 600000", tool("certtool", "--p8-info", "--infile", "key.p8", "--password", PASSWORD, cwd=self.folder))

    def test_peers_files(self):
        self.openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "clear.key", "-subj", "/C=PL/CN=Example", "-out", "request.pem")
        self.certify("request.pem", "certificate.pem")
        (self.folder / "chain.pem").write_text((self.folder / "certificate.pem").read_text() + (self.folder / "issuing.pem").read_text())
        common = ["pkcs12", "-export", "-inkey", "clear.key", "-in", "chain.pem", "-passout", f"file:{self.password}", "-name", "bought key"]
        self.openssl(*common, "-out", "openssl.p12")
        self.openssl(*common, "-legacy", "-out", "legacy.pfx")
        tool("certtool", "--to-p12", "--load-privkey", "clear.key", "--load-certificate", "chain.pem", "--p12-name", "bought", "--password", PASSWORD, "--outder",
             "--outfile", "certtool.p12", cwd=self.folder)
        tool("keytool", "-importkeystore", "-srckeystore", "openssl.p12", "-srcstoretype", "PKCS12", "-srcstorepass", PASSWORD, "-destkeystore", "java.p12",
             "-deststoretype", "PKCS12", "-deststorepass", PASSWORD, cwd=self.folder)
        for path in ("openssl.p12", "legacy.pfx", "certtool.p12", "java.p12"):
            with self.subTest(path):
                os.chmod(self.folder / path, 0o600)
                p = self.signs("-c", path, "--password-file", self.password)
                self.assertIn("2048", p.stderr)
        self.sygnet(OK, "key", "import", "openssl.p12", "--password-file", self.password)
        self.assertEqual((True, "file"), tuple(self.keys()["bought key"][k] for k in ("imported", "place")))
        self.signs("-c", "bought key", "--password-file", self.password)
        self.sygnet(FAILED, "key", "import", "java.p12", "--password-file", self.password, says="recorded already")
        # What was brought is forgotten, not erased.
        self.sygnet(OK, "key", "retire", "bought key", "--yes")
        self.assertTrue((self.folder / "openssl.p12").exists())
        self.openssl("pkcs8", "-topk8", "-in", "clear.key", "-v2", "aes256", "-passout", f"file:{self.password}", "-out", "openssl.p8")
        self.sign(FAILED, "-c", "openssl.p8", "--password-file", self.password, says="no certificate")
        self.signs("-c", "openssl.p8", "--password-file", self.password, "--certificates", "chain.pem")
        os.rename(self.folder / "clear.key", self.folder / "clear.pem")
        self.sign(FAILED, "-c", "clear.pem", "--password-file", self.password, says="not protected by a password")

    def test_export(self):
        self.in_file()
        self.get_certificate("customs", "--password-file", self.password)
        other = self.secret("other", OTHER)
        both = ["--password-file", self.password, "--new-password-file", other]
        self.sygnet(OK, "key", "export", "customs", "-o", "out.p8", "--file-format", "p8", *both)
        self.openssl("pkey", "-in", "out.p8", "-passin", f"file:{other}", "-noout")
        self.sygnet(OK, "key", "export", "customs", "-o", "out.p12", *both)
        self.signs("-c", "out.p12", "--password-file", other)
        self.sygnet(FAILED, "key", "export", "customs", "-o", "out.p12", *both, says="exists already")
        self.sygnet(FAILED, "key", "export", "customs", "-o", "weak.p12", "--password-file", self.password, "--new-password-file", self.secret("weak", "short"),
                    says="12 characters")
        self.sygnet(USAGE, "key", "export", "customs", "--password-file", self.password, says="--output")
        self.assertEqual(0o600, stat.S_IMODE((self.folder / "out.p8").stat().st_mode))

    def test_wrong_password(self):
        self.in_file()
        self.get_certificate("customs", "--password-file", self.password)
        wrong = self.secret("wrong", "Wrong-Horse-7-Battery")
        said = {self.sign(DENIED, "-c", name, "--password-file", file, says="password is not right").stderr
                for name in ("customs", "key.p12") for file in (wrong, self.secret("empty", ""), self.secret("long", "x" * 4000))}
        self.assertEqual(1, len(said), said)
        self.assertEqual([], list(self.folder.glob("*.p7s")))
        # Altered is the same as wrong: nothing tells how near a guess was.
        key = self.folder / "key.p12"
        content = bytearray(key.read_bytes())
        content[len(content) // 2] ^= 1
        key.write_bytes(content)
        self.assertEqual(said, {self.sign(DENIED, "-c", "customs", "--password-file", self.password).stderr})

    def test_forgotten_is_final(self):
        """Root has the file, and nothing else has the password."""
        self.in_file()
        everything = b"".join(p.read_bytes() for p in self.folder.rglob("*") if p.is_file() and p != self.password)
        self.assertNotIn(PASSWORD.encode(), everything)
        self.assertNotIn(PASSWORD.encode("utf-16-be"), everything)
        for guess in ("", "secret", PASSWORD[:-1], PASSWORD.lower()):
            file = self.secret("guess", guess)
            self.sygnet(DENIED, "key", "request", "customs", "--password-file", file, says="cannot be recovered")
            self.assertNotIn("BEGIN", tool("openssl", "pkcs12", "-in", "key.p12", "-passin", f"file:{file}", "-nodes", cwd=self.folder, check=False))

    def test_modes(self):
        self.in_file()
        self.get_certificate("customs", "--password-file", self.password)
        key = self.folder / "key.p12"
        for mode, code, says in ((0o640, OK, "others can read"), (0o604, OK, "chmod 600"), (0o620, DENIED, "written by others"), (0o602, DENIED, "not used")):
            with self.subTest(oct(mode)):
                key.chmod(mode)
                self.sign(code, "-c", "customs", "--password-file", self.password, says=says)
        key.chmod(0o600)
        os.chown(key, 12345, -1)
        if os.geteuid() == 0:
            self.sign(DENIED, "-c", "customs", "--password-file", self.password, says="another user")

    def test_output_is_never_followed_or_replaced(self):
        target = self.folder / "target"
        for make in (lambda p: p.symlink_to(target), lambda p: p.symlink_to("/nonexistent/x"), lambda p: p.write_text("precious")):
            path = self.folder / "key.p12"
            make(path)
            before = path.read_bytes() if path.is_file() else None
            self.generate("customs", "--place", "file", "-o", path, "--no-issue", "--password-file", self.password, code=FAILED)
            self.assertFalse(target.exists())
            self.assertEqual(before, path.read_bytes() if path.is_file() else None)
            path.unlink()
        self.generate("customs", "--place", "file", "-o", "nowhere/key.p12", "--no-issue", "--password-file", self.password, code=NOT_FOUND)
        self.assertEqual([], [p for p in self.folder.rglob("*.conf") if p.parent.name == "keys"])

    def test_where_there_is_no_home(self):
        """A list that cannot be read or written stops nobody who uses no key of it, and a key that was made is told of."""
        (self.folder / "data").write_text("no folder")
        told = self.generate("x", "--place", "file", "-o", "x.p12", "--no-issue", "--password-file", self.password, code=FAILED)
        self.assertIn("not in the list", told.stderr)
        self.assertTrue((self.folder / "x.p12").exists())
        self.sign(FAILED, "-c", "some label/2026", says="message bus")

    def test_kinds(self):
        """What authenticates signs no documents, wherever it is kept, and a certificate of the other type is not taken."""
        file = ["--password-file", self.password]
        self.generate("login", "--kind", "authentication", "--place", "file", "-o", "login.p12", "--no-issue", *file)
        self.sygnet(OK, "key", "request", "login", *file, "-o", "request.pem")
        self.certify("request.pem", "wrong.pem", usage="nonRepudiation")
        self.sygnet(FAILED, "key", "import", "login", "wrong.pem", "issuing.pem", *file)
        self.certify("request.pem", "right.pem", usage="digitalSignature")
        self.sygnet(OK, "key", "import", "login", "right.pem", "issuing.pem", *file)
        self.sign(FAILED, "-c", "login", *file, says="authentication")
        self.sign(FAILED, "-c", "login", "--format", "xades", *file, says="authentication")
        # A login is no document.
        (self.folder / "login.xml").write_text('<AuthTokenRequest xmlns="http://ksef.mf.gov.pl/auth/token/2.0"/>')
        self.sign(FAILED, "-c", "login", "--profile", "ksef", *file, says="AuthTokenRequest")
        self.sygnet(OK, "sign", "login.xml", "-c", "login", "--profile", "ksef", *file)
        self.assertIn("Anna Example", self.sygnet(OK, "verify", "login-signed.xml", "--anchors", "ca.pem", "--offline").stdout)
        (self.folder / "subject").write_text("2.5.4.3=Jan Example\n2.5.4.4=Example\n2.5.4.42=Jan\n2.5.4.5=TINPL-5250000000\n2.5.4.6=PL\n")
        self.sygnet(OK, "key", "generate", "--label", "ksef", "--kind", "ksef-authentication", "--subject-file", "subject", "--place", "file", "-o", "ksef.p12", *file)
        request = self.sygnet(OK, "key", "request", "ksef", *file).stdout
        self.assertNotIn("BEGIN", request)
        subject = self.openssl("req", "-inform", "DER", "-in", self.der("request.der", request), "-noout", "-subject", "-nameopt", "sep_comma_plus,sname")
        self.assertIn("CN=Jan Example,SN=Example,GN=Jan,serialNumber=TINPL-5250000000,C=PL", subject)
        self.assertEqual({"login": "authentication", "ksef": "ksef-authentication"}, {label: k["kind"] for label, k in self.keys().items()})

    def der(self, name, text):
        (self.folder / name).write_bytes(base64.b64decode(text))
        return name

    def test_compromise(self):
        """What the service has not it cannot block; who has to be told is said."""
        self.in_file()
        self.get_certificate("customs", "--password-file", self.password)
        serial = self.openssl("x509", "-in", "certificate.pem", "-noout", "-serial").strip().removeprefix("serial=").lower()
        p = self.sygnet(FAILED, "key", "compromise", "customs", says=f"sygnet ca suspend {serial}")
        self.assertIn("Example issuing", p.stderr)

    def test_retire_erases_only_keys(self):
        self.in_file()
        (self.folder / "key.p12").write_text("precious")
        self.sygnet(FAILED, "key", "retire", "customs", "--yes", says="no key file")
        self.assertEqual("precious", (self.folder / "key.p12").read_text())
        (self.folder / "key.p12").unlink()
        self.sygnet(OK, "key", "retire", "customs", "--yes")

    def test_swapped_file(self):
        """Another key where the recorded one was is not used, though the password fits."""
        self.in_file()
        self.get_certificate("customs", "--password-file", self.password)
        self.in_file("other", "other.p12")
        os.replace(self.folder / "other.p12", self.folder / "key.p12")
        self.sign(FAILED, "-c", "customs", "--password-file", self.password, says="another key")
        self.sygnet(FAILED, "key", "request", "customs", "--password-file", self.password, says="another key")

    def test_certificates_of_others(self):
        self.in_file()
        self.in_file("second", "second.p12")
        self.sygnet(OK, "key", "request", "second", "--password-file", self.password, "-o", "request.pem")
        self.certify("request.pem", "certificate.pem")
        self.sygnet(FAILED, "key", "import", "customs", "certificate.pem", "--password-file", self.password, says="None of these certificates")
        self.sygnet(FAILED, "key", "import", "customs", "ca.pem", "--password-file", self.password)
        self.assertEqual("requested", self.keys()["customs"]["status"])
        self.sygnet(FAILED, "key", "renew", "customs", "--password-file", self.password, says="not renewed in its place")

    def test_rsa_pss(self):
        """Keys that others made: RSA that is asked to, and one for RSA-PSS alone. The service's keys have one way."""
        for name, key, options in (("rsa", ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"], ["--rsa-pss"]),
                                   ("pss", ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:3072"], [])):
            self.openssl("genpkey", *key, "-out", f"{name}.key")
            self.openssl("req", "-new", "-key", f"{name}.key", "-subj", "/CN=Anna Example", "-out", "request.pem")
            self.certify("request.pem", "certificate.pem")
            self.openssl("pkcs12", "-export", "-inkey", f"{name}.key", "-in", "certificate.pem", "-certfile", "issuing.pem", "-passout", f"file:{self.password}", "-out",
                         f"{name}.p12")
            self.signs("-c", f"{name}.p12", "--password-file", self.password, *options)
            self.assertIn(bytes.fromhex("06092a864886f70d01010a"), (self.folder / "declaration.xml.p7s").read_bytes())
        self.in_file()
        self.get_certificate("customs", "--password-file", self.password)
        self.sign(FAILED, "-c", "customs", "--password-file", self.password, "--rsa-pss", says="no RSA key")

    def test_usage(self):
        self.in_file()
        self.generate("customs", "--place", "file", "-o", "b.p12", "--no-issue", "--password-file", self.password, code=FAILED)
        self.generate("b", "--place", "file", "--no-issue", "--password-file", self.password, code=USAGE)
        self.generate("b", "--place", "moon", "-o", "b.p12", code=USAGE)
        self.generate("b", "--place", "file", "-o", "b.p12", "--file-format", "jks", "--password-file", self.password, code=USAGE)
        self.generate("b", "--place", "file", "-o", "b.p12", "--token", "pkcs11:", code=USAGE)
        self.generate("b", "-o", "b.p12", code=USAGE)
        self.generate("b", "--place", "file", "-o", "b.p12", "--no-issue", "--password-file", self.secret("weak", "Short-7"), code=FAILED)
        self.assertFalse((self.folder / "b.p12").exists())
        self.sign(NOT_FOUND, "-c", "./nothing.p12", "--password-file", self.password)
        self.sign(FAILED, "-c", "./declaration.xml", "--password-file", self.password, says="no key file")

    def test_no_foreign_module_is_loaded(self):
        self.in_file()
        self.get_certificate("customs", "--password-file", self.password)
        env = {**self.home, "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent/bus", "LC_ALL": "C.UTF-8"}
        for args in (["key", "list"], ["sign", "declaration.xml", "-c", "key.p12", "--password-file", self.password]):
            tool("strace", "-f", "-e", "trace=openat,open", "-o", "trace", SYGNET, *args, cwd=self.folder, env=env)
            opened = (self.folder / "trace").read_text()
            self.assertIn("libgnutls", opened)
            for module in ("p11-kit/modules", "softhsm", "opensc", "p11-kit-trust"):
                self.assertNotIn(module, opened)


class Terms(Keys):
    def test_elsewhere_than_at_a_terminal(self):
        p = self.sygnet(USAGE, "key", "generate", "--label", "x", *PERSON, "--place", "file", "-o", "x.p12", "--no-issue", "--password-file", self.password)
        self.assertIn(f"--accept-terms {TERMS}", p.stderr)
        self.sygnet(USAGE, "key", "generate", "--label", "x", *PERSON, "--place", "file", "-o", "x.p12", "--no-issue", "--password-file", self.password,
                    "--accept-terms", "1999-01", says=TERMS)
        self.assertFalse((self.folder / "x.p12").exists())
        told = self.json("key", "terms")
        self.assertEqual(TERMS, told["version"])
        self.assertEqual(4, len(told["statements"]))
        self.assertIn(told["statements"][0], self.sygnet(OK, "key", "terms").stdout)

    def ask(self, *args):
        return Terminal("key", "generate", "--label", "x", *PERSON, "--place", "file", "-o", "x.p12", "--no-issue", *args, cwd=self.folder, **self.home)

    def test_statements_one_by_one(self):
        t = self.ask("--password-file", self.password)
        for statement in self.json("key", "terms")["statements"]:
            t.expect(statement)
            t.type("y")
        self.assertEqual(OK, t.wait())
        record = self.keys()["x"]
        self.assertEqual(TERMS, record["terms"])
        self.assertRegex(record["terms_accepted"], r"^\d{4}-\d\d-\d\dT")

    def test_one_that_is_not_made(self):
        t = self.ask("--password-file", self.password)
        statements = self.json("key", "terms")["statements"]
        t.expect(statements[0])
        t.type("y")
        t.expect(statements[1])
        t.type("")
        self.assertEqual(FAILED, t.wait())
        self.assertIn("no key is made", t.output)
        self.assertFalse((self.folder / "x.p12").exists())

    def test_replaced_and_bad_ones(self):
        own = self.folder / "terms"
        own.mkdir()
        for text, good in (("Version: 2\nText.\n[ ] Yes.\n", True), ("Version: 2\n[ ] Yes.\n", True), ("Text.\n[ ] Yes.\n", False), ("Version: 2\nText.\n", False),
                           ("Version: \n[ ] Yes.\n", False), ("Version: 2\n\x1b[2J\n[ ] Yes.\n", False), ("Version: 2\n[ ] Yes.\nmore\n", False), ("", False),
                           ("Version: a b\n[ ] Yes.\n", False)):
            with self.subTest(text):
                (own / "customs.en.txt").write_text(text)
                p = self.sygnet(OK if good else FAILED, "key", "terms", "--json", SYGNET_TERMS=str(own))
                self.assertEqual(good, '"version": "2"' in p.stdout)
        (own / "customs.en.txt").unlink()
        self.sygnet(FAILED, "key", "terms", SYGNET_TERMS=str(own), says="not installed")

    def test_both_languages_say_the_same_version(self):
        texts = [(SOURCE / f"client/terms/customs.{language}.txt").read_text() for language in ("en", "pl")]
        self.assertEqual(1, len({t.splitlines()[0] for t in texts}))
        self.assertEqual(1, len({t.count("\n[ ] ") for t in texts}))


class Guided(Keys):
    def begin(self, *args):
        t = Terminal("key", "generate", "--label", "x", *PERSON, "--place", "file", "-o", "x.p12", "--no-issue", "--accept-terms", TERMS, *args, cwd=self.folder,
                     **self.home)
        t.expect("still missing: 12 characters, A-Z, a-z, 0-9, a special character")
        return t

    def shown(self, t, text):
        """Waits until the line below the question says so."""
        t.expect(text)
        t.output = ""

    def test_said_while_typed(self):
        t = self.begin()
        for key, says in ((b"c", "11 characters, A-Z, 0-9, a special character"), (b"C", "10 characters, 0-9, a special character"), (b"7", "9 characters, a special character"),
                          (b"-", "8 characters"), (b"\x7f", "9 characters, a special character"), (b"\x15", "12 characters, A-Z"), ("Ż".encode(), "11 characters, A-Z, a-z"),
                          (b"\x7f", "12 characters"), (b"\x1b[A", "12 characters"), (b"\x1b", "12 characters"), (b"[1;5D", "12 characters"), (b"\x1bOPCorrect-Hor", "1 character, 0-9"), (b"\n", "\a"), (b"7", "good")):
            t.key(key)
            self.shown(t, says)
        t.key(b"se\n")
        t.expect("(again)")
        t.type_secret("Correct-Hor7se")
        self.assertEqual(OK, t.wait())
        self.assertNotIn("Hor", t.output)
        self.assertIn("MAC: sha256", self.openssl("pkcs12", "-in", "x.p12", "-passin", f"file:{self.secret('typed', 'Correct-Hor7se')}", "-info", "-noout"))

    def test_not_the_same(self):
        t = self.begin()
        t.key(PASSWORD.encode() + b"\n")
        t.expect("(again)")
        t.type_secret(PASSWORD + "x")
        self.assertEqual(FAILED, t.wait())
        self.assertIn("not the same", t.output)
        self.assertFalse((self.folder / "x.p12").exists())

    def test_the_terminal_is_given_back(self):
        t = self.begin()
        t.key(b"\x03")
        while not t.ended():
            t.read(0.05)
        self.assertTrue(echoes(t.fd))
        self.assertEqual(-signal.SIGINT, t.wait())
        t = self.begin()
        t.key(b"\x04")
        self.assertEqual(FAILED, t.wait())
        self.assertIn("Nothing was entered", t.output)

    def test_generated(self):
        made = self.json("key", "generate", "--label", "x", *PERSON, "--place", "file", "-o", "x.p12", "--no-issue", "--accept-terms", TERMS, "--generate-password")
        self.assertRegex(made["password"], r"^(\w{5}-){4}\w{5}$")
        for wanted in ("[A-Z]", "[a-z]", "[0-9]"):
            self.assertRegex(made["password"], wanted)
        self.openssl("pkcs12", "-in", "x.p12", "-passin", f"file:{self.secret('typed', made['password'])}", "-noout", "-info")
        p = self.generate("y", "--place", "file", "-o", "y.p12", "--no-issue", "--generate-password")
        shown = re.search(r"^Password: (\S+)$", p.stdout, re.M).group(1)
        self.assertNotEqual(made["password"], shown)
        self.openssl("pkcs12", "-in", "y.p12", "-passin", f"file:{self.secret('typed', shown)}", "-noout", "-info")
        p = self.generate("lost", "--place", "file", "-o", "lost.p12", "--generate-password", "--json", code=FAILED,
                          DBUS_SYSTEM_BUS_ADDRESS="unix:path=/nonexistent")
        kept = json.loads(p.stdout)["password"]  # the key was made, and waits for its certificate
        self.openssl("pkcs12", "-in", "lost.p12", "-passin", f"file:{self.secret('typed', kept)}", "-noout", "-info")
        self.generate("z", "--place", "file", "-o", "z.p12", "--generate-password", "--password-file", self.password, code=USAGE)


if __name__ == "__main__":
    main()
