/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a call under a mandate does in the store and on workers. A MandateJob holds copies of what they need and what they find; it belongs to one
 * call. */

#include <gnutls/abstract.h>

#include "daemon/item.h"
#include "daemon/mandate.h"

typedef struct MandateJob {
        /* given */
        Store *store;
        char id[2 * ID_RECORD + 1];
        char machine[33];
        uint32_t uid;            /* of the caller */
        char *user_name;         /* its name, now; NULL: none */
        char lease[33];          /* in whose name the seal is held and the key kept */
        uint32_t count;          /* of documents */
        int64_t now;
        Bytes payload;           /* of the audit's entry */
        int failed;              /* for the last job: there will be no signatures */
        /* found */
        Credential *record;
        ItemRules *rules;
        gnutls_privkey_t key;
        int64_t until;           /* with OUTCOME_BUSY and MANDATE_E_RATE */
} MandateJob;

void mandate_job_done(MandateJob *j);

/* Store: whether the mandate serves the caller, now, for so many. 0 and `record` and `rules`, or an outcome. Writes nothing. */
int mandate_job_look(Txn *t, MandateJob *j);

/* Store: all that counts, as one step: the mandate, its giver, the seal, the limits, the lease, the count, the audit. OUTCOME_BUSY writes nothing. */
int mandate_job_count(Txn *t, MandateJob *j);

/* Worker: opens the key. */
int mandate_job_open_key(MandateJob *j);

/* Store: frees the seal and sees what happened since: with anything but 0 no signature leaves, and the audit has an entry that says so; as it has
 * with `failed`. */
int mandate_job_settle(Txn *t, MandateJob *j);
