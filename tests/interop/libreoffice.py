#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""LibreOffice as a peer, without a screen, by its own interface: commands on standard input, a line each with tabs between the words; an answer a line, "ok" or "no" and
why. Needs python3-uno, which is the distribution's interpreter's.

  pdf-verify PDF
  pdf-sign SUBJECT DOCUMENT OUT
  odf-sign SUBJECT OUT            a new text document

Usage: libreoffice.py PROFILE NSS-DATABASE, both folders; LibreOffice is started and ended."""

import os
import subprocess
import sys
import time
from pathlib import Path

import uno
import unohelper
from com.sun.star.beans import PropertyValue
from com.sun.star.frame import XStatusListener

STATES = {0: "no signature", 1: "ok", 2: "broken", 3: "invalid", 4: "not validated", 5: "signed in part", 6: "not validated, in part"}  # SignatureState of its sfx2
PIPE = f"sygnet-{os.getpid()}"


class Listener(unohelper.Base, XStatusListener):
    def __init__(self):
        self.state = None

    def statusChanged(self, event):
        self.state = event.State

    def disposing(self, source):
        pass


def properties(**values):
    return tuple(PropertyValue(Name=name, Value=value) for name, value in values.items())


class Office:
    def __init__(self, profile, nss):
        self.process = subprocess.Popen(["soffice", "--headless", "--norestore", f"--accept=pipe,name={PIPE};urp;", f"-env:UserInstallation={Path(profile).absolute().as_uri()}"],
                                        env={**os.environ, "MOZILLA_CERTIFICATE_FOLDER": f"sql:{nss}"}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        self.context = self.connect(resolver)
        self.desktop = self.create("com.sun.star.frame.Desktop")

    def connect(self, resolver):
        for _ in range(600):
            try:
                return resolver.resolve(f"uno:pipe,name={PIPE};urp;StarOffice.ComponentContext")
            except Exception as e:  # it has no pipe yet
                if self.process.poll() is not None:
                    raise SystemExit(f"soffice ended with {self.process.returncode}") from e
                time.sleep(0.1)
        raise SystemExit("soffice does not answer")

    def create(self, service):
        return self.context.ServiceManager.createInstanceWithContext(service, self.context)

    def load(self, path):
        return self.desktop.loadComponentFromURL(Path(path).absolute().as_uri(), "_blank", 0, properties(Hidden=True))

    def verify(self, path):
        document = self.load(path)
        try:
            url = uno.createUnoStruct("com.sun.star.util.URL")
            url.Complete = ".uno:Signature"
            _, url = self.create("com.sun.star.util.URLTransformer").parseStrict(url)
            listener = Listener()
            # It tells the state at once, and again with each change.
            document.CurrentController.Frame.queryDispatch(url, "", 0).addStatusListener(listener, url)
            for _ in range(100):
                if listener.state is not None:
                    break
                time.sleep(0.05)
            return STATES.get(listener.state, str(listener.state))
        finally:
            document.close(True)

    def sign(self, subject, path, out):
        environment = self.create("com.sun.star.xml.crypto.SEInitializer").createSecurityContext("").getSecurityEnvironment()
        found = [c for c in environment.getPersonalCertificates() if subject in c.SubjectName]
        if not found:
            return "no such key"
        document = self.load(path)
        try:
            data = uno.Any("[]com.sun.star.beans.PropertyValue", properties(SignPDF=True, SignatureCertificate=found[0]))
            document.storeToURL(Path(out).absolute().as_uri(), properties(FilterName="draw_pdf_Export", FilterData=data))
            return "ok"
        finally:
            document.close(True)

    def sign_odf(self, subject, out):
        """Through the interface behind its dialog, which wants the file as the ZIP archive that it is."""
        environment = self.create("com.sun.star.xml.crypto.SEInitializer").createSecurityContext("").getSecurityEnvironment()
        found = [c for c in environment.getPersonalCertificates() if subject in c.SubjectName]
        if not found:
            return "no such key"
        url = Path(out).absolute().as_uri()
        document = self.desktop.loadComponentFromURL("private:factory/swriter", "_blank", 0, properties(Hidden=True))
        try:
            document.Text.String = "Contract"
            document.storeToURL(url, properties(FilterName="writer8"))
        finally:
            document.close(True)
        storage = uno.invoke(self.create("com.sun.star.embed.StorageFactory"), "createInstanceWithArguments", ((
            url, uno.getConstantByName("com.sun.star.embed.ElementModes.READWRITE"),
            uno.Any("[]com.sun.star.beans.PropertyValue", properties(StorageFormat="ZipFormat"))),))
        try:
            signer = self.context.ServiceManager.createInstanceWithArgumentsAndContext("com.sun.star.security.DocumentDigitalSignatures", ("1.2", False), self.context)
            if not signer.signDocumentWithCertificate(found[0], storage, None):
                return "not signed"
            storage.commit()
            return "ok"
        finally:
            storage.dispose()

    def stop(self):
        try:
            self.desktop.terminate()
        except Exception:  # the bridge goes with it
            pass
        self.process.wait()


def main():
    office = Office(*sys.argv[1:3])
    print("ok", flush=True)
    for line in sys.stdin:
        words = line.rstrip("\n").split("\t")
        try:
            answer = {"pdf-verify": office.verify, "pdf-sign": office.sign, "odf-sign": office.sign_odf}[words[0]](*words[1:])
        except Exception as e:
            answer = f"{type(e).__name__} {e}"
        print("ok" if answer == "ok" else "no " + " ".join(answer.split()), flush=True)
    office.stop()


if __name__ == "__main__":
    main()
