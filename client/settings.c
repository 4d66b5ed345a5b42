/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The client's configuration; see settings.h. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "client/home.h"
#include "client/output.h"
#include "client/settings.h"

#define LIST_MAX 32U

static void list_done(SettingsList *l) {
        for (size_t i = 0; i < l->n; i++)
                free(l->items[i]);
        free(l->items);
        *l = (SettingsList) { 0 };
}

static int conf_list(const char *value, void *target) {
        SettingsList *l = target;
        char **items;

        if (!*value || l->n >= LIST_MAX)
                return -EINVAL;
        items = reallocarray(l->items, l->n + 1, sizeof(*items));
        if (!items)
                return -ENOMEM;
        l->items = items;
        items[l->n] = strdup(value);
        if (!items[l->n])
                return -ENOMEM;
        l->n++;
        return 0;
}

static void timestamp_done(TimestampSettings *t) {
        list_done(&t->urls);
        list_done(&t->anchors);
        free(t->user);
        free(t->password_file);
        free(t->policy);
        *t = (TimestampSettings) { 0 };
}

void settings_done(Settings *s) {
        timestamp_done(&s->timestamp);
}

static int read_one(const char *path, Settings *s) {
        TimestampSettings *t = &s->timestamp;
        const ConfKey keys[] = {
                { "Timestamp", "URL", conf_list, &t->urls },
                { "Timestamp", "User", conf_string, &t->user },
                { "Timestamp", "PasswordFile", conf_string, &t->password_file },
                { "Timestamp", "Policy", conf_string, &t->policy },
                { "Timestamp", "Anchors", conf_list, &t->anchors },
                { "Timestamp", "Timeout", conf_seconds, &t->timeout },
        };
        unsigned line;
        int r;

        r = conf_read(path, keys, ELEMENTSOF(keys), &line);
        if (r == -EINVAL && line > 0)
                return fail(EXIT_FAILED, _("%s, line %u: there is no such setting, or not with this value."), path, line);
        return r == -ENOTDIR ? 0 : r < 0 ? fail_file(r, path) : 0;
}

/* NULL where there is no home folder; the caller frees. */
static char *user_file(void) {
        const char *folder = secure_getenv("XDG_CONFIG_HOME"), *home = home_folder();
        char *path = NULL;
        int r;

        if (folder && *folder == '/')
                r = asprintf(&path, "%s/sygnet/sygnet.conf", folder);
        else
                r = home ? asprintf(&path, "%s/.config/sygnet/sygnet.conf", home) : -1;
        return r < 0 ? NULL : path;
}

int settings_load(Settings *ret) {
        _cleanup_settings_ Settings s = { 0 };
        _cleanup_free_ char *user = user_file();
        int r = 0;

        if (user)
                r = read_one(user, &s);
        if (r == 0 && s.timestamp.urls.n == 0) {
                settings_done(&s);
                r = read_one(SETTINGS_SYSTEM_FILE, &s);
        }
        if (r > 0)
                return r;
        *ret = s;
        s = (Settings) { 0 };
        return 0;
}
