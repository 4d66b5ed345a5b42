/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* daemon/account-recover.c: passwords that are set by codes (requirement E1), what must not set one, and that a refusal tells nothing, by its answer or
 * by the work that it takes: the statements and MACs of each job are counted. */

#include <gnutls/crypto.h>
#include <sqlite3.h>

#include "daemon/account-end.h"
#include "daemon/account-recover.h"
#include "daemon/grant.h"
#include "outbox-fixture.h"

#define MACHINE "0123456789abcdef0123456789abcdef"
#define UID 1000
#define OTHER_UID 1001

/* --- Work ----------------------------------------------------------------------------------------------------------- */

static unsigned steps, macs;

int __real_sqlite3_step(sqlite3_stmt *s);
int __wrap_sqlite3_step(sqlite3_stmt *s);
int __real_gnutls_hmac_fast(gnutls_mac_algorithm_t a, const void *key, size_t key_len, const void *text, size_t len, void *digest);
int __wrap_gnutls_hmac_fast(gnutls_mac_algorithm_t a, const void *key, size_t key_len, const void *text, size_t len, void *digest);

int __wrap_sqlite3_step(sqlite3_stmt *s) {
        steps++;
        return __real_sqlite3_step(s);
}

int __wrap_gnutls_hmac_fast(gnutls_mac_algorithm_t a, const void *key, size_t key_len, const void *text, size_t len, void *digest) {
        macs++;
        return __real_gnutls_hmac_fast(a, key, key_len, text, len, digest);
}

/* --- Accounts and jobs ---------------------------------------------------------------------------------------------- */

static Account make_account(Txn *t, const char *login, const char *phone, bool password) {
        Account a = { .login = strdup(login), .name = strdup("Anna Nowak"), .email = strdup("anna@example.com"), .phone = strdup(phone), .active = true,
                      .created = NOW, .password_changed = NOW };

        if (password)
                assert_int_equal(bytes_dup(view_string("the record of a password"), &a.password), 0);
        assert_int_equal(account_insert(t, &a), 0);
        assert_int_equal(binding_insert(t, a.id, MACHINE, UID, "anna", NOW), 0);
        return a;
}

static RecoverJob job_of(const char *login, uid_t uid, int64_t now) {
        RecoverJob j = { .login = strdup(login), .uid = uid, .user_name = strdup(uid == UID ? "anna" : "bartek"), .machine = MACHINE,
                         .settings = &settings, .now = now };

        assert_int_equal(recover_subjects(&j), 0);
        return j;
}

/* The code of the newest message of a kind. */
static void newest(Txn *t, const char *kind, const char *field, int64_t now, char ret[static 64]) {
        char id[17];
        Row *row;

        assert_int_equal(txn_query(t, &row, "SELECT id FROM outbox WHERE kind = ?1 AND state = 'waiting' ORDER BY rowid DESC LIMIT 1", "s", kind), 1);
        strcpy(id, row_text(row, 0));
        code_in(t, id, field, now, ret);
}

static int request(Txn *t, const char *login, uid_t uid, int64_t now) {
        _cleanup_(recover_job_done) RecoverJob j = job_of(login, uid, now);

        return recover_request(t, &j);
}

static int send_sms(Txn *t, const char *login, const char *mail, int64_t now) {
        _cleanup_(recover_job_done) RecoverJob j = job_of(login, UID, now);

        assert_int_equal(secret_dup(view_string(mail), &j.mail), 0);
        return recover_send_sms(t, &j);
}

static int settle(Txn *t, RecoverKind kind, const char *login, uid_t uid, const char *mail, const char *sms, int64_t now) {
        _cleanup_(recover_job_done) RecoverJob j = job_of(login, uid, now);

        j.kind = kind;
        if (mail)
                assert_int_equal(secret_dup(view_string(mail), &j.mail), 0);
        if (sms)
                assert_int_equal(secret_dup(view_string(sms), &j.sms), 0);
        assert_int_equal(bytes_dup(view_string("a new record"), &j.record), 0);
        return recover_settle(t, &j);
}

static bool has_new_password(Txn *t, const char *login) {
        _cleanup_(account_done) Account a = { 0 };

        assert_int_equal(account_find(t, login, &a), 0);
        return view_equal(bytes_view(&a.password), view_string("a new record"));
}

/* --- Activation ----------------------------------------------------------------------------------------------------- */

static int body_activation(Txn *t) {
        _cleanup_(account_done) Account a = make_account(t, "anna", "", false);
        char code[64], again[64];
        int64_t not_before;
        CodeSent sent;

        assert_int_equal(recover_send_activation(t, &a, -1, true, &settings, NOW, &sent, &not_before), 0);
        newest(t, "account-created", "password", NOW, code);
        code_in(t, sent.message, "code", NOW, again); /* for the PIN, in the same mail */
        assert_string_not_equal(code, again);
        assert_int_equal(settle(t, RECOVER_ACTIVATION, "anna", UID, again, NULL, NOW), RECOVER_REFUSED);

        /* A dead one is replaced by a new one. */
        assert_int_equal(settle(t, RECOVER_ACTIVATION, "anna", UID, code, NULL, NOW + 86400), RECOVER_REFUSED);
        assert_int_equal(request(t, "anna", UID, NOW + 86400), 0);
        newest(t, "account-created", "password", NOW + 86400, again);
        assert_string_not_equal(code, again);
        assert_int_equal(settle(t, RECOVER_ACTIVATION, "anna", UID, code, NULL, NOW + 86500), RECOVER_REFUSED);
        assert_int_equal(settle(t, RECOVER_ACTIVATION, "anna", UID, again, NULL, NOW + 86600), RECOVER_DONE);
        assert_true(has_new_password(t, "anna"));

        /* Used once. */
        assert_int_equal(settle(t, RECOVER_ACTIVATION, "anna", UID, again, NULL, NOW + 86700), RECOVER_REFUSED);
        assert_int_equal(settle(t, RECOVER_EITHER, "anna", UID, again, NULL, NOW + 86800), RECOVER_REFUSED);
        return 0;
}

static void test_activation(void **state) {
        in_store(state, body_activation);
}

static int body_guessing(Txn *t) {
        _cleanup_(account_done) Account a = make_account(t, "anna", "", false);
        char code[64];

        assert_int_equal(request(t, "anna", UID, NOW), 0);
        newest(t, "account-created", "password", NOW, code);
        for (int i = 0; i < 3; i++)
                assert_int_equal(settle(t, RECOVER_ACTIVATION, "anna", UID, "0000-0000-0000-0000", NULL, NOW + 100 * i), RECOVER_REFUSED);
        assert_int_equal(settle(t, RECOVER_ACTIVATION, "anna", UID, code, NULL, NOW + 1000), RECOVER_REFUSED);
        /* And slower and slower. */
        assert_int_equal(settle(t, RECOVER_ACTIVATION, "anna", UID, code, NULL, NOW + 1000), -EAGAIN);
        assert_false(has_new_password(t, "anna"));
        return 0;
}

static void test_guessing(void **state) {
        in_store(state, body_guessing);
}

/* The code of one account is none of another, and somebody who is not bound uses up nobody's attempts. */
static int body_others(Txn *t) {
        _cleanup_(account_done) Account a = make_account(t, "anna", "", false), b = make_account(t, "ewa", "", false);
        char code[64];

        assert_int_equal(request(t, "anna", OTHER_UID, NOW), 0);
        assert_int_equal(number(t, "SELECT count(*) FROM outbox"), 0);
        assert_int_equal(request(t, "nobody", UID, NOW), 0);
        assert_int_equal(number(t, "SELECT count(*) FROM outbox"), 0);
        assert_int_equal(request(t, "anna", UID, NOW), 0);
        newest(t, "account-created", "password", NOW, code);
        assert_int_equal(settle(t, RECOVER_ACTIVATION, "ewa", UID, code, NULL, NOW), RECOVER_REFUSED);
        for (int i = 0; i < 8; i++)
                assert_int_equal(settle(t, RECOVER_ACTIVATION, "anna", OTHER_UID, "0000-0000-0000-0000", NULL, NOW + 1000 * i), RECOVER_REFUSED);
        assert_int_equal(settle(t, RECOVER_ACTIVATION, "anna", OTHER_UID, code, NULL, NOW + 20000), RECOVER_REFUSED);
        assert_int_equal(settle(t, RECOVER_ACTIVATION, "anna", UID, code, NULL, NOW + 20000), RECOVER_DONE);
        return 0;
}

static void test_others(void **state) {
        in_store(state, body_others);
}

/* --- A forgotten password ------------------------------------------------------------------------------------------- */

static int body_mail_alone(Txn *t) {
        _cleanup_(account_done) Account a = make_account(t, "anna", "", true);
        char mail[64];

        assert_int_equal(settle(t, RECOVER_EITHER, "anna", UID, "", NULL, NOW), RECOVER_REFUSED);
        assert_int_equal(request(t, "anna", UID, NOW), 0);
        newest(t, "password-reset", "code", NOW, mail);
        assert_int_equal(settle(t, RECOVER_ACTIVATION, "anna", UID, mail, NULL, NOW), RECOVER_REFUSED);
        assert_int_equal(send_sms(t, "anna", mail, NOW), RECOVER_DONE);
        assert_int_equal(number(t, "SELECT count(*) FROM outbox WHERE channel = 'sms'"), 0);
        assert_int_equal(settle(t, RECOVER_EITHER, "anna", UID, mail, NULL, NOW), RECOVER_DONE);
        assert_true(has_new_password(t, "anna"));
        assert_int_equal(settle(t, RECOVER_EITHER, "anna", UID, mail, NULL, NOW + 100), RECOVER_REFUSED);
        return 0;
}

static void test_mail_alone(void **state) {
        in_store(state, body_mail_alone);
}

static int body_mail_and_sms(Txn *t) {
        _cleanup_(account_done) Account a = make_account(t, "anna", "+48600100200", true);
        char mail[64], sms[64];

        assert_int_equal(request(t, "anna", UID, NOW), 0);
        newest(t, "password-reset", "code", NOW, mail);
        assert_int_equal(settle(t, RECOVER_EITHER, "anna", UID, mail, NULL, NOW), RECOVER_NEEDS_SMS);
        assert_int_equal(settle(t, RECOVER_EITHER, "anna", UID, mail, "12345678", NOW), RECOVER_REFUSED);
        assert_int_equal(send_sms(t, "anna", "0000-0000-0000-0000", NOW), RECOVER_REFUSED);
        assert_int_equal(number(t, "SELECT count(*) FROM outbox WHERE channel = 'sms'"), 0);
        assert_int_equal(send_sms(t, "anna", mail, NOW + 100), RECOVER_DONE);
        newest(t, "password-reset-sms", "code", NOW + 100, sms);
        assert_int_equal(settle(t, RECOVER_EITHER, "anna", UID, NULL, sms, NOW + 100), RECOVER_REFUSED);
        assert_false(has_new_password(t, "anna"));
        assert_int_equal(settle(t, RECOVER_EITHER, "anna", UID, mail, sms, NOW + 200), RECOVER_DONE);
        assert_true(has_new_password(t, "anna"));
        assert_int_equal(number(t, "SELECT count(*) FROM code WHERE verifier IS NOT NULL"), 0);
        return 0;
}

static void test_mail_and_sms(void **state) {
        in_store(state, body_mail_and_sms);
}

/* An operator who resets somebody and signs as him: what was read in the outbox does not suffice where there is a grant. */
static int body_seen(Txn *t) {
        _cleanup_(account_done) Account a = make_account(t, "anna", "", true);
        char mail[64];
        Row *row;

        assert_int_equal(request(t, "anna", UID, NOW), 0);
        newest(t, "password-reset", "code", NOW, mail);
        assert_int_equal(txn_query(t, &row, "SELECT id FROM outbox", ""), 1);
        char id[17];

        strcpy(id, row_text(row, 0));
        assert_int_equal(code_mark_seen(t, id), 0);
        assert_int_equal(txn_exec(t, "INSERT INTO credential (id, kind, algorithm, label, factors, status, created, public_key, subject, private_key, mac) "
                                     "VALUES ('cccccccccccccccc', 'seal', 'p256', 'seal', 'otp', 'active', 0, x'00', x'00', x'00', x'00')", ""), 1);
        assert_int_equal(grant_add(t, a.id, "cccccccccccccccc", ROLE_USER, NOW, NULL), 0);
        assert_int_equal(send_sms(t, "anna", mail, NOW), RECOVER_SEEN);
        assert_int_equal(settle(t, RECOVER_EITHER, "anna", UID, mail, NULL, NOW), RECOVER_SEEN);
        assert_false(has_new_password(t, "anna"));
        /* Nor where there was one: who took it away can give it back. */
        assert_int_equal(grant_remove(t, a.id, "cccccccccccccccc", NOW), 0);
        assert_int_equal(settle(t, RECOVER_EITHER, "anna", UID, mail, NULL, NOW), RECOVER_SEEN);
        assert_int_equal(txn_exec(t, "DELETE FROM entitlement", ""), 1);
        assert_int_equal(settle(t, RECOVER_EITHER, "anna", UID, mail, NULL, NOW), RECOVER_DONE);
        return 0;
}

static void test_seen(void **state) {
        in_store(state, body_seen);
}

/* --- What a refusal tells ------------------------------------------------------------------------------------------- */

typedef struct Work {
        unsigned steps, macs;
} Work;

static Work work_of(Txn *t, const char *login, uid_t uid, int64_t now) {
        steps = macs = 0;
        assert_int_equal(settle(t, RECOVER_EITHER, login, uid, "0000-0000-0000-0000", "12345678", now), RECOVER_REFUSED);
        return (Work) { steps, macs };
}

/* The same statements and MACs for no such account, one that is not bound to the caller, one that was disabled and one that was deleted. */
static int body_work(Txn *t) {
        _cleanup_(account_done) Account a = make_account(t, "anna", "+48600100200", true), d = make_account(t, "ewa", "", true),
                                        e = make_account(t, "jan", "", false);
        int64_t now = NOW;
        Work none;

        assert_int_equal(binding_delete(t, d.id, MACHINE, UID), 0);
        d.active = false;
        assert_int_equal(account_update(t, &d), 0);
        assert_int_equal(account_end(t, &e, 0, NOW), 0);
        none = work_of(t, "nobody", OTHER_UID, now += 1000);
        for (unsigned i = 0; i < 4; i++) {
                static const char *const logins[] = { "nobody", "anna", "ewa", "jan" };
                Work w = work_of(t, logins[i], OTHER_UID, now += 1000);

                assert_int_equal(w.steps, none.steps);
                assert_int_equal(w.macs, none.macs);
        }
        assert_true(none.steps > 5 && none.macs > 1);
        return 0;
}

static void test_work(void **state) {
        in_store(state, body_work);
}

static int body_count(Txn *t) {
        _cleanup_(account_done) Account a = make_account(t, "anna", "", true);
        Work works[2];

        for (int i = 0; i < 2; i++) {
                _cleanup_(recover_job_done) RecoverJob j = job_of(i ? "anna" : "nobody", UID, NOW);

                steps = macs = 0;
                assert_int_equal(recover_count(t, &j), 0);
                works[i] = (Work) { steps, macs };
        }
        assert_int_equal(works[0].steps, works[1].steps);
        assert_int_equal(works[0].macs, works[1].macs);
        for (int i = 0; i < 3; i++) {
                _cleanup_(recover_job_done) RecoverJob j = job_of("anna", UID, NOW);

                assert_int_equal(recover_count(t, &j), 0);
        }
        _cleanup_(recover_job_done) RecoverJob j = job_of("anna", UID, NOW);

        assert_int_equal(recover_count(t, &j), -EAGAIN);
        assert_true(j.not_before > NOW);
        return 0;
}

static void test_count(void **state) {
        in_store(state, body_count);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_activation, directory_setup, directory_teardown),
                cmocka_unit_test_setup_teardown(test_guessing, directory_setup, directory_teardown),
                cmocka_unit_test_setup_teardown(test_others, directory_setup, directory_teardown),
                cmocka_unit_test_setup_teardown(test_mail_alone, directory_setup, directory_teardown),
                cmocka_unit_test_setup_teardown(test_mail_and_sms, directory_setup, directory_teardown),
                cmocka_unit_test_setup_teardown(test_seen, directory_setup, directory_teardown),
                cmocka_unit_test_setup_teardown(test_work, directory_setup, directory_teardown),
                cmocka_unit_test_setup_teardown(test_count, directory_setup, directory_teardown),
        };

        return cmocka_run_group_tests(tests, settings_setup, settings_teardown);
}
