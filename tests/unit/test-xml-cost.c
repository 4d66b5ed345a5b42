/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign/xml/xml-cost.c by counts, and what a document may have canonicalized. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "sign/xml/xml-canonical.h"
#include "sign/xml/xml-cost.h"

/* Invoices with a node for each nine bytes, as many as there may be. */
static void test_ordinary(void **state) {
        XmlCost c = { 0 };

        for (size_t i = 0; i < 2 * 1000 * 1000; i++) {
                c.size += 37;
                assert_true(xml_cost_add_element(&c, 1, 0, 1));
                assert_true(xml_cost_add_node(&c));
        }
        for (size_t i = 0; i < 16; i++)
                assert_true((i + 1) * xml_cost_of_canonical(&c, false, 0) < XML_CANONICAL_BUDGET(c.size));
}

static void test_dense(void **state) {
        XmlCost c = { 0 };
        size_t n = 0;

        for (c.size = 4; xml_cost_add_element(&c, 1, 0, 0); c.size += 4)
                n++;
        assert_true(n > 300 * 1000 && n < 500 * 1000);
}

static void test_comparisons(void **state) {
        XmlCost c = { .size = 1000 * 1000 };
        size_t n = 0;

        while (xml_cost_add_element(&c, 0, 0, 4000))
                n++;
        assert_true(n < 10);
}

/* Each namespace is compared with all others, for each element below. */
static void test_namespaces(void **state) {
        XmlCost c = { .size = 1000 * 1000 };

        assert_true(xml_cost_add_element(&c, 0, 3000, 0));
        for (size_t i = 0; i < 200; i++)
                assert_true(xml_cost_add_element(&c, 1, 0, 0));
        assert_true(xml_cost_of_canonical(&c, false, 0) > XML_CANONICAL_BUDGET(c.size));
        assert_true(xml_cost_of_canonical(&c, true, 0) * 100 < XML_CANONICAL_BUDGET(c.size));
        assert_true(xml_cost_of_canonical(&c, true, 2000) > XML_CANONICAL_BUDGET(c.size));
        /* Out of scope again. */
        assert_true(xml_cost_add_element(&c, 0, 0, 0));
        assert_true(xml_cost_add_element(&c, 1, 2, 0));
        assert_int_equal(c.scopes[1], 2);
}

/* A walk through the document for each form, however small its part: there is an end to it, and 500 are before that. */
static void test_budget(void **state) {
        static const char item[] = "<a b=\"1\">text</a>\n";
        _cleanup_xml_document_ XmlDocument *d = NULL;
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        XmlSelection selection;
        unsigned n = 0;

        assert_int_equal(bytes_append_view(&text, VIEW_LITERAL("<r>")), 0);
        for (size_t i = 0; i < 20000; i++)
                assert_int_equal(bytes_append(&text, item, strlen(item)), 0);
        assert_int_equal(bytes_append_view(&text, VIEW_LITERAL("</r>")), 0);
        assert_int_equal(xml_document_read(bytes_view(&text), &d), 0);
        while (xml_document_spend(d, false, 0))
                n++;
        assert_true(n > 500 && n < 2000);
        selection = (XmlSelection) { .document = d, .apex = xml_first_element(xml_document_root(d)) };
        assert_int_equal(xml_canonical_bytes(&selection, &(XmlCanonical) { .mode = XML_C14N_1_0 }, 1024, &(Bytes) { 0 }), -E2BIG);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_ordinary),
                cmocka_unit_test(test_dense),
                cmocka_unit_test(test_comparisons),
                cmocka_unit_test(test_namespaces),
                cmocka_unit_test(test_budget),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
