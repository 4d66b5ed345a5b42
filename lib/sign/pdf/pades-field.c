/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The signature field and its widget; see pades-field.h. */

#include <errno.h>
#include <string.h>

#include "sign/pdf/pades-field.h"

/* F of the widget: Print and Locked (§12.5.3), as PDF/A asks for Print. */
#define WIDGET_FLAGS 132

/* Top-level names only: ours has no parent, so only these can be the same. */
static bool is_name_taken(PdfDocument *d, const char *name) {
        qpdf_oh form = pdf_get(d, qpdf_get_root(d->q), "/AcroForm"), fields = pdf_get(d, form, "/Fields");
        int n = pdf_count(d, fields);
        bool taken = false;

        for (int i = 0; i < n && !taken; i++) {
                qpdf_oh field = qpdf_oh_get_array_item(d->q, fields, i);
                _cleanup_free_ char *text = pdf_get_text(d, field, "/T");

                taken = text && strcmp(text, name) == 0;
                qpdf_oh_release(d->q, field);
        }
        qpdf_oh_release(d->q, fields);
        qpdf_oh_release(d->q, form);
        return taken;
}

/* Counting on from the number of signature fields, the first name is nearly always free; no document may make us try for long. */
static int choose_name(PdfDocument *d, const PdfFields *fields, PadesField *ret) {
        for (size_t i = fields->n + 1; i <= fields->n + 64; i++) {
                _cleanup_free_ char *name = NULL;

                if (asprintf(&name, "Signature%zu", i) < 0) {
                        name = NULL;
                        return -ENOMEM;
                }
                if (!is_name_taken(d, name) && !pdf_field_is_locked(d, fields, name)) {
                        *ret = (PadesField) { .name = TAKE_PTR(name), .is_new = true };
                        return 0;
                }
        }
        return PADES_FIELD_LOCKED;
}

/* The field itself where both are merged, else the first of its Kids that is a widget. */
static qpdf_oh find_widget(PdfDocument *d, qpdf_oh field) {
        qpdf_oh kids = pdf_get(d, field, "/Kids"), widget = qpdf_oh_new_null(d->q);
        int n = pdf_count(d, kids);

        if (n == 0 && pdf_name_is(d, field, "/Subtype", "/Widget"))
                widget = qpdf_oh_new_object(d->q, field);
        for (int i = 0; i < n && qpdf_oh_is_null(d->q, widget); i++) {
                qpdf_oh kid = qpdf_oh_get_array_item(d->q, kids, i);

                if (pdf_name_is(d, kid, "/Subtype", "/Widget"))
                        widget = kid;
                else
                        qpdf_oh_release(d->q, kid);
        }
        qpdf_oh_release(d->q, kids);
        return widget;
}

static int take_existing(PdfDocument *d, const PdfFields *fields, const PdfField *f, PadesField *ret) {
        char *name;

        if (!qpdf_oh_is_indirect(d->q, f->field))
                return PADES_FIELD_DAMAGED;
        if (pdf_field_is_locked(d, fields, f->name))
                return PADES_FIELD_LOCKED;
        name = strdup(f->name);
        if (!name)
                return -ENOMEM;
        *ret = (PadesField) { .name = name, .field = f->field, .widget = find_widget(d, f->field) };
        return 0;
}

/* Two fields of one name are one field to the standard (§12.7.3.2); a signed one beside an empty one is refused. */
int pades_field_choose(PdfDocument *d, const PdfFields *fields, const char *name, PadesField *ret) {
        const PdfField *found = NULL;

        if (!name)
                return choose_name(d, fields, ret);
        for (size_t i = 0; i < fields->n; i++) {
                if (strcmp(fields->items[i].name, name) != 0)
                        continue;
                if (!qpdf_oh_is_null(d->q, fields->items[i].value))
                        return PADES_FIELD_SIGNED;
                if (!found)
                        found = &fields->items[i];
        }
        return found ? take_existing(d, fields, found, ret) : PADES_FIELD_NO_SUCH;
}

/* Where an existing field's widget stands. False when it shows nothing: no widget, or one without extent. */
static bool widget_rect(PdfDocument *d, const PadesField *f, double ret[static 4]) {
        qpdf_oh rect = f->is_new ? qpdf_oh_new_null(d->q) : pdf_get(d, f->widget, "/Rect");
        double v[4] = { 0 };

        for (int i = 0; i < 4 && pdf_count(d, rect) == 4; i++) {
                qpdf_oh item = qpdf_oh_get_array_item(d->q, rect, i);

                if (qpdf_oh_is_number(d->q, item))
                        v[i] = qpdf_oh_get_numeric_value(d->q, item);
                qpdf_oh_release(d->q, item);
        }
        qpdf_oh_release(d->q, rect);
        /* Any two opposite corners do (§7.9.5). */
        ret[0] = v[0] < v[2] ? v[0] : v[2];
        ret[1] = v[1] < v[3] ? v[1] : v[3];
        ret[2] = v[0] < v[2] ? v[2] : v[0];
        ret[3] = v[1] < v[3] ? v[3] : v[1];
        return ret[0] < ret[2] && ret[1] < ret[3];
}

static int append_numbers(Bytes *b, const char *key, const double v[static 4]) {
        int r = bytes_printf(b, "%s [", key);

        for (int i = 0; i < 4 && r == 0; i++)
                r = pdf_append_number(b, v[i]);
        return r < 0 ? r : bytes_append_view(b, VIEW_LITERAL("]\n"));
}

/* An appearance without marks: PDF/A-1 wants one for every field. */
static int write_blank(PdfUpdate *u, const double rect[static 4], int *ret_id) {
        const double box[4] = { 0, 0, rect[2] - rect[0], rect[3] - rect[1] };
        _cleanup_bytes_ Bytes entries = BYTES_NULL;
        int id = pdf_update_reserve(u), r;

        r = bytes_append_view(&entries, VIEW_LITERAL("/Type /XObject\n/Subtype /Form\n/Resources <<>>\n"));
        if (r == 0)
                r = append_numbers(&entries, "/BBox", box);
        if (r == 0)
                r = pdf_update_begin_object(u, id, 0);
        if (r == 0)
                r = pdf_update_append_stream(u, bytes_view(&entries), VIEW_LITERAL(""));
        if (r == 0)
                r = pdf_update_end_object(u);
        if (r == 0)
                *ret_id = id;
        return r;
}

static int append_appearance(PdfUpdate *u, int id) {
        return bytes_printf(&u->out, "/AP << /N %d 0 R >>\n", id);
}

static int write_new(PdfUpdate *u, const PadesField *f, const PadesWidget *w, int signature_id, int id) {
        int appearance_id = w->appearance_id, r = 0;

        if (appearance_id == 0)
                r = write_blank(u, w->rect, &appearance_id);
        if (r == 0)
                r = pdf_update_begin_object(u, id, 0);
        if (r == 0)
                r = bytes_printf(&u->out, "<<\n/Type /Annot\n/Subtype /Widget\n/FT /Sig\n/V %d 0 R\n/F %d\n", signature_id, WIDGET_FLAGS);
        if (r == 0)
                r = append_numbers(&u->out, "/Rect", w->rect);
        if (r == 0)
                r = pdf_update_append_text(u, "/T", f->name);
        if (r == 0)
                r = append_appearance(u, appearance_id);
        if (r == 0)
                r = bytes_append_view(&u->out, VIEW_LITERAL("/P "));
        if (r == 0)
                r = pdf_update_append_value(u, w->page);
        if (r == 0)
                r = bytes_append_view(&u->out, VIEW_LITERAL("\n>>"));
        return r < 0 ? r : pdf_update_end_object(u);
}

/* The page's list of annotations, with the new widget. A page whose list is none is not shown by all readers. */
static int write_annotations(PdfUpdate *u, qpdf_oh page, int id) {
        static const char *const except[] = { "/Annots", NULL };
        PdfDocument *d = u->document;
        qpdf_oh annots = pdf_get(d, page, "/Annots");
        bool is_array = qpdf_oh_is_array(d->q, annots), apart = is_array && qpdf_oh_is_indirect(d->q, annots);
        int r;

        if (!is_array && !qpdf_oh_is_null(d->q, annots))
                return PADES_FIELD_DAMAGED;
        r = pdf_update_begin_rewrite(u, apart ? annots : page);
        if (r == 0 && !apart)
                r = bytes_append_view(&u->out, VIEW_LITERAL("<<\n"));
        if (r == 0 && !apart)
                r = pdf_update_append_entries(u, page, except);
        if (r == 0 && !apart)
                r = bytes_append_view(&u->out, VIEW_LITERAL("/Annots "));
        if (r == 0)
                r = pdf_update_append_array(u, annots, id);
        if (r == 0 && !apart)
                r = bytes_append_view(&u->out, VIEW_LITERAL("\n>>"));
        return r != 0 ? r : pdf_update_end_object(u);
}

/* A dictionary that exists: its value when `signature_id`, its appearance when `appearance_id`. */
static int rewrite(PdfUpdate *u, qpdf_oh oh, int signature_id, int appearance_id) {
        const char *except[3] = { NULL };
        size_t n = 0;
        int r;

        if (signature_id)
                except[n++] = "/V";
        if (appearance_id)
                except[n++] = "/AP";
        r = pdf_update_begin_rewrite(u, oh);
        if (r == 0)
                r = bytes_append_view(&u->out, VIEW_LITERAL("<<\n"));
        if (r == 0)
                r = pdf_update_append_entries(u, oh, except);
        if (r == 0 && signature_id)
                r = bytes_printf(&u->out, "/V %d 0 R\n", signature_id);
        if (r == 0 && appearance_id)
                r = append_appearance(u, appearance_id);
        if (r == 0)
                r = bytes_append_view(&u->out, VIEW_LITERAL(">>"));
        return r != 0 ? r : pdf_update_end_object(u);
}

static int write_existing(PdfUpdate *u, const PadesField *f, const PadesWidget *w, int signature_id) {
        PdfDocument *d = u->document;
        bool has_widget = qpdf_oh_is_dictionary(d->q, f->widget);
        bool merged = has_widget && qpdf_oh_get_object_id(d->q, f->widget) == qpdf_oh_get_object_id(d->q, f->field);
        int appearance_id = w->appearance_id, r = 0;
        double rect[4];

        if (has_widget && appearance_id == 0 && qpdf_oh_is_null(d->q, pdf_get(d, f->widget, "/AP"))) {
                widget_rect(d, f, rect);
                r = write_blank(u, rect, &appearance_id);
        }
        if (r == 0)
                r = rewrite(u, f->field, signature_id, merged ? appearance_id : 0);
        if (r == 0 && has_widget && !merged && appearance_id)
                r = qpdf_oh_is_indirect(d->q, f->widget) ? rewrite(u, f->widget, 0, appearance_id) : PADES_FIELD_DAMAGED;
        return r;
}

int pades_field_write(PdfUpdate *u, const PadesField *f, const PadesWidget *w, int signature_id, int *ret_new_id) {
        int id = f->is_new ? pdf_update_reserve(u) : 0, r;

        if (f->is_new) {
                r = write_new(u, f, w, signature_id, id);
                if (r == 0)
                        r = write_annotations(u, w->page, id);
        } else
                r = write_existing(u, f, w, signature_id);
        if (r == 0)
                *ret_new_id = id;
        return r == PDF_UPDATE_TWICE ? PADES_FIELD_DAMAGED : r;
}

void pades_field_done(PadesField *f) {
        free(f->name);
        *f = (PadesField) { 0 };
}
