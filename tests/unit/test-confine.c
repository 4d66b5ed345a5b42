/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* installer/trust/confine.c: what a confined process can still do, and what ends it. Each attempt runs in a child. */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "installer/trust/confine.h"

enum { FINE = 0, REFUSED = 3, NOT_CONFINED = 4 };

static int pair[2];

static int do_nothing(void) {
        return FINE;
}

static int do_read_and_write(void) {
        char c = 'x';

        return write(pair[1], &c, 1) == 1 && read(pair[0], &c, 1) == 1 ? FINE : REFUSED;
}

static int do_allocate(void) {
        char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (p == MAP_FAILED)
                return REFUSED;
        memset(p, 1, 1 << 20);
        return munmap(p, 1 << 20) == 0 ? FINE : REFUSED;
}

static int do_open(void) {
        return open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES ? REFUSED : FINE;
}

static int do_create(void) {
        return open("/tmp/test-confine-made", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0 && errno == EACCES ? REFUSED : FINE;
}

static int do_socket(void) {
        return socket(AF_UNIX, SOCK_STREAM, 0) < 0;
}

static int do_exec(void) {
        return execl("/bin/true", "true", NULL);
}

static int do_fork(void) {
        return (int) syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) < 0;
}

static int do_kill(void) {
        return kill(getppid(), 0);
}

static int do_trace(void) {
        return (int) ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static int do_unlink(void) {
        return unlinkat(AT_FDCWD, "/tmp/test-confine-none", 0);
}

static int do_make_code(void) {
        return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
}

static int do_turn_into_code(void) {
        void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        return mprotect(p, 4096, PROT_READ | PROT_EXEC);
}

/* The exit status, or minus the signal. */
static int attempt(int (*f)(void)) {
        pid_t pid = fork();
        int status;

        assert_true(pid >= 0);
        if (pid == 0)
                _exit(confine() < 0 ? NOT_CONFINED : f());
        assert_int_equal(waitpid(pid, &status, 0), pid);
        return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void test_allowed(void **state) {
        assert_int_equal(attempt(do_nothing), FINE);
        assert_int_equal(attempt(do_read_and_write), FINE);
        assert_int_equal(attempt(do_allocate), FINE);
}

static void test_refused(void **state) {
        assert_int_equal(attempt(do_open), REFUSED);
        assert_int_equal(attempt(do_create), REFUSED);
}

static void test_deadly(void **state) {
        static int (*const attempts[])(void) = {
                do_socket, do_exec, do_fork, do_kill, do_trace, do_unlink, do_make_code, do_turn_into_code,
        };

        for (size_t i = 0; i < ELEMENTSOF(attempts); i++)
                assert_int_equal(attempt(attempts[i]), -SIGSYS);
}

static int setup(void **state) {
        return pipe2(pair, O_CLOEXEC);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_allowed),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_deadly),
        };

        return cmocka_run_group_tests(tests, setup, NULL);
}
