/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* courier/gateway.c: values stay values, whatever they hold. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "courier/gateway.h"
static void check_escaped(int (*escape)(Text *t, const char *value), const char *value, const char *wanted) {
        _cleanup_text_ Text t = { 0 };

        assert_int_equal(text_new(1000, &t), 0);
        assert_int_equal(escape(&t, value), 0);
        assert_true(view_equal(text_view(&t), view_string(wanted)));
}

static void test_url(void **state) {
        check_escaped(gateway_escape_url, "AZaz09-._~", "AZaz09-._~");
        check_escaped(gateway_escape_url, "+48 100&to=1#?/%", "%2B48%20100%26to%3D1%23%3F%2F%25");
        check_escaped(gateway_escape_url, "\xc5\xbc\r\n", "%C5%BC%0D%0A");
}

static void test_json(void **state) {
        check_escaped(gateway_escape_json, "plain \xc5\xbc /", "plain \xc5\xbc /");
        check_escaped(gateway_escape_json, "\", \"to\": \"1\\", "\\\", \\\"to\\\": \\\"1\\\\");
        check_escaped(gateway_escape_json, "\r\n\x1f\x7f", "\\u000d\\u000a\\u001f\\u007f");
}

static void test_room(void **state) {
        _cleanup_text_ Text t = { 0 };

        assert_int_equal(text_new(4, &t), 0);
        assert_int_equal(gateway_escape_url(&t, "a  "), -E2BIG);
        assert_int_equal(gateway_escape_json(&t, "\n"), -E2BIG);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_url),
                cmocka_unit_test(test_json),
                cmocka_unit_test(test_room),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
