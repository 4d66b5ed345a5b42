/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The lease: the exclusive use of a seal by one account (requirement E10). Taken when activation data is accepted, lapses without
 * signatures, has an absolute maximum, ends with the session that used it last, can be broken. All functions run in a job. */

#include <stdbool.h>

#include "store/store.h"

#define LEASE_TURN 30 /* seconds for which a seal is kept for who waited for it */

#define LEASE_MANDATE "mandate/" /* what the name begins with in which a mandate's call holds a seal; no session is called so */

enum {
        LEASE_HELD = 0,
        LEASE_E_BUSY = 1, /* another account has it; *ret_until says until when at the earliest */
        LEASE_E_LOST = 2, /* lapsed, broken, or taken by another since */
};

typedef struct LeaseTerms {
        int64_t idle;    /* seconds */
        int64_t max_age; /* seconds */
} LeaseTerms;

/* Whether `account` could take the lease: LEASE_HELD (it may) or LEASE_E_BUSY. Writes nothing. */
int lease_check(Txn *t, const char *credential, const char *account, int64_t now, int64_t *ret_until);

/* Takes the lease, or carries on one that the account has: its absolute end then stays. */
int lease_take(Txn *t, const char *credential, const char *account, const char *session, int64_t now, const LeaseTerms *terms, int64_t *ret_until);

/* Prolongs it for a signature: LEASE_HELD or LEASE_E_LOST. */
int lease_renew(Txn *t, const char *credential, const char *account, const char *session, int64_t now, const LeaseTerms *terms);

/* Keeps a free seal for LEASE_TURN seconds for an account that waited for it: others find it busy, the account takes the lease with activation data as
 * ever. No signature rests on this. LEASE_HELD, or LEASE_E_BUSY; *ret_until is written in both cases. */
int lease_offer(Txn *t, const char *credential, const char *account, const char *session, int64_t now, int64_t *ret_until);

/* Takes a free seal for a call under a mandate that `account` gave, in a name of the call's own, LEASE_MANDATE and more. LEASE_HELD, or LEASE_E_BUSY also
 * when the account's own person has it. Persons take it over at any time. */
int lease_take_mandate(Txn *t, const char *credential, const char *account, const char *name, int64_t now, int64_t *ret_until);

/* Frees what a session that ended, or a mandate's call, holds. */
int lease_release_session(Txn *t, const char *session);

/* Frees what an account holds of one seal. */
int lease_release_account(Txn *t, const char *credential, const char *account);

/* Frees all that an account holds. */
int lease_release_all(Txn *t, const char *account);

/* Frees a seal; the number of leases that there were. */
int lease_break(Txn *t, const char *credential);

/* From any thread: whether a lease was freed since this was asked last, other than by lapsing. It may be asked before the commit: whoever then
 * submits a job sees what was committed. */
bool lease_take_news(void);

/* Frees all: sessions do not outlive the process, so at its start none is held. */
int lease_clear(Txn *t);
