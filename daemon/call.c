/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Calls that are answered later; see call.h. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "bus/service.h"
#include "daemon/call.h"
#include "daemon/clock.h"
#include "daemon/id.h"

/* A call holds its message, with as many descriptors as the bus lets through (16): LimitNOFILE has room for all of them. */
#define CALLS_PER_USER 128U
#define CALLS_MAX 512U
#define HEAVY_PER_USER 16U

static int check_caps(const Manager *m, uid_t uid, bool heavy) {
        unsigned of_user = 0, all = 0;

        for (const Call *i = m->calls; i; i = i->next) {
                if (heavy && !i->heavy)
                        continue;
                all++;
                if (i->uid == uid)
                        of_user++;
        }
        if (heavy)
                return of_user >= HEAVY_PER_USER ? -ENOBUFS : 0;
        return of_user >= CALLS_PER_USER || all >= CALLS_MAX ? -ENOBUFS : 0;
}

static void unlink_call(Call *c) {
        for (Call **i = &c->manager->calls; *i; i = &(*i)->next) {
                if (*i != c)
                        continue;
                *i = c->next;
                return;
        }
}

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
        r = gate_sender_uid(m->gate, message, &c->uid);
        if (r >= 0)
                r = check_caps(m, c->uid, false);
        if (r >= 0)
                r = gate_watch(m->gate, message, &c->watch);
        if (r < 0)
                return bus_error_set_errno(error, r);
        c->next = m->calls;
        m->calls = c;
        *(Call **) ret = TAKE_PTR(c);
        return 0;
}

Call *call_free(Call *c) {
        if (!c)
                return NULL;
        unlink_call(c);
        if (c->destroy)
                c->destroy(c);
        watch_free(c->watch);
        sd_bus_message_unref(c->message);
        free(c);
        return NULL;
}

int call_read_id(Call *c, const char *none, char ret[static 17], sd_bus_error *error) {
        const char *id;
        int r;

        r = sd_bus_message_read(c->message, "s", &id);
        if (r < 0)
                return bus_error_set_argument(error, r);
        if (!id_is_valid(ID_RECORD, id))
                return bus_error_set(error, ERROR_NOT_FOUND, none ? "%s" : NULL, none);
        strcpy(ret, id);
        return 0;
}

/* The caller is told to look here: a row that was altered or a disk that fails is the operator's business. */
static void log_store_error(const Call *c, int cause, const sd_bus_error *error) {
        const char *what = cause == -EBADMSG ? "a record was altered or is damaged" : strerror(-cause);

        if (sd_bus_error_has_name(error, ERROR_STORE))
                service_log(SD_ERR, "%s of user %u failed in the store: %s.", sd_bus_message_get_member(c->message), c->uid, what);
}

void call_resume(Call *c, int result) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        int r;

        r = c->then(c, result, &error);
        if (r == CALL_CONTINUES)
                return;
        if (r < 0 && !watch_gone(c->watch)) {
                r = bus_error_set_errno(&error, r);
                log_store_error(c, result < 0 ? result : r, &error);
                (void) sd_bus_reply_method_errno(c->message, r, &error);
        }
        call_free(c);
}

static void on_done(int result, void *userdata) {
        call_resume(userdata, result);
}

static void on_heavy_done(int result, void *userdata) {
        Call *c = userdata;

        c->heavy = false;
        call_resume(c, result);
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

        r = check_caps(c->manager, c->uid, true);
        if (r < 0)
                return bus_error_set_errno(error, r);
        c->then = then;
        r = c->manager->workers ? worker_submit_heavy(c->manager->workers, run, on_heavy_done, c) : -ESHUTDOWN;
        c->heavy = r >= 0;
        return r < 0 ? bus_error_set_errno(error, r) : 0;
}
