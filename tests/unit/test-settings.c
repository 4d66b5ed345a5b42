/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* daemon/settings.c: defaults, bounds, and what a misspelt line does. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/atomic-file.h"
#include "daemon/settings.h"

static int read_text(const char *text, Settings *ret, unsigned *ret_line) {
        char path[] = "/tmp/sygnet-settings-XXXXXX";
        _cleanup_close_ int fd = mkstemp(path);
        int r;

        assert_true(fd >= 0);
        assert_int_equal(write_all(fd, view_string(text)), 0);
        r = settings_read(path, ret, ret_line);
        unlink(path);
        return r;
}

static void test_defaults(void **state) {
        _cleanup_(settings_done) Settings s = { 0 };
        unsigned line;

        assert_int_equal(settings_read("/nonexistent/sygnetd.conf", &s, &line), 0);
        assert_int_equal(s.session_idle, 180);
        assert_int_equal(s.session_max_age, 8 * 3600);
        assert_int_equal(s.session_max_signatures, 10000);
        assert_int_equal(s.lease_idle, 180);
        assert_int_equal(s.lease_max_age, 1800);
        assert_int_equal(s.password.length, 8);
        assert_int_equal(s.password.repeat, 2);
        assert_true(s.password.upper && s.password.lower && s.password.digit && s.password.special);
        assert_int_equal(s.code_sms_lifetime, 300);
        assert_int_equal(s.code_mail_lifetime, 86400);
        assert_int_equal(s.code_attempts, 3);
        assert_int_equal(s.code_resends, 3);
        assert_int_equal(s.code_pause, 60);
        assert_int_equal(s.code_window, 3600);
        assert_string_equal(s.issuer, "Sygnet");
        assert_null(s.support_contact);
}

static void test_reads(void **state) {
        _cleanup_(settings_done) Settings s = { 0 };
        unsigned line;

        assert_int_equal(read_text("[Session]\nIdle = 2 min\nMaxSignatures=5\n[Display]\nSupportContact=help@example.com\nSoftware=https://example.com/software\nIssuer=Example\n"
                                   "[Password]\nMinLength=12\nSpecial=no\nMaxRepeat=0\n",
                                   &s, &line), 0);
        assert_int_equal(s.session_idle, 120);
        assert_int_equal(s.session_max_signatures, 5);
        assert_string_equal(s.support_contact, "help@example.com");
        assert_string_equal(s.software, "https://example.com/software");
        assert_string_equal(s.issuer, "Example");
        assert_int_equal(s.password.length, 12);
        assert_int_equal(s.password.repeat, 0);
        assert_true(s.password.upper && !s.password.special);
}

static void test_refuses(void **state) {
        static const struct {
                const char *text;
                unsigned line;
        } bad[] = {
                { "[Session]\nIdel=180\n", 2 },
                { "[Sesion]\nIdle=180\n", 1 },
                { "[Session]\n\nIdle=soon\n", 3 },
                { "[Session]\nIdle=0\n", 0 },
                { "[Session]\nIdle=2h\n", 0 },
                { "[Session]\nMaxAge=60\n", 0 }, /* shorter than Idle */
                { "[Session]\nMaxAge=365d\n", 0 },
                { "[Session]\nMaxSignatures=0\n", 0 },
                { "[Lease]\nMaxAge=1min\n", 0 },
                { "[Password]\nMinLength=7\n", 0 },
                { "[Password]\nMinLength=65\n", 0 },
                { "[Password]\nDigit=maybe\n", 2 },
                { "[Password]\nMaxRepeat=65\n", 0 },
                { "[Codes]\nSmsLifetime=59\n", 0 },
                { "[Codes]\nMailLifetime=8d\n", 0 },
                { "[Codes]\nAttempts=0\n", 0 },
                { "[Codes]\nResends=11\n", 0 },
                { "[Codes]\nWindow=30s\n", 0 }, /* shorter than Pause */
                { "[Delivery]\nPerUser=0\n", 0 },
                { "[Delivery]\nKeep=1h\n", 0 }, /* a day's messages are counted by their envelopes */
                { "[Display]\nIssuer=\n", 0 },
                { "[Display]\nIssuer=a:b\n", 0 },
                { "[Display]\nSupportContact=\x1b[31m\n", 0 },
                { "[Display]\nSoftware=\x1b[31m\n", 0 },
        };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                Settings s = { 0 };
                unsigned line = 99;

                assert_int_equal(read_text(bad[i].text, &s, &line), -EINVAL);
                assert_int_equal(line, bad[i].line);
                assert_null(s.issuer); /* written only on success */
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_defaults),
                cmocka_unit_test(test_reads),
                cmocka_unit_test(test_refuses),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
