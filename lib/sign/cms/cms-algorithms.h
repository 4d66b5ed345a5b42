/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The algorithms of a SignerInfo, and how long each was or is good for (ETSI TS 119 312). */

#include <stdbool.h>
#include <gnutls/abstract.h>

#include "der/der.h"

typedef struct CmsAlgorithms {
        gnutls_digest_algorithm_t digest; /* digestAlgorithm, of the content */
        gnutls_sign_algorithm_t sign;
        unsigned salt; /* RSA-PSS: the salt's length */
} CmsAlgorithms;

enum {
        CMS_ALGORITHM_E_UNSUPPORTED = 1, /* a digest or signature algorithm that we do not know */
        CMS_ALGORITHM_E_MISMATCH,        /* digestAlgorithm is not the one that signatureAlgorithm goes with */
};

/* Reads both algorithms of a decoded CMS.SignerInfo. 0, one of the enum, or -EBADMSG. */
int cms_algorithms_read(const Der *signer_info, CmsAlgorithms *ret);

/* Whether a CMSAlgorithmProtection (RFC 6211 §2; an element) has the same AlgorithmIdentifiers as a decoded CMS.SignerInfo. 0,
 * CMS_ALGORITHM_E_MISMATCH, or -EBADMSG. */
int cms_algorithms_compare_protection(const Der *signer_info, View protection);

/* The algorithms of what is no SignerInfo from the one AlgorithmIdentifier (an element) that names both: of certificates, CRLs and OCSP
 * answers (RFC 5280 §4.1.1.2). As above. */
int cms_algorithms_read_identifier(View identifier, CmsAlgorithms *ret);

/* Whether `signature` (the contents of a BIT STRING) is the signer's over `data`, by an algorithm that was still good at `now`. 0,
 * -EKEYREJECTED for anything else, -ENOMEM. */
int cms_bit_string_verify(View identifier, gnutls_x509_crt_t signer, View data, View signature, int64_t now);

/* The same in two: whether algorithm and key were still good at `now`, and whether it is the signer's whatever their age. */
int cms_bit_string_check(View identifier, gnutls_x509_crt_t signer, int64_t now);
int cms_bit_string_verify_value(View identifier, gnutls_x509_crt_t signer, View data, View signature);

/* The digest algorithm of an OID; GNUTLS_DIG_UNKNOWN. */
gnutls_digest_algorithm_t cms_digest_of_oid(const char *oid);

/* Whether the value is the key's signature over `data`, or over content with that `digest` where `data` is NULL. The algorithms'
 * age is not looked at. 0, -EKEYREJECTED, or -EOPNOTSUPP for EdDSA over a digest, for keys that are not understood, and for keys larger than anybody uses, which cost minutes. */
int cms_signature_verify(const CmsAlgorithms *a, gnutls_x509_crt_t signer, const View *data, View digest, View signature);

/* The same with a key by itself, whose parameters are set. */
int cms_signature_verify_key(const CmsAlgorithms *a, gnutls_pubkey_t key, const View *data, View digest, View signature);

/* Whether a digest algorithm was still good at `now`; one that is not known never was. */
bool cms_digest_is_secure(gnutls_digest_algorithm_t digest, int64_t now);

/* The same in what authorities sign: certificates, CRLs and OCSP answers. */
bool cms_digest_is_secure_for_authorities(gnutls_digest_algorithm_t digest, int64_t now);

/* Whether the certificate's key is of a size that was still good at `now`. */
bool cms_key_is_secure(gnutls_x509_crt_t crt, int64_t now);

/* Whether digest and key were still good at `now`; -EKEYREJECTED when not. */
int cms_algorithms_check(const CmsAlgorithms *a, gnutls_x509_crt_t signer, int64_t now);
