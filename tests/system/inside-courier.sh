# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by inside.sh: the courier as it is installed: who reaches it, its password as a credential, a gateway through the unit's confinement, and the sendmail
# of a mail server.

# As sygnetd would: hand_over USER CHANNEL RECIPIENT
hand_over() {
        local uid
        uid=$(id -u "$1")
        setpriv --reuid="$uid" --regid="$uid" --clear-groups --reset-env python3 "$here/hand-over.py" "$2" "$3"
}

courier_conf() { cat >/etc/sygnet/courier.conf; }

# A gateway with a certificate of its own CA, which writes down what it is sent.
start_gateway() {
        mkdir -p /tmp/gateway
        (cd /tmp/gateway && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -subj /CN=localhost -days 2 \
                -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:TRUE)
        install -m 0644 /tmp/gateway/cert.pem /etc/sygnet/gateway-ca.pem
        python3 "$here/gateway.py" /tmp/gateway 8443 &
        gateway=$!
        for _ in $(seq 50); do [[ -e /tmp/gateway/ready ]] && return; sleep 0.1; done
        return 1
}

configure_gateway() {
        courier_conf <<'C'
[SMS]
Method=http
URL=https://localhost:8443/send
CAFile=/etc/sygnet/gateway-ca.pem
Header=X-Key: ${password}
Body=to=${number}&text=${text}
C
}

# The password as courier's manual says.
give_password() {
        if [[ $mode == booted ]]; then
                printf 'gateway word\n' | systemd-creds encrypt --name=sms-password - /etc/sygnet/keys/sms-password.cred
                systemctl try-restart sygnet-courier
        else
                printf 'gateway word\n' | install -m 0600 -o sygnet-courier /dev/stdin /etc/sygnet/keys/sms-password
        fi
}

courier_exposure_is_low() { systemd-analyze security --threshold=11 sygnet-courier.service; }
courier_user_is_right() { [[ $(awk '/^Uid:/ { print $2 }' "/proc/$(service_pid org.sygnet.Courier1)/status") == "$(id -u sygnet-courier)" ]]; }
gateway_got() { grep -F "$1" /tmp/gateway/requests; }

check_sendmail() {
        check 'a mail server of Debian' apt-get -q -y --no-install-recommends install exim4-daemon-light
        courier_conf <<'C'
[Mail]
Sendmail=/usr/sbin/sendmail
From=Sygnet <seal@localhost>
C
        if [[ $mode == booted ]]; then
                check_fails 'sendmail gains no rights in the unit' hand_over sygnet mail root@localhost
                install -D -m 0644 /usr/share/sygnet/sygnet-courier-sendmail.conf /etc/systemd/system/sygnet-courier.service.d/sendmail.conf
                systemctl daemon-reload
                systemctl stop sygnet-courier
        fi
        check 'mail by sendmail' hand_over sygnet mail root@localhost
        check 'it is in the mail server'"'"'s hands' grep -rqF 'Message-ID: <system-1@localhost>' /var/spool/exim4 /var/mail /var/log/exim4
        rm -rf /etc/systemd/system/sygnet-courier.service.d
        if [[ $mode == booted ]]; then systemctl daemon-reload; systemctl stop sygnet-courier; fi
}

check_courier() {
        rm -f /etc/sygnet/courier.conf
        check 'nothing is configured, and it says so' says DeliveryNotConfigured hand_over sygnet mail anna@example.com
        check 'the courier runs as its own user' courier_user_is_right
        check_fails 'root is not heard' hand_over root mail anna@example.com
        check_fails "the person is not heard" hand_over "$(if [[ $mode == booted ]]; then echo nobody; else echo anna; fi)" mail anna@example.com
        check 'a gateway' start_gateway
        configure_gateway
        check_fails 'without the password nothing goes out' hand_over sygnet sms +48100200300
        check 'the password is given' give_password
        check 'SMS by the gateway' hand_over sygnet sms +48100200300
        check 'the gateway got number and password' gateway_got 'gateway word to=%2B48100200300&text=Sygnet'
        check '--test tells the steps' says 'Handed over' courier_test
        kill "$gateway"
        if [[ $mode == booted ]]; then check 'exposure of the courier' courier_exposure_is_low; fi
        check_sendmail
        rm -f /etc/sygnet/courier.conf /etc/sygnet/gateway-ca.pem /etc/sygnet/keys/sms-password*
}

courier_test() {
        local program=/usr/libexec/sygnet/sygnet-courier
        if [[ $mode == booted ]]; then
                systemd-run -q --wait --pipe --uid=sygnet-courier -p LoadCredentialEncrypted=sms-password:/etc/sygnet/keys/sms-password.cred "$program" --test sms +48100200300
        else
                "$program" --test sms +48100200300
        fi
}
