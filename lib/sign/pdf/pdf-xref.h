/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The cross-reference of a PDF file (ISO 32000-1 §7.5.4, §7.5.8), followed as qpdf follows it, section by section and entry by entry, in constant
 * memory. It is for pdf-guard.c, which has to know what a file costs before qpdf holds it. */

#include "sign/pdf/pdf-cost.h"

typedef struct PdfXrefEntry {
        int64_t id;
        int64_t type;  /* 0: free, 1: at an offset, 2: in an object stream */
        int64_t value; /* the offset, or the object stream's number */
        int64_t generation; /* of type 1 */
        bool invalid;  /* of a form that qpdf warns of */
} PdfXrefEntry;

/* 0 to go on; anything else ends the walk and is returned. */
typedef int (*PdfVisitEntry)(void *userdata, const PdfXrefEntry *e);

typedef struct PdfXrefWalk {
        PdfSource *source;
        PdfCost *cost; /* NULL where all is spent already, and the walk is another of the same */
        uint64_t entries_max; /* of all sections together */
        PdfVisitEntry visit;
        void *userdata;

        bool is_encrypted; /* outputs: a trailer has Encrypt */
        uint64_t n_entries;
} PdfXrefWalk;

/* The most sections: one a revision, or two. */
#define PDF_SECTIONS_MAX 20000U

/* Sets the source's origin to the header that qpdf finds. 0, PDF_SCAN_DOUBTFUL. */
int pdf_xref_find_header(PdfSource *s);

/* From the last startxref on. 0, PDF_SCAN_EXCESSIVE or PDF_SCAN_DOUBTFUL, PDF_SCAN_BROKEN where a section cannot be read (those before it have been
 * visited), what the visitor returned, or a negative errno. */
int pdf_xref_walk(PdfXrefWalk *w);

/* The same from the cross-reference stream at `at`, where newer versions of qpdf go on that find one in a file without a trailer. What is none costs nothing; a former
 * section that begins a line is found by itself. */
int pdf_xref_walk_found(PdfXrefWalk *w, uint64_t at);
