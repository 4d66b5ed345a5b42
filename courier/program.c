/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Programs that deliver; see program.h. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <sysexits.h>

#include "courier/program.h"
#include "courier/transfer.h"

#define SLICE_MSEC 500 /* how soon a process that ends is noticed */

typedef struct Run {
        Delivery *delivery;
        pid_t pid;
        int pidfd;
        int in, out; /* our ends */
        View input;
} Run;

/* --- Starting ----------------------------------------------------------------------------------------------------- */

static int spawn(const char *const *argv, int in, int out, pid_t *ret) {
        static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C.UTF-8";
        char *const environment[] = { path, locale, NULL };
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        sigset_t none, pipe_signal;
        int r;

        sigemptyset(&none);
        sigemptyset(&pipe_signal);
        sigaddset(&pipe_signal, SIGPIPE);
        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&attributes);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setsigdefault(&attributes, &pipe_signal);
        r = posix_spawn_file_actions_adddup2(&actions, in, 0);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(&actions, out, 1);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(&actions, out, 2);
        if (r == 0)
                r = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
        if (r == 0)
                r = posix_spawn_file_actions_addchdir_np(&actions, "/");
        if (r == 0)
                r = posix_spawn(ret, argv[0], &actions, &attributes, (char *const *) argv, environment);
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
        return -r;
}

static int start(Run *run, const char *const *argv) {
        _cleanup_close_ int in = -1, out = -1;
        int pair[2], r;

        if (pipe2(pair, O_CLOEXEC) < 0)
                return -errno;
        in = pair[0];
        run->in = pair[1];
        if (pipe2(pair, O_CLOEXEC) < 0)
                return -errno;
        run->out = pair[0];
        out = pair[1];
        if (fcntl(run->in, F_SETFL, O_NONBLOCK) < 0 || fcntl(run->out, F_SETFL, O_NONBLOCK) < 0)
                return -errno;
        r = spawn(argv, in, out, &run->pid);
        if (r < 0)
                return r;
        run->pidfd = pidfd_open(run->pid, 0);
        return run->pidfd < 0 ? -errno : 0;
}

/* --- Running ------------------------------------------------------------------------------------------------------ */

static void give_input(Run *run) {
        ssize_t n = write(run->in, run->input.data, run->input.len);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return;
        if (n > 0)
                run->input = VIEW(run->input.data + n, run->input.len - (size_t) n);
        /* One that reads no further is judged by its status. */
        if (n < 0 || run->input.len == 0)
                close(TAKE_FD(run->in));
}

static void take_output(Run *run) {
        char buffer[1024];
        ssize_t n = read(run->out, buffer, sizeof(buffer) - 1);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return;
        if (n <= 0) {
                close(TAKE_FD(run->out));
                return;
        }
        buffer[n] = 0;
        for (char *rest = buffer, *line; run->delivery->tell && (line = strsep(&rest, "\n"));)
                if (*line)
                        transfer_tell(run->delivery, "| %s", line);
        secret_wipe(buffer, sizeof(buffer));
}

/* Until the program ended: 0; -ETIMEDOUT. */
static int wait_for_end(Run *run) {
        for (;;) {
                int left = delivery_time_left(run->delivery);
                struct pollfd fds[] = { { run->pidfd, POLLIN, 0 }, { run->in, POLLOUT, 0 }, { run->out, POLLIN, 0 } };

                if (left == 0)
                        return -ETIMEDOUT;
                if (poll(fds, ELEMENTSOF(fds), left < SLICE_MSEC ? left : SLICE_MSEC) < 0 && errno != EINTR)
                        return -errno;
                if (fds[1].revents)
                        give_input(run);
                if (fds[2].revents)
                        take_output(run);
                if (fds[0].revents)
                        return 0;
        }
}

/* Ends the whole group and takes the program's status. */
static int finish(Run *run) {
        siginfo_t info = { 0 };

        /* The number is the program's until it was waited for, so nobody else is hit. */
        (void) kill(-run->pid, SIGKILL);
        while (waitid(P_PID, (id_t) run->pid, &info, WEXITED) < 0)
                if (errno != EINTR)
                        return -errno;
        return info.si_code == CLD_EXITED ? info.si_status : -ECONNABORTED;
}

static void judge(Delivery *d, const char *program, int status) {
        switch (status) {
        case EX_OK:
                return;
        case EX_DATAERR:
        case EX_NOUSER:
        case EX_NOHOST:
                delivery_fail(d, DELIVERY_E_REFUSED, "%.200s refuses the recipient or the message (status %d).", program, status);
                return;
        case -ETIMEDOUT:
                delivery_fail(d, DELIVERY_E_TEMPORARY, "%.200s did not end in time.", program);
                return;
        default:
                if (status < 0)
                        delivery_fail(d, DELIVERY_E_TEMPORARY, "%.200s was ended by a signal.", program);
                else
                        delivery_fail(d, DELIVERY_E_TEMPORARY, "%.200s failed (status %d). “sygnet-courier --test” shows what it says.", program, status);
        }
}

void program_run(Delivery *d, const char *const *argv, View input) {
        Run run = { .delivery = d, .pidfd = -1, .in = -1, .out = -1, .input = input };
        int r, status;

        transfer_tell(d, "Program %s", argv[0]);
        r = start(&run, argv);
        if (r < 0)
                delivery_fail(d, DELIVERY_E_TEMPORARY, "%.200s cannot be run: %s.", argv[0], strerror(-r));
        else
                r = wait_for_end(&run);
        if (run.pid > 0) {
                status = finish(&run);
                if (run.out >= 0)
                        take_output(&run);
                judge(d, argv[0], r < 0 ? -ETIMEDOUT : status);
        }
        closep(&run.pidfd);
        closep(&run.in);
        closep(&run.out);
}
