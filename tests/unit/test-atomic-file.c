/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/base/atomic-file.c: whole or not at all, never over another without leave, nothing left behind. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/atomic-file.h"
#include "base/sync-together.h"

static char top[] = "/tmp/sygnet-atomic-XXXXXX";

static int setup(void **state) {
        strcpy(top + sizeof(top) - 7, "XXXXXX");
        umask(027);
        return mkdtemp(top) ? chdir(top) : -1;
}

static unsigned count_files(void) {
        DIR *d = opendir(top);
        unsigned n = 0;

        for (struct dirent *e; (e = readdir(d));)
                n += e->d_type == DT_REG;
        closedir(d);
        return n;
}

static int teardown(void **state) {
        unlink("file");
        unlink("other");
        rmdir("directory");
        return chdir("/") < 0 ? -1 : rmdir(top);
}

static void assert_content(const char *path, const char *expected, mode_t mode) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        struct stat st;

        assert_int_equal(read_file(path, 1024, &b), 0);
        assert_true(view_equal(bytes_view(&b), view_string(expected)));
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, mode);
}

static void test_write(void **state) {
        assert_int_equal(atomic_file_write("file", view_string("one"), 0666, false), 0);
        assert_content("file", "one", 0666);
        assert_int_equal(atomic_file_write("file", view_string("two"), 0600, false), -EEXIST);
        assert_content("file", "one", 0666);
        assert_int_equal(atomic_file_write("file", view_string("two"), 0600, true), 0);
        assert_content("file", "two", 0600);
        assert_int_equal(count_files(), 1);
}

/* Until the commit there is nothing, or the old file. */
static void test_not_before_commit(void **state) {
        _cleanup_(atomic_file_freep) AtomicFile *f = NULL;

        assert_int_equal(atomic_file_open("file", 0600, &f), 0);
        assert_int_equal(write_all(atomic_file_fd(f), view_string("half")), 0);
        assert_int_equal(access("file", F_OK), -1);
        f = atomic_file_free(f);
        assert_int_equal(count_files(), 0);
        assert_int_equal(atomic_file_open("file", 0600, &f), 0);
        assert_int_equal(write_all(atomic_file_fd(f), view_string("whole")), 0);
        assert_int_equal(atomic_file_commit(f, false), 0);
        assert_content("file", "whole", 0600);
}

static void test_symlink_is_replaced_not_followed(void **state) {
        struct stat st;

        assert_int_equal(atomic_file_write("other", view_string("other"), 0600, false), 0);
        assert_int_equal(symlink("other", "file"), 0);
        assert_int_equal(atomic_file_write("file", view_string("new"), 0600, false), -EEXIST);
        assert_int_equal(atomic_file_write("file", view_string("new"), 0600, true), 0);
        assert_int_equal(lstat("file", &st), 0);
        assert_true(S_ISREG(st.st_mode));
        assert_content("other", "other", 0600);
}

static void test_refuses(void **state) {
        AtomicFile *none = NULL;
        Bytes nothing = BYTES_NULL;

        assert_int_equal(atomic_file_open("missing/file", 0600, &none), -ENOENT);
        assert_null(none);
        assert_int_equal(mkdir("directory", 0700), 0);
        assert_int_equal(atomic_file_write("directory", view_string("x"), 0600, true), -EISDIR);
        assert_int_equal(atomic_file_write("directory", view_string("x"), 0600, false), -EEXIST);
        assert_int_equal(count_files(), 0);
        assert_int_equal(read_file("directory", 10, &nothing), -EISDIR);
        assert_int_equal(read_file("file", 10, &nothing), -ENOENT);
        assert_int_equal(write_all(-1, view_string("x")), -EBADF);
}

static void test_read_limit(void **state) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        Bytes nothing = BYTES_NULL;
        _cleanup_close_ int zero = open("/dev/zero", O_RDONLY);

        assert_int_equal(atomic_file_write("file", view_string("12345678"), 0600, false), 0);
        assert_int_equal(read_file("file", 8, &b), 0);
        assert_int_equal(b.len, 8);
        assert_int_equal(read_file("file", 7, &nothing), -EFBIG);
        /* A length that is not known ahead. */
        assert_int_equal(read_fd(zero, 1000, &nothing), -EFBIG);
        assert_null(nothing.data);
}

/* Many at once: all have their content and their names, and those that are in the way stay. */
static void test_together(void **state) {
        AtomicFile *files[20];
        char name[16];

        for (unsigned i = 0; i < 20; i++) {
                snprintf(name, sizeof(name), "many-%u", i);
                assert_int_equal(atomic_file_open(name, 0600, &files[i]), 0);
                assert_int_equal(write_all(atomic_file_fd(files[i]), view_string(name)), 0);
        }
        assert_int_equal(atomic_file_write("many-7", view_string("other"), 0600, false), 0);
        assert_false(atomic_files_pay(files, 1));
        atomic_files_sync(files, 20);
        atomic_files_sync(files, 0);
        for (unsigned i = 0; i < 20; i++)
                assert_int_equal(atomic_file_name(files[i], false), i == 7 ? -EEXIST : 0);
        for (unsigned i = 0; i < 20; i++) {
                snprintf(name, sizeof(name), "many-%u", i);
                assert_content(name, i == 7 ? "other" : name, 0600);
                files[i] = atomic_file_free(files[i]);
                unlink(name);
        }
        assert_int_equal(atomic_file_sync_directory("many-0"), 0);
}

/* What syncfs(2) would not sync whole, and what it would not sync at all. */
static void test_not_together(void **state) {
        int fds[20];

        for (unsigned i = 0; i < 20; i += 2)
                assert_int_equal(pipe(fds + i), 0);
        assert_false(sync_together_pays(fds, 20));
        for (unsigned i = 1; i < 20; i++) {
                close(fds[i]);
                fds[i] = open(i % 2 ? "." : "/proc", O_RDONLY | O_DIRECTORY);
                assert_true(fds[i] >= 0);
        }
        assert_false(sync_together_pays(fds + 1, 19));
        assert_false(sync_together((int[]) { -1 }, 1));
        for (unsigned i = 0; i < 20; i++)
                close(fds[i]);
}

/* Before Linux 5.8 syncfs(2) succeeded whatever came of it. */
static void test_kernels(void **state) {
        static const char *const told[] = { "5.8", "5.8.0-1-amd64", "5.10.0", "6.1.0-18-amd64", "10.0" }, *const not_told[] = { "5.7.19", "5.7", "5", "4.19.0-26-amd64", "3.10.0", "", "x" };

        for (size_t i = 0; i < ELEMENTSOF(told); i++)
                assert_true(sync_together_tells(told[i]));
        for (size_t i = 0; i < ELEMENTSOF(not_told); i++)
                assert_false(sync_together_tells(not_told[i]));
}

#define FILE_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                FILE_TEST(test_write),   FILE_TEST(test_not_before_commit), FILE_TEST(test_symlink_is_replaced_not_followed),
                FILE_TEST(test_refuses), FILE_TEST(test_read_limit),      FILE_TEST(test_together),
                FILE_TEST(test_not_together), FILE_TEST(test_kernels),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
