/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/store: opening and what it refuses, jobs and their grouping, statements, sealing, MACs, generations. */

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store-fixture.h"
#include "store/recovery-key.h"
#include "store/store-private.h"

/* --- Opening ------------------------------------------------------------------------------------------------------ */

static void test_create_open(void **state) {
        const char *directory = *state;
        _cleanup_(store_closep) Store *s = NULL;
        _cleanup_secret_ Secret *recovery = NULL, *key = NULL, *none = NULL;
        unsigned group;
        struct stat st;
        static const char *const files[] = { "store.db", "slots", "generation", "store.db-wal" };

        assert_int_equal(store_open(directory, &test_schema, host_key, &s), -ENOENT);
        assert_int_equal(store_create(directory, &test_schema, host_key, &recovery), 0);
        assert_int_equal(recovery_key_parse(secret_view(recovery), &key, &group), 0);
        assert_int_equal(store_create(directory, &test_schema, host_key, &none), -EEXIST);
        assert_null(none);
        assert_int_equal(store_open(directory, &test_schema, host_key, &s), 0);
        for (size_t i = 0; i < ELEMENTSOF(files); i++) {
                _cleanup_free_ char *path = path_in(directory, files[i]);

                assert_int_equal(stat(path, &st), 0);
                assert_int_equal(st.st_mode & 07777, 0600);
        }
        assert_false(store_is_rolled_back(s));
        s = store_close(s);
        for (size_t i = 0; i < 4; i++) {
                _cleanup_free_ char *path = path_in(directory, files[i]);

                assert_int_equal(access(path, F_OK), i < 3 ? 0 : -1);
        }
        assert_false(directory_holds(directory, secret_view(key)));
        assert_false(directory_holds(directory, host_key));
}

static void test_wrong_key(void **state) {
        Store *none = NULL;

        store_close(create_and_open(*state));
        assert_int_equal(store_open(*state, &test_schema, other_key, &none), -ENOKEY);
        assert_int_equal(store_open(*state, &test_schema, VIEW(host_key.data, 31), &none), -ENOKEY);
        assert_int_equal(store_open(*state, &test_schema, VIEW(NULL, 0), &none), -ENOKEY);
        assert_null(none);
}

static void test_other_application(void **state) {
        StoreSchema other = test_schema;
        Store *none = NULL;

        other.application_id++;
        store_close(create_and_open(*state));
        assert_int_equal(store_open(*state, &other, host_key, &none), -EBADMSG);
}

/* One file without the others: neither opened nor made anew. */
static void test_missing_part(void **state) {
        static const char *const names[] = { "slots", "store.db" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                _cleanup_free_ char *directory = path_in(*state, "s"), *a = NULL, *b = NULL;
                _cleanup_secret_ Secret *none = NULL;
                Store *s = NULL;

                store_close(create_and_open(directory));
                a = path_in(directory, names[i]);
                b = path_in(*state, "aside");
                assert_int_equal(rename(a, b), 0);
                assert_int_equal(store_open(directory, &test_schema, host_key, &s), -EBADMSG);
                assert_int_equal(store_create(directory, &test_schema, host_key, &none), -EEXIST);
                assert_int_equal(rename(b, a), 0);
                assert_int_equal(store_open(directory, &test_schema, host_key, &s), 0);
                store_close(s);
                remove_in(directory, "slots");
                remove_in(directory, "store.db");
                remove_in(directory, "generation");
                assert_int_equal(rmdir(directory), 0);
        }
}

/* The database of one store beside the slots of another. */
static void test_foreign_database(void **state) {
        _cleanup_free_ char *a = path_in(*state, "a"), *b = path_in(*state, "b"), *from = NULL, *to = NULL;
        _cleanup_free_ char *command = NULL;
        Store *none = NULL;

        store_close(create_and_open(a));
        store_close(create_and_open(b));
        from = path_in(a, "store.db");
        to = path_in(b, "store.db");
        assert_int_equal(rename(from, to), 0);
        assert_int_equal(store_open(b, &test_schema, host_key, &none), -EBADMSG);
        assert_true(asprintf(&command, "rm -r %s %s", a, b) > 0);
        assert_int_equal(system(command), 0);
}

static void test_permissions(void **state) {
        _cleanup_free_ char *slots = path_in(*state, "slots"), *aside = path_in(*state, "slots-aside");
        Store *s = NULL;

        store_close(create_and_open(*state));
        assert_int_equal(chmod(*state, 0750), 0);
        assert_int_equal(store_open(*state, &test_schema, host_key, &s), -EPERM);
        assert_int_equal(chmod(*state, 0700), 0);
        assert_int_equal(chmod(slots, 0640), 0);
        assert_int_equal(store_open(*state, &test_schema, host_key, &s), -EPERM);
        assert_int_equal(chmod(slots, 0600), 0);
        assert_int_equal(rename(slots, aside), 0);
        assert_int_equal(symlink(aside, slots), 0);
        assert_int_equal(store_open(*state, &test_schema, host_key, &s), -EPERM);
        assert_int_equal(rename(aside, slots), 0);
        assert_int_equal(store_open(*state, &test_schema, host_key, &s), 0);
        store_close(s);
}

static void test_one_process(void **state) {
        _cleanup_(store_closep) Store *s = create_and_open(*state);
        _cleanup_secret_ Secret *secret = NULL;
        Store *none = NULL;
        int status;
        pid_t pid;

        assert_int_equal(store_open(*state, &test_schema, host_key, &none), -EBUSY);
        assert_int_equal(store_create(*state, &test_schema, host_key, &secret), -EBUSY);
        pid = fork();
        if (pid == 0)
                _exit(store_open(*state, &test_schema, host_key, &none) == -EBUSY ? 0 : 1);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
}

static void test_newer(void **state) {
        const char *migrations[2] = { test_migrations[0], "CREATE TABLE later (x TEXT) STRICT" };
        StoreSchema newer = test_schema;
        Store *s = NULL;

        newer.migrations = migrations;
        newer.version = 2;
        store_close(create_and_open(*state));
        assert_int_equal(store_open(*state, &newer, host_key, &s), 0);
        s = store_close(s);
        assert_int_equal(store_open(*state, &test_schema, host_key, &s), -EPROTONOSUPPORT);
        assert_null(s);
}

/* --- Jobs --------------------------------------------------------------------------------------------------------- */

typedef struct Insert {
        const char *name;
        int64_t value;
        int returns;
        int result;
        bool done;
        Store *store;
} Insert;

static int run_insert(Txn *t, void *userdata) {
        Insert *i = userdata;
        int r;

        r = txn_exec(t, "INSERT INTO item VALUES (?1, ?2, NULL)", "si", i->name, i->value);
        return r < 0 ? r : i->returns;
}

static void done_insert(int result, void *userdata) {
        Insert *i = userdata;

        assert_false(i->done);
        i->done = true;
        i->result = result;
}

static int run_count(Txn *t, void *userdata) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT COUNT(*) FROM item", "");
        return r < 0 ? r : (int) row_int(row, 0);
}

static int run_nothing(Txn *t, void *userdata) {
        return 0;
}

static int run_wait(Txn *t, void *userdata) {
        sem_t *gate = userdata;

        while (sem_wait(gate) < 0)
                ;
        return 0;
}

static void done_nothing(int result, void *userdata) {
}

static void wait_dispatch(Store *s) {
        struct pollfd p = { .fd = store_fd(s), .events = POLLIN };

        assert_int_equal(poll(&p, 1, 30000), 1);
        store_dispatch(s);
}

/* Jobs that gather while the thread is held cost one commit; the one that fails and the one that violates the schema are rolled back alone;
 * nobody is told before. */
static void test_group(void **state) {
        _cleanup_(store_closep) Store *s = create_and_open(*state);
        char names[40][8];
        Insert inserts[40];
        uint64_t before;
        sem_t gate;

        assert_int_equal(sem_init(&gate, 0, 0), 0);
        assert_int_equal(store_submit(s, run_wait, done_nothing, &gate), 0);
        before = s->commits;
        for (int i = 0; i < 40; i++) {
                snprintf(names[i], sizeof(names[i]), "%d", i);
                inserts[i] = (Insert) { .name = names[i], .value = i == 13 ? -1 : i, .returns = i == 7 ? -ECANCELED : i };
                assert_int_equal(store_submit(s, run_insert, done_insert, &inserts[i]), 0);
        }
        for (int i = 0; i < 40; i++)
                assert_false(inserts[i].done);
        sem_post(&gate);
        while (!inserts[39].done)
                wait_dispatch(s);
        for (int i = 0; i < 40; i++) {
                assert_true(inserts[i].done);
                assert_int_equal(inserts[i].result, i == 7 ? -ECANCELED : i == 13 ? -EINVAL : i);
        }
        assert_int_equal(store_run(s, run_count, NULL), 38);
        /* The one held and the forty may be two groups; reading costs none. */
        assert_in_range(s->commits - before, 1, 2);
        before = s->commits;
        assert_int_equal(store_run(s, run_nothing, NULL), 0);
        assert_int_equal(s->commits, before);
        sem_destroy(&gate);
}

/* What has time goes with the next that has none, in order and in one commit, or when it is hurried; and none is left when the store closes. */
static void test_later(void **state) {
        Store *s = create_and_open(*state);
        Insert later[] = { { .name = "a" }, { .name = "b" }, { .name = "c" } }, urgent = { .name = "d" };
        struct pollfd p = { .fd = store_fd(s), .events = POLLIN };
        uint64_t before = s->commits;

        assert_int_equal(store_submit_later(s, run_insert, done_insert, &later[0]), 0);
        assert_int_equal(poll(&p, 1, 50), 0);
        assert_int_equal(store_submit(s, run_insert, done_insert, &urgent), 0);
        wait_dispatch(s);
        assert_true(later[0].done && urgent.done);
        assert_int_equal(s->commits - before, 1);

        assert_int_equal(store_submit_later(s, run_insert, done_insert, &later[1]), 0);
        assert_int_equal(poll(&p, 1, 50), 0);
        store_hurry(s);
        wait_dispatch(s);
        assert_true(later[1].done);
        store_hurry(s);
        assert_int_equal(poll(&p, 1, 50), 0);

        assert_int_equal(store_submit_later(s, run_insert, done_insert, &later[2]), 0);
        store_close(TAKE_PTR(s));
        assert_true(later[2].done);
}

static void test_close_runs_what_waits(void **state) {
        Store *s = create_and_open(*state);
        Insert inserts[20];
        char names[20][8];

        for (int i = 0; i < 20; i++) {
                snprintf(names[i], sizeof(names[i]), "%d", i);
                inserts[i] = (Insert) { .name = names[i], .returns = i };
                assert_int_equal(store_submit(s, run_insert, done_insert, &inserts[i]), 0);
        }
        store_close(s);
        for (int i = 0; i < 20; i++) {
                assert_true(inserts[i].done);
                assert_int_equal(inserts[i].result, i);
        }
        assert_int_equal(store_open(*state, &test_schema, host_key, &s), 0);
        assert_int_equal(store_run(s, run_count, NULL), 20);
        store_close(s);
}

static void done_submits_again(int result, void *userdata) {
        Insert *i = userdata;

        assert_int_equal(result, 0);
        assert_int_equal(store_submit(i->store, run_insert, done_insert, i), 0);
}

static void test_submit_within_done(void **state) {
        _cleanup_(store_closep) Store *s = create_and_open(*state);
        Insert insert = { .name = "a", .returns = 5, .store = s };

        assert_int_equal(store_submit(s, run_nothing, done_submits_again, &insert), 0);
        while (!insert.done)
                wait_dispatch(s);
        assert_int_equal(insert.result, 5);
}

static void test_too_many(void **state) {
        _cleanup_(store_closep) Store *s = create_and_open(*state);
        unsigned n = 0;
        sem_t gate;
        int r;

        assert_int_equal(sem_init(&gate, 0, 0), 0);
        assert_int_equal(store_submit(s, run_wait, done_nothing, &gate), 0);
        while ((r = store_submit(s, run_nothing, done_nothing, NULL)) == 0)
                n++;
        assert_int_equal(r, -ENOBUFS);
        assert_in_range(n, 1000, 20000);
        assert_int_equal(store_run(s, run_nothing, NULL), -ENOBUFS);
        sem_post(&gate);
        store_close(TAKE_PTR(s));
        sem_destroy(&gate);
}

/* --- Statements --------------------------------------------------------------------------------------------------- */

static int run_types(Txn *t, void *userdata) {
        Row *row;

        assert_int_equal(txn_exec(t, "INSERT INTO item VALUES (?1, ?2, ?3)", "sib", "blob", INT64_MAX, VIEW("\0\xff", 2)), 1);
        assert_int_equal(txn_exec(t, "INSERT INTO item VALUES (?1, ?2, ?3)", "sib", "null", (int64_t) 0, VIEW(NULL, 0)), 1);
        assert_int_equal(txn_exec(t, "INSERT INTO item VALUES (?1, ?2, ?3)", "sib", "empty", (int64_t) 0, VIEW("", 0)), 1);
        assert_int_equal(txn_exec(t, "INSERT INTO item VALUES (?1, ?2, ?3)", "sib", "blob", (int64_t) 0, VIEW(NULL, 0)), -EEXIST);

        assert_int_equal(txn_query(t, &row, "SELECT value, data, data IS NULL, typeof(data) FROM item WHERE name = ?1", "s", "blob"), 1);
        assert_true(row_int(row, 0) == INT64_MAX);
        assert_true(view_equal(row_blob(row, 1), VIEW("\0\xff", 2)));
        assert_string_equal(row_text(row, 3), "blob");
        assert_int_equal(txn_next(t, &row), 0);
        assert_int_equal(txn_next(t, &row), 0);
        assert_int_equal(txn_query(t, &row, "SELECT data FROM item WHERE name = ?1", "s", "null"), 1);
        assert_null(row_text(row, 0));
        assert_null(row_blob(row, 0).data);
        assert_int_equal(txn_query(t, &row, "SELECT typeof(data) FROM item WHERE name = ?1", "s", "empty"), 1);
        assert_string_equal(row_text(row, 0), "blob");
        assert_int_equal(txn_query(t, &row, "SELECT data FROM item WHERE name = ?1", "s", "none"), 0);

        assert_int_equal(txn_exec(t, "UPDATE item SET value = 1", ""), 3);
        assert_int_equal(txn_exec(t, "UPDATE item SET value = 2 WHERE name = ?1 AND value = ?2", "si", "blob", (int64_t) 7), 0);
        assert_int_equal(txn_exec(t, "DELETE FROM item WHERE name = ?1", "s", "blob"), 1);
        return 0;
}

static void test_types(void **state) {
        _cleanup_(store_closep) Store *s = create_and_open(*state);

        assert_int_equal(store_run(s, run_types, NULL), 0);
        assert_int_equal(store_run(s, run_count, NULL), 2);
}

/* Wrong SQL and broken constraints end the job, even when it does not look. */
static int run_bad(Txn *t, void *userdata) {
        const char *sql = userdata;

        assert_int_equal(txn_exec(t, "INSERT INTO item VALUES ('x', 1, NULL)", ""), 1);
        assert_int_equal(txn_exec(t, sql, ""), -EINVAL);
        assert_int_equal(txn_exec(t, "INSERT INTO item VALUES ('y', 1, NULL)", ""), -EINVAL);
        return 0;
}

static void test_errors_stick(void **state) {
        static const char *const bad[] = {
                "INSERT INTO item VALUES ('z', -1, NULL)",
                "INSERT INTO item VALUES ('z', 'text', NULL)",
                "INSERT INTO item VALUES ('z', ?1, NULL)",
                "INSERT INTO part VALUES ('missing', 1)",
                "INSERT INTO item VALUES ('z', 1, NULL); DELETE FROM item",
                "INSERT INTO item VALUES (\"z\", 1, NULL)",
                "SELECT nonsense",
                "",
        };
        _cleanup_(store_closep) Store *s = create_and_open(*state);

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_int_equal(store_run(s, run_bad, (void *) bad[i]), -EINVAL);
        assert_int_equal(store_run(s, run_count, NULL), 0);
}

static int run_many_statements(Txn *t, void *userdata) {
        for (int i = 0; i < 2000; i++) {
                char sql[64];
                Row *row;

                snprintf(sql, sizeof(sql), "SELECT %d + value FROM item", i);
                if (txn_query(t, &row, sql, "") != 1 || row_int(row, 0) != i + 7)
                        return -EIO;
        }
        return 0;
}

/* More texts than the cache has room for. */
static void test_statement_cache(void **state) {
        _cleanup_(store_closep) Store *s = create_and_open(*state);
        Insert insert = { .name = "seven", .value = 7 };

        assert_int_equal(store_run(s, run_insert, &insert), 0);
        assert_int_equal(store_run(s, run_many_statements, NULL), 0);
        assert_int_equal(store_run(s, run_many_statements, NULL), 0);
}

static int run_delete(Txn *t, void *userdata) {
        return txn_exec(t, "DELETE FROM item", "");
}

/* What was erased is in no file once the store is closed. */
static void test_erased(void **state) {
        Store *s = create_and_open(*state);
        Insert insert = { .name = "an erased payload, long enough to be told from others" };

        assert_int_equal(store_run(s, run_insert, &insert), 0);
        assert_true(directory_holds(*state, view_string(insert.name)));
        assert_int_equal(store_run(s, run_delete, NULL), 1);
        store_close(s);
        assert_false(directory_holds(*state, view_string(insert.name)));
}

/* --- Keys --------------------------------------------------------------------------------------------------------- */

static void test_seal(void **state) {
        Store *s = create_and_open(*state);
        _cleanup_bytes_ Bytes blob = BYTES_NULL, with = BYTES_NULL;
        _cleanup_secret_ Secret *plain = NULL, *plain_with = NULL;
        View second = view_string("what Argon2id made of a password"), wrong = view_string("what Argon2id made of a passwort");
        Secret *none = NULL;

        assert_int_equal(store_seal(s, "key", "credential 1 private_key", view_string("PKCS#8"), &blob), 0);
        assert_int_equal(store_seal_with(s, "key", "credential 1 private_key", second, view_string("PKCS#8"), &with), 0);
        store_close(s);
        assert_int_equal(store_open(*state, &test_schema, host_key, &s), 0);
        assert_int_equal(store_unseal(s, "key", "credential 1 private_key", bytes_view(&blob), &plain), 0);
        assert_true(view_equal(secret_view(plain), view_string("PKCS#8")));
        assert_int_equal(store_unseal_with(s, "key", "credential 1 private_key", second, bytes_view(&with), &plain_with), 0);
        assert_true(view_equal(secret_view(plain_with), view_string("PKCS#8")));

        assert_int_equal(store_unseal(s, "key", "credential 2 private_key", bytes_view(&blob), &none), -EBADMSG);
        assert_int_equal(store_unseal(s, "token", "credential 1 private_key", bytes_view(&blob), &none), -ENOKEY);
        assert_int_equal(store_unseal(s, "key", "credential 1 private_key", bytes_view(&with), &none), -ENOKEY);
        assert_int_equal(store_unseal_with(s, "key", "credential 1 private_key", wrong, bytes_view(&with), &none), -ENOKEY);
        assert_int_equal(store_unseal_with(s, "key", "credential 1 private_key", VIEW(NULL, 0), bytes_view(&with), &none), -EINVAL);
        blob.data[blob.len - 1] ^= 1;
        assert_int_equal(store_unseal(s, "key", "credential 1 private_key", bytes_view(&blob), &none), -EBADMSG);
        assert_null(none);
        store_close(s);
}

static void test_mac(void **state) {
        _cleanup_(store_closep) Store *s = create_and_open(*state);
        uint8_t mac[32];
        View v = VIEW(mac, sizeof(mac));

        assert_int_equal(store_mac(s, mac, "grant", "ssib", "ab", "c", (int64_t) 1, VIEW("x", 1)), 0);
        assert_int_equal(store_mac_check(s, v, "grant", "ssib", "ab", "c", (int64_t) 1, VIEW("x", 1)), 0);
        assert_int_equal(store_mac_check(s, v, "grant", "ssib", "a", "bc", (int64_t) 1, VIEW("x", 1)), -EBADMSG);
        assert_int_equal(store_mac_check(s, v, "grant", "ssib", "ab", "c", (int64_t) 2, VIEW("x", 1)), -EBADMSG);
        assert_int_equal(store_mac_check(s, v, "grant", "ssib", "ab", "c", (int64_t) 1, VIEW("", 0)), -EBADMSG);
        assert_int_equal(store_mac_check(s, v, "grant", "ssib", "ab", NULL, (int64_t) 1, VIEW("x", 1)), -EBADMSG);
        assert_int_equal(store_mac_check(s, v, "grants", "ssib", "ab", "c", (int64_t) 1, VIEW("x", 1)), -EBADMSG);
        assert_int_equal(store_mac_check(s, VIEW(mac, 31), "grant", "ssib", "ab", "c", (int64_t) 1, VIEW("x", 1)), -EBADMSG);
        assert_int_equal(store_mac_check(s, VIEW(NULL, 0), "grant", "ssib", "ab", "c", (int64_t) 1, VIEW("x", 1)), -EBADMSG);
        mac[0] ^= 1;
        assert_int_equal(store_mac_check(s, v, "grant", "ssib", "ab", "c", (int64_t) 1, VIEW("x", 1)), -EBADMSG);
        assert_int_equal(store_mac(s, mac, "grant", "?", 1), -EINVAL);
}

static void *seal_many(void *userdata) {
        for (int i = 0; i < 200; i++) {
                _cleanup_bytes_ Bytes blob = BYTES_NULL;
                _cleanup_secret_ Secret *plain = NULL;
                char purpose[16];

                snprintf(purpose, sizeof(purpose), "p%d", i % 10);
                if (store_seal(userdata, purpose, "here", view_string("x"), &blob) < 0 ||
                    store_unseal(userdata, purpose, "here", bytes_view(&blob), &plain) < 0)
                        return userdata;
        }
        return NULL;
}

static void test_seal_threads(void **state) {
        _cleanup_(store_closep) Store *s = create_and_open(*state);
        pthread_t threads[4];
        void *result;

        for (size_t i = 0; i < ELEMENTSOF(threads); i++)
                assert_int_equal(pthread_create(&threads[i], NULL, seal_many, s), 0);
        for (size_t i = 0; i < ELEMENTSOF(threads); i++) {
                assert_int_equal(pthread_join(threads[i], &result), 0);
                assert_null(result);
        }
}

/* --- Generations -------------------------------------------------------------------------------------------------- */

static int run_accept(Txn *t, void *userdata) {
        int *returns = userdata, r;

        r = txn_accept_rollback(t);
        return r < 0 ? r : *returns;
}

static void copy_file(const char *directory, const char *from, const char *to) {
        _cleanup_free_ char *a = path_in(directory, from), *b = path_in(directory, to);
        _cleanup_bytes_ Bytes content = BYTES_NULL;

        assert_int_equal(read_file(a, 1 << 24, &content), 0);
        assert_int_equal(atomic_file_write(b, bytes_view(&content), 0600, true), 0);
}

/* A database put back is noticed, also when it was copied while the store was open, and stays so until it is accepted. */
static void test_rollback(void **state) {
        Store *s = create_and_open(*state);
        int abort = -ECANCELED, accept = 0;
        uint64_t generation;

        generation = store_generation(s);
        s = store_close(s);
        copy_file(*state, "store.db", "copy");
        assert_int_equal(store_open(*state, &test_schema, host_key, &s), 0);
        assert_true(store_generation(s) > generation);
        assert_false(store_is_rolled_back(s));
        generation = store_generation(s);
        s = store_close(s);
        copy_file(*state, "copy", "store.db");
        for (int i = 0; i < 2; i++) {
                assert_int_equal(store_open(*state, &test_schema, host_key, &s), 0);
                assert_true(store_is_rolled_back(s));
                assert_true(store_generation(s) > generation);
                assert_int_equal(store_run(s, run_accept, &abort), -ECANCELED);
                assert_true(store_is_rolled_back(s));
                s = store_close(s);
        }
        assert_int_equal(store_open(*state, &test_schema, host_key, &s), 0);
        assert_int_equal(store_run(s, run_accept, &accept), 0);
        assert_false(store_is_rolled_back(s));
        s = store_close(s);
        assert_int_equal(store_open(*state, &test_schema, host_key, &s), 0);
        assert_false(store_is_rolled_back(s));
        s = store_close(s);
        remove_in(*state, "generation");
        assert_int_equal(store_open(*state, &test_schema, host_key, &s), 0);
        assert_true(store_is_rolled_back(s));
        store_close(s);
}

static int start(void **state) {
        return crypto_init();
}

#define STORE_TEST(f) cmocka_unit_test_setup_teardown(f, directory_setup, directory_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                STORE_TEST(test_create_open),
                STORE_TEST(test_wrong_key),
                STORE_TEST(test_other_application),
                STORE_TEST(test_missing_part),
                STORE_TEST(test_foreign_database),
                STORE_TEST(test_permissions),
                STORE_TEST(test_one_process),
                STORE_TEST(test_newer),
                STORE_TEST(test_group),
                STORE_TEST(test_later),
                STORE_TEST(test_close_runs_what_waits),
                STORE_TEST(test_submit_within_done),
                STORE_TEST(test_too_many),
                STORE_TEST(test_types),
                STORE_TEST(test_errors_stick),
                STORE_TEST(test_statement_cache),
                STORE_TEST(test_erased),
                STORE_TEST(test_seal),
                STORE_TEST(test_mac),
                STORE_TEST(test_seal_threads),
                STORE_TEST(test_rollback),
        };

        return cmocka_run_group_tests(tests, start, NULL);
}
