/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Signature fields as they are shown; see pdf-panel.h. */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/utf8.h"
#include "sign/pdf/pdf-fields.h"
#include "sign/pdf/pdf-pages.h"
#include "sign/pdf/pdf-panel.h"
#include "sign/pdf/pdf-signature.h"

#define PAGES_BUDGET 20000000U
#define ANNOTATIONS_MAX 10000
#define FIELDS_MAX 10000U

/* What is looked for on the pages: the fields' widgets. */
typedef struct Widget {
        qpdf_oh widget;
        int id;
        int page_id; /* by its P; 0 when it has none, and the pages' annotations are looked through */
        uint64_t end; /* of the signed revision; 0 unsigned, or it cannot be told */
} Widget;

typedef struct Reading {
        PdfDocument *d;
        PdfPanel *panel;
        Widget *widgets; /* one a field */
        uint64_t budget; /* of fields that are looked for on pages */
} Reading;

static char *shown_text(PdfDocument *d, qpdf_oh dictionary, const char *key) {
        _cleanup_free_ char *text = pdf_get_text(d, dictionary, key);

        return text && *text ? utf8_sanitize(view_string(text)) : NULL;
}

/* Prop_Build's App, as Adobe's build properties have it: a name or a text. */
static char *application(PdfDocument *d, qpdf_oh signature) {
        qpdf_oh name = pdf_get(d, pdf_get(d, pdf_get(d, signature, "/Prop_Build"), "/App"), "/Name");

        if (!qpdf_oh_is_name(d->q, name))
                return NULL;
        return utf8_sanitize(view_string(qpdf_oh_get_name(d->q, name) + 1));
}

/* Behind the last byte that is signed; 0 when the ByteRange is none. Whether it is sound is verification's business. */
static uint64_t signed_end(PdfDocument *d, qpdf_oh signature) {
        qpdf_oh range = pdf_get(d, signature, "/ByteRange");
        long long v[4];

        if (pdf_count(d, range) != 4)
                return 0;
        for (int i = 0; i < 4; i++) {
                qpdf_oh item = qpdf_oh_get_array_item(d->q, range, i);
                bool is = qpdf_oh_is_integer(d->q, item);

                v[i] = is ? qpdf_oh_get_int_value(d->q, item) : -1;
                qpdf_oh_release(d->q, item);
                if (v[i] < 0)
                        return 0;
        }
        return (uint64_t) v[2] + (uint64_t) v[3];
}

static int read_signed(PdfDocument *d, qpdf_oh signature, PdfPanelField *f, Widget *w) {
        _cleanup_free_ char *date = pdf_get_text(d, signature, "/M");

        f->is_signed = true;
        f->is_document_timestamp = pdf_name_is(d, signature, "/SubFilter", "/ETSI.RFC3161");
        f->signer = shown_text(d, signature, "/Name");
        f->reason = shown_text(d, signature, "/Reason");
        f->location = shown_text(d, signature, "/Location");
        f->contact = shown_text(d, signature, "/ContactInfo");
        f->application = application(d, signature);
        f->time = date ? pdf_date_parse(date) : -1;
        f->certifies = pdf_signature_certifies(d, signature);
        w->end = signed_end(d, signature);
        return 0;
}

/* The field itself where it is merged with its widget, else the first of its kids. */
static qpdf_oh widget_of(PdfDocument *d, qpdf_oh field) {
        qpdf_oh kids = pdf_get(d, field, "/Kids");

        if (qpdf_oh_has_key(d->q, field, "/Rect") || pdf_count(d, kids) == 0)
                return field;
        return qpdf_oh_get_array_item(d->q, kids, 0);
}

static int read_field(Reading *r, const PdfField *field, size_t i) {
        PdfPanelField *f = &r->panel->fields[i];
        Widget *w = &r->widgets[i];
        PdfRectangle rectangle;

        f->time = -1;
        f->name = utf8_sanitize(view_string(field->name));
        if (!f->name)
                return -ENOMEM;
        w->widget = widget_of(r->d, field->field);
        w->id = qpdf_oh_get_object_id(r->d->q, w->widget);
        w->page_id = qpdf_oh_get_object_id(r->d->q, pdf_get(r->d, w->widget, "/P"));
        f->is_visible = pdf_rectangle_read(r->d, pdf_get(r->d, w->widget, "/Rect"), &rectangle) &&
                        rectangle.x1 > rectangle.x0 && rectangle.y1 > rectangle.y0;
        r->panel->n_signed += pdf_field_is_signed(r->d, field);
        return pdf_field_is_signed(r->d, field) ? read_signed(r->d, field->value, f, w) : 0;
}

static bool has_annotation(PdfDocument *d, qpdf_oh page, int id) {
        qpdf_oh annots = pdf_get(d, page, "/Annots");
        int n = pdf_count(d, annots);
        bool found = false;

        for (int i = 0; i < n && i < ANNOTATIONS_MAX && !found && id > 0; i++) {
                qpdf_oh item = qpdf_oh_get_array_item(d->q, annots, i);

                found = qpdf_oh_get_object_id(d->q, item) == id;
                qpdf_oh_release(d->q, item);
        }
        qpdf_oh_release(d->q, annots);
        return found;
}

/* Which fields stand on this page. */
static int visit_page(void *userdata, qpdf_oh page) {
        Reading *r = userdata;
        int id = qpdf_oh_get_object_id(r->d->q, page);

        if (r->budget < r->panel->n_fields)
                return PDF_PANEL_TOO_COMPLEX;
        r->budget -= r->panel->n_fields;
        r->panel->n_pages++;
        for (size_t i = 0; i < r->panel->n_fields; i++) {
                PdfPanelField *f = &r->panel->fields[i];
                const Widget *w = &r->widgets[i];
                PdfRectangle user;
                PdfPage p;

                if (f->page > 0 || (w->page_id > 0 ? w->page_id != id : !has_annotation(r->d, page, w->id)))
                        continue;
                f->page = r->panel->n_pages;
                if (!f->is_visible || !pdf_rectangle_read(r->d, pdf_get(r->d, w->widget, "/Rect"), &user))
                        continue;
                pdf_page_read(r->d, page, &p);
                f->rectangle = pdf_page_to_shown(&p, user);
        }
        return 0;
}

static int by_number(const void *a, const void *b) {
        uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;

        return x < y ? -1 : x > y;
}

/* Numbers the signed revisions by where they end. */
static int number_revisions(const Reading *r, uint64_t size) {
        _cleanup_free_ uint64_t *ends = calloc(r->panel->n_fields + 1, sizeof(*ends));
        size_t n = 0, unique = 0;

        if (!ends)
                return -ENOMEM;
        for (size_t i = 0; i < r->panel->n_fields; i++)
                if (r->widgets[i].end > 0 && r->widgets[i].end <= size)
                        ends[n++] = r->widgets[i].end;
        qsort(ends, n, sizeof(*ends), by_number);
        for (size_t i = 0; i < n; i++)
                if (i == 0 || ends[i] != ends[i - 1])
                        ends[unique++] = ends[i];
        for (size_t i = 0; i < r->panel->n_fields; i++) {
                const uint64_t *at = bsearch(&r->widgets[i].end, ends, unique, sizeof(*ends), by_number);

                r->panel->fields[i].revision = at ? (size_t) (at - ends) + 1 : 0;
        }
        r->panel->n_revisions = unique + (unique > 0 && ends[unique - 1] < size);
        return 0;
}

static int read_fields(Reading *r, const PdfFields *fields, uint64_t size) {
        int q = 0;

        r->panel->fields = calloc(fields->n + 1, sizeof(*r->panel->fields));
        r->widgets = calloc(fields->n + 1, sizeof(*r->widgets));
        if (!r->panel->fields || !r->widgets)
                return -ENOMEM;
        for (; q == 0 && r->panel->n_fields < fields->n; r->panel->n_fields++)
                q = read_field(r, &fields->items[r->panel->n_fields], r->panel->n_fields);
        if (q == 0 && fields->n > 0)
                q = pdf_pages_visit(r->d, visit_page, r);
        if (q == -E2BIG)
                return PDF_PANEL_TOO_COMPLEX;
        return q == 0 ? number_revisions(r, size) : q;
}

static int document_outcome(int r) {
        return r == PDF_DOCUMENT_DAMAGED ? PDF_PANEL_DAMAGED : r == PDF_DOCUMENT_EXCESSIVE ? PDF_PANEL_TOO_COMPLEX : r > 0 ? PDF_PANEL_ENCRYPTED : r;
}

int pdf_panel_read(int fd, View password, PdfPanel *ret) {
        _cleanup_(pdf_document_freep) PdfDocument *d = NULL;
        _cleanup_(pdf_fields_done) PdfFields fields = { 0 };
        _cleanup_(pdf_panel_done) PdfPanel panel = { 0 };
        Reading reading = { .panel = &panel, .budget = PAGES_BUDGET };
        struct stat st;
        int r;

        if (fstat(fd, &st) < 0)
                return -errno;
        r = pdf_document_open_by_password(fd, (uint64_t) st.st_size, (uint64_t) st.st_size, false, password, &d);
        if (r == PDF_DOCUMENT_DAMAGED)
                r = pdf_document_open_by_password(fd, (uint64_t) st.st_size, (uint64_t) st.st_size, true, password, &d);
        if (r != 0)
                return document_outcome(r);
        r = pdf_fields_collect(d, &fields);
        if (r == -E2BIG || fields.n > FIELDS_MAX)
                return PDF_PANEL_TOO_COMPLEX;
        if (r < 0)
                return r;
        reading.d = d;
        r = read_fields(&reading, &fields, (uint64_t) st.st_size);
        free(reading.widgets);
        if (r != 0)
                return r;
        *ret = panel;
        panel = (PdfPanel) { 0 };
        return 0;
}

void pdf_panel_done(PdfPanel *p) {
        for (size_t i = 0; p->fields && i < p->n_fields; i++) {
                free(p->fields[i].name);
                free(p->fields[i].signer);
                free(p->fields[i].reason);
                free(p->fields[i].location);
                free(p->fields[i].contact);
                free(p->fields[i].application);
        }
        free(p->fields);
        *p = (PdfPanel) { 0 };
}
