#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""gateway.py FOLDER PORT: an SMS gateway that takes everything, with cert.pem and key.pem of the folder; writes X-Key and body to the file requests."""
import http.server
import ssl
import sys
from pathlib import Path

folder = Path(sys.argv[1])


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        key = self.headers.get("X-Key")
        with open(folder / "requests", "a", encoding="utf-8") as f:
            print(key, body, file=f)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
(folder / "ready").touch()
server.serve_forever()
