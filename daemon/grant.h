/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Grants: account × seal × role × status with dates (requirements E6 to E9). A removed grant stays as history; granting again makes a
 * new row. All functions run in a job; rows are believed only if their MAC fits. */

#include <stdbool.h>

#include "daemon/id.h"
#include "store/store.h"

#define GRANT_ID_SIZE (2 * ID_RECORD + 1)

typedef enum Role {
        ROLE_NONE = 0,
        ROLE_USER,
        ROLE_ADMINISTRATOR, /* of a seal: exactly one, for good */
        ROLE_OWNER,         /* of a personal credential: no grant, the record itself says so */
} Role;

const char *role_to_string(Role r); /* "", "user", "administrator", "owner" */

/* The active grant's role. -ENOENT when there is none, -EBADMSG when the row was altered. */
int grant_find(Txn *t, const char *account, const char *credential, Role *ret);

/* Whether the account holds or ever held a grant: 1 or 0. Then codes that an operator could have read give it no new power: an operator who resets somebody must
 * not be able to sign as him. Also not by taking the grant away before and giving it back after, so grants that ended count. Rows are counted whatever
 * their MAC says: that errs on the side of refusing. */
int grant_held(Txn *t, const char *account);

/* -EEXIST when the account has a live grant, or the seal an Administrator and `role` is another. `ret_id` may be NULL. */
int grant_add(Txn *t, const char *account, const char *credential, Role role, int64_t now, char *ret_id);

/* -ENOENT when there is no live grant, -EPERM for the Administrator's. */
int grant_remove(Txn *t, const char *account, const char *credential, int64_t now);

/* Ends all that the account has. -EPERM, with nothing written, when it administers a seal that is not retired. */
int grant_remove_all(Txn *t, const char *account, int64_t now);

/* The account that administers a seal. -ENOENT, -EBADMSG. */
int grant_administrator(Txn *t, const char *credential, char ret[static GRANT_ID_SIZE]);

/* The account that a grant was made for, whether or not it lives. -ENOENT, -EBADMSG. */
int grant_account(Txn *t, const char *id, char ret[static GRANT_ID_SIZE]);

/* A grant as a query finds it, for lists: its columns, of the table `e`, in the order in which grant_read() wants them; their number. */
#define GRANT_COLUMNS "e.id, e.account, e.credential, e.role, e.status, e.granted, ifnull(e.removed, -1), e.mac"
#define GRANT_COLUMNS_N 8U

typedef struct Grant {
        char id[GRANT_ID_SIZE];
        char account[GRANT_ID_SIZE];
        Role role;
        bool active;
        int64_t granted;
        int64_t removed; /* -1: not */
} Grant;

/* Reads one from a row, its columns beginning with number `first`. -EBADMSG when it was altered. */
int grant_read(Txn *t, Row *row, unsigned first, Grant *ret);
