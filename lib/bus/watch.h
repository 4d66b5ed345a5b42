/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whether the sender of a message is still on the bus, for work that outlasts the handler: what was asked for by somebody who left is not granted. Whoever
 * hears of names that go (the gate) has the list; whoever works has a watch, which may outlive the list. */

#include <stdbool.h>

#include "base/cleanup.h"

typedef struct Watch Watch;

typedef struct WatchList {
        Watch *first;
} WatchList;

/* Notes `sender`, from now on. The list stays where it is until it ends. 0 or -ENOMEM. */
int watch_new(WatchList *l, const char *sender, Watch **ret);
bool watch_gone(const Watch *w);
Watch *watch_free(Watch *w);
DEFINE_CLEANUP(Watch *, watch_free);

/* The sender left the bus. */
void watch_list_tell(WatchList *l, const char *sender);

/* Nobody will hear of it any more: for the watches that are left everybody is gone. */
void watch_list_end(WatchList *l);
