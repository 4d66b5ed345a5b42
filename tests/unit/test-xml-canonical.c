/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign/xml/xml-canonical.c by the examples of the recommendations: Canonical XML 1.0 section 3 and 1.1 section 3.8 (without their DTDs, which are not read), and
 * Exclusive XML Canonicalization sections 2.2 and 2.3. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "sign/xml/xml-canonical.h"

static XmlDocument *document(const char *text) {
        XmlDocument *d = NULL;

        assert_int_equal(xml_document_read(view_string(text), &d), 0);
        return d;
}

static void expect_selection(const XmlSelection *s, const char *method, const char *expected) {
        _cleanup_xml_canonical_ XmlCanonical c = { 0 };
        _cleanup_bytes_ Bytes out = BYTES_NULL;
        Digest streamed, whole;

        assert_int_equal(xml_canonical_of_uri(method, &c), 0);
        assert_int_equal(xml_canonical_bytes(s, &c, 65536, &out), 0);
        assert_int_equal(xml_canonical_digest(s, &c, GNUTLS_DIG_SHA256, &streamed), 0);
        assert_int_equal(digest_of(GNUTLS_DIG_SHA256, bytes_view(&out), &whole), 0);
        assert_memory_equal(streamed.data, whole.data, whole.len);
        assert_int_equal(bytes_append_byte(&out, 0), 0);
        assert_string_equal((char *) out.data, expected);
}

static void expect(const char *text, const char *method, const char *expected) {
        _cleanup_xml_document_ XmlDocument *d = document(text);

        expect_selection(&(XmlSelection) { .document = d }, method, expected);
}

/* The element with Id "x" alone. */
static void expect_part(const char *text, const char *method, const char *expected) {
        _cleanup_xml_document_ XmlDocument *d = document(text);
        xmlNode *apex;

        assert_int_equal(xml_document_find_id(d, "x", &apex), 0);
        expect_selection(&(XmlSelection) { .document = d, .apex = apex }, method, expected);
}

/* 3.1 */
static void test_outside(void **state) {
        static const char text[] = "<?xml version=\"1.0\"?>\n\n<?xml-stylesheet   href=\"doc.xsl\"\n   type=\"text/xsl\"   ?>\n\n<doc>Hello, world!<!-- Comment 1 --></doc>\n\n"
                                   "<?pi-without-data     ?>\n\n<!-- Comment 2 -->\n\n<!-- Comment 3 -->\n";

        (void) state;
        expect(text, XML_C14N_10, "<?xml-stylesheet href=\"doc.xsl\"\n   type=\"text/xsl\"   ?>\n<doc>Hello, world!</doc>\n<?pi-without-data?>");
        expect(text, XML_C14N_10 "#WithComments",
               "<?xml-stylesheet href=\"doc.xsl\"\n   type=\"text/xsl\"   ?>\n<doc>Hello, world!<!-- Comment 1 --></doc>\n<?pi-without-data?>\n<!-- Comment 2 -->\n"
               "<!-- Comment 3 -->");
}

/* 3.2 */
static void test_space(void **state) {
        static const char text[] = "<doc>\n   <clean>   </clean>\n   <dirty>   A   B   </dirty>\n   <mixed>\n      A\n      <clean>   </clean>\n      B\n"
                                   "      <dirty>   A   B   </dirty>\n      C\n   </mixed>\n</doc>";

        (void) state;
        expect(text, XML_C14N_10, text);
        expect(text, XML_C14N_EXCLUSIVE, text);
}

/* 3.3, without the attribute that its DTD adds */
static void test_tags(void **state) {
        (void) state;
        expect("<doc>\n   <e1   />\n   <e2   ></e2>\n   <e3   name = \"elem3\"   id=\"elem3\"   />\n   <e4   name=\"elem4\"   id=\"elem4\"   ></e4>\n"
               "   <e5 a:attr=\"out\" b:attr=\"sorted\" attr2=\"all\" attr=\"I'm\"\n      xmlns:b=\"http://www.ietf.org\"\n      xmlns:a=\"http://www.w3.org\"\n"
               "      xmlns=\"http://example.org\"/>\n   <e6 xmlns=\"\" xmlns:a=\"http://www.w3.org\">\n      <e7 xmlns=\"http://www.ietf.org\">\n"
               "         <e8 xmlns=\"\" xmlns:a=\"http://www.w3.org\">\n            <e9 xmlns=\"\" xmlns:a=\"http://www.ietf.org\"/>\n         </e8>\n      </e7>\n   </e6>\n"
               "</doc>",
               XML_C14N_10,
               "<doc>\n   <e1></e1>\n   <e2></e2>\n   <e3 id=\"elem3\" name=\"elem3\"></e3>\n   <e4 id=\"elem4\" name=\"elem4\"></e4>\n"
               "   <e5 xmlns=\"http://example.org\" xmlns:a=\"http://www.w3.org\" xmlns:b=\"http://www.ietf.org\" attr=\"I'm\" attr2=\"all\" b:attr=\"sorted\" "
               "a:attr=\"out\"></e5>\n   <e6 xmlns:a=\"http://www.w3.org\">\n      <e7 xmlns=\"http://www.ietf.org\">\n         <e8 xmlns=\"\">\n"
               "            <e9 xmlns:a=\"http://www.ietf.org\"></e9>\n         </e8>\n      </e7>\n   </e6>\n</doc>");
}

/* 3.4 */
static void test_characters(void **state) {
        (void) state;
        expect("<doc>\n   <text>First line&#x0d;&#10;Second line</text>\n   <value>&#x32;</value>\n   <compute><![CDATA[value>\"0\" && value<\"10\" ?\"valid\":\"error\"]]></compute>\n"
               "   <compute expr='value>\"0\" &amp;&amp; value&lt;\"10\" ?\"valid\":\"error\"'>valid</compute>\n   <norm attr=' &apos;   &#x20;&#13;&#xa;&#9;   &apos; '/>\n</doc>",
               XML_C14N_10,
               "<doc>\n   <text>First line&#xD;\nSecond line</text>\n   <value>2</value>\n   <compute>value&gt;\"0\" &amp;&amp; value&lt;\"10\" ?\"valid\":\"error\"</compute>\n"
               "   <compute expr=\"value>&quot;0&quot; &amp;&amp; value&lt;&quot;10&quot; ?&quot;valid&quot;:&quot;error&quot;\">valid</compute>\n"
               "   <norm attr=\" '    &#xD;&#xA;&#x9;   ' \"></norm>\n</doc>");
}

/* 3.6 */
static void test_utf8(void **state) {
        (void) state;
        expect("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<doc>&#169;\xa9</doc>", XML_C14N_10, "<doc>\xc2\xa9\xc2\xa9</doc>");
}

/* 2.2 of Exclusive XML Canonicalization. */
static void test_context(void **state) {
        static const char text[] = "<n0:pdu xmlns:n0='http://a.example' xmlns:n2='http://c.example' xml:lang='fr' xml:space='preserve'><n1:elem2 Id='x' xmlns:n1='http://b.example' "
                                   "xml:lang='en'><n3:stuff xmlns:n3='ftp://example.org'/></n1:elem2></n0:pdu>";

        (void) state;
        expect_part(text, XML_C14N_10,
                    "<n1:elem2 xmlns:n0=\"http://a.example\" xmlns:n1=\"http://b.example\" xmlns:n2=\"http://c.example\" Id=\"x\" xml:lang=\"en\" xml:space=\"preserve\">"
                    "<n3:stuff xmlns:n3=\"ftp://example.org\"></n3:stuff></n1:elem2>");
        expect_part(text, XML_C14N_EXCLUSIVE,
                    "<n1:elem2 xmlns:n1=\"http://b.example\" Id=\"x\" xml:lang=\"en\"><n3:stuff xmlns:n3=\"ftp://example.org\"></n3:stuff></n1:elem2>");
}

/* What 1.1 does differently: xml:id is not handed down, xml:base is joined. */
static void test_inherited(void **state) {
        static const char text[] = "<a xml:id='i' xml:base='http://example.org/one/' xml:lang='pl'><b Id='x' xml:base='two/'/></a>";

        (void) state;
        expect_part(text, XML_C14N_10, "<b Id=\"x\" xml:base=\"two/\" xml:id=\"i\" xml:lang=\"pl\"></b>");
        expect_part(text, XML_C14N_11, "<b Id=\"x\" xml:base=\"http://example.org/one/two/\" xml:lang=\"pl\"></b>");
}

static void test_prefixes(void **state) {
        _cleanup_xml_document_ XmlDocument *d =
                document("<a xmlns='urn:d' xmlns:p='urn:p' xmlns:q='urn:q'><b Id='x'/><m Algorithm='" XML_C14N_EXCLUSIVE "'><e:InclusiveNamespaces xmlns:e='" XML_C14N_EXCLUSIVE
                         "' PrefixList=' p\n#default'/></m><m Algorithm='" XML_C14N_EXCLUSIVE "'><other/></m><m Algorithm='urn:unknown'/><m/><m Algorithm='" XML_C14N_10
                         "'><e:InclusiveNamespaces xmlns:e='" XML_C14N_EXCLUSIVE "' PrefixList='p'/></m></a>");
        _cleanup_xml_canonical_ XmlCanonical c = { 0 };
        _cleanup_bytes_ Bytes out = BYTES_NULL;
        XmlSelection s = { .document = d };
        XmlCanonical other;
        xmlNode *m;

        (void) state;
        assert_int_equal(xml_document_find_id(d, "x", &s.apex), 0);
        m = xml_next_element(s.apex);
        assert_int_equal(xml_canonical_of_element(m, &c), 0);
        assert_int_equal(xml_canonical_bytes(&s, &c, 1000, &out), 0);
        assert_true(view_equal(bytes_view(&out), VIEW_LITERAL("<b xmlns=\"urn:d\" xmlns:p=\"urn:p\" Id=\"x\"></b>")));
        assert_int_equal(xml_canonical_bytes(&s, &c, out.len - 1, &out), -E2BIG);
        m = xml_next_element(m);
        assert_int_equal(xml_canonical_of_element(m, &other), -EBADMSG);
        m = xml_next_element(m);
        assert_int_equal(xml_canonical_of_element(m, &other), -EOPNOTSUPP);
        m = xml_next_element(m);
        assert_int_equal(xml_canonical_of_element(m, &other), -EOPNOTSUPP);
        assert_int_equal(xml_canonical_of_element(xml_next_element(m), &other), -EBADMSG);
}

static void test_filters(void **state) {
        _cleanup_xml_document_ XmlDocument *d = document("<a><b Id='x'>1</b><S:Signature xmlns:S='" XML_NS_DSIG "'><c/></S:Signature><Signature>2</Signature><!--3--></a>");
        XmlSelection s = { .document = d, .filters = { { .type = XML_FILTER_WITHOUT_SIGNATURES } }, .n_filters = 1 };
        xmlNode *b;

        (void) state;
        assert_int_equal(xml_document_find_id(d, "x", &b), 0);
        expect_selection(&s, XML_C14N_10 "#WithComments", "<a><b Id=\"x\">1</b><Signature>2</Signature><!--3--></a>");
        s.filters[s.n_filters++] = (XmlFilter) { .type = XML_FILTER_WITHOUT_SUBTREE, .node = b };
        s.without_comments = true;
        expect_selection(&s, XML_C14N_10 "#WithComments", "<a><Signature>2</Signature></a>");
        s.filters[s.n_filters++] = (XmlFilter) { .type = XML_FILTER_NODES };
        expect_selection(&s, XML_C14N_10, "");
}

static void test_relative_namespace(void **state) {
        _cleanup_xml_document_ XmlDocument *d = NULL;
        XmlCanonical c = { .mode = XML_C14N_1_0 };
        _cleanup_bytes_ Bytes out = BYTES_NULL;

        (void) state;
        if (xml_document_read(VIEW_LITERAL("<a xmlns='relative'/>"), &d) == 0)
                assert_int_equal(xml_canonical_bytes(&(XmlSelection) { .document = d }, &c, 1000, &out), -EBADMSG);
        assert_int_equal(out.len, 0);
}

static int stop(void *userdata, View piece) {
        (void) piece;
        ++*(int *) userdata;
        return -ECANCELED;
}

static void test_stopped(void **state) {
        _cleanup_xml_document_ XmlDocument *d = document("<a/>");
        XmlCanonical c = { .mode = XML_C14N_1_0 };
        int calls = 0;

        (void) state;
        assert_int_equal(xml_canonicalize(&(XmlSelection) { .document = d }, &c, stop, &calls), -ECANCELED);
        assert_int_equal(calls, 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_outside), cmocka_unit_test(test_space), cmocka_unit_test(test_tags), cmocka_unit_test(test_characters),
                cmocka_unit_test(test_utf8), cmocka_unit_test(test_context), cmocka_unit_test(test_inherited), cmocka_unit_test(test_prefixes),
                cmocka_unit_test(test_filters), cmocka_unit_test(test_relative_namespace), cmocka_unit_test(test_stopped),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
