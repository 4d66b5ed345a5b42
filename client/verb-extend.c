/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet extend: timestamps for documents that are signed already. Each file is written whole or stays as it was; needs no key and no service. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/atomic-file.h"
#include "base/json.h"
#include "client/output.h"
#include "client/prompt.h"
#include "client/timestamp-service.h"
#include "client/verbs.h"
#include "sign/extend.h"

typedef struct Extended {
        const char *path;
        char *output;
        size_t timestamps; /* added; 0 also where there was nothing to do */
        bool failed;
} Extended;

typedef struct Run {
        Client *c;
        TimestampService *service;
        Secret *document_password; /* NULL: none */
        const char *output; /* NULL: in place */
        bool output_is_directory;
        int status;
} Run;

static int stamp(void *userdata, gnutls_digest_algorithm_t algorithm, View digest, Bytes *ret_token) {
        return timestamp_service_get(userdata, algorithm, digest, ret_token);
}

static int open_document(const char *path, int *ret, mode_t *ret_mode) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0)
                return fail_file(errno, path);
        if (S_ISDIR(st.st_mode))
                return fail(EXIT_FAILED, _("%s is a directory: name the files in it."), path);
        if (!S_ISREG(st.st_mode))
                return fail(EXIT_FAILED, _("%s is no regular file."), path);
        *ret_mode = st.st_mode & 0777;
        *ret = TAKE_FD(fd);
        return 0;
}

/* In place is where the file is, not where a link to it is. NULL when memory ran out, or with errno. */
static char *choose_output(const Run *run, const char *path) {
        const char *slash = strrchr(path, '/');
        char *full = NULL;

        if (!run->output)
                return realpath(path, NULL);
        if (!run->output_is_directory)
                return strdup(run->output);
        return asprintf(&full, "%s/%s", run->output, slash ? slash + 1 : path) < 0 ? NULL : full;
}

static int fail_extension(int r, const char *path) {
        if (r == -ENODATA)
                return fail(EXIT_FAILED, _("%s was left as it is: no authority gave a timestamp."), path);
        if (r == -EMSGSIZE)
                return fail(EXIT_FAILED, _("%s: the timestamp is larger than the place that was left for it."), path);
        return r > 0 ? fail(EXIT_FAILED, "%s: %s", path, _(extend_strerror(r))) : fail_file(r, path);
}

static int extend_file(const Run *run, Extended *x) {
        _cleanup_(atomic_file_freep) AtomicFile *file = NULL;
        _cleanup_close_ int fd = -1;
        mode_t mode = 0;
        int r;

        r = open_document(x->path, &fd, &mode);
        if (r > 0)
                return r;
        x->output = choose_output(run, x->path);
        if (!x->output)
                return fail_file(errno, x->path);
        r = atomic_file_open(x->output, mode, &file);
        if (r < 0)
                return fail_file(r, x->output);
        r = document_extend(fd, atomic_file_fd(file), run->document_password ? secret_view(run->document_password) : (View) { 0 }, stamp, run->service, &x->timestamps);
        if (r == EXTEND_E_HAS_ALL) {
                hint("%s: %s", x->path, _(extend_strerror(r)));
                return 0;
        }
        if (r != 0)
                return fail_extension(r, x->path);
        r = atomic_file_commit(file, !run->output || arguments_has(&run->c->arguments, "force"));
        if (r == -EEXIST)
                return fail(EXIT_FAILED, _("%s exists already; use --force to replace it, or -o for another name."), x->output);
        return r < 0 ? fail_file(r, x->output) : 0;
}

static void print_json(const Extended *files, size_t n) {
        Json j = JSON_INIT(stdout);

        json_object_begin(&j, NULL);
        json_array_begin(&j, "files");
        for (size_t i = 0; i < n; i++) {
                json_object_begin(&j, NULL);
                json_string(&j, "file", files[i].path);
                json_string(&j, "output", files[i].timestamps > 0 ? files[i].output : NULL);
                json_bool(&j, "extended", !files[i].failed && files[i].timestamps > 0);
                json_object_end(&j);
        }
        json_array_end(&j);
        json_object_end(&j);
        (void) json_finish(&j);
}

static void print_done(const Extended *x) {
        _cleanup_free_ char *name = text_from_locale(x->output), *clean = text_clean(name ?: "");

        out_styled(STYLE_GOOD, "%s ", output_is_utf8() ? "✔" : "OK");
        out("%s\n", clean);
}

static int extend_all(Run *run, Extended *files) {
        size_t n = run->c->arguments.n_words;

        for (size_t i = 0; i < n; i++) {
                int r;

                files[i].path = run->c->arguments.words[i];
                r = extend_file(run, &files[i]);
                files[i].failed = r > 0;
                if (r > 0)
                        run->status = n == 1 ? r : EXIT_FAILED;
                else if (files[i].timestamps > 0 && !run->c->json)
                        print_done(&files[i]);
        }
        if (run->c->json)
                print_json(files, n);
        return run->status;
}

int verb_extend(Client *c) {
        _cleanup_timestamp_service_ TimestampService service = { 0 };
        _cleanup_secret_ Secret *password = NULL;
        _cleanup_free_ Extended *files = calloc(c->arguments.n_words, sizeof(*files));
        Run run = { .c = c, .service = &service, .output = arguments_get(&c->arguments, "output") };
        struct stat st;
        int r;

        if (!files)
                return fail_memory();
        r = timestamp_service_open(c, &service);
        if (r == 0 && arguments_has(&c->arguments, "document-password-file"))
                r = prompt_secret(c, "document-password-file", _("Password of the documents"), &password);
        if (r > 0)
                return r;
        run.document_password = password;
        if (service.n == 0)
                return fail(EXIT_USAGE, "%s", _("No timestamp authority is configured: name one by --timestamp URL."));
        run.output_is_directory = run.output && stat(run.output, &st) == 0 && S_ISDIR(st.st_mode);
        if (run.output && c->arguments.n_words > 1 && !run.output_is_directory)
                return fail(EXIT_USAGE, "%s", _("With several files --output names a directory that exists."));
        r = extend_all(&run, files);
        for (size_t i = 0; i < c->arguments.n_words; i++)
                free(files[i].output);
        return r;
}
