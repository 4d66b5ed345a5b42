/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A method call that is answered later: it owns the message and goes through workers and jobs of the store, one at a time. A
 * method's own type begins with a Task. `run` is on another thread and touches the method's own fields, store and root only;
 * `then` is on the loop: it answers and returns 0, or returns a negative errno with the error set, or has submitted the next
 * step and returns TASK_CONTINUES. */

#include "ca/authority.h"
#include "ca/issuance.h"
#include "ca/publisher.h"

#define TASK_CONTINUES 1

typedef struct Task Task;
typedef int (*TaskThen)(Task *t, int result, sd_bus_error *error);

struct Task {
        Authority *authority;
        sd_bus_message *message;
        Watch *watch;
        Store *store;
        const Root *root; /* as it was when the call came; may be NULL */
        uid_t uid;        /* of the caller */
        int64_t now;      /* when the call came */
        void (*destroy)(Task *t);
        TaskThen then;
};

/* Allocates `size` zeroed bytes with a Task at their head. Sets `error` where it fails. */
int task_new(Authority *a, sd_bus_message *message, size_t size, void (*destroy)(Task *t), void *ret, sd_bus_error *error);
Task *task_free(Task *t);

static inline void task_freep(void *t) {
        task_free(*(Task **) t);
}
#define _cleanup_task_ _cleanup_(task_freep)

/* Each takes the task over when it returns 0; on error, with `error` set, it stays the caller's. */
int task_work(Task *t, WorkerRun run, TaskThen then, sd_bus_error *error);

/* The same for work that signs with the root's key: where that is `hosted`, it may have to wait for the key host, and keeps no other work waiting. */
int task_sign(Task *t, bool hosted, WorkerRun run, TaskThen then, sd_bus_error *error);
int task_store(Task *t, StoreRun run, TaskThen then, sd_bus_error *error);

/* The next step is a publication (publisher_want()). Within `then`, to be returned from it: TASK_CONTINUES, or what the next
 * `then` returned where nothing could be begun. */
int task_publish(Task *t, bool crl, TaskThen then, sd_bus_error *error);

/* What an issuance takes from the call. */
void task_issuance(const Task *t, Issuance *i);
