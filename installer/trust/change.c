/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Changes; see change.h. A change runs in steps, each started by the end of the one before:
 *
 *   repair -> install: records; store by store files, commands, reading back; the word that all stay -> (fails: as remove; then, where that
 *                      was a store of one program only, once more without it)
 *          -> remove:  record, then as repair
 *
 * Repair takes out, store by store, whatever a record calls pending: the files, then the commands, reading back, the records. */

#include <errno.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>

#include "bus/service.h"
#include "installer/trust/change-private.h"

#define WAITING_MAX 32U
#define COMMAND_TIMEOUT (UINT64_C(180) * 1000000)
#define LOCK_INTERVAL (UINT64_C(100) * 1000)
#define LOCK_TRIES 600U
#define COMMAND_OUTPUT_MAX (256U * 1024U)

static void change_free(Change *c) {
        record_list_done(&c->records);
        record_list_done(&c->list);
        free(c->results);
        free(c);
}

/* --- Ends --------------------------------------------------------------------------------------------------------- */

void change_finish(ChangeQueue *q, int result) {
        Change *c = q->first;

        q->first = c->next;
        q->n--;
        if (q->first)
                (void) sd_event_source_set_enabled(q->start, SD_EVENT_ONESHOT);
        if (c->done) {
                const Outcome outcome = { .result = result, .at = c->at, .records = &c->records, .results = (const StoreResult(*)[STORE_MAX]) c->results };

                c->done(&outcome, c->userdata);
        }
        change_free(c);
}

/* --- Commands ----------------------------------------------------------------------------------------------------- */

static void run_next(ChangeQueue *q);

static void on_command(int result, View output, void *userdata) {
        ChangeQueue *q = userdata;
        const char *program = q->commands.items[q->command].argv[0];

        q->child = NULL;
        if (result != 0) {
                service_log(SD_WARNING, "%s ended with %s%d", program, result < 0 ? "error " : "exit status ", result < 0 ? -result : result);
                q->succeeded = false;
                q->aborted |= result < 0;
        }
        if (output.len > 0 && memmem(output.data, output.len, "\nE: ", 4))
                service_log(SD_WARNING, "%s reports that a hook failed: what it keeps up to date may not have been told.", program);
        q->command++;
        run_next(q);
}

static int start_command(ChangeQueue *q) {
        const ChildParams params = {
                .argv = (const char *const *) q->commands.items[q->command].argv,
                .output_max = COMMAND_OUTPUT_MAX,
                .timeout_usec = COMMAND_TIMEOUT,
                .inherited = q->lock,
        };

        return child_start(q->event, &params, on_command, q, &q->child);
}

static void run_next(ChangeQueue *q) {
        int r = 0;

        if (q->command < q->commands.n) {
                r = start_command(q);
                if (r >= 0)
                        return;
        }
        command_list_done(&q->commands);
        q->after(q, r);
}

void change_run_commands(ChangeQueue *q, bool leaving, bool torn, void (*after)(ChangeQueue *q, int result)) {
        int r = store_by_id(q->store)->commands(q->stores, &q->first->list, leaving, torn, &q->commands);

        q->after = after;
        q->command = 0;
        q->succeeded = true;
        q->aborted = false;
        if (r < 0) {
                command_list_done(&q->commands);
                after(q, r);
                return;
        }
        run_next(q);
}

int change_settle(ChangeQueue *q, bool leaving) {
        const Store *store = store_by_id(q->store);

        return store->settle ? store->settle(q->stores, &q->first->list, leaving) : 0;
}

bool change_concerns(const RecordList *l, StoreId id) {
        for (size_t i = 0; i < l->n; i++)
                if (record_is_pending(&l->records[i], id))
                        return true;
        return false;
}

int change_read_records(ChangeQueue *q, RecordList *ret) {
        size_t damaged;
        int r = record_list(q->stores->records, ret, &damaged);

        if (r < 0)
                return r;
        if (damaged > 0)
                service_log(SD_ERR, "%zu records in %s are damaged and were passed over.", damaged, q->stores->records);
        return groups_settle(q->stores->records, ret);
}

/* --- The queue ---------------------------------------------------------------------------------------------------- */

void change_go_on(ChangeQueue *q) {
        Change *c = q->first;

        if (c->kind == CHANGE_REPAIR || (c->made && !c->again))
                change_finish(q, c->outcome);
        else if (c->kind == CHANGE_INSTALL)
                change_put(q);
        else
                change_drop(q);
}

static int on_retry(sd_event_source *s, uint64_t usec, void *userdata) {
        ChangeQueue *q = userdata;

        return sd_event_source_set_enabled(q->start, SD_EVENT_ONESHOT);
}

/* 1 when the lock is ours, which it stays; 0 when it will be tried again: what a killed service had started runs to its end. */
static int take_lock(ChangeQueue *q) {
        int r;

        if (flock(q->lock, LOCK_EX | LOCK_NB) >= 0)
                return 1;
        if (errno != EWOULDBLOCK || ++q->tries > LOCK_TRIES)
                return -errno;
        q->retry = sd_event_source_disable_unref(q->retry);
        r = sd_event_add_time_relative(q->event, &q->retry, CLOCK_MONOTONIC, LOCK_INTERVAL, 0, on_retry, q);
        return r < 0 ? r : 0;
}

static int on_start(sd_event_source *s, void *userdata) {
        ChangeQueue *q = userdata;
        int r;

        if (!q->first || q->child)
                return 0;
        r = take_lock(q);
        if (r == 0)
                return 0;
        if (r > 0)
                r = change_take_out(q);
        if (r < 0)
                change_finish(q, r);
        else if (r == 0)
                change_go_on(q);
        return 0;
}

int change_queue_new(sd_event *event, const Stores *stores, ChangeQueue **ret) {
        _cleanup_(change_queue_freep) ChangeQueue *q = calloc(1, sizeof(*q));
        int r;

        if (!q)
                return -ENOMEM;
        q->event = sd_event_ref(event);
        q->stores = stores;
        q->lock = stores_open_lock(stores);
        if (q->lock < 0)
                return q->lock;
        r = sd_event_add_defer(event, &q->start, on_start, q);
        if (r >= 0)
                r = sd_event_source_set_enabled(q->start, SD_EVENT_OFF);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(q);
        return 0;
}

ChangeQueue *change_queue_free(ChangeQueue *q) {
        const Outcome canceled = { .result = -ECANCELED };

        if (!q)
                return NULL;
        q->child = child_free(q->child);
        command_list_done(&q->commands);
        sd_event_source_disable_unref(q->start);
        sd_event_source_disable_unref(q->retry);
        for (Change *c; (c = q->first);) {
                q->first = c->next;
                if (c->done)
                        c->done(&canceled, c->userdata);
                change_free(c);
        }
        closep(&q->lock);
        sd_event_unref(q->event);
        free(q);
        return NULL;
}

bool change_queue_is_idle(const ChangeQueue *q) {
        return !q->first;
}

static int submit(ChangeQueue *q, ChangeKind kind, ChangeDone done, void *userdata, Change **ret) {
        Change *c, **end = &q->first;

        if (q->n >= WAITING_MAX)
                return -ENOBUFS;
        c = calloc(1, sizeof(*c));
        if (!c)
                return -ENOMEM;
        c->kind = kind;
        c->done = done;
        c->userdata = userdata;
        while (*end)
                end = &(*end)->next;
        if (end == &q->first)
                (void) sd_event_source_set_enabled(q->start, SD_EVENT_ONESHOT);
        *end = c;
        q->n++;
        *ret = c;
        return 0;
}

int change_install(ChangeQueue *q, RecordList *records, unsigned wanted, ChangeDone done, void *userdata) {
        StoreResult(*results)[STORE_MAX] = calloc(records->n, sizeof(*results));
        Change *c;
        int r = results ? submit(q, CHANGE_INSTALL, done, userdata, &c) : -ENOMEM;

        if (r < 0) {
                free(results);
                return r;
        }
        c->records = *records;
        *records = (RecordList) { 0 };
        c->results = results;
        c->wanted = wanted;
        return 0;
}

int change_remove(ChangeQueue *q, const char *fingerprint, ChangeDone done, void *userdata) {
        Change *c;
        int r = submit(q, CHANGE_REMOVE, done, userdata, &c);

        if (r < 0)
                return r;
        memcpy(c->fingerprint, fingerprint, FINGERPRINT_TEXT_SIZE);
        return 0;
}

int change_repair(ChangeQueue *q) {
        Change *c;

        return submit(q, CHANGE_REPAIR, NULL, NULL, &c);
}
