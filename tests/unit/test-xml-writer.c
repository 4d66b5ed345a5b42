/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign/xml/xml-writer.c: the same element in the document's form and in both canonical ones, text that has to be escaped, and what cannot be written. Whole
 * signatures are held against libxml2 by test-xades.c. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "sign/xml/xml-names.h"
#include "sign/xml/xml-writer.h"

#define DS "xmlns:ds=\"" XML_NS_DSIG "\""
#define XADES "xmlns:xades=\"" XML_NS_XADES_132 "\""

static void put_example(XmlWriter *w) {
        xml_put_open(w, "xades:Cert");
        xml_put_attribute(w, "Id", "a");
        xml_put_algorithm(w, "ds:DigestMethod", "x");
        xml_put_element(w, "ds:DigestValue", "AA==");
        xml_put_element(w, "ds:DigestValue", NULL);
        xml_put_close(w);
}

static void assert_written(XmlForm form, const XmlScope *scope, void (*put)(XmlWriter *w), const char *expected) {
        _cleanup_xml_writer_ XmlWriter w = XML_WRITER(form, scope);
        _cleanup_bytes_ Bytes b = BYTES_NULL;

        put(&w);
        assert_int_equal(xml_writer_finish(&w, &b), 0);
        if (!view_equal(bytes_view(&b), view_string(expected)))
                print_message("%.*s\n", (int) b.len, (const char *) b.data);
        assert_true(view_equal(bytes_view(&b), view_string(expected)));
}

static void test_forms(void **state) {
        _cleanup_xml_scope_ XmlScope scope = { 0 };

        assert_written(XML_FORM_DOCUMENT, NULL, put_example, "<xades:Cert " XADES " Id=\"a\"><ds:DigestMethod " DS " Algorithm=\"x\"></ds:DigestMethod><ds:DigestValue " DS
                       ">AA==</ds:DigestValue></xades:Cert>");
        assert_written(XML_FORM_EXCLUSIVE, NULL, put_example, "<xades:Cert " XADES " Id=\"a\"><ds:DigestMethod " DS " Algorithm=\"x\"></ds:DigestMethod><ds:DigestValue " DS
                       ">AA==</ds:DigestValue></xades:Cert>");
        /* By prefix, the default first; what is bound anew is no longer what it was; xml: attributes come last. */
        assert_int_equal(xml_scope_bind(&scope, "z", "urn:z"), 0);
        assert_int_equal(xml_scope_bind(&scope, "ds", "urn:x"), 0);
        assert_int_equal(xml_scope_bind(&scope, "xades", "urn:x"), 0);
        assert_int_equal(xml_scope_bind(&scope, "", "urn:d & <"), 0);
        assert_int_equal(xml_scope_bind(&scope, "Z", "urn:Z"), 0);
        assert_int_equal(xml_scope_bind(&scope, "ds", XML_NS_DSIG), 0);
        assert_int_equal(xml_scope_inherit(&scope, "space", "preserve"), 0);
        assert_int_equal(xml_scope_inherit(&scope, "lang", "pl"), 0);
        assert_written(XML_FORM_INCLUSIVE, &scope, put_example, "<xades:Cert xmlns=\"urn:d &amp; &lt;\" xmlns:Z=\"urn:Z\" " DS " " XADES
                       " xmlns:z=\"urn:z\" Id=\"a\" xml:lang=\"pl\" xml:space=\"preserve\"><ds:DigestMethod Algorithm=\"x\"></ds:DigestMethod><ds:DigestValue>AA=="
                       "</ds:DigestValue></xades:Cert>");
        /* A default namespace that was taken back is none. */
        assert_int_equal(xml_scope_bind(&scope, "", ""), 0);
        assert_int_equal(xml_scope_bind(&scope, "ds", "urn:x"), 0);
        assert_written(XML_FORM_INCLUSIVE, &scope, put_example, "<xades:Cert xmlns:Z=\"urn:Z\" xmlns:ds=\"urn:x\" " XADES
                       " xmlns:z=\"urn:z\" Id=\"a\" xml:lang=\"pl\" xml:space=\"preserve\"><ds:DigestMethod " DS " Algorithm=\"x\"></ds:DigestMethod><ds:DigestValue " DS
                       ">AA==</ds:DigestValue></xades:Cert>");
}

static void put_text(XmlWriter *w) {
        xml_put_open(w, "ds:Object");
        xml_put_attribute(w, "Id", "<>&\"'\t\n\rż");
        xml_put_text(w, "<>&\"'\t\n\rż😀");
        xml_put_close(w);
}

static void test_text(void **state) {
        assert_written(XML_FORM_EXCLUSIVE, NULL, put_text, "<ds:Object " DS " Id=\"&lt;>&amp;&quot;'&#x9;&#xA;&#xD;ż\">&lt;&gt;&amp;\"'\t\n&#xD;ż😀</ds:Object>");
        assert_written(XML_FORM_DOCUMENT, NULL, put_text, "<ds:Object " DS " Id=\"&lt;>&amp;&quot;'&#x9;&#xA;&#xD;&#x17C;\">&lt;&gt;&amp;\"'\t\n&#xD;&#x17C;&#x1F600;</ds:Object>");
}

static void test_refused(void **state) {
        static const char *const bad[] = { "\x01", "a\x1f", "\xff", "\xc3", "\xed\xa0\x80", "\xef\xbf\xbe", "\xef\xbf\xbf" };
        _cleanup_bytes_ Bytes b = BYTES_NULL;

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                _cleanup_xml_writer_ XmlWriter w = XML_WRITER(XML_FORM_DOCUMENT, NULL);

                xml_put_element(&w, "ds:Object", bad[i]);
                assert_int_equal(xml_writer_finish(&w, &b), -EILSEQ);
        }
        for (int i = 0; i < 4; i++) {
                _cleanup_xml_writer_ XmlWriter w = XML_WRITER(XML_FORM_DOCUMENT, NULL);

                if (i == 0)
                        xml_put_open(&w, "ds:Object");
                else if (i == 1)
                        xml_put_close(&w);
                else if (i == 2)
                        xml_put_element(&w, "none:Object", "");
                else
                        for (unsigned k = 0; k <= XML_WRITER_DEPTH_MAX; k++)
                                xml_put_open(&w, "ds:Object");
                assert_int_equal(xml_writer_finish(&w, &b), -EINVAL);
        }
        assert_int_equal(b.len, 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_forms),
                cmocka_unit_test(test_text),
                cmocka_unit_test(test_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
