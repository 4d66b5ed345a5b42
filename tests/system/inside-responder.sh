# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154
# Sourced by inside.sh: the OCSP responder as it is installed, asked by openssl: what the CA says it repeats at once, and its unit holds it.

responder_pid() {
        local process
        for process in /proc/[0-9]*; do
                if [[ $(readlink "$process/exe") == /usr/libexec/sygnet/sygnet-ocspd ]]; then echo "${process#/proc/}"; fi
        done
}

# The certificate of the customs key, which the example left; DER or PEM, with its chain or without.
ask_responder() {
        openssl ocsp -issuer "$out/ca.pem" "$@" -cert "$out/customs-certificate.pem" -url http://127.0.0.1:8889 -CAfile "$out/ca.pem"
}
responder_says() {
        local word said
        said=$(ask_responder 2>&1) || true
        echo "$said"
        for word in 'Response verify OK' "$@"; do grep -q -- "$word" <<<"$said" || return 1; done
}
responder_by_get() {
        ask_responder -no_nonce -reqout /tmp/ocsp-request >/dev/null 2>&1 || true
        python3 - <<'P'
import base64, urllib.parse, urllib.request
path = urllib.parse.quote(base64.b64encode(open("/tmp/ocsp-request", "rb").read()).decode(), safe="")
with urllib.request.urlopen("http://127.0.0.1:8889/" + path, timeout=30) as r:
    open("/tmp/ocsp-response", "wb").write(r.read())
P
        openssl ocsp -respin /tmp/ocsp-response -issuer "$out/ca.pem" -CAfile "$out/ca.pem" 2>&1 | grep 'Response verify OK'
}

responder_modes_are_right() {
        [[ $(stat -c '%U %a' /var/lib/sygnet-ocsp /var/lib/sygnet-ocsp/responder.key | tr '\n' ' ') == 'sygnet-ocsp 700 sygnet-ocsp 600 ' ]]
}
responder_user_is_right() { [[ $(awk '/^Uid:/ { print $2 }' "/proc/$(responder_pid)/status") == "$(id -u sygnet-ocsp)" ]]; }
responder_exposure_is_low() { systemd-analyze security --threshold=5 sygnet-ocsp.service; }
# It serves the network all the same: by the socket that it was given.
responder_has_no_network() { [[ $(readlink "/proc/$(responder_pid)/ns/net") != "$(readlink /proc/self/ns/net)" ]]; }
responder_survives() { kill -9 "$(responder_pid)" && sleep 2 && responder_says 'good'; }

check_responder() {
        check 'the responder answers, and openssl verifies it' responder_says ': good'
        check 'also to GET' responder_by_get
        check 'its key is its own' responder_modes_are_right
        check 'it runs as its own user' responder_user_is_right
        check 'no core of it can be written' no_core_possible "$(responder_pid)"
        check 'a certificate is suspended' sygnet ca suspend "$out/customs-certificate.pem"
        check 'and the next answer says so' responder_says ': revoked' 'certificateHold'
        check 'it is resumed' sygnet ca resume "$out/customs-certificate.pem"
        check 'and the next answer says so, too' responder_says ': good'
        if [[ $mode == booted ]]; then
                check 'its socket is there at boot' systemctl is-enabled sygnet-ocsp.socket
                check 'exposure of the responder' responder_exposure_is_low
                check 'it has no network of its own' responder_has_no_network
                check 'after kill -9 it answers again' responder_survives
                check 'and says that it is ready' says Ready systemctl status sygnet-ocsp.service
        fi
}
