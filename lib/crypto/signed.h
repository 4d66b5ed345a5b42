/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What X.509 calls SIGNED: a to-be-signed structure, the algorithm, and the signature's value (RFC 5280 §4.1.1, §5.1.1). The key need not be in this
 * process, and whoever has it is given the whole structure, not a digest of it, so that he can read what he signs. */

#include "crypto/key.h"

/* Who signs: gives the value of a signature over `tbs` as key_sign() gives it. Called on whichever thread wants it. */
typedef struct Signatory {
        int (*sign)(View tbs, void *userdata, Bytes *ret);
        void *userdata;
} Signatory;

/* A Signatory's `sign` for a key at hand: `userdata` is the gnutls_privkey_t. As key_sign(), and -EOPNOTSUPP. */
int sign_by_key(View tbs, void *userdata, Bytes *ret);

/* The AlgorithmIdentifier of a key's scheme, DER; static. -EOPNOTSUPP for a key that is none of ours. */
int signed_algorithm(gnutls_pubkey_t key, View *ret);

/* The three parts as one structure. */
int signed_assemble(View tbs, View algorithm, View value, Bytes *ret);

/* Whether `value` is the key's signature over `tbs`: 0, -EKEYREJECTED, -EOPNOTSUPP. */
int signed_verify(gnutls_pubkey_t key, View tbs, View value);
