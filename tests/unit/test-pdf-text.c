/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign/pdf/pdf-text.c and pdf-font.c: templates, letters, and lines in the width that there is. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sign/pdf/pdf-text.h"

/* CN=Zażółć Gęślą, O=Example, sp. z o.o., organizationIdentifier=VATPL-5250000000, built here: no authority is asked. */
static gnutls_x509_crt_t make_certificate(void) {
        gnutls_x509_crt_t crt;
        const uint8_t serial[] = { 0x0a, 0xff };

        assert_int_equal(gnutls_x509_crt_init(&crt), 0);
        assert_int_equal(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, "Zażółć Gęślą", (unsigned) strlen("Zażółć Gęślą")), 0);
        assert_int_equal(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_ORGANIZATION_NAME, 0, "Example, sp. z o.o.", 19), 0);
        assert_int_equal(gnutls_x509_crt_set_dn_by_oid(crt, "2.5.4.97", 1, "\x0c\x10VATPL-5250000000", 18), 0);
        assert_int_equal(gnutls_x509_crt_set_issuer_dn_by_oid(crt, GNUTLS_OID_X520_ORGANIZATION_NAME, 0, "Example CA", 10), 0);
        assert_int_equal(gnutls_x509_crt_set_serial(crt, serial, sizeof(serial)), 0);
        return crt;
}

static void assert_filled(const PdfTextFacts *f, const char *template, const char *expected) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;

        assert_true(pdf_text_is_template(template));
        assert_int_equal(pdf_text_fill(template, f, &b), 0);
        assert_int_equal(bytes_append_byte(&b, 0), 0);
        assert_string_equal((const char *) b.data, expected);
}

static void test_fill(void **state) {
        gnutls_x509_crt_t crt = make_certificate();
        PdfTextFacts f = { .certificate = crt, .time = 1774000000, .reason = "a\nb\x01", .location = NULL };

        setenv("TZ", "CET-1", 1);
        tzset();
        assert_filled(&f, "Signed by {name}", "Signed by Zażółć Gęślą\n");
        assert_filled(&f, "{organization} {identifier}\n{issuer}/{serial}", "Example, sp. z o.o. VATPL-5250000000\nExample CA/0aff\n");
        assert_filled(&f, "{date} {time}", "2026-03-20 10:46:40 +01:00\n");
        /* A line whose names are all empty is left out, one with a value stays, and so does plain text, empty lines as well. */
        assert_filled(&f, "a\nPlace: {location}\n\n{date}{location}", "a\n\n2026-03-20\n");
        /* What a value has is never a line or control of its own. */
        assert_filled(&f, "{reason}", "a\xef\xbf\xbd" "b\xef\xbf\xbd\n");
        assert_filled(&f, "{{name} }", "{name} }\n");
        f.time = -1;
        assert_filled(&f, "{date}", "1970-01-01\n");
        gnutls_x509_crt_deinit(crt);
}

static void test_refused_templates(void **state) {
        static const char *const refused[] = { "{", "{}", "{nam}", "{name", "a {Name}", "{name }", "\xff" };
        char *long_text = malloc(PDF_TEXT_MAX + 2);

        for (size_t i = 0; i < ELEMENTSOF(refused); i++)
                assert_false(pdf_text_is_template(refused[i]));
        assert_non_null(long_text);
        memset(long_text, 'x', PDF_TEXT_MAX + 1);
        long_text[PDF_TEXT_MAX + 1] = '\0';
        assert_false(pdf_text_is_template(long_text));
        free(long_text);
}

static void assert_wrapped(const PdfFont *f, const char *text, const char *widest, const char *const *expected) {
        PdfTextLines lines;
        size_t n = 0;

        pdf_text_wrap(f, view_string(text), pdf_font_width(f, view_string(widest)) + 0.001, &lines);
        assert_true(lines.complete);
        for (; expected[n]; n++) {
                assert_true(n < lines.n);
                assert_int_equal(lines.lines[n].len, strlen(expected[n]));
                assert_memory_equal(lines.lines[n].data, expected[n], strlen(expected[n]));
        }
        assert_int_equal(lines.n, n);
}

static void test_wrap(void **state) {
        _cleanup_(pdf_font_freep) PdfFont *f = NULL;
        PdfTextLines lines;
        char many[200];

        assert_int_equal(pdf_font_open(PDF_FONT_DEFAULT, &f), 0);
        assert_wrapped(f, "abc def\nghi\n", "abc def", (const char *const[]) { "abc def", "ghi", NULL });
        assert_wrapped(f, "abc def ghi", "abc de", (const char *const[]) { "abc", "def", "ghi", NULL });
        assert_wrapped(f, "abc  def", "abcd", (const char *const[]) { "abc ", "def", NULL });
        assert_wrapped(f, "żółty\n\nx", "żó", (const char *const[]) { "żó", "łt", "y", "", "x", NULL });
        /* Not even a letter fits: one a line, and no loop. */
        pdf_text_wrap(f, VIEW_LITERAL("abc"), 0, &lines);
        assert_int_equal(lines.n, 3);
        memset(many, '\n', sizeof(many));
        pdf_text_wrap(f, VIEW(many, sizeof(many)), 1, &lines);
        assert_false(lines.complete);
        assert_int_equal(lines.n, PDF_TEXT_LINES_MAX);
}

static void test_letters(void **state) {
        _cleanup_(pdf_font_freep) PdfFont *f = NULL;

        assert_int_equal(pdf_font_open(PDF_FONT_DEFAULT, &f), 0);
        assert_true(pdf_font_has(f, view_string("Zażółć gęślą jaźń ZAŻÓŁĆ GĘŚLĄ JAŹŃ – „tak” €")));
        assert_false(pdf_font_has(f, view_string("a漢")));
        assert_true(pdf_font_width(f, VIEW_LITERAL("mm")) > pdf_font_width(f, VIEW_LITERAL("ii")));
        assert_true(pdf_font_ascent(f) > 0.5 && pdf_font_descent(f) > 0 && pdf_font_descent(f) < 0.5);
}

static void test_no_font(void **state) {
        PdfFont *f = NULL;

        assert_int_equal(pdf_font_open("/nonexistent.ttf", &f), -ENOENT);
        assert_int_equal(pdf_font_open("/proc/self/exe", &f), PDF_FONT_UNUSABLE);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_fill),    cmocka_unit_test(test_refused_templates), cmocka_unit_test(test_wrap),
                cmocka_unit_test(test_letters), cmocka_unit_test(test_no_font),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
