/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Names that nobody can guess or hit upon twice: random, lower-case hexadecimal. */

#include <stdbool.h>
#include <stddef.h>

#define ID_RECORD 8U   /* bytes: accounts, credentials, tokens; 16 digits */
#define ID_SECRET 16U  /* bytes: sessions and operations; 32 digits */

/* Writes 2 * n digits and a NUL (n at most ID_SECRET). -errno of getrandom(2). */
int id_random(size_t n, char *ret);

/* Whether `s` is 2 * n such digits. */
bool id_is_valid(size_t n, const char *s);
