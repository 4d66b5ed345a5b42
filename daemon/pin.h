/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The PIN of an account: eight digits that an operation takes beside the one-time code where the credential's policy says so, and that open the
 * keys of its signatures (requirement M2). At rest there are Argon2 parameters and a verifier that opens under the store key together with what
 * Argon2id makes of the PIN (the PIN's key); signatures are sealed under both too. Nothing is kept that a PIN can be read from without trying.
 *
 * Wrong PINs are counted in the record and block it, whoever tries. So that nobody blocks somebody else's, a try takes a session, and a one-time code
 * where the account has a token: the code is judged first and spent, also when the PIN turns out wrong. Who lacks the authenticator therefore learns
 * nothing about the PIN and counts no failure; who has it pays for each of five guesses with a code, and the owner with half a minute for a
 * typing error. The other way round a password alone would do to try PINs and to block one. */

#include <stdbool.h>

#include "store/store.h"

#define PIN_DIGITS 8U
#define PIN_FAILURES_MAX 5U   /* it is blocked after these */
#define PIN_SIGNATURES_MAX 64U /* keys that one may open: all are sealed anew when it changes */

typedef struct Pin {
        Bytes kdf;       /* of the PIN's key; a new PIN has a new salt, so that this also tells one PIN from the next */
        Bytes verifier;
        unsigned failures;
        int64_t changed; /* when it was set */
} Pin;

void pin_done(Pin *p);

/* Eight ASCII digits. */
bool pin_is_well_formed(View pin);

static inline bool pin_is_blocked(const Pin *p) {
        return p->failures >= PIN_FAILURES_MAX;
}

/* --- On a worker, heavy: Argon2 ------------------------------------------------------------------------------------- */

/* A new record, and the PIN's key, which store_seal_with() takes. */
int pin_make(Store *s, const char *account, View pin, int64_t now, Pin *ret, Secret **ret_key);

/* The PIN's key; -EKEYREJECTED for a wrong PIN. Nothing is counted here: see pin_settle(). */
int pin_open(Store *s, const char *account, const Pin *p, View pin, Secret **ret_key);

/* --- In a job ------------------------------------------------------------------------------------------------------- */

/* -ENOENT when the account has none, -EBADMSG when the record was altered. */
int pin_load(Txn *t, const char *account, Pin *ret);

/* Makes the record or replaces it. */
int pin_write(Txn *t, const char *account, const Pin *p);

/* Deletes the record, if there is one: the account has ended. */
int pin_forget(Txn *t, const char *account);

/* Takes the count of failures back. -ENOENT. */
int pin_unblock(Txn *t, const char *account);

/* Loads the record for a try: 0, OUTCOME_NO_PIN or OUTCOME_PIN_BLOCKED. */
int pin_check(Txn *t, const char *account, Pin *ret);

typedef struct PinAttempt PinAttempt;

/* The same for a try that is settled by pin_settle() afterwards, and what that would come to already: TOTP_E_CLOCK, OUTCOME_NO_TOKEN, OUTCOME_LATER,
 * OUTCOME_CODE_NEEDED. How long a try takes tells of the PIN: it is not made where no code could be right. Of `a` account, uid, otp, remembered and now count. */
int pin_begin(Txn *t, const PinAttempt *a, Pin *ret, int64_t *ret_until);

/* Whether a PIN that was right, when the record had `kdf`, is still: 0, OUTCOME_NO_PIN or OUTCOME_PIN_BLOCKED, or OUTCOME_PIN_NEEDED after a change. */
int pin_check_remembered(Txn *t, const char *account, View kdf);

struct PinAttempt {
        const char *account;
        uint32_t uid;
        const char *credential; /* for the audit; NULL: none */
        const Secret *otp;      /* NULL: none was given */
        bool remembered;        /* one was, for the session as a whole */
        const Pin *tried;
        int opened;             /* what pin_open() came to with that */
        int64_t now;
};

/* Settles a try, one-time code first. 0, TOTP_E_*, OUTCOME_NO_TOKEN, OUTCOME_LATER (until *ret_until), OUTCOME_CODE_NEEDED (none was given, and the account
 * has a token), OUTCOME_PIN_BLOCKED (the code is not spent), OUTCOME_WRONG_PIN (counted, also when the record was replaced since it was
 * read). A job that gets an outcome does nothing else and returns it, to be committed. */
int pin_settle(Txn *t, const PinAttempt *a, int64_t *ret_until);
