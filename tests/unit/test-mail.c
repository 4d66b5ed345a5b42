/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* courier/mail.c and mail-encoding.c, by the examples of RFC 2045, RFC 2047 and RFC 5322. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "courier/mail-encoding.h"
#include "courier/mail.h"
static char *encode(MailEncoding e, const char *body) {
        _cleanup_text_ Text t = { 0 };
        View v;

        assert_int_equal(text_new(65536, &t), 0);
        assert_int_equal(mail_encode_body(e, view_string(body), "\r\n", &t), 0);
        v = text_view(&t);
        return strndup((const char *) v.data, v.len);
}

static void check_encoded(MailEncoding e, const char *body, const char *wanted) {
        _cleanup_free_ char *got = encode(e, body);

        assert_string_equal(got, wanted);
}

/* RFC 2045 section 6.7. */
static void test_quoted_printable(void **state) {
        check_encoded(MAIL_QUOTED_PRINTABLE, "Now's the time for all folk to come to the aid of their country.\n",
                      "Now's the time for all folk to come to the aid of their country.\r\n");
        check_encoded(MAIL_QUOTED_PRINTABLE, "a=b\n", "a=3Db\r\n");
        check_encoded(MAIL_QUOTED_PRINTABLE, "za\xc5\xbc\xc3\xb3\xc5\x82\xc4\x87\n", "za=C5=BC=C3=B3=C5=82=C4=87\r\n");
        check_encoded(MAIL_QUOTED_PRINTABLE, "blank \ntab\t\n", "blank=20\r\ntab=09\r\n");
        check_encoded(MAIL_QUOTED_PRINTABLE, ".\nFrom me\n", "=2E\r\n=46rom me\r\n");
        check_encoded(MAIL_QUOTED_PRINTABLE, "no end", "no end\r\n");
}

static void test_quoted_printable_lines(void **state) {
        char body[1200];
        _cleanup_free_ char *got = NULL;

        for (size_t i = 0; i + 1 < sizeof(body); i++)
                body[i] = i % 7 == 0 ? '=' : 'x';
        body[sizeof(body) - 1] = 0;
        got = encode(MAIL_QUOTED_PRINTABLE, body);
        for (char *line = got, *end; *line; line = end + 2) {
                end = strstr(line, "\r\n");
                assert_non_null(end);
                assert_true(end - line <= 76);
        }
}

static void test_base64(void **state) {
        check_encoded(MAIL_BASE64, "\xc5\xbc\n", "xbwNCg==\r\n");
        check_encoded(MAIL_BASE64, "", "");
}

static void test_choice(void **state) {
        char line[100];

        assert_int_equal(mail_encoding_choose(VIEW_LITERAL("plain text\n")), MAIL_7BIT);
        assert_int_equal(mail_encoding_choose(VIEW_LITERAL("mostly plain, za\xc5\xbc\xc3\xb3\xc5\x82\xc4\x87\n")), MAIL_QUOTED_PRINTABLE);
        assert_int_equal(mail_encoding_choose(VIEW_LITERAL("\xc5\xbc\xc3\xb3\xc5\x82\xc4\x87\n")), MAIL_BASE64);
        assert_int_equal(mail_encoding_choose(VIEW_LITERAL(".\n")), MAIL_QUOTED_PRINTABLE);
        assert_int_equal(mail_encoding_choose(VIEW_LITERAL("From here\n")), MAIL_QUOTED_PRINTABLE);
        memset(line, 'x', sizeof(line));
        assert_int_equal(mail_encoding_choose(VIEW(line, 76)), MAIL_7BIT);
        assert_int_equal(mail_encoding_choose(VIEW(line, 77)), MAIL_QUOTED_PRINTABLE);
}

static void check_header(const char *text, const char *wanted) {
        _cleanup_text_ Text t = { 0 };

        assert_int_equal(text_new(4096, &t), 0);
        assert_int_equal(mail_encode_header(view_string(text), strlen("Subject: "), "\r\n", &t), 0);
        assert_true(view_equal(text_view(&t), view_string(wanted)));
}

/* RFC 2047 section 2: words of at most 75 characters, cut between characters, what looks like one is encoded too. */
static void test_header(void **state) {
        check_header("Activation of access to the seal", "Activation of access to the seal");
        check_header("Za\xc5\xbc\xc3\xb3\xc5\x82\xc4\x87", "=?utf-8?B?WmHFvMOzxYLEhw==?=");
        check_header("=?utf-8?Q?a?=", "=?utf-8?B?PT91dGYtOD9RP2E/PQ==?=");
}

static void test_header_folds(void **state) {
        _cleanup_text_ Text t = { 0 };
        char text[401] = "";
        const char *s;

        for (unsigned i = 0; i < 100; i++)
                strcat(text, i % 2 ? "\xc4\x87" : "\xe2\x82\xac");
        assert_int_equal(text_new(4096, &t), 0);
        assert_int_equal(text_append_string(&t, "Subject: "), 0);
        assert_int_equal(mail_encode_header(view_string(text), strlen("Subject: "), "\r\n", &t), 0);
        assert_int_equal(text_string(&t, &s), 0);
        for (unsigned n = 0; s; n++) {
                const char *end = strstr(s, "\r\n"), *word = strstr(s, "=?utf-8?B?");
                size_t length = end ? (size_t) (end - s) : strlen(s);

                assert_true(length <= 76);
                assert_true(word == s + (n == 0 ? 9 : 1));
                /* Whole characters: their first bytes are C4 and E2, xI or 4o in base64. */
                assert_true(strncmp(word + 10, "4o", 2) == 0 || strncmp(word + 10, "xI", 2) == 0);
                s = end ? end + 2 : NULL;
        }
}

static void test_name(void **state) {
        static const struct {
                const char *name, *wanted;
        } names[] = {
                { "Sygnet", "\"Sygnet\"" },
                { "Example sp. z o.o.", "\"Example sp. z o.o.\"" },
                { "a \"b\" \\", "\"a \\\"b\\\" \\\\\"" },
                { "Piecz\xc4\x99\xc4\x87", "=?utf-8?B?UGllY3rEmcSH?=" },
        };

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                _cleanup_text_ Text t = { 0 };

                assert_int_equal(text_new(4096, &t), 0);
                assert_int_equal(mail_encode_name(names[i].name, 6, "\r\n", &t), 0);
                assert_true(view_equal(text_view(&t), view_string(names[i].wanted)));
        }
}

static void test_compose(void **state) {
        const Mail mail = {
                .id = "msg-1", .from_name = "Sygnet", .from = "seal@example.com", .to = "anna@example.org", .subject = VIEW_LITERAL("Test"),
                .body = VIEW_LITERAL("Hello\n\nthere\n"), .date = 1769860800,
        };
        _cleanup_text_ Text t = { 0 };
        const char *s;

        assert_int_equal(mail_compose(&mail, "\r\n", &t), 0);
        assert_int_equal(text_string(&t, &s), 0);
        assert_string_equal(s, "Date: Sat, 31 Jan 2026 12:00:00 +0000\r\nFrom: \"Sygnet\" <seal@example.com>\r\nTo: <anna@example.org>\r\nSubject: Test\r\n"
                               "Message-ID: <msg-1@example.com>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
                               "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\nHello\r\n\r\nthere\r\n");
}

static void test_compose_refuses(void **state) {
        Mail mail = { .id = "1", .from = "a@example.com", .to = "b@example.com", .subject = VIEW_LITERAL("a\nBcc: c"), .body = VIEW_LITERAL("x\n") };
        Text t = { 0 };

        assert_int_equal(mail_compose(&mail, "\n", &t), -EINVAL);
        mail.subject = VIEW_LITERAL("a\rb");
        assert_int_equal(mail_compose(&mail, "\n", &t), -EINVAL);
        mail.subject = VIEW_LITERAL("");
        assert_int_equal(mail_compose(&mail, "\n", &t), -EINVAL);
        assert_null(t.room);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_quoted_printable),
                cmocka_unit_test(test_quoted_printable_lines),
                cmocka_unit_test(test_base64),
                cmocka_unit_test(test_choice),
                cmocka_unit_test(test_header),
                cmocka_unit_test(test_header_folds),
                cmocka_unit_test(test_name),
                cmocka_unit_test(test_compose),
                cmocka_unit_test(test_compose_refuses),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
