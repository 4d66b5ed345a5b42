/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Extracting; see asic-extract.h. Names were checked when the container was opened (zip_name_is_sound()), no link is ever made, and the directory is new and ours:
 * there is no way out of it. */

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/atomic-file.h"
#include "sign/asic/asic-extract.h"

#define FOLDERS_OPEN 16

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        return type == FTW_DP ? rmdir(path) : unlink(path);
}

/* The name of a directory that is of no use any more. */
static void remove_tree(char **path) {
        if (*path)
                (void) nftw(*path, remove_one, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS);
        free(*path);
}

/* A directory beside `path` with a name that nobody can guess ahead. */
static int make_beside(const char *path, char **ret) {
        _cleanup_free_ char *copy = strdup(path), *name = NULL;
        uint64_t random;

        if (!copy)
                return -ENOMEM;
        if (getrandom(&random, sizeof(random), 0) != sizeof(random))
                return -EIO;
        if (asprintf(&name, "%s/.sygnet-%016llx", dirname(copy), (unsigned long long) random) < 0) {
                name = NULL;
                return -ENOMEM;
        }
        if (mkdir(name, 0700) < 0)
                return -errno;
        *ret = TAKE_PTR(name);
        return 0;
}

/* The folders that a name leads through. */
static int make_folders(int directory, const char *name, mode_t mode) {
        _cleanup_free_ char *path = strdup(name);

        if (!path)
                return -ENOMEM;
        for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
                *slash = '\0';
                if (mkdirat(directory, path, mode) < 0 && errno != EEXIST)
                        return -errno;
                *slash = '/';
        }
        return 0;
}

static int put(void *userdata, View piece) {
        return write_all(*(int *) userdata, piece);
}

static int extract_one(const AsicContainer *c, const ZipEntry *e, int directory, mode_t mode) {
        _cleanup_close_ int fd = -1;
        int r;

        r = make_folders(directory, e->name, mode);
        if (r < 0)
                return r;
        fd = openat(directory, e->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode & 0666);
        if (fd < 0)
                return -errno;
        r = zip_read(&c->zip, e, put, &fd);
        return r == 0 && fsync(fd) < 0 && errno != EINVAL ? -errno : r;
}

/* Filesystems that do not know the flag are asked the old way: an empty directory that came about meanwhile is then replaced, and nothing else. */
static int name_directory(const char *from, const char *to) {
        struct stat st;

        if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
                return 0;
        if (errno != EINVAL && errno != ENOSYS)
                return -errno;
        if (lstat(to, &st) == 0)
                return -EEXIST;
        return rename(from, to) < 0 ? -errno : 0;
}

int asic_extract(const AsicContainer *c, const char *path, mode_t mode) {
        _cleanup_(remove_tree) char *beside = NULL;
        _cleanup_close_ int directory = -1;
        struct stat st;
        int r;

        if (lstat(path, &st) == 0)
                return -EEXIST;
        r = make_beside(path, &beside);
        if (r < 0)
                return r;
        directory = open(beside, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (directory < 0)
                return -errno;
        for (size_t i = 0; i < c->zip.n && r == 0; i++)
                if (c->roles[i] == ASIC_ROLE_DATA)
                        r = extract_one(c, &c->zip.entries[i], directory, mode);
        if (r == 0 && fchmod(directory, mode) < 0)
                r = -errno;
        if (r == 0)
                r = name_directory(beside, path);
        if (r == 0)
                free(TAKE_PTR(beside));
        return r;
}
