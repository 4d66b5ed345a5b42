/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* daemon/session.c with a clock of its own: who finds a session, what ends it, and that its end is told once. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/clock.h"
#include "daemon/session.h"

static int64_t the_time;
static unsigned ended, warned;
static int64_t last_left;
static SessionReason last_reason;
static char last_ended[33];

int64_t clock_now(void) {
        return 1700000000 + the_time;
}

int64_t clock_age(void) {
        return 1000 + the_time;
}

static void on_end(Manager *m, const Session *s) {
        ended++;
        strcpy(last_ended, s->id);
}

static void on_ending(Manager *m, const Session *s, int64_t left) {
        warned++;
        last_left = left;
}

static void on_ended(Manager *m, const Session *s, SessionReason reason) {
        last_reason = reason;
}

static const SessionEvents events = { .ending = on_ending, .ended = on_ended };

static int setup(void **state) {
        Manager *m = calloc(1, sizeof(*m));

        the_time = 0;
        ended = warned = 0;
        if (!m || sd_event_new(&m->event) < 0 || session_table_new(m, &m->sessions) < 0)
                return -1;
        m->settings = (Settings) { .session_idle = 180, .session_max_age = 3600, .session_max_signatures = 10 };
        session_on_end(m, on_end);
        session_on_events(m, &events);
        *state = m;
        return 0;
}

static int teardown(void **state) {
        Manager *m = *state;

        session_table_free(m->sessions);
        sd_event_unref(m->event);
        free(m);
        return 0;
}

static void open_one(Manager *m, const char *account, uid_t uid, bool remembered, char ret_id[static 33]) {
        Session *s;

        assert_int_equal(session_reserve(m, account, "login", uid, remembered, &s), 0);
        strcpy(ret_id, s->id);
        session_open(m, s);
}

static bool is_there(Manager *m, const char *id, uid_t uid) {
        Session *s;
        int r = session_find(m, id, uid, &s);

        assert_true(r == 0 || r == -ENOENT);
        return r == 0;
}

static void test_one_user_only(void **state) {
        char id[33];

        open_one(*state, "0123456789abcdef", 1000, false, id);
        assert_int_equal(strspn(id, "0123456789abcdef"), 32);
        assert_true(is_there(*state, id, 1000));
        assert_false(is_there(*state, id, 1001));
        assert_false(is_there(*state, id, 0));
        assert_false(is_there(*state, "", 1000));
        id[0] ^= 1;
        assert_false(is_there(*state, id, 1000));
}

static void test_reserved_is_found_by_nobody(void **state) {
        Session *s;
        char id[33];

        assert_int_equal(session_reserve(*state, "a", "login", 1000, false, &s), 0);
        strcpy(id, s->id);
        assert_false(is_there(*state, id, 1000));
        session_discard(*state, s);
        assert_int_equal(ended, 0);
}

/* M1: nothing but a new password, and the way out. */
static void test_restricted(void **state) {
        Session *s, *found = NULL;
        char id[33];

        assert_int_equal(session_reserve(*state, "a", "login", 1000, false, &s), 0);
        s->restricted = true;
        strcpy(id, s->id);
        session_open(*state, s);
        assert_int_equal(session_find(*state, id, 1000, &found), -EKEYEXPIRED);
        assert_null(found);
        assert_int_equal(session_find(*state, id, 1001, &found), -ENOENT);
        assert_int_equal(session_find_restricted(*state, id, 1001, &found), -ENOENT);
        assert_int_equal(session_find_restricted(*state, id, 1000, &found), 0);
        assert_ptr_equal(found, s);
        s->restricted = false;
        assert_true(is_there(*state, id, 1000));
}

static void test_idle(void **state) {
        Session *s;
        char id[33];

        open_one(*state, "a", 1000, false, id);
        the_time = 179;
        assert_int_equal(session_find(*state, id, 1000, &s), 0);
        assert_int_equal(session_use(*state, s, 1), 0);
        the_time = 179 + 179;
        assert_true(is_there(*state, id, 1000));
        the_time++;
        assert_false(is_there(*state, id, 1000));
        assert_int_equal(ended, 1);
        assert_string_equal(last_ended, id);
}

/* Signing prolongs a session, but not for ever. */
static void test_absolute_age(void **state) {
        Session *s;
        char id[33];

        open_one(*state, "a", 1000, false, id);
        for (the_time = 100; the_time < 3600; the_time += 100) {
                assert_int_equal(session_find(*state, id, 1000, &s), 0);
                assert_int_equal(session_use(*state, s, 1), 0);
        }
        assert_false(is_there(*state, id, 1000));
}

static void test_remembered(void **state) {
        Session *s;
        char id[33];

        open_one(*state, "a", 1000, true, id);
        the_time = 3599;
        assert_int_equal(session_find(*state, id, 1000, &s), 0);
        assert_int_equal(session_use(*state, s, 9), 0);
        assert_int_equal(session_use(*state, s, 2), -EDQUOT);
        assert_int_equal(session_use(*state, s, UINT32_MAX), -EDQUOT);
        assert_int_equal(session_use(*state, s, 1), 0);
        assert_int_equal(session_use(*state, s, 1), -EDQUOT);
        assert_int_equal(s->signatures, 10);
        the_time = 3600;
        assert_false(is_there(*state, id, 1000));
}

static void test_limits(void **state) {
        Session *s;
        char id[33];

        for (unsigned i = 0; i < SESSIONS_PER_UID; i++)
                open_one(*state, "a", 1000, false, id);
        assert_int_equal(session_reserve(*state, "a", "login", 1000, false, &s), -EDQUOT);
        for (unsigned i = SESSIONS_PER_UID; i < SESSIONS_MAX; i++)
                open_one(*state, "a", 2000 + i, false, id);
        assert_int_equal(session_reserve(*state, "a", "login", 1001, false, &s), -EDQUOT);
        the_time = 180;
        assert_int_equal(session_reserve(*state, "a", "login", 1000, false, &s), 0);
        assert_int_equal(ended, SESSIONS_MAX);
}

static void test_end_of_account(void **state) {
        char first[33], second[33], other[33], elsewhere[33];

        open_one(*state, "a", 1000, false, first);
        open_one(*state, "a", 1000, true, second);
        open_one(*state, "a", 1001, false, elsewhere);
        open_one(*state, "b", 1000, false, other);
        session_end_others(*state, "a", first, 1000);
        assert_true(is_there(*state, first, 1000));
        assert_false(is_there(*state, second, 1000));
        assert_true(is_there(*state, elsewhere, 1001));
        session_end_account(*state, "a");
        assert_false(is_there(*state, first, 1000));
        assert_false(is_there(*state, elsewhere, 1001));
        assert_true(is_there(*state, other, 1000));
        assert_int_equal(ended, 3);
}

/* Once before each end; again only when a signature has put it off (D2). */
static void test_warning(void **state) {
        Session *s;
        char id[33];

        open_one(*state, "a", 1000, false, id);
        the_time = 119;
        assert_true(is_there(*state, id, 1000));
        assert_int_equal(warned, 0);
        for (the_time = 120; the_time < 180; the_time += 20)
                assert_true(is_there(*state, id, 1000));
        assert_int_equal(warned, 1);
        assert_int_equal(last_left, 60);
        the_time = 160;
        assert_int_equal(session_find(*state, id, 1000, &s), 0);
        assert_int_equal(session_use(*state, s, 1), 0);
        the_time += 119;
        assert_true(is_there(*state, id, 1000));
        assert_int_equal(warned, 1);
        the_time += 11;
        assert_true(is_there(*state, id, 1000));
        assert_int_equal(warned, 2);
        assert_int_equal(last_left, 50);
        the_time += 50;
        assert_false(is_there(*state, id, 1000));
        assert_int_equal(warned, 2);
        assert_int_equal(last_reason, SESSION_IDLE);
}

/* A signature does not put off the absolute end: its warning stays the only one. */
static void test_warning_of_age(void **state) {
        Session *s;
        char id[33];

        open_one(*state, "a", 1000, false, id);
        for (the_time = 100; the_time < 3600; the_time += 100) {
                assert_int_equal(session_find(*state, id, 1000, &s), 0);
                assert_int_equal(session_use(*state, s, 1), 0);
        }
        the_time = 3550;
        assert_int_equal(session_find(*state, id, 1000, &s), 0);
        assert_int_equal(session_use(*state, s, 1), 0);
        assert_true(is_there(*state, id, 1000));
        assert_int_equal(warned, 1);
        the_time = 3600;
        assert_false(is_there(*state, id, 1000));
        assert_int_equal(last_reason, SESSION_OLD);
}

static void test_reasons(void **state) {
        Session *s;
        char id[33];

        open_one(*state, "a", 1000, false, id);
        assert_int_equal(session_find(*state, id, 1000, &s), 0);
        session_end(*state, s);
        assert_int_equal(last_reason, SESSION_LOGGED_OUT);
        open_one(*state, "a", 1000, false, id);
        session_end_account(*state, "a");
        assert_int_equal(last_reason, SESSION_ACCOUNT);
        open_one(*state, "a", 1000, false, id);
        session_end_all(*state);
        assert_int_equal(last_reason, SESSION_STOPPED);
        assert_string_equal(session_reason_to_string(SESSION_USER_LEFT), "user-left");
}

/* Only a session that had a login beside it ends with the last of them. */
static void test_login(void **state) {
        char service[33], person[33], other[33];

        open_one(*state, "a", 1000, true, service);
        session_set_login(*state, 1000, false);
        assert_true(is_there(*state, service, 1000));
        open_one(*state, "a", 1001, true, person);
        open_one(*state, "a", 1002, true, other);
        session_set_login(*state, 1001, true);
        session_set_login(*state, 1002, true);
        session_set_login(*state, 1001, false);
        assert_false(is_there(*state, person, 1001));
        assert_int_equal(last_reason, SESSION_USER_LEFT);
        assert_true(is_there(*state, other, 1002));
        assert_true(is_there(*state, service, 1000));
        assert_int_equal(ended, 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_one_user_only, setup, teardown),
                cmocka_unit_test_setup_teardown(test_reserved_is_found_by_nobody, setup, teardown),
                cmocka_unit_test_setup_teardown(test_restricted, setup, teardown),
                cmocka_unit_test_setup_teardown(test_idle, setup, teardown),
                cmocka_unit_test_setup_teardown(test_absolute_age, setup, teardown),
                cmocka_unit_test_setup_teardown(test_remembered, setup, teardown),
                cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
                cmocka_unit_test_setup_teardown(test_end_of_account, setup, teardown),
                cmocka_unit_test_setup_teardown(test_warning, setup, teardown),
                cmocka_unit_test_setup_teardown(test_warning_of_age, setup, teardown),
                cmocka_unit_test_setup_teardown(test_reasons, setup, teardown),
                cmocka_unit_test_setup_teardown(test_login, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
