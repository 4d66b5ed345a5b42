/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign/pdf/pdf-guard.c and what it reads with: cross-references as ISO 32000-1 §7.5.4 and §7.5.8 have them, as qpdf takes them all the same, and as
 * nobody honest writes them. tests/interop/bounded.py holds the costs. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include <zlib.h>

#include "sign/pdf/pdf-guard.h"

static int check(const void *data, size_t len, bool repair, bool *ret_encrypted) {
        PdfGuard guard;
        int r = pdf_guard_check(&guard, -1, data, len, repair);

        if (r == 0) {
                *ret_encrypted = guard.is_encrypted;
                pdf_guard_done(&guard);
        }
        return r;
}

#define HEADER "%PDF-1.7\n"
#define CHECK(text, repair) check((text), strlen(text), (repair), &(bool) { false })

static void test_table(void **state) {
        bool encrypted = false;
        static const char plain[] = HEADER "xref\n0 2\n0000000000 65535 f \n0000000009 00000 n \ntrailer << /Size 2 /Root 1 0 R >> startxref 9 %%EOF";
        static const char cipher[] = HEADER "xref\n0 1\n0000000000 65535 f \ntrailer << /Size 1 /Encrypt 5 0 R >>\nstartxref\n9\n%%EOF";

        assert_int_equal(check(plain, sizeof(plain) - 1, false, &encrypted), 0);
        assert_false(encrypted);
        assert_int_equal(check(cipher, sizeof(cipher) - 1, false, &encrypted), 0);
        assert_true(encrypted);
}

/* What no reader can follow is left to qpdf, and costs nothing. */
static void test_broken(void **state) {
        assert_int_equal(CHECK("", false), 0);
        assert_int_equal(CHECK(HEADER "startxref\n900\n%%EOF", false), 0);
        assert_int_equal(CHECK(HEADER "xref\n0 900\n0000000000 65535 f \ntrailer << >> startxref 9 %%EOF", false), 0);
        assert_int_equal(CHECK(HEADER "xref\n0 0\ntrailer << /Prev 9 >> startxref 9 %%EOF", false), 0);
        assert_int_equal(CHECK(HEADER "xref\n0 0\ntrailer << /Prev (", true), 0);
}

static void test_doubtful(void **state) {
        assert_int_equal(CHECK(HEADER "xref\n0 0\ntrailer << /Prev 7 0 R >> startxref 9 %%EOF", false), PDF_GUARD_DAMAGED);
        assert_int_equal(CHECK(HEADER "xref\n0 0\ntrailer << /XRefStm 7 0 R >> startxref 9 %%EOF", false), PDF_GUARD_DAMAGED);
        assert_int_equal(CHECK(HEADER "7 0 obj << /Type 8 0 R /W [1 1 1] /Size 1 >> stream\nabc startxref 9 %%EOF", false), PDF_GUARD_DAMAGED);
        assert_int_equal(CHECK(HEADER "7 0 obj << /Type /XRef /W [1 1 1] /Size 1 /Filter /LZWDecode /Length 3 >> stream\nabc startxref 9 %%EOF", false),
                         PDF_GUARD_DAMAGED);
}

/* The last value of a key counts, whatever stands between, and escapes are of the name. */
static void test_names(void **state) {
        assert_int_equal(CHECK(HEADER "7 0 obj << /Type /XRef /W [1 1 1] /Size 1 /Si#7ae 900000000 >> stream\nabc startxref 9 %%EOF", false), PDF_GUARD_EXCESSIVE);
        assert_int_equal(CHECK(HEADER "7 0 obj << /Type /XRef /W [1 1 1] 5 (\\)>>) <3e> /Size 900000000 >> stream\nabc startxref 9 %%EOF", false),
                         PDF_GUARD_EXCESSIVE);
        assert_int_equal(CHECK(HEADER "7 0 obj << /Type /XRef /W [1 1 1] /Index [0 5 7 900000000] /Size 1 >> stream\nabc startxref 9 %%EOF", false),
                         PDF_GUARD_EXCESSIVE);
        assert_int_equal(CHECK("junk\n" HEADER "7 0 obj << /Type /XRef /W [1 1 1] /Size 900000000 >> stream\nabc startxref 9 %%EOF", false), PDF_GUARD_EXCESSIVE);
}

/* Entries with PNG's predictors, whose types differ from row to row; the second names an object stream, at the place that the first gives. */
static void test_predicted(void **state) {
        /* up: 1 9 0, then 2 5 0 */
        static const uint8_t rows[] = { 2, 1, 9, 0, 2, 1, 252, 0 };
        static const char object[] = "5 0 obj << /Type /ObjStm /N 900000 /First 4 >> stream\n1 0 [] endstream endobj ";
        uint8_t deflated[64];
        uLongf len = sizeof(deflated);
        char file[512];
        size_t n;

        assert_int_equal(compress(deflated, &len, rows, sizeof(rows)), Z_OK);
        n = (size_t) snprintf(file, sizeof(file), "%s%s\n7 0 obj << /Type /XRef /W [1 1 1] /Index [5 2] /Size 7 /Length %lu /Filter /FlateDecode "
                              "/DecodeParms << /Predictor 12 /Columns 3 >> >> stream\n", HEADER, object, len);
        memcpy(file + n, deflated, len);
        n += len;
        n += (size_t) snprintf(file + n, sizeof(file) - n, "\nendstream endobj\nstartxref\n%zu\n%%%%EOF", strlen(HEADER) + strlen(object) + 1);
        assert_int_equal(check(file, n, false, &(bool) { false }), PDF_GUARD_EXCESSIVE);
}

static void test_object_stream(void **state) {
        static const struct {
                const char *dictionary, *data;
                int outcome;
        } cases[] = {
                { "/N 2 /First 8", "1 0 2 3 [] []", 0 },
                { "/N 2 /First 8", "1 0 2 1 [ ( ) ] ", 0 },
                { "/N 2 /First 8", "1 0 2 0 []", 0 },
                { "/N 2", "1 0 2 0 []", 0 },
                { "/N 8 0 R /First 4", "1 0 2 0 []", PDF_GUARD_DAMAGED },
                { "/N 1 /First 4 /Filter /LZWDecode", "1 0 2 0 []", PDF_GUARD_DAMAGED },
                { "/N 1 /First 4 /Filter /FlateDecode", "nothing that was deflated", 0 },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                char file[512];
                int at, n;

                at = n = snprintf(file, sizeof(file), "%s5 0 obj << /Type /ObjStm %s /Length %zu >> stream\n%s\nendstream endobj\n", HEADER,
                                  cases[i].dictionary, strlen(cases[i].data), cases[i].data);
                n += snprintf(file + n, sizeof(file) - (size_t) n, "7 0 obj << /Type /XRef /W [1 1 1] /Index [5 2] /Size 7 /Length 6 >> stream\n%c%c%c%c%c%c\n"
                              "endstream endobj\nstartxref\n%d\n%%%%EOF", 1, 9, '0', 2, 5, '0', at);
                assert_int_equal(check(file, (size_t) n, false, &(bool) { false }), cases[i].outcome);
        }
}

static uint64_t cost_of(const char *text, bool compressed) {
        PdfSource s;
        PdfLexer l = { .source = &s };
        PdfCost c;
        uint64_t spent;

        assert_int_equal(pdf_cost_init(&c, 1000), 0);
        pdf_source_init_memory(&s, text, strlen(text));
        assert_int_equal(pdf_cost_object(&c, &l, compressed), 0);
        spent = 1000 - c.left;
        pdf_cost_done(&c);
        return spent;
}

/* A reference is told from integers only at its R; what qpdf warns of costs ten. */
static void test_cost(void **state) {
        static const struct {
                const char *text;
                uint64_t cost;
        } cases[] = {
                { "0", 1 },
                { "[1 2 3 0 R true .5 (a)]", 8 },
                { "<</A 1 0 R /B 2>>", 6 },
                { "<</A[1 0 R]/B<<>>>>", 9 },
                { "<</A 1 2 /B 2>>", 17 },
                { "<</A 1 0 R 2 0 R>>", 15 },
                { "<</A 1 /A 2>>", 16 },
                { "<</A 1 /#41 2>>", 16 },
                { "<</A 1 /B<</A 1>>>>", 9 },
                { "<</A>>", 12 },
                { "[R]", 12 },
                { "[/A 0 R]", 14 },
                { "[1 0 R R]", 13 },
                { "[1 0 /A R]", 15 },
                { "[>>]", 12 },
                { "[1.2.3]", 12 },
                { "[-]", 12 },
                { "[/A#]", 12 },
                { "[}]", 12 },
                { "[<0g]", 12 },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                assert_int_equal(cost_of(cases[i].text, false), cases[i].cost);
        assert_int_equal(cost_of("[1 0 R 2 0 R]", true), 6);
        assert_int_equal(cost_of("[1 0 R 2 0 R]", false), 4);
}

/* Without a trailer, newer versions of qpdf read the cross-reference stream that they find, and what it leads to. */
static void test_found(void **state) {
        assert_int_equal(CHECK(HEADER "7 0 obj << /Type /XRef /W [1 1 1] /Size 900000000 >> stream\nabc\nstartxref 1 %%EOF", false), 0);
        assert_int_equal(CHECK(HEADER "7 0 obj << /Type /XRef /W [1 1 1] /Size 900000000 >> stream\nabc\nstartxref 1 %%EOF", true), PDF_GUARD_EXCESSIVE);
        assert_int_equal(CHECK(HEADER "7 0 obj << /Type /XRef /W [1 1 1] /Size 900000000 >> stream\nabc\ntrailer << >>\nstartxref 1 %%EOF", true), 0);
        assert_int_equal(CHECK(HEADER "(((8 0 obj << /Type /XRef /W [1 1 1] /Size 900000000 >> stream\nabc\n"
                               "7 0 obj << /Type /XRef /W [1 1 1] /Size 1 /Length 3 /Prev 12 >> stream\n\1\1\1\nstartxref 1 %%EOF", true), PDF_GUARD_EXCESSIVE);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_table),
                cmocka_unit_test(test_broken),
                cmocka_unit_test(test_doubtful),
                cmocka_unit_test(test_names),
                cmocka_unit_test(test_predicted),
                cmocka_unit_test(test_object_stream),
                cmocka_unit_test(test_cost),
                cmocka_unit_test(test_found),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
