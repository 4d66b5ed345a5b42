/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/base/secret.c: lengths, reading from descriptors, comparison; and that what is cut off is wiped. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/atomic-file.h"
#include "base/secret.h"

static void test_new(void **state) {
        _cleanup_secret_ Secret *empty = NULL, *s = NULL, *copy = NULL, *none = NULL;

        assert_int_equal(secret_new(0, &empty), 0);
        assert_int_equal(secret_len(empty), 0);
        assert_int_equal(secret_new(3, &s), 0);
        assert_memory_equal(secret_data(s), "\0\0\0\0", 4);
        assert_int_equal(secret_dup(VIEW("a\0b", 3), &copy), 0);
        assert_true(secret_equal(secret_view(copy), VIEW("a\0b", 3)));
        assert_int_equal(secret_new(SIZE_MAX, &none), -EOVERFLOW);
        assert_null(none);
        assert_int_equal(secret_view(NULL).len, 0);
        assert_null(secret_free(NULL));
}

static void test_random(void **state) {
        _cleanup_secret_ Secret *a = NULL, *b = NULL, *large = NULL;

        assert_int_equal(secret_random(32, &a), 0);
        assert_int_equal(secret_random(32, &b), 0);
        assert_false(secret_equal(secret_view(a), secret_view(b)));
        assert_int_equal(secret_random(100000, &large), 0);
        assert_int_equal(secret_len(large), 100000);
}

static void test_truncate(void **state) {
        _cleanup_secret_ Secret *s = NULL;

        assert_int_equal(secret_dup(view_string("abcdef"), &s), 0);
        secret_truncate(s, 2);
        assert_int_equal(secret_len(s), 2);
        assert_memory_equal(secret_data(s), "ab\0\0\0\0\0", 7);
        secret_truncate(s, 5);
        assert_int_equal(secret_len(s), 2);
}

static void test_equal(void **state) {
        assert_true(secret_equal(VIEW(NULL, 0), VIEW("x", 0)));
        assert_true(secret_equal(view_string("abc"), view_string("abc")));
        assert_false(secret_equal(view_string("abc"), view_string("abd")));
        assert_false(secret_equal(view_string("abc"), view_string("ab")));
        assert_false(secret_equal(view_string("\x80"), view_string("\x01")));
}

static int read_all_of(const char *text, size_t len, size_t max, bool chomp, Secret **ret) {
        int fds[2], r;

        assert_int_equal(pipe(fds), 0);
        assert_int_equal(write_all(fds[1], VIEW(text, len)), 0);
        close(fds[1]);
        r = secret_read_fd(fds[0], max, chomp, ret);
        close(fds[0]);
        return r;
}

static void test_read(void **state) {
        static const struct {
                const char *text;
                size_t max;
                bool chomp;
                const char *expected; /* NULL: -E2BIG */
        } cases[] = {
                { "", 8, true, "" },
                { "\n", 8, true, "" },
                { "12345678", 8, true, "12345678" },
                { "12345678\n", 8, true, "12345678" },
                { "12345678\n", 8, false, NULL },
                { "123456789", 8, true, NULL },
                { "12345678\n\n", 8, true, NULL },
                { "12345678\nmore", 8, true, NULL },
                { "1234567\n\n", 8, true, "1234567\n" },
                { "1234\n", 8, false, "1234\n" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_secret_ Secret *s = NULL;
                int r = read_all_of(cases[i].text, strlen(cases[i].text), cases[i].max, cases[i].chomp, &s);

                assert_int_equal(r, cases[i].expected ? 0 : -E2BIG);
                assert_true(!s == !cases[i].expected);
                if (s)
                        assert_true(view_equal(secret_view(s), view_string(cases[i].expected)));
        }
}

static void test_read_refuses(void **state) {
        Secret *none = NULL;

        assert_int_equal(secret_read_fd(-1, 8, true, &none), -EBADF);
        assert_int_equal(secret_read_fd(0, SECRET_MAX + 1, true, &none), -EINVAL);
        assert_null(none);
}

static void test_wipe(void **state) {
        uint8_t p[8];

        memset(p, 7, sizeof(p));
        secret_wipe(p, sizeof(p));
        assert_memory_equal(p, "\0\0\0\0\0\0\0", 8);
        secret_wipe(NULL, 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_new),  cmocka_unit_test(test_random),       cmocka_unit_test(test_truncate), cmocka_unit_test(test_equal),
                cmocka_unit_test(test_read), cmocka_unit_test(test_read_refuses), cmocka_unit_test(test_wipe),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
