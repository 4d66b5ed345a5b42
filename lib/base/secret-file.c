/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Secrets in files; see secret-file.h. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/secret-file.h"

int secret_file_read(const char *path, bool own, Secret **ret, const char **ret_problem) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        _cleanup_secret_ Secret *s = NULL;
        struct stat st;
        int r;

        *ret_problem = "cannot be read";
        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        *ret_problem = "is not a file that nobody but its owner may read (mode 0600)";
        if (!S_ISREG(st.st_mode) || (own && (st.st_mode & 077) != 0))
                return -EPERM;
        r = secret_read_fd(fd, SECRET_FILE_MAX, true, &s);
        *ret_problem = r == -E2BIG ? "is too long for a password" : "cannot be read";
        if (r < 0)
                return r;
        if (secret_len(s) > 0 && memchr(secret_data(s), 0, secret_len(s))) {
                *ret_problem = "is not text";
                return -EINVAL;
        }
        *ret = TAKE_PTR(s);
        return 0;
}

static int try_file(const char *path, bool own, Secret **ret, char **ret_path, const char **ret_problem) {
        _cleanup_secret_ Secret *s = NULL;
        int r;

        r = secret_file_read(path, own, &s, ret_problem);
        if (r == -ENOENT)
                return 0;
        if (r < 0) {
                *ret_path = strdup(path);
                return *ret_path ? r : -ENOMEM;
        }
        if (secret_len(s) == 0)
                return 0;
        *ret = TAKE_PTR(s);
        return 1;
}

int secret_credential_read(const char *name, const char *path, Secret **ret, char **ret_path, const char **ret_problem) {
        const char *directory = getenv("CREDENTIALS_DIRECTORY");
        _cleanup_free_ char *credential = NULL;
        int r = 0;

        if (directory) {
                if (asprintf(&credential, "%s/%s", directory, name) < 0)
                        return -ENOMEM;
                r = try_file(credential, false, ret, ret_path, ret_problem);
        }
        if (r != 0 || !path)
                return r;
        r = try_file(path, true, ret, ret_path, ret_problem);
        /* Where systemd hands over credentials, it may hide from a service what is no credential of its own. */
        if (directory && r == -EACCES) {
                free(TAKE_PTR(*ret_path));
                return 0;
        }
        return r;
}
