/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign/pdf/pdf-image.c: kinds of PNG, written by libpng, and headers of JPEG, as they are and broken in each place. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <png.h>
#include <string.h>

#include "sign/pdf/pdf-image.h"

static Bytes make_png(unsigned width, unsigned height, unsigned format, uint8_t opacity) {
        png_image image = { .version = PNG_IMAGE_VERSION, .width = width, .height = height, .format = format };
        _cleanup_free_ uint8_t *pixels = malloc(PNG_IMAGE_SIZE(image));
        png_alloc_size_t size = 0;
        Bytes b = BYTES_NULL;

        assert_non_null(pixels);
        memset(pixels, opacity, PNG_IMAGE_SIZE(image));
        assert_true(png_image_write_get_memory_size(image, size, 0, pixels, 0, NULL));
        assert_int_equal(bytes_reserve(&b, size), 0);
        assert_true(png_image_write_to_memory(&image, b.data, &size, 0, pixels, 0, NULL));
        b.len = size;
        return b;
}

static bool has_entry(const PdfImage *i, const char *entry) {
        return memmem(i->entries.data, i->entries.len, entry, strlen(entry)) != NULL;
}

static void test_png(void **state) {
        static const struct {
                unsigned format;
                uint8_t opacity;
                const char *space;
                bool mask;
        } kinds[] = {
                { PNG_FORMAT_RGB, 0x80, "/ColorSpace /DeviceRGB", false },
                { PNG_FORMAT_GRAY, 0x80, "/ColorSpace /DeviceGray", false },
                { PNG_FORMAT_RGBA, 0x80, "/ColorSpace /DeviceRGB", true },
                { PNG_FORMAT_GA, 0x80, "/ColorSpace /DeviceGray", true },
                { PNG_FORMAT_RGBA, 0xff, "/ColorSpace /DeviceRGB", false },
                { PNG_FORMAT_LINEAR_Y, 0x80, "/ColorSpace /DeviceGray", false },
        };

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++) {
                _cleanup_bytes_ Bytes png = make_png(7, 5, kinds[i].format, kinds[i].opacity);
                _cleanup_(pdf_image_done) PdfImage image = { 0 };

                assert_int_equal(pdf_image_read(bytes_view(&png), &image), 0);
                assert_int_equal(image.width, 7);
                assert_int_equal(image.height, 5);
                assert_true(has_entry(&image, kinds[i].space));
                assert_true(has_entry(&image, "/Filter /FlateDecode"));
                assert_int_equal(image.mask.len > 0, kinds[i].mask);
        }
}

/* Cut anywhere, it is refused: nothing half is shown. */
static void test_broken_png(void **state) {
        _cleanup_bytes_ Bytes png = make_png(7, 5, PNG_FORMAT_RGBA, 0x40);
        PdfImage image;

        for (size_t n = 8; n < png.len - 12; n++)
                assert_int_equal(pdf_image_read(VIEW(png.data, n), &image), PDF_IMAGE_DAMAGED);
        /* What it says of its size is believed before anything is decoded. */
        memcpy(png.data + 16, "\x00\x00\xff\xff\x00\x00\xff\xff", 8);
        assert_int_not_equal(pdf_image_read(bytes_view(&png), &image), 0);
}

static void test_large_png(void **state) {
        _cleanup_bytes_ Bytes png = make_png(4096, 2049, PNG_FORMAT_GRAY, 0);
        PdfImage image;

        assert_int_equal(pdf_image_read(bytes_view(&png), &image), PDF_IMAGE_TOO_LARGE);
}

#define SOI "\xff\xd8"
#define APP0 "\xff\xe0\x00\x07JFIF\x00"
#define ADOBE "\xff\xee\x00\x0e" "Adobe\x00\x64\x00\x00\x00\x00\x02"
#define SOF(marker, precision, components) "\xff" marker "\x00\x08" precision "\x00\x30\x00\x40" components
#define SOS "\xff\xda\x00\x02" "scan"
#define J(s) VIEW_LITERAL(s)

static void test_jpeg(void **state) {
        static const struct {
                View file;
                int outcome;
                const char *space;
        } cases[] = {
                { J(SOI APP0 SOF("\xc0", "\x08", "\x03") SOS), 0, "/ColorSpace /DeviceRGB" },
                { J(SOI SOF("\xc2", "\x08", "\x01") SOS), 0, "/ColorSpace /DeviceGray" },
                { J(SOI "\xff\xff" "\xff\xe0\x00\x02" SOF("\xc1", "\x08", "\x04") SOS), 0, "/ColorSpace /DeviceCMYK" },
                { J(SOI ADOBE SOF("\xc0", "\x08", "\x04") SOS), 0, "/Decode [1 0 1 0 1 0 1 0]" },
                { J(SOI SOF("\xc3", "\x08", "\x03") SOS), PDF_IMAGE_UNKNOWN, NULL }, /* lossless */
                { J(SOI SOF("\xc0", "\x0c", "\x03") SOS), PDF_IMAGE_UNKNOWN, NULL }, /* twelve bits */
                { J(SOI SOF("\xc0", "\x08", "\x02") SOS), PDF_IMAGE_UNKNOWN, NULL },
                { J(SOI APP0 SOS), PDF_IMAGE_DAMAGED, NULL },
                { J(SOI "\xff\xc0\x00\x08\x08\x00\x00\x00\x40\x03" SOS), PDF_IMAGE_DAMAGED, NULL }, /* no lines */
                { J(SOI "\xff\xc0\x00\x04\x08\x00" SOS), PDF_IMAGE_DAMAGED, NULL },
                { J(SOI "\xff\xe0\x00\x01" SOS), PDF_IMAGE_DAMAGED, NULL },
                { J(SOI "\xff\xd9\x00\x02" SOS), PDF_IMAGE_DAMAGED, NULL },
                { J("GIF89a..."), PDF_IMAGE_UNKNOWN, NULL },
                { J(""), PDF_IMAGE_UNKNOWN, NULL },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(pdf_image_done) PdfImage image = { 0 };

                assert_int_equal(pdf_image_read(cases[i].file, &image), cases[i].outcome);
                if (cases[i].outcome != 0)
                        continue;
                assert_int_equal(image.width, 64);
                assert_int_equal(image.height, 48);
                assert_true(has_entry(&image, cases[i].space));
                assert_true(has_entry(&image, "/Filter /DCTDecode"));
                assert_int_equal(image.data.len, cases[i].file.len);
        }
}

#define EXIF(order, n42, tag, type, value) "\xff\xe1\x00\x22" "Exif\x00\x00" order n42 tag type value
#define BIG EXIF("MM", "\x00\x2a\x00\x00\x00\x08\x00\x01", "\x01\x12", "\x00\x03\x00\x00\x00\x01", "\x00\x06\x00\x00\x00\x00\x00\x00")
#define LITTLE EXIF("II", "\x2a\x00\x08\x00\x00\x00\x01\x00", "\x12\x01", "\x03\x00\x01\x00\x00\x00", "\x08\x00\x00\x00\x00\x00\x00\x00")
#define NO_SUCH EXIF("MM", "\x00\x2a\x00\x00\x00\x08\x00\x01", "\x01\x12", "\x00\x03\x00\x00\x00\x01", "\x00\x09\x00\x00\x00\x00\x00\x00")
#define FAR EXIF("MM", "\x00\x2a\xff\xff\xff\xff\x00\x01", "\x01\x12", "\x00\x03\x00\x00\x00\x01", "\x00\x06\x00\x00\x00\x00\x00\x00")
#define MANY EXIF("MM", "\x00\x2a\x00\x00\x00\x08\xff\xff", "\x01\x13", "\x00\x03\x00\x00\x00\x01", "\x00\x06\x00\x00\x00\x00\x00\x00")

/* As a camera was held, in both orders of bytes; what makes no sense is upright. */
static void test_orientation(void **state) {
        static const struct {
                View file;
                unsigned orientation;
        } cases[] = {
                { J(SOI SOF("\xc0", "\x08", "\x03") SOS), 1 },     { J(SOI BIG SOF("\xc0", "\x08", "\x03") SOS), 6 }, { J(SOI LITTLE SOF("\xc0", "\x08", "\x03") SOS), 8 },
                { J(SOI NO_SUCH SOF("\xc0", "\x08", "\x03") SOS), 1 }, { J(SOI FAR SOF("\xc0", "\x08", "\x03") SOS), 1 }, { J(SOI MANY SOF("\xc0", "\x08", "\x03") SOS), 1 },
                { J(SOI "\xff\xe1\x00\x08" "Exif\x00\x00" SOF("\xc0", "\x08", "\x03") SOS), 1 },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(pdf_image_done) PdfImage image = { 0 };

                assert_int_equal(pdf_image_read(cases[i].file, &image), 0);
                assert_int_equal(image.orientation, cases[i].orientation);
                assert_int_equal(pdf_image_proportion(&image) > 1, cases[i].orientation < 5); /* 64 by 48, or upright */
        }
}

static void test_broken_jpeg(void **state) {
        static const View whole = J(SOI APP0 ADOBE SOF("\xc0", "\x08", "\x03") SOS);
        PdfImage image;

        for (size_t n = 4; n < whole.len - 4; n++)
                assert_int_equal(pdf_image_read(VIEW(whole.data, n), &image), PDF_IMAGE_DAMAGED);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_png),  cmocka_unit_test(test_broken_png),  cmocka_unit_test(test_large_png),
                cmocka_unit_test(test_jpeg), cmocka_unit_test(test_broken_jpeg), cmocka_unit_test(test_orientation),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
