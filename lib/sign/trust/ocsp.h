/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* OCSP (RFC 6960): the request for one certificate, and answers read in place, since GnuTLS gives neither the bytes that are signed nor the
 * extensions of a single answer. All views are into the input. Nothing here is believed before ocsp_verify(). */

#include <gnutls/x509.h>

#include "base/bytes.h"
#include "crypto/certificate-state.h"

#define OCSP_SIZE_MAX (1024U * 1024U)

typedef struct OcspResponse {
        View tbs;                /* tbsResponseData: what is signed */
        View algorithm;          /* signatureAlgorithm, an element */
        View signature;          /* contents of the BIT STRING */
        View responder_name;     /* a Name, an element; empty where the key is named */
        View responder_key_hash; /* SHA-1; empty where the name is */
        int64_t produced_at;     /* seconds since the epoch */
        View responses;          /* contents of responses */
        View certificates;       /* those that came along, one after the other */
        View nonce;              /* contents of extnValue; empty where there is none */
} OcspResponse;

enum {
        OCSP_FOUND = 1,
        OCSP_E_UNSUCCESSFUL, /* the responder refuses or has no time (responseStatus) */
        OCSP_E_UNSUPPORTED,  /* a critical extension or another type of answer that is not understood */
};

/* Reads an OCSPResponse, or the BasicOCSPResponse alone, as signatures hold it. 0, OCSP_E_…, -EBADMSG, -E2BIG beyond OCSP_SIZE_MAX. */
int ocsp_read(View der, OcspResponse *ret);

typedef struct OcspAnswer {
        CertificateState state;
        CertificateReason reason;
        int64_t since;       /* of a suspension or revocation */
        int64_t this_update;
        int64_t next_update; /* -1 when there is none: newer information is always to be had (§4.2.2.1) */
        int64_t archive_cutoff; /* answers are given on certificates that expired then or later (§4.4.4); INT64_MAX when it is not there */
} OcspAnswer;

/* The answer on this certificate of this issuer; the worst, where there are several. 0 when there is none, OCSP_FOUND, OCSP_E_UNSUPPORTED, -EBADMSG,
 * -ENOMEM. */
int ocsp_find(const OcspResponse *o, gnutls_x509_crt_t certificate, gnutls_x509_crt_t issuer, OcspAnswer *ret);

/* Whether one who may speak for the issuer signed (§4.2.2.2): the issuer itself, or who has a certificate of the issuer's own key for OCSPSigning, or one for
 * OCSPSigning that is itself in the list `local` (NULL: none), valid at `at`; with what was secure at `now`. `*ret_responder` is that certificate, owned by the caller, where its own state has still to be looked at;
 * else NULL: the issuer signed, or said by id-pkix-ocsp-nocheck that nobody need, or who made the list answers for it. 0, -EKEYREJECTED, -EBADMSG, -ENOMEM. */
int ocsp_verify(const OcspResponse *o, gnutls_x509_crt_t issuer, gnutls_x509_trust_list_t local, int64_t at, int64_t now, gnutls_x509_crt_t *ret_responder);

/* The issuer, and who has a certificate of its key, alone. `*ret_responder`, owned by the caller: that certificate, whatever it says about being looked up; NULL where the issuer
 * itself signed. As above. */
int ocsp_verify_under(const OcspResponse *o, gnutls_x509_crt_t issuer, int64_t at, int64_t now, gnutls_x509_crt_t *ret_responder);

/* Whether its issuer says that nobody need look it up (§4.2.2.2.1). */
bool ocsp_has_nocheck(gnutls_x509_crt_t responder);

/* The first of §4.2.2.2 alone: who verifies has chosen the responder, as trusted lists name some that are not under the issuer. */
int ocsp_verify_local(const OcspResponse *o, gnutls_x509_trust_list_t local, int64_t at, int64_t now);

/* A request for the one certificate, to be sent by POST as application/ocsp-request. Without nonce: responders answer with what they signed
 * before, and how old that may be is judged by its times. -EIO, -ENOMEM. */
int ocsp_request(gnutls_x509_crt_t certificate, gnutls_x509_crt_t issuer, Bytes *ret);
