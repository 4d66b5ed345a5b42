/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The state of a certificate and the reason of its revocation, as everybody names them: the CA that decides, its CRL, the OCSP responder, who
 * verifies and who reads the answer. */

#include <stdbool.h>

typedef enum CertificateState {
        CERTIFICATE_GOOD = 0,
        CERTIFICATE_SUSPENDED, /* on hold: revoked with certificateHold, which can be taken back */
        CERTIFICATE_REVOKED,   /* for good */
        CERTIFICATE_UNKNOWN,   /* nobody of that issuer and serial number is known */
        _CERTIFICATE_STATE_MAX,
} CertificateState;

/* "good", "suspended", "revoked", "unknown"; NULL for none. */
const char *certificate_state_to_string(CertificateState s);
int certificate_state_from_string(const char *s, CertificateState *ret); /* -EINVAL for anything else */

/* CRLReason, by the numbers of RFC 5280 §5.3.1, which leaves 7 out. */
typedef enum CertificateReason {
        REASON_UNSPECIFIED = 0,
        REASON_KEY_COMPROMISE = 1,
        REASON_CA_COMPROMISE = 2,
        REASON_AFFILIATION_CHANGED = 3,
        REASON_SUPERSEDED = 4,
        REASON_CESSATION_OF_OPERATION = 5,
        REASON_CERTIFICATE_HOLD = 6,
        REASON_REMOVE_FROM_CRL = 8,
        REASON_PRIVILEGE_WITHDRAWN = 9,
        REASON_AA_COMPROMISE = 10,
        _CERTIFICATE_REASON_MAX,
} CertificateReason;

/* The names of RFC 5280, as "keyCompromise"; NULL for numbers that are none. */
const char *certificate_reason_to_string(CertificateReason r);
int certificate_reason_from_string(const char *s, CertificateReason *ret); /* -EINVAL for anything else */

/* Whether the two go together: a suspended certificate has certificateHold, a revoked one any other reason but removeFromCRL, which only a delta
 * CRL has, and others have none (unspecified). */
bool certificate_state_fits(CertificateState s, CertificateReason r);
