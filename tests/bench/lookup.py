# SPDX-License-Identifier: LGPL-2.1-or-later
"""How fast a certificate is looked up in a CRL of 100,000 entries: whole processes, sygnet verify of a document against openssl verify of the certificate alone."""
import statistics
import subprocess
import time

ENTRIES = 100_000
PAIRS = 5
CONFIG = """[ca]
default_ca = this
[this]
database = {folder}/index
default_md = sha256
default_crl_days = 7
crl_extensions = extensions
[extensions]
authorityKeyIdentifier = keyid
"""


def make_crl(ca, folder):
    """The CRL in DER, of the CA whose certificate and key are CA.pem and CA.key."""
    folder.mkdir(exist_ok=True)
    crl = folder / "large.crl"
    if crl.exists():
        return crl
    end, revoked = (time.strftime("%y%m%d%H%M%SZ", time.gmtime(time.time() + days * 86400)) for days in (300, -1))
    with open(folder / "index", "w", encoding="ascii") as index:
        index.writelines(f"R\t{end}\t{revoked},superseded\t{(1 << 120) + i * 7919:032X}\tunknown\t/CN=x\n" for i in range(ENTRIES))
    (folder / "config").write_text(CONFIG.format(folder=folder))
    for command in (["ca", "-config", folder / "config", "-gencrl", "-cert", f"{ca}.pem", "-keyfile", f"{ca}.key", "-out", folder / "large.pem"],
                    ["crl", "-in", folder / "large.pem", "-outform", "DER", "-out", crl]):
        subprocess.run(["openssl", *map(str, command)], check=True, capture_output=True)
    return crl


def row(bench, process_seconds, rounds):
    bench.peer_signs()
    crl = make_crl(bench.outside, bench.folder / "lookup")
    environment = bench.m.environment()
    ours = [bench.build / "client/sygnet", "verify", "--offline", "--anchors", f"{bench.outside}.pem", "--crl", crl, "--content", bench.document, bench.folder / "peer.p7s"]
    theirs = ["openssl", "verify", "-CAfile", f"{bench.outside}.pem", "-crl_check", "-CRLfile", crl, bench.folder / "peer.pem"]
    taken = []
    for _ in range(rounds):
        pairs = [(process_seconds(ours, environment), process_seconds(theirs, environment)) for _ in range(PAIRS)]
        taken.append(tuple(statistics.median(p[i] for p in pairs) for i in (0, 1)))
    return (statistics.median(o / t for o, t in taken),
            f"{statistics.median(o for o, _ in taken) * 1000:.1f} ms against {statistics.median(t for _, t in taken) * 1000:.1f} ms")
