/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Private keys and how they sign; see key.h. GnuTLS does the work and wipes the parameters of a key that is freed; what it hands out
 * as plain memory is wiped here. */

#include <errno.h>
#include <string.h>
#include <gnutls/crypto.h>

#include "crypto/key.h"

static const struct {
        KeyAlgorithm algorithm;
        const char *name;
        gnutls_pk_algorithm_t pk;
        unsigned bits;
        gnutls_sign_algorithm_t sign;
        gnutls_digest_algorithm_t message_digest;
        size_t signature_max; /* ECDSA: two INTEGERs, each with a leading zero, in a SEQUENCE */
} algorithms[] = {
        { KEY_P256, "p256", GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), GNUTLS_SIGN_ECDSA_SHA256, GNUTLS_DIG_SHA256, 72 },
        { KEY_P384, "p384", GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1), GNUTLS_SIGN_ECDSA_SHA384, GNUTLS_DIG_SHA384, 104 },
        { KEY_RSA3072, "rsa3072", GNUTLS_PK_RSA, 3072, GNUTLS_SIGN_RSA_SHA256, GNUTLS_DIG_SHA256, 384 },
        { KEY_RSA4096, "rsa4096", GNUTLS_PK_RSA, 4096, GNUTLS_SIGN_RSA_SHA256, GNUTLS_DIG_SHA256, 512 },
        { KEY_ED25519, "ed25519", GNUTLS_PK_EDDSA_ED25519, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_ED25519), GNUTLS_SIGN_EDDSA_ED25519,
          GNUTLS_DIG_SHA512, 64 },
        { KEY_RSA2048, "rsa2048", GNUTLS_PK_RSA, 2048, GNUTLS_SIGN_RSA_SHA256, GNUTLS_DIG_SHA256, 256 },
};

DEFINE_CLEANUP(gnutls_x509_privkey_t, gnutls_x509_privkey_deinit);

static void secret_datum_done(gnutls_datum_t *d) {
        secret_wipe(d->data, d->size);
        gnutls_free(d->data);
}

const char *key_algorithm_to_string(KeyAlgorithm a) {
        for (size_t i = 0; i < ELEMENTSOF(algorithms); i++)
                if (algorithms[i].algorithm == a)
                        return algorithms[i].name;
        return NULL;
}

KeyAlgorithm key_algorithm_from_string(const char *s) {
        for (size_t i = 0; s && i < ELEMENTSOF(algorithms); i++)
                if (strcmp(algorithms[i].name, s) == 0)
                        return algorithms[i].algorithm;
        return KEY_ALGORITHM_INVALID;
}

int signature_scheme_of(KeyAlgorithm a, SignatureScheme *ret) {
        for (size_t i = 0; i < ELEMENTSOF(algorithms); i++) {
                if (algorithms[i].algorithm != a)
                        continue;
                *ret = (SignatureScheme) {
                        .algorithm = a,
                        .sign = algorithms[i].sign,
                        .message_digest = algorithms[i].message_digest,
                        .signature_max = algorithms[i].signature_max,
                };
                return 0;
        }
        return -EINVAL;
}

/* FIPS 186-5 appendix A.1.1: the exponent is odd, above 2^16 and below 2^256. With 1 everybody signs; the modulus of a real key is odd too. */
static bool rsa_is_sound(gnutls_pubkey_t pubkey) {
        _cleanup_(datum_done) gnutls_datum_t m = { 0 }, e = { 0 };

        if (gnutls_pubkey_export_rsa_raw2(pubkey, &m, &e, GNUTLS_EXPORT_FLAG_NO_LZ) < 0 || m.size == 0 || e.size == 0)
                return false;
        return (m.data[m.size - 1] & 1) && (e.data[e.size - 1] & 1) && e.size >= 3 && e.size <= 32;
}

KeyAlgorithm key_algorithm_of_pubkey(gnutls_pubkey_t pubkey) {
        gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;
        unsigned bits = 0;

        switch (gnutls_pubkey_get_pk_algorithm(pubkey, &bits)) {
        case GNUTLS_PK_RSA:
                if (!rsa_is_sound(pubkey))
                        return KEY_ALGORITHM_INVALID;
                return bits == 3072 ? KEY_RSA3072 : bits == 4096 ? KEY_RSA4096 : bits == 2048 ? KEY_RSA2048 : KEY_ALGORITHM_INVALID;
        case GNUTLS_PK_ECDSA:
                if (gnutls_pubkey_export_ecc_raw2(pubkey, &curve, NULL, NULL, 0) < 0)
                        return KEY_ALGORITHM_INVALID;
                return curve == GNUTLS_ECC_CURVE_SECP256R1   ? KEY_P256
                       : curve == GNUTLS_ECC_CURVE_SECP384R1 ? KEY_P384
                                                             : KEY_ALGORITHM_INVALID;
        case GNUTLS_PK_EDDSA_ED25519:
                return KEY_ED25519;
        default:
                return KEY_ALGORITHM_INVALID;
        }
}

#define FOREIGN_RSA_MIN 2048U
#define FOREIGN_RSA_MAX 8192U /* beyond, one signature takes seconds */

DEFINE_CLEANUP(gnutls_x509_spki_t, gnutls_x509_spki_deinit);

static int scheme_of_pss_key(gnutls_pubkey_t pubkey, size_t size, SignatureScheme *ret) {
        _cleanup_(gnutls_x509_spki_deinitp) gnutls_x509_spki_t spki = NULL;
        gnutls_digest_algorithm_t digest = GNUTLS_DIG_SHA256;
        unsigned salt = 0;

        if (gnutls_x509_spki_init(&spki) < 0)
                return -ENOMEM;
        if (gnutls_pubkey_get_spki(pubkey, spki, 0) >= 0 && gnutls_x509_spki_get_rsa_pss_params(spki, &digest, &salt) < 0)
                digest = GNUTLS_DIG_SHA256;
        if (digest == GNUTLS_DIG_UNKNOWN)
                digest = GNUTLS_DIG_SHA256;
        if (digest != GNUTLS_DIG_SHA256 && digest != GNUTLS_DIG_SHA384 && digest != GNUTLS_DIG_SHA512)
                return -EOPNOTSUPP;
        *ret = (SignatureScheme) {
                .sign = gnutls_pk_to_sign(GNUTLS_PK_RSA_PSS, digest),
                .message_digest = digest,
                .signature_max = size,
                .salt = salt > 0 ? salt : (unsigned) gnutls_hash_get_len(digest),
        };
        return 0;
}

int signature_scheme_of_pubkey(gnutls_pubkey_t pubkey, SignatureScheme *ret) {
        KeyAlgorithm ours = key_algorithm_of_pubkey(pubkey);
        gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;
        unsigned bits = 0;
        int pk;

        if (ours != KEY_ALGORITHM_INVALID)
                return signature_scheme_of(ours, ret);
        pk = gnutls_pubkey_get_pk_algorithm(pubkey, &bits);
        if (pk == GNUTLS_PK_RSA && bits >= FOREIGN_RSA_MIN && bits <= FOREIGN_RSA_MAX && rsa_is_sound(pubkey)) {
                *ret = (SignatureScheme) {
                        .sign = GNUTLS_SIGN_RSA_SHA256,
                        .message_digest = GNUTLS_DIG_SHA256,
                        .signature_max = (bits + 7) / 8,
                };
                return 0;
        }
        if (pk == GNUTLS_PK_RSA_PSS && bits >= FOREIGN_RSA_MIN && bits <= FOREIGN_RSA_MAX && rsa_is_sound(pubkey))
                return scheme_of_pss_key(pubkey, (bits + 7) / 8, ret);
        if (pk == GNUTLS_PK_ECDSA && gnutls_pubkey_export_ecc_raw2(pubkey, &curve, NULL, NULL, 0) >= 0 && curve == GNUTLS_ECC_CURVE_SECP521R1) {
                *ret = (SignatureScheme) { .sign = GNUTLS_SIGN_ECDSA_SHA512, .message_digest = GNUTLS_DIG_SHA512, .signature_max = 139 };
                return 0;
        }
        return -EOPNOTSUPP;
}

int signature_scheme_to_pss(SignatureScheme *scheme) {
        if (scheme->sign != GNUTLS_SIGN_RSA_SHA256)
                return -EOPNOTSUPP;
        scheme->sign = GNUTLS_SIGN_RSA_PSS_RSAE_SHA256;
        scheme->salt = (unsigned) gnutls_hash_get_len(GNUTLS_DIG_SHA256);
        return 0;
}

int key_generate(KeyAlgorithm a, gnutls_privkey_t *ret) {
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;

        for (size_t i = 0; i < ELEMENTSOF(algorithms); i++) {
                if (algorithms[i].algorithm != a)
                        continue;
                if (gnutls_privkey_init(&key) < 0)
                        return -ENOMEM;
                if (gnutls_privkey_generate(key, algorithms[i].pk, algorithms[i].bits, 0) < 0)
                        return -EIO;
                *ret = TAKE_PTR(key);
                return 0;
        }
        return -EINVAL;
}

int key_export(gnutls_privkey_t key, Secret **ret) {
        _cleanup_(gnutls_x509_privkey_deinitp) gnutls_x509_privkey_t x509 = NULL;
        _cleanup_(secret_datum_done) gnutls_datum_t der = { 0 };

        if (gnutls_privkey_export_x509(key, &x509) < 0)
                return -EIO;
        if (gnutls_x509_privkey_export2_pkcs8(x509, GNUTLS_X509_FMT_DER, NULL, GNUTLS_PKCS_PLAIN, &der) < 0)
                return -EIO;
        return secret_dup(VIEW(der.data, der.size), ret);
}

int key_to_public(gnutls_privkey_t key, gnutls_pubkey_t *ret) {
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = NULL;

        if (gnutls_pubkey_init(&pubkey) < 0)
                return -ENOMEM;
        if (gnutls_pubkey_import_privkey(pubkey, key, 0, 0) < 0)
                return -EIO;
        *ret = TAKE_PTR(pubkey);
        return 0;
}

int key_import(View pkcs8, gnutls_privkey_t *ret) {
        _cleanup_(gnutls_x509_privkey_deinitp) gnutls_x509_privkey_t x509 = NULL;
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = NULL;
        gnutls_datum_t der = { .data = (unsigned char *) pkcs8.data, .size = (unsigned) pkcs8.len };
        int r;

        if (pkcs8.len == 0 || pkcs8.len > UINT32_MAX)
                return -EBADMSG;
        if (gnutls_x509_privkey_init(&x509) < 0 || gnutls_privkey_init(&key) < 0)
                return -ENOMEM;
        r = gnutls_x509_privkey_import_pkcs8(x509, &der, GNUTLS_X509_FMT_DER, NULL, GNUTLS_PKCS_PLAIN);
        if (r == GNUTLS_E_UNKNOWN_PK_ALGORITHM || r == GNUTLS_E_ECC_UNSUPPORTED_CURVE)
                return -EOPNOTSUPP;
        if (r < 0)
                return -EBADMSG;
        if (gnutls_privkey_import_x509(key, x509, GNUTLS_PRIVKEY_IMPORT_AUTO_RELEASE) < 0)
                return -EBADMSG;
        TAKE_PTR(x509);
        r = key_to_public(key, &pubkey);
        if (r < 0)
                return r;
        if (key_algorithm_of_pubkey(pubkey) == KEY_ALGORITHM_INVALID)
                return -EOPNOTSUPP;
        *ret = TAKE_PTR(key);
        return 0;
}

int pubkey_export(gnutls_pubkey_t pubkey, Bytes *ret) {
        _cleanup_(datum_done) gnutls_datum_t der = { 0 };

        if (gnutls_pubkey_export2(pubkey, GNUTLS_X509_FMT_DER, &der) < 0)
                return -EIO;
        return bytes_dup(VIEW(der.data, der.size), ret);
}

int key_public(gnutls_privkey_t key, Bytes *ret) {
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = NULL;
        int r;

        r = key_to_public(key, &pubkey);
        return r < 0 ? r : pubkey_export(pubkey, ret);
}

/* Nothing of the key is changed by signing (GnuTLS takes its random numbers from a source of each thread's own), hence no lock. */
int key_sign(gnutls_privkey_t key, const SignatureScheme *scheme, View data, Bytes *ret) {
        _cleanup_(datum_done) gnutls_datum_t value = { 0 };
        gnutls_datum_t d = { .data = (unsigned char *) data.data, .size = (unsigned) data.len };

        if (data.len > UINT32_MAX)
                return -EFBIG;
        if (gnutls_privkey_sign_data2(key, scheme->sign, 0, &d, &value) < 0)
                return -EIO;
        return bytes_dup(VIEW(value.data, value.size), ret);
}

int key_matches_certificate(View spki, gnutls_x509_crt_t certificate) {
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = NULL;
        _cleanup_bytes_ Bytes other = BYTES_NULL;
        int r;

        if (gnutls_pubkey_init(&pubkey) < 0)
                return -ENOMEM;
        if (gnutls_pubkey_import_x509(pubkey, certificate, 0) < 0)
                return -EKEYREJECTED;
        r = pubkey_export(pubkey, &other);
        if (r < 0)
                return r;
        return view_equal(spki, bytes_view(&other)) ? 0 : -EKEYREJECTED;
}

/* Takes a positive INTEGER in DER off the front: no more octets than needed, the first bit zero (X.690 §8.3). At most 127 octets, the short
 * form of a length; the largest curve needs 67. */
static bool take_positive_integer(View *v) {
        size_t n;

        if (v->len < 3 || v->data[0] != 0x02 || v->data[1] == 0 || v->data[1] > 127)
                return false;
        n = v->data[1];
        if (n > v->len - 2 || (v->data[2] & 0x80) != 0 || (n == 1 && v->data[2] == 0))
                return false;
        if (n > 1 && v->data[2] == 0 && (v->data[3] & 0x80) == 0)
                return false;
        v->data += 2 + n;
        v->len -= 2 + n;
        return true;
}

bool ecdsa_value_is_der(View value) {
        size_t header;
        View rest;

        if (value.len < 2 || value.data[0] != 0x30)
                return false;
        /* P-521 alone needs the long form, of one octet. */
        header = value.data[1] == 0x81 ? 3 : 2;
        if (value.len < header || (header == 2 && value.data[1] > 127) || (header == 3 && value.data[2] < 128))
                return false;
        if (value.data[header - 1] != value.len - header)
                return false;
        rest = VIEW(value.data + header, value.len - header);
        return take_positive_integer(&rest) && take_positive_integer(&rest) && rest.len == 0;
}

/* Octets of a number modulo the group's order; 0 for what is no ECDSA. */
static size_t order_size(gnutls_sign_algorithm_t sign) {
        switch (sign) {
        case GNUTLS_SIGN_ECDSA_SHA256:
                return 32;
        case GNUTLS_SIGN_ECDSA_SHA384:
                return 48;
        case GNUTLS_SIGN_ECDSA_SHA512:
                return 66;
        default:
                return 0;
        }
}

static int append_fixed(Bytes *b, const gnutls_datum_t *number, size_t width) {
        View v = VIEW(number->data, number->size);
        int r = 0;

        while (v.len > width && v.data[0] == 0)
                v = VIEW(v.data + 1, v.len - 1);
        if (v.len > width)
                return -EBADMSG;
        for (size_t i = v.len; r >= 0 && i < width; i++)
                r = bytes_append_byte(b, 0);
        return r < 0 ? r : bytes_append_view(b, v);
}

int signature_value_to_xml(const SignatureScheme *scheme, View value, Bytes *ret) {
        _cleanup_(datum_done) gnutls_datum_t numbers_r = { 0 }, numbers_s = { 0 };
        const gnutls_datum_t der = { (unsigned char *) value.data, (unsigned) value.len };
        _cleanup_bytes_ Bytes fixed = BYTES_NULL;
        size_t width = order_size(scheme->sign);
        int r;

        if (width == 0)
                return bytes_dup(value, ret);
        if (!ecdsa_value_is_der(value) || gnutls_decode_rs_value(&der, &numbers_r, &numbers_s) < 0)
                return -EBADMSG;
        r = append_fixed(&fixed, &numbers_r, width);
        if (r >= 0)
                r = append_fixed(&fixed, &numbers_s, width);
        if (r >= 0)
                *ret = bytes_take(&fixed);
        return r;
}
