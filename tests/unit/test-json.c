/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/base/json.c: the bytes that come out, and text that comes from strangers. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "base/json.h"
#include "base/cleanup.h"

static char *written;
static size_t written_len;

static Json begin(bool compact) {
        Json j;

        written = NULL;
        j = JSON_INIT(open_memstream(&written, &written_len));
        j.compact = compact;
        return j;
}

static void assert_written(Json *j, const char *expected) {
        assert_int_equal(json_finish(j), 0);
        fclose(j->out);
        assert_string_equal(written, expected);
        free(written);
}

static void test_document(void **state) {
        Json j = begin(false);

        json_object_begin(&j, NULL);
        json_string(&j, "a", "b");
        json_int(&j, "n", INT64_MIN);
        json_array_begin(&j, "list");
        json_bool(&j, NULL, true);
        json_null(&j, NULL);
        json_object_begin(&j, NULL);
        json_object_end(&j);
        json_array_end(&j);
        json_array_begin(&j, "empty");
        json_array_end(&j);
        json_string(&j, "none", NULL);
        json_object_end(&j);
        assert_written(&j, "{\n  \"a\": \"b\",\n  \"n\": -9223372036854775808,\n  \"list\": [\n    true,\n    null,\n    {}\n  ],\n  \"empty\": [],\n"
                           "  \"none\": null\n}\n");
}

static void test_lists_and_times(void **state) {
        char a[] = "a", quote[] = "\"";
        char *const list[] = { a, NULL, quote };
        Json j = begin(true);

        json_object_begin(&j, NULL);
        json_strings(&j, "s", list, ELEMENTSOF(list));
        json_strings(&j, "e", NULL, 0);
        json_time_if_known(&j, "t", 0);
        json_time_if_known(&j, "u", -1);
        json_object_end(&j);
        assert_written(&j, "{\"s\":[\"a\",null,\"\\\"\"],\"e\":[],\"t\":\"1970-01-01T00:00:00Z\",\"u\":null}\n");
}

static void test_compact(void **state) {
        Json j = begin(true);

        json_object_begin(&j, NULL);
        json_int(&j, "a", 1);
        json_array_begin(&j, "b");
        json_int(&j, NULL, 2);
        json_int(&j, NULL, 3);
        json_array_end(&j);
        json_object_end(&j);
        assert_written(&j, "{\"a\":1,\"b\":[2,3]}\n");
}

static void test_hex(void **state) {
        uint8_t bytes[200];
        char expected[2 * sizeof(bytes) + 4];
        Json j = begin(true);

        json_hex(&j, NULL, VIEW("\x00\x9f\xff", 3));
        assert_written(&j, "\"009fff\"\n");
        j = begin(true);
        json_hex(&j, NULL, VIEW(NULL, 0));
        assert_written(&j, "\"\"\n");
        for (size_t i = 0; i < sizeof(bytes); i++) {
                bytes[i] = (uint8_t) i;
                snprintf(expected + 1 + 2 * i, 3, "%02zx", i);
        }
        expected[0] = '"';
        strcpy(expected + 1 + 2 * sizeof(bytes), "\"\n");
        j = begin(true);
        json_hex(&j, NULL, VIEW(bytes, sizeof(bytes)));
        assert_written(&j, expected);
}

static void test_strings(void **state) {
        static const struct {
                const char *value, *expected;
        } cases[] = {
                { "", "\"\"\n" },
                { "\"\\/\n\t\x1b\x7f", "\"\\\"\\\\/\\n\\u0009\\u001b\\u007f\"\n" },
                { "za\xc5\xbc\xc3\xb3\xc5\x82\xc4\x87 \xf0\x9f\x98\x80", "\"za\xc5\xbc\xc3\xb3\xc5\x82\xc4\x87 \xf0\x9f\x98\x80\"\n" },
                { "\xc2\x9b[31m", "\"\\u009b[31m\"\n" },
                { "a\xff\xc3", "\"a\xef\xbf\xbd\xef\xbf\xbd\"\n" },
                { "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"\n" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                Json j = begin(false);

                json_string(&j, NULL, cases[i].value);
                assert_written(&j, cases[i].expected);
        }
}

static void test_time(void **state) {
        static const struct {
                int64_t seconds;
                const char *expected;
        } cases[] = {
                { 0, "\"1970-01-01T00:00:00Z\"\n" },
                { 1769860800, "\"2026-01-31T12:00:00Z\"\n" },
                { 253402300799, "\"9999-12-31T23:59:59Z\"\n" },
                { -62135596800, "\"0001-01-01T00:00:00Z\"\n" },
                { 253402300800, "null\n" },
                { INT64_MAX, "null\n" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                Json j = begin(false);

                json_time(&j, NULL, cases[i].seconds);
                assert_written(&j, cases[i].expected);
        }
}

static void test_full(void **state) {
        Json j = JSON_INIT(fopen("/dev/full", "w"));

        json_int(&j, NULL, 1);
        assert_int_equal(json_finish(&j), -EIO);
        fclose(j.out);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_document), cmocka_unit_test(test_compact), cmocka_unit_test(test_hex),
                cmocka_unit_test(test_strings),
                cmocka_unit_test(test_lists_and_times),
                cmocka_unit_test(test_time),     cmocka_unit_test(test_full),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
