/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign/pdf/pdf-update.c: numbers as PDF writes them, whatever the locale. Whole updates are held against readers in tests/interop. */

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants those before it. */
#include <cmocka.h>

#include "base/cleanup.h"
#include "sign/pdf/pdf-update.h"

static void check_number(double v, const char *expected) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;

        assert_int_equal(pdf_append_number(&b, v), 0);
        assert_int_equal(bytes_append_byte(&b, 0), 0);
        assert_string_equal((const char *) b.data, expected);
}

/* ISO 32000-1 §7.3.3: a full stop, no exponent, no sign of zero. */
static void test_numbers(void **state) {
        check_number(0, "0 ");
        check_number(-0.0, "0 ");
        check_number(-0.00001, "0 ");
        check_number(1, "1 ");
        check_number(-612, "-612 ");
        check_number(0.5, "0.5 ");
        check_number(-0.5, "-0.5 ");
        check_number(3.14159, "3.1416 ");
        check_number(12.0304, "12.0304 ");
        check_number(99.99999, "100 ");
        check_number(1e9, "1000000000 ");
}

static void test_no_numbers(void **state) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        const double bad[] = { 1e10, -1e10, 1e300, (double) INFINITY, -(double) INFINITY, (double) NAN };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_int_equal(pdf_append_number(&b, bad[i]), -ERANGE);
        assert_int_equal(b.len, 0);
}

/* A comma for the decimals would be the end of the document for its readers. */
static void test_locale(void **state) {
        static const char *const commas[] = { "pl_PL.UTF-8", "de_DE.UTF-8", "pl_PL", "C.UTF-8" };

        for (size_t i = 0; i < ELEMENTSOF(commas); i++)
                if (setlocale(LC_ALL, commas[i]))
                        check_number(12.25, "12.25 ");
        setlocale(LC_ALL, "C");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_numbers),
                cmocka_unit_test(test_no_numbers),
                cmocka_unit_test(test_locale),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
