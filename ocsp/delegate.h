/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The responder's own key and the certificate by which the CA lets it answer (RFC 6960 §4.2.2.2). Kept in two files of a folder that only the
 * responder's user reads; the key serves for nothing else, lives a month, and is never in a backup, so it is not wrapped. */

#include <gnutls/x509.h>

#include "base/bytes.h"
#include "crypto/key.h"
#include "ocsp/issuer.h"

#define KEY_HASH_SIZE 20U
#define DELEGATE_SERIAL_MAX 32U

typedef struct Delegate {
        gnutls_privkey_t key;
        SignatureScheme scheme;
        Bytes certificate;
        uint8_t key_hash[KEY_HASH_SIZE]; /* SHA-1 of the public key: the responder's name in its answers */
        uint8_t serial[DELEGATE_SERIAL_MAX];
        size_t serial_len;
        int64_t not_before, not_after;
} Delegate;

/* Puts a key and its certificate together; takes `key` over when it succeeds. -EKEYREJECTED when they do not fit, -EOPNOTSUPP for a key that is
 * not on P-256, -EBADMSG for what is no certificate. */
int delegate_new(gnutls_privkey_t key, View certificate, Delegate **ret);
Delegate *delegate_free(Delegate *d);
DEFINE_CLEANUP(Delegate *, delegate_free);

/* Reads what is kept in `folder`. -ENOENT when there is nothing yet; also as delegate_new(). */
int delegate_load(const char *folder, Delegate **ret);

/* Keeps it: first the key, then the certificate, so that what a crash leaves between the two does not fit and counts as nothing. */
int delegate_save(const Delegate *d, const char *folder);

/* Whether the CA certified it for answers in its name: 0, or -EKEYREJECTED. Times are not looked at. */
int delegate_check(const Delegate *d, const Issuer *issuer);

/* The AlgorithmIdentifier of its signatures. */
View delegate_algorithm(void);

/* Signs; an OcspSign, with the Delegate as userdata. May be called from several threads. */
int delegate_sign(View data, const void *delegate, Bytes *ret);
