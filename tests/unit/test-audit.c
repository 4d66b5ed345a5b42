/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* daemon/audit.c and daemon/lease.c over a real store with the daemon's schema. */

#include "daemon/audit.h"
#include "daemon/lease.h"
#include "daemon/schema.h"
#include "store-fixture.h"

#define NOW 1780315200

static Store *open_daemon_store(const char *directory) {
        _cleanup_secret_ Secret *recovery = NULL;
        Store *s = NULL;

        assert_int_equal(store_create(directory, &daemon_schema, host_key, &recovery), 0);
        assert_int_equal(store_open(directory, &daemon_schema, host_key, &s), 0);
        return s;
}

static int append(Txn *t, const char *event, const char *payload, int64_t now) {
        const AuditEntry e = { .event = event, .account = "0123456789abcdef", .uid = 7, .payload = view_string(payload), .now = now };

        return audit_append(t, &e);
}

static int run_append(Txn *t, void *userdata) {
        for (int i = 0; i < 5; i++)
                assert_int_equal(append(t, "sign", "{}", NOW + i), 0);
        return 0;
}

static int walk(Txn *t, AuditWalk *w) {
        int r;

        *w = (AuditWalk) { 0 };
        do
                r = audit_walk(t, w, 2);
        while (r > 0);
        return r;
}

static int run_walk(Txn *t, void *userdata) {
        AuditWalk w;

        assert_int_equal(walk(t, &w), 0);
        assert_int_equal(w.count, 5);
        assert_int_equal(w.broken_at, 0);
        assert_int_equal(w.head[0], 1);
        return 0;
}

static int run_erase(Txn *t, void *userdata) {
        assert_int_equal(txn_exec(t, "UPDATE audit SET salt = NULL, payload = NULL WHERE seq = 2", ""), 1);
        return 0;
}

static int run_break(Txn *t, void *userdata) {
        AuditWalk w;

        assert_int_equal(txn_exec(t, userdata, ""), 1);
        assert_int_equal(walk(t, &w), 0);
        assert_int_equal(w.broken_at, 3);
        return -ECANCELED; /* as if it had not been */
}

static void test_chain(void **state) {
        static const char *const alterations[] = {
                "UPDATE audit SET time = time + 1 WHERE seq = 3",
                "UPDATE audit SET event = 'login' WHERE seq = 3",
                "UPDATE audit SET account = NULL WHERE seq = 3",
                "UPDATE audit SET uid = 8 WHERE seq = 3",
                "UPDATE audit SET credential = '' WHERE seq = 3",
                "UPDATE audit SET payload = x'7b7d20' WHERE seq = 3",
                "UPDATE audit SET commitment = zeroblob(32) WHERE seq = 3",
                "UPDATE audit SET head = zeroblob(33) WHERE seq = 3",
                "DELETE FROM audit WHERE seq = 3",
        };
        _cleanup_(store_closep) Store *s = open_daemon_store(*state);

        assert_int_equal(store_run(s, run_append, NULL), 0);
        assert_int_equal(store_run(s, run_walk, NULL), 0);
        assert_int_equal(store_run(s, run_erase, NULL), 0);
        assert_int_equal(store_run(s, run_walk, NULL), 0);
        for (size_t i = 0; i < ELEMENTSOF(alterations); i++)
                assert_int_equal(store_run(s, run_break, (void *) alterations[i]), -ECANCELED);
        assert_int_equal(store_run(s, run_walk, NULL), 0);
}

static int run_clock(Txn *t, void *userdata) {
        int64_t last;

        assert_int_equal(append(t, "login", "", NOW), 0);
        assert_int_equal(append(t, "login", "", NOW - AUDIT_CLOCK_TOLERANCE), 0);
        assert_int_equal(append(t, "login", "", NOW), 0);
        assert_int_equal(append(t, "login", "", NOW - AUDIT_CLOCK_TOLERANCE - 1), -ETIME);
        assert_int_equal(audit_last_time(t, &last), 0);
        assert_int_equal(last, NOW);
        return 0;
}

static void test_clock(void **state) {
        _cleanup_(store_closep) Store *s = open_daemon_store(*state);

        assert_int_equal(store_run(s, run_clock, NULL), 0);
}

/* --- Leases ------------------------------------------------------------------------------------------------------- */

static const LeaseTerms terms = { .idle = 180, .max_age = 600 };

static int run_lease(Txn *t, void *userdata) {
        int64_t until = 0;

        assert_int_equal(txn_exec(t, "PRAGMA defer_foreign_keys = ON", "") >= 0, true);
        assert_int_equal(lease_take(t, "seal", "alice", "s1", NOW, &terms, &until), LEASE_HELD);
        assert_int_equal(lease_take(t, "seal", "bob", "s2", NOW + 179, &terms, &until), LEASE_E_BUSY);
        assert_int_equal(until, NOW + 180);
        assert_int_equal(lease_renew(t, "seal", "alice", "s3", NOW + 100, &terms), LEASE_HELD);
        assert_int_equal(lease_check(t, "seal", "bob", NOW + 279, &until), LEASE_E_BUSY);
        assert_int_equal(lease_check(t, "seal", "bob", NOW + 280, &until), LEASE_HELD);
        assert_int_equal(lease_renew(t, "seal", "alice", "s3", NOW + 280, &terms), LEASE_E_LOST);
        /* The absolute end stays, however often it is taken again. */
        for (int i = 0; i < 600; i += 100)
                assert_int_equal(lease_take(t, "seal", "bob", "s2", NOW + 300 + i, &terms, &until), LEASE_HELD);
        assert_int_equal(lease_renew(t, "seal", "bob", "s2", NOW + 899, &terms), LEASE_HELD);
        assert_int_equal(lease_renew(t, "seal", "bob", "s2", NOW + 900, &terms), LEASE_E_LOST);
        /* One from the future holds nobody out. */
        assert_int_equal(lease_check(t, "seal", "alice", NOW - 1, &until), LEASE_HELD);
        assert_int_equal(lease_take(t, "seal", "bob", "s2", NOW + 1000, &terms, &until), LEASE_HELD);
        assert_int_equal(lease_release_session(t, "s1"), 0);
        assert_int_equal(lease_check(t, "seal", "alice", NOW + 1001, &until), LEASE_E_BUSY);
        assert_int_equal(lease_release_session(t, "s2"), 0);
        assert_int_equal(lease_check(t, "seal", "alice", NOW + 1001, &until), LEASE_HELD);
        return -ECANCELED; /* there is no such seal */
}

static void test_lease(void **state) {
        _cleanup_(store_closep) Store *s = open_daemon_store(*state);

        assert_int_equal(store_run(s, run_lease, NULL), -ECANCELED);
}

#define STORE_TEST(f) cmocka_unit_test_setup_teardown(f, directory_setup, directory_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                STORE_TEST(test_chain),
                STORE_TEST(test_clock),
                STORE_TEST(test_lease),
        };

        return crypto_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
