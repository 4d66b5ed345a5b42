/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* daemon/throttle.c: free failures, doubling, the bound, and that one guesser's wait is nobody else's. */

#include "store-fixture.h"

#include "daemon/schema.h"
#include "daemon/throttle.h"

#define NOW 1700000000

typedef int (*Body)(Txn *t);

static int run_body(Txn *t, void *userdata) {
        return ((Body *) userdata)[0](t);
}

/* Runs `body` as a job over a fresh store. */
static void in_store(void **state, Body body) {
        _cleanup_secret_ Secret *recovery = NULL;
        Store *s;

        assert_int_equal(crypto_init(), 0);
        assert_int_equal(store_create(*state, &daemon_schema, host_key, &recovery), 0);
        assert_int_equal(store_open(*state, &daemon_schema, host_key, &s), 0);
        assert_int_equal(store_run(s, run_body, &body), 0);
        store_close(s);
}

static void test_wait(void **state) {
        assert_int_equal(throttle_wait(0, 3), 0);
        assert_int_equal(throttle_wait(3, 3), 0);
        assert_int_equal(throttle_wait(4, 3), 2);
        assert_int_equal(throttle_wait(5, 3), 4);
        assert_int_equal(throttle_wait(12, 3), 512);
        assert_int_equal(throttle_wait(13, 3), THROTTLE_MAX);
        assert_int_equal(throttle_wait(INT64_MAX, 3), THROTTLE_MAX);
}

static int fail_times(Txn *t, const char *subject, unsigned n, int64_t *ret) {
        int r = 0;

        for (unsigned i = 0; r >= 0 && i < n; i++)
                r = throttle_fail(t, subject, NOW, ret);
        return r;
}

static int body_slows(Txn *t) {
        int64_t until;

        assert_int_equal(throttle_check(t, "otp:a:1000", NOW, &until), 0);
        assert_int_equal(fail_times(t, "otp:a:1000", 3, &until), 0);
        assert_int_equal(throttle_check(t, "otp:a:1000", NOW, &until), 0);
        assert_int_equal(fail_times(t, "otp:a:1000", 2, &until), 0);
        assert_int_equal(until, NOW + 4);
        until = 0;
        assert_int_equal(throttle_check(t, "otp:a:1000", NOW + 3, &until), -EAGAIN);
        assert_int_equal(until, NOW + 4);
        assert_int_equal(throttle_check(t, "otp:a:1000", NOW + 4, &until), 0);
        /* Nobody else waits, on this account or another. */
        assert_int_equal(throttle_check(t, "otp:a:1001", NOW, &until), 0);
        assert_int_equal(throttle_check(t, "otp:b:1000", NOW, &until), 0);
        /* The clock was set back by more than any wait. */
        assert_int_equal(throttle_check(t, "otp:a:1000", NOW - 100000, &until), 0);
        assert_int_equal(throttle_reset(t, "otp:a:1000"), 0);
        assert_int_equal(throttle_check(t, "otp:a:1000", NOW, &until), 0);
        return 0;
}

static void test_slows(void **state) {
        in_store(state, body_slows);
}

static int body_bounded(Txn *t) {
        int64_t until;

        assert_int_equal(fail_times(t, "otp:a:1000", 100, &until), 0);
        assert_int_equal(until, NOW + THROTTLE_MAX);
        return 0;
}

static void test_bounded(void **state) {
        in_store(state, body_bounded);
}

/* Made-up logins come under the user's own count, and that one forgets after an hour. */
static int body_user(Txn *t) {
        char user[THROTTLE_SUBJECT_MAX];
        int64_t until;

        throttle_subject_user(1000, user);
        assert_int_equal(fail_times(t, user, THROTTLE_USER_FREE, &until), 0);
        assert_int_equal(throttle_check(t, user, NOW, &until), 0);
        assert_int_equal(fail_times(t, user, 1, &until), 0);
        assert_int_equal(throttle_check(t, user, NOW, &until), -EAGAIN);
        assert_int_equal(throttle_fail(t, user, NOW + 7200, &until), 0);
        assert_int_equal(until, NOW + 7200);
        return 0;
}

static void test_user(void **state) {
        in_store(state, body_user);
}

static void test_subjects(void **state) {
        char a[THROTTLE_SUBJECT_MAX], b[THROTTLE_SUBJECT_MAX];

        assert_int_equal(throttle_subject_login("alice", 1000, a), 0);
        assert_int_equal(throttle_subject_login("alice", 1001, b), 0);
        assert_string_not_equal(a, b);
        assert_int_equal(throttle_subject_login("bob", 1000, b), 0);
        assert_string_not_equal(a, b);
        assert_null(strstr(a, "alice"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_wait),
                cmocka_unit_test(test_subjects),
                cmocka_unit_test_setup_teardown(test_slows, directory_setup, directory_teardown),
                cmocka_unit_test_setup_teardown(test_bounded, directory_setup, directory_teardown),
                cmocka_unit_test_setup_teardown(test_user, directory_setup, directory_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
