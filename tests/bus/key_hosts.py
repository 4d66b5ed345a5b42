# SPDX-License-Identifier: LGPL-2.1-or-later
"""sygnet-ca-keyd on a machine of harness.py, with a SoftHSM2 token; and DER by hand, to ask it for what it must not sign."""
import os
import shutil
import subprocess

from harness import BUILD, SYGNET_CA, SYGNET_CA_KEY, V

KEY = {"name": "org.sygnet.CAKey1", "path": "/org/sygnet/CAKey1"}
PIN, SO_PIN = "87654321", "1234567890"
TOKEN = "Example CA"
URI = "pkcs11:token=Example%20CA;object=ca"
SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"
HOSTED = {"key_host": V("b", True)}


class KeyHost:
    def __init__(self, machine, start=True):
        self.machine, self.folder = machine, machine.folder / "ca-key"
        self.tokens, self.log = self.folder / "tokens", machine.folder / "ca-key.log"
        self.folder.mkdir()
        self.tokens.mkdir()
        self.conf, self.pin_file = self.folder / "sygnet-ca-key.conf", self.folder / "pin"
        (self.folder / "softhsm2.conf").write_text(f"directories.tokendir = {self.tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
        self.configure(URI)
        self.pin(PIN)
        for path in (self.folder, self.tokens):
            os.chown(path, SYGNET_CA_KEY, SYGNET_CA_KEY)
        self.tool("softhsm2-util", "--init-token", "--free", "--label", TOKEN, "--pin", PIN, "--so-pin", SO_PIN)
        self.process = None
        if start:
            self.start()

    def configure(self, uri, module=SOFTHSM):
        self.conf.write_text(f"[Key]\nUri={uri}\n" + (f"Module={module}\n" if module else ""))

    def pin(self, pin):
        self.pin_file.unlink(missing_ok=True)
        if pin is not None:
            self.pin_file.write_text(pin + "\n")
            self.pin_file.chmod(0o600)
            os.chown(self.pin_file, SYGNET_CA_KEY, SYGNET_CA_KEY)

    def tool(self, *args, check=True):
        return self.machine.run(["env", f"SOFTHSM2_CONF={self.folder}/softhsm2.conf", *args], uid=SYGNET_CA_KEY, check=check).stdout

    def pkcs11_tool(self, *args, login=True):
        return self.tool("pkcs11-tool", "--module", SOFTHSM, "--token-label", TOKEN, *(["--login", "--pin", PIN] if login else []), *args)

    def start(self):
        with open(self.log, "ab") as log:
            # The sanitizer's complaints about the module are not ours.
            self.process = self.machine.spawn(["env", f"SOFTHSM2_CONF={self.folder}/softhsm2.conf", "ASAN_OPTIONS=detect_leaks=0", BUILD / "ca-key/sygnet-ca-keyd",
                                               "--conf", self.conf, "--pin-file", self.pin_file], uid=SYGNET_CA_KEY, stderr=log)
        self.machine.wait_for(self.is_up, "sygnet-ca-keyd")

    def is_up(self):
        if self.process.poll() is not None:
            raise AssertionError(self.log.read_text())
        return self.machine.has_owner(KEY["name"])

    def stop(self):
        """A clean stop, with the sanitizers' verdict."""
        self.process.terminate()
        status = self.process.wait(30)
        if status != 0:
            raise AssertionError(f"sygnet-ca-keyd ended with {status}:\n{self.log.read_text()}")
        self.machine.wait_for(lambda: not self.machine.has_owner(KEY["name"]), "the end of sygnet-ca-keyd")

    def restart(self):
        self.stop()
        self.start()

    def take_out(self):
        """The token, out of its reader."""
        self.tokens.rename(self.folder / "elsewhere")
        self.tokens.mkdir()
        os.chown(self.tokens, SYGNET_CA_KEY, SYGNET_CA_KEY)

    def put_back(self):
        shutil.rmtree(self.tokens)
        (self.folder / "elsewhere").rename(self.tokens)

    def said(self):
        return self.log.read_text()

    def client(self):
        """A client of sygnet-cad's user, the only one that may call."""
        return self.machine.client(SYGNET_CA)


def sign(client, tbs):
    return client.call("org.sygnet.CAKey1.Sign", "ay", tbs, **KEY)


# --- DER ---------------------------------------------------------------------------------------------------------------

def tlv(tag, *contents):
    body = b"".join(contents)
    n = len(body)
    length = bytes([n]) if n < 128 else bytes([0x80 | (n.bit_length() + 7) // 8]) + n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag]) + length + body


def split(der):
    """The elements that stand one after the other, as (tag, whole, contents)."""
    found = []
    while der:
        length, header = der[1], 2
        if length >= 128:
            header += length & 127
            length = int.from_bytes(der[2:header], "big")
        found.append((der[0], der[:header + length], der[header:header + length]))
        der = der[header + length:]
    return found


def tbs_of(signed):
    """The to-be-signed part of a certificate, list or request."""
    return split(split(signed)[0][2])[0][1]


def parts(tbs):
    return [whole for _, whole, _ in split(split(tbs)[0][2])]


def extension(oid, value, critical=False):
    return tlv(0x30, tlv(6, bytes.fromhex(oid)), tlv(1, b"\xff") if critical else b"", tlv(4, value))


def openssl_der(folder, command):
    subprocess.run(command, shell=True, cwd=folder, check=True, capture_output=True)
