/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Several threads over numbered jobs, for programs without an event loop: 0, 1, 2 … in that order, each once, as far as they were offered. What
 * the jobs share is theirs to guard. */

#include <stddef.h>

#include "base/cleanup.h"

typedef struct Crew Crew;

typedef void (*CrewRun)(void *userdata, size_t job);

/* How many processors this process may use. */
unsigned crew_processors(void);

/* `n_threads` threads at most; 0: one for each processor that this process may use. Each starts when there is work for it. `name` has at
 * most 15 bytes, and is borrowed like `userdata` until the crew is freed. -ENOMEM. */
int crew_new(const char *name, unsigned n_threads, CrewRun run, void *userdata, Crew **ret);

/* The jobs before `end` may be run; those offered before are among them. Runs them itself where no thread can be had. */
void crew_offer(Crew *c, size_t end);

/* Waits until all that was offered is done, ends the threads and frees. Takes NULL, returns NULL. */
Crew *crew_free(Crew *c);
DEFINE_CLEANUP(Crew *, crew_free);

/* All of 0 … n - 1, and back when they are done. -ENOMEM: none was run. */
int crew_each(const char *name, size_t n, CrewRun run, void *userdata);
