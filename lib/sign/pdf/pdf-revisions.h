/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The signed revisions of a document, and what each later one changed. A revision is a prefix of the file, opened by itself. */

#include "sign/pdf/pdf-signature.h"
#include "sign/report.h"

typedef struct PdfRevisions {
        PdfDocument *document; /* the whole, borrowed */
        int fd;
        uint64_t size;
        View password;         /* the document's */
} PdfRevisions;

/* The most signed revisions of one document that are compared. */
#define PDF_REVISIONS_MAX 128U

typedef struct PdfRevisionVerdict {
        const char *reason;     /* NULL when the signature stands in the revision that it signs, and later ones change only what they may; otherwise the
                                 * sentence that says what is wrong, marked for gettext */
        DocumentAddition added; /* behind what is signed */
} PdfRevisionVerdict;

/* Sets the verdict on each of the `n` signatures of the document; those with a defect are passed over. -errno. */
int pdf_revisions_check(const PdfRevisions *x, const PdfSignature *signatures, size_t n, PdfRevisionVerdict *ret);
