/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the steps of a call on an operation (operation-call.h) know of each other: operation-call.c prepares and checks the items, operation-authorize.c takes
 * the factors and opens the key, operation-sign.c signs. A step that starts work returns CALL_CONTINUES, as `then`s do. */

#include "daemon/operation-call.h"

/* After each wait: what the call rests on may be gone. `ret_session` may be NULL. -ECANCELED where the caller left, else `error` is set. */
int operation_call_stands(OperationCall *c, Session **ret_session, sd_bus_error *error);

/* What a step returns that has begun work with the result `r`. */
static inline int operation_continues(int r) {
        return r < 0 ? r : CALL_CONTINUES;
}

/* Says that the session has no signatures left: ERROR_LIMIT. */
int operation_fail_session_full(sd_bus_error *error);

/* The job that looks credential and policy up, for each step that needs to know them. */
int operation_run_prepare(Txn *t, void *userdata);

/* What a step between the audit's entry and the signatures came to: where it failed, the audit is told before the caller is. */
int operation_settle(OperationCall *c, int r, sd_bus_error *error);

/* Signs the call's items, which were checked, with the operation's key, and answers. */
int operation_sign(OperationCall *c, sd_bus_error *error);
