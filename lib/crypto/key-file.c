/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads keys from files; see key-file.h. GnuTLS parses; what a file asks of the machine (rounds, parts) is added up before
 * GnuTLS does it. */

#include <errno.h>
#include <gnutls/pkcs12.h>
#include <string.h>

#include "base/utf8.h"
#include "crypto/key-file.h"

#define PARTS_MAX 16U /* safes of a PKCS#12; of each GnuTLS reads at most 32 bags */

#define N_(s) s

DEFINE_CLEANUP(gnutls_pkcs12_t, gnutls_pkcs12_deinit);
DEFINE_CLEANUP(gnutls_pkcs12_bag_t, gnutls_pkcs12_bag_deinit);
DEFINE_CLEANUP(gnutls_x509_privkey_t, gnutls_x509_privkey_deinit);

static const char *const sentences[] = {
        [KEY_FILE_E_FORMAT] = N_("This is no key file, or it is damaged. PKCS#12 (p12, pfx) and PKCS#8 with a password (PEM, DER) are understood."),
        [KEY_FILE_E_PASSWORD] = N_("The password is not right, or the file was altered."),
        [KEY_FILE_E_CLEAR] = N_("The key in this file is not protected by a password. Protect it first, as with: openssl pkcs8 -topk8 -v2 aes256"),
        [KEY_FILE_E_UNSUPPORTED] = N_("The file has a kind of key or of encryption that is not supported."),
        [KEY_FILE_E_COSTLY] = N_("The file asks for more work than any program that makes such files would: it is not opened."),
        [KEY_FILE_E_NO_KEY] = N_("There is no private key in the file."),
        [KEY_FILE_E_SEVERAL] = N_("The file holds several keys; it must be one."),
        [KEY_FILE_E_MISMATCH] = N_("None of the certificates in the file belongs to its key."),
};

static const char *const formats[] = { [KEY_FILE_PKCS12] = "p12", [KEY_FILE_PKCS8] = "p8" };

const char *key_file_strerror(int outcome) {
        return outcome > 0 && (size_t) outcome < ELEMENTSOF(sentences) ? sentences[outcome] : NULL;
}

KeyFileFormat key_file_format_from_string(const char *s) {
        for (size_t i = 1; s && i < ELEMENTSOF(formats); i++)
                if (strcmp(formats[i], s) == 0)
                        return (KeyFileFormat) i;
        return KEY_FILE_FORMAT_INVALID;
}

static void free_certificates(gnutls_x509_crt_t *certificates, size_t n) {
        for (size_t i = 0; i < n; i++)
                gnutls_x509_crt_deinit(certificates[i]);
        free(certificates);
}

void key_file_done(KeyFile *f) {
        if (f->key)
                gnutls_privkey_deinit(f->key);
        bytes_done(&f->public_key);
        free_certificates(f->certificates, f->n_certificates);
        free(f->label);
        *f = (KeyFile) { 0 };
}

static gnutls_datum_t datum_of(View v) {
        return (gnutls_datum_t) { .data = (unsigned char *) (uintptr_t) v.data, .size = (unsigned) v.len };
}

/* --- What a file asks for ----------------------------------------------------------------------------------------- */

/* `left` is what may still be spent. */
static int spend(unsigned *left, unsigned rounds) {
        if (rounds > *left)
                return KEY_FILE_E_COSTLY;
        *left -= rounds;
        return 0;
}

/* GnuTLS has a limit of its own for the rounds of one key derivation. */
static int parameters_outcome(int error) {
        switch (error) {
        case GNUTLS_E_MEMORY_ERROR:
                return -ENOMEM;
        case GNUTLS_E_UNKNOWN_CIPHER_TYPE:
        case GNUTLS_E_UNKNOWN_HASH_ALGORITHM:
                return KEY_FILE_E_UNSUPPORTED;
        case GNUTLS_E_ILLEGAL_PARAMETER:
                return KEY_FILE_E_COSTLY;
        default:
                return KEY_FILE_E_FORMAT;
        }
}

/* An EncryptedPrivateKeyInfo. */
static int check_encrypted_key(const gnutls_datum_t *der, unsigned *left) {
        unsigned schema, cipher, count = 0;
        char *oid = NULL;
        int r;

        r = gnutls_pkcs8_info(der, GNUTLS_X509_FMT_DER, &schema, &cipher, NULL, NULL, &count, &oid);
        gnutls_free(oid);
        return r == GNUTLS_E_INVALID_REQUEST ? KEY_FILE_E_CLEAR : r < 0 ? parameters_outcome(r) : spend(left, count);
}

/* The bags of a safe that is not, or no longer, encrypted. */
static int check_bags(gnutls_pkcs12_bag_t bag, bool was_encrypted, unsigned *left) {
        int n = gnutls_pkcs12_bag_get_count(bag), r = 0;

        for (int i = 0; r == 0 && i < n; i++) {
                gnutls_datum_t data;
                int type = gnutls_pkcs12_bag_get_type(bag, (unsigned) i);

                if (type == GNUTLS_BAG_PKCS8_KEY && !was_encrypted)
                        return KEY_FILE_E_CLEAR;
                if (type != GNUTLS_BAG_PKCS8_ENCRYPTED_KEY)
                        continue;
                if (gnutls_pkcs12_bag_get_data(bag, (unsigned) i, &data) < 0)
                        return KEY_FILE_E_FORMAT;
                r = check_encrypted_key(&data, left);
        }
        return r;
}

static int check_safe(gnutls_pkcs12_bag_t bag, unsigned *left) {
        unsigned schema, cipher, count = 0;
        char *oid = NULL;
        int r;

        if (gnutls_pkcs12_bag_get_type(bag, 0) != GNUTLS_BAG_ENCRYPTED)
                return check_bags(bag, false, left);
        r = gnutls_pkcs12_bag_enc_info(bag, &schema, &cipher, NULL, NULL, &count, &oid);
        gnutls_free(oid);
        return r < 0 ? parameters_outcome(r) : spend(left, count);
}

static int check_mac(gnutls_pkcs12_t p12, unsigned *left) {
        unsigned mac, count = 0;
        char *oid = NULL;
        int r;

        r = gnutls_pkcs12_mac_info(p12, &mac, NULL, NULL, &count, &oid);
        gnutls_free(oid);
        if (r == GNUTLS_E_MEMORY_ERROR)
                return -ENOMEM;
        /* Without a MAC nobody can tell a wrong password from an altered file. */
        return r < 0 ? KEY_FILE_E_UNSUPPORTED : spend(left, count);
}

/* Calls `f` with each safe; it ends with the first that is not 0. */
static int each_safe(gnutls_pkcs12_t p12, int (*f)(gnutls_pkcs12_bag_t bag, void *userdata), void *userdata) {
        for (int i = 0;; i++) {
                _cleanup_(gnutls_pkcs12_bag_deinitp) gnutls_pkcs12_bag_t bag = NULL;
                int r;

                if (gnutls_pkcs12_bag_init(&bag) < 0)
                        return -ENOMEM;
                r = gnutls_pkcs12_get_bag(p12, i, bag);
                if (r == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
                        return 0;
                if (r < 0)
                        return KEY_FILE_E_FORMAT;
                if ((unsigned) i >= PARTS_MAX)
                        return KEY_FILE_E_COSTLY;
                r = f(bag, userdata);
                if (r != 0)
                        return r;
        }
}

static int check_one_safe(gnutls_pkcs12_bag_t bag, void *userdata) {
        return check_safe(bag, userdata);
}

static int check_pkcs12(gnutls_pkcs12_t p12, unsigned *left) {
        int r = check_mac(p12, left);

        return r != 0 ? r : each_safe(p12, check_one_safe, left);
}

/* 0 when it is one by its outer form. */
static int parse_pkcs12(View file, gnutls_pkcs12_t *ret) {
        _cleanup_(gnutls_pkcs12_deinitp) gnutls_pkcs12_t p12 = NULL;
        gnutls_datum_t der = datum_of(file);

        if (gnutls_pkcs12_init(&p12) < 0)
                return -ENOMEM;
        if (gnutls_pkcs12_import(p12, &der, GNUTLS_X509_FMT_DER, 0) < 0)
                return KEY_FILE_E_FORMAT;
        *ret = TAKE_PTR(p12);
        return 0;
}

/* The DER of the one encrypted key of a PEM file. */
static int decode_pem(View file, gnutls_datum_t *ret) {
        gnutls_datum_t text = datum_of(file);

        if (gnutls_pem_base64_decode2("ENCRYPTED PRIVATE KEY", &text, ret) >= 0)
                return 0;
        if (view_find(file, "Proc-Type: 4,ENCRYPTED"))
                return KEY_FILE_E_UNSUPPORTED;
        if (view_find(file, "PRIVATE KEY-----"))
                return view_find(file, "-----BEGIN ENCRYPTED PRIVATE KEY-----") ? KEY_FILE_E_FORMAT : KEY_FILE_E_CLEAR;
        return view_find(file, "-----BEGIN CERTIFICATE-----") ? KEY_FILE_E_NO_KEY : KEY_FILE_E_FORMAT;
}

static bool is_pem(View file) {
        return view_find(file, "-----BEGIN ") != NULL;
}

/* A key without password, in DER, is told from what is none. */
static bool is_clear_key(const gnutls_datum_t *der) {
        _cleanup_(gnutls_x509_privkey_deinitp) gnutls_x509_privkey_t key = NULL;

        return gnutls_x509_privkey_init(&key) >= 0 && gnutls_x509_privkey_import2(key, der, GNUTLS_X509_FMT_DER, NULL, 0) >= 0;
}

static int check_pkcs8(const gnutls_datum_t *der, unsigned *left) {
        int r = check_encrypted_key(der, left);

        return r == KEY_FILE_E_FORMAT && is_clear_key(der) ? KEY_FILE_E_CLEAR : r;
}

/* What is left of `left` is for opening it. */
static int check(View file, unsigned left, KeyFileFormat *ret) {
        _cleanup_(gnutls_pkcs12_deinitp) gnutls_pkcs12_t p12 = NULL;
        _cleanup_(datum_done) gnutls_datum_t decoded = { 0 };
        KeyFileFormat format = KEY_FILE_PKCS8;
        gnutls_datum_t der = datum_of(file);
        int r;

        if (file.len == 0 || file.len > KEY_FILE_SIZE_MAX)
                return KEY_FILE_E_FORMAT;
        if (is_pem(file)) {
                r = decode_pem(file, &decoded);
                if (r == 0)
                        r = check_pkcs8(&decoded, &left);
        } else {
                r = parse_pkcs12(file, &p12);
                if (r == 0) {
                        format = KEY_FILE_PKCS12;
                        r = check_pkcs12(p12, &left);
                } else if (r > 0)
                        r = check_pkcs8(&der, &left);
        }
        if (r == 0)
                *ret = format;
        return r;
}

int key_file_check(View file, KeyFileFormat *ret) {
        return check(file, KEY_FILE_ROUNDS_MAX, ret);
}

/* --- Opening ------------------------------------------------------------------------------------------------------ */

typedef struct Reading {
        KeyFile file;
        unsigned left; /* rounds that may still be spent */
        char *password; /* NUL-terminated, as GnuTLS wants it */
} Reading;

static int add_certificate(KeyFile *f, const gnutls_datum_t *der) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        gnutls_x509_crt_t *grown;

        if (f->n_certificates >= KEY_FILE_CERTIFICATES_MAX)
                return KEY_FILE_E_COSTLY;
        if (gnutls_x509_crt_init(&crt) < 0)
                return -ENOMEM;
        if (gnutls_x509_crt_import(crt, der, GNUTLS_X509_FMT_DER) < 0)
                return KEY_FILE_E_FORMAT;
        grown = reallocarray(f->certificates, f->n_certificates + 1, sizeof(*grown));
        if (!grown)
                return -ENOMEM;
        f->certificates = grown;
        f->certificates[f->n_certificates++] = TAKE_PTR(crt);
        return 0;
}

static int describe_key(KeyFile *f) {
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = NULL;
        int r;

        if (gnutls_pubkey_init(&pubkey) < 0)
                return -ENOMEM;
        if (gnutls_pubkey_import_privkey(pubkey, f->key, 0, 0) < 0)
                return KEY_FILE_E_FORMAT;
        r = signature_scheme_of_pubkey(pubkey, &f->scheme);
        if (r == -EOPNOTSUPP)
                return KEY_FILE_E_UNSUPPORTED;
        return r < 0 ? r : key_public(f->key, &f->public_key);
}

/* Takes the key over. */
static int take_key(KeyFile *f, gnutls_x509_privkey_t *x509) {
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;

        if (f->key)
                return KEY_FILE_E_SEVERAL;
        if (gnutls_privkey_init(&key) < 0)
                return -ENOMEM;
        if (gnutls_privkey_import_x509(key, *x509, GNUTLS_PRIVKEY_IMPORT_AUTO_RELEASE) < 0)
                return KEY_FILE_E_UNSUPPORTED;
        TAKE_PTR(*x509);
        f->key = TAKE_PTR(key);
        return describe_key(f);
}

/* Whatever goes wrong behind a wrong password (padding, DER, an algorithm that is none) is a wrong password. */
static int add_key(KeyFile *f, const gnutls_datum_t *der, const char *password) {
        _cleanup_(gnutls_x509_privkey_deinitp) gnutls_x509_privkey_t x509 = NULL;
        int r;

        if (gnutls_x509_privkey_init(&x509) < 0)
                return -ENOMEM;
        r = gnutls_x509_privkey_import_pkcs8(x509, der, GNUTLS_X509_FMT_DER, password, password ? 0 : GNUTLS_PKCS_PLAIN);
        if (r == GNUTLS_E_MEMORY_ERROR)
                return -ENOMEM;
        if (r == GNUTLS_E_UNKNOWN_PK_ALGORITHM || r == GNUTLS_E_ECC_UNSUPPORTED_CURVE)
                return KEY_FILE_E_UNSUPPORTED;
        return r < 0 ? KEY_FILE_E_PASSWORD : take_key(f, &x509);
}

/* Names are for show only: one that does not fit is none. */
static int take_label(KeyFile *f, gnutls_pkcs12_bag_t bag, unsigned i) {
        char *name = NULL;

        if (f->label || gnutls_pkcs12_bag_get_friendly_name(bag, i, &name) < 0 || !name || !*name)
                return 0;
        f->label = utf8_sanitize(view_string(name));
        return f->label ? 0 : -ENOMEM;
}

static int read_bag(Reading *reading, gnutls_pkcs12_bag_t bag, unsigned i) {
        int type = gnutls_pkcs12_bag_get_type(bag, i), r;
        bool is_key = type == GNUTLS_BAG_PKCS8_ENCRYPTED_KEY || type == GNUTLS_BAG_PKCS8_KEY;
        gnutls_datum_t data;

        if (!is_key && type != GNUTLS_BAG_CERTIFICATE)
                return 0;
        if (gnutls_pkcs12_bag_get_data(bag, i, &data) < 0)
                return KEY_FILE_E_FORMAT;
        if (!is_key)
                return add_certificate(&reading->file, &data);
        r = add_key(&reading->file, &data, type == GNUTLS_BAG_PKCS8_KEY ? NULL : reading->password);
        return r != 0 ? r : take_label(&reading->file, bag, i);
}

/* What an encrypted safe holds is known, and may be costly, only now. */
static int read_safe(gnutls_pkcs12_bag_t bag, void *userdata) {
        Reading *reading = userdata;
        int n, r = 0;

        if (gnutls_pkcs12_bag_get_type(bag, 0) == GNUTLS_BAG_ENCRYPTED) {
                if (gnutls_pkcs12_bag_decrypt(bag, reading->password) < 0)
                        return KEY_FILE_E_PASSWORD;
                r = check_bags(bag, true, &reading->left);
        }
        n = gnutls_pkcs12_bag_get_count(bag);
        for (int i = 0; r == 0 && i < n; i++)
                r = read_bag(reading, bag, (unsigned) i);
        return r;
}

static int read_pkcs12(gnutls_pkcs12_t p12, Reading *reading) {
        int r = check_pkcs12(p12, &reading->left);

        if (r != 0)
                return r;
        r = gnutls_pkcs12_verify_mac(p12, reading->password);
        if (r == GNUTLS_E_MEMORY_ERROR)
                return -ENOMEM;
        return r < 0 ? KEY_FILE_E_PASSWORD : each_safe(p12, read_safe, reading);
}

static int add_pem_certificates(KeyFile *f, View file) {
        gnutls_datum_t text = datum_of(file);
        gnutls_x509_crt_t *list = NULL;
        unsigned n = 0;
        int r = 0;

        if (!view_find(file, "-----BEGIN CERTIFICATE-----"))
                return 0;
        if (gnutls_x509_crt_list_import2(&list, &n, &text, GNUTLS_X509_FMT_PEM, 0) < 0)
                return KEY_FILE_E_FORMAT;
        for (unsigned i = 0; i < n; i++) {
                _cleanup_(datum_done) gnutls_datum_t der = { 0 };

                if (r == 0)
                        r = gnutls_x509_crt_export2(list[i], GNUTLS_X509_FMT_DER, &der) < 0 ? -ENOMEM : add_certificate(f, &der);
                gnutls_x509_crt_deinit(list[i]);
        }
        gnutls_free(list);
        return r;
}

static int read_pem(View file, Reading *reading) {
        _cleanup_(datum_done) gnutls_datum_t der = { 0 };
        int r = decode_pem(file, &der);

        if (r == 0)
                r = add_key(&reading->file, &der, reading->password);
        return r != 0 ? r : add_pem_certificates(&reading->file, file);
}

/* The key's certificate to the front. */
static int put_in_order(KeyFile *f) {
        if (!f->key)
                return KEY_FILE_E_NO_KEY;
        for (size_t i = 0; i < f->n_certificates; i++) {
                gnutls_x509_crt_t own = f->certificates[i];

                if (key_matches_certificate(bytes_view(&f->public_key), own) < 0)
                        continue;
                memmove(f->certificates + 1, f->certificates, i * sizeof(own));
                f->certificates[0] = own;
                return 0;
        }
        return f->n_certificates > 0 ? KEY_FILE_E_MISMATCH : 0;
}

static int read_any(View file, Reading *reading) {
        _cleanup_(gnutls_pkcs12_deinitp) gnutls_pkcs12_t p12 = NULL;
        gnutls_datum_t der = datum_of(file);
        int r;

        if (is_pem(file))
                r = read_pem(file, reading);
        else if (reading->file.format == KEY_FILE_PKCS8)
                r = add_key(&reading->file, &der, reading->password);
        else {
                r = parse_pkcs12(file, &p12);
                if (r == 0)
                        r = read_pkcs12(p12, reading);
        }
        return r != 0 ? r : put_in_order(&reading->file);
}

int key_file_read_within(View file, View password, unsigned rounds_max, KeyFile *ret) {
        _cleanup_secret_ Secret *terminated = NULL;
        Reading reading = { .left = rounds_max };
        int r;

        r = check(file, rounds_max, &reading.file.format);
        if (r != 0)
                return r;
        if (password.len > SECRET_MAX || memchr(password.len > 0 ? password.data : (const uint8_t *) "", 0, password.len))
                return KEY_FILE_E_PASSWORD;
        r = secret_new(password.len + 1, &terminated);
        if (r < 0)
                return r;
        if (password.len > 0)
                memcpy(secret_data(terminated), password.data, password.len);
        reading.password = (char *) secret_data(terminated);
        r = read_any(file, &reading);
        if (r == 0)
                *ret = reading.file;
        else
                key_file_done(&reading.file);
        return r;
}

int key_file_read(View file, View password, KeyFile *ret) {
        return key_file_read_within(file, password, KEY_FILE_ROUNDS_MAX, ret);
}
