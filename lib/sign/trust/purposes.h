/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What certificates are for by their extKeyUsage (RFC 5280 section 4.2.1.12): those of signers, and of the authorities above them, for which the purposes bound what they issue,
 * as all programs have it that look at them (the standard itself has no such rule). Whose certificate names none serves any; of anchors nothing is asked. */

#include <gnutls/x509.h>
#include <stdbool.h>

/* Whether the certificate may be a signer's of documents, or for all that is known here. A timestamp's authority is looked at elsewhere. */
bool purposes_fit_signer(gnutls_x509_crt_t crt);

/* Whether an authority may have issued for what the signer's certificate is for: time-stamping, when that is its one purpose, else documents. */
bool purposes_fit_authority(gnutls_x509_crt_t authority, gnutls_x509_crt_t signer);
