# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by inside.sh: the documents, seen by programs that are not ours.

# flip FILE OFFSET COPY: a copy with one bit of one byte turned
flip() { python3 -c 'import sys
data = bytearray(open(sys.argv[1], "rb").read()); data[int(sys.argv[2])] ^= 1; open(sys.argv[3], "wb").write(data)' "$@"; }

# says PATTERN COMMAND…: what it prints has the pattern, whatever its status
says() {
        local pattern=$1 said
        shift
        said=$("$@" 2>&1) || true
        echo "$said"
        grep -q -- "$pattern" <<<"$said"
}

nss_database() {
        rm -rf "$1"
        mkdir -p "$1"
        certutil -N -d "sql:$1" --empty-password && certutil -A -d "sql:$1" -n anchor -t CT,CT,CT -i "$2"
}

cms_openssl() { openssl cms -verify -binary -inform DER -in "$2" -content "$1" -CAfile "$3" -out /dev/null; }
cms_certtool() { certtool --p7-verify --inder --infile "$2" --load-data "$1" --load-ca-certificate "$3"; }

check_documents() {
        local file at
        cd "$out" || return
        for file in invoice.pdf invoice-sealed.pdf declaration.xml declaration.xml.p7s ca.pem; do check "there is $file" test -s "$file"; done

        nss_database /tmp/nss ca.pem >"$report" 2>&1
        check 'pdfsig: Signature is Valid' says 'Signature is Valid' pdfsig invoice-sealed.pdf
        check 'pdfsig: Certificate is Trusted' says 'Certificate is Trusted' pdfsig -nssdir /tmp/nss invoice-sealed.pdf
        check 'pdfsig: the whole document is signed' says 'Total document signed' pdfsig invoice-sealed.pdf
        check 'the seal is appended: the document is its beginning' cmp -n "$(stat -c %s invoice.pdf)" invoice.pdf invoice-sealed.pdf
        check 'qpdf finds nothing wrong' qpdf --check invoice-sealed.pdf
        check 'openssl cms verifies the declaration' cms_openssl declaration.xml declaration.xml.p7s ca.pem
        check 'certtool verifies the declaration' cms_certtool declaration.xml declaration.xml.p7s ca.pem
        check 'the CA is in the system store' openssl verify ca.pem
        check 'sygnet verify: sealed invoice' person sygnet verify invoice-sealed.pdf
        check 'sygnet verify: declaration' person sygnet verify --content declaration.xml declaration.xml.p7s
        check 'says that it is not qualified' says 'not qualified' person sygnet verify invoice-sealed.pdf

        # A byte of the page, one of the signature's frame, one of the declaration.
        at=$(grep -abo 'To pay' invoice-sealed.pdf | head -n 1 | cut -d: -f1)
        flip invoice-sealed.pdf "$at" /tmp/flipped.pdf
        check_fails 'pdfsig sees the flipped byte' says 'Signature is Valid' pdfsig /tmp/flipped.pdf
        check_status 'sygnet verify sees the flipped byte (pdf)' 5 person sygnet verify /tmp/flipped.pdf
        check 'and says why' says 'HASH_FAILURE' person sygnet verify --json /tmp/flipped.pdf
        flip declaration.xml 40 /tmp/flipped.xml
        check_fails 'openssl sees the flipped byte' cms_openssl /tmp/flipped.xml declaration.xml.p7s ca.pem
        check_fails 'certtool sees the flipped byte' cms_certtool /tmp/flipped.xml declaration.xml.p7s ca.pem
        check_status 'sygnet verify sees the flipped byte (xml)' 5 person sygnet verify --content /tmp/flipped.xml declaration.xml.p7s
        at=$(($(stat -c %s declaration.xml.p7s) - 8))
        flip declaration.xml.p7s "$at" /tmp/flipped.p7s
        check_fails 'openssl sees the flipped signature' cms_openssl declaration.xml /tmp/flipped.p7s ca.pem
        check_status 'sygnet verify sees the flipped signature' 5 person sygnet verify --content declaration.xml /tmp/flipped.p7s
        cd /
}

# The sealed page looks as before, pixel by pixel.
check_rendering() {
        pdftoppm -r 100 "$out/invoice.pdf" /tmp/before-poppler && pdftoppm -r 100 "$out/invoice-sealed.pdf" /tmp/after-poppler
        check 'poppler shows the page as before' cmp /tmp/before-poppler-1.ppm /tmp/after-poppler-1.ppm
        mutool draw -q -r 100 -o /tmp/before-mupdf.ppm "$out/invoice.pdf" 1 && mutool draw -q -r 100 -o /tmp/after-mupdf.ppm "$out/invoice-sealed.pdf" 1
        check 'mupdf shows the page as before' cmp /tmp/before-mupdf.ppm /tmp/after-mupdf.ppm
        # Once is enough for the large one.
        if [[ $mode == booted ]]; then check 'Chromium shows the page as before' chromium_shows_the_same; fi
}

chromium_shows_the_same() {
        apt-get -q -y --no-install-recommends install chromium >/dev/null || return 1
        mkdir -p /tmp/shown
        cp "$out/invoice.pdf" /tmp/shown/document.pdf && python3 "$here/chromium-shot.py" /tmp/shown/document.pdf /tmp/before.png || return 1
        cp "$out/invoice-sealed.pdf" /tmp/shown/document.pdf && python3 "$here/chromium-shot.py" /tmp/shown/document.pdf /tmp/after.png || return 1
        cmp /tmp/before.png /tmp/after.png
}
