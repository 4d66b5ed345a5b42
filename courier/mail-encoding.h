/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How text that is not ASCII, or too long, travels in mail: encoded words (RFC 2047) in headers, transfer encodings (RFC 2045) in bodies. */

#include <stdbool.h>

#include "courier/text.h"

typedef enum MailEncoding {
        MAIL_7BIT,
        MAIL_QUOTED_PRINTABLE,
        MAIL_BASE64,
} MailEncoding;

/* The plainest that carries the body: 7bit for ASCII in short lines, base64 for where most is not ASCII. */
MailEncoding mail_encoding_choose(View body);
const char *mail_encoding_to_string(MailEncoding e);

/* Appends the body, whose lines end with \n, with lines that end with `eol`; the last one as well. */
int mail_encode_body(MailEncoding e, View body, const char *eol, Text *out);

/* Appends UTF-8 as the value of an unstructured header whose name takes `column` characters, fewer than 50, of the first line: as it is where it is ASCII that
 * fits, else as encoded words of at most 75 characters, a line each, cut between characters (RFC 2047 section 5). */
int mail_encode_header(View text, size_t column, const char *eol, Text *out);

/* Appends a display name (RFC 5322 section 3.4): an atom, a quoted string, or encoded words. */
int mail_encode_name(const char *name, size_t column, const char *eol, Text *out);
