/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The store key and the keys derived from it. Purpose keys are made once and kept until the store closes; safe from any thread. */

#include <pthread.h>

#include "crypto/aead.h"

typedef struct PurposeKey PurposeKey;

typedef struct StoreKeys {
        Secret *store_key;
        Secret *mac_key;
        pthread_mutex_t lock; /* of `purposes`; entries stay where they are */
        PurposeKey *purposes;
} StoreKeys;

/* `store_key` is taken over, also on error. */
int store_keys_init(StoreKeys *k, Secret *store_key);

/* Wipes all. A zeroed object is allowed. */
void store_keys_done(StoreKeys *k);

/* HMAC-SHA-256 under the key of rows, over a row in the form that seal.c writes. */
int store_keys_mac(StoreKeys *k, View message, uint8_t ret[static 32]);

/* The AEAD key of a purpose; borrowed, good until store_keys_done(). */
int store_keys_purpose(StoreKeys *k, const char *purpose, const AeadKey **ret);

/* The AEAD key of a purpose under a second secret, not kept: the caller ends it with aead_key_done(). */
int store_keys_purpose_with(StoreKeys *k, const char *purpose, View second, AeadKey *ret);
