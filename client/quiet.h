/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The terminal while something secret is typed: without echo, and given back as it was whatever ends the program. Signals
 * that would leave it so are held back, and come through only while quiet_wait() waits. */

#include <signal.h>
#include <termios.h>

#define QUIET_SIGNALS 5

typedef enum QuietMode {
        QUIET_ECHO, /* lines that may be seen */
        QUIET_LINE, /* lines */
        QUIET_KEYS, /* key by key */
} QuietMode;

typedef struct Quiet {
        struct termios before;
        struct sigaction actions[QUIET_SIGNALS];
        sigset_t mask;
} Quiet;

/* 0 or a negative errno. */
int quiet_begin(Quiet *q, QuietMode mode);

/* Until there is something to read. -EINTR when a signal came: end then, and begin anew. */
int quiet_wait(const Quiet *q);

/* As it was before; a signal that came meanwhile does now what it would have done. */
void quiet_end(const Quiet *q);
