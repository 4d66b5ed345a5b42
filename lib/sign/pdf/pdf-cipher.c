/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The standard security handler; see pdf-cipher.h. nettle, and not GnuTLS, has RC4 with any length of key. */

#include <errno.h>
#include <nettle/aes.h>
#include <nettle/arcfour.h>
#include <nettle/cbc.h>
#include <nettle/md5.h>
#include <nettle/sha2.h>
#include <string.h>

#include "base/secret.h"
#include "sign/pdf/pdf-cipher.h"

#define BLOCK AES_BLOCK_SIZE
#define KEY_MAX 32U
#define PASSWORD_MAX 127U /* of revisions 5 and 6; those before look at 32 bytes */
#define OWNER_KEY_ROUNDS 50

typedef enum Method {
        METHOD_NONE,
        METHOD_RC4,
        METHOD_AES_128,
        METHOD_AES_256,
} Method;

struct PdfCipher {
        Method methods[2]; /* by PdfCipherUse */
        uint8_t key[KEY_MAX];
        size_t key_len;
        uint32_t permissions;
};

/* The Encrypt dictionary as it was read. */
typedef struct Handler {
        long long v, r;
        size_t key_len;
        uint8_t o[48], u[48], oe[32], ue[32];
        uint32_t p;
        bool metadata; /* is enciphered, too */
        Bytes id;      /* the first */
} Handler;

static const uint8_t padding[32] = {
        0x28, 0xbf, 0x4e, 0x5e, 0x4e, 0x75, 0x8a, 0x41, 0x64, 0x00, 0x4e, 0x56, 0xff, 0xfa, 0x01, 0x08,
        0x2e, 0x2e, 0x00, 0xb6, 0xd0, 0x68, 0x3e, 0x80, 0x2f, 0x0c, 0xa9, 0xfe, 0x64, 0x53, 0x69, 0x7a,
};

PdfCipher *pdf_cipher_free(PdfCipher *c) {
        if (!c)
                return NULL;
        secret_wipe(c, sizeof(*c));
        free(c);
        return NULL;
}

uint32_t pdf_cipher_permissions(const PdfCipher *c) {
        return c->permissions;
}

/* Reading the dictionary. */

static bool read_string(PdfDocument *d, qpdf_oh dictionary, const char *key, uint8_t *ret, size_t len) {
        qpdf_oh value = pdf_get(d, dictionary, key);
        const char *data;
        size_t n = 0;

        if (qpdf_oh_is_string(d->q, value)) {
                data = qpdf_oh_get_binary_string_value(d->q, value, &n);
                /* Some writers fill up with zeros. */
                if (n >= len)
                        memcpy(ret, data, len);
        }
        qpdf_oh_release(d->q, value);
        return n >= len;
}

static int read_id(PdfDocument *d, Bytes *ret) {
        qpdf_oh ids = pdf_get(d, qpdf_get_trailer(d->q), "/ID"), id;
        const char *data;
        size_t len;

        if (pdf_count(d, ids) < 1)
                return 0;
        id = qpdf_oh_get_array_item(d->q, ids, 0);
        if (!qpdf_oh_is_string(d->q, id))
                return 0;
        data = qpdf_oh_get_binary_string_value(d->q, id, &len);
        return bytes_append(ret, data, len);
}

static bool read_method(PdfDocument *d, qpdf_oh encrypt, const char *key, Method *ret) {
        qpdf_oh name = pdf_get(d, encrypt, key), filter;

        if (!qpdf_oh_is_name(d->q, name) || qpdf_oh_is_name_and_equals(d->q, name, "/Identity")) {
                *ret = METHOD_NONE;
                return true;
        }
        filter = pdf_get(d, pdf_get(d, encrypt, "/CF"), qpdf_oh_get_name(d->q, name));
        if (pdf_name_is(d, filter, "/CFM", "/None"))
                *ret = METHOD_NONE;
        else if (pdf_name_is(d, filter, "/CFM", "/V2"))
                *ret = METHOD_RC4;
        else if (pdf_name_is(d, filter, "/CFM", "/AESV2"))
                *ret = METHOD_AES_128;
        else if (pdf_name_is(d, filter, "/CFM", "/AESV3"))
                *ret = METHOD_AES_256;
        else
                return false;
        return true;
}

static bool read_methods(PdfDocument *d, qpdf_oh encrypt, long long v, PdfCipher *c) {
        if (v < 4) {
                c->methods[PDF_CIPHER_STRING] = c->methods[PDF_CIPHER_STREAM] = METHOD_RC4;
                return true;
        }
        return read_method(d, encrypt, "/StrF", &c->methods[PDF_CIPHER_STRING]) &&
                read_method(d, encrypt, "/StmF", &c->methods[PDF_CIPHER_STREAM]);
}

static bool read_handler(PdfDocument *d, qpdf_oh encrypt, Handler *h) {
        qpdf_oh metadata = pdf_get(d, encrypt, "/EncryptMetadata");
        bool is_new;

        h->v = pdf_get_int(d, encrypt, "/V", 0);
        h->r = pdf_get_int(d, encrypt, "/R", 0);
        h->p = (uint32_t) pdf_get_int(d, encrypt, "/P", 0);
        h->metadata = !qpdf_oh_is_bool(d->q, metadata) || qpdf_oh_get_bool_value(d->q, metadata);
        is_new = h->v == 5;
        h->key_len = h->r < 3 ? 5 : is_new ? 32 : h->v == 4 ? 16 : (size_t) pdf_get_int(d, encrypt, "/Length", 40) / 8;
        if (!pdf_name_is(d, encrypt, "/Filter", "/Standard") || (h->v != 1 && h->v != 2 && h->v != 4 && h->v != 5))
                return false;
        if (is_new ? h->r != 5 && h->r != 6 : h->r < 2 || h->r > 4 || h->key_len < 5 || h->key_len > 16)
                return false;
        return read_string(d, encrypt, "/O", h->o, is_new ? 48 : 32) && read_string(d, encrypt, "/U", h->u, is_new ? 48 : 32) &&
                (!is_new || (read_string(d, encrypt, "/OE", h->oe, 32) && read_string(d, encrypt, "/UE", h->ue, 32)));
}

/* Revisions 2 to 4 (ISO 32000-1 §7.6.3.3 and §7.6.3.4). */

static void md5_of(View data, uint8_t ret[static MD5_DIGEST_SIZE]) {
        struct md5_ctx m;

        md5_init(&m);
        md5_update(&m, data.len, data.data);
        md5_digest(&m, MD5_DIGEST_SIZE, ret);
}

static void rc4(View key, size_t len, uint8_t *data) {
        struct arcfour_ctx a;

        arcfour_set_key(&a, key.len, key.data);
        arcfour_crypt(&a, len, data, data);
        secret_wipe(&a, sizeof(a));
}

/* With each byte of the key changed, as the rounds of revision 3 want it. */
static void rc4_round(View key, uint8_t round, size_t len, uint8_t *data) {
        uint8_t changed[KEY_MAX];

        for (size_t i = 0; i < key.len; i++)
                changed[i] = key.data[i] ^ round;
        rc4(VIEW(changed, key.len), len, data);
        secret_wipe(changed, sizeof(changed));
}

static void pad_password(View password, uint8_t ret[static 32]) {
        size_t n = password.len < 32 ? password.len : 32;

        if (n > 0)
                memcpy(ret, password.data, n);
        memcpy(ret + n, padding, 32 - n);
}

/* Algorithm 2. */
static void old_key(const Handler *h, const uint8_t padded[static 32], uint8_t ret[static MD5_DIGEST_SIZE]) {
        const uint8_t p[4] = { (uint8_t) h->p, (uint8_t) (h->p >> 8), (uint8_t) (h->p >> 16), (uint8_t) (h->p >> 24) };
        static const uint8_t ones[4] = { 0xff, 0xff, 0xff, 0xff };
        struct md5_ctx m;

        md5_init(&m);
        md5_update(&m, 32, padded);
        md5_update(&m, 32, h->o);
        md5_update(&m, sizeof(p), p);
        md5_update(&m, h->id.len, h->id.data);
        if (h->r >= 4 && !h->metadata)
                md5_update(&m, sizeof(ones), ones);
        md5_digest(&m, MD5_DIGEST_SIZE, ret);
        for (int i = 0; h->r >= 3 && i < OWNER_KEY_ROUNDS; i++)
                md5_of(VIEW(ret, h->key_len), ret);
}

/* Algorithms 4 and 5. */
static bool old_user_fits(const Handler *h, View key) {
        uint8_t check[32];
        struct md5_ctx m;

        if (h->r == 2) {
                memcpy(check, padding, sizeof(check));
                rc4(key, sizeof(check), check);
                return memcmp(check, h->u, 32) == 0;
        }
        md5_init(&m);
        md5_update(&m, sizeof(padding), padding);
        md5_update(&m, h->id.len, h->id.data);
        md5_digest(&m, MD5_DIGEST_SIZE, check);
        for (uint8_t i = 0; i < 20; i++)
                rc4_round(key, i, MD5_DIGEST_SIZE, check);
        return memcmp(check, h->u, MD5_DIGEST_SIZE) == 0;
}

/* Algorithm 7: the owner's password opens the user's, which is padded already. */
static void old_user_of_owner(const Handler *h, View password, uint8_t ret[static 32]) {
        uint8_t padded[32], key[MD5_DIGEST_SIZE];

        pad_password(password, padded);
        md5_of(VIEW(padded, sizeof(padded)), key);
        for (int i = 0; h->r >= 3 && i < OWNER_KEY_ROUNDS; i++)
                md5_of(VIEW(key, sizeof(key)), key);
        memcpy(ret, h->o, 32);
        for (uint8_t i = h->r >= 3 ? 20 : 1; i-- > 0;)
                rc4_round(VIEW(key, h->key_len), i, 32, ret);
        secret_wipe(padded, sizeof(padded));
        secret_wipe(key, sizeof(key));
}

static bool old_try(const Handler *h, const uint8_t padded[static 32], PdfCipher *c) {
        old_key(h, padded, c->key);
        c->key_len = h->key_len;
        return old_user_fits(h, VIEW(c->key, c->key_len));
}

static int open_old(const Handler *h, View password, PdfCipher *c) {
        uint8_t padded[32];
        int r = 0;

        c->permissions = UINT32_MAX;
        old_user_of_owner(h, password, padded);
        if (!old_try(h, padded, c)) {
                c->permissions = h->p;
                pad_password(password, padded);
                r = old_try(h, padded, c) ? 0 : PDF_CIPHER_PASSWORD;
        }
        secret_wipe(padded, sizeof(padded));
        return r;
}

/* Revisions 5 and 6 (ISO 32000-2 §7.6.4.3 and §7.6.4.4). */

static void sha2_of(unsigned bits, View data, uint8_t ret[static SHA512_DIGEST_SIZE]) {
        union {
                struct sha256_ctx a;
                struct sha512_ctx b;
        } s;

        if (bits == 256) {
                sha256_init(&s.a);
                sha256_update(&s.a, data.len, data.data);
                sha256_digest(&s.a, SHA256_DIGEST_SIZE, ret);
        } else if (bits == 384) {
                sha384_init(&s.b);
                sha384_update(&s.b, data.len, data.data);
                sha384_digest(&s.b, SHA384_DIGEST_SIZE, ret);
        } else {
                sha512_init(&s.b);
                sha512_update(&s.b, data.len, data.data);
                sha512_digest(&s.b, SHA512_DIGEST_SIZE, ret);
        }
        secret_wipe(&s, sizeof(s));
}

static size_t concat(uint8_t *to, View a, View b, View c) {
        const View parts[] = { a, b, c };
        size_t len = 0;

        for (size_t i = 0; i < ELEMENTSOF(parts); i++) {
                if (parts[i].len > 0)
                        memcpy(to + len, parts[i].data, parts[i].len);
                len += parts[i].len;
        }
        return len;
}

/* Algorithm 2.B. `more` is U where the password is the owner's. */
static void new_hash(long long revision, View password, View salt, View more, uint8_t ret[static 32]) {
        uint8_t k[SHA512_DIGEST_SIZE] = { 0 }, block[64 * (PASSWORD_MAX + SHA512_DIGEST_SIZE + 48)];
        size_t len = concat(block, password, salt, more), k_len = 32;

        sha2_of(256, VIEW(block, len), k);
        for (int round = 0; revision >= 6 && (round < 64 || block[64 * len - 1] > round - 32); round++) {
                struct CBC_CTX(struct aes128_ctx, BLOCK) e;
                unsigned sum = 0;

                len = concat(block, password, VIEW(k, k_len), more);
                for (size_t i = 1; i < 64; i++)
                        memcpy(block + i * len, block, len);
                aes128_set_encrypt_key(&e.ctx, k);
                CBC_SET_IV(&e, k + 16);
                CBC_ENCRYPT(&e, aes128_encrypt, 64 * len, block, block);
                secret_wipe(&e, sizeof(e));
                for (size_t i = 0; i < 16; i++)
                        sum += block[i];
                k_len = sum % 3 == 0 ? 32 : sum % 3 == 1 ? 48 : 64;
                sha2_of((unsigned) k_len * 8, VIEW(block, 64 * len), k);
        }
        memcpy(ret, k, 32);
        secret_wipe(k, sizeof(k));
        secret_wipe(block, sizeof(block));
}

/* Algorithm 2.A, for either password: `check` is its hash, validation salt and key salt, `sealed` the key. */
static bool new_try(const Handler *h, View password, const uint8_t check[static 48], const uint8_t sealed[static 32], View more, PdfCipher *c) {
        struct CBC_CTX(struct aes256_ctx, BLOCK) e = { 0 };
        uint8_t hash[32];
        bool fits;

        new_hash(h->r, password, VIEW(check + 32, 8), more, hash);
        fits = secret_equal(VIEW(hash, 32), VIEW(check, 32));
        if (fits) {
                new_hash(h->r, password, VIEW(check + 40, 8), more, hash);
                aes256_set_decrypt_key(&e.ctx, hash);
                CBC_DECRYPT(&e, aes256_decrypt, 32, c->key, sealed);
                c->key_len = 32;
        }
        secret_wipe(&e, sizeof(e));
        secret_wipe(hash, sizeof(hash));
        return fits;
}

static int open_new(const Handler *h, View password, PdfCipher *c) {
        if (password.len > PASSWORD_MAX)
                password.len = PASSWORD_MAX;
        c->permissions = UINT32_MAX;
        if (new_try(h, password, h->o, h->oe, VIEW(h->u, 48), c))
                return 0;
        c->permissions = h->p;
        return new_try(h, password, h->u, h->ue, VIEW(NULL, 0), c) ? 0 : PDF_CIPHER_PASSWORD;
}

static int open_handler(PdfDocument *d, qpdf_oh encrypt, View password, PdfCipher *c) {
        Handler h = { 0 };
        int r;

        if (!read_handler(d, encrypt, &h) || !read_methods(d, encrypt, h.v, c))
                return PDF_CIPHER_UNKNOWN;
        r = read_id(d, &h.id);
        if (r == 0)
                r = h.v == 5 ? open_new(&h, password, c) : open_old(&h, password, c);
        bytes_done(&h.id);
        return r;
}

int pdf_cipher_open(PdfDocument *d, View password, PdfCipher **ret) {
        _cleanup_(pdf_cipher_freep) PdfCipher *c = calloc(1, sizeof(*c));
        qpdf_oh encrypt = pdf_get(d, qpdf_get_trailer(d->q), "/Encrypt");
        int r;

        if (!c)
                return -ENOMEM;
        r = open_handler(d, encrypt, password, c);
        qpdf_oh_release(d->q, encrypt);
        if (r == 0)
                *ret = TAKE_PTR(c);
        return r;
}

/* Enciphering (ISO 32000-1 §7.6.2 algorithm 1, ISO 32000-2 §7.6.3.3 algorithm 1.A). */

static size_t object_key(const PdfCipher *c, Method method, int id, int generation, uint8_t ret[static KEY_MAX]) {
        uint8_t seed[KEY_MAX + 9] = { 0 };
        const uint8_t object[5] = { (uint8_t) id, (uint8_t) (id >> 8), (uint8_t) (id >> 16), (uint8_t) generation, (uint8_t) (generation >> 8) };
        size_t len;

        if (method == METHOD_AES_256) {
                memcpy(ret, c->key, KEY_MAX);
                return KEY_MAX;
        }
        len = concat(seed, VIEW(c->key, c->key_len), VIEW(object, sizeof(object)), VIEW("sAlT", method == METHOD_AES_128 ? 4 : 0));
        md5_of(VIEW(seed, len), ret);
        secret_wipe(seed, sizeof(seed));
        return c->key_len + 5 < MD5_DIGEST_SIZE ? c->key_len + 5 : MD5_DIGEST_SIZE;
}

/* Unlike for unlike texts and objects, unknown to whom the key is, and no other when the same draft is made again. */
static void choose_vector(View key, int id, View plain, uint8_t ret[static BLOCK]) {
        uint8_t digest[SHA256_DIGEST_SIZE], object[4] = { (uint8_t) id, (uint8_t) (id >> 8), (uint8_t) (id >> 16), (uint8_t) (id >> 24) };
        struct sha256_ctx s;

        sha256_init(&s);
        sha256_update(&s, key.len, key.data);
        sha256_update(&s, sizeof(object), object);
        sha256_update(&s, plain.len, plain.data);
        sha256_digest(&s, sizeof(digest), digest);
        memcpy(ret, digest, BLOCK);
        secret_wipe(&s, sizeof(s));
}

static void aes(View key, const uint8_t iv[static BLOCK], size_t len, uint8_t *data) {
        struct CBC_CTX(struct aes128_ctx, BLOCK) a;
        struct CBC_CTX(struct aes256_ctx, BLOCK) b;

        if (key.len == 16) {
                aes128_set_encrypt_key(&a.ctx, key.data);
                CBC_SET_IV(&a, iv);
                CBC_ENCRYPT(&a, aes128_encrypt, len, data, data);
                secret_wipe(&a, sizeof(a));
        } else {
                aes256_set_encrypt_key(&b.ctx, key.data);
                CBC_SET_IV(&b, iv);
                CBC_ENCRYPT(&b, aes256_encrypt, len, data, data);
                secret_wipe(&b, sizeof(b));
        }
}

/* The initialisation vector, then the text with one to sixteen bytes that tell their number. */
static int append_aes(View key, int id, View plain, Bytes *b) {
        size_t more = BLOCK - plain.len % BLOCK;
        uint8_t *start;
        int r;

        r = bytes_reserve(b, BLOCK + plain.len + more);
        if (r < 0)
                return r;
        start = b->data + b->len;
        choose_vector(key, id, plain, start);
        if (plain.len > 0)
                memcpy(start + BLOCK, plain.data, plain.len);
        memset(start + BLOCK + plain.len, (int) more, more);
        aes(key, start, plain.len + more, start + BLOCK);
        b->len += BLOCK + plain.len + more;
        return 0;
}

int pdf_cipher_append(const PdfCipher *c, PdfCipherUse use, int id, int generation, View plain, Bytes *b) {
        Method method = c->methods[use];
        uint8_t key[KEY_MAX];
        size_t len, at = b->len;
        int r;

        if (method == METHOD_NONE)
                return bytes_append_view(b, plain);
        len = object_key(c, method, id, generation, key);
        if (method == METHOD_RC4) {
                r = bytes_append_view(b, plain);
                if (r == 0 && plain.len > 0)
                        rc4(VIEW(key, len), plain.len, b->data + at);
        } else
                r = append_aes(VIEW(key, len), id, plain, b);
        secret_wipe(key, sizeof(key));
        return r;
}
