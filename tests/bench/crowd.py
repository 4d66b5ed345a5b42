# SPDX-License-Identifier: LGPL-2.1-or-later
"""What it costs that there are many: the same calls of a service with ten accounts, ten seals and a hundred grants, and of one with a thousand, two
hundred and ten thousand. Whoever asks may use about ten seals in both."""
import statistics
import subprocess
import time

FEW, MANY = (10, 10, 100), (1000, 200, 10_000)
ROUNDS = 5


class Crowd:
    """One service with so many records. Each method returns seconds."""

    def __init__(self, machine_class, harness, build, certificate, size):
        self.h = harness
        self.m = machine_class(daemon=False)
        self.m.__enter__()
        self.m.init_store()
        made = self.m.run([build / "tests/bench/populate", self.m.state, self.m.host_key, *size, harness.PASSWORD, certificate], uid=harness.SYGNET)
        self.seal = made.stdout.split()[0]
        self.m.start_daemon()
        self.client = self.m.operator
        self.session = self.client.login("p0")

    def close(self):
        self.m.__exit__()

    def timed(self, calls, *call):
        begin = time.perf_counter()
        for _ in range(calls):
            self.client.call(*call)
        return (time.perf_counter() - begin) / calls

    def login(self):
        begin = time.perf_counter()
        session = self.client.login("p0")
        took = time.perf_counter() - begin
        self.client.call("Session.Logout", "s", session)
        return took

    def list(self):
        """For each that is listed."""
        listed = len(self.client.call("Credential.List", "a{sv}", {}))
        return self.timed(20, "Credential.List", "a{sv}", {}) / listed

    def add_and_remove(self):
        """Both, a user of a seal: as one, for the one leaves what the other finds."""
        begin = time.perf_counter()
        for _ in range(10):
            self.client.call("Credential.AddUser", "ssa{sv}", self.seal, "extra", {})
            self.client.call("Credential.RemoveUser", "ssa{sv}", self.seal, "extra", {})
        return (time.perf_counter() - begin) / 10


def certificate(folder):
    key, der = folder / "crowd.key", folder / "crowd.der"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(key), "-outform", "DER",
                    "-out", str(der), "-days", "30", "-subj", "/C=PL/O=Example/CN=Example seal"], check=True, capture_output=True)
    der.chmod(0o644)
    return der


class Crowds:
    def __init__(self, machine_class, harness, build, folder):
        der = certificate(folder)
        self.few, self.many = (Crowd(machine_class, harness, build, der, size) for size in (FEW, MANY))

    def close(self):
        self.few.close()
        self.many.close()

    def row(self, what):
        """How many times as long it takes with many."""
        few, many = [], []
        for _ in range(ROUNDS):
            few.append(getattr(self.few, what)())
            many.append(getattr(self.many, what)())
        return (statistics.median(m / f for m, f in zip(many, few)),
                f"{statistics.median(many) * 1000:.2f} ms against {statistics.median(few) * 1000:.2f} ms")
