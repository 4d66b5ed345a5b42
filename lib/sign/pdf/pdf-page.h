/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How a page is shown (ISO 32000-1 §7.7.3.3): its box, its turn and its unit, and from there to its own coordinates and back. */

#include "sign/pdf/pdf-document.h"

/* A rectangle: lower left corner, then upper right. */
typedef struct PdfRectangle {
        double x0, y0, x1, y1;
} PdfRectangle;

typedef struct PdfPage {
        qpdf_oh page;
        PdfRectangle box; /* what is shown: the CropBox, within the MediaBox; in the page's own coordinates */
        int rotate;       /* clockwise when it is shown: 0, 90, 180 or 270 */
        double unit;      /* points in a unit of its coordinates, 1 but for giant pages (§7.7.3.3 UserUnit) */
} PdfPage;

/* Borrows `page`, a page's dictionary. A page without a usable box is taken for US Letter, as readers do. */
void pdf_page_read(PdfDocument *d, qpdf_oh page, PdfPage *ret);

/* Four numbers, put in order. False for anything else. */
bool pdf_rectangle_read(PdfDocument *d, qpdf_oh array, PdfRectangle *ret);

/* The page's size as it is shown, in points. */
double pdf_page_width(const PdfPage *p);
double pdf_page_height(const PdfPage *p);

/* A rectangle in points from the lower left corner of the page as it is shown, in the page's own coordinates, and back. */
PdfRectangle pdf_page_to_user(const PdfPage *p, PdfRectangle shown);
PdfRectangle pdf_page_to_shown(const PdfPage *p, PdfRectangle user);
