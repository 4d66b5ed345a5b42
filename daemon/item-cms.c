/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The rule of "cms-attributes": the DER SET OF Attribute that a CAdES signature signs (RFC 5652 sections 5.3, 5.4 and 11, EN 319 122-1
 * section 5). Attributes are allowed by name; each that is here says nothing that could make the signature one of something else:
 *
 *   message-digest, signing-certificate-v2                 needed
 *   content-type                                           id-data; missing in a countersignature (RFC 5652 section 11.4), as nowhere else
 *   signing-time                                           form and nearness checked
 *   mime-type, content-hints                               describe the content that message-digest already fixes
 *   signer-location, commitment-type-indication            the signer's own statement about this signature, of no use elsewhere
 *   cms-algorithm-protection                               repeats the algorithms, held against the key's
 *
 * Refused among CAdES' signed attributes: signature-policy-identifier, signer-attributes and -v2 (they claim rules and roles that
 * this service cannot vouch for), content-time-stamp, content-reference and content-identifier (they tie the signature to foreign messages),
 * signing-certificate (SHA-1), counter-signature (is none of an original signature's attributes). */

#include <string.h>

#include "daemon/der-reader.h"
#include "daemon/item-rules.h"

#define DEPTH_MAX 12U
#define CERTIFICATES_MAX 10U

static const uint8_t oid_data[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01 };                        /* RFC 5652 section 4 */
static const uint8_t oid_content_type[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03 };                /* RFC 5652 11.1 */
static const uint8_t oid_message_digest[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04 };              /* RFC 5652 11.2 */
static const uint8_t oid_signing_time[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x05 };                /* RFC 5652 11.3 */
static const uint8_t oid_algorithm_protection[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x34 };        /* RFC 6211 */
static const uint8_t oid_signing_certificate_v2[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x2f }; /* RFC 5035 */
static const uint8_t oid_content_hints[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x04 };   /* RFC 2634 2.9 */
static const uint8_t oid_commitment_type[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x10 }; /* EN 319 122-1 5.2.3 */
static const uint8_t oid_signer_location[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x11 }; /* EN 319 122-1 5.2.5 */
static const uint8_t oid_mime_type[] = { 0x04, 0x00, 0x8d, 0x45, 0x02, 0x01 };                                     /* EN 319 122-1 5.2.4.3 */

static const uint8_t oid_sha256[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01 };
static const uint8_t oid_sha384[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02 };
static const uint8_t oid_sha512[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03 };
static const uint8_t oid_rsa[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 };
static const uint8_t oid_sha256_with_rsa[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b };
static const uint8_t oid_ecdsa_sha256[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };
static const uint8_t oid_ecdsa_sha384[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03 };
static const uint8_t oid_ed25519[] = { 0x2b, 0x65, 0x70 };

typedef struct Walk {
        const ItemRules *rules;
        int64_t prepared;
        View digest;
} Walk;

static const char *check_content_type(Walk *w, const DerElement *value) {
        if (value->tag != DER_OID || !der_oid_is(value->content, oid_data))
                return "content-type is not id-data";
        return NULL;
}

static const char *check_message_digest(Walk *w, const DerElement *value) {
        if (value->tag != DER_OCTET_STRING || value->content.len != w->rules->digest_size)
                return "message-digest is not a digest of the credential's algorithm";
        w->digest = value->content;
        return NULL;
}

/* RFC 5035 section 3: SHA-256 is the default and then left out, as DER demands; another is named, with parameters absent or NULL. */
static const Digest *certificate_digest(const ItemRules *rules, View *id) {
        View rest = *id, algorithm, oid, null;

        if (rest.len == 0 || rest.data[0] != DER_SEQUENCE)
                return &rules->sha256;
        if (der_expect(&rest, DER_SEQUENCE, &algorithm) < 0 || der_expect(&algorithm, DER_OID, &oid) < 0)
                return NULL;
        if (algorithm.len > 0 && (der_expect(&algorithm, DER_NULL, &null) < 0 || algorithm.len > 0))
                return NULL;
        *id = rest;
        if (der_oid_is(oid, oid_sha384))
                return &rules->sha384;
        if (der_oid_is(oid, oid_sha512))
                return &rules->sha512;
        return NULL;
}

static const char *check_own_certificate(const ItemRules *rules, View id) {
        static const char other[] = "signing-certificate-v2 does not name the credential's certificate";
        const Digest *digest;
        View hash;

        digest = certificate_digest(rules, &id);
        if (!digest)
                return "signing-certificate-v2 has a digest other than SHA-256 (left out), SHA-384 or SHA-512";
        if (der_expect(&id, DER_OCTET_STRING, &hash) < 0 || !view_equal(hash, digest_view(digest)))
                return other;
        if (id.len > 0 && !view_equal(id, bytes_view(&rules->issuer_serial)))
                return other;
        return NULL;
}

static const char *check_signing_certificate(Walk *w, const DerElement *value) {
        View content = value->content, certificates, id;
        const char *reason;
        unsigned n = 0;

        if (value->tag != DER_SEQUENCE || der_expect(&content, DER_SEQUENCE, &certificates) < 0)
                return "signing-certificate-v2 is malformed";
        if (content.len > 0)
                return "signing-certificate-v2 names policies";
        if (der_expect(&certificates, DER_SEQUENCE, &id) < 0)
                return "signing-certificate-v2 is malformed";
        reason = check_own_certificate(w->rules, id);
        if (reason)
                return reason;
        while (certificates.len > 0)
                if (++n >= CERTIFICATES_MAX || der_expect(&certificates, DER_SEQUENCE, &id) < 0)
                        return "signing-certificate-v2 is malformed";
        return NULL;
}

static const char *check_signing_time(Walk *w, const DerElement *value) {
        int64_t t;

        if (der_time(value, &t) < 0)
                return "signing-time is malformed";
        if (t < w->prepared - ITEM_TIME_TOLERANCE || t > w->prepared + ITEM_TIME_TOLERANCE)
                return "signing-time is more than five minutes from this machine's clock";
        return NULL;
}

static const char *check_mime_type(Walk *w, const DerElement *value) {
        return value->tag == DER_UTF8_STRING && value->content.len <= 255 ? NULL : "mime-type is malformed";
}

static const char *check_sequence(Walk *w, const DerElement *value) {
        return value->tag == DER_SEQUENCE ? NULL : "an attribute has a value of another type than its own";
}

/* ContentHints' contentType is that of the content, which is data. */
static const char *check_content_hints(Walk *w, const DerElement *value) {
        static const char malformed[] = "content-hints is malformed";
        View content = value->content, text, type;

        if (value->tag != DER_SEQUENCE)
                return malformed;
        if (content.len > 0 && content.data[0] == DER_UTF8_STRING && der_expect(&content, DER_UTF8_STRING, &text) < 0)
                return malformed;
        if (der_expect(&content, DER_OID, &type) < 0 || content.len > 0)
                return malformed;
        return der_oid_is(type, oid_data) ? NULL : "content-hints names a type other than id-data";
}

/* AlgorithmIdentifier with one of the given OIDs; parameters absent or NULL. */
static bool algorithm_is(View content, View oid, View or_oid) {
        View name, null;

        if (der_expect(&content, DER_OID, &name) < 0)
                return false;
        if (content.len > 0 && (der_expect(&content, DER_NULL, &null) < 0 || content.len > 0))
                return false;
        return view_equal(name, oid) || (or_oid.len > 0 && view_equal(name, or_oid));
}

static const char *check_algorithm_protection(Walk *w, const DerElement *value) {
        static const struct {
                View digest, signature, signature_too;
        } expected[] = {
                [KEY_P256] = { VIEW(oid_sha256, sizeof(oid_sha256)), VIEW(oid_ecdsa_sha256, sizeof(oid_ecdsa_sha256)), { 0 } },
                [KEY_P384] = { VIEW(oid_sha384, sizeof(oid_sha384)), VIEW(oid_ecdsa_sha384, sizeof(oid_ecdsa_sha384)), { 0 } },
                [KEY_RSA3072] = { VIEW(oid_sha256, sizeof(oid_sha256)), VIEW(oid_sha256_with_rsa, sizeof(oid_sha256_with_rsa)),
                                  VIEW(oid_rsa, sizeof(oid_rsa)) },
                [KEY_RSA4096] = { VIEW(oid_sha256, sizeof(oid_sha256)), VIEW(oid_sha256_with_rsa, sizeof(oid_sha256_with_rsa)),
                                  VIEW(oid_rsa, sizeof(oid_rsa)) },
                [KEY_RSA2048] = { VIEW(oid_sha256, sizeof(oid_sha256)), VIEW(oid_sha256_with_rsa, sizeof(oid_sha256_with_rsa)),
                                  VIEW(oid_rsa, sizeof(oid_rsa)) },
                [KEY_ED25519] = { VIEW(oid_sha512, sizeof(oid_sha512)), VIEW(oid_ed25519, sizeof(oid_ed25519)), { 0 } },
        };
        KeyAlgorithm a = w->rules->scheme.algorithm;
        View content = value->content, digest;
        DerElement signature;

        if (value->tag != DER_SEQUENCE || der_expect(&content, DER_SEQUENCE, &digest) < 0 || der_next(&content, &signature) < 0 ||
            signature.tag != 0xa1 /* signatureAlgorithm [1] IMPLICIT; [2] is a MAC's */ || content.len > 0)
                return "cms-algorithm-protection is malformed";
        if (!algorithm_is(digest, expected[a].digest, VIEW(NULL, 0)) ||
            !algorithm_is(signature.content, expected[a].signature, expected[a].signature_too))
                return "cms-algorithm-protection does not fit the key";
        return NULL;
}

static const struct {
        View oid;
        const char *(*check)(Walk *w, const DerElement *value);
        const char *missing; /* what to say when it is; NULL when it may be */
} attributes[] = {
#define OID(o) VIEW(o, sizeof(o))
        { OID(oid_content_type), check_content_type, NULL },
        { OID(oid_message_digest), check_message_digest, "message-digest is missing" },
        { OID(oid_signing_certificate_v2), check_signing_certificate, "signing-certificate-v2 is missing" },
        { OID(oid_signing_time), check_signing_time, NULL },
        { OID(oid_mime_type), check_mime_type, NULL },
        { OID(oid_content_hints), check_content_hints, NULL },
        { OID(oid_signer_location), check_sequence, NULL },
        { OID(oid_commitment_type), check_sequence, NULL },
        { OID(oid_algorithm_protection), check_algorithm_protection, NULL },
#undef OID
};

static const char *check_attribute(Walk *w, View attribute, bool seen[static ELEMENTSOF(attributes)]) {
        View oid, values;
        DerElement value;

        if (der_expect(&attribute, DER_OID, &oid) < 0 || der_expect(&attribute, DER_SET, &values) < 0 || attribute.len > 0)
                return "an attribute is malformed";
        if (der_next(&values, &value) < 0 || values.len > 0)
                return "an attribute has not exactly one value";
        for (size_t i = 0; i < ELEMENTSOF(attributes); i++) {
                if (!view_equal(oid, attributes[i].oid))
                        continue;
                if (seen[i])
                        return "an attribute occurs twice";
                seen[i] = true;
                return attributes[i].check(w, &value);
        }
        return "an attribute is not among those that may be signed";
}

const char *item_cms_check(const ItemRules *rules, View bytes, int64_t prepared, View *ret_digest) {
        Walk w = { .rules = rules, .prepared = prepared };
        bool seen[ELEMENTSOF(attributes)] = { 0 };
        View rest = bytes, set, attribute;
        const char *reason;

        if (bytes.len > ITEM_CMS_ATTRIBUTES_MAX)
                return "the attributes are larger than 16 KiB";
        if (der_check(bytes, DEPTH_MAX) < 0 || der_expect(&rest, DER_SET, &set) < 0 || rest.len > 0)
                return "the item is not a DER SET OF Attribute";
        while (set.len > 0) {
                if (der_expect(&set, DER_SEQUENCE, &attribute) < 0)
                        return "an attribute is malformed";
                reason = check_attribute(&w, attribute, seen);
                if (reason)
                        return reason;
        }
        for (size_t i = 0; i < ELEMENTSOF(attributes); i++)
                if (!seen[i] && attributes[i].missing)
                        return attributes[i].missing;
        *ret_digest = w.digest;
        return NULL;
}
