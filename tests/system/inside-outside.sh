# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by inside.sh: a seal whose certificate comes from an outside CA of three levels, made by openssl.

outside_ca() {
        rm -rf /tmp/outside
        mkdir -p /tmp/outside
        cd /tmp/outside || return
        cat >ext <<'X'
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, nonRepudiation
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
X
        openssl req -x509 -newkey rsa:3072 -nodes -keyout root.key -out root.pem -days 3650 -subj '/C=PL/O=Outside/CN=Outside root' -config /dev/null \
                -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign' &&
                certify policy root /C=PL/O=Outside/CN='Outside policy CA' &&
                certify issuing policy /C=PL/O=Outside/CN='Outside issuing CA'
}

# certify NAME ISSUER SUBJECT: an intermediate CA
certify() {
        openssl req -new -newkey rsa:3072 -nodes -keyout "$1.key" -out "$1.csr" -subj "$3" -config /dev/null &&
                openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 1825 -extfile ext -extensions ca -out "$1.pem"
}

outside_seal() {
        sygnet seal create 'Outside seal' --administrator "$login" --organization 'Example sp. z o.o.' --identifier VATPL-5250000000 --country PL --no-issue &&
                sygnet seal request 'Outside seal' --output seal.csr --force &&
                openssl req -in seal.csr -verify -noout &&
                openssl x509 -req -in seal.csr -CA issuing.pem -CAkey issuing.key -CAcreateserial -days 365 -extfile ext -extensions leaf -out seal.pem
}

import_wrong() {
        openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -out stranger.pem -subj /CN=stranger -config /dev/null 2>/dev/null
        sygnet seal import 'Outside seal' stranger.pem
}

sign_outside() {
        log_in &&
                person sygnet sign "$out/invoice.pdf" "$out/declaration.xml" -c 'Outside seal' -o /tmp/outside/made --otp-file /tmp/code
}

check_outside_ca() {
        cd /tmp || return
        check 'an outside CA of three levels' outside_ca
        cd /tmp/outside || return
        check 'a seal for which an outside CA issues' outside_seal
        check_fails 'a stranger'\''s certificate is refused' import_wrong
        check 'the CA'\''s answer is taken' sygnet seal import 'Outside seal' seal.pem issuing.pem policy.pem root.pem
        mkdir -p made
        chmod 0777 made
        fresh_code
        check 'the outside seal signs two files with one code' sign_outside
        nss_database /tmp/nss-outside root.pem >"$report" 2>&1
        check 'pdfsig finds the chain' says 'Certificate is Trusted' pdfsig -nssdir /tmp/nss-outside made/invoice-sealed.pdf
        check 'openssl finds the chain' cms_openssl "$out/declaration.xml" made/declaration.xml.p7s root.pem
        check 'sygnet finds the chain' person sygnet verify --anchors root.pem made/invoice-sealed.pdf
        check_status 'without the anchor it cannot be told' 6 person sygnet verify made/invoice-sealed.pdf
        cd /
}
