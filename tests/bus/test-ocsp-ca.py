# SPDX-License-Identifier: LGPL-2.1-or-later
"""sygnet-ocspd and sygnet-cad together: what the one does to a certificate the other tells from the next request on, and how the responder comes by its own."""
import contextlib
import os
import socket
import subprocess
import tempfile
from pathlib import Path

from authorities import CA, SEAL, authority, initialize, issue, listing, openssl, request, root_of
from harness import BUILD, SYGNET_OCSP, TestCase, V, main

DAY = 86400


class Responder:
    def __init__(self, machine, a):
        self.machine, self.folder = machine, machine.folder / "ocsp"
        self.folder.mkdir()
        os.chown(self.folder, SYGNET_OCSP, SYGNET_OCSP)
        self.log, self.published = machine.folder / "ocsp.log", a.published
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.start()

    def start(self):
        with open(self.log, "ab") as log:
            self.process = self.machine.spawn([BUILD / "ocsp/sygnet-ocspd", "--listen", f"127.0.0.1:{self.port}", "--state", self.folder, "--published", self.published],
                                              uid=SYGNET_OCSP, stderr=log)
        self.machine.wait_for(self.is_up, "sygnet-ocspd")

    def is_up(self):
        if self.process.poll() is not None:
            raise AssertionError(self.log.read_text())
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        return False

    def stop(self):
        self.process.terminate()
        status = self.process.wait(30)
        if status != 0:
            raise AssertionError(f"sygnet-ocspd ended with {status}:\n{self.log.read_text()}")

    def certificate(self):
        return openssl(self.folder, "openssl x509 -inform DER -in responder.crt -noout -text").stdout

    def own(self):
        file = self.folder / "responder.crt"
        return file.read_bytes() if file.exists() else None


@contextlib.contextmanager
def both(**options):
    with authority(**options) as (m, a), tempfile.TemporaryDirectory() as folder:
        r = Responder(m, a)
        yield m, a, r, Path(folder)
        r.stop()


def certify(m, folder, name):
    """A certificate, as a file; the root lies beside it."""
    chain = issue(m.operator, request(folder, SEAL, key_file=f"{name}.key"))
    for file, der in ((name, chain[0]), ("root", root_of(m.operator))):
        subprocess.run(["openssl", "x509", "-inform", "DER", "-out", folder / f"{file}.pem"], input=der, check=True)
    return openssl(folder, f"openssl x509 -in {name}.pem -noout -serial").stdout.strip().removeprefix("serial=").lower()


def ask(r, folder, name, options=""):
    p = openssl(folder, f"openssl ocsp -issuer root.pem {options} -cert {name}.pem -url http://127.0.0.1:{r.port} -CAfile root.pem", check=False)
    return p.stdout + p.stderr


class Together(TestCase):
    def test_life(self):
        with both() as (m, _, r, folder):
            serial = certify(m, folder, "one")

            def call(method, signature, *args):
                m.operator.call(f"org.sygnet.CA1.{method}", signature, serial, *args, **CA)
            steps = [
                (lambda: None, ("one.pem: good",)),
                (lambda: call("Suspend", "sa{sv}", {}), ("one.pem: revoked", "Reason: certificateHold")),
                (lambda: call("Resume", "sa{sv}", {}), ("one.pem: good",)),
                (lambda: call("Revoke", "ssa{sv}", "keyCompromise", {}), ("one.pem: revoked", "Reason: keyCompromise", "Revocation Time:")),
            ]
            for act, words in steps:
                act()
                for options in ("", "-no_nonce", "-no_nonce -sha256"):
                    said = ask(r, folder, "one", options)
                    for word in ("Response verify OK", *words):
                        self.assertIn(word, said)
            # One that comes later is known from its first moment on.
            certify(m, folder, "two")
            self.assertIn("two.pem: good", ask(r, folder, "two"))
            crl = openssl(folder, f"openssl crl -inform DER -in {r.published}/ca.crl -noout -text").stdout
            self.assertIn(serial.upper(), crl)

    def test_certified(self):
        with both() as (m, _, r, folder):
            certify(m, folder, "one")
            self.assertIn("good", ask(r, folder, "one"))
            text = r.certificate()
            for word in ("OCSP Signing", "OCSP No Check", "Digital Signature", "ASN1 OID: prime256v1"):
                self.assertIn(word, text)
            self.assertNotIn("Non Repudiation", text)
            own = r.own()
            for name, mode in (("responder.key", 0o600), ("responder.crt", 0o644)):
                self.assertEqual(mode, (r.folder / name).stat().st_mode & 0o7777)
            self.assertIn("certified this responder", r.log.read_text())
            r.stop()
            r.start()
            self.assertIn("good", ask(r, folder, "one"))
            self.assertEqual(own, r.own())
            self.assertEqual(1, sum(c["profile"] == "ocsp-responder" for c in listing(m.operator)))

    def test_renewed(self):
        """Ten days before the end it has another certificate, for another key."""
        with both(before=lambda a: a.machine.advance(-21 * DAY)) as (m, _, r, folder):
            m.wait_for(r.own, "its first certificate")
            first = r.own()
            m.advance(21 * DAY)
            m.operator.call("org.sygnet.CA1.PublishCrl", **CA)
            certify(m, folder, "one")
            self.assertIn("one.pem: good", ask(r, folder, "one"))
            self.assertEqual(first, r.own())
            r.stop()
            r.start()
            self.assertIn("Response verify OK", ask(r, folder, "one"))
            self.assertNotEqual(first, r.own())
            self.assertEqual(2, sum(c["profile"] == "ocsp-responder" for c in listing(m.operator)))

    def test_revoked(self):
        """An operator revokes the responder's certificate: it makes another key and has that certified."""
        with both() as (m, _, r, folder):
            certify(m, folder, "one")
            self.assertIn("good", ask(r, folder, "one"))
            first, number = r.own(), openssl(r.folder, "openssl x509 -inform DER -in responder.crt -noout -serial").stdout.strip().removeprefix("serial=").lower()
            m.operator.call("org.sygnet.CA1.Revoke", "ssa{sv}", number, "keyCompromise", {}, **CA)
            self.assertIn("trylater", ask(r, folder, "one"))
            m.wait_for(lambda: r.own() != first, "another certificate")
            m.wait_for(lambda: "Response verify OK" in ask(r, folder, "one"), "an answer")

    def test_ca_comes_later(self):
        with both(initialized=False) as (m, _, r, folder):
            m.wait_for(lambda: "There is no certificate of a CA" in r.log.read_text(), "the complaint")
            initialize(m.operator)
            certify(m, folder, "one")
            m.wait_for(lambda: "good" in ask(r, folder, "one"), "an answer")

    def test_ca_is_away(self):
        """What was published is enough; and the certificate that is lost meanwhile comes when the CA does."""
        with both() as (m, a, r, folder):
            certify(m, folder, "one")
            a.kill()
            r.stop()
            r.start()
            self.assertIn("good", ask(r, folder, "one"))
            r.stop()
            (r.folder / "responder.crt").unlink()
            r.start()
            self.assertIn("trylater", ask(r, folder, "one"))
            self.assertIn("did not certify", r.log.read_text())
            a.start()
            r.stop()
            r.start()
            self.assertIn("Response verify OK", ask(r, folder, "one"))


if __name__ == "__main__":
    main()
