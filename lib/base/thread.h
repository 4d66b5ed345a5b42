/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Threads beside an event loop. */

#include <pthread.h>

/* Starts a joinable thread that leaves all signals to the loop, save those of its own faults: a blocked fault would end the process without
 * a word from the sanitizer or the core handler. `name` has at most 15 bytes. Negative errno. */
int thread_start(const char *name, void *(*run)(void *userdata), void *userdata, pthread_t *ret);
