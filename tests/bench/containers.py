# SPDX-License-Identifier: LGPL-2.1-or-later
"""How fast an ASiC container of a file of 4 GiB is made: whole processes, sygnet sign against openssl dgst of the file and cp of it. The file is a hole, so that the disk
is not what is measured; and what is resident is held against its limit."""
import os
import shutil
import statistics
import subprocess
import sys
import time

SIZE = 4 << 30
RESIDENT_MAX = 48 << 10  # KiB
TURNS = 3


def seconds_and_resident(argv, environment):
    argv = [str(a) for a in argv]
    begin = time.perf_counter()
    pid = os.posix_spawnp(argv[0], argv, environment, file_actions=[(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_WRONLY, 0) for fd in (1, 2)])
    _, status, usage = os.wait4(pid, 0)
    took = time.perf_counter() - begin
    if status != 0:
        sys.exit(f"{argv} ended with {os.waitstatus_to_exitcode(status)}")
    return took, usage.ru_maxrss


def row(bench):
    bench.peer_signs()
    folder = bench.folder / "containers"
    folder.mkdir(exist_ok=True)
    large, copy, container, password, key = (folder / n for n in ("large.bin", "copy.bin", "large.asice", "password", "key.p12"))
    with open(large, "wb") as f:
        f.truncate(SIZE)
    password.write_text("example")
    subprocess.run(["openssl", "pkcs12", "-export", "-inkey", bench.folder / "peer.key", "-in", bench.folder / "peer.pem", "-passout", f"file:{password}",
                    "-out", key], check=True, capture_output=True)
    key.chmod(0o600)
    environment = dict(bench.m.environment(), XDG_DATA_HOME=str(folder), XDG_CONFIG_HOME=str(folder))
    ours, theirs, resident = [], [], 0
    for _ in range(TURNS):
        took, kib = seconds_and_resident([bench.build / "client/sygnet", "sign", "-c", key, "--password-file", password, "--format", "asic-e", "-f", "-o", container, large],
                                         environment)
        ours.append(took)
        resident = max(resident, kib)
        theirs.append(sum(seconds_and_resident(c, environment)[0] for c in (["openssl", "dgst", "-sha256", large], ["cp", large, copy])))
        copy.unlink()
    shutil.rmtree(folder)
    # More than may be resident is no pass, however fast.
    ratio = statistics.median(o / t for o, t in zip(ours, theirs)) if resident <= RESIDENT_MAX else float("inf")
    return ratio, f"{statistics.median(ours):.2f} s against {statistics.median(theirs):.2f} s, {resident / 1024:.0f} MiB resident of {RESIDENT_MAX >> 10}"
