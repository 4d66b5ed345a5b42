/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* polkit's agent for terminals, started beside us while powers over others may be asked for, as systemctl(1) does. Where there is a
 * desktop's agent already, that one answers (--fallback). */

#include <stdbool.h>
#include <sys/types.h>

typedef struct Agent {
        pid_t pid;      /* 0: none */
        bool missing;   /* wanted, but pkttyagent is not installed */
} Agent;

/* Starts it, unless we are root, have no terminal, or it runs already; waits until it is registered, at most 5 s. Its absence is no error. */
void agent_start(Agent *a);
void agent_stop(Agent *a);
