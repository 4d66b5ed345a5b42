/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Senders that leave; see watch.h. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bus/watch.h"

struct Watch {
        Watch *next;
        WatchList *list; /* NULL once that has ended */
        char *sender;
        bool gone;
};

int watch_new(WatchList *l, const char *sender, Watch **ret) {
        _cleanup_(watch_freep) Watch *w = calloc(1, sizeof(*w));

        if (!w)
                return -ENOMEM;
        w->sender = strdup(sender);
        if (!w->sender)
                return -ENOMEM;
        w->list = l;
        w->next = l->first;
        l->first = w;
        *ret = TAKE_PTR(w);
        return 0;
}

bool watch_gone(const Watch *w) {
        return w->gone;
}

static void unlink_watch(Watch *w) {
        if (!w->list)
                return;
        for (Watch **i = &w->list->first; *i; i = &(*i)->next) {
                if (*i != w)
                        continue;
                *i = w->next;
                return;
        }
}

Watch *watch_free(Watch *w) {
        if (!w)
                return NULL;
        unlink_watch(w);
        free(w->sender);
        free(w);
        return NULL;
}

void watch_list_tell(WatchList *l, const char *sender) {
        for (Watch *w = l->first; w; w = w->next)
                if (strcmp(w->sender, sender) == 0)
                        w->gone = true;
}

void watch_list_end(WatchList *l) {
        for (Watch *w; (w = l->first);) {
                l->first = w->next;
                w->list = NULL;
                w->gone = true;
        }
}
