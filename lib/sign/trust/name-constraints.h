/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Name constraints (RFC 5280 sections 4.2.1.10, 6.1.3 (b)(c) and 6.1.4 (g)) of the authorities of a path, held against the certificates below each: directory names, of
 * subject and subjectAltName, and mailboxes, of subjectAltName and the subject's emailAddress. DNS names, addresses and URIs are left to GnuTLS, which looks at these alone.
 * Forms that neither knows are refused where the constraints are critical, or where a certificate below has such a name. Nothing is relaxed for what is malformed. */

#include <gnutls/x509.h>
#include <stdbool.h>
#include <stddef.h>

/* Subtrees of a path, times the names that they are held against. */
#define NAME_CONSTRAINTS_SUBTREES_MAX 512U
#define NAME_CONSTRAINTS_COMPARISONS_MAX 65536U

/* Whether a path, the signer's certificate first, may be given to GnuTLS, which takes time by the product of subtrees and names. False for what is malformed, too. */
bool name_constraints_are_affordable(const gnutls_x509_crt_t *path, size_t n);

/* Whether all names are within the constraints of all authorities above them, of the anchor's too. */
bool name_constraints_hold(const gnutls_x509_crt_t *path, size_t n, gnutls_x509_crt_t anchor);
