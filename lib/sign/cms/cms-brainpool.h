/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Signatures by certificates whose key is on a Brainpool curve, of which GnuTLS reads everything but the key. */

#include "crypto/brainpool.h"
#include "sign/cms/cms-algorithms.h"

/* The key of a certificate: 1 when it is on a Brainpool curve of ours, 0 when it is of any other kind, -EBADMSG when it is none, -ENOMEM. */
int cms_brainpool_key(gnutls_x509_crt_t crt, BrainpoolKey *ret);

/* Whether the value, an Ecdsa-Sig-Value (RFC 3279 section 2.2.3), is the key's signature over `data`, or over content with that `digest` where `data` is NULL. As
 * cms_signature_verify(). */
int cms_brainpool_verify(const CmsAlgorithms *a, const BrainpoolKey *key, const View *data, View digest, View value);

/* The same with r and s one after the other, each as wide as the group's order. */
int cms_brainpool_verify_numbers(const CmsAlgorithms *a, const BrainpoolKey *key, View data, View value);
