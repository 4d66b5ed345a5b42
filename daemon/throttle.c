/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Slowing down of guesses; see throttle.h. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "crypto/digest.h"
#include "daemon/throttle.h"

/* A row whose wait is over for so long is of no more use. */
#define STALE 86400
#define STALE_USER 3600

static int subject_typed(const char *what, const char *login, uid_t uid, char ret[static THROTTLE_SUBJECT_MAX]) {
        _cleanup_free_ char *hex = NULL;
        uint8_t hash[SHA256_SIZE];
        int r;

        /* Hashed, because it is whatever somebody typed: it may be a password in the wrong field. */
        r = sha256(view_string(login), hash);
        if (r < 0)
                return r;
        hex = hex_encode(VIEW(hash, 16));
        if (!hex)
                return -ENOMEM;
        snprintf(ret, THROTTLE_SUBJECT_MAX, "%s:%s:%u", what, hex, uid);
        return 0;
}

int throttle_subject_login(const char *login, uid_t uid, char ret[static THROTTLE_SUBJECT_MAX]) {
        return subject_typed("login", login, uid, ret);
}

int throttle_subject_recover(const char *login, uid_t uid, char ret[static THROTTLE_SUBJECT_MAX]) {
        return subject_typed("recover", login, uid, ret);
}

void throttle_subject_user_recover(uid_t uid, char ret[static THROTTLE_SUBJECT_MAX]) {
        snprintf(ret, THROTTLE_SUBJECT_MAX, "user:recover:%u", uid);
}

void throttle_subject_user(uid_t uid, char ret[static THROTTLE_SUBJECT_MAX]) {
        snprintf(ret, THROTTLE_SUBJECT_MAX, "user:%u", uid);
}

void throttle_subject_otp(const char *account, uid_t uid, char ret[static THROTTLE_SUBJECT_MAX]) {
        snprintf(ret, THROTTLE_SUBJECT_MAX, "otp:%.32s:%u", account, uid);
}

void throttle_subject_code(const char *subject, uid_t uid, char ret[static THROTTLE_SUBJECT_MAX]) {
        snprintf(ret, THROTTLE_SUBJECT_MAX, "code:%.32s:%u", subject, uid);
}

void throttle_subject_password(const char *credential, uid_t uid, char ret[static THROTTLE_SUBJECT_MAX]) {
        snprintf(ret, THROTTLE_SUBJECT_MAX, "password:%.32s:%u", credential, uid);
}

int64_t throttle_wait(int64_t failures, int64_t free) {
        if (failures <= free)
                return 0;
        if (failures - free >= 10)
                return THROTTLE_MAX;
        return INT64_C(1) << (failures - free);
}

static int64_t free_of(const char *subject) {
        return strncmp(subject, "user:", 5) == 0 ? THROTTLE_USER_FREE : THROTTLE_FREE;
}

int throttle_check(Txn *t, const char *subject, int64_t now, int64_t *ret_not_before) {
        int64_t not_before;
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT not_before FROM throttle WHERE subject = ?1", "s", subject);
        if (r <= 0)
                return r;
        not_before = row_int(row, 0);
        /* Further off than any wait: the clock was set back since. Guessers cannot set it. */
        if (now >= not_before || not_before - now > THROTTLE_MAX)
                return 0;
        *ret_not_before = not_before;
        return -EAGAIN;
}

int throttle_fail(Txn *t, const char *subject, int64_t now, int64_t *ret_not_before) {
        int64_t failures = 1, wait;
        Row *row;
        int r;

        r = txn_exec(t, "DELETE FROM throttle WHERE not_before < ?1 OR (not_before < ?2 AND subject LIKE 'user:%')", "ii", now - STALE,
                     now - STALE_USER);
        if (r < 0)
                return r;
        r = txn_query(t, &row, "SELECT failures FROM throttle WHERE subject = ?1", "s", subject);
        if (r < 0)
                return r;
        if (r > 0)
                failures = row_int(row, 0) + 1;
        wait = throttle_wait(failures, free_of(subject));
        r = txn_exec(t, "INSERT INTO throttle (subject, failures, not_before) VALUES (?1, ?2, ?3) "
                        "ON CONFLICT (subject) DO UPDATE SET failures = excluded.failures, not_before = excluded.not_before",
                     "sii", subject, failures, now + wait);
        if (r < 0)
                return r;
        *ret_not_before = now + wait;
        return 0;
}

int throttle_reset(Txn *t, const char *subject) {
        int r;

        r = txn_exec(t, "DELETE FROM throttle WHERE subject = ?1", "s", subject);
        return r < 0 ? r : 0;
}
