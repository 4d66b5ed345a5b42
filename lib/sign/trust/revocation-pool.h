/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Revocation information at hand for one run of a verification: CRLs and OCSP answers that came with a signature, as files, from the local CA, or from the
 * network. What is here is bytes with a structure; whether it may be believed is decided for each certificate by revocation.h. The pool has
 * limits, beyond which more is passed over: a document can't have memory filled, nor the network asked without end. */

#include "sign/trust/crl.h"
#include "sign/trust/ocsp.h"

typedef enum RevocationSource {
        REVOCATION_FROM_SIGNATURE, /* the document brought it */
        REVOCATION_FROM_FILE,      /* who verifies gave it */
        REVOCATION_FROM_LOCAL_CA,
        REVOCATION_FROM_NETWORK,
} RevocationSource;

/* "signature", "file", "local-ca", "network". */
const char *revocation_source_to_string(RevocationSource s);

typedef enum RevocationKind {
        REVOCATION_CRL,
        REVOCATION_OCSP,
} RevocationKind;

const char *revocation_kind_to_string(RevocationKind k); /* "CRL", "OCSP" */

typedef struct RevocationItem {
        RevocationKind kind;
        RevocationSource source;
        Bytes der;
        bool unsupported; /* for a CRL: `crl` was not read */
        int64_t proven;   /* a timestamp proves that it existed then; 0: none does */
        Crl crl;          /* by kind; views into `der` */
        OcspResponse ocsp;
        uint8_t issuer[32]; /* SHA-256 of the certificate that the signature was checked against last, and what came of it; of a CRL, which is large */
        bool checked;
        int verdict;
} RevocationItem;

/* Gets what an address has: by GET, or by POST of an OCSP request where `request` is not empty. 0, or a negative errno. */
typedef int (*RevocationFetch)(void *userdata, RevocationKind kind, const char *url, View request, Bytes *ret);

typedef struct RevocationPool {
        RevocationItem *items;
        size_t n;
        size_t size;          /* of all items in bytes */
        gnutls_x509_trust_list_t authorities; /* borrowed: OCSP responders that are trusted by themselves are among them; NULL: none */
        RevocationFetch fetch; /* NULL: the network is not used */
        void *userdata;
        char **fetched;       /* what was asked for, with success or not; none is asked twice */
        size_t n_fetched;
} RevocationPool;

#define REVOCATION_ITEMS_MAX 512U
#define REVOCATION_POOL_MAX (256U * 1024U * 1024U)
#define REVOCATION_FETCHES_MAX 16U
#define REVOCATION_URL_MAX 2048U

void revocation_pool_done(RevocationPool *p);
#define _cleanup_revocation_pool_ _cleanup_(revocation_pool_done)

/* Adds a CRL or an OCSP answer in DER, taking a copy. -EBADMSG when it is none; 0 also for what is passed over because there is too much. -ENOMEM. */
int revocation_pool_add(RevocationPool *p, RevocationKind kind, RevocationSource source, View der);

/* Notes that what is in `before` too existed at `time`. */
void revocation_pool_prove(RevocationPool *p, const RevocationPool *before, int64_t time);

/* Forgets all but the first `n` items, and what was asked for: for the next document, whose limits are its own. */
void revocation_pool_rewind(RevocationPool *p, size_t n);

/* Fetches and adds. 0, or a negative errno: -EALREADY when the address was asked before, -ENOTCONN without network, -EDQUOT beyond the limit,
 * -EPROTONOSUPPORT for what is neither http nor https. */
int revocation_pool_fetch(RevocationPool *p, RevocationKind kind, const char *url, View request);
