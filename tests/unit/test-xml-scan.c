/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign/xml/xml-scan.c: where elements stand, in whatever notation, from memory and from a file that is read in pieces; and what is no such document. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

#include "base/atomic-file.h"
#include "sign/xml/xml-scan.h"

static int memory_file(View content) {
        int fd = memfd_create("test", MFD_CLOEXEC);

        assert_true(fd >= 0);
        assert_int_equal(write_all(fd, content), 0);
        return fd;
}

static void assert_place(View text, size_t number, const char *start_tag, const char *content, bool empty, const char *name) {
        _cleanup_close_ int fd = memory_file(text);
        uint64_t starts[2];

        for (int file = 0; file < 2; file++) {
                _cleanup_xml_element_place_ XmlElementPlace p = { 0 };

                assert_int_equal(file ? xml_scan_file(fd, number, &p) : xml_scan_text(text, number, &p), 0);
                assert_memory_equal(text.data + p.start, start_tag, strlen(start_tag));
                assert_int_equal(p.empty, empty);
                assert_true(view_equal(bytes_view(&p.name), view_string(name)));
                assert_true(view_equal(VIEW(text.data + p.content, p.end - p.content), view_string(content)));
                assert_memory_equal(text.data + p.end, empty ? "/>" : "</", 2);
                assert_int_equal(text.data[p.after - 1], '>');
                starts[file] = p.start;
        }
        assert_int_equal(starts[0], starts[1]);
}

static void test_places(void **state) {
        const View text = VIEW_LITERAL("\xef\xbb\xbf<?xml version='1.0'?><!-- <x> -- > -->\n<p:root a='>' b=\"/>'\"\n><a/><b c='/'></b\t><![CDATA[<a>]]]]><?p ?<d>?>"
                                       "<e f = \"/\" /><a>1<a>2</a>3</a></p:root><!-- --><?p?>");

        assert_place(text, 0, "<p:root a", "<a/><b c='/'></b\t><![CDATA[<a>]]]]><?p ?<d>?><e f = \"/\" /><a>1<a>2</a>3</a>", false, "p:root");
        assert_place(text, 1, "<a/>", "", true, "a");
        assert_place(text, 2, "<b c", "", false, "b");
        assert_place(text, 4, "<a>1", "1<a>2</a>3", false, "a");
        assert_place(text, 5, "<a>2", "2", false, "a");
}

static void test_pieces(void **state) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;

        /* Tags across the borders of pieces, wherever these are. */
        assert_int_equal(bytes_printf(&b, "<root>"), 0);
        for (unsigned i = 0; i < 30000; i++)
                assert_int_equal(bytes_printf(&b, "<e%u a='>%0*u'/>", i, (int) (i % 7), i), 0);
        assert_int_equal(bytes_printf(&b, "<last>x</last></root>"), 0);
        assert_place(bytes_view(&b), 30001, "<last>", "x", false, "last");
        assert_place(bytes_view(&b), 20001, "<e20000 a", "", true, "e20000");
}

static void test_refused(void **state) {
        static const char *const bad[] = {
                "", "text", "<", "<a", "<a>", "<a b='", "<a b='>", "<!-- ", "<!DOCTYPE a><a/>", "<![CDATA[", "<!x><a/>", "<?p", "</a><a/>", "<a></a", "<a/",
        };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                XmlElementPlace p;

                assert_int_equal(xml_scan_text(view_string(bad[i]), 0, &p), -EBADMSG);
        }
        assert_int_equal(xml_scan_text(VIEW_LITERAL("<a><b/></a>"), 2, &(XmlElementPlace) { 0 }), -EBADMSG);
        assert_int_equal(xml_scan_file(-1, 0, &(XmlElementPlace) { 0 }), -EBADMSG);
}

static void test_insertion(void **state) {
        static const struct {
                const char *text, *expected;
        } cases[] = {
                { "<a/>", "<a>X</a>" },
                { "<p:a b='c' />", "<p:a b='c' >X</p:a>" },
                { "<a></a>", "<a>X</a>" },
                { "<a>1<b/></a >", "<a>1<b/>X</a >" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_xml_element_place_ XmlElementPlace p = { 0 };
                View text = view_string(cases[i].text);
                _cleanup_bytes_ Bytes out = BYTES_NULL;
                XmlInsertion n;

                assert_int_equal(xml_scan_text(text, 0, &p), 0);
                assert_int_equal(xml_insertion_make(&p, &n), 0);
                assert_int_equal(bytes_append(&out, text.data, n.head), 0);
                assert_int_equal(bytes_append_view(&out, bytes_view(&n.before)), 0);
                assert_int_equal(bytes_append_byte(&out, 'X'), 0);
                assert_int_equal(bytes_append_view(&out, bytes_view(&n.after)), 0);
                assert_int_equal(bytes_append(&out, text.data + n.tail, text.len - n.tail), 0);
                assert_true(view_equal(bytes_view(&out), view_string(cases[i].expected)));
                xml_insertion_done(&n);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_places),
                cmocka_unit_test(test_pieces),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_insertion),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
