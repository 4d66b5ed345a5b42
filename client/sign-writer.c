/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Documents on their way to the disk; see sign-writer.h. A file gets its name only when its content is on the disk. */

#include <errno.h>
#include <pthread.h>

#include "base/crew.h"
#include "client/sign-writer.h"

#define WRITERS 32U         /* threads where each waits for the disk, or for time-stamping authorities, most of the time */
#define WRITERS_WAITING 1U  /* more than there are processors, where one waits for the disk */
#define GROUP 8U            /* documents that a thread writes one after the other, where there are many */
#define GROUPED_FROM 256U

struct SignWriter {
        SignWriting w;
        size_t n_offered;
        size_t group;
        bool together;      /* one thread at a time syncs what all have written */
        Crew *crew;         /* NULL for one document */

        pthread_mutex_t lock;
        SignItem **written; /* in the order in which they were; under the lock, like the following three */
        size_t n_written;
        size_t n_taken;     /* of those, what is on the disk or on its way */
        bool is_syncing;
        AtomicFile **files; /* of the thread that syncs */
};

static void name_all(const SignWriter *s, SignItem *const *items, size_t n) {
        for (size_t i = 0; i < n; i++) {
                if (items[i]->status == 0)
                        items[i]->status = sign_item_commit(items[i], s->w.options);
                progress_step(s->w.progress);
        }
}

/* The files of those that have one still. */
static size_t files_of(SignItem *const *items, size_t n, AtomicFile **ret) {
        size_t k = 0;

        for (size_t i = 0; i < n; i++)
                if (items[i]->status == 0)
                        ret[k++] = items[i]->file;
        return k;
}

static void sync_and_name(SignWriter *s, SignItem *const *items, size_t n) {
        atomic_files_sync(s->files, files_of(items, n, s->files));
        name_all(s, items, n);
}

/* Whoever comes while the disk is busy leaves it to the thread that waits for it, which then takes all that was written meanwhile. */
static void hand_over(SignWriter *s, SignItem *const *items, size_t n) {
        pthread_mutex_lock(&s->lock);
        for (size_t i = 0; i < n; i++)
                s->written[s->n_written++] = items[i];
        while (!s->is_syncing && s->n_taken < s->n_written) {
                SignItem **taken = s->written + s->n_taken;
                size_t n_taken = s->n_written - s->n_taken;

                s->is_syncing = true;
                s->n_taken = s->n_written;
                pthread_mutex_unlock(&s->lock);
                sync_and_name(s, taken, n_taken);
                pthread_mutex_lock(&s->lock);
                s->is_syncing = false;
        }
        pthread_mutex_unlock(&s->lock);
}

/* All of a group are written before the first waits for the disk, so that most find their work done. */
static void push_and_name(const SignWriter *s, SignItem *const *items, size_t n) {
        AtomicFile *files[GROUP];

        if (n > 1)
                atomic_files_push(files, files_of(items, n, files));
        name_all(s, items, n);
}

static void write_range(SignWriter *s, size_t from, size_t to) {
        SignItem *const *items = s->w.items;

        for (size_t i = from; i < to; i++)
                items[i]->status = sign_item_complete(items[i], s->w.signer, bytes_view(&s->w.signatures[i]), s->w.options);
        if (s->together)
                hand_over(s, items + from, to - from);
        else
                push_and_name(s, items + from, to - from);
}

static void write_group(void *userdata, size_t job) {
        SignWriter *s = userdata;
        size_t from = job * s->group;

        write_range(s, from, s->w.n - from < s->group ? s->w.n : from + s->group);
}

/* Who waits for time-stamping authorities waits long enough, and what is drafted once more needs open files of its own: one by one then. */
static void choose_way(SignWriter *s) {
        bool grouped = !s->w.options->timestamps && s->w.n >= GROUPED_FROM && s->w.is_held;

        s->group = grouped ? GROUP : 1;
        s->together = grouped && atomic_files_pay(s->files, files_of(s->w.items, s->w.n, s->files));
}

int sign_writer_new(const SignWriting *w, SignWriter **ret) {
        _cleanup_(sign_writer_freep) SignWriter *s = calloc(1, sizeof(*s));
        int r;

        if (!s)
                return -ENOMEM;
        s->w = *w;
        pthread_mutex_init(&s->lock, NULL);
        s->written = calloc(w->n, sizeof(*s->written));
        s->files = calloc(w->n, sizeof(*s->files));
        if (!s->written || !s->files)
                return -ENOMEM;
        choose_way(s);
        r = w->n == 1 ? 0 : crew_new("documents", s->together ? crew_processors() + WRITERS_WAITING : WRITERS, write_group, s, &s->crew);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}

void sign_writer_offer(SignWriter *s, size_t n) {
        s->n_offered = n;
        /* One document is not worth a thread. */
        if (!s->crew)
                write_range(s, 0, n);
        else
                crew_offer(s->crew, n == s->w.n ? (n + s->group - 1) / s->group : n / s->group);
}

SignWriter *sign_writer_free(SignWriter *s) {
        if (!s)
                return NULL;
        crew_free(s->crew);
        /* Where signing failed, what was signed before may be no whole group. */
        if (s->n_offered < s->w.n && s->n_offered % s->group > 0)
                write_range(s, s->n_offered / s->group * s->group, s->n_offered);
        pthread_mutex_destroy(&s->lock);
        free(s->written);
        free(s->files);
        free(s);
        return NULL;
}
