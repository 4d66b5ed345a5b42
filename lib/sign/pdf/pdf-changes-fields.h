/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What pdf-changes.c holds while it compares two revisions, and its rules for fields: what filling in and signing may change of them, and which annotations
 * signing brings. Nobody else includes this. */

#include "sign/pdf/pdf-changes.h"
#include "sign/pdf/pdf-compare.h"
#include "sign/pdf/pdf-fields.h"

typedef struct PdfChanges {
        PdfCompare c;
        PdfFields former_fields, later_fields;
        int level; /* the certification's, as of the former revision */
        size_t lock_names;
        bool is_filled; /* a field that is no signature's has another value */
} PdfChanges;

/* Names the comparison's outcome by what was compared. */
int pdf_changes_outcome(int r, int outcome);

/* Compares the form's Fields, or a field's Kids. 0, an outcome, or -errno. */
int pdf_changes_compare_fields(PdfChanges *x, qpdf_oh former, qpdf_oh later);

/* Whether a page of the later revision may have gained this annotation. */
bool pdf_changes_may_add(PdfChanges *x, qpdf_oh annotation);

/* Whether an annotation is the widget of a signature that the later revision brought, in a new field or one that waited for it. `userdata` is a PdfChanges. */
bool pdf_changes_is_new_signature(void *userdata, qpdf_oh annotation);
