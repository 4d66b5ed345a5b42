/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* BER made DER, as far as parsing needs it; see ber_to_der() in ber.h. */

#include <errno.h>
#include <string.h>

#include "der/ber.h"
#include "der/der.h"

/* Universal string types, which BER may build from segments (X.690 §8.21, §8.7); BIT STRING is none: its segments have headers of
 * their own, and nothing that is read here holds a large one. */
static bool is_string(uint8_t tag) {
        static const uint8_t strings[] = { 0x04, 0x0c, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x1a, 0x1b, 0x1c, 0x1e };

        return (tag & BER_CONSTRUCTED) && memchr(strings, tag & ~BER_CONSTRUCTED, sizeof(strings));
}

static int append_piece(void *userdata, View piece) {
        return bytes_append_view(userdata, piece);
}

/* Puts a header before what was appended since `start`. */
static int wrap(Bytes *b, size_t start, uint8_t tag) {
        _cleanup_bytes_ Bytes header = BYTES_NULL;
        int r;

        r = der_append_header(&header, tag, b->len - start);
        if (r < 0)
                return r;
        r = bytes_reserve(b, header.len);
        if (r < 0)
                return r;
        memmove(b->data + start + header.len, b->data + start, b->len - start);
        memcpy(b->data + start, header.data, header.len);
        b->len += header.len;
        return 0;
}

static int convert(BerSource *s, const BerElement *e, unsigned depth, Bytes *b) {
        size_t start = b->len;
        uint64_t at = e->body;
        BerElement child;
        int r;

        if (depth > BER_DEPTH_MAX)
                return -ELOOP;
        if (!(e->tag & BER_CONSTRUCTED)) {
                if ((e->tag & 0x1f) == 0x1f)
                        return bytes_append(b, s->memory.data + e->at, (size_t) (e->end - e->at));
                return der_append_element(b, e->tag, VIEW(s->memory.data + e->body, e->body_end - e->body));
        }
        if (is_string(e->tag)) {
                r = ber_octets(s, e, append_piece, b);
                return r < 0 ? r : wrap(b, start, e->tag & ~BER_CONSTRUCTED);
        }
        if ((e->tag & 0x1f) == 0x1f)
                return -EBADMSG;
        while ((r = ber_next(s, e, &at, &child)) > 0) {
                r = convert(s, &child, depth + 1, b);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : wrap(b, start, e->tag);
}

/* Whether there is nothing to convert: no indefinite length, no constructed string, no length longer than needed. Steps into
 * every constructed element, which is linear. */
static int is_der(BerSource *s) {
        uint64_t at = 0;
        BerElement e;
        View v, element;
        int r;

        while (at < s->size) {
                v = VIEW(s->memory.data + at, s->size - at);
                if (der_next(&v, &element, NULL) < 0)
                        return false;
                r = ber_element_read(s, at, s->size, &e);
                if (r < 0)
                        return r;
                if (is_string(e.tag))
                        return false;
                at = (e.tag & BER_CONSTRUCTED) ? e.body : e.end;
        }
        return true;
}

int ber_to_der(View ber, Bytes *ret) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        BerSource s;
        BerElement e;
        int r;

        ber_source_init(&s, ber);
        r = ber_element_read(&s, 0, ber.len, &e);
        if (r < 0)
                return r;
        if (e.end != ber.len)
                return -EBADMSG;
        r = is_der(&s);
        if (r < 0)
                return r;
        r = r > 0 ? bytes_append_view(&b, ber) : convert(&s, &e, 0, &b);
        if (r < 0)
                return r;
        *ret = bytes_take(&b);
        return 0;
}
