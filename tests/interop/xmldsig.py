# SPDX-License-Identifier: LGPL-2.1-or-later
"""XML signatures put together by hand, so that a test may sign anything, however wrong: all text is written in its canonical form, digested as it
stands, and signed by openssl. Shared by the tests of XML signatures."""

import base64
import hashlib
import subprocess
from pathlib import Path

from pki import run

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ENVELOPED = DS + "enveloped-signature"
BASE64 = DS + "base64"
XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
FILTER2 = "http://www.w3.org/2002/06/xmldsig-filter2"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
ECDSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
SIGNED_PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"
COUNTERSIGNED = "http://uri.etsi.org/01903#CountersignedSignature"


def b64(data):
    return base64.b64encode(data).decode()


def sha256(data):
    return b64(hashlib.sha256(data if isinstance(data, bytes) else data.encode()).digest())


def transform(algorithm, content=""):
    return f'<ds:Transform Algorithm="{algorithm}">{content}</ds:Transform>'


def xpath(expression):
    return transform(XPATH, f"<ds:XPath>{expression}</ds:XPath>")


def reference(uri, data, transforms="", of_type=None, more=""):
    """A ds:Reference to what has this canonical form (or digest, where `data` is no text)."""
    of_type = f' Type="{of_type}"' if of_type else ""
    uri = "" if uri is None else f' URI="{uri}"'
    transforms = f"<ds:Transforms>{transforms}</ds:Transforms>" if transforms else ""
    return (f'<ds:Reference{more}{of_type}{uri}>{transforms}<ds:DigestMethod Algorithm="{SHA256}"></ds:DigestMethod>'
            f"<ds:DigestValue>{sha256(data)}</ds:DigestValue></ds:Reference>")


class Signer:
    """Signs with a key of a Pki."""

    def __init__(self, pki, kind="rsa3072", prefix=""):
        self.pki, self.kind, self.prefix = pki, kind, prefix
        self.der = subprocess.run(["openssl", "x509", "-in", pki.directory / f"{kind}.pem", "-outform", "DER"], check=True, capture_output=True).stdout
        self.method = RSA_SHA256 if kind.startswith("rsa") else ECDSA_SHA256

    def value(self, data):
        done = subprocess.run(["openssl", "dgst", "-sha256", "-keyform", "DER", "-sign", self.pki.key(self.kind)], input=data.encode(), check=True,
                              capture_output=True).stdout
        return done if self.kind.startswith("rsa") else self.fixed(done)

    @staticmethod
    def fixed(der):
        """r and s of an Ecdsa-Sig-Value, 32 octets each."""
        length = der[3]
        r, s = der[4:4 + length], der[6 + length:]
        return b"".join(n.lstrip(b"\0").rjust(32, b"\0") for n in (r, s))

    def properties(self, name="S", time="2026-01-31T12:00:00Z", certificate=None, more="", identifier=None):
        """SignedProperties in canonical form."""
        digest = sha256(certificate or self.der)
        return (f'<xades:SignedProperties xmlns:xades="{XADES}" Id="{identifier or name + "-properties"}"><xades:SignedSignatureProperties>'
                f"<xades:SigningTime>{time}</xades:SigningTime><xades:SigningCertificateV2><xades:Cert><xades:CertDigest>"
                f'<ds:DigestMethod xmlns:ds="{DS}" Algorithm="{SHA256}"></ds:DigestMethod><ds:DigestValue xmlns:ds="{DS}">{digest}</ds:DigestValue>'
                f"</xades:CertDigest></xades:Cert></xades:SigningCertificateV2>{more}</xades:SignedSignatureProperties>"
                f'<xades:SignedDataObjectProperties><xades:DataObjectFormat ObjectReference="#{name}-data"><xades:MimeType>text/xml</xades:MimeType>'
                "</xades:DataObjectFormat></xades:SignedDataObjectProperties></xades:SignedProperties>")

    def key_info(self):
        return f"<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{b64(self.der)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"

    def signed_info(self, references, method=None, inside=""):
        return (f'<ds:SignedInfo xmlns:ds="{DS}"><ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"></ds:CanonicalizationMethod>'
                f'<ds:SignatureMethod Algorithm="{method or self.method}">{inside}</ds:SignatureMethod>{references}</ds:SignedInfo>')

    def sign(self, references, objects="", name="S", properties=None, unsigned="", key_info=None, method=None, inside="", value=None):
        """A ds:Signature; with properties (text of SignedProperties, True for the usual ones), XAdES."""
        if properties is True:
            properties = self.properties(name)
        if properties:
            references += reference(f"#{name}-properties", properties, transform(EXCLUSIVE), SIGNED_PROPERTIES)
            unsigned = f"<xades:UnsignedProperties><xades:UnsignedSignatureProperties>{unsigned}</xades:UnsignedSignatureProperties></xades:UnsignedProperties>" if unsigned else ""
            objects = (f'<ds:Object><xades:QualifyingProperties xmlns:xades="{XADES}" Target="#{name}">{properties}{unsigned}'
                       f"</xades:QualifyingProperties></ds:Object>{objects}")
        signed_info = self.signed_info(references, method, inside)
        value = value if value is not None else self.value(signed_info)
        key_info = self.key_info() if key_info is None else key_info
        return (f'<ds:Signature xmlns:ds="{DS}" Id="{name}">{signed_info}<ds:SignatureValue Id="{name}-value">{b64(value)}</ds:SignatureValue>'
                f"{key_info}{objects}</ds:Signature>")

    def enveloped(self, before="<a><b>1</b>", after="</a>", transforms=transform(ENVELOPED) + transform(EXCLUSIVE), **options):
        """A document that is signed as a whole, the signature between its two parts. (Its canonical form is the text without the signature.)"""
        data = reference("", before + after, transforms, more=f' Id="{options.get("name", "S")}-data"')
        return before + self.sign(data, **{"properties": True, **options}) + after

    def enveloping(self, content="<a>1</a>", **options):
        name = options.get("name", "S")
        inner = f'<ds:Object xmlns:ds="{DS}" Id="{name}-object">{content}</ds:Object>'
        data = reference(f"#{name}-object", inner, transform(EXCLUSIVE), DS + "Object", more=f' Id="{name}-data"')
        return self.sign(data, **{"properties": True, **options, "objects": options.get("objects", "") + inner})


class Authority:
    """A time-stamping authority under the root of a Pki, or (`own`) under nobody."""

    def __init__(self, pki, own=False, name=None, days=30):
        self.folder = pki.directory
        subject = name or "TSA"
        name = self.folder / (name or ("own-tsa" if own else "tsa"))
        extensions = self.folder / "tsa.ext"
        extensions.write_text("basicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n")
        run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN=Example {subject}")
        issuer = ["-signkey", f"{name}.key"] if own else ["-CA", pki.root, "-CAkey", self.folder / "root.key", "-CAcreateserial"]
        run("openssl", "x509", "-req", "-in", f"{name}.csr", *issuer, "-days", str(days), "-extfile", extensions, "-out", f"{name}.pem")
        self.name, self.config = name, self.folder / "tsa.cnf"
        self.config.write_text(f"[tsa]\ndefault_tsa=t\n[t]\nserial={name}.serial\nsigner_digest=sha256\ndefault_policy=1.2.3.4\ndigests=sha256\ness_cert_id_alg=sha256\n")
        Path(f"{name}.serial").write_text("01\n", encoding="ascii")

    def stamp(self, data):
        """The token over a text or octets, in base64."""
        paths = [self.folder / f"stamp.{n}" for n in ("data", "tsq", "tst")]
        paths[0].write_bytes(data if isinstance(data, bytes) else data.encode())
        run("openssl", "ts", "-query", "-data", paths[0], "-sha256", "-cert", "-out", paths[1])
        run("openssl", "ts", "-reply", "-config", self.config, "-queryfile", paths[1], "-signer", f"{self.name}.pem", "-inkey", f"{self.name}.key", "-token_out", "-out", paths[2])
        return b64(paths[2].read_bytes())

    def property(self, value):
        """A SignatureTimeStamp over a ds:SignatureValue in canonical form."""
        return (f'<xades:SignatureTimeStamp><ds:CanonicalizationMethod xmlns:ds="{DS}" Algorithm="{EXCLUSIVE}"></ds:CanonicalizationMethod>'
                f"<xades:EncapsulatedTimeStamp>{self.stamp(value)}</xades:EncapsulatedTimeStamp></xades:SignatureTimeStamp>")


def parts(text, start, end):
    """What stands before, from `start` to `end` with both, and after."""
    a = text.index(start)
    b = text.index(end, a) + len(end)
    return text[:a], text[a:b], text[b:]
