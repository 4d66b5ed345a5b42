/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The signature fields of a document (ISO 32000-1 §12.7.4.5), found through the AcroForm's field tree, and what they and the
 * certification (§12.8.2.2, §12.8.2.4, §12.7.4.5 table 233) let a later revision change. A signature dictionary that no field
 * leads to is no signature of the document: no reader shows it, and a verifier that found none says so. */

#include "sign/pdf/pdf-document.h"

typedef struct PdfField {
        char *name;    /* fully qualified (§12.7.3.2), UTF-8 as the document has it: sanitize before showing */
        qpdf_oh field; /* the field's dictionary */
        qpdf_oh value; /* its V, or null */
} PdfField;

typedef struct PdfFields {
        PdfField *items;
        size_t n;
        size_t n_nodes; /* of the whole tree */
        size_t n_named; /* bytes of all full names, also of those that were no signature's */
} PdfFields;

/* The most nodes that are looked at, and the deepest nesting of fields. */
#define PDF_FIELDS_MAX 200000U
#define PDF_FIELDS_DEPTH_MAX 32U

/* The most bytes of full names: a long one may be the beginning of very many. */
#define PDF_FIELDS_NAMES_MAX (16U << 20)

/* Collects the signature fields. -E2BIG when a limit is reached (a tree with a loop reaches the depth), -ENOMEM. */
int pdf_fields_collect(PdfDocument *d, PdfFields *ret);

void pdf_fields_done(PdfFields *f);

static inline bool pdf_field_is_signed(PdfDocument *d, const PdfField *f) {
        return qpdf_oh_is_dictionary(d->q, f->value);
}

/* The certification level (DocMDP P): 1 no change, 2 form filling and signing, 3 annotations as well; 0 when there is none.
 * A signed field's Lock with a P of its own (PDF 2.0) counts, the strictest wins. */
int pdf_certification_level(PdfDocument *d, const PdfFields *f);

/* The same of one signature dictionary alone: what it certifies, 0 when it is an approval. */
int pdf_signature_certifies(PdfDocument *d, qpdf_oh signature);

/* How many names the locks of a document list: what one call of pdf_field_is_locked() costs. */
size_t pdf_fields_lock_names(PdfDocument *d, const PdfFields *f);

/* Whether a signature present locks the field called `name` (FieldMDP). */
bool pdf_field_is_locked(PdfDocument *d, const PdfFields *f, const char *name);
