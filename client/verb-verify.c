/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet verify: what lib/sign finds, in words or as JSON. Needs no service; the network is used where certificates that are trusted say that their state can be
 * looked up there, unless --offline. */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/atomic-file.h"
#include "client/certificates.h"
#include "client/output.h"
#include "client/prompt.h"
#include "client/revocation-sources.h"
#include "client/verified.h"
#include "client/verify-batch.h"
#include "client/verbs.h"
#include "sign/cms/timestamp.h"
#include "sign/trust/anchors.h"
#include "sign/verify-etsi.h"
#include "sign/verify-json.h"

/* In law: see certificate_standing(). NULL where the certificate is of no use. */
static const char *standing(const SignatureReport *s, gnutls_x509_trust_list_t anchors) {
        gnutls_datum_t datum = { s->certificate.data, (unsigned) s->certificate.len };
        gnutls_x509_crt_t crt = NULL, issuer = NULL;
        const char *text = NULL;

        if (s->certificate.len == 0 || gnutls_x509_crt_init(&crt) < 0)
                return NULL;
        if (gnutls_x509_crt_import(crt, &datum, GNUTLS_X509_FMT_DER) >= 0) {
                if (gnutls_x509_trust_list_get_issuer(anchors, crt, &issuer, 0) < 0)
                        issuer = NULL;
                text = certificate_standing(crt, issuer);
        }
        gnutls_x509_crt_deinit(crt);
        return text;
}

static const char *state_word(CertificateState s) {
        static const char *const words[] = {
                [CERTIFICATE_GOOD] = N_("good"),
                [CERTIFICATE_SUSPENDED] = N_("suspended"),
                [CERTIFICATE_REVOKED] = N_("revoked"),
                [CERTIFICATE_UNKNOWN] = N_("not known"),
        };

        return _(words[s]);
}

static const char *source_word(RevocationSource s) {
        static const char *const words[] = {
                [REVOCATION_FROM_SIGNATURE] = N_("in the signature"),
                [REVOCATION_FROM_FILE] = N_("in a file that was given"),
                [REVOCATION_FROM_LOCAL_CA] = N_("of the local CA"),
                [REVOCATION_FROM_NETWORK] = N_("from the network"),
        };

        return _(words[s]);
}

/* The certificate's state when it signed, and what became of it since; the caller frees. NULL where it was not sought. */
static char *text_state(const SignatureReport *s) {
        const CertificateStatus *t = &s->status;
        CertificateState then = signature_state_at_signing(s);
        const char *reason = certificate_reason_to_string(t->reason);
        char *text = NULL;
        int r;

        if (!s->looked_up)
                return NULL;
        if (!t->checked)
                r = asprintf(&text, _("not checked. %s"), t->problem ? _(t->problem) : "");
        else if (t->state == CERTIFICATE_GOOD)
                r = asprintf(&text, _("good (%s %s)"), revocation_kind_to_string(t->kind), source_word(t->source));
        else if (then == CERTIFICATE_GOOD && s->proven_time < 0)
                r = asprintf(&text, _("good by the claimed time; %s since %s, %s (%s %s)"), state_word(t->state), text_time(t->since), reason,
                             revocation_kind_to_string(t->kind), source_word(t->source));
        else if (then == CERTIFICATE_GOOD)
                r = asprintf(&text, _("good; %s since %s, %s (%s %s)"), state_word(t->state), text_time(t->since), reason, revocation_kind_to_string(t->kind),
                             source_word(t->source));
        else
                r = asprintf(&text, _("%s since %s, %s (%s %s)"), state_word(t->state), text_time(t->since), reason, revocation_kind_to_string(t->kind),
                             source_word(t->source));
        return r < 0 ? NULL : text;
}

/* The caller frees; NULL where no time is proven, and nothing claims it. */
static char *text_proof(const SignatureReport *s) {
        char *text = NULL;

        if (s->proven_time < 0 && s->integrity && s->level && strcmp(s->level, "B-B") != 0)
                return strdup(_("no: its timestamp does not hold, or is by nobody who is trusted"));
        if (s->proven_time < 0)
                return NULL;
        return asprintf(&text, _("%s, by %s"), text_time(s->proven_time), s->proven_by ?: "–") < 0 ? NULL : text;
}

/* An archive timestamp, or what became of another one; the caller frees. */
static char *text_timestamp(const TimestampReport *t) {
        char *text = NULL;
        int r;

        switch (t->outcome) {
        case 0:
                r = asprintf(&text, _("%s, by %s"), text_time(t->time), t->authority ?: "–");
                break;
        case TIMESTAMP_NOT_TRIED:
                r = asprintf(&text, _("%s, not looked into"), text_time(t->time));
                break;
        case TIMESTAMP_E_MALFORMED:
                text = strdup(_("not of a form that can be read"));
                return text;
        case TIMESTAMP_E_DIFFERENT:
                r = asprintf(&text, _("%s, but NOT of what is here now"), text_time(t->time));
                break;
        case TIMESTAMP_E_INCOMPLETE:
                r = asprintf(&text, _("%s, but something that it is of is missing"), text_time(t->time));
                break;
        default:
                r = asprintf(&text, _("%s, but its authority is not trusted, or was not any more"), text_time(t->time));
        }
        return r < 0 ? NULL : text;
}

/* Those that archive the signature; of other kinds the proven time tells enough. The caller frees; NULL where there are none. */
static char *text_archive(const SignatureReport *s) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < s->n_timestamps; i++) {
                _cleanup_free_ char *text = NULL;

                if (strcmp(s->timestamps[i].kind, "archive") != 0)
                        continue;
                text = text_timestamp(&s->timestamps[i]);
                r = text ? bytes_printf(&b, "%s%s", b.len > 0 ? "; " : "", text) : -ENOMEM;
        }
        return r < 0 || b.len == 0 ? NULL : strndup((const char *) b.data, b.len);
}

/* A timestamp alone, beside which there is nothing that it could be of. */
static bool is_token(const SignatureReport *s) {
        return s->timestamp && !s->covers_whole_document && !s->field && s->n_covered == 0;
}

static void print_signature(const SignatureReport *s, size_t number, gnutls_x509_trust_list_t anchors) {
        _cleanup_free_ char *format = NULL, *state = text_state(s), *proof = text_proof(s), *archive = text_archive(s), *files = verified_names(s->covered, s->n_covered),
                             *elements = verified_names(s->elements, s->n_elements);
        _cleanup_free_ char *earliest = s->not_before >= 0 ? strdup(text_time(s->not_before)) : NULL;
        const char *law = s->indication == INDICATION_TOTAL_PASSED && !s->timestamp ? standing(s, anchors) : NULL;

        if (asprintf(&format, "%s%s%s", s->format ?: "–", s->level ? " " : "", s->level ?: "") < 0)
                return;
        out("\n");
        verdict_print_mark(s->indication);
        verdict_print_title(s, number);
        const Pair pairs[] = {
                { s->timestamp ? _("Authority") : _("Signer"), s->signer },
                { _("Issued by"), s->issuer },
                { _("Serial number"), s->serial },
                { s->timestamp ? _("Certificate") : _("Certificate, at signing"), state },
                { s->timestamp ? _("Time") : _("Signing time, claimed"), s->signing_time >= 0 ? text_time(s->signing_time) : _("not stated") },
                { _("Not before"), earliest },
                { _("Time, proven"), proof },
                { _("Archived"), archive },
                { _("Document unchanged"), s->integrity ? _("yes, as far as it is signed") : _("NO, or it cannot be told") },
                /* Where the digest does not fit, what it was made over is beside the point. */
                { s->timestamp ? _("Timestamp of") : _("Signed"), !s->integrity || is_token(s) ? NULL : verdict_coverage(s) },
                { _("Elements"), elements },
                { _("Files"), files },
                { _("Form"), format },
                { _("Field"), s->field },
                { _("Reason"), s->reason ? _(s->reason) : NULL },
                { _("In the standard's words"), s->indication == INDICATION_TOTAL_PASSED ? NULL : subindication_to_string(s->subindication) },
                { _("Standing"), law ? _(law) : NULL },
        };
        out_pairs(pairs, ELEMENTSOF(pairs));
}

static void print_report(const VerifyReport *report, const char *path, gnutls_x509_trust_list_t anchors) {
        _cleanup_free_ char *name = text_from_locale(path), *clean = text_clean(name ?: ""), *unsigned_files = verified_names(report->unsigned_files, report->n_unsigned_files);

        verdict_print(clean, report);
        if (report->reason && (report->n_signatures == 0 || verify_report_is_time_alone(report)))
                out("  %s\n", _(report->reason));
        for (size_t i = 0; i < report->n_signatures; i++)
                print_signature(&report->signatures[i], i + 1, anchors);
        if (unsigned_files) {
                out("\n");
                out_styled(STYLE_BAD, "%s ", _("NOT signed:"));
                out("%s\n", unsigned_files);
        }
}

/* Beside what is printed, for the archive: the report that the standard defines. */
static int save_report(const Client *c, const VerifyReport *report, int64_t now) {
        const char *path = arguments_get(&c->arguments, "report");
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        int r;

        if (!path)
                return 0;
        if (verify_report_write_etsi(report, now, &text) < 0)
                return fail_memory();
        r = atomic_file_write(path, bytes_view(&text), 0644, arguments_has(&c->arguments, "force"));
        if (r == -EEXIST)
                return fail(EXIT_FAILED, _("%s exists already; use --force to replace it."), path);
        return r < 0 ? fail_file(r, path) : 0;
}

int verb_verify(Client *c) {
        _cleanup_(verify_anchors_freep) gnutls_x509_trust_list_t anchors = NULL;
        _cleanup_(verify_report_done) VerifyReport report = { 0 };
        _cleanup_revocation_pool_ RevocationPool pool = { 0 };
        _cleanup_secret_ Secret *password = NULL;
        _cleanup_close_ int fd = -1, content = -1;
        const char *path;
        VerifyParams params;
        int r;

        if (c->arguments.n_words != 1 || arguments_has(&c->arguments, "files-from"))
                return verify_batch(c);
        path = c->arguments.words[0];
        verified_guard(path);
        r = verified_open(path, &fd);
        if (r == 0)
                r = verified_open_content(c, path, &content);
        if (r == 0)
                r = verified_load_anchors(c, &anchors);
        if (r == 0)
                r = revocation_sources_open(c, NULL, &pool);
        if (r == 0 && arguments_has(&c->arguments, "document-password-file"))
                r = prompt_secret(c, "document-password-file", _("Password of the document"), &password);
        if (r > 0)
                return r;
        params = (VerifyParams) { .anchors = anchors, .now = time(NULL), .content_fd = content, .revocation = &pool };
        if (password)
                params.document_password = secret_view(password);
        r = verify_fd(fd, &params, &report);
        if (r < 0)
                return fail_file(r, path);
        if (!c->json)
                print_report(&report, path, anchors);
        else if (verify_report_write_json(&report, stdout) < 0)
                return EXIT_FAILED;
        r = save_report(c, &report, params.now);
        return r > 0 ? r : verdict_exit_code(&report);
}
