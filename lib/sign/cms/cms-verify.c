/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Verifies SignedData; see cms-verify.h. Here: the content's digests, each made once, and the round over the signers. */

#include <errno.h>
#include <string.h>

#include "der/oids.h"
#include "sign/cms/cms-signer.h"
#include "sign/trust/revocation-values.h"

/* What may be read for timestamps, beside so many times the whole. */
#define BUDGET (UINT64_C(256) * 1024 * 1024)
#define BUDGET_TIMES 16U

/* More digest algorithms than there are; a hostile file cannot have the content read more often. */
#define DIGESTS_MAX 16U

typedef struct Round {
        CmsContext context;
        struct {
                gnutls_digest_algorithm_t algorithm;
                Digest embedded, external;
        } digests[DIGESTS_MAX];
        size_t n_digests;
} Round;

static int round_digest(CmsContext *c, gnutls_digest_algorithm_t algorithm, Digest *ret_embedded, Digest *ret_external) {
        Round *round = (Round *) c; /* the context is its first member */
        Digest embedded = { .len = 0 }, external = { .len = 0 };
        size_t i;
        int r = 0;

        for (i = 0; i < round->n_digests && round->digests[i].algorithm != algorithm; i++)
                ;
        if (i == round->n_digests) {
                if (i >= DIGESTS_MAX)
                        return -EOPNOTSUPP;
                if (c->signed_data->has_content)
                        r = cms_digest_content(c->source, c->signed_data, algorithm, &embedded);
                if (r >= 0 && c->content->digest)
                        r = c->content->digest(c->content->userdata, algorithm, &external);
                if (r < 0)
                        return r;
                round->digests[i].algorithm = algorithm;
                round->digests[i].embedded = embedded;
                round->digests[i].external = external;
                round->n_digests++;
        }
        *ret_embedded = round->digests[i].embedded;
        *ret_external = round->digests[i].external;
        return 0;
}

/* Reads one SignerInfo as DER. */
static int read_signer(BerSource *source, const BerElement *e, Bytes *ret) {
        _cleanup_bytes_ Bytes ber = BYTES_NULL;
        int r;

        r = ber_source_dup(source, e->at, e->end - e->at, DER_SIZE_MAX, &ber);
        return r < 0 ? r : ber_to_der(bytes_view(&ber), ret);
}

static bool is_malformed(int r) {
        return r == -EBADMSG || r == -ELOOP || r == -E2BIG;
}

static int verify_signer(Round *round, const BerElement *e, VerifyReport *r, bool *ret_signing_time) {
        _cleanup_bytes_ Bytes info = BYTES_NULL;
        SignatureReport *report;
        int q;

        q = verify_report_add(r, &report);
        if (q < 0)
                return q;
        report->format = round->context.content->pdf ? "PDF-CMS" : "CMS";
        q = read_signer(round->context.source, e, &info);
        if (q >= 0)
                q = cms_signer_verify(&round->context, bytes_view(&info), report, ret_signing_time);
        if (is_malformed(q))
                q = signature_report_note(report, SUB_FORMAT_FAILURE, N_("The signature is damaged: its structure can not be read."));
        /* A timestamp needs none, and a PDF's signature has none (EN 319 142-1 §6.3). */
        else if (q >= 0 && !round->context.content->pdf && !round->context.params->no_timestamps)
                q = cms_countersignatures_verify(&round->context, bytes_view(&info), r);
        return q < 0 ? q : 0;
}

/* EN 319 142-1 §6.3: a PDF's signature has one signer. */
static int note_signers(VerifyReport *r, size_t from) {
        for (size_t i = from; i < r->n_signatures; i++) {
                int q = signature_report_note(&r->signatures[i], SUB_FORMAT_FAILURE, N_("The signature of a PDF must have exactly one signer."));

                if (q < 0)
                        return q;
                r->signatures[i].integrity = r->signatures[i].covers_whole_document = false;
        }
        return 0;
}

static int verify_source(BerSource *source, const CmsContent *content, const VerifyParams *params, VerifyReport *r, CmsFacts *ret_facts) {
        _cleanup_(cms_signed_data_done) CmsSignedData signed_data = { 0 };
        uint64_t budget = BUDGET + BUDGET_TIMES * source->size;
        Round round = { .context = { .source = source, .signed_data = &signed_data, .content = content, .params = params, .digest = round_digest, .budget = &budget } };
        size_t from = r->n_signatures;
        CmsFacts facts;
        int q;

        q = cms_parse(source, &signed_data);
        if (q < 0)
                return q;
        if (params->revocation && signed_data.has_revocation_values) {
                q = revocation_collect_crls(params->revocation, source, &signed_data.revocations);
                if (q < 0)
                        return q;
        }
        facts = (CmsFacts) { .n_signers = signed_data.n_signers, .has_embedded_content = signed_data.has_content, .size = signed_data.size,
                             .is_timestamp = strcmp(signed_data.content_type, OID_TST_INFO) == 0 };
        for (size_t i = 0; i < signed_data.n_signers; i++) {
                bool signing_time = false;

                q = verify_signer(&round, &signed_data.signers[i], r, &signing_time);
                if (q < 0)
                        return q;
                facts.has_signing_time = facts.has_signing_time || signing_time;
        }
        if (content->pdf && signed_data.n_signers != 1) {
                q = note_signers(r, from);
                if (q < 0)
                        return q;
        }
        if (ret_facts)
                *ret_facts = facts;
        return 0;
}

int cms_verify(View cms, const CmsContent *content, const VerifyParams *params, VerifyReport *r, CmsFacts *ret_facts) {
        CmsFacts facts = { 0 };
        SignatureReport *report;
        BerSource source;
        int q;

        ber_source_init(&source, cms);
        q = verify_source(&source, content, params, r, &facts);
        if (is_malformed(q) || (q == 0 && facts.n_signers == 0)) {
                q = verify_report_add(r, &report);
                if (q < 0)
                        return q;
                report->format = content->pdf ? "PDF-CMS" : "CMS";
                q = signature_report_note(report, SUB_FORMAT_FAILURE, N_("What stands in the place of the signature is none."));
        }
        if (q < 0)
                return q;
        if (ret_facts)
                *ret_facts = facts;
        return 0;
}

int cms_verify_fd(int fd, const CmsContent *content, const VerifyParams *params, VerifyReport *r, CmsFacts *ret_facts) {
        _cleanup_ber_source_ BerSource source = { .fd = -1 };
        int q;

        q = ber_source_init_fd(&source, fd);
        if (q < 0)
                return q;
        q = verify_source(&source, content, params, r, ret_facts);
        return is_malformed(q) ? -EBADMSG : q;
}
