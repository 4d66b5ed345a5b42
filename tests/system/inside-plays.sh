# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by inside.sh: the users' manuals, played from the first page to the last by people of their own, each step a case. The plays run at the same time,
# as people do: most of theirs is waiting for the next one-time code.

post=/run/post
plays=(000 003 001)
people=(anna jan maria piotr)
prepare_people() {
        local user
        apt-get -q -y --no-install-recommends install exim4-daemon-light || return 1
        for user in "${people[@]}"; do useradd -m -s /bin/bash "$user" || return 1; done
}

# What stands in for ModemManager has its policies, for the bus and for polkit.
open_post_office() {
        install -m 0644 "$here/../bus/org.freedesktop.ModemManager1.conf" /etc/dbus-1/system.d/
        install -m 0644 "$here/../bus/org.freedesktop.ModemManager1.policy" /usr/share/polkit-1/actions/
        busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus ReloadConfig || return 1
        python3 "$here/post-office.py" $post >/tmp/post-office.log 2>&1 &
        post_office=$!
        for _ in {1..300}; do [[ -e $post/ready ]] && return; kill -0 "$post_office" || break; sleep 0.1; done
        cat /tmp/post-office.log
        return 1
}

# As the manuals of courier.conf, sygnet-courier and sygnetd.conf say. A code may be asked for again sooner than is usual.
configure_courier() {
        install -m 0644 $post/courier.conf /etc/sygnet/courier.conf
        install -m 0644 $post/ca.pem /etc/sygnet/mail-ca.pem
        systemd-creds encrypt --name=smtp-password $post/password /etc/sygnet/keys/smtp-password.cred || return 1
        systemctl try-restart sygnet-courier
        cat >/etc/sygnet/sygnetd.conf <<'C'
[Codes]
Pause=10s

[Display]
SupportContact=Help desk, help@example.com
Software=https://example.com/software
Issuer=Example sp. z o.o.
C
        systemctl restart sygnetd
}

close_post_office() {
        local user
        kill "$post_office" && wait "$post_office"
        rm -rf $post
        for user in "${people[@]}"; do userdel -rf "$user" >/dev/null 2>&1; done
        rm -f /etc/dbus-1/system.d/org.freedesktop.ModemManager1.conf /usr/share/polkit-1/actions/org.freedesktop.ModemManager1.policy
        rm -f /etc/sygnet/courier.conf /etc/sygnet/sygnetd.conf /etc/sygnet/mail-ca.pem /etc/sygnet/keys/smtp-password.cred
        systemctl restart sygnetd
}

# Each play prints its cases as this script does.
play_all() {
        local play
        for play in "${plays[@]}"; do python3 "$here/play-$play.py" "$out" >"/tmp/play-$play.log" 2>&1 & pids[$play]=$!; done
        for play in "${plays[@]}"; do wait "${pids[$play]}" || true; done
        for play in "${plays[@]}"; do
                cat "/tmp/play-$play.log"
                passed=$((passed + $(grep -c '^ok ' "/tmp/play-$play.log")))
                failed=$((failed + $(grep -c '^FAILED ' "/tmp/play-$play.log")))
                check "play-$play comes to its end" grep -q '^The end' "/tmp/play-$play.log"
        done
}

check_plays() {
        local -A pids
        check 'people of the plays' prepare_people
        check 'a mail server and a modem' open_post_office
        check 'the courier is configured' configure_courier
        play_all
        check 'the courier was confined all the time' courier_exposure_is_low
        close_post_office
}
