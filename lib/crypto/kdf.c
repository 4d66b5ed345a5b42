/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* HKDF through GnuTLS, Argon2id through libargon2; see kdf.h. Intermediate values are Secrets; libargon2 wipes its own memory. */

#include <argon2.h>
#include <errno.h>
#include <gnutls/crypto.h>
#include <string.h>
#include <sys/random.h>

#include "crypto/kdf.h"

#define ARGON2_FORMAT 1U
#define PASSWORD_HASH_SIZE 32U

int hkdf_sha256(View ikm, View salt, View info, size_t len, Secret **ret) {
        _cleanup_secret_ Secret *prk = NULL, *okm = NULL;
        gnutls_datum_t d_ikm = { .data = (unsigned char *) ikm.data, .size = (unsigned) ikm.len };
        gnutls_datum_t d_salt = { .data = (unsigned char *) salt.data, .size = (unsigned) salt.len };
        gnutls_datum_t d_info = { .data = (unsigned char *) info.data, .size = (unsigned) info.len };
        gnutls_datum_t d_prk;
        int r;

        if (len == 0 || len > 255 * 32 || ikm.len > UINT32_MAX || salt.len > UINT32_MAX || info.len > UINT32_MAX)
                return -EINVAL;
        r = secret_new(32, &prk);
        if (r < 0)
                return r;
        r = secret_new(len, &okm);
        if (r < 0)
                return r;
        if (gnutls_hkdf_extract(GNUTLS_MAC_SHA256, &d_ikm, salt.len > 0 ? &d_salt : NULL, secret_data(prk)) < 0)
                return -EIO;
        d_prk = (gnutls_datum_t) { .data = secret_data(prk), .size = 32 };
        if (gnutls_hkdf_expand(GNUTLS_MAC_SHA256, &d_prk, &d_info, secret_data(okm), len) < 0)
                return -EIO;
        *ret = TAKE_PTR(okm);
        return 0;
}

static bool in_bounds(const Argon2Params *p) {
        return p->lanes >= 1 && p->lanes <= 16 && p->passes >= 1 && p->passes <= 16 && p->memory_kib >= 8 * p->lanes &&
               p->memory_kib <= 1024U * 1024U;
}

int argon2_params_new(Argon2Params *ret) {
        Argon2Params p = { .memory_kib = 64 * 1024, .passes = 3, .lanes = 4 };

        /* Up to 256 bytes come whole and without EINTR once the source is seeded, getrandom(2). */
        if (getrandom(p.salt, sizeof(p.salt), 0) != sizeof(p.salt))
                return -EIO;
        *ret = p;
        return 0;
}

int argon2_params_write(const Argon2Params *p, Bytes *b) {
        int r;

        r = bytes_reserve(b, ARGON2_PARAMS_SIZE);
        if (r < 0)
                return r;
        bytes_append_byte(b, ARGON2_FORMAT);
        bytes_append_u32be(b, p->memory_kib);
        bytes_append_u32be(b, p->passes);
        bytes_append_u32be(b, p->lanes);
        return bytes_append(b, p->salt, sizeof(p->salt));
}

static uint32_t read_u32be(const uint8_t *p) {
        return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16 | (uint32_t) p[2] << 8 | p[3];
}

int argon2_params_read(View v, Argon2Params *ret) {
        Argon2Params p;

        if (v.len != ARGON2_PARAMS_SIZE || v.data[0] != ARGON2_FORMAT)
                return -EBADMSG;
        p.memory_kib = read_u32be(v.data + 1);
        p.passes = read_u32be(v.data + 5);
        p.lanes = read_u32be(v.data + 9);
        memcpy(p.salt, v.data + 13, sizeof(p.salt));
        if (!in_bounds(&p))
                return -EBADMSG;
        *ret = p;
        return 0;
}

int argon2id(const Argon2Params *p, View password, size_t len, Secret **ret) {
        _cleanup_secret_ Secret *out = NULL;
        argon2_context context;
        int r;

        if (!in_bounds(p) || len < 4 || len > UINT32_MAX || password.len > UINT32_MAX)
                return -EINVAL;
        r = secret_new(len, &out);
        if (r < 0)
                return r;
        context = (argon2_context) {
                .out = secret_data(out),
                .outlen = (uint32_t) len,
                .pwd = (uint8_t *) password.data,
                .pwdlen = (uint32_t) password.len,
                .salt = (uint8_t *) p->salt,
                .saltlen = sizeof(p->salt),
                .t_cost = p->passes,
                .m_cost = p->memory_kib,
                .lanes = p->lanes,
                .threads = p->lanes,
                .version = ARGON2_VERSION_13,
                .flags = ARGON2_DEFAULT_FLAGS, /* the password stays the caller's to wipe */
        };
        r = argon2_ctx(&context, Argon2_id);
        if (r == ARGON2_MEMORY_ALLOCATION_ERROR || r == ARGON2_THREAD_FAIL)
                return -ENOMEM;
        if (r != ARGON2_OK)
                return -EIO;
        *ret = TAKE_PTR(out);
        return 0;
}

int password_hash(View password, Bytes *ret) {
        _cleanup_secret_ Secret *hash = NULL;
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        Argon2Params p;
        int r;

        r = argon2_params_new(&p);
        if (r < 0)
                return r;
        r = argon2id(&p, password, PASSWORD_HASH_SIZE, &hash);
        if (r < 0)
                return r;
        r = argon2_params_write(&p, &b);
        if (r < 0)
                return r;
        r = bytes_append_view(&b, secret_view(hash));
        if (r < 0)
                return r;
        *ret = bytes_take(&b);
        return 0;
}

int password_verify(View password, View record) {
        _cleanup_secret_ Secret *hash = NULL;
        Argon2Params p;
        int r;

        if (record.len != ARGON2_PARAMS_SIZE + PASSWORD_HASH_SIZE)
                return -EBADMSG;
        r = argon2_params_read(VIEW(record.data, ARGON2_PARAMS_SIZE), &p);
        if (r < 0)
                return r;
        r = argon2id(&p, password, PASSWORD_HASH_SIZE, &hash);
        if (r < 0)
                return r;
        return secret_equal(secret_view(hash), VIEW(record.data + ARGON2_PARAMS_SIZE, PASSWORD_HASH_SIZE)) ? 0 : -EKEYREJECTED;
}
