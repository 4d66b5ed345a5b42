/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names as they are compared; see distinguished-name.h. Lower case is that of the scripts of Europe, by the order in which Unicode has them: the C library's depends on
 * which locales are installed. */

#include <errno.h>
#include <stdbool.h>

#include <gnutls/gnutls.h>

#include "base/der-tag.h"
#include "base/utf8.h"
#include "crypto/key.h"
#include "der/der.h"
#include "sign/trust/distinguished-name.h"

/* X.690 §8.1.2: string types that nothing else here reads. */
enum {
        TAG_NUMERIC_STRING = 0x12,
        TAG_TELETEX_STRING = 0x14,
        TAG_IA5_STRING = 0x16,
        TAG_VISIBLE_STRING = 0x1a,
        TAG_UNIVERSAL_STRING = 0x1c,
        TAG_BMP_STRING = 0x1e,
};

static int append_character(Bytes *b, uint32_t c) {
        uint8_t out[4];
        size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

        if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
                return -EOPNOTSUPP;
        if (n == 1)
                return bytes_append_byte(b, (uint8_t) c);
        for (size_t i = n; i-- > 1; c >>= 6)
                out[i] = (uint8_t) (0x80 | (c & 0x3f));
        out[0] = (uint8_t) (0xf00U >> n | c);
        return bytes_append(b, out, n);
}

/* The character at the front of what utf8_is_valid() took. */
static uint32_t next_character(View *v) {
        const uint8_t *p = v->data;
        size_t n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
        uint32_t c = n == 1 ? p[0] : p[0] & (0xffU >> (n + 1));

        for (size_t i = 1; i < n; i++)
                c = c << 6 | (p[i] & 0x3f);
        *v = VIEW(p + n, v->len - n);
        return c;
}

/* Capital and small letter stand side by side. */
static bool is_of_pair(uint32_t c, uint32_t *ret) {
        bool even = (c >= 0x100 && c <= 0x12f) || (c >= 0x132 && c <= 0x137) || (c >= 0x14a && c <= 0x177) || (c >= 0x200 && c <= 0x21f) || (c >= 0x222 && c <= 0x233) ||
                    (c >= 0x370 && c <= 0x373) || (c >= 0x3d8 && c <= 0x3ef) || (c >= 0x460 && c <= 0x481) || (c >= 0x48a && c <= 0x4bf) || (c >= 0x4d0 && c <= 0x52f) ||
                    (c >= 0x1e00 && c <= 0x1e95) || (c >= 0x1ea0 && c <= 0x1eff);
        bool odd = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e) || (c >= 0x1cd && c <= 0x1dc) || (c >= 0x4c1 && c <= 0x4ce);

        *ret = even ? c | 1 : odd && (c & 1) ? c + 1 : c;
        return even || odd;
}

static uint32_t to_lower(uint32_t c) {
        uint32_t small;

        if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3ab && c != 0x3a2) || (c >= 0x410 && c <= 0x42f))
                return c + 0x20;
        if (c >= 0x400 && c <= 0x40f)
                return c + 0x50;
        if (c >= 0x531 && c <= 0x556)
                return c + 0x30;
        if (is_of_pair(c, &small))
                return small;
        switch (c) {
        case 0x130:
                return 'i';
        case 0x178:
                return 0xff;
        case 0x17f:
                return 's';
        case 0x386:
                return 0x3ac;
        case 0x388 ... 0x38a:
                return c + 37;
        case 0x38c:
                return 0x3cc;
        case 0x38e ... 0x38f:
                return c + 63;
        case 0x3c2:
                return 0x3c3;
        case 0x4c0:
                return 0x4cf;
        case 0x1e9e:
                return 0xdf;
        default:
                return c;
        }
}

/* Of characters of one width. TeletexString is ISO 8859-1, as all programs have it. */
static int widen(View v, size_t width, Bytes *ret) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r = v.len % width == 0 ? 0 : -EBADMSG;

        for (size_t i = 0; r >= 0 && i < v.len; i += width) {
                uint32_t c = 0;

                for (size_t k = 0; k < width; k++)
                        c = c << 8 | v.data[i + k];
                r = append_character(&b, c);
        }
        if (r >= 0)
                *ret = bytes_take(&b);
        return r;
}

static int to_utf8(uint8_t tag, View v, Bytes *ret) {
        switch (tag) {
        case TAG_TELETEX_STRING:
                return widen(v, 1, ret);
        case TAG_BMP_STRING:
                return widen(v, 2, ret);
        case TAG_UNIVERSAL_STRING:
                return widen(v, 4, ret);
        default:
                return utf8_is_valid(v) ? bytes_dup(v, ret) : -EOPNOTSUPP;
        }
}

/* RFC 4518 §2.2: line breaks and the like are spaces. */
static void map_spaces(Bytes *b) {
        for (size_t i = 0; i < b->len; i++)
                if (b->data[i] >= '\t' && b->data[i] <= '\r')
                        b->data[i] = ' ';
}

static bool is_ascii(View v) {
        for (size_t i = 0; i < v.len; i++)
                if (v.data[i] >= 0x80)
                        return false;
        return true;
}

/* RFC 4518 §2.6.1: white space at the ends means nothing, and any amount within as much as one space. */
static int fold_characters(View v, Bytes *ret) {
        bool gap = false;
        int r = 0;

        while (r >= 0 && v.len > 0) {
                uint32_t c = next_character(&v);

                if (c == ' ') {
                        gap = ret->len > 0;
                        continue;
                }
                if (gap)
                        r = bytes_append_byte(ret, ' ');
                gap = false;
                if (r >= 0)
                        r = append_character(ret, to_lower(c));
        }
        return r;
}

/* What GnuTLS does to passwords (RFC 8265 §4.2.2) is NFC and one kind of space. */
static int fold_string(uint8_t tag, View v, Bytes *ret) {
        _cleanup_(datum_done) gnutls_datum_t composed = { 0 };
        _cleanup_bytes_ Bytes utf8 = BYTES_NULL;
        int r;

        r = to_utf8(tag, v, &utf8);
        map_spaces(&utf8);
        if (r < 0 || is_ascii(bytes_view(&utf8)))
                return r < 0 ? r : fold_characters(bytes_view(&utf8), ret);
        r = gnutls_utf8_password_normalize(utf8.data, (unsigned) utf8.len, &composed, 0);
        if (r < 0 || !utf8_is_valid(VIEW(composed.data, composed.size)))
                return r == GNUTLS_E_MEMORY_ERROR ? -ENOMEM : -EOPNOTSUPP;
        return fold_characters(VIEW(composed.data, composed.size), ret);
}

static bool is_string(uint8_t tag) {
        switch (tag) {
        case TAG_UTF8_STRING:
        case TAG_NUMERIC_STRING:
        case TAG_PRINTABLE_STRING:
        case TAG_TELETEX_STRING:
        case TAG_IA5_STRING:
        case TAG_VISIBLE_STRING:
        case TAG_UNIVERSAL_STRING:
        case TAG_BMP_STRING:
                return true;
        default:
                return false;
        }
}

/* An AttributeTypeAndValue's contents; a value of another type as it is. */
static int fold_attribute(View v, Bytes *attributes) {
        _cleanup_bytes_ Bytes inside = BYTES_NULL, string = BYTES_NULL;
        View type, value, contents;
        int r;

        if (der_next(&v, &type, NULL) < 0 || type.data[0] != TAG_OID || der_next(&v, &value, &contents) < 0 || v.len > 0)
                return -EBADMSG;
        r = bytes_append_view(&inside, type);
        if (r >= 0 && is_string(value.data[0])) {
                r = fold_string(value.data[0], contents, &string);
                if (r >= 0)
                        r = der_append_element(&inside, TAG_UTF8_STRING, bytes_view(&string));
        } else if (r >= 0) {
                r = bytes_append_view(&inside, value);
        }
        return r < 0 ? r : der_append_element(attributes, TAG_SEQUENCE, bytes_view(&inside));
}

/* In DER's order anew: what was folded may sort otherwise. */
static int fold_rdn(View v, Bytes *name) {
        _cleanup_bytes_ Bytes attributes = BYTES_NULL;
        View attribute;
        int r = v.len > 0 ? 0 : -EBADMSG;

        while (r >= 0 && v.len > 0) {
                r = der_expect(&v, TAG_SEQUENCE, &attribute);
                if (r >= 0)
                        r = fold_attribute(attribute, &attributes);
        }
        return r < 0 ? r : der_append_set_of(name, TAG_SET, bytes_view(&attributes));
}

int distinguished_name_fold(View rdns, Bytes *ret) {
        _cleanup_bytes_ Bytes name = BYTES_NULL;
        View rdn;
        int r = rdns.len <= DISTINGUISHED_NAME_MAX ? 0 : -E2BIG;

        while (r >= 0 && rdns.len > 0) {
                r = der_expect(&rdns, TAG_SET, &rdn);
                if (r >= 0)
                        r = fold_rdn(rdn, &name);
        }
        if (r >= 0)
                *ret = bytes_take(&name);
        return r;
}
