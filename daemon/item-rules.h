/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Shared by item.c and the files of the single types; nobody else includes it. A rule returns NULL for an item that fits, or the constant
 * sentence that says why it does not. */

#include <gnutls/crypto.h>

#include "crypto/digest.h"
#include "daemon/item.h"

struct ItemRules {
        unsigned refs;
        SignatureScheme scheme;
        Profile profile;
        size_t digest_size; /* of messageDigest */
        Digest sha256, sha384, sha512; /* of the credential's certificate, as ESSCertIDv2 may name it */
        Bytes issuer_serial; /* IssuerSerial (RFC 5035 section 5) of the certificate, DER */
};

const char *item_cms_check(const ItemRules *rules, View bytes, int64_t prepared, View *ret_digest);
const char *item_xml_check(const ItemRules *rules, View bytes);
