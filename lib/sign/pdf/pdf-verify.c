/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Verification of PDF documents; see pdf-verify.h. */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/utf8.h"
#include "sign/cms/cms-verify.h"
#include "sign/pdf/pdf-dss.h"
#include "sign/pdf/pdf-embedded.h"
#include "sign/pdf/pdf-proof.h"
#include "sign/pdf/pdf-revisions.h"
#include "sign/pdf/pdf-tail.h"
#include "sign/pdf/pdf-verify.h"
#include "sign/cms/timestamp.h"

/* Bytes that all signatures together may be of, in so much of the file each: who has a file signed by dozens does not have it signed by hundreds. */
#define SIGNED_BYTES_MAX(size) ((UINT64_C(1) << 30) + 16 * (size))

typedef struct Verification {
        int fd;
        uint64_t size;
        const VerifyParams *params;
        PdfDocument *document;
        PdfSignature *signatures;
        PdfRevisionVerdict *revisions;
        PdfProof *proofs;
        bool has_dss;
        size_t n;
} Verification;

static void verification_done(Verification *v) {
        for (size_t i = 0; i < v->n; i++)
                pdf_signature_done(&v->signatures[i]);
        free(v->signatures);
        free(v->revisions);
        pdf_proofs_free(v->proofs, v->n);
        pdf_document_free(v->document);
}

/* The verdict on a document in which no signature can be looked at. */
static int conclude(VerifyReport *r, Indication indication, const char *reason) {
        char *copy = strdup(reason);

        if (!copy)
                return -ENOMEM;
        free(r->reason);
        r->indication = indication;
        r->subindication = SUB_FORMAT_FAILURE;
        r->reason = copy;
        return 0;
}

static const char *format_name(const PdfSignature *s) {
        switch (s->sub_filter) {
        case PDF_SUB_FILTER_CADES:
                return "PAdES";
        case PDF_SUB_FILTER_RFC3161:
                return "DocTimeStamp";
        default:
                return "PDF-CMS";
        }
}

static bool is_followed_by_timestamp(const Verification *v, const PdfSignature *s) {
        for (size_t i = 0; i < v->n; i++)
                if (v->signatures[i].sub_filter == PDF_SUB_FILTER_RFC3161 && !v->signatures[i].defect && v->signatures[i].range.end > s->range.end)
                        return true;
        return false;
}

/* EN 319 142-1 §6.3, table 1, by what is there: a signature with a timestamp of its own or around it, a document security store, and a document timestamp over
 * both. */
static const char *raise_level(const Verification *v, const PdfSignature *s, const char *level) {
        if (level && strcmp(level, "B-B") == 0 && is_followed_by_timestamp(v, s))
                level = "B-T";
        if (!level || strcmp(level, "B-T") != 0 || !v->has_dss)
                return level;
        return is_followed_by_timestamp(v, s) ? "B-LTA" : "B-LT";
}

/* What the dictionary says about a signature, in each report on it. */
static int fill(const Verification *v, const PdfSignature *s, const CmsFacts *facts, SignatureReport *report) {
        bool is_baseline = s->sub_filter == PDF_SUB_FILTER_CADES && !s->has_cert && s->time >= 0 && facts && !facts->has_signing_time;

        report->format = format_name(s);
        report->timestamp = s->sub_filter == PDF_SUB_FILTER_RFC3161;
        report->level = is_baseline ? raise_level(v, s, report->level) : NULL;
        if (report->signing_time < 0)
                report->signing_time = s->time;
        report->covers_whole_document = !s->defect && s->range.end == v->size;
        free(report->field);
        report->field = utf8_sanitize(view_string(s->name));
        return report->field ? 0 : -ENOMEM;
}

static int add_defective(const Verification *v, const PdfSignature *s, VerifyReport *r) {
        SignatureReport *report;
        int e;

        e = verify_report_add(r, &report);
        if (e == 0)
                e = fill(v, s, NULL, report);
        return e < 0 ? e : signature_report_note(report, SUB_FORMAT_FAILURE, s->defect);
}

typedef struct DigestContext {
        int fd;
        const PdfByteRange *range;
} DigestContext;

static int digest_content(void *userdata, gnutls_digest_algorithm_t algorithm, Digest *ret) {
        const DigestContext *c = userdata;

        return pdf_byte_range_digest(c->fd, c->range, algorithm, ret);
}

/* Holds what a CMS embeds against the document. A digest that cannot be computed is a thing that cannot be told. */
static int check_embedded(const Verification *v, const PdfSignature *s, View cms, SignatureReport *report) {
        int64_t time = -1;
        int r;

        r = s->sub_filter == PDF_SUB_FILTER_RFC3161 ? pdf_embedded_check_timestamp(v->fd, &s->range, cms, &time) :
                pdf_embedded_check_sha1(v->fd, &s->range, cms);
        if (s->sub_filter == PDF_SUB_FILTER_RFC3161)
                report->signing_time = time;
        if (r == 0)
                return 0;
        report->integrity = false;
        switch (r) {
        case PDF_EMBEDDED_DIFFERENT:
                return signature_report_note(report, SUB_HASH_FAILURE, N_("The document is not the one that was signed."));
        case PDF_EMBEDDED_MALFORMED:
                return signature_report_note(report, SUB_FORMAT_FAILURE, N_("The signature does not contain what its SubFilter asks for."));
        case -EOPNOTSUPP:
                return signature_report_note(report, SUB_CRYPTO_CONSTRAINTS_FAILURE, N_("The timestamp's digest algorithm is not known."));
        default:
                return r;
        }
}

/* RFC 3161 §2.3. */
static int check_purpose(SignatureReport *report) {
        if (report->certificate.len == 0 || timestamp_is_authority(bytes_view(&report->certificate)))
                return 0;
        return signature_report_note(report, SUB_CHAIN_CONSTRAINTS_FAILURE, N_("The timestamp's certificate is not one for timestamps."));
}

static bool embeds(const PdfSignature *s) {
        return s->sub_filter == PDF_SUB_FILTER_RFC3161 || s->sub_filter == PDF_SUB_FILTER_PKCS7_SHA1;
}

static int verify_signature(const Verification *v, size_t i, VerifyReport *r) {
        const PdfSignature *s = &v->signatures[i];
        DigestContext context = { .fd = v->fd, .range = &s->range };
        CmsContent content = { .digest = embeds(s) ? NULL : digest_content, .userdata = &context, .pdf = !embeds(s) };
        VerifyParams params = *v->params;
        size_t first = r->n_signatures;
        CmsFacts facts = { 0 };
        int e;

        if (s->defect)
                return add_defective(v, s, r);
        params.proven_time = v->proofs[i].time;
        params.proven_by = v->proofs[i].authority;
        e = cms_verify(bytes_view(&s->contents), &content, &params, r, &facts);
        for (size_t k = first; e == 0 && k < r->n_signatures; k++) {
                SignatureReport *report = &r->signatures[k];

                e = fill(v, s, &facts, report);
                if (e == 0 && embeds(s) && report->integrity)
                        e = check_embedded(v, s, VIEW(s->contents.data, facts.size), report);
                if (e == 0 && s->sub_filter == PDF_SUB_FILTER_RFC3161)
                        e = check_purpose(report);
                if (e == 0 && facts.has_embedded_content && !embeds(s))
                        e = signature_report_note(report, SUB_FORMAT_FAILURE, N_("The signature embeds content of its own beside the document."));
                if (e == 0 && v->document->repaired)
                        e = signature_report_note(report, SUB_FORMAT_FAILURE, N_("The document is damaged, and readers differ in what they make of it."));
                report->added = v->revisions[i].added;
                if (e == 0 && v->revisions[i].reason)
                        e = signature_report_note(report, SUB_FORMAT_FAILURE, v->revisions[i].reason);
        }
        return e;
}

static void limit_digested(PdfSignature *s, uint64_t *left) {
        if (s->defect)
                return;
        if (s->range.end > *left)
                s->defect = N_("The PDF document has more fields or signatures than are examined.");
        else
                *left -= s->range.end;
}

static int read_signatures(Verification *v) {
        _cleanup_(pdf_fields_done) PdfFields fields = { 0 };
        uint64_t left = SIGNED_BYTES_MAX(v->size);
        int r;

        r = pdf_fields_collect(v->document, &fields);
        if (r < 0)
                return r;
        if (fields.n > VERIFY_SIGNATURES_MAX)
                return -E2BIG;
        v->signatures = calloc(fields.n + 1, sizeof(*v->signatures));
        v->revisions = calloc(fields.n + 1, sizeof(*v->revisions));
        if (!v->signatures || !v->revisions)
                return -ENOMEM;
        for (size_t i = 0; i < fields.n; i++) {
                if (!pdf_field_is_signed(v->document, &fields.items[i]))
                        continue;
                r = pdf_signature_read(v->document, v->fd, v->size, &fields.items[i], &v->signatures[v->n]);
                if (r < 0)
                        return r;
                limit_digested(&v->signatures[v->n], &left);
                v->n++;
        }
        return 0;
}

/* A document without pages: its cross-reference misses what other readers find in the file by looking for it, other signatures too. */
static bool has_pages(PdfDocument *d) {
        qpdf_oh pages = pdf_get(d, qpdf_get_root(d->q), "/Pages");
        bool has = qpdf_oh_is_dictionary(d->q, pages);

        qpdf_oh_release(d->q, pages);
        return has;
}

/* Opens the document, repaired if it must be: its signatures are then shown, and none passes. */
static int open_document(Verification *v) {
        int r;

        r = pdf_document_open_by_password(v->fd, v->size, v->size, false, v->params->document_password, &v->document);
        if (r == 0)
                v->document->repaired = !has_pages(v->document); /* and not what qpdf merely warned about */
        if (r != PDF_DOCUMENT_DAMAGED)
                return r;
        r = pdf_document_open_by_password(v->fd, v->size, v->size, true, v->params->document_password, &v->document);
        if (r == 0)
                v->document->repaired = true;
        return r;
}

/* A timestamp of an authority that we do not know proves nothing, and takes nothing from the signatures either: it costs the document its
 * level, not its validity. One that is wrong does count. */
static bool lacks_only_timestamps(const VerifyReport *r) {
        size_t n_passed = 0;

        for (size_t i = 0; i < r->n_signatures; i++) {
                const SignatureReport *s = &r->signatures[i];

                if (s->indication == INDICATION_TOTAL_FAILED || (s->indication != INDICATION_TOTAL_PASSED && !s->timestamp))
                        return false;
                n_passed += s->indication == INDICATION_TOTAL_PASSED && !s->timestamp;
        }
        return n_passed > 0;
}

static int conclude_signatures(VerifyReport *r) {
        int e = verify_report_conclude(r, N_("The PDF document bears no signature."));

        /* What anybody can get for any document must not pass as a signature of it. */
        if (e == 0 && verify_report_is_time_alone(r) && r->indication == INDICATION_TOTAL_PASSED)
                return conclude(r, INDICATION_TOTAL_FAILED, N_("The PDF document bears a timestamp and nobody's signature."));
        if (e == 0 && r->indication == INDICATION_INDETERMINATE && lacks_only_timestamps(r)) {
                free(r->reason);
                r->reason = NULL;
                r->indication = INDICATION_TOTAL_PASSED;
                r->subindication = SUB_NONE;
        }
        return e;
}

static int verify_signatures(Verification *v, VerifyReport *r) {
        PdfRevisions revisions = { .document = v->document, .fd = v->fd, .size = v->size, .password = v->params->document_password };
        int e = 0;

        e = read_signatures(v);
        if (e == -E2BIG)
                return conclude(r, INDICATION_TOTAL_FAILED, N_("The PDF document has more fields or signatures than are examined."));
        v->has_dss = pdf_dss_is_there(v->document);
        if (e == 0 && v->params->revocation)
                e = pdf_dss_collect(v->document, v->params->revocation);
        if (e == 0)
                e = pdf_revisions_check(&revisions, v->signatures, v->n, v->revisions);
        if (e == 0)
                e = pdf_proofs_collect(v->fd, v->size, v->signatures, v->n, v->params, &v->proofs);
        for (size_t i = 0; e == 0 && i < v->n; i++)
                e = verify_signature(v, i, r);
        return e < 0 ? e : conclude_signatures(r);
}

static int verify_document(Verification *v, VerifyReport *r) {
        int e = open_document(v);

        switch (e) {
        case 0:
                return verify_signatures(v, r);
        case PDF_DOCUMENT_ENCRYPTED:
                return conclude(r, INDICATION_INDETERMINATE, N_("The PDF document is encrypted; give its password with --document-password-file."));
        case PDF_DOCUMENT_UNKNOWN_CIPHER:
                return conclude(r, INDICATION_INDETERMINATE, N_("The PDF document is encrypted in a way that is not known here."));
        case PDF_DOCUMENT_EXCESSIVE:
                return conclude(r, INDICATION_TOTAL_FAILED, N_("The PDF document would take far more memory to read than its size explains."));
        case PDF_DOCUMENT_DAMAGED:
                return conclude(r, INDICATION_TOTAL_FAILED, N_("The PDF document is damaged beyond reading."));
        default:
                return e;
        }
}

/* A CMS that embeds a PDF document has the header in its first kilobyte, too; it starts as a SEQUENCE or in PEM. */
static bool starts_like_cms(int fd) {
        char start[10];

        return pdf_read_at(fd, 0, start, sizeof(start)) < 0 || start[0] == 0x30 || memcmp(start, "-----BEGIN", 10) == 0;
}

bool pdf_verify_recognize(int fd) {
        struct stat st;
        PdfTail tail;
        int r;

        if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
                return false;
        r = pdf_tail_read(fd, (uint64_t) st.st_size, &tail);
        return r >= 0 && r != PDF_TAIL_NOT_PDF && !starts_like_cms(fd);
}

int pdf_verify(int fd, const VerifyParams *params, VerifyReport *ret) {
        _cleanup_(verification_done) Verification v = { .fd = fd, .params = params };
        VerifyReport report = { 0 };
        struct stat st;
        int r;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return S_ISDIR(st.st_mode) ? -EISDIR : -ESPIPE;
        v.size = (uint64_t) st.st_size;
        r = verify_document(&v, &report);
        if (r < 0) {
                verify_report_done(&report);
                return r;
        }
        *ret = report;
        return 0;
}
