/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Passwords; see password.h. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "courier/password.h"

#define PASSWORD_MAX 1024U

static int read_password(const char *path, bool own, Secret **ret, const char **ret_problem) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        struct stat st;
        int r;

        *ret_problem = "cannot be read";
        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        *ret_problem = "is not a file that nobody but its owner may read (mode 0600)";
        if (!S_ISREG(st.st_mode) || (own && (st.st_mode & 077) != 0))
                return -EPERM;
        r = secret_read_fd(fd, PASSWORD_MAX, true, ret);
        *ret_problem = r == -E2BIG ? "is too long for a password" : "cannot be read";
        if (r >= 0 && secret_len(*ret) > 0 && memchr(secret_data(*ret), 0, secret_len(*ret))) {
                *ret_problem = "is not text";
                *ret = secret_free(*ret);
                r = -EINVAL;
        }
        return r;
}

/* 1 when there is one; 0 when there is none, or an empty one. */
static int try_place(const char *directory, bool own, const char *name, Secret **ret, char ret_problem[static DELIVERY_REASON_MAX]) {
        _cleanup_secret_ Secret *password = NULL;
        _cleanup_free_ char *path = NULL;
        const char *problem;
        int r;

        if (!directory)
                return 0;
        if (asprintf(&path, "%s/%s", directory, name) < 0)
                return -ENOMEM;
        r = read_password(path, own, &password, &problem);
        if (r == -ENOENT)
                return 0;
        if (r < 0) {
                (void) snprintf(ret_problem, DELIVERY_REASON_MAX, "The password in %.200s %s (%s).", path, problem, strerror(-r));
                return r;
        }
        if (secret_len(password) == 0)
                return 0;
        *ret = TAKE_PTR(password);
        return 1;
}

int password_read(const CourierPlaces *places, const char *name, Secret **ret, char ret_problem[static DELIVERY_REASON_MAX]) {
        int r;

        ret_problem[0] = 0;
        r = try_place(getenv("CREDENTIALS_DIRECTORY"), false, name, ret, ret_problem);
        if (r == 0)
                r = try_place(places->passwords, true, name, ret, ret_problem);
        if (r == 0)
                r = secret_new(0, ret);
        return r < 0 ? r : 0;
}
