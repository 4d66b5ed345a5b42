# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# Debian packages: which are needed, which of them quickstart had to install, and taking those out again.

build_packages=(gcc libc6-dev meson ninja-build pkg-config gettext libsystemd-dev libgnutls28-dev libgcrypt20-dev nettle-dev libtasn1-6-dev libtasn1-bin
        libsqlite3-dev libargon2-dev libqpdf-dev libxml2-dev libqrencode-dev libpng-dev libharfbuzz-dev zlib1g-dev libcurl4-gnutls-dev libmicrohttpd-dev)
run_packages=(dbus polkitd ca-certificates openssl python3 fonts-dejavu-core)
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

# Removes what quickstart installed and nothing else needs by now: apt is told that nobody asked for these packages, and says which
# of them it would then clear away.
remove_packages() {
        local ours
        [[ -s $record/packages ]] || return 0
        mapfile -t ours < <(comm -12 "$record/packages" <(installed_packages))
        ((${#ours[@]})) || return 0
        apt-mark -q auto "${ours[@]}" >/dev/null
        mapfile -t ours < <(apt-get -s -q autoremove 2>/dev/null | awk '$1 == "Remv" { print $2 }' | sort -u | comm -12 "$record/packages" -)
        ((${#ours[@]})) || { say 'all of them are needed by others now'; return 0; }
        DEBIAN_FRONTEND=noninteractive apt-get -q -y purge "${ours[@]}" >/dev/null 2>&1
        rm -f "$record/packages"
        say "removed ${#ours[@]} packages that quickstart had installed"
}
