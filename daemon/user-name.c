/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names of Unix users; see user-name.h. The look-up that missed its deadline goes on, and nobody listens any more. */

#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <time.h>

#include "daemon/user-name.h"

typedef struct Lookup {
        uid_t uid;
        char name[256];
        sd_event_source *deadline;
        UserNameDone done; /* NULL once it was called */
        void *userdata;
} Lookup;

static int run(void *userdata) {
        _cleanup_free_ char *buffer = NULL;
        struct passwd entry, *found;
        Lookup *l = userdata;
        int r;

        buffer = malloc(16384);
        if (!buffer)
                return -ENOMEM;
        r = getpwuid_r(l->uid, &entry, buffer, 16384, &found);
        if (r != 0)
                return -r;
        if (!found || !*entry.pw_name || strlen(entry.pw_name) >= sizeof(l->name))
                return -ESRCH;
        strcpy(l->name, entry.pw_name);
        return 0;
}

static void answer(Lookup *l, int result, const char *name) {
        UserNameDone done = l->done;

        if (!done)
                return;
        l->done = NULL;
        done(result, name, l->userdata);
}

static void on_run(int result, void *userdata) {
        Lookup *l = userdata;

        answer(l, result, result < 0 ? NULL : l->name);
        sd_event_source_disable_unref(l->deadline);
        free(l);
}

/* The name buffer is the thread's still: it is not looked at. */
static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata) {
        answer(userdata, -ETIMEDOUT, NULL);
        return 0;
}

int user_name_lookup(Manager *m, uid_t uid, UserNameDone done, void *userdata) {
        Lookup *l;
        int r;

        if (!m->names)
                return -ESHUTDOWN;
        l = calloc(1, sizeof(*l));
        if (!l)
                return -ENOMEM;
        l->uid = uid;
        l->done = done;
        l->userdata = userdata;
        r = sd_event_add_time_relative(m->event, &l->deadline, CLOCK_BOOTTIME, USER_NAME_DEADLINE * UINT64_C(1000000), 0, on_deadline, l);
        if (r >= 0)
                r = worker_submit(m->names, run, on_run, l);
        if (r < 0) {
                sd_event_source_disable_unref(l->deadline);
                free(l);
        }
        return r;
}
