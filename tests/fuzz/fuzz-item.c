/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Fuzz target for the rules of items: whatever is accepted must have what the rules promise, told here by other means. The first byte of an
 * input chooses the type. */

#include <string.h>

#include "daemon/item-list.h"
#include "item-certificate.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool contains(View v, View part) {
        return v.len >= part.len && memmem(v.data, v.len, part.data, part.len);
}

static void require_bound_to_certificate(View bytes, View digest) {
        static const gnutls_digest_algorithm_t algorithms[] = { GNUTLS_DIG_SHA256, GNUTLS_DIG_SHA384, GNUTLS_DIG_SHA512 };
        bool bound = false;

        for (size_t i = 0; i < ELEMENTSOF(algorithms); i++) {
                Digest d;

                require(digest_of(algorithms[i], VIEW(item_certificate, sizeof(item_certificate)), &d) == 0);
                bound = bound || contains(bytes, digest_view(&d));
        }
        require(bound);
        require(bytes.data[0] == 0x31 && digest.len == SHA256_SIZE);
        require(digest.data > bytes.data && digest.data + digest.len <= bytes.data + bytes.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static ItemRules *rules;
        uint8_t hash[SHA256_SIZE];
        const char *reason = NULL;
        View bytes, digest = { 0 };
        ItemType type;
        int r;

        if (!rules)
                require(item_rules_new(KEY_P256, VIEW(item_certificate, sizeof(item_certificate)), PROFILE_SEAL, &rules) == 0, 0);
        if (size < 1)
                return 0;
        type = (ItemType) (data[0] % 3);
        bytes = VIEW(data + 1, size - 1);
        r = item_check(rules, type, bytes, ITEM_PREPARED, &digest, &reason);
        require(r == ITEM_ACCEPTED || (r == ITEM_E_REFUSED && reason), 0);
        if (r != ITEM_ACCEPTED)
                return 0;
        require(type != ITEM_TYPE_INVALID && bytes.len <= item_type_size_max(type), 0);
        require(item_hash(type, bytes, hash) == 0, 0);
        if (type == ITEM_CMS_ATTRIBUTES)
                require_bound_to_certificate(bytes, digest);
        else
                require(contains(bytes, view_string("http://www.w3.org/2000/09/xmldsig#")) && !memchr(bytes.data, 0, bytes.len), 0);
        return 0;
}
