#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# sygnet-seal-folder: seals the PDF files in the folder `in` of $STATE_DIRECTORY under the mandate $MANDATE, into `out`. What cannot be sealed for its
# own sake goes into `failed`, with the reason beside it; when it is the mandate, the seal or the service that does not serve, files stay in `in`
# and the program ends with 1, to be started again later. Run by sygnet-seal@.service; see sygnet-seal(8).
#
# Files are taken into a folder of our own first, so that nobody changes names below us; of what is found there after a kill, the sealed
# document is delivered, or the document put back: nothing is sealed twice or lost.
set -euo pipefail
umask 0007
shopt -s nullglob

settle=2 # seconds that a file must not have changed for: it may still be being written

say() { printf '%s\n' "$*"; }

# The parts of a name: before its last dot, and from it on. A name that begins with its only dot has no ending.
split_name() {
        base=$1 ending=
        if [[ $1 == ?*.* ]]; then base=${1%.*} ending=.${1##*.}; fi
}

# The name in a folder under which nothing lies yet: NAME, or NAME with a number before its ending.
free_name() {
        local folder=$1 name=$2 base ending i=2
        split_name "$name"
        while [[ -e $folder/$name || -L $folder/$name || -e $folder/$name.txt ]]; do
                name=$base-$i$ending
                i=$((i + 1))
        done
        printf '%s' "$name"
}

deliver() { mv -T -- "$1" "$2/$(free_name "$2" "$3")"; }

give_up() {
        local name=$1 reason=$2 as
        as=$(free_name failed "$name")
        printf '%s\n' "$reason" >"failed/$as.txt"
        mv -T -- ".work/document/$name" "failed/$as"
        say "${name@Q} was not sealed: ${reason//$'\n'/ }"
}

# The name that a sealed document gets.
sealed_name() {
        local base ending
        split_name "$1"
        printf '%s' "$base-sealed$ending"
}

# After a kill.
recover() {
        local path name
        for path in .work/sealed/*; do
                name=${path##*/}
                deliver "$path" out "$(sealed_name "$name")"
                rm -f -- ".work/document/$name"
                say "${name@Q}: sealed before"
        done
        for path in .work/document/*; do deliver "$path" in "${path##*/}"; done
}

# Whether the mandate itself serves: then what failed is the document's.
serves() { sygnet mandate show "$MANDATE" --json 2>/dev/null | grep -q '"status": *"active"'; }

keep() {
        deliver ".work/document/$1" in "$1"
        say "${1@Q} stays in $PWD/in: ${2//$'\n'/ }" >&2
        exit 1
}

seal() {
        local name=$1 said status=0
        if ! mv -T -- "in/$name" ".work/document/$name"; then
                # Whoever put it there may have taken it away again; but a folder that is somebody else's cannot be moved.
                if [[ -e in/$name || -L in/$name ]]; then stuck[$name]=1; fi
                return
        fi
        if [[ ! -f .work/document/$name || -L .work/document/$name ]]; then give_up "$name" 'This is no regular file.'; return; fi
        if [[ ! -r .work/document/$name ]]; then give_up "$name" "User $(id -un) may not read this file."; return; fi
        said=$(sygnet sign --mandate "$MANDATE" --format pades --output ".work/sealed/$name" -- ".work/document/$name" 2>&1) || status=$?
        # 7: sealed, without the timestamp that the configuration asks for.
        if ((status == 0 || status == 7)); then
                deliver ".work/sealed/$name" out "$(sealed_name "$name")"
                rm -f -- ".work/document/$name"
                said=$(grep '^sygnet: ' <<<"$said") || true
                say "${name@Q}: sealed${said:+, but ${said//$'\n'/ }}"
        elif ((status == 3 || status == 4)) || ! serves; then
                keep "$name" "$said"
        else
                give_up "$name" "$said"
        fi
}

is_settled() {
        local changed
        changed=$(stat -c %Z -- "$1" 2>/dev/null) && (($(date +%s) - changed >= settle))
}

cd "${STATE_DIRECTORY:?is set by systemd}"
mkdir -p in out failed
install -d -m 0700 .work .work/document .work/sealed
recover
declare -A stuck=()
while :; do
        files=(in/*) waiting=0
        if ((${#files[@]} == 0)); then exit 0; fi
        if [[ -z ${MANDATE-} ]]; then
                say "There are documents in $PWD/in, but no mandate is set: write MANDATE=ID into the configuration, see sygnet-seal(8)." >&2
                exit 1
        fi
        if ((${#stuck[@]} > 0 && ${#files[@]} == ${#stuck[@]})); then
                say "What cannot be taken out of $PWD/in stays there: ${!stuck[*]}" >&2
                exit 1
        fi
        for file in "${files[@]}"; do
                name=${file##*/}
                if [[ -n ${stuck[$name]+x} ]]; then continue; fi
                if is_settled "$file"; then seal "$name"; else waiting=1; fi
        done
        if ((waiting)); then sleep 1; fi
done
