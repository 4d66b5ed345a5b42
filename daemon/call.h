/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A method call that is answered later: it owns the message, what was read from it, and takes its way through jobs of the store and
 * workers, one at a time. A method's own call begins with a Call:
 *
 *         typedef struct Rename { Call call; char *name; } Rename;
 *
 * The handler makes it with call_new(), reads its arguments, and hands it to call_store() or call_work(); then it belongs to the loop.
 * `run` sees only the method's own fields, never message or manager. `then` is on the loop: it sends the answer and returns what sending returned, or returns a
 * negative errno with the error set, which is sent, or has submitted the next step and returns CALL_CONTINUES. */

#include <systemd/sd-bus.h>

#include "bus/gate.h"
#include "bus/worker.h"
#include "daemon/manager.h"
#include "store/store.h"

#define CALL_CONTINUES 0x10000 /* nothing that sending an answer returns */

typedef struct Call Call;
typedef int (*CallThen)(Call *c, int result, sd_bus_error *error);

struct Call {
        Manager *manager;
        sd_bus_message *message;
        Watch *watch;  /* watch_gone(): the caller left; what is answered then is answered to nobody, and nothing may be granted */
        uid_t uid;     /* of the caller */
        int64_t now;   /* clock_now() when the call came */
        void (*destroy)(Call *c); /* frees what the method's call owns beside; may be NULL */
        CallThen then;
        bool heavy;    /* waits for, or is in, call_work_heavy() */
        Call *next;    /* of all that are under way */
};

/* Allocates `size` zeroed bytes with a Call at their head; asks the bus for the caller's uid. Sets `error` where it fails: also when the user, or
 * all together, have as many calls under way as there may be. */
int call_new(Manager *m, sd_bus_message *message, size_t size, void (*destroy)(Call *c), void *ret, sd_bus_error *error);
Call *call_free(Call *c);

static inline void call_freep(void *c) {
        call_free(*(Call **) c);
}
#define _cleanup_call_ _cleanup_(call_freep)

/* Reads an argument that is a record's id. One that cannot be an id is of nothing that there is, like any other: NotFound, with the sentence `none` or the usual one. */
int call_read_id(Call *c, const char *none, char ret[static 17], sd_bus_error *error);

/* Each takes the call over when it returns 0; on error, with `error` set, it stays the caller's. */
int call_store(Call *c, StoreRun run, CallThen then, sd_bus_error *error);
int call_work(Call *c, WorkerRun run, CallThen then, sd_bus_error *error);

/* For what costs seconds or much memory. Of these a user has few at a time, so that nobody fills the queue before everybody. */
int call_work_heavy(Call *c, WorkerRun run, CallThen then, sd_bus_error *error);

/* What a handler returns of the first step, whose result is `r`: the call behind `c`, the handler's pointer, belongs to the loop now, or still to
 * the handler, with the error set. */
static inline int call_started(int r, void *c) {
        if (r < 0)
                return r;
        *(void **) c = NULL;
        return 1;
}

/* For `then`s that wait for something else: runs `then` and what follows from its answer. */
void call_resume(Call *c, int result);
