/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Validates a signing certificate up to a trust anchor (EN 319 102-1 §5.2.6, RFC 5280 §6) at a given time. Revocation is looked at by who has
 * the path (signer-trust.h), nothing is fetched. */

#include "sign/verify-report.h"

#define CHAIN_PATH_MAX 10U

/* A path to an anchor. */
typedef struct ChainPath {
        gnutls_x509_crt_t certificates[CHAIN_PATH_MAX]; /* the signer first; borrowed */
        size_t n;                                       /* 0: there is none */
        gnutls_x509_crt_t anchor;                       /* who issued the last; NULL where the signer's own certificate is an anchor */
} ChainPath;

void chain_path_done(ChainPath *p);

/* Certificates that came with the signature may serve as intermediates. SUB_NONE when the chain holds, with `*ret_reason` NULL; else the
 * subindication and its sentence. `ret_path` (empty before) gets the path wherever there is one, also when its dates or what the signer's certificate is for
 * speak against it. */
SubIndication chain_validate(gnutls_x509_crt_t signer, const gnutls_x509_crt_t *others, size_t n_others, const VerifyParams *params, ChainPath *ret_path,
                             const char **ret_reason);

/* Whether the path's certificates were within their dates at `when`, and signed by what was good then. */
SubIndication chain_check_times(const ChainPath *path, int64_t when, const char **ret_reason);
