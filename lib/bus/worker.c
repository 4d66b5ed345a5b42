/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The worker pool; see worker.h. Two queues under one lock; what is done goes to a third, and an eventfd wakes the loop. */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/eventfd.h>

#include "base/thread.h"
#include "bus/worker.h"

#define HEAVY_MAX 2U
#define WAITING_MAX 1024U
#define THREADS_MAX 64U

typedef struct Job {
        struct Job *next;
        WorkerRun run;
        WorkerDone done;
        void *userdata;
        bool heavy;
        int result;
} Job;

typedef struct Queue {
        Job *first, **last;
} Queue;

struct WorkerPool {
        sd_event_source *source;
        int fd; /* eventfd, counts what is done */
        unsigned n_max;

        pthread_mutex_t lock;
        pthread_cond_t wake;
        Queue light, heavy, done;
        unsigned n_waiting, n_idle, n_heavy, heavy_max;
        bool stopping;

        pthread_t threads[THREADS_MAX];
        unsigned n_threads;
};

/* --- Queues, all under the lock ----------------------------------------------------------------------------------- */

static void queue_init(Queue *q) {
        q->first = NULL;
        q->last = &q->first;
}

static void queue_push(Queue *q, Job *job) {
        job->next = NULL;
        *q->last = job;
        q->last = &job->next;
}

static Job *queue_pop(Queue *q) {
        Job *job = q->first;

        if (!job)
                return NULL;
        q->first = job->next;
        if (!q->first)
                q->last = &q->first;
        return job;
}

static Job *take_inlock(WorkerPool *p) {
        Job *job = queue_pop(&p->light);

        if (!job && p->n_heavy < p->heavy_max) {
                job = queue_pop(&p->heavy);
                if (job)
                        p->n_heavy++;
        }
        if (job)
                p->n_waiting--;
        return job;
}

/* --- Threads ------------------------------------------------------------------------------------------------------ */

static void *thread_main(void *userdata) {
        static const uint64_t one = 1;
        WorkerPool *p = userdata;
        Job *job;

        pthread_mutex_lock(&p->lock);
        for (;;) {
                while (!(job = take_inlock(p))) {
                        /* Heavy ones that wait for their turn are run by the thread that ends one of them. */
                        if (p->stopping)
                                goto finish;
                        p->n_idle++;
                        pthread_cond_wait(&p->wake, &p->lock);
                        p->n_idle--;
                }
                pthread_mutex_unlock(&p->lock);
                job->result = job->run(job->userdata);
                pthread_mutex_lock(&p->lock);
                if (job->heavy)
                        p->n_heavy--;
                queue_push(&p->done, job);
                if (write(p->fd, &one, sizeof(one)) < 0)
                        continue; /* only when the counter is full: the loop is awake then */
        }
finish:
        pthread_mutex_unlock(&p->lock);
        return NULL;
}

/* One more thread when nobody is idle. */
static int start_thread_inlock(WorkerPool *p) {
        int r;

        r = thread_start("worker", thread_main, p, &p->threads[p->n_threads]);
        if (r >= 0)
                p->n_threads++;
        return r;
}

static unsigned processors(void) {
        cpu_set_t set;
        int n;

        n = sched_getaffinity(0, sizeof(set), &set) < 0 ? 1 : CPU_COUNT(&set);
        return n < 2 ? 2 : n > (int) THREADS_MAX ? THREADS_MAX : (unsigned) n;
}

/* --- On the loop -------------------------------------------------------------------------------------------------- */

static void run_done(WorkerPool *p) {
        Job *job;

        for (;;) {
                pthread_mutex_lock(&p->lock);
                job = queue_pop(&p->done);
                pthread_mutex_unlock(&p->lock);
                if (!job)
                        return;
                job->done(job->result, job->userdata);
                free(job);
        }
}

static int on_done(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        uint64_t n;

        if (read(fd, &n, sizeof(n)) < 0 && errno != EAGAIN && errno != EINTR)
                return -errno;
        run_done(userdata);
        return 0;
}

int worker_pool_new(sd_event *event, unsigned n_threads, WorkerPool **ret) {
        _cleanup_(worker_pool_freep) WorkerPool *p = NULL;
        int r;

        p = calloc(1, sizeof(*p));
        if (!p)
                return -ENOMEM;
        pthread_mutex_init(&p->lock, NULL);
        pthread_cond_init(&p->wake, NULL);
        queue_init(&p->light);
        queue_init(&p->heavy);
        queue_init(&p->done);
        p->n_max = n_threads == 0 ? processors() : n_threads > THREADS_MAX ? THREADS_MAX : n_threads;
        p->heavy_max = p->n_max <= 2 ? 1 : HEAVY_MAX;
        p->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (p->fd < 0)
                return -errno;
        r = sd_event_add_io(event, &p->source, p->fd, EPOLLIN, on_done, p);
        if (r < 0)
                return r;
        (void) sd_event_source_set_description(p->source, "workers");
        *ret = TAKE_PTR(p);
        return 0;
}

WorkerPool *worker_pool_free(WorkerPool *p) {
        if (!p)
                return NULL;
        pthread_mutex_lock(&p->lock);
        p->stopping = true;
        pthread_cond_broadcast(&p->wake);
        pthread_mutex_unlock(&p->lock);
        for (unsigned i = 0; i < p->n_threads; i++)
                pthread_join(p->threads[i], NULL);
        run_done(p);
        sd_event_source_disable_unref(p->source);
        closep(&p->fd);
        pthread_cond_destroy(&p->wake);
        pthread_mutex_destroy(&p->lock);
        free(p);
        return NULL;
}

static int submit(WorkerPool *p, bool heavy, WorkerRun run, WorkerDone done, void *userdata) {
        _cleanup_free_ Job *job = NULL;
        int r = 0;

        job = calloc(1, sizeof(*job));
        if (!job)
                return -ENOMEM;
        job->run = run;
        job->done = done;
        job->userdata = userdata;
        job->heavy = heavy;

        pthread_mutex_lock(&p->lock);
        if (p->stopping || p->n_waiting >= WAITING_MAX)
                r = -ENOBUFS;
        else if (p->n_idle <= p->n_waiting && p->n_threads < p->n_max)
                r = start_thread_inlock(p);
        if (r >= 0 || (r != -ENOBUFS && p->n_threads > 0)) {
                queue_push(heavy ? &p->heavy : &p->light, TAKE_PTR(job));
                p->n_waiting++;
                pthread_cond_signal(&p->wake);
                r = 0;
        }
        pthread_mutex_unlock(&p->lock);
        return r;
}

int worker_submit(WorkerPool *p, WorkerRun run, WorkerDone done, void *userdata) {
        return submit(p, false, run, done, userdata);
}

int worker_submit_heavy(WorkerPool *p, WorkerRun run, WorkerDone done, void *userdata) {
        return submit(p, true, run, done, userdata);
}
