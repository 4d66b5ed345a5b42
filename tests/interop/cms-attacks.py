#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""CMS signatures that were put together to deceive, or to keep who verifies them busy. Usage: cms-attacks.py INTEROP-SIGN-FILE"""

import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import pki
from der import contents, element, elements, with_unsigned

SIGN_FILE = sys.argv[1]
DOCUMENT = b"one hundred\n"

RSA = "06092a864886f70d010101"
RSA_SHA256 = "06092a864886f70d01010b"
DSA = "06072a8648ce380401"
DSA_SHA256 = "0609608648016503040302"
ED25519 = "06032b6570"
SHA256 = "0609608648016503040201"
SHA512 = "0609608648016503040203"
DATA = "06092a864886f70d010701"
SIGNED_DATA = "06092a864886f70d010702"
COUNTERSIGNATURE = "06092a864886f70d010906"


def sequence(*inside):
    return element(0x30, b"".join(inside))


def number(n):
    return element(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def algorithm(oid, *parameters):
    return sequence(bytes.fromhex(oid), *parameters)


def odd(bits):
    """A number of so many bits, that is none in particular."""
    digits = hashlib.shake_256(str(bits).encode()).digest((bits + 7) // 8)
    return int.from_bytes(digits, "big") >> (-bits % 8) | 1 << (bits - 1) | 1


class Attacks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.directory = Path(cls.temporary.name)
        cls.pki = pki.Pki(cls.directory, ("p256", "ed25519"))
        cls.document = cls.directory / "document.txt"
        cls.document.write_bytes(DOCUMENT)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def verify(self, cms, seconds=10, content=True):
        path = self.directory / "signature.p7s"
        path.write_bytes(cms)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        report = json.loads(pki.run(SIGN_FILE, "verify", path, "--anchors", self.pki.root, *(["--content", self.document] if content else []), timeout=120))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.assertLess(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, seconds)
        return report

    def ours(self, kind="p256"):
        out = self.directory / "ours.p7s"
        pki.run(SIGN_FILE, "sign", self.pki.key(kind), self.pki.chain(kind), "detached", self.document, out)
        return out.read_bytes()

    @staticmethod
    def certificate(key, method, subject=b"", issuer=b"", serial=1, value=b"\0" * 65):
        name = lambda text: sequence(element(0x31, sequence(bytes.fromhex("0603550403"), element(0x0c, text))))
        validity = sequence(element(0x17, b"240101000000Z"), element(0x17, b"440101000000Z"))
        tbs = sequence(element(0xa0, number(2)), number(serial), method, name(issuer), validity, name(subject), key)
        return sequence(tbs, method, element(3, b"\0" + value)), sequence(name(issuer), number(serial))

    @staticmethod
    def signed_data(digest, certificates, signers):
        encapsulated = sequence(bytes.fromhex(DATA))
        data = sequence(number(1), element(0x31, digest), encapsulated, element(0xa0, b"".join(certificates)), element(0x31, b"".join(signers)))
        return sequence(bytes.fromhex(SIGNED_DATA), element(0xa0, data))

    def test_giant_keys(self):
        """Keys with which one verification would take minutes or hours."""
        digest = algorithm(SHA256)
        modulus, group, order = odd(60000), odd(60000), odd(59000)
        parameters = sequence(number(group), number(order), number(3))
        for key, method, value_method, value in (
                (sequence(algorithm(RSA, b"\5\0"), element(3, b"\0" + sequence(number(modulus), number(odd(59999))))), algorithm(RSA_SHA256, b"\5\0"),
                 algorithm(RSA, b"\5\0"), (modulus - 2).to_bytes(7500, "big")),
                (sequence(algorithm(RSA, b"\5\0"), element(3, b"\0" + sequence(number(odd(4096)), number(odd(4095))))), algorithm(RSA_SHA256, b"\5\0"),
                 algorithm(RSA, b"\5\0"), (odd(4096) - 2).to_bytes(512, "big")),
                (sequence(algorithm(DSA, parameters), element(3, b"\0" + number(odd(58000)))), algorithm(DSA_SHA256), algorithm(DSA_SHA256),
                 sequence(number(odd(58001)), number(odd(58002))))):
            certificate, identifier = self.certificate(key, method)
            signer = sequence(number(1), identifier, digest, value_method, element(4, value))
            report = self.verify(self.signed_data(digest, [certificate], [signer]), 3)
            self.assertEqual(report["subindication"], "CRYPTO_CONSTRAINTS_FAILURE", report)
            self.assertEqual([s["integrity"] for s in report["signatures"]], [False])

    def test_document_signed_as_countersignature(self):
        """Ed25519 without attributes is over the content itself: one who signed the document did not sign another's signature of it."""
        raw, out = self.directory / "ed25519-key.pem", self.directory / "raw"
        pki.run("openssl", "pkeyutl", "-sign", "-rawin", "-inkey", raw, "-in", self.document, "-out", out)
        der = subprocess.run(["openssl", "x509", "-in", self.directory / "ed25519.pem", "-outform", "DER"], check=True, capture_output=True).stdout
        tbs = elements(contents(elements(contents(der))[0]))
        signer = sequence(number(1), sequence(tbs[3], tbs[1]), algorithm(SHA512), algorithm(ED25519), element(4, out.read_bytes()))
        alone = self.verify(self.signed_data(algorithm(SHA512), [der], [signer]))
        self.assertEqual(alone["indication"], "TOTAL-PASSED", alone)
        cms = with_unsigned(self.ours(), (bytes.fromhex(COUNTERSIGNATURE), signer))
        info = elements(contents(cms))
        data = elements(contents(contents(info[1])))
        data[3] = element(0xa0, contents(data[3]) + der)
        report = self.verify(sequence(info[0], element(0xa0, sequence(*data))))
        self.assertEqual([s.get("countersignature", False) for s in report["signatures"]], [False, True])
        self.assertEqual([s["integrity"] for s in report["signatures"]], [True, False], report)

    def test_algorithm_protection(self):
        """RFC 6211: a signature that protects its algorithms stands with no others, nor with a protection that is none."""
        der = subprocess.run(["openssl", "x509", "-in", self.directory / "p256.pem", "-outform", "DER"], check=True, capture_output=True).stdout
        tbs = elements(contents(elements(contents(der))[0]))
        sha256, ecdsa = bytes.fromhex(SHA256), bytes.fromhex("06082a8648ce3d040302")
        null = b"\5\0"

        def attribute(oid, value):
            return sequence(bytes.fromhex(oid), element(0x31, value))

        for name, protection, subindication in (
                ("as it is", sequence(sequence(sha256), element(0xa1, ecdsa)), None),
                ("NULL is nothing", sequence(sequence(sha256, null), element(0xa1, ecdsa)), None),
                ("another digest", sequence(sequence(bytes.fromhex(SHA512)), element(0xa1, ecdsa)), "SIG_CRYPTO_FAILURE"),
                ("another algorithm", sequence(sequence(sha256), element(0xa1, bytes.fromhex(RSA_SHA256))), "SIG_CRYPTO_FAILURE"),
                ("other parameters", sequence(sequence(sha256), element(0xa1, ecdsa + sequence())), "SIG_CRYPTO_FAILURE"),
                ("of a MAC", sequence(sequence(sha256), element(0xa2, ecdsa)), "FORMAT_FAILURE"),
                ("digest alone", sequence(sequence(sha256)), "FORMAT_FAILURE"),
                ("twice", sequence(sequence(sha256), element(0xa1, ecdsa)) * 2, "FORMAT_FAILURE")):
            with self.subTest(name):
                attributes = b"".join(sorted((attribute("06092a864886f70d010903", bytes.fromhex(DATA)), attribute("06092a864886f70d010934", protection),
                                              attribute("06092a864886f70d010904", element(4, hashlib.sha256(DOCUMENT).digest())))))
                (self.directory / "attributes").write_bytes(element(0x31, attributes))
                value = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.directory / "p256-key.pem", self.directory / "attributes"], check=True, capture_output=True).stdout
                signer = sequence(number(1), sequence(tbs[3], tbs[1]), sequence(sha256), element(0xa0, attributes), sequence(ecdsa), element(4, value))
                report = self.verify(self.signed_data(sequence(sha256), [der], [signer]))
                self.assertEqual((report["subindication"], report["signatures"][0]["integrity"]), (subindication, subindication is None), report)

    def test_many_paths(self):
        """Each of many signers with certificates that lead from one to all others, and nowhere."""
        key = elements(contents(elements(contents(subprocess.run(["openssl", "x509", "-in", self.directory / "p256.pem", "-outform", "DER"], check=True,
                                                                 capture_output=True).stdout))[0]))[6]
        method = algorithm("06082a8648ce3d040302")
        certificates = [self.certificate(key, method, b"x", b"x", i, bytes.fromhex("3006020101020101"))[0] for i in range(1, 200)]
        value = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.directory / "p256-key.pem", self.document], check=True, capture_output=True).stdout
        mine, identifier = self.certificate(key, method, b"signer", b"x", 1000, bytes.fromhex("3006020101020101"))
        plain = sequence(number(1), identifier, algorithm(SHA256), algorithm("06082a8648ce3d040302"), element(4, value))
        report = self.verify(self.signed_data(algorithm(SHA256), [mine, *certificates], [plain] * 256))
        self.assertEqual({(s["integrity"], s["indication"]) for s in report["signatures"]}, {(True, "INDETERMINATE")})


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
