/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Validates a signing certificate up to a trust anchor (EN 319 102-1 §5.2.6, RFC 5280 §6) at a given time. Revocation is not
 * looked at, nothing is fetched. */

#include "sign/verify-report.h"

/* Certificates that came with the signature may serve as intermediates. SUB_NONE when the chain holds, with `*ret_reason` NULL; else the
 * subindication and its sentence. */
SubIndication chain_validate(gnutls_x509_crt_t signer, const gnutls_x509_crt_t *others, size_t n_others, const VerifyParams *params,
                             const char **ret_reason);
