/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Key files of the user; see key-path.h. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/atomic-file.h"
#include "base/utf8.h"
#include "client/key-path.h"
#include "client/output.h"
#include "client/prompt.h"

#define ATTEMPTS 3

static bool begins_with(const char *s, const char *prefix) {
        return strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool has_ending(const char *word) {
        static const char *const endings[] = { ".p12", ".pfx", ".pem", ".p8" };
        size_t len = strlen(word);

        for (size_t i = 0; i < ELEMENTSOF(endings); i++) {
                size_t n = strlen(endings[i]);

                if (len > n && strcasecmp(word + len - n, endings[i]) == 0)
                        return true;
        }
        return false;
}

bool key_path_is(const char *word) {
        if (begins_with(word, "/") || begins_with(word, "./") || begins_with(word, "../"))
                return true;
        /* Labels may have slashes and dots too. */
        return (strchr(word, '/') || has_ending(word)) && access(word, F_OK) == 0;
}

/* Says an outcome of crypto/key-file.h about a path (which may be NULL); an exit code. */
static int fail_outcome(int outcome, const char *path) {
        _cleanup_free_ char *name = path ? text_from_locale(path) : NULL, *clean = text_clean(name ?: "");
        int status = outcome == KEY_FILE_E_PASSWORD ? EXIT_DENIED : EXIT_FAILED;

        if (outcome < 0)
                return outcome == -ENOMEM ? fail_memory() : fail_errno(outcome, "%s", clean);
        if (path)
                return fail(status, "%s: %s", clean, _(key_file_strerror(outcome)));
        return fail(status, "%s", _(key_file_strerror(outcome)));
}

/* Whoever may write the file can put another key into it, for which the same password is then typed. */
static int check_mode(const char *path, const struct stat *st) {
        _cleanup_free_ char *name = text_from_locale(path), *clean = text_clean(name ?: "");

        if (S_ISDIR(st->st_mode))
                return fail(EXIT_FAILED, _("%s is a directory."), clean);
        if (!S_ISREG(st->st_mode))
                return fail(EXIT_FAILED, _("%s is no regular file."), clean);
        if (st->st_uid != geteuid() && st->st_uid != 0)
                return fail(EXIT_DENIED, _("%s belongs to another user, who can change it: it is not used. Copy it first."), clean);
        if (st->st_mode & (S_IWGRP | S_IWOTH)) {
                complain(_("%s can be written by others: it is not used."), clean);
                hint("  chmod 600 %s", clean);
                return EXIT_DENIED;
        }
        return 0;
}

static void warn_of_readers(const char *path, const struct stat *st) {
        _cleanup_free_ char *name = text_from_locale(path), *clean = text_clean(name ?: "");

        if (!(st->st_mode & (S_IRGRP | S_IROTH)))
                return;
        complain(_("Careful: others can read %s, and try passwords on it."), clean);
        hint("  chmod 600 %s", clean);
}

int key_path_read(const char *path, Bytes *ret) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        KeyFileFormat format;
        struct stat st;
        int r;

        if (fd < 0 || fstat(fd, &st) < 0)
                return fail_file(errno, path);
        r = check_mode(path, &st);
        if (r > 0)
                return r;
        r = read_fd(fd, KEY_FILE_SIZE_MAX, &b);
        if (r == -EFBIG)
                return fail_outcome(KEY_FILE_E_FORMAT, path);
        if (r < 0)
                return fail_file(r, path);
        r = key_file_check(bytes_view(&b), &format);
        if (r != 0)
                return fail_outcome(r, path);
        warn_of_readers(path, &st);
        *ret = bytes_take(&b);
        return 0;
}

int key_path_unlock(Client *c, View file, const char *question, KeyFile *ret, Secret **ret_password) {
        for (int attempt = 1;; attempt++) {
                _cleanup_secret_ Secret *password = NULL;
                int r;

                r = prompt_secret(c, "password-file", question, &password);
                if (r > 0)
                        return r;
                r = key_file_read(file, secret_view(password), ret);
                if (r == 0) {
                        if (ret_password)
                                *ret_password = TAKE_PTR(password);
                        return 0;
                }
                if (r != KEY_FILE_E_PASSWORD || attempt >= ATTEMPTS || arguments_has(&c->arguments, "password-file") || !prompt_possible()) {
                        int status = fail_outcome(r, NULL);

                        if (r == KEY_FILE_E_PASSWORD)
                                hint("%s", _("A forgotten password of a key cannot be recovered: make a new key."));
                        return status;
                }
                hint("%s", _("The key's password is not right. Try again."));
        }
}

static int fail_exists(const char *path) {
        _cleanup_free_ char *name = text_from_locale(path), *clean = text_clean(name ?: "");

        complain(_("%s exists already, and a key might be in it: nothing was written."), clean);
        hint("%s", _("Choose another name, or move the file away."));
        return EXIT_FAILED;
}

int key_path_check_new(const char *path) {
        struct stat st;

        return lstat(path, &st) == 0 ? fail_exists(path) : 0;
}

int key_path_write(const char *path, View content, bool replace) {
        int r = atomic_file_write(path, content, 0600, replace);

        return r == -EEXIST ? fail_exists(path) : r < 0 ? fail_file(r, path) : 0;
}

int key_path_resolve(const char *path, char **ret) {
        _cleanup_free_ char *full = realpath(path, NULL);

        if (!full)
                return fail_file(errno, path);
        /* It goes into a record of one line. */
        if (!utf8_is_printable(full) || full[strlen(full) - 1] == ' ')
                return fail(EXIT_FAILED, "%s", _("The path has characters that cannot be recorded: choose another name."));
        *ret = TAKE_PTR(full);
        return 0;
}
