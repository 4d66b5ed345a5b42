/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* ca/states.c and ca/event.c over a real store: what the events make of certificates, and that none of them can be altered, taken out or put back. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "ca/publication.h"
#include "ca/schema.h"
#include "ca/states.h"

static char directory[32];
static Store *store;
static States *states;
static const uint8_t host_key[32] = { 1 };

static int do_insert_root(Txn *t, void *userdata) {
        return register_insert_root(t, userdata);
}

static int open_store(void) {
        char path[64];

        snprintf(path, sizeof(path), "%s/s", directory);
        return store_open(path, &ca_schema, VIEW(host_key, 32), &store);
}

static int setup(void **state) {
        _cleanup_secret_ Secret *recovery = NULL;
        Root root = { .created = 1000 };
        char path[64];
        int r;

        strcpy(directory, "/tmp/test-states-XXXXXX");
        if (!mkdtemp(directory))
                return -1;
        snprintf(path, sizeof(path), "%s/s", directory);
        if (store_create(path, &ca_schema, VIEW(host_key, 32), &recovery) < 0 || open_store() < 0 || states_new(&states) < 0 ||
            bytes_append(&root.certificate, "root", 4) < 0 || bytes_append(&root.private_key, "key", 3) < 0)
                return -1;
        r = store_run(store, do_insert_root, &root);
        bytes_done(&root.certificate);
        bytes_done(&root.private_key);
        return r;
}

static int teardown(void **state) {
        char command[64];

        states = states_free(states);
        store = store_close(store);
        snprintf(command, sizeof(command), "rm -rf %s", directory);
        return system(command);
}

static int do_sql(Txn *t, void *userdata) {
        return txn_exec(t, userdata, "");
}

static void sql(const char *statement) {
        assert_true(store_run(store, do_sql, (void *) (uintptr_t) statement) >= 0);
}

static int do_append(Txn *t, void *userdata) {
        return register_append(t, userdata);
}

static void serial_text(unsigned n, char ret[static SERIAL_TEXT_SIZE]) {
        /* Not in the order of the numbers. */
        snprintf(ret, SERIAL_TEXT_SIZE, "4%031x", n * 7919 % 1009);
}

static void issue(unsigned n) {
        Entry e = { .profile = PROFILE_SEAL, .issued = 2000 + n, .uid = 1000, .key = { (uint8_t) n, (uint8_t) (n >> 8) } };

        serial_text(n, e.certificate.serial);
        e.certificate.subject = strdup("CN=a");
        e.certificate.not_before = 2000;
        e.certificate.not_after = 900000;
        assert_int_equal(bytes_append(&e.certificate.der, "der", 3), 0);
        assert_int_equal(store_run(store, do_append, &e), 0);
        entry_done(&e);
}

static int do_event(Txn *t, void *userdata) {
        return event_append(t, userdata);
}

static void put(unsigned n, CertificateState state, CertificateReason reason, int64_t at) {
        Event e = { .state = state, .reason = reason, .at = at, .comment = "why", .invalid_since = state == CERTIFICATE_REVOKED ? 50 : 0 };

        serial_text(n, e.serial);
        assert_int_equal(store_run(store, do_event, &e), 0);
}

static int do_update(Txn *t, void *userdata) {
        return states_update(userdata, t);
}

static int update(void) {
        return store_run(store, do_update, states);
}

static const StateRecord *find(unsigned n) {
        char serial[SERIAL_TEXT_SIZE];

        serial_text(n, serial);
        return states_find(states, serial);
}

static void check(unsigned n, CertificateState state, CertificateReason reason, int64_t since) {
        const StateRecord *r = find(n);

        assert_non_null(r);
        assert_int_equal(r->state, state);
        assert_int_equal(r->reason, reason);
        assert_int_equal(r->since, since);
}

static void test_life(void **state) {
        assert_int_equal(update(), 0);
        assert_null(find(1));
        issue(1);
        assert_null(find(1));
        assert_int_equal(update(), 0);
        check(1, CERTIFICATE_GOOD, REASON_UNSPECIFIED, 2001);
        put(1, CERTIFICATE_SUSPENDED, REASON_CERTIFICATE_HOLD, 3000);
        assert_int_equal(update(), 0);
        check(1, CERTIFICATE_SUSPENDED, REASON_CERTIFICATE_HOLD, 3000);
        put(1, CERTIFICATE_GOOD, REASON_UNSPECIFIED, 3100);
        assert_int_equal(update(), 0);
        check(1, CERTIFICATE_GOOD, REASON_UNSPECIFIED, 3100);
        put(1, CERTIFICATE_REVOKED, REASON_KEY_COMPROMISE, 3200);
        assert_int_equal(update(), 0);
        check(1, CERTIFICATE_REVOKED, REASON_KEY_COMPROMISE, 3200);
        assert_int_equal(find(1)->invalid_since, 50);
}

/* What was signed in the hold is not believed, when the hold ends in a revocation. */
static void test_revoked_from_hold(void **state) {
        issue(1);
        put(1, CERTIFICATE_SUSPENDED, REASON_CERTIFICATE_HOLD, 3000);
        put(1, CERTIFICATE_REVOKED, REASON_KEY_COMPROMISE, 3200);
        assert_int_equal(update(), 0);
        check(1, CERTIFICATE_REVOKED, REASON_KEY_COMPROMISE, 3000);
}

/* One by one or all at once comes to the same. */
static void test_many(void **state) {
        States *other;

        for (unsigned n = 1; n <= 300; n++) {
                issue(n);
                if (n % 3 == 0)
                        put(n, CERTIFICATE_SUSPENDED, REASON_CERTIFICATE_HOLD, 5000 + n);
                if (n % 7 == 0 || n > 250)
                        assert_int_equal(update(), 0);
        }
        assert_int_equal(states_new(&other), 0);
        assert_int_equal(store_run(store, do_update, other), 0);
        assert_int_equal(states->n, 300);
        assert_int_equal(other->n, 300);
        assert_memory_equal(states->records, other->records, 300 * sizeof(*other->records));
        states_free(other);
        for (unsigned n = 1; n <= 300; n++)
                check(n, n % 3 == 0 ? CERTIFICATE_SUSPENDED : CERTIFICATE_GOOD, n % 3 == 0 ? REASON_CERTIFICATE_HOLD : REASON_UNSPECIFIED,
                      n % 3 == 0 ? 5000 + n : 2000 + n);
        assert_null(states_find(states, "ff"));
        assert_null(states_find(states, ""));
        assert_null(states_find(states, "4000000000000000000000000000ffff"));
}

static int do_event_and_fail(Txn *t, void *userdata) {
        int r = event_append(t, userdata);

        if (r >= 0)
                r = states_update(states, t);
        return r < 0 ? r : -ECANCELED;
}

/* What a job read that was not committed is not kept. */
static void test_rolled_back(void **state) {
        Event e = { .state = CERTIFICATE_REVOKED, .reason = REASON_UNSPECIFIED, .at = 3000, .comment = "" };

        issue(1);
        assert_int_equal(update(), 0);
        serial_text(1, e.serial);
        assert_int_equal(store_run(store, do_event_and_fail, &e), -ECANCELED);
        assert_int_equal(update(), 0);
        check(1, CERTIFICATE_GOOD, REASON_UNSPECIFIED, 2001);
}

static int do_begin(Txn *t, void *userdata) {
        int r = states_update(states, t);

        return r < 0 ? r : publication_begin(t, states, 7000, 0, userdata);
}

static void fill(void) {
        Publication p;

        issue(1);
        issue(2);
        put(1, CERTIFICATE_SUSPENDED, REASON_CERTIFICATE_HOLD, 3000);
        put(2, CERTIFICATE_REVOKED, REASON_KEY_COMPROMISE, 3100);
        put(1, CERTIFICATE_REVOKED, REASON_SUPERSEDED, 3200);
        assert_int_equal(store_run(store, do_begin, &p), 0);
        assert_int_equal(p.number, 1);
        assert_int_equal(p.events, 3);
        assert_int_equal(p.certificates, 2);
}

static void test_altered(void **state) {
        static const char *const statements[] = {
                "UPDATE event SET state = 'good' WHERE number = 2",
                "UPDATE event SET reason = 'unspecified' WHERE number = 2",
                "UPDATE event SET at = 9000 WHERE number = 2",
                "UPDATE event SET serial = (SELECT serial FROM event WHERE number = 1) WHERE number = 2",
                "UPDATE event SET invalid_since = 0 WHERE number = 2",
                "UPDATE event SET comment = '' WHERE number = 2",
                "UPDATE event SET uid = 5 WHERE number = 2",
                "UPDATE event SET mac = (SELECT mac FROM event WHERE number = 1) WHERE number = 2",
                "DELETE FROM event WHERE number = 1",
                "DELETE FROM event WHERE number = 2",
                "DELETE FROM event WHERE number = 3", /* off the end: so many were published */
                "DELETE FROM event",
                "UPDATE event SET number = 4 WHERE number = 3",
                "UPDATE publication SET events = 0",
                "UPDATE publication SET number = 0",
                "UPDATE certificate SET not_after = 5",
        };

        for (size_t i = 0; i < ELEMENTSOF(statements); i++) {
                char statement[512];

                fill();
                snprintf(statement, sizeof(statement), "%s", statements[i]);
                sql(statement);
                states->certificates = 0; /* as a start does */
                if (update() != -EBADMSG)
                        fail_msg("%s", statements[i]);
                assert_int_equal(teardown(NULL), 0);
                assert_int_equal(setup(NULL), 0);
        }
}

static void test_numbers(void **state) {
        Publication p;

        issue(1);
        for (int64_t i = 1; i <= 5; i++) {
                assert_int_equal(store_run(store, do_begin, &p), 0);
                assert_int_equal(p.number, i);
                assert_false(p.jumped);
        }
}

static int do_accept(Txn *t, void *userdata) {
        return txn_accept_rollback(t);
}

static void reopen(void) {
        store = store_close(store);
        assert_int_equal(open_store(), 0);
        states->certificates = 0;
}

/* An older copy jumps once, as long as it is one, and goes on by ones. */
static void test_jump(void **state) {
        char command[128];
        Publication p;

        issue(1);
        assert_int_equal(store_run(store, do_begin, &p), 0);
        assert_int_equal(p.number, 1);
        store = store_close(store);
        snprintf(command, sizeof(command), "rm %s/s/generation", directory);
        assert_int_equal(system(command), 0);
        assert_int_equal(open_store(), 0);
        assert_int_equal(store_run(store, do_begin, &p), 0);
        assert_int_equal(p.number, 2 + PUBLICATION_JUMP);
        assert_int_equal(store_run(store, do_begin, &p), 0);
        assert_int_equal(p.number, 3 + PUBLICATION_JUMP);
        reopen();
        assert_int_equal(store_run(store, do_begin, &p), 0);
        assert_int_equal(p.number, 4 + PUBLICATION_JUMP);
        assert_int_equal(store_run(store, do_accept, NULL), 0);
        assert_int_equal(store_run(store, do_begin, &p), 0);
        assert_int_equal(p.number, 5 + PUBLICATION_JUMP);
        assert_false(p.jumped);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(test_life),    TEST(test_revoked_from_hold), TEST(test_many), TEST(test_rolled_back),
                TEST(test_altered), TEST(test_numbers),           TEST(test_jump),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
