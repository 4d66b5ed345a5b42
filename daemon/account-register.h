/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* An account that a person makes who was invited to use a seal (requirements E1, E7): by the code in the invitation, with the address that was invited.
 * Nobody can log in to it before an operator has bound it to a Unix user, and it may use nothing before the invitation is activated. */

#include "base/secret.h"
#include "daemon/account.h"
#include "daemon/invitation.h"
#include "daemon/manager.h"
#include "daemon/throttle.h"

enum {
        REGISTER_DONE = 0,
        REGISTER_REFUSED = 16, /* no such invitation, or the code is not right */
        REGISTER_TAKEN,        /* the code is right, but the login is some other account's */
};

typedef struct RegisterJob {
        /* given */
        char invitation[INVITATION_ID_SIZE];
        Secret *code;
        Account account;      /* login, names, phone, language, password; the rest is filled in */
        uid_t uid;
        const Settings *settings;
        char subject[THROTTLE_SUBJECT_MAX], user_subject[THROTTLE_SUBJECT_MAX];
        int64_t now;
        /* found */
        int64_t not_before;
} RegisterJob;

/* In a job: REGISTER_DONE with account.id, an outcome, or -EAGAIN not before not_before. A login that is taken costs as much as a wrong code, so that who was
 * invited once does not learn all logins. */
int account_register(Txn *t, RegisterJob *j);
