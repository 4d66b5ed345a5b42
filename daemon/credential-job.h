/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the methods on credentials do in the store and on workers. A CredentialJob holds copies of what they need and what they find; it belongs to
 * one call. Each job decides who may, does, and writes the audit entry, as one step; it returns 0, an outcome (outcome.h), or a negative errno. */

#include "crypto/subject.h"
#include "daemon/certificate-chain.h"
#include "daemon/code.h"
#include "daemon/credential.h"
#include "daemon/pin.h"
#include "daemon/policy.h"
#include "daemon/renewal.h"
#include "daemon/seal-users.h"

#define CREDENTIALS_LIST_MAX 1024U

typedef struct CredentialListed {
        Credential *record;
        Role role;
        char *login; /* through which it may be used; NULL */
        char *name, *email; /* of that account */
        int64_t renewal;    /* since when one is under way; -1: none is */
        bool has_fields;
        CertificateFields fields;
} CredentialListed;

typedef struct Accounts {
        char (*ids)[17];
        size_t n;
} Accounts;

typedef struct CredentialJob {
        /* given */
        Store *store;
        uint32_t uid;
        int64_t now;
        char account[17];         /* of the session; empty: the operator asks, and polkit has agreed */
        char id[CREDENTIAL_ID_SIZE];
        const char *login;        /* of the other account, or, to remove a user, an invitation's id; borrowed */
        const Settings *settings; /* the manager's */
        char email[EMAIL_MAX + 1], phone[PHONE_MAX + 1]; /* of who is invited, in their normal forms */
        Secret *otp, *password, *pin;
        PolicyChange change;
        const View *certificates; /* what a CA answered; borrowed */
        size_t n_certificates;
        char machine[33];
        char *user_name;          /* of the caller; NULL: none */
        bool all;
        /* made or found */
        Credential *record;
        Subject *subject;
        Pin tried;                /* the record that `pin` is held against */
        Secret *pin_key;
        int opened;
        Bytes request;
        Policy policy;
        SealUsers users;
        Renewal renewal;
        bool renewed;             /* the import was a renewal's */
        Bytes chain;              /* that is imported */
        Credential *next;         /* a seal that takes another's place */
        CodeSent sent;
        CredentialListed *listed;
        size_t n_listed;
        char other_account[17];
        char invitation[INVITATION_ID_SIZE]; /* that it was about; empty: none */
        const char *problem;      /* with OUTCOME_CERTIFICATE and OUTCOME_FACTOR_NEEDED, what is wrong; a constant */
        int64_t until;
        Accounts affected;        /* who may use the credential */
        uint32_t told;            /* how many of them are sent a message */
} CredentialJob;

void credential_job_done(CredentialJob *j);

/* Store: loads what `pin` is held against, if it may be tried. Worker, heavy: tries it; what it came to is settled by the job that follows. */
int credential_job_check_pin(Txn *t, CredentialJob *j);
int credential_job_try_pin(CredentialJob *j);

/* Store: whether the account may make a signature with its PIN. */
int credential_job_begin_signature(Txn *t, CredentialJob *j);

/* Worker, heavy: makes `record`'s key and its request, tries the PIN, and seals the key with it. -EKEYREJECTED for a wrong PIN. */
int credential_job_make_signature(CredentialJob *j);

/* Worker: makes `record`'s key and seals it in, under `password` for a customs key (then it is heavy). */
int credential_job_make_key(CredentialJob *j);

/* Store: writes `record`; a seal's with the grant of its Administrator, the account `login`; a signature's after it has settled code and PIN. */
int credential_job_create(Txn *t, CredentialJob *j);

/* Store: loads `record` for a request; a person's key only if password or PIN may be tried. Writes the audit entry of a seal's. */
int credential_job_request(Txn *t, CredentialJob *j);
/* Worker: opens the key and makes the request; a signature's with the PIN that was tried and settled before. -EKEYREJECTED for a wrong password. */
int credential_job_make_request(CredentialJob *j);
/* Store: settles the password or PIN of a person's key, and writes the audit entry. */
int credential_job_settle_request(Txn *t, CredentialJob *j);

/* Store: for the key that serves, or, when it is a renewal's, for the new one, which then takes its place; the old one is erased. */
int credential_job_import(Txn *t, CredentialJob *j);

/* Renewal: whether it may be (store), the key and its request (worker; heavy for a person's), and the record (store). The password or PIN of a person's key is tried
 * by the worker, and the new key sealed with it; it is settled when the record is written. */
int credential_job_begin_renewal(Txn *t, CredentialJob *j);
int credential_job_make_renewal(CredentialJob *j); /* -EKEYREJECTED for a wrong password or PIN */
int credential_job_renew(Txn *t, CredentialJob *j);
int credential_job_get_renewal(Txn *t, CredentialJob *j);
int credential_job_cancel_renewal(Txn *t, CredentialJob *j);

/* A new seal in the place of one whose Administrator is gone: the same three steps. `login` is of the new Administrator. */
int credential_job_begin_reissue(Txn *t, CredentialJob *j);
int credential_job_make_reissue(CredentialJob *j);
int credential_job_reissue(Txn *t, CredentialJob *j);

int credential_job_certificates(Txn *t, CredentialJob *j); /* loads `record`, with `all` for the operator, else for who is bound to a user of it */
/* `policy`: for who may use the credential, and the operator. */
int credential_job_get_policy(Txn *t, CredentialJob *j);
/* Makes `change`: the operator sets what is allowed, Administrator or owner what is in force. OUTCOME_FACTOR_NEEDED with `problem` where it cannot be. */
int credential_job_set_policy(Txn *t, CredentialJob *j);
int credential_job_retire(Txn *t, CredentialJob *j);

/* The key may be in other hands: `record` signs nothing from now on, its lease ends, and who may use it (`affected`) is told. May be repeated. */
int credential_job_report_compromise(Txn *t, CredentialJob *j);
/* The operator takes such a report back. OUTCOME_STATE where there is none. */
int credential_job_release(Txn *t, CredentialJob *j);

int credential_job_list(Txn *t, CredentialJob *j);
int credential_job_list_users(Txn *t, CredentialJob *j);
int credential_job_add_user(Txn *t, CredentialJob *j);
int credential_job_invite_user(Txn *t, CredentialJob *j); /* writes `invitation` and `sent` */
int credential_job_remove_user(Txn *t, CredentialJob *j);
int credential_job_break_lease(Txn *t, CredentialJob *j);
