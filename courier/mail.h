/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A mail as it travels (RFC 5322, RFC 2045). */

#include <stdint.h>

#include "courier/text.h"

typedef struct Mail {
        const char *id;        /* becomes the Message-ID, with the sender's domain */
        const char *from_name; /* NULL for none */
        const char *from;      /* valid addresses */
        const char *to;
        View subject;          /* one line of UTF-8 */
        View body;             /* UTF-8, lines end with \n */
        int64_t date;          /* seconds since the epoch */
} Mail;

/* Header and body, lines ending with `eol` (CRLF for SMTP, LF for sendmail(1)). -E2BIG, -EINVAL for a subject of several lines. */
int mail_compose(const Mail *mail, const char *eol, Text *ret);
