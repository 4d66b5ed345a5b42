/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Writes JSON (RFC 8259), indented, to a stream. Separators and escapes are its work; balancing the begin and end calls
 * is the caller's (asserted). Names are given within objects and are NULL within arrays and at the top. Strings that are
 * not UTF-8 have the offending bytes replaced by U+FFFD. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/bytes.h"

#define JSON_DEPTH_MAX 32U

typedef struct Json {
        FILE *out;
        unsigned depth;
        bool compact; /* one line, for logs */
        bool first[JSON_DEPTH_MAX];
} Json;

#define JSON_INIT(f) ((Json) { .out = (f), .first = { true } })

void json_object_begin(Json *j, const char *name);
void json_object_end(Json *j);
void json_array_begin(Json *j, const char *name);
void json_array_end(Json *j);
void json_string(Json *j, const char *name, const char *value); /* NULL gives null */
void json_hex(Json *j, const char *name, View value); /* a string of lower-case hexadecimal digits */
void json_bool(Json *j, const char *name, bool value);
void json_int(Json *j, const char *name, int64_t value);
void json_null(Json *j, const char *name);

/* Seconds since the epoch as RFC 3339 in UTC, as in 2026-01-31T12:00:00Z; null beyond the years 0 to 9999. */
void json_time(Json *j, const char *name, int64_t seconds);

/* The same, and null for a time that is not known: -1. */
void json_time_if_known(Json *j, const char *name, int64_t seconds);

/* An array of strings. */
void json_strings(Json *j, const char *name, char *const *list, size_t n);

/* Ends the document with a newline; -EIO when the stream failed. */
int json_finish(Json *j);
