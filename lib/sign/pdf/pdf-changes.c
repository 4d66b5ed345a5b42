/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The rules for later revisions; see pdf-changes.h. The page tree and the field tree are compared node by node with rules of their own
 * and marked so; all that they lead to, and the rest of the catalog, must be alike. Objects that nothing leads to do not matter. */

#include <errno.h>
#include <string.h>

#include "sign/pdf/pdf-changes.h"
#include "sign/pdf/pdf-changes-fields.h"
#include "sign/pdf/pdf-structure.h"

#define TREE_DEPTH_MAX 64U

/* Marks the nodes of a tree of the former revision as special. */
static int mark_tree(PdfChanges *x, qpdf_oh node, unsigned depth) {
        PdfDocument *d = x->c.former;
        qpdf_oh kids;
        int n;

        if (!qpdf_oh_is_dictionary(d->q, node) || (pdf_compare_mark(&x->c, node) & PDF_MARK_SPECIAL))
                return 0;
        if (depth > TREE_DEPTH_MAX || x->c.budget-- == 0)
                return PDF_CHANGES_TOO_COMPLEX;
        pdf_compare_set_mark(&x->c, node, PDF_MARK_SPECIAL);
        kids = pdf_get(d, node, "/Kids");
        n = pdf_count(d, kids);
        for (int i = 0; i < n; i++) {
                qpdf_oh kid = qpdf_oh_get_array_item(d->q, kids, i);
                int r = mark_tree(x, kid, depth + 1);

                qpdf_oh_release(d->q, kid);
                if (r != 0)
                        return r;
        }
        qpdf_oh_release(d->q, kids);
        return 0;
}

static int mark_trees(PdfChanges *x) {
        PdfDocument *d = x->c.former;
        qpdf_oh root = qpdf_get_root(d->q), form = pdf_get(d, root, "/AcroForm"), fields = pdf_get(d, form, "/Fields");
        int n = pdf_count(d, fields), r;

        pdf_compare_set_mark(&x->c, root, PDF_MARK_SPECIAL);
        r = mark_tree(x, pdf_get(d, root, "/Pages"), 0);
        for (int i = 0; i < n && r == 0; i++)
                r = mark_tree(x, qpdf_oh_get_array_item(d->q, fields, i), 0);
        pdf_compare_set_mark(&x->c, form, PDF_MARK_SPECIAL);
        return r != 0 ? r : pdf_changes_outcome(pdf_structure_mark(&x->c), PDF_CHANGES_CATALOG);
}

/* An annotation that was there stays as it was; a field's widget is compared with the field. */
static int compare_annotations(PdfChanges *x, qpdf_oh former, qpdf_oh later) {
        PdfDocument *old = x->c.former, *new = x->c.later;
        int n_old = pdf_count(old, former), n_new = pdf_count(new, later), at = 0, r;

        for (int i = 0; i < n_new; i++) {
                qpdf_oh item = qpdf_oh_get_array_item(new->q, later, i), was;

                if (at < n_old) {
                        was = qpdf_oh_get_array_item(old->q, former, at);
                        if (pdf_compare_same_number(&x->c, was, item) || !qpdf_oh_is_indirect(old->q, was)) {
                                r = pdf_compare_objects(&x->c, was, item, 0);
                                if (r != 0)
                                        return pdf_changes_outcome(r, PDF_CHANGES_ANNOTATIONS);
                                at++;
                                continue;
                        }
                        qpdf_oh_release(old->q, was);
                }
                if (!pdf_changes_may_add(x, item))
                        return PDF_CHANGES_ANNOTATIONS;
                qpdf_oh_release(new->q, item);
        }
        return at == n_old ? 0 : PDF_CHANGES_ANNOTATIONS;
}

static int compare_pages(PdfChanges *x, qpdf_oh former, qpdf_oh later, unsigned depth);

static int compare_page_kids(PdfChanges *x, qpdf_oh former, qpdf_oh later, unsigned depth) {
        PdfDocument *old = x->c.former, *new = x->c.later;
        qpdf_oh a = pdf_get(old, former, "/Kids"), b = pdf_get(new, later, "/Kids");
        int n = pdf_count(old, a), r = 0;

        if (n != pdf_count(new, b) || qpdf_oh_is_array(old->q, a) != qpdf_oh_is_array(new->q, b))
                return PDF_CHANGES_PAGES;
        for (int i = 0; i < n && r == 0; i++)
                r = compare_pages(x, qpdf_oh_get_array_item(old->q, a, i), qpdf_oh_get_array_item(new->q, b, i), depth + 1);
        return r;
}

/* A node of the page tree. Parent must be the same object, which is compared on the way down. */
static int compare_pages(PdfChanges *x, qpdf_oh former, qpdf_oh later, unsigned depth) {
        static const char *const except[] = { "/Kids", "/Annots", "/Tabs", NULL };
        PdfDocument *old = x->c.former, *new = x->c.later;
        int r;

        if (depth > TREE_DEPTH_MAX || x->c.budget-- == 0)
                return PDF_CHANGES_TOO_COMPLEX;
        if (!qpdf_oh_is_dictionary(old->q, former) || !qpdf_oh_is_dictionary(new->q, later) ||
            !pdf_compare_same_number(&x->c, former, later))
                return PDF_CHANGES_PAGES;
        if (pdf_compare_mark(&x->c, former) & PDF_MARK_SEEN)
                return 0;
        pdf_compare_set_mark(&x->c, former, PDF_MARK_SEEN);
        r = pdf_changes_outcome(pdf_compare_entries(&x->c, former, later, except, 0), PDF_CHANGES_PAGES);
        if (r == 0)
                r = compare_annotations(x, pdf_get(old, former, "/Annots"), pdf_get(new, later, "/Annots"));
        return r != 0 ? r : compare_page_kids(x, former, later, depth);
}

static int compare_resource_category(PdfChanges *x, qpdf_oh former, qpdf_oh later) {
        PdfDocument *old = x->c.former;
        char **keys = NULL;
        size_t n = 0;
        int r;

        if (!qpdf_oh_is_dictionary(old->q, former))
                return 0;
        r = pdf_list_keys(old, former, NULL, &keys, &n);
        for (size_t i = 0; i < n && r == 0; i++)
                r = pdf_changes_outcome(pdf_compare_objects(&x->c, qpdf_oh_get_key(old->q, former, keys[i]), pdf_get(x->c.later, later, keys[i]), 0),
                               PDF_CHANGES_FORM);
        pdf_free_keys(keys, n);
        return r;
}

/* Default resources: what text fields are drawn with may be added to, but what was there stays. Other categories hold the parts of
 * signatures' appearances, which signing programs replace each time. */
static int compare_resources(PdfChanges *x, qpdf_oh former, qpdf_oh later) {
        PdfDocument *old = x->c.former, *new = x->c.later;
        int r;

        r = compare_resource_category(x, pdf_get(old, former, "/Font"), pdf_get(new, later, "/Font"));
        return r != 0 ? r : compare_resource_category(x, pdf_get(old, former, "/Encoding"), pdf_get(new, later, "/Encoding"));
}

/* Readers that are told to make appearances anew would do so from whatever the later revision brings. */
static bool asks_for_appearances(PdfDocument *d, qpdf_oh form) {
        qpdf_oh value = pdf_get(d, form, "/NeedAppearances");

        return qpdf_oh_is_bool(d->q, value) && qpdf_oh_get_bool_value(d->q, value);
}

static int compare_form_entries(PdfChanges *x, qpdf_oh former, qpdf_oh later) {
        static const char *const except[] = { "/Fields", "/SigFlags", "/DR", "/DA", "/NeedAppearances", NULL };
        PdfDocument *old = x->c.former, *new = x->c.later;
        qpdf_oh appearance = pdf_get(old, former, "/DA");
        int r;

        if (!qpdf_oh_is_dictionary(new->q, later))
                return PDF_CHANGES_FORM;
        if (asks_for_appearances(new, later) && !asks_for_appearances(old, former))
                return PDF_CHANGES_FORM;
        r = pdf_changes_outcome(pdf_compare_entries(&x->c, former, later, except, 0), PDF_CHANGES_FORM);
        if (r == 0 && !qpdf_oh_is_null(old->q, appearance))
                r = pdf_changes_outcome(pdf_compare_objects(&x->c, appearance, pdf_get(new, later, "/DA"), 0), PDF_CHANGES_FORM);
        return r != 0 ? r : compare_resources(x, pdf_get(old, former, "/DR"), pdf_get(new, later, "/DR"));
}

static int compare_form(PdfChanges *x, qpdf_oh former, qpdf_oh later) {
        PdfDocument *old = x->c.former, *new = x->c.later;
        int r = 0;

        if (qpdf_oh_is_dictionary(old->q, former))
                r = compare_form_entries(x, former, later);
        else if (!qpdf_oh_is_null(new->q, pdf_get(new, later, "/XFA")))
                r = PDF_CHANGES_FORM;
        return r != 0 ? r : pdf_changes_compare_fields(x, pdf_get(old, former, "/Fields"), pdf_get(new, later, "/Fields"));
}

/* A permission once given stays; a certification that came later is no permission of the former revision. */
static int compare_permissions(PdfChanges *x, qpdf_oh former, qpdf_oh later) {
        if (qpdf_oh_is_null(x->c.former->q, former))
                return 0;
        return pdf_changes_outcome(pdf_compare_objects(&x->c, former, later, 0), PDF_CHANGES_CATALOG);
}

static int compare_catalog(PdfChanges *x) {
        const PdfStructureWidgets widgets = { .is_signature = pdf_changes_is_new_signature, .userdata = x };
        static const char *const except[] = { "/Pages", "/AcroForm", "/DSS", "/Metadata", "/Version", "/Extensions", "/Perms", "/StructTreeRoot", NULL };
        PdfDocument *old = x->c.former, *new = x->c.later;
        qpdf_oh a = qpdf_get_root(old->q), b = qpdf_get_root(new->q);
        int r;

        r = compare_pages(x, pdf_get(old, a, "/Pages"), pdf_get(new, b, "/Pages"), 0);
        if (r == 0)
                r = compare_form(x, pdf_get(old, a, "/AcroForm"), pdf_get(new, b, "/AcroForm"));
        if (r == 0)
                r = compare_permissions(x, pdf_get(old, a, "/Perms"), pdf_get(new, b, "/Perms"));
        if (r == 0)
                r = pdf_changes_outcome(pdf_structure_compare(&x->c, &widgets), PDF_CHANGES_CATALOG);
        if (r == 0)
                r = pdf_changes_outcome(pdf_compare_entries(&x->c, a, b, except, 0), PDF_CHANGES_CATALOG);
        if (r == 0)
                r = pdf_changes_outcome(pdf_compare_objects(&x->c, pdf_get(old, qpdf_get_trailer(old->q), "/Encrypt"),
                                                   pdf_get(new, qpdf_get_trailer(new->q), "/Encrypt"), 0), PDF_CHANGES_CATALOG);
        return r;
}

static int collect(PdfChanges *x) {
        int r;

        r = pdf_fields_collect(x->c.former, &x->former_fields);
        if (r == 0)
                r = pdf_fields_collect(x->c.later, &x->later_fields);
        if (r == 0) {
                x->level = pdf_certification_level(x->c.former, &x->former_fields);
                x->lock_names = pdf_fields_lock_names(x->c.former, &x->former_fields);
        }
        return r == -E2BIG ? PDF_CHANGES_TOO_COMPLEX : r;
}

int pdf_changes_check(PdfDocument *former, PdfDocument *later, bool *ret_filled) {
        PdfChanges x = { 0 };
        int r;

        r = pdf_changes_outcome(pdf_compare_init(&x.c, former, later), PDF_CHANGES_TOO_COMPLEX);
        if (r == 0)
                r = collect(&x);
        if (r == 0)
                r = mark_trees(&x);
        if (r == 0)
                r = compare_catalog(&x);
        /* What the trees lead to: content, resources, annotations. */
        if (r == 0)
                r = pdf_changes_outcome(pdf_compare_run(&x.c), PDF_CHANGES_PAGES);
        if (r == 0)
                *ret_filled = x.is_filled;
        pdf_fields_done(&x.former_fields);
        pdf_fields_done(&x.later_fields);
        pdf_compare_done(&x.c);
        return r;
}
