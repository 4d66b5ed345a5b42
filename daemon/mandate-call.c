/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The steps of Mandate.Sign; see mandate-call.h. From the job that counts the documents on, every way out leads through a last job, which frees the seal
 * and writes down what did not come about. */

#include <errno.h>
#include <string.h>

#include "bus/error.h"
#include "bus/names.h"
#include "bus/service.h"
#include "daemon/clock.h"
#include "daemon/items-bus.h"
#include "daemon/key-cache.h"
#include "daemon/lease.h"
#include "daemon/mandate-call.h"
#include "daemon/mandate-job.h"
#include "daemon/operation.h"
#include "daemon/outcome-bus.h"
#include "daemon/outcome.h"
#include "daemon/user-name.h"

#define TICK_USEC UINT64_C(1000000)
#define LOOK_AGAIN 5 /* seconds */

struct MandateCall {
        Call call;
        MandateJob job;
        int64_t deadline;        /* clock_age() */
        Batch batch;
        size_t parked;
        SigningKey *key;
        unsigned n_parts;
        sd_bus_error failure;    /* for the caller, with job.failed */
        /* in the queue */
        bool queued;
        bool working;            /* it is its turn, or a job looks whether it is */
        bool tried;              /* it was its turn once, at least */
        int64_t looked;          /* clock_age() */
        MandateCall *next;
};

struct MandateQueue {
        Manager *manager;
        sd_event_source *tick;   /* leases lapse, and callers leave, without anybody telling */
        sd_event_source *soon;   /* somebody came or went */
        MandateCall *first;      /* in the order of asking */
};

static int continues(int r) {
        return r < 0 ? r : CALL_CONTINUES;
}

/* --- What is told -------------------------------------------------------------------------------------------------- */

int mandate_set_error(sd_bus_error *error, int outcome, int64_t until) {
        static const char *const sentences[] = {
                [MANDATE_E_REVOKED - MANDATE_E_REVOKED] = "The mandate was revoked.",
                [MANDATE_E_EXPIRED - MANDATE_E_REVOKED] = "The mandate has expired.",
                [MANDATE_E_USED_UP - MANDATE_E_REVOKED] = "The mandate is used up: so many documents are not left.",
                [MANDATE_E_FROZEN - MANDATE_E_REVOKED] = "Mandates are frozen: the service's store is an older copy, and no operator has accepted that.",
                [MANDATE_E_GIVER - MANDATE_E_REVOKED] = "Who gave the mandate does not administer the seal any more.",
                [MANDATE_E_USER - MANDATE_E_REVOKED] = "The mandate was given to a Unix user of another name.",
        };
        char text[32];

        if (outcome == MANDATE_E_CHANGED)
                return bus_error_set(error, ERROR_TRY_LATER, "The seal has got another certificate. Try again with that.");
        if (outcome == MANDATE_E_BATCH)
                return bus_error_set(error, ERROR_LIMIT, "These are more documents than the mandate allows in a minute. Send fewer in one call.");
        if (outcome == MANDATE_E_RATE)
                return bus_error_set(error, ERROR_TRY_LATER, "The mandate allows no more documents in this minute. Try again after %s.",
                                     bus_error_time(until, text));
        if (outcome >= MANDATE_E_REVOKED && outcome < MANDATE_E_RATE)
                return bus_error_set(error, ERROR_MANDATE, "%s", sentences[outcome - MANDATE_E_REVOKED]);
        return outcome_set_error(error, outcome, until);
}

/* --- The queue ---------------------------------------------------------------------------------------------------- */

/* Those whose caller is still being looked up, or whose items are checked, have no credential yet and keep nobody waiting. */
static bool is_first(const MandateQueue *q, const MandateCall *c) {
        for (const MandateCall *i = q->first; i && i != c; i = i->next)
                if (strcmp(i->job.record->id, c->job.record->id) == 0)
                        return false;
        return true;
}

static void look_soon(MandateQueue *q) {
        (void) sd_event_source_set_enabled(q->soon, SD_EVENT_ONESHOT);
}

static void enqueue(MandateQueue *q, MandateCall *c) {
        MandateCall **end = &q->first;

        while (*end)
                end = &(*end)->next;
        *end = c;
        c->queued = true;
        (void) sd_event_source_set_enabled(q->tick, SD_EVENT_ON);
        look_soon(q);
}

static void dequeue(MandateQueue *q, MandateCall *c) {
        for (MandateCall **i = &q->first; c->queued && *i; i = &(*i)->next) {
                if (*i != c)
                        continue;
                *i = c->next;
                c->queued = false;
                look_soon(q);
                return;
        }
}

static void destroy(Call *call) {
        MandateCall *c = (MandateCall *) call;

        if (call->manager->mandates)
                dequeue(call->manager->mandates, c);
        key_cache_end_session(call->manager->keys, c->job.lease);
        operation_unpark(call->manager, c->parked);
        batch_done(&c->batch);
        mandate_job_done(&c->job);
        signing_key_unref(c->key);
        sd_bus_error_free(&c->failure);
}

/* --- Signing ------------------------------------------------------------------------------------------------------ */

static int then_settled(Call *call, int result, sd_bus_error *error) {
        MandateCall *c = (MandateCall *) call;

        if (c->job.failed < 0) {
                (void) sd_bus_error_move(error, &c->failure);
                return c->job.failed;
        }
        if (result != 0)
                return mandate_set_error(error, result, c->job.until);
        return items_reply(call->message, &c->batch);
}

static int run_settle(Txn *t, void *userdata) {
        return mandate_job_settle(t, &((MandateCall *) userdata)->job);
}

/* What was counted is signed, or will not be: `r` with `error` says why. */
static int settle(MandateCall *c, int r, sd_bus_error *error) {
        c->job.failed = r < 0 ? r : 0;
        if (error && sd_bus_error_is_set(error))
                (void) sd_bus_error_move(&c->failure, error);
        c->job.now = clock_now();
        return continues(call_store(&c->call, run_settle, then_settled, error));
}

static int run_part(void *userdata, unsigned part) {
        MandateCall *c = userdata;

        return batch_sign_part(&c->batch, c->job.rules, signing_key_handle(c->key), part, c->n_parts);
}

static int then_signed(Call *call, int result, sd_bus_error *error) {
        MandateCall *c = (MandateCall *) call;

        if (result < 0)
                return settle(c, bus_error_set_errno(error, -EIO), error);
        return settle(c, watch_gone(call->watch) ? -ECANCELED : 0, error);
}

static void on_parts_signed(int result, void *userdata) {
        call_resume(userdata, result);
}

static int sign(MandateCall *c, sd_bus_error *error) {
        Manager *m = c->call.manager;
        int r;

        c->n_parts = batch_parts(&c->batch);
        c->call.then = then_signed;
        r = m->workers ? worker_submit_parts(m->workers, c->n_parts, run_part, on_parts_signed, c) : -ESHUTDOWN;
        return r < 0 ? settle(c, bus_error_set_errno(error, r), error) : CALL_CONTINUES;
}

static int run_open(void *userdata) {
        return mandate_job_open_key(&((MandateCall *) userdata)->job);
}

static int then_opened(Call *call, int result, sd_bus_error *error) {
        MandateCall *c = (MandateCall *) call;
        int r = result;

        if (r >= 0)
                r = signing_key_new(TAKE_PTR(c->job.key), &c->key);
        if (r < 0)
                return settle(c, bus_error_set_errno(error, r), error);
        (void) key_cache_put(call->manager->keys, c->job.record->id, c->job.lease, c->key);
        return sign(c, error);
}

static int then_counted(Call *call, int result, sd_bus_error *error) {
        MandateCall *c = (MandateCall *) call;
        int r;

        if (result == OUTCOME_BUSY) {
                c->working = false;
                c->looked = clock_age();
                return CALL_CONTINUES;
        }
        if (result != 0)
                return mandate_set_error(error, result, c->job.until);
        c->key = key_cache_get(call->manager->keys, c->job.record->id, c->job.lease);
        if (c->key)
                return sign(c, error);
        r = call_work(call, run_open, then_opened, error);
        return r < 0 ? settle(c, r, error) : CALL_CONTINUES;
}

/* --- Turns -------------------------------------------------------------------------------------------------------- */

static int then_ends(Call *call, int result, sd_bus_error *error) {
        MandateCall *c = (MandateCall *) call;
        char text[32];

        if (result == -EBUSY && c->job.until > 0)
                return bus_error_set(error, ERROR_TRY_LATER, "The seal is in use. Try again after %s.", bus_error_time(c->job.until, text));
        if (result == -EBUSY)
                return bus_error_set(error, ERROR_TRY_LATER, "The seal is in use by others. Try again.");
        return bus_error_set_errno(error, result);
}

static void end(MandateCall *c, int result) {
        c->working = true;
        c->call.then = then_ends;
        call_resume(&c->call, result);
}

/* Who cannot wait is let try. */
static int has_ended(const MandateQueue *q, const MandateCall *c) {
        if (watch_gone(c->call.watch))
                return -ECANCELED;
        return clock_age() >= c->deadline && (c->tried || !is_first(q, c)) ? -EBUSY : 0;
}

static bool is_due(const MandateCall *c) {
        return clock_now() >= c->job.until || clock_age() - c->looked >= LOOK_AGAIN;
}

static int run_count(Txn *t, void *userdata) {
        return mandate_job_count(t, &((MandateCall *) userdata)->job);
}

static void visit(MandateQueue *q, MandateCall *c, bool kicked) {
        int r;

        if (c->working)
                return;
        r = has_ended(q, c);
        if (r < 0) {
                end(c, r);
                return;
        }
        if (!is_first(q, c) || !(kicked || is_due(c)))
                return;
        c->tried = true;
        c->job.now = clock_now();
        r = call_store(&c->call, run_count, then_counted, NULL);
        c->working = true;
        if (r < 0)
                end(c, r);
}

static void visit_all(MandateQueue *q, bool kicked) {
        for (MandateCall *c = q->first, *following; c; c = following) {
                following = c->next;
                visit(q, c, kicked);
        }
        if (!q->first)
                (void) sd_event_source_set_enabled(q->tick, SD_EVENT_OFF);
}

static int on_tick(sd_event_source *source, uint64_t usec, void *userdata) {
        visit_all(userdata, false);
        return sd_event_source_set_time_relative(source, TICK_USEC);
}

static int on_soon(sd_event_source *source, void *userdata) {
        visit_all(userdata, false);
        return 0;
}

void mandate_queue_kick(Manager *m) {
        if (m->mandates)
                visit_all(m->mandates, true);
}

int mandate_queue_new(Manager *m, MandateQueue **ret) {
        MandateQueue *q;
        int r;

        q = calloc(1, sizeof(*q));
        if (!q)
                return -ENOMEM;
        q->manager = m;
        r = sd_event_add_time_relative(m->event, &q->tick, CLOCK_MONOTONIC, TICK_USEC, TICK_USEC / 10, on_tick, q);
        if (r >= 0)
                r = sd_event_source_set_enabled(q->tick, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_add_defer(m->event, &q->soon, on_soon, q);
        if (r < 0) {
                mandate_queue_free(q);
                return r;
        }
        *ret = q;
        return 0;
}

MandateQueue *mandate_queue_free(MandateQueue *q) {
        if (!q)
                return NULL;
        while (q->first)
                end(q->first, -ESHUTDOWN);
        sd_event_source_disable_unref(q->tick);
        sd_event_source_disable_unref(q->soon);
        free(q);
        return NULL;
}

/* --- The beginning ------------------------------------------------------------------------------------------------ */

static int run_check(void *userdata) {
        MandateCall *c = userdata;
        int r;

        r = batch_check(&c->batch, c->job.rules, c->job.now);
        return r != ITEM_ACCEPTED ? r : batch_payload(&c->batch, &c->job.payload);
}

static int then_checked(Call *call, int result, sd_bus_error *error) {
        MandateCall *c = (MandateCall *) call;

        if (result == ITEM_E_REFUSED)
                return bus_error_set(error, ERROR_ITEM_REFUSED, "Item %zu was refused: %s. Nothing was signed.", c->batch.refused + 1, c->batch.reason);
        if (result < 0)
                return bus_error_set_errno(error, result);
        if (!call->manager->mandates)
                return bus_error_set_errno(error, -ESHUTDOWN);
        enqueue(call->manager->mandates, c);
        return CALL_CONTINUES;
}

static int then_looked(Call *call, int result, sd_bus_error *error) {
        MandateCall *c = (MandateCall *) call;

        if (result == MANDATE_E_USER)
                service_log(SD_WARNING, "Mandate %s was not used: Unix user %u has another name than when it was given.", c->job.id, call->uid);
        if (result != 0)
                return mandate_set_error(error, result, c->job.until);
        c->batch.mandate = c->job.id;
        c->job.until = 0;
        return continues(call_work(call, run_check, then_checked, error));
}

static int run_look(Txn *t, void *userdata) {
        return mandate_job_look(t, &((MandateCall *) userdata)->job);
}

static int then_named(Call *call, int result, sd_bus_error *error) {
        MandateCall *c = (MandateCall *) call;

        if (result < 0 && result != -ESRCH)
                return bus_error_set_errno(error, result);
        c->job.now = clock_now();
        c->job.count = (uint32_t) c->batch.n;
        return continues(call_store(call, run_look, then_looked, error));
}

static void on_name(int result, const char *name, void *userdata) {
        MandateCall *c = userdata;

        if (result >= 0) {
                c->job.user_name = strdup(name);
                if (!c->job.user_name)
                        result = -ENOMEM;
        }
        c->call.then = then_named;
        call_resume(&c->call, result);
}

int mandate_call_new(Manager *m, sd_bus_message *message, MandateCall **ret, sd_bus_error *error) {
        return call_new(m, message, sizeof(MandateCall), destroy, ret, error);
}

Batch *mandate_call_batch(MandateCall *c, size_t **ret_parked) {
        *ret_parked = &c->parked;
        return &c->batch;
}

int mandate_call_set(MandateCall *c, const char *id, uint32_t wait, sd_bus_error *error) {
        char digits[2 * ID_RECORD + 1];
        int r;

        if (!id_is_valid(ID_RECORD, id))
                return bus_error_set(error, ERROR_NOT_FOUND, NULL);
        if (wait > MANDATE_WAIT_MAX)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "A call can wait for at most %u seconds.", MANDATE_WAIT_MAX);
        r = id_random(ID_RECORD, digits);
        if (r < 0)
                return bus_error_set_errno(error, r);
        strcpy(c->job.id, id);
        strcpy(c->job.lease, LEASE_MANDATE);
        strcat(c->job.lease, digits);
        c->job.store = c->call.manager->store;
        c->job.uid = c->call.uid;
        strcpy(c->job.machine, c->call.manager->machine_id);
        c->deadline = clock_age() + wait;
        return 0;
}

int mandate_call_start(MandateCall *c, sd_bus_error *error) {
        int r;

        r = user_name_lookup(c->call.manager, c->call.uid, on_name, c);
        return r < 0 ? bus_error_set_errno(error, r) : 0;
}
