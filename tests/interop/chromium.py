# SPDX-License-Identifier: LGPL-2.1-or-later
"""A headless Chromium for tests: its own viewer of PDF (PDFium), and pdf.js in it. Spoken to by its debugging protocol over a pipe, so that
nothing listens but a server of files on the loopback."""

import base64
import functools
import http.server
import json
import os
import select
import subprocess
import threading
import time
import zlib

DEADLINE = 30  # seconds for a page to be drawn

# Draws the first pages with their annotations, and tells the number of pages and a sum over the pixels; or the reader's complaint.
PDF_JS = """
async (url, password) => {
  pdfjsLib.GlobalWorkerOptions.workerSrc = "/pdf.js/build/pdf.worker.js";
  try {
    const document_ = await pdfjsLib.getDocument({ url, password, verbosity: 0, isEvalSupported: false }).promise;
    let drawn = "" + document_.numPages;
    for (let n = 1; n <= Math.min(3, document_.numPages); n++) {
      try {
        const page = await document_.getPage(n), viewport = page.getViewport({ scale: 0.6 });
        const canvas = document.createElement("canvas"), context = canvas.getContext("2d", { willReadFrequently: true });
        canvas.width = viewport.width; canvas.height = viewport.height;
        await page.render({ canvasContext: context, viewport, annotationMode: 1 }).promise;
        let sum = 2166136261;
        for (const c of context.getImageData(0, 0, canvas.width, canvas.height).data) sum = Math.imul(sum ^ c, 16777619) >>> 0;
        drawn += ` ${canvas.width}x${canvas.height}:${sum}`;
      } catch (e) { drawn += " " + e.name; }
    }
    await document_.destroy();
    return drawn;
  } catch (e) { return "refused: " + e.name; }
}
"""
PAGE = b'<!doctype html><meta charset="utf-8"><script src="/pdf.js/build/pdf.js"></script>'


class Files(http.server.SimpleHTTPRequestHandler):
    """The directory, with pdf.js under /pdf.js/, and the page that runs it as /."""

    def translate_path(self, path):
        if path.startswith("/pdf.js/"):
            return "/usr/share/javascript/pdf/" + path[len("/pdf.js/"):]
        return super().translate_path(path)

    def do_GET(self):
        if self.path != "/":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_):
        pass


def is_blank(png):
    """One colour all over: nothing was drawn yet."""
    data, at = b"", 8
    while at < len(png):
        length = int.from_bytes(png[at:at + 4], "big")
        if png[at + 4:at + 8] == b"IDAT":
            data += png[at + 8:at + 8 + length]
        at += 12 + length
    return len(set(zlib.decompress(data))) <= 6


class Chromium:
    """Started on `directory`, whose files it is shown by their names."""

    def __init__(self, directory, profile):
        handler = functools.partial(Files, directory=str(directory))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.base = f"http://127.0.0.1:{self.server.server_address[1]}"
        to_read, self.to = os.pipe()
        self.back, back_write = os.pipe()

        def descriptors():
            # Both were made anew, in case they are 3 and 4 the wrong way round.
            a, b = os.dup(to_read), os.dup(back_write)
            os.dup2(a, 3)
            os.dup2(b, 4)

        self.process = subprocess.Popen(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe",
             "--force-device-scale-factor=1", "--window-size=700,900", "--no-first-run", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", f"--user-data-dir={profile}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False, preexec_fn=descriptors)
        os.close(to_read)
        os.close(back_write)
        self.buffer, self.number = b"", 0
        self.scripts = self._open(self.base + "/")

    def close(self):
        try:
            self._call("Browser.close")
            self.process.wait(10)
        except (OSError, TimeoutError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        os.close(self.to)
        os.close(self.back)
        self.server.shutdown()
        self.server.server_close()

    def _call(self, method, session=None, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + DEADLINE
        while True:
            while b"\0" not in self.buffer:
                if not select.select([self.back], [], [], max(0, until - time.monotonic()))[0]:
                    raise TimeoutError(method)
                more = os.read(self.back, 1 << 20)
                if not more:
                    raise ConnectionError("Chromium ended")
                self.buffer += more
            line, _, self.buffer = self.buffer.partition(b"\0")
            answer = json.loads(line)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def _open(self, url):
        target = self._call("Target.createTarget", url=url)["targetId"]
        return self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"], target

    def pdf_js(self, name, password=""):
        """What pdf.js draws of the file: a string to compare."""
        until = time.monotonic() + DEADLINE
        while time.monotonic() < until:
            expression = f"typeof pdfjsLib === 'undefined' ? null : ({PDF_JS})({json.dumps('/' + name)}, {json.dumps(password)})"
            value = self._call("Runtime.evaluate", self.scripts[0], expression=expression, awaitPromise=True, returnByValue=True)["result"].get("value")
            if value is not None:
                return value
        raise TimeoutError("pdf.js")

    def _picture(self, session):
        return base64.b64decode(self._call("Page.captureScreenshot", session, format="png")["data"])

    def viewer(self, name, expected=None):
        """A picture of Chromium's viewer with the file: the first that equals `expected`, else one that stays the same for a while."""
        session, target = self._open(f"{self.base}/{name}#toolbar=0&navpanes=0&view=Fit")
        until, last, same = time.monotonic() + DEADLINE, b"", 0
        # What is expected gets its time to appear; without, half a second without a change is enough.
        patience = 60 if expected else 5
        while time.monotonic() < until and same < patience:
            picture = self._picture(session)
            if picture == expected:
                break
            same = same + 1 if picture == last and not is_blank(picture) else 0
            last = picture
            time.sleep(0.1)
        self._call("Target.closeTarget", targetId=target)
        return picture
