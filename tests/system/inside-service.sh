# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by inside.sh: the running service: its confinement, files, codes that are used once, and what a kill leaves.

service_pid() { busctl --system call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus GetConnectionUnixProcessID s "$1" | cut -d' ' -f2; }

modes_are_right() {
        local wrong
        wrong=$(find /var/lib/sygnet /var/lib/sygnet-ca -type d ! -perm 0700 -o -type f ! -perm 0600)
        [[ -z $wrong ]] || { find /var/lib/sygnet /var/lib/sygnet-ca -ls; return 1; }
        wrong=$(find /etc/sygnet/keys -type f ! -perm 0600)
        [[ -z $wrong ]]
}

exposure_is_low() { systemd-analyze security --threshold=5 sygnetd.service && systemd-analyze security --threshold=5 sygnet-cad.service; }

no_core_possible() {
        local pid=$1
        grep -E '^Max core file size +0 +0 ' "/proc/$pid/limits" || { grep core "/proc/$pid/limits"; return 1; }
        # The files of a process that may not be dumped belong to root, whatever user it runs as.
        [[ $(stat -c %U "/proc/$pid/environ") == root ]] || { ls -l "/proc/$pid/environ"; return 1; }
}

no_memory_in_core() {
        apt-get -q -y --no-install-recommends install gdb || return 1
        python3 "$here/no-core.py" "$login" "$out/password.txt" "$(id -u "$login")"
}

no_network() {
        # Its own network namespace holds the loopback alone, or it has none of ours.
        [[ $(readlink "/proc/$1/ns/net") != "$(readlink /proc/self/ns/net)" ]]
}

# The code that was just used is refused: in a new session, by another process, after a kill.
check_codes() {
        local name=/tmp/once.pdf
        fresh_code
        log_in >"$report" 2>&1 || bad 'log in'
        rm -f /tmp/once*.pdf
        check 'a fresh code seals' person sygnet sign "$out/invoice.pdf" -c 'Example seal' -o "$name" --otp-file /tmp/code
        check_fails 'the same code again does not' person sygnet sign "$out/invoice.pdf" -c 'Example seal' -o /tmp/twice.pdf --otp-file /tmp/code
        kill -9 "$(service_pid org.sygnet.Sygnet1)"
        sleep 2
        check 'after kill -9 one can log in again' log_in
        check_fails 'a used code stays used after kill -9' person sygnet sign "$out/invoice.pdf" -c 'Example seal' -o /tmp/twice.pdf --otp-file /tmp/code
        check 'and nothing was written' test ! -e /tmp/twice.pdf
        check 'what was sealed before the kill verifies' person sygnet verify "$name"
}

# The commands that sygnetd(8) gives for accepting an older copy: for systemd, or without.
rollback_commands() {
        local file=/usr/share/man/man8/sygnetd.8 number=1
        [[ $mode == booted ]] || number=2
        { cat $file 2>/dev/null || zcat $file.gz; } | awk -v number=$number '/^\.SH OLDER COPIES/ { here = 1 } /^\.fi/ { inside = 0 }
                inside && n == number { gsub(/\\-/, "-"); gsub(/\\e/, "\\"); print } here && /^\.nf/ { inside = 1; n++ }'
}

stop_sygnetd() {
        local pid
        if [[ $mode == booted ]]; then
                systemctl stop sygnetd.service
        else
                pid=$(service_pid org.sygnet.Sygnet1)
                kill "$pid"
                while [[ -e /proc/$pid/exe ]]; do sleep 0.1; done
        fi
}

# What a restored snapshot looks like: the file beside the database is ahead of it.
make_older_copy() {
        local file=/var/lib/sygnet/generation
        stop_sygnetd || return 1
        echo $(($(cat $file) + 1)) >/tmp/generation
        cat /tmp/generation >$file
        if [[ $mode == booted ]]; then systemctl start sygnetd.service; fi
}

accept_rollback() {
        rollback_commands >/tmp/accept.sh
        cat /tmp/accept.sh
        grep -q -e --accept-rollback /tmp/accept.sh || return 1
        if [[ $mode == plain ]]; then stop_sygnetd; fi
        bash -e /tmp/accept.sh
}

check_rollback() {
        check 'the store becomes an older copy' make_older_copy
        fresh_code
        check_status 'one-time codes are refused then' 3 log_in --remember --otp-file /tmp/code
        check 'and accepted after what sygnetd(8) says' accept_rollback
        fresh_code
        check 'codes serve again' log_in --remember --otp-file /tmp/code
        check 'the acceptance is in the log' grep_log rollback-accept
        person sygnet logout >/dev/null 2>&1
}
grep_log() { sygnet log --all --limit 20 | grep "$1"; }

check_service() {
        local pid
        pid=$(service_pid org.sygnet.Sygnet1)
        check 'state 0700, files 0600' modes_are_right
        check 'sygnetd runs as its own user' test "$(stat -c %u "/proc/$pid")" = "$(id -u sygnet)" -o "$(awk '/^Uid:/ { print $2 }' "/proc/$pid/status")" = "$(id -u sygnet)"
        check 'no core can be written' no_core_possible "$pid"
        check 'a core made all the same holds no memory' no_memory_in_core
        if [[ $mode == booted ]]; then
                check 'exposure' exposure_is_low
                check 'sygnetd has no network' no_network "$pid"
                check 'sygnetd.service is active' systemctl is-active sygnetd.service
                check 'sygnetd.service starts at boot' systemctl is-enabled sygnetd.service
        fi
        check_codes
        if [[ $mode == booted ]]; then
                systemctl restart sygnetd.service
                check 'after a restart one can log in again' log_in
        fi
        check_rollback
        check 'bad password: one answer, and a status of its own' test "$(answer_of root-nobody)" = "$(answer_of "$login")"
}

# What the client says for a wrong password of this account.
answer_of() {
        local said status=0
        said=$(printf 'wrong password 1A!\n' | person sygnet login "$1" --password-file - 2>&1) || status=$?
        echo "$status ${said//$1/LOGIN}"
}
