/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Timestamp tokens; see timestamp.h. The CMS around TSTInfo is verified as any other. */

#include <errno.h>
#include <string.h>

#include "base/der-tag.h"
#include "crypto/digest.h"
#include "crypto/key.h"
#include "der/attributes.h"
#include "sign/cms/cms-algorithms.h"
#include "sign/cms/cms-parse.h"
#include "sign/cms/cms-verify.h"
#include "sign/cms/timestamp.h"

#define TST_INFO_MAX (64U * 1024U)

/* YYYYMMDDhhmmss[.fraction]Z, without the fraction an element as CMS attributes have it. */
static int read_time(View v, int64_t *ret) {
        uint8_t element[17] = { TAG_GENERALIZED_TIME, 15 };

        if (v.len < 15 || v.data[v.len - 1] != 'Z' || (v.len > 15 && (v.len < 17 || v.data[14] != '.')))
                return -EBADMSG;
        for (size_t i = 15; i + 1 < v.len; i++)
                if (v.data[i] < '0' || v.data[i] > '9')
                        return -EBADMSG;
        memcpy(element + 2, v.data, 14);
        element[16] = 'Z';
        return attribute_time_read(VIEW(element, sizeof(element)), ret);
}

static int read_imprint(View imprint, TimestampInfo *ret) {
        View algorithm, oid;
        char dotted[DER_OID_MAX];

        if (der_expect(&imprint, TAG_SEQUENCE, &algorithm) < 0 || der_next(&algorithm, &oid, NULL) < 0 || der_read_oid(oid, dotted) < 0 ||
            der_expect(&imprint, TAG_OCTET_STRING, &ret->imprint) < 0 || imprint.len > 0)
                return -EBADMSG;
        ret->algorithm = cms_digest_of_oid(dotted);
        return 0;
}

/* extensions: [1] IMPLICIT. None is known, so that none may be critical. */
static int check_extensions(View extensions) {
        View extension, oid, critical;
        int r;

        while (extensions.len > 0) {
                if (der_expect(&extensions, TAG_SEQUENCE, &extension) < 0 || der_next(&extension, &oid, NULL) < 0)
                        return -EBADMSG;
                r = der_optional(&extension, TAG_BOOLEAN, &critical);
                if (r < 0)
                        return r;
                if (r > 0 && (critical.len != 1 || critical.data[0] != 0))
                        return -EOPNOTSUPP;
        }
        return 0;
}

/* accuracy, ordering, nonce, tsa and extensions, each of which may be absent. */
static int read_rest(View info, View *ret_nonce) {
        static const uint8_t tags[] = { TAG_SEQUENCE, TAG_BOOLEAN, TAG_INTEGER, TAG_CONTEXT_0 };
        View passed, extensions;
        int r;

        for (size_t i = 0; i < sizeof(tags); i++) {
                r = der_optional(&info, tags[i], &passed);
                if (r < 0)
                        return r;
                if (r > 0 && tags[i] == TAG_INTEGER)
                        *ret_nonce = passed;
        }
        r = der_optional(&info, TAG_CONTEXT_1, &extensions);
        if (r < 0 || info.len > 0)
                return -EBADMSG;
        return r > 0 ? check_extensions(extensions) : 0;
}

int timestamp_info_read(View tst_info, TimestampInfo *ret) {
        View info, version, policy, imprint, serial, time;
        TimestampInfo t = { 0 };
        int r;

        if (der_expect(&tst_info, TAG_SEQUENCE, &info) < 0 || tst_info.len > 0 || der_expect(&info, TAG_INTEGER, &version) < 0 || version.len != 1 ||
            version.data[0] != 1 || der_next(&info, &policy, NULL) < 0 || der_read_oid(policy, t.policy) < 0 || der_expect(&info, TAG_SEQUENCE, &imprint) < 0 ||
            der_expect(&info, TAG_INTEGER, &serial) < 0 || der_expect(&info, TAG_GENERALIZED_TIME, &time) < 0)
                return -EBADMSG;
        r = read_imprint(imprint, &t);
        if (r >= 0)
                r = read_time(time, &t.time);
        if (r >= 0)
                r = read_rest(info, &t.nonce);
        if (r < 0)
                return r;
        if (t.algorithm == GNUTLS_DIG_UNKNOWN)
                return -EOPNOTSUPP;
        *ret = t;
        return 0;
}

/* The TSTInfo of a token that has one signer (§2.4.2). */
static int read_token(View token, Bytes *ret) {
        _cleanup_(cms_signed_data_done) CmsSignedData d = { 0 };
        BerSource source;
        int r;

        ber_source_init(&source, token);
        r = cms_parse(&source, &d);
        if (r < 0)
                return r;
        if (strcmp(d.content_type, OID_TST_INFO) != 0 || !d.has_content || d.n_signers != 1 || d.size != token.len)
                return -EBADMSG;
        return cms_read_content(&source, &d, TST_INFO_MAX, ret);
}

int timestamp_token_read(View token, Bytes *ret_content, TimestampInfo *ret) {
        _cleanup_bytes_ Bytes content = BYTES_NULL;
        int r;

        r = read_token(token, &content);
        if (r >= 0)
                r = timestamp_info_read(bytes_view(&content), ret);
        if (r >= 0)
                *ret_content = bytes_take(&content);
        return r;
}

/* Without anchors nothing but the token's own cryptography is looked at. */
static bool is_broken(View token, int64_t now) {
        const VerifyParams params = { .now = now, .content_fd = -1, .no_timestamps = true };
        _cleanup_(verify_report_done) VerifyReport report = { 0 };
        const SignatureReport *s;

        if (cms_verify(token, &(CmsContent) { 0 }, &params, &report, NULL) < 0 || report.n_signatures != 1)
                return false;
        s = &report.signatures[0];
        return s->subindication == SUB_HASH_FAILURE || s->subindication == SUB_SIG_CRYPTO_FAILURE ||
               (s->subindication == SUB_NO_SIGNING_CERTIFICATE_FOUND && s->certificate.len > 0);
}

const char *timestamp_kind_to_string(TimestampKind k) {
        static const char *const names[] = {
                [TIMESTAMP_CONTENT] = "content",
                [TIMESTAMP_SIGNATURE] = "signature",
                [TIMESTAMP_REFERENCES] = "references",
                [TIMESTAMP_SIGNATURE_REFERENCES] = "signature-references",
                [TIMESTAMP_ARCHIVE] = "archive",
        };

        return names[k];
}

int timestamp_read(TimestampKind kind, View token, TimestampDigest digest, void *userdata, Timestamp *ret) {
        _cleanup_bytes_ Bytes content = BYTES_NULL;
        Timestamp t = { .kind = kind, .token = token, .time = -1 };
        TimestampInfo info;
        Digest d;
        int r;

        r = timestamp_token_read(token, &content, &info);
        if (r >= 0) {
                t.algorithm = info.algorithm;
                t.time = info.time;
                r = digest(userdata, info.algorithm, &d);
        }
        if (r == -ENOMEM)
                return r;
        if (r >= 0)
                t.state = view_equal(info.imprint, digest_view(&d)) && !is_broken(token, info.time) ? TIMESTAMP_FITS : TIMESTAMP_FOREIGN;
        *ret = t;
        return 0;
}

static int digest_view_of(void *stamped, gnutls_digest_algorithm_t algorithm, Digest *ret) {
        return digest_of(algorithm, *(const View *) stamped, ret);
}

int timestamp_read_over(TimestampKind kind, View token, View stamped, Timestamp *ret) {
        return timestamp_read(kind, token, digest_view_of, &stamped, ret);
}

/* §2.3: the one purpose, critical. */
bool timestamp_is_authority(View certificate) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        gnutls_datum_t der = { (unsigned char *) certificate.data, (unsigned) certificate.len };
        unsigned critical = 0;
        char oid[128];
        size_t size = sizeof(oid), more = sizeof(oid);

        if (gnutls_x509_crt_init(&crt) < 0 || gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER) < 0 ||
            gnutls_x509_crt_get_key_purpose_oid(crt, 0, oid, &size, &critical) < 0 || !critical || strcmp(oid, GNUTLS_KP_TIME_STAMPING) != 0)
                return false;
        return gnutls_x509_crt_get_key_purpose_oid(crt, 1, oid, &more, NULL) == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
}

/* Why the authority's signature does not hold, by what its verification found. CAdES: there is a signing-certificate attribute, and it fits. */
static int judge(const VerifyReport *report) {
        const SignatureReport *s = &report->signatures[0];

        if (report->n_signatures != 1)
                return TIMESTAMP_E_MALFORMED;
        if (s->subindication == SUB_HASH_FAILURE || s->subindication == SUB_SIG_CRYPTO_FAILURE)
                return TIMESTAMP_E_ALTERED;
        if (s->subindication == SUB_OUT_OF_BOUNDS_NO_POE || s->subindication == SUB_EXPIRED || s->subindication == SUB_NOT_YET_VALID)
                return TIMESTAMP_E_EXPIRED;
        return s->indication == INDICATION_TOTAL_PASSED && strcmp(s->format, "CAdES") == 0 && timestamp_is_authority(bytes_view(&s->certificate)) ? 0 : TIMESTAMP_E_UNTRUSTED;
}

/* An authority stamps while its certificate, and those above it, are valid, whatever else proves the token (RFC 5280 §6.1.3 (a)(2)). */
static int check_dates(const SignatureReport *s, int64_t time) {
        for (size_t i = 0; i < s->n_path; i++) {
                _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
                const gnutls_datum_t der = { s->path[i].data, (unsigned) s->path[i].len };

                if (gnutls_x509_crt_init(&crt) < 0)
                        return -ENOMEM;
                if (gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER) < 0 || time < (int64_t) gnutls_x509_crt_get_activation_time(crt) ||
                    time > (int64_t) gnutls_x509_crt_get_expiration_time(crt))
                        return TIMESTAMP_E_EXPIRED;
        }
        return s->n_path > 0 ? 0 : TIMESTAMP_E_UNTRUSTED;
}

int timestamp_verify_signature(View token, const VerifyParams *params, char **ret_authority) {
        _cleanup_(verify_report_done) VerifyReport report = { 0 };
        _cleanup_bytes_ Bytes content = BYTES_NULL;
        VerifyParams own = *params;
        TimestampInfo info;
        int r;

        r = timestamp_token_read(token, &content, &info);
        if (r < 0)
                return r == -ENOMEM ? r : TIMESTAMP_E_MALFORMED;
        own.content_fd = -1;
        own.no_timestamps = true;
        r = cms_verify(token, &(CmsContent) { 0 }, &own, &report, NULL);
        if (r >= 0)
                r = judge(&report);
        if (r == 0)
                r = check_dates(&report.signatures[0], info.time);
        if (r == 0)
                *ret_authority = TAKE_PTR(report.signatures[0].signer);
        return r;
}

int timestamp_verify(const Timestamp *t, const VerifyParams *params, char **ret_authority) {
        if (t->state == TIMESTAMP_UNREADABLE)
                return TIMESTAMP_E_MALFORMED;
        if (t->state == TIMESTAMP_INCOMPLETE)
                return TIMESTAMP_E_INCOMPLETE;
        if (t->state == TIMESTAMP_FOREIGN || !cms_digest_is_secure(t->algorithm, params->proven_time > 0 ? params->proven_time : params->now))
                return TIMESTAMP_E_DIFFERENT;
        if (t->time > params->now + REVOCATION_SKEW_S)
                return TIMESTAMP_E_UNTRUSTED;
        return timestamp_verify_signature(t->token, params, ret_authority);
}
