/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Files that appear whole or not at all; see atomic-file.h. */

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/atomic-file.h"
#include "base/sync-together.h"

struct AtomicFile {
        char *path;
        char *directory;
        char *temporary; /* NULL while the file has no name at all */
        int fd;
        bool is_synced;
};

static char *directory_of(const char *path) {
        _cleanup_free_ char *copy = strdup(path);

        return copy ? strdup(dirname(copy)) : NULL;
}

/* A hidden name beside the target that nobody can guess ahead. */
static int make_temporary_name(AtomicFile *f) {
        uint64_t random;

        free(f->temporary);
        f->temporary = NULL;
        if (getrandom(&random, sizeof(random), 0) != sizeof(random))
                return -EIO;
        if (asprintf(&f->temporary, "%s/.sygnet-%016llx", f->directory, (unsigned long long) random) < 0) {
                f->temporary = NULL;
                return -ENOMEM;
        }
        return 0;
}

static int open_named(AtomicFile *f) {
        int r;

        r = make_temporary_name(f);
        if (r < 0)
                return r;
        f->fd = open(f->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (f->fd < 0) {
                r = -errno;
                /* Whatever has this name is not ours to remove. */
                free(f->temporary);
                f->temporary = NULL;
                return r;
        }
        return 0;
}

int atomic_file_open(const char *path, mode_t mode, AtomicFile **ret) {
        _cleanup_(atomic_file_freep) AtomicFile *f = NULL;
        int r;

        f = calloc(1, sizeof(*f));
        if (!f)
                return -ENOMEM;
        f->fd = -1;
        f->path = strdup(path);
        f->directory = directory_of(path);
        if (!f->path || !f->directory)
                return -ENOMEM;
        f->fd = open(f->directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
        if (f->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
                r = open_named(f);
                if (r < 0)
                        return r;
        } else if (f->fd < 0)
                return -errno;
        if (fchmod(f->fd, mode) < 0)
                return -errno;
        *ret = TAKE_PTR(f);
        return 0;
}

int atomic_file_fd(AtomicFile *f) {
        return f->fd;
}

static int link_fd(int fd, const char *path) {
        char proc[32];

        /* Shorter, where the kernel or the capabilities allow it. */
        if (linkat(fd, "", AT_FDCWD, path, AT_EMPTY_PATH) == 0)
                return 0;
        if (errno == EEXIST)
                return -EEXIST;
        snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
        return linkat(AT_FDCWD, proc, AT_FDCWD, path, AT_SYMLINK_FOLLOW) < 0 ? -errno : 0;
}

/* linkat(2) never replaces, so a file that shall replace another gets a hidden name first. */
static int name_file(AtomicFile *f, bool replace) {
        int r;

        if (!f->temporary && !replace)
                return link_fd(f->fd, f->path);
        if (!f->temporary) {
                r = make_temporary_name(f);
                if (r < 0)
                        return r;
                r = link_fd(f->fd, f->temporary);
                if (r < 0)
                        return r;
        }
        if (!replace) {
                if (link(f->temporary, f->path) < 0)
                        return -errno;
                unlink(f->temporary);
        } else if (rename(f->temporary, f->path) < 0)
                return -errno;
        free(f->temporary);
        f->temporary = NULL;
        return 0;
}

static int sync_directory(const char *path) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0)
                return -errno;
        /* Some filesystems cannot sync a directory and say EINVAL; there is nothing more to do on them. */
        return fsync(fd) < 0 && errno != EINVAL ? -errno : 0;
}

void atomic_files_push(AtomicFile *const *files, size_t n) {
        for (size_t i = 0; i < n; i++)
                (void) sync_file_range(files[i]->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

static bool with_fds(AtomicFile *const *files, size_t n, bool (*what)(const int *fds, size_t n)) {
        _cleanup_free_ int *fds = calloc(n + 1, sizeof(*fds));

        for (size_t i = 0; fds && i < n; i++)
                fds[i] = files[i]->fd;
        return fds && what(fds, n);
}

void atomic_files_sync(AtomicFile *const *files, size_t n) {
        bool together = with_fds(files, n, sync_together);

        for (size_t i = 0; i < n; i++)
                files[i]->is_synced = together;
}

bool atomic_files_pay(AtomicFile *const *files, size_t n) {
        return with_fds(files, n, sync_together_pays);
}

int atomic_file_name(AtomicFile *f, bool replace) {
        if (!f->is_synced && fsync(f->fd) < 0 && errno != EINVAL)
                return -errno;
        return name_file(f, replace);
}

int atomic_file_sync_directory(const char *path) {
        _cleanup_free_ char *directory = directory_of(path);

        return directory ? sync_directory(directory) : -ENOMEM;
}

int atomic_file_commit(AtomicFile *f, bool replace) {
        int r;

        r = atomic_file_name(f, replace);
        return r < 0 ? r : sync_directory(f->directory);
}

AtomicFile *atomic_file_free(AtomicFile *f) {
        if (!f)
                return NULL;
        if (f->temporary)
                unlink(f->temporary);
        if (f->fd >= 0)
                close(f->fd);
        free(f->temporary);
        free(f->directory);
        free(f->path);
        free(f);
        return NULL;
}

int atomic_file_write(const char *path, View content, mode_t mode, bool replace) {
        _cleanup_(atomic_file_freep) AtomicFile *f = NULL;
        int r;

        r = atomic_file_open(path, mode, &f);
        if (r < 0)
                return r;
        r = write_all(f->fd, content);
        if (r < 0)
                return r;
        return atomic_file_commit(f, replace);
}

int write_all(int fd, View v) {
        while (v.len > 0) {
                ssize_t n = write(fd, v.data, v.len);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                v.data += n;
                v.len -= (size_t) n;
        }
        return 0;
}

int read_fd(int fd, size_t max, Bytes *ret) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r;

        for (;;) {
                ssize_t n;

                r = bytes_reserve(&b, 65536);
                if (r < 0)
                        return r;
                n = read(fd, b.data + b.len, b.allocated - b.len);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                b.len += (size_t) n;
                if (b.len > max)
                        return -EFBIG;
        }
        *ret = bytes_take(&b);
        return 0;
}

int read_file(const char *path, size_t max, Bytes *ret) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        struct stat st;

        if (fd < 0)
                return -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (S_ISDIR(st.st_mode))
                return -EISDIR;
        if (S_ISREG(st.st_mode) && (uint64_t) st.st_size > max)
                return -EFBIG;
        return read_fd(fd, max, ret);
}
