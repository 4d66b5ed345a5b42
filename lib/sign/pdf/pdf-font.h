/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A TrueType font for the text of a visible signature, embedded as a subset with the glyphs that are shown (ISO 32000-1 §9.7: a composite
 * font, Identity-H, glyph numbers as they are in the font), so that every reader draws the same and the text can be searched. The font is
 * read once and serves any number of documents and threads; what one document shows of it is a PdfFontUse. Each character is one glyph:
 * scripts that need shaping are not for it. */

#include "sign/pdf/pdf-update.h"

#define PDF_FONT_DEFAULT "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
#define PDF_FONT_FILE_MAX (32U << 20)

typedef struct PdfFont PdfFont;

enum {
        PDF_FONT_UNUSABLE = 1, /* no TrueType font */
        PDF_FONT_FORBIDDEN,    /* its licence bits (OS/2 fsType) forbid to embed a subset of it */
};

/* 0, an outcome, or -errno: of open(2), -EFBIG beyond PDF_FONT_FILE_MAX, -ELIBACC when HarfBuzz is not there. */
int pdf_font_open(const char *path, PdfFont **ret);
PdfFont *pdf_font_free(PdfFont *f);
DEFINE_CLEANUP(PdfFont *, pdf_font_free);

/* The width of UTF-8 text, and how far letters reach above and below the line, at a size of 1. */
double pdf_font_width(const PdfFont *f, View text);
double pdf_font_ascent(const PdfFont *f);
double pdf_font_descent(const PdfFont *f);

/* Whether it has a glyph for each character of well-formed UTF-8. */
bool pdf_font_has(const PdfFont *f, View text);

typedef struct PdfGlyph {
        uint32_t id;
        uint32_t character; /* that it was first shown for */
} PdfGlyph;

#define PDF_FONT_GLYPHS_MAX 2048U

typedef struct PdfFontUse {
        const PdfFont *font;
        PdfGlyph *glyphs;
        size_t n_glyphs;
} PdfFontUse;

/* Appends `<glyphs> Tj` to a content stream. -E2BIG beyond PDF_FONT_GLYPHS_MAX different glyphs. */
int pdf_font_show(PdfFontUse *use, View text, Bytes *content);

/* Writes the font, as object `id`, and what belongs to it. */
int pdf_font_write(PdfFontUse *use, PdfUpdate *u, int id);

void pdf_font_use_done(PdfFontUse *use);
