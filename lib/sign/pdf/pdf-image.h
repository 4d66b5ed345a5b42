/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A picture for a visible signature, as an image XObject (ISO 32000-1 §8.9.5). PNG is decoded and deflated anew, its transparency becoming a
 * soft mask (§11.6.5.3); JPEG goes into the document as it is (§7.4.8) after its header was read. Made once, it serves any number of
 * documents and threads. */

#include "sign/pdf/pdf-update.h"

/* What is read: bytes of the file, and pixels of a PNG, which are held uncompressed for a moment. */
#define PDF_IMAGE_FILE_MAX (8U << 20)
#define PDF_IMAGE_PIXELS_MAX (8U << 20)

enum {
        PDF_IMAGE_UNKNOWN = 1, /* neither PNG nor JPEG, or a kind of JPEG that PDF does not have */
        PDF_IMAGE_DAMAGED,
        PDF_IMAGE_TOO_LARGE,
};

typedef struct PdfImage {
        unsigned width, height; /* pixels, as they are stored */
        unsigned orientation;   /* 1 to 8: how a camera was held (Exif 2.32 §4.6.4, tag 274); 1 is as stored */
        Bytes entries;          /* of the stream's dictionary, with the Filter */
        Bytes data;
        Bytes mask; /* deflated, a byte a pixel; empty: opaque */
} PdfImage;

/* 0, an outcome, or -errno. */
int pdf_image_read(View file, PdfImage *ret);
void pdf_image_done(PdfImage *i);

/* The width of the image as it is to be seen, for a height of 1. */
double pdf_image_proportion(const PdfImage *i);

/* Appends the operators that draw the image `/Im` into the rectangle `width` by `height` at `x`, `y`, the right way up. */
int pdf_image_draw(const PdfImage *i, double x, double y, double width, double height, Bytes *content);

/* Writes the image as object `id`, and its mask. */
int pdf_image_write(const PdfImage *i, PdfUpdate *u, int id);
