/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Certificate revocation lists (RFC 5280 §5), read in place: of a list with a hundred thousand entries nothing is copied, and a look-up is one pass
 * over the headers. (GnuTLS makes a tree of it, which takes seconds.) All views are into the input. Nothing here is believed before
 * crl_verify(). */

#include <gnutls/x509.h>

#include "base/bytes.h"
#include "crypto/certificate-state.h"

#define CRL_SIZE_MAX (64U * 1024U * 1024U)

typedef struct Crl {
        View tbs;               /* tbsCertList: what is signed */
        View algorithm;         /* signatureAlgorithm, an element */
        View signature;         /* contents of the BIT STRING */
        View issuer;            /* a Name, an element */
        int64_t this_update;    /* seconds since the epoch */
        int64_t next_update;    /* -1 when there is none, against §5.1.2.5 */
        View entries;           /* contents of revokedCertificates */
        bool only_users;        /* of issuingDistributionPoint, §5.2.5 */
        bool only_authorities;
        bool has_distribution_point;
        View distribution_point; /* its fullName: contents of GeneralNames */
        int64_t expired_from;   /* expiredCertsOnCRL (X.509 §9.5.2.8): entries are kept of certificates that expired at this time or later; INT64_MAX
                                 * when they are not */
} Crl;

enum {
        CRL_LISTED = 1,
        CRL_E_UNSUPPORTED, /* a list that must not be used alone, or not be used by who does not understand it */
};

/* Reads a list but for its entries. CRL_E_UNSUPPORTED for delta and indirect ones, for some reasons or attribute certificates only, and for unknown
 * critical extensions. -EBADMSG, -E2BIG beyond CRL_SIZE_MAX. */
int crl_read(View der, Crl *ret);

typedef struct CrlEntry {
        CertificateReason reason;
        int64_t since; /* revocationDate, or invalidityDate where that is earlier (§5.3.2) */
} CrlEntry;

/* Looks a serial number (contents of the INTEGER) up. 0 when it is not listed, CRL_LISTED, CRL_E_UNSUPPORTED when any entry has a critical extension that is
 * not understood (§5.3), -EBADMSG when the list is malformed anywhere: what could not be read may be the entry. */
int crl_find(const Crl *c, View serial, CrlEntry *ret);

/* Whether the list is of this certificate's issuer and its scope takes the certificate in (§6.3.3 (b)): 1, 0, or -ENOMEM. */
int crl_covers(const Crl *c, gnutls_x509_crt_t certificate);

/* Whether the issuer's own key signed it and may (§6.3.3 (f) and (g)), whatever the age of the algorithms. That another key of the same name signed it does not
 * suffice: lists of a separate signer are not used. It costs a pass over the list. 0, -EKEYREJECTED, -ENOMEM. */
int crl_verify_signature(const Crl *c, gnutls_x509_crt_t issuer);

/* Whether it is signed with what was secure at `now`; the list is not gone through. As above. */
int crl_check_algorithms(const Crl *c, gnutls_x509_crt_t issuer, int64_t now);

/* Both. */
int crl_verify(const Crl *c, gnutls_x509_crt_t issuer, int64_t now);
