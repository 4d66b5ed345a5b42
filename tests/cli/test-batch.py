#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Many files in one go: one that fails stops nothing, what was interrupted goes on, lists of files, few open files, progress at a terminal."""
import http.server
import json
import os
import re
import signal
import subprocess
import threading
import time

from cli import FAILED, INDETERMINATE, NOT_FOUND, NOT_VALID, OK, SYGNET, USAGE, Terminal, environment, main
from keys import Keys


def pdf(text):
    """A page with a line of text."""
    content = f"BT /F 12 Tf 50 700 Td ({text}) Tj ET".encode()
    objects = [b"<</Type /Catalog /Pages 2 0 R>>", b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
               b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources <</Font <</F 5 0 R>>>>>>",
               b"<</Length %d>>\nstream\n%s\nendstream" % (len(content), content), b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>"]
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % o for o in offsets)
    return bytes(out) + b"trailer\n<</Size 6 /Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start


class Batch(Keys):
    def setUp(self):
        super().setUp()
        self.ca()
        self.openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "own.key", "-subj", "/C=PL/CN=Example", "-out", "own.csr")
        self.certify("own.csr", "own.pem")
        self.openssl("pkcs12", "-export", "-in", "own.pem", "-inkey", "own.key", "-certfile", "issuing.pem", "-out", "own.p12", "-passout", f"file:{self.password}")
        self.documents = self.folder / "documents"
        self.documents.mkdir()
        self.key = ["-c", "own.p12", "--password-file", self.password]

    def write(self, *names):
        for name in names:
            (self.documents / name).write_bytes(pdf(name) if name.endswith(".pdf") else name.encode())
        return [f"documents/{name}" for name in names]

    def there(self):
        return sorted(p.name for p in self.documents.iterdir())

    def valid(self, *names):
        for name in names:
            self.sygnet(OK, "verify", "--anchors", "ca.pem", "--offline", f"documents/{name}")

    def test_one_failure_stops_nothing(self):
        files = self.write("a.pdf", "b.xml", "c.pdf", "d.xml")
        (self.documents / "bad.pdf").write_bytes(b"%PDF-1.4\nbroken off")
        self.write("e.xml", "e.xml.p7s")
        p = self.sygnet(FAILED, "sign", *self.key, *files, "documents/none.xml", "documents/bad.pdf", "documents", "documents/e.xml")
        for name in ("none.xml", "bad.pdf", "is a directory", "e.xml.p7s exists already"):
            self.assertIn(name, p.stderr)
        self.assertIn("4 files signed, 4 not.", p.stdout)
        self.valid("a-signed.pdf", "b.xml.p7s", "c-signed.pdf", "d.xml.p7s")
        self.assertEqual(b"e.xml.p7s", (self.documents / "e.xml.p7s").read_bytes())
        self.assertEqual([], [n for n in self.there() if n.startswith(".")])

    def test_nothing_to_sign(self):
        self.sygnet(NOT_FOUND, "sign", *self.key, "documents/none.pdf", says="none.pdf")
        self.sygnet(FAILED, "sign", *self.key, "documents/none.pdf", "documents/neither.pdf")
        self.sygnet(USAGE, "sign", *self.key, says="sygnet sign [FILE…]")

    def test_goes_on(self):
        files = self.write(*(f"{n}.pdf" for n in range(5)), *(f"{n}.xml" for n in range(5)))
        self.sygnet(OK, "sign", *self.key, *files[:3], *files[5:8])
        # What `sign documents/*` means the next time: documents, signed ones and signatures.
        everything = [f"documents/{n}" for n in self.there() if not n.endswith(".p7s")]
        before = {n: (self.documents / n).read_bytes() for n in self.there()}
        said = self.json("sign", *self.key, "--skip-signed", *everything)["files"]
        self.assertEqual({"documents/3.pdf", "documents/4.pdf", "documents/3.xml", "documents/4.xml"}, {f["file"] for f in said if f["signed"]})
        self.assertEqual(len(everything) - 4, sum(f["signed_already"] for f in said))
        self.assertEqual(before, {n: (self.documents / n).read_bytes() for n in before})
        self.assertEqual(len(before) + 4, len(self.there()))
        # Nothing is left to do, nobody is asked for a password.
        p = self.sygnet(OK, "sign", "-c", "own.p12", "--password-file", self.password, "--skip-signed", *files)
        self.assertIn("0 files signed, 10 before.", p.stdout)
        # A document that was changed since is not signed by what is there, which stays.
        self.write("9.pdf")
        os.replace(self.documents / "9.pdf", self.documents / "0.pdf")
        (self.documents / "0.xml").write_text("other")
        p = self.sygnet(FAILED, "sign", *self.key, "--skip-signed", *files)
        self.assertIn("0 files signed, 8 before, 2 not.", p.stdout)
        self.assertIn("0-signed.pdf exists already", p.stderr)
        self.assertIn("0.xml.p7s exists already", p.stderr)
        self.sygnet(OK, "sign", *self.key, "--skip-signed", "--force", *files)
        self.valid("0-signed.pdf", "0.xml.p7s")

    def test_not_by_somebody_else(self):
        files = self.write("a.pdf", "a.xml")
        self.certify("own.csr", "other.pem")
        self.openssl("pkcs12", "-export", "-in", "other.pem", "-inkey", "own.key", "-certfile", "issuing.pem", "-out", "other.p12", "-passout", f"file:{self.password}")
        self.sygnet(OK, "sign", "-c", "other.p12", "--password-file", self.password, *files)
        p = self.sygnet(FAILED, "sign", *self.key, "--skip-signed", *files)
        self.assertIn("0 files signed, 2 not.", p.stdout)
        # A second signature on what somebody else signed is made.
        self.sygnet(OK, "sign", *self.key, "--skip-signed", "documents/a-signed.pdf")
        self.valid("a-signed-signed.pdf")

    def test_verify_many(self):
        files = self.write("a.pdf", "b.xml", "c.pdf")
        self.sygnet(OK, "sign", *self.key, *files)
        signed = [f"documents/{n}" for n in ("a-signed.pdf", "b.xml.p7s", "c-signed.pdf")]
        options = ["verify", "--anchors", "ca.pem", "--offline"]
        p = self.sygnet(OK, *options, *signed)
        self.assertEqual(signed, re.findall(r"^\S+ (documents/\S+): valid$", p.stdout, re.M))
        self.assertIn("3 valid, 0 not valid, 0 cannot be told.", p.stdout)
        # One file's report is what it is alone.
        said = self.json(*options, *signed)
        self.assertEqual(signed, [f["file"] for f in said])
        for f in said:
            self.assertEqual(self.json(*options, f["file"]), f["report"])
        self.assertEqual(said, self.json(*options, "--files-from", "-", stdin="\n".join(signed)))
        self.assertEqual(said[:1], self.json(*options, "--files-from", "-", stdin=signed[0]))
        # The worst of them is what it ends with; one that cannot be read stops none.
        self.sygnet(INDETERMINATE, "verify", "--offline", *signed)
        p = self.sygnet(FAILED, *options, "documents/none", *signed, says="documents/none")
        self.assertIn("3 valid, 0 not valid, 0 cannot be told, 1 could not be read.", p.stdout)
        (self.documents / "b.xml").write_text("other")
        p = self.sygnet(NOT_VALID, *options, "--json", "documents/none", *signed)
        self.assertEqual([None, "TOTAL-PASSED", "TOTAL-FAILED", "TOTAL-PASSED"], [f["report"] and f["report"]["indication"] for f in json.loads(p.stdout)])
        self.sygnet(USAGE, *options, "--content", "documents/b.xml", *signed, says="for one file")
        self.sygnet(USAGE, *options, says="sygnet verify [FILE…]")

    def test_verify_asks_the_network_once(self):
        """Also where many want the same at once; what one document brought is no other's."""
        asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(handler):
                asked.append(handler.path)
                handler.send_response(200)
                handler.end_headers()
                handler.wfile.write((self.folder / "issuing.crl").read_bytes())

            def log_message(handler, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        extensions = self.folder / "more"
        extensions.write_text("keyUsage=critical,nonRepudiation\nbasicConstraints=critical,CA:FALSE\nauthorityKeyIdentifier=keyid\n"
                              f"crlDistributionPoints=URI:http://127.0.0.1:{server.server_port}/issuing.crl\n")
        self.openssl("x509", "-req", "-in", "own.csr", "-CA", "issuing.pem", "-CAkey", "issuing.key", "-CAcreateserial", "-days", "365", "-extfile", "more", "-out", "own.pem")
        self.openssl("pkcs12", "-export", "-in", "own.pem", "-inkey", "own.key", "-certfile", "issuing.pem", "-out", "own.p12", "-passout", f"file:{self.password}")
        (self.folder / "index").write_text("")
        (self.folder / "ca.conf").write_text("[ca]\ndefault_ca=d\n[d]\ndatabase=index\ndefault_md=sha256\ndefault_crl_days=7\n")
        self.openssl("ca", "-config", "ca.conf", "-gencrl", "-cert", "issuing.pem", "-keyfile", "issuing.key", "-out", "issuing.crl.pem")
        self.openssl("crl", "-in", "issuing.crl.pem", "-outform", "DER", "-out", "issuing.crl")
        files = self.write(*(f"{n}.pdf" for n in range(40)))
        self.sygnet(OK, "sign", *self.key, *files)
        said = self.json("verify", "--anchors", "ca.pem", *(f.replace(".pdf", "-signed.pdf") for f in files))
        self.assertEqual([("good", "network")] * 40, [tuple(f["report"]["signatures"][0]["certificate"][k] for k in ("state", "source")) for f in said])
        self.assertEqual(["/issuing.crl"], asked)

    def test_lists(self):
        self.write("a b.pdf", "c\nd.xml", "e.xml", "-f.xml")
        names = self.folder / "names"
        names.write_bytes(b"documents/c\nd.xml\0documents/-f.xml\0")
        p = self.sygnet(OK, "sign", *self.key, "--files-from", names, "-0")
        self.assertIn("2 files signed", p.stdout)
        self.sygnet(OK, "sign", *self.key, "--files-from", "-", "documents/e.xml", stdin="documents/a b.pdf\n\n")
        self.valid("a b-signed.pdf", "c\nd.xml.p7s", "e.xml.p7s", "-f.xml.p7s")
        for given, says in (("", "names no files"), ("\n\n", "names no files"), ("a" * 5000, "no list of files"), ("a\0b\n", "no list of files")):
            self.sygnet(USAGE, "sign", *self.key, "--files-from", "-", stdin=given, says=says)
        self.sygnet(NOT_FOUND, "sign", *self.key, "--files-from", "missing", says="missing")
        self.sygnet(USAGE, "sign", "-c", "own.p12", "--password-file", "-", "--files-from", "-", stdin="documents/e.xml", says="one secret only")

    def test_few_open_files(self):
        """What cannot be held open is read twice, and is the same."""
        files = self.write(*(f"{n}.xml" for n in range(100)), *(f"{n}.pdf" for n in range(100)))
        for more in ([], ["--format", "cades-enveloping"], ["--format", "xades-enveloping"]):
            p = subprocess.run(["prlimit", "--nofile=300:300", SYGNET, "sign", *map(str, self.key), *more, *files],
                               env=environment(**self.home), cwd=self.folder, capture_output=True, text=True, timeout=120, check=False)
            self.assertEqual((OK, ""), (p.returncode, p.stderr))
            self.assertIn("200 files signed.", p.stdout)
        self.valid(*(f"{n}.xml.p7{x}" for n in (0, 21, 22, 23, 99) for x in "sm"), *(f"{n}-signed.pdf" for n in (0, 99)), "99.xml.xades")

    def test_same_output(self):
        (self.folder / "out").mkdir()
        (self.documents / "more").mkdir()
        self.write("a.xml", "more/a.xml")
        self.sygnet(USAGE, "sign", *self.key, "-o", "out", "documents/a.xml", "documents/more/a.xml", says="would both become out/a.xml.p7s")
        self.sygnet(USAGE, "sign", *self.key, "-o", "out.p7s", "documents/a.xml", "documents/more/a.xml", says="directory that exists")
        self.assertEqual([], list((self.folder / "out").iterdir()))

    def test_killed(self):
        """Each file is there whole or not at all, nothing else is, and the same command goes on."""
        files = self.write(*(f"{n}.pdf" for n in range(300)))
        argv = [SYGNET, "sign", *map(str, self.key), "--skip-signed", *files]
        p = subprocess.Popen(argv, env=environment(**self.home), cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while len(self.there()) < 350 and p.poll() is None:
            time.sleep(0.001)
        p.send_signal(signal.SIGKILL)
        p.wait()
        made = [n for n in self.there() if n.endswith("-signed.pdf")]
        self.assertEqual(300 + len(made), len(self.there()))
        self.valid(*made[::10])
        said = self.sygnet(OK, *map(str, argv[1:])).stdout
        self.assertIn(f"{300 - len(made)} files signed, {len(made)} before.", said)
        self.valid("0-signed.pdf", "299-signed.pdf")

    def test_progress(self):
        files = self.write(*(f"{n}.xml" for n in range(40)))
        (self.documents / "7.xml").unlink()
        t = Terminal("sign", *self.key, *files, cwd=self.folder, **self.home)
        self.assertEqual(FAILED, t.wait())
        self.assertRegex(t.output, r"Reading: \d+ / 39 \(\d+%\)")
        # A message has a line of its own, and of many files only those are named that failed.
        self.assertRegex(t.output, r"(^|\n|\x1b\[K)sygnet: documents/7.xml: ")
        self.assertIn("39 files signed, 1 not.", t.output)
        self.assertNotIn("8.xml.p7s", t.output)
        self.assertIsNone(re.search(r"[^\n]\r\n?sygnet", t.output))


if __name__ == "__main__":
    main()
