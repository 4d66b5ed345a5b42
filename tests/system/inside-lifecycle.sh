# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by inside.sh: a second run repairs, uninstall undoes, keys survive until somebody says otherwise.

uninstall() { "$checkout/installer/uninstall" "$@" </dev/null; }

# Everything that an accident may take away without taking a key.
damage() {
        rm -f /usr/lib/systemd/system/sygnetd.service /usr/share/polkit-1/actions/org.sygnet* "$out/invoice-sealed.pdf" "$out/ca.pem"
        chown -R root /var/lib/sygnet
        rm -f /etc/sygnet/keys/sygnetd.*
}

nothing_left() {
        local left
        hash -r
        left=$(find /usr /etc -xdev \( -name '*sygnet*' -o -path '*/sygnet/*' \) ! -path '/etc/sygnet*' ! -path '/usr/local/share/*' 2>/dev/null)
        echo "$left"
        [[ -z $left ]] && ! command -v sygnet && ! bus_has_name
}
bus_has_name() { busctl --system --no-legend list 2>/dev/null | grep -q '^org\.sygnet'; }

check_lifecycle() {
        local before
        before=$(openssl x509 -in "$out/ca.pem" -noout -fingerprint)
        cp "$out/ca.pem" /tmp/ca-before.pem
        check 'a second quickstart' quickstart
        check 'it changed no certificate' cmp "$out/ca.pem" /tmp/ca-before.pem
        damage
        check 'quickstart after damage' quickstart
        check 'it is the same CA' cmp "$out/ca.pem" /tmp/ca-before.pem
        check 'it sealed again' says 'Signature is Valid' pdfsig "$out/invoice-sealed.pdf"
        check 'modes are right again' modes_are_right

        rm -rf "$out"
        check 'quickstart where all it wrote is gone' quickstart
        check 'it is still the same CA' cmp "$out/ca.pem" /tmp/ca-before.pem

        check 'uninstall, nobody at the keyboard' uninstall --keep-packages
        check 'nothing is left but the keys' nothing_left
        check 'the keys are kept' test -s /var/lib/sygnet/store.db -a -s /var/lib/sygnet-ca/store.db
        check_fails 'the CA is out of the system store' openssl verify /tmp/ca-before.pem
        check 'quickstart finds the kept keys' quickstart
        check "it is still the same CA (${before##*=})" cmp "$out/ca.pem" /tmp/ca-before.pem
        check 'uninstall --destroy-keys' uninstall --destroy-keys
        check 'the keys are gone' test ! -e /var/lib/sygnet -a ! -e /var/lib/sygnet-ca -a ! -e /etc/sygnet
        check_fails 'the users are gone' grep -E '^sygnet' /etc/passwd
        check_fails 'the compiler that quickstart brought is gone' command -v ninja
}
