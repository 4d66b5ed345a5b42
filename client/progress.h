/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One line on standard error that says how far we are; only where that is a terminal, and only for what takes a while. */

#include <stddef.h>

typedef struct Progress {
        const char *what; /* translated */
        size_t total;
        int shown;        /* per cent last shown, -1 none */
        int enabled;
} Progress;

void progress_begin(Progress *p, const char *what, size_t total);
void progress_update(Progress *p, size_t done);

/* Takes the line away. */
void progress_end(Progress *p);
