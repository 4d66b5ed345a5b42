# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by inside.sh: what the local CA publishes, the life of a certificate, and backup and restore as sygnet-cad(8) tells them.

# The commands of a section of sygnet-cad(8): its block of that number.
ca_commands() {
        local file=/usr/share/man/man8/sygnet-cad.8
        { cat $file 2>/dev/null || zcat $file.gz; } | awk -v section="$1" -v number="$2" '/^\.SH / { here = index($0, section) > 0; n = 0 } /^\.fi/ { inside = 0 }
                inside && n == number { gsub(/\\-/, "-"); gsub(/\\e/, "\\"); print } here && /^\.nf/ { inside = 1; n++ }'
}

nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups --reset-env "$@"; }

# A certificate in /tmp/ca-leaf.pem.
ca_certificate() {
        openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /tmp/ca-leaf.key -out /tmp/ca-leaf.csr -utf8 \
                -subj '/C=PL/O=Example sp. z o.o./2.5.4.97=VATPL-5250000000/CN=Another seal' || return 1
        sygnet ca issue /tmp/ca-leaf.csr --profile seal -o /tmp/ca-leaf.pem --force
}

ca_list() { openssl crl -inform DER -in /var/lib/sygnet-pki/ca.crl -out /tmp/ca-list.pem -CAfile "$out/ca.pem"; }

ca_verifies() { ca_list && openssl verify -crl_check -CAfile "$out/ca.pem" -CRLfile /tmp/ca-list.pem /tmp/ca-leaf.pem; }

ca_number() { openssl crl -inform DER -in "$1" -noout -crlnumber | sed 's/crlNumber=//'; }

ca_backup() {
        ca_commands 'BACKUP AND RESTORE' 1 >/tmp/ca-backup.sh
        cat /tmp/ca-backup.sh
        grep -q backup /tmp/ca-backup.sh || return 1
        (cd "$ca_folder" && bash -e /tmp/ca-backup.sh)
}

ca_restore() {
        ca_commands 'BACKUP AND RESTORE' 2 >/tmp/ca-restore.sh
        cat /tmp/ca-restore.sh
        grep -q restore /tmp/ca-restore.sh || return 1
        (cd "$ca_folder" && bash -e /tmp/ca-restore.sh <"$out/recovery-key-sygnet-cad.txt")
}

ca_jumped() {
        local before after
        for _ in $(seq 50); do
                before=$((16#$(ca_number "$ca_folder/ca.crl.last" | sed 's/^0x//'))) after=$((16#$(ca_number /var/lib/sygnet-pki/ca.crl | sed 's/^0x//')))
                ((after > before + 1000000)) && return 0
                sleep 0.2
        done
        echo "$before $after"
        return 1
}

check_ca_restore() {
        ca_folder=$(mktemp -d)
        check 'the CA is backed up as sygnet-cad(8) says' ca_backup
        check 'then a certificate is revoked' sygnet ca revoke /tmp/ca-leaf.pem --reason keyCompromise --yes
        cp /var/lib/sygnet-pki/ca.crl "$ca_folder/ca.crl.last"
        check 'the CA is restored as sygnet-cad(8) says' ca_restore
        check 'it is the same CA' cmp <(sygnet ca show --pem) <(openssl x509 -in "$out/ca.pem")
        check 'the number of its list jumped' ca_jumped
        check 'what was revoked after the backup is good again' sygnet ca status /tmp/ca-leaf.pem
        check 'an operator revokes it again' sygnet ca revoke /tmp/ca-leaf.pem --reason keyCompromise --yes
        check_status 'and it is revoked' 5 sygnet ca status /tmp/ca-leaf.pem
        check 'modes are right' modes_are_right
        rm -rf /var/lib/sygnet-ca.old "$ca_folder"
}

check_ca() {
        check 'everybody can read the list of revocations' nobody openssl crl -inform DER -in /var/lib/sygnet-pki/ca.crl -noout
        check 'it is the local CA that signed it' ca_list
        if [[ $mode == booted ]]; then check 'the CA runs from boot on' systemctl is-enabled sygnet-cad.service; fi
        check 'a certificate is issued' ca_certificate
        check 'it is good' sygnet ca status /tmp/ca-leaf.pem
        check 'openssl says so too' ca_verifies
        check 'it is suspended' sygnet ca suspend /tmp/ca-leaf.pem
        check_status 'it is not good' 5 nobody sygnet ca status /tmp/ca-leaf.pem
        check_fails 'openssl says so too' ca_verifies
        check 'the suspension is ended' sygnet ca resume /tmp/ca-leaf.pem
        check 'openssl finds it good' ca_verifies
        if [[ $mode == booted ]]; then check_ca_restore; fi
}
