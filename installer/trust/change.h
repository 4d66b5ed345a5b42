/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Changes to the trust stores, one after the other. Each begins by undoing what an earlier one left behind half done (a crash, a full disk), and
 * tells its outcome when the stores were rebuilt and read back: what their commands say of themselves is not believed. Certificates that are
 * installed together are installed in all stores or in none. */

#include <systemd/sd-event.h>

#include "installer/trust/store.h"

typedef struct ChangeQueue ChangeQueue;

/* What happened to a certificate in a store. */
typedef enum StoreResult {
        RESULT_NONE,           /* the store was not asked for */
        RESULT_INSTALLED,
        RESULT_PRESENT_BEFORE,
        RESULT_LEFT_OUT,       /* the store cannot limit what a certificate is trusted for */
        RESULT_FAILED,         /* the store cannot be changed, or is one program's and could not be; and was not asked for by name */
} StoreResult;

typedef struct Outcome {
        int result; /* 0; -EEXIST a file of ours is another's; -ENOENT no such certificate of ours; -EOPNOTSUPP no store can do what is asked; -EIO a
                     * store could not be rebuilt (what was done was undone, or will be by the next change); other -errno */
        const Store *at;           /* where it failed; NULL elsewhere */
        const RecordList *records; /* install: those that were asked for */
        const StoreResult (*results)[STORE_MAX]; /* one line for each of them */
} Outcome;

typedef void (*ChangeDone)(const Outcome *outcome, void *userdata);

/* `stores` is borrowed. */
int change_queue_new(sd_event *event, const Stores *stores, ChangeQueue **ret);

/* What is under way is stopped where it is; `done`s are called with -ECANCELED. Takes NULL, returns NULL. */
ChangeQueue *change_queue_free(ChangeQueue *q);
DEFINE_CLEANUP(ChangeQueue *, change_queue_free);

bool change_queue_is_idle(const ChangeQueue *q);

/* Each is queued; `done` is called once, later. -ENOBUFS when too many wait. Without `done` nobody is told. */

/* Takes the list's content over. `wanted`: bits of stores, each of which must be able to; 0 for all there are, as far as they are able to. */
int change_install(ChangeQueue *q, RecordList *records, unsigned wanted, ChangeDone done, void *userdata);
int change_remove(ChangeQueue *q, const char *fingerprint, ChangeDone done, void *userdata);
int change_repair(ChangeQueue *q); /* undoes what is half done, and nothing else */
