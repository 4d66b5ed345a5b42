# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Shared libraries: which ones programs need, and which Debian packages have them.

# programs FOLDER: the ELF files below it
programs() { find "$1" -type f -exec sh -c 'for f; do if head -c 4 "$f" | grep -q "^.ELF"; then echo "$f"; fi; done' sh {} +; }

# needed_libraries FOLDER: the sonames that its programs are linked with or load when they need them, but not the C library's own
needed_libraries() {
        programs "$1" | while IFS= read -r file; do
                objdump -p "$file" | awk '$1 == "NEEDED" { print $2 }'
                loaded_libraries "$file"
        done | grep -vE '^(ld-linux|libc|libm|libdl|libpthread|librt)[-.]' | sort -u
}

# loaded_libraries FILE: the sonames that stand in a program's constants: it loads them itself. Of several of one name, such as libcurl-gnutls and libcurl,
# the program takes the first that is there, and so does this.
loaded_libraries() {
        local soname stem known=' '
        { strings -a "$1" | grep -xE 'lib[a-z0-9_+-]+\.so\.[0-9]+' | grep -vxFf <(objdump -p "$1" | awk '$1 == "NEEDED" { print $2 }') || true; } |
                while IFS= read -r soname; do
                        stem=${soname%%[-.]*}
                        [[ $known != *" $stem "* && -n $(library_package "$soname") ]] || continue
                        known+="$stem "
                        echo "$soname"
                done
}

# library_package SONAME: the Debian package that has it on this machine
library_package() { { dpkg-query -S "*/$1" 2>/dev/null || true; } | sed -n 's/:.*//p' | sort -u | head -n 1; }
