/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An account that an invited person makes; see account-register.h. */

#include <errno.h>
#include <string.h>

#include "daemon/account-register.h"
#include "daemon/audit.h"
#include "daemon/code.h"

/* No invitation has it. */
#define NOBODY "----------------"

static int check_wait(Txn *t, RegisterJob *j) {
        int r;

        r = throttle_check(t, j->user_subject, j->now, &j->not_before);
        return r < 0 ? r : throttle_check(t, j->subject, j->now, &j->not_before);
}

static int refuse(Txn *t, const RegisterJob *j, int outcome) {
        const AuditEntry e = { .event = "register-failed", .uid = j->uid, .now = j->now };
        int64_t ignored;
        int r;

        r = throttle_fail(t, j->subject, j->now, &ignored);
        if (r >= 0)
                r = throttle_fail(t, j->user_subject, j->now, &ignored);
        if (r >= 0)
                r = audit_append(t, &e);
        return r < 0 ? r : outcome;
}

/* CODE_ACCEPTED with the invitation; the code is not used up. */
static int check_code(Txn *t, const RegisterJob *j, Invitation *ret) {
        CodeAttempt a = { .purpose = CODE_INVITATION, .subject = NOBODY, .uid = j->uid, .code = secret_view(j->code), .now = j->now,
                          .settings = j->settings };
        int64_t ignored;
        int r;

        r = invitation_load(t, j->invitation, ret);
        if (r < 0 && r != -ENOENT)
                return r;
        if (r >= 0 && ret->status == INVITATION_PENDING)
                a.subject = ret->id;
        r = code_check(t, &a, &ignored);
        return r == -EAGAIN ? CODE_E_VOID : r;
}

int account_register(Txn *t, RegisterJob *j) {
        AuditEntry e = { .event = "account-register", .uid = j->uid, .now = j->now };
        Invitation i;
        int r;

        r = check_wait(t, j);
        if (r < 0)
                return r;
        r = check_code(t, j, &i);
        if (r != CODE_ACCEPTED)
                return r < 0 ? r : refuse(t, j, REGISTER_REFUSED);
        free(j->account.email);
        j->account.email = strdup(i.email);
        if (!j->account.email)
                return -ENOMEM;
        j->account.active = true;
        j->account.created = j->account.password_changed = j->now;
        r = account_insert(t, &j->account);
        if (r == -EEXIST)
                return refuse(t, j, REGISTER_TAKEN);
        if (r >= 0)
                r = code_use(t, CODE_INVITATION, i.id, j->now);
        if (r >= 0)
                r = throttle_reset(t, j->subject);
        e.account = j->account.id;
        return r < 0 ? r : audit_append(t, &e);
}
