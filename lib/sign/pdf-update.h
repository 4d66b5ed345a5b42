/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Writes an incremental update (ISO 32000-1 §7.5.6): objects, then a cross-reference section of the same form as the document's
 * last one, as the standard's readers expect. It is built in memory, being a few kilobytes, and the document's own bytes are not
 * its business. Offsets count from the document's header, as qpdf and most readers count them. */

#include "sign/pdf-document.h"
#include "sign/pdf-tail.h"

typedef struct PdfEntry {
        int id, generation;
        uint64_t offset;
} PdfEntry;

typedef struct PdfUpdate {
        PdfDocument *document;
        PdfTail tail;
        uint64_t start; /* where the update begins, in the file */
        Bytes out;
        PdfEntry *entries;
        size_t n_entries;
        int next_id;
} PdfUpdate;

/* The most that an update may take; the catalog, a page and the form's field list are rewritten in it. */
#define PDF_UPDATE_MAX (64U << 20)

/* Both are borrowed until pdf_update_done(). The update starts with an end of line where the document lacks its own. */
int pdf_update_init(PdfUpdate *u, PdfDocument *d, const PdfTail *t);

/* A number for a new object. */
static inline int pdf_update_reserve(PdfUpdate *u) {
        return u->next_id++;
}

/* Between the two stands the object's content, appended to `out`. */
int pdf_update_begin_object(PdfUpdate *u, int id, int generation);
int pdf_update_end_object(PdfUpdate *u);

/* Writes the cross-reference section, the trailer with a new second ID, and the end of the file. */
int pdf_update_finish(PdfUpdate *u);

void pdf_update_done(PdfUpdate *u);
