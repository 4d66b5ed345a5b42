/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* BER (X.690 §8) as it comes from elsewhere: indefinite lengths, constructed strings, files larger than memory. Reads headers
 * only, from memory or by pread(2) from a file, and never more than a window of it; contents are digested or copied by who wants
 * them. All is bounded by the size and a depth, nothing recurses over the input's nesting but ber_to_der(), to BER_DEPTH_MAX. */

#include <stdbool.h>

#include "base/bytes.h"

#define BER_DEPTH_MAX 32U

typedef struct BerSource {
        View memory;     /* used when fd is negative */
        int fd;          /* borrowed */
        uint64_t size;
        uint8_t *window; /* the part of the file read last */
        uint64_t window_at;
        size_t window_len;
} BerSource;

void ber_source_init(BerSource *s, View memory);

/* Takes the file's size as it is now. -errno of fstat(2), -ESPIPE for what is no regular file, -ENOMEM. */
int ber_source_init_fd(BerSource *s, int fd);
void ber_source_done(BerSource *s);
#define _cleanup_ber_source_ _cleanup_(ber_source_done)

/* Copies `len` bytes at `at`. -EBADMSG beyond the end, -EIO when the file has become shorter, -errno. */
int ber_source_read(BerSource *s, uint64_t at, void *p, size_t len);

/* The same into a new buffer; -E2BIG when `len` is beyond `max`. */
int ber_source_dup(BerSource *s, uint64_t at, uint64_t len, size_t max, Bytes *ret);

typedef struct BerElement {
        uint8_t tag;      /* the identifier octet; numbers above 30 are skipped over and given as 0x1f in the low bits */
        bool indefinite;
        uint64_t at;      /* where the header is */
        uint64_t body;    /* where the contents begin */
        uint64_t body_end;
        uint64_t end;     /* where the next element begins: behind the end-of-contents octets, if any */
} BerElement;

#define BER_CONSTRUCTED 0x20U

/* Reads the element at `at`, which must end by `limit`. Of an indefinite length the end is looked for. -EBADMSG, or as
 * ber_source_read(). */
int ber_element_read(BerSource *s, uint64_t at, uint64_t limit, BerElement *ret);

/* The next child within `parent`: `*at` starts as parent->body and is moved on. 0 at the end, 1 with a child. */
int ber_next(BerSource *s, const BerElement *parent, uint64_t *at, BerElement *ret);

/* Calls back with each piece of an OCTET STRING's value, primitive or constructed (X.690 §8.7), in order. `f` gets at most
 * BER_PIECE_MAX bytes at once; its negative return ends the walk. */
#define BER_PIECE_MAX (256U * 1024U)
typedef int (*BerPiece)(void *userdata, View piece);
int ber_octets(BerSource *s, const BerElement *octet_string, BerPiece f, void *userdata);

/* BER in memory as DER: lengths definite and minimal, constructed universal strings primitive. Sets keep their order. What is
 * DER already is copied as it is. -EBADMSG, -ELOOP beyond BER_DEPTH_MAX, -ENOMEM. */
int ber_to_der(View ber, Bytes *ret);
