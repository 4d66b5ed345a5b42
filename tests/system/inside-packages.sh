# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by inside.sh: the Debian package and the self-contained installer, made here and then used where no compiler is left: installed, upgraded with data,
# taken off, with systemd and without (requirement C6).

made=/home/builder/made work=/srv/work
newer=99.0.1

build_as() { setpriv --reuid=builder --regid=builder --init-groups --reset-env env LC_ALL=C.UTF-8 DEB_BUILD_OPTIONS='nocheck parallel=2' "$@"; }

prepare_builder() {
        useradd -m builder
        dpkg-query -W -f '${Package}\n' | sort >/tmp/packages-before
        apt-get -q update &&
                apt-get -q -y --no-install-recommends install build-essential fakeroot lintian &&
                apt-get -q -y --no-install-recommends -P nocheck build-dep /src &&
                install -d -o builder -g builder $made && cp -a /src $made/sygnet && chown -R builder: $made
}

build_package() { cd $made/sygnet && build_as dpkg-buildpackage -us -uc -Pnocheck && cd / && ls -l $made/sygnet_*.deb $made/sygnet_*.changes; }
package_is_clean() { build_as lintian --fail-on error,warning $made/sygnet_*.changes; }
make_installer() { build_as $made/sygnet/installer/make-installer --build $made/sygnet/build $made; }

# repack FOLDER: as the next version would differ: a file less, a file more
repack() { rm "$1/usr/share/sygnet/templates/en/test.mail" && echo new >"$1/usr/share/sygnet/new"; }

make_newer_installer() {
        local old=$1 new=$made/sygnet-$newer.sh sum
        rm -rf /tmp/repack && mkdir /tmp/repack && sed '1,/^#PAYLOAD$/d' "$old" | tar -C /tmp/repack -xzf - && repack /tmp/repack || return 1
        tar -C /tmp/repack --owner=0 --group=0 -czf /tmp/payload .
        sum=$(sha256sum /tmp/payload | cut -d' ' -f1)
        sed '/^#PAYLOAD$/q' "$old" | sed -E "s/^version=\S+/version=$newer/; s/payload_sum=\S+/payload_sum=$sum/" | cat - /tmp/payload >"$new"
        chmod 0755 "$new"
}

make_newer_package() {
        rm -rf /tmp/repack && dpkg-deb -R "$1" /tmp/repack && repack /tmp/repack &&
                sed -i "s/^Version: .*/Version: $newer/" /tmp/repack/DEBIAN/control && sed -i '/test\.mail$/d' /tmp/repack/DEBIAN/md5sums &&
                dpkg-deb -b /tmp/repack "$made/sygnet-$newer.deb"
}

# What the build brought goes, so that nothing of it helps the installer.
remove_builder() {
        dpkg-query -W -f '${Package}\n' | sort | comm -13 /tmp/packages-before - | xargs apt-get -q -y purge && ! command -v gcc && ! command -v meson && ! command -v ninja
}

# plainly COMMAND…: where systemd is not the init: its own processes and an empty /run
plainly() {
        # shellcheck disable=SC2016  # for the shell in there
        unshare --mount --pid --fork --mount-proc --kill-child bash -c 'mount -t tmpfs tmpfs /run && mkdir /run/lock && exec "$@"' plainly "$@"
}

# The whole work of quickstart's example; what is there from an earlier time serves, or it fails.
works() { bash "$here/example.sh" $work; }
data_survived() {
        cp $work/ca.pem /tmp/ca-survivor.pem && rm $work/declaration.xml.p7s && "$@" bash "$here/example.sh" $work && cmp $work/ca.pem /tmp/ca-survivor.pem
}
fresh_work() { rm -rf $work && mkdir -p $work; }
trusted() { openssl verify $work/ca.pem; }
upgraded() { [[ -e /usr/share/sygnet/new && ! -e /usr/share/sygnet/templates/en/test.mail ]]; }
untouched() { [[ ! -e /usr/bin/sygnet && ! -e /var/lib/sygnet-installer && ! -e /var/lib/sygnet ]]; }
running_is_installed() { [[ $(readlink "/proc/$(service_pid org.sygnet.Sygnet1)/exe") == /usr/libexec/sygnet/sygnetd ]]; }
everything_is_gone() {
        local left
        left=$(find /usr /etc /var/lib -xdev \( -name '*sygnet*' -o -path '*/sygnet/*' \) ! -path '/var/lib/apt/*'; grep -E '^sygnet' /etc/passwd /etc/group)
        echo "$left"
        [[ -z $left ]]
}

check_making() {
        check 'what a build needs' prepare_builder
        check 'dpkg-buildpackage' build_package
        check 'lintian finds nothing' package_is_clean
        check 'the self-contained installer is made' make_installer
        deb=$(echo $made/sygnet_*.deb) bundle=$(echo $made/sygnet-*.sh)
        check 'and a newer one' make_newer_installer "$bundle"
        check 'and a newer package' make_newer_package "$deb"
        check 'the compiler is gone again' remove_builder
}

# The packages that it says are missing.
install_what_it_names() { "$bundle" --check 2>&1 | sed -n 's/^ *apt-get install //p' >/tmp/named; [[ -s /tmp/named ]] && xargs apt-get -q -y --no-install-recommends install </tmp/named; }

damaged() { cp "$bundle" /tmp/damaged.sh; printf '\1' | dd of=/tmp/damaged.sh bs=1 seek=$(($(stat -c %s /tmp/damaged.sh) - 1000)) conv=notrunc status=none; /tmp/damaged.sh "$@"; }

check_bundle() {
        fresh_work
        check_status 'on a bare machine it refuses' 1 unshare --net "$bundle"
        check 'it says which libraries are missing, and of which packages' says 'libqpdf.so.29 .* libqpdf29' "$bundle" --check
        check 'and changed nothing' untouched
        check 'the packages that it named' install_what_it_names
        check 'now it finds all that it needs' "$bundle" --check
        check_status 'a damaged one refuses' 1 damaged
        check 'and changed nothing, either' untouched
        check '--list names files' says '^/usr/libexec/sygnet/sygnetd$' "$bundle" --list
        check 'it installs without a network' unshare --net "$bundle"
        check 'what the example needs' apt-get -q -y --no-install-recommends install openssl python3 oathtool poppler-utils libnss3-tools gnutls-bin
        check 'the service works' works
        check 'sygnetd.service starts at boot' systemctl is-enabled sygnetd.service
        check 'an upgrade' unshare --net "$made/sygnet-$newer.sh"
        check 'old files are gone, new ones there' upgraded
        check 'what runs is what was installed' running_is_installed
        check 'keys, accounts and CA are still there' data_survived
        check_status 'an older one refuses' 1 "$bundle"
        check 'it is taken off, nobody at the keyboard' "$made/sygnet-$newer.sh" --uninstall </dev/null
        check 'nothing is left but the keys' nothing_left
        check_fails 'the CA is out of the system store' trusted
        check 'it is installed again' "$bundle"
        check 'keys, accounts and CA are there again' data_survived
}

check_package() {
        check 'the package comes over what the installer installed' apt-get -q -y --no-install-recommends install "$deb"
        check 'keys, accounts and CA are still there' data_survived
        check_fails 'quickstart leaves the package alone' /src/installer/quickstart
        check_fails 'the installer leaves it alone, too' "$made/sygnet-$newer.sh"
        check 'an upgrade of the package' apt-get -q -y --no-install-recommends install "$made/sygnet-$newer.deb"
        check 'old files are gone, new ones there' upgraded
        check 'what runs is what was installed' running_is_installed
        check 'keys, accounts and CA are still there' data_survived
        check 'the package is removed' apt-get -q -y remove sygnet
        check 'nothing is left but the keys' nothing_left
        check_fails 'the CA is out of the system store' trusted
        check 'the package is installed again' apt-get -q -y --no-install-recommends install "$deb"
        check 'keys, accounts and CA are there again' data_survived
        check 'exposure' exposure_is_low
        check 'the package is purged' apt-get -q -y purge sygnet
        check 'everything is gone' everything_is_gone
}

check_without_systemd() {
        fresh_work
        check 'without systemd: it installs' plainly "$bundle"
        check 'without systemd: the service works' plainly bash "$here/example.sh" $work
        check 'without systemd: it is taken off with the keys' plainly "$bundle" --uninstall --destroy-keys
        check 'without systemd: everything is gone' everything_is_gone
        fresh_work
        check 'without systemd: the package is installed' plainly apt-get -q -y --no-install-recommends install "$deb"
        check 'without systemd: the service works' plainly bash "$here/example.sh" $work
        check 'without systemd: an upgrade of the package' plainly apt-get -q -y --no-install-recommends install "$made/sygnet-$newer.deb"
        check 'without systemd: keys, accounts and CA are still there' data_survived plainly
        check 'with systemd again: the package makes the key a credential' dpkg-reconfigure -f noninteractive sygnet
        check 'keys, accounts and CA are still there' data_survived
        check 'without systemd: the package is purged' plainly apt-get -q -y purge sygnet
        check 'without systemd: everything is gone' everything_is_gone
}

check_packages() {
        local deb bundle
        check_making
        check_bundle
        check_package
        check_without_systemd
}
