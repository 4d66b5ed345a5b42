/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Guessing at the password of a customs key, slowed down. Both run in a job; between them the password is tried on a worker. */

#include "store/store.h"

/* Whether a password may be tried now: 0, or OUTCOME_LATER until *ret_until. */
int credential_password_check(Txn *t, const char *credential, uint32_t uid, int64_t now, int64_t *ret_until);

/* Settles an attempt; `opened` is what credential_open_key() came to. 0, OUTCOME_WRONG_PASSWORD (counted and in the audit) or OUTCOME_LATER,
 * which a right password gets as well while the wait lasts: else the wait would slow nobody down. */
int credential_password_settle(Txn *t, const char *credential, const char *account, uint32_t uid, int64_t now, int opened, int64_t *ret_until);
