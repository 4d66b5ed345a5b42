/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Renewals under way (requirement E11): a new key of a credential, with its certificate request, beside the one that serves. Nothing is signed with it
 * until its certificate is imported; then it takes the old one's place. All functions run in a job; rows are believed only if their MAC fits. */

#include "daemon/credential.h"

typedef struct Renewal {
        int64_t requested;
        Bytes public_key;  /* SubjectPublicKeyInfo */
        Bytes private_key; /* sealed for the place of the credential's own: credential_seal_key() */
        Bytes kdf;         /* of a key that a password protects */
        Bytes request;     /* PKCS#10 */
} Renewal;

void renewal_done(Renewal *n);

/* -ENOENT when none is under way, -EBADMSG when the record was altered. */
int renewal_load(Txn *t, const char *credential, Renewal *ret);

/* When it was requested: 1, or 0 when none is under way. For lists: the record is not checked. */
int renewal_requested(Txn *t, const char *credential, int64_t *ret);

/* -EEXIST when one is under way. */
int renewal_insert(Txn *t, const char *credential, const Renewal *n);

/* Seals the new key of a signature anew, under another key of a PIN. */
int renewal_reseal(Store *s, const char *credential, Renewal *n, View old_second, View new_second);

/* Erases the new key. 0, or -ENOENT. */
int renewal_delete(Txn *t, const char *credential);
