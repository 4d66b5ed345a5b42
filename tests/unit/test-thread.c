/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/base/thread.c: who takes which signals. */

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/thread.h"

static void *read_mask(void *userdata) {
        return pthread_sigmask(SIG_SETMASK, NULL, userdata) == 0 ? userdata : NULL;
}

static void test_signals(void **state) {
        static const int loop[] = { SIGTERM, SIGINT, SIGCHLD, SIGHUP }, own[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS };
        sigset_t mask, before, after;
        pthread_t thread;
        void *result;

        assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &before), 0);
        assert_int_equal(thread_start("mask", read_mask, &mask, &thread), 0);
        assert_int_equal(pthread_join(thread, &result), 0);
        assert_ptr_equal(result, &mask);
        for (size_t i = 0; i < ELEMENTSOF(loop); i++)
                assert_int_equal(sigismember(&mask, loop[i]), 1);
        for (size_t i = 0; i < ELEMENTSOF(own); i++)
                assert_int_equal(sigismember(&mask, own[i]), 0);
        assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &after), 0);
        for (int i = 1; i < SIGRTMAX; i++)
                assert_int_equal(sigismember(&before, i), sigismember(&after, i));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_signals),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
