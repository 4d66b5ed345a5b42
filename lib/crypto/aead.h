/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Sealed blobs. Every blob names its format and the key it was sealed with:
 *
 *   u8 format (1) ‖ u8[4] key id ‖ u8[12] nonce (random) ‖ ciphertext ‖ u8[16] tag
 *
 * Format 1 is AES-256-GCM (NIST SP 800-38D) with a random nonce; the header is authenticated with the associated data. */

#include "base/bytes.h"
#include "base/secret.h"

#define AEAD_KEY_SIZE 32U
#define AEAD_OVERHEAD (1U + 4U + 12U + 16U)

typedef struct AeadKey {
        uint8_t id[4]; /* first bytes of SHA-256 of a derived check value, so that a wrong key is told from a forged blob */
        Secret *key;
} AeadKey;

/* `key` is taken over. */
int aead_key_init(AeadKey *k, Secret *key);
void aead_key_done(AeadKey *k);

/* Seals. `associated` binds the blob to its place: the record's table, id and column. */
int aead_seal(const AeadKey *k, View associated, View plain, Bytes *ret);

/* -EPROTONOSUPPORT for an unknown format, -ENOKEY when another key sealed it, -EBADMSG when it was altered or belongs elsewhere. */
int aead_open(const AeadKey *k, View associated, View blob, Secret **ret);
