/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet sign: many files, one operation. A file that cannot be drafted is reported and left out; the others are signed all or none. */

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "client/key-signer.h"
#include "client/output.h"
#include "client/progress.h"
#include "client/prompt.h"
#include "client/seal-wait.h"
#include "client/sign-appearance.h"
#include "client/sign-item.h"
#include "client/verbs.h"

#define FILES_MAX 65536U /* items of an operation */

typedef struct Batch {
        SignItem *items;
        size_t n;
        size_t skipped;
        size_t lowered; /* signed without the timestamp that is wanted */
        int status; /* of the file that failed last; 0 none */
} Batch;

static void batch_done(Batch *b) {
        for (size_t i = 0; i < b->n; i++)
                sign_item_done(&b->items[i]);
        free(b->items);
}

static int fail_format(void) {
        _cleanup_bytes_ Bytes names = BYTES_NULL;
        int r = 0;

        for (unsigned i = FORMAT_AUTOMATIC + 1; r == 0 && i < FORMAT_MAX; i++)
                r = bytes_printf(&names, "%s%s", names.len > 0 ? ", " : "", document_format_to_string((SignatureFormat) i));
        return r < 0 ? fail_memory() : fail(EXIT_USAGE, _("--format is one of %s."), (const char *) names.data);
}

static int parse_format(const Arguments *a, SignatureFormat *ret) {
        const char *s = arguments_get(a, "format");

        if (!s)
                *ret = FORMAT_AUTOMATIC;
        else if (document_format_from_string(s, ret) < 0)
                return fail_format();
        return 0;
}

static int parse_pades(const Arguments *a, PadesOptions *ret) {
        const char *level = arguments_get(a, "certify");

        *ret = (PadesOptions) {
                .reason = arguments_get(a, "reason"),
                .location = arguments_get(a, "location"),
                .contact = arguments_get(a, "contact"),
                .field = arguments_get(a, "field"),
        };
        if (level && (strlen(level) != 1 || *level < '1' || *level > '3'))
                return fail(EXIT_USAGE, "%s", _("--certify takes 1 (no change is allowed), 2 (filling in and signing) or 3 (annotations too)."));
        ret->certify = level ? *level - '0' : 0;
        return 0;
}

static int parse_options(const Arguments *a, SignOptions *ret) {
        SignOptions o = {
                .output = arguments_get(a, "output"),
                .replace = arguments_has(a, "force"),
                .mode = sign_item_mode(),
                .document.signing_time = time(NULL),
        };
        struct stat st;
        int r;

        r = parse_format(a, &o.document.format);
        if (r == 0)
                r = parse_pades(a, &o.document.pades);
        if (r > 0)
                return r;
        o.output_is_directory = o.output && stat(o.output, &st) == 0 && S_ISDIR(st.st_mode);
        if (o.output && a->n_words > 1 && !o.output_is_directory)
                return fail(EXIT_USAGE, "%s", _("With several files --output names a directory that exists."));
        if (a->n_words > FILES_MAX)
                return fail(EXIT_USAGE, _("Too many files: at most %u in one go."), FILES_MAX);
        *ret = o;
        return 0;
}

/* Each document keeps two files open until it is signed. */
static void raise_file_limit(void) {
        struct rlimit l;

        if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max) {
                l.rlim_cur = l.rlim_max;
                (void) setrlimit(RLIMIT_NOFILE, &l);
        }
}

static void skip(Batch *b, SignItem *item, int status) {
        item->skipped = true;
        b->skipped++;
        /* One file's own reason tells more than "failed"; of several, any. */
        b->status = b->n == 1 ? status : EXIT_FAILED;
}

static int open_all(const Arguments *a, const SignOptions *options, Batch *b) {
        b->items = calloc(a->n_words, sizeof(*b->items));
        if (!b->items)
                return fail_memory();
        b->n = a->n_words;
        for (size_t i = 0; i < b->n; i++)
                b->items[i].fd = -1;
        for (size_t i = 0; i < b->n; i++) {
                int r = sign_item_open(&b->items[i], a->words[i], options);

                if (r > 0)
                        skip(b, &b->items[i], r);
        }
        return b->skipped == b->n ? b->status : 0;
}

static int name_all(Batch *b, const SignOptions *options) {
        for (size_t i = 0; i < b->n; i++) {
                int r = b->items[i].skipped ? 0 : sign_item_name(&b->items[i], options);

                if (r > 0)
                        skip(b, &b->items[i], r);
        }
        return b->skipped == b->n ? b->status : 0;
}

/* Names are only known now that it is known whether it is a seal: two documents must not become one file. */
static int compare_outputs(const void *a, const void *b) {
        const SignItem *const *x = a, *const *y = b;

        return strcmp((*x)->output, (*y)->output);
}

static int refuse_same_outputs(Batch *b) {
        _cleanup_free_ SignItem **sorted = calloc(b->n, sizeof(*sorted));
        size_t n = 0;

        if (!sorted)
                return fail_memory();
        for (size_t i = 0; i < b->n; i++)
                if (!b->items[i].skipped)
                        sorted[n++] = &b->items[i];
        qsort(sorted, n, sizeof(*sorted), compare_outputs);
        for (size_t i = 1; i < n; i++)
                if (strcmp(sorted[i - 1]->output, sorted[i]->output) == 0)
                        return fail(EXIT_USAGE, _("%s and %s would both become %s; nothing was signed."), sorted[i - 1]->shown, sorted[i]->shown, sorted[i]->output);
        return 0;
}

static int draft_all(Batch *b, const Signer *signer, const SignOptions *options) {
        Progress progress;

        progress_begin(&progress, _("Reading"), b->n);
        for (size_t i = 0; i < b->n; i++) {
                int r = b->items[i].skipped ? 0 : sign_item_draft(&b->items[i], signer, options);

                if (r > 0)
                        skip(b, &b->items[i], r);
                progress_update(&progress, i + 1);
        }
        progress_end(&progress);
        return b->skipped == b->n ? b->status : 0;
}

static void complete_all(Batch *b, const Bytes *signatures, const SignOptions *options) {
        Progress progress;

        progress_begin(&progress, _("Writing"), b->n);
        for (size_t i = 0, k = 0; i < b->n; i++) {
                int r = b->items[i].skipped ? 0 : sign_item_complete(&b->items[i], bytes_view(&signatures[k++]), options);

                if (r > 0)
                        skip(b, &b->items[i], r);
                b->lowered += !b->items[i].skipped && options->timestamps && !b->items[i].timestamped;
                progress_update(&progress, i + 1);
        }
        progress_end(&progress);
}

static int sign_all(Batch *b, KeySigner *key, const SignOptions *options) {
        size_t n = b->n - b->skipped, k = 0;
        Signer *signer = key_signer_get(key);
        _cleanup_free_ SignerItem *items = calloc(n, sizeof(*items));
        _cleanup_free_ Bytes *signatures = calloc(n, sizeof(*signatures));
        int r;

        if (!items || !signatures)
                return fail_memory();
        for (size_t i = 0; i < b->n; i++)
                if (!b->items[i].skipped)
                        items[k++] = sign_item_of(&b->items[i]);
        r = signer->sign(signer, items, n, signatures);
        if (r < 0)
                return key_signer_status(key);
        complete_all(b, signatures, options);
        for (size_t i = 0; i < n; i++)
                bytes_done(&signatures[i]);
        return b->status;
}

static void print_json(const Batch *b) {
        Json j = JSON_INIT(stdout);

        json_object_begin(&j, NULL);
        json_array_begin(&j, "files");
        for (size_t i = 0; i < b->n; i++) {
                json_object_begin(&j, NULL);
                json_string(&j, "file", b->items[i].path);
                json_string(&j, "output", b->items[i].skipped ? NULL : b->items[i].output);
                json_bool(&j, "signed", !b->items[i].skipped);
                json_string(&j, "format", document_format_to_string(b->items[i].format));
                json_string(&j, "level", b->items[i].skipped ? NULL : b->items[i].timestamped ? "B-T" : "B-B");
                json_object_end(&j);
        }
        json_array_end(&j);
        json_object_end(&j);
        (void) json_finish(&j);
}

static void print_summary(const Batch *b) {
        size_t good = b->n - b->skipped;

        for (size_t i = 0; i < b->n; i++) {
                _cleanup_free_ char *name = NULL, *clean = NULL;

                if (b->items[i].skipped)
                        continue;
                name = text_from_locale(b->items[i].output);
                clean = text_clean(name ?: "");
                out_styled(STYLE_GOOD, "%s ", output_is_utf8() ? "✔" : "OK");
                out("%s\n", clean);
        }
        if (b->n == 1)
                return;
        out(ngettext("%zu file signed", "%zu files signed", good), good);
        if (b->skipped > 0)
                out(ngettext(", %zu not", ", %zu not", b->skipped), b->skipped);
        out(".\n");
}

static int fail_level(const Batch *b) {
        complain(ngettext("%zu file was signed at level B-B, without the timestamp that was asked for.",
                          "%zu files were signed at level B-B, without the timestamp that was asked for.", b->lowered), b->lowered);
        hint("%s", _("The signatures are good. “sygnet extend FILE” adds a timestamp later."));
        return EXIT_LEVEL;
}

static int sign_batch(Client *c, Batch *b, KeySigner *key, SignOptions *options) {
        int r;

        r = name_all(b, options);
        if (r == 0)
                r = refuse_same_outputs(b);
        if (r == 0)
                r = draft_all(b, key_signer_get(key), options);
        if (r == 0)
                r = sign_all(b, key, options);
        if (r > 0 && b->status == 0)
                return r;
        if (c->json)
                print_json(b);
        else
                print_summary(b);
        return b->status != 0 || b->lowered == 0 ? b->status : fail_level(b);
}

int verb_sign(Client *c) {
        _cleanup_(pdf_appearance_freep) PdfAppearance *appearance = NULL;
        _cleanup_secret_ Secret *document_password = NULL;
        _cleanup_(key_signer_done) KeySigner key = { 0 };
        _cleanup_timestamp_service_ TimestampService timestamps = { 0 };
        _cleanup_(batch_done) Batch b = { 0 };
        SignOptions options;
        int r;

        r = parse_options(&c->arguments, &options);
        if (r == 0)
                r = timestamp_service_open(c, &timestamps);
        if (r == 0)
                r = sign_appearance_parse(&c->arguments, &appearance);
        if (r == 0 && arguments_has(&c->arguments, "document-password-file"))
                r = prompt_secret(c, "document-password-file", _("Password of the documents"), &document_password);
        if (r > 0)
                return r;
        options.timestamps = timestamps.n > 0 ? &timestamps : NULL;
        options.document.pades.appearance = appearance;
        if (document_password)
                options.document.pades.password = secret_view(document_password);
        raise_file_limit();
        r = open_all(&c->arguments, &options, &b);
        if (r == 0)
                r = key_signer_init(&key, c);
        if (r > 0)
                return r;
        options.seal = key_signer_is_seal(&key);
        if (options.seal && key.daemon.session.id) {
                r = seal_wait(c, &key.daemon.credential, key.daemon.session.id);
                if (r > 0)
                        return r;
                /* The documents are dated when their signatures are made. */
                options.document.signing_time = time(NULL);
        }
        return sign_batch(c, &b, &key, &options);
}
