#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keys for KSeF and for logging in, through the client: requests in all forms, answers as authorities give them, renewal in time (requirements C2, E11)."""
import base64
import json
import subprocess

from cli import FAILED, INDETERMINATE, NOT_FOUND, OK, USAGE, main
from outside import OutsideCA
from served import KEY_PASSWORD, Signing

SUBJECT = """# as KSeF handed it out
2.5.4.6 = PL
commonName=Zażółć Anna Gęślą
2.5.4.42=Zażółć
givenName=Anna
2.5.4.4=Gęślą
serialNumber=PNOPL-90010112345
2.5.4.45=3f1c-77
"""
ORDER = ["2.5.4.6=PL", "2.5.4.3=Zażółć Anna Gęślą", "2.5.4.42=Zażółć", "2.5.4.42=Anna", "2.5.4.4=Gęślą", "2.5.4.5=PNOPL-90010112345", "2.5.4.45=3f1c-77"]
LOGIN = """<?xml version="1.0" encoding="utf-8"?>
<AuthTokenRequest xmlns="http://ksef.mf.gov.pl/auth/token/2.0"><Challenge>20250625-CR-20F5EE4000-DA48AE4124-46</Challenge><ContextIdentifier><Nip>5250000000</Nip>
</ContextIdentifier><SubjectIdentifierType>certificateSubject</SubjectIdentifierType></AuthTokenRequest>
"""
TERMS = ("--accept-terms", "2026-11")
PERSON = ("--given-name", "Anna", "--surname", "Żółć", "--serial-number", "PNOPL-00000000000", "--country", "PL")


def openssl(*args, data=None):
    return subprocess.run(["openssl", *map(str, args)], input=data, capture_output=True, check=True).stdout


class Profiles(Signing):
    def setUp(self):
        super().setUp()
        self.word = self.secret("word", KEY_PASSWORD)

    def generate(self, kind, *more):
        return json.loads(self.sygnet(OK, "key", "generate", "--kind", kind, "--label", f"My {kind}", "--password-file", self.word, "--json", *TERMS, *more))["id"]

    def request(self, key, *more):
        return self.sygnet(OK, "key", "request", key, "--password-file", self.word, *more)

    def subject(self, der):
        text = openssl("req", "-inform", "DER", "-noout", "-verify", "-subject", "-nameopt", "sep_multiline,oid,utf8,-esc_msb", data=der).decode()
        return [line.strip() for line in text.splitlines() if line.startswith("    ")]

    def ksef(self, request, usage, base64_der=True):
        """KSeF's answer, a certificate as base64 of its DER."""
        (self.folder / "request.der").write_bytes(base64.b64decode(request) if base64_der else request)
        (self.folder / "ext").write_text(f"basicConstraints=critical,CA:FALSE\nkeyUsage=critical,{usage}\n")
        if not (self.folder / "ksef.key").exists():
            openssl("req", "-x509", "-newkey", "rsa:3072", "-nodes", "-keyout", self.folder / "ksef.key", "-out", self.folder / "ksef.pem", "-subj", "/C=PL/CN=KSeF")
        der = openssl("x509", "-req", "-inform", "DER", "-in", self.folder / "request.der", "-CA", self.folder / "ksef.pem", "-CAkey", self.folder / "ksef.key",
                      "-extfile", self.folder / "ext", "-days", "20", "-outform", "DER")
        answer = self.folder / "answer.txt"
        answer.write_text(base64.b64encode(der).decode() + "\n")
        answer.chmod(0o644)
        return answer

    def test_ksef(self):
        subject = self.secret("subject", SUBJECT)
        key = self.generate("ksef-authentication", "--subject-file", subject)
        text = self.request(key)
        self.assertEqual(1, text.count("\n"))
        self.assertEqual(ORDER, self.subject(base64.b64decode(text, validate=False)))
        self.assertEqual({"id": key, "request": text.strip()}, {**json.loads(self.request(key, "--json")), "request": text.strip()})
        self.sygnet(FAILED, "key", "import", key, self.ksef(text, "nonRepudiation"), says="Authentication")
        self.sygnet(OK, "key", "import", key, self.ksef(text, "digitalSignature"))
        self.sygnet(FAILED, "sign", "declaration.xml", "-c", key, "--password-file", self.word, says="signs no documents")
        self.sygnet(FAILED, "sign", "declaration.xml", "-c", key, "--format", "xades", "--password-file", self.word, says="signs no documents")
        # What it is for: the login, and nothing that is none.
        (self.folder / "login.xml").write_text(LOGIN)
        self.sygnet(FAILED, "sign", "login.xml", "-c", key, "--format", "xades", "--password-file", self.word, says="signs no documents")
        self.sygnet(FAILED, "sign", "declaration.xml", "-c", key, "--profile", "ksef", "--password-file", self.word, says="AuthTokenRequest")
        for form in ("xades", "xades-enveloping"):
            self.sygnet(OK, "sign", "login.xml", "-c", key, "--profile", "ksef", "--format", form, "--password-file", self.word, "-o", "signed.xml", "--force")
            self.assertIn('"integrity": true', self.sygnet(INDETERMINATE, "verify", "--json", "--offline", "signed.xml"))
        shown = self.sygnet(OK, "show", key)
        self.assertIn("ksef-authentication", shown)
        # It is valid for 20 days: that is told wherever keys are shown.
        self.assertRegex(self.sygnet(OK, "list"), r"\((in 19 days|in 20 days)\)")
        self.assertIn("is valid until", self.sygnet(OK, "status"))
        self.assertEqual([key], [c["id"] for c in json.loads(self.sygnet(OK, "status", "--json"))["expiring"]])
        offline = self.generate("ksef-offline", "--algorithm", "rsa2048", "--name", "Example sp. z o.o.", "--country", "PL", "--organization",
                                "Example sp. z o.o.", "--identifier", "VATPL-5250000000")
        self.assertEqual(["2.5.4.3=Example sp. z o.o.", "2.5.4.6=PL", "2.5.4.10=Example sp. z o.o.", "2.5.4.97=VATPL-5250000000"],
                         self.subject(base64.b64decode(self.request(offline))))
        self.sygnet(FAILED, "key", "import", offline, self.ksef(self.request(offline), "digitalSignature"), says="Offline")
        self.sygnet(OK, "key", "import", offline, self.ksef(self.request(offline), "nonRepudiation"))

    def test_refused(self):
        def refuse(text, kind="ksef-offline", says="subject", code=USAGE):
            self.sygnet(code, "key", "generate", "--kind", kind, "--label", "x", "--subject-file", self.secret("bad", text), "--password-file", self.word, *TERMS,
                        says=says)
        refuse("commonName=a\nnonsense\n", says="line 2")
        refuse("# nothing\n", says="no subject")
        refuse("commonName=a\ncommonName=b\n", says="twice")
        refuse("localityName=a\n", says="localityName")
        refuse("commonName=a\n", says="countryName", code=FAILED)
        refuse(SUBJECT, kind="customs", code=FAILED)
        self.sygnet(USAGE, "key", "generate", "--kind", "seal", "--label", "x", says="--kind")
        self.sygnet(USAGE, "key", "generate", "--kind", "ksef-offline", "--label", "x", "--subject-file", self.word, "--name", "x", says="--subject-file")
        self.sygnet(USAGE, "key", "generate", "--kind", "ksef-offline", "--label", "x", says="--name")
        self.sygnet(NOT_FOUND, "key", "generate", "--kind", "ksef-offline", "--label", "x", "--subject-file", "none")

    def test_forms_of_a_request(self):
        key = self.generate("authentication", *PERSON, "--no-issue")
        pem = self.request(key)
        self.assertTrue(pem.startswith("-----BEGIN CERTIFICATE REQUEST-----\n"))
        self.sygnet(OK, "key", "request", key, "--password-file", self.word, "--form", "der", "-o", "request.der")
        (self.folder / "request.der").chmod(0o644)
        # ECDSA signs with a random number: they differ in the signature, in nothing else.
        for der in ((self.folder / "request.der").read_bytes(), base64.b64decode(self.request(key, "--form", "base64")), openssl("req", "-outform", "DER", data=pem.encode())):
            self.assertEqual(["2.5.4.6=PL", "2.5.4.4=Żółć", "2.5.4.42=Anna", "2.5.4.5=PNOPL-00000000000", "2.5.4.3=Anna Żółć"], self.subject(der))
        self.sygnet(USAGE, "key", "request", key, "--form", "xml", says="--form")
        seal = json.loads(self.sygnet(OK, "seal", "create", "x", "--administrator", "anna", "--organization", "Example", "--identifier", "VATPL-5250000000", "--country",
                                      "PL", "--no-issue", "--json", uid=0))["id"]
        self.assertEqual(4, len(self.subject(base64.b64decode(self.sygnet(OK, "seal", "request", seal, "--form", "base64", uid=0)))))

    def test_authentication_by_the_local_authority(self):
        key = self.generate("authentication", *PERSON, "--no-issue")
        (self.folder / "request.pem").write_text(self.request(key))
        (self.folder / "request.pem").chmod(0o644)
        self.sygnet(OK, "ca", "issue", "request.pem", "--profile", "authentication", "-o", "certificate.pem", uid=0)
        (self.folder / "certificate.pem").chmod(0o644)
        text = openssl("x509", "-in", self.folder / "certificate.pem", "-noout", "-text").decode()
        self.assertIn("X509v3 Key Usage: critical\n                Digital Signature\n", text)
        self.assertIn("TLS Web Client Authentication", text)
        openssl("verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", self.folder / "ca.pem", self.folder / "certificate.pem")
        self.sygnet(OK, "key", "import", key, "certificate.pem")
        # A customs key takes no such certificate, whose request is another's anyhow.
        self.sygnet(FAILED, "ca", "issue", "request.pem", "--profile", "ocsp-responder", uid=0)
        self.sygnet(FAILED, "ca", "issue", "request.pem", "--profile", "ksef-offline", uid=0)

    def test_e11_key_is_renewed_by_an_outside_authority(self):
        outside = OutsideCA(self.folder / "outside")
        key = self.generate("customs", *PERSON, "--no-issue")
        (self.folder / "request.pem").write_text(self.request(key))
        leaf = outside.issue(self.folder / "request.pem")
        # One file in no order, and a root twice.
        self.sygnet(OK, "key", "import", key, outside.pkcs7(leaf), outside.root, outside.root)
        self.sygnet(OK, "sign", "declaration.xml", "-c", key, "--password-file", self.word)
        renewed = self.sygnet(OK, "key", "renew", key, "--password-file", self.word, says="goes on serving")
        self.assertIn("renewal under way", self.sygnet(OK, "show", key))
        self.assertEqual(renewed, self.sygnet(OK, "key", "renew", key, says="under way"))
        self.sygnet(OK, "sign", "declaration.xml", "-c", key, "--password-file", self.word, "--force")
        (self.folder / "renewed.pem").write_text(renewed)
        self.sygnet(OK, "key", "import", key, outside.issue(self.folder / "renewed.pem"), *outside.issuers)
        self.sygnet(OK, "sign", "declaration.xml", "-c", key, "--password-file", self.word, "--force")
        self.sygnet(OK, "key", "renew", key, "--password-file", self.word)
        self.assertIn("cancelled", self.sygnet(OK, "key", "renew", key, "--cancel"))
        self.sygnet(NOT_FOUND, "key", "renew", key, "--cancel")
        self.sygnet(USAGE, "key", "renew", self.seal(), says="seal renew")


if __name__ == "__main__":
    main()
