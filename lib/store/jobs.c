/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The store's thread and the group commit; see store.h.
 *
 * The thread takes all jobs that wait, up to GROUP_MAX, and runs them in one transaction, each in a savepoint of its own. While it commits,
 * the next group gathers: the slower the disk, the larger the groups. The WAL is copied back into the database after the callers were told,
 * so nobody waits for that; after a while of quiet it is truncated, so that erased content does not stay in it. */

#include <errno.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/thread.h"
#include "store/store-private.h"

#define GROUP_MAX 256U
#define WAITING_MAX 8192U
#define WAL_PAGES_MAX 1000U
#define QUIET_SECONDS 5

struct Job {
        Job *next;
        StoreRun run;
        StoreDone done; /* NULL for store_run(): the waiting thread owns the job */
        void *userdata;
        int result;
        bool finished, accepts_rollback;
};

static void list_append(JobList *l, Job *j) {
        j->next = NULL;
        if (l->last)
                l->last->next = j;
        else
                l->first = j;
        l->last = j;
}

static Job *list_pop(JobList *l) {
        Job *j = l->first;

        if (!j)
                return NULL;
        l->first = j->next;
        if (!l->first)
                l->last = NULL;
        j->next = NULL;
        return j;
}

static int run_job(Store *s, Job *j) {
        Txn t = { .store = s };
        int result, r;

        r = statement_run(s, "SAVEPOINT job");
        if (r < 0)
                return r;
        result = j->run(&t, j->userdata);
        txn_end_query(&t);
        if (t.error < 0 && result >= 0)
                result = t.error;
        /* A full disk or a failed write makes SQLite itself roll back everything: then there is no savepoint any more. */
        if (sqlite3_get_autocommit(s->db))
                return result < 0 ? result : -EIO;
        r = result < 0 ? statement_run(s, "ROLLBACK TO job") : 0;
        if (r == 0)
                r = statement_run(s, "RELEASE job");
        j->accepts_rollback = r == 0 && result >= 0 && t.accepts_rollback;
        return r < 0 ? r : result;
}

/* What succeeded did not after all. */
static void fail_group(Job *first, int error) {
        for (Job *j = first; j; j = j->next)
                if (j->result >= 0)
                        j->result = error;
}

static void note_commit(Store *s, bool wrote, int failed) {
        pthread_mutex_lock(&s->lock);
        s->commits += wrote;
        if (failed < 0)
                s->failed = failed;
        pthread_mutex_unlock(&s->lock);
}

static int commit(Store *s, int64_t changes_before) {
        int r = statement_run(s, "COMMIT"), extended = sqlite3_extended_errcode(s->db);

        if (r == 0)
                note_commit(s, sqlite3_total_changes64(s->db) != changes_before, 0);
        else if (extended == SQLITE_IOERR_FSYNC || extended == SQLITE_IOERR_DIR_FSYNC)
                /* The kernel may have dropped the pages that it could not write: trying again would succeed and prove nothing. */
                note_commit(s, false, -EIO);
        return r;
}

static void note_accepted(Store *s, const Job *first) {
        for (const Job *j = first; j; j = j->next) {
                if (!j->accepts_rollback)
                        continue;
                pthread_mutex_lock(&s->lock);
                s->rolled_back = false;
                pthread_mutex_unlock(&s->lock);
        }
}

static void run_group(Store *s, Job *first) {
        int64_t changes = sqlite3_total_changes64(s->db);
        int r;

        r = s->failed < 0 ? s->failed : statement_run(s, "BEGIN IMMEDIATE");
        for (Job *j = first; j; j = j->next) {
                j->result = r < 0 ? r : run_job(s, j);
                if (r == 0 && sqlite3_get_autocommit(s->db))
                        r = j->result;
        }
        if (r == 0)
                r = commit(s, changes);
        if (r < 0)
                fail_group(first, r);
        else
                note_accepted(s, first);
        if (!sqlite3_get_autocommit(s->db))
                (void) statement_run(s, "ROLLBACK");
}

/* With the lock held: up to GROUP_MAX jobs, as a chain. */
static Job *take_group(Store *s) {
        JobList group = { 0 };
        Job *j;

        for (unsigned n = 0; n < GROUP_MAX && (j = list_pop(&s->queue)); n++) {
                list_append(&group, j);
                s->waiting--;
        }
        s->urgent = s->queue.first;
        return group.first;
}

/* With the lock held: hands each job to whoever waits for it. True when the loop is to be woken. */
static bool report(Store *s, Job *first) {
        bool idle = !s->done.first, told = false;

        for (Job *next, *j = first; j; j = next) {
                next = j->next;
                if (j->done) {
                        list_append(&s->done, j);
                        told = true;
                        continue;
                }
                j->finished = true;
                pthread_cond_broadcast(&s->finished);
        }
        /* Where something is done already it has been woken, and takes all. */
        return told && idle;
}

/* With the lock held, which is given away for a while: whoever is woken may run at once in our place, and wants it first. */
static void wake_loop(Store *s) {
        pthread_mutex_unlock(&s->lock);
        /* A full counter cannot be: it counts groups, and dispatch reads it. */
        (void) eventfd_write(s->event_fd, 1);
        pthread_mutex_lock(&s->lock);
}

static void checkpoint(Store *s, int mode) {
        int frames = 0;

        /* A checkpoint that fails (a full disk) loses nothing: the WAL stays and the next one tries again. */
        if (sqlite3_wal_checkpoint_v2(s->db, NULL, mode, &frames, NULL) != SQLITE_OK)
                return;
        s->wal_pages = 0;
        if (mode == SQLITE_CHECKPOINT_TRUNCATE)
                s->wal_used = false;
}

static int on_wal(void *userdata, sqlite3 *db, const char *name, int pages) {
        Store *s = userdata;

        s->wal_pages = (unsigned) pages;
        s->wal_used = true;
        return SQLITE_OK;
}

/* With the lock held: waits for work. False when it has been quiet for a while. */
static bool wait_for_work(Store *s) {
        struct timespec until;

        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += QUIET_SECONDS;
        while (!s->urgent && !s->closing) {
                if (!s->wal_used)
                        pthread_cond_wait(&s->wake, &s->lock);
                else if (pthread_cond_timedwait(&s->wake, &s->lock, &until) == ETIMEDOUT)
                        return false;
        }
        return true;
}

static void *thread_main(void *userdata) {
        Store *s = userdata;

        sqlite3_wal_hook(s->db, on_wal, s);
        pthread_mutex_lock(&s->lock);
        for (;;) {
                bool work = wait_for_work(s);
                Job *group = take_group(s);
                bool stop = !group && s->closing;

                pthread_mutex_unlock(&s->lock);
                if (stop)
                        return NULL;
                if (!work)
                        checkpoint(s, SQLITE_CHECKPOINT_TRUNCATE);
                if (group)
                        run_group(s, group);
                pthread_mutex_lock(&s->lock);
                if (report(s, group))
                        wake_loop(s);
                if (s->wal_pages <= WAL_PAGES_MAX)
                        continue;
                pthread_mutex_unlock(&s->lock);
                checkpoint(s, SQLITE_CHECKPOINT_PASSIVE);
                pthread_mutex_lock(&s->lock);
        }
}

static int start_thread(Store *s) {
        int r;

        r = thread_start("store", thread_main, s, &s->thread);
        if (r >= 0)
                s->running = true;
        return r;
}

int jobs_start(Store *s) {
        pthread_condattr_t attributes;

        s->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (s->event_fd < 0)
                return -errno;
        pthread_condattr_init(&attributes);
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
        pthread_mutex_init(&s->lock, NULL);
        pthread_cond_init(&s->wake, &attributes);
        pthread_cond_init(&s->finished, NULL);
        pthread_condattr_destroy(&attributes);
        return start_thread(s);
}

static int enqueue(Store *s, Job *j, bool urgent) {
        int r = 0;

        pthread_mutex_lock(&s->lock);
        if (s->closing)
                r = -ESHUTDOWN;
        else if (s->waiting >= WAITING_MAX)
                r = -ENOBUFS;
        else {
                list_append(&s->queue, j);
                s->waiting++;
                s->urgent = s->urgent || urgent;
        }
        pthread_mutex_unlock(&s->lock);
        if (r == 0 && urgent)
                pthread_cond_signal(&s->wake);
        return r;
}

static int submit(Store *s, StoreRun run, StoreDone done, void *userdata, bool urgent) {
        _cleanup_free_ Job *j = NULL;
        int r;

        j = calloc(1, sizeof(*j));
        if (!j)
                return -ENOMEM;
        *j = (Job) { .run = run, .done = done, .userdata = userdata };
        r = enqueue(s, j, urgent);
        if (r < 0)
                return r;
        TAKE_PTR(j);
        return 0;
}

int store_submit(Store *s, StoreRun run, StoreDone done, void *userdata) {
        return submit(s, run, done, userdata, true);
}

int store_submit_later(Store *s, StoreRun run, StoreDone done, void *userdata) {
        return submit(s, run, done, userdata, false);
}

void store_hurry(Store *s) {
        bool wake;

        pthread_mutex_lock(&s->lock);
        wake = s->queue.first && !s->urgent;
        s->urgent = s->urgent || wake;
        pthread_mutex_unlock(&s->lock);
        if (wake)
                pthread_cond_signal(&s->wake);
}

int store_run(Store *s, StoreRun run, void *userdata) {
        Job j = { .run = run, .userdata = userdata };
        int r;

        r = enqueue(s, &j, true);
        if (r < 0)
                return r;
        pthread_mutex_lock(&s->lock);
        while (!j.finished)
                pthread_cond_wait(&s->finished, &s->lock);
        pthread_mutex_unlock(&s->lock);
        return j.result;
}

int store_fd(Store *s) {
        return s->event_fd;
}

/* One job at a time is taken off, so that a `done` may submit, and may even dispatch. */
void store_dispatch(Store *s) {
        eventfd_t count;

        (void) eventfd_read(s->event_fd, &count);
        for (;;) {
                Job *j;

                pthread_mutex_lock(&s->lock);
                j = list_pop(&s->done);
                pthread_mutex_unlock(&s->lock);
                if (!j)
                        return;
                j->done(j->result, j->userdata);
                free(j);
        }
}

void jobs_stop(Store *s) {
        if (s->running) {
                pthread_mutex_lock(&s->lock);
                s->closing = true;
                pthread_cond_signal(&s->wake);
                pthread_mutex_unlock(&s->lock);
                pthread_join(s->thread, NULL);
                s->running = false;
                store_dispatch(s);
                pthread_cond_destroy(&s->wake);
                pthread_cond_destroy(&s->finished);
                pthread_mutex_destroy(&s->lock);
        }
        if (s->event_fd >= 0)
                close(s->event_fd);
        s->event_fd = -1;
}
