/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign/pdf/pdf-byte-range.c: what a signature may leave out, and the ways in which attackers widened it (USF, SWA). */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include <sys/mman.h>

#include "base/atomic-file.h"
#include "sign/pdf/pdf-byte-range.h"
#include "sign/pdf/pdf-signature.h"

#define TEXT "abcdef<30 03\n02010>ghij"
#define GAP_START 6
#define GAP_END 19

typedef struct Fixture {
        int fd;
        PdfByteRange range;
        Bytes contents;
} Fixture;

static int setup(void **state) {
        Fixture *f = calloc(1, sizeof(*f));

        assert_non_null(f);
        f->fd = memfd_create("document", MFD_CLOEXEC);
        assert_true(f->fd >= 0);
        assert_int_equal(write_all(f->fd, view_string(TEXT)), 0);
        *state = f;
        return 0;
}

static int teardown(void **state) {
        Fixture *f = *state;

        close(f->fd);
        bytes_done(&f->contents);
        free(f);
        return 0;
}

static int read_range(Fixture *f, long long a, long long b, long long c, long long d) {
        const long long numbers[4] = { a, b, c, d };

        bytes_done(&f->contents);
        return pdf_byte_range_read(f->fd, strlen(TEXT), numbers, &f->range, &f->contents);
}

static void test_reads(void **state) {
        Fixture *f = *state;

        assert_int_equal(read_range(f, 0, GAP_START, GAP_END, 4), 0);
        assert_int_equal(f->range.end, strlen(TEXT));
        assert_true(view_equal(bytes_view(&f->contents), VIEW_LITERAL("\x30\x03\x02\x01\x00")));
        assert_int_equal(read_range(f, 0, GAP_START, GAP_END, 2), 0);
        assert_int_equal(f->range.end, GAP_END + 2);
}

static void test_refuses(void **state) {
        Fixture *f = *state;

        assert_int_equal(read_range(f, 1, GAP_START, GAP_END, 4), PDF_BYTE_RANGE_MALFORMED);
        assert_int_equal(read_range(f, 0, -1, GAP_END, 4), PDF_BYTE_RANGE_MALFORMED);
        assert_int_equal(read_range(f, 0, GAP_START, -5, 4), PDF_BYTE_RANGE_MALFORMED);
        assert_int_equal(read_range(f, 0, GAP_START, GAP_END, -4), PDF_BYTE_RANGE_MALFORMED);
        assert_int_equal(read_range(f, 0, GAP_START, GAP_END, 0), PDF_BYTE_RANGE_MALFORMED);
        assert_int_equal(read_range(f, 0, GAP_START, GAP_START, 4), PDF_BYTE_RANGE_MALFORMED);
        assert_int_equal(read_range(f, 0, GAP_START, 3, 4), PDF_BYTE_RANGE_MALFORMED);
        assert_int_equal(read_range(f, 0, GAP_START, GAP_END, 5), PDF_BYTE_RANGE_OUTSIDE);
        assert_int_equal(read_range(f, 0, GAP_START, 1000, 4), PDF_BYTE_RANGE_OUTSIDE);
        assert_int_equal(read_range(f, 0, GAP_START, GAP_END, 0x7fffffffffffffff), PDF_BYTE_RANGE_OUTSIDE);
        assert_int_equal(read_range(f, 0, GAP_START - 1, GAP_END, 4), PDF_BYTE_RANGE_GAP);
        assert_int_equal(read_range(f, 0, GAP_START + 1, GAP_END, 4), PDF_BYTE_RANGE_GAP);
        assert_int_equal(read_range(f, 0, GAP_START, GAP_END + 1, 3), PDF_BYTE_RANGE_GAP);
        assert_int_equal(read_range(f, 0, GAP_START, GAP_END - 1, 4), PDF_BYTE_RANGE_GAP);
}

static void test_digest(void **state) {
        Fixture *f = *state;
        Digest both, expected;

        assert_int_equal(read_range(f, 0, GAP_START, GAP_END, 4), 0);
        assert_int_equal(pdf_byte_range_digest(f->fd, &f->range, GNUTLS_DIG_SHA256, &both), 0);
        assert_int_equal(digest_of(GNUTLS_DIG_SHA256, view_string("abcdefghij"), &expected), 0);
        assert_true(view_equal(digest_view(&both), digest_view(&expected)));
}

static void test_dates(void **state) {
        assert_int_equal(pdf_date_parse("D:20260131120000Z"), 1769860800);
        assert_int_equal(pdf_date_parse("D:20260131130000+01'00'"), 1769860800);
        assert_int_equal(pdf_date_parse("D:20260131130000+01'00"), 1769860800);
        assert_int_equal(pdf_date_parse("D:20260131063000-0530"), 1769860800);
        assert_int_equal(pdf_date_parse("20260131120000"), 1769860800);
        assert_int_equal(pdf_date_parse("D:2026"), 1767225600);
        assert_int_equal(pdf_date_parse("D:20261331120000Z"), -1);
        assert_int_equal(pdf_date_parse("D:2026013112000xZ"), -1);
        assert_int_equal(pdf_date_parse("D:20260131120000+99'00'"), -1);
        assert_int_equal(pdf_date_parse("yesterday"), -1);
        assert_int_equal(pdf_date_parse(""), -1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_reads, setup, teardown),
                cmocka_unit_test_setup_teardown(test_refuses, setup, teardown),
                cmocka_unit_test_setup_teardown(test_digest, setup, teardown),
                cmocka_unit_test(test_dates),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
