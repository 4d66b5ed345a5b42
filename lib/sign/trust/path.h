/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* RFC 5280 section 6.1 over the paths that GnuTLS can not follow, because the key of an authority is on a curve that it does not know (crypto/brainpool.h). Dates,
 * states, the age of algorithms, purposes and the names that GnuTLS does not compare are looked at elsewhere, for all paths alike (chain.h). */

#include <gnutls/x509.h>
#include <stdbool.h>
#include <stddef.h>

/* Whether the certificate's key is on such a curve. */
bool path_has_other_key(gnutls_x509_crt_t crt);

/* Whether the issuer's key made the signature of the certificate, whatever either may do. */
bool path_is_signed_by(gnutls_x509_crt_t crt, gnutls_x509_crt_t issuer);

/* Follows a path, the signer's certificate first, up to the anchor that issued the last. 0 when it holds, else bits of gnutls_certificate_status_t. Policies are not
 * asked for, nor by GnuTLS. */
unsigned path_status(const gnutls_x509_crt_t *path, size_t n, gnutls_x509_crt_t anchor);
