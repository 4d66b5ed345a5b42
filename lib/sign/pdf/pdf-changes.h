/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whether what was appended to a signed revision may stand beside its signatures. Allowed is what ISO 32000-1 §12.8.2.2 allows to a
 * document that is certified for form filling: further signatures and timestamps, the document security store, form fields filled in
 * where no signature locks them, and metadata. Everything else (pages, their content, resources and annotations, actions, scripts,
 * optional content, a signature dictionary put in another's place) is a modification, also where it cannot be seen. */

#include "sign/pdf/pdf-document.h"

enum {
        PDF_CHANGES_FORBIDDEN = 1, /* certified against all changes (DocMDP 1), or of a locked field */
        PDF_CHANGES_PAGES,         /* pages, their number, content or resources */
        PDF_CHANGES_ANNOTATIONS,
        PDF_CHANGES_FORM,          /* the form beyond filling it in */
        PDF_CHANGES_SIGNATURE,     /* a signature that was there */
        PDF_CHANGES_CATALOG,       /* actions, names, layers and the like */
        PDF_CHANGES_TOO_COMPLEX,
};

/* Compares the revision `former` with `later`. 0 when all changes are allowed, and then whether fields were filled in; an outcome; or -errno. */
int pdf_changes_check(PdfDocument *former, PdfDocument *later, bool *ret_filled);
