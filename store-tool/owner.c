/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Acting as the owner of the state directory, so that what root makes there is the service's; see tool.h. */

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store-tool/tool.h"

/* A directory of root's own choosing stays root's; the installed one is the service's. */
static int make_directory(const Options *o) {
        struct passwd *user;

        if (mkdir(o->state, 0700) < 0)
                return errno == EEXIST ? 0 : -errno;
        if (geteuid() != 0 || strcmp(o->state, o->service->state) != 0)
                return 0;
        user = getpwnam(o->service->user);
        if (!user)
                return 0;
        return chown(o->state, user->pw_uid, user->pw_gid) < 0 ? -errno : 0;
}

int owner_enter(const Options *o, bool make) {
        struct stat st;
        int r;

        r = make ? make_directory(o) : 0;
        if (r < 0)
                return r;
        if (stat(o->state, &st) < 0)
                return -errno;
        if (geteuid() != 0 || st.st_uid == 0)
                return 0;
        if (setgroups(1, &st.st_gid) < 0 || setegid(st.st_gid) < 0 || seteuid(st.st_uid) < 0)
                return -errno;
        return 0;
}

void owner_leave(void) {
        /* Only root ever left its own identity, and only it may come back; for others these do nothing. */
        if (seteuid(getuid()) < 0 || setegid(getgid()) < 0)
                _exit(EXIT_FAILED);
}
