/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Tokens: TOTP secrets of accounts. Accepting a code is one step with whatever it authorises: call token_accept() inside the job
 * that does the rest. */

#include "store/store.h"

/* In a job: tries `code` against the account's active tokens. TOTP_ACCEPTED (the step is recorded in this transaction), TOTP_E_WRONG
 * (a failure is counted for account and uid), TOTP_E_REPLAYED, TOTP_E_CLOCK (also when `now` is behind the last audit entry),
 * -ENOKEY no active token, -EAGAIN slowed down until *ret_not_before. The failure count must be committed, so a job that gets an outcome
 * other than TOTP_ACCEPTED does nothing else and returns it, positive, to be committed. */
int token_accept(Txn *t, const char *account, unsigned uid, View code, int64_t now, int64_t *ret_not_before);
