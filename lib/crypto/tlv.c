/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* DER by hand; see tlv.h. */

#include "crypto/tlv.h"

static int append_length(Bytes *b, uint64_t length) {
        unsigned octets = 0;
        int r;

        if (length < 128)
                return bytes_append_byte(b, (uint8_t) length);
        for (uint64_t rest = length; rest > 0; rest >>= 8)
                octets++;
        r = bytes_append_byte(b, (uint8_t) (0x80 | octets));
        while (r >= 0 && octets-- > 0)
                r = bytes_append_byte(b, (uint8_t) (length >> (8 * octets)));
        return r;
}

int tlv_append(Bytes *b, uint8_t tag, View contents) {
        size_t before = b->len;
        int r;

        r = bytes_append_byte(b, tag);
        if (r >= 0)
                r = append_length(b, contents.len);
        if (r >= 0)
                r = bytes_append_view(b, contents);
        if (r < 0)
                b->len = before;
        return r;
}

int tlv_append_unsigned(Bytes *b, uint64_t v) {
        uint8_t octets[9] = { 0 };
        size_t first = 0;

        for (size_t i = 0; i < 8; i++)
                octets[i + 1] = (uint8_t) (v >> (56 - 8 * i));
        /* No octet more than the sign needs, X.690 §8.3.2. */
        while (first < 8 && octets[first] == 0 && !(octets[first + 1] & 0x80))
                first++;
        return tlv_append(b, TLV_INTEGER, VIEW(octets + first, sizeof(octets) - first));
}

int tlv_wrap(Bytes *b, uint8_t tag) {
        _cleanup_bytes_ Bytes whole = BYTES_NULL;
        int r;

        r = tlv_append(&whole, tag, bytes_view(b));
        if (r < 0)
                return r;
        bytes_done(b);
        *b = bytes_take(&whole);
        return 0;
}
