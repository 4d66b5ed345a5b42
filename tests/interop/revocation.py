#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What becomes of a signature when its certificate is suspended or revoked, by CRLs, OCSP answers and timestamps that openssl made (C4, C5). Times are set:
revocations lie in the future of the machine's clock, and the verification behind them. Usage: revocation.py INTEROP-SIGN-FILE SYGNET"""

import http.server
import json
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

from der import contents, element, elements, signature_value, with_unsigned

SIGN_FILE, SYGNET = sys.argv[1], sys.argv[2]
MINUTE, HOUR, DAY = 60, 3600, 86400
TIMESTAMP_ATTRIBUTE = bytes.fromhex("060b2a864886f70d010910020e")  # id-aa-signatureTimeStampToken
VALUES_ATTRIBUTE = bytes.fromhex("060b2a864886f70d0109100218")     # id-aa-ets-revocationValues

CONFIG = """[req]
distinguished_name = name
[name]
[ca]
default_ca = this
[this]
database = {ca}-index
crlnumber = {ca}-crlnumber
default_md = sha256
default_crl_days = 7
new_certs_dir = .
policy = any
unique_subject = no
rand_serial = yes
[any]
commonName = supplied
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[no_crls]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, nonRepudiation
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
{places}
[responder]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = OCSPSigning
noCheck = ignored
[responder_checked]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = OCSPSigning
[no_responder]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
[mail]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth, emailProtection
[other]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = 1.2.3.4
[tsa]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[no_tsa]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping, clientAuth
[plain]
authorityKeyIdentifier = keyid
[delta]
2.5.29.27 = critical, DER:02:01:01
[indirect]
issuingDistributionPoint = critical, @indirect_point
[indirect_point]
indirectCRL = TRUE
[authorities]
issuingDistributionPoint = critical, @authorities_point
[authorities_point]
onlyCA = TRUE
[users]
issuingDistributionPoint = critical, @users_point
[users_point]
onlyuser = TRUE
[reasons]
issuingDistributionPoint = critical, @reasons_point
[reasons_point]
onlysomereasons = keyCompromise
[elsewhere]
issuingDistributionPoint = critical, @elsewhere_point
[elsewhere_point]
fullname = URI:http://example.com/other.crl
[unknown]
1.2.3.4 = critical, DER:05:00
[unknown_harmless]
1.2.3.4 = DER:05:00
[tsa_config]
serial = tsa-serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha1
ess_cert_id_alg = sha256
"""


def stamp(seconds):
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(seconds))


class Case(unittest.TestCase):
    places, curve = "", "P-256"

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.temporary.name)
        cls.now = int(time.time())
        cls.request("root", "/CN=Example Root")
        (cls.folder / "root-index").write_text("")
        cls.openssl("ca", "-batch", "-notext", "-selfsign", "-in", "root.csr", "-keyfile", "root.key", "-startdate", stamp(cls.now - 2 * DAY),
                    "-enddate", stamp(cls.now + 400 * DAY), "-extensions", "authority", "-out", "root.pem")
        cls.issue("issuing", "root", "authority")
        cls.document = cls.folder / "document"
        cls.document.write_bytes(b"declaration")

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    @classmethod
    def config(cls, ca="root"):
        path = cls.folder / f"{ca}.cnf"
        path.write_text(CONFIG.format(ca=ca, places=cls.places))
        return path

    @classmethod
    def openssl(cls, verb, *args, ca="root", **options):
        config = ["-config", cls.config(ca)] if verb in ("req", "ca", "ts") and "-verify" not in args and "-query" not in args else []
        done = subprocess.run(["openssl", verb, *map(str, args), *map(str, config)], cwd=cls.folder, capture_output=True, text=True, **options)
        if done.returncode != 0:
            raise AssertionError(f"openssl {verb} {args}: {done.stderr}")
        return done.stdout

    @classmethod
    def request(cls, name, subject):
        cls.openssl("genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{cls.curve}", "-out", f"{name}.key")
        cls.openssl("req", "-new", "-key", f"{name}.key", "-subj", subject, "-out", f"{name}.csr")

    @classmethod
    def issue(cls, name, ca, extensions, subject=None, days=300):
        """NAME.pem, NAME.key and NAME.p8 under the CA, valid since yesterday."""
        cls.request(name, subject or f"/CN=Example {name}")
        (cls.folder / f"{ca}-index").write_text("")
        cls.openssl("ca", "-batch", "-notext", "-in", f"{name}.csr", "-cert", f"{ca}.pem", "-keyfile", f"{ca}.key", "-startdate",
                    stamp(cls.now - DAY), "-enddate", stamp(cls.now + days * DAY), "-extensions", extensions, "-out", f"{name}.pem", ca=ca)
        cls.openssl("pkcs8", "-topk8", "-nocrypt", "-in", f"{name}.key", "-outform", "DER", "-out", f"{name}.p8")
        return name

    @classmethod
    def serial(cls, name):
        return cls.openssl("x509", "-in", f"{name}.pem", "-noout", "-serial").split("=")[1].strip()

    def setUp(self):
        self.name = self.issue(self.id().rsplit(".", maxsplit=1)[1], "issuing", "leaf")
        self.signature = self.sign(self.name)
        self.extended = 0

    def sign(self, name):
        chain = self.folder / f"{name}-chain.pem"
        chain.write_text((self.folder / f"{name}.pem").read_text() + (self.folder / "issuing.pem").read_text())
        out = self.folder / f"{name}.p7s"
        subprocess.run([SIGN_FILE, "sign", self.folder / f"{name}.p8", chain, "detached", self.document, out], check=True)
        return out

    def index(self, ca, entries):
        """The database of openssl ca: (name, time and perhaps reason or None for a good one)."""
        lines = [f"{'R' if revoked else 'V'}\t{stamp(self.now + 300 * DAY)[2:]}\t{revoked or ''}\t{self.serial(name)}\tunknown\t/CN=Example {name}\n"
                 for name, revoked in entries]
        (self.folder / f"{ca}-index").write_text("".join(lines))
        (self.folder / f"{ca}-index.attr").write_text("unique_subject = no\n")

    def crl(self, revoked=None, ca="issuing", signer=None, extensions="plain", since=0, until=7 * DAY, md="sha256", others=()):
        """A CRL in DER of a time relative to now. `revoked` is (seconds relative to now, text behind it)."""
        self.index(ca, [(self.name, f"{stamp(self.now + revoked[0])[2:]}{revoked[1]}" if revoked else None), *others])
        (self.folder / f"{ca}-crlnumber").write_text("01\n")
        signer = signer or ca
        out = self.folder / f"{self.name}-{ca}.crl"
        self.openssl("ca", "-gencrl", "-cert", f"{signer}.pem", "-keyfile", f"{signer}.key", "-crlexts", extensions, "-crl_lastupdate", stamp(self.now + since),
                     "-crl_nextupdate", stamp(self.now + until), "-md", md, "-out", "crl.pem", ca=ca)
        self.openssl("crl", "-in", "crl.pem", "-outform", "DER", "-out", out)
        return out

    def ocsp(self, revoked=None, signer="issuing", *options, known=True, digest="sha1"):
        """An answer of now, valid for a day."""
        self.index("issuing", [(self.name, f"{stamp(self.now + revoked[0])[2:]}{revoked[1]}" if revoked else None)] if known else [])
        out = self.folder / f"{self.name}.ocsp"
        self.openssl("ocsp", f"-{digest}", "-issuer", "issuing.pem", "-cert", f"{self.name}.pem", "-no_nonce", "-reqout", "request.der")
        self.openssl("ocsp", "-index", "issuing-index", "-CA", "issuing.pem", "-rsigner", f"{signer}.pem", "-rkey", f"{signer}.key", "-reqin", "request.der",
                     "-respout", out, *(options or ("-ndays", "1")))
        return out

    def judge(self, *options, at=0, signature=None, anchors="root.pem"):
        """(indication or subindication, what is said of the certificate)."""
        done = subprocess.run([SIGN_FILE, "verify", signature or self.signature, "--content", self.document, "--anchors", self.folder / anchors, "--at",
                               str(self.now + at), *map(str, options)], check=True, capture_output=True, text=True)
        report = json.loads(done.stdout)
        first = report["signatures"][0]
        self.assertTrue(first["integrity"])
        return report["subindication"] or report["indication"], first["certificate"] | {"proven_time": first["proven_time"]}

    def verdict(self, *options, **named):
        return self.judge(*options, **named)[0]

    # Timestamps.

    def token(self, data, signer="tsa", digest="sha256"):
        value = self.folder / "stamped"
        value.write_bytes(data)
        (self.folder / "tsa-serial").write_text("01\n")
        self.openssl("ts", "-query", "-data", value, f"-{digest}", "-cert", "-out", "query.tsq")
        self.openssl("ts", "-reply", "-section", "tsa_config", "-queryfile", "query.tsq", "-signer", f"{signer}.pem", "-inkey", f"{signer}.key", "-chain", "root.pem",
                     "-token_out", "-out", "token.der")
        return (self.folder / "token.der").read_bytes()

    def with_attributes(self, *attributes, signature=None):
        """The signature with unsigned attributes, each (type, value)."""
        self.extended += 1
        out = self.folder / f"{self.name}-extended-{self.extended}.p7s"
        out.write_bytes(with_unsigned((signature or self.signature).read_bytes(), *attributes))
        return out

    def value(self):
        return signature_value(self.signature.read_bytes())

    def stamped(self, **options):
        return self.with_attributes((TIMESTAMP_ATTRIBUTE, self.token(self.value(), **options)))


class Crl(Case):
    def test_states(self):
        """C5: whose certificate, by which CA, and its state."""
        verdict, said = self.judge()
        self.assertEqual(("TOTAL-PASSED", "unknown", False), (verdict, said["state"], said["checked"]))
        self.assertIn("names no place", said["problem"])
        verdict, said = self.judge("--crl", self.crl())
        self.assertEqual(("TOTAL-PASSED", "good", True, "file", "CRL"), (verdict, *(said[k] for k in ("state", "checked", "source", "method"))))
        self.assertEqual(("CN=Example test_states", "CN=Example issuing", self.serial(self.name).lower()), tuple(said[k] for k in ("subject", "issuer", "serial")))
        verdict, said = self.judge("--crl", self.crl((-HOUR, ",holdInstruction,holdInstructionNone")))
        self.assertEqual(("TRY_LATER", "suspended", "certificateHold"), (verdict, said["state"], said["reason"]))
        verdict, said = self.judge("--crl", self.crl((-HOUR, ",keyCompromise")))
        self.assertEqual(("REVOKED_NO_POE", "revoked", "revoked", "keyCompromise"), (verdict, *(said[k] for k in ("state", "state_at_signing", "reason"))))
        # By the claimed time only, which proves nothing.
        verdict, said = self.judge("--crl", self.crl((HOUR, ""), since=2 * HOUR), at=3 * HOUR)
        self.assertEqual(("REVOKED_NO_POE", "revoked", "good", "unspecified"), (verdict, *(said[k] for k in ("state", "state_at_signing", "reason"))))

    def test_purposes(self):
        """Whoever has a web site has a certificate of an authority that the system trusts: it is for that site, and for no documents."""
        for extensions in ("server", "responder", "no_responder"):
            with self.subTest(extensions):
                signature = self.sign(self.issue(f"purposes_{extensions}", "issuing", extensions))
                self.assertEqual("CHAIN_CONSTRAINTS_FAILURE", self.verdict(signature=signature))
        for extensions in ("mail", "other"):
            with self.subTest(extensions):
                signature = self.sign(self.issue(f"purposes_{extensions}", "issuing", extensions))
                self.assertEqual("TOTAL-PASSED", self.verdict(signature=signature))

    def test_invalidity_date_counts(self):
        said = self.judge("--crl", self.crl((-HOUR, f",keyTime,{stamp(self.now - DAY)}")))[1]
        self.assertEqual(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.now - DAY)), said["since"])

    def test_times(self):
        good, hold = self.crl(), ",holdInstruction,holdInstructionNone"
        self.assertEqual("TOTAL-PASSED", self.verdict("--crl", good, at=7 * DAY))
        self.assertEqual("TRY_LATER", self.verdict("--crl", good, at=7 * DAY + 1))
        self.assertIn("out of date", self.judge("--crl", good, at=8 * DAY)[1]["problem"])
        # A clock that is five minutes ahead is none to complain of.
        self.assertEqual("TOTAL-PASSED", self.verdict("--crl", self.crl(since=299)))
        self.assertEqual("TRY_LATER", self.verdict("--crl", self.crl(since=400)))
        # A revocation does not go out of date, nor does a hold, until something newer lifts it.
        self.assertEqual("REVOKED_NO_POE", self.verdict("--crl", self.crl((-HOUR, "")), at=8 * DAY))
        old = self.folder / "old.crl"
        old.write_bytes(self.crl((-DAY, hold), since=-DAY, until=-HOUR).read_bytes())
        self.assertEqual("TRY_LATER", self.verdict("--crl", old))
        self.assertEqual("TOTAL-PASSED", self.verdict("--crl", old, "--crl", self.crl()))
        self.assertEqual("TOTAL-PASSED", self.verdict("--crl", self.crl(), "--crl", old))

    def test_several(self):
        """The newest counts, whatever the order; a replayed one does not take a revocation back."""
        before = self.folder / "before.crl"
        before.write_bytes(self.crl(since=-DAY).read_bytes())
        after = self.crl((-HOUR, ",superseded"), since=-MINUTE)
        for order in ((before, after), (after, before)):
            self.assertEqual("REVOKED_NO_POE", self.verdict("--crl", order[0], "--crl", order[1]))

    def test_signers(self):
        self.request("twin", "/CN=Example issuing")
        self.openssl("x509", "-req", "-in", "twin.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "300", "-extfile", self.config(),
                     "-extensions", "authority", "-out", "twin.pem")
        self.assertEqual("TRY_LATER", self.verdict("--crl", self.crl(signer="twin")), "another key of the same name")
        self.assertIn("not signed by", self.judge("--crl", self.crl((-HOUR, ""), signer="twin"))[1]["problem"])
        # One of another CA is about others.
        self.assertEqual("TOTAL-PASSED", self.verdict("--crl", self.crl((-HOUR, ""), ca="root")))
        broken = bytearray(self.crl().read_bytes())
        broken[-1] ^= 1
        (self.folder / "broken.crl").write_bytes(broken)
        self.assertEqual("TRY_LATER", self.verdict("--crl", self.folder / "broken.crl"))
        self.assertEqual("TRY_LATER", self.verdict("--crl", self.crl(md="sha1")))
        # A broken one beside a whole one takes nothing away.
        self.assertEqual("TOTAL-PASSED", self.verdict("--crl", self.folder / "broken.crl", "--crl", self.crl()))

    def test_issuer_may_not_sign_crls(self):
        self.issue("mute", "root", "no_crls")
        self.issue("under-mute", "mute", "leaf")
        chain = self.folder / "under-mute-chain.pem"
        chain.write_text((self.folder / "under-mute.pem").read_text() + (self.folder / "mute.pem").read_text())
        out = self.folder / "under-mute.p7s"
        subprocess.run([SIGN_FILE, "sign", self.folder / "under-mute.p8", chain, "detached", self.document, out], check=True)
        self.assertEqual("TOTAL-PASSED", self.verdict(signature=out))
        self.assertEqual("TRY_LATER", self.verdict("--crl", self.crl(ca="mute"), signature=out))

    def test_kinds(self):
        for extensions, wanted in (("delta", "TRY_LATER"), ("indirect", "TRY_LATER"), ("reasons", "TRY_LATER"), ("unknown", "TRY_LATER"), ("users", "TOTAL-PASSED"),
                                   ("unknown_harmless", "TOTAL-PASSED")):
            with self.subTest(extensions):
                verdict, said = self.judge("--crl", self.crl(extensions=extensions))
                self.assertEqual(wanted, verdict)
                self.assertEqual(wanted == "TOTAL-PASSED", said["checked"])
        # Those that are about others say nothing.
        for extensions in ("authorities", "elsewhere"):
            with self.subTest(extensions):
                self.assertFalse(self.judge("--crl", self.crl((-HOUR, ""), extensions=extensions))[1]["checked"])

    def test_authority_revoked(self):
        self.assertEqual("REVOKED_CA_NO_POE", self.verdict("--crl", self.crl(ca="root", others=[("issuing", stamp(self.now - HOUR)[2:] + ",CACompromise")])))


class Ocsp(Case):
    def test_states(self):
        verdict, said = self.judge("--ocsp", self.ocsp())
        self.assertEqual(("TOTAL-PASSED", "good", "OCSP"), (verdict, said["state"], said["method"]))
        self.assertEqual("REVOKED_NO_POE", self.verdict("--ocsp", self.ocsp((-HOUR, ",keyCompromise"))))
        self.assertEqual("TRY_LATER", self.verdict("--ocsp", self.ocsp((-HOUR, ",holdInstruction,holdInstructionNone"))))
        self.assertIn("does not know", self.judge("--ocsp", self.ocsp(known=False))[1]["problem"])
        # With a CRL: what revokes wins.
        self.assertEqual("REVOKED_NO_POE", self.verdict("--ocsp", self.ocsp(), "--crl", self.crl((-HOUR, ""))))

    def test_times(self):
        good = self.ocsp()
        self.assertEqual("TOTAL-PASSED", self.verdict("--ocsp", good, at=DAY - MINUTE))
        self.assertEqual("TRY_LATER", self.verdict("--ocsp", good, at=DAY + MINUTE))
        self.assertEqual("TRY_LATER", self.verdict("--ocsp", good, at=-HOUR))
        # Without nextUpdate: newer is always to be had, so that this is of use for a day.
        without = self.ocsp(None, "issuing", "-resp_no_certs")
        self.assertNotIn("Next Update", self.openssl("ocsp", "-respin", without, "-resp_text", "-noverify"))
        self.assertEqual("TOTAL-PASSED", self.verdict("--ocsp", without, at=DAY - MINUTE))
        self.assertEqual("TRY_LATER", self.verdict("--ocsp", without, at=DAY + MINUTE))

    def test_responders(self):
        for name, extensions, wanted in (("responder", "responder", "TOTAL-PASSED"), ("checked", "responder_checked", "TOTAL-PASSED"), ("client", "no_responder", "TRY_LATER")):
            self.issue(name, "issuing", extensions)
            with self.subTest(name):
                self.assertEqual(wanted, self.verdict("--ocsp", self.ocsp(None, name)))
                self.assertEqual(wanted, self.verdict("--ocsp", self.ocsp(None, name, "-ndays", "1", "-resp_key_id")))
        # Of another CA, though with the purpose.
        self.issue("foreign", "root", "responder")
        self.assertEqual("TRY_LATER", self.verdict("--ocsp", self.ocsp(None, "foreign")))
        # Without nocheck it is looked up itself.
        answer = self.ocsp(None, "checked")
        revoked = self.crl(others=[("checked", stamp(self.now - HOUR)[2:])], since=-HOUR, until=-MINUTE)
        self.assertEqual("TRY_LATER", self.verdict("--ocsp", answer, "--crl", revoked))

    def test_forgeries(self):
        self.assertEqual("TRY_LATER", self.verdict("--ocsp", self.ocsp(None, "issuing", "-ndays", "1", "-badsig")))
        self.assertEqual("TRY_LATER", self.verdict("--ocsp", self.ocsp(None, "issuing", "-ndays", "1", "-rmd", "sha1")))
        self.assertTrue(self.judge("--ocsp", self.ocsp(digest="sha256"))[1]["checked"])
        # An answer about somebody else.
        mine = self.ocsp((-HOUR, ""))
        other = self.sign(self.issue("other", "issuing", "leaf"))
        self.assertFalse(self.judge("--ocsp", mine, signature=other)[1]["checked"])


class Timestamps(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.issue("tsa", "root", "tsa")

    def test_proof(self):
        """A document signed before stays valid with proof of time, and one without does not."""
        revoked = self.crl((HOUR, ",keyCompromise"), since=2 * HOUR)
        self.assertEqual("REVOKED_NO_POE", self.verdict("--crl", revoked, at=3 * HOUR))
        verdict, said = self.judge("--crl", revoked, at=3 * HOUR, signature=self.stamped())
        self.assertEqual(("TOTAL-PASSED", "revoked", "good"), (verdict, said["state"], said["state_at_signing"]))
        self.assertIsNotNone(said["proven_time"])
        # Stamped too late.
        self.assertEqual("REVOKED_NO_POE", self.verdict("--crl", self.crl((-HOUR, "")), signature=self.stamped()))
        # And in the hold: proven before it began, the signature stands.
        hold = ",holdInstruction,holdInstructionNone"
        self.assertEqual("TOTAL-PASSED", self.verdict("--crl", self.crl((HOUR, hold), since=2 * HOUR), at=3 * HOUR, signature=self.stamped()))
        self.assertEqual("TRY_LATER", self.verdict("--crl", self.crl((-HOUR, hold)), signature=self.stamped()))

    def test_useless_tokens(self):
        revoked = self.crl((HOUR, ""), since=2 * HOUR)
        self.issue("two-purposes", "root", "no_tsa")
        self.issue("tsa2", "root", "tsa")
        token = self.token(self.value())
        flipped = bytearray(token)
        flipped[-1] ^= 1
        for what, signature in (("another signature's", self.with_attributes((TIMESTAMP_ATTRIBUTE, self.token(b"else")))),
                                ("altered", self.with_attributes((TIMESTAMP_ATTRIBUTE, bytes(flipped))))):
            with self.subTest(what):
                # Somebody put it there.
                done = subprocess.run([SIGN_FILE, "verify", signature, "--content", self.document, "--anchors", self.folder / "root.pem"], check=True, capture_output=True)
                report = json.loads(done.stdout)
                self.assertEqual(("INDETERMINATE", "SIG_CONSTRAINTS_FAILURE", False),
                                 (report["indication"], report["subindication"], report["signatures"][0]["integrity"]))
        for what, signature in (("no token", self.with_attributes((TIMESTAMP_ATTRIBUTE, element(0x30, b"")))),
                                ("the signature itself", self.with_attributes((TIMESTAMP_ATTRIBUTE, self.signature.read_bytes()))),
                                ("weak digest", self.stamped(digest="sha1"))):
            with self.subTest(what):
                verdict, said = self.judge("--crl", revoked, at=3 * HOUR, signature=signature)
                self.assertEqual(("REVOKED_NO_POE", None), (verdict, said["proven_time"]))
                # It takes nothing from a signature that needs no proof.
                self.assertEqual("TOTAL-PASSED", self.verdict(signature=signature))
        # Of several, the one that proves something counts.
        both = self.with_attributes((TIMESTAMP_ATTRIBUTE, self.token(b"else")), (TIMESTAMP_ATTRIBUTE, token))
        self.assertEqual("TOTAL-PASSED", self.verdict("--crl", revoked, at=3 * HOUR, signature=both))

    def test_authority(self):
        revoked, stamped = self.crl((HOUR, ""), since=2 * HOUR), self.stamped()
        index = self.folder / "tsa.crl"
        name, self.name = self.name, "tsa"
        index.write_bytes(self.crl((-HOUR, ""), ca="root").read_bytes())
        self.name = name
        self.assertEqual("REVOKED_NO_POE", self.verdict("--crl", revoked, "--crl", index, at=3 * HOUR, signature=stamped))
        # Without the root there is no authority to believe, nor a signer.
        self.assertEqual("REVOKED_NO_POE", self.verdict("--crl", revoked, at=3 * HOUR, signature=stamped, anchors="issuing.pem"))

    def test_expired(self):
        """Proven to be of the time when the certificate was valid; nobody tells of its state, and none need."""
        self.name = self.issue("short", "issuing", "leaf", days=1)
        self.signature = self.sign(self.name)
        self.assertEqual("OUT_OF_BOUNDS_NO_POE", self.verdict(at=2 * DAY))
        self.assertEqual("TOTAL-PASSED", self.verdict(at=2 * DAY, signature=self.stamped()))

    def test_values_in_the_signature(self):
        """CAdES's revocation-values: a CRL that the document brings, and an answer younger than the proven time, long out of date."""
        values = (VALUES_ATTRIBUTE, element(0x30, element(0xa0, element(0x30, self.crl((-HOUR, "")).read_bytes()))))
        verdict, said = self.judge(signature=self.with_attributes(values))
        self.assertEqual(("REVOKED_NO_POE", "signature"), (verdict, said["source"]))
        proof = (TIMESTAMP_ATTRIBUTE, self.token(self.value()))
        response_bytes = contents(elements(contents(self.ocsp().read_bytes()))[1])
        basic = contents(elements(contents(response_bytes))[1])
        values = (VALUES_ATTRIBUTE, element(0x30, element(0xa1, element(0x30, basic))))
        verdict, said = self.judge(at=30 * DAY, signature=self.with_attributes(proof, values))
        self.assertEqual(("TOTAL-PASSED", "good", "signature", "OCSP"), (verdict, said["state"], said["source"], said["method"]))
        # Without the proof it is merely old; what only the document offers is not required.
        verdict, said = self.judge(at=30 * DAY, signature=self.with_attributes(values))
        self.assertEqual(("TOTAL-PASSED", False), (verdict, said["checked"]))


class Server(http.server.BaseHTTPRequestHandler):
    case = None
    answers = {}
    asked = []

    def answer(self):
        self.asked.append(f"{self.command} {self.path}")
        body = self.answers.get(self.path)
        if self.command == "POST":
            self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200 if body is not None else 503)
        self.end_headers()
        self.wfile.write(body or b"")

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


class Network(Case):
    """The client asks where the certificate says, after its path was found to be trusted, and nowhere else."""

    @classmethod
    def setUpClass(cls):
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        at = f"http://127.0.0.1:{cls.server.server_port}"
        cls.places = f"crlDistributionPoints = URI:ldap://127.0.0.1/none, URI:{at}/crl\nauthorityInfoAccess = OCSP;URI:{at}/ocsp, caIssuers;URI:{at}/ca"
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()
        super().tearDownClass()

    def sygnet(self, *options, anchors="root.pem"):
        """(exit code, what is said of the certificate, what was asked for)."""
        Server.asked.clear()
        done = subprocess.run([SYGNET, "verify", "--json", "--anchors", self.folder / anchors, "--content", self.document, *options, self.signature],
                              capture_output=True, text=True, timeout=60)
        self.assertNotIn("Sanitizer", done.stderr)
        report = json.loads(done.stdout)
        return done.returncode, report["signatures"][0]["certificate"], list(Server.asked)

    def test_network(self):
        crl, revoked = self.crl().read_bytes(), self.crl((-HOUR, "")).read_bytes()
        Server.answers = {"/ocsp": self.ocsp().read_bytes(), "/crl": revoked}
        code, said, asked = self.sygnet()
        self.assertEqual((0, "good", "network", "OCSP", ["POST /ocsp"]), (code, said["state"], said["source"], said["method"], asked))
        Server.answers = {"/crl": crl}
        code, said, asked = self.sygnet()
        self.assertEqual((0, "good", "CRL", ["POST /ocsp", "GET /crl"]), (code, said["state"], said["method"], asked))
        Server.answers = {"/crl": revoked, "/ocsp": b"nonsense"}
        code, said, _ = self.sygnet()
        self.assertEqual((6, "revoked"), (code, said["state"]))
        Server.answers = {"/ocsp": self.ocsp((-HOUR, ",holdInstruction,holdInstructionNone")).read_bytes()}
        code, said, _ = self.sygnet()
        self.assertEqual((6, "suspended"), (code, said["state"]))

    def test_answers_that_the_document_brings(self):
        """Who signs with a revoked key chooses what stands in the signature: an answer of before the revocation, which is not out of date yet. It does not spare the
        question, but is better than none where nobody answers."""
        values = (VALUES_ATTRIBUTE, element(0x30, element(0xa0, element(0x30, self.crl(since=-2 * HOUR).read_bytes()))))
        self.signature = self.with_attributes(values)
        Server.answers = {"/crl": self.crl((-HOUR, ",keyCompromise")).read_bytes()}
        code, said, asked = self.sygnet()
        self.assertEqual((6, "revoked", "network", ["POST /ocsp", "GET /crl"]), (code, said["state"], said["source"], asked))
        Server.answers = {"/ocsp": self.ocsp().read_bytes()}
        code, said, asked = self.sygnet()
        self.assertEqual((0, "good", "network", ["POST /ocsp"]), (code, said["state"], said["source"], asked))
        for options in ((), ("--offline",)):
            Server.answers = {}
            code, said, _ = self.sygnet(*options)
            self.assertEqual((0, "good", "signature"), (code, said["state"], said["source"]))
        # A hold that was lifted since, likewise.
        values = (VALUES_ATTRIBUTE, element(0x30, element(0xa0, element(0x30, self.crl((-3 * HOUR, ",holdInstruction,holdInstructionNone"), since=-2 * HOUR).read_bytes()))))
        self.signature = self.sign(self.name)
        self.signature = self.with_attributes(values)
        Server.answers = {"/crl": self.crl(since=-HOUR).read_bytes()}
        code, said, _ = self.sygnet()
        self.assertEqual((0, "good", "network"), (code, said["state"], said["source"]))

    def test_nothing_answers(self):
        Server.answers = {}
        code, said, asked = self.sygnet()
        self.assertEqual((6, False, ["POST /ocsp", "GET /crl"]), (code, said["checked"], asked))
        self.assertIn("cannot be reached", said["problem"])
        # Knowingly without: what nobody tells is open.
        code, said, asked = self.sygnet("--offline")
        self.assertEqual((6, False, []), (code, said["checked"], asked))
        self.assertIn("network was not used", said["problem"])
        # What is at hand spares the question.
        code, said, asked = self.sygnet("--crl", self.crl())
        self.assertEqual((0, "file", []), (code, said["source"], asked))
        code, said, _ = self.sygnet("--crl", self.folder / "crl.pem")
        self.assertEqual((0, "file"), (code, said["source"]))

    def test_strangers_have_nothing_fetched(self):
        """A document by who is not trusted, or that was altered, makes no request."""
        Server.answers = {"/ocsp": self.ocsp().read_bytes()}
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "stranger.key", "-subj", "/CN=Stranger", "-days", "9",
                     "-out", "stranger.pem")
        self.assertEqual((6, []), self.sygnet(anchors="stranger.pem")[::2])
        before = self.document.read_bytes()
        self.document.write_bytes(b"other")
        self.addCleanup(self.document.write_bytes, before)
        self.assertEqual((5, []), self.sygnet()[::2])

    def test_bad_files(self):
        for option in ("--crl", "--ocsp"):
            done = subprocess.run([SYGNET, "verify", option, self.document, self.signature], capture_output=True, text=True)
            self.assertEqual(1, done.returncode)
            self.assertIn("DER", done.stderr)
            done = subprocess.run([SYGNET, "verify", option, self.folder / "nothing", self.signature], capture_output=True, text=True)
            self.assertEqual(4, done.returncode)

    def test_in_words(self):
        Server.answers = {"/ocsp": self.ocsp((-HOUR, ",keyCompromise")).read_bytes()}
        done = subprocess.run([SYGNET, "verify", "--anchors", self.folder / "root.pem", "--content", self.document, self.signature], capture_output=True, text=True,
                              env={"LC_ALL": "C.UTF-8"})
        self.assertEqual(6, done.returncode, done.stderr)
        for words in ("CN=Example test_in_words", "Issued by", "CN=Example issuing", "revoked since", "keyCompromise", "OCSP from the network", "REVOKED_NO_POE"):
            self.assertIn(words, done.stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
