# SPDX-License-Identifier: LGPL-2.1-or-later
"""PDF documents by the thousand and by the gigabyte: `sygnet sign` and `sygnet verify` as whole processes against PDFBox and iText, which are warm in one JVM and
have as many threads, and against reading and copying alone. The keys are of P-256; ours is in the service, theirs in the JVM's memory."""
import os
import statistics
import subprocess
import time

MANY, SMALL = 1000, 10_000  # documents and bytes
GIB = 1 << 30
JAVA = "/usr/share/java"
JARS = ("pdfbox2", "fontbox2", "commons-logging", "itext5", "bcprov", "bcpkix", "bcutil")
PASSWORD = "secret"


def run(argv, **options):
    return subprocess.run([str(a) for a in argv], check=True, capture_output=True, text=True, **options)


def measured(argv, environment, silent=(1,)):
    """Seconds of a whole process, and the MiB that it had at most. `silent`: the descriptors that nobody reads."""
    begin = time.perf_counter()
    pid = os.posix_spawnp(str(argv[0]), [str(a) for a in argv], environment, file_actions=[(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_WRONLY, 0) for fd in silent])
    _, status, usage = os.wait4(pid, 0)
    took = time.perf_counter() - begin
    if status != 0:
        raise SystemExit(f"{argv[:6]} ended with {os.waitstatus_to_exitcode(status)}")
    return took, usage.ru_maxrss / 1024


class Writer:
    """A PDF written object by object: its pages, and as many further objects, each of so many random bytes."""

    def __init__(self, path, pages, streams=0, size=0):
        self.offsets = []
        first = 3 + pages
        with open(path, "wb") as self.f:
            self.f.write(b"%PDF-1.4\n")
            self.put(b"<</Type /Catalog /Pages 2 0 R>>")
            self.put(b"<</Type /Pages /Count %d /Kids [%s]>>" % (pages, b" ".join(b"%d 0 R" % n for n in range(3, first))))
            for n in range(pages):
                mine = b" ".join(b"%d 0 R" % i for i in range(first + n, first + streams, pages))
                self.put(b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents [%s]>>" % mine)
            noise = os.urandom(size)
            for _ in range(streams):
                self.put(b"<</Length %d>>\nstream\n%%%s\nendstream" % (size + 1, noise))
            self.end()

    def put(self, body):
        self.offsets.append(self.f.tell())
        self.f.write(b"%d 0 obj\n%s\nendobj\n" % (len(self.offsets), body))

    def end(self):
        start, count = self.f.tell(), len(self.offsets) + 1
        self.f.write(b"xref\n0 %d\n0000000000 65535 f \n" % count + b"".join(b"%010d 00000 n \n" % o for o in self.offsets))
        self.f.write(b"trailer\n<</Size %d /Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, start))


class Documents:
    def __init__(self, bench, rounds):
        self.b, self.rounds = bench, rounds
        self.folder = bench.folder / "documents"
        self.small = self.folder / "small"
        self.small.mkdir(parents=True)
        for n in range(MANY):
            Writer(self.small / f"{n}.pdf", 1, 1, SMALL)
        self.peer = self._keystore("ec", "ec_paramgen_curve:P-256")
        self.java, self.made = None, {}

    def close(self):
        if self.java:
            self.java.stdin.close()
            self.java.wait()

    def _keystore(self, algorithm, option):
        """A key that the bench's authority certified, as PKCS#12."""
        path = self.folder / algorithm
        run(["openssl", "req", "-new", "-newkey", algorithm, "-pkeyopt", option, "-nodes", "-keyout", f"{path}.key", "-out", f"{path}.csr", "-subj", "/C=PL/O=Bench/CN=Peer"])
        self.b._certify(f"{path}.csr", f"{path}.pem")
        (self.folder / "password").write_text(PASSWORD)
        run(["openssl", "pkcs12", "-export", "-inkey", f"{path}.key", "-in", f"{path}.pem", "-certfile", f"{self.b.outside}.pem", "-name", "peer",
             "-out", f"{path}.p12", "-passout", f"pass:{PASSWORD}"])
        return f"{path}.p12"

    def _ask_java(self, *words):
        """A run in the JVM, which is started and warmed up when it is first wanted."""
        if not self.java:
            path = ":".join(f"{JAVA}/{j}.jar" for j in JARS)
            run(["javac", "-nowarn", "-Xlint:none", "-cp", path, "-d", self.folder, os.path.join(os.path.dirname(__file__), "Documents.java")])
            self.java = subprocess.Popen(["java", "-cp", f"{path}:{self.folder}", "Documents", self.peer, str(self.folder / "password"), f"{self.b.outside}.pem"],
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            for _ in range(2):
                for library in ("pdfbox", "itext"):
                    self._sign_in_java(library)
                self._verify_in_java()
        self.java.stdin.write(" ".join(map(str, words)) + "\n")
        self.java.stdin.flush()
        return float(self.java.stdout.readline())

    def _fresh(self, name):
        """An empty folder. The one before stays until the end: inodes that were freed just now cost who wants new ones."""
        self.made[name] = self.folder / f"{name}-{sum(1 for _ in self.folder.glob(name + '-*'))}"
        self.made[name].mkdir()
        return self.made[name]

    def _sign_in_java(self, library):
        return self._ask_java("sign", library, self.small, self._fresh(library), os.cpu_count())

    def _verify_in_java(self):
        return self._ask_java("verify", self.made["pdfbox"], os.cpu_count())

    def _sign(self):
        """The session is remembered: one code was given for it, as one would be for the batch."""
        out = self._fresh("ours")
        took, _ = measured([self.b.build / "client/sygnet", "sign", "-c", self.b.seal("p256"), "-o", out, *sorted(self.small.iterdir())], self.b.m.environment())
        if len(list(out.iterdir())) != MANY:
            raise SystemExit("not all were signed")
        return took

    def _verify(self):
        return measured([self.b.build / "client/sygnet", "verify", "--offline", "--anchors", f"{self.b.outside}.pem", *sorted(self.made["pdfbox"].iterdir())],
                        self.b.m.environment())[0]

    @staticmethod
    def _rate(measure):
        """What was written before, and not synced, is no part of what is measured now."""
        os.sync()
        return MANY / measure()

    def _rates(self, ours, theirs):
        ours(), theirs()
        pairs = [(self._rate(theirs), self._rate(ours)) for _ in range(self.rounds)]
        return (statistics.median(o / t for t, o in pairs),
                f"{statistics.median(o for _, o in pairs):.0f}/s against {statistics.median(t for t, _ in pairs):.0f}/s")

    def sign_row(self, library):
        ratio, said = self._rates(self._sign, lambda: self._sign_in_java(library))
        return ratio, said if library == "itext" else f"{said}; pdfsig in a loop {self._pdfsig()}"

    def verify_row(self):
        self._ask_java("sign", "pdfbox", self.small, self._fresh("pdfbox"), os.cpu_count())
        return self._rates(self._verify, self._verify_in_java)

    def _pdfsig(self):
        """Of RSA-3072, since what it makes with P-256 is broken."""
        nss = self.folder / "nss"
        if not nss.exists():
            nss.mkdir()
            store = self._keystore("rsa", "rsa_keygen_bits:3072")
            run(["certutil", "-N", "-d", nss, "--empty-password"])
            run(["pk12util", "-i", store, "-d", nss, "-W", PASSWORD, "-K", ""])
        out, some = self._fresh("pdfsig"), sorted(self.small.iterdir())[:10]
        begin = time.perf_counter()
        for path in some:
            run(["pdfsig", "-nssdir", nss, "-add-signature", "-nick", "peer", path, out / path.name])
        return f"{len(some) / (time.perf_counter() - begin):.0f}/s (RSA-3072)"

    # --- Large ones -----------------------------------------------------------------------------------------------

    def _sign_one(self, path):
        """Into a new file each time, as cp does."""
        out = self.folder / "signed.pdf"
        out.unlink(missing_ok=True)
        return measured([self.b.build / "client/sygnet", "sign", "-c", self.b.seal("p256"), "-o", out, path], self.b.m.environment())

    def large_row(self):
        """Seconds against those of openssl dgst and cp; and whether it had 48 MiB at most."""
        path, copy, pairs = self.folder / "large.pdf", self.folder / "copy.pdf", []
        Writer(path, 100, 10_000, GIB // 10_000)
        self._sign_one(path)
        for _ in range(self.rounds):
            copy.unlink(missing_ok=True)
            alone = measured(["openssl", "dgst", "-sha256", path], os.environ)[0] + measured(["cp", path, copy], os.environ)[0]
            pairs.append((*self._sign_one(path), alone))
        path.unlink()
        copy.unlink()
        seconds, memory, alone = (statistics.median(p[i] for p in pairs) for i in range(3))
        return max(statistics.median(p[0] / p[2] for p in pairs), 1.3 * memory / 48), f"{seconds:.2f} s and {memory:.0f} MiB against {alone:.2f} s"

    def _growth(self, few, many, times):
        """What so many times the work costs, beside that many times the cost."""
        self._sign_one(few)
        pairs = [(self._sign_one(few)[0], self._sign_one(many)[0]) for _ in range(self.rounds)]
        return (statistics.median(m / f / times for f, m in pairs),
                f"{statistics.median(m for _, m in pairs) * 1000:.0f} ms against {statistics.median(f for f, _ in pairs) * 1000:.0f} ms")

    def pages_row(self):
        for pages in (1000, 10_000):
            Writer(self.folder / f"{pages}-pages.pdf", pages, pages, 1000)
        return self._growth(self.folder / "1000-pages.pdf", self.folder / "10000-pages.pdf", 10)

    def signatures_row(self):
        path = self.folder / "0-signatures.pdf"
        Writer(path, 1, 1, SMALL)
        for n in range(1, 65):
            self._sign_one(path)
            path = (self.folder / "signed.pdf").rename(self.folder / f"{n}-signatures.pdf")
        return self._growth(self.folder / "16-signatures.pdf", self.folder / "64-signatures.pdf", 4)
