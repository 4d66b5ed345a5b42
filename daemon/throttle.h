/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Slowing down of guesses, in the store. A subject names what is guessed at and by which Unix user, so that nobody is locked out by
 * somebody else's failures. The first failures are free; from then on the wait doubles up to a bound. To be used inside the job
 * that settles the attempt: what is checked and counted there is one step, however many attempts run at once. */

#include <sys/types.h>

#include "store/store.h"

#define THROTTLE_FREE 3     /* failures without a wait */
#define THROTTLE_USER_FREE 20 /* of one Unix user at whatever logins, within an hour: typing errors come to fewer */
#define THROTTLE_MAX 900    /* the longest wait, seconds */
#define THROTTLE_SUBJECT_MAX 128U

/* "login:" and the hash of what was given as login (which need not exist), "otp:ACCOUNT", "password:CREDENTIAL", "code:" and an account or invitation, each with the user; and "user:"
 * for all logins of a Unix user together, so that made-up names cannot fill the store. */
int throttle_subject_login(const char *login, uid_t uid, char ret[static THROTTLE_SUBJECT_MAX]);
void throttle_subject_user(uid_t uid, char ret[static THROTTLE_SUBJECT_MAX]);

/* The same two of activations and forgotten passwords: requests and failures. */
int throttle_subject_recover(const char *login, uid_t uid, char ret[static THROTTLE_SUBJECT_MAX]);
void throttle_subject_user_recover(uid_t uid, char ret[static THROTTLE_SUBJECT_MAX]);
void throttle_subject_otp(const char *account, uid_t uid, char ret[static THROTTLE_SUBJECT_MAX]);
void throttle_subject_code(const char *subject, uid_t uid, char ret[static THROTTLE_SUBJECT_MAX]);
void throttle_subject_password(const char *credential, uid_t uid, char ret[static THROTTLE_SUBJECT_MAX]);

/* Seconds to wait after `failures` in a row of which `free` cost nothing. */
int64_t throttle_wait(int64_t failures, int64_t free);

/* 0 when an attempt may be made, -EAGAIN when not before *ret_not_before. */
int throttle_check(Txn *t, const char *subject, int64_t now, int64_t *ret_not_before);

/* Counts a failure; tells from when on the next attempt may be made. */
int throttle_fail(Txn *t, const char *subject, int64_t now, int64_t *ret_not_before);

/* Success. */
int throttle_reset(Txn *t, const char *subject);
