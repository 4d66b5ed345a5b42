/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whether one may rely on the signer of a signature whose integrity holds: path, time, states of the certificates, age of the algorithms, by the
 * process for signatures with time of EN 319 102-1 §5.5. */

#include "der/attributes.h"
#include "sign/cms/cms-algorithms.h"
#include "sign/verify-report.h"

/* A timestamp token, and the bytes that it says it is over. */
typedef struct SignatureTimestamp {
        View token, stamped;
} SignatureTimestamp;

typedef struct SignerEvidence {
        gnutls_x509_crt_t certificate;
        const gnutls_x509_crt_t *others; /* that came along */
        size_t n_others;
        const CmsAlgorithms *algorithms;
        View value;                      /* of the signature: what a signature-time-stamp is over */
        const Attributes *unsigned_attributes; /* NULL when there are none */
        const SignatureTimestamp *timestamps;  /* of formats that are no CMS */
        size_t n_timestamps;
} SignerEvidence;

/* Notes in the report what speaks against the signer, the proven time, and the state of the certificate. 0, -ENOMEM or another negative errno. */
int signer_trust_judge(const SignerEvidence *e, const VerifyParams *params, SignatureReport *report);
