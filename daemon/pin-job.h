/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the methods on PINs do in the store and on workers. A PinJob holds copies of what they need and what they find; it belongs to one call. Jobs
 * decide, do, and write the audit entry as one step; they return 0, an outcome (outcome.h), or a negative errno.
 *
 * A PIN is set, unblocked and reset (requirement M2) with the activation code from the e-mail where the account has an address, and with one
 * thing more: the code sent to its phone; where it has none, a one-time code of its token; where it never had a token either, the session, as for the
 * first token; but for unblocking, which would give guesses back without end. Where the account holds a grant, codes that an operator could have read
 * do not suffice, and one without phone and token cannot be helped: else an operator would reset somebody and sign as him. */

#include "daemon/account.h"
#include "daemon/code.h"
#include "daemon/credential.h"
#include "daemon/pin.h"
#include "daemon/renewal.h"

typedef struct PinJob {
        /* given */
        Store *store;
        const Settings *settings;
        char account[17];
        uint32_t uid;
        int64_t now;
        CodePurpose purpose;                 /* of the code to send */
        Secret *pin, *new_pin;               /* well-formed; the present one and the one to come */
        Secret *activation_code, *code, *otp; /* NULL: not given */
        bool first;                          /* there shall be no PIN yet; otherwise there shall be one */
        /* made or found */
        Pin tried, fresh;
        Secret *key, *new_key;
        int opened;
        Credential *signatures[PIN_SIGNATURES_MAX];
        Renewal renewals[PIN_SIGNATURES_MAX]; /* of these, where one is under way */
        size_t n_signatures;
        CodeSent sent;
        int code_result;                     /* with OUTCOME_CODE; `code_purpose` tells of which */
        CodePurpose code_purpose;
        const char *needed;                  /* with OUTCOME_FACTOR_NEEDED, its name */
        bool set;                            /* of the status: there is a PIN; `tried` is its record */
        bool has_mail, has_phone, needs_otp;
        int64_t until;
} PinJob;

void pin_job_done(PinJob *j);

/* Store: what there is, for its owner. */
int pin_job_status(Txn *t, PinJob *j);

/* Store: sends the code of `purpose`. OUTCOME_CODE where it could not. */
int pin_job_send(Txn *t, PinJob *j);

/* Store: whether a PIN may be set, or reset, by what was given; nothing is tried yet. */
int pin_job_begin(Txn *t, PinJob *j);
/* Worker, heavy: makes the record of `new_pin`. */
int pin_job_make(PinJob *j);
/* Store: settles the codes, writes the new record, and retires what only the old PIN opens: those are `signatures` then. */
int pin_job_set(Txn *t, PinJob *j);

int pin_job_unblock(Txn *t, PinJob *j);

/* Store: loads what is to be tried and sealed anew. */
int pin_job_begin_change(Txn *t, PinJob *j);
/* Worker, heavy: tries `pin`, makes the record of `new_pin`, and seals the signatures under it. */
int pin_job_reseal(PinJob *j);
/* Store: settles the old PIN and writes everything, in one step. OUTCOME_CHANGED: another signature was made or retired meanwhile; nothing was tried,
 * begin again. */
int pin_job_change(Txn *t, PinJob *j);
