# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by inside.sh: tools, the first installation, and one-time codes.

# In one mode root installs from /src without any locale; in the other a person does so by sudo, from a checkout with blanks in its path.
prepare() {
        if [[ $mode == booted ]]; then
                checkout=/src place=/srv/first login=root
                mkdir -p "$place"
        else
                useradd --create-home --shell /bin/bash anna
                checkout="/home/anna/my checkout" place="/home/anna/a place" login=anna
                cp -a /src "$checkout"
                mkdir -p "$place"
                chown -R anna: /home/anna
                export SUDO_USER=anna SUDO_UID SUDO_GID
                SUDO_UID=$(id -u anna) SUDO_GID=$(id -g anna)
        fi
        out=$place/sygnet-quickstart
        unset LANG LC_ALL
}

install_first() {
        check 'quickstart on a bare system' quickstart
        {
                apt-get -q update
                apt-get -q -y --no-install-recommends install python3-dbus libglib2.0-bin mupdf-tools qpdf binutils procps sudo
        } >"$report" 2>&1 || bad 'packages that the tests look with'
}

quickstart() { (cd "$place" && "$checkout/installer/quickstart" </dev/null); }

# Runs the client as the person for whom it was installed.
person() {
        if [[ $mode == booted ]]; then "$@"; else setpriv --reuid="$SUDO_UID" --regid="$SUDO_GID" --init-groups --reset-env "$@"; fi
}

# A code of the token that nobody used: waits for its step. In $code, and in the file /tmp/code that the person may read.
fresh_code() {
        local step used=/var/lib/sygnet-installer/last-step-$login
        step=$(($(date +%s) / 30))
        if ((step <= $(cat "$used"))); then step=$(($(cat "$used") + 1)); fi
        while ((step > $(date +%s) / 30 + 1)); do sleep 1; done
        echo "$step" >"$used"
        code=$(sed -nE 's/.*[?&]secret=([A-Z2-7]+).*/\1/p' "$out/otp-uri.txt" | oathtool --totp --digits=8 --base32 --now "@$((step * 30))" -)
        echo "$code" >/tmp/code
        chmod 0644 /tmp/code
}

log_in() { person sygnet login "$login" --password-file "$out/password.txt" "$@"; }
