/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One-time codes that are delivered by mail or SMS, as records. A code is for one purpose and one subject (an account's or an invitation's id); of
 * each pair there is one at most, and a new one voids the older and takes its message back, in the same step. At rest there is an HMAC; the
 * code itself is in the message only, sealed (daemon/outbox.h). Codes survive a restart and are frozen, as tokens are, while the store is an
 * older copy.
 *
 * Asking again: after a pause, and CODE resends in a window that begins with the first message; then nothing more until the window is over, by when
 * whoever has trouble has asked the support contact and whoever plays has wasted little. A code that was accepted ends the window.
 *
 * Everything here runs in a job. Accept a code in the job that does what it authorises. */

#include "daemon/manager.h"
#include "daemon/recipient.h"
#include "store/store.h"

typedef enum CodePurpose {
        CODE_NONE,
        CODE_ACCOUNT_ACTIVATION,    /* mail; the temporary password of a new account */
        CODE_INVITATION,            /* mail; registers, or accepts, where somebody was invited */
        CODE_PASSWORD_RESET_MAIL,
        CODE_PASSWORD_RESET_SMS,
        CODE_PIN_ACTIVATION,        /* mail */
        CODE_PIN_SMS,
        CODE_TOKEN_ENROLL,          /* sms */
        CODE_TOKEN_REVOKE,          /* sms */
        CODE_GRANT_ACTIVATION,      /* sms, to the phone that the Administrator gave */
        CODE_CHANGE_EMAIL_OLD,      /* mail, to the address that was */
        CODE_CHANGE_EMAIL_NEW,      /* mail */
        CODE_CHANGE_PHONE_OLD,      /* sms */
        CODE_CHANGE_PHONE_NEW,      /* sms */
        CODE_PURPOSES_END_,
} CodePurpose;

/* "password-reset-sms": also the name of the message's template, but for two: account-activation takes "account-created", where this code is the field
 * `password`, and password-reset-mail takes "password-reset". Static. */
const char *code_purpose_to_string(CodePurpose p);

/* How it is delivered, which also tells its form: SMS eight digits, mail sixteen characters of Crockford's base32 in groups of four. */
Channel code_purpose_channel(CodePurpose p);

/* --- Sending ------------------------------------------------------------------------------------------------------- */

struct OutboxField; /* daemon/outbox.h */

typedef struct CodeRequest {
        CodePurpose purpose;
        CodePurpose also;      /* a second code for the same subject in the same message, as CODE_PIN_ACTIVATION with CODE_ACCOUNT_ACTIVATION; CODE_NONE: none */
        const char *subject;   /* id, 16 digits */
        const char *account;   /* whom it is about, for caps and throttle; NULL: nobody yet */
        int64_t uid;           /* the caller; -1 where an operator acts */
        const char *recipient; /* by the purpose's channel */
        const char *language;  /* NULL: "en" */
        const struct OutboxField *fields; /* for the template, beside `code`, `expires` and `support`: `login`, `name` and the like */
        size_t n_fields;
        int64_t now;
        const Settings *settings; /* the manager's */
} CodeRequest;

/* What the caller may be told: code_bus_append_sent(). */
typedef struct CodeSent {
        char message[17];      /* the outbox's id */
        Channel channel;
        char to[RECIPIENT_MASKED_MAX];
        int64_t expires;
        int64_t not_before;    /* when it may be asked for again */
} CodeSent;

/* Makes a code and puts its message into the outbox. -EAGAIN: the pause is not over, or the older message is being handed over just now; not before
 * *ret_not_before. -EDQUOT: it was resent as often as it may be (until *ret_not_before), or there were too many messages today (*ret_not_before is 0): refer to
 * the support contact. -EDESTADDRREQ: there is no address to send it to. -ENOBUFS, -ESTALE as outbox_put(). On errors nothing was changed. */
int code_send(Txn *t, const CodeRequest *q, CodeSent *ret, int64_t *ret_not_before);

/* --- Accepting ----------------------------------------------------------------------------------------------------- */

enum {
        CODE_ACCEPTED = 1,
        CODE_E_WRONG, /* counted: commit it */
        CODE_E_VOID,  /* none, expired, used, replaced, or tried too often: ask for a new one */
        CODE_E_SEEN,  /* right, but an operator has read it in the outbox, and CODE_UNSEEN_ONLY */
};

enum {
        CODE_UNSEEN_ONLY = 1, /* what an operator could have read does not suffice */
};

typedef struct CodeAttempt {
        CodePurpose purpose;
        const char *subject;
        const char *account; /* NULL: nobody yet; then guesses are counted for the subject */
        unsigned uid;
        View code;           /* as typed: case, blanks and dashes do not matter, and O I L are read as 0 1 1 */
        unsigned flags;
        int64_t now;
        const Settings *settings;
} CodeAttempt;

/* Tries a code and uses it up. One of the enum, or -EAGAIN: slowed down after wrong codes until *ret_not_before; -ESTALE as above; -ETIME: the clock
 * was set back to before the code was made. A job that gets an outcome other than CODE_ACCEPTED does nothing else and returns it, positive, to be
 * committed: the failure must count. */
int code_accept(Txn *t, const CodeAttempt *a, int64_t *ret_not_before);

/* The two halves, where several codes must fit together and a wrong one shall not use up the right one: check all, and use all in the same job
 * when each was accepted. code_use() also voids a code that nobody needs any more; it takes back its message. 0, also when there is none. */
int code_check(Txn *t, const CodeAttempt *a, int64_t *ret_not_before);
int code_use(Txn *t, CodePurpose p, const char *subject, int64_t now);

/* All codes of a subject, where it ends or its address is another now. */
int code_void_subject(Txn *t, const char *subject, int64_t now);

/* The codes in a message were read by an operator. */
int code_mark_seen(Txn *t, const char *message);

/* The codes in a message that is not going to be delivered hold no more; their resends still count. */
int code_void_message(Txn *t, const char *message);

/* When an older copy of the store is accepted: none of its codes holds. */
int code_void_all(Txn *t);
