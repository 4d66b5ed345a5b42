/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the objects of a PDF cost qpdf, counted in tokens, of which it makes some 250 bytes each: what it warns of takes it a kilobyte, and a reference may be to an
 * object that nothing else names, an entry of its cache. Everything of a file is spent from one budget. Memory is half a megabyte, of which few files use much. */

#include "sign/pdf/pdf-dictionary.h"

/* A warning with what qpdf makes of the place. */
#define PDF_COST_WARNING 10U

typedef struct PdfCost {
        uint64_t left; /* tokens that may still come */
        uint64_t seed; /* so that nobody knows which keys share a slot */
        uint64_t *keys;
        uint32_t n_dictionaries;
} PdfCost;

int pdf_cost_init(PdfCost *c, uint64_t budget);
void pdf_cost_done(PdfCost *c);

/* 0, or PDF_SCAN_EXCESSIVE. */
int pdf_cost_spend(PdfCost *c, uint64_t n);

/* Whether this key, whose highest bit is the caller's, was here before. Another may have taken its slot, which happens to few. */
bool pdf_cost_is_repeated(PdfCost *c, uint64_t key);

/* Spends the object that begins at the lexer's place, and steps over it. A reference is two tokens where it was `compressed`, and one where the file itself is as long as it
 * has many. 0, PDF_SCAN_EXCESSIVE, or PDF_SCAN_BROKEN where the object has no end; what stands before is spent. */
int pdf_cost_object(PdfCost *c, PdfLexer *l, bool compressed);
