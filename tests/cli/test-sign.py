#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""From an account to documents that others verify, through the client alone (S1, S2, C2, C5, E3, E5, E11)."""
import json
import os
import re
import subprocess
import threading

from cli import DENIED, FAILED, INDETERMINATE, NOT_FOUND, NOT_VALID, OK, SYGNET, TERMS, Terminal, environment, main
from served import BOB, KEY_PASSWORD, ROOT, Signing


class Sign(Signing):
    def test_seal(self):
        seal = self.seal()
        self.sygnet(DENIED, "sign", "invoice.pdf", "--otp-file", self.secret("bad", "00000000"), says="not right")
        self.sygnet(OK, "sign", "invoice.pdf", "declaration.xml", "-c", seal[:6], "--otp-file", self.code())
        report = self.verify(OK, "invoice-sealed.pdf")
        self.assertEqual(("PAdES", "B-B", True), tuple(report["signatures"][0][k] for k in ("format", "level", "covers_whole_document")))
        self.verify(OK, "declaration.xml.p7s")
        subprocess.run(["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "declaration.xml.p7s", "-content", "declaration.xml", "-CAfile", "ca.pem",
                        "-out", "/dev/null"], cwd=self.folder, check=True, capture_output=True)
        self.assertIn("not qualified", self.sygnet(OK, "verify", "--anchors", "ca.pem", "invoice-sealed.pdf"))
        self.assertIn("not qualified", self.sygnet(OK, "show", "Example seal"))
        # The service signs what a countersignature is made of, too.
        self.sygnet(OK, "sign", "--countersign", "declaration.xml.p7s", "--otp-file", self.code())
        self.assertEqual([False, True], [s.get("countersignature", False) for s in self.verify(OK, "declaration.xml.p7s")["signatures"]])
        # A second signature on the sealed document; the first stays valid.
        self.sygnet(OK, "sign", "invoice-sealed.pdf", "-o", "twice.pdf", "--otp-file", self.code())
        self.assertEqual(2, len(self.verify(OK, "twice.pdf")["signatures"]))
        # A file that somebody shortens while it is read is told, and does not kill the program.
        self.shorten("twice.pdf")
        # Outputs that exist stay.
        before = (self.folder / "declaration.xml.p7s").read_bytes()
        self.sygnet(FAILED, "sign", "declaration.xml", "--otp-file", self.secret("never", "12345678"), says="--force")
        self.assertEqual(before, (self.folder / "declaration.xml.p7s").read_bytes())
        self.sygnet(OK, "sign", "declaration.xml", "--force", "--otp-file", self.code())
        self.assertNotEqual(before, (self.folder / "declaration.xml.p7s").read_bytes())
        self.sygnet(INDETERMINATE, "verify", "--anchors", "/etc/ssl/certs/ca-certificates.crt", "declaration.xml.p7s")
        (self.folder / "declaration.xml").write_text("<Declaration />")
        self.assertFalse(self.verify(NOT_VALID, "declaration.xml.p7s")["signatures"][0]["integrity"])
        self.assertNotIn("whole", self.sygnet(NOT_VALID, "verify", "declaration.xml.p7s"))

    def shorten(self, name):
        """While sygnet verify stands between mapping the file and reading it."""
        file = self.folder / "shortened.pdf"
        file.write_bytes((self.folder / name).read_bytes())
        p = subprocess.Popen(["strace", "-o", self.folder / "trace", "-e", "trace=mmap", "-P", file, "-e", "inject=mmap:delay_exit=3s", SYGNET, "verify", file],
                             stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment(ASAN_OPTIONS="detect_leaks=0"))
        self.machine.wait_for(lambda: "mmap" in (self.folder / "trace").read_text() if (self.folder / "trace").exists() else False, "the mapping")
        os.truncate(file, 0)
        said = p.communicate(timeout=60)[1]
        self.assertEqual(FAILED, p.returncode, said)
        self.assertIn("shortened by another program", said)

    def test_operator_sees_what_others_have(self):
        seal = self.seal()
        for name in (seal, "Example seal"):
            self.assertIn("VATPL-5250000000", self.sygnet(OK, "show", name, uid=ROOT))
        self.sygnet(NOT_FOUND, "show", "Example seal", uid=BOB, says="sygnet list")
        self.sygnet(DENIED, "show", "--all", "Example seal", uid=BOB)
        self.sygnet(NOT_FOUND, "show", "nothing", uid=ROOT)

    def test_tables_fit(self):
        """What identifies a line is whole on a terminal of 80 columns."""
        seal = self.seal()
        certificate = json.loads(self.sygnet(OK, "ca", "list", "--json", uid=ROOT))["certificates"][0]
        self.sygnet(OK, "account", "create", "somebody-of-long-login", "--name", "Somebody With A Name", "--email", "somebody.with.a.name@example.com",
                    "--phone", "+48 600 000 000", "--bind", BOB, "--password-file", self.password, uid=ROOT)
        for verb, wanted in ((("ca", "list"), certificate["serial"]), (("account", "list"), "somebody-of-long-login"),
                             (("account", "list"), f"bob ({BOB})"), (("seal", "users", seal, "--operator"), "active")):
            t = Terminal(*verb, DBUS_SYSTEM_BUS_ADDRESS=self.machine.address)
            self.assertEqual(OK, t.wait(), t.output)
            self.assertIn(wanted, t.output)
            self.assertLessEqual(max(len(line) for line in re.sub(r"\x1b\[[0-9;]*m", "", t.output).splitlines()), 80, t.output)

    def test_xml(self):
        """The service takes what is to be signed in XML as it is, whichever canonicalization: with a seal, and with a customs key."""
        self.seal()
        (self.folder / "declaration.xml").write_text('<?xml version="1.0"?>\n<d:a xmlns:d="urn:d" xmlns="urn:e" xmlns:z="urn:z" xml:lang="pl"><b/></d:a>\n')
        for method in ("exclusive", "inclusive", "inclusive-1.1"):
            self.sygnet(OK, "sign", "declaration.xml", "--xml-canonical", method, "--location", "Łódź", "--otp-file", self.code(), "-o", "sealed.xml", "--force")
            report = self.verify(OK, "sealed.xml")
            self.assertEqual(("XAdES", "B-B", True), tuple(report["signatures"][0][k] for k in ("format", "level", "covers_whole_document")))
        self.sygnet(OK, "sign", "declaration.xml", "invoice.pdf", "--format", "xades-detached", "--otp-file", self.code())
        self.verify(OK, "invoice.pdf.xades")
        self.sygnet(OK, "sign", "declaration.xml", "--profile", "customs", "--otp-file", self.code())
        self.verify(OK, "declaration-sealed.xml")
        self.sygnet(FAILED, "sign", "declaration-sealed.xml", "--profile", "customs", "--otp-file", self.secret("never", "12345678"), says="would break")
        self.sygnet(FAILED, "sign", "declaration.xml", "--profile", "ksef", "-o", "login.xml", "--otp-file", self.secret("never", "12345678"), says="AuthTokenRequest")

    def test_containers(self):
        """Several files are one signature, of either kind, and further ones are put in; one code each."""
        self.seal()
        for form, kind in (("asic-e", "CAdES"), ("asic-e-xades", "XAdES")):
            self.sygnet(OK, "sign", "--format", form, "-o", "case.asice", "--force", "declaration.xml", "invoice.pdf", "--otp-file", self.code())
            self.sygnet(OK, "sign", "--add", "case.asice", "--force", "--otp-file", self.code())
            report = self.verify(OK, "case-sealed.asice")
            self.assertEqual([(kind, ["declaration.xml", "invoice.pdf"])] * 2, [(s["format"], s["files"]) for s in report["signatures"]])
        self.sygnet(OK, "sign", "--format", "asic-s", "declaration.xml", "invoice.pdf", "--otp-file", self.code())
        self.verify(OK, "invoice.pdf.asics")
        self.sygnet(OK, "container", "extract", "case-sealed.asice", "-o", "case")
        self.assertEqual((self.folder / "invoice.pdf").read_bytes(), (self.folder / "case/invoice.pdf").read_bytes())

    def test_customs_key(self):
        weak = self.secret("weak", "tooweak")
        password = self.secret("key-password", KEY_PASSWORD)
        make = ("key", "generate", "--accept-terms", TERMS, "--label", "Customs", "--given-name", "Anna", "--surname", "Żółć", "--serial-number", "TINPL-5250000000", "--country", "PL",
                "--no-issue", "--json", "--password-file")
        self.sygnet(FAILED, *make, weak, says="at least 12")
        key = json.loads(self.sygnet(OK, *make, password))["id"]
        self.sygnet(FAILED, "sign", "declaration.xml", says="certificate")
        self.sygnet(OK, "key", "request", key, "--password-file", password, "-o", "request.pem")
        self.sygnet(OK, "ca", "issue", "request.pem", "--profile", "customs", "-o", "certificate.pem", uid=0)
        self.sygnet(OK, "key", "import", key, "certificate.pem")
        self.sygnet(DENIED, "sign", "declaration.xml", "--password-file", weak, says="password is not right")
        self.sygnet(OK, "sign", "declaration.xml", "--format", "cades-enveloping", "--password-file", password)
        self.verify(OK, "declaration.xml.p7m")
        # What cannot be signed does not keep the others from it.
        out = self.sygnet(FAILED, "sign", "nothing", "invoice.pdf", self.folder, "--password-file", password, says="nothing")
        self.assertIn("1 file signed, 2 not", out)
        self.verify(OK, "invoice-signed.pdf")
        self.sygnet(NOT_FOUND, "sign", "declaration.xml", "-c", "unknown", says="unknown")
        self.assertIn("sign", self.sygnet(OK, "log"))
        self.assertTrue(json.loads(self.sygnet(OK, "log", "verify", "--json", uid=0))["intact"])

    def test_batch(self):
        self.seal()
        files = [f"d{i}.xml" for i in range(300)]
        for f in files:
            (self.folder / f).write_text(f)
        self.sygnet(OK, "sign", *files, "--otp-file", self.code())
        for f in files[::50]:
            self.verify(OK, f + ".p7s")

    def test_service_dies(self):
        """What it had signed by then is written, and one more run signs the rest."""
        self.seal()
        files = [f"d{i}.xml" for i in range(2000)]
        for f in files:
            (self.folder / f).write_text(f)

        def kill():
            while not any(self.folder.glob("*.p7s")):
                pass
            self.machine.daemon.kill()

        killer = threading.Thread(target=kill)
        killer.start()
        out = self.sygnet(FAILED, "sign", *files, "--otp-file", self.code())
        killer.join()
        self.machine.kill_daemon()
        made = list(self.folder.glob("*.p7s"))
        self.assertTrue(0 < len(made) < 2000, len(made))
        self.assertIn(f"{len(made)} files signed, {2000 - len(made)} not.", out)
        for path in made[::len(made) // 5]:
            self.verify(OK, path.name)
        self.machine.start_daemon()
        self.sygnet(OK, "login", "anna", "--password-file", self.password)
        out = self.sygnet(OK, "sign", "--skip-signed", *files, "--otp-file", self.code())
        self.assertIn(f"{2000 - len(made)} files signed, {len(made)} before.", out)


if __name__ == "__main__":
    main()
