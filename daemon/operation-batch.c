/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Items of one call; see operation-batch.h. */

#include <errno.h>
#include <gnutls/crypto.h>
#include <sched.h>
#include <stdio_ext.h>
#include <string.h>

#include "base/json.h"
#include "daemon/item-list.h"
#include "daemon/operation-batch.h"

#define PARTS_PER_PROCESSOR 2U

/* Items of a part, at most: jobs of others wait for the end of one, which takes a fifth of a second with the slowest keys. */
#define PART_ITEMS_MAX 32U

void batch_done(Batch *b) {
        if (b->signatures)
                secret_wipe(b->signatures, b->n * b->signature_max);
        free(b->signatures);
        free(b->items);
        free(b->hashes);
        *b = (Batch) { 0 };
}

int batch_add(Batch *b, ItemType type, View bytes, const char *name) {
        if (b->n == b->allocated) {
                size_t want = b->allocated > 0 ? 2 * b->allocated : 64;
                BatchItem *p = reallocarray(b->items, want, sizeof(*p));

                if (!p)
                        return -ENOMEM;
                b->items = p;
                b->allocated = want;
        }
        b->items[b->n++] = (BatchItem) { .type = type, .bytes = bytes, .name = name };
        b->size += bytes.len;
        return 0;
}

int batch_check(Batch *b, const ItemRules *rules, int64_t prepared) {
        int r;

        b->hashes = calloc(b->n > 0 ? b->n : 1, sizeof(*b->hashes));
        if (!b->hashes)
                return -ENOMEM;
        b->signature_max = item_rules_scheme(rules)->signature_max;
        b->signatures = malloc(b->n > 0 ? b->n * b->signature_max : 1);
        if (!b->signatures)
                return -ENOMEM;
        for (size_t i = 0; i < b->n; i++) {
                BatchItem *item = &b->items[i];

                r = item_check(rules, item->type, item->bytes, prepared, &item->digest, &b->reason);
                if (r != ITEM_ACCEPTED) {
                        b->refused = i;
                        return r;
                }
                r = item_hash(item->type, item->bytes, b->hashes[i]);
                if (r < 0)
                        return r;
        }
        return ITEM_ACCEPTED;
}

int batch_list_hash(const Batch *b, const uint8_t rest[static SHA256_SIZE], uint8_t ret[static SHA256_SIZE]) {
        return item_list_hash(b->hashes, b->n, rest, ret);
}

/* An XML item's digest is that of the item: what it references, its Reference elements name. */
static void write_digest(Json *j, const char *name, const Batch *b, size_t i) {
        const BatchItem *item = &b->items[i];

        json_hex(j, name, item->digest.len > 0 ? item->digest : VIEW(b->hashes[i], SHA256_SIZE));
}

/* An item, or a run of items that have no names and one type: the entry of a large batch is mostly digests. `*i` is moved past it. */
static void write_run(Json *j, const Batch *b, size_t *i) {
        const BatchItem *first = &b->items[*i];

        json_object_begin(j, NULL);
        json_string(j, "type", item_type_to_string(first->type));
        if (first->name) {
                json_string(j, "name", first->name);
                write_digest(j, "digest", b, (*i)++);
        } else {
                json_array_begin(j, "digests");
                while (*i < b->n && !b->items[*i].name && b->items[*i].type == first->type)
                        write_digest(j, NULL, b, (*i)++);
                json_array_end(j);
        }
        json_object_end(j);
}

int batch_payload(const Batch *b, Bytes *ret) {
        _cleanup_free_ char *text = NULL;
        size_t len = 0;
        FILE *f;
        Json j;

        f = open_memstream(&text, &len);
        if (!f)
                return -ENOMEM;
        /* No other thread knows of it; to lock it for each character costs more than to write it. */
        (void) __fsetlocking(f, FSETLOCKING_BYCALLER);
        j = JSON_INIT(f);
        j.compact = true;
        json_object_begin(&j, NULL);
        if (b->mandate)
                json_string(&j, "mandate", b->mandate);
        json_array_begin(&j, "items");
        for (size_t i = 0; i < b->n;)
                write_run(&j, b, &i);
        json_array_end(&j);
        json_object_end(&j);
        if (fclose(f) != 0)
                return -ENOMEM;
        return bytes_dup(VIEW(text, len), ret);
}

/* In XML an ECDSA value is written otherwise than in CMS. */
static int to_xml(const SignatureScheme *scheme, Bytes *signature) {
        Bytes value = BYTES_NULL;
        int r;

        r = signature_value_to_xml(scheme, bytes_view(signature), &value);
        if (r < 0)
                return r;
        bytes_done(signature);
        *signature = value;
        return 0;
}

static int keep_signature(Batch *b, size_t i, View signature) {
        uint8_t *place = b->signatures + i * b->signature_max;

        if (signature.len > b->signature_max)
                return -EIO;
        memcpy(place, signature.data, signature.len);
        b->items[i].signature = VIEW(place, signature.len);
        return 0;
}

static int sign_range(Batch *b, const ItemRules *rules, gnutls_privkey_t key, size_t from, size_t to) {
        const SignatureScheme *scheme = item_rules_scheme(rules);
        int r;

        for (size_t i = from; i < to; i++) {
                BatchItem *item = &b->items[i];
                Bytes signature = BYTES_NULL;

                r = key_sign(key, scheme, item->bytes, &signature);
                if (r >= 0 && item->type == ITEM_XML_SIGNEDINFO)
                        r = to_xml(scheme, &signature);
                if (r >= 0)
                        r = keep_signature(b, i, bytes_view(&signature));
                secret_wipe(signature.data, signature.len);
                bytes_done(&signature);
                if (r < 0)
                        return r;
        }
        return 0;
}

unsigned batch_parts(const Batch *b) {
        size_t n = 2 * PARTS_PER_PROCESSOR;
        cpu_set_t set;

        if (sched_getaffinity(0, sizeof(set), &set) == 0)
                n = (size_t) CPU_COUNT(&set) * PARTS_PER_PROCESSOR;
        if (n < b->n / PART_ITEMS_MAX)
                n = b->n / PART_ITEMS_MAX;
        return (unsigned) (n < b->n ? n : b->n);
}

int batch_sign_part(Batch *b, const ItemRules *rules, gnutls_privkey_t key, unsigned part, unsigned parts) {
        return sign_range(b, rules, key, b->n * part / parts, b->n * (part + 1) / parts);
}
