/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Private keys and signature schemes. A key is one gnutls_privkey_t wherever it lives; this file says which kinds exist,
 * how they are made, stored as PKCS#8 and used. No other file chooses an algorithm. */

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <stdbool.h>

#include "base/bytes.h"
#include "base/secret.h"

typedef enum KeyAlgorithm {
        KEY_ALGORITHM_INVALID = 0,
        KEY_P256,
        KEY_P384,
        KEY_RSA3072,
        KEY_RSA4096,
        KEY_ED25519,
        KEY_RSA2048, /* for KSeF, which takes no other RSA: TS 119 312 ends it with 2028. See profile_allows_key(). */
} KeyAlgorithm;

/* "p256", "p384", "rsa3072", "rsa4096", "ed25519", "rsa2048": the names of the D-Bus contract and of --algorithm. The second
 * returns KEY_ALGORITHM_INVALID for anything else. */
const char *key_algorithm_to_string(KeyAlgorithm a);
KeyAlgorithm key_algorithm_from_string(const char *s);

/* How a key signs: the one padding and digest of each algorithm (RFC 5652 with RFC 5754, RFC 8419). RSA is PKCS#1 v1.5
 * with SHA-256, P-256 SHA-256, P-384 SHA-384, Ed25519 pure (the digest of the message is then SHA-512, RFC 8419 §3.1). */
typedef struct SignatureScheme {
        KeyAlgorithm algorithm;
        gnutls_sign_algorithm_t sign;
        gnutls_digest_algorithm_t message_digest; /* of the document, as messageDigest has it */
        size_t signature_max;                     /* bytes of the longest value of key_sign() */
        unsigned salt;                            /* RSA-PSS: bytes of the salt; else 0 */
} SignatureScheme;

/* -EINVAL for an algorithm that is none. */
int signature_scheme_of(KeyAlgorithm a, SignatureScheme *ret);

/* The scheme of any key that others may have made: ours, and beyond them RSA of 2048 to 8192 bits and P-521 (then `algorithm` is KEY_ALGORITHM_INVALID).
 * A key for RSA-PSS alone (RFC 4055 §1.2) signs as its parameters say, or without any with SHA-256. -EOPNOTSUPP for the rest. */
int signature_scheme_of_pubkey(gnutls_pubkey_t pubkey, SignatureScheme *ret);

/* The same key with RSA-PSS (RFC 8017 §8.1; MGF1 with the same digest, a salt as long as it) in place of PKCS #1 v1.5. -EOPNOTSUPP for what is not RSA. */
int signature_scheme_to_pss(SignatureScheme *scheme);

/* The algorithm of a public key; KEY_ALGORITHM_INVALID for kinds and sizes we do not make (RSA is told by size). */
KeyAlgorithm key_algorithm_of_pubkey(gnutls_pubkey_t pubkey);

DEFINE_CLEANUP(gnutls_privkey_t, gnutls_privkey_deinit);
DEFINE_CLEANUP(gnutls_pubkey_t, gnutls_pubkey_deinit);
DEFINE_CLEANUP(gnutls_x509_crt_t, gnutls_x509_crt_deinit);

/* Makes a key. Takes up to seconds for RSA: call it on a worker. -EIO when GnuTLS fails. The caller owns *ret. */
int key_generate(KeyAlgorithm a, gnutls_privkey_t *ret);

/* The key as unencrypted PKCS#8 DER (RFC 5958), to be sealed at once. */
int key_export(gnutls_privkey_t key, Secret **ret);

/* -EBADMSG when it is no key, -EOPNOTSUPP for an algorithm that is not ours. */
int key_import(View pkcs8, gnutls_privkey_t *ret);

/* The public half. -ENOMEM, -EIO. The caller owns *ret. */
int key_to_public(gnutls_privkey_t key, gnutls_pubkey_t *ret);

/* The SubjectPublicKeyInfo, DER (RFC 5280 §4.1.2.7). */
int key_public(gnutls_privkey_t key, Bytes *ret);

int pubkey_export(gnutls_pubkey_t pubkey, Bytes *ret); /* the same of a public key */

/* Signs `data` (not a digest: hashing is done here). The value is as CMS wants it: ECDSA as DER Ecdsa-Sig-Value
 * (RFC 3279 §2.2.3), RSA big-endian, Ed25519 64 bytes. Safe to call from several threads on one key. */
int key_sign(gnutls_privkey_t key, const SignatureScheme *scheme, View data, Bytes *ret);

/* 0 when the certificate's public key is `spki`, -EKEYREJECTED when not. */
int key_matches_certificate(View spki, gnutls_x509_crt_t certificate);

/* Whether an ECDSA signature value is the DER of an Ecdsa-Sig-Value (RFC 3279 §2.2.3): GnuTLS also takes other encodings of the same two
 * numbers (BER lengths, wrong tags, negative integers), so that anybody could turn a signature into another one that verifies. Ask before
 * verifying. */
bool ecdsa_value_is_der(View value);

/* The same two numbers as XML Signature has them (XML Signature 1.1 §6.4.3): r and s, each as wide as the group's order, without ASN.1. `sign` tells the
 * group: each of ours goes with one digest. A value that is no DER is -EBADMSG; of other algorithms the value is copied as it is. */
int signature_value_to_xml(const SignatureScheme *scheme, View value, Bytes *ret);

/* Of what GnuTLS allocated. */
static inline void datum_done(gnutls_datum_t *d) {
        gnutls_free(d->data);
        *d = (gnutls_datum_t) { NULL, 0 };
}
