/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The geometry of pages; see pdf-page.h. */

#include <math.h>

#include "sign/pdf/pdf-page.h"

#define PAGE_TREE_DEPTH_MAX 64U

/* What readers take where a page has no usable box of its own: US Letter, as Acrobat does. */
#define DEFAULT_BOX ((PdfRectangle) { 0, 0, 612, 792 })

#define UNIT_MAX 1000.0

bool pdf_rectangle_read(PdfDocument *d, qpdf_oh array, PdfRectangle *ret) {
        double v[4];

        if (pdf_count(d, array) != 4)
                return false;
        for (int i = 0; i < 4; i++) {
                qpdf_oh item = qpdf_oh_get_array_item(d->q, array, i);
                bool number = qpdf_oh_is_number(d->q, item);

                if (number)
                        v[i] = qpdf_oh_get_numeric_value(d->q, item);
                qpdf_oh_release(d->q, item);
                if (!number || !isfinite(v[i]))
                        return false;
        }
        *ret = (PdfRectangle) { fmin(v[0], v[2]), fmin(v[1], v[3]), fmax(v[0], v[2]), fmax(v[1], v[3]) };
        return true;
}

/* The value of an inheritable attribute: the page's, or its nearest ancestor's (§7.7.3.4). */
static qpdf_oh inherited(PdfDocument *d, qpdf_oh page, const char *key) {
        qpdf_oh node = page;

        for (unsigned depth = 0; depth < PAGE_TREE_DEPTH_MAX && qpdf_oh_is_dictionary(d->q, node); depth++) {
                qpdf_oh value = pdf_get(d, node, key);

                if (!qpdf_oh_is_null(d->q, value))
                        return value;
                node = pdf_get(d, node, "/Parent");
        }
        return qpdf_oh_new_null(d->q);
}

static bool is_area(const PdfRectangle *r) {
        return r->x1 - r->x0 > 0 && r->y1 - r->y0 > 0;
}

static PdfRectangle shown_box(PdfDocument *d, qpdf_oh page) {
        PdfRectangle media, crop;

        if (!pdf_rectangle_read(d, inherited(d, page, "/MediaBox"), &media) || !is_area(&media))
                media = DEFAULT_BOX;
        if (!pdf_rectangle_read(d, inherited(d, page, "/CropBox"), &crop))
                return media;
        crop = (PdfRectangle) { fmax(crop.x0, media.x0), fmax(crop.y0, media.y0), fmin(crop.x1, media.x1), fmin(crop.y1, media.y1) };
        return is_area(&crop) ? crop : media;
}

void pdf_page_read(PdfDocument *d, qpdf_oh page, PdfPage *ret) {
        qpdf_oh rotate = inherited(d, page, "/Rotate"), unit = pdf_get(d, page, "/UserUnit");
        long long turns = qpdf_oh_is_number(d->q, rotate) ? (long long) fmod(qpdf_oh_get_numeric_value(d->q, rotate), 360) / 90 : 0;

        *ret = (PdfPage) { .page = page, .box = shown_box(d, page), .rotate = (int) ((turns + 4) % 4) * 90, .unit = 1 };
        if (qpdf_oh_is_number(d->q, unit)) {
                double u = qpdf_oh_get_numeric_value(d->q, unit);

                if (u > 0 && u <= UNIT_MAX)
                        ret->unit = u;
        }
}

static bool is_turned(const PdfPage *p) {
        return p->rotate == 90 || p->rotate == 270;
}

double pdf_page_width(const PdfPage *p) {
        return (is_turned(p) ? p->box.y1 - p->box.y0 : p->box.x1 - p->box.x0) * p->unit;
}

double pdf_page_height(const PdfPage *p) {
        return (is_turned(p) ? p->box.x1 - p->box.x0 : p->box.y1 - p->box.y0) * p->unit;
}

/* One corner. A page that is shown turned clockwise by 90 has its left edge at the top: what is right on it was up, and what is up was left. */
static void corner_to_user(const PdfPage *p, double x, double y, double *ret_x, double *ret_y) {
        const PdfRectangle *b = &p->box;

        x /= p->unit;
        y /= p->unit;
        *ret_x = p->rotate == 0 ? b->x0 + x : p->rotate == 90 ? b->x1 - y : p->rotate == 180 ? b->x1 - x : b->x0 + y;
        *ret_y = p->rotate == 0 ? b->y0 + y : p->rotate == 90 ? b->y0 + x : p->rotate == 180 ? b->y1 - y : b->y1 - x;
}

static void corner_to_shown(const PdfPage *p, double x, double y, double *ret_x, double *ret_y) {
        const PdfRectangle *b = &p->box;

        *ret_x = (p->rotate == 0 ? x - b->x0 : p->rotate == 90 ? y - b->y0 : p->rotate == 180 ? b->x1 - x : b->y1 - y) * p->unit;
        *ret_y = (p->rotate == 0 ? y - b->y0 : p->rotate == 90 ? b->x1 - x : p->rotate == 180 ? b->y1 - y : x - b->x0) * p->unit;
}

static PdfRectangle in_order(double ax, double ay, double bx, double by) {
        return (PdfRectangle) { fmin(ax, bx), fmin(ay, by), fmax(ax, bx), fmax(ay, by) };
}

PdfRectangle pdf_page_to_user(const PdfPage *p, PdfRectangle shown) {
        double ax, ay, bx, by;

        corner_to_user(p, shown.x0, shown.y0, &ax, &ay);
        corner_to_user(p, shown.x1, shown.y1, &bx, &by);
        return in_order(ax, ay, bx, by);
}

PdfRectangle pdf_page_to_shown(const PdfPage *p, PdfRectangle user) {
        double ax, ay, bx, by;

        corner_to_shown(p, user.x0, user.y0, &ax, &ay);
        corner_to_shown(p, user.x1, user.y1, &bx, &by);
        return in_order(ax, ay, bx, by);
}
