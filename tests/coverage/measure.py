#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""measure.py BUILD PROFILES: how many lines of the parsers (parsers.txt beside it) were run by the tests of a build by clang with
-fprofile-instr-generate -fcoverage-mapping. PROFILES is the folder of their .profraw files.

Prints a line for each file, and the sum. Ends with 0 when at least LEAST of all lines were run. A file that is listed and not part of the build,
or not there any more, is an error: the list says what is tested. Nothing else fails by a single file, so that a few lines nobody can reach are no reason to write a test that shows nothing.
"""
import glob
import json
import os
import subprocess
import sys

LEAST = 85.0  # percent of the lines of all parsers
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
# clang's of Debian 12; elsewhere whatever is called so.
SUFFIXES = ("-14", "")


def tool(name):
    for suffix in SUFFIXES:
        for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
            path = os.path.join(folder, name + suffix)
            if os.access(path, os.X_OK):
                return path
    sys.exit(f"{name} is not installed")


def listed():
    with open(os.path.join(TOP, "tests/coverage/parsers.txt"), encoding="utf-8") as f:
        names = [line.strip() for line in f if line.strip() and not line.startswith("#")]
    gone = [name for name in names if not os.path.exists(os.path.join(TOP, name))]
    if gone or len(set(names)) != len(names):
        sys.exit(f"parsers.txt names what is not there, or twice: {' '.join(gone)}")
    return names


def programs(build):
    """All that are built: the tests, and the programs with what no test links, which then counts as not run."""
    with open(os.path.join(build, "meson-info/intro-targets.json"), encoding="utf-8") as f:
        files = [name for target in json.load(f) if target["type"] == "executable" for name in target["filename"]]
    return [name for name in files if os.path.exists(name)]


def measured(build, profiles):
    """{path below TOP: (lines run, lines)}. The compiler's paths are relative to the build folder, and may go by symbolic links."""
    raw = glob.glob(os.path.join(profiles, "*.profraw"))
    data = os.path.join(profiles, "all.profdata")
    subprocess.run([tool("llvm-profdata"), "merge", "-sparse", "-o", data, *raw], check=True)
    objects = programs(build)
    command = [tool("llvm-cov"), "export", "-summary-only", "-instr-profile", data, objects[0]]
    for name in objects[1:]:
        command += ["-object", name]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=build).stdout
    return {
        os.path.relpath(os.path.realpath(os.path.join(build, f["filename"])), TOP): (f["summary"]["lines"]["covered"], f["summary"]["lines"]["count"])
        for f in json.loads(out)["data"][0]["files"]
    }


def main():
    build, profiles = (os.path.realpath(name) for name in sys.argv[1:])
    names, found = listed(), measured(build, profiles)
    unknown = [name for name in names if name not in found]
    if unknown:
        sys.exit(f"no program has {' '.join(unknown)}")
    for name in names:
        run, lines = found[name]
        print(f"{100 * run / lines:6.1f} %  {run:5} of {lines:5}  {name}")
    run, lines = (sum(found[name][i] for name in names) for i in (0, 1))
    print(f"{100 * run / lines:6.1f} %  {run:5} of {lines:5}  all parsers; at least {LEAST:g} % are to be run")
    sys.exit(0 if 100 * run >= LEAST * lines else 1)


main()
