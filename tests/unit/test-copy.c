/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign/copy.c: the copy is the original and the digest is the copy's, below and above the size from which a thread writes; a full disk
 * and an input that ends too early are told, wherever they come. */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "crypto/digest.h"
#include "sign/copy.h"

#define MIB (1024U * 1024U)

static int file_of(uint64_t size) {
        int fd = memfd_create("test", MFD_CLOEXEC);

        assert_true(fd >= 0);
        assert_int_equal(ftruncate(fd, (off_t) size), 0);
        /* Each chunk is another one. */
        for (uint64_t at = 0; at + sizeof(at) <= size; at += 65536)
                assert_int_equal(copy_write_at(fd, at, VIEW(&at, sizeof(at))), 0);
        return fd;
}

static int copy(int in, int out, uint64_t size, Digest *ret) {
        gnutls_hash_hd_t hash;
        int r;

        assert_int_equal(gnutls_hash_init(&hash, GNUTLS_DIG_SHA256), 0);
        r = copy_digested(in, out, size, hash);
        gnutls_hash_deinit(hash, ret->data);
        ret->len = SHA256_SIZE;
        return r;
}

static void assert_same(int a, int b, uint64_t size, const Digest *digest) {
        Digest x, y;

        assert_int_equal(digest_of_fd(GNUTLS_DIG_SHA256, a, 0, size, &x), 0);
        assert_int_equal(digest_of_fd(GNUTLS_DIG_SHA256, b, 0, UINT64_MAX, &y), 0);
        assert_true(view_equal(digest_view(&x), digest_view(&y)));
        assert_true(view_equal(digest_view(&x), digest_view(digest)));
}

static void test_sizes(void **state) {
        static const uint64_t sizes[] = { 0, 1, 256 * 1024 - 1, 256 * 1024, 16 * MIB - 1, 16 * MIB, 16 * MIB + 1, 40 * MIB + 12345 };

        for (size_t i = 0; i < ELEMENTSOF(sizes); i++) {
                _cleanup_close_ int in = file_of(sizes[i] + 100), out = file_of(0);
                Digest digest;

                assert_int_equal(copy(in, out, sizes[i], &digest), 0);
                assert_same(in, out, sizes[i], &digest);
                /* In place: nothing is written. */
                assert_int_equal(copy(out, out, sizes[i], &digest), 0);
                assert_same(in, out, sizes[i], &digest);
        }
}

static void test_input_too_short(void **state) {
        _cleanup_close_ int small = file_of(1000), large = file_of(20 * MIB), out = file_of(0);
        Digest digest;

        assert_int_equal(copy(small, out, 1001, &digest), -EIO);
        assert_int_equal(copy(large, out, 20 * MIB + 1, &digest), -EIO);
        assert_int_equal(copy(large, out, 80 * MIB, &digest), -EIO);
}

static void test_output_full(void **state) {
        _cleanup_close_ int small = file_of(1000), large = file_of(40 * MIB), out = open("/dev/full", O_WRONLY | O_CLOEXEC);
        Digest digest;

        assert_true(out >= 0);
        assert_int_equal(copy(small, out, 1000, &digest), -ENOSPC);
        assert_int_equal(copy(large, out, 40 * MIB, &digest), -ENOSPC);
}

/* What fails in the middle, when the buffers are in use. */
static void test_output_limited(void **state) {
        _cleanup_close_ int large = file_of(40 * MIB), out = file_of(0);
        struct rlimit before, limit;
        Digest digest;
        int r;

        assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
        signal(SIGXFSZ, SIG_IGN);
        limit = (struct rlimit) { .rlim_cur = 30 * MIB, .rlim_max = before.rlim_max };
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        r = copy(large, out, 40 * MIB, &digest);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(r, -EFBIG);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_sizes),
                cmocka_unit_test(test_input_too_short),
                cmocka_unit_test(test_output_full),
                cmocka_unit_test(test_output_limited),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
