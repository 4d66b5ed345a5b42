/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* UTF-8 (RFC 3629) checked byte by byte, whatever the locale. */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

/* The length in bytes, 1 to 4, of the well-formed character at `s` (NUL-terminated, not empty); 0 when there is none:
 * overlong forms, surrogates and values above U+10FFFF are not well-formed. */
size_t utf8_char_length(const char *s);

/* True when all of `v` is well-formed and holds no NUL. */
bool utf8_is_valid(View v);

/* True when `s` is well-formed and fit to show on a terminal or in a log line: no control characters (C0, DEL, C1),
 * no line or paragraph separators, no bidirectional overrides or isolates. */
bool utf8_is_printable(const char *s);

/* A copy fit to be shown: what utf8_is_printable() refuses becomes U+FFFD, one for each byte or character. The caller
 * frees; NULL when out of memory. Whatever comes from a document, certificate or another process is shown through it. */
char *utf8_sanitize(View v);
