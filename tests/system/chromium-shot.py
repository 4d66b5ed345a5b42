#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""chromium-shot.py FILE.pdf OUT.png: what Chromium shows of a document, once it shows the same twice and more than an empty viewer."""
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time


class Chromium:
    """A headless browser, told what to do through a pair of pipes (--remote-debugging-pipe: JSON, each message ended by a NUL)."""

    def __init__(self, folder):
        to_child, self.write_end = os.pipe()
        self.read_end, from_child = os.pipe()

        # Put where dup2 below cannot close one end by making the other.
        import fcntl
        to_child, from_child = (fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (to_child, from_child))

        def place():
            os.dup2(to_child, 3)
            os.dup2(from_child, 4)
        self.process = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars", "--window-size=900,1300",
             f"--user-data-dir={folder}", "--remote-debugging-pipe", "about:blank"],
            preexec_fn=place, pass_fds=(3, 4), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_child)
        os.close(from_child)
        self.buffer, self.count = b"", 0

    def call(self, method, session=None, **params):
        self.count += 1
        message = {"id": self.count, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self.write_end, json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self.buffer:
                more = os.read(self.read_end, 1 << 20)
                if not more:
                    sys.exit("chromium ended")
                self.buffer += more
            line, self.buffer = self.buffer.split(b"\0", 1)
            answer = json.loads(line)
            if answer.get("id") == self.count:
                if "error" in answer:
                    sys.exit(f"{method}: {answer['error']}")
                return answer["result"]


def main():
    document, out = sys.argv[1:]
    folder = tempfile.mkdtemp()
    try:
        browser = Chromium(folder)
        target = browser.call("Target.createTarget", url="file://" + os.path.abspath(document))["targetId"]
        session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        last, until = None, time.monotonic() + 60
        while time.monotonic() < until:
            time.sleep(1.5)
            shot = base64.b64decode(browser.call("Page.captureScreenshot", session)["data"])
            # An empty viewer is one colour and compresses to next to nothing.
            if shot == last and len(shot) > 20_000:
                with open(out, "wb") as f:
                    f.write(shot)
                return
            last = shot
        sys.exit("chromium does not show the document")
    finally:
        browser.process.kill()
        browser.process.wait()
        shutil.rmtree(folder, ignore_errors=True)


main()
