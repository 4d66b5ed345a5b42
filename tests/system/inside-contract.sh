# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by inside.sh: programs that have nothing of ours log in and sign over the bus; user nobody looks around.

bus=org.sygnet.Sygnet1
object=/org/sygnet/Sygnet1

credential_id() { person sygnet list --json | python3 -c '
import json, sys
def walk(node):
    if isinstance(node, dict):
        if node.get("label") == sys.argv[1] and "id" in node: yield node["id"]
        node = list(node.values())
    if isinstance(node, list):
        for child in node: yield from walk(child)
print(next(walk(json.load(sys.stdin))))' "$1"; }

# verifies ATTRIBUTES SIGNATURE: with openssl, against the certificate's key
verifies() { openssl dgst -sha256 -verify /tmp/seal.pub -signature "$2" "$1"; }

sign_by_busctl() {
        local session signed attributes
        session=$(person busctl --system --json=short call $bus $object $bus.Session Login 'sva{sv}' "$login" s "$(cat "$out/password.txt")" 0 |
                python3 -c 'import json, sys; print(json.load(sys.stdin)["data"][0])') || return 1
        read -ra attributes < <(python3 "$here/attributes.py" /tmp/seal.der "$out/declaration.xml" busctl)
        signed=$(person busctl --system --json=short call $bus $object $bus.Operation SignOnce 'ssa(saya{sv})a{sv}a{sv}' "$session" "$seal" \
                1 cms-attributes "${attributes[@]}" 0 1 otp s "$code" 0) || return 1
        python3 -c 'import json, sys; open("/tmp/by-busctl.sig", "wb").write(bytes(json.loads(sys.argv[1])["data"][0][0]))' "$signed"
        python3 "$here/attributes.py" /tmp/seal.der "$out/declaration.xml" >/tmp/by-busctl.der
        verifies /tmp/by-busctl.der /tmp/by-busctl.sig
}

sign_by_gdbus() {
        local session signed
        session=$(person gdbus call --system --dest $bus --object-path $object --method $bus.Session.Login "$login" "<'$(cat "$out/password.txt")'>" \
                '@a{sv} {}' | sed -nE "s/^\('([^']+)'.*/\1/p")
        [[ -n $session ]] || return 1
        signed=$(person gdbus call --system --dest $bus --object-path $object --method $bus.Operation.SignOnce "$session" "$seal" \
                "[('cms-attributes', $(python3 "$here/attributes.py" /tmp/seal.der "$out/declaration.xml" gdbus), @a{sv} {})]" "{'otp': <'$code'>}" '@a{sv} {}') || return 1
        python3 -c 'import re, sys
open("/tmp/by-gdbus.sig", "wb").write(bytes(int(x, 16) for x in re.findall(r"0x([0-9a-f]{2})", sys.argv[1])))' "$signed"
        verifies /tmp/by-busctl.der /tmp/by-gdbus.sig
}

sign_by_python() {
        person python3 "$here/sign-by-dbus.py" "$login" "$out/password.txt" "$seal" "$code" "$out/declaration.xml" /tmp/by-python.sig /tmp/by-python.der &&
                verifies /tmp/by-python.der /tmp/by-python.sig
}

as_nobody() { setpriv --reuid=nobody --regid=nogroup --clear-groups --reset-env "$@"; }

nobody_sees_nothing() {
        local said
        said=$(
                as_nobody busctl --system introspect $bus $object
                as_nobody busctl --system tree $bus
                as_nobody busctl --system call $bus / org.freedesktop.DBus.ObjectManager GetManagedObjects
                as_nobody busctl --system call $bus $object org.freedesktop.DBus.ObjectManager GetManagedObjects
                for interface in Manager Account Session Token Credential Operation Audit; do
                        as_nobody busctl --system call $bus $object org.freedesktop.DBus.Properties GetAll s $bus.$interface
                done
                as_nobody sygnet list
                as_nobody sygnet status
                as_nobody sygnet list --all
                as_nobody sygnet account list
                as_nobody sygnet log --all
                as_nobody sygnet ca list
        ) 2>&1
        echo "$said"
        grep -q 'Version' <<<"$said" || return 1
        ! grep -qE "\b$login\b|@example|Example seal|Customs key|$seal|5250000000" <<<"$said"
}

# What a broadcast would reach: whatever user nobody receives without asking while others work.
nobody_hears_nothing() {
        as_nobody timeout 6 dbus-monitor --system "type='signal',sender='$bus'" >/tmp/heard 2>&1 &
        sleep 1
        log_in >/dev/null 2>&1
        person sygnet list >/dev/null 2>&1
        person sygnet logout >/dev/null 2>&1
        wait $!
        cat /tmp/heard
        ! grep -qE "^signal.*$object" /tmp/heard
}

check_contract() {
        seal=$(credential_id 'Example seal')
        person sygnet show "$seal" --pem 2>"$report" | openssl x509 -outform DER -out /tmp/seal.der 2>>"$report" || bad 'the seal shows its certificate'
        openssl x509 -inform DER -in /tmp/seal.der -noout -pubkey >/tmp/seal.pub
        install -d -m 1777 /tmp
        fresh_code
        check 'busctl logs in and signs' sign_by_busctl
        fresh_code
        check 'gdbus logs in and signs' sign_by_gdbus
        fresh_code
        check 'python3-dbus logs in and signs' sign_by_python
        check 'user nobody sees nothing personal' nobody_sees_nothing
        check 'user nobody hears nothing' nobody_hears_nothing
        check_fails 'user nobody cannot monitor the bus' as_nobody timeout 3 busctl --system monitor $bus
}
