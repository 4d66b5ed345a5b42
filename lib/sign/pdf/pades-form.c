/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Form and catalog; see pades-form.h. */

#include "sign/pdf/pades-form.h"

/* SigFlags: SignaturesExist and AppendOnly (§12.7.2 table 219). */
#define SIG_FLAGS 3

typedef struct Context {
        PdfUpdate *u;
        const PadesForm *wanted;
        qpdf_oh root, form, fields;
} Context;

static bool is_array(const Context *c, qpdf_oh oh) {
        return qpdf_oh_is_array(c->u->document->q, oh);
}

static bool is_indirect(const Context *c, qpdf_oh oh) {
        return qpdf_oh_is_indirect(c->u->document->q, oh);
}

/* The list of fields that is an object of its own. */
static int rewrite_fields(Context *c) {
        qpdf_data q = c->u->document->q;
        int r;

        /* Some producers use one array both as the form's Fields and the page's Annots; once is enough. */
        if (pdf_update_is_written(c->u, qpdf_oh_get_object_id(q, c->fields)))
                return 0;
        r = pdf_update_begin_rewrite(c->u, c->fields);
        if (r == 0)
                r = pdf_update_append_array(c->u, c->fields, c->wanted->field_id);
        return r != 0 ? r : pdf_update_end_object(c->u);
}

/* The form's dictionary with the field in it, or with the reference to the list that was rewritten apart. */
static int append_form(Context *c) {
        static const char *const except[] = { "/Fields", "/SigFlags", NULL };
        PdfDocument *d = c->u->document;
        int r;

        r = bytes_append_view(&c->u->out, VIEW_LITERAL("<<\n"));
        if (r == 0 && qpdf_oh_is_dictionary(d->q, c->form))
                r = pdf_update_append_entries(c->u, c->form, except);
        if (r == 0)
                r = bytes_printf(&c->u->out, "/SigFlags %lld\n/Fields ", pdf_get_int(d, c->form, "/SigFlags", 0) | SIG_FLAGS);
        if (r == 0)
                r = is_array(c, c->fields) && is_indirect(c, c->fields) ? pdf_update_append_value(c->u, c->fields) :
                        pdf_update_append_array(c->u, c->fields, c->wanted->field_id);
        return r < 0 ? r : bytes_append_view(&c->u->out, VIEW_LITERAL("\n>>"));
}

static int rewrite_form(Context *c) {
        int r;

        r = pdf_update_begin_rewrite(c->u, c->form);
        if (r == 0)
                r = append_form(c);
        return r != 0 ? r : pdf_update_end_object(c->u);
}

/* Perms (§12.8.4 table 258), with the certification and what else it held. */
static int append_permissions(Context *c) {
        static const char *const except[] = { "/DocMDP", NULL };
        PdfDocument *d = c->u->document;
        qpdf_oh permissions = pdf_get(d, c->root, "/Perms");
        int r;

        r = bytes_append_view(&c->u->out, VIEW_LITERAL("/Perms <<\n"));
        if (r == 0 && qpdf_oh_is_dictionary(d->q, permissions))
                r = pdf_update_append_entries(c->u, permissions, except);
        qpdf_oh_release(d->q, permissions);
        return r < 0 ? r : bytes_printf(&c->u->out, "/DocMDP %d 0 R\n>>\n", c->wanted->certification_id);
}

/* The form is written into the catalog, where it was or where there was none, unless it is an object of its own. */
static int rewrite_catalog(Context *c, bool with_form) {
        const char *except[3] = { NULL };
        size_t n = 0;
        int r;

        if (with_form)
                except[n++] = "/AcroForm";
        if (c->wanted->certification_id)
                except[n++] = "/Perms";
        r = pdf_update_begin_rewrite(c->u, c->root);
        if (r == 0)
                r = bytes_append_view(&c->u->out, VIEW_LITERAL("<<\n"));
        if (r == 0)
                r = pdf_update_append_entries(c->u, c->root, except);
        if (r == 0 && c->wanted->certification_id)
                r = append_permissions(c);
        if (r == 0 && with_form)
                r = bytes_append_view(&c->u->out, VIEW_LITERAL("/AcroForm "));
        if (r == 0 && with_form)
                r = append_form(c);
        if (r == 0)
                r = bytes_append_view(&c->u->out, VIEW_LITERAL("\n>>"));
        return r != 0 ? r : pdf_update_end_object(c->u);
}

static int write_parts(Context *c) {
        PdfDocument *d = c->u->document;
        bool fields_apart = is_array(c, c->fields) && is_indirect(c, c->fields);
        bool form_apart = qpdf_oh_is_dictionary(d->q, c->form) && is_indirect(c, c->form);
        bool form_changes = (pdf_get_int(d, c->form, "/SigFlags", 0) & SIG_FLAGS) != SIG_FLAGS || (c->wanted->field_id && !fields_apart);
        int r = 0;

        if (c->wanted->field_id && fields_apart)
                r = rewrite_fields(c);
        if (r == 0 && form_changes && form_apart)
                r = rewrite_form(c);
        if (r == 0 && (c->wanted->certification_id || (form_changes && !form_apart)))
                r = rewrite_catalog(c, form_changes && !form_apart);
        return r;
}

int pades_form_write(PdfUpdate *u, const PadesForm *wanted) {
        PdfDocument *d = u->document;
        Context c = { .u = u, .wanted = wanted, .root = qpdf_get_root(d->q) };
        int r;

        c.form = pdf_get(d, c.root, "/AcroForm");
        c.fields = pdf_get(d, c.form, "/Fields");
        r = write_parts(&c);
        qpdf_oh_release(d->q, c.fields);
        qpdf_oh_release(d->q, c.form);
        qpdf_oh_release(d->q, c.root);
        return r == PDF_UPDATE_TWICE ? PADES_FORM_DAMAGED : r;
}
