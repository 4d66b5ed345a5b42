# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests of sygnet-cad share: the service on a machine of harness.py, requests made by openssl, and its methods."""
import contextlib
import os
import subprocess

from harness import BUILD, SYGNET_CA, Machine, V

CA = {"name": "org.sygnet.CA1", "path": "/org/sygnet/CA1"}
SUBJECT = {"countryName": V("s", "PL"), "organizationName": V("s", "Example sp. z o.o."), "commonName": V("s", "Example CA")}
SEAL = "/C=PL/O=Example sp. z o.o./2.5.4.97=VATPL-5250000000/CN=Example seal"
PERSON = "/C=PL/SN=Nowak/GN=Jan/serialNumber=PNOPL-90010112345/CN=Jan Nowak"
P256 = "-newkey ec -pkeyopt ec_paramgen_curve:P-256"


class Authority:
    """A machine with sygnet-cad on it."""

    def __init__(self, machine, conf="", before=None):
        self.machine = machine
        self.folder = machine.folder / "ca"
        self.folder.mkdir()
        self.state, self.key, self.log = self.folder / "state", self.folder / "host-key", self.folder / "log"
        self.published, self.conf = self.folder / "pki", self.folder / "sygnet-cad.conf"
        self.published.mkdir()
        for path in (self.folder, self.published):
            os.chown(path, SYGNET_CA, SYGNET_CA)
        self.conf.write_text(conf)
        made = machine.run([BUILD / "store-tool/sygnet-store", "--service", "sygnet-cad", "--state", self.state, "--host-key", self.key, "init"], uid=SYGNET_CA)
        self.recovery = made.stdout
        if before:
            before(self)
        self.start()

    def start(self):
        with open(self.log, "ab") as log:
            self.process = self.machine.spawn([BUILD / "ca/sygnet-cad-test", "--state", self.state, "--host-key", self.key, "--publish", self.published,
                                               "--conf", self.conf], uid=SYGNET_CA, stderr=log)
        self.machine.wait_for(self.is_up, "sygnet-cad")

    def is_up(self):
        if self.process.poll() is not None:
            raise AssertionError(self.log.read_text())
        return self.machine.has_owner(CA["name"])

    def kill(self):
        """kill -9, and until the bus has noticed."""
        self.process.kill()
        self.process.wait()
        self.machine.wait_for(lambda: not self.machine.has_owner(CA["name"]), "the end of sygnet-cad")

    def stop(self):
        """A clean stop, with the sanitizers' verdict."""
        self.process.terminate()
        status = self.process.wait(30)
        if status != 0:
            raise AssertionError(f"sygnet-cad ended with {status}:\n{self.log.read_text()}")


@contextlib.contextmanager
def authority(polkit="real", initialized=True, conf="", before=None):
    """`conf` is the text of sygnet-cad.conf; `before` is called with the Authority when its store is made and nothing runs yet."""
    with Machine(polkit=polkit, daemon=False) as m:
        a = Authority(m, conf, before)
        if initialized:
            initialize(m.operator)
        yield m, a
        if a.process.poll() is None:
            a.stop()


def openssl(folder, command, check=True):
    p = subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, check=False)
    if check and p.returncode:
        raise AssertionError(f"{command}\n{p.stdout}{p.stderr}")
    return p


def request(folder, subject=SEAL, key=P256, options="", key_file="key.pem"):
    (folder / "empty.cnf").write_text("[req]\ndistinguished_name=d\n[d]\n")
    openssl(folder, f"openssl req -new -config empty.cnf -utf8 -nodes {key} -keyout {key_file} -subj '{subject}' -outform DER -out request.der {options}")
    return (folder / "request.der").read_bytes()


def initialize(client, subject=None, **options):
    return client.call("org.sygnet.CA1.Initialize", "a{sv}a{sv}", SUBJECT if subject is None else subject, options, **CA)


def root_of(client):
    return client.call("org.sygnet.CA1.GetCertificate", **CA)


def issue(client, der, profile="seal", **options):
    return client.call("org.sygnet.CA1.Issue", "aysa{sv}", der, profile, options, **CA)


def listing(client, **options):
    return client.call("org.sygnet.CA1.List", "a{sv}", options, **CA)


def write_chain(folder, chain):
    for name, der in zip(("leaf", "root"), chain):
        (folder / f"{name}.der").write_bytes(der)
        openssl(folder, f"openssl x509 -inform DER -in {name}.der -out {name}.pem")
