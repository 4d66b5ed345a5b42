/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Writes the parts of a SignedData with one signer (RFC 5652 §5.1), DER. Used by lib/sign/cades.c. */

#include "crypto/key.h"

typedef struct CmsParts {
        const SignatureScheme *scheme;
        const Bytes *certificates; /* DER, the signing certificate first */
        size_t n_certificates;
        View issuer;               /* Name, DER */
        View serial;               /* contents of the INTEGER */
        View signed_attributes;    /* the SET that was signed */
        View signature;
} CmsParts;

/* SEQUENCE { algorithm } of a digest: parameters are left out (RFC 5754 §2). */
int cms_append_digest_algorithm(Bytes *b, gnutls_digest_algorithm_t algorithm);

/* One Attribute with one value. */
int cms_append_attribute(Bytes *b, const char *type, View value);

/* The ContentInfo around content of `content_len` bytes, `*ret_head` what stands before it and `*ret_tail` what follows. Where
 * `detached`, there is no eContent, and head and tail are the whole. */
int cms_build(const CmsParts *parts, bool detached, uint64_t content_len, Bytes *ret_head, Bytes *ret_tail);
