# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# Uninstalling from the beginning to the end, for what dpkg does not know of; remove.sh has the parts.

ask_about_keys() {
        local answer
        [[ -z $keys_choice ]] || return 0
        keys_choice=keep
        [[ -t 0 && -t 1 ]] || return 0
        printf 'The stores in /var/lib/sygnet and /var/lib/sygnet-ca hold private keys. Once destroyed, nobody can seal with them again.\n'
        read -r -p 'Destroy the keys? Type "destroy" to do so, anything else keeps them: ' answer
        [[ $answer != destroy ]] || keys_choice=destroy
}

# Only what was recorded when it was installed.
remove_files() {
        [[ -s $record/files ]] || { say 'no record of installed files'; return 0; }
        say "removed $(remove_listed "$record/files") files"
        if booted; then systemctl daemon-reload; fi
        if bus_answers; then bus_call ReloadConfig >/dev/null || true; fi
}

# Everything but the packages of Debian that were brought along.
run_uninstall() {
        ask_about_keys
        step 'Trust store'
        remove_trust
        step 'Services'
        stop_services
        step 'Files'
        remove_files
        step 'Keys'
        remove_keys
}
