/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Calls that are answered later; see task.h. */

#include <errno.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "ca/clock.h"
#include "ca/task.h"

int task_new(Authority *a, sd_bus_message *message, size_t size, void (*destroy)(Task *t), void *ret, sd_bus_error *error) {
        _cleanup_task_ Task *t = calloc(1, size);
        int r;

        if (!t)
                return bus_error_set_errno(error, -ENOMEM);
        t->authority = a;
        t->message = sd_bus_message_ref(message);
        t->store = a->store;
        t->root = a->root;
        t->now = clock_now();
        t->destroy = destroy;
        r = gate_sender_uid(a->gate, message, &t->uid);
        if (r >= 0)
                r = gate_watch(a->gate, message, &t->watch);
        if (r < 0)
                return bus_error_set_errno(error, r);
        *(Task **) ret = TAKE_PTR(t);
        return 0;
}

Task *task_free(Task *t) {
        if (!t)
                return NULL;
        if (t->destroy)
                t->destroy(t);
        watch_free(t->watch);
        sd_bus_message_unref(t->message);
        free(t);
        return NULL;
}

static void on_done(int result, void *userdata) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        Task *t = userdata;
        int r;

        r = t->then(t, result, &error);
        if (r == TASK_CONTINUES)
                return;
        if (r < 0 && !watch_gone(t->watch)) {
                r = bus_error_set_errno(&error, r);
                (void) sd_bus_reply_method_errno(t->message, r, &error);
        }
        task_free(t);
}

static int work(Task *t, WorkerPool *pool, WorkerRun run, TaskThen then, sd_bus_error *error) {
        int r;

        t->then = then;
        r = worker_submit(pool, run, on_done, t);
        return r < 0 ? bus_error_set_errno(error, r) : 0;
}

int task_work(Task *t, WorkerRun run, TaskThen then, sd_bus_error *error) {
        return work(t, t->authority->workers, run, then, error);
}

int task_sign(Task *t, bool hosted, WorkerRun run, TaskThen then, sd_bus_error *error) {
        return work(t, hosted ? t->authority->signers : t->authority->workers, run, then, error);
}

int task_store(Task *t, StoreRun run, TaskThen then, sd_bus_error *error) {
        int r;

        t->then = then;
        r = store_submit(t->store, run, on_done, t);
        return r < 0 ? bus_error_set_errno(error, r) : 0;
}

int task_publish(Task *t, bool crl, TaskThen then, sd_bus_error *error) {
        int r;

        t->then = then;
        r = publisher_want(t->authority->publisher, crl, on_done, t);
        return r < 0 ? then(t, r, error) : TASK_CONTINUES;
}

void task_issuance(const Task *t, Issuance *i) {
        i->root = t->root;
        i->store = t->store;
        i->key_host = t->authority->key_host;
        i->settings = &t->authority->settings;
        i->now = t->now;
        i->entry.uid = t->uid;
}
