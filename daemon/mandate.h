/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Mandates: leave for a service's Unix user to have a seal sign without one-time codes, given by the seal's Administrator within limits: so many
 * documents, until a date, so many in a minute. What is used up stands in the record. All functions run in a job; a row whose MAC does not fit is
 * not believed: -EBADMSG. */

#include "daemon/credential.h"

#define MANDATE_DOCUMENTS_MAX 1000000U
#define MANDATE_PER_MINUTE_MAX 6000U
#define MANDATE_SECONDS_MAX (INT64_C(366) * 24 * 3600)
#define MANDATE_LABEL_MAX 256U          /* bytes */
#define MANDATES_PER_CREDENTIAL 64U     /* that can serve */
#define MANDATES_LIST_MAX 1024U

/* Outcomes beside those of outcome.h, from whose values these keep away: why a mandate does not serve. */
enum {
        MANDATE_E_REVOKED = 128,
        MANDATE_E_EXPIRED,
        MANDATE_E_USED_UP,  /* not as many documents are left */
        MANDATE_E_FROZEN,   /* the store is an older copy: what was used up may look unused */
        MANDATE_E_GIVER,    /* who gave it administers the seal no more, or the account is closed */
        MANDATE_E_USER,     /* the uid has another name than when it was given */
        MANDATE_E_RATE,     /* so many in this minute already, until */
        MANDATE_E_CHANGED,  /* the seal has other certificates than when the items were looked at */
        MANDATE_E_BATCH,    /* more than it allows in any minute */
};

typedef struct Mandate {
        char id[2 * ID_RECORD + 1];
        char credential[CREDENTIAL_ID_SIZE];
        char account[2 * ID_RECORD + 1]; /* who gave it */
        char *label;
        char machine[33];
        uint32_t uid;
        char *user_name;     /* of the uid, when it was given */
        int64_t created;
        int64_t expires;
        int64_t revoked;     /* -1: not */
        uint32_t documents;  /* in all */
        uint32_t per_minute;
        uint32_t used;
        int64_t window;      /* when the last minute began that is counted */
        uint32_t in_window;
} Mandate;

void mandate_done(Mandate *m);

/* Whether a uid belongs to one user for good. The superuser's does not count: whoever can become root needs no leave, and jobs that
 * run as root have nothing in common but that. Nor do nobody's, and those that systemd gives out for a while (61184 to 65519). */
bool mandate_uid_is_fixed(uint32_t uid);

/* -ENOENT when there is none. */
int mandate_load(Txn *t, const char *id, Mandate *ret);

/* `m->id` is made here. -EDQUOT when the credential has MANDATES_PER_CREDENTIAL that can serve. */
int mandate_insert(Txn *t, Mandate *m);

/* -EALREADY when it is revoked. */
int mandate_revoke(Txn *t, Mandate *m, int64_t now);

/* Whether it serves at `now`: 0, or MANDATE_E_REVOKED, EXPIRED, FROZEN or GIVER. `c`: its credential. */
int mandate_check(Txn *t, const Mandate *m, const Credential *c, int64_t now);

/* Whether `n` more documents are within its limits: 0, MANDATE_E_USED_UP, MANDATE_E_BATCH, or MANDATE_E_RATE with *ret_until. A
 * minute begins with the first document after the one before was over, so around such a moment twice as many may fit into sixty seconds. */
int mandate_allows(const Mandate *m, uint32_t n, int64_t now, int64_t *ret_until);

/* Counts `n` documents that mandate_allows() allowed, if the record still is as it was loaded. */
int mandate_use(Txn *t, Mandate *m, uint32_t n, int64_t now);

/* Calls `f` with each mandate: those of one Unix user of a machine, of the seals that an account administers, or all (account and machine NULL). Newest
 * first, at most MANDATES_LIST_MAX. `f` owns the mandate and may use the store. */
typedef struct MandateQuery {
        const char *machine; /* with uid */
        uint32_t uid;
        const char *account; /* the Administrator's */
} MandateQuery;

int mandate_each(Txn *t, const MandateQuery *q, int (*f)(Txn *t, Mandate *m, void *userdata), void *userdata);
