# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by inside.sh: a person has the machine and the own programs trust a test centre's CA (requirement C1). A TLS server of that CA is refused by real
# clients before, accepted after, and refused again when it is undone.

centre=/tmp/centre
port=8443
clients=(curl wget openssl gnutls chromium firefox)

# certified NAME ROOT: a server's certificate
certified() {
        openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj /CN=server -config /dev/null &&
                openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 90 -extfile server.ext -out "$1.pem"
}

make_centre() {
        rm -rf "$centre"
        mkdir -p "$centre"
        cd "$centre" || return
        printf '%s\n' basicConstraints=critical,CA:FALSE keyUsage=critical,digitalSignature extendedKeyUsage=serverAuth subjectAltName=DNS:centre.example >server.ext
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -keyout root.key -out root.pem -days 3650 -subj '/C=PL/O=Test centre/CN=Test centre root' \
                -config /dev/null -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign &&
                certified server root &&
                # Our own CA's root as it is, constraints and all, but with a key that is at hand here.
                openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out twin.key &&
                openssl x509 -in "$out/ca.pem" -signkey twin.key -days 300 -out twin.pem &&
                certified impostor twin || return
        grep -q centre.example /etc/hosts 2>/dev/null || echo '127.0.0.1 localhost centre.example' >>/etc/hosts
}

# An administrator with browsers.
make_person() {
        useradd --create-home --shell /bin/bash maria
        cat >/etc/polkit-1/rules.d/10-maria.rules <<'R'
polkit.addRule(function(action, subject) {
    if (action.id.indexOf("org.sygnet.trust.") == 0 && subject.user == "maria") return polkit.Result.YES;
});
R
}

# serve CERTIFICATE KEY
serve() {
        : >$centre/log
        python3 "$here/tls-server.py" "$1" "$2" $port $centre/log &
        server=$!
        until openssl s_client -connect 127.0.0.1:$port </dev/null >/dev/null 2>&1; do
                kill -0 "$server" || return 1
                sleep 0.1
        done
        await_note
}

# The server notes what it saw when the client may be gone already.
await_note() {
        local i
        for ((i = 0; i < 100; i++)); do
                [[ ! -s $centre/log ]] || return 0
                sleep 0.1
        done
        return 1
}

maria() { setpriv --reuid=maria --regid=maria --init-groups --reset-env "$@"; }

# visit CLIENT: has it open the page, until the server knows what it makes of it
visit() {
        local url=https://centre.example:$port/$1 client
        case $1 in
        curl) maria curl -s -o /dev/null "$url" ;;
        wget) maria wget -q -O /dev/null "$url" ;;
        openssl) printf 'GET /openssl HTTP/1.0\r\n\r\n' | maria openssl s_client -connect centre.example:$port -servername centre.example -verify_return_error -quiet ;;
        gnutls) printf 'GET /gnutls HTTP/1.0\r\n\r\n' | maria gnutls-cli -p $port centre.example ;;
        chromium) maria timeout 60 chromium --headless=new --no-sandbox --disable-gpu --no-first-run --dump-dom "$url" ;;
        firefox | late)
                # It never ends by itself where it shows an error.
                (exec setpriv --reuid=maria --regid=maria --init-groups --reset-env timeout 120 firefox-esr --headless --no-remote \
                        --profile "/home/maria/.mozilla/firefox/$1.default" --screenshot /home/maria/shot.png "$url") &
                client=$!
                while [[ ! -s $centre/log ]] && kill -0 $client; do sleep 0.2; done
                sleep 1
                kill $client
                wait $client
                ;;
        esac
} </dev/null >>"$report" 2>&1

accepts() { : >$centre/log; visit "$1"; await_note; cat $centre/log; grep -qx "accepted /$1" $centre/log; }
refuses() { : >$centre/log; visit "$1"; await_note; cat $centre/log; grep -q '^refused ' $centre/log && ! grep -q '^accepted ' $centre/log; }

# What text stores hold, byte for byte; what NSS databases hold: certificates and their trust.
photograph() {
        local database
        find /etc/ssl/certs /usr/local/share/ca-certificates /etc/firefox* /usr/lib/firefox-esr/distribution -type f -print0 2>/dev/null | sort -z | xargs -0 sha256sum
        find /etc/ssl/certs -type l -printf '%p %l\n' | sort
        find /home/maria -name cert9.db | sort | while read -r database; do
                echo "$database"
                certutil -L -d "sql:${database%/*}"
                python3 - "$database" <<'P'
import hashlib, sqlite3, sys
for der, in sorted(sqlite3.connect(sys.argv[1]).execute("SELECT a11 FROM nssPublic WHERE a0 = x'00000001'")):
    print(hashlib.sha256(der).hexdigest())
P
        done
}

has_no_certificates() {
        python3 - "$1/cert9.db" <<'P'
import sqlite3, sys
rows = sqlite3.connect(sys.argv[1]).execute("SELECT hex(a0), hex(a3) FROM nssPublic").fetchall()
assert not rows, rows
P
}

everywhere_trusted() {
        maria sygnet trust status "$centre/$1.pem" --json >$centre/status.json && python3 - $centre/status.json <<'P'
import json, sys
(told,) = json.load(open(sys.argv[1]))["certificates"]
for s in told["stores"]:
    print(s["store"], s["path"], s["trusted"], s["why"])
assert told["stores"] and all(s["trusted"] for s in told["stores"])
assert any(s["path"] and "firefox" in s["path"] for s in told["stores"]) and any(s["path"] and "nssdb" in s["path"] for s in told["stores"])
P
}

check_trust() {
        local client
        # Once is enough for the large ones.
        [[ $box == booted ]] || return 0
        check 'browsers and other TLS clients' apt-get -q -y --no-install-recommends install firefox-esr chromium wget curl gnutls-bin openssl libnss3-tools
        check 'a test centre' make_centre
        make_person
        maria mkdir -p /home/maria/.mozilla/firefox/{firefox,late}.default
        cd $centre || return
        serve server.pem server.key
        for client in "${clients[@]}"; do check "before setup $client refuses the centre's server" refuses "$client"; done
        photograph >$centre/before
        check 'sygnet setup' maria sygnet setup --from $centre/root.pem --yes
        check 'sygnet trust status: trusted everywhere' everywhere_trusted root
        for client in "${clients[@]}"; do check "after setup $client accepts it" accepts "$client"; done
        # A profile that comes after setup has the certificate from Firefox's policy, and keeps a copy.
        check 'so does Firefox with a new profile' accepts late
        check 'a second setup finds nothing to do' maria sygnet setup
        check 'sygnet setup --undo' maria sygnet setup --undo --yes
        for client in "${clients[@]}"; do check "after --undo $client refuses it" refuses "$client"; done
        check 'the new profile refuses it as well' refuses late
        check 'and has no copy of the certificate' has_no_certificates /home/maria/.mozilla/firefox/late.default
        rm -rf /home/maria/.mozilla/firefox/late.default
        photograph >$centre/after
        check 'text stores and databases are as before' diff $centre/before $centre/after
        kill "$server"
        wait "$server"

        check 'the own CA'\''s root is put in' maria sygnet setup --local-ca --yes
        check 'and taken out' maria sygnet setup --undo --yes
        check 'its twin is put in, for every purpose' maria sygnet setup --from $centre/twin.pem --yes
        serve impostor.pem impostor.key
        for client in "${clients[@]}"; do check "$client refuses a server of the own CA" refuses "$client"; done
        kill "$server"
        wait "$server"
        check 'the twin is taken out' maria sygnet setup --undo --yes
        rm -f /etc/polkit-1/rules.d/10-maria.rules
        userdel --remove maria >/dev/null 2>&1
        cd /
}
