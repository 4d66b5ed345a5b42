/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Fuzz target for the pictures of visible signatures, PNG and JPEG. What is accepted has a size, within the limits, and something to draw; the same
 * file gives the same picture. */


#include "sign/pdf/pdf-image.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(pdf_image_done) PdfImage first = { 0 }, again = { 0 };
        int r;

        r = pdf_image_read(VIEW(data, size), &first);
        require(r >= 0 && r <= PDF_IMAGE_TOO_LARGE, 0);
        require(pdf_image_read(VIEW(data, size), &again) == r, 0);
        if (r > 0)
                return 0;
        require(first.width > 0 && first.height > 0 && first.width <= PDF_IMAGE_PIXELS_MAX && first.height <= PDF_IMAGE_PIXELS_MAX, 0);
        require(first.entries.len > 0 && first.data.len > 0 && first.orientation >= 1 && first.orientation <= 8, 0);
        require(view_equal(bytes_view(&first.data), bytes_view(&again.data)) && view_equal(bytes_view(&first.mask), bytes_view(&again.mask)), 0);
        return 0;
}
