# SPDX-License-Identifier: LGPL-2.1-or-later
"""sygnet-ocspd over HTTP, asked by openssl, ocsptool and curl: states, several certificates, nonces, errors, limits, and that a change is seen at once. The CA
is played by openssl here, so that its files can be wrong."""
import base64
import contextlib
import http.client
import os
import re
import socket
import tempfile
import time
import unittest
import urllib.parse

from harness import BUILD, SYGNET_OCSP, Machine, main
from outside_ca import GOOD, HOLD, KEY_COMPROMISE, REVOKED, SUPERSEDED, SUSPENDED, OutsideCa, run, serial

MALFORMED, TRY_LATER, UNAUTHORIZED = (bytes((0x30, 3, 0x0a, 1, n)) for n in (1, 3, 6))
TYPE = {"Content-Type": "application/ocsp-request"}


class Responder:
    """sygnet-ocspd on a machine without a CA on the bus."""

    def __init__(self, machine, *options):
        self.machine, self.options = machine, options
        self.folder = machine.folder / "ocsp"
        self.state, self.published, self.ca_folder, self.log = (self.folder / n for n in ("state", "published", "ca", "log"))
        for folder in (self.folder, self.state, self.published, self.ca_folder):
            folder.mkdir()
        os.chown(self.state, SYGNET_OCSP, SYGNET_OCSP)
        self.ca = OutsideCa(self.ca_folder)
        self.process = None

    def publish(self, records=None, **times):
        since = int(time.time()) - 86400
        self.ca.publish(self.published, records or {1: (GOOD, 0, 0), 2: (REVOKED, KEY_COMPROMISE, since), 3: (SUSPENDED, HOLD, since), 4: (REVOKED, 0, since)}, **times)

    def start(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        with open(self.log, "ab") as log:
            self.process = self.machine.spawn([BUILD / "ocsp/sygnet-ocspd", "--listen", f"127.0.0.1:{self.port}", "--state", self.state, "--published", self.published,
                                               *self.options], uid=SYGNET_OCSP, stderr=log)
        self.machine.wait_for(self.is_up, "sygnet-ocspd")

    def is_up(self):
        if self.process.poll() is not None:
            raise AssertionError(self.log.read_text())
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def stop(self):
        """A clean stop, with the sanitizers' verdict."""
        self.process.terminate()
        status = self.process.wait(30)
        if status != 0:
            raise AssertionError(f"sygnet-ocspd ended with {status}:\n{self.log.read_text()}")

    def openssl(self, *numbers, options=(), check=True):
        serials = [w for n in numbers for w in ("-serial", f"0x{serial(n).hex()}")]
        p = run("openssl", "ocsp", "-issuer", self.ca.pem, *options, *serials, "-url", self.url, "-CAfile", self.ca.pem, check=check)
        return p.stdout.decode() + p.stderr.decode()

    def request(self, *numbers, options=("-no_nonce",)):
        file = self.folder / "request"
        serials = [w for n in numbers for w in ("-serial", f"0x{serial(n).hex()}")]
        run("openssl", "ocsp", "-issuer", self.ca.pem, *options, *serials, "-reqout", file)
        return file.read_bytes()

    def post(self, body, headers=None, method="POST", path="/"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, body, TYPE if headers is None else headers)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        return response.status, content, response

    def answer(self, body):
        status, content, _ = self.post(body)
        assert status == 200, status
        return content

    def text(self, response):
        """What openssl reads in a response, which it verifies."""
        file = self.folder / "response"
        file.write_bytes(response)
        p = run("openssl", "ocsp", "-respin", file, "-CAfile", self.ca.pem, "-issuer", self.ca.pem, "-text", check=False)
        return p.stdout.decode() + p.stderr.decode()


@contextlib.contextmanager
def responder(*options, ready=True):
    with Machine(polkit=None, daemon=False) as m:
        r = Responder(m, *options)
        if ready:
            r.ca.delegate(r.state, SYGNET_OCSP)
            r.publish()
        r.start()
        yield r
        r.stop()


class Answers(unittest.TestCase):
    def test_states(self):
        with responder() as r:
            for options in ((), ("-no_nonce",), ("-sha256",), ("-sha384", "-no_nonce"), ("-sha512",)):
                self.assertRegex(r.openssl(1, options=options), r"^0x4[0-9a-f]*1: good\n(.*\n)*Response verify OK\n")
                self.assertRegex(r.openssl(2, options=options), r": revoked\n(.*\n)*\s+Reason: keyCompromise\n\s+Revocation Time: ")
                self.assertRegex(r.openssl(3, options=options), r": revoked\n(.*\n)*\s+Reason: certificateHold\n")
                self.assertNotIn("Reason", r.openssl(4, options=options))
                self.assertRegex(r.openssl(99, options=options), r": unknown\n")
            said = r.openssl(1)
            self.assertIn("Next Update", said)
            r.machine.wait_for(lambda: "Requests are answered." in r.log.read_text(), "the word that it answers")
            self.assertNotIn("WARNING", said)

    def test_several(self):
        with responder() as r:
            said = r.openssl(1, 2, 3, 99)
            self.assertIn("Response verify OK", said)
            self.assertEqual(["good", "revoked", "revoked", "unknown"], re.findall(r"^0x[0-9A-F]+: (\w+)$", said, re.M))
            self.assertIn("Response verify OK", r.openssl(*range(1, 33)))
            self.assertIn("malformedrequest", r.openssl(*range(1, 34), check=False))

    def test_nonce(self):
        with responder() as r:
            said = r.text(r.answer(r.request(1, options=())))
            sent = re.search(r"Nonce: *\n?\s*([0-9A-F]+)", run("openssl", "ocsp", "-reqin", r.folder / "request", "-req_text").stdout.decode()).group(1)
            self.assertEqual(sent, re.search(r"Nonce: *\n?\s*([0-9A-F]+)", said).group(1))
            plain = r.answer(r.request(1))
            self.assertNotIn("Nonce", r.text(plain))
            self.assertEqual(plain, r.answer(r.request(1)))

    def test_gnutls(self):
        with responder() as r:
            _, certificate = r.ca.issue("somebody", 2, "basicConstraints=CA:FALSE\n")
            p = run("ocsptool", f"--ask={r.url}", "--load-issuer", r.ca.pem, "--load-cert", certificate, "--load-trust", r.ca.pem, "--nonce", check=False)
            said = p.stdout.decode() + p.stderr.decode()
            self.assertIn("Verifying OCSP Response: Success", said)
            self.assertIn("Certificate Status: revoked", said)

    def test_named_by_key(self):
        with responder() as r:
            said = r.text(r.answer(r.request(1)))
            self.assertRegex(said, r"Responder Id: [0-9A-F]{40}\n")
            self.assertIn("Response verify OK", said)
            self.assertIn("OCSP Signing", said)

    def test_get(self):
        with responder() as r:
            request = base64.b64encode(r.request(1)).decode()
            file = r.folder / "got"
            p = run("curl", "-sS", "-D", "-", "-o", file, f"{r.url}/{urllib.parse.quote(request, safe='')}")
            self.assertIn("content-type: application/ocsp-response", p.stdout.decode().lower())
            self.assertIn("cache-control: max-age=300, public", p.stdout.decode().lower())
            self.assertEqual(r.answer(r.request(1)), file.read_bytes())
            # Also as clients send it who do not escape; and with a nonce, of which nobody keeps the answer.
            self.assertEqual(file.read_bytes(), r.post(None, {}, "GET", f"/{request}")[1])
            _, content, response = r.post(None, {}, "GET", "/" + base64.b64encode(r.request(1, options=())).decode())
            self.assertEqual("no-store", response.headers["Cache-Control"])
            self.assertIn("Response verify OK", r.text(content))
            status, content, _ = r.post(None, {}, "HEAD", f"/{request}")
            self.assertEqual((200, b""), (status, content))
            for path in ("/", "/favicon.ico", "/" + request[:-8], "/" + "A" * 12000, "/%00"):
                self.assertEqual(MALFORMED, r.post(None, {}, "GET", path)[1], path[:20])

    def test_one_connection(self):
        with responder() as r:
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", r.port, timeout=30)) as connection:
                for _ in range(20):
                    connection.request("POST", "/", r.request(2), TYPE)
                    self.assertIn("revoked", r.text(connection.getresponse().read()))


class Changes(unittest.TestCase):
    def test_seen_at_once(self):
        with responder() as r:
            request, since = r.request(1), int(time.time())
            for state, reason, word in ((GOOD, 0, "good"), (SUSPENDED, HOLD, "certificateHold"), (GOOD, 0, "good"), (REVOKED, SUPERSEDED, "superseded")):
                r.publish({1: (state, reason, since if state else 0)})
                self.assertIn(word, r.text(r.answer(request)))

    def test_closed(self):
        """Nothing that could be relied on: never good."""
        with responder() as r:
            request = r.request(1)
            self.assertIn("good", r.text(r.answer(request)))
            r.publish(this_update=int(time.time()) - 10, next_update=int(time.time()) - 1)
            self.assertEqual(TRY_LATER, r.answer(request))
            r.publish(this_update=int(time.time()) + 3600)
            self.assertEqual(TRY_LATER, r.answer(request))
            r.publish()
            self.assertIn("good", r.text(r.answer(request)))
            status = r.published / "status"
            content = status.read_bytes()
            for bad in (b"", content[:-1], content[:70] + b"\1" + content[71:]):
                status.write_bytes(bad)
                self.assertEqual(TRY_LATER, r.answer(request))
            status.unlink()
            self.assertEqual(TRY_LATER, r.answer(request))
            self.assertIn("trylater", r.openssl(1, check=False))
            r.publish()
            (r.published / "ca.crt").unlink()
            self.assertEqual(TRY_LATER, r.answer(request))

    def test_before_there_is_a_ca(self):
        with responder(ready=False) as r:
            self.assertEqual(TRY_LATER, r.answer(r.request(1)))
            r.machine.wait_for(lambda: "There is no certificate of a CA." in r.log.read_text(), "the complaint")
            r.publish()
            self.assertEqual(TRY_LATER, r.answer(r.request(1)))
            r.machine.wait_for(lambda: "did not certify" in r.log.read_text(), "the attempt to be certified")
            self.assertEqual([], list(r.state.iterdir()))

    def test_another_ca(self):
        with responder() as r:
            (r.folder / "other").mkdir()
            other = OutsideCa(r.folder / "other", "Other CA")
            request = r.request(1)
            other.publish(r.published, {1: (GOOD, 0, 0)})
            self.assertEqual(TRY_LATER, r.answer(request))
            r.publish()
            r.ca, before = other, r.ca
            self.assertEqual(UNAUTHORIZED, r.answer(r.request(1)))
            r.ca = before

    def test_restart(self):
        with responder() as r:
            before = r.answer(r.request(1))
            key = (r.state / "responder.key").read_bytes()
            r.stop()
            (r.state / "responder.key").write_bytes(key[:-1])
            r.start()
            self.assertEqual(TRY_LATER, r.answer(r.request(1)))
            self.assertIn("are of no use", r.log.read_text())
            r.stop()
            (r.state / "responder.key").write_bytes(key)
            r.start()
            said = r.text(r.answer(r.request(1)))
            self.assertIn("Response verify OK", said)
            self.assertEqual(*(re.search(r"Responder Id: (\w+)", t).group(1) for t in (said, r.text(before))))


class Hostile(unittest.TestCase):
    def test_requests(self):
        with responder() as r:
            good = r.request(1)
            for bad in (b"", b"x", good[:-1], good + b"\0", b"\x30\x80" + good[2:] + b"\0\0", os.urandom(500), bytes(8192)):
                self.assertEqual(MALFORMED, r.answer(bad))
            self.assertEqual(413, r.post(bytes(8193))[0])
            self.assertEqual(415, r.post(good, {"Content-Type": "text/plain"})[0])
            self.assertEqual(415, r.post(good, {})[0])
            self.assertEqual(200, r.post(good, {"Content-Type": "Application/OCSP-Request; a=b"})[0])
            for method in ("PUT", "DELETE", "OPTIONS", "TRACE", "FOO"):
                status, _, response = r.post(None, {}, method)
                self.assertEqual((405, "GET, HEAD, POST"), (status, response.headers["Allow"]), method)
            self.assertIn("good", r.text(r.answer(good)))

    def test_endless(self):
        """A body that does not say how long it is, headers without end, a path without end."""
        with responder() as r:
            for head, more in ((b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/ocsp-request\r\nTransfer-Encoding: chunked\r\n\r\n", b"400\r\n" + bytes(1024) + b"\r\n"),
                               (b"GET / HTTP/1.1\r\nHost: a\r\n", b"A: b\r\n" * 100), (b"GET /", b"A" * 1000)):
                with socket.create_connection(("127.0.0.1", r.port), 30) as s, contextlib.suppress(ConnectionError):
                    s.sendall(head)
                    for _ in range(200):
                        s.sendall(more)
                    answer = s.recv(4096)
                    self.assertTrue(answer == b"" or re.match(rb"HTTP/1.1 4\d\d ", answer), answer)
            self.assertIn("good", r.text(r.answer(r.request(1))))

    def test_slow(self):
        """Who sends an octet now and then is not waited for, and who keeps many connections open keeps nobody out."""
        with responder("--timeout", "2") as r, contextlib.ExitStack() as stack:
            idle = [stack.enter_context(socket.create_connection(("127.0.0.1", r.port), 30)) for _ in range(100)]
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", r.port), 30))
            slow.sendall(b"GET /")
            begin = time.monotonic()
            self.assertIn("good", r.text(r.answer(r.request(1))))
            with contextlib.suppress(ConnectionError):
                while time.monotonic() - begin < 40:
                    slow.sendall(b"A")
                    slow.settimeout(0.5)
                    with contextlib.suppress(TimeoutError):
                        if slow.recv(100) == b"":
                            break
            self.assertLess(time.monotonic() - begin, 30)
            for s in idle:
                s.settimeout(30)
                with contextlib.suppress(ConnectionError):
                    self.assertEqual(b"", s.recv(100))
            self.assertIn("good", r.text(r.answer(r.request(1))))

    def test_in_parts(self):
        """An octet a packet is still a request."""
        with responder() as r, socket.create_connection(("127.0.0.1", r.port), 30) as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            body = r.request(2)
            whole = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/ocsp-request\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            for octet in whole:
                s.sendall(bytes([octet]))
            got = b""
            while part := s.recv(4096):
                got += part
            self.assertIn("revoked", r.text(got.split(b"\r\n\r\n", 1)[1]))


class Options(unittest.TestCase):
    def test_bad(self):
        with tempfile.TemporaryDirectory() as folder:
            def say(*options):
                p = run(BUILD / "ocsp/sygnet-ocspd", "--state", folder, "--published", folder, *options, check=False)
                return p.returncode, p.stderr.decode()
            for place in ("8889", "localhost:8889", "127.0.0.1", "127.0.0.1:", ":8889", "::1:8889", "[::1:8889", "127.0.0.1:99999", "127.0.0.1:http"):
                status, said = say("--listen", place)
                self.assertEqual((1, True), (status, "ADDRESS:PORT" in said), place)
            with socket.socket() as s:
                s.bind(("127.0.0.1", 0))
                s.listen()
                self.assertIn("in use", say("--listen", f"127.0.0.1:{s.getsockname()[1]}")[1])
            for options in (("--threads", "1"), ("--threads", "65"), ("--threads", "x"), ("--timeout", "0"), ("--timeout", "3601"), ("extra",), ("--no",)):
                self.assertEqual(2, say(*options)[0], options)

    def test_six(self):
        with Machine(polkit=None, daemon=False) as m, open(m.folder / "log", "wb") as log:
            with socket.socket(socket.AF_INET6) as s:
                s.bind(("::1", 0))
                port = s.getsockname()[1]
            p = m.spawn([BUILD / "ocsp/sygnet-ocspd", "--listen", f"[::1]:{port}", "--state", m.folder, "--published", m.folder], uid=SYGNET_OCSP, stderr=log)

            def up():
                with contextlib.suppress(OSError):
                    socket.create_connection(("::1", port), 1).close()
                    return True
                return False
            m.wait_for(up, "sygnet-ocspd")
            p.terminate()
            self.assertEqual(0, p.wait(30))

    def test_socket_of_systemd(self):
        """A listening socket that was handed over is served instead of a place of its own."""
        with Machine(polkit=None, daemon=False) as m:
            r = Responder(m)
            r.ca.delegate(r.state, SYGNET_OCSP)
            r.publish()
            with socket.create_server(("127.0.0.1", 0)) as s:
                r.port = s.getsockname()[1]

                def hand_over():
                    os.dup2(s.fileno(), 3)
                    os.set_inheritable(3, True)  # also where it was there already
                    os.environ["LISTEN_FDS"] = "1"
                    os.environ["LISTEN_PID"] = str(os.getpid())
                pid = os.fork()
                if pid == 0:
                    try:
                        hand_over()
                        os.setresgid(SYGNET_OCSP, SYGNET_OCSP, SYGNET_OCSP)
                        os.setresuid(SYGNET_OCSP, SYGNET_OCSP, SYGNET_OCSP)
                        os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = m.address
                        program = str(BUILD / "ocsp/sygnet-ocspd")
                        os.execv(program, [program, "--listen", "192.0.2.1:1", "--state", str(r.state), "--published", str(r.published)])
                    finally:
                        os._exit(99)
            self.assertIn("good", r.text(r.answer(r.request(1))))
            os.kill(pid, 15)
            self.assertEqual(0, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


if __name__ == "__main__":
    main()
