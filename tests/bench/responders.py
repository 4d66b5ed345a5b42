# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two OCSP responders for the same CA, ours and openssl's, with a P-256 key and as many certificates each, under the same load."""
import os
import socket
import statistics
import subprocess
import time

from outside_ca import GOOD, OutsideCa, run, serial

CERTIFICATES, THREADS = 1000, 2  # of the load, with eight connections each


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Responders:
    def __init__(self, build, folder):
        self.load, self.folder = build / "tests/bench/bench-ocsp", folder / "ocsp"
        state, published = self.folder / "state", self.folder / "published"
        for d in (self.folder, state, published):
            d.mkdir()
        ca = OutsideCa(self.folder)
        ca.delegate(state, os.getuid())
        ca.publish(published, {n: (GOOD, 0, 0) for n in range(CERTIFICATES)})
        index = "".join(f"V\t350101000000Z\t\t{serial(n).hex().upper()}\tunknown\t/CN={n}\n" for n in range(CERTIFICATES))
        (self.folder / "index").write_text(index)
        self.ports = {"ours": free_port(), "openssl": free_port()}
        self.requests = {}
        for name, options in (("plain", ["-no_nonce"]), ("nonce", [])):
            self.requests[name] = self.folder / name
            run("openssl", "ocsp", "-issuer", ca.pem, "-serial", f"0x{serial(500).hex()}", *options, "-reqout", self.requests[name])
        self.processes = [
            subprocess.Popen([build / "ocsp/sygnet-ocspd", "--listen", f"127.0.0.1:{self.ports['ours']}", "--state", state, "--published", published],
                             stderr=subprocess.DEVNULL),
            subprocess.Popen(["openssl", "ocsp", "-port", str(self.ports["openssl"]), "-index", self.folder / "index", "-CA", ca.pem, "-rkey", self.folder / "responder.key",
                              "-rsigner", self.folder / "responder.pem", "-ndays", "7"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)]
        for who in self.ports:
            self.wait_for(who)

    def close(self):
        for p in self.processes:
            p.terminate()
            p.wait()

    def wait_for(self, who):
        """With a whole request: openssl's responder spins for ever over a connection on which nothing comes."""
        until = time.monotonic() + 20
        while subprocess.run([self.load, str(self.ports[who]), self.requests["plain"], "1", "1"], capture_output=True, check=False, timeout=20).returncode != 0:
            if time.monotonic() > until:
                raise RuntimeError(f"{who}: no answer")
            time.sleep(0.05)

    def rate(self, who, request, count, *more):
        done = subprocess.run([self.load, str(self.ports[who]), self.requests[request], str(THREADS), str(count), *more], capture_output=True, text=True, check=False,
                              timeout=300)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return count / float(done.stdout)

    def row(self, request, rounds, *more, count=8000):
        """Answers a second, ours and openssl's in turns."""
        ours, theirs = [], []
        self.rate("ours", request, count, *more)
        self.rate("openssl", request, count // 4, *more)
        for _ in range(rounds):
            theirs.append(self.rate("openssl", request, count, *more))
            ours.append(self.rate("ours", request, count * 2, *more))
        return statistics.median(o / t for o, t in zip(ours, theirs)), f"{statistics.median(ours):.0f}/s against {statistics.median(theirs):.0f}/s"
