/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a PDF signature covers (ISO 32000-1 §12.8.1, EN 319 142-1 §5.3): two ranges, from the file's first byte, with one gap that
 * is exactly the hexadecimal string of /Contents. Anything else is refused, because what an attacker can put into a wider gap
 * or a third range is shown by readers and signed by nobody. */

#include "base/bytes.h"
#include "crypto/digest.h"

typedef struct PdfByteRange {
        uint64_t gap_start; /* the `<` */
        uint64_t gap_end;   /* behind the `>` */
        uint64_t end;       /* of the signed revision */
} PdfByteRange;

enum {
        PDF_BYTE_RANGE_MALFORMED = 1, /* not two ordered ranges from 0 */
        PDF_BYTE_RANGE_OUTSIDE,       /* beyond the end of the file */
        PDF_BYTE_RANGE_GAP,           /* the gap is not one hexadecimal string */
};

/* The most that the gap may measure. */
#define PDF_GAP_MAX (32U << 20)

/* Checks the four numbers against the `size` bytes of `fd` and decodes the gap. 0, one of the outcomes, or -errno. */
int pdf_byte_range_read(int fd, uint64_t size, const long long numbers[static 4], PdfByteRange *ret, Bytes *ret_contents);

/* Digests both ranges. */
int pdf_byte_range_digest(int fd, const PdfByteRange *range, gnutls_digest_algorithm_t algorithm, Digest *ret);
