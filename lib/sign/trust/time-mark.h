/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Time-marks of BDOC 2.1.2 (section 6.2 and the policy 1.3.6.1.4.1.10015.1000.3.2.1): an OCSP answer about the signer's certificate whose nonce is the digest of the
 * signature value. Who answered has signed it, so that the signature was there when the answer was made (EN 319 102-1 §5.6.2.3 leaves open what proves existence). */

#include "sign/trust/revocation-pool.h"

#define TIME_MARK_POLICY "1.3.6.1.4.1.10015.1000.3.2.1"

/* The earliest time that an answer of the pool proves for the signature value, with who says so, owned by the caller. `issuer` is the certificate above the signer's in its
 * path. 0, -ENOENT where none does, -ENOMEM. */
int time_mark_verify(const RevocationPool *p, View value, gnutls_x509_crt_t certificate, gnutls_x509_crt_t issuer, int64_t now, int64_t *ret_time,
                     char **ret_authority);
