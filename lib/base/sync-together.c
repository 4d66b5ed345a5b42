/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Many files to the disk; see sync-together.h. Each fsync(2) is a commit of the file system's journal or the block of an inode, and has the disk empty its
 * cache; syncfs(2) is all of that once. But it also waits for what all others wrote to the file system: so it is only taken where little waits; and from
 * Linux 5.8 on, where it tells of errors. */

#include <linux/magic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/atomic-file.h"
#include "base/sync-together.h"

#define TOGETHER_MIN 16U        /* files from which on it pays */
#define WAITING_MAX (256U << 10) /* KiB that wait to be written in the whole system, at most */
#define MEMINFO_MAX 65536U
#define XFS_MAGIC 0x58465342

/* File systems known to sync whole. Of others, those of networks and of user space say of syncfs(2) that it succeeded and do less. */
static bool syncs_whole(int fd) {
        struct statfs s;

        if (fstatfs(fd, &s) < 0)
                return false;
        return s.f_type == EXT4_SUPER_MAGIC || s.f_type == XFS_MAGIC || s.f_type == BTRFS_SUPER_MAGIC || s.f_type == TMPFS_MAGIC;
}

static bool are_on_one_device(const int *fds, size_t n) {
        dev_t device = 0;

        for (size_t i = 0; i < n; i++) {
                struct stat st;

                if (fstat(fds[i], &st) < 0 || (i > 0 && st.st_dev != device))
                        return false;
                device = st.st_dev;
        }
        return true;
}

/* Of a line of /proc/meminfo, in KiB. */
static unsigned long long kibibytes(const char *text, const char *name) {
        const char *line = strstr(text, name);

        return line ? strtoull(line + strlen(name), NULL, 10) : WAITING_MAX;
}

static bool is_little_waiting(void) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;

        if (read_file("/proc/meminfo", MEMINFO_MAX, &text) < 0 || bytes_append_byte(&text, 0) < 0)
                return false;
        return kibibytes((const char *) text.data, "\nDirty:") + kibibytes((const char *) text.data, "\nWriteback:") < WAITING_MAX;
}

bool sync_together_tells(const char *release) {
        char *rest;
        unsigned long major = strtoul(release, &rest, 10), minor = *rest == '.' ? strtoul(rest + 1, NULL, 10) : 0;

        return major > 5 || (major == 5 && minor >= 8);
}

static bool is_told_of(void) {
        struct utsname name;

        return uname(&name) >= 0 && sync_together_tells(name.release);
}

bool sync_together_pays(const int *fds, size_t n) {
        return n >= TOGETHER_MIN && is_told_of() && syncs_whole(fds[0]) && are_on_one_device(fds, n) && is_little_waiting();
}

bool sync_together(const int *fds, size_t n) {
        return n == 0 || syncfs(fds[0]) == 0;
}
