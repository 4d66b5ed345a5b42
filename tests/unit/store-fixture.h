/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the tests of lib/store share: a fresh directory for each, a host key, a small schema. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "base/atomic-file.h"
#include "crypto/init.h"
#include "store/store.h"

#define TEST_APPLICATION 0x53594754 /* "SYGT" */

static const View host_key = { .data = (const uint8_t *) "the host key of 32 bytes, host A", .len = 32 };
static const View other_key = { .data = (const uint8_t *) "the host key of 32 bytes, host B", .len = 32 };

static const char *const test_migrations[] = {
        "CREATE TABLE item (name TEXT PRIMARY KEY, value INTEGER NOT NULL CHECK (value >= 0), data BLOB) STRICT;"
        "CREATE TABLE part (item TEXT NOT NULL REFERENCES item(name), n INTEGER NOT NULL UNIQUE) STRICT;",
};

static const StoreSchema test_schema = {
        .application_id = TEST_APPLICATION,
        .migrations = test_migrations,
        .version = 1,
};

/* cmocka setup and teardown: *state is the path of a directory (0700) that goes with the test. */
static inline int directory_setup(void **state) {
        char *path = strdup("/tmp/sygnet-test-XXXXXX");

        *state = path;
        return path && mkdtemp(path) ? 0 : -1;
}

static inline void remove_in(const char *directory, const char *name) {
        char *path;

        assert_true(asprintf(&path, "%s/%s", directory, name) > 0);
        assert_int_equal(unlink(path), 0);
        free(path);
}

static inline int directory_teardown(void **state) {
        DIR *d = opendir(*state);

        for (struct dirent *e; d && (e = readdir(d));)
                if (e->d_name[0] != '.' || e->d_name[1] == 's')
                        unlinkat(dirfd(d), e->d_name, 0);
        closedir(d);
        rmdir(*state);
        free(*state);
        return 0;
}

static inline char *path_in(const char *directory, const char *name) {
        char *path;

        assert_true(asprintf(&path, "%s/%s", directory, name) > 0);
        return path;
}

static inline Store *create_and_open(const char *directory) {
        _cleanup_secret_ Secret *recovery = NULL;
        Store *s = NULL;

        assert_int_equal(store_create(directory, &test_schema, host_key, &recovery), 0);
        assert_int_equal(store_open(directory, &test_schema, host_key, &s), 0);
        return s;
}

/* Whether any file in the directory holds the bytes. */
static inline bool directory_holds(const char *directory, View needle) {
        DIR *d = opendir(directory);
        bool found = false;

        for (struct dirent *e; (e = readdir(d));) {
                _cleanup_free_ char *path = path_in(directory, e->d_name);
                _cleanup_bytes_ Bytes b = BYTES_NULL;

                if (e->d_type == DT_REG && read_file(path, 1 << 28, &b) == 0 && memmem(b.data, b.len, needle.data, needle.len))
                        found = true;
        }
        closedir(d);
        return found;
}
