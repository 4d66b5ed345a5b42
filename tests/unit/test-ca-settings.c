/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* ca/settings.c: defaults, values, and what keeps the CA from starting. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "ca/settings.h"

static void test_defaults(void **state) {
        _cleanup_ca_settings_ CaSettings s = { 0 };
        char *problem = NULL;

        assert_int_equal(ca_settings_read("/nonexistent/sygnet-cad.conf", &s, &problem), 0);
        assert_null(problem);
        assert_int_equal(s.crl_hours, 168);
        assert_int_equal(s.crl_every_hours, 24);
        assert_null(s.crl_url);
        assert_null(s.ocsp_url);
        assert_null(s.ca_url);
}

static void test_values(void **state) {
        static const char text[] = "# of the CA\n[CA]\nCrlUrl=http://ca.example.org/ca.crl\nOcspUrl=https://ca.example.org:8889/ocsp\nCaUrl=http://[::1]/ca.crt\n"
                                   "CrlHours=2\nCrlEveryHours=1\n";
        _cleanup_ca_settings_ CaSettings s = { 0 };
        char *problem = NULL;

        assert_int_equal(ca_settings_parse("x", view_string(text), &s, &problem), 0);
        assert_string_equal(s.crl_url, "http://ca.example.org/ca.crl");
        assert_string_equal(s.ocsp_url, "https://ca.example.org:8889/ocsp");
        assert_string_equal(s.ca_url, "http://[::1]/ca.crt");
        assert_int_equal(s.crl_hours, 2);
        assert_int_equal(s.crl_every_hours, 1);
}

static void test_refused(void **state) {
        static const char *const texts[] = {
                "[CA]\nCrlUrl=ftp://ca.example.org/\n", "[CA]\nCrlUrl=http://\n",        "[CA]\nCrlUrl=http://a b\n", "[CA]\nCrlUrl=http://ą\n",
                "[CA]\nCrlHours=0\n",                   "[CA]\nCrlHours=8761\n",         "[CA]\nCrlHours=x\n",        "[CA]\nCrlEveryHours=0\n",
                "[CA]\nCrlHours=24\n",                  "[CA]\nCrlEveryHours=168\n",     "[CA]\nNothing=1\n",         "[Ca]\nCrlHours=200\n",
                "CrlHours=200\n",
        };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                CaSettings s = { 0 };
                char *problem = NULL;

                assert_int_equal(ca_settings_parse("the file", view_string(texts[i]), &s, &problem), -EINVAL);
                assert_non_null(strstr(problem, "the file"));
                free(problem);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_defaults), cmocka_unit_test(test_values), cmocka_unit_test(test_refused) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
