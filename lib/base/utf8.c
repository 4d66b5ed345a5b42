/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* UTF-8 checks; see utf8.h. */

#include <string.h>

#include "base/utf8.h"

static bool is_continuation(unsigned char c) {
        return (c & 0xc0) == 0x80;
}

/* Decodes one character of at most `len` bytes; 0 when it is not well-formed. */
static size_t decode(const unsigned char *p, size_t len, unsigned *ret) {
        static const unsigned minimum[] = { 0, 0, 0x80, 0x800, 0x10000 };
        unsigned c;
        size_t n;

        if (len == 0)
                return 0;
        if (p[0] < 0x80) {
                *ret = p[0];
                return 1;
        }
        n = (p[0] & 0xe0) == 0xc0 ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 : (p[0] & 0xf8) == 0xf0 ? 4 : 0;
        if (n == 0 || n > len)
                return 0;
        c = p[0] & (0x7fU >> n);
        for (size_t i = 1; i < n; i++) {
                if (!is_continuation(p[i]))
                        return 0;
                c = c << 6 | (p[i] & 0x3fU);
        }
        if (c < minimum[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
                return 0;
        *ret = c;
        return n;
}

static bool shows(unsigned c) {
        if (c < 0x20 || (c >= 0x7f && c <= 0x9f))
                return false;
        if (c == 0x2028 || c == 0x2029 || c == 0x061c || c == 0x200e || c == 0x200f)
                return false;
        return !(c >= 0x202a && c <= 0x202e) && !(c >= 0x2066 && c <= 0x2069);
}

size_t utf8_char_length(const char *s) {
        unsigned c;

        return decode((const unsigned char *) s, strnlen(s, 4), &c);
}

bool utf8_is_valid(View v) {
        while (v.len > 0) {
                unsigned c;
                size_t n = decode(v.data, v.len, &c);

                if (n == 0 || c == 0)
                        return false;
                v.data += n;
                v.len -= n;
        }
        return true;
}

bool utf8_is_printable(const char *s) {
        View v = view_string(s);

        while (v.len > 0) {
                unsigned c;
                size_t n = decode(v.data, v.len, &c);

                if (n == 0 || !shows(c))
                        return false;
                v.data += n;
                v.len -= n;
        }
        return true;
}

char *utf8_sanitize(View v) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;

        while (v.len > 0) {
                unsigned c;
                size_t n = decode(v.data, v.len, &c);
                bool good = n > 0 && shows(c);

                if (bytes_append(&b, good ? (const char *) v.data : "\xef\xbf\xbd", good ? n : 3) < 0)
                        return NULL;
                v.data += n > 0 ? n : 1;
                v.len -= n > 0 ? n : 1;
        }
        if (bytes_append_byte(&b, 0) < 0)
                return NULL;
        return (char *) bytes_take(&b).data;
}
