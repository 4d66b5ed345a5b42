# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# Users, directories, host keys, stores, and getting the services to answer on the bus.

make_users() {
        local user home
        while read -r user home; do
                if ! getent passwd "$user" >/dev/null; then changed 'user' "$user, without a shell"; fi
        done < <(service_users)
        if command -v systemd-sysusers >/dev/null; then
                logged systemd-sysusers /usr/lib/sysusers.d/sygnet.conf
        fi
        # Where there is no systemd-sysusers, or it could not do it.
        while read -r user home; do
                getent passwd "$user" >/dev/null ||
                        logged useradd --system --user-group --no-create-home --home-dir "$home" --shell /usr/sbin/nologin "$user"
        done < <(service_users)
}

# As systemd-tmpfiles would, where it is not.
make_directories() {
        local kind path mode user group
        while read -r kind path mode user group _; do
                if [[ $kind == d ]]; then install -d -m "$mode" -o "$user" -g "$group" "$path"; fi
        done </usr/lib/tmpfiles.d/sygnet.conf
}

has_store() { [[ -e $(state_of "$1")/slots || -e $(state_of "$1")/store.db ]]; }

# Not by "chown -R": the folder is the service's, which could have linked a file of somebody else's into it.
own_store() {
        local user
        user=$(user_of "$1")
        find "$(state_of "$1")" -xdev ! \( -user "$user" -group "$user" \) \( -type d -o -links 1 \) -print0 | xargs -0 -r chown --no-dereference "$user:$user"
}

# Turns a raw host key into the form that this machine's services read, checks that it can be read back, and wipes the raw one.
keep_host_key() {
        local service=$1 raw=$2
        if booted; then
                systemd-creds --name=host-key encrypt "$raw" "$keys/$service.cred.new" >>"$log" 2>&1
                systemd-creds --name=host-key decrypt "$keys/$service.cred.new" - 2>>"$log" | cmp -s - "$raw" ||
                        die 'systemd-creds does not give back what it encrypted.' "The key stays in $raw."
                chmod 0600 "$keys/$service.cred.new"
                sync "$keys/$service.cred.new"
                mv "$keys/$service.cred.new" "$keys/$service.cred"
                changed 'host key' "$keys/$service.cred (encrypted by systemd-creds)"
        else
                install -m 0600 -o "$(user_of "$service")" -g "$(user_of "$service")" "$raw" "$keys/$service.key.new"
                sync "$keys/$service.key.new"
                mv "$keys/$service.key.new" "$keys/$service.key"
                changed 'host key' "$keys/$service.key (0600; it lies beside the data, because systemd is not running here)"
        fi
        shred -u "$raw"
}

# A machine that once ran without systemd has .key files, one that ran with it .cred files: the key follows.
convert_host_key() {
        local service=$1 raw
        if booted && [[ ! -e $keys/$service.cred && -e $keys/$service.key ]]; then
                say "$service: its host key becomes an encrypted credential"
                keep_host_key "$service" "$keys/$service.key"
        elif ! booted && [[ ! -e $keys/$service.key && -e $keys/$service.cred ]]; then
                raw=$scratch/$service.key
                if (umask 077 && systemd-creds --name=host-key decrypt "$keys/$service.cred" "$raw" >>"$log" 2>&1); then
                        keep_host_key "$service" "$raw"
                fi
        fi
}

has_host_key() { if booted; then [[ -e $keys/$1.cred ]]; else [[ -e $keys/$1.key ]]; fi; }

# A store is opened by one process at a time.
stop_service() {
        local name=org.sygnet.Sygnet1
        [[ $1 == sygnetd ]] || name=org.sygnet.CA1
        if booted; then
                logged systemctl stop "$1.service" || true
        elif bus_answers; then
                bus_end "$name"
        fi
}

# Makes a store, or mends the way into one that exists; never a new store beside records.
make_store() {
        local service=$1 recovery=$2/recovery-key-$1.txt raw=$scratch/$1.key state
        state=$(state_of "$service")
        convert_host_key "$service"
        if ! has_store "$service"; then
                (umask 077 && sygnet-store init --service "$service" --state "$state" --host-key "$raw" >"$scratch/recovery" 2>>"$log")
                own_store "$service"
                install -m 0600 "$scratch/recovery" "$recovery"
                sync "$recovery"
                shred -u "$scratch/recovery"
                keep_host_key "$service" "$raw"
                changed 'store' "$state (0700), readable with the host key or the recovery key"
                # Never into a journal or a log: only where a person looks.
                if [[ -t 1 ]]; then
                        say "recovery key of $service: ${bold}$(cat "$recovery")${plain}"
                fi
                say "the recovery key is in $recovery: move it off this machine; it opens a backup when the machine is gone"
        elif ! has_host_key "$service"; then
                [[ -e $recovery ]] ||
                        die "$service has a store in $state but its host key is gone." \
                                "Put its recovery key into $recovery and run this again," \
                                "or run: sygnet-store recover --service $service --host-key FILE"
                say "$service: the host key is gone; a new one is made with the recovery key"
                stop_service "$service"
                own_store "$service"
                sygnet-store recover --service "$service" --state "$state" --host-key "$raw" <"$recovery" >>"$log" 2>&1
                own_store "$service"
                keep_host_key "$service" "$raw"
        else
                own_store "$service"
                say "$service: store and host key are there"
        fi
}

start_bus() {
        booted && {
                logged systemctl start dbus.socket
                logged systemctl reload dbus.service || true
                return
        }
        if ! bus_answers; then
                install -d -m 0755 /run/dbus
                logged dbus-uuidgen --ensure
                logged dbus-daemon --system --fork --nopidfile 9>&- # not the installer's lock
                changed 'process' 'dbus-daemon --system (there was no system bus)'
        fi
        bus_answers || die 'there is no system bus, and none could be started.' "See $log."
        bus_call ReloadConfig >/dev/null
}

start_polkit() {
        if booted; then
                logged systemctl start polkit.service
                return
        fi
        bus_has org.freedesktop.PolicyKit1 && return
        bus_call StartServiceByName string:org.freedesktop.PolicyKit1 uint32:0 >/dev/null || true
        if ! bus_has org.freedesktop.PolicyKit1; then
                setsid /usr/lib/polkit-1/polkitd --no-debug </dev/null >/dev/null 2>&1 9>&- &
                for _ in $(seq 50); do
                        bus_has org.freedesktop.PolicyKit1 && break
                        sleep 0.1
                done
        fi
        bus_has org.freedesktop.PolicyKit1 || die 'polkit does not answer; without it Sygnet refuses every call.'
        changed 'process' 'polkitd (started by the message bus)'
}

# What runs is what was just installed: an old process is ended and the bus or systemd starts the new one.
start_services() {
        local name
        if booted; then start_units; fi
        for name in $(bus_names); do booted || bus_end "$name"; done
        for name in org.sygnet.Sygnet1 org.sygnet.CA1 org.sygnet.Trust1 org.sygnet.Courier1; do
                bus_call StartServiceByName "string:$name" uint32:0 >/dev/null ||
                        die "$name does not start." "Try: dbus-send --system --print-reply --dest=$name / org.freedesktop.DBus.Peer.Ping"
        done
        booted || start_responder
        booted || warn 'systemd is not running here: the services run without a sandbox and start with the first call after a boot'
}

start_units() {
        local unit enabled=() others=()
        mapfile -t enabled < <(units --enabled)
        mapfile -t others < <(comm -23 <(units | sort) <(units --enabled | sort))
        logged systemctl daemon-reload
        for unit in "${enabled[@]}"; do
                logged systemctl enable "$unit"
                # A socket is not opened anew beside the service that has it.
                if [[ $unit == *.socket ]]; then logged systemctl stop "${unit%.socket}.service" || true; fi
                if logged systemctl restart "$unit"; then continue; fi
                case " ${services[*]} " in
                        *" ${unit%.service} "*) die "$unit does not start." "See: journalctl -u $unit" "$(service_words "$unit")" ;;
                        *) warn "$unit does not start. See: journalctl -u $unit" ;;
                esac
        done
        logged systemctl try-restart "${others[@]}"
        changed 'units' "enabled: ${enabled[*]}; started when they are needed: ${others[*]}"
}

# Answers what the CA's certificates are worth, on the loopback. Where systemd does not hold its socket it is started here, and by hand after the next boot.
start_responder() {
        responder_end
        setsid setpriv --reuid=sygnet-ocsp --regid=sygnet-ocsp --clear-groups --reset-env "$responder" </dev/null >/dev/null 2>&1 9>&- &
        changed 'process' 'sygnet-ocspd: the OCSP responder, http://127.0.0.1:8889'
}

service_words() { journalctl -q -n 5 -o cat -u "$1" 2>/dev/null || true; }
