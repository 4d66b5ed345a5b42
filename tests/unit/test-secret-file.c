/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/base/secret-file.c: which files are taken for a secret, and whose. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/atomic-file.h"
#include "base/secret-file.h"

static char directory[] = "/tmp/test-secret-file-XXXXXX";

static const char *put(const char *name, View content, mode_t mode) {
        static char path[128];

        snprintf(path, sizeof(path), "%s/%s", directory, name);
        assert_int_equal(atomic_file_write(path, content, mode, true), 0);
        assert_int_equal(chmod(path, mode), 0);
        return path;
}

static int setup(void **state) {
        return mkdtemp(directory) && unsetenv("CREDENTIALS_DIRECTORY") == 0 ? 0 : -1;
}

static int teardown(void **state) {
        char command[64];

        snprintf(command, sizeof(command), "rm -rf %s", directory);
        return system(command);
}

static void expect(const char *path, bool own, int wanted, const char *text) {
        _cleanup_secret_ Secret *s = NULL;
        const char *problem = NULL;

        assert_int_equal(secret_file_read(path, own, &s, &problem), wanted);
        if (wanted < 0) {
                assert_null(s);
                assert_non_null(problem);
                return;
        }
        assert_true(secret_equal(secret_view(s), view_string(text)));
}

static void test_files(void **state) {
        char longest[SECRET_FILE_MAX + 1];

        memset(longest, 'x', sizeof(longest));
        expect(put("one", VIEW_LITERAL("1234\n"), 0600), true, 0, "1234");
        expect(put("two", VIEW_LITERAL("1234\n\n"), 0600), true, 0, "1234\n");
        expect(put("empty", VIEW_LITERAL(""), 0600), true, 0, "");
        expect(put("open", VIEW_LITERAL("1234"), 0640), true, -EPERM, NULL);
        expect(put("open", VIEW_LITERAL("1234"), 0640), false, 0, "1234");
        expect(put("binary", VIEW_LITERAL("12\0" "34"), 0600), true, -EINVAL, NULL);
        expect(put("long", VIEW(longest, sizeof(longest)), 0600), true, -E2BIG, NULL);
        expect("/nonexistent/file", true, -ENOENT, NULL);
        expect(directory, false, -EPERM, NULL);
}

static int read_credential(const char *path, const char *text) {
        _cleanup_free_ char *where = NULL;
        _cleanup_secret_ Secret *s = NULL;
        const char *problem;
        int r = secret_credential_read("pin", path, &s, &where, &problem);

        if (r > 0)
                assert_true(secret_equal(secret_view(s), view_string(text)));
        else
                assert_null(s);
        assert_int_equal(r < 0, where != NULL);
        return r;
}

static void test_credentials(void **state) {
        char own[128];

        assert_int_equal(read_credential("/nonexistent/file", NULL), 0);
        assert_int_equal(read_credential(NULL, NULL), 0);
        snprintf(own, sizeof(own), "%s", put("own", VIEW_LITERAL("own"), 0600));
        assert_int_equal(read_credential(own, "own"), 1);
        (void) put("pin", VIEW_LITERAL("credential"), 0644);
        assert_int_equal(setenv("CREDENTIALS_DIRECTORY", directory, 1), 0);
        assert_int_equal(read_credential(own, "credential"), 1);
        (void) put("pin", VIEW_LITERAL("\n"), 0600);
        assert_int_equal(read_credential(own, "own"), 1);
        (void) put("own", VIEW_LITERAL("own"), 0644);
        assert_int_equal(read_credential(own, NULL), -EPERM);
        assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
        assert_int_equal(read_credential(own, NULL), -EPERM);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_files),
                cmocka_unit_test(test_credentials),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
