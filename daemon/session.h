/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Sessions: what a login opens. Account and Unix user together; held in memory only, so that a restart ends them all. A session ends
 * after settings.session_idle seconds without a signature; a remembered one at its absolute age or its cap on signatures. */

#include <stdbool.h>
#include <sys/types.h>

#include "daemon/manager.h"

typedef struct Session {
        char id[33];
        char account[17];
        char login[65];
        uid_t uid;
        bool remembered;      /* an OTP was given for the session as a whole (D3) */
        int64_t opened;       /* clock_now() */
        int64_t idle_until;   /* clock_age() at which it ends unless something is signed */
        int64_t ends;         /* clock_age() of the absolute end */
        unsigned signatures;  /* made so far */
} Session;

/* The caller's session `id`: -ENOENT when it is unknown, ended, or another user's (one answer for all three). Borrowed, valid until
 * the loop runs again: after a wait look it up anew. */
int session_find(Manager *m, const char *id, uid_t uid, Session **ret);

/* Notes n signatures: prolongs the idle time, counts against the cap. -EDQUOT when the cap would be passed; then nothing is noted. */
int session_use(Manager *m, Session *s, unsigned n);

/* Ends all sessions of an account (password changed, disabled) or those of an account that a credential was taken from. */
void session_end_account(Manager *m, const char *account);

/* Is called with each session that ends, before it is freed: operations and cached keys go with it. Set once, at start. */
typedef void (*SessionEnded)(Manager *m, const Session *s);
void session_on_end(Manager *m, SessionEnded f);
