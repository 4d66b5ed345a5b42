# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# Taking Sygnet off a machine. Keys are destroyed only when $keys_choice says so; $undo is the command that does.

# The certificates that went into the system's stores by Sygnet go out by it, while it still runs; for that a bus is started where there is none.
remove_trust() {
        local fingerprint brought=0
        command -v sygnet >/dev/null && [[ -n $(find /var/lib/sygnet-trust -type f 2>/dev/null | head -n 1) ]] || return 0
        if ! booted && ! bus_answers; then
                if (start_bus && start_polkit); then brought=1; else warn 'the trust stores stay as they are: there is no message bus'; return 0; fi
        fi
        bus_call StartServiceByName string:org.sygnet.Trust1 uint32:0 >/dev/null || return 0
        sygnet trust list --json 2>/dev/null | grep -oE '"fingerprint": ?"[0-9a-f]{64}"' | grep -oE '[0-9a-f]{64}' | sort -u | while read -r fingerprint; do
                sygnet trust remove "$fingerprint" --yes >/dev/null && say "no longer trusted: $fingerprint"
        done || warn 'the trust store could not be restored wholly; see /usr/local/share/ca-certificates'
        rmdir --ignore-fail-on-non-empty /etc/firefox/policies /etc/firefox 2>/dev/null || true
        if ((brought)); then
                bus_end org.freedesktop.PolicyKit1
                bus_end org.freedesktop.DBus
        fi
}

stop_services() {
        local unit name
        if booted; then
                for unit in $(systemctl list-units -q --all --plain --no-legend 'sygnet*@*' | cut -d' ' -f1) $(units --enabled); do
                        logged systemctl disable --now "$unit" || true
                done
                for unit in $(units); do logged systemctl stop "$unit" || true; done
        else
                if bus_answers; then
                        for name in $(bus_names); do bus_end "$name"; done
                fi
                responder_end
        fi
        say 'stopped'
}

# remove_listed LIST: the files that it names, only below /usr and /etc, and no folder that somebody else uses. Prints how many.
remove_listed() {
        local file count=0
        while IFS= read -r file; do
                case $file in
                        */../*) continue ;;
                        /usr/* | /etc/*) ;;
                        *) continue ;;
                esac
                if [[ -f $file || -L $file ]]; then
                        rm -f -- "$file"
                        count=$((count + 1))
                fi
        done <"$1"
        while IFS= read -r file; do
                while file=${file%/*} && [[ $file == */sygnet || $file == */sygnet/* ]]; do echo "$file"; done
        done <"$1" | sort -ru | while IFS= read -r file; do
                rmdir --ignore-fail-on-non-empty -- "$file" 2>/dev/null || true
        done
        echo "$count"
}

wipe() {
        [[ -e $1 ]] || return 0
        find "$1" -xdev -type f -exec shred -u -- {} +
        rm -rf -- "$1"
        say "destroyed $1"
}

# Users that only Sygnet has; those who made them are gone by now.
our_users() { getent passwd | awk -F: '$1 ~ /^sygnet(-[a-z-]+)?$/ && $3 < 1000 { print $1 }'; }

remove_keys() {
        local place
        if [[ $keys_choice == destroy ]]; then
                for place in /var/lib/sygnet /var/lib/sygnet-*; do
                        case $place in
                                # Documents are nobody's to destroy but their owner's. What was installed is looked after by remove_record.
                                /var/lib/sygnet-seal) say 'The documents stay: /var/lib/sygnet-seal, and its user with them.' ;;
                                "$record") ;;
                                *) wipe "$place" ;;
                        esac
                done
                wipe "$keys"
                rm -rf /etc/sygnet
                for place in $(our_users); do
                        if [[ -e /var/lib/sygnet-seal && $place == sygnet-seal ]]; then continue; fi
                        userdel "$place" 2>/dev/null || true
                        if getent group "$place" >/dev/null; then groupdel "$place" 2>/dev/null || true; fi
                        say "removed the user $place"
                done
        else
                say 'The keys stay: /var/lib/sygnet, /var/lib/sygnet-ca, and what opens them in /etc/sygnet/keys.'
                say "Their users stay with them. To destroy them: $undo --destroy-keys"
        fi
}

# What a later run needs to go on with kept keys, or to remove kept packages, stays.
remove_record() {
        rm -f "$record/files" "$record/version" "$record/lock" /var/log/sygnet-quickstart.log /var/log/sygnet-installer.log
        if [[ $keys_choice == destroy ]]; then
                rm -f "$record"/last-step-*
                find "$record" -name 'recovery-key-*' -exec shred -u {} + 2>/dev/null || true
        fi
        rmdir --ignore-fail-on-non-empty "$record" 2>/dev/null || true
}
