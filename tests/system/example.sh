#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# example.sh FOLDER: does quickstart's example in the folder on a machine where Sygnet was installed by other means.
# shellcheck disable=SC2034  # for those who are sourced
set -Eeuo pipefail
export LC_ALL=C.UTF-8 LANGUAGE=C
umask 022

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=installer/lib/common.sh
. "$top/installer/lib/common.sh"
# shellcheck source=installer/lib/services.sh
. "$top/installer/lib/services.sh"
# shellcheck source=installer/lib/example.sh
. "$top/installer/lib/example.sh"

organization='Example sp. z o.o.' identifier=VATPL-5250000000 country=PL
owner=root owner_uid=0 owner_gid=0 target=$1 log=/tmp/example.log
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap failed ERR
: >"$log"
if ! booted; then
        start_bus
        start_polkit
fi
run_example
