/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Decrypted keys: each stays only while a session that used it lives. Loop's thread only; a worker signs with a key that its call holds a
 * reference to. GnuTLS wipes the key when the last reference goes. */

#include <gnutls/abstract.h>

#include "base/cleanup.h"

typedef struct SigningKey SigningKey;
typedef struct KeyCache KeyCache;

/* `key` is taken over, also on error. The caller has the first reference. */
int signing_key_new(gnutls_privkey_t key, SigningKey **ret);
SigningKey *signing_key_ref(SigningKey *k);
SigningKey *signing_key_unref(SigningKey *k);
DEFINE_CLEANUP(SigningKey *, signing_key_unref);
gnutls_privkey_t signing_key_handle(SigningKey *k);

int key_cache_new(KeyCache **ret);
KeyCache *key_cache_free(KeyCache *c);
DEFINE_CLEANUP(KeyCache *, key_cache_free);

/* A new reference, or NULL. The session is noted as a user of the key. Whether it may use it is the caller's question, asked before. */
SigningKey *key_cache_get(KeyCache *c, const char *credential, const char *session);

/* Keeps `k` (a reference of its own) for the session. -ENOMEM; then the key is simply not kept. */
int key_cache_put(KeyCache *c, const char *credential, const char *session, SigningKey *k);

void key_cache_end_session(KeyCache *c, const char *session);
void key_cache_forget(KeyCache *c, const char *credential);
