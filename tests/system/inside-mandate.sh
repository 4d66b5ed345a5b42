# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by inside.sh: a mandate and the folder that is sealed under it, as sygnet-seal(8) says; and sessions that end with the last login session of
# their user.

folder=/var/lib/sygnet-seal/invoices

give_mandate() {
        fresh_code
        log_in >/dev/null && person sygnet mandate create 'Example seal' --user sygnet-seal --documents "$1" --until "$(date -d '+30 days' +%F)" --label invoices \
                --otp-file /tmp/code --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])' >/tmp/mandate
        install -d -m 0755 /etc/sygnet/seal
        echo "MANDATE=$(cat /tmp/mandate)" >/etc/sygnet/seal/invoices.conf
}

# comes PATH: within half a minute
comes() {
        for _ in {1..150}; do if [[ -e $1 ]]; then return 0; fi; sleep 0.2; done
        ls -lR $folder
        journalctl -q -n 30 -o cat -u sygnet-seal@invoices
        return 1
}

journal_says() {
        for _ in {1..150}; do
                if journalctl -q -o cat -u sygnet-seal@invoices | grep -q -- "$1"; then return 0; fi
                sleep 0.2
        done
        journalctl -q -n 30 -o cat -u sygnet-seal@invoices
        return 1
}

start_folder() { systemctl start sygnet-seal@invoices.service && systemctl -q enable --now sygnet-seal@invoices.path; }
put() { as_member sh -c "umask 022; cp '$1' '$folder/in/$2'"; }
as_member() { setpriv --reuid=member --regid=member --init-groups --reset-env "$@"; }
seal_exposure_is_low() { systemd-analyze security --threshold=5 sygnet-seal@invoices.service; }
stays() { sleep 3 && [[ -e $folder/in/$1 && ! -e $folder/out/${1%.pdf}-sealed.pdf ]]; }

check_folder() {
        local name
        check 'the Administrator gives a mandate' give_mandate 2
        check 'the folder is made and watched' start_folder
        useradd -G sygnet-seal member
        cp "$out/invoice.pdf" /tmp/one.pdf
        chmod 0644 /tmp/one.pdf
        check 'a member of the group puts a PDF in' put /tmp/one.pdf one.pdf
        check 'the sealed PDF comes' comes $folder/out/one-sealed.pdf
        check 'pdfsig: Signature is Valid' says 'Signature is Valid' as_member pdfsig $folder/out/one-sealed.pdf
        check 'and it is no longer in the folder' test ! -e $folder/in/one.pdf
        check 'what is no PDF is put in' put /etc/os-release letter.pdf
        check 'it comes into failed, with the reason' comes $folder/failed/letter.pdf.txt
        check 'exposure of the sealing service' seal_exposure_is_low
        put /tmp/one.pdf two.pdf
        check 'the second of two is sealed' comes $folder/out/two-sealed.pdf
        put /tmp/one.pdf three.pdf
        check 'a mandate that is used up: the journal says it' journal_says 'used up'
        check 'and the file stays' stays three.pdf
        check 'the Administrator gives another' give_mandate 5
        # The minute is not waited for.
        systemctl restart --no-block sygnet-seal@invoices.service
        check 'what had stayed is sealed' comes $folder/out/three-sealed.pdf
        check 'it is revoked' person sygnet mandate revoke "$(cat /tmp/mandate)"
        put /tmp/one.pdf four.pdf
        check 'a revoked mandate: the journal says it' journal_says 'was revoked'
        check 'and the file stays, too' stays four.pdf
        check_fails 'root has no use of it' sygnet sign /tmp/one.pdf --mandate "$(cat /tmp/mandate)"
        systemctl -q disable --now sygnet-seal@invoices.path
        systemctl -q stop sygnet-seal@invoices.service
        userdel member
        rm -rf /var/lib/sygnet-seal /etc/sygnet/seal /tmp/one.pdf /tmp/mandate
}

# --- Sessions and login sessions ---------------------------------------------------------------------------------------

leaver_password=/tmp/leaver-password

# In a login session of logind, as ssh or a display manager opens one; and as a service, which has none.
at_login() { systemd-run -q --wait --pipe -p User=leaver -p PAMName=login -E XDG_SESSION_TYPE=tty -E XDG_SESSION_CLASS=user "$@"; }
as_leaver_service() { systemd-run -q --wait --pipe -p User=leaver "$@"; }

has_sessions() { [[ $(as_leaver_service sygnet status --json | grep -c '"login"') == "$1" ]]; }
comes_to_sessions() {
        for _ in {1..50}; do if has_sessions "$1"; then return 0; fi; sleep 0.2; done
        as_leaver_service sygnet status
        loginctl list-sessions
        return 1
}

prepare_leaver() {
        useradd -m leaver
        sygnet account bind "$login" leaver
        install -m 0400 -o leaver "$out/password.txt" $leaver_password
}

check_sessions() {
        check 'a user of an own' prepare_leaver
        check 'a session is opened within a login session' at_login sh -c "sygnet login $login --password-file $leaver_password && sleep 2 && sygnet status --json | grep '\"login\"'"
        check 'it ends with the login session' comes_to_sessions 0
        check 'a service opens one' as_leaver_service sygnet login "$login" --password-file $leaver_password
        check 'it outlives the service' comes_to_sessions 1
        sleep 3
        check 'and stays: nobody was logged in' has_sessions 1
        check 'while somebody is' at_login sh -c 'sleep 2 && sygnet status --json | grep "\"login\""'
        check 'the last login session takes it along' comes_to_sessions 0
        loginctl terminate-user leaver >/dev/null 2>&1 || true
        sygnet account unbind "$login" leaver >/dev/null
        userdel -r leaver >/dev/null 2>&1
        rm -f $leaver_password
}

check_mandate() {
        [[ $mode == booted ]] || return 0
        check_folder
        check_sessions
}
