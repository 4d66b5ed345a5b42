#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A certificate's life, from the request to the revocation and beyond (C4, C5): what becomes of documents signed before, in and after a suspension, with and without
proof of time. Once of the local CA, once of an outside CA of three levels, played by openssl; of either openssl reads lists and answers of the responder as well, and agrees."""
import json
import os
import socket
import subprocess
import sys
import time

from cli import BUILD, INDETERMINATE, OK, SOURCE, SYGNET, TERMS, main
from outside import OutsideCA
from served import KEY_PASSWORD, ROOT, Signing, harness

sys.path.insert(0, str(SOURCE / "tests/interop"))
from der import signature_value, with_unsigned  # noqa: E402

TIMESTAMP_ATTRIBUTE = bytes.fromhex("060b2a864886f70d010910020e")  # id-aa-signatureTimeStampToken
# The client where /var/lib/sygnet-pki is what this CA publishes.
LOCALLY = 'mount -t tmpfs none /var/lib && mkdir /var/lib/sygnet-pki && mount --bind "$0" /var/lib/sygnet-pki && exec "$@"'
TSA = """[tsa]
serial = tsa-serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
ess_cert_id_alg = sha256
"""


class Local:
    """The CA of this machine, by the client; verified with what it publishes and nothing else."""

    def __init__(self, test):
        self.test, self.published, self.anchors = test, test.machine.folder / "ca/pki", "ca.pem"

    def certify(self, request):
        """Asked for by Anna, approved by an operator, fetched by Anna."""
        number = str(json.loads(self.test.sygnet(OK, "ca", "request", request, "--profile", "customs", "--json"))["number"])
        self.test.sygnet(OK, "ca", "approve", number, uid=ROOT)
        self.test.sygnet(OK, "ca", "answer", number, "-o", "answer.pem")
        self.test.openssl("x509", "-in", "answer.pem", "-out", "leaf.pem")
        self.start_responder()
        return ["answer.pem"]

    def start_responder(self):
        """sygnet-ocspd, with a certificate of the CA."""
        m, uid = self.test.machine, harness.SYGNET_OCSP
        state = m.folder / "ocsp"
        state.mkdir()
        os.chown(state, uid, uid)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{s.getsockname()[1]}"
        self.ask = ["ocsp", "-issuer", "ca.pem", "-cert", "leaf.pem", "-CAfile", "ca.pem", "-no_nonce", "-url", f"http://{address}"]
        m.spawn([BUILD / "ocsp/sygnet-ocspd", "--listen", address, "--published", self.published, "--state", state], uid=uid)
        m.wait_for(lambda: "Response verify OK" in self.test.openssl(*self.ask, check=False), "the responder")

    def suspend(self):
        self.test.sygnet(OK, "ca", "suspend", "leaf.pem", uid=ROOT)
        self.peers_say("certificate revoked", "revoked")

    def resume(self):
        self.test.sygnet(OK, "ca", "resume", "leaf.pem", uid=ROOT)
        self.peers_say("leaf.pem: OK", "good")

    def revoke(self):
        self.test.sygnet(OK, "ca", "revoke", "leaf.pem", "--reason", "keyCompromise", "--yes", uid=ROOT)
        self.peers_say("certificate revoked", "revoked")

    def peers_say(self, verify, ocsp):
        """What openssl makes of the published list and of the responder's answer."""
        self.test.openssl("crl", "-inform", "DER", "-in", str(self.published / "ca.crl"), "-out", "crl.pem")
        self.test.assertIn(verify, self.test.openssl("verify", "-CAfile", "ca.pem", "-crl_check", "-CRLfile", "crl.pem", "leaf.pem", check=False))
        self.test.assertIn(f"leaf.pem: {ocsp}", self.test.openssl(*self.ask))

    def ways(self):
        """Commands that verify, each with the source that it is to name."""
        return [(["unshare", "-m", "sh", "-c", LOCALLY, self.published, SYGNET, "verify"], "local-ca", "CRL")]


class Outside:
    """openssl's, with a list and an answer made at each change."""

    def __init__(self, test):
        self.test, self.ca, self.anchors = test, OutsideCA(test.folder / "outside"), "outside/root.pem"
        self.database = self.ca.folder / "database"

    def certify(self, request):
        leaf = self.ca.issue(self.test.folder / request)
        self.good = self.database.read_text()
        self.publish()
        return [leaf, *self.ca.issuers]

    def publish(self):
        self.ca.openssl("ca", "-gencrl", "-crldays", "7", "-out", "crl.pem")
        self.ca.openssl("ocsp", "-issuer", "issuing.pem", "-cert", "leaf.pem", "-no_nonce", "-reqout", "request.der")
        self.ca.openssl("ocsp", "-index", "database", "-CA", "issuing.pem", "-rsigner", "issuing.pem", "-rkey", "issuing.key", "-reqin", "request.der", "-ndays", "1",
                        "-respout", "answer.der")
        for name in ("crl.pem", "answer.der"):
            (self.ca.folder / name).chmod(0o644)

    def suspend(self):
        self.ca.openssl("ca", "-revoke", "leaf.pem", "-crl_hold", "holdInstructionNone")
        self.publish()
        self.peers_say("certificate revoked", "revoked")

    def resume(self):
        self.database.write_text(self.good)
        self.publish()
        self.peers_say("leaf.pem: OK", "good")

    def revoke(self):
        self.ca.openssl("ca", "-revoke", "leaf.pem", "-crl_reason", "keyCompromise")
        self.publish()
        self.peers_say("certificate revoked", "revoked")

    def peers_say(self, verify, ocsp):
        """What openssl makes of the list and of the answer, which are those that ours is given."""
        chain = ["-CAfile", "outside/root.pem", "-untrusted", "outside/policy.pem", "-untrusted", "outside/issuing.pem"]
        self.test.assertIn(verify, self.test.openssl("verify", *chain, "-crl_check", "-CRLfile", "outside/crl.pem", "outside/leaf.pem", check=False))
        said = self.test.openssl("ocsp", "-respin", "outside/answer.der", "-issuer", "outside/issuing.pem", "-cert", "outside/leaf.pem", "-verify_other", "outside/issuing.pem",
                                 "-trust_other", "-no_nonce")
        self.test.assertIn(f"leaf.pem: {ocsp}", said)

    def ways(self):
        verify = [SYGNET, "verify"]
        return [([*verify, "--crl", "outside/crl.pem"], "file", "CRL"), ([*verify, "--ocsp", "outside/answer.der"], "file", "OCSP")]


class Life(Signing):
    def setUp(self):
        super().setUp()
        (self.folder / "tsa.cnf").write_text(TSA)
        (self.folder / "tsa-serial").write_text("01\n")
        (self.folder / "tsa.ext").write_text("keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n")
        p256 = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        self.openssl("req", "-x509", *p256, "-keyout", "tsa-root.key", "-out", "tsa-root.pem", "-days", "30", "-subj", "/CN=Example TSA root")
        self.openssl("req", "-new", *p256, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Example TSA")
        self.openssl("x509", "-req", "-in", "tsa.csr", "-CA", "tsa-root.pem", "-CAkey", "tsa-root.key", "-CAcreateserial", "-days", "20", "-extfile", "tsa.ext", "-out", "tsa.pem")

    def openssl(self, *args, check=True):
        done = subprocess.run(["openssl", *args], cwd=self.folder, capture_output=True, text=True, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"{args}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def make_key(self, ca):
        self.key_password = self.secret("key-password", KEY_PASSWORD)
        made = self.sygnet(OK, "key", "generate", "--accept-terms", TERMS, "--label", "Customs", "--given-name", "Anna", "--surname", "Nowak", "--serial-number", "TINPL-5250000000",
                           "--country", "PL", "--no-issue", "--json", "--password-file", self.key_password)
        self.credential = json.loads(made)["id"]
        self.sygnet(OK, "key", "request", self.credential, "--password-file", self.key_password, "-o", "request.pem")
        self.sygnet(OK, "key", "import", self.credential, *ca.certify("request.pem"))

    def sign(self, name):
        """NAME.p7s and, with a timestamp of now, NAME-stamped.p7s."""
        (self.folder / name).write_text(f"<{name}/>")
        self.sygnet(OK, "sign", name, "-c", self.credential, "--format", "cades", "--password-file", self.key_password)
        signature = (self.folder / f"{name}.p7s").read_bytes()
        (self.folder / "value").write_bytes(signature_value(signature))
        self.openssl("ts", "-query", "-data", "value", "-sha256", "-cert", "-out", "query.tsq")
        self.openssl("ts", "-reply", "-config", "tsa.cnf", "-section", "tsa", "-queryfile", "query.tsq", "-signer", "tsa.pem", "-inkey", "tsa.key", "-token_out", "-out", "token.der")
        (self.folder / f"{name}-stamped.p7s").write_bytes(with_unsigned(signature, (TIMESTAMP_ATTRIBUTE, (self.folder / "token.der").read_bytes())))

    def a_second_passes(self):
        """Timestamps are of whole seconds, and openssl's clock cannot be set."""
        now = int(time.time())
        self.machine.wait_for(lambda: int(time.time()) > now, "the next second")

    def expect(self, ca, name, stamped, code, subindication, state, at_signing):
        for command, source, method in ca.ways():
            done = self.machine.run([*command, "--json", "--offline", "--anchors", ca.anchors, "--anchors", "tsa-root.pem", "--content", name,
                                     f"{name}-stamped.p7s" if stamped else f"{name}.p7s"], check=False, cwd=self.folder)
            self.assertNotIn("Sanitizer", done.stderr)
            report = json.loads(done.stdout)
            signature = report["signatures"][0]
            said = signature["certificate"]
            self.assertEqual((True, True, source, method, stamped), (signature["integrity"], said["checked"], said["source"], said["method"], signature["proven_time"] is not None))
            self.assertEqual((code, subindication, state, at_signing), (done.returncode, report["subindication"], said["state"], said["state_at_signing"]), (name, stamped, source))

    def live(self, ca):
        self.make_key(ca)
        self.sign("before")
        for stamped in (False, True):
            self.expect(ca, "before", stamped, OK, None, "good", "good")

        self.a_second_passes()
        ca.suspend()
        self.sign("during")
        # By its own claim the first is older, which is no proof; made in the hold, the second is in either form.
        self.expect(ca, "before", False, INDETERMINATE, "TRY_LATER", "suspended", "good")
        self.expect(ca, "before", True, OK, None, "suspended", "good")
        for stamped in (False, True):
            self.expect(ca, "during", stamped, INDETERMINATE, "TRY_LATER", "suspended", "suspended")

        ca.resume()
        for name in ("before", "during"):
            self.expect(ca, name, False, OK, None, "good", "good")

        self.a_second_passes()
        ca.revoke()
        self.sign("after")
        for name in ("before", "during"):
            self.expect(ca, name, False, INDETERMINATE, "REVOKED_NO_POE", "revoked", "good")
            self.expect(ca, name, True, OK, None, "revoked", "good")
        for stamped in (False, True):
            self.expect(ca, "after", stamped, INDETERMINATE, "REVOKED_NO_POE", "revoked", "revoked")

    def test_local(self):
        self.live(Local(self))

    def test_outside(self):
        self.live(Outside(self))


if __name__ == "__main__":
    main()
