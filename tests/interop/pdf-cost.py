#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a PDF signature costs: bytes (a document grows by what the signature needs), and time and memory, which grow no faster than pages and the
signatures that are there. Usage: pdf-cost.py INTEROP-SIGN-PDF INTEROP-SIGN-FILE"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import forms
import pki

SIGN_PDF, SIGN_FILE = sys.argv[1], sys.argv[2]
GROWTH_MAX = 12 * 1024


def pages(count):
    """Pages in a tree of two levels, a hundred to a node, each with a content of its own."""
    o = forms.objects()
    nodes = (count + 99) // 100
    o[2] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(b"%d 0 R" % (10 + i) for i in range(nodes)), count)
    first = 10 + nodes
    for node in range(nodes):
        here = range(node * 100, min(count, node * 100 + 100))
        o[10 + node] = b"<< /Type /Pages /Parent 2 0 R /Kids [%s] /Count %d >>" % (b" ".join(b"%d 0 R" % (first + 2 * i) for i in here), len(here))
        for i in here:
            o[first + 2 * i] = (b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] /Contents %d 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
                                % (10 + node, first + 2 * i + 1))
            o[first + 2 * i + 1] = o[4]
    del o[3]
    return forms.document(o)


class Cost(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.directory = Path(cls.temporary.name)
        cls.pki = pki.Pki(cls.directory)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def run_one(self, *command):
        """User seconds and the most memory, in KiB."""
        process = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = process.stdout.read()
        process.stdout.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0, said)
        return usage.ru_utime, usage.ru_maxrss, said

    def sign(self, source, out, kind="p256", *more):
        out.unlink(missing_ok=True)
        return self.run_one(SIGN_PDF, self.pki.key(kind), self.pki.chain(kind), source, out, *more)

    def least(self, function, runs=3):
        """The least of several times: what others do on the machine only adds."""
        return min(function() for _ in range(runs))

    def test_growth(self):
        plain = self.directory / "plain.pdf"
        plain.write_bytes(forms.document(forms.objects()))
        documents = {**{k: v for k, v in forms.by_hand().items()}, **{k: p.read_bytes() for k, p in forms.by_qpdf(plain, self.directory).items()},
                     "pages": pages(500)}
        for name, data in documents.items():
            for kind in ("p256", "rsa3072"):
                with self.subTest(name, kind=kind):
                    source, out = self.directory / "growth.pdf", self.directory / "growth-signed.pdf"
                    source.write_bytes(data)
                    self.sign(source, out, kind, "A reason that is neither long nor short", "--certify", "2")
                    self.assertLessEqual(out.stat().st_size - len(data), GROWTH_MAX)
                    # Of the room for the signature next to nothing is left over.
                    signed = out.read_bytes()
                    contents = signed[signed.rindex(b"/Contents <") + 11:]
                    contents = bytes.fromhex(contents[:contents.index(b">")].decode())
                    length = 4 + int.from_bytes(contents[2:4], "big")
                    self.assertLessEqual(len(contents) - length, 16)

    def test_pages(self):
        """Four times the pages take less than eight times the time, and the signature is on the first of them."""
        times, memory = [], []
        for count in (10000, 40000):
            source, out = self.directory / f"pages-{count}.pdf", self.directory / "signed.pdf"
            source.write_bytes(pages(count))
            times.append(self.least(lambda source=source, out=out: self.sign(source, out)[0]))
            memory.append(self.sign(source, out)[1])
        self.assertLess(times[1], max(8 * times[0], 0.2), times)
        self.assertLess(memory[1], 6 * memory[0], memory)

    def test_signatures(self):
        """The sixty-fourth signature takes less than eight times what the sixteenth took; all of them are verified in time that grows alike."""
        now, next_ = self.directory / "chain.pdf", self.directory / "chain-next.pdf"
        now.write_bytes(pages(20))
        signing, verifying = {}, {}
        for n in range(1, 65):
            self.sign(now, next_)
            if n in (16, 64):
                signing[n] = self.least(lambda: self.sign(now, self.directory / "again.pdf")[0])
            next_.replace(now)
            if n in (16, 64):
                verifying[n] = self.least(lambda: self.run_one(SIGN_FILE, "verify", now, "--anchors", self.pki.root)[0])
        report = json.loads(self.run_one(SIGN_FILE, "verify", now, "--anchors", self.pki.root)[2])
        self.assertEqual([s["indication"] for s in report["signatures"]], ["TOTAL-PASSED"] * 64)
        self.assertLess(signing[64], max(8 * signing[16], 0.2), signing)
        # Each revision is compared with the next, and reads its own part of the file: at most the square of what one costs.
        self.assertLess(verifying[64], max(16 * verifying[16], 0.5), verifying)

    def test_large(self):
        """Half a gigabyte in memory that does not grow with it."""
        source, out = self.directory / "large.pdf", self.directory / "large-signed.pdf"
        small = forms.document(forms.objects())
        source.write_bytes(small)
        _, base, _ = self.sign(source, out)
        at = small.index(b"5 0 obj")
        size = 512 << 20
        head = small[:at] + b"6 0 obj\n<< /Length %d >>\nstream\n" % size
        tail = b"\nendstream\nendobj\n"
        shift = len(head) - at + size + len(tail)
        rest = small[at:]
        old = int(small[small.rindex(b"startxref") + 9:].split()[0])
        rest = rest.replace(b"%010d 00000 n" % at, b"%010d 00000 n" % (at + shift)).replace(b"startxref\n%d" % old, b"startxref\n%d" % (old + shift))
        with source.open("wb") as f:
            f.write(head)
            f.seek(size, os.SEEK_CUR)
            f.write(tail + rest)
        _, peak, _ = self.sign(source, out)
        self.assertEqual(out.stat().st_size > size, True)
        self.assertLess(peak - base, 16 * 1024, (base, peak))
        out.unlink()
        source.unlink()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
