#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""count.py TESTLOG.json…: how many test cases passed and failed in runs of meson, as "passed failed" on one line.

Counts cases, not programs: cmocka's and unittest's own totals are read from their output. A program that says nothing is one case. A
program that failed counts at least one failure, whatever it printed; a skipped case or program is a failed one. What failed is
told on standard error.
"""
import json
import re
import sys


def cases(text):
    """(passed, failed) as the output claims, or None when it claims nothing."""
    passed = sum(int(n) for n in re.findall(r"^\[  PASSED  \] (\d+) test\(s\)", text, re.M))
    failed = sum(int(n) for n in re.findall(r"^\[  FAILED  \] +[^\n]*?(\d+) test\(s\)", text, re.M))
    failed += sum(int(n) for n in re.findall(r"^\[  SKIPPED \] +[^\n]*?(\d+) test\(s\)", text, re.M))
    found = bool(passed or failed)
    for total, summary in re.findall(r"^Ran (\d+) tests? in [^\n]*\n+([^\n]*)", text, re.M):
        bad = sum(int(n) for n in re.findall(r"(?:failures|errors|skipped|unexpected successes)=(\d+)", summary))
        passed += max(int(total) - bad, 0)
        failed += bad
        found = True
    return (passed, failed) if found else None


def main():
    all_passed = all_failed = 0
    for name in sys.argv[1:]:
        with open(name, encoding="utf-8") as log:
            for line in log:
                test = json.loads(line)
                output = test.get("stdout", "") + "\n" + test.get("stderr", "")
                good = test["result"] == "OK"
                passed, failed = cases(output) or (1, 0)
                if not good:
                    failed = max(failed, 1)
                    if cases(output) is None:
                        passed = 0
                    print(f"--- {test['name']}: {test['result']}\n" + "\n".join(output.splitlines()[-60:]), file=sys.stderr)
                elif failed:
                    print(f"--- {test['name']}: counts {failed} failed or skipped", file=sys.stderr)
                all_passed += passed
                all_failed += failed
    print(all_passed, all_failed)


main()
