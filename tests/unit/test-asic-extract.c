/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign/asic/asic-extract.c: what comes out of a container, where it comes, and that nothing is left of what failed. */

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "crypto/key.h"
#include "sign/asic/asic-extract.h"
#include "sign/asic/zip-write.h"
#include "signer-fixture.h"

typedef struct Place {
        char *folder; /* new and empty */
        char *target; /* within it */
} Place;

static Place place(void) {
        char pattern[] = "/tmp/test-asic-extract-XXXXXX";
        Place p = { 0 };

        assert_non_null(mkdtemp(pattern));
        p.folder = strdup(pattern);
        assert_non_null(p.folder);
        assert_true(asprintf(&p.target, "%s/out", pattern) > 0);
        return p;
}

static void place_done(Place *p) {
        _cleanup_free_ char *command = NULL;

        assert_true(asprintf(&command, "rm -r '%s'", p->folder) > 0);
        assert_int_equal(system(command), 0);
        free(p->folder);
        free(p->target);
}
#define _cleanup_place_ _cleanup_(place_done)

/* Entries in turn: name, content, NULL at the end. */
static int container_of(const char *const *entries) {
        _cleanup_(zip_writer_freep) ZipWriter *w = NULL;
        int fd = memory_file(VIEW(NULL, 0));

        assert_int_equal(zip_writer_new(fd, WHEN, &w), 0);
        for (; entries[0]; entries += 2)
                assert_int_equal(zip_writer_add(w, entries[0], view_string(entries[1])), 0);
        assert_int_equal(zip_writer_finish(w), 0);
        return fd;
}

static unsigned count_in(const char *folder) {
        DIR *d = opendir(folder);
        unsigned n = 0;

        assert_non_null(d);
        for (struct dirent *e = readdir(d); e; e = readdir(d))
                n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
        closedir(d);
        return n;
}

static void assert_file(const char *folder, const char *name, const char *content, mode_t mode) {
        _cleanup_free_ char *path = NULL;
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        struct stat st;

        assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
        assert_int_equal(lstat(path, &st), 0);
        assert_true(S_ISREG(st.st_mode));
        assert_int_equal(st.st_mode & 07777, mode);
        assert_int_equal(read_file(path, 1000, &b), 0);
        assert_true(view_equal(bytes_view(&b), view_string(content)));
}

static const char *const entries[] = {
        "mimetype", "application/vnd.etsi.asic-e+zip", "a.txt", "one", "folder/b.txt", "two", "folder/deeper/c.txt", "", "META-INF/manifest.xml", "<a/>", NULL,
};

static void test_documents(void **state) {
        mode_t before = umask(0);
        _cleanup_close_ int fd = container_of(entries);
        _cleanup_asic_ AsicContainer c = { .zip.fd = -1 };
        _cleanup_place_ Place p = place();
        struct stat st;

        assert_int_equal(asic_open(fd, &c), 0);
        assert_int_equal(asic_extract(&c, p.target, 0750), 0);
        umask(before);
        assert_int_equal(lstat(p.target, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0750);
        assert_int_equal(count_in(p.target), 2); /* nothing of META-INF */
        assert_file(p.target, "a.txt", "one", 0640);
        assert_file(p.target, "folder/b.txt", "two", 0640);
        assert_file(p.target, "folder/deeper/c.txt", "", 0640);
        assert_int_equal(count_in(p.folder), 1);
        /* What is there stays as it is. */
        assert_int_equal(asic_extract(&c, p.target, 0700), -EEXIST);
        assert_int_equal(asic_extract(&c, p.folder, 0700), -EEXIST);
        assert_int_equal(count_in(p.folder), 1);
}

static void test_link(void **state) {
        _cleanup_close_ int fd = container_of(entries);
        _cleanup_asic_ AsicContainer c = { .zip.fd = -1 };
        _cleanup_place_ Place p = place();

        assert_int_equal(asic_open(fd, &c), 0);
        assert_int_equal(symlink("/nowhere", p.target), 0);
        assert_int_equal(asic_extract(&c, p.target, 0700), -EEXIST);
        assert_int_equal(unlink(p.target), 0);
        assert_int_equal(asic_extract(&c, "/nowhere/out", 0700), -ENOENT);
}

/* Whole or not at all. */
static void test_damaged(void **state) {
        _cleanup_close_ int fd = container_of(entries);
        _cleanup_asic_ AsicContainer c = { .zip.fd = -1 };
        _cleanup_place_ Place p = place();

        assert_int_equal(asic_open(fd, &c), 0);
        assert_int_equal(pwrite(fd, "x", 1, (off_t) zip_find(&c.zip, "folder/b.txt")->data_at), 1);
        assert_int_equal(asic_extract(&c, p.target, 0700), ZIP_E_DAMAGED);
        assert_int_equal(count_in(p.folder), 0);
}

/* A name that is a file for one entry and a folder for another. */
static void test_contradiction(void **state) {
        static const char *const contradiction[] = { "mimetype", "application/vnd.etsi.asic-e+zip", "a", "one", "a/b", "two", NULL };
        _cleanup_close_ int fd = container_of(contradiction);
        _cleanup_asic_ AsicContainer c = { .zip.fd = -1 };
        _cleanup_place_ Place p = place();

        if (asic_open(fd, &c) == 0)
                assert_int_equal(asic_extract(&c, p.target, 0700), -ENOTDIR);
        assert_int_equal(count_in(p.folder), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_documents), cmocka_unit_test(test_link), cmocka_unit_test(test_damaged), cmocka_unit_test(test_contradiction),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
