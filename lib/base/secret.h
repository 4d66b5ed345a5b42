/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Secrets: keys, passwords, one-time codes. A Secret has a fixed length, is wiped when freed, never reallocated, and has
 * no way into a format string: print functions take strings, and this is none. Locking the memory is the process's
 * work (MCL_ONFAULT at start), so that a secret costs no page of its own. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/cleanup.h"

typedef struct Secret Secret;

/* The longest secret that secret_read_fd() takes, in bytes. Passwords and codes are far below. */
#define SECRET_MAX 4096U

/* A zeroed secret of `len` bytes (0 is allowed). -ENOMEM. The caller owns *ret. */
int secret_new(size_t len, Secret **ret);

/* A secret that holds a copy of `v`; the original is the caller's to wipe. */
int secret_dup(View v, Secret **ret);

/* A secret of `len` bytes from the kernel's random source (getrandom(2)); -errno when there is none. */
int secret_random(size_t len, Secret **ret);

/* Reads all of `fd` (at most `max` bytes, which is at most SECRET_MAX), from where it stands to its end; one trailing
 * newline is dropped when `chomp`. -E2BIG when there is more, -errno of read(2). May block: never call it with a
 * caller's descriptor on an event loop. */
int secret_read_fd(int fd, size_t max, bool chomp, Secret **ret);

/* Wipes and frees. Takes NULL, returns NULL. */
Secret *secret_free(Secret *s);

uint8_t *secret_data(Secret *s);
size_t secret_len(const Secret *s);
View secret_view(const Secret *s);

/* Shortens, wiping what falls off. `len` must not exceed the present length. */
void secret_truncate(Secret *s, size_t len);

/* Constant-time in the contents; the lengths may leak. */
bool secret_equal(View a, View b);

/* memset that the compiler keeps. Takes NULL with 0. */
void secret_wipe(void *p, size_t len);

static inline void secret_freep(Secret **p) {
        secret_free(*p);
}
#define _cleanup_secret_ _cleanup_(secret_freep)
