/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The generation counter outside the database: a file with one decimal number. A database that is behind it is an older copy; see store.c. */

#include <stdint.h>

/* -ENOENT, -EBADMSG when it is no such file, -errno. */
int generation_read(const char *directory, uint64_t *ret);
int generation_write(const char *directory, uint64_t generation);
