/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Pictures; see pdf-image.h. */

#include <errno.h>
#include <png.h>
#include <string.h>

#include "sign/pdf/pdf-image.h"
#include "sign/pdf/pdf-stream.h"

/* Markers of JPEG (ITU-T T.81 table B.1). */
enum {
        JPEG_TEM = 0x01,
        JPEG_SOF0 = 0xc0, /* baseline; SOF1 extended, SOF2 progressive: what DCTDecode takes */
        JPEG_SOF2 = 0xc2,
        JPEG_SOF15 = 0xcf,
        JPEG_DHT = 0xc4, /* among the numbers of the frames, as JPG and DAC */
        JPEG_JPG = 0xc8,
        JPEG_DAC = 0xcc,
        JPEG_RST0 = 0xd0,
        JPEG_EOI = 0xd9,
        JPEG_SOS = 0xda,
        JPEG_APP1 = 0xe1,
        JPEG_APP14 = 0xee,
};

#define EXIF_ORIENTATION 0x0112U
#define TIFF_SHORT 3U
#define TIFF_ENTRY 12U

typedef struct Jpeg {
        unsigned width, height, components;
        bool adobe; /* whose CMYK is inverted */
        unsigned orientation;
} Jpeg;

static unsigned u16be(const uint8_t *p) {
        return (unsigned) p[0] << 8 | p[1];
}

static bool is_frame(uint8_t marker) {
        return marker >= JPEG_SOF0 && marker <= JPEG_SOF15 && marker != JPEG_DHT && marker != JPEG_JPG && marker != JPEG_DAC;
}

/* A frame header (T.81 §B.2.2): precision, lines, samples a line, components. */
static int read_frame(uint8_t marker, View segment, Jpeg *ret) {
        if (marker > JPEG_SOF2)
                return PDF_IMAGE_UNKNOWN;
        if (segment.len < 6)
                return PDF_IMAGE_DAMAGED;
        if (segment.data[0] != 8)
                return PDF_IMAGE_UNKNOWN;
        ret->height = u16be(segment.data + 1);
        ret->width = u16be(segment.data + 3);
        ret->components = segment.data[5];
        if (ret->components != 1 && ret->components != 3 && ret->components != 4)
                return PDF_IMAGE_UNKNOWN;
        return ret->width == 0 || ret->height == 0 ? PDF_IMAGE_DAMAGED : 0;
}

/* A TIFF header says in which order its numbers are. Beyond the end there are zeros. */
static unsigned long tiff_number(View tiff, size_t at, unsigned bytes) {
        bool little = tiff.len > 0 && tiff.data[0] == 'I';
        unsigned long v = 0;

        if (at > tiff.len || bytes > tiff.len - at)
                return 0;
        for (unsigned i = 0; i < bytes; i++)
                v = v << 8 | tiff.data[at + (little ? bytes - 1 - i : i)];
        return v;
}

/* The orientation in an Exif segment's first directory, behind its six bytes of name; 1 where there is none that could be understood. */
static unsigned read_orientation(View segment) {
        View tiff = VIEW(segment.data + 6, segment.len - 6);
        unsigned long directory, n;

        if (tiff_number(tiff, 2, 2) != 42)
                return 1;
        directory = tiff_number(tiff, 4, 4);
        n = tiff_number(tiff, directory, 2);
        for (unsigned long i = 0; i < n && directory < tiff.len; i++) {
                size_t at = directory + 2 + i * TIFF_ENTRY;
                unsigned long value = tiff_number(tiff, at + 8, 2);

                if (tiff_number(tiff, at, 2) == EXIF_ORIENTATION && tiff_number(tiff, at + 2, 2) == TIFF_SHORT)
                        return value >= 1 && value <= 8 ? (unsigned) value : 1;
        }
        return 1;
}

/* Walks the segments up to the first scan. */
static int read_jpeg(View v, Jpeg *ret) {
        Jpeg j = { .orientation = 1 };

        for (size_t at = 2;;) {
                uint8_t marker;
                View segment;
                int r;

                while (at + 1 < v.len && v.data[at] == 0xff && v.data[at + 1] == 0xff)
                        at++;
                if (v.len - at < 4 || v.data[at] != 0xff)
                        return PDF_IMAGE_DAMAGED;
                marker = v.data[at + 1];
                if (marker == JPEG_TEM || (marker >= JPEG_RST0 && marker <= JPEG_EOI))
                        return PDF_IMAGE_DAMAGED;
                segment = VIEW(v.data + at + 4, u16be(v.data + at + 2));
                if (segment.len < 2 || segment.len - 2 > v.len - at - 4)
                        return PDF_IMAGE_DAMAGED;
                segment.len -= 2;
                if (marker == JPEG_SOS)
                        break;
                if (marker == JPEG_APP14 && segment.len >= 12 && memcmp(segment.data, "Adobe", 5) == 0)
                        j.adobe = true;
                if (marker == JPEG_APP1 && segment.len >= 6 && memcmp(segment.data, "Exif\0", 6) == 0)
                        j.orientation = read_orientation(segment);
                if (is_frame(marker)) {
                        r = read_frame(marker, segment, &j);
                        if (r != 0)
                                return r;
                }
                at += 4 + segment.len;
        }
        if (j.components == 0)
                return PDF_IMAGE_DAMAGED;
        *ret = j;
        return 0;
}

static int set_entries(PdfImage *i, const char *space, const char *filter) {
        return bytes_printf(&i->entries, "/Type /XObject\n/Subtype /Image\n/Width %u\n/Height %u\n/BitsPerComponent 8\n/ColorSpace /%s\n/Filter /%s\n",
                            i->width, i->height, space, filter);
}

static int load_jpeg(View v, PdfImage *i) {
        Jpeg j;
        int r;

        r = read_jpeg(v, &j);
        if (r != 0)
                return r;
        i->width = j.width;
        i->height = j.height;
        i->orientation = j.orientation;
        r = set_entries(i, j.components == 1 ? "DeviceGray" : j.components == 3 ? "DeviceRGB" : "DeviceCMYK", "DCTDecode");
        if (r == 0 && j.components == 4 && j.adobe)
                r = bytes_append_view(&i->entries, VIEW_LITERAL("/Decode [1 0 1 0 1 0 1 0]\n"));
        return r < 0 ? r : bytes_dup(v, &i->data);
}

/* Takes colours and opacity, which PNG has side by side, apart, in place for the colours. */
static void split(uint8_t *pixels, size_t n, unsigned colours, uint8_t *mask) {
        for (size_t i = 0; i < n; i++) {
                const uint8_t *p = pixels + i * (colours + 1);

                mask[i] = p[colours];
                memmove(pixels + i * colours, p, colours);
        }
}

static bool is_opaque(const uint8_t *mask, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (mask[i] != 0xff)
                        return false;
        return true;
}

/* How far a row's bytes are from 0, as signed numbers: what deflates best is near it (PNG, W3C 2003, §12.8). */
static uint64_t distance(const uint8_t *row, size_t n) {
        uint64_t sum = 0;

        for (size_t i = 0; i < n; i++)
                sum += row[i] < 128 ? row[i] : 256U - row[i];
        return sum;
}

/* One row's filter type and bytes: those that are left of the row itself, of the pixel to the left, of the row above, whichever is least. */
static void filter_row(const uint8_t *row, const uint8_t *above, size_t n, unsigned pixel, uint8_t *trial, uint8_t *ret) {
        uint64_t best = UINT64_MAX;

        for (uint8_t type = 0; type <= 2; type++) {
                uint64_t d;

                for (size_t i = 0; i < n; i++)
                        trial[i] = (uint8_t) (row[i] - (type == 1 ? (i >= pixel ? row[i - pixel] : 0) : type == 2 ? (above ? above[i] : 0) : 0));
                d = distance(trial, n);
                if (d < best) {
                        best = d;
                        ret[0] = type;
                        memcpy(ret + 1, trial, n);
                }
        }
}

/* Deflates rows behind PNG's filters, as Predictor 15 undoes them (§7.4.4.4). */
static int deflate_rows(const uint8_t *pixels, unsigned width, unsigned height, unsigned pixel, Bytes *ret) {
        size_t n = (size_t) width * pixel;
        _cleanup_free_ uint8_t *filtered = malloc((n + 1) * height), *trial = malloc(n);

        if (!filtered || !trial)
                return -ENOMEM;
        for (size_t y = 0; y < height; y++)
                filter_row(pixels + y * n, y > 0 ? pixels + (y - 1) * n : NULL, n, pixel, trial, filtered + y * (n + 1));
        return pdf_deflate(VIEW(filtered, (n + 1) * height), ret);
}

static int append_predictor(Bytes *entries, unsigned width, unsigned colours) {
        return bytes_printf(entries, "/DecodeParms << /Predictor 15 /Colors %u /Columns %u >>\n", colours, width);
}

static int deflate_png(PdfImage *i, uint8_t *pixels, unsigned colours, bool alpha) {
        size_t n = (size_t) i->width * i->height;
        _cleanup_free_ uint8_t *mask = NULL;
        int r;

        if (alpha) {
                mask = malloc(n);
                if (!mask)
                        return -ENOMEM;
                split(pixels, n, colours, mask);
        }
        r = deflate_rows(pixels, i->width, i->height, colours, &i->data);
        if (r == 0)
                r = append_predictor(&i->entries, i->width, colours);
        if (r == 0 && alpha && !is_opaque(mask, n))
                r = deflate_rows(mask, i->width, i->height, 1, &i->mask);
        return r;
}

/* libpng's simplified API: whatever the file has becomes eight bits of sRGB or grey, with opacity where it had any. */
static int load_png(View v, PdfImage *i) {
        png_image png = { .version = PNG_IMAGE_VERSION };
        _cleanup_free_ uint8_t *pixels = NULL;
        bool colour, alpha;
        int r;

        if (!png_image_begin_read_from_memory(&png, v.data, v.len))
                return PDF_IMAGE_DAMAGED;
        if ((uint64_t) png.width * png.height > PDF_IMAGE_PIXELS_MAX) {
                png_image_free(&png);
                return PDF_IMAGE_TOO_LARGE;
        }
        colour = png.format & PNG_FORMAT_FLAG_COLOR;
        alpha = png.format & PNG_FORMAT_FLAG_ALPHA;
        png.format = (colour ? PNG_FORMAT_FLAG_COLOR : 0) | (alpha ? PNG_FORMAT_FLAG_ALPHA : 0);
        pixels = malloc(PNG_IMAGE_SIZE(png));
        if (!pixels) {
                png_image_free(&png);
                return -ENOMEM;
        }
        if (!png_image_finish_read(&png, NULL, pixels, 0, NULL)) {
                png_image_free(&png);
                return PDF_IMAGE_DAMAGED;
        }
        i->width = png.width;
        i->height = png.height;
        i->orientation = 1;
        r = set_entries(i, colour ? "DeviceRGB" : "DeviceGray", "FlateDecode");
        return r < 0 ? r : deflate_png(i, pixels, colour ? 3 : 1, alpha);
}

int pdf_image_read(View file, PdfImage *ret) {
        _cleanup_(pdf_image_done) PdfImage i = { 0 };
        int r;

        if (file.len > PDF_IMAGE_FILE_MAX)
                return PDF_IMAGE_TOO_LARGE;
        if (file.len >= 8 && png_sig_cmp(file.data, 0, 8) == 0)
                r = load_png(file, &i);
        else if (file.len >= 4 && file.data[0] == 0xff && file.data[1] == 0xd8)
                r = load_jpeg(file, &i);
        else
                return PDF_IMAGE_UNKNOWN;
        if (r != 0)
                return r;
        *ret = i;
        i = (PdfImage) { 0 };
        return 0;
}

void pdf_image_done(PdfImage *i) {
        bytes_done(&i->entries);
        bytes_done(&i->data);
        bytes_done(&i->mask);
}

/* From 5 on lines stand upright. */
double pdf_image_proportion(const PdfImage *i) {
        return i->orientation >= 5 ? (double) i->height / i->width : (double) i->width / i->height;
}

/* An image is drawn into the unit square (§8.9.5.1), which is turned and mirrored within itself first. */
int pdf_image_draw(const PdfImage *i, double x, double y, double width, double height, Bytes *content) {
        static const char *const turns[] = {
                [2] = "-1 0 0 1 1 0 cm ",  [3] = "-1 0 0 -1 1 1 cm ", [4] = "1 0 0 -1 0 1 cm ", [5] = "0 -1 -1 0 1 1 cm ",
                [6] = "0 -1 1 0 0 1 cm ", [7] = "0 1 1 0 0 0 cm ",   [8] = "0 1 -1 0 1 0 cm ",
        };
        const double matrix[] = { width, 0, 0, height, x, y };
        int r;

        r = bytes_append_view(content, VIEW_LITERAL("q "));
        for (size_t k = 0; r == 0 && k < ELEMENTSOF(matrix); k++)
                r = pdf_append_number(content, matrix[k]);
        return r < 0 ? r : bytes_printf(content, "cm %s/Im Do Q\n", i->orientation >= 2 ? turns[i->orientation] : "");
}

int pdf_image_write(const PdfImage *i, PdfUpdate *u, int id) {
        _cleanup_bytes_ Bytes entries = BYTES_NULL, mask_entries = BYTES_NULL;
        int mask_id = i->mask.len > 0 ? pdf_update_reserve(u) : 0, r;

        r = bytes_append_view(&entries, bytes_view(&i->entries));
        if (r == 0 && mask_id > 0)
                r = bytes_printf(&entries, "/SMask %d 0 R\n", mask_id);
        if (r == 0)
                r = pdf_write_stream(u, id, bytes_view(&entries), bytes_view(&i->data));
        if (r < 0 || mask_id == 0)
                return r;
        r = bytes_printf(&mask_entries, "/Type /XObject\n/Subtype /Image\n/Width %u\n/Height %u\n/BitsPerComponent 8\n/ColorSpace /DeviceGray\n"
                         "/Filter /FlateDecode\n", i->width, i->height);
        if (r == 0)
                r = append_predictor(&mask_entries, i->width, 1);
        return r < 0 ? r : pdf_write_stream(u, mask_id, bytes_view(&mask_entries), bytes_view(&i->mask));
}
