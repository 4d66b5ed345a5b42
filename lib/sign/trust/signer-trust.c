/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Trust in a signer; see signer-trust.h. The network, where it may be used, is asked about certificates of a path to an anchor only, and for those only
 * while everything else holds. */

#include <errno.h>
#include <string.h>

#include "crypto/key.h"
#include "sign/trust/chain.h"
#include "sign/trust/proof.h"
#include "sign/trust/time-mark.h"

typedef struct Judgement {
        const SignerEvidence *evidence;
        const VerifyParams *params;
        SignatureReport *report;
        ChainPath path;
} Judgement;

static void judgement_done(Judgement *j) {
        chain_path_done(&j->path);
}

static gnutls_x509_crt_t issuer_of(const ChainPath *path, size_t i) {
        return i + 1 < path->n ? path->certificates[i + 1] : path->anchor;
}

/* §5.3.4: a timestamp over the content proves that the signer's certificate had ended when it signed. */
static SubIndication judge_expired(const Judgement *j, SubIndication sub, const char **reason) {
        if (sub != SUB_OUT_OF_BOUNDS_NO_POE || j->report->not_before <= (int64_t) gnutls_x509_crt_get_expiration_time(j->path.certificates[0]))
                return sub;
        *reason = N_("The signature was made after the signer's certificate had expired: what it signs was stamped later.");
        return SUB_EXPIRED;
}

static SubIndication judge_suspended(bool signer, const char **ret_reason) {
        *ret_reason = signer ? N_("The signer's certificate is suspended: its issuer has not decided yet whether it is to be relied on.")
                             : N_("The certificate of an authority in the chain is suspended.");
        return SUB_TRY_LATER;
}

static SubIndication judge_revoked(bool signer, const char **ret_reason) {
        *ret_reason = signer ? N_("The signer's certificate was revoked, and nothing proves that the signature is older.")
                             : N_("The certificate of an authority in the chain was revoked, and nothing proves that the signature is older.");
        return signer ? SUB_REVOKED_NO_POE : SUB_REVOKED_CA_NO_POE;
}

/* Of the signer's own certificate, also where nobody wanted to ask. */
static bool is_open(const Judgement *j, gnutls_x509_crt_t crt) {
        return crt == j->path.certificates[0] && j->params->revocation && !j->params->no_timestamps && revocation_is_offered(crt);
}

/* §5.2.6.4: what should have been looked up and could not leaves the answer open. An expired certificate is good at a proven time only if somebody says that it
 * was not revoked before it ended (OUT_OF_BOUNDS_NOT_REVOKED). */
static SubIndication judge_unknown(const Judgement *j, gnutls_x509_crt_t crt, const CertificateStatus *t, const char **ret_reason) {
        if (t->required || is_open(j, crt)) {
                *ret_reason = N_("Whether a certificate of the chain was revoked cannot be found out now.");
                return SUB_TRY_LATER;
        }
        if (j->params->now > (int64_t) gnutls_x509_crt_get_expiration_time(crt) && revocation_is_offered(crt)) {
                *ret_reason = N_("A certificate of the chain has expired, and nothing tells whether it was revoked before.");
                return SUB_OUT_OF_BOUNDS_NO_POE;
        }
        return SUB_NONE;
}

static SubIndication judge_status(const Judgement *j, size_t i, const CertificateStatus *t, const char **ret_reason) {
        int64_t proven = j->report->proven_time;

        switch (t->state) {
        case CERTIFICATE_GOOD:
                return SUB_NONE;
        case CERTIFICATE_SUSPENDED:
                return proven >= 0 && proven < t->since ? SUB_NONE : judge_suspended(i == 0, ret_reason);
        case CERTIFICATE_REVOKED:
                if (proven >= 0 && proven < t->since)
                        return SUB_NONE;
                if (i == 0 && j->report->not_before > t->since) {
                        *ret_reason = N_("The signature was made after the signer's certificate was revoked: what it signs was stamped later.");
                        return SUB_REVOKED;
                }
                return judge_revoked(i == 0, ret_reason);
        default:
                return judge_unknown(j, j->path.certificates[i], t, ret_reason);
        }
}

static int look_up(const Judgement *j, size_t i, CertificateStatus *ret) {
        const ChainPath *path = &j->path;
        gnutls_x509_crt_t issuer = issuer_of(path, i);

        *ret = (CertificateStatus) { .state = CERTIFICATE_UNKNOWN, .since = -1, .next_update = -1 };
        if (!j->params->revocation)
                return 0;
        j->params->revocation->authorities = j->params->anchors;
        return revocation_check(j->params->revocation, path->certificates[i], issuer, j->params->now, j->report->proven_time, ret);
}

/* Each certificate of the path but the anchor, about which who trusts it decides. */
static int judge_states(Judgement *j) {
        const ChainPath *path = &j->path;
        int r = 0;

        for (size_t i = 0; r >= 0 && path->anchor && i < path->n; i++) {
                const char *reason = NULL;
                CertificateStatus status;
                SubIndication sub;

                if (gnutls_x509_crt_equals(path->certificates[i], path->anchor))
                        continue;
                r = look_up(j, i, &status);
                if (r < 0)
                        return r;
                if (i == 0) {
                        j->report->status = status;
                        j->report->looked_up = j->params->revocation != NULL;
                }
                sub = judge_status(j, i, &status, &reason);
                r = signature_report_note(j->report, sub, reason);
                if (sub != SUB_NONE)
                        return r;
        }
        return r;
}

/* --- When the signature was there -------------------------------------------------------------------------------------- */

/* The signer's issuer, and who is above it, as of an authority of timestamps: at the time that the answer says itself only their dates are looked at. */
static int trust_issuers(void *userdata, int64_t proven, int64_t time) {
        const Judgement *j = userdata;
        VerifyParams params = *j->params;
        _cleanup_(signature_report_done) SignatureReport report = { .proven_time = proven, .not_before = -1 };
        Judgement above = { .params = &params, .report = &report, .path = { .n = j->path.n - 1, .anchor = j->path.anchor } };
        const char *reason;
        int r;

        params.no_timestamps = true;
        memcpy(above.path.certificates, j->path.certificates + 1, above.path.n * sizeof(above.path.certificates[0]));
        if (chain_check_times(&above.path, time, &reason) != SUB_NONE ||
            chain_check_times(&above.path, proven >= 0 ? proven : params.now, &reason) != SUB_NONE)
                return -EKEYREJECTED;
        r = judge_states(&above);
        return r < 0 ? r : report.subindication == SUB_NONE ? 0 : -EKEYREJECTED;
}

/* What the OCSP answer proves that was asked for with the signature's digest. */
static int take_time_mark(Judgement *j) {
        RevocationPool *pool = j->params->revocation;
        SignatureReport *report = j->report;
        TimeMarkQuestion q;
        char *authority;
        int64_t time;
        int r;

        if (!j->evidence->time_marked || !pool || !j->path.anchor)
                return 0;
        pool->authorities = j->params->anchors;
        q = (TimeMarkQuestion) { .pool = pool, .value = j->evidence->value, .certificate = j->evidence->certificate, .issuer = issuer_of(&j->path, 0),
                                 .now = j->params->now, .trust = trust_issuers, .userdata = j };
        r = time_mark_verify(&q, &time, &authority);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        if (report->proven_time >= 0 && report->proven_time <= time) {
                free(authority);
                return 0;
        }
        free(report->proven_by);
        report->proven_by = authority;
        report->proven_time = time;
        return 0;
}

/* What a timestamp over the whole document proved. */
static int take_proof(Judgement *j) {
        if (j->params->proven_time <= 0)
                return 0;
        j->report->proven_by = strdup(j->params->proven_by ?: "");
        if (!j->report->proven_by)
                return -ENOMEM;
        j->report->proven_time = j->params->proven_time;
        return 0;
}

/* §5.5.4 (4): what is signed cannot be younger than its signature. Authorities' clocks differ. */
static int check_order(Judgement *j) {
        const SignatureReport *s = j->report;

        if (s->not_before < 0 || s->proven_time < 0 || s->not_before <= s->proven_time + REVOCATION_SKEW_S)
                return 0;
        return signature_report_note(j->report, SUB_TIMESTAMP_ORDER_FAILURE, N_("By its timestamps the signature is older than what it signs."));
}

/* The time-mark comes last, since timestamps may prove by when it was there. */
static int prove_time(Judgement *j) {
        int r = take_proof(j);

        if (r >= 0 && !j->params->no_timestamps)
                r = proof_collect(j->evidence, j->params, j->report);
        if (r >= 0)
                r = take_time_mark(j);
        return r < 0 ? r : check_order(j);
}

/* Path and dates: at the proven time, where there is one. A path whose dates do not fit now may have fitted then. */
static int judge_path(Judgement *j, SubIndication *ret) {
        const SignerEvidence *e = j->evidence;
        const char *reason;
        SubIndication sub;
        int r = 0;

        sub = chain_validate(e->certificate, e->others, e->n_others, j->params, &j->path, &reason);
        if (sub == SUB_NONE || sub == SUB_OUT_OF_BOUNDS_NO_POE || (sub == SUB_CRYPTO_CONSTRAINTS_FAILURE && j->path.n > 0))
                r = prove_time(j);
        if (r >= 0 && j->report->proven_time >= 0)
                sub = chain_check_times(&j->path, j->report->proven_time, &reason);
        if (r >= 0)
                sub = judge_expired(j, sub, &reason);
        if (r >= 0)
                r = signature_report_note(j->report, sub, reason);
        *ret = sub;
        return r;
}

static int keep_certificate(SignatureReport *report, gnutls_x509_crt_t crt) {
        _cleanup_(datum_done) gnutls_datum_t der = { 0 };

        if (gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der) < 0 || bytes_dup(VIEW(der.data, der.size), &report->path[report->n_path]) < 0)
                return -ENOMEM;
        report->n_path++;
        return 0;
}

static int keep_path(const ChainPath *path, SignatureReport *report) {
        int r = 0;

        if (path->n == 0)
                return 0;
        report->path = calloc(path->n + 1, sizeof(*report->path));
        if (!report->path)
                return -ENOMEM;
        for (size_t i = 0; r >= 0 && i < path->n; i++)
                r = keep_certificate(report, path->certificates[i]);
        if (r >= 0 && path->anchor && !gnutls_x509_crt_equals(path->certificates[path->n - 1], path->anchor))
                r = keep_certificate(report, path->anchor);
        return r;
}

int signer_trust_judge(const SignerEvidence *e, const VerifyParams *params, SignatureReport *report) {
        _cleanup_(judgement_done) Judgement j = { .evidence = e, .params = params, .report = report };
        SubIndication sub = SUB_NONE;
        int r;

        r = bytes_dup(e->value, &report->value);
        if (r >= 0 && !params->no_timestamps)
                r = proof_describe(e, report);
        if (r >= 0)
                r = judge_path(&j, &sub);
        if (r >= 0)
                r = keep_path(&j.path, report);
        if (r >= 0 && sub == SUB_NONE)
                r = judge_states(&j);
        if (r >= 0 && cms_algorithms_check(e->algorithms, e->certificate, report->proven_time >= 0 ? report->proven_time : params->now) < 0)
                r = signature_report_note(report, SUB_CRYPTO_CONSTRAINTS_FAILURE,
                                          N_("The signature uses a digest or a key that is no longer secure, and nothing proves that it is older."));
        return r;
}
