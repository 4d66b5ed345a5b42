/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Signature fields and what locks them; see pdf-fields.h. */

#include <errno.h>
#include <string.h>

#include "sign/pdf/pdf-fields.h"

static int add_field(PdfFields *f, char *name, qpdf_oh field, qpdf_oh value) {
        PdfField *items = reallocarray(f->items, f->n + 1, sizeof(*items));

        if (!items)
                return -ENOMEM;
        f->items = items;
        f->items[f->n++] = (PdfField) { .name = name, .field = field, .value = value };
        return 0;
}

/* The parent's name and the node's own partial name, where it has one. NULL when out of memory. */
static char *join_name(const char *parent, const char *partial) {
        char *name;

        if (!partial)
                return strdup(parent);
        if (asprintf(&name, "%s%s%s", parent, *parent ? "." : "", partial) < 0)
                return NULL;
        return name;
}

static int walk(PdfDocument *d, qpdf_oh node, const char *parent, bool is_signature, unsigned depth, PdfFields *f);

static int walk_kids(PdfDocument *d, qpdf_oh kids, const char *name, bool is_signature, unsigned depth, PdfFields *f) {
        int n = pdf_count(d, kids), r = 0;

        for (int i = 0; i < n && r == 0; i++) {
                qpdf_oh kid = qpdf_oh_get_array_item(d->q, kids, i);

                r = walk(d, kid, name, is_signature, depth, f);
                qpdf_oh_release(d->q, kid);
        }
        return r;
}

/* A node of the tree; FT is inheritable. A kid without T is a mere widget, unless it bears a value. */
static int walk(PdfDocument *d, qpdf_oh node, const char *parent, bool is_signature, unsigned depth, PdfFields *f) {
        _cleanup_free_ char *partial = NULL, *name = NULL;
        qpdf_oh kids, value;
        int r = 0;

        if (++f->n_nodes > PDF_FIELDS_MAX || depth > PDF_FIELDS_DEPTH_MAX)
                return -E2BIG;
        if (!qpdf_oh_is_dictionary(d->q, node))
                return 0;
        partial = pdf_get_text(d, node, "/T");
        f->n_named += strlen(parent) + (partial ? strlen(partial) : 0);
        if (f->n_named > PDF_FIELDS_NAMES_MAX)
                return -E2BIG;
        name = join_name(parent, partial);
        if (!name)
                return -ENOMEM;
        if (qpdf_oh_has_key(d->q, node, "/FT"))
                is_signature = pdf_name_is(d, node, "/FT", "/Sig");
        value = pdf_get(d, node, "/V");
        kids = pdf_get(d, node, "/Kids");
        r = walk_kids(d, kids, name, is_signature, depth + 1, f);
        qpdf_oh_release(d->q, kids);
        if (r == 0 && is_signature && (partial || qpdf_oh_is_dictionary(d->q, value))) {
                r = add_field(f, name, qpdf_oh_new_object(d->q, node), value);
                if (r == 0)
                        name = NULL;
        } else
                qpdf_oh_release(d->q, value);
        return r;
}

int pdf_fields_collect(PdfDocument *d, PdfFields *ret) {
        _cleanup_(pdf_fields_done) PdfFields f = { 0 };
        qpdf_oh root = qpdf_get_root(d->q), form = pdf_get(d, root, "/AcroForm"), fields = pdf_get(d, form, "/Fields");
        int n = pdf_count(d, fields), r;

        for (int i = 0; i < n; i++) {
                qpdf_oh node = qpdf_oh_get_array_item(d->q, fields, i);

                r = walk(d, node, "", false, 0, &f);
                if (r < 0)
                        return r;
                qpdf_oh_release(d->q, node);
        }
        *ret = f;
        f = (PdfFields) { 0 };
        return 0;
}

void pdf_fields_done(PdfFields *f) {
        for (size_t i = 0; i < f->n; i++)
                free(f->items[i].name);
        free(f->items);
        *f = (PdfFields) { 0 };
}

/* The transform parameters of a signature dictionary's first signature reference with this method (§12.8.1 table 253); the null
 * object when there is none. */
static qpdf_oh transform_params(PdfDocument *d, qpdf_oh signature, const char *method, bool *ret_found) {
        qpdf_oh references = pdf_get(d, signature, "/Reference");
        int n = pdf_count(d, references);

        *ret_found = false;
        for (int i = 0; i < n && i < 16; i++) {
                qpdf_oh reference = qpdf_oh_get_array_item(d->q, references, i);

                if (pdf_name_is(d, reference, "/TransformMethod", method)) {
                        *ret_found = true;
                        return pdf_get(d, reference, "/TransformParams");
                }
        }
        return qpdf_oh_new_null(d->q);
}

/* P of DocMDP is 2 where it is absent. */
int pdf_signature_certifies(PdfDocument *d, qpdf_oh signature) {
        bool found;
        qpdf_oh params = transform_params(d, signature, "/DocMDP", &found);
        long long p = pdf_get_int(d, params, "/P", 2);

        if (!found)
                return 0;
        return p >= 1 && p <= 3 ? (int) p : 1;
}

static int stricter(int a, int b) {
        return a == 0 || (b != 0 && b < a) ? b : a;
}

int pdf_certification_level(PdfDocument *d, const PdfFields *f) {
        qpdf_oh perms = pdf_get(d, qpdf_get_root(d->q), "/Perms");
        int level = pdf_signature_certifies(d, pdf_get(d, perms, "/DocMDP"));

        for (size_t i = 0; i < f->n; i++) {
                long long p;

                if (!pdf_field_is_signed(d, &f->items[i]))
                        continue;
                level = stricter(level, pdf_signature_certifies(d, f->items[i].value));
                p = pdf_get_int(d, pdf_get(d, f->items[i].field, "/Lock"), "/P", 0);
                if (p >= 1 && p <= 3)
                        level = stricter(level, (int) p);
        }
        return level;
}

/* A name in the list, or a field that stands below one in it. */
static bool is_named(PdfDocument *d, qpdf_oh names, const char *name) {
        int n = pdf_count(d, names);

        for (int i = 0; i < n; i++) {
                qpdf_oh item = qpdf_oh_get_array_item(d->q, names, i);
                const char *text = qpdf_oh_is_string(d->q, item) ? qpdf_oh_get_utf8_value(d->q, item) : NULL;
                size_t len = text ? strlen(text) : 0;
                bool is = text && strncmp(name, text, len) == 0 && (name[len] == 0 || name[len] == '.');

                qpdf_oh_release(d->q, item);
                if (is)
                        return true;
        }
        return false;
}

/* §12.8.2.4 table 256. An action that is none of the three locks everything: fail closed. */
static bool locks(PdfDocument *d, qpdf_oh params, const char *name) {
        qpdf_oh names = pdf_get(d, params, "/Fields");

        if (pdf_name_is(d, params, "/Action", "/Include"))
                return is_named(d, names, name);
        if (pdf_name_is(d, params, "/Action", "/Exclude"))
                return !is_named(d, names, name);
        return true;
}

bool pdf_field_is_locked(PdfDocument *d, const PdfFields *f, const char *name) {
        for (size_t i = 0; i < f->n; i++) {
                qpdf_oh params, lock;
                bool found;

                if (!pdf_field_is_signed(d, &f->items[i]))
                        continue;
                params = transform_params(d, f->items[i].value, "/FieldMDP", &found);
                if (found && locks(d, params, name))
                        return true;
                lock = pdf_get(d, f->items[i].field, "/Lock");
                if (qpdf_oh_is_dictionary(d->q, lock) && locks(d, lock, name))
                        return true;
        }
        return false;
}

size_t pdf_fields_lock_names(PdfDocument *d, const PdfFields *f) {
        size_t n = 0;

        for (size_t i = 0; i < f->n; i++) {
                bool found;

                if (!pdf_field_is_signed(d, &f->items[i]))
                        continue;
                n += (size_t) pdf_count(d, pdf_get(d, transform_params(d, f->items[i].value, "/FieldMDP", &found), "/Fields"));
                n += (size_t) pdf_count(d, pdf_get(d, pdf_get(d, f->items[i].field, "/Lock"), "/Fields"));
        }
        return n;
}
