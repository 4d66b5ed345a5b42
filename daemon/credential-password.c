/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Attempts at passwords of keys; see credential-password.h. */

#include <errno.h>

#include "daemon/audit.h"
#include "daemon/credential-password.h"
#include "daemon/outcome.h"
#include "daemon/throttle.h"

int credential_password_check(Txn *t, const char *credential, uint32_t uid, int64_t now, int64_t *ret_until) {
        char subject[THROTTLE_SUBJECT_MAX];
        int r;

        throttle_subject_password(credential, uid, subject);
        r = throttle_check(t, subject, now, ret_until);
        return r == -EAGAIN ? OUTCOME_LATER : r;
}

int credential_password_settle(Txn *t, const char *credential, const char *account, uint32_t uid, int64_t now, int opened, int64_t *ret_until) {
        const AuditEntry e = { .event = "password-refused", .account = account, .uid = uid, .credential = credential, .now = now };
        char subject[THROTTLE_SUBJECT_MAX];
        int r;

        r = credential_password_check(t, credential, uid, now, ret_until);
        if (r != 0)
                return r;
        throttle_subject_password(credential, uid, subject);
        if (opened == 0)
                return throttle_reset(t, subject);
        r = throttle_fail(t, subject, now, ret_until);
        if (r >= 0)
                r = audit_append(t, &e);
        return r < 0 ? r : OUTCOME_WRONG_PASSWORD;
}
