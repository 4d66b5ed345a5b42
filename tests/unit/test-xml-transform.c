/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign/xml/xml-transform.c and xml-xpath.c: what each transform leaves, which ones are refused, and what their limits are. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "sign/xml/xml-transform.h"
#include "sign/xml/xml-xpath.h"

#define DS "xmlns:ds='" XML_NS_DSIG "'"
#define T(algorithm, content) "<ds:Transform Algorithm='" algorithm "'>" content "</ds:Transform>"
#define XPATH(e) T(XML_TRANSFORM_XPATH, "<ds:XPath>" e "</ds:XPath>")
#define FILTER2(filter, e) T(XML_TRANSFORM_FILTER2, "<XPath xmlns='" XML_TRANSFORM_FILTER2 "' Filter='" filter "'>" e "</XPath>")

/* A document with a signature that holds the transforms; they are applied to the whole of it, as URI="" has it. */
typedef struct Case {
        XmlDocument *document;
        XmlTransforms transforms;
        XmlInput input;
        const xmlNode *signature;
} Case;

static void case_done(Case *c) {
        xml_transforms_done(&c->transforms);
        xml_document_free(c->document);
}

static int case_init(Case *c, const char *content, const char *transforms) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        xmlNode *signature;

        *c = (Case) { 0 };
        assert_int_equal(bytes_printf(&text, "<a " DS ">%s<ds:Signature><ds:Transforms>%s</ds:Transforms></ds:Signature></a>", content, transforms), 0);
        assert_int_equal(xml_document_read(bytes_view(&text), &c->document), 0);
        for (signature = xml_child(xml_document_root(c->document), XML_NS_DSIG, "Signature"); xml_next(signature);)
                signature = xml_next(signature);
        c->signature = signature;
        c->input = (XmlInput) { .selection = { .document = c->document, .without_comments = true } };
        return xml_transforms_read(xml_first_element(signature), &c->transforms);
}

/* -ENODATA where nothing is left. */
static int digest(const char *content, const char *transforms, Digest *ret, bool *ret_all) {
        _cleanup_(case_done) Case c;
        XmlLoss loss;
        Digest d;
        int r;

        r = case_init(&c, content, transforms);
        if (r < 0)
                return r;
        *ret_all = xml_transforms_keep_all(&c.transforms);
        r = xml_transforms_digest(&c.transforms, &c.input, c.signature, GNUTLS_DIG_SHA256, &d, &loss);
        if (r < 0 || loss == XML_LOSS_ALL)
                return r < 0 ? r : -ENODATA;
        *ret = d;
        return 0;
}

static void expect(const char *content, const char *transforms, const char *octets, bool all) {
        Digest found, expected;
        bool is_all;
        int r = digest(content, transforms, &found, &is_all);

        if (r < 0)
                fail_msg("%s: %d", transforms, r);
        assert_int_equal(digest_of(GNUTLS_DIG_SHA256, view_string(octets), &expected), 0);
        assert_int_equal(is_all, all);
        assert_memory_equal(found.data, expected.data, expected.len);
}

static int refused(const char *content, const char *transforms) {
        Digest found = { .len = 0 };
        bool all;
        int r = digest(content, transforms, &found, &all);

        assert_int_equal(found.len, 0);
        return r;
}

#define OPEN(name) "<" name " xmlns:ds=\"" XML_NS_DSIG "\">"
#define WHOLE(inner) "<a xmlns:ds=\"" XML_NS_DSIG "\">" inner "</a>"

static void test_enveloped(void **state) {
        (void) state;
        expect("<b/><!--c-->", T(XML_TRANSFORM_ENVELOPED, ""), WHOLE("<b></b>"), true);
        expect("<b/>", T(XML_TRANSFORM_ENVELOPED, "") T(XML_C14N_EXCLUSIVE, ""), "<a><b></b></a>", true);
        /* Only its own signature is taken out. */
        expect("<ds:Signature>1</ds:Signature>", T(XML_TRANSFORM_ENVELOPED, ""), WHOLE("<ds:Signature>1</ds:Signature>"), true);
        /* From octets that were canonicalized before, no signature can be taken. */
        assert_int_equal(refused("", T(XML_C14N_10, "") T(XML_TRANSFORM_ENVELOPED, "")), -EBADMSG);
}

static void test_not_signatures(void **state) {
        (void) state;
        expect("<ds:Signature>1</ds:Signature>2", XPATH("not(ancestor-or-self::ds:Signature)"), WHOLE("2"), true);
        expect("2", XPATH("\n not( ancestor-or-self :: ds:Signature ) "), WHOLE("2"), true);
        expect("2", T(XML_TRANSFORM_XPATH, "<ds:XPath xmlns:other='" XML_NS_DSIG "'>not(ancestor-or-self::other:Signature)</ds:XPath>"), WHOLE("2"), true);
        expect("<ds:Signature>1</ds:Signature>2", FILTER2("subtract", "/descendant::ds:Signature"), WHOLE("2"), true);
        /* A prefix of another namespace is another question. */
        assert_int_equal(refused("", XPATH("not(ancestor-or-self::undeclared:Signature)")), -EBADMSG);
}

static void test_xpath(void **state) {
        (void) state;
        expect("<b>1</b><c>2</c>", XPATH("ancestor-or-self::b"), OPEN("b") "1</b>", false);
        expect("<b>1</b><c>2</c>", XPATH("self::a or ancestor-or-self::c"), "<a>" OPEN("c") "2</c></a>", false);
        expect("<b>1</b>", XPATH("count(ancestor-or-self::ds:Signature | here()/ancestor::ds:Signature[1]) &gt; count(ancestor-or-self::ds:Signature)"), WHOLE("<b>1</b>"), false);
        assert_int_equal(refused("", XPATH("false()")), -ENODATA);
        assert_int_equal(refused("", XPATH("1 +")), -EBADMSG);
        assert_int_equal(refused("", XPATH("true())] | //*[(true()")), -EBADMSG);
        assert_int_equal(refused("", XPATH("document('/etc/passwd')")), -EBADMSG);
        assert_int_equal(refused("", XPATH("unknown-function()")), -EBADMSG);
}

static void test_filter2(void **state) {
        (void) state;
        expect("<b>1</b><c>2</c>", FILTER2("intersect", "//b"), OPEN("b") "1</b>", false);
        expect("<b>1</b>", FILTER2("subtract", "here()/ancestor::ds:Signature[1]"), WHOLE("<b>1</b>"), false);
        expect("<b>1<c>2</c></b>", FILTER2("intersect", "//b") FILTER2("subtract", "//c"), OPEN("b") "1</b>", false);
        expect("<b>1<c>2</c></b>", FILTER2("intersect", "//nothing") FILTER2("union", "//c"), OPEN("c") "2</c>", false);
        assert_int_equal(refused("", FILTER2("intersect", "//nothing")), -ENODATA);
        assert_int_equal(refused("", FILTER2("intersect", "'text'")), -EBADMSG);
        assert_int_equal(refused("", FILTER2("xor", "//a")), -EBADMSG);
        assert_int_equal(refused("", T(XML_TRANSFORM_FILTER2, "")), -EBADMSG);
}

static void test_base64(void **state) {
        (void) state;
        expect("QUJ<b>D</b><!--RA==-->", T(XML_TRANSFORM_ENVELOPED, "") T(XML_TRANSFORM_BASE64, ""), "ABC", false);
        assert_int_equal(refused("!", T(XML_TRANSFORM_ENVELOPED, "") T(XML_TRANSFORM_BASE64, "")), -EBADMSG);
        /* What is decoded may be a document again, and is read as strictly. */
        expect("PHggeT0nMScgLz4=", T(XML_TRANSFORM_ENVELOPED, "") T(XML_TRANSFORM_BASE64, "") T(XML_C14N_10, ""), "<x y=\"1\"></x>", false);
        assert_int_equal(refused("PCFET0NUWVBFIGE+PGEvPg==", T(XML_TRANSFORM_ENVELOPED, "") T(XML_TRANSFORM_BASE64, "") T(XML_C14N_10, "")), -EBADMSG);
}

static void test_refused(void **state) {
        (void) state;
        assert_int_equal(refused("", T("http://www.w3.org/TR/1999/REC-xslt-19991116", "<x/>")), -EOPNOTSUPP);
        assert_int_equal(refused("", T("http://www.w3.org/2000/09/xmldsig#unknown", "")), -EOPNOTSUPP);
        assert_int_equal(refused("", T("http://www.w3.org/2002/07/decrypt#XML", "")), -EOPNOTSUPP);
        assert_int_equal(refused("", "<ds:Transform/>"), -EBADMSG);
        assert_int_equal(refused("", "<ds:Other/>"), -EBADMSG);
        assert_int_equal(refused("", T(XML_TRANSFORM_ENVELOPED, "<x/>")), -EBADMSG);
        assert_int_equal(refused("", T(XML_C14N_10, "") T(XML_C14N_10, "") T(XML_C14N_10, "") T(XML_C14N_10, "") T(XML_C14N_10, "") T(XML_C14N_10, "") T(XML_C14N_10, "")
                                                 T(XML_C14N_10, "") T(XML_C14N_10, "")), -E2BIG);
}

/* Neither many nodes nor an expression that multiplies them. */
static void test_limits(void **state) {
        _cleanup_bytes_ Bytes many = BYTES_NULL;

        (void) state;
        for (unsigned i = 0; i < XPATH_NODES_MAX; i++)
                assert_int_equal(bytes_append_view(&many, VIEW_LITERAL("<b/>")), 0);
        assert_int_equal(bytes_append_byte(&many, 0), 0);
        assert_int_equal(refused((char *) many.data, XPATH("self::b")), -E2BIG);
        assert_int_equal(refused((char *) many.data, FILTER2("intersect", "//b")), -E2BIG);
        _cleanup_bytes_ Bytes scopes = BYTES_NULL;

        assert_int_equal(bytes_printf(&scopes, "<b"), 0);
        for (unsigned i = 0; i < 1000; i++)
                assert_int_equal(bytes_printf(&scopes, " xmlns:n%u='urn:%u'", i, i), 0);
        assert_int_equal(bytes_printf(&scopes, ">"), 0);
        for (unsigned i = 0; i < 100; i++)
                assert_int_equal(bytes_printf(&scopes, "<c/>"), 0);
        assert_int_equal(bytes_printf(&scopes, "</b>"), 0);
        assert_int_equal(refused((char *) scopes.data, XPATH("true()")), -E2BIG);
        many.data[4 * 1000] = '\0';
        assert_int_equal(refused((char *) many.data, XPATH("count(//b[count(//b[count(//b) &gt; 0]) &gt; 0]) &gt; 0")), -E2BIG);
}

static void test_octets(void **state) {
        XmlInput input = { .octets = VIEW_LITERAL("<x   y='1'/>") }, empty = { .octets = { 0 } };
        _cleanup_(case_done) Case c;
        XmlTransforms none = { .n = 0 };
        Digest found, expected;
        XmlLoss loss;

        (void) state;
        assert_int_equal(case_init(&c, "", T(XML_C14N_10, "")), 0);
        assert_int_equal(xml_transforms_digest(&c.transforms, &input, c.signature, GNUTLS_DIG_SHA256, &found, &loss), 0);
        assert_int_equal(digest_of(GNUTLS_DIG_SHA256, VIEW_LITERAL("<x y=\"1\"></x>"), &expected), 0);
        assert_memory_equal(found.data, expected.data, 32);
        assert_int_equal(xml_transforms_digest(&none, &input, NULL, GNUTLS_DIG_SHA256, &found, &loss), 0);
        assert_int_equal(digest_of(GNUTLS_DIG_SHA256, input.octets, &expected), 0);
        assert_memory_equal(found.data, expected.data, 32);
        assert_int_equal(xml_transforms_digest(&none, &empty, NULL, GNUTLS_DIG_SHA256, &found, &loss), 0);
        assert_int_equal(loss, XML_LOSS_NONE);
        assert_int_equal(xml_transforms_digest(&none, &input, NULL, GNUTLS_DIG_UNKNOWN, &found, &loss), -EOPNOTSUPP);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_enveloped), cmocka_unit_test(test_not_signatures), cmocka_unit_test(test_xpath), cmocka_unit_test(test_filter2),
                cmocka_unit_test(test_base64), cmocka_unit_test(test_refused), cmocka_unit_test(test_limits), cmocka_unit_test(test_octets),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
