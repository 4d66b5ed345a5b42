/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Streams of FlateDecode with PNG's predictors (ISO 32000-1 §7.4.4), decoded piece by piece in constant memory, up to a bound. */

#include "sign/pdf/pdf-lexer.h"

#define PDF_ROW_MAX (64U << 10) /* bytes of a predictor's row */

typedef struct PdfFilter {
        bool flate; /* otherwise the data is as it is */
        bool png;   /* with rows of `row` bytes, and pixels of `pixel` */
        size_t row, pixel;
} PdfFilter;

enum {
        PDF_INFLATE_EXCESSIVE = 1, /* more than `limit` bytes */
};

/* 0 to go on; anything else ends the decoding, and is returned. */
typedef int (*PdfSink)(void *userdata, const uint8_t *data, size_t n);

/* Decodes `len` bytes from `at` on; fewer where the compressed data ends before. Damage is an end too: what stood before it has been given. 0, an
 * outcome, what the sink returned, or -ENOMEM. */
int pdf_inflate(PdfSource *s, uint64_t at, uint64_t len, const PdfFilter *filter, uint64_t limit, PdfSink sink, void *userdata);
