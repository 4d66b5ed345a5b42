/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Outcomes of jobs that the caller must hear of, beside TOTP_E_* (crypto/totp.h), from whose values these keep away. Positive, so that what the job
 * recorded on its way (a failed attempt, say) is committed. */

#include "crypto/totp.h"

enum {
        OUTCOME_NOT_FOUND = 64, /* none that this account may see */
        OUTCOME_DENIED,
        OUTCOME_EXISTS,
        OUTCOME_STATE,          /* of the operation */
        OUTCOME_CERTIFICATE,    /* none, or not to be used */
        OUTCOME_EXPIRED,        /* the certificate, at */
        OUTCOME_NOT_YET,        /* the certificate is valid from, */
        OUTCOME_DISABLED,       /* the credential is retired or has no certificate yet */
        OUTCOME_BLOCKED,        /* the credential's key was reported as revealed */
        OUTCOME_BUSY,           /* leased, until */
        OUTCOME_LATER,          /* slowed down, until */
        OUTCOME_WRONG_PASSWORD,
        OUTCOME_NO_TOKEN,
        OUTCOME_NO_SESSION,
        OUTCOME_CODE_NEEDED,    /* a one-time code was not given */
        OUTCOME_NO_PIN,         /* the account has none */
        OUTCOME_PIN_NEEDED,     /* none was given, or the session's was changed since */
        OUTCOME_WRONG_PIN,
        OUTCOME_PIN_BLOCKED,
        OUTCOME_CODE,           /* one that was delivered: the job says which and what about it */
        OUTCOME_FULL,           /* as many as there may be */
        OUTCOME_FACTOR_NEEDED,  /* the job says which */
        OUTCOME_NOT_POSSIBLE,
        OUTCOME_CHANGED,        /* what the job rests on is another by now: begin anew */
};
