/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The publisher; see publisher.h. */

#include <errno.h>
#include <string.h>

#include "bus/service.h"
#include "ca/clock.h"
#include "ca/publication.h"
#include "ca/publisher.h"

#define HOUR INT64_C(3600)

typedef struct Waiter Waiter;
struct Waiter {
        Waiter *next;
        PublisherDone done;
        void *userdata;
};

/* One publication: by a job of the store, then on a worker. */
typedef struct Run {
        Publisher *publisher;
        Waiter *waiters; /* whom it serves */
        States *states;
        const char *directory;
        int64_t now;
        bool crl;
        PublicationContent content;
} Run;

struct Publisher {
        Authority *authority;
        Waiter *waiting; /* for the next one; the one that came last is first */
        bool crl_wanted; /* by one of them */
        Run *run;
        sd_event_source *timer;
        Bytes crl;
        int64_t crl_at, crl_next, crl_number; /* its thisUpdate, nextUpdate, cRLNumber */
        int failed;     /* how the last one went: 0, or the error that was logged */
        bool crl_missing; /* a list of revocations is due that could not be written */
        char *problem; /* with -EREMOTEIO: what the key host said, or was said of it */
        bool stopped;
};

static void tell(Waiter *list, int result) {
        while (list) {
                Waiter *w = list;

                list = w->next;
                w->done(result, w->userdata);
                free(w);
        }
}

static Run *run_free(Run *r) {
        if (!r)
                return NULL;
        publication_content_done(&r->content);
        free(r);
        return NULL;
}

/* --- One publication ---------------------------------------------------------------------------------------------- */

/* A root that was adopted is older than its record. Of its lists there were fewer than seconds since 1970. */
static int64_t numbers_before(const Root *root, int64_t now) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;

        return root_import(root, &crt) >= 0 && gnutls_x509_crt_get_activation_time(crt) < root->created ? now : 0;
}

static int run_prepare(Txn *t, void *userdata) {
        Run *run = userdata;
        PublicationContent *c = &run->content;
        Publication p = { 0 };
        int r;

        r = states_update(run->states, t);
        if (r >= 0 && run->crl)
                r = publication_begin(t, run->states, run->now, numbers_before(c->root, run->now), &p);
        if (r < 0)
                return r;
        c->number = p.number;
        c->n = run->states->n;
        c->records = calloc(c->n + 1, sizeof(*c->records));
        if (!c->records)
                return -ENOMEM;
        if (c->n > 0)
                memcpy(c->records, run->states->records, c->n * sizeof(*c->records));
        return 0;
}

static int run_write(void *userdata) {
        Run *run = userdata;

        return publication_write(run->directory, &run->content);
}

/* Each sentence once. */
static void note_key_host(Publisher *p, Run *run) {
        if (!p->problem || strcmp(p->problem, run->content.key.problem) != 0)
                service_log(SD_ERR, "There is no new list of revocations. %s It is tried again each minute.", run->content.key.problem);
        free(p->problem);
        p->problem = TAKE_PTR(run->content.key.problem);
}

static void note_result(Publisher *p, Run *run, int result) {
        if (result == -EREMOTEIO && run->content.key.problem)
                note_key_host(p, run);
        else
                free(TAKE_PTR(p->problem));
        if (result < 0 && result != p->failed && result != -ESHUTDOWN && !p->problem)
                service_log(SD_ERR, "%s: the state of certificates cannot be published (%s). Others go on to see the state of before. "
                            "It is tried again each minute.",
                            run->directory, result == -EBADMSG ? "the register was altered or damaged" : strerror(-result));
        if (result >= 0 && p->failed < 0)
                service_log(SD_NOTICE, "%s: the state of certificates is published again.", run->directory);
        p->failed = result;
        if (run->crl)
                p->crl_missing = result < 0;
        if (result < 0 || !run->crl)
                return;
        bytes_done(&p->crl);
        p->crl = bytes_take(&run->content.crl);
        p->crl_at = run->now;
        p->crl_next = run->content.next_update;
        p->crl_number = run->content.number;
}

static void start(Publisher *p);

static void on_written(int result, void *userdata) {
        Run *run = userdata;
        Publisher *p = run->publisher;

        note_result(p, run, result);
        p->run = NULL;
        tell(run->waiters, result < 0 ? result : 0);
        run_free(run);
        start(p);
}

static void on_prepared(int result, void *userdata) {
        Run *run = userdata;
        Publisher *p = run->publisher;
        Authority *a = p->authority;
        WorkerPool *pool = root_is_hosted(run->content.root) ? a->signers : a->workers;

        if (result >= 0)
                result = pool ? worker_submit(pool, run_write, on_written, run) : -ESHUTDOWN;
        if (result < 0)
                on_written(result, run);
}

/* Begins the next one where somebody waits and none is under way. */
static void start(Publisher *p) {
        Authority *a = p->authority;
        Run *run;
        int r;

        if (p->run || !p->waiting)
                return;
        run = calloc(1, sizeof(*run));
        if (!run) {
                tell(TAKE_PTR(p->waiting), -ENOMEM);
                return;
        }
        *run = (Run) {
                .publisher = p,
                .waiters = TAKE_PTR(p->waiting),
                .states = a->states,
                .directory = a->directory,
                .now = clock_now(),
                .crl = p->crl_wanted,
        };
        run->content = (PublicationContent) {
                .root = a->root,
                .store = a->store,
                .key_host = a->key_host,
                .this_update = run->now,
                .next_update = run->now + a->settings.crl_hours * HOUR,
        };
        p->crl_wanted = false;
        p->run = run;
        r = p->stopped ? -ESHUTDOWN : store_submit(a->store, run_prepare, on_prepared, run);
        if (r < 0)
                on_written(r, run);
}

int publisher_want(Publisher *p, bool crl, PublisherDone done, void *userdata) {
        Waiter *w;

        if (!p->authority->root)
                return -ENODATA;
        w = malloc(sizeof(*w));
        if (!w)
                return -ENOMEM;
        *w = (Waiter) { .next = p->waiting, .done = done, .userdata = userdata };
        p->waiting = w;
        p->crl_wanted = p->crl_wanted || crl || p->crl_missing;
        start(p);
        return 0;
}

View publisher_crl(const Publisher *p) {
        return bytes_view(&p->crl);
}

bool publisher_last(const Publisher *p, int64_t *ret_number, int64_t *ret_made, int64_t *ret_next) {
        if (p->crl.len == 0)
                return false;
        *ret_number = p->crl_number;
        *ret_made = p->crl_at;
        *ret_next = p->crl_next;
        return true;
}

const char *publisher_trouble(const Publisher *p) {
        return p->problem ?: p->failed < 0 ? strerror(-p->failed) : "";
}

const char *publisher_problem(const Publisher *p) {
        return p->problem;
}

/* --- By itself ---------------------------------------------------------------------------------------------------- */

static void on_done(int result, void *userdata) {
}

/* A clock that was set back makes a list due as well: else none would come for as long as it was set back. */
static bool is_due(const Publisher *p) {
        int64_t now = clock_now();

        return p->failed < 0 || p->crl_missing || now < p->crl_at || now - p->crl_at >= p->authority->settings.crl_every_hours * HOUR;
}

static int on_tick(sd_event_source *s, uint64_t usec, void *userdata) {
        Publisher *p = userdata;

        if (p->authority->root && !p->run && is_due(p))
                (void) publisher_want(p, true, on_done, NULL);
        (void) sd_event_source_set_time_relative(s, clock_tick());
        return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

int publisher_new(Authority *a, Publisher **ret) {
        Publisher *p = calloc(1, sizeof(*p));
        int r;

        if (!p)
                return -ENOMEM;
        p->authority = a;
        r = sd_event_add_time_relative(a->event, &p->timer, CLOCK_BOOTTIME, clock_tick(), 0, on_tick, p);
        if (r >= 0 && a->root)
                r = publisher_want(p, true, on_done, NULL);
        if (r < 0) {
                publisher_free(p);
                return r;
        }
        *ret = p;
        return 0;
}

void publisher_stop(Publisher *p) {
        if (!p)
                return;
        p->stopped = true;
        p->timer = sd_event_source_disable_unref(p->timer);
        tell(TAKE_PTR(p->waiting), -ESHUTDOWN);
}

Publisher *publisher_free(Publisher *p) {
        if (!p)
                return NULL;
        publisher_stop(p);
        bytes_done(&p->crl);
        free(p->problem);
        free(p);
        return NULL;
}
