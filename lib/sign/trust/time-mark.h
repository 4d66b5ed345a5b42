/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Time-marks of BDOC 2.1.2 (section 6.2 and the policy 1.3.6.1.4.1.10015.1000.3.2.1): an OCSP answer about the signer's certificate whose nonce is the digest of the
 * signature value. Who answered has signed it, so that the signature was there when the answer was made (EN 319 102-1 §5.6.2.3 leaves open what proves existence), if who answered
 * can be believed: as an authority of timestamps, on grounds that are not the answer's own. */

#include "sign/trust/revocation-pool.h"

#define TIME_MARK_POLICY "1.3.6.1.4.1.10015.1000.3.2.1"

/* Whether the issuer and who is above it are good now, or at `proven` (-1: nothing is proven), and were within their dates at `time`. 0, -EKEYREJECTED, or another negative errno. */
typedef int (*TimeMarkTrust)(void *userdata, int64_t proven, int64_t time);

typedef struct TimeMarkQuestion {
        RevocationPool *pool;
        View value;                    /* of the signature */
        gnutls_x509_crt_t certificate; /* the signer's */
        gnutls_x509_crt_t issuer;      /* the certificate above it in its path */
        int64_t now;
        TimeMarkTrust trust;
        void *userdata;
} TimeMarkQuestion;

/* The earliest time that an answer of the pool proves for the signature value, with who says so, owned by the caller. The time that an answer says is no proof of the answer: its
 * responder must be good now, or when something else proves that the answer was there (RevocationItem.proven); or be itself among pool->authorities, and valid on that day.
 * 0, -ENOENT where none does, -ENOMEM. */
int time_mark_verify(const TimeMarkQuestion *q, int64_t *ret_time, char **ret_authority);
