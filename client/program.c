/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Other programs; see program.h. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/atomic-file.h"
#include "client/program.h"

#define OUTPUT_MAX (1024U * 1024U)

bool program_exists(const char *name) {
        _cleanup_free_ char *path = strdup(getenv("PATH") ?: "/usr/bin:/bin");
        char *rest = path;

        if (!path)
                return false;
        for (char *folder; (folder = strsep(&rest, ":"));) {
                _cleanup_free_ char *file = NULL;

                if (*folder != '/' || asprintf(&file, "%s/%s", folder, name) < 0)
                        continue;
                if (access(file, X_OK) == 0)
                        return true;
        }
        return false;
}

/* A file without a name, to be read from its beginning. */
static int memory_file(const char *name, View content) {
        _cleanup_close_ int fd = memfd_create(name, MFD_CLOEXEC);
        int r;

        if (fd < 0)
                return -errno;
        r = write_all(fd, content);
        if (r < 0)
                return r;
        return lseek(fd, 0, SEEK_SET) < 0 ? -errno : TAKE_FD(fd);
}

/* Without a session of ours it has no terminal, so that it cannot ask. */
static _Noreturn void run(const Program *p, int in, int out, int secret) {
        sigset_t none;

        sigemptyset(&none);
        if (setsid() < 0 || sigprocmask(SIG_SETMASK, &none, NULL) < 0 || signal(SIGPIPE, SIG_DFL) == SIG_ERR || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
                _exit(126);
        if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
                _exit(126);
        if (secret >= 0 && (secret == 3 ? fcntl(3, F_SETFD, 0) : dup2(secret, 3)) < 0)
                _exit(126);
        if (close_range(secret >= 0 ? 4 : 3, ~0U, 0) < 0 || setenv("LC_ALL", "C", 1) < 0)
                _exit(126);
        execvp(p->argv[0], (char *const *) p->argv);
        _exit(127);
}

static int64_t now_ms(void) {
        struct timespec t;

        (void) clock_gettime(CLOCK_MONOTONIC, &t);
        return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

/* Reads until the program and all it started have closed their end. */
static int gather(int fd, unsigned seconds, Bytes *output) {
        int64_t until = now_ms() + seconds * INT64_C(1000);

        for (;;) {
                struct pollfd p = { .fd = fd, .events = POLLIN };
                int64_t left = until - now_ms();
                uint8_t buffer[4096];
                ssize_t n;

                if (left <= 0)
                        return -ETIMEDOUT;
                if (poll(&p, 1, (int) left) <= 0)
                        continue;
                n = read(fd, buffer, sizeof(buffer));
                if (n < 0 && errno != EINTR)
                        return -errno;
                if (n == 0)
                        return 0;
                if (n > 0 && output->len + (size_t) n > OUTPUT_MAX)
                        return -EFBIG;
                if (n > 0 && bytes_append(output, buffer, (size_t) n) < 0)
                        return -ENOMEM;
        }
}

static int reap(pid_t pid, bool kill_it) {
        int status;

        if (kill_it) {
                (void) kill(-pid, SIGKILL);
                (void) kill(pid, SIGKILL);
        }
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return -errno;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -ECONNABORTED;
}

int program_run(const Program *p, Bytes *ret_output) {
        _cleanup_close_ int in = -1, secret = -1, ours = -1, theirs = -1;
        _cleanup_bytes_ Bytes output = BYTES_NULL;
        int pair[2], r, status;
        pid_t pid;

        if (!program_exists(p->argv[0]))
                return -ENOENT;
        in = memory_file("input", p->input);
        if (in < 0)
                return in;
        secret = p->secret ? memory_file("secret", secret_view(p->secret)) : -1;
        if (p->secret && secret < 0)
                return secret;
        if (pipe2(pair, O_CLOEXEC) < 0)
                return -errno;
        ours = pair[0];
        theirs = pair[1];
        pid = fork();
        if (pid < 0)
                return -errno;
        if (pid == 0)
                run(p, in, theirs, secret);
        close(TAKE_FD(theirs));
        r = gather(ours, p->seconds, &output);
        status = reap(pid, r < 0);
        if (ret_output)
                *ret_output = bytes_take(&output);
        return r < 0 ? r : status;
}
