/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Responses (RFC 6960 §4.2), in DER. GnuTLS reads them but writes none. */

#include "base/bytes.h"
#include "crypto/certificate-state.h"

/* OCSPResponseStatus of what is not signed. */
typedef enum OcspError {
        OCSP_MALFORMED_REQUEST = 1,
        OCSP_INTERNAL_ERROR = 2,
        OCSP_TRY_LATER = 3,
        OCSP_UNAUTHORIZED = 6,
} OcspError;

#define OCSP_ERROR_SIZE 5U

/* An OCSPResponse without responseBytes. */
void ocsp_response_error(OcspError error, uint8_t ret[static OCSP_ERROR_SIZE]);

/* What is said of one certificate. */
typedef struct OcspSingle {
        View certificate_id; /* the CertID as it was asked for */
        CertificateState state;
        CertificateReason reason;
        int64_t time; /* since when it is suspended or revoked */
} OcspSingle;

/* The value of a signature over `data`, as key_sign() gives it. */
typedef int (*OcspSign)(View data, const void *userdata, Bytes *ret);

/* What an answer is made of. */
typedef struct OcspAnswer {
        const OcspSingle *singles;
        size_t n;
        int64_t produced_at, this_update, next_update;
        View nonce;       /* the extension's contents as they were asked for; empty: none */
        View key_hash;    /* SHA-1 of the responder's public key, by which it is named */
        View algorithm;   /* AlgorithmIdentifier of the signature */
        View certificate; /* the responder's */
} OcspAnswer;

/* A successful OCSPResponse with a signed BasicOCSPResponse. -EINVAL for a time that has no form, or what `sign` returned. */
int ocsp_response_create(const OcspAnswer *answer, OcspSign sign, const void *userdata, Bytes *ret);
