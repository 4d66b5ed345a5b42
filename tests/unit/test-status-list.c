/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/crypto/status-list.c: what is written is found again, in files of no and of many records; every bit that is another is noticed; and what
 * contradicts itself is refused by writer and reader alike, also under a digest that fits. */

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
#include "crypto/status-list.h"

#define NOW INT64_C(1800000000)
#define WEEK INT64_C(604800)

static const uint8_t root[SHA256_SIZE] = { 0xab, 0xcd, [31] = 0xef };

static StatusRecord record_of(uint32_t number, CertificateState state, CertificateReason reason) {
        StatusRecord r = { .serial = { 0x40 }, .state = state, .reason = reason, .not_after = NOW + number };

        r.time = state == CERTIFICATE_GOOD ? 0 : NOW - number;
        for (unsigned i = 0; i < 4; i++)
                r.serial[12 + i] = (uint8_t) (number >> (24 - 8 * i));
        return r;
}

static View serial_of(const StatusRecord *r) {
        return VIEW(r->serial, sizeof(r->serial));
}

/* --- What is written is found ------------------------------------------------------------------------------------- */

static void test_round_trip(void **state) {
        StatusRecord records[] = {
                record_of(7, CERTIFICATE_REVOKED, REASON_KEY_COMPROMISE),
                record_of(3, CERTIFICATE_SUSPENDED, REASON_CERTIFICATE_HOLD),
                record_of(5, CERTIFICATE_GOOD, REASON_UNSPECIFIED),
        };
        const StatusRecord absent = record_of(4, CERTIFICATE_GOOD, REASON_UNSPECIFIED);
        _cleanup_(status_list_freep) StatusList *l = NULL;
        _cleanup_bytes_ Bytes file = BYTES_NULL;
        StatusRecord found = { 0 };

        assert_int_equal(status_list_build(root, NOW, NOW + WEEK, records, ELEMENTSOF(records), &file), 0);
        assert_int_equal(file.len, 64 + 3 * 40 + 32);
        assert_int_equal(status_list_parse(bytes_view(&file), &l), 0);
        assert_memory_equal(status_list_root(l), root, sizeof(root));
        assert_int_equal(status_list_this_update(l), NOW);
        assert_int_equal(status_list_next_update(l), NOW + WEEK);
        assert_int_equal(status_list_count(l), 3);
        for (size_t i = 0; i < ELEMENTSOF(records); i++) {
                assert_int_equal(status_list_find(l, serial_of(&records[i]), &found), records[i].state);
                assert_memory_equal(found.serial, records[i].serial, sizeof(found.serial));
                assert_int_equal(found.reason, records[i].reason);
                assert_int_equal(found.time, records[i].time);
                assert_int_equal(found.not_after, records[i].not_after);
        }
        status_list_get(l, 0, &found);
        assert_int_equal(found.serial[15], 3);
        assert_int_equal(status_list_find(l, serial_of(&absent), NULL), CERTIFICATE_UNKNOWN);
        assert_int_equal(status_list_find(l, VIEW(records[0].serial, 15), NULL), CERTIFICATE_UNKNOWN);
        assert_int_equal(status_list_find(l, VIEW(NULL, 0), NULL), CERTIFICATE_UNKNOWN);
}

static void test_sizes(void **state) {
        for (uint32_t n = 0; n < 70; n++) {
                _cleanup_free_ StatusRecord *records = calloc(n + 1, sizeof(*records));
                _cleanup_(status_list_freep) StatusList *l = NULL;
                _cleanup_bytes_ Bytes file = BYTES_NULL;

                /* Odd ones are there, even ones are not. */
                for (uint32_t i = 0; i < n; i++)
                        records[i] = record_of(2 * (n - i) - 1, CERTIFICATE_GOOD, REASON_UNSPECIFIED);
                assert_int_equal(status_list_build(root, NOW, NOW + 1, records, n, &file), 0);
                assert_int_equal(status_list_parse(bytes_view(&file), &l), 0);
                for (uint32_t i = 0; i <= 2 * n; i++) {
                        const StatusRecord wanted = record_of(i, CERTIFICATE_GOOD, REASON_UNSPECIFIED);

                        assert_int_equal(status_list_find(l, serial_of(&wanted), NULL), i % 2 ? CERTIFICATE_GOOD : CERTIFICATE_UNKNOWN);
                }
        }
}

static int read_list(const char *path, StatusList **ret) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

        return fd < 0 ? -errno : status_list_read(fd, ret);
}

static void test_file(void **state) {
        char folder[] = "/tmp/sygnet-test-XXXXXX", path[64];
        StatusRecord record = record_of(1, CERTIFICATE_REVOKED, REASON_UNSPECIFIED);
        _cleanup_(status_list_freep) StatusList *l = NULL;
        struct stat st;

        assert_non_null(mkdtemp(folder));
        snprintf(path, sizeof(path), "%s/status", folder);
        assert_int_equal(status_list_write(path, root, NOW, NOW + WEEK, &record, 1), 0);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0644);
        assert_int_equal(read_list(path, &l), 0);
        assert_int_equal(status_list_find(l, serial_of(&record), NULL), CERTIFICATE_REVOKED);
        l = status_list_free(l);
        assert_int_equal(status_list_write(path, root, NOW, NOW + WEEK, NULL, 0), 0);
        assert_int_equal(read_list(path, &l), 0);
        assert_int_equal(status_list_count(l), 0);
        unlink(path);
        rmdir(folder);
}

/* --- What is refused ---------------------------------------------------------------------------------------------- */

static int build_one(StatusRecord record) {
        Bytes none = BYTES_NULL;
        int r = status_list_build(root, NOW, NOW + WEEK, &record, 1, &none);

        bytes_done(&none);
        return r;
}

static void test_writer_refuses(void **state) {
        StatusRecord twice[] = { record_of(1, CERTIFICATE_GOOD, 0), record_of(2, CERTIFICATE_GOOD, 0), record_of(1, CERTIFICATE_GOOD, 0) };
        StatusRecord record = record_of(1, CERTIFICATE_GOOD, 0);
        Bytes none = BYTES_NULL;

        assert_int_equal(build_one(record_of(1, CERTIFICATE_GOOD, REASON_SUPERSEDED)), -EINVAL);
        assert_int_equal(build_one(record_of(1, CERTIFICATE_REVOKED, REASON_CERTIFICATE_HOLD)), -EINVAL);
        assert_int_equal(build_one(record_of(1, CERTIFICATE_SUSPENDED, REASON_UNSPECIFIED)), -EINVAL);
        assert_int_equal(build_one(record_of(1, CERTIFICATE_UNKNOWN, REASON_UNSPECIFIED)), -EINVAL);
        record.time = NOW;
        assert_int_equal(build_one(record), -EINVAL);
        record = record_of(1, CERTIFICATE_REVOKED, REASON_UNSPECIFIED);
        record.time = 0;
        assert_int_equal(build_one(record), -EINVAL);
        assert_int_equal(status_list_build(root, NOW, NOW + WEEK, twice, ELEMENTSOF(twice), &none), -EINVAL);
        assert_int_equal(status_list_build(root, NOW, NOW, twice, 1, &none), -EINVAL);
        assert_int_equal(status_list_build(root, 0, NOW, twice, 1, &none), -EINVAL);
        assert_int_equal(status_list_build(root, NOW, NOW + WEEK, twice, STATUS_LIST_MAX + 1, &none), -E2BIG);
        assert_null(none.data);
}

static int parse(View v) {
        StatusList *l = NULL;
        int r = status_list_parse(v, &l);

        status_list_free(l);
        return r;
}

static void build_three(Bytes *ret) {
        StatusRecord records[] = {
                record_of(1, CERTIFICATE_GOOD, REASON_UNSPECIFIED),
                record_of(2, CERTIFICATE_REVOKED, REASON_UNSPECIFIED),
                record_of(3, CERTIFICATE_SUSPENDED, REASON_CERTIFICATE_HOLD),
        };

        assert_int_equal(status_list_build(root, NOW, NOW + WEEK, records, ELEMENTSOF(records), ret), 0);
}

static void test_every_bit(void **state) {
        _cleanup_bytes_ Bytes file = BYTES_NULL;

        build_three(&file);
        for (size_t n = 0; n < file.len; n++)
                assert_true(parse(VIEW(file.data, n)) < 0);
        for (size_t i = 0; i < file.len * 8; i++) {
                file.data[i / 8] ^= (uint8_t) (1U << i % 8);
                assert_true(parse(bytes_view(&file)) < 0);
                file.data[i / 8] ^= (uint8_t) (1U << i % 8);
        }
        assert_int_equal(parse(bytes_view(&file)), 0);
        assert_int_equal(bytes_append_byte(&file, 0), 0);
        assert_int_equal(parse(bytes_view(&file)), -EBADMSG);
}

/* The file with one octet changed and a digest that fits again. */
static int parse_with(size_t at, uint8_t value) {
        _cleanup_bytes_ Bytes file = BYTES_NULL;

        build_three(&file);
        file.data[at] = value;
        assert_int_equal(sha256(VIEW(file.data, file.len - SHA256_SIZE), file.data + file.len - SHA256_SIZE), 0);
        return parse(bytes_view(&file));
}

static void test_reader_refuses(void **state) {
        assert_int_equal(parse_with(20, 0), 0); /* another root's */
        assert_int_equal(parse_with(0, 's'), -EBADMSG);
        assert_int_equal(parse_with(11, 2), -EPROTONOSUPPORT);
        assert_int_equal(parse_with(15, 2), -EBADMSG);      /* fewer records than there are */
        assert_int_equal(parse_with(15, 4), -EBADMSG);      /* more */
        assert_int_equal(parse_with(12, 0xff), -EFBIG);
        assert_int_equal(parse_with(48, 0x80), -EBADMSG);   /* thisUpdate before 1970 */
        assert_int_equal(parse_with(56, 0x80), -EBADMSG);   /* nextUpdate as well */
        assert_int_equal(parse_with(64 + 15, 9), -EBADMSG); /* not sorted */
        assert_int_equal(parse_with(64 + 15, 2), -EBADMSG); /* twice */
        assert_int_equal(parse_with(64 + 16, CERTIFICATE_REVOKED), -EBADMSG); /* since when? */
        assert_int_equal(parse_with(64 + 16, CERTIFICATE_UNKNOWN), -EBADMSG);
        assert_int_equal(parse_with(104 + 16, CERTIFICATE_GOOD), -EBADMSG);
        assert_int_equal(parse_with(104 + 16, 4), -EBADMSG);
        assert_int_equal(parse_with(104 + 17, 7), -EBADMSG);
        assert_int_equal(parse_with(104 + 18, 1), -EBADMSG);
        assert_int_equal(parse_with(104 + 24, 0x80), -EBADMSG);
        assert_int_equal(parse_with(144 + 17, REASON_KEY_COMPROMISE), -EBADMSG); /* on hold, and for good */
}

static int start(void **state) {
        return crypto_init();
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_round_trip),
                cmocka_unit_test(test_sizes),
                cmocka_unit_test(test_file),
                cmocka_unit_test(test_writer_refuses),
                cmocka_unit_test(test_every_bit),
                cmocka_unit_test(test_reader_refuses),
        };

        return cmocka_run_group_tests(tests, start, NULL);
}
