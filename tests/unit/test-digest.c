/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/crypto/digest.c: NIST's and RFC 4231's vectors, and files. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "base/atomic-file.h"
#include "base/codec.h"
#include "crypto/digest.h"

static void assert_hex(View v, const char *hex) {
        _cleanup_free_ char *text = hex_encode(v);

        assert_string_equal(text, hex);
}

static void test_sha256(void **state) {
        uint8_t d[SHA256_SIZE];

        assert_int_equal(sha256(view_string("abc"), d), 0);
        assert_hex(VIEW(d, 32), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_int_equal(sha256(VIEW(NULL, 0), d), 0);
        assert_hex(VIEW(d, 32), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void test_digest_of(void **state) {
        Digest d;

        assert_int_equal(digest_of(GNUTLS_DIG_SHA384, view_string("abc"), &d), 0);
        assert_hex(digest_view(&d), "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7");
        assert_int_equal(digest_of(GNUTLS_DIG_NULL, view_string("abc"), &d), -EOPNOTSUPP);
}

/* RFC 4231 §4.3 */
static void test_hmac(void **state) {
        uint8_t d[SHA256_SIZE];

        assert_int_equal(hmac_sha256(view_string("Jefe"), view_string("what do ya want for nothing?"), d), 0);
        assert_hex(VIEW(d, 32), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static void test_file(void **state) {
        _cleanup_close_ int fd = memfd_create("digest", MFD_CLOEXEC);
        _cleanup_free_ uint8_t *data = calloc(1, 300001);
        Digest whole, part, expected;

        for (size_t i = 0; i < 300001; i++)
                data[i] = (uint8_t) (i * 7 + i / 251);
        assert_int_equal(write_all(fd, VIEW(data, 300001)), 0);
        assert_int_equal(lseek(fd, 5, SEEK_SET), 5);

        assert_int_equal(digest_of_fd(GNUTLS_DIG_SHA256, fd, 0, UINT64_MAX, &whole), 0);
        assert_int_equal(digest_of(GNUTLS_DIG_SHA256, VIEW(data, 300001), &expected), 0);
        assert_memory_equal(whole.data, expected.data, 32);

        assert_int_equal(digest_of_fd(GNUTLS_DIG_SHA512, fd, 131071, 131074, &part), 0);
        assert_int_equal(digest_of(GNUTLS_DIG_SHA512, VIEW(data + 131071, 131074), &expected), 0);
        assert_int_equal(part.len, 64);
        assert_memory_equal(part.data, expected.data, 64);

        assert_int_equal(lseek(fd, 0, SEEK_CUR), 5);
        assert_int_equal(digest_of_fd(GNUTLS_DIG_SHA256, fd, 300000, 2, &part), -EIO);
        assert_int_equal(digest_of_fd(GNUTLS_DIG_SHA256, fd, UINT64_MAX, 2, &part), -EOVERFLOW);
        assert_int_equal(digest_of_fd(GNUTLS_DIG_SHA256, -1, 0, 2, &part), -EBADF);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_sha256),
                cmocka_unit_test(test_digest_of),
                cmocka_unit_test(test_hmac),
                cmocka_unit_test(test_file),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
