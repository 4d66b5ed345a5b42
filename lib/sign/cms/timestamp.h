/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Timestamp tokens (RFC 3161, EN 319 422): what they say, and whether they prove that something existed at a time. */

#include "der/der.h"
#include "sign/verify.h"

/* TSTInfo (§2.4.2); the views are into the input. */
typedef struct TimestampInfo {
        gnutls_digest_algorithm_t algorithm; /* of the message imprint */
        View imprint;
        char policy[DER_OID_MAX];
        View nonce;   /* contents of the INTEGER; empty when there is none */
        int64_t time; /* genTime in seconds since the epoch, fractions dropped */
} TimestampInfo;

/* -EBADMSG when it is none, -EOPNOTSUPP for a digest that we do not know, or a critical extension. */
int timestamp_info_read(View tst_info, TimestampInfo *ret);

/* The same of a TimeStampToken, whose TSTInfo `*ret_content` then holds and owns. -EBADMSG also for what has more than one signer, or something behind it. */
int timestamp_token_read(View token, Bytes *ret_content, TimestampInfo *ret);

enum {
        TIMESTAMP_E_MALFORMED = 1, /* no token of one authority, or of a form that is not supported */
        TIMESTAMP_E_DIFFERENT,     /* of something else, or by a digest that is no longer secure */
        TIMESTAMP_E_ALTERED,       /* the authority's signature does not fit */
        TIMESTAMP_E_EXPIRED,       /* its certificate is not, or no longer, within its dates */
        TIMESTAMP_E_UNTRUSTED,     /* its certificate is of no authority that is trusted, of another purpose, revoked, or of the future */
};

/* Verifies the authority's signature at params->now, whatever it is over: signing-certificate, path to an anchor, the purpose timeStamping alone and critical
 * (§2.3), and the state of its certificate. On success `*ret_authority`, owned by the caller: the certificate's subject. 0, an outcome, or a negative errno. */
int timestamp_verify_signature(View token, const VerifyParams *params, char **ret_authority);

/* Whether a token was put where it does not belong, whatever its authority is worth: it is of something else than `stamped`, its own signature does not fit, or it names
 * another certificate than it brings. False for what is no token that we can read. -ENOMEM. */
int timestamp_is_foreign(View token, View stamped);

/* Whether the certificate (DER) is for timestamps, and for nothing else. */
bool timestamp_is_authority(View certificate);

/* Verifies a TimeStampToken over `stamped`: the imprint, and all of the above. On success `*ret_time` and, owned by the caller, `*ret_authority`.
 * 0, an outcome, or a negative errno. */
int timestamp_verify(View token, View stamped, const VerifyParams *params, int64_t *ret_time, char **ret_authority);
