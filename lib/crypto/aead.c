/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sealed blobs, AES-256-GCM; see aead.h.
 *
 * Nonces are random: 2^32 blobs under one key keep the chance of a repeated nonce below 2^-32 (SP 800-38D §8.3), and a store's purpose
 * keys seal some thousands. */

#include <errno.h>
#include <gnutls/crypto.h>
#include <string.h>

#include "crypto/aead.h"
#include "crypto/digest.h"
#include "crypto/kdf.h"

#define FORMAT_AES_256_GCM 1U
#define NONCE_SIZE 12U
#define TAG_SIZE 16U
#define HEADER_SIZE (1U + 4U + NONCE_SIZE)

typedef struct Cipher {
        gnutls_aead_cipher_hd_t handle;
} Cipher;

static void cipher_done(Cipher *c) {
        if (c->handle)
                gnutls_aead_cipher_deinit(c->handle);
}

static int cipher_init(Cipher *c, const AeadKey *k) {
        gnutls_datum_t key = { .data = secret_data(k->key), .size = AEAD_KEY_SIZE };

        return gnutls_aead_cipher_init(&c->handle, GNUTLS_CIPHER_AES_256_GCM, &key) < 0 ? -EIO : 0;
}

int aead_key_init(AeadKey *k, Secret *key) {
        _cleanup_secret_ Secret *owned = key, *check = NULL;
        uint8_t digest[SHA256_SIZE];
        int r;

        if (secret_len(owned) != AEAD_KEY_SIZE)
                return -EINVAL;
        r = hkdf_sha256(secret_view(owned), VIEW(NULL, 0), VIEW_LITERAL("sygnet aead key id"), 32, &check);
        if (r < 0)
                return r;
        r = sha256(secret_view(check), digest);
        if (r < 0)
                return r;
        *k = (AeadKey) { .key = TAKE_PTR(owned) };
        memcpy(k->id, digest, sizeof(k->id));
        return 0;
}

void aead_key_done(AeadKey *k) {
        k->key = secret_free(k->key);
}

/* The header, of a fixed length, and then what the caller bound the blob to. */
static int authenticated_data(const uint8_t header[static HEADER_SIZE], View associated, Bytes *ret) {
        int r;

        r = bytes_append(ret, header, HEADER_SIZE);
        return r < 0 ? r : bytes_append_view(ret, associated);
}

int aead_seal(const AeadKey *k, View associated, View plain, Bytes *ret) {
        _cleanup_bytes_ Bytes blob = BYTES_NULL, ad = BYTES_NULL;
        _cleanup_(cipher_done) Cipher cipher = { 0 };
        size_t room;
        int r;

        if (__builtin_add_overflow(plain.len, (size_t) TAG_SIZE, &room) || room > SIZE_MAX / 2)
                return -EOVERFLOW;
        r = bytes_reserve(&blob, HEADER_SIZE + room);
        if (r < 0)
                return r;
        blob.data[0] = FORMAT_AES_256_GCM;
        memcpy(blob.data + 1, k->id, sizeof(k->id));
        if (gnutls_rnd(GNUTLS_RND_NONCE, blob.data + 5, NONCE_SIZE) < 0)
                return -EIO;
        r = authenticated_data(blob.data, associated, &ad);
        if (r < 0)
                return r;
        r = cipher_init(&cipher, k);
        if (r < 0)
                return r;
        if (gnutls_aead_cipher_encrypt(cipher.handle, blob.data + 5, NONCE_SIZE, ad.data, ad.len, TAG_SIZE,
                                       plain.data, plain.len, blob.data + HEADER_SIZE, &room) < 0)
                return -EIO;
        blob.len = HEADER_SIZE + room;
        *ret = bytes_take(&blob);
        return 0;
}

int aead_open(const AeadKey *k, View associated, View blob, Secret **ret) {
        _cleanup_secret_ Secret *plain = NULL;
        _cleanup_bytes_ Bytes ad = BYTES_NULL;
        _cleanup_(cipher_done) Cipher cipher = { 0 };
        size_t room;
        int r;

        if (blob.len == 0)
                return -EBADMSG;
        if (blob.data[0] != FORMAT_AES_256_GCM)
                return -EPROTONOSUPPORT;
        if (blob.len < AEAD_OVERHEAD)
                return -EBADMSG;
        if (memcmp(blob.data + 1, k->id, sizeof(k->id)) != 0)
                return -ENOKEY;
        room = blob.len - AEAD_OVERHEAD;
        r = secret_new(room, &plain);
        if (r < 0)
                return r;
        r = authenticated_data(blob.data, associated, &ad);
        if (r < 0)
                return r;
        r = cipher_init(&cipher, k);
        if (r < 0)
                return r;
        if (gnutls_aead_cipher_decrypt(cipher.handle, blob.data + 5, NONCE_SIZE, ad.data, ad.len, TAG_SIZE,
                                       blob.data + HEADER_SIZE, blob.len - HEADER_SIZE, secret_data(plain), &room) < 0)
                return -EBADMSG;
        *ret = TAKE_PTR(plain);
        return 0;
}
