/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Requests (RFC 6960 §4.1), walked in place with bounds and no allocation; everything found is a view into the request. */

#include <gnutls/gnutls.h>

#include "base/bytes.h"

#define OCSP_REQUEST_SIZE_MAX 8192U
#define OCSP_CERTIFICATES_MAX 32U
#define OCSP_NONCE_MAX 128U /* octets, RFC 9654 §2.1 */

typedef struct OcspCertificateId {
        View whole;                      /* the CertID as it came: the answer repeats it */
        gnutls_digest_algorithm_t digest; /* GNUTLS_DIG_UNKNOWN: one that nobody computes here */
        View name_hash, key_hash;        /* of the issuer */
        View serial;                     /* contents octets */
} OcspCertificateId;

typedef struct OcspRequest {
        OcspCertificateId certificates[OCSP_CERTIFICATES_MAX];
        size_t n;
        View nonce; /* extnValue's contents, the DER of an OCTET STRING; empty when none was sent */
} OcspRequest;

/* Reads a request. Its signature and its sender's name, if any, are passed over: everybody gets the same answers. -EBADMSG for what is no request or
 * of another version, for more than OCSP_REQUEST_SIZE_MAX octets or OCSP_CERTIFICATES_MAX certificates, a critical extension that is not known, and a nonce
 * of no octets or more than OCSP_NONCE_MAX; `*ret` is then of no use. */
int ocsp_request_read(View der, OcspRequest *ret);
