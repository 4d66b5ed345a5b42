/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The worker pool; see worker.h. Two queues under one lock; what is done goes to a third, and an eventfd wakes the loop. Whoever is woken may run in
 * place of the one who wakes, at once, and wants the lock first: it is let go before. */

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
        WorkerRunPart run_part;       /* instead of `run` for one in parts */
        WorkerDone done;
        void *userdata;
        bool heavy;
        unsigned n_parts, next_part, left; /* parts in all, the next to begin, those that have not ended; one when it is whole */
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
        unsigned n_jobs, n_parts, n_idle, n_heavy, heavy_max; /* n_jobs, n_parts: that wait */
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

/* A part of the first job that may run. It stays the first for as many parts as keep all threads busy twice: what is small is done one after the
 * other, which is soonest for most; what is large goes behind the others then, and they have their turn. */
static Job *take_inlock(WorkerPool *p, unsigned *ret_part) {
        Queue *q = &p->light;
        Job *job = q->first;

        if (!job && p->n_heavy < p->heavy_max) {
                q = &p->heavy;
                job = q->first;
                if (job)
                        p->n_heavy++;
        }
        if (!job)
                return NULL;
        *ret_part = job->next_part++;
        p->n_parts--;
        if (job->next_part == job->n_parts) {
                queue_pop(q);
                p->n_jobs--;
        } else if (job->next_part % (2 * p->n_max) == 0)
                queue_push(q, queue_pop(q));
        return job;
}

/* True when that was the last one. */
static bool end_part_inlock(WorkerPool *p, Job *job, int result) {
        if (job->n_parts == 1 || (result < 0 && job->result >= 0))
                job->result = result;
        if (job->heavy)
                p->n_heavy--;
        return --job->left == 0;
}

/* Hands a job back to the loop. Gives the lock away for a while. */
static void finish_inlock(WorkerPool *p, Job *job) {
        /* Where more is done already the loop has been woken, and takes all. */
        bool wake = !p->done.first;

        queue_push(&p->done, job);
        if (!wake)
                return;
        pthread_mutex_unlock(&p->lock);
        /* It fails only when the counter is full: the loop is awake then. */
        (void) eventfd_write(p->fd, 1);
        pthread_mutex_lock(&p->lock);
}

/* --- Threads ------------------------------------------------------------------------------------------------------ */

static int run_part(Job *job, unsigned part) {
        return job->run_part ? job->run_part(job->userdata, part) : job->run(job->userdata);
}

static void *thread_main(void *userdata) {
        WorkerPool *p = userdata;
        unsigned part;
        Job *job;
        int r;

        pthread_mutex_lock(&p->lock);
        for (;;) {
                while (!(job = take_inlock(p, &part))) {
                        /* Heavy ones that wait for their turn are run by the thread that ends one of them. */
                        if (p->stopping)
                                goto finish;
                        p->n_idle++;
                        pthread_cond_wait(&p->wake, &p->lock);
                        p->n_idle--;
                }
                pthread_mutex_unlock(&p->lock);
                r = run_part(job, part);
                pthread_mutex_lock(&p->lock);
                if (end_part_inlock(p, job, r))
                        finish_inlock(p, job);
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

/* Makes threads where too few are idle; `*ret_wake` are to be woken. Fails only where there is no thread at all. */
static int enqueue_inlock(WorkerPool *p, Job *job, unsigned *ret_wake) {
        int r = 0;

        if (p->stopping || p->n_jobs >= WAITING_MAX)
                return -ENOBUFS;
        for (unsigned i = 0; r >= 0 && i < job->n_parts && p->n_idle <= p->n_parts + i && p->n_threads < p->n_max; i++)
                r = start_thread_inlock(p);
        if (r < 0 && p->n_threads == 0)
                return r;
        queue_push(job->heavy ? &p->heavy : &p->light, job);
        p->n_jobs++;
        p->n_parts += job->n_parts;
        *ret_wake = job->n_parts < p->n_idle ? job->n_parts : p->n_idle;
        return 0;
}

static int submit(WorkerPool *p, const Job *template) {
        _cleanup_free_ Job *job = NULL;
        unsigned wake = 0;
        int r;

        job = malloc(sizeof(*job));
        if (!job)
                return -ENOMEM;
        *job = *template;
        job->left = job->n_parts;

        pthread_mutex_lock(&p->lock);
        r = enqueue_inlock(p, job, &wake);
        if (r >= 0)
                TAKE_PTR(job);
        pthread_mutex_unlock(&p->lock);
        while (wake-- > 0)
                pthread_cond_signal(&p->wake);
        return r;
}

int worker_submit(WorkerPool *p, WorkerRun run, WorkerDone done, void *userdata) {
        return submit(p, &(Job) { .run = run, .done = done, .userdata = userdata, .n_parts = 1 });
}

int worker_submit_heavy(WorkerPool *p, WorkerRun run, WorkerDone done, void *userdata) {
        return submit(p, &(Job) { .run = run, .done = done, .userdata = userdata, .n_parts = 1, .heavy = true });
}

int worker_submit_parts(WorkerPool *p, unsigned n, WorkerRunPart run, WorkerDone done, void *userdata) {
        if (n == 0)
                return -EINVAL;
        return submit(p, &(Job) { .run_part = run, .done = done, .userdata = userdata, .n_parts = n });
}

bool worker_has_waiting(WorkerPool *p) {
        bool r;

        pthread_mutex_lock(&p->lock);
        r = p->n_jobs > 0;
        pthread_mutex_unlock(&p->lock);
        return r;
}
