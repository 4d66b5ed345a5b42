/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* interop-make-root DIRECTORY: the root of a local CA as sygnet-cad makes it, in root.der, and its key, PKCS#8, in root.key. For tests of what
 * other programs let such a root be. */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/atomic-file.h"
#include "ca/certificate.h"
#include "crypto/init.h"
#include "crypto/key.h"

static int make_subject(Subject **ret) {
        static const char *const attributes[][2] = { { "countryName", "PL" }, { "organizationName", "Example sp. z o.o." }, { "commonName", "Example CA" } };
        _cleanup_(subject_freep) Subject *s = NULL;
        int r;

        r = subject_new(&s);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(attributes); i++)
                r = subject_set(s, attributes[i][0], attributes[i][1]);
        if (r >= 0)
                *ret = TAKE_PTR(s);
        return r;
}

static int write_file(const char *directory, const char *name, View content) {
        _cleanup_free_ char *path = NULL;

        return asprintf(&path, "%s/%s", directory, name) < 0 ? -ENOMEM : atomic_file_write(path, content, 0600, true);
}

static int make(const char *directory) {
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = NULL;
        _cleanup_(subject_freep) Subject *s = NULL;
        _cleanup_certificate_ Certificate root = { 0 };
        _cleanup_secret_ Secret *plain = NULL;
        int r;

        r = make_subject(&s);
        if (r >= 0)
                r = key_generate(KEY_P384, &key);
        if (r >= 0)
                r = key_to_public(key, &pubkey);
        if (r >= 0)
                r = root_create(&(Signatory) { sign_by_key, key }, pubkey, s, time(NULL), 3650, &root);
        if (r >= 0)
                r = key_export(key, &plain);
        if (r >= 0)
                r = write_file(directory, "root.der", bytes_view(&root.der));
        return r < 0 ? r : write_file(directory, "root.key", secret_view(plain));
}

int main(int argc, char *argv[]) {
        int r;

        if (argc != 2)
                return 2;
        r = crypto_init();
        if (r >= 0)
                r = make(argv[1]);
        if (r < 0)
                fprintf(stderr, "interop-make-root: %s\n", strerror(-r));
        return r < 0;
}
