# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# Debian packages: which are needed, which of them quickstart had to install, and taking those out again.

build_packages=(gcc libc6-dev meson ninja-build pkg-config gettext libsystemd-dev libgnutls28-dev nettle-dev libtasn1-6-dev libtasn1-bin
        libsqlite3-dev libargon2-dev libqpdf-dev libqrencode-dev libpng-dev)
run_packages=(dbus polkitd ca-certificates openssl python3)
# Used by the example: one computes one-time codes, the others look at the result with programs that are not ours.
check_packages=(oathtool poppler-utils libnss3-tools gnutls-bin)

installed_packages() { dpkg-query -W -f '${Package} ${db:Status-Abbrev}\n' 2>/dev/null | awk '$2 == "ii" { print $1 }' | sort -u; }

missing_packages() { comm -23 <(printf '%s\n' "$@" | sort -u) <(installed_packages); }

install_packages() {
        local missing before
        mapfile -t missing < <(missing_packages "$@")
        if ((${#missing[@]} == 0)); then
                say 'nothing is missing'
                return
        fi
        say "installing: ${missing[*]}"
        before=$(installed_packages)
        export DEBIAN_FRONTEND=noninteractive
        logged apt-get -q update || die 'apt-get update failed: the package lists cannot be read.' "See $log; check the network and /etc/apt."
        logged apt-get -q -y --no-install-recommends install "${missing[@]}"
        comm -13 <(printf '%s\n' "$before") <(installed_packages) >>"$record/packages"
        sort -u -o "$record/packages" "$record/packages"
        changed 'packages' "$(wc -l <"$record/packages") installed by this and earlier runs (listed in $record/packages)"
}

# Removes what quickstart installed, unless something else needs it by now. What else needs it is what apt would remove with it.
remove_packages() {
        local ours theirs
        [[ -s $record/packages ]] || return 0
        mapfile -t ours < <(comm -12 "$record/packages" <(installed_packages))
        ((${#ours[@]})) || return 0
        theirs=$(apt-get -s -q purge "${ours[@]}" 2>/dev/null | awk '$1 == "Purg" || $1 == "Remv" { print $2 }' | sort -u | comm -13 "$record/packages" -)
        if [[ -n $theirs ]]; then
                warn "the packages that quickstart installed stay: by now others need them ($(tr '\n' ' ' <<<"$theirs"))"
                return 0
        fi
        DEBIAN_FRONTEND=noninteractive logged apt-get -q -y purge "${ours[@]}"
        say "removed ${#ours[@]} packages that quickstart had installed"
}
