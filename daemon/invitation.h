/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Invitations to use a seal (requirements E7, E8): to an e-mail address and a phone that the seal's Administrator gave. Accepting one makes a
 * grant, which says from there on what its account may; what was invited and never accepted stays as history. All functions run in a job; rows
 * are believed only if their MAC fits. */

#include "base/contact.h"
#include "daemon/id.h"
#include "store/store.h"

#define INVITATION_ID_SIZE (2 * ID_RECORD + 1)

typedef enum InvitationStatus {
        INVITATION_PENDING = 1,
        INVITATION_ACCEPTED,
        INVITATION_REMOVED, /* while it was pending */
} InvitationStatus;

typedef struct Invitation {
        char id[INVITATION_ID_SIZE];
        char credential[2 * ID_RECORD + 1];
        char email[EMAIL_MAX + 1];
        char phone[PHONE_MAX + 1];
        InvitationStatus status;
        int64_t invited;
        int64_t removed;               /* -1: not */
        char grant[2 * ID_RECORD + 1]; /* empty until it is accepted */
} Invitation;

/* The invitation's columns in a query, of the table `i`, in the order in which invitation_read() wants them; their number. */
#define INVITATION_COLUMNS "i.id, i.credential, i.email, i.phone, i.status, i.invited, ifnull(i.removed, -1), ifnull(i.entitlement, ''), i.mac"
#define INVITATION_COLUMNS_N 9U

/* Reads one from a row, its columns beginning with number `first`. -EBADMSG when it was altered. */
int invitation_read(Txn *t, Row *row, unsigned first, Invitation *ret);

/* -ENOENT when there is none, -EBADMSG when it was altered. */
int invitation_load(Txn *t, const char *id, Invitation *ret);

/* Writes a pending one; `email` and `phone` are in their normal forms. -EEXIST when one to this address is pending for this seal. */
int invitation_add(Txn *t, const char *credential, const char *email, const char *phone, int64_t now, Invitation *ret);

/* The codes that were sent for an invitation (code.h; its id is their subject) end with it. */

/* Makes the grant of a pending one. -ESTALE when it is not pending, -EEXIST when the account may use the seal already. */
int invitation_accept(Txn *t, Invitation *i, const char *account, int64_t now);

/* Takes a pending one back; -ESTALE when it is not pending. */
int invitation_remove(Txn *t, Invitation *i, int64_t now);

/* Calls `f` with each pending one: of the seal `credential` (NULL: of all), to the address `email` as an account has it (NULL: to all; not both).
 * `f` may remove the one that it gets. Stops at the first negative return and returns it. Rows that were altered are passed over. */
int invitation_each_pending(Txn *t, const char *credential, const char *email, int (*f)(Txn *t, Invitation *i, void *userdata), void *userdata);

/* Takes back the pending ones that invitation_each_pending() would find. */
int invitation_remove_all(Txn *t, const char *credential, const char *email, int64_t now);
