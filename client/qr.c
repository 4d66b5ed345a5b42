/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* QR codes; see qr.h. */

#include <errno.h>
#include <png.h>
#include <qrencode.h>
#include <string.h>

#include "base/atomic-file.h"
#include "client/output.h"
#include "client/qr.h"

#define QUIET_TERMINAL 2 /* light modules around it; ISO/IEC 18004 wants 4, terminals are 24 lines high, and readers content */
#define QUIET_FILE 4
#define PNG_SCALE 8

static void qr_free(QRcode *q) {
        if (!q)
                return;
        secret_wipe(q->data, (size_t) q->width * (size_t) q->width);
        QRcode_free(q);
}
DEFINE_CLEANUP(QRcode *, qr_free);

static int encode(const Secret *text, QRcode **ret) {
        QRcode *q = QRcode_encodeData((int) secret_len(text), secret_view(text).data, 0, QR_ECLEVEL_L);

        if (!q)
                return errno > 0 ? -errno : -EINVAL;
        *ret = q;
        return 0;
}

static bool is_dark(const QRcode *q, int x, int y) {
        return x >= 0 && y >= 0 && x < q->width && y < q->width && (q->data[y * q->width + x] & 1);
}

/* Light modules are drawn and dark ones left, for terminals are dark; colours, where there are any, make sure of it. */
static void print_half_blocks(const QRcode *q) {
        static const char *const blocks[] = { "█", "▀", "▄", " " };

        for (int y = -QUIET_TERMINAL; y < q->width + QUIET_TERMINAL; y += 2) {
                _cleanup_bytes_ Bytes line = BYTES_NULL;

                for (int x = -QUIET_TERMINAL; x < q->width + QUIET_TERMINAL; x++) {
                        bool lower = y + 1 < q->width + QUIET_TERMINAL ? is_dark(q, x, y + 1) : true;
                        const char *block = blocks[(is_dark(q, x, y) ? 2 : 0) + (lower ? 1 : 0)];

                        if (bytes_append(&line, block, strlen(block)) < 0)
                                return;
                }
                if (bytes_append_byte(&line, 0) < 0)
                        return;
                out_styled(STYLE_QR, "%s", (const char *) line.data);
                out("\n");
                secret_wipe(line.data, line.len);
        }
}

static void print_ascii(const QRcode *q) {
        for (int y = -QUIET_TERMINAL; y < q->width + QUIET_TERMINAL; y++) {
                for (int x = -QUIET_TERMINAL; x < q->width + QUIET_TERMINAL; x++)
                        out("%s", is_dark(q, x, y) ? "  " : "##");
                out("\n");
        }
}

int qr_print(const Secret *text, bool *ret_fits) {
        _cleanup_(qr_freep) QRcode *q = NULL;
        unsigned width;
        int r;

        r = encode(text, &q);
        if (r < 0)
                return r;
        width = (unsigned) (q->width + 2 * QUIET_TERMINAL) * (output_is_utf8() ? 1 : 2);
        *ret_fits = output_width() == 0 || width <= output_width();
        if (!*ret_fits)
                return 0;
        if (output_is_utf8())
                print_half_blocks(q);
        else
                print_ascii(q);
        return 0;
}

/* Grey, one byte a pixel: zlib makes it small. */
static void draw(const QRcode *q, int side, uint8_t *pixels) {
        for (int y = 0; y < side; y++)
                for (int x = 0; x < side; x++)
                        pixels[y * side + x] = is_dark(q, x / PNG_SCALE - QUIET_FILE, y / PNG_SCALE - QUIET_FILE) ? 0 : 255;
}

static int compress_png(const uint8_t *pixels, int side, Bytes *ret) {
        png_image image = { .version = PNG_IMAGE_VERSION, .width = (unsigned) side, .height = (unsigned) side, .format = PNG_FORMAT_GRAY };
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        png_alloc_size_t size = 0;
        int r;

        if (!png_image_write_get_memory_size(image, size, 0, pixels, 0, NULL))
                return -EIO;
        r = bytes_reserve(&b, size);
        if (r < 0)
                return r;
        if (!png_image_write_to_memory(&image, b.data, &size, 0, pixels, 0, NULL))
                return -EIO;
        b.len = size;
        *ret = bytes_take(&b);
        return 0;
}

int qr_write_png(const Secret *text, const char *path, bool replace) {
        _cleanup_(qr_freep) QRcode *q = NULL;
        _cleanup_secret_ Secret *pixels = NULL;
        _cleanup_bytes_ Bytes png = BYTES_NULL;
        int side, r;

        r = encode(text, &q);
        if (r < 0)
                return r;
        side = (q->width + 2 * QUIET_FILE) * PNG_SCALE;
        r = secret_new((size_t) side * (size_t) side, &pixels);
        if (r < 0)
                return r;
        draw(q, side, secret_data(pixels));
        r = compress_png(secret_data(pixels), side, &png);
        if (r < 0)
                return r;
        r = atomic_file_write(path, bytes_view(&png), 0600, replace);
        secret_wipe(png.data, png.len);
        return r;
}

/* A row's runs of dark modules, each a rectangle of the path. */
static int append_row(const QRcode *q, int y, Bytes *b) {
        int r = 0;

        for (int x = 0; r >= 0 && x < q->width; x++) {
                int begin = x;

                while (is_dark(q, x, y))
                        x++;
                if (x > begin)
                        r = bytes_printf(b, "M%d %dh%dv1h-%dz", begin + QUIET_FILE, y + QUIET_FILE, x - begin, x - begin);
        }
        return r;
}

static int write_svg(const QRcode *q, Bytes *b) {
        int side = q->width + 2 * QUIET_FILE, r;

        r = bytes_printf(b, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%dmm\" height=\"%dmm\" shape-rendering=\"crispEdges\">"
                            "<path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path d=\"", side, side, side, side, side, side);
        for (int y = 0; r >= 0 && y < q->width; y++)
                r = append_row(q, y, b);
        return r < 0 ? r : bytes_printf(b, "\"/></svg>\n");
}

int qr_write_svg(const Secret *text, const char *path, bool replace) {
        _cleanup_(qr_freep) QRcode *q = NULL;
        _cleanup_bytes_ Bytes svg = BYTES_NULL;
        int r;

        r = encode(text, &q);
        if (r < 0)
                return r;
        /* At once, so that no copy is left behind where it grew: a run takes at most 24 bytes, and a light module follows it. */
        r = bytes_reserve(&svg, 1024 + (size_t) q->width * (size_t) q->width * 12);
        if (r < 0)
                return r;
        r = write_svg(q, &svg);
        if (r >= 0)
                r = atomic_file_write(path, bytes_view(&svg), 0600, replace);
        secret_wipe(svg.data, svg.len);
        return r;
}
