/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Credentials as records: a private key at rest, its certificates and its policy. Functions that take a Txn run in a job. */

#include "crypto/profile.h"
#include "daemon/grant.h"
#include "daemon/id.h"
#include "store/store.h"

#define CREDENTIAL_ID_SIZE (2 * ID_RECORD + 1)
#define CREDENTIAL_LABEL_MAX 256U /* bytes */
#define CREDENTIAL_TERMS_MAX 32U  /* bytes */

typedef enum CredentialKind {
        CREDENTIAL_SEAL = 1, /* an organisation's; grants say who may use it; one-time codes authorise */
        CREDENTIAL_CUSTOMS,  /* a person's; its password authorises and opens it */
        CREDENTIAL_SIGNATURE, /* a person's; a one-time code and the account's PIN authorise, the PIN opens it */
        CREDENTIAL_AUTHENTICATION, /* a person's, with a password as customs has it; never signs documents */
        CREDENTIAL_OFFLINE,   /* likewise; KSeF's type Offline, which neither authenticates nor signs documents */
} CredentialKind;

/* What authorises an operation, the weaker first. A session is always needed beside. */
typedef enum Factors {
        FACTOR_INVALID = 0,
        FACTOR_OTP,      /* a one-time code */
        FACTOR_PIN_OTP,  /* that, and the account's PIN */
        FACTOR_PASSWORD, /* the key's own password */
} Factors;

typedef enum CredentialStatus {
        CREDENTIAL_REQUESTED = 1, /* no certificate yet */
        CREDENTIAL_ACTIVE,
        CREDENTIAL_RETIRED,       /* the key is erased */
        CREDENTIAL_BLOCKED,       /* the key was reported as revealed: it signs nothing until the report is taken back, or another key takes its place */
} CredentialStatus;

typedef struct Credential {
        char id[CREDENTIAL_ID_SIZE];
        CredentialKind kind;
        Profile profile;    /* of its certificates; PROFILE_INVALID in one that is made: the kind's own */
        CredentialStatus status;
        Factors factors;    /* in force; changed through policy.h */
        KeyAlgorithm algorithm;
        char *label;
        char *owner; /* the account of a personal credential; NULL for a seal */
        char *terms; /* the version of the terms that were accepted; NULL or empty: none */
        int64_t created;
        Bytes public_key, subject;
        Bytes private_key; /* sealed; empty once retired */
        Bytes kdf;         /* of a key with a password */
        Bytes certificates; /* each after its u32be length, the credential's own first; may be empty */
} Credential;

Credential *credential_free(Credential *c);
DEFINE_CLEANUP(Credential *, credential_free);

const char *credential_kind_to_string(CredentialKind k);
const char *credential_status_to_string(CredentialStatus s);
const char *factors_to_string(Factors f); /* "otp", "pin+otp", "password" */
Factors factors_from_string(const char *s); /* FACTOR_INVALID for anything else */

/* Whether a password of its own opens and authorises it. */
bool credential_kind_has_password(CredentialKind k);

/* The kind of what is made for a profile; 0 for none. And the profile of what was made before there were several for a kind. */
CredentialKind credential_kind_of_profile(Profile p);
Profile credential_profile(const Credential *c);

Factors credential_default_factors(CredentialKind k); /* of a new one: the weakest that its kind may have */

/* -ENOENT when there is none, -EBADMSG when the record was altered. */
int credential_load(Txn *t, const char *id, Credential **ret);
int credential_insert(Txn *t, const Credential *c);

/* Writes status, factors, key and certificates. */
int credential_update(Txn *t, const Credential *c);

/* Writes rows of earlier versions in today's form; at start. What is not believed stays as it is. */
int credential_upgrade(Txn *t);

/* What `account` is to the credential: -ENOENT when it may not use it. */
int credential_role(Txn *t, const Credential *c, const char *account, Role *ret);

/* Whether `account` may have it sign at `now`: 0, OUTCOME_NOT_FOUND, OUTCOME_DISABLED, OUTCOME_BLOCKED, OUTCOME_CERTIFICATE, or OUTCOME_EXPIRED and OUTCOME_NOT_YET
 * with the time in *ret_when. */
int credential_check_use(Txn *t, const Credential *c, const char *account, int64_t now, int64_t *ret_when);

/* The certificate number `i`, borrowed; -ENODATA when there are fewer. */
int credential_certificate(const Credential *c, size_t i, View *ret);

/* Of its own certificate, in seconds since 1970. -ENODATA when there is none, -EBADMSG. */
int credential_validity(const Credential *c, int64_t *ret_not_before, int64_t *ret_not_after);

/* Seals the key into `c` (which has its id), under the store key; where the kind has a password, under that, `second`, too: then it takes as long as
 * Argon2 does, on a worker; a signature under the PIN's key `second` too (pin.h). Fills in public_key. */
int credential_seal_key(Store *s, Credential *c, gnutls_privkey_t key, View second);

/* Opens it. -EKEYREJECTED for a wrong password, -ENODATA when the key was erased, -EBADMSG for a PIN's key that it is not sealed under. */
int credential_open_key(Store *s, const Credential *c, View second, gnutls_privkey_t *ret);

/* Seals a signature's key anew, under another key of a PIN. */
int credential_reseal_key(Store *s, Credential *c, View old_second, View new_second);

/* Calls `f` with the id of each signature of an account that is not retired; f does not touch the store. */
int credential_each_signature(Txn *t, const char *account, int (*f)(const char *id, void *userdata), void *userdata);
