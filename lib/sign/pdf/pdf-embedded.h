/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* PDF signatures whose CMS embeds what speaks for the document, instead of signing it from outside: document timestamps (EN 319 142-1
 * §5.4.3, RFC 3161 §2.4.2) and the old adbe.pkcs7.sha1. The CMS itself is verified by cms-verify.h; here what it embeds is held
 * against the document. */

#include "sign/pdf/pdf-byte-range.h"

enum {
        PDF_EMBEDDED_MALFORMED = 1,
        PDF_EMBEDDED_DIFFERENT, /* well-formed, and of other bytes than the document's */
};

/* Holds the message imprint of the timestamp token against the ranges. `ret_time` is genTime in seconds since the epoch. 0, an
 * outcome, -EOPNOTSUPP for a digest that we do not know, or another negative errno. */
int pdf_embedded_check_timestamp(int fd, const PdfByteRange *range, View cms, int64_t *ret_time);

/* Holds the embedded SHA-1 digest against the ranges. */
int pdf_embedded_check_sha1(int fd, const PdfByteRange *range, View cms);
