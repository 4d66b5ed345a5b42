# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154
# Sourced by inside.sh: callers of the kinds that polkit and logind tell apart: a system service, an ssh login, a service of a user's own
# manager, and somebody who sits at the machine. All may use what is theirs; none gets an administrator's powers unasked. With polkit's agent at
# a terminal an administrator's password is asked for.

caller_port=2222 caller_password='Callers Own Word 1'

as_service() { systemd-run -q --wait --pipe -p User=caller "$@"; }
by_ssh() {
        ssh -q -p $caller_port -i /tmp/caller.key -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null caller@127.0.0.1 "$@"
}

# A container has a seat without consoles: whoever opens a session there is in front of it.
at_seat() { as_service -p PAMName=login -E XDG_SEAT=seat0 -E XDG_SESSION_TYPE=tty -E XDG_SESSION_CLASS=user "$@"; }

session_is_at_seat() {
        # shellcheck disable=SC2016  # for the shell in there
        at_seat sh -c 'loginctl show-session "$XDG_SESSION_ID" -p Active -p Seat -p Remote' >"$report.seat" || return 1
        cat "$report.seat"
        [[ $(sort "$report.seat") == $'Active=yes\nRemote=no\nSeat=seat0' ]]
}

# While it stands, polkit lets only those use the service whom it takes for active and local.
only_local() {
        cat >/etc/polkit-1/rules.d/00-local.rules <<'R'
polkit.addRule(function(action, subject) {
    if (action.id == "org.sygnet.use" && !(subject.local && subject.active))
        return polkit.Result.NO;
    return polkit.Result.NOT_HANDLED;
});
R
        for _ in {1..50}; do as_service sygnet list >/dev/null 2>&1 || return 0; sleep 0.2; done
        return 1
}

prepare_callers() {
        # The distribution's own sshd would listen on every address.
        systemctl -q mask ssh.service ssh.socket
        apt-get -q -y --no-install-recommends install openssh-server openssh-client >"$report" 2>&1 || return 1
        useradd -m -s /bin/bash -G sudo caller
        chpasswd <<<"caller:$caller_password"
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
        check 'an ssh login with an agent: the password of an administrator makes an operator' \
                by_ssh "python3 $here/with-agent.py '$caller_password' sygnet account list"
        check_status 'an ssh login with an agent: a wrong password does not' 3 by_ssh "python3 $here/with-agent.py 'Wrong Word 1' sygnet account list"

        check 'a session at the seat is active and local to logind' session_is_at_seat
        check 'it lists what it may use and is asked nothing' at_seat python3 "$here/with-agent.py" '' sygnet list
        check_status 'it is no operator' 3 at_seat sygnet account list
        check 'it is one once its agent got the password' at_seat python3 "$here/with-agent.py" "$caller_password" sygnet account list
        check_status 'and not by a wrong one' 3 at_seat python3 "$here/with-agent.py" 'Wrong Word 1' sygnet account list
        check 'a rule of polkit for active and local sessions shuts out a service' only_local
        check 'and lets the session at the seat in' at_seat sygnet list
        check_status 'and no ssh login' 3 by_ssh sygnet list
        rm -f /etc/polkit-1/rules.d/00-local.rules
        systemctl -q stop caller-sshd.service
        loginctl terminate-user caller >/dev/null 2>&1 || true
        apt-get -q -y purge openssh-server openssh-client >/dev/null 2>&1
        userdel -rf caller >/dev/null 2>&1
}
