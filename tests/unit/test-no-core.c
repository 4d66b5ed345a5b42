/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/base/no-core.c. That a core holds nothing is shown on an installed system (tests/system/no-core.py). */

#include <setjmp.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/no-core.h"

static bool is_closed(void) {
        _cleanup_fclose_ FILE *f = NULL;
        struct rlimit limit;
        unsigned filter;

        if (getrlimit(RLIMIT_CORE, &limit) < 0 || limit.rlim_cur != 0 || limit.rlim_max != 0 || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
                return false;
        /* Readable again, for the test alone. */
        (void) prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
        f = fopen("/proc/self/coredump_filter", "re");
        return f && fscanf(f, "%x", &filter) == 1 && filter == 0;
}

static void test_closed(void **state) {
        pid_t pid = fork();
        int status;

        if (pid == 0) {
                no_core();
                _exit(is_closed() ? 0 : 1);
        }
        assert_true(pid > 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_closed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
