/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Who waits for a seal that somebody else uses (requirement E10). A waiting call is answered when the lease ends, however it does, in the order of
 * asking: the seal is then kept for a moment for whom it was told to (LEASE_TURN), and only the next one after that. It ends unanswered when the
 * caller leaves, and with an error when the session ends, its time is up, or the account may no longer use the seal. A session does not lapse
 * while it waits. Loop's thread. */

#include "daemon/call.h"
#include "daemon/credential.h"
#include "daemon/session.h"

#define LEASE_WAIT_MAX 1800 /* seconds */
#define LEASE_WAITS_PER_USER 8U
#define LEASE_WAITS_MAX 128U /* well below the calls that may be under way */

typedef struct LeaseWait LeaseWait;

struct LeaseWait {
        Call call;
        /* given */
        char credential[CREDENTIAL_ID_SIZE];
        char session[33];
        char account[17];
        int64_t deadline;        /* clock_age() */
        /* for the job, and from it */
        int64_t now;
        bool first;              /* of those who wait for this seal */
        int64_t until;           /* on success till when it is kept, 0: it was free and is not kept; when busy when to look again */
        /* in the table */
        bool queued;
        bool looking;            /* a job is under way */
        bool waited;             /* it was found busy before */
        int64_t looked;          /* clock_age() */
        LeaseWait *next;
};

int lease_wait_table_new(Manager *m, LeaseWaitTable **ret);
LeaseWaitTable *lease_wait_table_free(LeaseWaitTable *t); /* those who wait are told that the service ends */
DEFINE_CLEANUP(LeaseWaitTable *, lease_wait_table_free);

/* Makes a call that waits for `credential` in session `s`. -ENOBUFS, with `error` set, when this session waits for it already, or the user, or all
 * together, wait for too much. */
int lease_wait_new(Manager *m, sd_bus_message *message, const char *credential, const Session *s, uint32_t seconds, LeaseWait **ret, sd_bus_error *error);

/* Looks whether it is free; from there on the loop has it. As a first step of call_started(). */
int lease_wait_start(LeaseWait *w, sd_bus_error *error);

/* A lease was freed: looks again. */
void lease_wait_kick(Manager *m);
