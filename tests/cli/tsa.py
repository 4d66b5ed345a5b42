# SPDX-License-Identifier: LGPL-2.1-or-later
"""Time-stamping authorities over HTTP. The honest one is openssl ts; the others are it with something wrong, by the path that is asked for."""
import base64
import hashlib
import http.server
import re
import subprocess
import sys
import threading
import time
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "interop"))
from der import contents, element, elements  # noqa: E402

CONFIG = """[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[tsa]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[large]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
nsComment = {comment}
[ca]
default_ca = this
[this]
database = {folder}/index
new_certs_dir = {folder}
default_md = sha256
policy = any
unique_subject = no
rand_serial = yes
[any]
commonName = supplied
[answers]
serial = {folder}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4
other_policies = 1.2.3.5
digests = sha256, sha384, sha512
ess_cert_id_alg = sha256
accuracy = secs:1
ordering = yes
tsa_name = yes
"""
USER, PASSWORD, REALM = "anna", "Correct-Horse-7-Battery", "timestamps"


class Authority:
    """root: the file of its root. url(path): its address. asked: how often each path was asked for."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir()
        (self.folder / "config").write_text(CONFIG.format(folder=self.folder, comment="x" * 9000))
        (self.folder / "index").touch()
        self.openssl("req", "-x509", *self.new_key("root"), "-subj", "/CN=Example timestamp root", "-extensions", "authority", "-days", "3000", "-out", "root.pem")
        self.openssl("req", "-x509", *self.new_key("stranger"), "-subj", "/CN=Stranger root", "-extensions", "authority", "-days", "3000", "-out", "stranger.pem")
        self.issue("good", "root", "tsa", "20250101000000Z", "20450101000000Z")
        self.issue("expired", "root", "tsa", "20240101000000Z", "20250101000000Z")
        self.issue("short", "root", "tsa", "20250101000000Z", time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 100 * 86400)))
        self.issue("large", "root", "large", "20250101000000Z", "20450101000000Z")
        self.issue("untrusted", "stranger", "tsa", "20250101000000Z", "20450101000000Z")
        self.root = self.folder / "root.pem"
        self.lock, self.counting, self.asked, self.stopping = threading.Lock(), threading.Lock(), {}, threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.server.daemon_threads = False
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self):
        self.stopping.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def openssl(self, *args):
        return subprocess.run(["openssl", args[0], *(["-config", "config"] if args[0] in ("req", "ca", "ts") else []), *map(str, args[1:])], cwd=self.folder,
                              check=True, capture_output=True)

    def new_key(self, name, key=("ec", "-pkeyopt", "ec_paramgen_curve:P-256")):
        return ["-newkey", *key, "-nodes", "-keyout", f"{name}.key"]

    def issue(self, name, issuer, extensions, start, end, *key):
        self.openssl("req", *(self.new_key(name, key) if key else self.new_key(name)), "-subj", f"/CN=Example {name}", "-out", f"{name}.csr")
        self.openssl("ca", "-batch", "-notext", "-in", f"{name}.csr", "-cert", f"{issuer}.pem", "-keyfile", f"{issuer}.key", "-startdate", start, "-enddate", end,
                     "-extensions", extensions, "-out", f"{name}.pem")

    def url(self, path="good"):
        return f"http://127.0.0.1:{self.server.server_port}/{path}"

    def reply(self, query, signer="good"):
        with self.lock:
            (self.folder / "query").write_bytes(query)
            self.openssl("ts", "-reply", "-section", "answers", "-signer", f"{signer}.pem", "-inkey", f"{signer}.key", "-queryfile", "query", "-out", "answer")
            return (self.folder / "answer").read_bytes()

    def answer(self, path, query):
        parts = elements(contents(query))
        if (self.folder / f"{path}.pem").exists():
            return self.reply(query, path)
        if path == "nonce":
            parts[-2] = element(2, b"\x01other")
        if path == "imprint":
            imprint = elements(contents(parts[1]))
            parts[1] = element(0x30, imprint[0] + element(4, hashlib.sha256(b"else").digest()))
        if path == "policy":
            parts = [p for p in parts if p[0] != 6]
        if path == "reject":
            parts[1] = element(0x30, element(0x30, bytes.fromhex("06052b0e03021a")) + element(4, b"x" * 20))
        reply = self.reply(element(0x30, b"".join(parts)))
        if path == "altered":
            return reply[:-1] + bytes([reply[-1] ^ 1])
        return reply[:len(reply) // 2] if path == "half" else reply

    def handler(authority):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def send(self, code, body, kind="application/timestamp-reply", length=None, **headers):
                self.send_response(code)
                self.send_header("Content-Type", kind)
                if length != -1:
                    self.send_header("Content-Length", length or len(body))
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(body)

            def huge(self):
                """Two gigabytes, as far as the client takes them."""
                self.send(200, b"", length=-1, Connection="close")
                try:
                    for _ in range(2048):
                        self.wfile.write(b"\x30" * (1 << 20))
                except OSError:
                    pass
                self.close_connection = True

            def is_authorized(self):
                fields = dict(re.findall(r'(\w+)="?([^",]+)"?', self.headers.get("Authorization", "")))
                if not self.headers.get("Authorization", "").startswith("Digest") or fields.get("username") != USER:
                    return False
                a1, a2 = (hashlib.md5(s.encode()).hexdigest() for s in (f"{USER}:{REALM}:{PASSWORD}", f"POST:{fields['uri']}"))
                return fields["response"] == hashlib.md5(f"{a1}:{fields['nonce']}:{a2}".encode()).hexdigest()

            def do_POST(self):
                path = urllib.parse.urlsplit(self.path).path[1:]  # a proxy is asked for the whole address
                with authority.counting:
                    authority.asked[path] = authority.asked.get(path, 0) + 1
                query = self.rfile.read(int(self.headers["Content-Length"]))
                if path == "slow":
                    authority.stopping.wait(60)
                    self.close_connection = True
                elif path == "huge":
                    self.huge()
                elif path == "huge-said":
                    self.send(200, b"\x30", length=2 << 30, Connection="close")
                    self.close_connection = True
                elif path == "garbage":
                    self.send(200, b"<html>Welcome to this hotel's network</html>", "text/html")
                elif path == "empty":
                    self.send(200, b"")
                elif path == "broken":
                    self.send(500, b"")
                elif path == "password" and not self.is_authorized():
                    self.send(401, b"", WWW_Authenticate=f'Digest realm="{REALM}", nonce="0a1b"')
                elif path == "basic" and self.headers.get("Authorization") != "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode():
                    self.send(401, b"", WWW_Authenticate=f'Basic realm="{REALM}"')
                else:
                    self.send(200, authority.answer(path, query))

        return Handler
