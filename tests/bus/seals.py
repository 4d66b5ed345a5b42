# SPDX-License-Identifier: LGPL-2.1-or-later
"""Credentials for bus tests: keys of the daemon with certificates of an outside CA (openssl), to-be-signed bytes built by hand, and openssl as
the judge of what came back."""
import hashlib
import struct
import subprocess
import tempfile
import time
from pathlib import Path

from harness import PASSWORD, V, secret

SEAL_SUBJECT = {"organizationName": V("s", "Example sp. z o.o."), "organizationIdentifier": V("s", "VATPL-5250000000"),
                "commonName": V("s", "Example seal"), "countryName": V("s", "PL")}
CUSTOMS_SUBJECT = {"givenName": V("s", "Example"), "surname": V("s", "Person"), "commonName": V("s", "Example Person"),
                   "countryName": V("s", "PL"), "serialNumber": V("s", "TINPL-5250000000")}
CUSTOMS_PASSWORD = "Customs-Word-12"
EXTENSIONS = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,{usage}\n"
DIGESTS = {"p256": "sha256", "p384": "sha384", "rsa3072": "sha256", "rsa4096": "sha256", "ed25519": "sha512"}


def run(*argv, data=None):
    p = subprocess.run([str(a) for a in argv], input=data, capture_output=True, check=False)
    if p.returncode != 0:
        raise AssertionError(f"{argv}: {p.stderr.decode(errors='replace')}")
    return p.stdout


class Authority:
    """An outside CA of one level."""

    def __init__(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = Path(self.temporary.name)
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", self.folder / "ca.key",
            "-out", self.folder / "ca.pem", "-subj", "/C=PL/O=Example CA/CN=Example root", "-days", "3650")

    def __del__(self):
        self.temporary.cleanup()

    def root(self):
        return run("openssl", "x509", "-in", self.folder / "ca.pem", "-outform", "DER")

    def issue(self, request, days=90, usage="nonRepudiation", serial=None):
        """A certificate, DER, for a PKCS#10, DER, whose proof of possession openssl checks."""
        (self.folder / "request.der").write_bytes(request)
        (self.folder / "ext").write_text(EXTENSIONS.format(usage=usage))
        run("openssl", "req", "-inform", "DER", "-in", self.folder / "request.der", "-verify", "-noout")
        return run("openssl", "x509", "-req", "-inform", "DER", "-in", self.folder / "request.der", "-CA", self.folder / "ca.pem",
                   "-CAkey", self.folder / "ca.key", "-extfile", self.folder / "ext", "-days", days, "-outform", "DER", *(("-set_serial", serial) if serial else ()))

    def verify(self, certificate, signature, data, algorithm="p256"):
        """Whether the signature value is one of the certificate's key over data."""
        f = self.folder
        (f / "c.der").write_bytes(certificate)
        (f / "sig").write_bytes(signature)
        (f / "data").write_bytes(data)
        (f / "pub.pem").write_bytes(run("openssl", "x509", "-inform", "DER", "-in", f / "c.der", "-noout", "-pubkey"))
        if algorithm == "ed25519":
            argv = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", f / "pub.pem", "-rawin", "-in", f / "data", "-sigfile", f / "sig"]
        else:
            argv = ["openssl", "dgst", f"-{DIGESTS[algorithm]}", "-verify", f / "pub.pem", "-signature", f / "sig", f / "data"]
        return subprocess.run([str(a) for a in argv], capture_output=True, check=False).returncode == 0


# --- To-be-signed bytes --------------------------------------------------------------------------------------------------

def tlv(tag, content):
    n = len(content)
    length = bytes([n]) if n < 128 else bytes([0x81, n]) if n < 256 else b"\x82" + struct.pack(">H", n)
    return bytes([tag]) + length + content


def attribute(oid, value):
    return tlv(0x30, tlv(6, bytes.fromhex(oid)) + tlv(0x31, value))


PKCS9 = "2a864886f70d0109"


def attributes(certificate, document=b"a document", digest="sha256", at=None, content_type="2a864886f70d010701"):
    """The signed attributes of a CAdES B-B signature, with signing-time only where `at` is given."""
    each = [attribute(PKCS9 + "03", tlv(6, bytes.fromhex(content_type))),
            attribute(PKCS9 + "04", tlv(4, hashlib.new(digest, document).digest())),
            attribute(PKCS9 + "10022f", tlv(0x30, tlv(0x30, tlv(0x30, tlv(4, hashlib.sha256(certificate).digest())))))]
    if at is not None:
        each.append(attribute(PKCS9 + "05", tlv(0x17, time.strftime("%y%m%d%H%M%SZ", time.gmtime(at)).encode())))
    return tlv(0x31, b"".join(sorted(each)))


def signed_info(method="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"):
    return (f'<ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:CanonicalizationMethod '
            f'Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="{method}">'
            f'</ds:SignatureMethod><ds:Reference URI=""><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256">'
            f'</ds:DigestMethod><ds:DigestValue>AAAA</ds:DigestValue></ds:Reference></ds:SignedInfo>').encode()


def items(*tbs, kind="cms-attributes"):
    return [(kind, b, {"name": V("s", f"document {i}")}) for i, b in enumerate(tbs)]


def rests(listed):
    """rest(0) … rest(n) of the contract."""
    chain = [bytes(32)]
    for kind, tbs, _ in reversed(listed):
        h = hashlib.sha256(bytes([len(kind)]) + kind.encode() + tbs).digest()
        chain.insert(0, hashlib.sha256(h + chain[0]).digest())
    return chain


# --- Ways through the contract -------------------------------------------------------------------------------------------

def create_seal(machine, authority, administrator, algorithm="p256", **issue):
    """A seal with a certificate; its id and its certificate."""
    operator = machine.operator
    seal = operator.call("Credential.CreateSeal", "ssa{sv}a{sv}", "Example seal", administrator, SEAL_SUBJECT, {"algorithm": V("s", algorithm)})
    request = operator.call("Credential.GetRequest", "sa{sv}", seal, {})
    certificate = authority.issue(request, **issue)
    operator.call("Credential.ImportCertificates", "saaya{sv}", seal, [certificate, authority.root()], {})
    return seal, certificate


def create_customs(client, authority, session, password=CUSTOMS_PASSWORD):
    key = client.call("Credential.GenerateCustomsKey", "ssva{sv}a{sv}", session, "Customs", secret(password), CUSTOMS_SUBJECT, {})
    factors = {"session": V("s", session)}
    request = client.call("Credential.GetRequest", "sa{sv}", key, {**factors, "password": secret(password)})
    certificate = authority.issue(request)
    client.call("Credential.ImportCertificates", "saaya{sv}", key, [certificate, authority.root()], factors)
    return key, certificate


PIN = "24681357"


def set_pin(person, pin=PIN):
    """The first PIN of an account that has neither address nor phone."""
    person.client.call("Pin.Set", "sva{sv}", person.session, secret(pin), {"otp": secret(person.code())})


def create_signature(person, authority, pin=PIN, algorithm="p256"):
    """A signature with a certificate, of a person who has a PIN; its id and its certificate."""
    key, request = person.client.call("Credential.GenerateSignatureKey", "ssa{sv}a{sv}a{sv}", person.session, "Signature", CUSTOMS_SUBJECT,
                                      {"pin": secret(pin), "otp": secret(person.code())}, {"algorithm": V("s", algorithm)})
    certificate = authority.issue(request)
    person.client.call("Credential.ImportCertificates", "saaya{sv}", key, [certificate, authority.root()], {"session": V("s", person.session)})
    return key, certificate


def prepare(client, session, credential, listed, count=None):
    return client.call("Operation.Prepare", "ssuaya{sv}", session, credential, len(listed) if count is None else count, rests(listed)[0], {})


def authorize(client, operation, **factors):
    client.call("Operation.Authorize", "sa{sv}", operation, {k: secret(v) for k, v in factors.items()})


def sign(client, operation, listed, rest=bytes(32), start=False):
    return (client.start if start else client.call)("Operation.Sign", "sa(saya{sv})ay", operation, listed, rest)


def sign_once(client, session, credential, listed, **factors):
    return client.call("Operation.SignOnce", "ssa(saya{sv})a{sv}a{sv}", session, credential, listed,
                       {k: secret(v) for k, v in factors.items()}, {})


class Person:
    """An account with its client, an open session and a token."""

    def __init__(self, machine, login, uid, remember=False, **addresses):
        self.machine, self.login = machine, login
        machine.account(login, uid, **addresses)
        self.client = machine.client(uid)
        self.session = self.client.login(login)
        self.key = self.client.enroll(self.session)
        if remember:
            self.again(remember=True)

    def again(self, remember=False):
        """Logs in anew."""
        self.session = self.client.login(self.login, PASSWORD, self.code() if remember else None)
        return self.session

    def code(self):
        return self.machine.code(self.key)
