/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Types of items and what their rules know of a credential; see item.h. The rules stand in item-cms.c and item-xml.c. */

#include <errno.h>
#include <string.h>

#include "daemon/certificate-reader.h"
#include "daemon/der-reader.h"
#include "daemon/item-rules.h"

/* GeneralName's directoryName, [4] EXPLICIT since Name is a CHOICE (RFC 5280 section 4.2.1.6) */
#define GENERAL_NAME_DIRECTORY 0xa4

static const struct {
        const char *name;
        size_t size_max;
} types[] = {
        [ITEM_CMS_ATTRIBUTES] = { "cms-attributes", ITEM_CMS_ATTRIBUTES_MAX },
        [ITEM_XML_SIGNEDINFO] = { "xml-signedinfo", ITEM_XML_SIGNEDINFO_MAX },
};

const char *item_type_to_string(ItemType t) {
        return (size_t) t < ELEMENTSOF(types) ? types[t].name : NULL;
}

ItemType item_type_from_string(const char *s) {
        for (size_t i = 1; i < ELEMENTSOF(types); i++)
                if (strcmp(types[i].name, s) == 0)
                        return (ItemType) i;
        return ITEM_TYPE_INVALID;
}

size_t item_type_size_max(ItemType t) {
        return (size_t) t < ELEMENTSOF(types) ? types[t].size_max : 0;
}

/* Appends an element of `content`. -EBADMSG beyond 64 KiB: no name is that long. */
static int der_wrap(uint8_t tag, View content, Bytes *b) {
        size_t n = content.len;
        uint8_t head[5] = { tag };
        size_t len = 2;
        int r;

        if (n < 0x80)
                head[1] = (uint8_t) n;
        else if (n < 0x100) {
                head[1] = 0x81;
                head[2] = (uint8_t) n;
                len = 3;
        } else if (n < 0x10000) {
                head[1] = 0x82;
                head[2] = (uint8_t) (n >> 8);
                head[3] = (uint8_t) n;
                len = 4;
        } else
                return -EBADMSG;
        r = bytes_append(b, head, len);
        return r < 0 ? r : bytes_append_view(b, content);
}

/* IssuerSerial ::= SEQUENCE { GeneralNames { [4] issuer }, serialNumber }, RFC 5035 section 5 */
static int issuer_serial(const CertificateParts *p, Bytes *ret) {
        _cleanup_bytes_ Bytes name = BYTES_NULL, names = BYTES_NULL, fields = BYTES_NULL, whole = BYTES_NULL;
        int r;

        r = der_wrap(GENERAL_NAME_DIRECTORY, p->issuer, &name);
        if (r >= 0)
                r = der_wrap(DER_SEQUENCE, bytes_view(&name), &names);
        if (r >= 0)
                r = bytes_append_view(&fields, bytes_view(&names));
        if (r >= 0)
                r = der_wrap(DER_INTEGER, p->serial, &fields);
        if (r >= 0)
                r = der_wrap(DER_SEQUENCE, bytes_view(&fields), &whole);
        if (r >= 0)
                *ret = bytes_take(&whole);
        return r;
}

static int describe_certificate(ItemRules *rules, View certificate) {
        CertificateParts parts;
        int r;

        r = certificate_read_parts(certificate, &parts);
        if (r >= 0)
                r = issuer_serial(&parts, &rules->issuer_serial);
        if (r >= 0)
                r = digest_of(GNUTLS_DIG_SHA256, certificate, &rules->sha256);
        if (r >= 0)
                r = digest_of(GNUTLS_DIG_SHA384, certificate, &rules->sha384);
        if (r >= 0)
                r = digest_of(GNUTLS_DIG_SHA512, certificate, &rules->sha512);
        return r;
}

int item_rules_new(KeyAlgorithm algorithm, View certificate, Profile profile, ItemRules **ret) {
        _cleanup_(item_rules_unrefp) ItemRules *rules = NULL;
        int r;

        rules = calloc(1, sizeof(*rules));
        if (!rules)
                return -ENOMEM;
        rules->refs = 1;
        rules->profile = profile;
        r = signature_scheme_of(algorithm, &rules->scheme);
        if (r < 0)
                return r;
        rules->digest_size = gnutls_hash_get_len(rules->scheme.message_digest);
        r = describe_certificate(rules, certificate);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(rules);
        return 0;
}

ItemRules *item_rules_ref(ItemRules *r) {
        r->refs++;
        return r;
}

ItemRules *item_rules_unref(ItemRules *r) {
        if (!r || --r->refs > 0)
                return NULL;
        bytes_done(&r->issuer_serial);
        free(r);
        return NULL;
}

const SignatureScheme *item_rules_scheme(const ItemRules *r) {
        return &r->scheme;
}

/* One purpose, one key: an authentication key's SignedInfo is that of a login, and nothing of the documents that people sign. */
static const char *check_purpose(Profile profile, ItemType type) {
        switch (profile) {
        case PROFILE_AUTHENTICATION:
        case PROFILE_KSEF_AUTHENTICATION:
                return type == ITEM_XML_SIGNEDINFO ? NULL : "a key for authentication signs no documents";
        case PROFILE_KSEF_OFFLINE:
                return "a key of KSeF's type Offline signs the codes of invoices that are issued offline, no documents and no logins";
        default:
                return NULL;
        }
}

int item_check(const ItemRules *rules, ItemType type, View bytes, int64_t prepared, View *ret_digest, const char **ret_reason) {
        const char *reason = "the type of the item is not known";
        View digest = { 0 };

        if (type == ITEM_CMS_ATTRIBUTES || type == ITEM_XML_SIGNEDINFO)
                reason = check_purpose(rules->profile, type);
        if (!reason && type == ITEM_CMS_ATTRIBUTES)
                reason = item_cms_check(rules, bytes, prepared, &digest);
        else if (!reason)
                reason = item_xml_check(rules, bytes);
        if (reason) {
                *ret_reason = reason;
                return ITEM_E_REFUSED;
        }
        if (ret_digest)
                *ret_digest = digest;
        return ITEM_ACCEPTED;
}
