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
#include "installer/trust/change.h"
#include "installer/trust/child.h"

#define WAITING_MAX 32U
#define COMMAND_TIMEOUT (UINT64_C(180) * 1000000)
#define LOCK_INTERVAL (UINT64_C(100) * 1000)
#define LOCK_TRIES 600U
#define COMMAND_OUTPUT_MAX (256U * 1024U)

typedef enum ChangeKind {
        CHANGE_REPAIR,
        CHANGE_INSTALL,
        CHANGE_REMOVE,
} ChangeKind;

typedef struct Change {
        struct Change *next;
        ChangeKind kind;
        RecordList records; /* install: what was asked for */
        StoreResult (*results)[STORE_MAX];
        unsigned wanted;
        unsigned skipped;   /* bits: stores of single programs that failed, so that all is done again without them */
        bool again;
        char fingerprint[FINGERPRINT_TEXT_SIZE]; /* remove */
        bool made;          /* install and remove: its own part was done, what follows is the clearing up */
        int outcome;        /* told when the clearing up is over */
        const Store *at;
        RecordList list;    /* records as they are on disk, while stores are changed: those that come, or that leave */
        ChangeDone done;
        void *userdata;
} Change;

struct ChangeQueue {
        sd_event *event;
        const Stores *stores;
        Change *first;      /* under way */
        size_t n;
        StoreId store;      /* that is being changed */
        CommandList commands;
        size_t command;     /* that runs */
        bool succeeded;     /* all of them did so far */
        bool aborted;       /* one was ended from outside, so that anything may be left of its work */
        Child *child;
        sd_event_source *start, *retry;
        int lock;           /* inherited by the commands and all they start: while any of them runs, a service after us waits */
        unsigned tries;
        void (*after)(ChangeQueue *q, int result);
};

static void change_free(Change *c) {
        record_list_done(&c->records);
        record_list_done(&c->list);
        free(c->results);
        free(c);
}

/* --- Ends --------------------------------------------------------------------------------------------------------- */

static void finish(ChangeQueue *q, int result) {
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

/* The commands of q->store; `after` is called when all have run, or one could not be started. */
static void run_commands(ChangeQueue *q, bool leaving, bool torn, void (*after)(ChangeQueue *q, int result)) {
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

static int settle(ChangeQueue *q, bool leaving) {
        const Store *store = store_by_id(q->store);

        return store->settle ? store->settle(q->stores, &q->first->list, leaving) : 0;
}

static bool is_concerned(const RecordList *l, StoreId id) {
        for (size_t i = 0; i < l->n; i++)
                if (record_is_pending(&l->records[i], id))
                        return true;
        return false;
}

/* --- Taking out --------------------------------------------------------------------------------------------------- */

static void go_on(ChangeQueue *q);

/* Out is what has no file of ours and is not in the store; or is in it still though the commands succeeded: then somebody else put it there as
 * well. */
static bool is_out(ChangeQueue *q, const Store *store, const Survey *survey, const Record *r) {
        if ((store->has_file && store->has_file(q->stores, r)) || (store->is_gone && !store->is_gone(q->stores, r)))
                return false;
        return survey_find(survey, r->fingerprint) == 0 || q->succeeded;
}

static int look_after_taking(ChangeQueue *q) {
        const Store *store = store_by_id(q->store);
        RecordList *list = &q->first->list;
        _cleanup_survey_ Survey survey = { 0 };
        int r = settle(q, true);

        if (r >= 0)
                r = store->survey(q->stores, &survey);
        if (r < 0)
                return r;
        for (size_t i = 0; i < list->n; i++) {
                Record *record = &list->records[i];

                if (!record_is_pending(record, q->store))
                        continue;
                if (is_out(q, store, &survey, record))
                        record->pending &= ~store_bit(q->store);
                else
                        r = -EIO;
        }
        return r;
}

/* The records follow what was found: those that are in no store any more go. */
static int rewrite_records(ChangeQueue *q) {
        RecordList *list = &q->first->list;
        int r = 0;

        for (size_t i = 0; i < list->n; i++) {
                Record *record = &list->records[i];
                int k;

                if (record->pending == 0)
                        record->group[0] = 0;
                k = (record->stores | record->pending) == 0 ? record_delete(q->stores->records, record) : record_write(q->stores->records, record);
                r = r < 0 ? r : k;
        }
        return r;
}

static void taken_out(ChangeQueue *q) {
        Change *c = q->first;
        int r = rewrite_records(q);

        for (size_t i = 0; r >= 0 && i < c->list.n; i++)
                if (c->list.records[i].pending != 0)
                        r = -EIO;
        record_list_done(&c->list);
        if (r < 0) {
                service_log(SD_ERR, "The trust stores could not be rebuilt; the next change will try again.");
                finish(q, c->outcome < 0 ? c->outcome : r);
                return;
        }
        go_on(q);
}

static void take_step(ChangeQueue *q);

static void taken(ChangeQueue *q, int result) {
        int r = result < 0 ? result : look_after_taking(q);

        if (r < 0)
                service_log(SD_ERR, "%s: what is to be taken out is there still: %s", store_by_id(q->store)->name, strerror(-r));
        if (r < 0 && !q->first->at)
                q->first->at = store_by_id(q->store);
        q->store++;
        take_step(q);
}

static int drop_files(ChangeQueue *q) {
        const RecordList *list = &q->first->list;
        int r = 0;

        for (size_t i = 0; i < list->n; i++) {
                int k;

                if (!record_is_pending(&list->records[i], q->store))
                        continue;
                k = store_by_id(q->store)->drop(q->stores, &list->records[i]);
                r = r < 0 ? r : k;
        }
        return r;
}

/* One store after the other, also where one of them fails. */
static void take_step(ChangeQueue *q) {
        Change *c = q->first;
        int r;

        while (q->store < STORE_MAX && (!is_concerned(&c->list, q->store) || !store_by_id(q->store)))
                q->store++;
        if (q->store == STORE_MAX) {
                taken_out(q);
                return;
        }
        r = drop_files(q);
        if (r < 0)
                taken(q, r);
        else /* unless this is a plain removal, an update was cut short before */
                run_commands(q, true, !c->made || c->outcome < 0, taken);
}

/* Only what is pending is kept in the list. */
static void keep_pending(RecordList *l) {
        size_t n = 0;

        for (size_t i = 0; i < l->n; i++) {
                if (l->records[i].pending != 0)
                        l->records[n++] = l->records[i];
                else
                        record_done(&l->records[i]);
        }
        l->n = n;
}

static int read_records(ChangeQueue *q, RecordList *ret) {
        size_t damaged;
        int r = record_list(q->stores->records, ret, &damaged);

        if (r < 0)
                return r;
        if (damaged > 0)
                service_log(SD_ERR, "%zu records in %s are damaged and were passed over.", damaged, q->stores->records);
        return groups_settle(q->stores->records, ret);
}

/* Starts to take out what is pending. 1 when it is under way, 0 when there is nothing, -errno. */
static int take_out(ChangeQueue *q) {
        Change *c = q->first;
        int r;

        record_list_done(&c->list);
        r = read_records(q, &c->list);
        if (r < 0)
                return r;
        keep_pending(&c->list);
        if (c->list.n == 0) {
                record_list_done(&c->list);
                return 0;
        }
        q->store = 0;
        take_step(q);
        return 1;
}

/* --- Putting in --------------------------------------------------------------------------------------------------- */

static void undo(ChangeQueue *q, int outcome) {
        int r;

        q->first->outcome = outcome;
        r = take_out(q);
        if (r < 0)
                finish(q, outcome);
        else if (r == 0)
                go_on(q);
}

static int look_after_putting(ChangeQueue *q) {
        const Store *store = store_by_id(q->store);
        const RecordList *list = &q->first->list;
        _cleanup_survey_ Survey survey = { 0 };
        int r = settle(q, false);

        if (r >= 0)
                r = store->survey(q->stores, &survey);
        for (size_t i = 0; r >= 0 && i < list->n; i++) {
                unsigned want = list->records[i].purposes;

                if (record_is_pending(&list->records[i], q->store) && (survey_find(&survey, list->records[i].fingerprint) & want) != want)
                        r = -EIO;
        }
        return r;
}

/* All are in all stores: from the group's word on they stay. */
static int establish(ChangeQueue *q) {
        Change *c = q->first;
        int r = c->list.n > 0 ? group_commit(q->stores->records, c->list.records[0].group) : 0;

        if (r < 0)
                return r;
        r = groups_settle(q->stores->records, &c->list);
        if (r < 0) /* the next change does it */
                service_log(SD_WARNING, "Records in %s could not be written: %s", q->stores->records, strerror(-r));
        return 0;
}

static void put_step(ChangeQueue *q);

/* A program's own store that was not asked for by name does not keep the others out. */
static bool may_be_skipped(const Change *c, StoreId id) {
        return c->wanted == 0 && (id == STORE_FIREFOX_POLICY || id == STORE_JAVA);
}

static void put_in(ChangeQueue *q, int result) {
        /* A command that failed is judged by what it did. */
        int r = result < 0 ? result : q->aborted ? -EIO : look_after_putting(q);

        if (r < 0) {
                q->first->at = store_by_id(q->store);
                q->first->again = may_be_skipped(q->first, q->store);
                if (q->first->again)
                        q->first->skipped |= store_bit(q->store);
                undo(q, r);
                return;
        }
        q->store++;
        put_step(q);
}

static int put_files(ChangeQueue *q) {
        const RecordList *list = &q->first->list;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < list->n; i++)
                if (record_is_pending(&list->records[i], q->store))
                        r = store_by_id(q->store)->put(q->stores, &list->records[i]);
        return r;
}

static void put_step(ChangeQueue *q) {
        Change *c = q->first;
        int r;

        while (q->store < STORE_MAX && !is_concerned(&c->list, q->store))
                q->store++;
        if (q->store == STORE_MAX) {
                r = establish(q);
                if (r < 0)
                        undo(q, r);
                else
                        finish(q, 0);
                return;
        }
        q->aborted = false;
        r = put_files(q);
        if (r < 0)
                put_in(q, r);
        else
                run_commands(q, false, false, put_in);
}

/* --- What is to be put where -------------------------------------------------------------------------------------- */

/* Whether the store takes part. -errno where it was asked for by name and cannot. */
static int judge_store(ChangeQueue *q, const Store *store, bool by_name, StoreResult *ret) {
        unsigned purposes = q->first->records.records[0].purposes;

        *ret = RESULT_NONE;
        if (!store || !store->is_present(q->stores))
                return by_name ? -EOPNOTSUPP : 0;
        if ((purposes != PURPOSE_ALL && store->purposes == 0) || (purposes & ~(store->purposes ?: PURPOSE_ALL)))
                *ret = RESULT_LEFT_OUT;
        else if ((q->first->skipped & store_bit(store->id)) || store->problem(q->stores))
                *ret = RESULT_FAILED;
        else
                *ret = RESULT_INSTALLED;
        if (by_name && *ret != RESULT_INSTALLED)
                return *ret == RESULT_LEFT_OUT ? -EOPNOTSUPP : -EROFS;
        return 0;
}

/* One store: which of the certificates it has before and which it gets. */
static int plan_store(ChangeQueue *q, StoreId id, const RecordList *known) {
        Change *c = q->first;
        const Store *store = store_by_id(id);
        _cleanup_survey_ Survey survey = { 0 };
        StoreResult result;
        int r;

        if (c->wanted != 0 && !(c->wanted & store_bit(id)))
                return 0;
        r = judge_store(q, store, c->wanted != 0, &result);
        if (r >= 0 && result == RESULT_INSTALLED)
                r = store->survey(q->stores, &survey);
        if (r < 0) {
                c->at = store;
                return r;
        }
        for (size_t i = 0; i < c->records.n; i++) {
                Record *record = &c->records.records[i];
                bool is_there = (survey_find(&survey, record->fingerprint) & record->purposes) == record->purposes;
                const Record *ours = record_list_find(known, record->fingerprint);

                /* One of ours whose file somebody took away is there until the next rebuilding only. */
                if (ours && (ours->stores & store_bit(id)) && store->has_file)
                        is_there = is_there && store->has_file(q->stores, record);
                c->results[i][id] = result != RESULT_INSTALLED ? result : is_there ? RESULT_PRESENT_BEFORE : RESULT_INSTALLED;
                if (c->results[i][id] != RESULT_INSTALLED)
                        continue;
                record->stores &= ~store_bit(id);
                record->pending |= store_bit(id);
        }
        return 0;
}

/* What is known of the certificates already stays so. */
static int merge_known(Change *c, const RecordList *known) {
        for (size_t i = 0; i < c->records.n; i++) {
                Record *record = &c->records.records[i];
                const Record *ours = record_list_find(known, record->fingerprint);

                record->stores = record->pending = 0;
                if (!ours)
                        continue;
                if (ours->purposes != record->purposes)
                        return -EINVAL;
                record->stores |= ours->stores;
                record->installed = ours->installed;
                record->uid = ours->uid;
        }
        return known->n + c->records.n > RECORDS_MAX ? -ENOBUFS : 0;
}

static int copy_pending(const RecordList *from, const char *group, RecordList *ret) {
        ret->records = calloc(from->n, sizeof(*ret->records));
        if (!ret->records)
                return -ENOMEM;
        for (size_t i = 0; i < from->n; i++) {
                const Record *record = &from->records[i];
                Record *copy = &ret->records[ret->n];
                int r;

                if (record->pending == 0)
                        continue;
                *copy = *record;
                copy->subject = strdup(record->subject);
                copy->der = BYTES_NULL;
                memcpy(copy->group, group, GROUP_TEXT_SIZE);
                ret->n++;
                r = bytes_dup(bytes_view(&record->der), &copy->der);
                if (r < 0 || !copy->subject)
                        return -ENOMEM;
        }
        return 0;
}

static bool any_possible(const Change *c) {
        for (size_t i = 0; i < c->records.n; i++)
                for (StoreId id = 0; id < STORE_MAX; id++)
                        if (c->results[i][id] == RESULT_INSTALLED || c->results[i][id] == RESULT_PRESENT_BEFORE)
                                return true;
        return false;
}

static int any_failed(const Change *c, const Store **ret) {
        for (StoreId id = 0; id < STORE_MAX; id++)
                if (c->results[0][id] == RESULT_FAILED) {
                        *ret = store_by_id(id);
                        return c->skipped & store_bit(id) ? -EIO : -EROFS;
                }
        return -EOPNOTSUPP;
}

/* Decides, and writes the records before anything else is touched. */
static int plan(ChangeQueue *q) {
        _cleanup_(record_list_done) RecordList known = { 0 };
        char group[GROUP_TEXT_SIZE];
        Change *c = q->first;
        int r;

        r = read_records(q, &known);
        if (r >= 0)
                r = merge_known(c, &known);
        for (StoreId id = 0; r >= 0 && id < STORE_MAX; id++)
                r = plan_store(q, id, &known);
        if (r >= 0 && !any_possible(c))
                r = any_failed(c, &c->at);
        if (r >= 0)
                r = group_new(group);
        if (r >= 0)
                r = copy_pending(&c->records, group, &c->list);
        for (size_t i = 0; r >= 0 && i < c->list.n; i++)
                r = record_write(q->stores->records, &c->list.records[i]);
        return r;
}

static void install(ChangeQueue *q) {
        int r;

        q->first->at = NULL;
        q->first->outcome = 0;
        q->first->again = false;
        r = plan(q);
        q->first->made = true;
        if (r < 0) {
                undo(q, r);
                return;
        }
        q->store = 0;
        put_step(q);
}

/* --- Removal ------------------------------------------------------------------------------------------------------ */

static int mark_removal(ChangeQueue *q) {
        _cleanup_(record_done) Record record = { 0 };
        int r = record_read(q->stores->records, q->first->fingerprint, &record);

        if (r < 0)
                return r;
        record.pending |= record.stores;
        record.stores = 0;
        record.group[0] = 0;
        return record_write(q->stores->records, &record);
}

static void remove_it(ChangeQueue *q) {
        int r = mark_removal(q);

        q->first->made = true;
        if (r >= 0)
                r = take_out(q);
        if (r < 0)
                finish(q, r);
        else if (r == 0)
                finish(q, -ENOENT);
}

/* --- The queue ---------------------------------------------------------------------------------------------------- */

/* Nothing half done is left: the change's own part, or its end. */
static void go_on(ChangeQueue *q) {
        Change *c = q->first;

        if (c->kind == CHANGE_REPAIR || (c->made && !c->again))
                finish(q, c->outcome);
        else if (c->kind == CHANGE_INSTALL)
                install(q);
        else
                remove_it(q);
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
                r = take_out(q);
        if (r < 0)
                finish(q, r);
        else if (r == 0)
                go_on(q);
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
