/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What outbox.c and outbox-queue.c know of a message's row. */

#include "daemon/outbox.h"

#define OUTBOX_PURPOSE "outbox"
#define OUTBOX_PLACE_MAX 512U

/* Where the contents are sealed: the associated data. */
void outbox_place(const char *id, const char *channel, const char *kind, const char *language, int64_t expires, const char *recipient,
                  char ret[static OUTBOX_PLACE_MAX]);
