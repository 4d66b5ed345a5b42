#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# inside.sh booted|plain|plays|packages: runs as root in a bare Debian 12 with a checkout at /src: installs by quickstart, looks at the machine and the
# documents with tools that are not ours, breaks things, installs again, uninstalls. "plays" is booted too, and has people play the users' manuals
# instead; so is "packages", which installs by what is made for others to install. Each line "ok …" or "FAILED …" is a case; the sums go to /inside.sums. See tests/system/run.
set -uo pipefail
export DEBIAN_FRONTEND=noninteractive HOME=/root

# shellcheck disable=SC2034  # mode is for those who are sourced
case $1 in plain) box=plain mode=plain ;; *) box=$1 mode=booted ;; esac
here=/src/tests/system
passed=0 failed=0
report=/tmp/case.log

ok() { passed=$((passed + 1)); echo "ok      $box: $1"; }
bad() { failed=$((failed + 1)); echo "FAILED  $box: $1"; [[ ! -s $report ]] || tail -n "${2:-25}" "$report" | sed 's/^/        | /'; }

# A case: a name and a command that must end with 0.
check() {
        local name=$1
        shift
        if "$@" >"$report" 2>&1; then ok "$name"; else bad "$name"; fi
}
# A case whose command must end with exactly that status.
check_status() {
        local name=$1 wanted=$2 status=0
        shift 2
        "$@" >"$report" 2>&1 || status=$?
        if ((status == wanted)); then ok "$name"; else echo "status $status, not $wanted" >>"$report"; bad "$name"; fi
}
# A case whose command must not succeed.
check_fails() {
        local name=$1
        shift
        if "$@" >"$report" 2>&1; then bad "$name"; else ok "$name"; fi
}

for part in prepare documents secrets service ca ca-key courier responder contract callers mandate outside trust plays lifecycle packages; do
        # shellcheck source=/dev/null
        . "$here/inside-$part.sh"
done

check_installed() {
        check_documents
        check_rendering
        check_service
        check_ca
        check_ca_key
        check_courier
        check_responder
        check_secrets
        check_contract
        check_callers
        check_mandate
        check_outside_ca
        check_trust
        check_lifecycle
}

if [[ $box == packages ]]; then
        check_packages
else
        prepare
        install_first
        # shellcheck disable=SC2154  # set by prepare
        if [[ ! -s $out/invoice-sealed.pdf ]]; then
                bad 'the rest: nothing was sealed'
        elif [[ $box == plays ]]; then
                check_plays
        else
                check_installed
        fi
fi
echo "$passed $failed" >/inside.sums
