/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a visible signature shows (ISO 32000-1 §12.5.5, §12.7.4.5): a picture, some lines of text, or both, in the rectangle of its widget. It
 * says nothing that a reader could rely on: who signed is told by the signature alone.
 *
 * An appearance is made once, with its font and picture, and then only read, so that it serves any number of documents and threads. */

#include "sign/pdf/pdf-font.h"
#include "sign/pdf/pdf-image.h"
#include "sign/pdf/pdf-place.h"
#include "sign/pdf/pdf-text.h"

typedef struct PdfAppearance PdfAppearance;

typedef struct PdfAppearanceParams {
        PdfPlace place;    /* of a new field; one that exists keeps its own */
        const char *text;  /* pdf_text_fill()'s template; NULL or empty for none */
        const char *font;  /* a TrueType file; NULL: PDF_FONT_DEFAULT */
        const char *image; /* a PNG or JPEG file; NULL for none */
} PdfAppearanceParams;

/* Outcomes beside 0 and -errno, of pdf_appearance_new() and of what draws, behind those of PAdES; pdf_appearance_strerror() has the sentence. */
enum {
        PDF_APPEARANCE_TEMPLATE = 60, /* a name in braces that is none, or too long */
        PDF_APPEARANCE_EMPTY,        /* neither text nor image */
        PDF_APPEARANCE_FONT_FILE,    /* not there, or cannot be read */
        PDF_APPEARANCE_FONT,
        PDF_APPEARANCE_FONT_FORBIDDEN,
        PDF_APPEARANCE_IMAGE_FILE,
        PDF_APPEARANCE_IMAGE,
        PDF_APPEARANCE_IMAGE_DAMAGED,
        PDF_APPEARANCE_IMAGE_TOO_LARGE,
        PDF_APPEARANCE_NO_PAGE,
        PDF_APPEARANCE_OUTSIDE,
        PDF_APPEARANCE_DAMAGED, /* the document has no usable page */
        PDF_APPEARANCE_LETTER,  /* the font lacks one of the text */
};

const char *pdf_appearance_strerror(int outcome); /* untranslated, marked for gettext */

/* Nothing is borrowed. */
int pdf_appearance_new(const PdfAppearanceParams *params, PdfAppearance **ret);
PdfAppearance *pdf_appearance_free(PdfAppearance *a);
DEFINE_CLEANUP(PdfAppearance *, pdf_appearance_free);

/* Where it stands in a document. */
int pdf_appearance_place(const PdfAppearance *a, PdfDocument *d, PdfPlacement *ret);

/* Writes the form XObject, for the widget's AP, and what belongs to it; `*ret_id` is its number. */
int pdf_appearance_write(const PdfAppearance *a, const PdfPlacement *p, const PdfTextFacts *facts, PdfUpdate *u, int *ret_id);
