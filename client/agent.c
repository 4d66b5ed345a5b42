/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The polkit agent; see agent.h. */

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "client/agent.h"

#define AGENT "pkttyagent"
#define READY_TIMEOUT_MS 5000

static bool wanted(const Agent *a) {
        return a->pid == 0 && geteuid() != 0 && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

static _Noreturn void run_agent(pid_t parent, int notify_fd) {
        char process[32], notify[16];

        prctl(PR_SET_PDEATHSIG, SIGTERM);
        fcntl(notify_fd, F_SETFD, 0);
        snprintf(process, sizeof(process), "%d", (int) parent);
        snprintf(notify, sizeof(notify), "%d", notify_fd);
        execlp(AGENT, AGENT, "--process", process, "--fallback", "--notify-fd", notify, (char *) NULL);
        (void) !write(notify_fd, "x", 1);
        _exit(127);
}

/* The agent closes its end once it is registered, or dead; there is a byte to read where it could not be started. */
static bool wait_ready(int fd) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        char byte;

        return poll(&p, 1, READY_TIMEOUT_MS) <= 0 || read(fd, &byte, 1) <= 0;
}

void agent_start(Agent *a) {
        _cleanup_close_ int ours = -1, theirs = -1;
        pid_t parent = getpid(), pid;
        int fds[2];

        if (!wanted(a) || pipe2(fds, O_CLOEXEC) < 0)
                return;
        ours = fds[0];
        theirs = fds[1];
        pid = fork();
        if (pid < 0)
                return;
        if (pid == 0)
                run_agent(parent, theirs);
        close(TAKE_FD(theirs));
        a->missing = !wait_ready(ours);
        if (waitpid(pid, NULL, a->missing ? 0 : WNOHANG) == pid)
                return;
        a->pid = pid;
}

void agent_stop(Agent *a) {
        if (a->pid <= 0)
                return;
        kill(a->pid, SIGTERM);
        kill(a->pid, SIGCONT);
        while (waitpid(a->pid, NULL, 0) < 0)
                if (kill(a->pid, 0) < 0)
                        break;
        a->pid = 0;
}
