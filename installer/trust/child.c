/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Children; see child.h. */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <pwd.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "installer/trust/child.h"

#define CONFINED_MEMORY (256U * 1024U * 1024U)
#define CONFINED_SECONDS 5U

/* AddressSanitizer reserves terabytes of addresses. */
#if defined(__SANITIZE_ADDRESS__)
#define LIMIT_MEMORY 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LIMIT_MEMORY 0
#endif
#endif
#ifndef LIMIT_MEMORY
#define LIMIT_MEMORY 1
#endif

struct Child {
        pid_t pid; /* 0 once it was reaped */
        Bytes input, output;
        size_t written, output_max;
        int in, out;
        sd_event_source *in_source, *out_source, *timer, *exited;
        ChildDone done;
        void *userdata;
};

/* --- In the child ------------------------------------------------------------------------------------------------- */

static int limit(int resource, rlim_t value) {
        const struct rlimit l = { value, value };

        return setrlimit(resource, &l);
}

static int give_up_powers(uid_t uid, gid_t gid) {
        if (limit(RLIMIT_CPU, CONFINED_SECONDS) < 0 || limit(RLIMIT_FSIZE, 0) < 0 || limit(RLIMIT_NOFILE, 16) < 0)
                return -errno;
        if (LIMIT_MEMORY && limit(RLIMIT_AS, CONFINED_MEMORY) < 0)
                return -errno;
        if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
                return -errno;
        /* After the change of user, whose other processes count as well. */
        if (limit(RLIMIT_NPROC, 0) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
                return -errno;
        return 0;
}

static void __attribute__((noreturn)) run_program(const ChildParams *p, int in, int out, int null, const struct passwd *user) {
        static const char *const environment[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL };
        sigset_t none;

        sigemptyset(&none);
        if (setpgid(0, 0) < 0 || sigprocmask(SIG_SETMASK, &none, NULL) < 0 || signal(SIGPIPE, SIG_DFL) == SIG_ERR)
                _exit(127);
        if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(p->confined ? null : out, 2) < 0 || chdir("/") < 0)
                _exit(127);
        if (p->inherited > 0 && (p->inherited == 3 ? fcntl(3, F_SETFD, 0) : dup2(p->inherited, 3)) < 0)
                _exit(127);
        if (close_range(p->inherited > 0 ? 4 : 3, ~0U, 0) < 0)
                _exit(127);
        umask(0022);
        if (limit(RLIMIT_CORE, 0) < 0)
                _exit(127);
        /* A command that changes a store runs to its end though we be killed: broken off, it leaves its own scratch files. Who comes after us waits for it. */
        if (p->confined && (give_up_powers(user->pw_uid, user->pw_gid) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0))
                _exit(127);
        execve(p->argv[0], (char *const *) p->argv, (char *const *) environment);
        _exit(127);
}

/* --- In the parent ------------------------------------------------------------------------------------------------ */

static void kill_all(Child *c) {
        if (c->pid > 0)
                (void) kill(-c->pid, SIGKILL);
}

Child *child_free(Child *c) {
        if (!c)
                return NULL;
        sd_event_source_disable_unref(c->in_source);
        sd_event_source_disable_unref(c->out_source);
        sd_event_source_disable_unref(c->timer);
        sd_event_source_disable_unref(c->exited);
        if (c->pid > 0) {
                kill_all(c);
                (void) kill(c->pid, SIGKILL);
                while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
                        ;
        }
        closep(&c->in);
        closep(&c->out);
        bytes_done(&c->input);
        bytes_done(&c->output);
        free(c);
        return NULL;
}

static void finish(Child *c, int result) {
        kill_all(c);
        c->done(result, bytes_view(&c->output), c->userdata);
        child_free(c);
}

/* Reads what is there: 0, or -E2BIG. */
static int drain(Child *c) {
        for (;;) {
                uint8_t buffer[4096];
                ssize_t n = read(c->out, buffer, sizeof(buffer));

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0) {
                        if (n == 0)
                                (void) sd_event_source_set_enabled(c->out_source, SD_EVENT_OFF);
                        return 0;
                }
                if ((size_t) n > c->output_max - c->output.len)
                        return -E2BIG;
                if (bytes_append(&c->output, buffer, (size_t) n) < 0)
                        return -ENOMEM;
        }
}

static int on_output(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        Child *c = userdata;
        int r = drain(c);

        if (r < 0)
                finish(c, r);
        return 0;
}

static int on_input(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        Child *c = userdata;
        ssize_t n = 0;

        if (c->written < c->input.len) {
                n = write(fd, c->input.data + c->written, c->input.len - c->written);
                if (n < 0 && (errno == EINTR || errno == EAGAIN))
                        return 0;
                if (n > 0)
                        c->written += (size_t) n;
        }
        /* Whoever reads no further is judged by what it answers. */
        if (n < 0 || c->written == c->input.len) {
                c->in_source = sd_event_source_disable_unref(c->in_source);
                close(TAKE_FD(c->in));
        }
        return 0;
}

static int on_exit_of(sd_event_source *s, const siginfo_t *si, void *userdata) {
        Child *c = userdata;
        int r = drain(c);

        /* What it left running must not outlive it. Its process group exists until the last of them is gone, and its number with it. */
        kill_all(c);
        c->pid = 0;
        finish(c, r < 0 ? r : si->si_code == CLD_EXITED ? si->si_status : -ECONNABORTED);
        return 0;
}

static int on_timeout(sd_event_source *s, uint64_t usec, void *userdata) {
        finish(userdata, -ETIMEDOUT);
        return 0;
}

static int spawn(Child *c, const ChildParams *p) {
        _cleanup_close_ int null = -1, in_read = -1, out_write = -1;
        const struct passwd *user = NULL;
        int pair[2];
        pid_t pid;

        if (p->confined && !(user = getpwnam("nobody")))
                return -ESRCH;
        null = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (null < 0 || pipe2(pair, O_CLOEXEC) < 0)
                return -errno;
        in_read = pair[0];
        c->in = pair[1];
        if (pipe2(pair, O_CLOEXEC) < 0)
                return -errno;
        c->out = pair[0];
        out_write = pair[1];
        if (fcntl(c->in, F_SETFL, O_NONBLOCK) < 0 || fcntl(c->out, F_SETFL, O_NONBLOCK) < 0)
                return -errno;
        pid = fork();
        if (pid < 0)
                return -errno;
        if (pid == 0)
                run_program(p, in_read, out_write, null, user);
        (void) setpgid(pid, pid); /* whichever of the two comes first */
        c->pid = pid;
        return 0;
}

static int listen_to(Child *c, sd_event *event, uint64_t timeout_usec) {
        int r;

        r = sd_event_add_io(event, &c->in_source, c->in, EPOLLOUT, on_input, c);
        if (r >= 0)
                r = sd_event_add_io(event, &c->out_source, c->out, EPOLLIN, on_output, c);
        if (r >= 0)
                r = sd_event_add_time_relative(event, &c->timer, CLOCK_MONOTONIC, timeout_usec, 0, on_timeout, c);
        if (r >= 0)
                r = sd_event_add_child(event, &c->exited, c->pid, WEXITED, on_exit_of, c);
        return r;
}

int child_start(sd_event *event, const ChildParams *params, ChildDone done, void *userdata, Child **ret) {
        _cleanup_(child_freep) Child *c = calloc(1, sizeof(*c));
        int r;

        if (!c)
                return -ENOMEM;
        c->in = c->out = -1;
        c->done = done;
        c->userdata = userdata;
        c->output_max = params->output_max;
        r = bytes_dup(params->input, &c->input);
        if (r >= 0)
                r = spawn(c, params);
        if (r >= 0)
                r = listen_to(c, event, params->timeout_usec);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(c);
        return 0;
}
