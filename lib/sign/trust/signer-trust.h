/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whether one may rely on the signer of a signature whose integrity holds: path, time, states of the certificates, age of the algorithms, by the
 * process for signatures with time of EN 319 102-1 §5.5. */

#include "sign/cms/cms-algorithms.h"
#include "sign/cms/timestamp.h"
#include "sign/verify-report.h"

typedef struct SignerEvidence {
        gnutls_x509_crt_t certificate;
        const gnutls_x509_crt_t *others; /* that came along */
        size_t n_others;
        const CmsAlgorithms *algorithms;
        View value;                      /* of the signature */
        const Timestamp *timestamps;     /* that came along, at most SIGNATURE_TIMESTAMPS_MAX */
        size_t n_timestamps;
        int (*covered)(void *userdata, size_t i, RevocationPool *ret); /* adds the revocation information that one of these is over; may be NULL */
        void *userdata;
        bool time_marked; /* under a policy by which its time is that of an OCSP answer with its digest, and of no timestamp */
} SignerEvidence;

/* Notes in the report what speaks against the signer, the proven time, and the state of the certificate. 0, -ENOMEM or another negative errno. */
int signer_trust_judge(const SignerEvidence *e, const VerifyParams *params, SignatureReport *report);
