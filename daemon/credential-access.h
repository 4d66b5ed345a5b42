/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Shared by the files that do jobs on credentials; nobody else includes it. */

#include "daemon/credential-job.h"

/* Loads `record` and decides: the operator has every seal, an account what it administers or owns. 0, OUTCOME_NOT_FOUND or OUTCOME_DENIED. */
int credential_access(Txn *t, CredentialJob *j);

/* The same for seals only: a person's key has no users. */
int credential_access_seal(Txn *t, CredentialJob *j);


/* Retires `record`, which was loaded and may be: erases its key, a renewal's too, frees it, and takes back its invitations. */
int credential_retire(Txn *t, CredentialJob *j);

/* Where the chain that is imported is for the key of a renewal, puts that into `record` and sets `renewed`. OUTCOME_CERTIFICATE where it is not. */
int credential_take_renewal(Txn *t, CredentialJob *j);

/* The code of an Administrator or owner; for the operator, whom polkit was asked about, nothing. What gives power to sign (`gives`) takes the PIN too where
 * operations do: else whoever lacks it would let somebody else sign, or lower the policy. A PIN that is given must be right in any case. */
int credential_settle_power(Txn *t, CredentialJob *j, bool gives);

/* Of a person's key, which was loaded: whether what opens it may be tried now, and that it was given; OUTCOME_FACTOR_NEEDED with `problem`. And what came of trying
 * it: `opened`, settled and counted. */
int credential_begin_key(Txn *t, CredentialJob *j);
int credential_settle_key(Txn *t, CredentialJob *j);

int credential_audit(Txn *t, const CredentialJob *j, const char *event, View payload);
