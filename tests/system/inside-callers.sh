# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154
# Sourced by inside.sh: callers of the kinds that polkit and logind tell apart, without an agent: a system service, an ssh login, and a
# service of a user's own manager. All may use what is theirs; none gets an administrator's powers.

caller_port=2222

as_service() { systemd-run -q --wait --pipe -p User=caller "$@"; }
by_ssh() {
        ssh -q -p $caller_port -i /tmp/caller.key -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null caller@127.0.0.1 "$@"
}

prepare_callers() {
        # The distribution's own sshd would listen on every address.
        systemctl -q mask ssh.service ssh.socket
        apt-get -q -y --no-install-recommends install openssh-server openssh-client >"$report" 2>&1 || return 1
        useradd -m -s /bin/bash caller
        ssh-keygen -q -t ed25519 -N '' -f /tmp/caller.key
        install -d -m 0700 -o caller -g caller ~caller/.ssh
        install -m 0600 -o caller -g caller /tmp/caller.key.pub ~caller/.ssh/authorized_keys
        mkdir -p /run/sshd
        systemd-run -q --unit=caller-sshd /usr/sbin/sshd -D -p $caller_port -o ListenAddress=127.0.0.1 -o UsePAM=yes
        for _ in {1..50}; do by_ssh true && return 0; sleep 0.2; done
        return 1
}

check_callers() {
        [[ $mode == booted ]] || return 0
        check 'callers of each kind are prepared' prepare_callers
        check 'a system service lists what it may use' as_service sygnet list
        check_status 'a system service is no operator' 3 as_service sygnet account list
        check 'an ssh login is a session of logind' by_ssh printenv XDG_SESSION_ID
        check 'an ssh login lists what it may use' by_ssh sygnet list
        check_status 'an ssh login is no operator' 3 by_ssh sygnet account list
        check "a service of a user's manager lists what it may use" by_ssh systemd-run --user -q --wait --pipe sygnet list
        check_status "a service of a user's manager is no operator" 3 by_ssh systemd-run --user -q --wait --pipe sygnet account list
        systemctl -q stop caller-sshd.service
        loginctl terminate-user caller >/dev/null 2>&1 || true
        apt-get -q -y purge openssh-server openssh-client >/dev/null 2>&1
        userdel -rf caller >/dev/null 2>&1
}
