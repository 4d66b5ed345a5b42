# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# The main job, as a company would do it: an account with a one-time-code token, the company's own CA, a seal and a customs key; an invoice
# sealed, a declaration signed, both verified by us and by programs that are not ours. Everything goes into $target, through the client
# like anybody's work; what is there already and good is kept.

seal_label='Example seal'
key_label='Customs key'

# Runs a command as the person for whom this is done, in $target.
person() {
        if ((owner_uid == 0)); then
                (cd "$target" && "$@")
        else
                (cd "$target" && setpriv --reuid="$owner_uid" --regid="$owner_gid" --init-groups --reset-env env LC_ALL=C.UTF-8 "$@")
        fi
}

# An empty file in $target that only its owner reads, whoever writes it.
private_file() { install -m 0600 -o "$owner_uid" -g "$owner_gid" /dev/null "$target/$1"; }

# picked KEY WHERE VALUE…: from JSON on standard input the value of KEY in the first object whose members are as given.
picked() {
        python3 -c '
import json, sys
key, wanted = sys.argv[1], dict(zip(sys.argv[2::2], sys.argv[3::2]))
def walk(node):
    if isinstance(node, dict):
        if key in node and all(str(node.get(k)) == v for k, v in wanted.items()):
            yield node[key]
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from walk(child)
try:
    print(next(walk(json.load(sys.stdin)), ""))
except ValueError:
    sys.exit(1)' "$@"
}

make_password() {
        [[ -s $target/$1 ]] && return
        private_file "$1"
        # 144 random bits, less those that have one character three times in a row; the ending satisfies whoever asks for each kind of character.
        until grep -vq '\(.\)\1\1' "$target/$1"; do printf '%s-aZ9\n' "$(openssl rand -base64 18)" >"$target/$1"; done
}

known_account() { [[ -n $(sygnet account list --json | picked login login "$1") ]]; }

# The account of an earlier run whose password is here; else a new one. A password that is gone cannot be had back: its account is taken from
# the person, who gets another.
choose_account() {
        local base n=1
        base=$(tr '[:upper:]' '[:lower:]' <<<"$owner" | tr -c 'a-z0-9._@+\n-' '-')
        account=$(cat "$target/account.txt" 2>/dev/null || echo "$base")
        if [[ -s $target/password.txt ]]; then return; fi
        rm -f "$target/otp-uri.txt" "$target/customs-password.txt"
        while known_account "$account"; do
                sygnet account unbind "$account" "$owner" >/dev/null 2>&1 && say "$target has no password of the account $account: $owner gets another account"
                n=$((n + 1))
                account=$base-$n
        done
}

make_account() {
        choose_account
        if ! known_account "$account"; then
                make_password password.txt
                sygnet account create "$account" --name "$owner" --bind "$owner" --password-file "$target/password.txt" >/dev/null
                private_file account.txt
                echo "$account" >"$target/account.txt"
                changed 'account' "$account, for the Unix user $owner; its password is in password.txt"
        fi
        person sygnet login "$account" --password-file password.txt >/dev/null
        say "logged in as $account"
}

# The step of the last code that was used, so that none is tried twice.
last_step() { cat "$record/last-step-$account" 2>/dev/null || echo 0; }

# Writes a code that was not used yet into code.txt of $target. Codes of the next step are accepted too, so waiting is rare.
fresh_code() {
        local step
        step=$(($(date +%s) / 30))
        if ((step <= $(last_step))); then
                step=$(($(last_step) + 1))
                if ((step > $(date +%s) / 30 + 1)); then say 'waiting for the next one-time code'; fi
                while ((step > $(date +%s) / 30 + 1)); do sleep 1; done
        fi
        echo "$step" >"$record/last-step-$account"
        private_file code.txt
        sed -nE 's/.*[?&]secret=([A-Z2-7]+).*/\1/p' "$target/otp-uri.txt" | oathtool --totp --digits=8 --base32 --now "@$((step * 30))" - >"$target/code.txt"
}

# Runs a command of the client with a fresh code; once more when that one was used elsewhere meanwhile.
with_code() {
        fresh_code
        person "$@" --otp-file code.txt >>"$log" 2>&1 && { rm -f "$target/code.txt"; return; }
        say 'the code was not taken; trying the next one'
        fresh_code
        person "$@" --otp-file code.txt >>"$log" 2>&1
        rm -f "$target/code.txt"
}

make_token() {
        local active id
        active=$(person sygnet otp list --login "$account" --json | picked id status active)
        if [[ -n $active && -s $target/otp-uri.txt ]]; then
                say 'the token for one-time codes is there'
                return
        fi
        if [[ -n $active ]]; then
                say 'otp-uri.txt is gone, so the token is of no use to this example: it is revoked and a new one made'
                sygnet otp reset "$account" --yes >/dev/null
                person sygnet login "$account" --password-file password.txt >/dev/null
        fi
        private_file otp-uri.txt
        id=$(person sygnet otp enroll --login "$account" --label quickstart --uri-file otp-uri.txt --force --no-confirm --json | picked id)
        rm -f "$record/last-step-$account"
        with_code sygnet otp confirm "$id" --login "$account"
        changed 'token' "one-time codes for $account; the secret is in otp-uri.txt: put it into an authenticator"
}

make_ca() {
        local fingerprint present
        if ! sygnet ca show --pem >/dev/null 2>&1; then
                sygnet ca init --organization "$organization" --name "$organization Sygnet CA" --country "$country" >/dev/null
                changed 'CA' "$organization Sygnet CA, in /var/lib/sygnet-ca"
        fi
        sygnet ca show --output "$target/ca.pem" --force >/dev/null
        fingerprint=$(openssl x509 -in "$target/ca.pem" -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' | tr '[:upper:]' '[:lower:]')
        present=$(sygnet trust list --json | picked present fingerprint "$fingerprint")
        if [[ $present == False ]]; then sygnet trust remove "$fingerprint" --yes >/dev/null; fi
        if [[ $present != True ]]; then
                sygnet trust install "$target/ca.pem" --fingerprint "$fingerprint" >/dev/null
                changed 'trust' "the CA's root is in the system's store (it can never be one for TLS: name constraints, path length 0)"
        fi
        openssl verify "$target/ca.pem" >>"$log" 2>&1 || die "the CA's root is not in the system's trust store." "See: sygnet trust list"
        say 'the root certificate is in the system'\''s trust store'
}

# credential LABEL STATUS: the id of the person's own
credential() { person sygnet list --json | picked id label "$1" status "$2" login "$account"; }

make_seal() {
        if [[ -n $(credential "$seal_label" active) ]]; then
                say 'the seal is there'
        elif [[ -n $(sygnet list --all --json | picked id label "$seal_label" status active) ]]; then
                sygnet seal add-user "$seal_label" "$account" --operator >/dev/null
                changed 'seal' "$account may use \"$seal_label\""
        else
                sygnet seal create "$seal_label" --administrator "$account" --organization "$organization" --identifier "$identifier" \
                        --country "$country" >/dev/null
                changed 'seal' "\"$seal_label\" of $organization, Administrator: $account"
        fi
}

# The person makes the key and proves to have it; the operator lets the CA issue; the person takes the answer in.
make_key() {
        local id
        id=$(credential "$key_label" active)
        [[ -z $id || ! -s $target/customs-password.txt ]] || { say 'the customs key is there'; return; }
        # A key whose password is gone is of no use to anybody.
        if [[ -n $id ]]; then person sygnet key retire "$id" --yes --login "$account" >/dev/null; fi
        id=''
        if [[ -s $target/customs-password.txt ]]; then id=$(credential "$key_label" requested); fi
        make_password customs-password.txt
        [[ -n $id ]] || id=$(person sygnet key generate --label "$key_label" --given-name Anna --surname Example --serial-number TINPL-5250000000 \
                --country "$country" --accept-terms "$(person sygnet key terms --json | picked version)" --no-issue --password-file customs-password.txt --login "$account" --json | picked id)
        person sygnet key request "$id" --password-file customs-password.txt --login "$account" --output customs-request.pem --force >/dev/null
        sygnet ca issue "$target/customs-request.pem" --profile customs --output "$target/customs-certificate.pem" --force >/dev/null
        chown "$owner_uid:$owner_gid" "$target/customs-certificate.pem"
        person sygnet key import "$id" customs-certificate.pem --login "$account" >/dev/null
        rm -f "$target/customs-request.pem"
        changed 'customs key' "\"$key_label\"; its password is in customs-password.txt and cannot be recovered"
}

write_documents() {
        [[ -s $target/invoice.pdf ]] || python3 "$top/installer/lib/invoice.py" >"$target/invoice.pdf"
        [[ -s $target/declaration.xml ]] || cat >"$target/declaration.xml" <<X
<?xml version="1.0" encoding="UTF-8"?>
<Declaration xmlns="urn:example:declaration:1">
  <Reference>EX-2026-0001</Reference>
  <Declarant identifier="$identifier">$organization</Declarant>
  <Goods code="84433210" country="$country" packages="12" grossMassKg="318.5">Printers</Goods>
  <Value currency="PLN">46150.00</Value>
</Declaration>
X
        chown "$owner_uid:$owner_gid" "$target/invoice.pdf" "$target/declaration.xml" "$target/ca.pem"
}

sign_documents() {
        if ! person sygnet verify invoice-sealed.pdf >>"$log" 2>&1; then
                with_code sygnet sign invoice.pdf --credential "$seal_label" --output invoice-sealed.pdf --force
        fi
        say 'invoice-sealed.pdf'
        if ! person sygnet verify --content declaration.xml declaration.xml.p7s >>"$log" 2>&1; then
                person sygnet sign declaration.xml --format cades --credential "$key_label" --password-file customs-password.txt \
                        --output declaration.xml.p7s --force >>"$log" 2>&1
        fi
        say 'declaration.xml.p7s'
}

# Ours and others' opinion of the two documents.
verify_documents() {
        local nss=$scratch/nss
        person sygnet verify invoice-sealed.pdf >>"$log"
        person sygnet verify --content declaration.xml declaration.xml.p7s >>"$log"
        say 'sygnet verify: both are valid'
        mkdir "$nss"
        certutil -N -d "sql:$nss" --empty-password
        certutil -A -d "sql:$nss" -n ca -t CT,CT,CT -i "$target/ca.pem"
        pdfsig -nssdir "$nss" "$target/invoice-sealed.pdf" >"$scratch/pdfsig" 2>/dev/null || true
        if ! grep -q 'Signature is Valid' "$scratch/pdfsig" || ! grep -q 'Certificate is Trusted' "$scratch/pdfsig"; then
                die 'pdfsig does not find invoice-sealed.pdf valid and trusted:' "$(cat "$scratch/pdfsig")"
        fi
        say 'pdfsig: Signature is Valid, Certificate is Trusted'
        logged openssl cms -verify -binary -inform DER -in "$target/declaration.xml.p7s" -content "$target/declaration.xml" \
                -CAfile "$target/ca.pem" -out /dev/null
        say 'openssl cms: Verification successful'
}

run_example() {
        step 'An account for the person who runs this'
        make_account
        make_token
        step "The organisation's own CA"
        make_ca
        step 'A seal and a customs key'
        make_seal
        make_key
        step "Seal the invoice, sign the declaration ($target)"
        write_documents
        sign_documents
        step 'Verify'
        verify_documents
        person sygnet logout >/dev/null
}

next_steps() {
        cat <<X

${bold}Done.${plain} In $target:
  invoice-sealed.pdf      the invoice, sealed by $organization
  declaration.xml.p7s     the declaration's signature, made with the customs key
  ca.pem                  the CA's root, for those who shall verify
  otp-uri.txt             the token's secret: put it into an authenticator, then delete it
  password.txt, customs-password.txt, recovery-key-*.txt
                          keep them somewhere else, and delete them here

These are advanced electronic signatures of an own CA. They are not qualified ones.

Next:
  sygnet login $account --password-file $target/password.txt
  sygnet sign FILE.pdf                 asks for a one-time code
  sygnet verify FILE-sealed.pdf
  sygnet --help
X
}
