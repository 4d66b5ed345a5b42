/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Calls that are answered later; see call.h. */

#include <errno.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "daemon/call.h"
#include "daemon/clock.h"

int call_new(Manager *m, sd_bus_message *message, size_t size, void (*destroy)(Call *c), void *ret, sd_bus_error *error) {
        _cleanup_call_ Call *c = NULL;
        int r;

        c = calloc(1, size);
        if (!c)
                return bus_error_set_errno(error, -ENOMEM);
        c->manager = m;
        c->message = sd_bus_message_ref(message);
        c->destroy = destroy;
        c->now = clock_now();
        r = bus_sender_uid(message, &c->uid);
        if (r >= 0)
                r = gate_watch(m->gate, message, &c->watch);
        if (r < 0)
                return bus_error_set_errno(error, r);
        *(Call **) ret = TAKE_PTR(c);
        return 0;
}

Call *call_free(Call *c) {
        if (!c)
                return NULL;
        if (c->destroy)
                c->destroy(c);
        watch_free(c->watch);
        sd_bus_message_unref(c->message);
        free(c);
        return NULL;
}

void call_resume(Call *c, int result) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        int r;

        r = c->then(c, result, &error);
        if (r == CALL_CONTINUES)
                return;
        if (r < 0 && !watch_gone(c->watch)) {
                r = bus_error_set_errno(&error, r);
                (void) sd_bus_reply_method_errno(c->message, r, &error);
        }
        call_free(c);
}

static void on_done(int result, void *userdata) {
        call_resume(userdata, result);
}

int call_store(Call *c, StoreRun run, CallThen then, sd_bus_error *error) {
        int r;

        c->then = then;
        r = c->manager->store ? store_submit(c->manager->store, run, on_done, c) : -ESHUTDOWN;
        return r < 0 ? bus_error_set_errno(error, r) : 0;
}

int call_work(Call *c, WorkerRun run, CallThen then, sd_bus_error *error) {
        int r;

        c->then = then;
        r = c->manager->workers ? worker_submit(c->manager->workers, run, on_done, c) : -ESHUTDOWN;
        return r < 0 ? bus_error_set_errno(error, r) : 0;
}

int call_work_heavy(Call *c, WorkerRun run, CallThen then, sd_bus_error *error) {
        int r;

        c->then = then;
        r = c->manager->workers ? worker_submit_heavy(c->manager->workers, run, on_done, c) : -ESHUTDOWN;
        return r < 0 ? bus_error_set_errno(error, r) : 0;
}
