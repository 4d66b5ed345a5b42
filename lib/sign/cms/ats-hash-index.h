/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* ats-hash-index-v3 (EN 319 122-1 §5.5.2), and its first two versions: what an archive timestamp of CAdES is over beside the signature, by digests: certificates, revocation
 * information, unsigned attributes. It stands in the timestamp's own unsigned attributes. */

#include <gnutls/crypto.h>

#include "crypto/digest.h"
#include "der/attributes.h"
#include "sign/cms/cms-parse.h"

#define ATS_HASHES_MAX 1024U

typedef struct AtsHashIndex {
        Bytes signer_info; /* of the timestamp, in DER; the views are into it */
        View element;      /* the index itself */
        bool by_value;     /* version 3: each value of an attribute by itself, not the attribute */
        gnutls_digest_algorithm_t algorithm;
        View certificates, revocations, attributes; /* OCTET STRINGs, one after the other */
} AtsHashIndex;

void ats_hash_index_done(AtsHashIndex *x);
#define _cleanup_ats_hash_index_ _cleanup_(ats_hash_index_done)

/* The index of a token. -ENOENT where it has none, -EBADMSG where it has several, or one that cannot be read; -EOPNOTSUPP for a digest that we do not know; -E2BIG; -ENOMEM. */
int ats_hash_index_read(View token, AtsHashIndex *ret);

/* Whether the one value at `value` of an unsigned attribute is in it. */
bool ats_hash_index_has(const AtsHashIndex *x, const Attribute *a, View value);

/* Whether all that it lists is there. 1, 0, or a negative errno. */
int ats_hash_index_is_complete(const AtsHashIndex *x, BerSource *source, const CmsSignedData *d, const Attributes *unsigned_attributes);

/* Whether it lists all that is in the crls field. 1, 0, or a negative errno. */
int ats_hash_index_has_revocations(const AtsHashIndex *x, BerSource *source, const CmsSignedData *d);

/* Adds octets of a source to a hash. 0 or a negative errno. */
int ats_hash_octets(gnutls_hash_hd_t hash, BerSource *source, uint64_t from, uint64_t to);
