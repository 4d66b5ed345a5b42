/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What an operation does in the store and on workers: the one atomic step of an authorisation, the look before each signature leaves, the opening
 * of the key. An OperationJob holds copies of what they need and what they find; it belongs to one call. */

#include "daemon/credential.h"
#include "daemon/item.h"
#include "daemon/lease.h"
#include "daemon/pin.h"

typedef struct OperationJob {
        /* given */
        Store *store;
        char session[33];
        char account[17];
        uint32_t uid;
        char credential[CREDENTIAL_ID_SIZE];
        int64_t now;
        LeaseTerms terms;
        bool remembered;  /* the session has its one-time code already, as far as the policy lets it stand */
        int64_t session_age;       /* seconds; of a remembered session */
        uint32_t session_signatures; /* and its signatures with this credential, these included */
        Bytes pin_kdf;    /* and its PIN: of the record that it fitted; empty: no */
        Secret *otp, *password, *pin; /* what was given; NULL: not */
        uint32_t count;   /* items of the operation */
        Bytes payload;    /* of the audit entry of signatures */
        /* found */
        Credential *record;
        ItemRules *rules;
        Pin tried;        /* the record that `pin` is held against */
        Secret *pin_key;  /* from `pin`; with pin_kdf it is given */
        gnutls_privkey_t key;
        int opened;       /* what operation_job_open_key() came to */
        int64_t until;    /* with OUTCOME_BUSY, OUTCOME_LATER, OUTCOME_EXPIRED, OUTCOME_NOT_YET */
} OperationJob;

void operation_job_done(OperationJob *j);

/* Wipes what was given, once it is settled. `pin_key` stays: it opens a signature. */
void operation_job_forget_factors(OperationJob *j);

/* Store: whether the account may have the credential sign. 0 and `rules`, or an OUTCOME_. With a password or a PIN also whether it may be tried
 * now. Writes nothing. */
int operation_job_prepare(Txn *t, OperationJob *j);

/* Store: grant, status, validity, policy, lease, factors, audit as one step. 0 or an outcome (TOTP_E_*, OUTCOME_*). With a password or a PIN after
 * operation_job_open_key(). */
int operation_job_authorize(Txn *t, OperationJob *j);

/* Store: operation_job_authorize() and the audit entry of signatures, one commit for both: what is authorised and signed by one call is looked up
 * once, and is on disk before the key is touched. */
int operation_job_once(Txn *t, OperationJob *j);

/* Worker: opens `record`'s key into `key`; where a PIN is given it is tried, and the key is opened by another call after it is settled. The result
 * is also in `opened`: -EKEYREJECTED for a wrong password or PIN. Heavy where one of them is given. */
int operation_job_open_key(OperationJob *j);

/* Store: looks everything up again that may have changed since, prolongs the lease, writes the audit entry. Without its 0 no signature leaves. */
int operation_job_sign(Txn *t, OperationJob *j);

/* Store: an entry that what `sign` announced did not come about. */
int operation_job_failed(Txn *t, OperationJob *j);
