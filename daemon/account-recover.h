/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Passwords that are set by codes instead of the present one (requirement E1): activation of an account that never had a password, and a forgotten one.
 * A code by mail, and where a phone is known one by SMS too, from a Unix user that the account is bound to. No session comes of it and no one-time
 * code is spared, so that who reads somebody's mail gains no power to sign.
 *
 * Whether there is such an account is told to nobody: every failure is RECOVER_REFUSED and does the same work, with the codes of nobody where there
 * is no account that is open to the caller. */

#include "base/secret.h"
#include "daemon/account.h"
#include "daemon/code.h"
#include "daemon/throttle.h"

enum {
        RECOVER_DONE = 0,
        RECOVER_REFUSED = 16,
        RECOVER_NEEDS_SMS, /* the code by mail is right; one by SMS is needed too */
        RECOVER_SEEN,      /* the codes are right, but an operator has read one, and the account may use a seal */
};

typedef enum RecoverKind {
        RECOVER_EITHER,     /* whichever the account needs */
        RECOVER_ACTIVATION, /* of an account without a password only */
} RecoverKind;

typedef struct RecoverJob {
        /* given */
        RecoverKind kind;
        char *login;
        uid_t uid;
        char *user_name;      /* of the caller; NULL: none */
        char machine[33];
        const Settings *settings;
        char subject[THROTTLE_SUBJECT_MAX], user_subject[THROTTLE_SUBJECT_MAX];
        int64_t now;
        Secret *mail, *sms;   /* codes; NULL: none */
        Bytes record;         /* password_hash() of the new password */
        /* found */
        char account[17];     /* whose password was set */
        int64_t not_before;
        bool sms_sent;
        CodeSent sent;        /* if so */
} RecoverJob;

/* Fills in what is counted: by what was typed and who typed it. */
int recover_subjects(RecoverJob *j);
void recover_job_done(RecoverJob *j);

/* All are jobs. */

/* Counts a request. 0, or -EAGAIN not before j->not_before. */
int recover_count(Txn *t, void *job);

/* Sends the code by mail that the account needs, if there is such an account; 0 whatever comes of it, as long as the store works. */
int recover_request(Txn *t, void *job);

/* Where the code by mail is right, sends one by SMS, if a phone is known. RECOVER_DONE, RECOVER_REFUSED, RECOVER_SEEN, -EAGAIN, or what code_send()
 * says of the SMS. */
int recover_send_sms(Txn *t, void *job);

/* Sets the password. RECOVER_DONE, an outcome, or -EAGAIN. */
int recover_settle(Txn *t, void *job);

/* For a login or a change with the temporary password of an account that has no other: CODE_ACCEPTED if it is that, else another outcome of
 * code_check() or a negative errno. With `use` it is used up. */
int recover_temporary(Txn *t, const Account *a, uid_t uid, View password, bool use, const Settings *s, int64_t now);

/* Sends it, for a new account and again. As code_send(). With `pin_activation` the message has the code for a PIN too. */
int recover_send_activation(Txn *t, const Account *a, int64_t uid, bool pin_activation, const Settings *s, int64_t now, CodeSent *ret,
                            int64_t *ret_not_before);
