/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Changes to the system's trust store, one after the other. Each begins by undoing what an earlier one left behind half done (a crash, a full
 * disk), and tells its outcome when the store was rebuilt and read back: what update-ca-certificates says of itself is not believed. */

#include <systemd/sd-event.h>

#include "installer/trust/system-store.h"

typedef struct ChangeQueue ChangeQueue;

/* Outcomes: 0; -EEXIST the store has the certificate already; -ENOENT no such certificate of ours; -EIO the store could not be rebuilt (what was
 * done was undone, or will be by the next change); other -errno. */
typedef void (*ChangeDone)(int result, void *userdata);

/* `store` is borrowed; `command` is update-ca-certificates. */
int change_queue_new(sd_event *event, const SystemStore *store, const char *command, ChangeQueue **ret);

/* What is under way is stopped where it is; `done`s are called with -ECANCELED. Takes NULL, returns NULL. */
ChangeQueue *change_queue_free(ChangeQueue *q);
DEFINE_CLEANUP(ChangeQueue *, change_queue_free);

bool change_queue_is_idle(const ChangeQueue *q);

/* Each is queued; `done` is called once, later. -ENOBUFS when too many wait. Without `done` nobody is told. */
int change_install(ChangeQueue *q, Record *record, ChangeDone done, void *userdata); /* takes the record's content over */
int change_remove(ChangeQueue *q, const char *fingerprint, ChangeDone done, void *userdata);
int change_repair(ChangeQueue *q); /* undoes what is half done, and nothing else */
