/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The terminal without echo; see quiet.h. */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "client/quiet.h"

static const int ending[QUIET_SIGNALS] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
static volatile sig_atomic_t caught;

static void note_signal(int number) {
        caught = number;
}

int quiet_begin(Quiet *q, QuietMode mode) {
        struct sigaction note = { .sa_handler = note_signal };
        struct termios now;
        sigset_t block;

        if (tcgetattr(STDIN_FILENO, &q->before) < 0)
                return -errno;
        sigemptyset(&block);
        for (size_t i = 0; i < ELEMENTSOF(ending); i++) {
                sigaddset(&block, ending[i]);
                sigaction(ending[i], &note, &q->actions[i]);
        }
        sigprocmask(SIG_BLOCK, &block, &q->mask);
        caught = 0;
        now = q->before;
        if (mode != QUIET_ECHO)
                now.c_lflag &= ~(tcflag_t) (ECHO | ECHOE | ECHOK);
        if (mode == QUIET_LINE)
                now.c_lflag |= ECHONL;
        if (mode == QUIET_KEYS) {
                now.c_lflag &= ~(tcflag_t) (ICANON | IEXTEN);
                now.c_cc[VMIN] = 1;
                now.c_cc[VTIME] = 0;
        }
        return tcsetattr(STDIN_FILENO, TCSAFLUSH, &now) < 0 ? -errno : 0;
}

int quiet_wait(const Quiet *q) {
        struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };

        return ppoll(&p, 1, NULL, &q->mask) < 0 || caught > 0 ? -EINTR : 0;
}

void quiet_end(const Quiet *q) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &q->before);
        for (size_t i = 0; i < ELEMENTSOF(ending); i++)
                sigaction(ending[i], &q->actions[i], NULL);
        if (caught > 0 && caught != SIGTSTP)
                fputc('\n', stderr);
        if (caught > 0)
                kill(getpid(), caught);
        sigprocmask(SIG_SETMASK, &q->mask, NULL);
}
