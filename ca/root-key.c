/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The root's key; see root-key.h. */

#include <errno.h>
#include <string.h>

#include "ca/root-key.h"

void root_key_done(RootKey *k) {
        if (k->key)
                gnutls_privkey_deinit(k->key);
        if (k->public_key)
                gnutls_pubkey_deinit(k->public_key);
        free(k->problem);
        *k = (RootKey) { 0 };
}

bool root_is_hosted(const Root *root) {
        return root->private_key.len == 0;
}

static int read_public_key(const Root *root, gnutls_pubkey_t *ret) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t key = NULL;
        int r = root_import(root, &crt);

        if (r < 0)
                return r;
        if (gnutls_pubkey_init(&key) < 0)
                return -ENOMEM;
        if (gnutls_pubkey_import_x509(key, crt, 0) < 0)
                return -EIO;
        *ret = TAKE_PTR(key);
        return 0;
}

int root_key_open(RootKey *k, Store *s, const Root *root, KeyHost *host) {
        int r = read_public_key(root, &k->public_key);

        k->host = host;
        return r < 0 || root_is_hosted(root) ? r : root_open_key(s, root, &k->key);
}

static int sign(View tbs, void *userdata, Bytes *ret) {
        _cleanup_bytes_ Bytes value = BYTES_NULL;
        RootKey *k = userdata;
        int r;

        if (k->key)
                return sign_by_key(tbs, k->key, ret);
        free(TAKE_PTR(k->problem));
        r = key_host_sign(k->host, tbs, &value, &k->problem);
        if (r < 0)
                return r;
        if (signed_verify(k->public_key, tbs, bytes_view(&value)) < 0) {
                k->problem = strdup("The key in the token is not the one of this CA's root. See sygnet-ca-keyd(8).");
                return k->problem ? -EREMOTEIO : -ENOMEM;
        }
        *ret = bytes_take(&value);
        return 0;
}

Signatory root_key_signatory(RootKey *k) {
        return (Signatory) { sign, k };
}
