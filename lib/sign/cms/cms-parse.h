/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The structure of a SignedData (RFC 5652 §5.1) in BER, walked in place: where the content is, the certificates, where the SignerInfos
 * are. The content is not read, whatever its size. */

#include "crypto/digest.h"
#include "crypto/key.h"
#include "der/ber.h"
#include "der/der.h"

#define CMS_DIGEST_ALGORITHMS_MAX 16U
#define CMS_CERTIFICATES_MAX 256U
#define CMS_CERTIFICATE_SIZE_MAX (64U * 1024U)
#define CMS_SIGNERS_MAX 256U

typedef struct CmsSignedData {
        BerElement version;
        BerElement digest_set;           /* digestAlgorithms */
        gnutls_digest_algorithm_t digest_algorithms[CMS_DIGEST_ALGORITHMS_MAX];
        size_t n_digest_algorithms;
        char content_type[DER_OID_MAX];
        BerElement encapsulation;        /* encapContentInfo */
        bool has_content;
        BerElement content;              /* what is in eContent's [0]: an OCTET STRING, or in PKCS #7 1.5 anything */
        BerElement certificate_set;      /* the certificates field; nothing in it where it is absent */
        gnutls_x509_crt_t *certificates; /* those that GnuTLS can read; others are passed over */
        size_t n_certificates;
        BerElement revocations;          /* the crls field; nothing in it where it is absent */
        bool has_revocation_values;      /* something is in it */
        BerElement *signers;             /* SignerInfos, one each */
        size_t n_signers;
        uint64_t size;
} CmsSignedData;

void cms_signed_data_done(CmsSignedData *s);

/* Reads the ContentInfo at the source's start. -EBADMSG when it is no SignedData, -ELOOP, -E2BIG beyond a limit, or a read error. */
int cms_parse(BerSource *source, CmsSignedData *ret);

/* A field of a SignerInfo in DER (§5.3), the first that bears this tag: its contents, and where it begins in the contents of the SignerInfo, which is `*ret_whole`
 * also when there is none: -ENOENT. -EBADMSG. */
int cms_signer_info_field(View signer_info, uint8_t tag, View *ret_whole, View *ret_contents, size_t *ret_start);

/* The digest of the embedded content's octets (RFC 5652 §5.4: without tag and length), in place. */
int cms_digest_content(BerSource *source, const CmsSignedData *s, gnutls_digest_algorithm_t algorithm, Digest *ret);

/* The embedded content itself, where it has at most `max` bytes; else -E2BIG. */
int cms_read_content(BerSource *source, const CmsSignedData *s, size_t max, Bytes *ret);
