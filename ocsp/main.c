/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet-ocspd: answers by HTTP what the certificates of the local CA are worth. The loop looks after the responder's own certificate and tells the log what
 * keeps it from answering; the answers are given by threads of the HTTP server. */

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <time.h>

#include "base/conf.h"
#include "bus/service.h"
#include "bus/worker.h"
#include "crypto/init.h"
#include "ocsp/http.h"
#include "ocsp/listen.h"
#include "ocsp/renewal.h"

#define DAY INT64_C(86400)
#define RENEW_BEFORE (10 * DAY) /* the end of the certificate; more than a list of states is valid for, unless it is told otherwise */
#define LOOK_EVERY_USEC (UINT64_C(5) * 1000000)
#define TRY_AGAIN INT64_C(60)   /* seconds after the CA did not certify */
#define THREADS_MIN 2U
#define THREADS_MAX 64U
#define CONNECTIONS 512U

static const char *arg_listen = "127.0.0.1:8889";
static const char *arg_published = "/var/lib/sygnet-pki";
static const char *arg_state = "/var/lib/sygnet-ocsp";
static const char *arg_threads; /* NULL: one for each processor */
static const char *arg_timeout = "10";

static const ServiceOption options[] = {
        { "listen", "ADDRESS:PORT", "where to serve, unless systemd hands a socket over (127.0.0.1:8889)", &arg_listen, NULL },
        { "published", "DIR", "what the CA publishes (/var/lib/sygnet-pki)", &arg_published, NULL },
        { "state", "DIR", "the responder's own key and certificate (/var/lib/sygnet-ocsp)", &arg_state, NULL },
        { "threads", "N", "threads that answer (one for each processor)", &arg_threads, NULL },
        { "timeout", "SECONDS", "that a request may take to come, and a connection may be idle (10)", &arg_timeout, NULL },
};

typedef struct Service {
        sd_event *event;
        Responder *responder;
        HttpServer *http;
        WorkerPool *workers;
        sd_event_source *timer;
        const char *problem; /* as it was told last */
        bool told;
        int64_t try_after;   /* no certificate is asked for before */
        int64_t renewed;     /* when there was one last */
        bool renewing;
} Service;

/* --- The responder's certificate ---------------------------------------------------------------------------------- */

typedef struct Renewal {
        Service *service;
        Issuer issuer;
        Delegate *made;
        char problem[RENEWAL_PROBLEM_MAX];
} Renewal;

static Renewal *renewal_free(Renewal *r) {
        if (!r)
                return NULL;
        issuer_done(&r->issuer);
        delegate_free(r->made);
        free(r);
        return NULL;
}

DEFINE_CLEANUP(Renewal *, renewal_free);

static int renewal_work(void *userdata) {
        Renewal *r = userdata;
        int e = renewal_run(&r->issuer, &r->made, r->problem);

        if (e < 0)
                return e;
        e = delegate_save(r->made, arg_state);
        if (e < 0)
                snprintf(r->problem, sizeof(r->problem), "%s: %s", arg_state, strerror(-e));
        return e;
}

static void renewal_done(int result, void *userdata) {
        _cleanup_(renewal_freep) Renewal *r = userdata;
        Service *s = r->service;

        s->renewing = false;
        if (result < 0) {
                s->try_after = time(NULL) + TRY_AGAIN;
                service_log(SD_WARNING, "The CA did not certify this responder: %s", r->problem);
                return;
        }
        s->renewed = time(NULL);
        responder_set_delegate(s->responder, TAKE_PTR(r->made));
        service_log(SD_INFO, "The CA certified this responder.");
}

/* A CA that ends itself soon gives certificates that end as soon; they are not renewed all the time. */
static bool is_due(Service *s, int64_t now) {
        int64_t end = responder_delegate_end(s->responder);

        if (s->renewing || now < s->try_after || end - now >= RENEW_BEFORE)
                return false;
        return end == 0 || now >= s->renewed + DAY;
}

/* What is to be done, or NULL: nothing, or there is no CA yet. */
static Renewal *renewal_new(Service *s) {
        _cleanup_(renewal_freep) Renewal *r = NULL;

        if (!is_due(s, time(NULL)))
                return NULL;
        r = calloc(1, sizeof(*r));
        if (!r || responder_issuer(s->responder, &r->issuer) < 0)
                return NULL;
        r->service = s;
        return TAKE_PTR(r);
}

static void renew(Service *s) {
        Renewal *r = renewal_new(s);

        if (!r)
                return;
        s->renewing = true;
        if (worker_submit(s->workers, renewal_work, renewal_done, r) < 0)
                renewal_done(-ENOMEM, r);
}

/* Before the first request, so that it need not be told to come back. */
static void renew_now(Service *s) {
        Renewal *r = renewal_new(s);

        if (r)
                renewal_done(renewal_work(r), r);
}

static void load_delegate(Service *s) {
        Delegate *d = NULL;
        int r = delegate_load(arg_state, &d);

        if (r >= 0)
                responder_set_delegate(s->responder, d);
        else if (r != -ENOENT)
                service_log(SD_WARNING, "The key and certificate in %s are of no use (%s); the CA is asked for new ones.", arg_state, strerror(-r));
}

/* --- The loop ----------------------------------------------------------------------------------------------------- */

static void tell_problem(Service *s) {
        const char *problem = responder_problem(s->responder, time(NULL));

        /* Sentences are constants. */
        if (s->told && problem == s->problem)
                return;
        s->problem = problem;
        s->told = true;
        if (problem)
                service_log(SD_WARNING, "%s Until that is mended, requests are answered with tryLater.", problem);
        else
                service_log(SD_INFO, "Requests are answered.");
        sd_notifyf(0, "STATUS=%s", problem ?: "Ready.");
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Service *s = userdata;
        int r;

        http_server_sweep(s->http);
        renew(s);
        tell_problem(s);
        r = sd_event_source_set_time_relative(source, LOOK_EVERY_USEC);
        return r < 0 ? r : sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* --- Start -------------------------------------------------------------------------------------------------------- */

static unsigned count_processors(void) {
        cpu_set_t set;
        int n = sched_getaffinity(0, sizeof(set), &set) < 0 ? 1 : CPU_COUNT(&set);

        return n < (int) THREADS_MIN ? THREADS_MIN : n > (int) THREADS_MAX ? THREADS_MAX : (unsigned) n;
}

static int read_limits(HttpLimits *ret) {
        ret->connections = CONNECTIONS;
        ret->threads = count_processors();
        if (arg_threads && (conf_unsigned(arg_threads, &ret->threads) < 0 || ret->threads < THREADS_MIN || ret->threads > THREADS_MAX)) {
                service_log(SD_ERR, "--threads takes a number from %u to %u.", THREADS_MIN, THREADS_MAX);
                return -EINVAL;
        }
        if (conf_unsigned(arg_timeout, &ret->seconds) < 0 || ret->seconds < 1 || ret->seconds > 3600) {
                service_log(SD_ERR, "--timeout takes a number of seconds from 1 to 3600.");
                return -EINVAL;
        }
        return 0;
}

static int open_socket(int *ret_fd) {
        int r = listen_handed_over(ret_fd);

        if (r != -ENOENT) {
                if (r < 0)
                        service_log(SD_ERR, "What systemd handed over is not one listening socket.");
                return r;
        }
        r = listen_at(arg_listen, ret_fd);
        if (r < 0)
                service_log(SD_ERR, "%s: %s", arg_listen, r == -EINVAL ? "this is no ADDRESS:PORT, such as 127.0.0.1:8889 or [::1]:8889." : strerror(-r));
        return r;
}

static int start(Service *s, const HttpLimits *limits) {
        int fd, r;

        r = open_socket(&fd);
        if (r < 0)
                return r;
        renew_now(s);
        r = http_server_start(s->responder, fd, limits, &s->http);
        if (r >= 0)
                r = sd_event_add_time_relative(s->event, &s->timer, CLOCK_MONOTONIC, LOOK_EVERY_USEC, 0, on_timer, s);
        if (r < 0)
                service_log(SD_ERR, "The service cannot start: %s", strerror(-r));
        return r;
}

static int serve(Service *s) {
        int r;

        sd_notify(0, "READY=1");
        tell_problem(s);
        r = sd_event_loop(s->event);
        sd_notify(0, "STOPPING=1\nSTATUS=Stopping.");
        if (r < 0)
                service_log(SD_ERR, "The loop ended: %s", strerror(-r));
        return r;
}

static int run(Service *s, const HttpLimits *limits) {
        int r;

        if (crypto_init() < 0) {
                service_log(SD_ERR, "GnuTLS cannot be started.");
                return -EIO;
        }
        r = service_event(&s->event);
        if (r >= 0)
                r = worker_pool_new(s->event, 1, &s->workers);
        if (r >= 0)
                r = responder_new(arg_published, &s->responder);
        if (r < 0)
                return r;
        load_delegate(s);
        r = start(s, limits);
        return r < 0 ? r : serve(s);
}

static void stop(Service *s) {
        http_server_stop(s->http);
        worker_pool_free(s->workers);
        responder_free(s->responder);
        sd_event_source_unref(s->timer);
        sd_event_unref(s->event);
}

int main(int argc, char *argv[]) {
        HttpLimits limits;
        Service s = { 0 };
        int r;

        r = service_options(argc, argv, "Answers by HTTP what the certificates of the local CA are worth (OCSP, RFC 6960).", options, ELEMENTSOF(options));
        if (r <= 0)
                return r == 0 ? EXIT_SUCCESS : 2;
        if (read_limits(&limits) < 0)
                return 2;
        service_protect();
        service_lock_memory();
        r = run(&s, &limits);
        stop(&s);
        service_unprotect();
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
