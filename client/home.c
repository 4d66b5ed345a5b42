/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The home folder; see home.h. */

#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/home.h"

const char *home_folder(void) {
        const char *home = secure_getenv("HOME");
        const struct passwd *pw;
        struct stat st;

        if (home && *home == '/' && (stat(home, &st) < 0 || st.st_uid == geteuid()))
                return home;
        pw = getpwuid(geteuid());
        return pw && *pw->pw_dir == '/' ? pw->pw_dir : NULL;
}
