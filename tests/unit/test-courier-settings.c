/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* courier/settings.c: what courier.conf may say, and what contradicts itself. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "courier/settings.h"
static int parse(const char *text, CourierSettings *ret, char problem[static DELIVERY_REASON_MAX]) {
        return courier_settings_parse("courier.conf", view_string(text), ret, problem);
}

static void test_nothing(void **state) {
        _cleanup_settings_ CourierSettings s = { 0 };
        char problem[DELIVERY_REASON_MAX];

        assert_int_equal(courier_settings_read("/nonexistent/courier.conf", &s, problem), 0);
        assert_false(courier_settings_have(&s, CHANNEL_MAIL));
        assert_false(courier_settings_have(&s, CHANNEL_SMS));
        assert_int_equal(courier_settings_read("/", &s, problem), -EISDIR);
        assert_non_null(strstr(problem, "/ cannot be read"));
}

static void test_mail(void **state) {
        _cleanup_settings_ CourierSettings s = { 0 }, t = { 0 };
        char problem[DELIVERY_REASON_MAX];

        assert_int_equal(parse("[Mail]\nServer=smtp.example.com\nUser=seal\nFrom=Sygnet <seal@example.com>\nCAFile=/etc/ssl/own.pem\n", &s, problem), 0);
        assert_true(courier_settings_have(&s, CHANNEL_MAIL));
        assert_string_equal(s.mail.server, "smtp.example.com");
        assert_int_equal(s.mail.port, 587);
        assert_int_equal(s.mail.security, MAIL_STARTTLS);
        assert_string_equal(s.mail.from_name, "Sygnet");
        assert_string_equal(s.mail.from, "seal@example.com");
        assert_int_equal(parse("[Mail]\nServer=smtp.example.com\nSecurity=tls\nFrom=seal@example.com\n", &t, problem), 0);
        assert_int_equal(t.mail.port, 465);
}

static void test_sms(void **state) {
        _cleanup_settings_ CourierSettings s = { 0 }, t = { 0 };
        char problem[DELIVERY_REASON_MAX];

        assert_int_equal(parse("[SMS]\nMethod=http\nURL=https://sms.example.com/send?to=${digits}\nHeader=Authorization: Bearer ${password}\nHeader=X-A: b\n"
                               "ContentType=application/json\nBody={\"t\":\"${text}\"}\nSuccess=200 202\n", &s, problem), 0);
        assert_true(courier_settings_have(&s, CHANNEL_SMS));
        assert_string_equal(s.sms.http_method, "POST");
        assert_int_equal(s.sms.headers.n, 2);
        assert_int_equal(s.sms.form, BODY_JSON);
        assert_int_equal(s.sms.success.n, 2);
        assert_int_equal(s.sms.success.codes[1], 202);
        assert_int_equal(parse("[SMS]\nMethod=modemmanager\nModem=351234000000000\n", &t, problem), 0);
        assert_int_equal(t.sms.method, SMS_MODEMMANAGER);
}

static void test_refuses(void **state) {
        static const struct {
                const char *text, *word; /* that the sentence has */
        } bad[] = {
                { "[Mail]\nServer=smtp.example.com\nPassword=x\n", "line 3" },
                { "[Mails]\n", "line 1" },
                { "[Mail]\nServer=smtp.example.com/x\n", "line 2" },
                { "[Mail]\nServer=a b\n", "line 2" },
                { "[Mail]\nServer=\n", "line 2" },
                { "[Mail]\nSecurity=none\n", "line 2" },
                { "[Mail]\nPort=0\n", "line 2" },
                { "[Mail]\nPort=65536\n", "line 2" },
                { "[Mail]\nFrom=seal\n", "line 2" },
                { "[Mail]\nCAFile=own.pem\n", "line 2" },
                { "[Mail]\nSendmail=sendmail\n", "line 2" },
                { "[Mail]\nServer=smtp.example.com\n", "From=" },
                { "[Mail]\nFrom=seal@example.com\n", "neither" },
                { "[Mail]\nServer=a\nSendmail=/usr/sbin/sendmail\nFrom=seal@example.com\n", "both" },
                { "[Mail]\nSendmail=/usr/sbin/sendmail\nUser=x\nFrom=seal@example.com\n", "Sendmail=" },
                { "[SMS]\nMethod=fax\n", "line 2" },
                { "[SMS]\nURL=http://sms.example.com/\n", "line 2" },
                { "[SMS]\nURL=https://\n", "line 2" },
                { "[SMS]\nSuccess=100\n", "line 2" },
                { "[SMS]\nSuccess=200,201\n", "line 2" },
                { "[SMS]\nHeader=nothing\n", "line 2" },
                { "[SMS]\nHTTPMethod=DELETE\n", "line 2" },
                { "[SMS]\nContentType=text/xml\n", "line 2" },
                { "[SMS]\nMethod=http\n", "URL=" },
                { "[SMS]\nURL=https://sms.example.com/\n", "Method=http" },
                { "[SMS]\nMethod=http\nURL=https://sms.example.com/\n", "Body=" },
                { "[SMS]\nMethod=http\nHTTPMethod=GET\nURL=https://sms.example.com/\nBody=x\n", "Body" },
                { "[SMS]\nMethod=http\nURL=https://sms.example.com/\nBody=${txt}\n", "txt" },
                { "[SMS]\nMethod=http\nURL=https://sms.example.com/$x\nBody=${text}\n", "URL=" },
                { "[SMS]\nMethod=program\n", "Program=" },
                { "[SMS]\nMethod=modemmanager\nProgram=/bin/true\n", "Program=" },
                { "[SMS]\nMethod=program\nProgram=/bin/true\nModem=1\n", "Modem=" },
        };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                char problem[DELIVERY_REASON_MAX] = "";
                CourierSettings s = { 0 };

                assert_int_equal(parse(bad[i].text, &s, problem), -EINVAL);
                assert_non_null(strstr(problem, "courier.conf"));
                assert_non_null(strstr(problem, bad[i].word));
                assert_null(s.mail.server);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_nothing),
                cmocka_unit_test(test_mail),
                cmocka_unit_test(test_sms),
                cmocka_unit_test(test_refuses),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
