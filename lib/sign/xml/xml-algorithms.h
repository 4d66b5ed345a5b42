/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The algorithms of XML Signature 1.1 and RFC 9231 by their names, and signature values in the form that they have there. How long each was or is good for
 * is in cms-algorithms.h. */

#include "crypto/key.h"
#include "sign/cms/cms-algorithms.h"
#include "sign/xml/xml-document.h"

/* The name of a digest, and that of the method by which a scheme signs (RFC 9231 §2.1, §2.3); NULL where there is none. The name of a PSS method has no
 * room for a salt of another length than the digest's. */
const char *xml_digest_to_uri(gnutls_digest_algorithm_t digest);
const char *xml_method_of_scheme(const SignatureScheme *scheme);

/* GNUTLS_DIG_UNKNOWN for NULL and for what we do not know. */
gnutls_digest_algorithm_t xml_digest_of_uri(const char *uri);

/* The digest of an element that names one in its child DigestMethod; GNUTLS_DIG_UNKNOWN. */
gnutls_digest_algorithm_t xml_digest_of(const xmlNode *element);

enum {
        XML_ALGORITHM_E_UNSUPPORTED = 1, /* one that we do not know, or with parameters that we do not know */
        XML_ALGORITHM_E_SECRET,          /* a MAC: whoever can verify it can make it */
};

/* From a ds:SignatureMethod. 0 or one of the enum. */
int xml_algorithms_read(const xmlNode *signature_method, CmsAlgorithms *ret);

/* Whether `value` is the key's signature over `data`; ECDSA and DSA as r and s, each as wide as the group's order (XML Signature 1.1 section 6.4.3). 0, -EKEYREJECTED;
 * -EOPNOTSUPP where GnuTLS does not know the key's kind; -ENOMEM. */
int xml_signature_value_verify(const CmsAlgorithms *a, gnutls_pubkey_t key, View data, View value);

/* The one of the two that is, or will be, given up first. */
gnutls_digest_algorithm_t xml_digest_weaker(gnutls_digest_algorithm_t a, gnutls_digest_algorithm_t b);
