/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The store key and the keys derived from it; see keys.h. The three families (sealing, sealing under a second secret, row MACs) have
 * different infos, so that no key serves two of them whatever a purpose is called. */

#include <errno.h>
#include <string.h>

#include "crypto/digest.h"
#include "crypto/kdf.h"
#include "store/keys.h"

struct PurposeKey {
        PurposeKey *next;
        AeadKey key;
        char name[];
};

static int derive(StoreKeys *k, const char *family, const char *purpose, View salt, Secret **ret) {
        _cleanup_bytes_ Bytes info = BYTES_NULL;
        int r;

        r = bytes_printf(&info, "sygnet v1 %s%s", family, purpose);
        return r < 0 ? r : hkdf_sha256(secret_view(k->store_key), salt, bytes_view(&info), AEAD_KEY_SIZE, ret);
}

int store_keys_init(StoreKeys *k, Secret *store_key) {
        int r;

        *k = (StoreKeys) { .store_key = store_key };
        r = pthread_mutex_init(&k->lock, NULL);
        if (r != 0) {
                k->store_key = secret_free(k->store_key);
                return -r;
        }
        r = derive(k, "mac", "", VIEW(NULL, 0), &k->mac_key);
        if (r < 0)
                store_keys_done(k);
        return r;
}

void store_keys_done(StoreKeys *k) {
        if (!k->store_key)
                return;
        for (PurposeKey *next, *p = k->purposes; p; p = next) {
                next = p->next;
                aead_key_done(&p->key);
                free(p);
        }
        k->purposes = NULL;
        k->mac_key = secret_free(k->mac_key);
        k->store_key = secret_free(k->store_key);
        pthread_mutex_destroy(&k->lock);
}

int store_keys_mac(StoreKeys *k, View message, uint8_t ret[static 32]) {
        return hmac_sha256(secret_view(k->mac_key), message, ret);
}

static int purpose_new(StoreKeys *k, const char *purpose, PurposeKey **ret) {
        _cleanup_secret_ Secret *derived = NULL;
        _cleanup_free_ PurposeKey *p = NULL;
        size_t n = strlen(purpose) + 1;
        int r;

        p = calloc(1, sizeof(*p) + n);
        if (!p)
                return -ENOMEM;
        memcpy(p->name, purpose, n);
        r = derive(k, "seal ", purpose, VIEW(NULL, 0), &derived);
        if (r < 0)
                return r;
        r = aead_key_init(&p->key, TAKE_PTR(derived));
        if (r < 0)
                return r;
        *ret = TAKE_PTR(p);
        return 0;
}

int store_keys_purpose(StoreKeys *k, const char *purpose, const AeadKey **ret) {
        PurposeKey *p;
        int r = 0;

        pthread_mutex_lock(&k->lock);
        for (p = k->purposes; p; p = p->next)
                if (strcmp(p->name, purpose) == 0)
                        break;
        if (!p) {
                r = purpose_new(k, purpose, &p);
                if (r == 0) {
                        p->next = k->purposes;
                        k->purposes = p;
                }
        }
        pthread_mutex_unlock(&k->lock);
        if (r < 0)
                return r;
        *ret = &p->key;
        return 0;
}

int store_keys_purpose_with(StoreKeys *k, const char *purpose, View second, AeadKey *ret) {
        _cleanup_secret_ Secret *derived = NULL;
        int r;

        /* An empty salt is HKDF's default salt: the key would then depend on the store key alone. */
        if (second.len < 16)
                return -EINVAL;
        r = derive(k, "seal-with ", purpose, second, &derived);
        return r < 0 ? r : aead_key_init(ret, TAKE_PTR(derived));
}
