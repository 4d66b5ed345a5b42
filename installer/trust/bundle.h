/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Files with several certificates: PEM, with any text between, and PKCS #7 (.p7b) in BER, DER or PEM. The checker takes them apart and judges each
 * as check_certificate() does; and where a file has the issuer too, the signature has to fit. Its answer to sygnet-trustd is one line, then as many
 * answers of reply.h:
 *
 *   sygnet-trust-check 1 bundle COUNT PROBLEM
 */

#include "installer/trust/reply.h"

#define BUNDLE_SIZE_MAX (8U * 1024U * 1024U)
#define BUNDLE_CERTIFICATES_MAX 512U
#define BUNDLE_REPLY_SIZE_MAX (24U * 1024U * 1024U)

typedef struct BundleReply {
        CheckProblem problem; /* of the file: then there are no replies */
        CheckReply *replies;  /* in the order of the file; those with an unreadable problem have no more than that */
        size_t n;
} BundleReply;

void bundle_reply_done(BundleReply *b);
#define _cleanup_bundle_ _cleanup_(bundle_reply_done)

/* 0 whatever the input is; -ENOMEM. `now`: seconds since the epoch. */
int check_bundle(View input, int64_t now, BundleReply *ret);

/* As check_reply_write() and check_reply_read(). */
int bundle_reply_write(const BundleReply *b, Bytes *ret);
int bundle_reply_read(View text, BundleReply *ret);
