/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Runs a program beside the loop: gives it its input, gathers its output up to a bound, ends it and what it started when it takes too long. */

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "base/bytes.h"
#include "base/cleanup.h"

typedef struct Child Child;

/* `result`: the exit status, 0 to 255; -ETIMEDOUT; -E2BIG when there was more output than allowed; -ECONNABORTED when a signal ended it. With
 * a negative result the output is what there was. The child is freed after this returns. */
typedef void (*ChildDone)(int result, View output, void *userdata);

typedef struct ChildParams {
        const char *const *argv; /* argv[0] is the program's path; NULL at the end */
        View input;              /* copied */
        size_t output_max;       /* of standard output and, unless confined, standard error */
        uint64_t timeout_usec;
        int inherited;           /* a descriptor that it and all it starts keep, as number 3; 0 for none */
        bool confined;           /* as the user nobody, without groups, with little memory and time, unable to gain anything or make files */
} ChildParams;

/* -errno when it could not be started; then `done` is not called. */
int child_start(sd_event *event, const ChildParams *params, ChildDone done, void *userdata, Child **ret);

/* Kills it if it still runs; `done` is not called. Takes NULL, returns NULL. */
Child *child_free(Child *c);
DEFINE_CLEANUP(Child *, child_free);
