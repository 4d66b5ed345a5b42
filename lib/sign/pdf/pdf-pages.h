/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Pages by their number. qpdf's own page list is not used: it reads every page, and mends the tree. */

#include "sign/pdf/pdf-document.h"

#define PDF_PAGE_LAST SIZE_MAX

enum {
        PDF_PAGES_DAMAGED = 1, /* the tree has no page that could be used, or something that is none */
        PDF_PAGES_NO_SUCH,     /* it has fewer */
};

/* The page `index`, counted from 0, or the last one, depth first. The work grows with `index`, not with the document. 0, an outcome, or
 * -E2BIG when a limit is reached. */
int pdf_page_find(PdfDocument *d, size_t index, qpdf_oh *ret);

/* Calls `visit` with each page, a borrowed dictionary, until it returns something else than 0, which is handed on. 0 behind the last one, or
 * -E2BIG. */
typedef int (*PdfVisitPage)(void *userdata, qpdf_oh page);
int pdf_pages_visit(PdfDocument *d, PdfVisitPage visit, void *userdata);
