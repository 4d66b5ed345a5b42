/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign/xml/xml-document.c: what is read, and what is refused before it could do anything. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

#include "base/atomic-file.h"
#include "sign/xml/xml-document.h"
#include "sign/xml/xml-guard.h"

static int read_text(const char *text) {
        _cleanup_xml_document_ XmlDocument *d = NULL;
        int r = xml_document_read(view_string(text), &d);

        assert_int_equal(r == 0, d != NULL);
        return r;
}

static XmlDocument *document(const char *text) {
        XmlDocument *d = NULL;

        assert_int_equal(xml_document_read(view_string(text), &d), 0);
        return d;
}

static void test_refused(void **state) {
        static const struct {
                const char *text;
                int outcome;
        } cases[] = {
                { "", XML_DOCUMENT_E_MALFORMED },
                { "text", XML_DOCUMENT_E_MALFORMED },
                { "<a>", XML_DOCUMENT_E_MALFORMED },
                { "<a/><b/>", XML_DOCUMENT_E_MALFORMED },
                { "<p:a/>", XML_DOCUMENT_E_MALFORMED },
                { "<a p:b=''/>", XML_DOCUMENT_E_MALFORMED },
                { "<a b='' b=''/>", XML_DOCUMENT_E_MALFORMED },
                { "<a xmlns:p='urn:x' xmlns:q='urn:x' p:b='' q:b=''/>", XML_DOCUMENT_E_MALFORMED },
                { "<a>&unknown;</a>", XML_DOCUMENT_E_MALFORMED },
                { "<a>\x01</a>", XML_DOCUMENT_E_MALFORMED },
                { "<a>\xc3</a>", XML_DOCUMENT_E_MALFORMED },
                { "<?xml version='1.0' encoding='unheard-of'?><a/>", XML_DOCUMENT_E_MALFORMED },
                { "<!DOCTYPE a><a/>", XML_DOCUMENT_E_DOCTYPE },
                { "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", XML_DOCUMENT_E_DOCTYPE },
                { "<!DOCTYPE a [<!ENTITY b 'bbbbbbbbbb'><!ENTITY c '&b;&b;&b;&b;'>]><a>&c;</a>", XML_DOCUMENT_E_DOCTYPE },
                { "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", XML_DOCUMENT_E_DOCTYPE },
                { "<!DOCTYPE a [<!ATTLIST a Id ID #IMPLIED b CDATA 'default'>]><a/>", XML_DOCUMENT_E_DOCTYPE },
        };

        (void) state;
        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                if (read_text(cases[i].text) != cases[i].outcome)
                        fail_msg("%s: %d", cases[i].text, read_text(cases[i].text));
}

/* An XInclude is an element as any other. */
static void test_not_included(void **state) {
        _cleanup_xml_document_ XmlDocument *d = document("<a xmlns:i='http://www.w3.org/2001/XInclude'><i:include href='/etc/passwd' parse='text'/></a>");
        const xmlNode *include = xml_child(xml_document_root(d), "http://www.w3.org/2001/XInclude", "include");

        (void) state;
        assert_non_null(include);
        assert_null(include->children);
        assert_null(include->next);
}

static char *nested(unsigned depth) {
        char *text = malloc(depth * 7 + 1), *to = text;

        assert_non_null(text);
        for (unsigned i = 0; i < depth; i++)
                to = stpcpy(to, "<a>");
        for (unsigned i = 0; i < depth; i++)
                to = stpcpy(to, "</a>");
        return text;
}

static void test_depth(void **state) {
        _cleanup_free_ char *deep = nested(XML_DEPTH_MAX), *deeper = nested(XML_DEPTH_MAX + 1), *abyss = nested(1000000);

        (void) state;
        assert_int_equal(read_text(deep), 0);
        assert_int_equal(read_text(deeper), XML_DOCUMENT_E_LIMIT);
        assert_int_equal(read_text(abyss), XML_DOCUMENT_E_LIMIT);
}

static void test_attributes(void **state) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;

        (void) state;
        assert_int_equal(bytes_append_view(&text, VIEW_LITERAL("<a")), 0);
        for (unsigned i = 0; i < 500000; i++)
                assert_int_equal(bytes_printf(&text, " a%u=''", i), 0);
        assert_int_equal(bytes_printf(&text, "/>"), 0);
        assert_int_equal(read_text((char *) text.data), XML_DOCUMENT_E_LIMIT);
}

/* What stands before the tag may not hide it: quotes, tags and ends of others in comments, sections and instructions. */
static void test_hidden_attributes(void **state) {
        static const char *const before[] = { "", "<!-- \" ' < -->", "<!-- -- ' -->", "<![CDATA[ \" ]] > ' ]]>", "<?p \" ' < > ?>", "<b c='>' d=\"'\"/>", "\"'", "<!----><!--'-->", "<?p?\?>'" };

        (void) state;
        for (size_t i = 0; i < ELEMENTSOF(before); i++) {
                _cleanup_bytes_ Bytes text = BYTES_NULL;
                XmlGuard guard = { 0 }, slow = { 0 };
                int r = 0;

                assert_int_equal(bytes_printf(&text, "<r>%s<a", before[i]), 0);
                for (unsigned k = 0; k < XML_ATTRIBUTES_MAX; k++)
                        assert_int_equal(bytes_printf(&text, " a%u='>='", k), 0);
                assert_int_equal(xml_guard_feed(&guard, bytes_view(&text)), 0);
                for (size_t k = 0; r == 0 && k < text.len; k++)
                        r = xml_guard_feed(&slow, VIEW(text.data + k, 1));
                assert_int_equal(r, 0);
                assert_int_equal(xml_guard_feed(&guard, VIEW_LITERAL(" z=''/></r>")), -E2BIG);
                assert_int_equal(xml_guard_feed(&slow, VIEW_LITERAL(" z=''/></r>")), -E2BIG);
        }
}

/* Many in one document, and much that is none. */
static void test_many_attributes(void **state) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;

        (void) state;
        assert_int_equal(bytes_append_view(&text, VIEW_LITERAL("<a><!--")), 0);
        for (unsigned i = 0; i < 5000; i++)
                assert_int_equal(bytes_printf(&text, " a='<"), 0);
        assert_int_equal(bytes_printf(&text, "-->"), 0);
        for (unsigned i = 0; i < 5000; i++)
                assert_int_equal(bytes_printf(&text, "<b c='' d=\"=\">=</b>"), 0);
        assert_int_equal(bytes_printf(&text, "</a>"), 0);
        assert_int_equal(read_text((char *) text.data), 0);
}

static int read_bytes(const void *data, size_t len) {
        _cleanup_xml_document_ XmlDocument *d = NULL;

        return xml_document_read(VIEW(data, len), &d);
}

static void test_encodings(void **state) {
        _cleanup_bytes_ Bytes wide = BYTES_NULL;

        (void) state;
        assert_int_equal(read_text("<?xml version='1.0' encoding='ISO-8859-2'?><a>\xb1</a>"), 0);
        assert_int_equal(read_text("<?xml version='1.0' encoding='windows-1250'?><a>\xb9</a>"), 0);
        assert_int_equal(read_text("\xef\xbb\xbf<a/>"), 0);
        assert_int_equal(read_text("\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?><a/>"), 0);
        assert_int_equal(read_text("<?xml version='1.0' encoding='UTF-7'?><a/>"), XML_DOCUMENT_E_MALFORMED);
        assert_int_equal(read_text("<?xml version='1.0' encoding='ISO-2022-JP'?><a/>"), XML_DOCUMENT_E_MALFORMED);
        assert_int_equal(read_bytes("<\0a\0/\0>\0", 8), XML_DOCUMENT_E_MALFORMED); /* no mark, no declaration */
        assert_int_equal(read_bytes("\xff\xfe<\0a\0/\0>\0", 10), 0);
        assert_int_equal(read_bytes("\xfe\xff\0<\0a\0/\0>", 10), 0);
        assert_int_equal(read_bytes("\xff\xfe\0\0<\0\0\0a\0\0\0/\0\0\0>\0\0\0", 20), XML_DOCUMENT_E_MALFORMED); /* UTF-32 */
        assert_int_equal(read_bytes("\x4c\x6f\xa7\x94\x93", 5), XML_DOCUMENT_E_MALFORMED);                        /* EBCDIC */
        assert_int_equal(bytes_append(&wide, "\xff\xfe<\0a\0", 6), 0);
        for (unsigned i = 0; i <= XML_ATTRIBUTES_MAX; i++) {
                char name[16];

                snprintf(name, sizeof(name), " a%u=''", i);
                for (const char *c = name; *c; c++)
                        assert_int_equal(bytes_append(&wide, (char[]) { *c, 0 }, 2), 0);
        }
        assert_int_equal(bytes_append(&wide, "/\0>\0", 4), 0);
        assert_int_equal(read_bytes(wide.data, wide.len), XML_DOCUMENT_E_LIMIT);
}

/* One text of 20 MB, as an enveloped attachment is. */
static void test_large_text(void **state) {
        _cleanup_xml_document_ XmlDocument *d = NULL;
        _cleanup_bytes_ Bytes text = BYTES_NULL, back = BYTES_NULL;
        const size_t size = 20U * 1024 * 1024;

        (void) state;
        assert_int_equal(bytes_append_view(&text, VIEW_LITERAL("<a>")), 0);
        assert_int_equal(bytes_reserve(&text, size), 0);
        memset(text.data + text.len, 'x', size);
        text.len += size;
        assert_int_equal(bytes_append_view(&text, VIEW_LITERAL("</a>")), 0);
        assert_int_equal(xml_document_read(bytes_view(&text), &d), 0);
        assert_int_equal(xml_text(xml_document_root(d), size - 1, &back), -E2BIG);
        assert_int_equal(xml_text(xml_document_root(d), size, &back), 0);
        assert_int_equal(back.len, size);
}

static void test_file(void **state) {
        _cleanup_close_ int fd = memfd_create("test", MFD_CLOEXEC);
        _cleanup_xml_document_ XmlDocument *d = NULL;

        (void) state;
        assert_int_equal(write_all(fd, VIEW_LITERAL("<a b='&lt;&#65;&amp;B'>c</a>")), 0);
        assert_int_equal(xml_document_open(fd, &d), 0);
        assert_string_equal(xml_attribute(xml_document_root(d), "b"), "<A&B");
        assert_null(xml_attribute(xml_document_root(d), "c"));
        d = xml_document_free(d);
        assert_int_equal(xml_document_open(-2, &d), XML_DOCUMENT_E_MALFORMED); /* as an empty text */
        assert_null(d);
}

static const char *found(XmlDocument *d, const char *id) {
        xmlNode *node = NULL;
        int r = xml_document_find_id(d, id, &node);

        return r == 0 ? (const char *) node->name : r == -ENOENT ? "none" : r == -ENOTUNIQ ? "several" : "error";
}

static void test_ids(void **state) {
        _cleanup_xml_document_ XmlDocument *d =
                document("<a Id='1' xmlns:p='urn:p'><b ID='2'/><c id='3'/><d xml:id='4'/><e p:Id='5' name='6'/><f Id='7'/><g id='7'/><h Id='8' xml:id='8'/>"
                         "<i Id='9'/><j xml:id='9'/><k Id='a&amp;b'/><l Id=''/><!--Id='10'--><m Id='11'>x</m></a>");

        (void) state;
        assert_string_equal(found(d, "1"), "a");
        assert_string_equal(found(d, "2"), "b");
        assert_string_equal(found(d, "3"), "c");
        assert_string_equal(found(d, "4"), "d");
        assert_string_equal(found(d, "5"), "none");
        assert_string_equal(found(d, "6"), "none");
        assert_string_equal(found(d, "7"), "several");
        assert_string_equal(found(d, "8"), "h");
        assert_string_equal(found(d, "9"), "several");
        assert_string_equal(found(d, "a&b"), "k");
        assert_string_equal(found(d, "10"), "none");
        assert_string_equal(found(d, "11"), "m");
        assert_string_equal(found(d, "zz"), "none");
}

static void test_text(void **state) {
        _cleanup_xml_document_ XmlDocument *d = document("<a><b>x<!--y-->z<![CDATA[<]]></b><c>A<d/></c><e>QUJD <!--RA==-->\n</e><f>!</f></a>");
        xmlNode *b = xml_first_element(xml_document_root(d)), *c = xml_next_element(b), *e = xml_next_element(c);
        _cleanup_bytes_ Bytes text = BYTES_NULL, bytes = BYTES_NULL;

        (void) state;
        assert_int_equal(xml_text(b, 10, &text), 0);
        assert_string_equal((char *) text.data, "xz<");
        assert_int_equal(xml_text(c, 10, &bytes), -EBADMSG);
        assert_int_equal(xml_base64(e, 10, &bytes), 0);
        assert_true(view_equal(bytes_view(&bytes), VIEW_LITERAL("ABC")));
        assert_int_equal(xml_base64(xml_next_element(e), 10, &text), -EBADMSG);
}

static void test_walk(void **state) {
        _cleanup_xml_document_ XmlDocument *d = document("<a><b><c/>t</b><d/></a>");
        xmlNode *a = xml_document_root(d), *b = xml_first_element(a);
        char seen[16] = "";

        (void) state;
        for (const xmlNode *n = a; n; n = xml_walk(n, NULL))
                strcat(seen, n->type == XML_ELEMENT_NODE ? (const char *) n->name : "-");
        assert_string_equal(seen, "abc-d");
        *seen = '\0';
        for (const xmlNode *n = b; n; n = xml_walk(n, b))
                strcat(seen, n->type == XML_ELEMENT_NODE ? (const char *) n->name : "-");
        assert_string_equal(seen, "bc-");
        assert_true(xml_is_inside(xml_first_element(b), a));
        assert_false(xml_is_inside(a, b));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_refused), cmocka_unit_test(test_not_included), cmocka_unit_test(test_depth), cmocka_unit_test(test_attributes),
                cmocka_unit_test(test_large_text), cmocka_unit_test(test_file), cmocka_unit_test(test_ids), cmocka_unit_test(test_text),
                cmocka_unit_test(test_walk), cmocka_unit_test(test_hidden_attributes), cmocka_unit_test(test_many_attributes), cmocka_unit_test(test_encodings),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
