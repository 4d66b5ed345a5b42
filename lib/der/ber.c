/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Walking BER by its headers; see ber.h. The end of an indefinite length is found with a counter instead of recursion, and
 * elements of definite length are stepped over unread, so that a document of any size costs a few reads. */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "der/ber.h"

/* A header: identifier of up to 1 + 4 octets, length of up to 1 + 8. */
#define HEADER_MAX 14U

void ber_source_init(BerSource *s, View memory) {
        *s = (BerSource) { .memory = memory, .fd = -1, .size = memory.len };
}

int ber_source_init_fd(BerSource *s, int fd) {
        struct stat st;
        uint8_t *window;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -ESPIPE;
        window = malloc(BER_PIECE_MAX);
        if (!window)
                return -ENOMEM;
        *s = (BerSource) { .fd = fd, .size = (uint64_t) st.st_size, .window = window };
        return 0;
}

void ber_source_done(BerSource *s) {
        free(s->window);
        *s = (BerSource) { .fd = -1 };
}

static int window_fill(BerSource *s, uint64_t at) {
        size_t want = s->size - at < BER_PIECE_MAX ? (size_t) (s->size - at) : BER_PIECE_MAX;

        s->window_len = 0;
        s->window_at = at;
        while (s->window_len < want) {
                ssize_t n = pread(s->fd, s->window + s->window_len, want - s->window_len, (off_t) (at + s->window_len));

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        return -EIO;
                s->window_len += (size_t) n;
        }
        return 0;
}

/* Up to `len` bytes at `at`, fewer where the window ends; borrowed until the next call. */
static int source_peek(BerSource *s, uint64_t at, uint64_t len, View *ret) {
        uint64_t offset;
        int r;

        if (at >= s->size || len > s->size - at)
                return -EBADMSG;
        if (s->fd < 0) {
                *ret = VIEW(s->memory.data + at, len);
                return 0;
        }
        if (at < s->window_at || at - s->window_at >= s->window_len) {
                r = window_fill(s, at);
                if (r < 0)
                        return r;
        }
        offset = at - s->window_at;
        *ret = VIEW(s->window + offset, len < s->window_len - offset ? (size_t) len : s->window_len - (size_t) offset);
        return 0;
}

int ber_source_read(BerSource *s, uint64_t at, void *p, size_t len) {
        uint8_t *out = p;

        while (len > 0) {
                View v;
                int r;

                r = source_peek(s, at, len, &v);
                if (r < 0)
                        return r;
                memcpy(out, v.data, v.len);
                out += v.len;
                at += v.len;
                len -= v.len;
        }
        return 0;
}

int ber_source_dup(BerSource *s, uint64_t at, uint64_t len, size_t max, Bytes *ret) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r;

        if (len > max)
                return -E2BIG;
        r = bytes_reserve(&b, (size_t) len);
        if (r < 0)
                return r;
        r = ber_source_read(s, at, b.data, (size_t) len);
        if (r < 0)
                return r;
        b.len = (size_t) len;
        *ret = bytes_take(&b);
        return 0;
}

/* Splits a header: `*ret_size` octets, `*ret_length` of contents where it is definite. */
static int header_split(View h, BerElement *e, size_t *ret_size, uint64_t *ret_length) {
        size_t n = 1, octets;
        uint64_t length = 0;

        if (h.len == 0)
                return -EBADMSG;
        e->tag = h.data[0];
        if ((e->tag & 0x1f) == 0x1f) {
                while (n < h.len && n < 5 && (h.data[n] & 0x80))
                        n++;
                n++;
        }
        if (n >= h.len || n > 5)
                return -EBADMSG;
        octets = h.data[n] & 0x7f;
        e->indefinite = h.data[n] == 0x80;
        if (e->indefinite && !(e->tag & BER_CONSTRUCTED))
                return -EBADMSG;
        if (!(h.data[n++] & 0x80))
                length = octets;
        else {
                if (octets > 8 || octets > h.len - n)
                        return -EBADMSG;
                while (octets-- > 0)
                        length = length << 8 | h.data[n++];
        }
        *ret_size = n;
        *ret_length = length;
        return 0;
}

/* Reads a header and, of a definite length, the element's extent. */
static int header_read(BerSource *s, uint64_t at, uint64_t limit, BerElement *ret) {
        uint8_t octets[HEADER_MAX];
        size_t n, size;
        uint64_t length;
        BerElement e = { .at = at };
        int r;

        if (limit > s->size || at >= limit)
                return -EBADMSG;
        n = limit - at < sizeof(octets) ? (size_t) (limit - at) : sizeof(octets);
        r = ber_source_read(s, at, octets, n);
        if (r < 0)
                return r;
        r = header_split(VIEW(octets, n), &e, &size, &length);
        if (r < 0)
                return r;
        if (length > limit - at - size)
                return -EBADMSG;
        e.body = at + size;
        e.body_end = e.end = e.body + length;
        *ret = e;
        return 0;
}

static bool is_end_of_contents(const BerElement *e) {
        return e->tag == 0 && e->end - e->at == 2;
}

int ber_element_read(BerSource *s, uint64_t at, uint64_t limit, BerElement *ret) {
        BerElement e, inner;
        unsigned depth;
        int r;

        r = header_read(s, at, limit, &e);
        if (r < 0)
                return r;
        at = e.body;
        for (depth = e.indefinite; depth > 0; at = inner.indefinite ? inner.body : inner.end) {
                r = header_read(s, at, limit, &inner);
                if (r < 0)
                        return r;
                if (is_end_of_contents(&inner))
                        depth--;
                else if (inner.indefinite && ++depth > BER_DEPTH_MAX)
                        return -ELOOP;
                if (depth == 0) {
                        e.body_end = inner.at;
                        e.end = inner.end;
                }
        }
        *ret = e;
        return 0;
}

int ber_next(BerSource *s, const BerElement *parent, uint64_t *at, BerElement *ret) {
        int r;

        if (*at >= parent->body_end)
                return 0;
        r = ber_element_read(s, *at, parent->body_end, ret);
        if (r < 0)
                return r;
        *at = ret->end;
        return 1;
}

static int octets_primitive(BerSource *s, const BerElement *e, BerPiece f, void *userdata) {
        uint64_t at = e->body;

        while (at < e->body_end) {
                uint64_t want = e->body_end - at;
                View v;
                int r;

                r = source_peek(s, at, want < BER_PIECE_MAX ? want : BER_PIECE_MAX, &v);
                if (r >= 0)
                        r = f(userdata, v);
                if (r < 0)
                        return r;
                at += v.len;
        }
        return 0;
}

/* The segments of a constructed string may be constructed in turn: a walk in document order that steps into those and over the
 * others needs no stack, because ends are told by position. Only end-of-contents octets have to be told from segments. */
int ber_octets(BerSource *s, const BerElement *octet_string, BerPiece f, void *userdata) {
        uint64_t at = octet_string->body;
        unsigned depth = 0;
        BerElement e;
        int r;

        if (!(octet_string->tag & BER_CONSTRUCTED))
                return octets_primitive(s, octet_string, f, userdata);
        while (at < octet_string->body_end) {
                r = header_read(s, at, octet_string->body_end, &e);
                if (r < 0)
                        return r;
                at = e.end;
                if (is_end_of_contents(&e)) {
                        if (depth-- == 0)
                                return -EBADMSG;
                } else if (e.tag == 0x04) {
                        r = octets_primitive(s, &e, f, userdata);
                        if (r < 0)
                                return r;
                } else if (e.tag == (0x04 | BER_CONSTRUCTED)) {
                        if (e.indefinite && ++depth > BER_DEPTH_MAX)
                                return -ELOOP;
                        at = e.body;
                } else
                        return -EBADMSG;
        }
        return depth == 0 ? 0 : -EBADMSG;
}
