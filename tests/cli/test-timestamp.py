#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Signatures with timestamps of an authority that openssl plays, honest and not: the level that is reached, and what is said (S1, S2, C5)."""
import base64
import json
import re
import subprocess
import sys
import time
import zipfile

from cli import BUILD, FAILED, NOT_FOUND, OK, SOURCE, USAGE, main
from keys import Keys, tool
from tsa import PASSWORD, USER, Authority

from der import split

LEVEL = 7


class Timestamps(Keys):
    def setUp(self):
        super().setUp()
        self.tsa = Authority(self.folder / "tsa")
        self.addCleanup(self.tsa.close)
        self.home["XDG_CONFIG_HOME"] = str(self.folder / "config")
        self.home["http_proxy"] = None
        self.ca()
        self.in_file()
        self.get_certificate("customs", "--password-file", self.password)
        with open(self.folder / "invoice.pdf", "wb") as pdf:
            subprocess.run([sys.executable, SOURCE / "installer/lib/invoice.py"], stdout=pdf, check=True)

    def stamp(self, code, path, *options, file="declaration.xml", says=None):
        """Signs with the authority of a path; what is said."""
        for old in (*self.folder.glob("*.p7?"), *self.folder.glob("*-signed.pdf")):
            old.unlink()
        paths = path if isinstance(path, tuple) else (path,)
        anchors = () if "--timestamp-anchors" in options else ("--timestamp-anchors", self.tsa.root)
        p = self.sygnet(code, "sign", file, "--password-file", self.password, *(x for p in paths for x in ("--timestamp", self.tsa.url(p))), *anchors, *options)
        if says:
            self.assertIn(says, p.stderr)
        return p

    def report(self, file="declaration.xml.p7s", code=OK, anchors=True):
        trusted = ("--anchors", "ca.pem", *(("--anchors", self.tsa.root) if anchors else ()))
        return self.json("verify", file, *trusted, "--offline", code=code)["signatures"]

    def assert_stamped(self, file="declaration.xml.p7s"):
        report = self.report(file)[0]
        self.assertEqual(("B-T", "CN=Example good"), (report["level"], report["proven_by"]))
        self.assertIsNotNone(report["proven_time"])

    def assert_plain(self, file="declaration.xml.p7s"):
        report = self.report(file)[0]
        self.assertEqual(("TOTAL-PASSED", "B-B", None), (report["indication"], report["level"], report["proven_time"]))

    def json(self, *args, code=OK, **how):
        return json.loads(self.sygnet(code, *args, "--json", **how).stdout)


class Sign(Timestamps):
    def test_cades(self):
        self.stamp(OK, "good")
        self.assert_stamped()
        self.openssl("cms", "-verify", "-binary", "-inform", "DER", "-in", "declaration.xml.p7s", "-content", "declaration.xml", "-CAfile", "ca.pem", "-out", "/dev/null")
        self.openssl("cms", "-cmsout", "-print", "-inform", "DER", "-in", "declaration.xml.p7s")
        tool("certtool", "--p7-verify", "--inder", "--infile", "declaration.xml.p7s", "--load-data", "declaration.xml", "--load-ca-certificate", "ca.pem", cwd=self.folder)
        self.stamp(OK, "good", "--format", "cades-enveloping")
        tool("certtool", "--p7-verify", "--inder", "--infile", "declaration.xml.p7m", "--load-ca-certificate", "ca.pem", cwd=self.folder)
        self.assert_stamped("declaration.xml.p7m")

    def test_other_formats(self):
        for form in ("xades", "xades-enveloping", "xades-detached", "asic-s", "asic-s-xades", "asic-e", "asic-e-xades"):
            with self.subTest(form):
                p = self.stamp(OK, "good", "--format", form, "--force", "--json")
                written = json.loads(p.stdout)["files"][0]
                self.assertEqual("B-T", written["level"])
                self.assert_stamped(written["output"])
                p = self.stamp(LEVEL, "imprint", "--format", form, "--force", "--json")
                self.assert_plain(json.loads(p.stdout)["files"][0]["output"])

    def test_pades(self):
        p = self.stamp(OK, "good", "--json", file="invoice.pdf")
        self.assertEqual("B-T", json.loads(p.stdout)["files"][0]["level"])
        self.assert_stamped("invoice-signed.pdf")
        self.assertIn("Signature is Valid", self.pdfsig("invoice-signed.pdf"))
        grown = (self.folder / "invoice-signed.pdf").stat().st_size
        self.sygnet(OK, "sign", "invoice.pdf", "-o", "plain.pdf", "--password-file", self.password)
        plain = (self.folder / "plain.pdf").stat().st_size
        self.assertLess(plain, (self.folder / "invoice.pdf").stat().st_size + 12 * 1024)
        self.assertGreater(grown, plain + 4096)

    def pdfsig(self, file):
        return subprocess.run(["pdfsig", "-nocert", file], cwd=self.folder, capture_output=True, text=True, check=False).stdout

    def test_xades(self):
        for form, file in (("xades", "declaration-signed.xml"), ("xades-enveloping", "declaration.xml.xades"), ("xades-detached", "declaration.xml.xades")):
            with self.subTest(form):
                (self.folder / file).unlink(missing_ok=True)
                p = self.stamp(OK, "good", "--format", form, "--json")
                self.assertEqual("B-T", json.loads(p.stdout)["files"][0]["level"])
                self.assert_stamped(file)
                tool("xmlsec1", "verify", "--trusted-pem", "ca.pem", "--untrusted-pem", "issuing.pem", "--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties", "--id-attr:Id",
                     "http://www.w3.org/2000/09/xmldsig#:Object", file, cwd=self.folder)
                # The token is of the canonical ds:SignatureValue, to openssl too.
                text = (self.folder / file).read_text()
                value = re.search('<ds:SignatureValue( Id="[^"]*">[^<]*</ds:SignatureValue>)', text).group(1)
                (self.folder / "value").write_text('<ds:SignatureValue xmlns:ds="http://www.w3.org/2000/09/xmldsig#"' + value)
                (self.folder / "token").write_bytes(base64.b64decode(re.search("<xades:EncapsulatedTimeStamp>([^<]*)<", text).group(1)))
                self.openssl("ts", "-verify", "-token_in", "-in", "token", "-data", "value", "-CAfile", self.tsa.root)

    def test_lies(self):
        """Each costs the level, not the signature, and is told in words."""
        for path, says in (("nonce", "another request"), ("imprint", "something else"), ("expired", "has expired"),
                           ("untrusted", "leads to no authority"), ("altered", "was altered"), ("garbage", "no timestamp"), ("empty", "no timestamp"), ("half", "no timestamp"),
                           ("reject", "refuses the request. Message digest algorithm is not supported."), ("huge", "sends more than is taken"),
                           ("huge-said", "sends more than is taken"), ("broken", "status 500")):
            with self.subTest(path):
                p = self.stamp(LEVEL, path, says=says)
                self.assertIn("B-B", p.stderr)
                self.assertIn("sygnet extend", p.stderr)
                self.assert_plain()

    def test_large(self):
        """A token for which the PDF has no room is left out, and told; as a document timestamp it gets what it takes."""
        p = self.stamp(LEVEL, "large", file="invoice.pdf", says="larger than the place")
        self.assertIn("B-B", p.stderr)
        self.assert_plain("invoice-signed.pdf")
        self.sygnet(OK, "extend", "invoice-signed.pdf", "--timestamp", self.tsa.url("large"), "--timestamp-anchors", self.tsa.root)
        self.assertEqual(["CN=Example large", "B-T"], [self.report("invoice-signed.pdf")[0][k] for k in ("proven_by", "level")])
        self.stamp(OK, "large")
        self.assertEqual("CN=Example large", self.report()[0]["proven_by"])

    def test_policy(self):
        self.stamp(OK, "good", "--timestamp-policy", "1.2.3.5")
        self.stamp(LEVEL, "policy", "--timestamp-policy", "1.2.3.5", says="another policy")
        self.stamp(LEVEL, "good", "--timestamp-policy", "1.2.3.6", says="refuses the request. Requested policy is not supported.")
        self.stamp(USAGE, "good", "--timestamp-policy", "none", says="1.2.3.4")

    def test_slow_and_down(self):
        self.stamp(LEVEL, "slow", "--timestamp-timeout", "1", says="in time")
        self.assert_plain()
        down = self.sygnet(LEVEL, "sign", "declaration.xml", "--force", "--password-file", self.password, "--timestamp", "http://127.0.0.1:1/", "--timestamp-anchors", self.tsa.root)
        self.assertIn("nothing answers there", down.stderr)
        self.assert_plain()

    def test_order(self):
        """The next one is asked where one is of no use, and none of the first's words is a failure."""
        p = self.stamp(OK, ("garbage", "expired", "good"))
        self.assertIn("no timestamp", p.stderr)
        self.assert_stamped()
        self.stamp(OK, ("good", "garbage"))
        self.assertEqual(1, self.tsa.asked["garbage"])

    def test_batch(self):
        """One that fails three times in a row is left aside, and what is wrong with it is told once."""
        files = [f"d{i}.xml" for i in range(60)]
        for f in files:
            (self.folder / f).write_text(f)
        p = self.sygnet(OK, "sign", *files, "--password-file", self.password, "--timestamp", self.tsa.url("garbage"), "--timestamp", self.tsa.url(), "--timestamp-anchors", self.tsa.root)
        self.assertEqual(1, p.stderr.count("No timestamp from"))
        self.assertIn("not asked any more", p.stderr)
        self.assertLessEqual(self.tsa.asked["garbage"], 40)  # the threads that were asking already
        self.assertEqual(60, self.tsa.asked["good"])
        for f in files[::9]:
            self.assert_stamped(f + ".p7s")
        p = self.sygnet(LEVEL, "sign", *files, "--force", "--password-file", self.password, "--timestamp", self.tsa.url("reject"), "--timestamp-anchors", self.tsa.root)
        self.assertIn("60 files were signed at level B-B", p.stderr)

    def test_account(self):
        """A password goes to who proves nothing only as a digest, and never into an address."""
        secret = self.secret("tsa-password", PASSWORD)
        self.stamp(OK, "password", "--timestamp-user", USER, "--timestamp-password-file", secret)
        self.assert_stamped()
        self.stamp(LEVEL, "password", "--timestamp-user", USER, "--timestamp-password-file", self.secret("wrong", "wrong"), says="wants a user and a password")
        self.stamp(LEVEL, "password", says="wants a user and a password")
        self.stamp(LEVEL, "basic", "--timestamp-user", USER, "--timestamp-password-file", secret, says="wants a user and a password")
        self.stamp(USAGE, "password", "--timestamp-user", USER, says="--timestamp-password-file")
        p = self.sygnet(USAGE, "sign", "declaration.xml", "--timestamp", "http://anna:secret@127.0.0.1/")
        self.assertIn("--timestamp-user", p.stderr)
        self.assertNotIn("secret", p.stderr)
        self.sygnet(USAGE, "sign", "declaration.xml", "--timestamp", "ftp://127.0.0.1/")

    def test_configuration(self):
        folder = self.folder / "config/sygnet"
        folder.mkdir(parents=True)
        conf = folder / "sygnet.conf"
        conf.write_text(f"[Timestamp]\nURL={self.tsa.url('garbage')}\nURL={self.tsa.url('password')}\nAnchors={self.tsa.root}\nUser={USER}\n"
                        f"PasswordFile={self.secret('tsa-password', PASSWORD)}\nPolicy=1.2.3.5\nTimeout=10 s\n")
        self.sign(OK, "--password-file", self.password)
        self.assert_stamped()
        asked = dict(self.tsa.asked)
        self.sign(OK, "--password-file", self.password, "--no-timestamp")
        self.assert_plain()
        self.assertEqual(asked, self.tsa.asked)
        # What is said on the command line comes first, and the configured password does not go there.
        self.sign(LEVEL, "--password-file", self.password, "--timestamp", self.tsa.url("password"))
        conf.write_text("[Timestamp]\nUrl=x\n")
        self.assertIn("line 2", self.sign(FAILED, "--password-file", self.password).stderr)

    def test_anchors(self):
        self.stamp(LEVEL, "good", "--timestamp-anchors", "ca.pem", says="leads to no authority")
        self.stamp(NOT_FOUND, "good", "--timestamp-anchors", "nothing", says="nothing")
        self.stamp(OK, "good")
        # A timestamp of somebody unknown to who verifies proves nothing, and takes nothing away.
        report = self.report(anchors=False)[0]
        self.assertEqual(("TOTAL-PASSED", None), (report["indication"], report["proven_time"]))
        self.assertIn("by nobody who is trusted", self.sygnet(OK, "verify", "declaration.xml.p7s", "--anchors", "ca.pem", "--offline").stdout)

    def test_proxy(self):
        """That of the environment; the proxy is asked for the authority's address."""
        self.home["http_proxy"] = self.tsa.url("")
        self.sign(OK, "--password-file", self.password, "--timestamp", "http://tsa.example/good", "--timestamp-anchors", self.tsa.root)
        self.assert_stamped()
        self.assertEqual({"good": 1}, self.tsa.asked)


class Extend(Timestamps):
    def extend(self, code, file, path="good", *options, says=None):
        p = self.sygnet(code, "extend", file, "--timestamp", self.tsa.url(path), "--timestamp-anchors", self.tsa.root, *options)
        if says:
            self.assertIn(says, p.stderr)
        return p

    def plain(self, file="declaration.xml", *options):
        self.sygnet(OK, "sign", file, "--password-file", self.password, "--force", *options)

    def at(self, days, file, content=None):
        """The verdict as it will be in so many days."""
        command = [BUILD / "tests/interop/interop-sign-file", "verify", file, "--anchors", "ca.pem", "--anchors", self.tsa.root, "--at", int(time.time()) + days * 86400]
        report = json.loads(tool(*command, *(("--content", content) if content else ()), cwd=self.folder))
        return [(s["indication"], s["subindication"]) for s in report["signatures"]]

    def test_cades(self):
        """The document's bytes, the signature and a mode stay; nothing is added twice."""
        for form, file in (("cades", "declaration.xml.p7s"), ("cades-enveloping", "declaration.xml.p7m")):
            self.plain("declaration.xml", "--format", form)
            path = self.folder / file
            path.chmod(0o640)
            self.extend(OK, file)
            self.assert_stamped(file)
            self.assertEqual(0o640, path.stat().st_mode & 0o777)
            before = path.read_bytes()
            self.extend(OK, file, says="has a timestamp already")
            self.assertEqual(before, path.read_bytes())
            self.openssl("cms", "-verify", "-binary", "-inform", "DER", "-in", file, "-content", "declaration.xml", "-CAfile", "ca.pem", "-out", "/dev/null")
        content = "declaration.xml"
        self.assertEqual([("TOTAL-PASSED", None)], self.at(1000, "declaration.xml.p7s", content))
        self.plain()
        self.assertEqual([("INDETERMINATE", "OUT_OF_BOUNDS_NO_POE")], self.at(1000, "declaration.xml.p7s", content))

    def test_cades_of_others(self):
        """Indefinite lengths, text, two signers: each gets a timestamp."""
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "one.key", "-out", "one.pem", "-subj", "/CN=One", "-days", "30", "-addext", "keyUsage=critical,nonRepudiation")
        signer = ("-signer", "one.pem", "-inkey", "one.key")
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes", "-keyout", "two.key", "-out", "two.pem", "-subj", "/CN=Two", "-days", "30",
                     "-addext", "keyUsage=critical,nonRepudiation")
        two = ("-signer", "two.pem", "-inkey", "two.key", "-md", "sha384")
        for form in (("-outform", "DER"), ("-outform", "DER", "-stream", "-indef"), ("-outform", "PEM"), ("-outform", "DER", "-nodetach"), ("-outform", "DER", "-nodetach", "-stream", "-indef")):
            with self.subTest(form):
                self.openssl("cms", "-sign", "-binary", "-cades", "-in", "declaration.xml", *signer, *two, *form, "-out", "others.p7s")
                self.extend(OK, "others.p7s", "good", "-o", "extended.p7s", "--force")
                reports = self.json("verify", "extended.p7s", "--content", "declaration.xml", "--anchors", "one.pem", "--anchors", "two.pem", "--anchors", self.tsa.root, "--offline")
                self.assertEqual([("TOTAL-PASSED", "B-T", "CN=Example good")] * 2, [(r["indication"], r["level"], r["proven_by"]) for r in reports["signatures"]])
                self.openssl("cms", "-verify", "-binary", "-inform", "DER", "-in", "extended.p7s", "-content", "declaration.xml", "-CAfile", "one.pem", "-noverify", "-out", "/dev/null")

    def test_xades(self):
        """Two signatures of one document get a timestamp each; what they are over stays, and so does all else."""
        self.plain("declaration.xml", "--xml-parallel", "-o", "one.xml")
        self.plain("one.xml", "--xml-parallel", "--xml-canonical", "inclusive", "-o", "two.xml")
        before = (self.folder / "two.xml").read_text()
        self.extend(OK, "two.xml")
        after = (self.folder / "two.xml").read_text()
        self.assertEqual(before, re.sub("<xades:UnsignedProperties .*?</xades:UnsignedProperties>", "", after))
        self.assertEqual([("TOTAL-PASSED", "B-T", "CN=Example good")] * 2, [(r["indication"], r["level"], r["proven_by"]) for r in self.report("two.xml")])
        self.extend(OK, "two.xml", says="has a timestamp already")
        self.assertEqual(after, (self.folder / "two.xml").read_text())
        self.assertEqual([("TOTAL-PASSED", None)] * 2, self.at(1000, "two.xml"))
        self.extend(FAILED, "declaration.xml", says="no signature in it")

    def test_pdf(self):
        self.plain("invoice.pdf")
        before = (self.folder / "invoice-signed.pdf").read_bytes()
        self.assertEqual([("INDETERMINATE", "OUT_OF_BOUNDS_NO_POE")], self.at(1000, "invoice-signed.pdf"))
        self.extend(OK, "invoice-signed.pdf")
        self.assertTrue((self.folder / "invoice-signed.pdf").read_bytes().startswith(before))
        signature, stamp = self.report("invoice-signed.pdf")
        self.assertEqual(("TOTAL-PASSED", "PAdES", "B-T", "CN=Example good", False), tuple(signature[k] for k in ("indication", "format", "level", "proven_by", "covers_whole_document")))
        self.assertEqual(("TOTAL-PASSED", "DocTimeStamp", True), tuple(stamp[k] for k in ("indication", "format", "covers_whole_document")))
        self.assertEqual([("TOTAL-PASSED", None)] * 2, self.at(1000, "invoice-signed.pdf"))
        self.openssl_ts("invoice-signed.pdf")
        # One that came before the signature proves nothing about it.
        self.extend(OK, "invoice.pdf", "good", "-o", "stamped.pdf")
        self.plain("stamped.pdf")
        self.assertEqual([("INDETERMINATE", "OUT_OF_BOUNDS_NO_POE")], [v for v in self.at(1000, "stamped-signed.pdf") if v[0] != "TOTAL-PASSED"])
        self.assertIn("Total document signed", subprocess.run(["pdfsig", "-nocert", "invoice-signed.pdf"], cwd=self.folder, capture_output=True, text=True, check=False).stdout)

    def openssl_ts(self, file):
        """The document timestamp before openssl ts: the token in the last Contents, over what its ByteRange leaves."""
        data = (self.folder / file).read_bytes()
        numbers = [int(n) for n in re.findall(rb"/ByteRange *\[([0-9 ]+)\]", data)[-1].split()]
        token = bytes.fromhex(data[numbers[1] + 1:numbers[2] - 1].decode())
        header, inside, _ = split(token)
        (self.folder / "token").write_bytes(header + inside)
        (self.folder / "covered").write_bytes(data[:numbers[1]] + data[numbers[2]:numbers[2] + numbers[3]])
        self.assertEqual(len(data), numbers[2] + numbers[3])
        self.assertIn("OK", self.openssl("ts", "-verify", "-token_in", "-in", "token", "-data", "covered", "-CAfile", self.tsa.root))

    def test_xml(self):
        self.plain("declaration.xml", "--format", "xades", "-o", "signed.xml")
        self.extend(OK, "signed.xml")
        self.assert_stamped("signed.xml")
        self.extend(FAILED, "declaration.xml", says="no signature")

    def entries(self, file):
        with zipfile.ZipFile(self.folder / file) as z:
            return {i.filename: (i.header_offset, i.compress_type, z.read(i)) for i in z.infolist()}

    def test_containers(self):
        """Each signature in it, and nothing else; what others packed as well."""
        (self.folder / "other.txt").write_text("other")
        for form, files, ending in (("asic-s", ["declaration.xml"], "asics"), ("asic-e", ["declaration.xml", "other.txt"], "asice"), ("asic-e-xades", ["declaration.xml", "other.txt"], "asice")):
            with self.subTest(form):
                file = f"{form}.{ending}"
                self.sygnet(OK, "sign", *files, "--format", form, "-o", file, "--password-file", self.password)
                self.sygnet(OK, "sign", "--add", file, "-o", f"two-{file}", "--password-file", self.password) if form != "asic-s" else None
                file = file if form == "asic-s" else f"two-{file}"
                before = self.entries(file)
                self.extend(OK, file)
                after = self.entries(file)
                self.assertEqual(list(before), list(after))
                for name in before:
                    if "signature" in name:
                        self.assertNotEqual(before[name][2], after[name][2])
                    else:
                        self.assertEqual(before[name][2], after[name][2])
                self.assertEqual(before["mimetype"], after["mimetype"])
                for report in self.report(file):
                    self.assertEqual(("TOTAL-PASSED", "B-T", "CN=Example good"), tuple(report[k] for k in ("indication", "level", "proven_by")))
                self.extend(OK, file, says="has a timestamp already")
        # Others compress, and put signatures first.
        with zipfile.ZipFile(self.folder / "others.asice", "w") as z:
            entries = self.entries("asic-e.asice")
            z.writestr("mimetype", entries["mimetype"][2])
            for name in sorted(entries):
                if name != "mimetype":
                    z.writestr(zipfile.ZipInfo(name), entries[name][2], zipfile.ZIP_DEFLATED)
        self.extend(OK, "others.asice")
        self.assert_stamped("others.asice")
        with zipfile.ZipFile(self.folder / "plain.zip", "w") as z:
            z.writestr("declaration.xml", "<Declaration/>")
        self.extend(FAILED, "plain.zip", says="no signature")

    def test_certified_pdf(self):
        """A certification against all changes lets timestamps be added, and nothing else."""
        self.plain("invoice.pdf", "--certify", "1")
        self.extend(OK, "invoice-signed.pdf")
        self.extend(OK, "invoice-signed.pdf")
        self.assertEqual([("TOTAL-PASSED", "B-T", "CN=Example good"), ("TOTAL-PASSED", None, "CN=Example good"), ("TOTAL-PASSED", None, None)],
                         [(s["indication"], s["level"], s["proven_by"]) for s in self.report("invoice-signed.pdf")])
        p = self.sygnet(FAILED, "sign", "invoice-signed.pdf", "-o", "never.pdf", "--password-file", self.password)
        self.assertIn("forbids", p.stderr)

    def test_encrypted_pdf(self):
        secret = self.secret("document-password", "open")
        subprocess.run(["qpdf", "--encrypt", "open", "owner", "256", "--", "invoice.pdf", "encrypted.pdf"], cwd=self.folder, check=True)
        self.plain("encrypted.pdf", "--document-password-file", secret)
        self.extend(FAILED, "encrypted-signed.pdf", says="encrypted")
        self.extend(OK, "encrypted-signed.pdf", "good", "--document-password-file", secret)
        signatures = self.json("verify", "encrypted-signed.pdf", "--document-password-file", secret, "--anchors", "ca.pem", "--anchors", self.tsa.root, "--offline")["signatures"]
        self.assertEqual([("TOTAL-PASSED", "PAdES"), ("TOTAL-PASSED", "DocTimeStamp")], [(s["indication"], s["format"]) for s in signatures])

    def test_chain_of_timestamps(self):
        """A timestamp whose authority's certificate has ended is good under one that is younger."""
        self.stamp(OK, "short", file="invoice.pdf")
        self.assertEqual([("INDETERMINATE", "OUT_OF_BOUNDS_NO_POE")], self.at(1000, "invoice-signed.pdf"))
        self.extend(OK, "invoice-signed.pdf", "short")
        self.extend(OK, "invoice-signed.pdf", "good")
        self.assertEqual([("TOTAL-PASSED", None)] * 3, self.at(1000, "invoice-signed.pdf"))
        self.assertEqual("CN=Example short", self.report("invoice-signed.pdf")[0]["proven_by"])

    def test_refused(self):
        """What cannot be extended, and what no authority stamps, stays as it is."""
        self.plain()
        before = (self.folder / "declaration.xml.p7s").read_bytes()
        self.extend(FAILED, "declaration.xml.p7s", "reject", says="was left as it is")
        self.extend(FAILED, "declaration.xml", says="no signature in it")
        self.extend(NOT_FOUND, "nothing", says="nothing")
        self.extend(FAILED, "declaration.xml.p7s", "good", "-o", "invoice.pdf", says="--force")
        self.extend(FAILED, ".", says="directory")
        self.assertIn("--timestamp", self.sygnet(USAGE, "extend", "declaration.xml.p7s").stderr)
        self.assertEqual(before, (self.folder / "declaration.xml.p7s").read_bytes())
        for damaged in (before[:-5], b"0\x80", b"%PDF-1.7\nnothing"):
            (self.folder / "damaged").write_bytes(damaged)
            self.extend(FAILED, "damaged")
            self.assertEqual(damaged, (self.folder / "damaged").read_bytes())
        # One failure does not stop the rest.
        p = self.extend(FAILED, "damaged", "good", "declaration.xml.p7s", "--json")
        self.assertEqual([False, True], [f["extended"] for f in json.loads(p.stdout)["files"]])


if __name__ == "__main__":
    main()
