/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The audit chain: entries whose heads hash over all before them; payloads are committed to with a salt, so that they can be erased and
 * the chain still stands. Written inside the job that does what is recorded. */

#include "store/store.h"

typedef struct AuditEntry {
        const char *event;      /* "login", "sign", … the list is in docs/audit.md */
        const char *account;    /* NULL: none */
        int64_t uid;            /* -1: none */
        const char *credential; /* NULL: none */
        View payload;           /* JSON; for the account's own eyes. May be empty. */
        int64_t now;
} AuditEntry;

/* In a job: appends. -ETIME when `now` is before the last entry's time by more than 120 s (the clock was set back; see design of OTP). */
int audit_append(Txn *t, const AuditEntry *e);
