/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Progress; see progress.h. */

#include "client/output.h"
#include "client/progress.h"

/* Below this many steps a person sees no progress, only flicker. */
#define WORTH_SHOWING 8

void progress_begin(Progress *p, const char *what, size_t total) {
        *p = (Progress) { .what = what, .total = total, .shown = -1, .enabled = total >= WORTH_SHOWING && isatty(STDERR_FILENO) };
}

void progress_update(Progress *p, size_t done) {
        int percent = p->total > 0 ? (int) (done * 100 / p->total) : 100;

        if (!p->enabled || percent == p->shown)
                return;
        p->shown = percent;
        ask("\r%s: %zu / %zu (%d%%)\033[K", p->what, done, p->total, percent);
}

void progress_end(Progress *p) {
        if (p->enabled && p->shown >= 0)
                ask("\r\033[K");
        p->enabled = 0;
}
