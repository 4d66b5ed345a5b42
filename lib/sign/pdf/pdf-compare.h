/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Compares the objects of two revisions of one document. Object numbers do not matter by themselves, content does: two references
 * are alike when what they lead to is. Bounded in objects, depth and stream size, whatever loops the document has. */

#include "sign/pdf/pdf-document.h"

enum {
        PDF_COMPARE_DIFFERENT = 1,
        PDF_COMPARE_TOO_COMPLEX,
};

/* What pdf-changes.c knows of an object of the former revision, by its number. */
enum {
        PDF_MARK_SEEN = 1,    /* compared, or about to be */
        PDF_MARK_SPECIAL = 2, /* compared by rules of its own; generic comparison only asks that it is the same object */
};

typedef struct PdfPair {
        qpdf_oh former, later;
} PdfPair;

typedef struct PdfCompare {
        PdfDocument *former, *later;
        uint8_t *marks; /* by the former revision's object number */
        size_t n_marks;
        PdfPair *queue; /* objects that remain to be compared */
        size_t n_queue, queue_allocated;
        uint64_t budget;
        uint64_t renumbered; /* pairs of unlike numbers so far, which are compared anew each time they are met */
} PdfCompare;

#define PDF_COMPARE_OBJECTS_MAX 8000000
#define PDF_COMPARE_RENUMBERED_MAX 200000U
#define PDF_COMPARE_DEPTH_MAX 100U
#define PDF_COMPARE_STREAM_MAX (256LL << 20)

int pdf_compare_init(PdfCompare *c, PdfDocument *former, PdfDocument *later);
void pdf_compare_done(PdfCompare *c);

/* The mark of an object of the former revision. 0 for a direct one. */
uint8_t pdf_compare_mark(const PdfCompare *c, qpdf_oh former);
void pdf_compare_set_mark(PdfCompare *c, qpdf_oh former, uint8_t mark);

/* Whether both are the same indirect object by number. */
bool pdf_compare_same_number(const PdfCompare *c, qpdf_oh former, qpdf_oh later);

/* Compares two objects; those that they refer to are queued. 0, an outcome, or -errno. */
int pdf_compare_objects(PdfCompare *c, qpdf_oh former, qpdf_oh later, unsigned depth);

/* Compares the keys of two dictionaries, but for those of the NULL-terminated list. */
int pdf_compare_entries(PdfCompare *c, qpdf_oh former, qpdf_oh later, const char *const *except, unsigned depth);

/* Compares what is queued, until nothing is. */
int pdf_compare_run(PdfCompare *c);
