#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# exposure.sh UNIT-FILE…: how much a service that was taken over could reach, as systemd-analyze counts it. The daemons that hold
# keys stay at or below 0.5; the one that must be root and the one that must have a network have bounds of their own.
set -euo pipefail

failed=0
for unit in "$@"; do
        case ${unit##*/} in
                sygnet-trustd.service) bound=20 ;;
                sygnet-courier.service) bound=11 ;;
                *) bound=5 ;;
        esac
        if systemd-analyze security --offline=true --threshold="$bound" "$unit" >/dev/null 2>&1; then
                echo "ok ${unit##*/} (bound $bound tenths)"
        else
                systemd-analyze security --offline=true "$unit" || true
                echo "FAILED ${unit##*/}: more than $bound tenths"
                failed=1
        fi
done
exit "$failed"
