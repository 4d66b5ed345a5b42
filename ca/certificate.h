/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the CA signs: its root, and certificates of the profiles. Everything that stands in a certificate is decided here. */

#include "base/bytes.h"
#include "crypto/key.h"
#include "crypto/signed.h"
#include "crypto/subject.h"

#define SERIAL_SIZE 16U
#define SERIAL_TEXT_SIZE (2U * SERIAL_SIZE + 1U)

#define ROOT_DAYS_DEFAULT 3650U
#define ROOT_DAYS_MAX 10958U /* 30 years */
#define CERTIFICATE_DAYS_DEFAULT 730U
#define CERTIFICATE_DAYS_MAX 1827U /* 5 years */

typedef struct Certificate {
        Bytes der;
        char serial[SERIAL_TEXT_SIZE]; /* lower-case hexadecimal */
        char *subject;                 /* RFC 4514, fit to be shown */
        int64_t not_before, not_after;
} Certificate;

void certificate_done(Certificate *c);
#define _cleanup_certificate_ _cleanup_(certificate_done)

/* Whether `s` can be the name of a root: countryName, organizationName and commonName, nothing else. 0, or -EINVAL with the
 * sentence that says why not (a constant). */
int root_subject_check(const Subject *s, const char **ret_problem);

/* The addresses that a certificate names; NULL for none. */
typedef struct CertificateUrls {
        const char *crl;  /* cRLDistributionPoints (RFC 5280 §4.2.1.13) */
        const char *ocsp; /* authorityInfoAccess, id-ad-ocsp (§4.2.2.1) */
        const char *ca;   /* authorityInfoAccess, id-ad-caIssuers */
} CertificateUrls;

/* The subject of the CA's own OCSP responder: country and organisation of the root. */
int responder_subject(gnutls_x509_crt_t root, Subject **ret);

/* A self-signed root (RFC 5280): path length 0, keyCertSign and cRLSign, and critical name constraints that exclude every DNS
 * name and IP address, so that who trusts it for documents never trusts it for TLS. Valid from `now` for `days`. `by` signs with the private half of
 * `key`. -EIO, or what `by` returned. */
int root_create(const Signatory *by, gnutls_pubkey_t key, const Subject *subject, int64_t now, unsigned days, Certificate *ret);

/* Whether the CA may certify `subject` and `key` by `profile`: the profile's rules, and what the root's name constraints and
 * key demand. 0, or -EINVAL with the sentence (a constant). */
int certificate_check(gnutls_x509_crt_t root, const Subject *subject, gnutls_pubkey_t key, Profile profile, const char **ret_problem);

/* A certificate by `profile`, which was checked. keyUsage is the profile's, critical. Of what signs documents that is
 * nonRepudiation (contentCommitment) alone; purposes are document signing and, for those who check CMS by it, e-mail
 * protection. Valid from `now` for `days`, never longer than the root. -EKEYEXPIRED when the root is not valid at `now`, -EIO, or
 * what `by` returned, which signs with the root's key. */
int certificate_issue(const Signatory *by, gnutls_x509_crt_t root, const Subject *subject, gnutls_pubkey_t key, Profile profile,
                      const CertificateUrls *urls, int64_t now, unsigned days, Certificate *ret);

/* SHA-256 of a key's SubjectPublicKeyInfo: by this the register knows a key. -EIO. */
int pubkey_fingerprint(gnutls_pubkey_t key, uint8_t ret[static 32]);
