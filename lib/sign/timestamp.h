/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Timestamp tokens (RFC 3161, EN 319 422): what they say, and whether they prove that something existed at a time. */

#include "sign/verify.h"

/* TSTInfo (§2.4.2); the view is into the input. */
typedef struct TimestampInfo {
        gnutls_digest_algorithm_t algorithm; /* of the message imprint */
        View imprint;
        int64_t time; /* genTime in seconds since the epoch, fractions dropped */
} TimestampInfo;

/* -EBADMSG when it is none, -EOPNOTSUPP for a digest that we do not know, or a critical extension. */
int timestamp_info_read(View tst_info, TimestampInfo *ret);

enum {
        TIMESTAMP_E_MALFORMED = 1, /* no token of one authority, or of a form that is not supported */
        TIMESTAMP_E_DIFFERENT,     /* of something else, or by a digest that is no longer secure */
        TIMESTAMP_E_UNTRUSTED,     /* the authority's signature, its certificate or that certificate's state does not hold now */
};

/* Verifies a TimeStampToken over `stamped` at params->now: imprint, signature, signing-certificate, path to an anchor, the purpose timeStamping alone and critical
 * (§2.3), and the state of the authority's certificate. On success `*ret_time` and, owned by the caller, `*ret_authority`: the certificate's subject.
 * 0, an outcome, or a negative errno. */
int timestamp_verify(View token, View stamped, const VerifyParams *params, int64_t *ret_time, char **ret_authority);
