/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Byte strings that own and grow; see bytes.h. Growth doubles, so that appending is linear over all. */

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/bytes.h"

View view_string(const char *s) {
        return VIEW(s, s ? strlen(s) : 0);
}

bool view_equal(View a, View b) {
        return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

const uint8_t *view_find(View v, const char *text) {
        return v.data && v.len > 0 ? memmem(v.data, v.len, text, strlen(text)) : NULL;
}

void bytes_done(Bytes *b) {
        if (!b)
                return;
        free(b->data);
        *b = BYTES_NULL;
}

int bytes_reserve(Bytes *b, size_t more) {
        size_t need, want;
        uint8_t *p;

        if (__builtin_add_overflow(b->len, more, &need))
                return -EOVERFLOW;
        if (need <= b->allocated)
                return 0;
        want = b->allocated > SIZE_MAX / 2 ? need : b->allocated * 2;
        if (want < need)
                want = need;
        if (want < 64)
                want = 64;
        p = realloc(b->data, want);
        if (!p)
                return -ENOMEM;
        b->data = p;
        b->allocated = want;
        return 0;
}

int bytes_append(Bytes *b, const void *data, size_t len) {
        int r;

        r = bytes_reserve(b, len);
        if (r < 0)
                return r;
        if (len > 0)
                memcpy(b->data + b->len, data, len);
        b->len += len;
        return 0;
}

int bytes_append_view(Bytes *b, View v) {
        return bytes_append(b, v.data, v.len);
}

int bytes_append_byte(Bytes *b, uint8_t c) {
        return bytes_append(b, &c, 1);
}

int bytes_append_u32be(Bytes *b, uint32_t v) {
        uint8_t be[4] = { v >> 24, v >> 16, v >> 8, v };

        return bytes_append(b, be, sizeof(be));
}

int bytes_append_u64be(Bytes *b, uint64_t v) {
        uint8_t be[8];

        for (size_t i = 0; i < sizeof(be); i++)
                be[i] = v >> (56 - 8 * i);
        return bytes_append(b, be, sizeof(be));
}

int bytes_printf(Bytes *b, const char *format, ...) {
        va_list ap;
        int n, r;

        va_start(ap, format);
        n = vsnprintf(NULL, 0, format, ap);
        va_end(ap);
        if (n < 0)
                return -EINVAL;
        /* One more for the NUL that vsnprintf() insists on; it is not counted in the length. */
        r = bytes_reserve(b, (size_t) n + 1);
        if (r < 0)
                return r;
        va_start(ap, format);
        vsnprintf((char *) b->data + b->len, (size_t) n + 1, format, ap);
        va_end(ap);
        b->len += (size_t) n;
        return 0;
}

int bytes_dup(View v, Bytes *ret) {
        Bytes b = BYTES_NULL;
        int r;

        r = bytes_append_view(&b, v);
        if (r < 0)
                return r;
        *ret = b;
        return 0;
}
