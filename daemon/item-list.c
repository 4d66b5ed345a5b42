/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The list hash; see item-list.h. */

#include <errno.h>
#include <gnutls/crypto.h>
#include <string.h>

#include "daemon/item-list.h"

/* The items of a call may be a megabyte each: large ones are hashed where they lie. */
static int hash_in_pieces(View name, View bytes, uint8_t ret[static SHA256_SIZE]) {
        gnutls_hash_hd_t hash;
        int r;

        if (gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) < 0)
                return -ENOMEM;
        r = gnutls_hash(hash, name.data, name.len);
        if (r >= 0 && bytes.len > 0)
                r = gnutls_hash(hash, bytes.data, bytes.len);
        gnutls_hash_deinit(hash, r >= 0 ? ret : NULL);
        return r < 0 ? -EIO : 0;
}

/* Small ones are copied behind their type's name: a state of the hash on the heap costs more than the hash does. */
int item_hash(ItemType type, View bytes, uint8_t ret[static SHA256_SIZE]) {
        const char *name = item_type_to_string(type);
        size_t n = name ? strlen(name) + 1 : 0;
        uint8_t buffer[1024];

        if (n == 0 || n > sizeof(buffer))
                return -EINVAL;
        buffer[0] = (uint8_t) (n - 1);
        memcpy(buffer + 1, name, n - 1);
        if (bytes.len > sizeof(buffer) - n)
                return hash_in_pieces(VIEW(buffer, n), bytes, ret);
        if (bytes.len > 0)
                memcpy(buffer + n, bytes.data, bytes.len);
        return sha256(VIEW(buffer, n + bytes.len), ret);
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
