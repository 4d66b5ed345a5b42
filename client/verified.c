/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What verbs that verify have in common; see verified.h. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/output.h"
#include "client/verified.h"
#include "sign/trust/anchors.h"

/* lib/sign maps files. Where somebody else shortens one meanwhile, touching what is gone is this signal, in a read from the mapping and nowhere
 * within a function that may not be entered again. There is nothing to go back to. */
static _Thread_local const char *mapped;

static void on_bus_error(int number) {
        fail(EXIT_FAILED, _("%s was shortened by another program while it was read. Try again."), mapped);
        _exit(EXIT_FAILED);
}

void verified_guard(const char *path) {
        mapped = path;
        signal(SIGBUS, on_bus_error);
}

int verified_open(const char *path, int *ret) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* nobody is waited for */
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0)
                return fail_file(errno, path);
        if (S_ISDIR(st.st_mode))
                return fail(EXIT_FAILED, _("%s is a directory: name a file in it."), path);
        if (!S_ISREG(st.st_mode))
                return fail(EXIT_FAILED, _("%s is no regular file."), path);
        *ret = TAKE_FD(fd);
        return 0;
}

/* What is beside a signature was not asked for: a pipe or a device has no end. */
static int open_regular(const char *path) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        struct stat st;

        return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? TAKE_FD(fd) : -1;
}

int verified_open_beside(const char *path) {
        static const char *const endings[] = { ".p7s", ".P7S", ".sig" };
        size_t len = strlen(path);

        for (size_t i = 0; i < ELEMENTSOF(endings); i++) {
                _cleanup_free_ char *beside = NULL;

                if (len <= 4 || strcmp(path + len - 4, endings[i]) != 0)
                        continue;
                beside = strndup(path, len - 4);
                return beside ? open_regular(beside) : -1;
        }
        return -1;
}

/* A XAdES signature names its documents, which are beside it. */
static int open_folder(const char *path) {
        const char *slash = strrchr(path, '/');
        _cleanup_free_ char *folder = slash ? strndup(path, (size_t) (slash - path) + 1) : strdup(".");

        return folder ? open(folder, O_RDONLY | O_CLOEXEC | O_DIRECTORY) : -1;
}

static bool is_named(const char *path, const char *ending) {
        size_t len = strlen(path), n = strlen(ending);

        return len > n && strcasecmp(path + len - n, ending) == 0;
}

/* A file, or for an XML signature a folder with files. */
static int open_content(const char *path, int *ret) {
        struct stat st;

        if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
                return verified_open(path, ret);
        *ret = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return *ret < 0 ? fail_file(errno, path) : 0;
}

int verified_open_content(const Client *c, const char *path, int *ret) {
        const char *content = arguments_get(&c->arguments, "content");

        if (content)
                return open_content(content, ret);
        *ret = is_named(path, ".xades") ? open_folder(path) : verified_open_beside(path);
        return 0;
}

int verified_load_anchors(const Client *c, gnutls_x509_trust_list_t *ret) {
        const char *path;
        int r;

        r = verify_anchors_new(ret);
        if (r < 0)
                return fail_memory();
        if (!arguments_has(&c->arguments, "anchors")) {
                r = verify_anchors_load_system(*ret);
                return r < 0 ? fail_errno(r, "%s", ANCHORS_SYSTEM_FILE) : 0;
        }
        for (size_t i = 0; (path = arguments_nth(&c->arguments, "anchors", i)); i++) {
                r = verify_anchors_load_file(*ret, path, NULL);
                if (r == -EBADMSG)
                        return fail(EXIT_FAILED, _("%s: no certificate in it. PEM and DER are understood."), path);
                if (r < 0)
                        return fail_file(r, path);
        }
        return 0;
}

const char *verdict_text(Indication i) {
        return i == INDICATION_TOTAL_PASSED ? _("valid") : i == INDICATION_INDETERMINATE ? _("cannot be told") : _("NOT VALID");
}

void verdict_print_mark(Indication i) {
        static const char *const marks[] = { "✔", "?", "✘" }, *const ascii[] = { "OK", "??", "!!" };
        static const Style styles[] = { STYLE_GOOD, STYLE_DOUBT, STYLE_BAD };

        out_styled(styles[i], "%s ", (output_is_utf8() ? marks : ascii)[i]);
}

bool verdict_is_time_alone(const VerifyReport *r) {
        return r->indication == INDICATION_TOTAL_PASSED && verify_report_is_time_alone(r);
}

void verdict_print(const char *path, const VerifyReport *r) {
        bool time_alone = verdict_is_time_alone(r);

        verdict_print_mark(time_alone ? INDICATION_INDETERMINATE : r->indication);
        out_styled(STYLE_BOLD, "%s: %s\n", path, time_alone ? _("a valid timestamp, and NOBODY'S signature") : verdict_text(r->indication));
}

void verdict_print_title(const SignatureReport *s, size_t number) {
        if (s->timestamp)
                out(_("Timestamp %zu: %s\n"), number, verdict_text(s->indication));
        else
                out(_("Signature %zu: %s\n"), number, verdict_text(s->indication));
}

const char *verdict_coverage(const SignatureReport *s) {
        if (s->countersignature)
                return _("another signature of this file, not the document");
        if (s->covers_whole_document)
                return _("the whole file");
        if (s->n_elements > 0)
                return _("NOT the whole file: the elements below only");
        if (s->without_comments)
                return _("NOT the whole file: the comments in it are not signed");
        if (s->field && s->integrity && s->added == ADDED_NOTHING)
                return _("the whole file but for white space at its end");
        if (s->added == ADDED_SIGNATURES)
                return _("its revision; what was added since changes nothing that it signed");
        if (s->added == ADDED_FORM_FILLING)
                return _("its revision; since then, FORM FIELDS WERE FILLED IN");
        return _("NOT the whole file: see what was added");
}

int verdict_exit_code(const VerifyReport *r) {
        Indication i = r->indication;

        if (verdict_is_time_alone(r))
                return EXIT_NOT_FOUND;
        return i == INDICATION_TOTAL_PASSED ? EXIT_OK : i == INDICATION_INDETERMINATE ? EXIT_INDETERMINATE : EXIT_NOT_VALID;
}

#define NAMES_MAX 20U /* shown of a container's files */

char *verified_names(char *const *list, size_t n) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < n && i < NAMES_MAX; i++)
                r = bytes_printf(&b, "%s%s", i > 0 ? ", " : "", list[i]);
        if (r >= 0 && n > NAMES_MAX)
                r = bytes_printf(&b, ngettext(" and %zu more", " and %zu more", n - NAMES_MAX), n - NAMES_MAX);
        return r < 0 || n == 0 ? NULL : strndup((const char *) b.data, b.len);
}
