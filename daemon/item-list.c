/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The list hash; see item-list.h. */

#include <errno.h>
#include <gnutls/crypto.h>
#include <string.h>

#include "daemon/item-list.h"

/* The items of a call may be a megabyte each: they are hashed where they lie. */
int item_hash(ItemType type, View bytes, uint8_t ret[static SHA256_SIZE]) {
        const char *name = item_type_to_string(type);
        uint8_t length = name ? (uint8_t) strlen(name) : 0;
        gnutls_hash_hd_t hash;
        int r;

        if (!name)
                return -EINVAL;
        if (gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) < 0)
                return -ENOMEM;
        r = gnutls_hash(hash, &length, 1);
        if (r >= 0)
                r = gnutls_hash(hash, name, length);
        if (r >= 0 && bytes.len > 0)
                r = gnutls_hash(hash, bytes.data, bytes.len);
        gnutls_hash_deinit(hash, r >= 0 ? ret : NULL);
        return r < 0 ? -EIO : 0;
}

int item_list_hash(const uint8_t hashes[][SHA256_SIZE], size_t n, const uint8_t rest[static SHA256_SIZE], uint8_t ret[static SHA256_SIZE]) {
        uint8_t link[2 * SHA256_SIZE];
        int r;

        memcpy(link + SHA256_SIZE, rest, SHA256_SIZE);
        while (n-- > 0) {
                memcpy(link, hashes[n], SHA256_SIZE);
                r = sha256(VIEW(link, sizeof(link)), link + SHA256_SIZE);
                if (r < 0)
                        return r;
        }
        memcpy(ret, link + SHA256_SIZE, SHA256_SIZE);
        return 0;
}
