/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The change of an account's e-mail or phone by its owner, confirmed at both ends: a code goes to the new one and to the old one. What is wanted is a
 * record of its own until then. A first one has no old end; where there are tokens a one-time code stands for it, so that who knows the password
 * alone cannot send the codes that make tokens, or set passwords, to himself. Everything here runs in a job. */

#include "base/secret.h"
#include "daemon/account.h"
#include "daemon/code.h"

typedef enum ContactKind {
        CONTACT_EMAIL,
        CONTACT_PHONE,
} ContactKind;

/* "email", "phone"; -EINVAL for another. */
int contact_kind_from_string(const char *s);

enum {
        CONTACT_DONE = 0,
        CONTACT_SAME = 32,      /* beyond the outcomes of codes: it is so already */
        CONTACT_NEEDS_CODE,     /* a one-time code of a token is needed */
        CONTACT_NEEDS_SENT,     /* a code that was sent was not given */
        CONTACT_NOT_POSSIBLE,   /* no end is known at which the change could be confirmed */
};

typedef struct ContactJob {
        /* given */
        char account[17];
        uid_t uid;
        ContactKind kind;
        char *value;            /* wanted, in its one form */
        Secret *otp;            /* NULL: none */
        Secret *old_code, *new_code;
        const Settings *settings;
        int64_t now;
        /* made */
        CodeSent sent[2];       /* to the new one, to the old one */
        size_t n_sent;
        bool otp_failed;        /* the outcome is of the one-time code, totp.h */
        int64_t not_before;
} ContactJob;

void contact_job_done(ContactJob *j);

/* Notes what is wanted and sends the codes. CONTACT_DONE, an outcome, or a negative errno as code_send() and token_accept(). */
int contact_request(Txn *t, void *job);

/* Makes the change. CONTACT_DONE, an outcome of code_check(), CODE_E_VOID too where nothing is wanted. */
int contact_confirm(Txn *t, void *job);

/* Forgets what was wanted. */
int contact_forget(Txn *t, const char *account);
