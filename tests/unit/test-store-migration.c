/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/store: migrations, and that what version 1 wrote is read for good.
 *
 * fixtures/store-v1 is a store as the first release writes it: test_schema, host_key, the rows of run_make() below, recovery key in the
 * file `recovery-key`. It was made by `test-store-migration --make DIRECTORY` and is never made again: what fails to read it has
 * broken a stored format. */

#include <unistd.h>

#include "store-fixture.h"
#include "store/admin.h"
#include "store/recovery-key.h"

static const char *fixture; /* the directory, from the command line */

static const View second = { .data = (const uint8_t *) "Argon2id's output, 32 bytes.....", .len = 32 };

static int run_make(Txn *t, void *userdata) {
        _cleanup_bytes_ Bytes sealed = BYTES_NULL, with = BYTES_NULL;
        Store *s = txn_store(t);
        uint8_t mac[32];
        int r;

        r = store_seal(s, "private-key", "item sealed data", view_string("a sealed key"), &sealed);
        if (r == 0)
                r = store_seal_with(s, "private-key", "item with data", second, view_string("a key under a password"), &with);
        if (r == 0)
                r = store_mac(s, mac, "item", "sib", "sealed", (int64_t) 7, bytes_view(&sealed));
        if (r == 0)
                r = txn_exec(t, "INSERT INTO item VALUES ('sealed', 7, ?1), ('with', 8, ?2), ('mac', 9, ?3)", "bbb", bytes_view(&sealed),
                             bytes_view(&with), VIEW(mac, sizeof(mac)));
        if (r >= 0)
                r = txn_exec(t, "INSERT INTO part VALUES ('sealed', 1), ('sealed', 2), ('with', 3)", "");
        return r;
}

static int make_fixture(const char *directory) {
        _cleanup_secret_ Secret *recovery = NULL;
        _cleanup_free_ char *path = path_in(directory, "recovery-key");
        Store *s;

        if (crypto_init() < 0 || store_create(directory, &test_schema, host_key, &recovery) < 0 ||
            store_open(directory, &test_schema, host_key, &s) < 0 || store_run(s, run_make, NULL) < 0)
                return 1;
        store_close(s);
        return atomic_file_write(path, secret_view(recovery), 0600, false) < 0;
}

static int run_read(Txn *t, void *userdata) {
        _cleanup_secret_ Secret *plain = NULL, *with = NULL;
        _cleanup_bytes_ Bytes sealed = BYTES_NULL;
        Store *s = txn_store(t);
        Row *row;

        assert_int_equal(txn_query(t, &row, "SELECT data FROM item WHERE name = 'sealed' AND value = 7", ""), 1);
        assert_int_equal(bytes_dup(row_blob(row, 0), &sealed), 0);
        assert_int_equal(store_unseal(s, "private-key", "item sealed data", bytes_view(&sealed), &plain), 0);
        assert_true(view_equal(secret_view(plain), view_string("a sealed key")));
        assert_int_equal(txn_query(t, &row, "SELECT data FROM item WHERE name = 'with'", ""), 1);
        assert_int_equal(store_unseal_with(s, "private-key", "item with data", second, row_blob(row, 0), &with), 0);
        assert_true(view_equal(secret_view(with), view_string("a key under a password")));
        assert_int_equal(txn_query(t, &row, "SELECT data FROM item WHERE name = 'mac'", ""), 1);
        assert_int_equal(store_mac_check(s, row_blob(row, 0), "item", "sib", "sealed", (int64_t) 7, bytes_view(&sealed)), 0);
        assert_int_equal(txn_query(t, &row, "SELECT COUNT(*), SUM(n) FROM part", ""), 1);
        assert_int_equal(row_int(row, 0), 3);
        assert_int_equal(row_int(row, 1), 6);
        return 0;
}

/* A working copy of the fixture: opening changes a store. */
static int copy_fixture(void **state) {
        static const char *const names[] = { "store.db", "slots", "generation", "recovery-key" };

        if (directory_setup(state) < 0)
                return -1;
        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                _cleanup_free_ char *from = path_in(fixture, names[i]), *to = path_in(*state, names[i]);
                _cleanup_bytes_ Bytes b = BYTES_NULL;

                if (read_file(from, 1 << 20, &b) < 0 || atomic_file_write(to, bytes_view(&b), 0600, false) < 0)
                        return -1;
        }
        return 0;
}

static void test_version_1(void **state) {
        Store *s = NULL;

        assert_int_equal(store_open(*state, &test_schema, host_key, &s), 0);
        assert_false(store_is_rolled_back(s));
        assert_int_equal(store_run(s, run_read, NULL), 0);
        store_close(s);
}

static void test_version_1_recovery_key(void **state) {
        _cleanup_free_ char *path = path_in(*state, "recovery-key");
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        _cleanup_secret_ Secret *key = NULL;
        unsigned group;
        Store *s = NULL;

        assert_int_equal(read_file(path, 100, &text), 0);
        assert_int_equal(recovery_key_parse(bytes_view(&text), &key, &group), 0);
        assert_int_equal(store_add_host(*state, TEST_APPLICATION, SLOT_RECOVERY, secret_view(key), other_key), 0);
        assert_int_equal(store_open(*state, &test_schema, other_key, &s), 0);
        assert_int_equal(store_run(s, run_read, NULL), 0);
        store_close(s);
}

/* Version 2 of the test's schema rebuilds a table that another refers to, which is what migrations of ours will do. */
#define REBUILD                                                                                                                   \
        "CREATE TABLE item_new (name TEXT PRIMARY KEY, value INTEGER NOT NULL, data BLOB, note TEXT NOT NULL DEFAULT '') STRICT;" \
        "INSERT INTO item_new (name, value, data) SELECT name, value, data FROM item;"

static int run_note(Txn *t, void *userdata) {
        return txn_exec(t, "UPDATE item SET note = 'from version 2'", "");
}

static void test_1_to_2(void **state) {
        const char *migrations[] = { test_migrations[0], REBUILD "DROP TABLE item; ALTER TABLE item_new RENAME TO item" };
        StoreSchema schema = { .application_id = TEST_APPLICATION, .migrations = migrations, .version = 2 };
        _cleanup_free_ char *copy = path_in(*state, "store.db.v1"), *database = path_in(*state, "store.db");
        struct stat st;
        Store *s = NULL;

        assert_int_equal(store_open(*state, &schema, host_key, &s), 0);
        assert_int_equal(store_run(s, run_read, NULL), 0);
        assert_int_equal(store_run(s, run_note, NULL), 3);
        store_close(s);
        assert_int_equal(store_open(*state, &test_schema, host_key, &s), -EPROTONOSUPPORT);
        /* The copy beside is what version 1 still opens. */
        assert_int_equal(stat(copy, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        assert_int_equal(rename(copy, database), 0);
        assert_int_equal(store_open(*state, &test_schema, host_key, &s), 0);
        assert_int_equal(store_run(s, run_read, NULL), 0);
        store_close(s);
}

/* A migration that fails, or that leaves a reference dangling, changes nothing. */
static void test_failing(void **state) {
        static const char *const second_steps[] = {
                REBUILD "DROP TABLE item; ALTER TABLE item_new RENAME TO item; SELECT nonsense",
                REBUILD "DELETE FROM item_new WHERE name = 'with'; DROP TABLE item; ALTER TABLE item_new RENAME TO item",
        };
        static const int expected[] = { -EINVAL, -EBADMSG };

        for (size_t i = 0; i < ELEMENTSOF(second_steps); i++) {
                const char *migrations[] = { test_migrations[0], second_steps[i] };
                StoreSchema schema = { .application_id = TEST_APPLICATION, .migrations = migrations, .version = 2 };
                Store *s = NULL;

                assert_int_equal(store_open(*state, &schema, host_key, &s), expected[i]);
                assert_int_equal(store_open(*state, &test_schema, host_key, &s), 0);
                assert_int_equal(store_run(s, run_read, NULL), 0);
                store_close(s);
        }
}

static void test_steps_one_by_one(void **state) {
        const char *migrations[] = { test_migrations[0], "ALTER TABLE item ADD COLUMN a TEXT", "ALTER TABLE item ADD COLUMN b TEXT" };
        StoreSchema schema = { .application_id = TEST_APPLICATION, .migrations = migrations, .version = 3 };
        StoreStatus status;
        Store *s = NULL;

        assert_int_equal(store_open(*state, &schema, host_key, &s), 0);
        assert_int_equal(store_run(s, run_read, NULL), 0);
        store_close(s);
        assert_int_equal(store_status(*state, TEST_APPLICATION, &status), 0);
        assert_int_equal(status.version, 3);
}

static int start(void **state) {
        return crypto_init();
}

#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, copy_fixture, directory_teardown)

int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = {
                FIXTURE_TEST(test_version_1), FIXTURE_TEST(test_version_1_recovery_key), FIXTURE_TEST(test_1_to_2),
                FIXTURE_TEST(test_failing),   FIXTURE_TEST(test_steps_one_by_one),
        };

        if (argc == 3 && strcmp(argv[1], "--make") == 0)
                return make_fixture(argv[2]);
        fixture = argc > 1 ? argv[1] : "tests/unit/fixtures/store-v1";
        return cmocka_run_group_tests(tests, start, NULL);
}
