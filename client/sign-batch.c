/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Many files at once; see sign-batch.h. */

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/crew.h"
#include "client/output.h"
#include "client/progress.h"
#include "client/sign-batch.h"
#include "client/sign-writer.h"

#define HELD_MAX 4096U     /* drafts that are kept whole */
#define FILES_AN_ITEM 2U
#define FILES_SPARED 256U  /* for all else that is open, a few for each thread */

/* What the threads share. Each item is one thread's at a time. */
typedef struct Run {
        SignBatch *batch;
        Signer *signer;
        SignItem **wanted; /* the items that are to be signed */
        size_t n;
        size_t held_max;
        Bytes *signatures;
        Progress progress;
        SignWriter *writer;
        size_t n_signed; /* told by the signer */
} Run;

static bool is_wanted(const SignItem *item) {
        return item->status == 0 && !item->signed_already;
}

/* Counts, and tells with which exit code it ends. One file's own reason tells more than "failed"; of several, any. */
static int count(SignBatch *b) {
        int status = 0;

        b->n_signed = b->n_already = b->n_failed = b->n_lowered = 0;
        for (size_t i = 0; i < b->n; i++) {
                b->n_signed += b->items[i].is_signed;
                b->n_lowered += b->items[i].is_signed && b->options->timestamps && !b->items[i].timestamped;
                b->n_already += b->items[i].signed_already;
                b->n_failed += b->items[i].status != 0;
                if (b->items[i].status != 0)
                        status = b->n == 1 ? b->items[i].status : EXIT_FAILED;
        }
        return status;
}

static bool is_any_left(const SignBatch *b) {
        return b->n_signed + b->n_already + b->n_failed < b->n;
}

/* Documents that are drafted keep files open until they are written. How many there may be. */
static size_t held_max(void) {
        struct rlimit l;

        if (getrlimit(RLIMIT_NOFILE, &l) < 0)
                return 1;
        if (l.rlim_cur < l.rlim_max && l.rlim_cur < FILES_SPARED + HELD_MAX * FILES_AN_ITEM) {
                l.rlim_cur = l.rlim_max;
                (void) setrlimit(RLIMIT_NOFILE, &l);
        }
        if (l.rlim_cur <= FILES_SPARED)
                return 1;
        l.rlim_cur = (l.rlim_cur - FILES_SPARED) / FILES_AN_ITEM;
        return l.rlim_cur < HELD_MAX ? (size_t) l.rlim_cur : HELD_MAX;
}

/* While there is one thread only: to grow later, the kernel's table makes all threads wait until no processor can still look at the smaller one, several
 * milliseconds each time that it doubles. */
static void make_room_for_descriptors(size_t n_items) {
        size_t held = held_max(), n = (n_items < held ? n_items : held) * FILES_AN_ITEM + FILES_SPARED;
        _cleanup_close_ int last = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, (int) n);
}

static void load_formats(void *userdata, size_t job) {
        const SignBatch *b = userdata;

        for (size_t i = 0; i < b->n; i++)
                if (b->items[i].status == 0)
                        document_format_load(b->items[i].format);
}

static bool is_any_to_load(const SignBatch *b) {
        for (size_t i = 0; i < b->n; i++)
                if (b->items[i].status == 0 && document_format_has_library(b->items[i].format))
                        return true;
        return false;
}

/* Where it can't be begun now, it is done when it is needed. */
static void begin_to_load(SignBatch *b) {
        if (is_any_to_load(b) && crew_new("formats", 1, load_formats, b, &b->loader) == 0)
                crew_offer(b->loader, 1);
}

int sign_batch_open(SignBatch *b, char *const *paths, size_t n, const SignOptions *options) {
        bool one = sign_options_is_container(options);
        int r;

        *b = (SignBatch) { .options = options };
        b->n = one ? 1 : n;
        b->items = calloc(b->n, sizeof(*b->items));
        if (!b->items)
                return fail_memory();
        make_room_for_descriptors(b->n);
        for (size_t i = 0; i < b->n; i++)
                b->items[i].fd = -1;
        for (size_t i = 0; i < b->n; i++)
                b->items[i].status = sign_item_examine(&b->items[i], paths + i, one ? n : 1, options);
        r = count(b);
        if (!is_any_left(b))
                return r;
        begin_to_load(b);
        return 0;
}

/* --- Names -------------------------------------------------------------------------------------------------------- */

static int compare_outputs(const void *a, const void *b) {
        const SignItem *const *x = a, *const *y = b;

        return strcmp((*x)->output, (*y)->output);
}

/* Two documents must not become one file. */
static int refuse_same_outputs(const SignBatch *b) {
        _cleanup_free_ const SignItem **sorted = calloc(b->n, sizeof(*sorted));
        size_t n = 0;

        if (!sorted)
                return fail_memory();
        for (size_t i = 0; i < b->n; i++)
                if (is_wanted(&b->items[i]))
                        sorted[n++] = &b->items[i];
        qsort(sorted, n, sizeof(*sorted), compare_outputs);
        for (size_t i = 1; i < n; i++)
                if (strcmp(sorted[i - 1]->output, sorted[i]->output) == 0)
                        return fail(EXIT_USAGE, _("%s and %s would both become %s; nothing was signed."), sorted[i - 1]->shown, sorted[i]->shown, sorted[i]->output);
        return 0;
}

/* Names are only known now that it is known whether it is a seal. */
static int name_all(SignBatch *b) {
        for (size_t i = 0; i < b->n; i++)
                if (is_wanted(&b->items[i]))
                        b->items[i].status = sign_item_name(&b->items[i], b->options);
        return refuse_same_outputs(b);
}

/* --- Steps -------------------------------------------------------------------------------------------------------- */

static int select_wanted(Run *run) {
        SignBatch *b = run->batch;

        free(run->wanted);
        run->n = 0;
        run->wanted = calloc(b->n, sizeof(*run->wanted));
        if (!run->wanted)
                return fail_memory();
        for (size_t i = 0; i < b->n; i++)
                if (is_wanted(&b->items[i]))
                        run->wanted[run->n++] = &b->items[i];
        return 0;
}

static void compare_one(void *userdata, size_t job) {
        Run *run = userdata;
        SignItem *item = run->wanted[job];

        item->status = sign_item_compare(item, run->signer, run->batch->options);
        progress_step(&run->progress);
}

static void draft_one(void *userdata, size_t job) {
        Run *run = userdata;
        SignItem *item = run->wanted[job];

        item->status = sign_item_draft(item, run->signer, run->batch->options);
        if (item->status == 0 && job >= run->held_max)
                item->status = sign_item_let_go(item);
        progress_step(&run->progress);
}

/* One step of all that are wanted, which are chosen anew. */
static int step(Run *run, const char *what, CrewRun each) {
        int r;

        r = select_wanted(run);
        if (r != 0)
                return r;
        progress_begin(&run->progress, what, run->n);
        r = crew_each("documents", run->n, each, run);
        progress_end(&run->progress);
        return r < 0 ? fail_memory() : 0;
}

/* --- Signing ------------------------------------------------------------------------------------------------------ */

static void hand_on(void *userdata, size_t n) {
        Run *run = userdata;

        run->n_signed = n;
        sign_writer_offer(run->writer, n);
}

static int sign_and_write(Run *run, KeySigner *key, const SignerItem *items) {
        Signer *signer = run->signer;
        SignWriting w = {
                .items = run->wanted, .signatures = run->signatures, .n = run->n, .signer = signer,
                .options = run->batch->options, .progress = &run->progress, .is_held = run->n <= run->held_max,
        };
        int r;

        r = sign_writer_new(&w, &run->writer);
        if (r < 0)
                return fail_memory();
        signer->signed_so_far = hand_on;
        signer->signed_userdata = run;
        progress_begin(&run->progress, _("Signing"), run->n);
        r = signer->sign(signer, items, run->n, run->signatures);
        run->writer = sign_writer_free(run->writer);
        progress_end(&run->progress);
        signer->signed_so_far = NULL;
        return r < 0 ? key_signer_status(key) : 0;
}

static int sign_items(Run *run, KeySigner *key) {
        _cleanup_free_ SignerItem *items = calloc(run->n, sizeof(*items));

        run->signatures = calloc(run->n, sizeof(*run->signatures));
        if (!items || !run->signatures)
                return fail_memory();
        for (size_t i = 0; i < run->n; i++)
                items[i] = run->wanted[i]->item;
        return sign_and_write(run, key, items);
}

static int sign_all(Run *run, KeySigner *key) {
        int r;

        r = select_wanted(run);
        if (r != 0)
                return r;
        if (run->n > SIGN_BATCH_MAX)
                return fail(EXIT_USAGE, _("Too many files: at most %u in one go."), SIGN_BATCH_MAX);
        r = sign_items(run, key);
        for (size_t i = run->n_signed; i < run->n; i++)
                run->wanted[i]->status = r;
        for (size_t i = 0; run->signatures && i < run->n; i++)
                bytes_done(&run->signatures[i]);
        free(TAKE_PTR(run->signatures));
        return r;
}

static int run_steps(Run *run, KeySigner *key) {
        SignBatch *b = run->batch;
        int r;

        r = name_all(b);
        if (r == 0 && b->options->skip_signed)
                r = step(run, _("Comparing"), compare_one);
        if (r == 0)
                r = step(run, _("Reading"), draft_one);
        if (r != 0)
                return r;
        (void) count(b);
        return is_any_left(b) ? sign_all(run, key) : 0;
}

static bool is_beside(const char *a, const char *b) {
        const char *x = strrchr(a, '/'), *y = strrchr(b, '/');

        return (x ? x - a : 0) == (y ? y - b : 0) && strncmp(a, b, x ? (size_t) (x - a) : 0) == 0;
}

/* Nothing is told to be signed before its name is on the disk. */
static int sync_directories(SignBatch *b) {
        const char *last = NULL;
        int status = 0;

        for (size_t i = 0; i < b->n; i++) {
                int r;

                if (!b->items[i].is_signed || (last && is_beside(last, b->items[i].output)))
                        continue;
                last = b->items[i].output;
                r = atomic_file_sync_directory(last);
                if (r < 0)
                        status = fail_file(r, last);
        }
        return status;
}

int sign_batch_run(SignBatch *b, KeySigner *key) {
        Run run = { .batch = b, .signer = key_signer_get(key), .held_max = held_max() };
        int r, q, status;

        b->loader = crew_free(b->loader);
        r = run_steps(&run, key);
        q = sync_directories(b);
        free(run.wanted);
        status = count(b);
        /* What was signed before it failed is there. */
        return r != 0 ? r : q != 0 ? q : status;
}

void sign_batch_done(SignBatch *b) {
        b->loader = crew_free(b->loader);
        for (size_t i = 0; i < b->n; i++)
                sign_item_done(&b->items[i]);
        free(TAKE_PTR(b->items));
        b->n = 0;
}
