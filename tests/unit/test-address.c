/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* courier/address.c: what can be written to, and what would do something else. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "courier/address.h"
#include "base/cleanup.h"
static void test_mail(void **state) {
        static const char *const good[] = { "anna@example.com", "a.b+c@mail.example.com", "o'neil@example.com", "x@localhost", "1_2=3@a-b.example" };
        static const char *const bad[] = {
                "", "anna", "@example.com", "anna@", "a@b@c", "anna @example.com", "anna@exam ple.com", "<anna@example.com>", "a\n@example.com",
                "anna@example.com\r\nBcc: x@example.com", "a..b@example.com", ".a@example.com", "a.@example.com", "anna@.com", "anna@a..b", "anna@example.",
                "-oQ/tmp@example.com", "za\xc5\xbc@example.com", "anna@\xc5\xbc.example", "\"a b\"@example.com", "a@[127.0.0.1]", "a,b@example.com",
                "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg@example.com",
        };

        for (size_t i = 0; i < ELEMENTSOF(good); i++)
                assert_true(mail_address_is_valid(good[i]));
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_false(mail_address_is_valid(bad[i]));
}

static void check_split(const char *s, const char *name, const char *address) {
        _cleanup_free_ char *n = NULL, *a = NULL;

        assert_int_equal(mail_address_split(s, &n, &a), 0);
        assert_string_equal(a, address);
        if (name)
                assert_string_equal(n, name);
        else
                assert_null(n);
}

static void test_split(void **state) {
        char *n = NULL, *a = NULL;

        check_split("seal@example.com", NULL, "seal@example.com");
        check_split("<seal@example.com>", NULL, "seal@example.com");
        check_split("Sygnet <seal@example.com>", "Sygnet", "seal@example.com");
        check_split("\"Example sp. z o.o.\" <seal@example.com>", "Example sp. z o.o.", "seal@example.com");
        check_split("Piecz\xc4\x99\xc4\x87 <seal@example.com>", "Piecz\xc4\x99\xc4\x87", "seal@example.com");
        assert_int_equal(mail_address_split("Sygnet <seal@example.com", &n, &a), -EINVAL);
        assert_int_equal(mail_address_split("Sygnet <seal>", &n, &a), -EINVAL);
        assert_int_equal(mail_address_split("a\tb <seal@example.com>", &n, &a), -EINVAL);
        assert_int_equal(mail_address_split("", &n, &a), -EINVAL);
        assert_int_equal(mail_address_split("<", &n, &a), -EINVAL);
        assert_null(n);
        assert_null(a);
}

static void test_phone(void **state) {
        static const char *const bad[] = { "", "+", "12", "+12", "1234567890123456", "+48+1", "48+1", "48 abc", "+48100200300;+48", "100\n200", "*100#" };
        char number[PHONE_MAX] = "unchanged";

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                assert_int_equal(phone_normalize(bad[i], number), -EINVAL);
                assert_string_equal(number, "unchanged");
        }
        assert_int_equal(phone_normalize("+48 100-200-300", number), 0);
        assert_string_equal(number, "+48100200300");
        assert_int_equal(phone_normalize("(22) 100.20.30", number), 0);
        assert_string_equal(number, "221002030");
        assert_int_equal(phone_normalize("+123456789012345", number), 0);
        assert_string_equal(number, "+123456789012345");
        assert_int_equal(phone_normalize("112", number), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_mail),
                cmocka_unit_test(test_split),
                cmocka_unit_test(test_phone),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
