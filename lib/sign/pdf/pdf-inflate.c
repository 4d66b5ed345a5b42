/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Bounded decoding; see pdf-inflate.h. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/cleanup.h"
#include "sign/pdf/pdf-inflate.h"

#define CHUNK 16384U

typedef struct Decoder {
        const PdfFilter *filter;
        PdfSink sink;
        void *userdata;
        uint64_t left;      /* that may still come */
        uint8_t *rows[2];   /* the former row and this one, behind `pixel` zero bytes each */
        size_t in_row;      /* bytes of this row that are there, its type among them */
        uint8_t type;
} Decoder;

static uint8_t paeth(int left, int above, int corner) {
        int p = left + above - corner, a = abs(p - left), b = abs(p - above), c = abs(p - corner);

        return (uint8_t) (a <= b && a <= c ? left : b <= c ? above : corner);
}

/* PNG (ISO/IEC 15948) §9.2. */
static uint8_t predict(const Decoder *d, size_t i) {
        const uint8_t *row = d->rows[1] + i, *above = d->rows[0] + i;
        size_t pixel = d->filter->pixel;

        switch (d->type) {
        case 1:
                return row[0];
        case 2:
                return above[pixel];
        case 3:
                return (uint8_t) ((row[0] + above[pixel]) / 2);
        case 4:
                return paeth(row[0], above[pixel], above[0]);
        default:
                return 0;
        }
}

static int end_row(Decoder *d, size_t n) {
        uint8_t *row = d->rows[1];
        int r;

        r = d->sink(d->userdata, row + d->filter->pixel, n);
        d->rows[1] = d->rows[0];
        d->rows[0] = row;
        d->in_row = 0;
        return r;
}

static int give_rows(Decoder *d, const uint8_t *data, size_t n) {
        int r = 0;

        for (size_t i = 0; r == 0 && i < n; i++) {
                if (d->in_row++ == 0) {
                        d->type = data[i];
                        continue;
                }
                d->rows[1][d->filter->pixel + d->in_row - 2] = (uint8_t) (data[i] + predict(d, d->in_row - 2));
                if (d->in_row > d->filter->row)
                        r = end_row(d, d->filter->row);
        }
        return r;
}

static int give(Decoder *d, const uint8_t *data, size_t n) {
        if (n > d->left)
                return PDF_INFLATE_EXCESSIVE;
        d->left -= n;
        return n == 0 ? 0 : d->filter->png ? give_rows(d, data, n) : d->sink(d->userdata, data, n);
}

/* The bytes at `at` that one look at the source gives; NULL at its end. */
static const uint8_t *piece(PdfSource *s, uint64_t at, uint64_t len, size_t *ret) {
        uint64_t there;

        if (len == 0 || pdf_source_byte(s, at) < 0)
                return NULL;
        there = s->len - (at - s->start);
        there = there < len ? there : len;
        *ret = there < (1U << 30) ? (size_t) there : 1U << 30;
        return s->data + (at - s->start);
}

static int run_flate(Decoder *d, z_stream *z, PdfSource *s, uint64_t at, uint64_t len) {
        uint8_t out[CHUNK];
        int r = 0, q = Z_OK;

        while (r == 0 && q == Z_OK) {
                size_t n = 0;
                const uint8_t *in = piece(s, at, len, &n);

                if (!in)
                        break;
                z->next_in = (Bytef *) (uintptr_t) in;
                z->avail_in = (uInt) n;
                at += n;
                len -= n;
                do {
                        z->next_out = out;
                        z->avail_out = sizeof(out);
                        q = inflate(z, Z_NO_FLUSH);
                        r = give(d, out, sizeof(out) - z->avail_out);
                } while (r == 0 && q == Z_OK && (z->avail_in > 0 || z->avail_out == 0));
                if (q == Z_BUF_ERROR)
                        q = Z_OK;
        }
        return r;
}

static int run(Decoder *d, PdfSource *s, uint64_t at, uint64_t len) {
        z_stream z = { 0 };
        int r = 0;

        if (d->filter->flate) {
                if (inflateInit(&z) != Z_OK)
                        return -ENOMEM;
                r = run_flate(d, &z, s, at, len);
                inflateEnd(&z);
        } else
                while (r == 0 && len > 0) {
                        size_t n = 0;
                        const uint8_t *in = piece(s, at, len, &n);

                        if (!in)
                                break;
                        r = give(d, in, n);
                        at += n;
                        len -= n;
                }
        if (r == 0 && d->filter->png && d->in_row > 1)
                r = end_row(d, d->in_row - 1);
        return r;
}

int pdf_inflate(PdfSource *s, uint64_t at, uint64_t len, const PdfFilter *filter, uint64_t limit, PdfSink sink, void *userdata) {
        _cleanup_free_ uint8_t *rows = NULL;
        Decoder d = { .filter = filter, .sink = sink, .userdata = userdata, .left = limit };
        PdfSource own; /* the sink may read elsewhere */
        int r;

        if (filter->png) {
                size_t n = filter->pixel + filter->row;

                if (filter->row == 0 || filter->row > PDF_ROW_MAX || filter->pixel > PDF_ROW_MAX)
                        return PDF_INFLATE_EXCESSIVE;
                rows = calloc(2, n);
                if (!rows)
                        return -ENOMEM;
                d.rows[0] = rows;
                d.rows[1] = rows + n;
        }
        pdf_source_copy(s, &own);
        r = run(&d, &own, at, len);
        if (own.error < 0)
                s->error = own.error;
        return r;
}
