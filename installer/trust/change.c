/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Changes; see change.h. A change runs in steps, each started by the end of the one before:
 *
 *   repair -> install: record, file, update, read back -> (fails: as remove)
 *          -> remove:  record, then as repair
 *
 * Repair takes out whatever has a record that does not say "installed": the files, then update, read back, the records. */

#include <errno.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>

#include "bus/service.h"
#include "installer/trust/change.h"
#include "installer/trust/child.h"

#define WAITING_MAX 32U
#define UPDATE_TIMEOUT (UINT64_C(180) * 1000000)
#define LOCK_INTERVAL (UINT64_C(100) * 1000)
#define LOCK_TRIES 600U
#define UPDATE_OUTPUT_MAX (256U * 1024U)

typedef enum ChangeKind {
        CHANGE_REPAIR,
        CHANGE_INSTALL,
        CHANGE_REMOVE,
} ChangeKind;

typedef struct Change {
        struct Change *next;
        ChangeKind kind;
        Record record;      /* install: all of it; remove: the fingerprint */
        bool made;          /* install and remove: its own part was done, what follows is the clearing up */
        int outcome;        /* told when the clearing up is over */
        RecordList pending; /* while records that are not installed are taken out */
        ChangeDone done;
        void *userdata;
} Change;

struct ChangeQueue {
        sd_event *event;
        const SystemStore *store;
        const char *command;
        Change *first;      /* under way */
        size_t n;
        Child *child;
        sd_event_source *start, *retry;
        int lock;           /* inherited by the command and all it starts: while any of them runs, a service after us waits */
        unsigned tries;
        void (*after_update)(ChangeQueue *q, int result);
};

static void change_free(Change *c) {
        record_done(&c->record);
        record_list_done(&c->pending);
        free(c);
}

/* --- Ends --------------------------------------------------------------------------------------------------------- */

static void finish(ChangeQueue *q, int result) {
        Change *c = q->first;

        q->first = c->next;
        q->n--;
        if (q->first)
                (void) sd_event_source_set_enabled(q->start, SD_EVENT_ONESHOT);
        if (c->done)
                c->done(result, c->userdata);
        change_free(c);
}

/* --- The command -------------------------------------------------------------------------------------------------- */

static void on_updated(int result, View output, void *userdata) {
        ChangeQueue *q = userdata;

        q->child = NULL;
        if (result != 0)
                service_log(SD_WARNING, "%s ended with %s%d", q->command, result < 0 ? "error " : "exit status ", result < 0 ? -result : result);
        /* Hooks that fail leave other stores (Java's) behind the system's, with exit status 0. */
        if (output.len > 0 && memmem(output.data, output.len, "\nE: ", 4))
                service_log(SD_WARNING, "%s reports that a hook failed: stores other than the system's may not have been told.", q->command);
        q->after_update(q, result);
}

/* Runs update-ca-certificates, with another configuration than the system's if `conf`. */
static int update(ChangeQueue *q, const char *conf, void (*after)(ChangeQueue *q, int result)) {
        const char *const argv[] = { q->command, conf ? "--certsconf" : NULL, conf, NULL };
        const ChildParams params = { .argv = argv, .output_max = UPDATE_OUTPUT_MAX, .timeout_usec = UPDATE_TIMEOUT, .inherited = q->lock };

        q->after_update = after;
        return child_start(q->event, &params, on_updated, q, &q->child);
}

/* --- Taking out --------------------------------------------------------------------------------------------------- */

static void go_on(ChangeQueue *q);

static bool is_pending(const Record *r) {
        return r->state != RECORD_INSTALLED;
}

/* Out is what has no file and no link of ours, and is not in the bundle; or is in it still though the command succeeded: then somebody else put
 * it there as well. */
static bool is_out(ChangeQueue *q, const Record *r, int result) {
        if (certificate_file_exists(r) != 0 || link_exists(q->store, r))
                return false;
        return bundle_contains(q->store, bytes_view(&r->der)) == 0 || result == 0;
}

static void taken_out(ChangeQueue *q, int result) {
        Change *c = q->first;
        int r = 0;

        for (size_t i = 0; i < c->pending.n; i++) {
                const Record *record = &c->pending.records[i];

                if (!is_pending(record))
                        continue;
                if (is_out(q, record, result))
                        r = r < 0 ? r : record_delete(q->store, record);
                else
                        r = -EIO;
        }
        record_list_done(&c->pending);
        if (r < 0) {
                service_log(SD_ERR, "The trust store could not be rebuilt; the next change will try again.");
                finish(q, c->outcome < 0 ? c->outcome : r);
                return;
        }
        go_on(q);
}

/* What an update that was cut short left behind: its unfinished bundle, and links by hash to a certificate that is gone. */
static int clear_cut_short(ChangeQueue *q) {
        const RecordList *pending = &q->first->pending;
        int r = unfinished_bundle_delete(q->store);

        for (size_t i = 0; r >= 0 && i < pending->n; i++)
                if (is_pending(&pending->records[i]))
                        r = link_restore(q->store, &pending->records[i]);
        return r;
}

/* Starts to take out what has a record that does not say "installed". 1 when it is under way, 0 when there is nothing, -errno. */
static int take_out(ChangeQueue *q) {
        _cleanup_free_ char *conf = NULL;
        Change *c = q->first;
        size_t damaged, n = 0;
        int r;

        r = record_list(q->store, &c->pending, &damaged);
        if (r < 0)
                return r;
        if (damaged > 0)
                service_log(SD_ERR, "%zu records in %s are damaged and were passed over.", damaged, q->store->records);
        for (size_t i = 0; i < c->pending.n; i++) {
                if (!is_pending(&c->pending.records[i]))
                        continue;
                r = certificate_file_delete(&c->pending.records[i]);
                if (r < 0)
                        return r;
                n++;
        }
        if (n == 0) {
                record_list_done(&c->pending);
                return 0;
        }
        /* Unless this is a plain removal, an update was cut short before. */
        r = c->made && c->outcome == 0 ? 0 : clear_cut_short(q);
        if (r >= 0)
                r = removal_conf_write(q->store, &c->pending, &conf);
        if (r >= 0)
                r = update(q, conf, taken_out);
        return r < 0 ? r : 1;
}

/* --- Putting in --------------------------------------------------------------------------------------------------- */

static void undo(ChangeQueue *q, int outcome) {
        int r;

        q->first->outcome = outcome;
        r = take_out(q);
        if (r <= 0)
                finish(q, outcome);
}

static void put_in(ChangeQueue *q, int result) {
        Record *record = &q->first->record;
        int r;

        r = result < 0 ? -EIO : bundle_contains(q->store, bytes_view(&record->der));
        if (r > 0) {
                record->state = RECORD_INSTALLED;
                r = record_write(q->store, record);
        } else if (r == 0)
                r = -EIO;
        if (r < 0)
                undo(q, r);
        else
                finish(q, 0);
}

static int begin_install(ChangeQueue *q) {
        Record *record = &q->first->record, present = { 0 };
        int r;

        r = record_read(q->store, record->fingerprint, &present);
        record_done(&present);
        if (r != -ENOENT)
                return r < 0 ? r : -EEXIST;
        r = bundle_contains(q->store, bytes_view(&record->der));
        if (r != 0)
                return r < 0 ? r : -EEXIST;
        r = record_set_path(q->store, record);
        if (r < 0)
                return r;
        record->state = RECORD_INSTALLING;
        return record_write(q->store, record);
}

static void install(ChangeQueue *q) {
        Change *c = q->first;
        int r;

        r = begin_install(q);
        if (r < 0) {
                finish(q, r);
                return;
        }
        c->made = true;
        r = certificate_file_write(&c->record);
        if (r >= 0)
                r = update(q, NULL, put_in);
        if (r < 0)
                undo(q, r);
}

static int mark_removal(ChangeQueue *q) {
        _cleanup_(record_done) Record record = { 0 };
        int r;

        r = record_read(q->store, q->first->record.fingerprint, &record);
        if (r < 0)
                return r;
        record.state = RECORD_REMOVING;
        return record_write(q->store, &record);
}

/* --- The queue ---------------------------------------------------------------------------------------------------- */

/* Nothing half done is left: the change's own part, or its end. */
static void go_on(ChangeQueue *q) {
        Change *c = q->first;
        int r;

        if (c->kind == CHANGE_REPAIR || c->made) {
                finish(q, c->outcome);
                return;
        }
        if (c->kind == CHANGE_INSTALL) {
                install(q);
                return;
        }
        c->made = true;
        r = mark_removal(q);
        if (r >= 0)
                r = take_out(q);
        if (r < 0)
                finish(q, r);
        else if (r == 0)
                finish(q, -ENOENT);
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

int change_queue_new(sd_event *event, const SystemStore *store, const char *command, ChangeQueue **ret) {
        _cleanup_(change_queue_freep) ChangeQueue *q = calloc(1, sizeof(*q));
        int r;

        if (!q)
                return -ENOMEM;
        q->event = sd_event_ref(event);
        q->store = store;
        q->command = command;
        q->lock = system_store_open_lock(store);
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
        if (!q)
                return NULL;
        q->child = child_free(q->child);
        sd_event_source_disable_unref(q->start);
        sd_event_source_disable_unref(q->retry);
        for (Change *c; (c = q->first);) {
                q->first = c->next;
                if (c->done)
                        c->done(-ECANCELED, c->userdata);
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

int change_install(ChangeQueue *q, Record *record, ChangeDone done, void *userdata) {
        Change *c;
        int r = submit(q, CHANGE_INSTALL, done, userdata, &c);

        if (r < 0)
                return r;
        c->record = *record;
        *record = (Record) { 0 };
        return 0;
}

int change_remove(ChangeQueue *q, const char *fingerprint, ChangeDone done, void *userdata) {
        Change *c;
        int r = submit(q, CHANGE_REMOVE, done, userdata, &c);

        if (r < 0)
                return r;
        memcpy(c->record.fingerprint, fingerprint, FINGERPRINT_TEXT_SIZE);
        return 0;
}

int change_repair(ChangeQueue *q) {
        Change *c;

        return submit(q, CHANGE_REPAIR, NULL, NULL, &c);
}
