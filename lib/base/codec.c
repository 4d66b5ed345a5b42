/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Hexadecimal, base32 and base64 (RFC 4648), PEM; see codec.h. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/codec.h"

#define PEM_LINE_MAX 96U /* of dashes; the labels that there are have at most 30 letters */

static const char base32_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
static const char base64_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *hex_encode(View v) {
        static const char digits[] = "0123456789abcdef";
        char *s;

        s = malloc(v.len * 2 + 1);
        if (!s)
                return NULL;
        for (size_t i = 0; i < v.len; i++) {
                s[2 * i] = digits[v.data[i] >> 4];
                s[2 * i + 1] = digits[v.data[i] & 15];
        }
        s[2 * v.len] = 0;
        return s;
}

static int hex_digit(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        if (c >= 'A' && c <= 'F')
                return c - 'A' + 10;
        return -EINVAL;
}

int hex_decode(const char *s, Bytes *ret) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        size_t n = strlen(s);
        int r;

        if (n % 2 != 0)
                return -EINVAL;
        for (size_t i = 0; i < n; i += 2) {
                int hi = hex_digit(s[i]), lo = hex_digit(s[i + 1]);

                if (hi < 0 || lo < 0)
                        return -EINVAL;
                r = bytes_append_byte(&b, (uint8_t) (hi << 4 | lo));
                if (r < 0)
                        return r;
        }
        *ret = bytes_take(&b);
        return 0;
}

int base32_encode_secret(View v, Secret **ret) {
        Secret *s;
        uint64_t acc = 0;
        unsigned bits = 0;
        size_t n = 0;
        int r;

        r = secret_new((v.len * 8 + 4) / 5, &s);
        if (r < 0)
                return r;
        for (size_t i = 0; i < v.len; i++) {
                acc = acc << 8 | v.data[i];
                for (bits += 8; bits >= 5; bits -= 5)
                        secret_data(s)[n++] = (uint8_t) base32_alphabet[acc >> (bits - 5) & 31];
        }
        if (bits > 0)
                secret_data(s)[n++] = (uint8_t) base32_alphabet[acc << (5 - bits) & 31];
        secret_wipe(&acc, sizeof(acc));
        *ret = s;
        return 0;
}

static int base32_digit(uint8_t c) {
        if (c >= 'A' && c <= 'Z')
                return c - 'A';
        if (c >= 'a' && c <= 'z')
                return c - 'a';
        if (c >= '2' && c <= '7')
                return c - '2' + 26;
        return -EINVAL;
}

int base32_decode_secret(View text, Secret **ret) {
        _cleanup_secret_ Secret *s = NULL;
        uint64_t acc = 0;
        unsigned bits = 0;
        size_t n = 0;
        int r;

        r = secret_new(text.len * 5 / 8, &s);
        if (r < 0)
                return r;
        while (text.len > 0 && text.data[text.len - 1] == '=')
                text.len--;
        for (size_t i = 0; i < text.len; i++) {
                int d;

                if (text.data[i] == ' ' || text.data[i] == '-')
                        continue;
                d = base32_digit(text.data[i]);
                if (d < 0) {
                        secret_wipe(&acc, sizeof(acc));
                        return d;
                }
                acc = acc << 5 | (unsigned) d;
                bits += 5;
                if (bits >= 8) {
                        bits -= 8;
                        secret_data(s)[n++] = (uint8_t) (acc >> bits);
                }
        }
        /* No number of bytes has this many digits, or bits left over that are not zero: something was lost on the way. */
        r = bits >= 5 || (acc & ((1U << bits) - 1)) != 0 ? -EINVAL : 0;
        secret_wipe(&acc, sizeof(acc));
        if (r < 0)
                return r;
        secret_truncate(s, n);
        *ret = TAKE_PTR(s);
        return 0;
}

char *base64_encode(View v) {
        char *s, *p;

        s = p = malloc((v.len + 2) / 3 * 4 + 1);
        if (!s)
                return NULL;
        for (size_t i = 0; i < v.len; i += 3) {
                size_t left = v.len - i;
                uint32_t t = (uint32_t) v.data[i] << 16 | (left > 1 ? (uint32_t) v.data[i + 1] << 8 : 0) |
                             (left > 2 ? v.data[i + 2] : 0);

                *p++ = base64_alphabet[t >> 18];
                *p++ = base64_alphabet[t >> 12 & 63];
                *p++ = left > 1 ? base64_alphabet[t >> 6 & 63] : '=';
                *p++ = left > 2 ? base64_alphabet[t & 63] : '=';
        }
        *p = 0;
        return s;
}

int pem_append(Bytes *text, const char *label, View der) {
        _cleanup_free_ char *body = base64_encode(der);
        int r;

        if (!body)
                return -ENOMEM;
        r = bytes_printf(text, "-----BEGIN %s-----\n", label);
        for (size_t i = 0, n = strlen(body); r >= 0 && i < n; i += 64)
                r = bytes_printf(text, "%.64s\n", body + i);
        return r < 0 ? r : bytes_printf(text, "-----END %s-----\n", label);
}

int pem_next(View *text, const char *label, View *ret_body) {
        char line[PEM_LINE_MAX];
        const uint8_t *begin, *end;
        View rest;

        snprintf(line, sizeof(line), "-----BEGIN %s-----", label);
        begin = view_find(*text, line);
        if (!begin)
                return 0;
        rest = view_from(*text, begin + strlen(line));
        snprintf(line, sizeof(line), "-----END %s-----", label);
        end = view_find(rest, line);
        if (!end)
                return -EBADMSG;
        *ret_body = VIEW(rest.data, (size_t) (end - rest.data));
        *text = view_from(rest, end);
        return 1;
}

static int base64_digit(uint8_t c) {
        const char *p = c ? strchr(base64_alphabet, c) : NULL;

        return p ? (int) (p - base64_alphabet) : -EINVAL;
}

static bool is_space(uint8_t c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

int base64_decode(View text, Bytes *ret) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        uint32_t acc = 0;
        size_t digits = 0, padding = 0;
        int r;

        r = bytes_reserve(&b, text.len / 4 * 3 + 3);
        if (r < 0)
                return r;
        for (size_t i = 0; i < text.len; i++) {
                int d;

                if (is_space(text.data[i]))
                        continue;
                if (text.data[i] == '=') {
                        padding++;
                        continue;
                }
                d = base64_digit(text.data[i]);
                if (d < 0 || padding > 0)
                        return -EINVAL;
                acc = acc << 6 | (unsigned) d;
                digits++;
                if (digits % 4 != 1)
                        b.data[b.len++] = (uint8_t) (acc >> (6 - 2 * ((digits - 1) % 4)));
        }
        if (digits % 4 == 1 || padding > 2 || (digits + padding) % 4 != 0)
                return -EINVAL;
        *ret = bytes_take(&b);
        return 0;
}
