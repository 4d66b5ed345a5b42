/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Sessions: what a login opens. Account and Unix user together; held in memory only, so that a restart ends them all. A session ends
 * after settings.session_idle seconds without a signature; a remembered one at its absolute age or its cap on signatures. */

#include <stdbool.h>
#include <sys/types.h>

#include "base/secret.h"
#include "daemon/manager.h"

typedef struct Session {
        char id[33];
        char account[17];
        char login[65];
        uid_t uid;
        bool remembered;      /* an OTP was given for the session as a whole (D3) */
        Secret *pin_key;      /* and the PIN: what opens signatures (pin.h); NULL: it is asked for each time */
        Bytes pin_kdf;        /* of the PIN's record */
        int64_t opened;       /* clock_now() */
        int64_t idle_until;   /* clock_age() at which it ends unless something is signed */
        int64_t ends;         /* clock_age() of the absolute end */
        unsigned signatures;  /* made so far */
        bool open;            /* false while it is only reserved */
        bool restricted;      /* the password must be changed first, and nothing else can be done (M1) */
        bool warned;          /* that it is about to end was told */
        bool has_login;       /* its user was seen logged in while it was open */
        struct SessionCount *counts; /* of a remembered one: signatures by credential */
        struct Session *next;
} Session;

#define SESSIONS_PER_UID 16U
#define SESSIONS_MAX 1024U
#define SESSION_WARNING 60 /* seconds before its end at which it is told, or half of session_idle where that is less */

typedef enum SessionReason {
        SESSION_LOGGED_OUT,
        SESSION_IDLE,       /* nothing was signed for session_idle seconds */
        SESSION_OLD,        /* its absolute end came */
        SESSION_ACCOUNT,    /* the account's password, status or bindings changed */
        SESSION_USER_LEFT,  /* the Unix user's last login session ended */
        SESSION_STOPPED,    /* the service stops */
} SessionReason;

const char *session_reason_to_string(SessionReason r);

int session_table_new(Manager *m, SessionTable **ret);
SessionTable *session_table_free(SessionTable *t); /* without on_end: for after everything else */
DEFINE_CLEANUP(SessionTable *, session_table_free);

/* A place for a session that is being opened: it counts against the limits and is found by nobody before session_open(). -EDQUOT when the user
 * or the whole has too many. Ends with session_open() or session_discard(). */
int session_reserve(Manager *m, const char *account, const char *login, uid_t uid, bool remembered, Session **ret);
void session_open(Manager *m, Session *s);
void session_discard(Manager *m, Session *s);

/* The caller's session `id`: -ENOENT when it is unknown, ended, or another user's (one answer for all three), -EKEYEXPIRED when it is restricted.
 * Borrowed, valid until the loop runs again: after a wait look it up anew. session_bus_error() has the errors for the caller. */
int session_find(Manager *m, const char *id, uid_t uid, Session **ret);

/* The same for what can be done in a restricted session: change the password, log out. */
int session_find_restricted(Manager *m, const char *id, uid_t uid, Session **ret);

/* Whether the cap leaves room for n more signatures. */
bool session_allows(const Manager *m, const Session *s, unsigned n);

/* Notes n signatures: prolongs the idle time, counts against the cap. -EDQUOT when the cap would be passed; then nothing is noted. */
int session_use(Manager *m, Session *s, unsigned n);

/* Seconds since it was opened. */
int64_t session_age(const Manager *m, const Session *s);

/* Counts n signatures that are about to be authorised with one credential; how many there are with them is in *ret. What is not authorised after all is
 * taken back: n of a negative sign. -ENOMEM. */
int session_count(Session *s, const char *credential, int64_t n, uint32_t *ret);

/* The idle time begins anew without a signature: for who waits for a seal, and is not away. */
void session_keep(Manager *m, Session *s);

/* Ends one session; NULL is none. */
void session_end(Manager *m, Session *s);

/* Ends all sessions of an account (password changed, disabled) or those of an account that a credential was taken from. */
void session_end_account(Manager *m, const char *account);

/* The same but for one session id (NULL: none is spared), or for one Unix user's only (uid -1: everybody's). */
void session_end_others(Manager *m, const char *account, const char *spared, int64_t uid);

/* Notes that the Unix user has a login session (has_login), or has none any more: then the sessions that were noted end. */
void session_set_login(Manager *m, uid_t uid, bool logged_in);

/* The account's sessions no longer stand for its PIN, which is another now. */
void session_forget_pin(Manager *m, const char *account);

/* Ends everything, at stop. */
void session_end_all(Manager *m);

/* Calls `f` with each of a user's sessions that are open; stops at the first negative return and returns it. */
int session_each(Manager *m, uid_t uid, int (*f)(const Session *s, void *userdata), void *userdata);

/* The same over everybody's, for what concerns all users. */
int session_each_user(Manager *m, int (*f)(const Session *s, void *userdata), void *userdata);

/* Is called with each session that ends, before it is freed: operations and cached keys go with it. Set once, at start. */
typedef void (*SessionEnded)(Manager *m, const Session *s);
void session_on_end(Manager *m, SessionEnded f);

/* What is told of sessions to whoever listens. `ending` comes once before each end that is foreseen, and again for an end that was put off. None
 * of these may end a session. Set once, at start; a NULL is skipped. */
typedef struct SessionEvents {
        void (*opened)(Manager *m, const Session *s);
        void (*ending)(Manager *m, const Session *s, int64_t left); /* seconds */
        void (*ended)(Manager *m, const Session *s, SessionReason reason);
} SessionEvents;

void session_on_events(Manager *m, const SessionEvents *events);
