/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* By what the owner of an account proves that a token may be made or ended (requirement M3):
 *
 *   a telephone is known          a code sent there. If the account holds or held a grant of a seal, not one that an operator has read in the outbox
 *   none, but an active token     a one-time code of it
 *   neither, and there never was  the session suffices: somebody has to begin
 *   neither, but there was one    the session suffices, unless the account holds or held a grant: else an operator who resets somebody could sign as him
 *
 * To end a token a one-time code does too where a telephone is known: the owner may have lost it. Mail never suffices. Everything runs in a job. */

#include "daemon/account.h"
#include "daemon/code.h"

typedef enum TokenAct {
        TOKEN_ENROLL,
        TOKEN_REVOKE,
} TokenAct;

/* What the code of an act is asked for as: code_send()'s purpose. */
CodePurpose token_act_purpose(TokenAct act);

typedef struct TokenProof {
        TokenAct act;
        const char *account;
        unsigned uid;
        View otp, code; /* as given; NULL data: not given */
        int64_t now;
        const Settings *settings;
        /* out */
        int outcome;        /* of what was tried */
        int64_t not_before; /* with -EAGAIN */
} TokenProof;

enum {
        TOKEN_PROVED = 1,
        TOKEN_E_NEEDS_CODE,  /* ask for a code, and give it */
        TOKEN_E_NEEDS_OTP,
        TOKEN_E_IMPOSSIBLE,  /* there is nothing that would suffice */
        TOKEN_E_MISSING,     /* the account has had a token whose record is gone */
        TOKEN_E_CODE,        /* code_accept() said `outcome` */
        TOKEN_E_OTP,         /* token_accept() said `outcome` */
};

/* Tries what was given, and uses it up. Outcomes other than TOKEN_PROVED are to be committed, with nothing else. -errno as code_accept() and
 * token_accept(), but -EAGAIN, which is an outcome too. */
int token_prove(Txn *t, TokenProof *p);
