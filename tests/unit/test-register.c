/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* ca/register.c over a real store: the root is made once, and an altered register is noticed. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "ca/register.h"
#include "ca/schema.h"

static char directory[32];
static Store *store;
static const uint8_t host_key[32] = { 1 };

static int setup(void **state) {
        _cleanup_secret_ Secret *recovery = NULL;
        char path[64];

        strcpy(directory, "/tmp/test-register-XXXXXX");
        if (!mkdtemp(directory))
                return -1;
        snprintf(path, sizeof(path), "%s/s", directory);
        if (store_create(path, &ca_schema, VIEW(host_key, 32), &recovery) < 0)
                return -1;
        return store_open(path, &ca_schema, VIEW(host_key, 32), &store);
}

static int teardown(void **state) {
        char command[64];

        store = store_close(store);
        snprintf(command, sizeof(command), "rm -rf %s", directory);
        return system(command);
}

static int do_insert_root(Txn *t, void *userdata) {
        const Root *root = userdata;

        return register_insert_root(t, root);
}

static int do_load_root(Txn *t, void *userdata) {
        return register_load_root(t, userdata);
}

static int do_append(Txn *t, void *userdata) {
        return register_append(t, userdata);
}

typedef struct Query {
        unsigned limit;
        int64_t before;
        EntryList list;
} Query;

static int do_list(Txn *t, void *userdata) {
        Query *q = userdata;

        return register_list(t, q->limit, q->before, &q->list);
}

static int do_sql(Txn *t, void *userdata) {
        return txn_exec(t, userdata, "");
}

static void insert_root(void) {
        _cleanup_secret_ Secret *pkcs8 = NULL;
        Root root = { .created = 1000, .uid = 0 };
        gnutls_privkey_t key;

        assert_int_equal(key_generate(KEY_P256, &key), 0);
        assert_int_equal(key_export(key, &pkcs8), 0);
        gnutls_privkey_deinit(key);
        assert_int_equal(bytes_append(&root.certificate, "root", 4), 0);
        assert_int_equal(root_seal_key(store, secret_view(pkcs8), &root.private_key), 0);
        assert_int_equal(store_run(store, do_insert_root, &root), 0);
        assert_int_equal(store_run(store, do_insert_root, &root), -EEXIST);
        bytes_done(&root.certificate);
        bytes_done(&root.private_key);
}

static int append(unsigned n, const char *subject, Profile profile, uint8_t key) {
        Entry e = { .profile = profile, .issued = 2000 + n, .uid = 1000, .key = { key } };
        int r;

        snprintf(e.certificate.serial, sizeof(e.certificate.serial), "%032x", n);
        e.certificate.subject = strdup(subject);
        e.certificate.not_before = 2000;
        e.certificate.not_after = 3000;
        assert_int_equal(bytes_append(&e.certificate.der, "der", 3), 0);
        r = store_run(store, do_append, &e);
        if (r >= 0)
                assert_true(e.number > 0);
        entry_done(&e);
        return r;
}

static int list(unsigned limit, int64_t before, int64_t *ret_first, size_t *ret_n) {
        Query q = { .limit = limit, .before = before };
        int r = store_run(store, do_list, &q);

        if (r >= 0) {
                *ret_n = q.list.n;
                *ret_first = q.list.n > 0 ? q.list.entries[0].number : 0;
                for (size_t i = 1; i < q.list.n; i++)
                        assert_int_equal(q.list.entries[i].number, *ret_first - (int64_t) i);
        }
        entry_list_done(&q.list);
        return r;
}

static void fill(void) {
        insert_root();
        for (unsigned i = 1; i <= 5; i++)
                assert_int_equal(append(i, "CN=a", PROFILE_SEAL, (uint8_t) i), 0);
}

static void test_root(void **state) {
        _cleanup_(root_freep) Root *root = NULL;
        gnutls_privkey_t key;

        assert_int_equal(store_run(store, do_load_root, &root), 0);
        assert_null(root);
        insert_root();
        assert_int_equal(store_run(store, do_load_root, &root), 1);
        assert_int_equal(root->created, 1000);
        assert_int_equal(root_open_key(store, root, &key), 0);
        gnutls_privkey_deinit(key);
}

static void test_root_altered(void **state) {
        static const char *const statements[] = { "UPDATE root SET certificate = x'00'", "UPDATE root SET uid = 5", "UPDATE root SET mac = x'00'" };

        insert_root();
        for (size_t i = 0; i < ELEMENTSOF(statements); i++) {
                Root *root = NULL;

                assert_int_equal(store_run(store, do_sql, (void *) statements[i]), 1);
                assert_int_equal(store_run(store, do_load_root, &root), -EBADMSG);
                assert_null(root);
        }
}

static void test_list(void **state) {
        int64_t first;
        size_t n;

        assert_int_equal(append(1, "CN=a", PROFILE_SEAL, 1), -ENOENT); /* no root, no certificate */
        insert_root();
        assert_int_equal(list(10, 0, &first, &n), 0);
        assert_int_equal(n, 0);
        for (unsigned i = 1; i <= 5; i++)
                assert_int_equal(append(i, "CN=a", PROFILE_SEAL, (uint8_t) i), 0);

        static const struct {
                unsigned limit;
                int64_t before, first;
                size_t n;
        } cases[] = {
                { 10, 0, 5, 5 }, { 5, 0, 5, 5 }, { 4, 0, 5, 4 }, { 1, 0, 5, 1 }, { 10, 4, 3, 3 }, { 2, 4, 3, 2 }, { 10, 1, 0, 0 }, { 10, 2, 1, 1 }, { 1, 2, 1, 1 },
        };
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                assert_int_equal(list(cases[i].limit, cases[i].before, &first, &n), 0);
                assert_int_equal(n, cases[i].n);
                assert_int_equal(first, cases[i].first);
        }
}

static void test_one_key_one_holder(void **state) {
        insert_root();
        assert_int_equal(append(1, "CN=a", PROFILE_SEAL, 7), 0);
        assert_int_equal(append(2, "CN=a", PROFILE_SEAL, 7), 0); /* renewed */
        assert_int_equal(append(3, "CN=b", PROFILE_SEAL, 7), -EKEYREJECTED);
        assert_int_equal(append(3, "CN=a", PROFILE_CUSTOMS, 7), -EKEYREJECTED);
        assert_int_equal(append(2, "CN=c", PROFILE_CUSTOMS, 8), -EEXIST); /* a serial is given once */
        assert_int_equal(append(3, "CN=c", PROFILE_CUSTOMS, 8), 0);
}

static void altered(const char *sql) {
        int64_t first;
        size_t n;

        fill();
        assert_int_equal(list(10, 0, &first, &n), 0);
        assert_true(store_run(store, do_sql, (void *) sql) >= 1);
        assert_int_equal(list(10, 0, &first, &n), -EBADMSG);
}

static void test_altered_row(void **state) {
        altered("UPDATE certificate SET subject = 'CN=b' WHERE number = 3");
}

static void test_altered_certificate(void **state) {
        altered("UPDATE certificate SET certificate = x'00' WHERE number = 1");
}

static void test_missing_row(void **state) {
        altered("DELETE FROM certificate WHERE number = 3");
}

static void test_missing_first_rows(void **state) {
        altered("DELETE FROM certificate WHERE number < 3");
}

static void test_renumbered(void **state) {
        altered("DELETE FROM certificate WHERE number = 2; ");
        assert_true(store_run(store, do_sql, (void *) "UPDATE certificate SET number = number - 1 WHERE number > 2") >= 1);

        int64_t first;
        size_t n;

        assert_int_equal(list(10, 0, &first, &n), -EBADMSG);
}

static void test_other_root(void **state) {
        altered("UPDATE root SET created = 1001");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(test_root),
                TEST(test_root_altered),
                TEST(test_list),
                TEST(test_one_key_one_holder),
                TEST(test_altered_row),
                TEST(test_altered_certificate),
                TEST(test_missing_row),
                TEST(test_missing_first_rows),
                TEST(test_renumbered),
                TEST(test_other_root),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
