/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Threads over numbered jobs; see crew.h. */

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/crew.h"
#include "base/thread.h"

#define THREADS_MAX 64U

struct Crew {
        const char *name;
        CrewRun run;
        void *userdata;
        unsigned n_threads, n_started;
        pthread_t threads[THREADS_MAX];
        pthread_mutex_t lock;
        pthread_cond_t changed;
        size_t next, end; /* jobs from `next` to before `end` wait */
        unsigned n_idle;  /* threads that wait for one */
        bool over;        /* no more will be offered */
};

unsigned crew_processors(void) {
        cpu_set_t set;

        return sched_getaffinity(0, sizeof(set), &set) == 0 ? (unsigned) CPU_COUNT(&set) : 1;
}

int crew_new(const char *name, unsigned n_threads, CrewRun run, void *userdata, Crew **ret) {
        Crew *c = calloc(1, sizeof(*c));

        if (!c)
                return -ENOMEM;
        if (n_threads == 0)
                n_threads = crew_processors();
        c->name = name;
        c->run = run;
        c->userdata = userdata;
        c->n_threads = n_threads < THREADS_MAX ? n_threads : THREADS_MAX;
        pthread_mutex_init(&c->lock, NULL);
        pthread_cond_init(&c->changed, NULL);
        *ret = c;
        return 0;
}

/* With the lock held, which it lets go of while a job runs. */
static void run_waiting(Crew *c) {
        while (c->next < c->end) {
                size_t job = c->next++;

                pthread_mutex_unlock(&c->lock);
                c->run(c->userdata, job);
                pthread_mutex_lock(&c->lock);
        }
}

static void *work(void *userdata) {
        Crew *c = userdata;

        pthread_mutex_lock(&c->lock);
        for (;;) {
                run_waiting(c);
                if (c->over)
                        break;
                c->n_idle++;
                pthread_cond_wait(&c->changed, &c->lock);
                c->n_idle--;
        }
        pthread_mutex_unlock(&c->lock);
        return NULL;
}

/* As many as there are jobs: more would only get into each other's way at the lock. With the lock held. */
static void wake(Crew *c, size_t n_jobs) {
        size_t n_awake = n_jobs < c->n_idle ? n_jobs : c->n_idle;

        for (size_t i = 0; i < n_awake; i++)
                pthread_cond_signal(&c->changed);
        for (size_t i = n_awake; i < n_jobs && c->n_started < c->n_threads; i++) {
                if (thread_start(c->name, work, c, &c->threads[c->n_started]) < 0)
                        break;
                c->n_started++;
        }
}

void crew_offer(Crew *c, size_t end) {
        pthread_mutex_lock(&c->lock);
        if (end > c->end)
                c->end = end;
        wake(c, c->end - c->next);
        if (c->n_started == 0)
                run_waiting(c);
        pthread_mutex_unlock(&c->lock);
}

Crew *crew_free(Crew *c) {
        if (!c)
                return NULL;
        pthread_mutex_lock(&c->lock);
        c->over = true;
        pthread_cond_broadcast(&c->changed);
        pthread_mutex_unlock(&c->lock);
        for (unsigned i = 0; i < c->n_started; i++)
                pthread_join(c->threads[i], NULL);
        pthread_cond_destroy(&c->changed);
        pthread_mutex_destroy(&c->lock);
        free(c);
        return NULL;
}

int crew_each(const char *name, size_t n, CrewRun run, void *userdata) {
        _cleanup_(crew_freep) Crew *c = NULL;
        int r;

        /* To start a thread for one job takes longer than many jobs. */
        if (n == 1) {
                run(userdata, 0);
                return 0;
        }
        r = crew_new(name, 0, run, userdata, &c);
        if (r == 0)
                crew_offer(c, n);
        return r;
}
