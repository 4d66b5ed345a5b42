/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/base/conf.c: what is taken, and that nothing misspelt passes. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "base/conf.h"

static int64_t seconds;
static unsigned number;
static bool flag;
static char *text;

static const ConfKey keys[] = {
        { "Session", "IdleSeconds", conf_seconds, &seconds },
        { "Session", "Max", conf_unsigned, &number },
        { "Other", "Flag", conf_bool, &flag },
        { "Other", "Text", conf_string, &text },
};

static int reset(void **state) {
        seconds = -7;
        number = 7;
        flag = false;
        free(text);
        text = NULL;
        return 0;
}

static int parse(const char *s, unsigned *ret_line) {
        return conf_parse(view_string(s), keys, ELEMENTSOF(keys), ret_line);
}

static void test_all(void **state) {
        unsigned line = 99;

        assert_int_equal(parse("# comment\n; another\n\n[Session]\r\n IdleSeconds = 3 min \nMax=5\n\n[Other]\nFlag=yes\nText= a = b \n", &line), 0);
        assert_int_equal(line, 0);
        assert_int_equal(seconds, 180);
        assert_int_equal(number, 5);
        assert_true(flag);
        assert_string_equal(text, "a = b");
        assert_int_equal(parse("[Other]\nText=x\nText=", &line), 0);
        assert_string_equal(text, "");
        assert_int_equal(parse("", &line), 0);
        assert_int_equal(conf_parse(VIEW(NULL, 0), keys, ELEMENTSOF(keys), &line), 0);
}

static void test_refused(void **state) {
        static const struct {
                const char *text;
                unsigned line;
        } bad[] = {
                { "Max=5", 1 },
                { "[Session]\nMaximum=5", 2 },
                { "[Sesion]", 1 },
                { "[Sesion]\n[Session]\nMax=5", 1 },
                { "[Session]\nmax=5", 2 },
                { "[Session]\n[Other]\nMax=5", 3 },
                { "[Session", 1 },
                { "[]", 1 },
                { "\n\n[Session]\nMax", 4 },
                { "[Session]\nMax=", 2 },
                { "[Session]\nMax=-1", 2 },
                { "[Session]\nMax=5x", 2 },
                { "[Session]\nMax=4294967296", 2 },
                { "[Session]\nIdleSeconds=3 weeks", 2 },
                { "[Session]\nIdleSeconds=-3", 2 },
                { "[Session]\nIdleSeconds=9223372036854775807 d", 2 },
                { "[Session]\nIdleSeconds=99999999999999999999", 2 },
                { "[Other]\nFlag=maybe", 2 },
        };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                unsigned line = 99;

                assert_int_equal(parse(bad[i].text, &line), -EINVAL);
                assert_int_equal(line, bad[i].line);
        }
        assert_int_equal(seconds, -7);
        assert_int_equal(number, 7);
        assert_int_equal(conf_parse(VIEW("[Session]\0", 10), keys, ELEMENTSOF(keys), &(unsigned) { 0 }), -EINVAL);
}

static void test_seconds(void **state) {
        static const struct {
                const char *value;
                int64_t seconds;
        } good[] = { { "0", 0 }, { "180", 180 }, { "180s", 180 }, { "3min", 180 }, { "8 h", 28800 }, { "2d", 172800 } };

        for (size_t i = 0; i < ELEMENTSOF(good); i++) {
                int64_t value = -1;

                assert_int_equal(conf_seconds(good[i].value, &value), 0);
                assert_int_equal(value, good[i].seconds);
        }
}

static void test_read(void **state) {
        unsigned line;

        assert_int_equal(conf_read("/nonexistent/sygnetd.conf", keys, ELEMENTSOF(keys), &line), 0);
        assert_int_equal(conf_read("/tmp", keys, ELEMENTSOF(keys), &line), -EISDIR);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_all, reset, reset),
                cmocka_unit_test_setup_teardown(test_refused, reset, reset),
                cmocka_unit_test(test_seconds),
                cmocka_unit_test(test_read),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
