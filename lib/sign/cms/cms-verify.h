/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Verifies one CMS SignedData (RFC 5652 §5), BER or DER, with the rules of CAdES (EN 319 122-1) where it claims to be one. All its
 * signers are verified. Of unsigned attributes only timestamps and revocation information are used, each by its own signature: they prove when a signature
 * existed, and the states of certificates. */

#include <gnutls/crypto.h>

#include "crypto/digest.h"
#include "sign/verify-report.h"

/* Gives the digest of the external content (the file beside a .p7s, the ByteRange of a PDF). Called at most once for each algorithm.
 * 0 or a negative errno, which ends the verification. */
typedef int (*CmsDigestContent)(void *userdata, gnutls_digest_algorithm_t algorithm, Digest *ret);

/* Adds the same content to a hash. 0 or a negative errno. */
typedef int (*CmsHashContent)(void *userdata, gnutls_hash_hd_t hash);

typedef struct CmsContent {
        CmsDigestContent digest; /* NULL: there is no external content */
        CmsHashContent hash;     /* NULL: it cannot be had as it is, which archive timestamps of before version 3 need */
        uint64_t size;           /* what `hash` reads */
        void *userdata;
        /* A PDF's (EN 319 142-1 §6.3): the signature must be of the external content even where the CMS embeds another, there must be
         * exactly one signer, and the formats are named "PAdES" and "PDF-CMS". */
        bool pdf;
} CmsContent;

/* What the format around the CMS wants to know about it. */
typedef struct CmsFacts {
        size_t n_signers;
        bool has_embedded_content; /* eContent is present */
        bool is_timestamp;         /* the content is a TSTInfo (RFC 3161 §2.4.2) */
        bool has_signing_time;     /* some signer has the signing-time attribute */
        uint64_t size;             /* of the CMS in bytes; what follows is not part of it (a PDF pads with zeros) */
} CmsFacts;

/* Verifies the CMS in memory and appends one SignatureReport a signer to `r`, whole with chain and level; covers_whole_document is
 * true where the content was digested (the caller takes it back where the CMS covers a part only). `ret_facts` may be NULL. What is no
 * SignedData appends one signature with FORMAT_FAILURE. 0 or a negative errno; the caller calls verify_report_conclude(). */
int cms_verify(View cms, const CmsContent *content, const VerifyParams *params, VerifyReport *r, CmsFacts *ret_facts);

/* The same over a file, whose embedded content is digested in place. Nothing is appended for what is no SignedData: -EBADMSG. */
int cms_verify_fd(int fd, const CmsContent *content, const VerifyParams *params, VerifyReport *r, CmsFacts *ret_facts);
