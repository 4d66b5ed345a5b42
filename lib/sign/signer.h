/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a format needs to have something signed: certificates, a scheme, and a function that signs to-be-signed bytes.
 * Where the key lives (daemon, file, token) the formats never learn. */

#include "crypto/key.h"

typedef enum SignerItemType {
        SIGNER_ITEM_CMS_ATTRIBUTES, /* DER SET OF Attribute, RFC 5652 §5.4 */
        SIGNER_ITEM_XML_SIGNEDINFO, /* canonical ds:SignedInfo */
} SignerItemType;

typedef struct SignerItem {
        SignerItemType type;
        View tbs;         /* to-be-signed bytes; the signer hashes */
        const char *name; /* of the document, for its owner's history; may be NULL */
} SignerItem;

typedef struct Signer Signer;
struct Signer {
        SignatureScheme scheme;
        gnutls_x509_crt_t *chain; /* the signing certificate first, then its issuers, the root may be missing */
        size_t n_chain;
        /* Signs all items in one go, in order; `ret` has room for n values, each owned by the caller. All or nothing. */
        int (*sign)(Signer *s, const SignerItem *items, size_t n, Bytes *ret);
        void *userdata;
};

/* A signer over a private key in this process (PKCS#12 or PKCS#8 files, tests). Borrows all it is given. */
void signer_init_privkey(Signer *s, gnutls_privkey_t *key, const SignatureScheme *scheme, gnutls_x509_crt_t *chain, size_t n_chain);
