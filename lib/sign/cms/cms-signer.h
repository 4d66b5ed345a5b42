/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Verifies one SignerInfo (RFC 5652 §5.3 to §5.6) against a SignedData whose content's digests it asks for. */

#include "sign/cms/cms-parse.h"
#include "sign/cms/cms-verify.h"

typedef struct CmsContext CmsContext;
struct CmsContext {
        BerSource *source;
        const CmsSignedData *signed_data;
        const CmsContent *content;
        const VerifyParams *params;
        uint64_t *budget;      /* octets that may still be read for timestamps, for all signers */
        bool countersignature; /* what is signed is the value of another signature, as external content (§11.4) */
        /* The digests of the content under one algorithm, kept over the signers; either is absent (len 0) where there is no such
         * content. 0 or a negative errno, -EOPNOTSUPP for an algorithm that GnuTLS has not. */
        int (*digest)(CmsContext *c, gnutls_digest_algorithm_t algorithm, Digest *ret_embedded, Digest *ret_external);
};

/* Verifies the countersignatures of a signer, given as its SignerInfo in DER, and theirs, each a report of its own. They take nothing from the signature. */
int cms_countersignatures_verify(const CmsContext *c, View signer_info, VerifyReport *r);

/* Fills the report of one signer from its SignerInfo in DER. `*ret_signing_time` tells whether it has that attribute. */
int cms_signer_verify(CmsContext *c, View signer_info, SignatureReport *report, bool *ret_signing_time);
