/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet show-signatures: what the signature panel of a reader shows, in a terminal. The verdict is that of sygnet verify without the network; beside it
 * stand the words of the signature and, in a PDF, where it is seen and the fields that wait to be signed. */

#include <errno.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "client/output.h"
#include "client/prompt.h"
#include "client/verbs.h"
#include "client/verified.h"
#include "crypto/key.h"
#include "crypto/name.h"
#include "sign/asic/zip.h"
#include "sign/trust/anchors.h"
#include "sign/pdf/pdf-panel.h"
#include "sign/pdf/pdf-verify.h"

#define MILLIMETRES_IN_POINT (25.4 / 72)

typedef struct Shown {
        VerifyReport report;
        PdfPanel panel;
        bool is_pdf;
} Shown;

static void shown_done(Shown *s) {
        verify_report_done(&s->report);
        pdf_panel_done(&s->panel);
}

static int fail_panel(int outcome, const char *path) {
        switch (outcome) {
        case PDF_PANEL_DAMAGED:
                return fail(EXIT_FAILED, _("%s is damaged beyond reading."), path);
        case PDF_PANEL_ENCRYPTED:
                return fail(EXIT_DENIED, _("%s is encrypted: give its password with --document-password-file."), path);
        case PDF_PANEL_TOO_COMPLEX:
                return fail(EXIT_FAILED, _("%s has more fields or pages than are looked at."), path);
        default:
                return fail_file(outcome, path);
        }
}

static int read_signatures(Client *c, const char *path, Shown *s) {
        _cleanup_(verify_anchors_freep) gnutls_x509_trust_list_t anchors = NULL;
        _cleanup_secret_ Secret *password = NULL;
        _cleanup_close_ int fd = -1, content = -1;
        VerifyParams params;
        int r;

        verified_guard(path);
        r = verified_open(path, &fd);
        if (r == 0)
                r = verified_open_content(c, path, &content);
        if (r == 0)
                r = verified_load_anchors(c, &anchors);
        if (r == 0 && arguments_has(&c->arguments, "document-password-file"))
                r = prompt_secret(c, "document-password-file", _("Password of the document"), &password);
        if (r > 0)
                return r;
        params = (VerifyParams) { .anchors = anchors, .now = time(NULL), .content_fd = content };
        if (password)
                params.document_password = secret_view(password);
        s->is_pdf = !zip_recognize(fd) && pdf_verify_recognize(fd);
        if (s->is_pdf) {
                r = pdf_panel_read(fd, params.document_password, &s->panel);
                if (r != 0)
                        return fail_panel(r, path);
        }
        r = verify_fd(fd, &params, &s->report);
        return r < 0 ? fail_file(r, path) : 0;
}

/* The field that a signature of the report is the value of; NULL when it is none of a PDF's. Of fields with one name, of which no sound document
 * has two, the reports are in the fields' order. */
static const PdfPanelField *field_of(const Shown *s, size_t signature) {
        const char *name = s->report.signatures[signature].field;
        size_t n = 0;

        for (size_t i = 0; name && i < signature; i++)
                n += s->report.signatures[i].field && strcmp(s->report.signatures[i].field, name) == 0;
        for (size_t i = 0; name && i < s->panel.n_fields; i++)
                if (s->panel.fields[i].is_signed && strcmp(s->panel.fields[i].name, name) == 0 && n-- == 0)
                        return &s->panel.fields[i];
        return NULL;
}

/* The common name, as a panel has it, instead of the whole subject. The caller frees. */
static char *signer_name(const SignatureReport *s) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        gnutls_datum_t der = { s->certificate.data, (unsigned) s->certificate.len };
        char *name = NULL;

        if (s->certificate.len > 0 && gnutls_x509_crt_init(&crt) >= 0 && gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER) >= 0)
                name = certificate_subject_attribute(crt, GNUTLS_OID_X520_COMMON_NAME);
        return name ?: text_clean(s->signer ?: _("unknown signer"));
}

static const char *certification_text(const PdfPanelField *f) {
        static const char *const texts[] = {
                NULL,
                N_("certified by its author: no changes are allowed"),
                N_("certified by its author: filling in forms and signing is allowed"),
                N_("certified by its author: filling in, signing and annotations are allowed"),
        };

        return f->certifies > 0 ? _(texts[f->certifies]) : NULL;
}

/* "page 2, 70 × 25 mm"; the caller frees. */
static char *place_text(const PdfPanelField *f) {
        char *text = NULL;
        int r;

        if (f->page == 0 || !f->is_visible)
                return strdup(_("not shown on any page"));
        r = asprintf(&text, _("page %zu, %.0f × %.0f mm, %.0f mm from the left and %.0f mm from the bottom"), f->page,
                     (f->rectangle.x1 - f->rectangle.x0) * MILLIMETRES_IN_POINT, (f->rectangle.y1 - f->rectangle.y0) * MILLIMETRES_IN_POINT,
                     f->rectangle.x0 * MILLIMETRES_IN_POINT, f->rectangle.y0 * MILLIMETRES_IN_POINT);
        return r < 0 ? NULL : text;
}

static char *revision_text(const Shown *s, const PdfPanelField *f) {
        char *text = NULL;

        if (f->revision == 0)
                return NULL;
        return asprintf(&text, _("%zu of %zu"), f->revision, s->panel.n_revisions) < 0 ? NULL : text;
}

/* PDF's words are the field's, and no other format has any. */
static void print_signature(const Shown *s, size_t i) {
        static const PdfPanelField none = { 0 };
        const SignatureReport *g = &s->report.signatures[i];
        const PdfPanelField *f = field_of(s, i) ?: &none;
        _cleanup_free_ char *name = signer_name(g), *form = NULL, *place = s->is_pdf ? place_text(f) : NULL, *revision = revision_text(s, f);
        _cleanup_free_ char *files = verified_names(g->covered, g->n_covered);

        if (asprintf(&form, "%s%s%s", g->format ?: "–", g->level ? " " : "", g->level ?: "") < 0)
                return;
        out("\n");
        verdict_print_mark(g->indication);
        out_styled(STYLE_BOLD, "%s", name);
        out(" – %s\n", g->timestamp && g->indication == INDICATION_TOTAL_PASSED ? _("a valid timestamp") : verdict_text(g->indication));
        const Pair pairs[] = {
                { _("Why"), g->reason ? _(g->reason) : NULL },
                { _("Signed on"), g->signing_time >= 0 ? text_time(g->signing_time) : _("not stated") },
                { _("Time, proven"), g->proven_time >= 0 ? text_time(g->proven_time) : NULL },
                { _("Reason"), f->reason },
                { _("Location"), f->location },
                { _("Contact"), f->contact },
                { _("Certification"), certification_text(f) },
                { _("Signer"), g->signer },
                { _("Issued by"), g->issuer },
                { _("Field"), g->field },
                { _("Shown"), place },
                { _("Signed"), verdict_coverage(g) },
                { _("Files"), files },
                { _("Revision"), revision },
                { _("Form"), form },
                { _("Made with"), f->application },
        };
        out_pairs(pairs, ELEMENTSOF(pairs));
}

static void print_empty(const PdfPanelField *f) {
        _cleanup_free_ char *place = place_text(f);

        out("\n");
        out_styled(STYLE_FAINT, "%s ", output_is_utf8() ? "□" : "[]");
        out(_("Field “%s” waits to be signed\n"), f->name);
        const Pair pairs[] = { { _("Shown"), place } };
        out_pairs(pairs, ELEMENTSOF(pairs));
}

static void print_text(const Shown *s, const char *path) {
        _cleanup_free_ char *name = text_from_locale(path), *clean = text_clean(name ?: "");
        _cleanup_free_ char *unsigned_files = verified_names(s->report.unsigned_files, s->report.n_unsigned_files);

        out_styled(STYLE_BOLD, "%s", clean);
        out(": ");
        out(ngettext("%zu signature", "%zu signatures", s->report.n_signatures), s->report.n_signatures);
        out("\n");
        if (s->report.n_signatures == 0 && !s->is_pdf && s->report.reason)
                out("  %s\n", _(s->report.reason));
        for (size_t i = 0; i < s->report.n_signatures; i++)
                print_signature(s, i);
        for (size_t i = 0; i < s->panel.n_fields; i++)
                if (!s->panel.fields[i].is_signed)
                        print_empty(&s->panel.fields[i]);
        if (unsigned_files) {
                out("\n");
                out_styled(STYLE_BAD, "%s ", _("NOT signed:"));
                out("%s\n", unsigned_files);
        }
}

/* In whole points: enough to find it. */
static void write_place(Json *j, const PdfPanelField *f) {
        const struct {
                const char *name;
                double value;
        } numbers[] = {
                { "left", f->rectangle.x0 }, { "bottom", f->rectangle.y0 }, { "width", f->rectangle.x1 - f->rectangle.x0 }, { "height", f->rectangle.y1 - f->rectangle.y0 },
        };

        if (f->page > 0)
                json_int(j, "page", (int64_t) f->page);
        else
                json_null(j, "page");
        json_bool(j, "visible", f->page > 0 && f->is_visible);
        if (f->page == 0 || !f->is_visible) {
                json_null(j, "rectangle");
                return;
        }
        json_object_begin(j, "rectangle");
        for (size_t i = 0; i < ELEMENTSOF(numbers); i++)
                json_int(j, numbers[i].name, llround(numbers[i].value));
        json_object_end(j);
}

static void write_words(Json *j, const PdfPanelField *f) {
        json_string(j, "reason", f->reason);
        json_string(j, "location", f->location);
        json_string(j, "contact", f->contact);
        json_string(j, "application", f->application);
        json_int(j, "certification", f->certifies);
        json_bool(j, "document_timestamp", f->is_document_timestamp);
        json_int(j, "revision", (int64_t) f->revision);
        write_place(j, f);
}

static void write_signature(Json *j, const Shown *s, size_t i) {
        const SignatureReport *g = &s->report.signatures[i];
        const PdfPanelField *f = field_of(s, i);
        _cleanup_free_ char *name = signer_name(g);

        json_object_begin(j, NULL);
        json_string(j, "name", name);
        json_string(j, "indication", indication_to_string(g->indication));
        json_string(j, "subindication", subindication_to_string(g->subindication));
        json_string(j, "why", g->reason);
        json_string(j, "signer", g->signer);
        json_string(j, "issuer", g->issuer);
        json_string(j, "serial", g->serial);
        json_time_if_known(j, "signing_time", g->signing_time);
        json_time_if_known(j, "proven_time", g->proven_time);
        json_string(j, "format", g->format);
        json_string(j, "level", g->level);
        json_bool(j, "covers_whole_document", g->covers_whole_document);
        json_strings(j, "files", g->covered, g->n_covered);
        json_string(j, "field", g->field);
        if (f)
                write_words(j, f);
        json_object_end(j);
}

static int print_json(const Shown *s) {
        Json j = JSON_INIT(stdout);

        json_object_begin(&j, NULL);
        json_int(&j, "revisions", (int64_t) s->panel.n_revisions);
        json_array_begin(&j, "signatures");
        for (size_t i = 0; i < s->report.n_signatures; i++)
                write_signature(&j, s, i);
        json_array_end(&j);
        json_array_begin(&j, "empty_fields");
        for (size_t i = 0; i < s->panel.n_fields; i++) {
                if (s->panel.fields[i].is_signed)
                        continue;
                json_object_begin(&j, NULL);
                json_string(&j, "field", s->panel.fields[i].name);
                write_place(&j, &s->panel.fields[i]);
                json_object_end(&j);
        }
        json_array_end(&j);
        json_strings(&j, "unsigned_files", s->report.unsigned_files, s->report.n_unsigned_files);
        json_object_end(&j);
        return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
}

int verb_show_signatures(Client *c) {
        const char *path = c->arguments.words[0];
        _cleanup_(shown_done) Shown s = { 0 };
        int r;

        r = read_signatures(c, path, &s);
        if (r > 0)
                return r;
        if (c->json)
                r = print_json(&s);
        else
                print_text(&s, path);
        return r != 0 ? r : s.report.n_signatures == 0 && s.panel.n_fields == 0 ? EXIT_NOT_FOUND : EXIT_OK;
}
