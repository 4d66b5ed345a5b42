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
        /* Signs all items in one go, in order; `ret` has room for n values, all empty, each owned by the caller. Values of ECDSA are as the item's
         * format has them: DER in CMS, r and s of fixed width in XML. Where it fails on the way, those that were made stay. */
        int (*sign)(Signer *s, const SignerItem *items, size_t n, Bytes *ret);
        void *userdata;
        /* May be set by who calls sign(): told on the same thread that the first n values are made and will not change, as they come. */
        void (*signed_so_far)(void *userdata, size_t n);
        void *signed_userdata;
};

/* A signer over a private key in this process (PKCS#12 or PKCS#8 files, tests). Borrows all it is given. */
void signer_init_privkey(Signer *s, gnutls_privkey_t *key, const SignatureScheme *scheme, gnutls_x509_crt_t *chain, size_t n_chain);

/* For signers: see signed_so_far. */
void signer_tell(const Signer *s, size_t n);

/* Signs one item with such a key, its value as the item's format has it. -EIO. */
int signer_sign_item(gnutls_privkey_t key, const SignatureScheme *scheme, const SignerItem *item, Bytes *ret);

/* What of the chain a signature carries, in DER: all but self-issued certificates above the signer's, since a root says nothing there: who verifies has it, or
 * does not trust it. `ret` has room for SIGNER_CHAIN_MAX, each owned by the caller, also when it fails; it must be empty before. */
#define SIGNER_CHAIN_MAX 16U
int signer_copy_chain(const Signer *s, Bytes ret[static SIGNER_CHAIN_MAX], size_t *ret_n);
