/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Strict DER; see der-reader.h. */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/utf8.h"
#include "daemon/der-reader.h"

#define CONSTRUCTED 0x20U
#define CLASS_MASK 0xc0U
#define NUMBER_MASK 0x1fU

/* X.690 10.1: definite, in the fewest octets. Sizes beyond 24 bits never occur within our limits. */
static int read_length(View *in, size_t *ret) {
        size_t n, len = 0;

        if (in->len < 1)
                return -EBADMSG;
        n = in->data[0];
        *in = VIEW(in->data + 1, in->len - 1);
        if (n < 0x80) {
                *ret = n;
                return 0;
        }
        n &= 0x7f;
        if (n < 1 || n > 3 || in->len < n || in->data[0] == 0)
                return -EBADMSG;
        for (size_t i = 0; i < n; i++)
                len = len << 8 | in->data[i];
        if (len < 0x80)
                return -EBADMSG;
        *in = VIEW(in->data + n, in->len - n);
        *ret = len;
        return 0;
}

int der_next(View *in, DerElement *ret) {
        View rest = *in;
        uint8_t tag;
        size_t len;
        int r;

        if (rest.len < 2)
                return -EBADMSG;
        tag = rest.data[0];
        if (tag == 0 || (tag & NUMBER_MASK) == NUMBER_MASK)
                return -EBADMSG;
        rest = VIEW(rest.data + 1, rest.len - 1);
        r = read_length(&rest, &len);
        if (r < 0)
                return r;
        if (len > rest.len)
                return -EBADMSG;
        *ret = (DerElement) {
                .tag = tag,
                .content = VIEW(rest.data, len),
                .whole = VIEW(in->data, (size_t) (rest.data - in->data) + len),
        };
        *in = VIEW(rest.data + len, rest.len - len);
        return 0;
}

int der_expect(View *in, uint8_t tag, View *ret_content) {
        View rest = *in;
        DerElement e;
        int r;

        r = der_next(&rest, &e);
        if (r < 0)
                return r;
        if (e.tag != tag)
                return -EBADMSG;
        *in = rest;
        *ret_content = e.content;
        return 0;
}

/* X.690 8.3.2 */
static bool integer_ok(View v) {
        if (v.len == 0)
                return false;
        return v.len == 1 || !((v.data[0] == 0 && v.data[1] < 0x80) || (v.data[0] == 0xff && v.data[1] >= 0x80));
}

/* X.690 8.19.2 */
static bool oid_ok(View v) {
        bool start = true;

        if (v.len == 0 || v.data[v.len - 1] >= 0x80)
                return false;
        for (size_t i = 0; i < v.len; i++) {
                if (start && v.data[i] == 0x80)
                        return false;
                start = v.data[i] < 0x80;
        }
        return true;
}

/* X.690 11.2.1 */
static bool bit_string_ok(View v) {
        if (v.len == 0 || v.data[0] > 7 || (v.len == 1 && v.data[0] != 0))
                return false;
        return v.data[0] == 0 || (v.data[v.len - 1] & ((1U << v.data[0]) - 1)) == 0;
}

static bool primitive_ok(const DerElement *e) {
        switch (e->tag) {
        case DER_BOOLEAN:
                return e->content.len == 1 && (e->content.data[0] == 0 || e->content.data[0] == 0xff);
        case DER_INTEGER:
        case DER_ENUMERATED:
                return integer_ok(e->content);
        case DER_BIT_STRING:
                return bit_string_ok(e->content);
        case DER_NULL:
                return e->content.len == 0;
        case DER_OID:
                return oid_ok(e->content);
        case DER_UTF8_STRING:
                return utf8_is_valid(e->content);
        default:
                return true;
        }
}

/* In the universal class only SEQUENCE and SET are constructed, and always (X.690 8.9.1, 8.11.1, 10.2). */
static bool form_ok(uint8_t tag) {
        bool constructed = tag & CONSTRUCTED;

        if ((tag & CLASS_MASK) != 0)
                return true;
        return constructed == ((tag & NUMBER_MASK) == (DER_SEQUENCE & NUMBER_MASK) || (tag & NUMBER_MASK) == (DER_SET & NUMBER_MASK));
}

/* X.690 11.6. No encoding is the beginning of another, so the padding that the clause speaks of never decides. */
static bool in_order(View a, View b) {
        return memcmp(a.data, b.data, a.len < b.len ? a.len : b.len) < 0;
}

static int check_row(View v, unsigned depth, bool sorted) {
        View before = { 0 };
        int r;

        while (v.len > 0) {
                DerElement e;

                r = der_next(&v, &e);
                if (r < 0)
                        return r;
                if (!form_ok(e.tag) || (!(e.tag & CONSTRUCTED) && !primitive_ok(&e)))
                        return -EBADMSG;
                if (sorted && before.data && !in_order(before, e.whole))
                        return -EBADMSG;
                before = e.whole;
                if (!(e.tag & CONSTRUCTED))
                        continue;
                if (depth == 0)
                        return -EBADMSG;
                r = check_row(e.content, depth - 1, e.tag == DER_SET);
                if (r < 0)
                        return r;
        }
        return 0;
}

int der_check(View v, unsigned depth) {
        return check_row(v, depth, false);
}

static bool two_digits(const uint8_t *p, int *ret) {
        if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
                return false;
        *ret = (p[0] - '0') * 10 + p[1] - '0';
        return true;
}

int der_time(const DerElement *value, int64_t *ret) {
        const uint8_t *p = value->content.data;
        int century, year, part[5];
        struct tm tm = { 0 };
        time_t t;

        if (value->tag == DER_UTC_TIME && value->content.len == 13) {
                if (!two_digits(p, &year))
                        return -EBADMSG;
                year += year < 50 ? 2000 : 1900;
                p += 2;
        } else if (value->tag == DER_GENERALIZED_TIME && value->content.len == 15) {
                if (!two_digits(p, &century) || !two_digits(p + 2, &year))
                        return -EBADMSG;
                year += century * 100;
                if (year >= 1950 && year < 2050)
                        return -EBADMSG;
                p += 4;
        } else
                return -EBADMSG;
        for (size_t i = 0; i < 5; i++, p += 2)
                if (!two_digits(p, &part[i]))
                        return -EBADMSG;
        if (*p != 'Z')
                return -EBADMSG;
        tm = (struct tm) { .tm_year = year - 1900, .tm_mon = part[0] - 1, .tm_mday = part[1],
                           .tm_hour = part[2], .tm_min = part[3], .tm_sec = part[4] };
        t = timegm(&tm);
        /* timegm() carries the 31st of April over; what it changed was no date. */
        if (tm.tm_mon != part[0] - 1 || tm.tm_mday != part[1] || tm.tm_hour != part[2] || tm.tm_min != part[3] || tm.tm_sec != part[4])
                return -EBADMSG;
        *ret = t;
        return 0;
}
