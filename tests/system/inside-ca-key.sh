# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by inside.sh: a CA whose key is in a token (SoftHSM2), as sygnet-ca-keyd(8) tells it, in its real unit. The CA of the other cases steps aside meanwhile.

key_home=/var/lib/sygnet-ca-key
key_user() { setpriv --reuid=sygnet-ca-key --regid=sygnet-ca-key --clear-groups --reset-env "$@"; }
key_call() { busctl --system call org.sygnet.CAKey1 /org/sygnet/CAKey1 org.sygnet.CAKey1 "$@"; }
key_call_as_ca() { setpriv --reuid=sygnet-ca --regid=sygnet-ca --clear-groups busctl --system call org.sygnet.CAKey1 /org/sygnet/CAKey1 org.sygnet.CAKey1 "$@"; }
key_pid() { systemctl show -P MainPID sygnet-ca-key; }

key_aside() {
        systemctl stop sygnet-cad && mv /var/lib/sygnet-ca /var/lib/sygnet-ca.aside && mv /etc/sygnet/keys/sygnet-cad.cred /etc/sygnet/keys/sygnet-cad.aside &&
                cp -a /var/lib/sygnet-pki /var/lib/sygnet-pki.aside && rm -f /var/lib/sygnet-pki/* || return 1
        install -d -m 0700 -o sygnet-ca -g sygnet-ca /var/lib/sygnet-ca
        sygnet-store init --service sygnet-cad --host-key /run/cad.key >/tmp/key-recovery && systemd-creds --name=host-key encrypt /run/cad.key /etc/sygnet/keys/sygnet-cad.cred &&
                rm /run/cad.key && chmod 0600 /etc/sygnet/keys/sygnet-cad.cred && chown -R sygnet-ca:sygnet-ca /var/lib/sygnet-ca && systemctl start sygnet-cad
}

key_back() {
        systemctl stop sygnet-cad sygnet-ca-key && rm -rf /var/lib/sygnet-ca /var/lib/sygnet-pki && mv /var/lib/sygnet-ca.aside /var/lib/sygnet-ca &&
                mv /etc/sygnet/keys/sygnet-cad.aside /etc/sygnet/keys/sygnet-cad.cred && mv /var/lib/sygnet-pki.aside /var/lib/sygnet-pki && systemctl start sygnet-cad &&
                cmp <(sygnet ca show --pem) <(openssl x509 -in "$out/ca.pem")
}

key_token() {
        apt-get -q -y --no-install-recommends install softhsm2 || return 1
        key_user mkdir -p $key_home/.config/softhsm2 $key_home/tokens &&
                printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\n' $key_home | key_user tee $key_home/.config/softhsm2/softhsm2.conf &&
                key_user env HOME=$key_home softhsm2-util --init-token --free --label 'Example CA' --pin 87654321 --so-pin 12345678
}

key_pin() {
        printf '%s' "$1" | systemd-creds --name=pin encrypt - /etc/sygnet/keys/sygnet-ca-key-pin.cred && systemctl stop sygnet-ca-key
}

key_init() { sygnet ca init --key-host --organization 'Example sp. z o.o.' --name 'Example token CA' --country PL; }
key_init_says() { local said; said=$(key_init 2>&1) && return 1; echo "$said"; grep -q -- "$1" <<<"$said"; }

key_issues() {
        openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /tmp/token-leaf.key -out /tmp/token-leaf.csr -utf8 \
                -subj '/C=PL/O=Example sp. z o.o./2.5.4.97=VATPL-5250000000/CN=Token seal' || return 1
        sygnet ca show -o /tmp/token-ca.pem --force && sygnet ca issue /tmp/token-leaf.csr --profile seal -o /tmp/token-leaf.pem --force &&
                openssl verify -x509_strict -CAfile /tmp/token-ca.pem /tmp/token-leaf.pem
}
key_revokes() {
        sygnet ca revoke /tmp/token-leaf.pem --reason superseded --yes && openssl crl -inform DER -in /var/lib/sygnet-pki/ca.crl -CAfile /tmp/token-ca.pem -out /tmp/token-crl.pem || return 1
        ! openssl verify -crl_check -CAfile /tmp/token-ca.pem -CRLfile /tmp/token-crl.pem /tmp/token-leaf.pem >/tmp/token-said 2>&1 && grep 'certificate revoked' /tmp/token-said
}
key_confined() {
        [[ $(awk '/^Uid:/ { print $2 }' "/proc/$(key_pid)/status") == "$(id -u sygnet-ca-key)" ]] && [[ $(readlink "/proc/$(key_pid)/ns/net") != "$(readlink /proc/self/ns/net)" ]] &&
                grep -q libsofthsm2 "/proc/$(key_pid)/maps" && ! grep -q -e softhsm -e p11-kit-proxy "/proc/$(systemctl show -P MainPID sygnet-cad)/maps"
}
key_exposure_is_low() { systemd-analyze security --threshold=5 sygnet-ca-key.service; }
key_is_not_running() { [[ $(systemctl is-active sygnet-ca-key) == inactive ]]; }
key_is_refused() { local said; said=$(key_call "$@" 2>&1) && return 1; echo "$said"; grep -q -e 'Access denied' -e 'not allowed' <<<"$said"; }

check_ca_key() {
        [[ $mode == booted ]] || return 0
        check 'nobody who does not ask for it has the key service running' key_is_not_running
        check 'another CA takes the place of the first' key_aside
        check 'without a configuration it says what is missing' key_init_says 'sygnet-ca-key.conf'
        check 'a token' key_token
        printf '[Key]\nUri=pkcs11:token=Example%%20CA;object=ca\nModule=/usr/lib/softhsm/libsofthsm2.so\n' >/etc/sygnet/sygnet-ca-key.conf
        check 'without a PIN it says so' key_init_says 'There is no PIN'
        check 'a wrong PIN' key_pin 11111111
        check 'is told' key_init_says 'did not accept the PIN'
        check 'the right one' key_pin 87654321
        check 'a root whose key is in the token' key_init
        check 'a certificate of it, which openssl verifies' key_issues
        check 'a list of it, which openssl verifies' key_revokes
        check 'the module is in the one process only, which has its own user and no network' key_confined
        check 'exposure of the key service' key_exposure_is_low
        check 'no core of it can be written' no_core_possible "$(key_pid)"
        check 'root may not call it' key_is_refused GetPublicKey
        check 'sygnet-cad may' key_call_as_ca GetPublicKey
        check_fails 'nobody has other things signed' key_call_as_ca Sign ay 4 48 2 5 0
        check 'after kill -9 it is started again' kill -9 "$(key_pid)"
        check 'and signs' key_issues
        check 'the first CA is back' key_back
        rm -rf /etc/sygnet/sygnet-ca-key.conf /etc/sygnet/keys/sygnet-ca-key-pin.cred
}
