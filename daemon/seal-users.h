/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Who may use a seal, who was invited, and who could once (requirement E8): grants and the invitations that they came from, and invitations that
 * never became one. */

#include "daemon/grant.h"
#include "daemon/invitation.h"

typedef struct SealUser {
        char invitation[INVITATION_ID_SIZE]; /* empty: was added by login */
        char *login, *name;                  /* empty while pending */
        char *given_name, *surname;          /* likewise, and where only `name` is known */
        char *email, *phone;                 /* as the Administrator gave them; of who was added by login, the account's address and no phone; of the Administrator both */
        Role role;
        const char *status;                  /* pending, active, deleted; a constant */
        int64_t invited;                     /* -1: was added by login */
        int64_t granted;                     /* -1: never */
        int64_t removed;                     /* -1: not */
        size_t found;                        /* in which order, for sorting */
} SealUser;

typedef struct SealUsers {
        SealUser *users;
        size_t n;
} SealUsers;

void seal_users_done(SealUsers *u);

/* All of them, oldest first. In a job. -EBADMSG when a row was altered. */
int seal_users_list(Txn *t, const char *credential, SealUsers *ret);
