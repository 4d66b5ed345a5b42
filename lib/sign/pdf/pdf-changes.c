/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The rules for later revisions; see pdf-changes.h. The page tree and the field tree are compared node by node with rules of their own
 * and marked so; all that they lead to, and the rest of the catalog, must be alike. Objects that nothing leads to do not matter. */

#include <errno.h>
#include <string.h>

#include "sign/pdf/pdf-changes.h"
#include "sign/pdf/pdf-compare.h"
#include "sign/pdf/pdf-fields.h"

#define TREE_DEPTH_MAX 64U

typedef struct Changes {
        PdfCompare c;
        PdfFields former_fields, later_fields;
        int level; /* the certification's, as of the former revision */
        size_t lock_names;
} Changes;

/* Names the comparison's outcome by what was compared. */
static int as_outcome(int r, int outcome) {
        switch (r) {
        case PDF_COMPARE_DIFFERENT:
                return outcome;
        case PDF_COMPARE_TOO_COMPLEX:
                return PDF_CHANGES_TOO_COMPLEX;
        default:
                return r;
        }
}

/* Marks the nodes of a tree of the former revision as special. */
static int mark_tree(Changes *x, qpdf_oh node, unsigned depth) {
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

static int mark_trees(Changes *x) {
        PdfDocument *d = x->c.former;
        qpdf_oh root = qpdf_get_root(d->q), form = pdf_get(d, root, "/AcroForm"), fields = pdf_get(d, form, "/Fields");
        int n = pdf_count(d, fields), r;

        pdf_compare_set_mark(&x->c, root, PDF_MARK_SPECIAL);
        r = mark_tree(x, pdf_get(d, root, "/Pages"), 0);
        for (int i = 0; i < n && r == 0; i++)
                r = mark_tree(x, qpdf_oh_get_array_item(d->q, fields, i), 0);
        pdf_compare_set_mark(&x->c, form, PDF_MARK_SPECIAL);
        return r;
}

static bool has_kid(PdfDocument *d, qpdf_oh field, int id) {
        qpdf_oh kids = pdf_get(d, field, "/Kids");
        int n = pdf_count(d, kids);
        bool found = false;

        for (int i = 0; i < n && !found; i++) {
                qpdf_oh kid = qpdf_oh_get_array_item(d->q, kids, i);

                found = qpdf_oh_get_object_id(d->q, kid) == id;
                qpdf_oh_release(d->q, kid);
        }
        qpdf_oh_release(d->q, kids);
        return found;
}

static bool was_field(const Changes *x, int id) {
        for (size_t i = 0; i < x->former_fields.n; i++)
                if (qpdf_oh_get_object_id(x->c.former->q, x->former_fields.items[i].field) == id)
                        return true;
        return false;
}

/* The signature field that an object of the later revision is, or a widget of, and that the former did not have; NULL when there is none,
 * or looking for it has taken too long. */
static const PdfField *new_signature(Changes *x, qpdf_oh oh) {
        PdfDocument *d = x->c.later;
        int id = qpdf_oh_get_object_id(d->q, oh);

        if (x->c.budget < x->later_fields.n)
                return NULL;
        x->c.budget -= x->later_fields.n;
        for (size_t i = 0; i < x->later_fields.n && id > 0; i++) {
                const PdfField *f = &x->later_fields.items[i];
                int field = qpdf_oh_get_object_id(d->q, f->field);

                if ((field == id || has_kid(d, f->field, id)) && !was_field(x, field))
                        return f;
        }
        return NULL;
}

/* A rectangle without extent, as invisible signatures have it. */
static bool is_invisible(PdfDocument *d, qpdf_oh annotation) {
        qpdf_oh rect = pdf_get(d, annotation, "/Rect");
        double v[4];

        if (pdf_count(d, rect) != 4)
                return false;
        for (int i = 0; i < 4; i++) {
                qpdf_oh item = qpdf_oh_get_array_item(d->q, rect, i);

                if (!qpdf_oh_is_number(d->q, item))
                        return false;
                v[i] = qpdf_oh_get_numeric_value(d->q, item);
        }
        return !(v[0] < v[2]) && !(v[0] > v[2]) && !(v[1] < v[3]) && !(v[1] > v[3]);
}

/* What may be added to a page: the widget of a new signature. A visible one must be signed: its signature then stands in the report, and who
 * covered something with it. An empty field that shows something is what hides content from the reader of a signed document. A certification
 * allows to sign, not to add what shows: there a visible one needs a field that was there (the "sneaky signature" attack). */
static bool may_be_added(Changes *x, qpdf_oh annotation) {
        const PdfField *f = new_signature(x, annotation);

        return f && ((x->level == 0 && pdf_field_is_signed(x->c.later, f)) || is_invisible(x->c.later, annotation));
}

/* An annotation that was there stays as it was; a field's widget is compared with the field. */
static int compare_annotations(Changes *x, qpdf_oh former, qpdf_oh later) {
        PdfDocument *old = x->c.former, *new = x->c.later;
        int n_old = pdf_count(old, former), n_new = pdf_count(new, later), at = 0, r;

        for (int i = 0; i < n_new; i++) {
                qpdf_oh item = qpdf_oh_get_array_item(new->q, later, i), was;

                if (at < n_old) {
                        was = qpdf_oh_get_array_item(old->q, former, at);
                        if (pdf_compare_same_number(&x->c, was, item) || !qpdf_oh_is_indirect(old->q, was)) {
                                r = pdf_compare_objects(&x->c, was, item, 0);
                                if (r != 0)
                                        return as_outcome(r, PDF_CHANGES_ANNOTATIONS);
                                at++;
                                continue;
                        }
                        qpdf_oh_release(old->q, was);
                }
                if (!may_be_added(x, item))
                        return PDF_CHANGES_ANNOTATIONS;
                qpdf_oh_release(new->q, item);
        }
        return at == n_old ? 0 : PDF_CHANGES_ANNOTATIONS;
}

static int compare_pages(Changes *x, qpdf_oh former, qpdf_oh later, unsigned depth);

static int compare_page_kids(Changes *x, qpdf_oh former, qpdf_oh later, unsigned depth) {
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
static int compare_pages(Changes *x, qpdf_oh former, qpdf_oh later, unsigned depth) {
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
        r = as_outcome(pdf_compare_entries(&x->c, former, later, except, 0), PDF_CHANGES_PAGES);
        if (r == 0)
                r = compare_annotations(x, pdf_get(old, former, "/Annots"), pdf_get(new, later, "/Annots"));
        return r != 0 ? r : compare_page_kids(x, former, later, depth);
}

/* Ff, ISO 32000-1 tables 221 and 226. */
#define FLAG_READ_ONLY (1 << 0)
#define FLAG_PUSH_BUTTON (1 << 16)

/* What a field of each kind may have changed. A signature field: all that signing it brings, once. Text is filled in and drawn anew, a box is
 * checked and looks as its author had it look. What nobody can fill in, an author of shadows would. */
static const char *const *changeable(Changes *x, qpdf_oh former, qpdf_oh later, const char *type, long long flags, bool locked) {
        static const char *const none[] = { "/Kids", NULL };
        static const char *const signature[] = { "/Kids", "/V", "/AP", "/F", "/M", "/MK", "/DA", "/AS", NULL };
        static const char *const text[] = { "/Kids", "/V", "/AP", "/AS", "/M", "/I", "/RV", NULL };
        static const char *const button[] = { "/Kids", "/V", "/AS", "/M", NULL };

        if (x->level == 1 || locked)
                return none;
        if (strcmp(type, "/Sig") != 0) {
                if (flags & FLAG_READ_ONLY)
                        return none;
                if (strcmp(type, "/Btn") == 0)
                        return flags & FLAG_PUSH_BUTTON ? none : button;
                return strcmp(type, "/Tx") == 0 || strcmp(type, "/Ch") == 0 ? text : none;
        }
        if (!qpdf_oh_is_null(x->c.former->q, pdf_get(x->c.former, former, "/V")))
                return none;
        return qpdf_oh_is_dictionary(x->c.later->q, pdf_get(x->c.later, later, "/V")) ? signature : none;
}

/* What a node of the field tree takes over from those above it. */
typedef struct Inherited {
        const char *name; /* qualified so far */
        const char *type; /* FT */
        long long flags;  /* Ff */
        bool is_signed;
        unsigned depth;
} Inherited;

static int compare_field_lists(Changes *x, qpdf_oh former, qpdf_oh later, const Inherited *above);

/* The node's own name and type, where it has them. The strings are the caller's. */
static int inherit(Changes *x, qpdf_oh former, const Inherited *above, char **ret_name, char **ret_type) {
        PdfDocument *d = x->c.former;
        _cleanup_free_ char *partial = pdf_get_text(d, former, "/T"), *name = NULL;
        qpdf_oh type = pdf_get(d, former, "/FT");

        if (asprintf(&name, "%s%s%s", above->name, *above->name && partial ? "." : "", partial ? partial : "") < 0) {
                name = NULL;
                return -ENOMEM;
        }
        *ret_type = strdup(qpdf_oh_is_name(d->q, type) ? qpdf_oh_get_name(d->q, type) : above->type);
        if (!*ret_type)
                return -ENOMEM;
        *ret_name = TAKE_PTR(name);
        return 0;
}

/* A node of the field tree. Widgets without a value of their own follow their field. */
static int compare_field(Changes *x, qpdf_oh former, qpdf_oh later, const Inherited *above) {
        PdfDocument *old = x->c.former;
        _cleanup_free_ char *name = NULL, *type = NULL;
        Inherited here = *above;
        bool locked;
        int r;

        if (++here.depth > PDF_FIELDS_DEPTH_MAX || x->c.budget < x->lock_names + 1)
                return PDF_CHANGES_TOO_COMPLEX;
        x->c.budget -= x->lock_names + 1;
        if (!qpdf_oh_is_dictionary(old->q, former) || !qpdf_oh_is_dictionary(x->c.later->q, later))
                return PDF_CHANGES_FORM;
        r = inherit(x, former, above, &name, &type);
        if (r < 0)
                return r;
        here.name = name;
        here.type = type;
        here.flags = pdf_get_int(old, former, "/Ff", above->flags);
        if (strcmp(type, "/Sig") == 0 && qpdf_oh_is_dictionary(old->q, pdf_get(old, former, "/V")))
                here.is_signed = true;
        locked = here.is_signed || pdf_field_is_locked(old, &x->former_fields, name);
        r = as_outcome(pdf_compare_entries(&x->c, former, later, changeable(x, former, later, type, here.flags, locked), 0),
                       here.is_signed ? PDF_CHANGES_SIGNATURE : x->level == 1 || locked ? PDF_CHANGES_FORBIDDEN : PDF_CHANGES_FORM);
        if (r != 0)
                return r;
        return compare_field_lists(x, pdf_get(old, former, "/Kids"), pdf_get(x->c.later, later, "/Kids"), &here);
}

/* Whether a node that was added, and all below it, is a signature field. A new one changes what a certification of level 1 forbids,
 * unless it is a document timestamp. */
static int check_new_field(Changes *x, qpdf_oh node) {
        PdfDocument *d = x->c.later;

        if (!new_signature(x, node))
                return PDF_CHANGES_FORM;
        if (x->level == 1 && !pdf_name_is(d, pdf_get(d, node, "/V"), "/Type", "/DocTimeStamp"))
                return PDF_CHANGES_FORBIDDEN;
        return 0;
}

/* The form's Fields, or a field's Kids: what was there stays, in its order. */
static int compare_field_lists(Changes *x, qpdf_oh former, qpdf_oh later, const Inherited *above) {
        PdfDocument *old = x->c.former, *new = x->c.later;
        int n_old = pdf_count(old, former), n_new = pdf_count(new, later), at = 0, r = 0;

        for (int i = 0; i < n_new && r == 0; i++) {
                qpdf_oh item = qpdf_oh_get_array_item(new->q, later, i);

                if (at < n_old) {
                        qpdf_oh was = qpdf_oh_get_array_item(old->q, former, at);

                        if (pdf_compare_same_number(&x->c, was, item)) {
                                r = compare_field(x, was, item, above);
                                at++;
                                continue;
                        }
                        qpdf_oh_release(old->q, was);
                }
                r = check_new_field(x, item);
                qpdf_oh_release(new->q, item);
        }
        return r != 0 || at == n_old ? r : PDF_CHANGES_FORM;
}

static int compare_resource_category(Changes *x, qpdf_oh former, qpdf_oh later) {
        PdfDocument *old = x->c.former;
        char **keys = NULL;
        size_t n = 0;
        int r;

        if (!qpdf_oh_is_dictionary(old->q, former))
                return 0;
        r = pdf_list_keys(old, former, NULL, &keys, &n);
        for (size_t i = 0; i < n && r == 0; i++)
                r = as_outcome(pdf_compare_objects(&x->c, qpdf_oh_get_key(old->q, former, keys[i]), pdf_get(x->c.later, later, keys[i]), 0),
                               PDF_CHANGES_FORM);
        pdf_free_keys(keys, n);
        return r;
}

/* Default resources: what text fields are drawn with may be added to, but what was there stays. Other categories hold the parts of
 * signatures' appearances, which signing programs replace each time. */
static int compare_resources(Changes *x, qpdf_oh former, qpdf_oh later) {
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

static int compare_form_entries(Changes *x, qpdf_oh former, qpdf_oh later) {
        static const char *const except[] = { "/Fields", "/SigFlags", "/DR", "/DA", "/NeedAppearances", NULL };
        PdfDocument *old = x->c.former, *new = x->c.later;
        qpdf_oh appearance = pdf_get(old, former, "/DA");
        int r;

        if (!qpdf_oh_is_dictionary(new->q, later))
                return PDF_CHANGES_FORM;
        if (asks_for_appearances(new, later) && !asks_for_appearances(old, former))
                return PDF_CHANGES_FORM;
        r = as_outcome(pdf_compare_entries(&x->c, former, later, except, 0), PDF_CHANGES_FORM);
        if (r == 0 && !qpdf_oh_is_null(old->q, appearance))
                r = as_outcome(pdf_compare_objects(&x->c, appearance, pdf_get(new, later, "/DA"), 0), PDF_CHANGES_FORM);
        return r != 0 ? r : compare_resources(x, pdf_get(old, former, "/DR"), pdf_get(new, later, "/DR"));
}

static int compare_form(Changes *x, qpdf_oh former, qpdf_oh later) {
        static const Inherited nothing = { .name = "", .type = "" };
        PdfDocument *old = x->c.former, *new = x->c.later;
        int r = 0;

        if (qpdf_oh_is_dictionary(old->q, former))
                r = compare_form_entries(x, former, later);
        else if (!qpdf_oh_is_null(new->q, pdf_get(new, later, "/XFA")))
                r = PDF_CHANGES_FORM;
        return r != 0 ? r : compare_field_lists(x, pdf_get(old, former, "/Fields"), pdf_get(new, later, "/Fields"), &nothing);
}

/* A permission once given stays; a certification that came later is no permission of the former revision. */
static int compare_permissions(Changes *x, qpdf_oh former, qpdf_oh later) {
        if (qpdf_oh_is_null(x->c.former->q, former))
                return 0;
        return as_outcome(pdf_compare_objects(&x->c, former, later, 0), PDF_CHANGES_CATALOG);
}

static int compare_catalog(Changes *x) {
        static const char *const except[] = { "/Pages", "/AcroForm", "/DSS", "/Metadata", "/Version", "/Extensions", "/Perms", NULL };
        PdfDocument *old = x->c.former, *new = x->c.later;
        qpdf_oh a = qpdf_get_root(old->q), b = qpdf_get_root(new->q);
        int r;

        r = compare_pages(x, pdf_get(old, a, "/Pages"), pdf_get(new, b, "/Pages"), 0);
        if (r == 0)
                r = compare_form(x, pdf_get(old, a, "/AcroForm"), pdf_get(new, b, "/AcroForm"));
        if (r == 0)
                r = compare_permissions(x, pdf_get(old, a, "/Perms"), pdf_get(new, b, "/Perms"));
        if (r == 0)
                r = as_outcome(pdf_compare_entries(&x->c, a, b, except, 0), PDF_CHANGES_CATALOG);
        if (r == 0)
                r = as_outcome(pdf_compare_objects(&x->c, pdf_get(old, qpdf_get_trailer(old->q), "/Encrypt"),
                                                   pdf_get(new, qpdf_get_trailer(new->q), "/Encrypt"), 0), PDF_CHANGES_CATALOG);
        return r;
}

static int collect(Changes *x) {
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

int pdf_changes_check(PdfDocument *former, PdfDocument *later) {
        Changes x = { 0 };
        int r;

        r = as_outcome(pdf_compare_init(&x.c, former, later), PDF_CHANGES_TOO_COMPLEX);
        if (r == 0)
                r = collect(&x);
        if (r == 0)
                r = mark_trees(&x);
        if (r == 0)
                r = compare_catalog(&x);
        /* What the trees lead to: content, resources, annotations. */
        if (r == 0)
                r = as_outcome(pdf_compare_run(&x.c), PDF_CHANGES_PAGES);
        pdf_fields_done(&x.former_fields);
        pdf_fields_done(&x.later_fields);
        pdf_compare_done(&x.c);
        return r;
}
