/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The slots file: the store key, wrapped once for each key that may open the store, as LUKS does. One slot a host (its key comes from a
 * systemd credential or a file) and one recovery slot, whose key is kept offline on paper.
 *
 *   "SYGSLOTS" ‖ u8 format (1) ‖ u32be application id ‖ u8[16] store id ‖ u8 number of slots
 *   each slot: u8 kind ‖ u8[8] slot id ‖ u64be created (seconds since the epoch) ‖ u8 length ‖ label ‖ u8[65] wrapped store key
 *   u8[32] SHA-256 of all before it (damage is told from a wrong key; forgery is the AEAD's matter)
 *
 * A slot's AEAD key is HKDF(host or recovery key, salt = store id ‖ slot id, info = "sygnet v1 slot " kind); its associated data is
 * application id ‖ store id ‖ kind ‖ slot id, so that no slot works in another file or as another kind. */

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/aead.h"

#define STORE_KEY_SIZE 32U
#define STORE_ID_SIZE 16U
#define SLOT_ID_SIZE 8U
#define SLOT_LABEL_MAX 64U
#define SLOTS_MAX 16U

typedef enum SlotKind {
        SLOT_HOST = 1,
        SLOT_RECOVERY = 2,
} SlotKind;

typedef struct Slot {
        SlotKind kind;
        uint8_t id[SLOT_ID_SIZE];
        int64_t created;
        char label[SLOT_LABEL_MAX + 1]; /* the host's name; for people only, not authenticated */
        uint8_t wrapped[AEAD_OVERHEAD + STORE_KEY_SIZE];
} Slot;

typedef struct Slots {
        uint32_t application_id;
        uint8_t store_id[STORE_ID_SIZE];
        unsigned n;
        Slot slot[SLOTS_MAX];
} Slots;

/* An empty set for a new store, with a random store id. */
int slots_new(uint32_t application_id, Slots *ret);

/* Wraps `store_key` for `key` (32 bytes) in a further slot. A label that is too long is cut, what is not printable replaced. -ENOSPC
 * when there are SLOTS_MAX. */
int slots_add(Slots *s, SlotKind kind, View key, View store_key, const char *label);

/* The store key from the first slot of `kind` that opens with `key`; -ENOKEY when none does, -EBADMSG when the right slot was altered. */
int slots_unwrap(const Slots *s, SlotKind kind, View key, Secret **ret_store_key);

/* Removes all slots of a kind but the newest `keep`. */
void slots_remove(Slots *s, SlotKind kind, unsigned keep);

unsigned slots_count(const Slots *s, SlotKind kind);

/* The stored form. slots_parse(): -EBADMSG damaged, -EPROTONOSUPPORT of a newer version. */
int slots_format(const Slots *s, Bytes *ret);
int slots_parse(View v, Slots *ret);

/* The file, mode 0600, whole or not at all. slots_write() replaces what is there; -errno. */
int slots_read(const char *path, Slots *ret);
int slots_write(const char *path, const Slots *s);
