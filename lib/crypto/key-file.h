/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Private keys in files: PKCS#12 (RFC 7292) with its certificates, and PKCS#8 under a password (EncryptedPrivateKeyInfo,
 * RFC 5958) as PEM or DER. What is written is PBES2 (RFC 8018) with PBKDF2 over HMAC-SHA-256 and AES-256-CBC; what is read
 * is whatever GnuTLS knows, by which others' files are read. A key that no password protects is not read. Nothing here
 * opens a file: see client/key-path.h. */

#include <gnutls/x509.h>

#include "crypto/key.h"

#define KEY_FILE_SIZE_MAX (256U * 1024U)
#define KEY_FILE_CERTIFICATES_MAX 16U

/* What a file may cost who opens it: rounds of key derivation, added up over its parts. Java writes up to 5 million in one. */
#define KEY_FILE_ROUNDS_MAX 20000000U

/* What we write. PBKDF2 makes a guess cost two compressions of SHA-256 a round, the derivation of PKCS#12's MAC one:
 * neither is the cheaper way in. */
#define KEY_FILE_ROUNDS 600000U
#define KEY_FILE_MAC_ROUNDS 1200000U

typedef enum KeyFileFormat {
        KEY_FILE_FORMAT_INVALID = 0,
        KEY_FILE_PKCS12,
        KEY_FILE_PKCS8,
} KeyFileFormat;

KeyFileFormat key_file_format_from_string(const char *s); /* "p12", "p8" */

/* Why a file gives no key. key_file_strerror() has the sentence. */
enum {
        KEY_FILE_E_FORMAT = 1,  /* no such file, or a damaged one */
        KEY_FILE_E_PASSWORD,    /* a wrong password; or the file was altered, which looks the same */
        KEY_FILE_E_CLEAR,       /* the key is not protected by a password */
        KEY_FILE_E_UNSUPPORTED, /* encryption, MAC or kind of key that is not read here */
        KEY_FILE_E_COSTLY,      /* its parameters would keep the machine busy: KEY_FILE_ROUNDS_MAX, or too many parts */
        KEY_FILE_E_NO_KEY,
        KEY_FILE_E_SEVERAL,     /* more keys than one */
        KEY_FILE_E_MISMATCH,    /* certificates, and none of them is the key's */
};

const char *key_file_strerror(int outcome); /* untranslated, marked for gettext; NULL for 0 */

typedef struct KeyFile {
        KeyFileFormat format;
        gnutls_privkey_t key;
        Bytes public_key;                /* SubjectPublicKeyInfo */
        SignatureScheme scheme;
        gnutls_x509_crt_t *certificates; /* the key's own first, the others in the file's order; may be none */
        size_t n_certificates;
        char *label;                     /* friendlyName, fit to be shown; NULL */
} KeyFile;

void key_file_done(KeyFile *f);
#define _cleanup_key_file_ _cleanup_(key_file_done)

/* Whether a password is worth asking for: what can be told without one. 0 (with the form), an outcome, or a negative errno. */
int key_file_check(View file, KeyFileFormat *ret);

/* Opens it; may take seconds. A wrong password takes as long as a right one up to where the two part. 0, an outcome, or a
 * negative errno. */
int key_file_read(View file, View password, KeyFile *ret);

/* The same with another limit of rounds, for the fuzz target. */
int key_file_read_within(View file, View password, unsigned rounds_max, KeyFile *ret);

/* The key as a file's content, DER of PKCS#12 or PEM of PKCS#8. The password is UTF-8; certificates have the key's own
 * first. -EINVAL for a password that is empty or no text, -EIO when GnuTLS fails, for instance because the key cannot leave
 * where it is. */
int key_file_write_pkcs12(gnutls_privkey_t key, const gnutls_x509_crt_t *certificates, size_t n, const char *label, View password, Bytes *ret);
int key_file_write_pkcs8(gnutls_privkey_t key, View password, Bytes *ret);
