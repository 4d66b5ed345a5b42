# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by inside.sh: secrets that are known here are looked for wherever they must not be.

# Writes the journal, command lines, environments and the two state folders' bytes into a folder to search in.
collect() {
        rm -rf /tmp/places
        mkdir -p /tmp/places
        cat /var/lib/sygnet/* >/tmp/places/state 2>/dev/null
        cat /var/lib/sygnet-ca/* >/tmp/places/state-ca 2>/dev/null
        cat /proc/[0-9]*/cmdline >/tmp/places/cmdline 2>/dev/null
        cat /proc/[0-9]*/environ >/tmp/places/environ 2>/dev/null
        cat /var/log/sygnet-quickstart.log >/tmp/places/log
        cp /inside.log /tmp/places/output
        if [[ $mode == booted ]]; then journalctl -q -o cat >/tmp/places/journal; fi
}

nothing_found() {
        python3 - "$out" "$mode" <<'P'
import base64, glob, os, re, subprocess, sys
out, mode = sys.argv[1:]
secrets = {}
def add(name, data):
    assert len(data) >= 8, name
    secrets[name] = data
for name in ("password.txt", "customs-password.txt"):
    add(name, open(f"{out}/{name}", "rb").read().strip())
text = re.search(r"[?&]secret=([A-Z2-7]+)", open(f"{out}/otp-uri.txt").read()).group(1)
add("token (base32)", text.encode())
add("token (bytes)", base64.b32decode(text + "=" * (-len(text) % 8)))
for path in glob.glob(f"{out}/recovery-key-*.txt"):
    add(os.path.basename(path), open(path, "rb").read().strip())
for service in ("sygnetd", "sygnet-cad"):
    if mode == "booted":
        key = subprocess.run(["systemd-creds", "--name=host-key", "decrypt", f"/etc/sygnet/keys/{service}.cred", "-"], check=True, capture_output=True).stdout
    else:
        key = open(f"/etc/sygnet/keys/{service}.key", "rb").read()
    add(f"host key of {service}", key)
    add(f"host key of {service} (hex)", key.hex().encode())
# What each plain PKCS#8 of an EC key holds: version 0, id-ecPublicKey, the curve.
add("PKCS#8 of P-256", bytes.fromhex("020100301306072a8648ce3d020106082a8648ce3d030107"))
add("PKCS#8 of P-384", bytes.fromhex("020100301006072a8648ce3d020106052b81040022"))
add("PEM of a key", b"PRIVATE KEY-----")
found = [(place, name) for place in sorted(os.listdir("/tmp/places")) for name, data in secrets.items()
         if data in open(f"/tmp/places/{place}", "rb").read()]
print(found, {p: os.path.getsize(f"/tmp/places/{p}") for p in os.listdir("/tmp/places")})
sys.exit(1 if found or len(secrets) < 10 or os.path.getsize("/tmp/places/state") < 4096 else 0)
P
}

check_secrets() {
        collect
        check 'no secret in state, journal, logs, command lines and environments' nothing_found
        rm -rf /tmp/places
}
