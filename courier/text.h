/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Text that holds secrets while it is put together: of a fixed room, never moved, wiped when done. */

#include "base/bytes.h"
#include "base/secret.h"

typedef struct Text {
        Secret *room;
        size_t len;
} Text;

/* Room for `size` bytes. -ENOMEM. */
int text_new(size_t size, Text *ret);

/* Wipes and frees; leaves it empty. */
void text_done(Text *t);
#define _cleanup_text_ _cleanup_(text_done)

static inline View text_view(const Text *t) {
        return VIEW(secret_view(t->room).data, t->len);
}

/* Each appends all, or nothing: -E2BIG when there is no room. */
int text_append(Text *t, View v);
int text_append_string(Text *t, const char *s);
int text_append_byte(Text *t, char c);

/* The text with a NUL behind it, as C's functions want it; valid until the next append. -E2BIG. */
int text_string(Text *t, const char **ret);

/* A secret's bytes with a NUL behind them. -EINVAL when there is one among them. */
int text_of_secret(View secret, Text *ret);
