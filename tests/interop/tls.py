#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who gets hold of the local CA's root key and makes a server's certificate with it is refused by TLS clients that trust the root: curl
(OpenSSL) and gnutls-cli, against a real server. Another root, the same but for its name constraints, shows that nothing else refuses.
Usage: tls.py INTEROP-MAKE-ROOT"""

import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

MAKE_ROOT = sys.argv[1]
SERVER = "basicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n"


class Tls(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def openssl(self, *arguments):
        return subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True, text=True).stdout

    def make_ours(self):
        subprocess.run([MAKE_ROOT, self.folder], check=True)
        self.openssl("x509", "-inform", "DER", "-in", "root.der", "-out", "root.pem")

    def make_other(self):
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes", "-keyout", "root.key", "-out", "root.pem", "-days", "30",
                     "-subj", "/C=PL/O=Example sp. z o.o./CN=Example CA", "-addext", "basicConstraints=critical,CA:TRUE,pathlen:0",
                     "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def serve(self):
        """A server with a certificate of the root for localhost; its port."""
        (self.folder / "server.ext").write_text(SERVER)
        self.openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "server.key", "-subj", "/CN=server",
                     "-out", "server.csr")
        self.openssl("x509", "-req", "-in", "server.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-extfile", "server.ext", "-days", "30",
                     "-out", "server.pem")
        server = subprocess.Popen(["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", "server.pem", "-key", "server.key", "-www"], cwd=self.folder,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        for line in server.stdout:
            found = re.match(r"ACCEPT .*:(\d+)$", line.strip())
            if found:
                return found.group(1)
        self.fail("the server did not start")

    def clients(self, port):
        """What each client came to: its status and what it said. By name and by address."""
        for host in ("localhost", "127.0.0.1"):
            for command in (["curl", "-sS", "--cacert", "root.pem", "--resolve", f"localhost:{port}:127.0.0.1", f"https://{host}:{port}/"],
                            ["gnutls-cli", "--x509cafile", "root.pem", "--verify-hostname", host, "-p", port, "127.0.0.1"]):
                done = subprocess.run(command, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
                yield command[0], host, done.returncode, done.stdout + done.stderr

    def test_of_our_root(self):
        self.make_ours()
        why = {"curl": "excluded subtree violation", "gnutls-cli": "constraints"}
        for name, host, status, said in self.clients(self.serve()):
            with self.subTest(client=name, host=host):
                self.assertNotEqual(0, status, said)
                self.assertIn(why[name], said)

    def test_of_another_root(self):
        self.make_other()
        for name, host, status, said in self.clients(self.serve()):
            with self.subTest(client=name, host=host):
                self.assertEqual(0, status, said)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
