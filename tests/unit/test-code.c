/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* daemon/code.c: the life of a code, from its message to its only use (requirements E1, E4, E7, E12, M2, M3). */

#include <ctype.h>

#include "daemon/audit.h"
#include "daemon/throttle.h"
#include "outbox-fixture.h"

#define UID 1000

static CodeRequest request(CodePurpose p, int64_t now) {
        return (CodeRequest) { .purpose = p, .subject = ANNA, .account = ANNA, .uid = UID,
                               .recipient = code_purpose_channel(p) == CHANNEL_SMS ? PHONE : "anna@example.com", .now = now, .settings = &settings };
}

/* Sends one and returns it as it is delivered. */
static CodeSent send_code(Txn *t, CodePurpose p, int64_t now, char ret[static 64]) {
        CodeRequest q = request(p, now);
        int64_t not_before;
        CodeSent sent;

        assert_int_equal(code_send(t, &q, &sent, &not_before), 0);
        code_in(t, sent.message, "code", now, ret);
        return sent;
}

static int try_send(Txn *t, CodePurpose p, int64_t now, int64_t *ret_not_before) {
        CodeRequest q = request(p, now);
        CodeSent sent;

        return code_send(t, &q, &sent, ret_not_before);
}

static CodeAttempt attempt(CodePurpose p, const char *code, int64_t now) {
        return (CodeAttempt) { .purpose = p, .subject = ANNA, .account = ANNA, .uid = UID, .code = view_string(code), .now = now, .settings = &settings };
}

static int try_code(Txn *t, CodePurpose p, const char *code, int64_t now) {
        CodeAttempt a = attempt(p, code, now);
        int64_t not_before;

        return code_accept(t, &a, &not_before);
}

static void wrong(const char *code, char ret[static 64]) {
        strcpy(ret, code);
        ret[0] = ret[0] == '1' ? '2' : '1';
}

/* --- Their form ------------------------------------------------------------------------------------------------------- */

static int body_forms(Txn *t) {
        char code[64], typed[64];
        CodeSent sent;

        sent = send_code(t, CODE_TOKEN_ENROLL, NOW, code);
        assert_int_equal(strlen(code), 8);
        assert_int_equal(strspn(code, "0123456789"), 8);
        assert_int_equal(sent.expires, NOW + 300);
        assert_int_equal(sent.not_before, NOW + 60);
        assert_string_equal(sent.to, "+48 *** *** 200");
        snprintf(typed, sizeof(typed), " %.4s %.4s\n", code, code + 4);
        assert_int_equal(try_code(t, CODE_TOKEN_ENROLL, typed, NOW), CODE_ACCEPTED);

        sent = send_code(t, CODE_PASSWORD_RESET_MAIL, NOW, code);
        assert_int_equal(strlen(code), 19);
        assert_int_equal(strspn(code, "0123456789ABCDEFGHJKMNPQRSTVWXYZ-"), 19);
        assert_int_equal(sent.expires, NOW + 86400);
        assert_string_equal(sent.to, "a***@example.com");
        for (size_t i = 0, n = 0; i <= strlen(code); i++)
                if (code[i] != '-')
                        typed[n++] = code[i] == '0' ? 'o' : code[i] == '1' ? 'l' : (char) tolower(code[i]);
        assert_int_equal(try_code(t, CODE_PASSWORD_RESET_MAIL, typed, NOW), CODE_ACCEPTED);
        return 0;
}

static void test_forms(void **state) {
        in_store(state, body_forms);
}

/* What is no code at all is a wrong one, however long. */
static int body_garbage(Txn *t) {
        static const char *const garbage[] = { "", "1234567" };
        char code[64], much[4096];

        send_code(t, CODE_PIN_SMS, NOW, code);
        for (size_t i = 0; i < ELEMENTSOF(garbage); i++)
                assert_int_equal(try_code(t, CODE_PIN_SMS, garbage[i], NOW), CODE_E_WRONG);
        memset(much, '1', sizeof(much) - 1);
        much[sizeof(much) - 1] = 0;
        assert_int_equal(try_code(t, CODE_PIN_SMS, much, NOW), CODE_E_WRONG);
        assert_int_equal(try_code(t, CODE_PIN_SMS, code, NOW), CODE_E_VOID);
        return 0;
}

static void test_garbage(void **state) {
        in_store(state, body_garbage);
}

/* --- Once, in time, for what it is for -------------------------------------------------------------------------------- */

static int body_once(Txn *t) {
        char code[64];

        send_code(t, CODE_TOKEN_REVOKE, NOW, code);
        assert_int_equal(try_code(t, CODE_TOKEN_REVOKE, code, NOW), CODE_ACCEPTED);
        assert_int_equal(try_code(t, CODE_TOKEN_REVOKE, code, NOW), CODE_E_VOID);
        assert_int_equal(number(t, "SELECT count(*) FROM code"), 0);
        return 0;
}

static void test_once(void **state) {
        in_store(state, body_once);
}

static int body_expiry(Txn *t) {
        char code[64];

        send_code(t, CODE_TOKEN_ENROLL, NOW, code);
        assert_int_equal(try_code(t, CODE_TOKEN_ENROLL, code, NOW + 300), CODE_E_VOID);
        assert_int_equal(try_code(t, CODE_TOKEN_ENROLL, code, NOW + 299), CODE_ACCEPTED);
        send_code(t, CODE_PIN_ACTIVATION, NOW, code);
        assert_int_equal(try_code(t, CODE_PIN_ACTIVATION, code, NOW + 86400), CODE_E_VOID);
        assert_int_equal(try_code(t, CODE_PIN_ACTIVATION, code, NOW + 86399), CODE_ACCEPTED);
        /* A clock that was set back gives no code a longer life. */
        send_code(t, CODE_TOKEN_REVOKE, NOW, code);
        assert_int_equal(try_code(t, CODE_TOKEN_REVOKE, code, NOW - AUDIT_CLOCK_TOLERANCE - 1), -ETIME);
        return 0;
}

static void test_expiry(void **state) {
        in_store(state, body_expiry);
}

/* Neither for another purpose, nor for another's account. */
static int body_bound(Txn *t) {
        char enroll[64], revoke[64], ignored[64];
        CodeAttempt a;
        CodeRequest q = request(CODE_TOKEN_ENROLL, NOW);
        int64_t not_before;
        CodeSent sent;

        send_code(t, CODE_TOKEN_ENROLL, NOW, enroll);
        send_code(t, CODE_TOKEN_REVOKE, NOW, revoke);
        assert_int_equal(try_code(t, CODE_TOKEN_REVOKE, enroll, NOW), CODE_E_WRONG);
        q.subject = q.account = "bbbbbbbbbbbbbbbb";
        assert_int_equal(code_send(t, &q, &sent, &not_before), 0);
        code_in(t, sent.message, "code", NOW, ignored);
        a = attempt(CODE_TOKEN_ENROLL, enroll, NOW);
        a.subject = a.account = "bbbbbbbbbbbbbbbb";
        assert_int_equal(code_accept(t, &a, &not_before), CODE_E_WRONG);
        a.subject = a.account = "cccccccccccccccc";
        assert_int_equal(code_accept(t, &a, &not_before), CODE_E_VOID);
        assert_int_equal(try_code(t, CODE_TOKEN_ENROLL, enroll, NOW), CODE_ACCEPTED);
        return 0;
}

static void test_bound(void **state) {
        in_store(state, body_bound);
}

/* --- Guesses ---------------------------------------------------------------------------------------------------------- */

static int body_attempts(Txn *t) {
        char code[64], guess[64];
        CodeSent sent;

        sent = send_code(t, CODE_GRANT_ACTIVATION, NOW, code);
        wrong(code, guess);
        for (int i = 0; i < 2; i++)
                assert_int_equal(try_code(t, CODE_GRANT_ACTIVATION, guess, NOW), CODE_E_WRONG);
        assert_string_equal(state_of_message(t, sent.message), "waiting");
        assert_int_equal(try_code(t, CODE_GRANT_ACTIVATION, guess, NOW), CODE_E_WRONG);
        assert_int_equal(try_code(t, CODE_GRANT_ACTIVATION, code, NOW), CODE_E_VOID);
        /* Nobody needs the message any more. */
        assert_string_equal(state_of_message(t, sent.message), "cancelled");
        return 0;
}

static void test_attempts(void **state) {
        in_store(state, body_attempts);
}

/* A new code gives new tries, but the guesser waits all the same; nobody else does. */
static int body_throttled(Txn *t) {
        char code[64], guess[64];
        int64_t not_before = 0;
        CodeAttempt a;

        for (int round = 0; round < 2; round++) {
                send_code(t, CODE_PIN_SMS, NOW + 60 * round, code);
                wrong(code, guess);
                for (int i = 0; i < 3 - round; i++)
                        assert_int_equal(try_code(t, CODE_PIN_SMS, guess, NOW + 60 * round + 10 * i), CODE_E_WRONG);
        }
        a = attempt(CODE_PIN_SMS, code, NOW + 71);
        assert_int_equal(code_accept(t, &a, &not_before), -EAGAIN);
        assert_int_equal(not_before, NOW + 74);
        a.uid = UID + 1;
        assert_int_equal(code_accept(t, &a, &not_before), CODE_ACCEPTED);
        return 0;
}

static void test_throttled(void **state) {
        in_store(state, body_throttled);
}

/* A right one of two is not used up by the wrong other one. */
static int body_both(Txn *t) {
        char mail[64], sms[64], guess[64];
        int64_t not_before;
        CodeAttempt a, b;

        send_code(t, CODE_PASSWORD_RESET_MAIL, NOW, mail);
        send_code(t, CODE_PASSWORD_RESET_SMS, NOW, sms);
        wrong(sms, guess);
        a = attempt(CODE_PASSWORD_RESET_MAIL, mail, NOW);
        b = attempt(CODE_PASSWORD_RESET_SMS, guess, NOW);
        assert_int_equal(code_check(t, &a, &not_before), CODE_ACCEPTED);
        assert_int_equal(code_check(t, &b, &not_before), CODE_E_WRONG);
        b.code = view_string(sms);
        assert_int_equal(code_check(t, &a, &not_before), CODE_ACCEPTED);
        assert_int_equal(code_check(t, &b, &not_before), CODE_ACCEPTED);
        assert_int_equal(code_use(t, CODE_PASSWORD_RESET_MAIL, ANNA, NOW), 0);
        assert_int_equal(code_use(t, CODE_PASSWORD_RESET_SMS, ANNA, NOW), 0);
        assert_int_equal(code_check(t, &a, &not_before), CODE_E_VOID);
        assert_int_equal(code_check(t, &b, &not_before), CODE_E_VOID);
        return 0;
}

static void test_both(void **state) {
        in_store(state, body_both);
}

/* --- Again ------------------------------------------------------------------------------------------------------------ */

static int body_newer(Txn *t) {
        char first[64], second[64];
        CodeSent older, newer;

        older = send_code(t, CODE_TOKEN_ENROLL, NOW, first);
        newer = send_code(t, CODE_TOKEN_ENROLL, NOW + 60, second);
        assert_string_equal(state_of_message(t, older.message), "cancelled");
        assert_string_equal(state_of_message(t, newer.message), "waiting");
        assert_int_equal(try_code(t, CODE_TOKEN_ENROLL, first, NOW + 60), CODE_E_WRONG);
        assert_int_equal(try_code(t, CODE_TOKEN_ENROLL, second, NOW + 60), CODE_ACCEPTED);
        return 0;
}

static void test_newer(void **state) {
        in_store(state, body_newer);
}

/* While the older one is being handed over it cannot be taken back: there would be two. */
static int body_under_way(Txn *t) {
        char code[64];
        OutboxRound round = { .now = NOW, .max = { 1, 1 }, .channels = { true, true }, .keep = 86400 };
        int64_t not_before = 0;
        CodeSent older;

        older = send_code(t, CODE_TOKEN_ENROLL, NOW, code);
        assert_int_equal(outbox_round(t, &round), 0);
        assert_int_equal(round.n_claims, 1);
        outbox_round_done(&round);
        assert_int_equal(try_send(t, CODE_TOKEN_ENROLL, NOW + 60, &not_before), -EAGAIN);
        assert_true(not_before > NOW + 60);
        assert_int_equal(outbox_settle(t, older.message, OUTBOX_DELIVERED, "", NOW + 61), 0);
        assert_int_equal(try_code(t, CODE_TOKEN_ENROLL, code, NOW + 61), CODE_ACCEPTED);
        return 0;
}

static void test_under_way(void **state) {
        in_store(state, body_under_way);
}

static int body_resends(Txn *t) {
        char code[64];
        int64_t not_before = 0;

        send_code(t, CODE_TOKEN_ENROLL, NOW, code);
        assert_int_equal(try_send(t, CODE_TOKEN_ENROLL, NOW + 59, &not_before), -EAGAIN);
        assert_int_equal(not_before, NOW + 60);
        for (int i = 1; i <= 3; i++)
                send_code(t, CODE_TOKEN_ENROLL, NOW + 60 * i, code);
        /* Then the support contact (E12), also when all of them have expired. */
        assert_int_equal(try_send(t, CODE_TOKEN_ENROLL, NOW + 240, &not_before), -EDQUOT);
        assert_int_equal(not_before, NOW + 3600);
        assert_int_equal(try_send(t, CODE_TOKEN_ENROLL, NOW + 3599, &not_before), -EDQUOT);
        /* Another purpose has a count of its own. */
        assert_int_equal(try_send(t, CODE_TOKEN_REVOKE, NOW + 3599, &not_before), 0);
        send_code(t, CODE_TOKEN_ENROLL, NOW + 3600, code);
        assert_int_equal(try_code(t, CODE_TOKEN_ENROLL, code, NOW + 3600), CODE_ACCEPTED);
        /* A code that was accepted ends the count, and the pause. */
        for (int i = 0; i <= 3; i++)
                send_code(t, CODE_TOKEN_ENROLL, NOW + 3600 + 60 * i, code);
        return 0;
}

static void test_resends(void **state) {
        in_store(state, body_resends);
}

/* What was refused changed nothing. */
static int body_refused(Txn *t) {
        char code[64];
        CodeRequest q = request(CODE_TOKEN_ENROLL, NOW + 60);
        int64_t not_before = 0;
        CodeSent sent;

        sent = send_code(t, CODE_TOKEN_ENROLL, NOW, code);
        q.recipient = "";
        assert_int_equal(code_send(t, &q, &sent, &not_before), -EDESTADDRREQ);
        q.recipient = PHONE;
        settings.delivery_per_account = 1;
        assert_int_equal(code_send(t, &q, &sent, &not_before), -EDQUOT);
        assert_int_equal(not_before, 0);
        settings.delivery_per_account = 40;
        assert_string_equal(state_of_message(t, sent.message), "waiting");
        assert_int_equal(try_code(t, CODE_TOKEN_ENROLL, code, NOW + 60), CODE_ACCEPTED);
        return 0;
}

static void test_refused(void **state) {
        in_store(state, body_refused);
}

/* --- Two codes in one message ----------------------------------------------------------------------------------------- */

static int body_also(Txn *t) {
        CodeRequest q = request(CODE_ACCOUNT_ACTIVATION, NOW);
        char password[64], activation[64], newer[64];
        int64_t not_before;
        CodeSent sent;

        q.also = CODE_PIN_ACTIVATION;
        q.fields = &(OutboxField) { "login", VIEW_LITERAL("anna") };
        q.n_fields = 1;
        assert_int_equal(code_send(t, &q, &sent, &not_before), 0);
        code_in(t, sent.message, "password", NOW, password);
        code_in(t, sent.message, "code", NOW, activation);
        assert_string_not_equal(password, activation);
        code_in(t, sent.message, "login", NOW, newer);
        assert_string_equal(newer, "anna");
        code_in(t, sent.message, "expires", NOW, newer);
        assert_string_equal(newer, "2026-06-02 12:00:00 UTC");
        /* One of them anew: the message still carries the other. */
        send_code(t, CODE_PIN_ACTIVATION, NOW + 60, newer);
        assert_string_equal(state_of_message(t, sent.message), "waiting");
        assert_int_equal(try_code(t, CODE_PIN_ACTIVATION, activation, NOW + 60), CODE_E_WRONG);
        assert_int_equal(try_code(t, CODE_PIN_ACTIVATION, newer, NOW + 60), CODE_ACCEPTED);
        assert_int_equal(try_code(t, CODE_ACCOUNT_ACTIVATION, password, NOW + 60), CODE_ACCEPTED);
        assert_string_equal(state_of_message(t, sent.message), "cancelled");
        return 0;
}

static void test_also(void **state) {
        in_store(state, body_also);
}

/* --- The operator's eyes ---------------------------------------------------------------------------------------------- */

static int body_seen(Txn *t) {
        CodeRequest q = request(CODE_ACCOUNT_ACTIVATION, NOW);
        char password[64], activation[64], guess[64];
        int64_t not_before;
        CodeAttempt a;
        CodeSent sent;

        q.also = CODE_PIN_ACTIVATION;
        assert_int_equal(code_send(t, &q, &sent, &not_before), 0);
        code_in(t, sent.message, "password", NOW, password);
        code_in(t, sent.message, "code", NOW, activation);
        a = attempt(CODE_PIN_ACTIVATION, activation, NOW);
        a.flags = CODE_UNSEEN_ONLY;
        assert_int_equal(code_check(t, &a, &not_before), CODE_ACCEPTED);
        assert_int_equal(code_mark_seen(t, sent.message), 0);
        assert_int_equal(code_accept(t, &a, &not_before), CODE_E_SEEN);
        wrong(activation, guess);
        a.code = view_string(guess);
        assert_int_equal(code_accept(t, &a, &not_before), CODE_E_WRONG);
        /* Where that is no matter it serves, and a new one is unseen. */
        assert_int_equal(try_code(t, CODE_ACCOUNT_ACTIVATION, password, NOW), CODE_ACCEPTED);
        send_code(t, CODE_PIN_ACTIVATION, NOW + 60, activation);
        a = attempt(CODE_PIN_ACTIVATION, activation, NOW + 60);
        a.flags = CODE_UNSEEN_ONLY;
        assert_int_equal(code_accept(t, &a, &not_before), CODE_ACCEPTED);
        return 0;
}

static void test_seen(void **state) {
        in_store(state, body_seen);
}

/* --- At rest ---------------------------------------------------------------------------------------------------------- */

/* Who can write to the database but has no key makes nothing of a row but one that is not believed. */
static int body_tampered(Txn *t) {
        static const char *const changes[] = {
                "UPDATE code SET failures = 0", "UPDATE code SET seen = 0", "UPDATE code SET sends = 1", "UPDATE code SET expires = expires + 1",
                "UPDATE code SET purpose = 'token-enroll'", "UPDATE code SET subject = 'bbbbbbbbbbbbbbbb'",
        };
        char code[64], guess[64];
        CodeSent sent;

        for (size_t i = 0; i < ELEMENTSOF(changes); i++) {
                CodePurpose p = i == 4 ? CODE_TOKEN_ENROLL : CODE_TOKEN_REVOKE;
                CodeAttempt a;
                int64_t not_before;

                assert_int_equal(code_void_all(t), 0);
                send_code(t, CODE_TOKEN_REVOKE, NOW + (int64_t) i * 100, code);
                sent = send_code(t, CODE_TOKEN_REVOKE, NOW + (int64_t) i * 100 + 60, code);
                wrong(code, guess);
                assert_int_equal(try_code(t, CODE_TOKEN_REVOKE, guess, NOW + (int64_t) i * 100 + 60), CODE_E_WRONG);
                assert_int_equal(code_mark_seen(t, sent.message), 0);
                assert_int_equal(txn_exec(t, changes[i], ""), 1);
                a = attempt(p, code, NOW + (int64_t) i * 100 + 60);
                a.uid = UID + (unsigned) i;
                a.subject = i == 5 ? "bbbbbbbbbbbbbbbb" : ANNA;
                assert_int_equal(code_accept(t, &a, &not_before), -EBADMSG);
        }
        return 0;
}

static void test_tampered(void **state) {
        in_store(state, body_tampered);
}

static int run_send(Txn *t, void *userdata) {
        send_code(t, CODE_TOKEN_ENROLL, NOW, userdata);
        return 0;
}

static int run_accept(Txn *t, void *userdata) {
        return try_code(t, CODE_TOKEN_ENROLL, userdata, NOW + 1);
}

/* Over a restart it holds; no file has it in clear, nor anything that a list of all codes could be tried against. */
static void test_at_rest(void **state) {
        Store *s = open_daemon_store(*state);
        char code[64];

        assert_int_equal(store_run(s, run_send, code), 0);
        assert_false(directory_holds(*state, view_string(code)));
        store_close(s);
        assert_false(directory_holds(*state, view_string(code)));
        assert_int_equal(store_open(*state, &daemon_schema, host_key, &s), 0);
        assert_int_equal(store_run(s, run_accept, code), CODE_ACCEPTED);
        store_close(s);
}

static int run_send_again(Txn *t, void *userdata) {
        int64_t not_before;

        return try_send(t, CODE_TOKEN_ENROLL, NOW + 60, &not_before);
}

static int run_settle_rollback(Txn *t, void *userdata) {
        assert_int_equal(txn_accept_rollback(t), 0);
        assert_int_equal(code_void_all(t), 0);
        assert_int_equal(outbox_cancel_all(t, NOW), 1);
        return 0;
}

static void copy_file(const char *from, const char *to) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;

        assert_int_equal(read_file(from, 1 << 24, &b), 0);
        assert_int_equal(atomic_file_write(to, bytes_view(&b), 0600, true), 0);
}

/* In an older copy a code that was used looks unused: none is taken or sent until an operator accepts the copy, and then none of it holds. */
static void test_rollback(void **state) {
        _cleanup_free_ char *db = path_in(*state, "store.db"), *copy = path_in(*state, "copy");
        Store *s = open_daemon_store(*state);
        char code[64];

        assert_int_equal(store_run(s, run_send, code), 0);
        store_close(s);
        copy_file(db, copy);
        assert_int_equal(store_open(*state, &daemon_schema, host_key, &s), 0);
        assert_int_equal(store_run(s, run_accept, code), CODE_ACCEPTED);
        store_close(s);
        copy_file(copy, db);
        assert_int_equal(unlink(copy), 0);
        assert_int_equal(store_open(*state, &daemon_schema, host_key, &s), 0);
        assert_true(store_is_rolled_back(s));
        assert_int_equal(store_run(s, run_accept, code), -ESTALE);
        assert_int_equal(store_run(s, run_send_again, NULL), -ESTALE);
        assert_int_equal(store_run(s, run_settle_rollback, NULL), 0);
        assert_int_equal(store_run(s, run_accept, code), CODE_E_VOID);
        assert_int_equal(store_run(s, run_send_again, NULL), 0);
        store_close(s);
}

/* Rows are bounded by what may be sent, and go. */
static int body_bounded(Txn *t) {
        int64_t not_before;
        int sent = 0;

        settings.code_pause = 10;
        for (int i = 0; i < 5000; i++)
                if (try_send(t, CODE_TOKEN_ENROLL, NOW + 10 * i, &not_before) == 0)
                        sent++;
        assert_int_equal(sent, 20); /* a recipient's for a day */
        assert_int_equal(number(t, "SELECT count(*) FROM outbox"), 20);
        assert_true(number(t, "SELECT count(*) FROM code") <= 1);
        assert_int_equal(try_send(t, CODE_TOKEN_REVOKE, NOW + 200000, &not_before), 0);
        assert_int_equal(number(t, "SELECT count(*) FROM code"), 1);
        settings.code_pause = 60;
        return 0;
}

static void test_bounded(void **state) {
        in_store(state, body_bounded);
}

static int body_subject(Txn *t) {
        char code[64];
        CodeSent sent;

        sent = send_code(t, CODE_TOKEN_ENROLL, NOW, code);
        send_code(t, CODE_PIN_ACTIVATION, NOW, code);
        assert_int_equal(code_void_subject(t, ANNA, NOW), 0);
        assert_int_equal(number(t, "SELECT count(*) FROM code"), 0);
        assert_string_equal(state_of_message(t, sent.message), "cancelled");
        return 0;
}

static void test_subject(void **state) {
        in_store(state, body_subject);
}

#define IN_STORE(f) cmocka_unit_test_setup_teardown(f, directory_setup, directory_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                IN_STORE(test_forms),     IN_STORE(test_garbage),   IN_STORE(test_once),     IN_STORE(test_expiry),
                IN_STORE(test_bound),     IN_STORE(test_attempts),  IN_STORE(test_throttled), IN_STORE(test_both),
                IN_STORE(test_newer),     IN_STORE(test_under_way), IN_STORE(test_resends),  IN_STORE(test_refused),
                IN_STORE(test_also),      IN_STORE(test_seen),      IN_STORE(test_tampered), IN_STORE(test_at_rest),
                IN_STORE(test_rollback),  IN_STORE(test_bounded),   IN_STORE(test_subject),
        };

        return cmocka_run_group_tests(tests, settings_setup, settings_teardown);
}
