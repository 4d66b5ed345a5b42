/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* courier/fields.c: JSON (RFC 8259) of one object of strings, and what is refused. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "courier/fields.h"
static int parse(const char *json, Fields *ret) {
        const char *problem = NULL;
        int r = fields_parse(view_string(json), ret, &problem);

        assert_true(r == 0 || (r == -EBADMSG && problem));
        return r;
}

static void test_reads(void **state) {
        _cleanup_fields_ Fields f = { 0 };

        assert_int_equal(parse(" { \"code\" : \"ABCD-1234\",\n\t\"name\":\"Jan \\u017b\\u00f3\\u0142ty \\ud83d\\ude00\", \"empty_one\":\"\", \"q\":\"\\\"\\\\\\/\"} ", &f), 0);
        assert_int_equal(f.n, 4);
        assert_string_equal(fields_get(&f, "code"), "ABCD-1234");
        assert_string_equal(fields_get(&f, "name"), "Jan Żółty 😀");
        assert_string_equal(fields_get(&f, "q"), "\"\\/");
        assert_null(fields_get(&f, "empty_one"));
        assert_null(fields_get(&f, "none"));
}

static void test_empty(void **state) {
        _cleanup_fields_ Fields f = { 0 };

        assert_int_equal(parse("{}", &f), 0);
        assert_int_equal(f.n, 0);
}

static void test_defaults(void **state) {
        _cleanup_fields_ Fields f = { 0 };

        assert_int_equal(parse("{\"host\":\"\",\"code\":\"1\"}", &f), 0);
        fields_set_default(&f, "host", "here");
        fields_set_default(&f, "code", "2");
        fields_set_default(&f, "new", "3");
        assert_string_equal(fields_get(&f, "host"), "here");
        assert_string_equal(fields_get(&f, "code"), "1");
        assert_string_equal(fields_get(&f, "new"), "3");
        assert_int_equal(f.n, 3);
}

static void test_refuses(void **state) {
        static const char *const bad[] = {
                "", "{", "[]", "\"a\"", "{}x", "{}{}", "{\"a\"}", "{\"a\":1}", "{\"a\":null}", "{\"a\":{}}", "{\"a\":\"b\",}", "{,}", "{\"a\":\"b\" \"c\":\"d\"}",
                "{\"a\":\"b\",\"a\":\"c\"}", "{\"\":\"b\"}", "{\"A\":\"b\"}", "{\"a b\":\"c\"}", "{\"aaaaaaaaaabbbbbbbbbbccccccccccddd\":\"c\"}",
                "{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"\\u0000\"}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\\udc00\"}", "{\"a\":\"\\ud800\\u0041\"}",
                "{\"a\":\"\n\"}", "{\"a\":\"\xff\"}", "{\"a\":\"b", "{\"a\":\"b\\",
                /* What would begin a header, or hide one. */
                "{\"a\":\"x\\r\\nBcc: y\"}", "{\"a\":\"x\\n\"}", "{\"a\":\"\\u0085\"}", "{\"a\":\"\\u2028\"}", "{\"a\":\"\\u202e\"}", "{\"a\":\"\\u001b\"}",
        };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                Fields f = { 0 };

                assert_int_equal(parse(bad[i], &f), -EBADMSG);
                assert_null(f.room);
        }
}

static void test_limits(void **state) {
        char json[4096] = "{";
        Fields f = { 0 };

        for (unsigned i = 0; i < FIELDS_MAX; i++)
                sprintf(json + strlen(json), "%s\"f%u\":\"%u\"", i > 0 ? "," : "", i, i);
        strcat(json, "}");
        assert_int_equal(parse(json, &f), 0);
        assert_string_equal(fields_get(&f, "f31"), "31");
        fields_set_default(&f, "more", "1");
        assert_null(fields_get(&f, "more"));
        fields_done(&f);
        strcpy(strrchr(json, '}'), ",\"more\":\"1\"}");
        assert_int_equal(parse(json, &f), -EBADMSG);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_reads),
                cmocka_unit_test(test_empty),
                cmocka_unit_test(test_defaults),
                cmocka_unit_test(test_refuses),
                cmocka_unit_test(test_limits),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
