# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# Shared by quickstart and uninstall: where things are, how progress is told, how a failure is reported. Sourced; changes nothing.

record=/var/lib/sygnet-installer # what was installed, for uninstall
keys=/etc/sygnet/keys            # host keys: .cred (encrypted by systemd) or .key (0600)
services=(sygnetd sygnet-cad)    # those with a store
log=/var/log/sygnet-quickstart.log
build=/var/cache/sygnet/build
changes=()
current='starting'

user_of() { case $1 in sygnetd) echo sygnet ;; sygnet-cad) echo sygnet-ca ;; esac }
state_of() { case $1 in sygnetd) echo /var/lib/sygnet ;; sygnet-cad) echo /var/lib/sygnet-ca ;; esac }

# What is installed says by itself which users, units and bus names there are.
service_users() { awk '$1 == "u" { print $2, $NF }' /usr/lib/sysusers.d/sygnet.conf; }
bus_names() { find /usr/share/dbus-1/system-services -name 'org.sygnet.*.service' -printf '%f\n' 2>/dev/null | sed 's/\.service$//' | sort; }
# units [--enabled]: without templates; --enabled: those that start by themselves
units() {
        local file
        for file in /usr/lib/systemd/system/sygnet*; do
                if [[ $file == *@* || ! -e $file ]]; then continue; fi
                if [[ ${1-} != --enabled ]] || grep -q '^\[Install\]' "$file"; then echo "${file##*/}"; fi
        done
}

if [[ -t 1 ]]; then bold=$'\e[1m' plain=$'\e[0m'; else bold='' plain=''; fi

step() {
        current=$1
        printf '%s==> %s%s\n' "$bold" "$1" "$plain"
}
say() { printf '    %s\n' "$*"; }
warn() { printf '    note: %s\n' "$*" >&2; }
changed() { changes+=("$1|$2"); }

# report UNDO: what was changed, and the command that undoes it
report() {
        local change
        printf '\n%sWhat this run changed on the machine%s\n' "$bold" "$plain"
        for change in "${changes[@]}"; do
                printf '  %-12s %s\n' "${change%%|*}" "${change#*|}"
        done
        printf '  %-12s %s\n' 'undo' "$1"
}

die() {
        trap - ERR
        printf 'error: %s\n' "$1" >&2
        shift
        for line in "$@"; do printf '       %s\n' "$line" >&2; done
        exit 1
}

# Runs a long command whose output matters only when it fails.
logged() {
        printf '\n$ %s\n' "$*" >>"$log"
        "$@" >>"$log" 2>&1
}

failed() {
        local status=$?
        trap - ERR
        # A subshell that fails is told about by the shell that waits for it.
        ((BASH_SUBSHELL == 0)) || exit "$status"
        {
                printf '\nerror: stopped at: %s (status %d)\n' "$current" "$status"
                if [[ -s $log ]]; then
                        printf '       the last lines of %s:\n' "$log"
                        tail -n 15 "$log" | sed 's/^/       | /'
                fi
                printf '       Nothing was destroyed. Run the same command again when the cause is gone: it goes on from here.\n'
        } >&2
        exit 1
}

need_root() {
        [[ $EUID -eq 0 ]] || die "$1 changes the machine and must run as root." "Run: sudo $1"
}

# Did dpkg install what is here?
package_owns_us() { command -v dpkg-query >/dev/null && dpkg-query -S /usr/bin/sygnet >/dev/null 2>&1; }

# Is systemd the init of this machine (as opposed to: merely installed)?
booted() { [[ -d /run/systemd/system ]]; }

# Calls a method of the message bus itself: bus_call METHOD [type:value …]
bus_call() {
        dbus-send --system --print-reply=literal --dest=org.freedesktop.DBus /org/freedesktop/DBus "org.freedesktop.DBus.$1" "${@:2}" 2>/dev/null
}
bus_answers() { command -v dbus-send >/dev/null && bus_call GetId >/dev/null; }
bus_has() { [[ $(bus_call NameHasOwner "string:$1") == *true* ]]; }

# Ends the process that owns a bus name, by its number, and waits until it has gone: it gives up its name before its store.
bus_end() {
        local pid
        bus_has "$1" || return 0
        pid=$(bus_call GetConnectionUnixProcessID "string:$1" | grep -oE '[0-9]+$') || return 0
        kill "$pid" 2>/dev/null || return 0
        for _ in $(seq 100); do
                [[ -e /proc/$pid/exe ]] || return 0
                sleep 0.1
        done
        warn "$1 (process $pid) does not end"
}

# The OCSP responder has no name on the bus: where systemd does not run it is found by its program, also one that was replaced since.
responder=/usr/libexec/sygnet/sygnet-ocspd
responder_pids() {
        local process
        for process in /proc/[0-9]*; do
                if [[ $(readlink "$process/exe") == "$responder"* ]]; then printf '%s\n' "${process#/proc/}"; fi
        done
}
responder_end() {
        local pid
        for pid in $(responder_pids); do kill "$pid" 2>/dev/null || true; done
        for _ in $(seq 100); do
                [[ -n $(responder_pids) ]] || return 0
                sleep 0.1
        done
        warn 'sygnet-ocspd does not end'
}
