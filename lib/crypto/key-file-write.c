/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Writes keys into files; see key-file.h. By hand, because GnuTLS 3.7 lets nobody choose the rounds: its own are a
 * hundredth of what is wanted today, and of a PKCS#12 the weakest part (key, certificates or MAC) is what a guesser would
 * try. */

#include <errno.h>
#include <gnutls/crypto.h>
#include <string.h>

#include "base/codec.h"
#include "base/utf8.h"
#include "crypto/digest.h"
#include "crypto/key-file.h"
#include "crypto/tlv.h"

#define OID_DATA "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
#define OID_ENCRYPTED_DATA "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06"
#define OID_PBES2 "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d"
#define OID_PBKDF2 "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c"
#define OID_HMAC_SHA256 "\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x09"
#define OID_SHA256 "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"
#define OID_AES256_CBC "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a"
#define OID_SHROUDED_KEY_BAG "\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x02"
#define OID_CERT_BAG "\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x03"
#define OID_X509_CERTIFICATE "\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01"
#define OID_FRIENDLY_NAME "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x14"
#define OID_LOCAL_KEY_ID "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x15"
#define DER_NULL "\x05\x00"

#define SALT_SIZE 16U
#define BLOCK_SIZE 16U
#define KEY_SIZE 32U
#define MAC_ID 3U     /* RFC 7292 appendix B.3 */
#define MAC_BLOCK 64U /* of SHA-256 */
#define BMP_STRING 0x1eU

static gnutls_datum_t datum_of(View v) {
        return (gnutls_datum_t) { .data = (unsigned char *) (uintptr_t) v.data, .size = (unsigned) v.len };
}

static int random_bytes(uint8_t *p, size_t len) {
        return gnutls_rnd(GNUTLS_RND_RANDOM, p, len) < 0 ? -EIO : 0;
}

/* --- PBES2 -------------------------------------------------------------------------------------------------------- */

/* PBES2-params, RFC 8018 appendix A.4. */
static int append_pbes2(Bytes *b, const uint8_t salt[static SALT_SIZE], const uint8_t iv[static BLOCK_SIZE]) {
        _cleanup_bytes_ Bytes kdf = BYTES_NULL, prf = BYTES_NULL, params = BYTES_NULL, cipher = BYTES_NULL, all = BYTES_NULL;
        int r;

        r = bytes_append_view(&prf, VIEW_LITERAL(OID_HMAC_SHA256 DER_NULL));
        if (r >= 0)
                r = tlv_append(&params, TLV_OCTET_STRING, VIEW(salt, SALT_SIZE));
        if (r >= 0)
                r = tlv_append_unsigned(&params, KEY_FILE_ROUNDS);
        if (r >= 0)
                r = tlv_append(&params, TLV_SEQUENCE, bytes_view(&prf));
        if (r >= 0)
                r = bytes_append_view(&kdf, VIEW_LITERAL(OID_PBKDF2));
        if (r >= 0)
                r = tlv_append(&kdf, TLV_SEQUENCE, bytes_view(&params));
        if (r >= 0)
                r = bytes_append_view(&cipher, VIEW_LITERAL(OID_AES256_CBC));
        if (r >= 0)
                r = tlv_append(&cipher, TLV_OCTET_STRING, VIEW(iv, BLOCK_SIZE));
        if (r >= 0)
                r = tlv_append(&all, TLV_SEQUENCE, bytes_view(&kdf));
        if (r >= 0)
                r = tlv_append(&all, TLV_SEQUENCE, bytes_view(&cipher));
        if (r >= 0)
                r = tlv_wrap(&all, TLV_SEQUENCE);
        if (r < 0)
                return r;
        params.len = 0;
        r = bytes_append_view(&params, VIEW_LITERAL(OID_PBES2));
        if (r >= 0)
                r = bytes_append_view(&params, bytes_view(&all));
        return r < 0 ? r : tlv_append(b, TLV_SEQUENCE, bytes_view(&params));
}

/* Padded as RFC 8018 §6.1.1 has it, encrypted in place. */
static int encrypt(View plain, const gnutls_datum_t *key, const uint8_t *iv, Bytes *ret) {
        gnutls_datum_t nonce = { .data = (unsigned char *) (uintptr_t) iv, .size = BLOCK_SIZE };
        size_t padding = BLOCK_SIZE - plain.len % BLOCK_SIZE;
        _cleanup_secret_ Secret *padded = NULL;
        gnutls_cipher_hd_t h;
        int r;

        r = secret_new(plain.len + padding, &padded);
        if (r < 0)
                return r;
        memcpy(secret_data(padded), plain.data, plain.len);
        memset(secret_data(padded) + plain.len, (int) padding, padding);
        if (gnutls_cipher_init(&h, GNUTLS_CIPHER_AES_256_CBC, key, &nonce) < 0)
                return -EIO;
        r = gnutls_cipher_encrypt(h, secret_data(padded), secret_len(padded));
        gnutls_cipher_deinit(h);
        return r < 0 ? -EIO : bytes_append_view(ret, secret_view(padded));
}

/* Encrypts under the password: appends the AlgorithmIdentifier to one buffer, the ciphertext to the other. */
static int seal(View plain, View password, Bytes *algorithm, Bytes *ciphertext) {
        gnutls_datum_t p = datum_of(password), s, k;
        uint8_t salt[SALT_SIZE], iv[BLOCK_SIZE];
        _cleanup_secret_ Secret *key = NULL;
        int r;

        r = random_bytes(salt, sizeof(salt));
        if (r >= 0)
                r = random_bytes(iv, sizeof(iv));
        if (r >= 0)
                r = secret_new(KEY_SIZE, &key);
        if (r < 0)
                return r;
        s = datum_of(VIEW(salt, sizeof(salt)));
        if (gnutls_pbkdf2(GNUTLS_MAC_SHA256, &p, &s, KEY_FILE_ROUNDS, secret_data(key), KEY_SIZE) < 0)
                return -EIO;
        k = datum_of(secret_view(key));
        r = encrypt(plain, &k, iv, ciphertext);
        return r < 0 ? r : append_pbes2(algorithm, salt, iv);
}

/* EncryptedPrivateKeyInfo, RFC 5958 §3. */
static int append_encrypted_key(Bytes *b, gnutls_privkey_t key, View password) {
        _cleanup_bytes_ Bytes info = BYTES_NULL, ciphertext = BYTES_NULL;
        _cleanup_secret_ Secret *plain = NULL;
        int r;

        r = key_export(key, &plain);
        if (r >= 0)
                r = seal(secret_view(plain), password, &info, &ciphertext);
        if (r >= 0)
                r = tlv_append(&info, TLV_OCTET_STRING, bytes_view(&ciphertext));
        return r < 0 ? r : tlv_append(b, TLV_SEQUENCE, bytes_view(&info));
}

static bool password_is_fit(View password) {
        return password.len > 0 && password.len <= SECRET_MAX && utf8_is_valid(password);
}

int key_file_write_pkcs8(gnutls_privkey_t key, View password, Bytes *ret) {
        _cleanup_bytes_ Bytes der = BYTES_NULL, text = BYTES_NULL;
        int r;

        if (!password_is_fit(password))
                return -EINVAL;
        r = append_encrypted_key(&der, key, password);
        if (r >= 0)
                r = pem_append(&text, "ENCRYPTED PRIVATE KEY", bytes_view(&der));
        if (r < 0)
                return r;
        *ret = bytes_take(&text);
        return 0;
}

/* --- PKCS#12's own key derivation, for the MAC -------------------------------------------------------------------- */

/* The code point of a well-formed character; how long it is comes from its first byte. */
static uint32_t take_character(const uint8_t **p) {
        const uint8_t *s = *p;
        unsigned more = s[0] < 0x80 ? 0 : s[0] < 0xe0 ? 1 : s[0] < 0xf0 ? 2 : 3;
        uint32_t c = more == 0 ? s[0] : s[0] & (0x3fU >> more);

        for (unsigned i = 1; i <= more; i++)
                c = c << 6 | (s[i] & 0x3f);
        *p += more + 1;
        return c;
}

static uint8_t *put_unit(uint8_t *p, uint32_t unit) {
        p[0] = (uint8_t) (unit >> 8);
        p[1] = (uint8_t) unit;
        return p + 2;
}

/* UTF-16, big-endian, with the two zero octets behind that RFC 7292 appendix B.1 wants. Characters beyond the first plane
 * take two units, as everybody does it. */
static int to_bmp_string(View utf8, Secret **ret) {
        const uint8_t *p = utf8.data, *end = utf8.data + utf8.len;
        _cleanup_secret_ Secret *s = NULL;
        uint8_t *q;
        int r;

        r = secret_new(2 * utf8.len + 2, &s);
        if (r < 0)
                return r;
        q = secret_data(s);
        while (p < end) {
                uint32_t c = take_character(&p);

                if (c > 0xffff) {
                        q = put_unit(q, 0xd800 | (c - 0x10000) >> 10);
                        c = 0xdc00 | ((c - 0x10000) & 0x3ff);
                }
                q = put_unit(q, c);
        }
        q = put_unit(q, 0);
        secret_truncate(s, (size_t) (q - secret_data(s)));
        *ret = TAKE_PTR(s);
        return 0;
}

static size_t round_up(size_t n) {
        return (n + MAC_BLOCK - 1) / MAC_BLOCK * MAC_BLOCK;
}

static void fill(uint8_t *p, size_t len, View with) {
        for (size_t i = 0; i < len; i++)
                p[i] = with.data[i % with.len];
}

/* RFC 7292 appendix B.2 for SHA-256 and a key of 32 bytes, which is one round of its outer loop: A = H^rounds(D || S || P). */
static int derive_mac_key(View bmp, const uint8_t salt[static SALT_SIZE], Secret **ret) {
        size_t password_len = round_up(bmp.len);
        _cleanup_secret_ Secret *in = NULL, *key = NULL;
        gnutls_hash_hd_t h;
        int r;

        r = secret_new(2 * MAC_BLOCK + password_len, &in);
        if (r >= 0)
                r = secret_new(SHA256_SIZE, &key);
        if (r < 0)
                return r;
        memset(secret_data(in), MAC_ID, MAC_BLOCK);
        fill(secret_data(in) + MAC_BLOCK, MAC_BLOCK, VIEW(salt, SALT_SIZE));
        fill(secret_data(in) + 2 * MAC_BLOCK, password_len, bmp);
        if (gnutls_hash_init(&h, GNUTLS_DIG_SHA256) < 0)
                return -EIO;
        r = gnutls_hash(h, secret_data(in), secret_len(in));
        gnutls_hash_output(h, secret_data(key));
        for (unsigned i = 1; r >= 0 && i < KEY_FILE_MAC_ROUNDS; i++) {
                r = gnutls_hash(h, secret_data(key), SHA256_SIZE);
                gnutls_hash_output(h, secret_data(key));
        }
        gnutls_hash_deinit(h, NULL);
        if (r < 0)
                return -EIO;
        *ret = TAKE_PTR(key);
        return 0;
}

/* MacData, RFC 7292 §4. */
static int append_mac(Bytes *b, View safe, View password) {
        _cleanup_bytes_ Bytes digest = BYTES_NULL, info = BYTES_NULL, all = BYTES_NULL;
        _cleanup_secret_ Secret *bmp = NULL, *key = NULL;
        uint8_t salt[SALT_SIZE], mac[SHA256_SIZE];
        int r;

        r = random_bytes(salt, sizeof(salt));
        if (r >= 0)
                r = to_bmp_string(password, &bmp);
        if (r >= 0)
                r = derive_mac_key(secret_view(bmp), salt, &key);
        if (r >= 0)
                r = hmac_sha256(secret_view(key), safe, mac);
        if (r >= 0)
                r = bytes_append_view(&digest, VIEW_LITERAL(OID_SHA256 DER_NULL));
        if (r >= 0)
                r = tlv_append(&info, TLV_SEQUENCE, bytes_view(&digest));
        if (r >= 0)
                r = tlv_append(&info, TLV_OCTET_STRING, VIEW(mac, sizeof(mac)));
        if (r >= 0)
                r = tlv_append(&all, TLV_SEQUENCE, bytes_view(&info));
        if (r >= 0)
                r = tlv_append(&all, TLV_OCTET_STRING, VIEW(salt, sizeof(salt)));
        if (r >= 0)
                r = tlv_append_unsigned(&all, KEY_FILE_MAC_ROUNDS);
        return r < 0 ? r : tlv_append(b, TLV_SEQUENCE, bytes_view(&all));
}

/* --- PKCS#12 ------------------------------------------------------------------------------------------------------ */

/* Attribute { type, SET { value } }. */
static int append_attribute(Bytes *b, View oid, uint8_t tag, View value) {
        _cleanup_bytes_ Bytes set = BYTES_NULL, all = BYTES_NULL;
        int r;

        r = tlv_append(&set, tag, value);
        if (r >= 0)
                r = bytes_append_view(&all, oid);
        if (r >= 0)
                r = tlv_append(&all, TLV_SET, bytes_view(&set));
        return r < 0 ? r : tlv_append(b, TLV_SEQUENCE, bytes_view(&all));
}

/* friendlyName and localKeyId: by the latter others find the certificate of a key. A SET OF has the smaller encoding first
 * (X.690 §11.6); the octet that tells these two apart is the length of the first or, where they are of one length, the last
 * of the OID. */
static int append_attributes(Bytes *b, const char *label, View key_id) {
        _cleanup_bytes_ Bytes name = BYTES_NULL, id = BYTES_NULL, all = BYTES_NULL;
        _cleanup_secret_ Secret *bmp = NULL;
        bool name_first;
        int r;

        r = to_bmp_string(view_string(label), &bmp);
        if (r >= 0)
                r = append_attribute(&name, VIEW_LITERAL(OID_FRIENDLY_NAME), BMP_STRING, VIEW(secret_data(bmp), secret_len(bmp) - 2));
        if (r >= 0)
                r = append_attribute(&id, VIEW_LITERAL(OID_LOCAL_KEY_ID), TLV_OCTET_STRING, key_id);
        if (r < 0)
                return r;
        name_first = memcmp(name.data, id.data, name.len < id.len ? name.len : id.len) < 0;
        r = bytes_append_view(&all, name_first ? bytes_view(&name) : bytes_view(&id));
        if (r >= 0)
                r = bytes_append_view(&all, name_first ? bytes_view(&id) : bytes_view(&name));
        return r < 0 ? r : tlv_append(b, TLV_SET, bytes_view(&all));
}

/* SafeBag, RFC 7292 §4.2; `label` of NULL is one without attributes. */
static int append_bag(Bytes *b, View oid, View value, const char *label, View key_id) {
        _cleanup_bytes_ Bytes bag = BYTES_NULL;
        int r;

        r = bytes_append_view(&bag, oid);
        if (r >= 0)
                r = tlv_append(&bag, TLV_EXPLICIT_0, value);
        if (r >= 0 && label)
                r = append_attributes(&bag, label, key_id);
        return r < 0 ? r : tlv_append(b, TLV_SEQUENCE, bytes_view(&bag));
}

static int append_certificate_bag(Bytes *b, gnutls_x509_crt_t certificate, const char *label, View key_id) {
        _cleanup_bytes_ Bytes value = BYTES_NULL, bag = BYTES_NULL;
        gnutls_datum_t der = { 0 };
        int r;

        if (gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_DER, &der) < 0)
                return -EIO;
        r = tlv_append(&value, TLV_OCTET_STRING, VIEW(der.data, der.size));
        gnutls_free(der.data);
        if (r >= 0)
                r = bytes_append_view(&bag, VIEW_LITERAL(OID_X509_CERTIFICATE));
        if (r >= 0)
                r = tlv_append(&bag, TLV_EXPLICIT_0, bytes_view(&value));
        if (r >= 0)
                r = tlv_wrap(&bag, TLV_SEQUENCE);
        return r < 0 ? r : append_bag(b, VIEW_LITERAL(OID_CERT_BAG), bytes_view(&bag), label, key_id);
}

/* ContentInfo of type data: the content stands as it is in an OCTET STRING. */
static int append_data(Bytes *b, View content) {
        _cleanup_bytes_ Bytes octets = BYTES_NULL, info = BYTES_NULL;
        int r;

        r = tlv_append(&octets, TLV_OCTET_STRING, content);
        if (r >= 0)
                r = bytes_append_view(&info, VIEW_LITERAL(OID_DATA));
        if (r >= 0)
                r = tlv_append(&info, TLV_EXPLICIT_0, bytes_view(&octets));
        return r < 0 ? r : tlv_append(b, TLV_SEQUENCE, bytes_view(&info));
}

/* ContentInfo of type encryptedData, RFC 5652 §8. */
static int append_encrypted_data(Bytes *b, View content, View password) {
        _cleanup_bytes_ Bytes inner = BYTES_NULL, ciphertext = BYTES_NULL, data = BYTES_NULL, info = BYTES_NULL;
        int r;

        r = bytes_append_view(&inner, VIEW_LITERAL(OID_DATA));
        if (r >= 0)
                r = seal(content, password, &inner, &ciphertext);
        if (r >= 0)
                r = tlv_append(&inner, TLV_IMPLICIT_0, bytes_view(&ciphertext));
        if (r >= 0)
                r = tlv_append_unsigned(&data, 0);
        if (r >= 0)
                r = tlv_append(&data, TLV_SEQUENCE, bytes_view(&inner));
        if (r >= 0)
                r = tlv_wrap(&data, TLV_SEQUENCE);
        if (r >= 0)
                r = bytes_append_view(&info, VIEW_LITERAL(OID_ENCRYPTED_DATA));
        if (r >= 0)
                r = tlv_append(&info, TLV_EXPLICIT_0, bytes_view(&data));
        return r < 0 ? r : tlv_append(b, TLV_SEQUENCE, bytes_view(&info));
}

/* Certificates are encrypted as well: they name a person. */
static int append_certificates(Bytes *b, const gnutls_x509_crt_t *certificates, size_t n, const char *label, View key_id, View password) {
        _cleanup_bytes_ Bytes bags = BYTES_NULL;
        int r = 0;

        if (n == 0)
                return 0;
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = append_certificate_bag(&bags, certificates[i], i == 0 ? label : NULL, key_id);
        if (r >= 0)
                r = tlv_wrap(&bags, TLV_SEQUENCE);
        return r < 0 ? r : append_encrypted_data(b, bytes_view(&bags), password);
}

static int append_key(Bytes *b, gnutls_privkey_t key, const char *label, View key_id, View password) {
        _cleanup_bytes_ Bytes encrypted = BYTES_NULL, bags = BYTES_NULL;
        int r;

        r = append_encrypted_key(&encrypted, key, password);
        if (r >= 0)
                r = append_bag(&bags, VIEW_LITERAL(OID_SHROUDED_KEY_BAG), bytes_view(&encrypted), label, key_id);
        if (r >= 0)
                r = tlv_wrap(&bags, TLV_SEQUENCE);
        return r < 0 ? r : append_data(b, bytes_view(&bags));
}

/* PFX, RFC 7292 §4. */
static int write_pfx(View safe, View password, Bytes *ret) {
        _cleanup_bytes_ Bytes pfx = BYTES_NULL;
        int r;

        r = tlv_append_unsigned(&pfx, 3);
        if (r >= 0)
                r = append_data(&pfx, safe);
        if (r >= 0)
                r = append_mac(&pfx, safe, password);
        if (r >= 0)
                r = tlv_wrap(&pfx, TLV_SEQUENCE);
        if (r < 0)
                return r;
        *ret = bytes_take(&pfx);
        return 0;
}

int key_file_write_pkcs12(gnutls_privkey_t key, const gnutls_x509_crt_t *certificates, size_t n, const char *label, View password, Bytes *ret) {
        _cleanup_bytes_ Bytes spki = BYTES_NULL, safe = BYTES_NULL;
        uint8_t id[SHA256_SIZE];
        int r;

        if (!password_is_fit(password) || !utf8_is_valid(view_string(label)) || n > KEY_FILE_CERTIFICATES_MAX)
                return -EINVAL;
        r = key_public(key, &spki);
        if (r >= 0)
                r = sha256(bytes_view(&spki), id);
        if (r >= 0)
                r = append_certificates(&safe, certificates, n, label, VIEW(id, sizeof(id)), password);
        if (r >= 0)
                r = append_key(&safe, key, label, VIEW(id, sizeof(id)), password);
        if (r >= 0)
                r = tlv_wrap(&safe, TLV_SEQUENCE);
        return r < 0 ? r : write_pfx(bytes_view(&safe), password, ret);
}
