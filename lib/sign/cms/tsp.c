/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The Time-Stamp Protocol; see tsp.h. */

#include <errno.h>
#include <string.h>
#include <gnutls/crypto.h>

#include "base/der-tag.h"
#include "base/utf8.h"
#include "der/ber.h"
#include "sign/cms/cms-build.h"
#include "sign/cms/tsp.h"
#include "sign/verify-report.h"

/* PKIStatus (§2.4.2): these two come with a token. */
#define STATUS_GRANTED 0
#define STATUS_GRANTED_WITH_MODS 1

/* What is shown of an authority's own words. */
#define TEXT_MAX 256U

/* Whether it is an OID in its dotted form: one that comes back as it was. */
static bool is_policy(const char *policy) {
        _cleanup_bytes_ Bytes oid = BYTES_NULL;
        char back[DER_OID_MAX];

        return strlen(policy) < DER_OID_MAX && der_append_oid(&oid, policy) >= 0 && der_read_oid(bytes_view(&oid), back) >= 0 && strcmp(policy, back) == 0;
}

int tsp_request_init(TspRequest *r, gnutls_digest_algorithm_t algorithm, View digest, const char *policy) {
        TspRequest q = { .algorithm = algorithm, .imprint = { .len = digest.len } };

        if (digest.len == 0 || digest.len > sizeof(q.imprint.data) || digest.len != gnutls_hash_get_len(algorithm))
                return -EINVAL;
        memcpy(q.imprint.data, digest.data, digest.len);
        if (policy && !is_policy(policy))
                return -EINVAL;
        if (policy)
                strcpy(q.policy, policy);
        if (gnutls_rnd(GNUTLS_RND_NONCE, q.nonce, sizeof(q.nonce)) < 0)
                return -EIO;
        q.nonce[0] = (uint8_t) ((q.nonce[0] & 0x7f) | 0x40); /* neither negative nor with a zero in front */
        *r = q;
        return 0;
}

static int append_imprint(Bytes *b, const TspRequest *q) {
        _cleanup_bytes_ Bytes inner = BYTES_NULL;
        int r;

        r = cms_append_digest_algorithm(&inner, q->algorithm);
        if (r >= 0)
                r = der_append_element(&inner, TAG_OCTET_STRING, digest_view(&q->imprint));
        return r < 0 ? r : der_append_element(b, TAG_SEQUENCE, bytes_view(&inner));
}

int tsp_request_encode(const TspRequest *q, Bytes *ret) {
        _cleanup_bytes_ Bytes inner = BYTES_NULL, request = BYTES_NULL;
        int r;

        r = der_append_element(&inner, TAG_INTEGER, VIEW_LITERAL("\x01"));
        if (r >= 0)
                r = append_imprint(&inner, q);
        if (r >= 0 && *q->policy)
                r = der_append_oid(&inner, q->policy);
        if (r >= 0)
                r = der_append_element(&inner, TAG_INTEGER, VIEW(q->nonce, sizeof(q->nonce)));
        if (r >= 0)
                r = der_append_element(&inner, TAG_BOOLEAN, VIEW_LITERAL("\xff"));
        if (r >= 0)
                r = der_append_element(&request, TAG_SEQUENCE, bytes_view(&inner));
        if (r < 0)
                return r;
        *ret = bytes_take(&request);
        return 0;
}

/* PKIFailureInfo's names. */
static const char *failure_name(View bits) {
        static const struct {
                unsigned bit;
                const char *name;
        } names[] = {
                { 0, "badAlg" }, { 2, "badRequest" }, { 5, "badDataFormat" }, { 14, "timeNotAvailable" }, { 15, "unacceptedPolicy" },
                { 16, "unacceptedExtension" }, { 17, "addInfoNotAvailable" }, { 25, "systemFailure" },
        };

        /* The first octet counts the unused bits of the last. */
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (names[i].bit / 8 + 1 < bits.len && bits.data[names[i].bit / 8 + 1] & 0x80U >> names[i].bit % 8)
                        return names[i].name;
        return NULL;
}

/* What the authority says: its own words, else the name of the failure. */
static int read_text(View info, char **ret) {
        View strings, text = { 0 }, bits = { 0 };
        const char *failure = NULL;
        int r;

        r = der_optional(&info, TAG_SEQUENCE, &strings);
        if (r > 0 && der_expect(&strings, TAG_UTF8_STRING, &text) < 0)
                return -EBADMSG;
        if (r >= 0)
                r = der_optional(&info, TAG_BIT_STRING, &bits);
        if (r < 0 || info.len > 0)
                return -EBADMSG;
        failure = failure_name(bits);
        if (text.len == 0 && !failure)
                return 0;
        if (text.len > TEXT_MAX)
                text.len = TEXT_MAX;
        *ret = utf8_sanitize(text.len > 0 ? text : view_string(failure));
        return *ret ? 0 : -ENOMEM;
}

/* PKIStatusInfo. 0 where a token is promised. */
static int read_status(View info, char **ret_text) {
        View status;
        int r;

        if (der_expect(&info, TAG_INTEGER, &status) < 0 || status.len != 1)
                return TSP_E_MALFORMED;
        if (status.data[0] == STATUS_GRANTED || status.data[0] == STATUS_GRANTED_WITH_MODS)
                return 0;
        r = read_text(info, ret_text);
        return r == -EBADMSG ? TSP_E_MALFORMED : r < 0 ? r : TSP_E_REJECTED;
}

static bool is_near(int64_t a, int64_t b) {
        return a <= b + TSP_SKEW_S && b <= a + TSP_SKEW_S;
}

/* Whether the token is the answer to the request, whoever made it. */
static int check_info(View token, const TspRequest *q, const VerifyParams *params, int64_t *ret_time) {
        _cleanup_bytes_ Bytes content = BYTES_NULL;
        TimestampInfo info;
        int r;

        r = timestamp_token_read(token, &content, &info);
        if (r < 0)
                return r == -ENOMEM ? r : TSP_E_MALFORMED;
        if (info.algorithm != q->algorithm || !view_equal(info.imprint, digest_view(&q->imprint)))
                return TSP_E_DIFFERENT;
        if (!view_equal(info.nonce, VIEW(q->nonce, sizeof(q->nonce))))
                return TSP_E_NONCE;
        if (*q->policy && strcmp(info.policy, q->policy) != 0)
                return TSP_E_POLICY;
        if (!is_near(info.time, params->now))
                return TSP_E_TIME;
        *ret_time = info.time;
        return 0;
}

static int outcome_of_signature(int r) {
        switch (r) {
        case TIMESTAMP_E_MALFORMED:
                return TSP_E_MALFORMED;
        case TIMESTAMP_E_ALTERED:
                return TSP_E_ALTERED;
        case TIMESTAMP_E_EXPIRED:
                return TSP_E_EXPIRED;
        default:
                return r > 0 ? TSP_E_UNTRUSTED : r;
        }
}

static int check_token(View token, const TspRequest *q, const VerifyParams *params, TspAnswer *ret) {
        int64_t time;
        int r;

        r = check_info(token, q, params, &time);
        if (r == 0)
                r = outcome_of_signature(timestamp_verify_signature(token, params, &ret->authority));
        if (r == 0)
                r = bytes_dup(token, &ret->token);
        if (r == 0)
                ret->time = time;
        return r;
}

/* Some authorities answer in BER; the token goes into DER, and none of its signed parts is written anew by that. */
int tsp_response_read(View response, const TspRequest *request, const VerifyParams *params, TspAnswer *ret) {
        _cleanup_bytes_ Bytes der = BYTES_NULL;
        View v, contents, info, token;
        int r;

        *ret = (TspAnswer) { 0 };
        if (response.len > TSP_RESPONSE_MAX)
                return TSP_E_MALFORMED;
        r = ber_to_der(response, &der);
        if (r < 0)
                return r == -ENOMEM ? r : TSP_E_MALFORMED;
        v = bytes_view(&der);
        if (der_expect(&v, TAG_SEQUENCE, &contents) < 0 || v.len > 0 || der_expect(&contents, TAG_SEQUENCE, &info) < 0)
                return TSP_E_MALFORMED;
        r = read_status(info, &ret->text);
        if (r != 0)
                return r;
        if (der_next(&contents, &token, NULL) < 0 || contents.len > 0)
                return TSP_E_MALFORMED;
        return check_token(token, request, params, ret);
}

const char *tsp_strerror(int outcome) {
        static const char *const sentences[TSP_E_MAX] = {
                [TSP_E_MALFORMED] = N_("What it answers is no timestamp."),
                [TSP_E_REJECTED] = N_("It refuses the request."),
                [TSP_E_DIFFERENT] = N_("It answers with a timestamp of something else."),
                [TSP_E_NONCE] = N_("It answers with the timestamp of another request."),
                [TSP_E_POLICY] = N_("It answers with a timestamp under another policy than was asked for."),
                [TSP_E_TIME] = N_("Its time is not that of this machine's clock, by more than five minutes. One of the two is wrong."),
                [TSP_E_ALTERED] = N_("It answers with a timestamp that was altered."),
                [TSP_E_EXPIRED] = N_("It signs with a certificate that has expired or is not valid yet."),
                [TSP_E_UNTRUSTED] = N_("Its certificate is not for timestamps, or leads to no authority that is trusted here."),
        };

        return outcome > 0 && outcome < TSP_E_MAX ? sentences[outcome] : sentences[TSP_E_MALFORMED];
}

void tsp_answer_done(TspAnswer *a) {
        bytes_done(&a->token);
        free(a->authority);
        free(a->text);
        *a = (TspAnswer) { 0 };
}
