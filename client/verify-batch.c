/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Verifying many files; see verify-batch.h. */

#include <time.h>
#include <unistd.h>

#include "base/crew.h"
#include "client/file-list.h"
#include "client/output.h"
#include "client/progress.h"
#include "client/prompt.h"
#include "client/revocation-sources.h"
#include "client/verified.h"
#include "client/verify-batch.h"
#include "sign/trust/anchors.h"
#include "sign/verify-json.h"

#define POOLS_MAX 64U /* one for each thread */

typedef struct Result {
        VerifyReport report;
        int status; /* exit code of what kept it from being read, said already; 0 none */
        bool done;
} Result;

typedef struct Run {
        Client *client;
        FileList files;
        VerifyParams params; /* but for what is of one document */
        Secret *password;
        RevocationCache *cache;
        Result *results;
        pthread_mutex_t lock; /* of all below */
        RevocationPool pools[POOLS_MAX]; /* that nobody uses */
        size_t n_pools, n_given; /* what the pools had from the beginning */
        size_t n_printed;
        size_t counts[INDICATION_TOTAL_FAILED + 1], n_timed, n_unread;
        Json json;
        Progress progress;
} Run;

/* --- What is printed ---------------------------------------------------------------------------------------------- */

#define SIGNATURE_COLUMN 6U

static void print_signature(const SignatureReport *s, size_t number) {
        out("    ");
        verdict_print_title(s, number);
        if (s->signer)
                out_wrapped(0, SIGNATURE_COLUMN, s->signer);
        if (s->reason)
                out_wrapped(0, SIGNATURE_COLUMN, _(s->reason));
        if (s->integrity && !s->covers_whole_document)
                out_wrapped(0, SIGNATURE_COLUMN, s->added == ADDED_FORM_FILLING ? _("Form fields were filled in after it.") :
                            s->added == ADDED_SIGNATURES ? _("What was added after it changes nothing that it signed.") : _("It does not cover the whole file."));
}

static void print_text(const char *path, const VerifyReport *report) {
        _cleanup_free_ char *name = text_from_locale(path), *clean = text_clean(name ?: "");

        verdict_print(clean, report);
        if (report->reason && (report->n_signatures == 0 || verify_report_is_time_alone(report)))
                out_wrapped(0, SIGNATURE_COLUMN - 2, _(report->reason));
        for (size_t i = 0; i < report->n_signatures; i++)
                print_signature(&report->signatures[i], i + 1);
}

static void print_json(Run *run, const char *path, const Result *result) {
        json_object_begin(&run->json, NULL);
        json_string(&run->json, "file", path);
        if (result->status == 0)
                verify_report_to_json(&result->report, "report", &run->json);
        else
                json_null(&run->json, "report");
        json_object_end(&run->json);
}

static void print_one(Run *run, const char *path, Result *result) {
        if (run->client->json)
                print_json(run, path, result);
        else if (result->status == 0)
                print_text(path, &result->report);
        if (result->status != 0)
                run->n_unread++;
        else if (verdict_is_time_alone(&result->report))
                run->n_timed++;
        else
                run->counts[result->report.indication]++;
        verify_report_done(&result->report);
}

/* In the order they were named, as far as it is known. */
static void settle(Run *run, size_t job) {
        pthread_mutex_lock(&run->lock);
        run->results[job].done = true;
        while (run->n_printed < run->files.n && run->results[run->n_printed].done) {
                print_one(run, run->files.paths[run->n_printed], &run->results[run->n_printed]);
                run->n_printed++;
        }
        pthread_mutex_unlock(&run->lock);
}

static void print_summary(const Run *run) {
        out(_("%zu valid, %zu not valid, %zu cannot be told"), run->counts[INDICATION_TOTAL_PASSED], run->counts[INDICATION_TOTAL_FAILED],
            run->counts[INDICATION_INDETERMINATE]);
        if (run->n_timed > 0)
                out(_(", %zu with a timestamp only"), run->n_timed);
        if (run->n_unread > 0)
                out(_(", %zu could not be read"), run->n_unread);
        out(".\n");
}

/* --- What is verified --------------------------------------------------------------------------------------------- */

static int take_pool(Run *run, RevocationPool *ret) {
        *ret = (RevocationPool) { 0 };
        pthread_mutex_lock(&run->lock);
        if (run->n_pools > 0)
                *ret = run->pools[--run->n_pools];
        pthread_mutex_unlock(&run->lock);
        return ret->items || ret->fetch ? 0 : revocation_sources_open(run->client, run->cache, ret);
}

/* What one document brought is of no use to the next, and would use up what it may bring. */
static void give_pool(Run *run, RevocationPool *pool) {
        revocation_pool_rewind(pool, run->n_given);
        pthread_mutex_lock(&run->lock);
        if (run->n_pools < POOLS_MAX) {
                run->pools[run->n_pools++] = *pool;
                *pool = (RevocationPool) { 0 };
        }
        pthread_mutex_unlock(&run->lock);
        revocation_pool_done(pool);
}

static int verify_one(Run *run, const char *path, RevocationPool *pool, VerifyReport *ret) {
        _cleanup_close_ int fd = -1, content = -1;
        VerifyParams params = run->params;
        int r;

        verified_guard(path);
        r = verified_open(path, &fd);
        if (r == 0)
                r = verified_open_content(run->client, path, &content);
        if (r > 0)
                return r;
        params.content_fd = content;
        params.revocation = pool;
        r = verify_fd(fd, &params, ret);
        return r < 0 ? fail_file(r, path) : 0;
}

static void verify_job(void *userdata, size_t job) {
        Run *run = userdata;
        RevocationPool pool;
        int r;

        r = take_pool(run, &pool);
        if (r == 0) {
                r = verify_one(run, run->files.paths[job], &pool, &run->results[job].report);
                give_pool(run, &pool);
        } else
                revocation_pool_done(&pool);
        run->results[job].status = r;
        settle(run, job);
        progress_step(&run->progress);
}

static int run_open(Run *run) {
        Client *c = run->client;
        RevocationPool pool = { 0 };
        int r;

        if (arguments_has(&c->arguments, "content") || arguments_has(&c->arguments, "report"))
                return fail(EXIT_USAGE, "%s", _("--content and --report are for one file."));
        r = file_list_read(c, &run->files);
        if (r == 0 && arguments_has(&c->arguments, "document-password-file"))
                r = prompt_secret(c, "document-password-file", _("Password of the documents"), &run->password);
        if (r == 0)
                r = verified_load_anchors(c, &run->params.anchors);
        if (r == 0)
                r = revocation_cache_new(&run->cache);
        if (r == 0)
                r = revocation_sources_open(c, run->cache, &pool);
        if (r > 0) {
                revocation_pool_done(&pool);
                return r;
        }
        run->n_given = pool.n;
        give_pool(run, &pool);
        if (run->password)
                run->params.document_password = secret_view(run->password);
        run->params.now = time(NULL);
        run->results = calloc(run->files.n, sizeof(*run->results));
        return run->results ? 0 : fail_memory();
}

static int verify_all(Run *run) {
        /* Where what is found goes to the same terminal, it shows how far we are. */
        bool quiet = !run->client->json && output_is_terminal();
        int r;

        run->json = JSON_INIT(stdout);
        if (run->client->json)
                json_array_begin(&run->json, NULL);
        progress_begin(&run->progress, _("Verifying"), quiet ? 0 : run->files.n);
        r = crew_each("verify", run->files.n, verify_job, run);
        progress_end(&run->progress);
        if (r < 0)
                return fail_memory();
        if (!run->client->json) {
                print_summary(run);
                return 0;
        }
        json_array_end(&run->json);
        return json_finish(&run->json) < 0 ? EXIT_FAILED : 0;
}

static void run_done(Run *run) {
        for (size_t i = 0; run->results && i < run->files.n; i++)
                verify_report_done(&run->results[i].report);
        free(run->results);
        while (run->n_pools > 0)
                revocation_pool_done(&run->pools[--run->n_pools]);
        revocation_cache_free(run->cache);
        if (run->params.anchors)
                verify_anchors_free(run->params.anchors);
        secret_free(run->password);
        file_list_done(&run->files);
        pthread_mutex_destroy(&run->lock);
}

int verify_batch(Client *c) {
        Run run = { .client = c, .lock = PTHREAD_MUTEX_INITIALIZER };
        int r;

        r = run_open(&run);
        if (r == 0)
                r = verify_all(&run);
        run_done(&run);
        if (r != 0)
                return r;
        return run.counts[INDICATION_TOTAL_FAILED] > 0 ? EXIT_NOT_VALID :
               run.n_unread > 0 ? EXIT_FAILED :
               run.counts[INDICATION_INDETERMINATE] > 0 ? EXIT_INDETERMINATE :
               run.n_timed > 0 ? EXIT_NOT_FOUND : EXIT_OK;
}
