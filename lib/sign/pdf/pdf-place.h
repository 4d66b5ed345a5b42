/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where a visible signature stands: a rectangle of a page, said as such or by the name of a place. All is as the page is shown: turned by its
 * Rotate, cut by its CropBox, in points from the lower left corner. */

#include "sign/pdf/pdf-page.h"
#include "sign/pdf/pdf-pages.h"

typedef enum PdfPlaceName {
        PDF_PLACE_RECTANGLE,
        PDF_PLACE_TOP_LEFT,
        PDF_PLACE_TOP,
        PDF_PLACE_TOP_RIGHT,
        PDF_PLACE_LEFT,
        PDF_PLACE_CENTER,
        PDF_PLACE_RIGHT,
        PDF_PLACE_BOTTOM_LEFT,
        PDF_PLACE_BOTTOM,
        PDF_PLACE_BOTTOM_RIGHT,
} PdfPlaceName;

typedef struct PdfPlace {
        size_t page; /* from 0, or PDF_PAGE_LAST */
        PdfPlaceName name;
        PdfRectangle rectangle; /* of PDF_PLACE_RECTANGLE */
} PdfPlace;

/* "bottom-right" and the like. */
bool pdf_place_parse(const char *s, PdfPlaceName *ret);

/* "left,bottom,width,height", each a number with nothing or pt, mm or cm behind it. */
bool pdf_place_parse_rectangle(const char *s, PdfRectangle *ret);

typedef struct PdfPlacement {
        PdfPage page;
        PdfRectangle shown;
        PdfRectangle user; /* the same in the page's own coordinates: the widget's Rect */
} PdfPlacement;

enum {
        PDF_PLACE_NO_PAGE = 1,
        PDF_PLACE_OUTSIDE, /* the rectangle is not on the page */
        PDF_PLACE_DAMAGED, /* the document has no usable page at all */
};

/* Finds a place on the document's page. Where a place with a name is taken by another signature that is seen there, the next free one
 * above or below is taken. 0, an outcome, or -errno. */
int pdf_place_find(PdfDocument *d, const PdfPlace *place, PdfPlacement *ret);

/* The place of a field's widget that is there. PDF_PLACE_OUTSIDE: it has no area, and its signature
 * is invisible. */
int pdf_place_of_widget(PdfDocument *d, qpdf_oh widget, PdfPlacement *ret);
