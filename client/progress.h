/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One line on standard error that says how far we are, how fast it goes and how long it will take; only where that is a terminal, and only for what
 * takes a while. */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Progress {
        const char *what; /* translated */
        size_t total, done;
        uint64_t begun, shown; /* milliseconds of the monotonic clock */
        bool enabled;
        pthread_mutex_t lock;
} Progress;

void progress_begin(Progress *p, const char *what, size_t total);

/* One more is done. From any thread. */
void progress_step(Progress *p);

/* Takes the line away. */
void progress_end(Progress *p);
