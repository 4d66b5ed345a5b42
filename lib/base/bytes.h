/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Byte strings. View borrows, Bytes owns and grows. Neither is for secrets: those have lib/base/secret.h. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

typedef struct View {
        const uint8_t *data;
        size_t len;
} View;

typedef struct Bytes {
        uint8_t *data;
        size_t len;
        size_t allocated;
} Bytes;

#define VIEW(d, n) ((View) { .data = (const uint8_t *) (d), .len = (n) })
#define VIEW_LITERAL(s) ((View) { .data = (const uint8_t *) ("" s), .len = sizeof(s) - 1 })
#define BYTES_NULL ((Bytes) { 0 })

static inline View bytes_view(const Bytes *b) {
        return VIEW(b->data, b->len);
}

/* A view of a NUL-terminated string, without its NUL; the empty view for NULL. */
View view_string(const char *s);

/* Equality of public data; not constant-time (secret_equal() is). */
bool view_equal(View a, View b);

/* Where `text` stands first in `v`; NULL when it does not. */
const uint8_t *view_find(View v, const char *text);

/* What of `v` is from `place`, which is in it or at its end. */
static inline View view_from(View v, const uint8_t *place) {
        return VIEW(place, v.len - (size_t) (place - v.data));
}

/* Frees what the buffer owns and leaves it empty. Takes NULL. */
void bytes_done(Bytes *b);

/* Each appends and returns 0, or -ENOMEM, or -EOVERFLOW; on error the buffer is as it was. */
int bytes_reserve(Bytes *b, size_t more);
int bytes_append(Bytes *b, const void *data, size_t len);
int bytes_append_view(Bytes *b, View v);
int bytes_append_byte(Bytes *b, uint8_t c);
int bytes_append_u32be(Bytes *b, uint32_t v);
int bytes_append_u64be(Bytes *b, uint64_t v);
int bytes_printf(Bytes *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Copies a view into a new buffer. `*ret` is written only on success; the caller owns it. */
int bytes_dup(View v, Bytes *ret);

/* Hands the content on and leaves the buffer empty. */
static inline Bytes bytes_take(Bytes *b) {
        Bytes r = *b;
        *b = BYTES_NULL;
        return r;
}

#define _cleanup_bytes_ _cleanup_(bytes_done)
