/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Progress; see progress.h. */

#include <time.h>
#include <unistd.h>

#include "client/output.h"
#include "client/progress.h"

/* Below this many steps a person sees no progress, only flicker. */
#define WORTH_SHOWING 8

#define REDRAW 100U      /* milliseconds between two lines */
#define RATE_AFTER 1000U /* milliseconds until the rate says something */

static uint64_t now_ms(void) {
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t) t.tv_sec * 1000 + (uint64_t) t.tv_nsec / 1000000;
}

void progress_begin(Progress *p, const char *what, size_t total) {
        *p = (Progress) { .what = what, .total = total, .begun = now_ms(), .enabled = total >= WORTH_SHOWING && isatty(STDERR_FILENO) };
        pthread_mutex_init(&p->lock, NULL);
}

static void show(const Progress *p, uint64_t now) {
        uint64_t took = now - p->begun;
        int percent = (int) (p->done * 100 / p->total);

        if (took < RATE_AFTER)
                out_status("%s: %zu / %zu (%d%%)", p->what, p->done, p->total, percent);
        else
                out_status(_("%s: %zu / %zu (%d%%), %.1f a second, %s left"), p->what, p->done, p->total, percent, (double) p->done * 1000 / (double) took,
                           text_duration((int64_t) (took * (p->total - p->done) / p->done / 1000)));
}

void progress_step(Progress *p) {
        uint64_t now;

        if (!p->enabled)
                return;
        now = now_ms();
        pthread_mutex_lock(&p->lock);
        p->done++;
        if (now - p->shown >= REDRAW && now >= p->shown) {
                p->shown = now;
                show(p, now);
        }
        pthread_mutex_unlock(&p->lock);
}

void progress_end(Progress *p) {
        if (p->enabled && p->shown > 0)
                out_status_end();
        p->enabled = false;
        pthread_mutex_destroy(&p->lock);
}
