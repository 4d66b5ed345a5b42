/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Typed items: what a credential may be made to sign. A key signs bytes and cannot tell a contract from a login; these rules can. Each type
 * admits one kind of to-be-signed bytes and nothing that another protocol would take for its own: no TBSCertificate or
 * CertificationRequestInfo (both SEQUENCEs; an item is a SET or text), no TLS CertificateVerify (64 spaces first), no TSTInfo (another
 * content-type), no attributes that name another certificate. What no rule allows is refused. Nothing here is allocated or kept. */

#include "crypto/profile.h"

#define ITEM_CMS_ATTRIBUTES_MAX (16U * 1024)
#define ITEM_XML_SIGNEDINFO_MAX (1024U * 1024)
#define ITEM_TIME_TOLERANCE 300 /* seconds between signing-time and Prepare */

typedef enum ItemType {
        ITEM_TYPE_INVALID = 0,
        ITEM_CMS_ATTRIBUTES, /* "cms-attributes": DER SET OF Attribute, RFC 5652 section 5.4 */
        ITEM_XML_SIGNEDINFO, /* "xml-signedinfo": canonical ds:SignedInfo */
} ItemType;

const char *item_type_to_string(ItemType t);
ItemType item_type_from_string(const char *s);

/* The most that an item of this type may have, in bytes. */
size_t item_type_size_max(ItemType t);

enum {
        ITEM_ACCEPTED = 0,
        ITEM_E_REFUSED = 1, /* not what the type promises */
};

/* What the rules need to know of a credential, worked out once and shared by operations. Read-only after, so threads may share it; but references are
 * counted by one of them only. */
typedef struct ItemRules ItemRules;

/* `certificate`: the credential's own, DER; `profile`: what it is for, which says what types it may sign: what authenticates no documents. -EBADMSG when it is
 * none, -EINVAL for no algorithm. The caller has the first reference. */
int item_rules_new(KeyAlgorithm algorithm, View certificate, Profile profile, ItemRules **ret);
ItemRules *item_rules_ref(ItemRules *r);
ItemRules *item_rules_unref(ItemRules *r);
DEFINE_CLEANUP(ItemRules *, item_rules_unref);

const SignatureScheme *item_rules_scheme(const ItemRules *r);

/* Checks one item. `prepared` is when the operation was prepared, in seconds since the epoch. ITEM_ACCEPTED, and then `*ret_digest` (may be
 * NULL) is the messageDigest within `bytes`, for the audit, empty for XML; or ITEM_E_REFUSED with a constant sentence in `*ret_reason`. */
int item_check(const ItemRules *rules, ItemType type, View bytes, int64_t prepared, View *ret_digest, const char **ret_reason);
