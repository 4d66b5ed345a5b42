/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The end of an account: what it could do is taken away for good, what it did stays. */

#include "daemon/account.h"

/* In a job: grants end, the keys of its own are erased, tokens and bindings go; its row stays, without a password, and with it the login, which is
 * never given again. -EPERM, with nothing written, while the account administers a seal that is not retired: a seal without Administrator
 * would be nobody's. */
int account_end(Txn *t, Account *a, uid_t uid, int64_t now);
