/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The Time-Stamp Protocol (RFC 3161 §2.4, RFC 5816, EN 319 422): the request to a time-stamping authority, and its answer, which is a stranger's until all of
 * it was checked. How the bytes travel is somebody else's business. */

#include "crypto/digest.h"
#include "sign/cms/timestamp.h"

#define TSP_NONCE_SIZE 8U

/* The largest answer that is looked at; tokens with long chains have a few tens of kilobytes. */
#define TSP_RESPONSE_MAX (256U * 1024U)

/* How far the authority's time may be from params->now, in seconds. */
#define TSP_SKEW_S 300

typedef struct TspRequest {
        gnutls_digest_algorithm_t algorithm;
        Digest imprint;
        uint8_t nonce[TSP_NONCE_SIZE]; /* contents of a positive INTEGER of minimal length */
        char policy[DER_OID_MAX];      /* empty: whatever the authority's is */
} TspRequest;

/* A request over what has this digest, with a fresh nonce. `policy` is a dotted OID or NULL. -EINVAL when it is none or the digest's length does not fit. */
int tsp_request_init(TspRequest *r, gnutls_digest_algorithm_t algorithm, View digest, const char *policy);

/* TimeStampReq in DER, for "application/timestamp-query". The authority's certificate is asked for (EN 319 422 §4.1.2). */
int tsp_request_encode(const TspRequest *r, Bytes *ret);

/* Outcomes that are not errno: why an answer is refused. tsp_strerror() has the sentence. */
enum {
        TSP_E_MALFORMED = 1, /* no TimeStampResp, or a token that is none */
        TSP_E_REJECTED,      /* the authority refuses; `text` is what it says */
        TSP_E_DIFFERENT,     /* a timestamp of something else */
        TSP_E_NONCE,         /* not the answer to this request */
        TSP_E_POLICY,        /* under another policy than was asked for */
        TSP_E_TIME,          /* further than TSP_SKEW_S from params->now */
        TSP_E_ALTERED,       /* the authority's signature does not fit */
        TSP_E_EXPIRED,       /* its certificate is out of its dates */
        TSP_E_UNTRUSTED,     /* its certificate leads to no anchor, or is not for timestamps */
        TSP_E_MAX,
};

typedef struct TspAnswer {
        Bytes token;     /* TimeStampToken in DER */
        int64_t time;    /* genTime, seconds since the epoch */
        char *authority; /* the subject of its certificate */
        char *text;      /* with TSP_E_REJECTED: PKIStatusInfo's statusString or the name of its failInfo, UTF-8, fit to be shown; may be NULL */
} TspAnswer;

void tsp_answer_done(TspAnswer *a);
#define _cleanup_tsp_answer_ _cleanup_(tsp_answer_done)

/* Reads and checks an answer: status, imprint, nonce, policy, time, and the authority's signature up to one of params->anchors at params->now. Only what
 * passed all of it is in `ret`, except `text`. 0, an outcome, or a negative errno. The caller ends `ret` in every case. */
int tsp_response_read(View response, const TspRequest *request, const VerifyParams *params, TspAnswer *ret);

const char *tsp_strerror(int outcome); /* untranslated, marked for gettext */
