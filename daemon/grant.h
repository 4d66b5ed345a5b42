/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Grants: account × seal × role × status with dates (requirements E6 to E9). A removed grant stays as history; granting again makes a
 * new row. All functions run in a job; rows are believed only if their MAC fits. */

#include "store/store.h"

typedef enum Role {
        ROLE_NONE = 0,
        ROLE_USER,
        ROLE_ADMINISTRATOR, /* of a seal: exactly one, for good */
        ROLE_OWNER,         /* of a personal credential: no grant, the record itself says so */
} Role;

const char *role_to_string(Role r); /* "", "user", "administrator", "owner" */

/* The active grant's role. -ENOENT when there is none, -EBADMSG when the row was altered. */
int grant_find(Txn *t, const char *account, const char *credential, Role *ret);

/* -EEXIST when the account has a live grant, or the seal an Administrator and `role` is another. */
int grant_add(Txn *t, const char *account, const char *credential, Role role, int64_t now);

/* -ENOENT when there is no live grant, -EPERM for the Administrator's. */
int grant_remove(Txn *t, const char *account, const char *credential, int64_t now);

typedef struct GrantUser {
        char *login, *name, *email, *phone;
        Role role;
        char *status;    /* pending, active, deleted */
        int64_t granted;
        int64_t removed; /* -1: not */
} GrantUser;

typedef struct GrantUsers {
        GrantUser *users;
        size_t n;
} GrantUsers;

void grant_users_done(GrantUsers *u);

/* All that ever had a grant, oldest first. -EBADMSG when a row was altered. */
int grant_list(Txn *t, const char *credential, GrantUsers *ret);
