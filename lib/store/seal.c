/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sealed blobs and row MACs of a store; see store.h. */

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "store/store-private.h"

int store_seal(Store *s, const char *purpose, const char *place, View plain, Bytes *ret) {
        const AeadKey *k;
        int r;

        r = store_keys_purpose(&s->keys, purpose, &k);
        return r < 0 ? r : aead_seal(k, view_string(place), plain, ret);
}

int store_unseal(Store *s, const char *purpose, const char *place, View blob, Secret **ret) {
        const AeadKey *k;
        int r;

        r = store_keys_purpose(&s->keys, purpose, &k);
        return r < 0 ? r : aead_open(k, view_string(place), blob, ret);
}

int store_seal_with(Store *s, const char *purpose, const char *place, View second, View plain, Bytes *ret) {
        _cleanup_(aead_key_done) AeadKey k = { 0 };
        int r;

        r = store_keys_purpose_with(&s->keys, purpose, second, &k);
        return r < 0 ? r : aead_seal(&k, view_string(place), plain, ret);
}

int store_unseal_with(Store *s, const char *purpose, const char *place, View second, View blob, Secret **ret) {
        _cleanup_(aead_key_done) AeadKey k = { 0 };
        int r;

        r = store_keys_purpose_with(&s->keys, purpose, second, &k);
        return r < 0 ? r : aead_open(&k, view_string(place), blob, ret);
}

/* Each field as its letter, its length (u64be) and its bytes; null is a letter of its own. */
static int append_field(Bytes *b, char letter, View v) {
        int r;

        if (!v.data)
                return bytes_append_byte(b, 'n');
        r = bytes_append_byte(b, (uint8_t) letter);
        if (r == 0)
                r = bytes_append_u64be(b, v.len);
        return r < 0 ? r : bytes_append_view(b, v);
}

static int append_fields(Bytes *b, const char *table, const char *types, va_list ap) {
        int r;

        r = append_field(b, 't', view_string(table));
        for (; r == 0 && *types; types++) {
                if (*types == 's')
                        r = append_field(b, 's', view_string(va_arg(ap, const char *)));
                else if (*types == 'b')
                        r = append_field(b, 'b', va_arg(ap, View));
                else if (*types == 'i') {
                        r = bytes_append_byte(b, 'i');
                        if (r == 0)
                                r = bytes_append_u64be(b, (uint64_t) va_arg(ap, int64_t));
                } else
                        r = -EINVAL;
        }
        return r;
}

static int row_mac(Store *s, uint8_t ret[static 32], const char *table, const char *types, va_list ap) {
        _cleanup_bytes_ Bytes message = BYTES_NULL;
        int r;

        /* Room ahead, so that growing leaves no copies of fields behind: they may be password hashes. */
        r = bytes_reserve(&message, 8192);
        if (r == 0)
                r = append_fields(&message, table, types, ap);
        if (r == 0)
                r = store_keys_mac(&s->keys, bytes_view(&message), ret);
        secret_wipe(message.data, message.len);
        return r;
}

int store_mac(Store *s, uint8_t ret[static 32], const char *table, const char *types, ...) {
        va_list ap;
        int r;

        va_start(ap, types);
        r = row_mac(s, ret, table, types, ap);
        va_end(ap);
        return r;
}

int store_mac_check(Store *s, View mac, const char *table, const char *types, ...) {
        uint8_t expected[32];
        va_list ap;
        int r;

        va_start(ap, types);
        r = row_mac(s, expected, table, types, ap);
        va_end(ap);
        if (r < 0)
                return r;
        return secret_equal(mac, VIEW(expected, sizeof(expected))) ? 0 : -EBADMSG;
}
