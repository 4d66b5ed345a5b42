/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The rules for fields in later revisions; see pdf-changes-fields.h. */

#include <errno.h>
#include <string.h>

#include "sign/pdf/pdf-changes-fields.h"

int pdf_changes_outcome(int r, int outcome) {
        switch (r) {
        case PDF_COMPARE_DIFFERENT:
                return outcome;
        case PDF_COMPARE_TOO_COMPLEX:
                return PDF_CHANGES_TOO_COMPLEX;
        default:
                return r;
        }
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

/* The former revision's signature field of this number; NULL when it had none. */
static const PdfField *former_field(const PdfChanges *x, int id) {
        for (size_t i = 0; i < x->former_fields.n; i++)
                if (qpdf_oh_get_object_id(x->c.former->q, x->former_fields.items[i].field) == id)
                        return &x->former_fields.items[i];
        return NULL;
}

/* The signature field that an object of the later revision is, or a widget of; NULL when there is none, or looking for it has taken too long. */
static const PdfField *later_field(PdfChanges *x, qpdf_oh oh) {
        PdfDocument *d = x->c.later;
        int id = qpdf_oh_get_object_id(d->q, oh);

        if (x->c.budget < x->later_fields.n)
                return NULL;
        x->c.budget -= x->later_fields.n;
        for (size_t i = 0; i < x->later_fields.n && id > 0; i++) {
                const PdfField *f = &x->later_fields.items[i];
                int field = qpdf_oh_get_object_id(d->q, f->field);

                if (field == id || has_kid(d, f->field, id))
                        return f;
        }
        return NULL;
}

static const PdfField *was(const PdfChanges *x, const PdfField *f) {
        return former_field(x, qpdf_oh_get_object_id(x->c.later->q, f->field));
}

/* The same, where the former revision did not have the field. */
static const PdfField *new_signature(PdfChanges *x, qpdf_oh oh) {
        const PdfField *f = later_field(x, oh);

        return f && !was(x, f) ? f : NULL;
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

/* What may be added to a page: the widget of a new signature, also where its field waited in the form and on no page. A visible one must be
 * signed: its signature then stands in the report, and who covered something with it. An empty field that shows something is what hides content
 * from the reader of a signed document. A certification allows to sign, not to add what shows: there a visible one needs a field that was there
 * (the "sneaky signature" attack). */
bool pdf_changes_may_add(PdfChanges *x, qpdf_oh annotation) {
        const PdfField *f = later_field(x, annotation), *former = f ? was(x, f) : NULL;

        if (former && (pdf_field_is_signed(x->c.former, former) || !pdf_field_is_signed(x->c.later, f)))
                return false;
        return f && ((x->level == 0 && pdf_field_is_signed(x->c.later, f)) || is_invisible(x->c.later, annotation));
}

bool pdf_changes_is_new_signature(void *userdata, qpdf_oh annotation) {
        PdfChanges *x = userdata;
        const PdfField *f = later_field(x, annotation), *former = f ? was(x, f) : NULL;

        return f && pdf_field_is_signed(x->c.later, f) && (!former || !pdf_field_is_signed(x->c.former, former));
}

/* What a node of the field tree takes over from those above it. */
typedef struct Inherited {
        const char *name; /* qualified so far */
        const char *type; /* FT */
        long long flags;  /* Ff */
        bool is_signed;
        bool is_filled; /* V is another one */
        unsigned depth;
} Inherited;

/* Ff, ISO 32000-1 tables 221 and 226. */
#define FLAG_READ_ONLY (1 << 0)
#define FLAG_PUSH_BUTTON (1 << 16)

/* What a field that can be filled in may have changed. Text is filled in and drawn anew, a box is checked and looks as its author had it look.
 * What shows a value changes with the value only: a field that shows something else than was signed, while its value stayed, was
 * not filled in ("replace" of the shadow attacks). What nobody can fill in, an author of shadows would. */
static const char *const *fillable(const Inherited *field) {
        static const char *const none[] = { "/Kids", NULL };
        static const char *const nothing[] = { "/Kids", "/V", "/M", NULL }; /* V: written in another way */
        static const char *const text[] = { "/Kids", "/V", "/AP", "/AS", "/M", "/I", "/RV", "/DA", NULL };
        static const char *const button[] = { "/Kids", "/V", "/AS", "/M", NULL };
        bool is_button = strcmp(field->type, "/Btn") == 0;

        if ((field->flags & FLAG_READ_ONLY) || (is_button && (field->flags & FLAG_PUSH_BUTTON)))
                return none;
        if (!is_button && strcmp(field->type, "/Tx") != 0 && strcmp(field->type, "/Ch") != 0)
                return none;
        if (!field->is_filled)
                return nothing;
        return is_button ? button : text;
}

/* The same for each kind of field. A signature field: all that signing it brings, once. */
static const char *const *changeable(PdfChanges *x, qpdf_oh former, qpdf_oh later, const Inherited *field, bool locked) {
        static const char *const none[] = { "/Kids", NULL };
        static const char *const signature[] = { "/Kids", "/V", "/AP", "/F", "/M", "/MK", "/DA", "/AS", NULL };

        if (x->level == 1 || locked)
                return none;
        if (strcmp(field->type, "/Sig") != 0)
                return fillable(field);
        if (!qpdf_oh_is_null(x->c.former->q, pdf_get(x->c.former, former, "/V")))
                return none;
        return qpdf_oh_is_dictionary(x->c.later->q, pdf_get(x->c.later, later, "/V")) ? signature : none;
}

static int compare_field_lists(PdfChanges *x, qpdf_oh former, qpdf_oh later, const Inherited *above);

/* The node's own name and type, where it has them. The strings are the caller's. */
static int inherit(PdfChanges *x, qpdf_oh former, const Inherited *above, char **ret_name, char **ret_type) {
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

/* A V's text, whichever way a string is written. A stream is told by its number: what it has now is not looked at, and is no other value. */
static int read_value(PdfDocument *d, qpdf_oh field, Bytes *ret) {
        _cleanup_free_ char *text = pdf_get_text(d, field, "/V");
        qpdf_oh value;
        int r;

        if (text)
                return bytes_dup(view_string(text), ret);
        value = pdf_get(d, field, "/V");
        r = pdf_unparse(d, value, true, ret);
        qpdf_oh_release(d->q, value);
        return r;
}

/* Whether the node has another value than it had. One that has none, now and before, follows those above it. */
static int is_filled_in(PdfChanges *x, qpdf_oh former, qpdf_oh later, bool above, bool *ret) {
        PdfDocument *old = x->c.former, *new = x->c.later;
        _cleanup_bytes_ Bytes a = BYTES_NULL, b = BYTES_NULL;
        int r;

        *ret = above;
        if (!qpdf_oh_has_key(old->q, former, "/V") && !qpdf_oh_has_key(new->q, later, "/V"))
                return 0;
        r = read_value(old, former, &a);
        if (r == 0)
                r = read_value(new, later, &b);
        *ret = !view_equal(bytes_view(&a), bytes_view(&b));
        return r;
}

/* A node of the field tree. Widgets without a value of their own follow their field. */
static int compare_field(PdfChanges *x, qpdf_oh former, qpdf_oh later, const Inherited *above) {
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
        r = is_filled_in(x, former, later, above->is_filled, &here.is_filled);
        if (r < 0)
                return r;
        if (strcmp(type, "/Sig") != 0 && (here.is_filled || qpdf_oh_is_stream(x->c.later->q, pdf_get(x->c.later, later, "/V"))))
                x->is_filled = true;
        locked = here.is_signed || pdf_field_is_locked(old, &x->former_fields, name);
        r = pdf_changes_outcome(pdf_compare_entries(&x->c, former, later, changeable(x, former, later, &here, locked), 0),
                       here.is_signed ? PDF_CHANGES_SIGNATURE : x->level == 1 || locked ? PDF_CHANGES_FORBIDDEN : PDF_CHANGES_FORM);
        if (r != 0)
                return r;
        return compare_field_lists(x, pdf_get(old, former, "/Kids"), pdf_get(x->c.later, later, "/Kids"), &here);
}

/* Whether a node that was added, and all below it, is a signature field. A new one changes what a certification of level 1 forbids,
 * unless it is a document timestamp. */
static int check_new_field(PdfChanges *x, qpdf_oh node) {
        PdfDocument *d = x->c.later;

        if (!new_signature(x, node))
                return PDF_CHANGES_FORM;
        if (x->level == 1 && !pdf_name_is(d, pdf_get(d, node, "/V"), "/Type", "/DocTimeStamp"))
                return PDF_CHANGES_FORBIDDEN;
        return 0;
}

/* The form's Fields, or a field's Kids: what was there stays, in its order. */
static int compare_field_lists(PdfChanges *x, qpdf_oh former, qpdf_oh later, const Inherited *above) {
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

int pdf_changes_compare_fields(PdfChanges *x, qpdf_oh former, qpdf_oh later) {
        static const Inherited nothing = { .name = "", .type = "" };

        return compare_field_lists(x, former, later, &nothing);
}
