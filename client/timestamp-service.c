/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Time-stamping authorities over HTTP (RFC 3161 §3.4); see timestamp-service.h. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/curl-library.h"
#include "client/fetch.h"
#include "client/output.h"
#include "client/prompt.h"
#include "client/timestamp-service.h"
#include "sign/trust/anchors.h"
#include "sign/cms/tsp.h"

#define TIMEOUT_S 20U
#define FAILURES_MAX 3U
#define SERVERS_MAX 32U

void timestamp_service_done(TimestampService *s) {
        for (size_t i = 0; i < s->n; i++) {
                free(s->servers[i].url);
                free(s->servers[i].shown);
        }
        if (s->servers)
                pthread_mutex_destroy(&s->mutex);
        free(s->servers);
        free(s->user);
        secret_free(s->password);
        free(s->policy);
        verify_anchors_free(s->anchors);
        *s = (TimestampService) { 0 };
}

/* The address without its query, which is nobody's business. */
static char *shown_of(const char *url) {
        _cleanup_free_ char *plain = strndup(url, strcspn(url, "?#"));

        return plain ? text_clean(plain) : NULL;
}

/* A password in an address would stand in the list of processes, and go over the network in the clear. */
static bool has_user(const char *url) {
        const char *host = strstr(url, "://") + 3;

        return memchr(host, '@', strcspn(host, "/?#"));
}

static int add_server(TimestampService *s, const char *url) {
        TimestampServer *server = &s->servers[s->n];

        if (!fetch_is_address(url))
                return fail(EXIT_USAGE, _("%s: a timestamp authority has an http or https address."), url);
        if (has_user(url))
                return fail(EXIT_USAGE, "%s", _("The user at a timestamp authority is given by --timestamp-user, not in the address."));
        server->url = strdup(url);
        server->shown = shown_of(url);
        s->n++;
        return server->url && server->shown ? 0 : fail_memory();
}

/* Those of the command line, else those of the configuration. */
static int add_servers(const Client *c, const TimestampSettings *t, TimestampService *s) {
        const char *url;
        int r = 0;

        s->servers = calloc(SERVERS_MAX, sizeof(*s->servers));
        if (!s->servers)
                return fail_memory();
        pthread_mutex_init(&s->mutex, NULL);
        for (size_t i = 0; r == 0 && i < SERVERS_MAX && (url = arguments_nth(&c->arguments, "timestamp", i)); i++)
                r = add_server(s, url);
        if (r == 0 && s->n == 0)
                for (size_t i = 0; r == 0 && i < t->urls.n && i < SERVERS_MAX; i++)
                        r = add_server(s, t->urls.items[i]);
        return r;
}

static int read_password(const char *path, Secret **ret) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        int r;

        if (fd < 0)
                return fail_file(-errno, path);
        r = secret_read_fd(fd, SECRET_MAX, true, ret);
        return r < 0 ? fail_file(r, path) : 0;
}

/* What was configured goes to the authorities that were configured, and to no other. */
static int choose_account(Client *c, const TimestampSettings *t, TimestampService *s) {
        bool given = arguments_has(&c->arguments, "timestamp") || arguments_has(&c->arguments, "timestamp-user");
        const char *user = given ? arguments_get(&c->arguments, "timestamp-user") : t->user;

        if (!user)
                return 0;
        s->user = strdup(user);
        if (!s->user)
                return fail_memory();
        if (!given && t->password_file)
                return read_password(t->password_file, &s->password);
        return prompt_secret(c, "timestamp-password-file", _("Password at the timestamp authority"), &s->password);
}

static int choose_policy(const Client *c, const TimestampSettings *t, TimestampService *s) {
        const char *policy = arguments_get(&c->arguments, "timestamp-policy") ?: t->policy;
        const Digest digest = { .len = SHA256_SIZE };
        unsigned fallback = t->timeout > 0 && t->timeout <= 3600 ? (unsigned) t->timeout : TIMEOUT_S;
        TspRequest probe;

        if (policy && tsp_request_init(&probe, GNUTLS_DIG_SHA256, digest_view(&digest), policy) < 0)
                return fail(EXIT_USAGE, _("%s is no policy: it is an object identifier, such as 1.2.3.4."), policy);
        s->policy = policy ? strdup(policy) : NULL;
        if (policy && !s->policy)
                return fail_memory();
        return arguments_number(&c->arguments, "timestamp-timeout", 1, 3600, fallback, &s->timeout_s);
}

static int load_anchors(TimestampService *s, const char *path) {
        int r = verify_anchors_load_file(s->anchors, path, NULL);

        if (r == -EBADMSG)
                return fail(EXIT_FAILED, _("%s: no certificate in it. PEM and DER are understood."), path);
        return r < 0 ? fail_file(r, path) : 0;
}

static int choose_anchors(const Client *c, const TimestampSettings *t, TimestampService *s) {
        const char *path;
        int r;

        if (verify_anchors_new(&s->anchors) < 0)
                return fail_memory();
        if (!arguments_has(&c->arguments, "timestamp-anchors") && t->anchors.n == 0) {
                r = verify_anchors_load_system(s->anchors);
                return r < 0 ? fail_errno(r, "%s", ANCHORS_SYSTEM_FILE) : 0;
        }
        r = 0;
        for (size_t i = 0; r == 0 && (path = arguments_nth(&c->arguments, "timestamp-anchors", i)); i++)
                r = load_anchors(s, path);
        if (!arguments_has(&c->arguments, "timestamp-anchors"))
                for (size_t i = 0; r == 0 && i < t->anchors.n; i++)
                        r = load_anchors(s, t->anchors.items[i]);
        return r;
}

int timestamp_service_open(Client *c, TimestampService *s) {
        _cleanup_settings_ Settings settings = { 0 };
        int r;

        *s = (TimestampService) { 0 };
        r = settings_load(&settings);
        if (r == 0)
                r = add_servers(c, &settings.timestamp, s);
        if (r > 0 || s->n == 0)
                return r;
        r = choose_account(c, &settings.timestamp, s);
        if (r == 0)
                r = choose_policy(c, &settings.timestamp, s);
        if (r == 0)
                r = choose_anchors(c, &settings.timestamp, s);
        if (r == 0)
                (void) curl_library_load(); /* its absence is told by who fetches */
        return r;
}

/* One authority. 0, or an error with `*ret_problem`, which the caller frees. */
static int ask_server(const TimestampService *s, const TimestampServer *server, const TspRequest *request, Bytes *ret_token, char **ret_problem) {
        _cleanup_bytes_ Bytes query = BYTES_NULL, response = BYTES_NULL;
        FetchParams fetch = { .content_type = "application/timestamp-query", .size_max = TSP_RESPONSE_MAX, .timeout_s = s->timeout_s,
                              .user = s->user, .password = s->password };
        VerifyParams params = { .anchors = s->anchors, .content_fd = -1 };
        _cleanup_tsp_answer_ TspAnswer answer = { 0 };
        int r;

        r = tsp_request_encode(request, &query);
        if (r < 0)
                return r;
        fetch.body = bytes_view(&query);
        r = fetch_url(server->url, &fetch, &response, ret_problem);
        if (r < 0)
                return r;
        params.now = time(NULL);
        r = tsp_response_read(bytes_view(&response), request, &params, &answer);
        if (r > 0 && asprintf(ret_problem, "%s%s%s", _(tsp_strerror(r)), answer.text ? " " : "", answer.text ?: "") < 0)
                *ret_problem = NULL;
        if (r == 0)
                *ret_token = bytes_take(&answer.token);
        return r > 0 ? -EBADMSG : r;
}

static bool is_left_aside(TimestampService *s, const TimestampServer *server) {
        bool aside;

        pthread_mutex_lock(&s->mutex);
        aside = server->failures >= FAILURES_MAX;
        pthread_mutex_unlock(&s->mutex);
        return aside;
}

/* Counts, and tells what is new. */
static void settle(TimestampService *s, TimestampServer *server, bool answered, const char *reason) {
        pthread_mutex_lock(&s->mutex);
        if (answered)
                server->failures = 0;
        else if (++server->failures == FAILURES_MAX)
                complain(_("%s failed %u times in a row and is not asked any more."), server->shown, FAILURES_MAX);
        if (!answered && !server->told)
                complain(_("No timestamp from %s. %s"), server->shown, reason ?: "");
        server->told = server->told || !answered;
        pthread_mutex_unlock(&s->mutex);
}

int timestamp_service_get(TimestampService *s, gnutls_digest_algorithm_t algorithm, View digest, Bytes *ret_token) {
        for (size_t i = 0; i < s->n; i++) {
                _cleanup_free_ char *reason = NULL;
                TspRequest request;
                int r;

                if (is_left_aside(s, &s->servers[i]))
                        continue;
                r = tsp_request_init(&request, algorithm, digest, s->policy);
                if (r >= 0)
                        r = ask_server(s, &s->servers[i], &request, ret_token, &reason);
                if (r == -ENOMEM)
                        return r;
                settle(s, &s->servers[i], r == 0, reason);
                if (r == 0)
                        return 0;
        }
        return -ENODATA;
}

int timestamp_service_stamp(TimestampService *s, View stamped, Bytes *ret_token) {
        Digest digest;
        int r;

        r = digest_of(GNUTLS_DIG_SHA256, stamped, &digest);
        return r < 0 ? r : timestamp_service_get(s, GNUTLS_DIG_SHA256, digest_view(&digest), ret_token);
}
