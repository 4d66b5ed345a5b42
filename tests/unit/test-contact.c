/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/base/contact.c: what is an address, which are the same, and one form of a number. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/contact.h"

#define X10 "xxxxxxxxxx"
#define X60 X10 X10 X10 X10 X10 X10

static void test_email(void **state) {
        static const char *const good[] = {
                "anna@example.pl", "a@b", "anna.nowak+seal@mail.example.com", "o'brien@example.org", "root@localhost", "ANNA@EXAMPLE.PL",
                X60 "xxxx@example.pl", "a@xn--bcher-kva.example", "a@3com.example",
        };
        static const char *const bad[] = {
                "", "@", "anna", "anna@", "@example.pl", "anna@@example.pl", "anna@example.pl@example.pl", ".anna@example.pl", "anna.@example.pl",
                "an..na@example.pl", "anna@.pl", "anna@example..pl", "anna@example.pl.", "anna@-example.pl", "anna@example-.pl", "anna@example.pl-",
                "anna nowak@example.pl", " anna@example.pl", "anna@example.pl\r\nBcc: x@example.pl", "anna@example.pl\n", "<anna@example.pl>",
                "\"anna\"@example.pl", "anna@[127.0.0.1]", "zażółć@example.pl", "anna@żółć.pl", "anna,bob@example.pl", "anna@example.pl,bob@example.pl",
                X60 "xxxxx@example.pl", "a@" X60 "xxxx.pl",
                "a@" X60 "." X60 "." X60 "." X60 ".example.pl", "a@exa_mple.pl", "a\\@example.pl", "a;b@example.pl",
        };

        for (size_t i = 0; i < ELEMENTSOF(good); i++)
                assert_true(email_is_valid(good[i]));
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_false(email_is_valid(bad[i]));
}

static void test_email_equal(void **state) {
        assert_true(email_equal("anna@example.pl", "anna@example.pl"));
        assert_true(email_equal("anna@example.pl", "anna@EXAMPLE.Pl"));
        assert_false(email_equal("anna@example.pl", "Anna@example.pl"));
        assert_false(email_equal("anna@example.pl", "anna@example.pl.example.com"));
        assert_false(email_equal("anna@example.pl", "anna@example"));
        assert_false(email_equal("anna@example.pl", "annaexample@example.pl"));
        assert_false(email_equal("", ""));
        assert_false(email_equal("anna", "anna"));
}

static void test_email_normalize(void **state) {
        char email[EMAIL_MAX + 1] = "unchanged";

        assert_int_equal(email_normalize("Anna@", email), -EINVAL);
        assert_string_equal(email, "unchanged");
        assert_int_equal(email_normalize("Anna.N@Mail.EXAMPLE.pl", email), 0);
        assert_string_equal(email, "Anna.N@mail.example.pl");
}

static void test_phone(void **state) {
        static const char *const good[] = { "+48600100200", "+48 600 100 200", "+48 (600) 100-200", "+48.600.100.200 " };
        static const char *const bad[] = {
                "", "+", "600100200", "0048600100200", "+0600100200", "+486001", "+1234567890123456", "+48600100200x", "+48600100200;+48",
                "48+600100200", "+48600100200\n", "++48600100200", " +48600100200", "tel:+48600100200", "+48 600 100 20\xc2\xb2",
        };
        char number[PHONE_MAX + 1] = "unchanged";

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_int_equal(phone_normalize(bad[i], number), -EINVAL);
        assert_string_equal(number, "unchanged");
        for (size_t i = 0; i < ELEMENTSOF(good); i++) {
                assert_int_equal(phone_normalize(good[i], number), 0);
                assert_string_equal(number, "+48600100200");
        }
        assert_int_equal(phone_normalize("+123456789012345", number), 0);
        assert_int_equal(phone_normalize("+1234567", number), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_email),
                cmocka_unit_test(test_email_equal),
                cmocka_unit_test(test_email_normalize),
                cmocka_unit_test(test_phone),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
