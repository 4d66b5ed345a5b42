/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The items of one call of Sign: checked, hashed and signed on workers. Borrows the items' bytes, which lie in the message. A batch belongs to
 * one call; its parts may be signed by several threads at once. */

#include "crypto/digest.h"
#include "daemon/item.h"

#define BATCH_NAME_MAX 1024U /* bytes of a document's declared name */

typedef struct BatchItem {
        ItemType type;
        View bytes;
        const char *name; /* NULL: none was declared */
        View digest;      /* messageDigest, within bytes; empty for XML */
        View signature;   /* within the batch's signatures */
} BatchItem;

typedef struct Batch {
        BatchItem *items;
        size_t n, allocated;
        size_t size; /* bytes of all items */
        uint8_t (*hashes)[SHA256_SIZE];
        uint8_t *signatures; /* room for those of all items: one block, since threads that allocate and free for each other wait for each other */
        size_t signature_max;
        size_t refused;      /* the item that batch_check() refused, from 0 */
        const char *reason;  /* and why; a constant */
        const char *mandate; /* under which they are signed, for batch_payload(); borrowed, NULL: none */
} Batch;

/* Wipes the signatures. */
void batch_done(Batch *b);

int batch_add(Batch *b, ItemType type, View bytes, const char *name);

/* Holds every item against the rules and hashes it, and makes room for the signatures. ITEM_ACCEPTED or ITEM_E_REFUSED. Any thread. */
int batch_check(Batch *b, const ItemRules *rules, int64_t prepared);

/* The hash of the list that begins with these items and goes on with `rest`. After batch_check(). */
int batch_list_hash(const Batch *b, const uint8_t rest[static SHA256_SIZE], uint8_t ret[static SHA256_SIZE]);

/* What the audit keeps for the owner: {"mandate":…,"items":[{"type":…,"name":…,"digest":…},{"type":…,"digests":[…]}]}; the latter for
 * items without a name that follow each other and are of one type. After batch_check(). */
int batch_payload(const Batch *b, Bytes *ret);

/* In how many parts to sign a batch: some for each processor, so that a slower one does not leave the others waiting at the end. */
unsigned batch_parts(const Batch *b);

/* Signs part `part`, from 0, of `parts`. Any thread. */
int batch_sign_part(Batch *b, const ItemRules *rules, gnutls_privkey_t key, unsigned part, unsigned parts);
