/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The state of one certificate from CRLs and OCSP answers (RFC 5280 §6.3, RFC 6960 §3.2, EN 319 102-1 §5.2.5). What is at hand comes first; the network
 * is asked only where that leaves the state open, OCSP before CRLs. docs/architecture.md argues what is made of missing information. */

#include "sign/trust/revocation-pool.h"

/* How far a clock may be ahead of ours. */
#define REVOCATION_SKEW_S 300

typedef struct CertificateStatus {
        bool checked;            /* `state` is what somebody says who may; else CERTIFICATE_UNKNOWN */
        CertificateState state;
        CertificateReason reason; /* of a suspension or revocation */
        int64_t since;           /* likewise; -1 */
        int64_t next_update;     /* when newer information is due; -1 */
        RevocationSource source;
        RevocationKind kind;
        bool required;           /* not checked although it should have been: it names places and the network may be used, or what was given is of no use */
        const char *problem;     /* why it was not checked: a sentence marked for gettext; NULL where it was */
} CertificateStatus;

/* Looks `certificate` up at `now`. `proven` is a time at which the signature in question did exist, or -1: information that is younger than that
 * suffices then, also where it is out of date by now. A revocation holds whatever is said elsewhere, a hold until something newer lifts it, and a good
 * state must be fresh. `issuer` is the certificate above it in the path. 0, -ENOMEM. */
int revocation_check(RevocationPool *p, gnutls_x509_crt_t certificate, gnutls_x509_crt_t issuer, int64_t now, int64_t proven,
                     CertificateStatus *ret);

/* The same of an OCSP responder's, which is looked up in CRLs alone. */
int revocation_check_responder(RevocationPool *p, gnutls_x509_crt_t responder, gnutls_x509_crt_t issuer, int64_t now, int64_t proven,
                               CertificateStatus *ret);

/* Whether the certificate says where its state can be looked up, by http or https. True also where memory does not suffice to tell. */
bool revocation_is_offered(gnutls_x509_crt_t certificate);
