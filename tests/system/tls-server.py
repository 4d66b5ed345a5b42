#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""tls-server.py CERTIFICATE KEY PORT LOG: an HTTPS server that notes what its clients make of its certificate, a line each: "accepted PATH" when one asks for
a page, "refused WHY" when one ends the handshake or leaves without asking. So it need not be believed what a client says of itself."""
import http.server
import ssl
import sys


def note(line):
    with open(sys.argv[4], "a", encoding="utf-8") as log:
        log.write(line + "\n")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked = False

    def handle(self):
        super().handle()
        if not self.asked:
            note("refused without a word")

    def do_GET(self):
        self.asked = True
        note(f"accepted {self.path}")
        page = b"<!DOCTYPE html><title>accepted</title><p>accepted</p>\n"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    """The handshake is made by the thread of the connection: one that stalls keeps nobody waiting."""

    def finish_request(self, request, address):
        request.settimeout(60)
        try:
            with context.wrap_socket(request, server_side=True) as connection:
                super().finish_request(connection, address)
        except OSError as error:
            note(f"refused {error}")


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
Server(("127.0.0.1", int(sys.argv[3])), Handler).serve_forever()
