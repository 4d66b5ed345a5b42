/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* daemon/recipient.c: one form of each address, and masks that name nobody. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "daemon/recipient.h"

static void assert_form(Channel c, const char *text, const char *form, const char *masked) {
        char got[RECIPIENT_MAX + 1], mask[RECIPIENT_MASKED_MAX];

        assert_int_equal(recipient_normalize(c, text, got), 0);
        assert_string_equal(got, form);
        recipient_mask(c, got, mask);
        assert_string_equal(mask, masked);
}

static void test_forms(void **state) {
        assert_form(CHANNEL_MAIL, "Jan.Example@EXAMPLE.com", "Jan.Example@example.com", "J***@example.com");
        assert_form(CHANNEL_MAIL, "j@example.com", "j@example.com", "j***@example.com");
        assert_form(CHANNEL_SMS, "+48 600 100 200", "+48600100200", "+48 *** *** 200");
        assert_form(CHANNEL_SMS, "+48(600)100-200", "+48600100200", "+48 *** *** 200");
}

static void test_none(void **state) {
        static const char *const mails[] = { NULL, "", "anna", "@example.com", "anna@", "anna@example.com, bob@example.com", "anna@example.com\nBcc: x@example.com",
                                             "\"anna\"@example.com" };
        static const char *const numbers[] = { NULL, "", "600100200", "+48", "+48600100200600700", "call me", "+48600100200;112" };
        char got[RECIPIENT_MAX + 1];

        for (size_t i = 0; i < ELEMENTSOF(mails); i++)
                assert_int_equal(recipient_normalize(CHANNEL_MAIL, mails[i], got), -EDESTADDRREQ);
        for (size_t i = 0; i < ELEMENTSOF(numbers); i++)
                assert_int_equal(recipient_normalize(CHANNEL_SMS, numbers[i], got), -EDESTADDRREQ);
}

static void test_channels(void **state) {
        assert_int_equal(channel_from_string("mail"), CHANNEL_MAIL);
        assert_int_equal(channel_from_string("sms"), CHANNEL_SMS);
        assert_int_equal(channel_from_string("fax"), -EINVAL);
        assert_string_equal(channel_to_string(CHANNEL_SMS), "sms");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_forms),
                cmocka_unit_test(test_none),
                cmocka_unit_test(test_channels),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
