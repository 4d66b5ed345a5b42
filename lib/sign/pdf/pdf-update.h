/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Writes an incremental update (ISO 32000-1 §7.5.6): objects, then a cross-reference section of the same form as the document's
 * last one, as the standard's readers expect. It is built in memory, being a few kilobytes, and the document's own bytes are not
 * its business. Offsets count from the document's header, as qpdf and most readers count them. Strings and streams of an encrypted document
 * are enciphered as they are written. */

#include "sign/pdf/pdf-document.h"
#include "sign/pdf/pdf-tail.h"

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

/* Between the two stands the object's content, appended to `out`; what holds strings or is a stream by the functions below. */
int pdf_update_begin_object(PdfUpdate *u, int id, int generation);
int pdf_update_end_object(PdfUpdate *u);

/* Begins a new version of an object that exists. PDF_UPDATE_TWICE when the update has one already. */
int pdf_update_begin_rewrite(PdfUpdate *u, qpdf_oh oh);

enum {
        PDF_UPDATE_TWICE = 1,
};

bool pdf_update_is_written(const PdfUpdate *u, int id);

/* A value as the document has it, a reference for an indirect one. */
int pdf_update_append_value(PdfUpdate *u, qpdf_oh oh);

/* A dictionary's `/Key value` pairs, but for the keys in the NULL-terminated list `except`. */
int pdf_update_append_entries(PdfUpdate *u, qpdf_oh dictionary, const char *const *except);

/* An array's items between brackets, then a reference to the new object `id` unless it is 0. Takes the null object for an empty one. */
int pdf_update_append_array(PdfUpdate *u, qpdf_oh array, int id);

/* `/Key (text)`, a text string (§7.9.2.2) of UTF-8, and an end of line. -EILSEQ. */
int pdf_update_append_text(PdfUpdate *u, const char *key, const char *text);

/* A number with at most four decimals, followed by a space; in no locale's notation but the format's (§7.3.3). -ERANGE beyond ±10^9. */
int pdf_append_number(Bytes *b, double v);

/* A stream with these `/Key value` pairs, which hold no strings, each with its end of line, and its Length. */
int pdf_update_append_stream(PdfUpdate *u, View entries, View data);

/* Writes the cross-reference section, the trailer with a new second ID, and the end of the file. */
int pdf_update_finish(PdfUpdate *u);

void pdf_update_done(PdfUpdate *u);
