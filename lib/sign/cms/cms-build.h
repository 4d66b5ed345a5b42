/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Writes the parts of a SignedData with one signer (RFC 5652 §5.1), DER. Used by cades.c and cms-edit.c. */

#include "crypto/key.h"

typedef struct CmsParts {
        const SignatureScheme *scheme;
        const Bytes *certificates; /* DER, the signing certificate first */
        size_t n_certificates;
        View issuer;               /* Name, DER */
        View serial;               /* contents of the INTEGER */
        View signed_attributes;    /* the SET that was signed */
        View signature;
        View timestamp;            /* TimeStampToken over the signature, for the unsigned attribute; may be empty */
} CmsParts;

/* SEQUENCE { algorithm } of a digest: parameters are left out (RFC 5754 §2). */
int cms_append_digest_algorithm(Bytes *b, gnutls_digest_algorithm_t algorithm);

/* One Attribute with one value. */
int cms_append_attribute(Bytes *b, const char *type, View value);

/* The SignerInfo alone. */
int cms_append_signer_info(Bytes *b, const CmsParts *parts);

/* encapContentInfo up to the content's first octet. Where `detached`, there is no eContent. */
int cms_append_encapsulation(Bytes *b, const char *content_type, bool detached, uint64_t content_len);

/* The ContentInfo around a SignedData that has `inside` octets, up to the first of them. */
int cms_append_content_info(Bytes *b, uint64_t inside);

/* The ContentInfo around content of `content_len` bytes, `*ret_head` what stands before it and `*ret_tail` what follows. Where
 * `detached`, there is no eContent, and head and tail are the whole. */
int cms_build(const CmsParts *parts, bool detached, uint64_t content_len, Bytes *ret_head, Bytes *ret_tail);
