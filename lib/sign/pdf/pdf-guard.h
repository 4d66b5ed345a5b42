/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a PDF file would cost to read, before qpdf reads it. qpdf has no limits: it holds each entry of the cross-reference (some 80 bytes), inflates streams of
 * entries and of objects whole, and makes some 250 bytes of each token of an object, so that a file of 88 KB took 1.3 GB. Here the same sections and object streams
 * are read in little memory, and a file that would cost more than any honest one is refused. So is one of which we cannot tell what qpdf will make of it:
 * cross-reference streams have no indirect values (ISO 32000-1 §7.5.8.2). What is merely broken is left to
 * qpdf, which stops there or, asked to, rebuilds. */

#include "base/bytes.h"
#include "sign/pdf/pdf-xref.h"

/* Entries of all sections, of which three cost as much as a token. */
#define PDF_ENTRIES_MAX(size) (400000U + (size) / 16)

/* Tokens of all objects, as pdf-cost.h counts them, and what else is held: some 30 MB of them, and of a larger file one for eight bytes, of
 * which honest ones are but where all is structure. */
#define PDF_COST_MAX(size) ((size) / 8 > 110000U ? (size) / 8 : 110000U)

/* Tokens of objects in object streams, beside those: the structure of a tagged document deflates to less than a byte a token. Nothing of a small file, and for none more than
 * some 800 MB. */
#define PDF_COST_COMPRESSED_MAX(size) ((size) > 2055000U ? 4000000U : (size) > 55000U ? 2 * (uint64_t) ((size) - 55000U) : 0U)
#define PDF_COST_ALL_MAX(size) (PDF_COST_MAX(size) + PDF_COST_COMPRESSED_MAX(size))

/* One object stream. */
#define PDF_STREAM_OBJECTS_MAX 100000
#define PDF_STREAM_DATA_MAX (16U << 20)

/* Objects of a file that is rebuilt: for each stream of unknown length qpdf looks through all of them. */
#define PDF_REBUILT_OBJECTS_MAX 25000U

enum {
        PDF_GUARD_EXCESSIVE = 1,
        PDF_GUARD_DAMAGED,
};

typedef struct PdfGuard {
        PdfSource source;
        uint32_t *streams; /* numbers of object streams, sorted */
        size_t n_streams, n_allocated;
        uint8_t *seen; /* a bit for each number whose newest entry was met */
        int64_t id_max;
        PdfCost cost;
        uint64_t compressed_left; /* of PDF_COST_COMPRESSED_MAX() */
        bool repair;
        bool is_encrypted; /* then pdf_guard_check_objects() is to be asked again with the deciphered data */
} PdfGuard;

/* Deciphered, but not inflated, data of a stream; freed by the guard with free(). 0, or PDF_SCAN_BROKEN where there is none. */
typedef int (*PdfRawData)(void *userdata, uint32_t number, uint8_t **ret, size_t *ret_len);

/* Looks at the cross-reference of the first `length` bytes of `fd`, or of `memory` where that is not NULL; both stay the caller's and must outlive the guard. With `repair` a
 * file that is to be rebuilt is looked through as well. 0, an outcome, or -errno. */
int pdf_guard_check(PdfGuard *g, int fd, const void *memory, uint64_t length, bool repair);

/* Looks at all objects, and into the object streams that the cross-reference named. `raw` is NULL before qpdf has the document. */
int pdf_guard_check_objects(PdfGuard *g, PdfRawData raw, void *userdata);

void pdf_guard_done(PdfGuard *g);
