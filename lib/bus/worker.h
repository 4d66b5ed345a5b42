/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Threads for what takes long: key generation, Argon2, signing, name service. The loop submits, a thread runs, the loop is told. */

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"

typedef struct WorkerPool WorkerPool;

/* `run` is called on a thread and owns nothing but `userdata`; `done` is called on the loop with what `run` returned and owns
 * `userdata` from there. After the pool is freed every submitted job has had its `done`. */
typedef int (*WorkerRun)(void *userdata);
typedef void (*WorkerDone)(int result, void *userdata);
typedef int (*WorkerRunPart)(void *userdata, unsigned part);

/* `n_threads` threads; 0: one for each processor that this process may use, two at least. Made when first needed. */
int worker_pool_new(sd_event *event, unsigned n_threads, WorkerPool **ret);
WorkerPool *worker_pool_free(WorkerPool *p);
DEFINE_CLEANUP(WorkerPool *, worker_pool_free);

/* -ENOBUFS when too many wait; then nothing is called and `userdata` stays the caller's. */
int worker_submit(WorkerPool *p, WorkerRun run, WorkerDone done, void *userdata);

/* The same for what takes much memory (Argon2: 64 MiB each): at most two of these run at once, and one thread is always left to the
 * others, so that a crowd of logins neither eats the machine nor keeps signatures waiting. */
int worker_submit_heavy(WorkerPool *p, WorkerRun run, WorkerDone done, void *userdata);

/* Calls `run` with each of 0 … n - 1, on as many threads as are free, and `done` once after the last of them, with 0 or what the first one that
 * failed returned. The loop is woken once, not by each part; jobs of many parts take turns. -ENOBUFS as above, and never for some of the parts. */
int worker_submit_parts(WorkerPool *p, unsigned n, WorkerRunPart run, WorkerDone done, void *userdata);

/* Whether any job waits for a thread, in whole or in part. From any thread; it may have changed by the time it is told. */
bool worker_has_waiting(WorkerPool *p);
