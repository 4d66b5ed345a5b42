/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The audit chain: entries whose heads hash over all before them; payloads are committed to with a salt, so that they can be erased and
 * the chain still stands. Written inside the job that does what is recorded. What it proves is said in docs/audit.md. */

#include <stdbool.h>

#include "store/store.h"

typedef struct AuditEntry {
        const char *event;      /* "login", "sign", … the list is in docs/audit.md */
        const char *account;    /* NULL: none */
        int64_t uid;            /* -1: none */
        const char *credential; /* NULL: none */
        View payload;           /* JSON; for the account's own eyes. May be empty. */
        int64_t now;
} AuditEntry;

/* How far back the clock may step before nothing is recorded, and so nothing done, any more; in seconds. */
#define AUDIT_CLOCK_TOLERANCE 120

/* In a job: appends. -ETIME when `now` is before the last entry's time by more than 120 s (the clock was set back; see design of OTP). */
int audit_append(Txn *t, const AuditEntry *e);

/* In a job: the time of the last entry; 0 when there is none. */
int audit_last_time(Txn *t, int64_t *ret);

/* --- Reading ------------------------------------------------------------------------------------------------------ */

typedef struct AuditRow {
        uint64_t seq;
        int64_t time;
        int64_t uid;      /* -1: none */
        char *event;
        char *login;      /* NULL: none */
        char *credential; /* NULL: none */
        char *payload;    /* NULL: erased, none, or not asked for */
        int64_t items;    /* that were signed, for a seal's Administrator; -1: no signature, erased, or not asked for */
} AuditRow;

typedef struct AuditRows {
        AuditRow *rows;
        size_t n;
} AuditRows;

void audit_rows_done(AuditRows *r);

#define AUDIT_LIMIT_MAX 1000U

/* Whose entries, and which of them. */
typedef struct AuditQuery {
        const char *account;    /* this account's, with payloads; or else */
        const char *credential; /* this credential's, without payloads but with the number of items signed; neither: everybody's, without payloads */
        bool forward;           /* oldest first, those above `from`; else newest first, those below `from` */
        uint64_t from;          /* 0: from the beginning, or the end */
        unsigned limit;         /* up to AUDIT_LIMIT_MAX */
} AuditQuery;

/* In a job. */
int audit_list(Txn *t, const AuditQuery *q, AuditRows *ret);

/* u8 version (1) ‖ SHA-256; see audit.c for what it is over. */
#define AUDIT_HEAD_SIZE 33U

/* In a job: how many entries there are, and the last one's head (noughts when there is none). */
int audit_head(Txn *t, uint64_t *ret_count, uint8_t ret_head[static AUDIT_HEAD_SIZE]);

/* In a job: the time of the last entry of that event: 1, or 0 when there is none. Looks from the end, so it is for events that recur. */
int audit_event_time(Txn *t, const char *event, int64_t *ret);

/* A walk along the chain, some rows a job, so that nobody waits for it. Start with an empty one. */
typedef struct AuditWalk {
        uint64_t count;     /* entries that fit */
        uint8_t head[AUDIT_HEAD_SIZE];
        uint64_t broken_at; /* the first number that does not fit; 0: none so far */
} AuditWalk;

/* In a job: goes on by at most `limit` entries. 1 when there may be more, 0 at the end or at the first that does not fit. */
int audit_walk(Txn *t, AuditWalk *w, unsigned limit);
