/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Places; see pdf-place.h. */

#include <math.h>
#include <string.h>

#include "sign/pdf/pdf-place.h"

/* Of a place that has a name, in points: a third of a sheet's width, and half an inch from its edges. */
#define PLACE_WIDTH 200.0
#define PLACE_HEIGHT 64.0
#define PLACE_MARGIN 36.0
#define PLACE_GAP 6.0 /* to another signature */

/* How far a rectangle may reach beyond its page: rounding, as of millimetres. */
#define TOLERANCE 1.0

#define ANNOTATIONS_MAX 10000

#define POINTS_IN_INCH 72.0
#define MILLIMETRES_IN_INCH 25.4

/* What a length may be: a page of PDF is at most 14,400 points wide. */
#define LENGTH_MAX 14400.0

static const char *const names[] = {
        [PDF_PLACE_TOP_LEFT] = "top-left",       [PDF_PLACE_TOP] = "top",       [PDF_PLACE_TOP_RIGHT] = "top-right",
        [PDF_PLACE_LEFT] = "left",               [PDF_PLACE_CENTER] = "center", [PDF_PLACE_RIGHT] = "right",
        [PDF_PLACE_BOTTOM_LEFT] = "bottom-left", [PDF_PLACE_BOTTOM] = "bottom", [PDF_PLACE_BOTTOM_RIGHT] = "bottom-right",
};

bool pdf_place_parse(const char *s, PdfPlaceName *ret) {
        for (size_t i = PDF_PLACE_TOP_LEFT; i < ELEMENTSOF(names); i++)
                if (strcmp(s, names[i]) == 0) {
                        *ret = (PdfPlaceName) i;
                        return true;
                }
        return false;
}

/* A decimal number with a point, whatever the locale, then "pt" (or nothing), "mm" or "cm"; in points. Leaves `*s` behind it. */
static bool parse_length(const char **s, double *ret) {
        static const struct {
                const char *name;
                double points;
        } units[] = { { "pt", 1 }, { "mm", POINTS_IN_INCH / MILLIMETRES_IN_INCH }, { "cm", 10 * POINTS_IN_INCH / MILLIMETRES_IN_INCH } };
        double v = 0, scale = 1;
        const char *p = *s;

        if (*p < '0' || *p > '9')
                return false;
        for (; *p >= '0' && *p <= '9' && v <= LENGTH_MAX; p++)
                v = v * 10 + (*p - '0');
        if (*p == '.')
                for (p++; *p >= '0' && *p <= '9'; p++)
                        v += (scale /= 10) * (*p - '0');
        for (size_t i = 0; i < ELEMENTSOF(units); i++)
                if (strncmp(p, units[i].name, 2) == 0) {
                        v *= units[i].points;
                        p += 2;
                        break;
                }
        *s = p;
        *ret = v;
        return v <= LENGTH_MAX;
}

bool pdf_place_parse_rectangle(const char *s, PdfRectangle *ret) {
        double v[4];

        for (unsigned i = 0; i < 4; i++) {
                if (!parse_length(&s, &v[i]) || *s != (i < 3 ? ',' : '\0'))
                        return false;
                s++;
        }
        *ret = (PdfRectangle) { v[0], v[1], v[0] + v[2], v[1] + v[3] };
        return v[2] > 0 && v[3] > 0;
}

static bool is_area(const PdfRectangle *r) {
        return r->x1 - r->x0 > 0 && r->y1 - r->y0 > 0;
}

/* A small page gets a small signature. */
static PdfRectangle named(const PdfPage *p, PdfPlaceName name) {
        double w = pdf_page_width(p), h = pdf_page_height(p), margin = fmin(PLACE_MARGIN, fmin(w, h) / 20);
        double width = fmin(PLACE_WIDTH, w - 2 * margin), height = fmin(PLACE_HEIGHT, h - 2 * margin);
        unsigned column = (name - PDF_PLACE_TOP_LEFT) % 3, row = (name - PDF_PLACE_TOP_LEFT) / 3;
        double x = column == 0 ? margin : column == 1 ? (w - width) / 2 : w - margin - width;
        double y = row == 2 ? margin : row == 1 ? (h - height) / 2 : h - margin - height;

        return (PdfRectangle) { x, y, x + width, y + height };
}

static bool overlap(const PdfRectangle *a, const PdfRectangle *b) {
        return a->x0 < b->x1 && b->x0 < a->x1 && a->y0 < b->y1 && b->y0 < a->y1;
}

/* Whether the annotation is the widget of a signature field that is seen. */
static bool read_signature_widget(PdfDocument *d, const PdfPage *p, qpdf_oh widget, PdfRectangle *ret) {
        PdfRectangle user;

        if (!pdf_name_is(d, widget, "/Subtype", "/Widget") || !pdf_rectangle_read(d, pdf_get(d, widget, "/Rect"), &user) || !is_area(&user))
                return false;
        if (!pdf_name_is(d, widget, "/FT", "/Sig") && !pdf_name_is(d, pdf_get(d, widget, "/Parent"), "/FT", "/Sig"))
                return false;
        *ret = pdf_page_to_shown(p, user);
        return true;
}

/* The signature on the page that this rectangle would cover. */
static bool find_covered(PdfDocument *d, const PdfPage *p, const PdfRectangle *r, PdfRectangle *ret) {
        qpdf_oh annots = pdf_get(d, p->page, "/Annots");
        int n = pdf_count(d, annots);
        bool found = false;

        for (int i = 0; i < n && i < ANNOTATIONS_MAX && !found; i++) {
                qpdf_oh widget = qpdf_oh_get_array_item(d->q, annots, i);

                found = read_signature_widget(d, p, widget, ret) && overlap(r, ret);
                qpdf_oh_release(d->q, widget);
        }
        qpdf_oh_release(d->q, annots);
        return found;
}

/* Signatures at the foot of a page pile up, others down. Where the page has no room left, they cover each other. */
static PdfRectangle avoid_signatures(PdfDocument *d, const PdfPage *p, PdfRectangle first, bool up) {
        PdfRectangle r = first, other;
        double height = first.y1 - first.y0;

        while (find_covered(d, p, &r, &other)) {
                r.y0 = up ? other.y1 + PLACE_GAP : other.y0 - PLACE_GAP - height;
                r.y1 = r.y0 + height;
                if (r.y0 < 0 || r.y1 > pdf_page_height(p))
                        return first;
        }
        return r;
}

static bool is_on_page(const PdfPage *p, const PdfRectangle *r) {
        return is_area(r) && r->x0 >= -TOLERANCE && r->y0 >= -TOLERANCE &&
               r->x1 <= pdf_page_width(p) + TOLERANCE && r->y1 <= pdf_page_height(p) + TOLERANCE;
}

int pdf_place_find(PdfDocument *d, const PdfPlace *place, PdfPlacement *ret) {
        PdfPlacement p;
        qpdf_oh page;
        int r;

        r = pdf_page_find(d, place->page, &page);
        if (r != 0)
                return r == PDF_PAGES_NO_SUCH ? PDF_PLACE_NO_PAGE : r > 0 ? PDF_PLACE_DAMAGED : r;
        pdf_page_read(d, page, &p.page);
        p.shown = place->name == PDF_PLACE_RECTANGLE ? place->rectangle :
                avoid_signatures(d, &p.page, named(&p.page, place->name), place->name >= PDF_PLACE_BOTTOM_LEFT);
        if (!is_on_page(&p.page, &p.shown))
                return PDF_PLACE_OUTSIDE;
        p.user = pdf_page_to_user(&p.page, p.shown);
        *ret = p;
        return 0;
}

int pdf_place_of_widget(PdfDocument *d, qpdf_oh widget, PdfPlacement *ret) {
        PdfPlacement p;

        if (!pdf_rectangle_read(d, pdf_get(d, widget, "/Rect"), &p.user) || !is_area(&p.user))
                return PDF_PLACE_OUTSIDE;
        /* P is not required. Without it the page is taken to be upright. */
        pdf_page_read(d, pdf_get(d, widget, "/P"), &p.page);
        p.shown = pdf_page_to_shown(&p.page, p.user);
        *ret = p;
        return 0;
}
