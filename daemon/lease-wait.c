/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Waiting for a seal; see lease-wait.h. A lease ends by a record that goes, which is told (lease_take_news()), or by lapsing, which nobody tells:
 * while anybody waits the table looks at the clock each second. */

#include <errno.h>
#include <string.h>

#include "bus/error.h"
#include "bus/names.h"
#include "daemon/clock.h"
#include "daemon/lease-wait.h"
#include "daemon/lease.h"
#include "daemon/outcome-bus.h"
#include "daemon/outcome.h"

#define TICK_USEC UINT64_C(1000000)
#define LOOK_AGAIN 15 /* seconds: a lease that is used goes on, and the clock may step */

struct LeaseWaitTable {
        Manager *manager;
        sd_event_source *tick;
        LeaseWait *first; /* in the order of asking */
};

/* --- The queue ---------------------------------------------------------------------------------------------------- */

static bool is_first(const LeaseWaitTable *t, const LeaseWait *w) {
        for (const LeaseWait *i = t->first; i && i != w; i = i->next)
                if (strcmp(i->credential, w->credential) == 0)
                        return false;
        return true;
}

static void enqueue(LeaseWaitTable *t, LeaseWait *w) {
        LeaseWait **end = &t->first;

        while (*end)
                end = &(*end)->next;
        *end = w;
        w->queued = true;
        (void) sd_event_source_set_enabled(t->tick, SD_EVENT_ON);
}

static void dequeue(LeaseWaitTable *t, LeaseWait *w) {
        for (LeaseWait **i = &t->first; w->queued && *i; i = &(*i)->next) {
                if (*i != w)
                        continue;
                *i = w->next;
                w->queued = false;
                return;
        }
}

static void destroy(Call *call) {
        LeaseWait *w = (LeaseWait *) call;

        if (call->manager->lease_waits)
                dequeue(call->manager->lease_waits, w);
}

/* --- Looking ------------------------------------------------------------------------------------------------------ */

static int look_first(Txn *t, LeaseWait *w) {
        int r;

        if (w->waited)
                r = lease_offer(t, w->credential, w->account, w->session, w->now, &w->until);
        else {
                w->until = 0;
                r = lease_check(t, w->credential, w->account, w->now, &w->until);
        }
        return r == LEASE_E_BUSY ? OUTCOME_BUSY : r;
}

/* Others asked before: it is not this one's turn, whatever the lease. */
static int look_behind(Txn *t, LeaseWait *w) {
        int r;

        w->until = w->now + LEASE_TURN;
        r = lease_check(t, w->credential, w->account, w->now, &w->until);
        return r < 0 ? r : OUTCOME_BUSY;
}

static int run_look(Txn *t, void *userdata) {
        _cleanup_(credential_freep) Credential *record = NULL;
        LeaseWait *w = userdata;
        int r;

        r = credential_load(t, w->credential, &record);
        if (r == -ENOENT)
                return OUTCOME_NOT_FOUND;
        if (r >= 0)
                r = credential_check_use(t, record, w->account, w->now, &w->until);
        if (r != 0)
                return r;
        /* A personal key has no lease. */
        if (record->kind != CREDENTIAL_SEAL)
                return OUTCOME_NOT_FOUND;
        return w->first ? look_first(t, w) : look_behind(t, w);
}

static int set_busy(const LeaseWait *w, sd_bus_error *error) {
        return outcome_set_error(error, OUTCOME_BUSY, w->until);
}

static int then_looked(Call *call, int result, sd_bus_error *error) {
        LeaseWait *w = (LeaseWait *) call;

        w->looking = false;
        w->looked = clock_age();
        if (result == 0)
                return sd_bus_reply_method_return(call->message, "x", w->waited ? w->until : INT64_C(0));
        if (result != OUTCOME_BUSY)
                return outcome_set_error(error, result, w->until);
        w->waited = true;
        return clock_age() >= w->deadline ? set_busy(w, error) : CALL_CONTINUES;
}

static int look(LeaseWait *w, sd_bus_error *error) {
        int r;

        w->now = clock_now();
        w->first = is_first(w->call.manager->lease_waits, w);
        r = call_store(&w->call, run_look, then_looked, error);
        w->looking = r >= 0;
        return r;
}

/* --- While they wait ---------------------------------------------------------------------------------------------- */

static int then_ends(Call *call, int result, sd_bus_error *error) {
        if (result == -ESTALE)
                return bus_error_set(error, ERROR_NO_SESSION, NULL);
        if (result == -EBUSY)
                return set_busy((LeaseWait *) call, error);
        return bus_error_set_errno(error, result);
}

static void end(LeaseWait *w, int result) {
        w->call.then = then_ends;
        call_resume(&w->call, result);
}

/* What ends a wait that is not being looked at; 0 when it goes on. */
static int has_ended(LeaseWait *w) {
        Manager *m = w->call.manager;
        Session *s;

        if (watch_gone(w->call.watch))
                return -ECANCELED;
        if (session_find(m, w->session, w->call.uid, &s) < 0)
                return -ESTALE;
        session_keep(m, s);
        return clock_age() >= w->deadline ? -EBUSY : 0;
}

static bool is_due(const LeaseWait *w) {
        return clock_now() >= w->until || clock_age() - w->looked >= LOOK_AGAIN;
}

/* Only the first of each seal can be told anything but to go on waiting. */
static void visit(LeaseWaitTable *t, LeaseWait *w, bool kicked) {
        int r;

        if (w->looking)
                return;
        r = has_ended(w);
        if (r < 0) {
                end(w, r);
                return;
        }
        if (!is_first(t, w) || !(kicked || is_due(w)))
                return;
        r = look(w, NULL);
        if (r < 0)
                end(w, r);
}

static void visit_all(LeaseWaitTable *t, bool kicked) {
        for (LeaseWait *w = t->first, *following; w; w = following) {
                following = w->next;
                visit(t, w, kicked);
        }
        if (!t->first)
                (void) sd_event_source_set_enabled(t->tick, SD_EVENT_OFF);
}

static int on_tick(sd_event_source *source, uint64_t usec, void *userdata) {
        LeaseWaitTable *t = userdata;

        visit_all(t, false);
        return sd_event_source_set_time_relative(source, TICK_USEC);
}

void lease_wait_kick(Manager *m) {
        if (m->lease_waits)
                visit_all(m->lease_waits, true);
}

/* --- The table ---------------------------------------------------------------------------------------------------- */

int lease_wait_table_new(Manager *m, LeaseWaitTable **ret) {
        _cleanup_(lease_wait_table_freep) LeaseWaitTable *t = NULL;
        int r;

        t = calloc(1, sizeof(*t));
        if (!t)
                return -ENOMEM;
        t->manager = m;
        r = sd_event_add_time_relative(m->event, &t->tick, CLOCK_MONOTONIC, TICK_USEC, TICK_USEC / 10, on_tick, t);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(t->tick, SD_EVENT_OFF);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(t);
        return 0;
}

LeaseWaitTable *lease_wait_table_free(LeaseWaitTable *t) {
        if (!t)
                return NULL;
        while (t->first)
                end(t->first, -ESHUTDOWN);
        sd_event_source_disable_unref(t->tick);
        free(t);
        return NULL;
}

static int check_room(const LeaseWaitTable *t, uid_t uid, const char *credential, const Session *s) {
        unsigned of_user = 0, all = 0;

        for (const LeaseWait *i = t->first; i; i = i->next) {
                if (strcmp(i->session, s->id) == 0 && strcmp(i->credential, credential) == 0)
                        return -ENOBUFS;
                all++;
                if (i->call.uid == uid)
                        of_user++;
        }
        return of_user >= LEASE_WAITS_PER_USER || all >= LEASE_WAITS_MAX ? -ENOBUFS : 0;
}

int lease_wait_new(Manager *m, sd_bus_message *message, const char *credential, const Session *s, uint32_t seconds, LeaseWait **ret, sd_bus_error *error) {
        LeaseWait *w;
        int r;

        r = check_room(m->lease_waits, s->uid, credential, s);
        if (r < 0)
                return bus_error_set(error, ERROR_LIMIT, "This session waits for the seal already, or too many wait.");
        r = call_new(m, message, sizeof(*w), destroy, &w, error);
        if (r < 0)
                return r;
        strcpy(w->credential, credential);
        strcpy(w->session, s->id);
        strcpy(w->account, s->account);
        w->deadline = clock_age() + seconds;
        enqueue(m->lease_waits, w);
        *ret = w;
        return 0;
}

int lease_wait_start(LeaseWait *w, sd_bus_error *error) {
        return look(w, error);
}
