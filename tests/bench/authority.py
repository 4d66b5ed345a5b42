# SPDX-License-Identifier: LGPL-2.1-or-later
"""The local CA against `openssl ca`, on the same root: a list of 100,000 revocations made, a certificate looked up in it, a thousand certificates issued. What
is OpenSSL's is one process that does it all; ours are a client's process and a service that has each answer on disk before it gives it."""
import os
import statistics
import subprocess
import time

REVOKED, ISSUED, AT_ONCE = 100_000, 1000, 16
ROUNDS = 5

CONFIG = """[ca]
default_ca=d
[d]
dir={0}
database={0}/{1}.txt
new_certs_dir={0}/certs
serial={0}/serial
crlnumber={0}/crlnumber
certificate={0}/root.pem
private_key={0}/root.key
default_md=sha384
default_days=730
default_crl_days=7
policy=p
unique_subject=no
copy_extensions=none
x509_extensions=e
crl_extensions=c
[p]
countryName=optional
organizationName=optional
organizationIdentifier=optional
commonName=supplied
[e]
basicConstraints=critical,CA:FALSE
keyUsage=critical,nonRepudiation
extendedKeyUsage=emailProtection
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
[c]
authorityKeyIdentifier=keyid
"""


def run(argv, **options):
    return subprocess.run([str(a) for a in argv], check=True, capture_output=True, **options)


class Service:
    """sygnet-cad as it is shipped, with so many revoked certificates."""

    def __init__(self, machine, harness, build, folder, root, revoked):
        self.m, self.h, self.build = machine, harness, build
        self.published = folder / "pki"
        for path in (folder, self.published):
            path.mkdir()
            os.chown(path, harness.SYGNET_CA, harness.SYGNET_CA)
        state, key = folder / "state", folder / "key"
        machine.run([build / "store-tool/sygnet-store", "--service", "sygnet-cad", "--state", state, "--host-key", key, "init"], uid=harness.SYGNET_CA)
        made = machine.run([build / "tests/bench/populate-ca", state, key, *root, revoked], uid=harness.SYGNET_CA)
        self.serials = made.stdout.split()
        self.process = machine.spawn([build / "ca/sygnet-cad", "--state", state, "--host-key", key, "--publish", self.published, "--conf", folder / "conf"],
                                     uid=harness.SYGNET_CA, stderr=subprocess.DEVNULL)
        machine.wait_for_name("org.sygnet.CA1")
        machine.wait_for((self.published / "ca.crl").exists, "the first list", timeout=60)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.m.wait_for(lambda: not self.m.has_owner("org.sygnet.CA1"), "the end of sygnet-cad")


class Authority:
    def __init__(self, bench, process_seconds):
        self.bench, self.seconds = bench, process_seconds
        self.folder = bench.folder / "authority"
        self.folder.mkdir()
        self.folder.chmod(0o755)
        (self.folder / "certs").mkdir()
        (self.folder / "serial").write_text("01\n")
        (self.folder / "crlnumber").write_text("01\n")
        for name in ("revoked", "issued"):
            (self.folder / f"{name}.cnf").write_text(CONFIG.format(self.folder, name))
        run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-sha384", "-nodes", "-keyout", "root.key", "-out", "root.pem",
             "-days", "3650", "-subj", "/C=PL/O=Bench/CN=Bench root", "-addext", "keyUsage=critical,keyCertSign,cRLSign"], cwd=self.folder)
        run(["openssl", "x509", "-in", "root.pem", "-outform", "DER", "-out", "root.der"], cwd=self.folder)
        run(["openssl", "pkcs8", "-topk8", "-nocrypt", "-in", "root.key", "-outform", "DER", "-out", "key.der"], cwd=self.folder)
        run(["openssl", "req", "-new", "-utf8", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "leaf.key", "-out", "leaf.csr", "-subj",
             "/C=PL/O=Example sp. z o.o./2.5.4.97=VATPL-5250000000/CN=Example seal"], cwd=self.folder)
        for name in ("root.der", "key.der"):
            (self.folder / name).chmod(0o644)
        self.root = (self.folder / "root.der", self.folder / "key.der")

    def service(self, revoked):
        return Service(self.bench.m, self.bench.h, self.bench.build, self.folder / f"service-{revoked}", self.root, revoked)

    def client(self, *words):
        return self.seconds([self.bench.build / "client/sygnet", "ca", *words], self.bench.m.environment())

    def crl_rows(self):
        """Made, then looked up in."""
        if hasattr(self, "rows"):
            return self.rows
        service = self.service(REVOKED)
        date = "270101000000Z"
        (self.folder / "revoked.txt").write_text("".join(f"R\t{date}\t261101000000Z,superseded\t{s.upper()}\tunknown\t/CN=Example seal\n" for s in service.serials))
        made, looked = [], []
        for _ in range(ROUNDS):
            ours = self.client("publish")
            made.append((ours, self.seconds(["openssl", "ca", "-gencrl", "-config", self.folder / "revoked.cnf", "-out", self.folder / "openssl.crl"], os.environ)))
        run(["openssl", "crl", "-inform", "DER", "-in", service.published / "ca.crl", "-out", self.folder / "ours.pem", "-CAfile", self.folder / "root.pem"])
        leaf = self.folder / "leaf.pem"
        run(["openssl", "x509", "-req", "-in", self.folder / "leaf.csr", "-CA", self.folder / "root.pem", "-CAkey", self.folder / "root.key", "-set_serial",
             "0x12345678", "-days", "9", "-out", leaf])
        for _ in range(ROUNDS):
            serial = service.serials[len(looked) * 1000]
            begin = time.perf_counter()
            state = self.bench.operator.call("org.sygnet.CA1.GetState", "s", serial, name="org.sygnet.CA1", path="/org/sygnet/CA1")
            ours = time.perf_counter() - begin
            assert state["state"] == "revoked", state
            looked.append((ours, self.seconds(["openssl", "verify", "-crl_check", "-CAfile", self.folder / "root.pem", "-CRLfile", self.folder / "ours.pem", leaf],
                                              os.environ)))
        service.close()
        self.rows = made, looked
        return self.rows

    def crl_row(self, which):
        pairs = self.crl_rows()[which]
        return (statistics.median(o / t for o, t in pairs),
                f"{statistics.median(p[0] for p in pairs) * 1000:.1f} ms against {statistics.median(p[1] for p in pairs) * 1000:.1f} ms")

    def issue_all(self, request):
        """Some calls are always under way, as with several operators."""
        V, operator = self.bench.h.V, self.bench.operator
        begin = time.perf_counter()
        waiting = []
        for _ in range(ISSUED):
            if len(waiting) == AT_ONCE:
                operator.wait(waiting.pop(0))
            waiting.append(operator.start("org.sygnet.CA1.Issue", "aysa{sv}", request, "seal", {"days": V("u", 730)}, name="org.sygnet.CA1", path="/org/sygnet/CA1"))
        for number in waiting:
            operator.wait(number)
        return time.perf_counter() - begin

    def issue_row(self):
        service = self.service(0)
        der = run(["openssl", "req", "-in", self.folder / "leaf.csr", "-outform", "DER"]).stdout
        pairs = []
        for _ in range(ROUNDS):
            ours = self.issue_all(der)
            (self.folder / "issued.txt").write_text("")
            theirs = self.seconds(["openssl", "ca", "-batch", "-notext", "-config", self.folder / "issued.cnf", "-infiles", *[self.folder / "leaf.csr"] * ISSUED],
                                  os.environ)
            pairs.append((ours, theirs))
        service.close()
        return (statistics.median(o / t for o, t in pairs),
                f"{ISSUED / statistics.median(p[0] for p in pairs):.0f}/s against {ISSUED / statistics.median(p[1] for p in pairs):.0f}/s")
