/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Certificate revocation lists (RFC 5280 §5), written in one pass. GnuTLS's own writer searches the list anew for each entry:
 * 8,000 take it 9 s and 100,000 would take twenty minutes, where this one needs a fraction of a second (tests/bench/run). */

#include "ca/certificate.h"
#include "crypto/certificate-state.h"

typedef struct CrlEntry {
        uint8_t serial[SERIAL_SIZE];
        CertificateReason reason; /* certificateHold for a certificate that is suspended */
        int64_t date;             /* of the revocation or suspension */
        int64_t invalid_since;    /* 0: not known */
} CrlEntry;

/* The value of the issuer's signature over `tbs`, as key_sign() gives it. */
typedef int (*CrlSign)(View tbs, void *userdata, Bytes *ret);

/* A complete list in DER, version 2, with authorityKeyIdentifier, cRLNumber and expiredCertsOnCRL (X.509 §9.5.2.8: entries
 * stay when the certificate has expired, for signatures are verified later). The entries stand in the order given. `issuer`
 * must have a subject key id. -EOPNOTSUPP for an issuer's key that is none of ours, -EINVAL for a time that has no form
 * (before 1950, after 9999), or what `sign` returned. */
int crl_create(gnutls_x509_crt_t issuer, CrlSign sign, void *userdata, const CrlEntry *entries, size_t n, uint64_t number, int64_t this_update,
               int64_t next_update, Bytes *ret);
