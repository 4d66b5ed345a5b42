/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* courier/template.c: how texts are filled, and what is a mistake in one. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "courier/template.h"
static const char *lookup(View name, const void *userdata) {
        if (view_equal(name, VIEW_LITERAL("code")))
                return "1234";
        return view_equal(name, VIEW_LITERAL("name")) ? "Anna" : NULL;
}

static int brackets(Text *t, const char *value) {
        int r = text_append_byte(t, '[');

        if (r >= 0)
                r = text_append_string(t, value);
        return r < 0 ? r : text_append_byte(t, ']');
}

static void check_filled(const char *text, TemplateEscape escape, const char *wanted) {
        _cleanup_text_ Text t = { 0 };
        TemplateProblem p;

        assert_int_equal(text_new(1000, &t), 0);
        assert_int_equal(template_fill(view_string(text), lookup, NULL, escape, &t, &p), 0);
        assert_true(view_equal(text_view(&t), view_string(wanted)));
}

static void test_fills(void **state) {
        check_filled("", NULL, "");
        check_filled("plain\n", NULL, "plain\n");
        check_filled("a ${code} b ${name}${code}", NULL, "a 1234 b Anna1234");
        check_filled("${code} costs 5 $$ or $${code}\n", NULL, "1234 costs 5 $ or ${code}\n");
        check_filled("one\r\ntwo\r\n", NULL, "one\ntwo\n");
        check_filled("to=${name}&c=${code}", brackets, "to=[Anna]&c=[1234]");
}

static void test_leaves_lines_out(void **state) {
        check_filled("a\nContact: ${?support}\nb\n", NULL, "a\nb\n");
        check_filled("Hello ${?name},\n", NULL, "Hello Anna,\n");
        check_filled("${code} ${?support}", NULL, "");
        /* One of two empty lines around the gap goes with it. */
        check_filled("a\n\n${?x}\n\nb\n", NULL, "a\n\nb\n");
        check_filled("a\n\n${?x}\n${?y}\n\n\nb\n", NULL, "a\n\n\nb\n");
        check_filled("a\n\n\nb\n", NULL, "a\n\n\nb\n");
}

static void test_refuses(void **state) {
        static const struct {
                const char *text;
                unsigned line;
        } bad[] = {
                { "$", 1 }, { "a $5", 1 }, { "\n$code", 2 }, { "a\nb\n${code", 3 }, { "${}", 1 }, { "${?}", 1 }, { "${support}", 1 }, { "${ code}", 1 },
                { "${Code}", 1 }, { "${aaaaaaaaaabbbbbbbbbbccccccccccddd}", 1 }, { "${code\n}", 1 }, { "a\x01", 0 }, { "a\rb\n", 0 }, { "a\r", 0 }, { "\xff", 0 }, { "\x1b[1m", 0 },
        };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                _cleanup_text_ Text t = { 0 };
                TemplateProblem p;

                assert_int_equal(text_new(1000, &t), 0);
                assert_int_equal(template_fill(view_string(bad[i].text), lookup, NULL, NULL, &t, &p), -EINVAL);
                assert_int_equal(p.line, bad[i].line);
                assert_true(*p.text);
        }
}

static void test_room(void **state) {
        _cleanup_text_ Text t = { 0 };
        TemplateProblem p;

        assert_int_equal(text_new(5, &t), 0);
        assert_int_equal(template_fill(VIEW_LITERAL("ab${code}"), lookup, NULL, NULL, &t, &p), -E2BIG);
}

static void test_forms(void **state) {
        View subject, body;

        assert_int_equal(template_split_mail(VIEW_LITERAL("Subject: Hello there\n\nBody\n\nmore\n"), &subject, &body), 0);
        assert_true(view_equal(subject, VIEW_LITERAL("Hello there")));
        assert_true(view_equal(body, VIEW_LITERAL("Body\n\nmore\n")));
        assert_int_equal(template_split_mail(VIEW_LITERAL(""), &subject, &body), -EINVAL);
        assert_int_equal(template_split_mail(VIEW_LITERAL("Subject: \n\nBody\n"), &subject, &body), -EINVAL);
        assert_int_equal(template_split_mail(VIEW_LITERAL("Subject: a\nBcc: b\n\nBody\n"), &subject, &body), -EINVAL);
        assert_int_equal(template_split_mail(VIEW_LITERAL("Subject: a\n\n"), &subject, &body), -EINVAL);
        assert_int_equal(template_split_mail(VIEW_LITERAL("subject: a\n\nBody\n"), &subject, &body), -EINVAL);
        assert_int_equal(template_one_line(VIEW_LITERAL("12 is the code\n\n"), &body), 0);
        assert_true(view_equal(body, VIEW_LITERAL("12 is the code")));
        assert_int_equal(template_one_line(VIEW_LITERAL("one\ntwo\n"), &body), -EINVAL);
        assert_int_equal(template_one_line(VIEW_LITERAL("\n"), &body), -EINVAL);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_fills),
                cmocka_unit_test(test_leaves_lines_out),
                cmocka_unit_test(test_refuses),
                cmocka_unit_test(test_room),
                cmocka_unit_test(test_forms),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
