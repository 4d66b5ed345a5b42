/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The signature field and the ways to it; see pades-field.h. */

#include <errno.h>
#include <string.h>

#include "sign/pades-field.h"

#define PAGE_TREE_DEPTH_MAX 64U
#define PAGE_TREE_NODES_MAX 10000U

/* SigFlags: SignaturesExist and AppendOnly (§12.7.2 table 219). */
#define SIG_FLAGS 3

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
int pades_field_choose_name(PdfDocument *d, const PdfFields *fields, char **ret) {
        for (size_t i = fields->n + 1; i <= fields->n + 64; i++) {
                _cleanup_free_ char *name = NULL;

                if (asprintf(&name, "Signature%zu", i) < 0) {
                        name = NULL;
                        return -ENOMEM;
                }
                if (!is_name_taken(d, name) && !pdf_field_is_locked(d, fields, name)) {
                        *ret = TAKE_PTR(name);
                        return 0;
                }
        }
        *ret = NULL;
        return 0;
}

/* The first leaf of the page tree, depth first. qpdf's own page list is not used: it reads every page, and mends the tree. */
static int find_page(PdfDocument *d, qpdf_oh node, unsigned depth, unsigned *nodes, qpdf_oh *ret) {
        qpdf_oh kids;
        int n, r;

        if (!qpdf_oh_is_dictionary(d->q, node))
                return PADES_FIELD_DAMAGED;
        if (depth > PAGE_TREE_DEPTH_MAX || ++*nodes > PAGE_TREE_NODES_MAX)
                return -E2BIG;
        if (!qpdf_oh_has_key(d->q, node, "/Kids")) {
                if (!qpdf_oh_is_indirect(d->q, node) || depth == 0)
                        return PADES_FIELD_DAMAGED;
                *ret = node;
                return 0;
        }
        kids = pdf_get(d, node, "/Kids");
        n = pdf_count(d, kids);
        for (int i = 0; i < n; i++) {
                r = find_page(d, qpdf_oh_get_array_item(d->q, kids, i), depth + 1, nodes, ret);
                if (r != PADES_FIELD_DAMAGED)
                        return r;
        }
        return PADES_FIELD_DAMAGED;
}

/* Writes the array's items and a reference to object `id` after them. */
static int append_extended_array(PdfUpdate *u, qpdf_oh array, int id) {
        PdfDocument *d = u->document;
        int n = pdf_count(d, array), r;

        r = bytes_append_byte(&u->out, '[');
        for (int i = 0; r == 0 && i < n; i++) {
                qpdf_oh item = qpdf_oh_get_array_item(d->q, array, i);

                r = pdf_unparse(d, item, false, &u->out);
                if (r == 0)
                        r = bytes_append_byte(&u->out, ' ');
                qpdf_oh_release(d->q, item);
        }
        return r < 0 ? r : bytes_printf(&u->out, "%d 0 R]", id);
}

static bool is_written(const PdfUpdate *u, int id) {
        for (size_t i = 0; i < u->n_entries; i++)
                if (u->entries[i].id == id)
                        return true;
        return false;
}

/* Begins a new version of an object that exists. Two parts of a document that claim the same object are no sound document. */
static int begin_rewrite(PdfUpdate *u, qpdf_oh oh) {
        int id = qpdf_oh_get_object_id(u->document->q, oh);

        if (is_written(u, id))
                return PADES_FIELD_DAMAGED;
        return pdf_update_begin_object(u, id, qpdf_oh_get_generation(u->document->q, oh));
}

static int rewrite_array(PdfUpdate *u, qpdf_oh array, int id) {
        int r;

        /* Some producers use one array both as the form's Fields and the page's Annots; once is enough. */
        if (is_written(u, qpdf_oh_get_object_id(u->document->q, array)))
                return 0;
        r = begin_rewrite(u, array);
        if (r != 0)
                return r;
        r = append_extended_array(u, array, id);
        return r < 0 ? r : pdf_update_end_object(u);
}

static bool is_usable_array(PdfDocument *d, qpdf_oh oh) {
        return qpdf_oh_is_array(d->q, oh) || qpdf_oh_is_null(d->q, oh);
}

static int write_annotations(PdfUpdate *u, qpdf_oh page, int field_id) {
        static const char *const except[] = { "/Annots", NULL };
        PdfDocument *d = u->document;
        qpdf_oh annots = pdf_get(d, page, "/Annots");
        int r;

        if (!is_usable_array(d, annots))
                return PADES_FIELD_DAMAGED;
        if (qpdf_oh_is_array(d->q, annots) && qpdf_oh_is_indirect(d->q, annots))
                return rewrite_array(u, annots, field_id);
        r = begin_rewrite(u, page);
        if (r != 0)
                return r;
        r = bytes_append_view(&u->out, VIEW_LITERAL("<<\n"));
        if (r == 0)
                r = pdf_unparse_entries(d, page, except, &u->out);
        if (r == 0)
                r = bytes_append_view(&u->out, VIEW_LITERAL("/Annots "));
        if (r == 0)
                r = append_extended_array(u, annots, field_id);
        if (r == 0)
                r = bytes_append_view(&u->out, VIEW_LITERAL("\n>>"));
        return r < 0 ? r : pdf_update_end_object(u);
}

/* The form's dictionary with the field in it, or with the reference to its indirect field list, which is rewritten apart. */
static int append_form(PdfUpdate *u, qpdf_oh form, qpdf_oh fields, int field_id) {
        static const char *const except[] = { "/Fields", "/SigFlags", NULL };
        PdfDocument *d = u->document;
        int r;

        r = bytes_append_view(&u->out, VIEW_LITERAL("<<\n"));
        if (r == 0 && qpdf_oh_is_dictionary(d->q, form))
                r = pdf_unparse_entries(d, form, except, &u->out);
        if (r == 0)
                r = bytes_printf(&u->out, "/SigFlags %lld\n/Fields ", pdf_get_int(d, form, "/SigFlags", 0) | SIG_FLAGS);
        if (r == 0)
                r = qpdf_oh_is_array(d->q, fields) && qpdf_oh_is_indirect(d->q, fields) ?
                        pdf_unparse(d, fields, false, &u->out) : append_extended_array(u, fields, field_id);
        return r < 0 ? r : bytes_append_view(&u->out, VIEW_LITERAL("\n>>"));
}

static int rewrite_form(PdfUpdate *u, qpdf_oh form, qpdf_oh fields, int field_id) {
        int r;

        r = begin_rewrite(u, form);
        if (r != 0)
                return r;
        r = append_form(u, form, fields, field_id);
        return r < 0 ? r : pdf_update_end_object(u);
}

/* The form is written into the catalog, where it was or where there was none. */
static int rewrite_catalog(PdfUpdate *u, qpdf_oh form, qpdf_oh fields, int field_id) {
        static const char *const except[] = { "/AcroForm", NULL };
        PdfDocument *d = u->document;
        qpdf_oh root = qpdf_get_root(d->q);
        int r;

        r = begin_rewrite(u, root);
        if (r != 0)
                return r;
        r = bytes_append_view(&u->out, VIEW_LITERAL("<<\n"));
        if (r == 0)
                r = pdf_unparse_entries(d, root, except, &u->out);
        if (r == 0)
                r = bytes_append_view(&u->out, VIEW_LITERAL("/AcroForm "));
        if (r == 0)
                r = append_form(u, form, fields, field_id);
        if (r == 0)
                r = bytes_append_view(&u->out, VIEW_LITERAL("\n>>"));
        return r < 0 ? r : pdf_update_end_object(u);
}

static int write_form(PdfUpdate *u, int field_id) {
        PdfDocument *d = u->document;
        qpdf_oh form = pdf_get(d, qpdf_get_root(d->q), "/AcroForm"), fields = pdf_get(d, form, "/Fields");
        int r;

        if ((!qpdf_oh_is_dictionary(d->q, form) && !qpdf_oh_is_null(d->q, form)) || !is_usable_array(d, fields))
                return PADES_FIELD_DAMAGED;
        if (qpdf_oh_is_array(d->q, fields) && qpdf_oh_is_indirect(d->q, fields)) {
                r = rewrite_array(u, fields, field_id);
                if (r != 0)
                        return r;
                if ((pdf_get_int(d, form, "/SigFlags", 0) & SIG_FLAGS) == SIG_FLAGS)
                        return 0;
        }
        if (qpdf_oh_is_dictionary(d->q, form) && qpdf_oh_is_indirect(d->q, form))
                return rewrite_form(u, form, fields, field_id);
        return rewrite_catalog(u, form, fields, field_id);
}

/* An empty appearance: PDF/A-1 wants one for every field. */
static int write_appearance(PdfUpdate *u, int id) {
        int r;

        r = pdf_update_begin_object(u, id, 0);
        if (r == 0)
                r = bytes_append_view(&u->out, VIEW_LITERAL("<<\n/Type /XObject\n/Subtype /Form\n/BBox [0 0 0 0]\n/Resources <<>>\n"
                                                            "/Length 0\n>>\nstream\n\nendstream"));
        return r < 0 ? r : pdf_update_end_object(u);
}

static int write_widget(PdfUpdate *u, int id, int appearance_id, int signature_id, qpdf_oh page, const char *name) {
        int r;

        r = pdf_update_begin_object(u, id, 0);
        if (r == 0)
                r = bytes_printf(&u->out, "<<\n/Type /Annot\n/Subtype /Widget\n/FT /Sig\n/T (%s)\n/V %d 0 R\n/Rect [0 0 0 0]\n/F %d\n"
                                 "/AP << /N %d 0 R >>\n/P ", name, signature_id, WIDGET_FLAGS, appearance_id);
        if (r == 0)
                r = pdf_unparse(u->document, page, false, &u->out);
        if (r == 0)
                r = bytes_append_view(&u->out, VIEW_LITERAL("\n>>"));
        return r < 0 ? r : pdf_update_end_object(u);
}

int pades_field_write(PdfUpdate *u, const char *name, int signature_id) {
        PdfDocument *d = u->document;
        int field_id = pdf_update_reserve(u), appearance_id = pdf_update_reserve(u), r;
        unsigned nodes = 0;
        qpdf_oh page;

        r = find_page(d, pdf_get(d, qpdf_get_root(d->q), "/Pages"), 0, &nodes, &page);
        if (r != 0)
                return r;
        r = write_widget(u, field_id, appearance_id, signature_id, page, name);
        if (r == 0)
                r = write_appearance(u, appearance_id);
        if (r == 0)
                r = write_form(u, field_id);
        if (r == 0)
                r = write_annotations(u, page, field_id);
        return r;
}
