/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What whoever has the machine and the store can make of a signature's key: try-signature STATE HOST-KEY CREDENTIAL [PIN]. Opens the store with its
 * host key, as root could, and tries each way that the code has to open the key; with a PIN also the right way. Prints "opened: WAY" or "closed". */

#include <stdio.h>
#include <string.h>

#include "base/atomic-file.h"
#include "crypto/init.h"
#include "crypto/kdf.h"
#include "daemon/credential.h"
#include "daemon/pin.h"
#include "daemon/schema.h"

typedef struct Found {
        const char *id;
        Credential *credential;
        Pin pin;
} Found;

static int run_load(Txn *t, void *userdata) {
        Found *f = userdata;
        int r;

        r = credential_load(t, f->id, &f->credential);
        return r < 0 ? r : pin_load(t, f->credential->owner, &f->pin);
}

/* As a seal's key is opened, as another purpose, and under keys that whoever has the store can come by. */
static const char *try_without_pin(Store *s, Found *f) {
        static const char *const purposes[] = { "seal key", "signature key", "customs key", "pin" };
        static const uint8_t zero[32];
        View seconds[] = { VIEW("", 0), VIEW(zero, 32), bytes_view(&f->pin.kdf), bytes_view(&f->pin.verifier) };
        View blob = bytes_view(&f->credential->private_key);
        char place[64];

        snprintf(place, sizeof(place), "credential/%s/private_key", f->credential->id);
        for (size_t i = 0; i < ELEMENTSOF(purposes); i++) {
                _cleanup_secret_ Secret *plain = NULL;

                if (store_unseal(s, purposes[i], place, blob, &plain) >= 0)
                        return purposes[i];
                for (size_t j = 0; j < ELEMENTSOF(seconds); j++)
                        if (store_unseal_with(s, purposes[i], place, seconds[j], blob, &plain) >= 0)
                                return purposes[i];
        }
        for (CredentialKind k = CREDENTIAL_SEAL; k <= CREDENTIAL_SIGNATURE; k++) {
                Credential disguised = *f->credential;
                gnutls_privkey_t key;

                disguised.kind = k;
                for (size_t j = 0; j < ELEMENTSOF(seconds); j++)
                        if (credential_open_key(s, &disguised, seconds[j], &key) >= 0)
                                return credential_kind_to_string(k);
        }
        return NULL;
}

static const char *try_with_pin(Store *s, Found *f, const char *pin) {
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;
        _cleanup_secret_ Secret *second = NULL;

        if (pin_open(s, f->credential->owner, &f->pin, view_string(pin), &second) < 0)
                return NULL;
        return credential_open_key(s, f->credential, secret_view(second), &key) >= 0 ? "PIN" : NULL;
}

int main(int argc, char **argv) {
        _cleanup_(store_closep) Store *s = NULL;
        _cleanup_bytes_ Bytes host_key = BYTES_NULL;
        Found f = { 0 };
        const char *way;
        int r;

        if (argc < 4)
                return 2;
        f.id = argv[3];
        r = crypto_init();
        if (r >= 0)
                r = read_file(argv[2], 64, &host_key);
        if (r >= 0)
                r = store_open(argv[1], &daemon_schema, bytes_view(&host_key), &s);
        if (r >= 0)
                r = store_run(s, run_load, &f);
        if (r < 0) {
                fprintf(stderr, "%s\n", strerror(-r));
                return 1;
        }
        way = argc > 4 ? try_with_pin(s, &f, argv[4]) : try_without_pin(s, &f);
        if (way)
                printf("opened: %s\n", way);
        else
                puts("closed");
        credential_free(f.credential);
        pin_done(&f.pin);
        return 0;
}
