/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* CAdES B-B and B-T signatures (EN 319 122-1 §6, table 1): SignedData of RFC 5652 with content-type, message-digest, signing-time (not in
 * PAdES) and signing-certificate-v2 (RFC 5035). Made in two steps, so that many can be signed at once: a draft holds what is to
 * be signed, completing it with the signature value gives the CMS. Memory does not grow with the document. */

#include <stdbool.h>

#include "sign/cms/cms-edit.h"
#include "sign/signer.h"

typedef struct CadesDraft CadesDraft;

typedef struct CadesParams {
        bool pades;             /* EN 319 142-1 §6.3: no signing-time attribute */
        bool countersignature;  /* RFC 5652 §11.4: no content-type; `message_digest` is that of a signature value */
        int64_t signing_time;   /* seconds since the epoch, UTC */
} CadesParams;

/* Digest the document first (crypto/digest.h, with signer->scheme.message_digest). The draft copies what it needs. */
int cades_draft_new(const Signer *signer, const CadesParams *params, View message_digest, CadesDraft **ret);

/* How long a detached signature becomes at most, without a timestamp. */
int cades_size(const Signer *signer, const CadesParams *params, size_t *ret);

/* The DER SET of signed attributes; borrowed from the draft. */
View cades_draft_tbs(const CadesDraft *d);

/* A detached signature: the whole CMS ContentInfo, DER. `timestamp` is a TimeStampToken over the signature value (tsp.h), or empty. */
int cades_draft_complete(CadesDraft *d, View signature, View timestamp, Bytes *ret);

/* An enveloping one: the document's bytes stand in eContent. `content_fd` is read from its start to `content_len`, and the CMS
 * written to `out_fd`, DER with definite lengths, streaming. */
int cades_draft_complete_enveloping(CadesDraft *d, View signature, View timestamp, int content_fd, uint64_t content_len, int out_fd);

/* Adds the signature to one that exists: as a further signer of the same content (parallel), or as a countersignature of signer `i`
 * (EN 319 122-1 §5.2.7). */
int cades_draft_add(CadesDraft *d, View signature, View timestamp, CmsEdit *e);
int cades_draft_countersign(CadesDraft *d, View signature, View timestamp, CmsEdit *e, size_t i);

CadesDraft *cades_draft_free(CadesDraft *d);
DEFINE_CLEANUP(CadesDraft *, cades_draft_free);
