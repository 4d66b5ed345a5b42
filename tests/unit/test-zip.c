/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign/asic/zip.c, zip-read.c, zip-write.c: what is written is read again, and of archives that say two things none is taken. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "base/atomic-file.h"
#include "base/codec.h"
#include "sign/asic/zip-format.h"
#include "sign/asic/zip-write.h"

#define WHEN 1767225600 /* 2026-01-01 */

static int memory_file(View contents) {
        int fd = memfd_create("test-zip", MFD_CLOEXEC);

        assert_true(fd >= 0);
        assert_int_equal(write_all(fd, contents), 0);
        return fd;
}

static int ignore(void *userdata, View piece) {
        return 0;
}

/* mimetype, a.txt, b/c.txt; the writer stays open for more where `ret` is given. */
static int simple(ZipWriter **ret) {
        _cleanup_(zip_writer_freep) ZipWriter *w = NULL;
        _cleanup_close_ int text = memory_file(VIEW_LITERAL("third"));
        int fd = memory_file(VIEW(NULL, 0));

        assert_int_equal(zip_writer_new(fd, WHEN, &w), 0);
        assert_int_equal(zip_writer_add(w, "mimetype", VIEW_LITERAL("text/plain")), 0);
        assert_int_equal(zip_writer_add(w, "a.txt", VIEW_LITERAL("second")), 0);
        assert_int_equal(zip_writer_add_fd(w, "b/ż.txt", text, 5, ignore, NULL), 0);
        if (ret)
                *ret = TAKE_PTR(w);
        else
                assert_int_equal(zip_writer_finish(w), 0);
        return fd;
}

static void assert_contents(const ZipArchive *a, const char *name, View expected) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        const ZipEntry *e = zip_find(a, name);

        assert_non_null(e);
        assert_int_equal(zip_read_all(a, e, 1024, &b), 0);
        assert_true(view_equal(bytes_view(&b), expected));
}

static void test_round(void **state) {
        _cleanup_close_ int fd = simple(NULL), more = memory_file(VIEW(NULL, 0));
        _cleanup_zip_ ZipArchive a = { .fd = -1 }, b = { .fd = -1 };
        _cleanup_(zip_writer_freep) ZipWriter *w = NULL;

        assert_true(zip_recognize(fd));
        assert_int_equal(zip_open(fd, &a), 0);
        assert_int_equal(a.n, 3);
        assert_string_equal(a.entries[0].name, "mimetype");
        assert_int_equal(a.entries[0].at, 0);
        assert_true(a.entries[0].bare);
        assert_contents(&a, "a.txt", VIEW_LITERAL("second"));
        assert_contents(&a, "b/ż.txt", VIEW_LITERAL("third"));
        assert_null(zip_find(&a, "b"));
        assert_int_equal(zip_writer_new_from(more, WHEN, &a, &w), 0);
        assert_int_equal(zip_writer_add(w, "d", VIEW_LITERAL("fourth")), 0);
        assert_int_equal(zip_writer_finish(w), 0);
        assert_int_equal(zip_open(more, &b), 0);
        assert_int_equal(b.n, 4);
        assert_contents(&b, "b/ż.txt", VIEW_LITERAL("third"));
        assert_contents(&b, "d", VIEW_LITERAL("fourth"));
}

/* A file with holes, and the numbers of ZIP64. */
static void test_large(void **state) {
        _cleanup_close_ int fd = memory_file(VIEW(NULL, 0)), large = memory_file(VIEW(NULL, 0));
        _cleanup_(zip_writer_freep) ZipWriter *w = NULL;
        _cleanup_zip_ ZipArchive a = { .fd = -1 };
        const uint64_t size = (1ULL << 32) + 4097;
        uint8_t p[5] = { 0 };
        struct stat st;

        assert_int_equal(ftruncate(large, (off_t) size), 0);
        assert_int_equal(pwrite(large, "begin", 5, 0), 5);
        assert_int_equal(pwrite(large, "end", 3, (off_t) size - 3), 3);
        assert_int_equal(zip_writer_new(fd, WHEN, &w), 0);
        assert_int_equal(zip_writer_add_fd(w, "large", large, size, ignore, NULL), 0);
        assert_int_equal(zip_writer_add(w, "behind", VIEW_LITERAL("it")), 0);
        assert_int_equal(zip_writer_finish(w), 0);
        assert_int_equal(zip_open(fd, &a), 0);
        assert_int_equal(a.entries[0].size, size);
        assert_int_equal(a.entries[1].at, a.entries[0].data_at + size);
        assert_contents(&a, "behind", VIEW_LITERAL("it"));
        assert_int_equal(pread(fd, p, 5, (off_t) a.entries[0].data_at), 5);
        assert_memory_equal(p, "begin", 5);
        assert_int_equal(a.entries[0].crc, 0x3ad189e0U);
        assert_int_equal(fstat(fd, &st), 0);
        assert_true(st.st_blocks < 4096);
}

static void test_names(void **state) {
        static const char *const sound[] = { "a", "a/b.txt", "folder/", "..a", "a..", "zażółć gęślą.pdf", "a b" },
                                *const not[] = { "", "/", "/etc/passwd", "..", "../a", "a/../b", "a/..", "a/./b", "a//b", ".", "./a", "a\\b", "a\nb", "\xff",
                                                 "a\xe2\x80\xaez" };

        for (size_t i = 0; i < ELEMENTSOF(sound); i++)
                assert_true(zip_name_is_sound(sound[i]));
        for (size_t i = 0; i < ELEMENTSOF(not); i++)
                assert_false(zip_name_is_sound(not[i]));
}

/* Puts bytes into a copy of the simple archive and opens it. */
static int open_patched(off_t at, const void *bytes, size_t len) {
        _cleanup_close_ int fd = simple(NULL);
        _cleanup_zip_ ZipArchive a = { .fd = -1 };

        assert_int_equal(pwrite(fd, bytes, len, at), (ssize_t) len);
        return zip_open(fd, &a);
}

/* Of the simple archive: the local headers are at 0, 48 and 89, the directory at 132, and the end record at its end. */
#define A_LOCAL 48
#define C_LOCAL 89
#define DIRECTORY 132
#define A_CENTRAL (DIRECTORY + 46 + 8)
#define C_CENTRAL (A_CENTRAL + 46 + 5)
#define END (C_CENTRAL + 46 + 8)

static void test_contradictions(void **state) {
        static const struct {
                off_t at;
                const char *bytes;
                size_t len;
                int expected;
        } patches[] = {
                { A_LOCAL, "PK\3\4", 4, 0 },
                { A_LOCAL, "PK\3\5", 4, ZIP_E_DAMAGED },
                { A_LOCAL + 30, "A", 1, ZIP_E_AMBIGUOUS },              /* another name in front */
                { A_LOCAL + 14, "\0", 1, ZIP_E_AMBIGUOUS },             /* another checksum */
                { A_LOCAL + 22, "\7", 1, ZIP_E_AMBIGUOUS },             /* another size */
                { A_LOCAL + 8, "\10", 1, ZIP_E_AMBIGUOUS },             /* another method */
                { A_LOCAL + 6, "\1", 1, ZIP_E_AMBIGUOUS },              /* encrypted only here */
                { A_CENTRAL + 8, "\1", 1, ZIP_E_UNSUPPORTED },          /* encrypted */
                { A_CENTRAL + 10, "\14", 1, ZIP_E_UNSUPPORTED },        /* bzip2 */
                { A_CENTRAL + 38, "\0\0\xff\xa1", 4, ZIP_E_UNSUPPORTED }, /* a symbolic link */
                { A_CENTRAL + 42, "\0", 1, ZIP_E_AMBIGUOUS },           /* two headers for one place */
                { A_CENTRAL + 46, "/", 1, ZIP_E_NAME },
                { C_CENTRAL + 46, "//", 2, ZIP_E_NAME },
                { C_CENTRAL + 46, "\0", 1, ZIP_E_NAME },
                { END, "PK\5\7", 4, ZIP_E_NOT_ZIP },
                { END + 4, "\1", 1, ZIP_E_UNSUPPORTED },                /* a second disk */
                { END + 10, "\2", 1, ZIP_E_UNSUPPORTED },               /* not all entries are here */
                { END + 12, "\1", 1, ZIP_E_AMBIGUOUS },                 /* the directory's length */
                { END + 16, "\1", 1, ZIP_E_AMBIGUOUS },                 /* its place */
                { END + 20, "\1", 1, ZIP_E_DAMAGED },                   /* a comment beyond the end */
        };

        for (size_t i = 0; i < ELEMENTSOF(patches); i++)
                assert_int_equal(open_patched(patches[i].at, patches[i].bytes, patches[i].len), patches[i].expected);
}

/* Entries left out of the directory are seen by who reads from the front. */
static void test_hidden(void **state) {
        _cleanup_close_ int fd = simple(NULL), other = memory_file(VIEW(NULL, 0));
        _cleanup_zip_ ZipArchive a = { .fd = -1 }, b = { .fd = -1 };
        _cleanup_(zip_writer_freep) ZipWriter *w = NULL;

        assert_int_equal(zip_open(fd, &a), 0);
        a.directory.len -= 46 + 8; /* the last one's */
        a.n--;
        assert_int_equal(zip_writer_new_from(other, WHEN, &a, &w), 0);
        a.n++;
        assert_int_equal(zip_writer_finish(w), 0);
        assert_int_equal(zip_open(other, &b), ZIP_E_AMBIGUOUS);
}

static void test_twice(void **state) {
        _cleanup_(zip_writer_freep) ZipWriter *w = NULL;
        _cleanup_close_ int fd = simple(&w);
        _cleanup_zip_ ZipArchive a = { .fd = -1 };

        assert_int_equal(zip_writer_add(w, "a.txt", VIEW_LITERAL("another")), 0);
        assert_int_equal(zip_writer_finish(w), 0);
        assert_int_equal(zip_open(fd, &a), ZIP_E_AMBIGUOUS);
}

static void test_around(void **state) {
        _cleanup_close_ int fd = simple(NULL), front = memory_file(VIEW_LITERAL("#!/bin/sh\n"));
        _cleanup_bytes_ Bytes whole = BYTES_NULL;
        _cleanup_zip_ ZipArchive a = { .fd = -1 };

        assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
        assert_int_equal(read_fd(fd, 4096, &whole), 0);
        assert_int_equal(write_all(front, bytes_view(&whole)), 0);
        assert_int_equal(zip_open(front, &a), ZIP_E_AMBIGUOUS);
        assert_int_equal(write_all(fd, VIEW_LITERAL("more")), 0);
        assert_int_equal(zip_open(fd, &a), ZIP_E_DAMAGED);
        assert_int_equal(ftruncate(fd, 100), 0);
        assert_int_equal(zip_open(fd, &a), ZIP_E_NOT_ZIP);
}

static void test_checksum(void **state) {
        _cleanup_close_ int fd = simple(NULL);
        _cleanup_zip_ ZipArchive a = { .fd = -1 };
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        Digest d;

        assert_int_equal(pwrite(fd, "S", 1, A_LOCAL + 30 + 5), 1);
        assert_int_equal(zip_open(fd, &a), 0);
        assert_int_equal(zip_read_all(&a, zip_find(&a, "a.txt"), 1024, &b), ZIP_E_DAMAGED);
        assert_int_equal(zip_read_all(&a, zip_find(&a, "a.txt"), 5, &b), ZIP_E_TOO_LARGE);
        assert_int_equal(zip_digest(&a, zip_find(&a, "a.txt"), GNUTLS_DIG_SHA256, &d), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_round),
                cmocka_unit_test(test_large),
                cmocka_unit_test(test_names),
                cmocka_unit_test(test_contradictions),
                cmocka_unit_test(test_hidden),
                cmocka_unit_test(test_twice),
                cmocka_unit_test(test_around),
                cmocka_unit_test(test_checksum),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
