/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Configuration files in the form of systemd's: `[Section]`, `Key=value`, comments with # or ;. A table names every key
 * that exists; an unknown section or key is reported with its line, and is an error: a misspelt limit must not pass
 * for a set one. */

#include <stdint.h>

#include "base/bytes.h"

typedef struct ConfKey {
        const char *section;
        const char *key;
        /* Parses `value` into `target`; -EINVAL when it is no such value. */
        int (*parse)(const char *value, void *target);
        void *target;
} ConfKey;

/* Reads `path`. A file that does not exist is the defaults: 0. On -EINVAL `*ret_line` is the offending line, from 1. */
int conf_read(const char *path, const ConfKey *keys, size_t n_keys, unsigned *ret_line);

/* The same over a text in memory; the fuzz target uses it. */
int conf_parse(View text, const ConfKey *keys, size_t n_keys, unsigned *ret_line);

/* Parsers. Seconds take an integer with an optional s, min, h or d; the target is an int64_t. */
int conf_seconds(const char *value, void *target);
int conf_unsigned(const char *value, void *target); /* unsigned */
int conf_bool(const char *value, void *target);     /* bool: yes, no, true, false, 1, 0 */
int conf_string(const char *value, void *target);   /* char *, replaced and freed */
