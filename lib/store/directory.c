/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A store's directory; see directory.h.
 *
 * Creation in one step: a store is several files, which no rename(2) can put in place together (the directory itself is often a mount point
 * or made by the service manager). So a marker is written and synced before the first of them, and removed when all are on disk. While it
 * is there no store opens, so no record can exist, and the next creation may clear what it finds. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "store/directory.h"

#define MARKER "creating"

static void closedirp(DIR **d) {
        if (*d)
                closedir(*d);
}

int directory_open(const char *path, int *ret_fd) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct stat st;

        if (fd < 0)
                return -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (st.st_uid != geteuid() || (st.st_mode & 077) != 0)
                return -EPERM;
        if (flock(fd, LOCK_EX | LOCK_NB) < 0)
                return errno == EWOULDBLOCK ? -EBUSY : -errno;
        *ret_fd = TAKE_FD(fd);
        return 0;
}

static bool exists(int fd, const char *name) {
        return faccessat(fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int check_file(int fd, const char *name) {
        struct stat st;

        if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        return S_ISREG(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 077) == 0 ? 0 : -EPERM;
}

int directory_check(int fd) {
        int db, slots, generation;

        if (exists(fd, MARKER))
                return -ENOENT;
        db = check_file(fd, STORE_DATABASE);
        slots = check_file(fd, STORE_SLOTS);
        generation = check_file(fd, STORE_GENERATION);
        if (db == -ENOENT && slots == -ENOENT && !exists(fd, STORE_DATABASE "-wal"))
                return -ENOENT;
        if (db == -ENOENT || slots == -ENOENT)
                return -EBADMSG;
        if (db < 0 || slots < 0)
                return db < 0 ? db : slots;
        return generation == -ENOENT ? 0 : generation;
}

/* What a store leaves: its files, their copies before a migration, SQLite's companions. */
static bool is_ours(const char *name) {
        return strncmp(name, STORE_DATABASE, strlen(STORE_DATABASE)) == 0 || strcmp(name, STORE_SLOTS) == 0 ||
               strcmp(name, STORE_GENERATION) == 0;
}

static bool is_temporary(const char *name) {
        return strncmp(name, ".sygnet-", strlen(".sygnet-")) == 0;
}

/* Calls for each entry that `match`es; with `remove` unlinks it, else -EEXIST for the first. */
static int each_entry(int fd, bool (*match)(const char *), bool remove) {
        _cleanup_(closedirp) DIR *d = NULL;
        _cleanup_close_ int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (copy < 0)
                return -errno;
        d = fdopendir(copy);
        if (!d)
                return -errno;
        TAKE_FD(copy);
        for (;;) {
                struct dirent *e;

                errno = 0;
                e = readdir(d);
                if (!e)
                        return errno > 0 ? -errno : 0;
                if (!match(e->d_name))
                        continue;
                if (!remove)
                        return -EEXIST;
                if (unlinkat(fd, e->d_name, 0) < 0)
                        return -errno;
        }
}

static int sync_fd(int fd) {
        return fsync(fd) < 0 && errno != EINVAL ? -errno : 0;
}

int directory_begin_creation(int fd) {
        _cleanup_close_ int marker = -1;
        int r;

        if (exists(fd, MARKER)) {
                r = each_entry(fd, is_ours, true);
                return r < 0 ? r : sync_fd(fd);
        }
        r = each_entry(fd, is_ours, false);
        if (r < 0)
                return r;
        marker = openat(fd, MARKER, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        return marker < 0 ? -errno : sync_fd(fd);
}

int directory_end_creation(int fd) {
        int r;

        r = sync_fd(fd);
        if (r < 0)
                return r;
        if (unlinkat(fd, MARKER, 0) < 0)
                return -errno;
        return sync_fd(fd);
}

void directory_sweep(int fd) {
        (void) each_entry(fd, is_temporary, true);
}

int directory_touch(int fd, const char *name) {
        _cleanup_close_ int file = openat(fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

        return file < 0 ? -errno : 0;
}

char *directory_path(const char *directory, const char *name) {
        char *path;

        return asprintf(&path, "%s/%s", directory, name) < 0 ? NULL : path;
}
