/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign/pdf/pdf-tail.c: the ends of files as ISO 32000-1 §7.5.5 has them, and as they come. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include <sys/mman.h>

#include "base/atomic-file.h"
#include "sign/pdf/pdf-tail.h"

static int read_tail(const char *data, size_t len, PdfTail *ret) {
        _cleanup_close_ int fd = memfd_create("tail", MFD_CLOEXEC);

        assert_true(fd >= 0);
        assert_int_equal(write_all(fd, VIEW(data, len)), 0);
        return pdf_tail_read(fd, len, ret);
}

#define TAIL(text, t) read_tail((text), strlen(text), (t))

static void test_forms(void **state) {
        PdfTail t;

        assert_int_equal(TAIL("%PDF-1.4\nxref\n0 1\nstartxref\n9\n%%EOF\n", &t), 0);
        assert_int_equal(t.form, PDF_XREF_TABLE);
        assert_int_equal(t.startxref, 9);
        assert_int_equal(t.header, 0);
        assert_true(t.ends_with_eol);
        assert_int_equal(t.end, t.size);

        assert_int_equal(TAIL("%PDF-1.5\n12 0 obj<</Type/XRef>>\nstartxref 9 %%EOF", &t), 0);
        assert_int_equal(t.form, PDF_XREF_STREAM);
        assert_false(t.ends_with_eol);
}

static void test_last_counts(void **state) {
        PdfTail t;

        assert_int_equal(TAIL("%PDF-1.4\nxref\nstartxref\n9\n%%EOF\n7 0 obj\nstartxref\n32\n%%EOF\r\n", &t), 0);
        assert_int_equal(t.startxref, 32);
        assert_int_equal(t.form, PDF_XREF_STREAM);
        assert_int_equal(t.end, t.size);
}

/* The offset is made exact where white space precedes the section. */
static void test_space_before_section(void **state) {
        PdfTail t;

        assert_int_equal(TAIL("%PDF-1.4\n\r\n xref\nstartxref\n9\n%%EOF", &t), 0);
        assert_int_equal(t.startxref, 12);
}

static void test_junk(void **state) {
        PdfTail t;

        assert_int_equal(TAIL("HTTP/1.1 200\r\n\r\n%PDF-1.4\nxref\nstartxref\n9\n%%EOF\njunk", &t), 0);
        assert_int_equal(t.header, 16);
        assert_int_equal(t.startxref, 9);
        assert_int_equal(t.size - t.end, 4);
}

static void test_refuses(void **state) {
        static const char *const damaged[] = {
                "%PDF-1.4\nxref\n",
                "%PDF-1.4\nxref\nstartxref\n",
                "%PDF-1.4\nxref\nstartxref\n9\n",
                "%PDF-1.4\nxref\nstartxref\n9 9\n%%EOF",
                "%PDF-1.4\nxref\nstartxref\n-9\n%%EOF",
                "%PDF-1.4\nxref\nstartxref\n8000\n%%EOF",
                "%PDF-1.4\nxref\nstartxref\n10\n%%EOF",
                "%PDF-1.4\nxref\nstartxref\n0\n%%EOF",
                "%PDF-1.4\nxref\nstartxref\n99999999999999999999999\n%%EOF",
                "%PDF-1.4\n1 0 object\nstartxref\n1\n%%EOF",
                "%PDF-1.4\n10 obj\nstartxref\n9\n%%EOF",
                "%PDF-1.4\n1 0\nstartxref\n9\n%%EOF",
        };
        PdfTail t = { 0 };

        for (size_t i = 0; i < ELEMENTSOF(damaged); i++)
                assert_int_equal(TAIL(damaged[i], &t), PDF_TAIL_DAMAGED);
        assert_int_equal(TAIL("", &t), PDF_TAIL_NOT_PDF);
        assert_int_equal(TAIL("%PDX-1.4\nxref\nstartxref\n9\n%%EOF", &t), PDF_TAIL_NOT_PDF);
        assert_int_equal(t.size, 0);
}

/* Both windows are a kilobyte. */
static void test_windows(void **state) {
        char far[4096];
        PdfTail t;

        memset(far, ' ', sizeof(far));
        memcpy(far + 1020, "%PDF-", 5);
        assert_int_equal(read_tail(far, sizeof(far), &t), PDF_TAIL_NOT_PDF);
        memset(far, ' ', sizeof(far));
        memcpy(far, "%PDF-1.4\nxref\nstartxref\n9\n%%EOF", 31);
        assert_int_equal(read_tail(far, sizeof(far), &t), PDF_TAIL_DAMAGED);
        assert_int_equal(read_tail(far, 1024, &t), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_forms),
                cmocka_unit_test(test_last_counts),
                cmocka_unit_test(test_space_before_section),
                cmocka_unit_test(test_junk),
                cmocka_unit_test(test_refuses),
                cmocka_unit_test(test_windows),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
