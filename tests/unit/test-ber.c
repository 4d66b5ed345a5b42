/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/der/ber.c, ber-to-der.c: the forms of X.690 §8, and what hostile ones get. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

#include "base/atomic-file.h"
#include "base/codec.h"
#include "der/ber.h"

static Bytes hex(const char *text) {
        Bytes b = BYTES_NULL;

        assert_int_equal(hex_decode(text, &b), 0);
        return b;
}

static int read_first(View v, BerElement *ret) {
        BerSource s;

        ber_source_init(&s, v);
        return ber_element_read(&s, 0, v.len, ret);
}

static void test_elements(void **state) {
        static const struct {
                const char *text;
                uint8_t tag;
                uint64_t body, body_end, end;
        } vectors[] = {
                { "0500", 0x05, 2, 2, 2 },
                { "0401aa0500", 0x04, 2, 3, 3 },
                { "048101aa", 0x04, 3, 4, 4 },                     /* a length longer than needed */
                { "04880000000000000001aa", 0x04, 10, 11, 11 },
                { "30800000", 0x30, 2, 2, 4 },                     /* indefinite, empty */
                { "3080050000000500", 0x30, 2, 4, 6 },
                { "308030800401aa00000000", 0x30, 2, 9, 11 },      /* indefinite within indefinite */
                { "308030060401000401ff0000", 0x30, 2, 10, 12 },   /* zeros that end nothing */
                { "1f8101" "00", 0x1f, 4, 4, 4 },                  /* a tag of two more octets */
        };

        for (size_t i = 0; i < ELEMENTSOF(vectors); i++) {
                _cleanup_bytes_ Bytes b = hex(vectors[i].text);
                BerElement e;

                assert_int_equal(read_first(bytes_view(&b), &e), 0);
                assert_int_equal(e.tag, vectors[i].tag);
                assert_int_equal(e.body, vectors[i].body);
                assert_int_equal(e.body_end, vectors[i].body_end);
                assert_int_equal(e.end, vectors[i].end);
        }
}

static void test_elements_refused(void **state) {
        /* Nothing, no length, cut off, primitive and indefinite, no end, an end too few, lengths beyond the input and beyond 64 bits. */
        static const char *const bad[] = { "", "30", "0402aa", "0480aa0000", "3080", "308030800000", "0484ffffffff", "0488ffffffffffffffff",
                                           "0489010000000000000000", "04ff", "1f818181818100", "308004ff0000" };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                _cleanup_bytes_ Bytes b = hex(bad[i]);
                BerElement e;

                assert_int_equal(read_first(bytes_view(&b), &e), -EBADMSG);
        }
}

static int append(void *userdata, View piece) {
        return bytes_append_view(userdata, piece);
}

static int collect(View v, Bytes *ret) {
        BerSource s;
        BerElement e;
        int r;

        ber_source_init(&s, v);
        r = ber_element_read(&s, 0, v.len, &e);
        return r < 0 ? r : ber_octets(&s, &e, append, ret);
}

static void test_octets(void **state) {
        static const char *const forms[] = {
                "0403616263",
                "24050403616263",
                "240704016104026263",
                "2480040161040262630000",
                "24802480040161000024060401620401630000",
                "2480040004036162630000",
        };
        static const char *const bad[] = { "2403020161", "24800201610000", "24020500", "24020000" };

        for (size_t i = 0; i < ELEMENTSOF(forms); i++) {
                _cleanup_bytes_ Bytes b = hex(forms[i]), value = BYTES_NULL;

                assert_int_equal(collect(bytes_view(&b), &value), 0);
                assert_true(view_equal(bytes_view(&value), VIEW_LITERAL("abc")));
        }
        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                _cleanup_bytes_ Bytes b = hex(bad[i]), value = BYTES_NULL;

                assert_int_equal(collect(bytes_view(&b), &value), -EBADMSG);
        }
}

static void test_to_der(void **state) {
        static const struct {
                const char *ber, *der;
        } vectors[] = {
                { "3003020105", "3003020105" },
                { "30800201050000", "3003020105" },
                { "30810302" "0105", "3003020105" },
                { "3080a0802480040161040162000000000000", "3006a00404026162" },
                { "3180" "300430800000" "0000", "3104" "30023000" },
        };

        for (size_t i = 0; i < ELEMENTSOF(vectors); i++) {
                _cleanup_bytes_ Bytes b = hex(vectors[i].ber), der = BYTES_NULL;
                _cleanup_free_ char *text = NULL;

                assert_int_equal(ber_to_der(bytes_view(&b), &der), 0);
                text = hex_encode(bytes_view(&der));
                assert_string_equal(text, vectors[i].der);
        }
}

/* Nesting costs neither stack nor time: a megabyte of openings is refused, a million segments are read. */
static void test_hostile(void **state) {
        const size_t n = 500000;
        _cleanup_bytes_ Bytes b = BYTES_NULL, value = BYTES_NULL;
        BerElement e;

        for (size_t i = 0; i < n; i++)
                assert_int_equal(bytes_append(&b, "\x30\x80", 2), 0);
        assert_int_equal(read_first(bytes_view(&b), &e), -ELOOP);
        assert_int_equal(ber_to_der(bytes_view(&b), &value), -ELOOP);
        b.len = 0;
        assert_int_equal(bytes_append(&b, "\x24\x80", 2), 0);
        for (size_t i = 0; i < n; i++)
                assert_int_equal(bytes_append(&b, "\x04\x01x", 3), 0);
        assert_int_equal(bytes_append(&b, "\0\0", 2), 0);
        assert_int_equal(collect(bytes_view(&b), &value), 0);
        assert_int_equal(value.len, n);
}

/* Over the window's edges a file reads like memory. */
static void test_file(void **state) {
        _cleanup_bytes_ Bytes b = BYTES_NULL, from_memory = BYTES_NULL, from_file = BYTES_NULL;
        _cleanup_close_ int fd = memfd_create("ber", MFD_CLOEXEC);
        _cleanup_ber_source_ BerSource s = { .fd = -1 };
        uint8_t piece[1003];
        BerElement e;

        memset(piece, 'p', sizeof(piece));
        assert_int_equal(bytes_append(&b, "\x24\x80", 2), 0);
        for (unsigned i = 0; i < 900; i++) {
                piece[i] = 'q';
                assert_int_equal(bytes_append(&b, "\x04\x82\x03\xeb", 4), 0);
                assert_int_equal(bytes_append(&b, piece, sizeof(piece)), 0);
        }
        assert_int_equal(bytes_append(&b, "\0\0", 2), 0);
        assert_true(b.len > 3U * BER_PIECE_MAX);
        assert_int_equal(write_all(fd, bytes_view(&b)), 0);
        assert_int_equal(ber_source_init_fd(&s, fd), 0);
        assert_int_equal(ber_element_read(&s, 0, s.size, &e), 0);
        assert_int_equal(ber_octets(&s, &e, append, &from_file), 0);
        assert_int_equal(collect(bytes_view(&b), &from_memory), 0);
        assert_true(view_equal(bytes_view(&from_file), bytes_view(&from_memory)));
        assert_int_equal(ftruncate(fd, 1000), 0);
        assert_int_equal(ber_octets(&s, &e, append, &from_file), -EIO);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_elements),
                cmocka_unit_test(test_elements_refused),
                cmocka_unit_test(test_octets),
                cmocka_unit_test(test_to_der),
                cmocka_unit_test(test_hostile),
                cmocka_unit_test(test_file),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
