/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* daemon/pin.c over a real store (requirement M2): what a PIN is, that five wrong ones block it, that the one-time code is judged before it, and
 * that a signature's key opens with the store key and the PIN together, with neither alone. */

#include "crypto/totp.h"
#include "daemon/account.h"
#include "daemon/credential.h"
#include "daemon/outcome.h"
#include "daemon/pin.h"
#include "daemon/schema.h"
#include "daemon/token.h"
#include "store-fixture.h"

#define NOW 1780315200

typedef struct Case {
        int (*body)(Txn *t, struct Case *c);
        Store *store;
        Account account;
        Pin pin;
        Secret *key, *wrong_key;
        int opened_wrong;
} Case;

static View pin_right(void) {
        return view_string("12345678");
}

static int run_case(Txn *t, void *userdata) {
        Case *c = userdata;

        assert_int_equal(account_insert(t, &c->account), 0);
        assert_int_equal(pin_write(t, c->account.id, &c->pin), 0);
        return c->body(t, c);
}

/* Runs `body` as a job over a fresh store with an account and its PIN. The record is made before the account has an id, as the tests need none. */
static void in_store(void **state, int (*body)(Txn *t, Case *c)) {
        _cleanup_secret_ Secret *recovery = NULL;
        Case c = { .body = body, .account = { .login = strdup("alice"), .name = strdup("Alice"), .email = strdup(""), .phone = strdup(""), .active = true } };

        assert_int_equal(crypto_init(), 0);
        assert_int_equal(store_create(*state, &daemon_schema, host_key, &recovery), 0);
        assert_int_equal(store_open(*state, &daemon_schema, host_key, &c.store), 0);
        assert_int_equal(pin_make(c.store, "a", pin_right(), NOW, &c.pin, &c.key), 0);
        c.opened_wrong = pin_open(c.store, "a", &c.pin, view_string("12345679"), &c.wrong_key);
        assert_int_equal(store_run(c.store, run_case, &c), 0);
        secret_free(c.key);
        secret_free(c.wrong_key);
        pin_done(&c.pin);
        account_done(&c.account);
        store_close(c.store);
}

static int attempt(Txn *t, const Case *c, const Secret *otp, bool right, int64_t now) {
        const PinAttempt a = {
                .account = c->account.id, .uid = 1000, .otp = otp, .tried = &c->pin, .opened = right ? 0 : -EKEYREJECTED, .now = now,
        };
        int64_t until;

        return pin_settle(t, &a, &until);
}

static void test_form(void **state) {
        static const char *const bad[] = { "", "1234567", "123456789", "1234567a", "1234 678", "-1234567", "１２３４５６７８" };

        assert_true(pin_is_well_formed(pin_right()));
        assert_true(pin_is_well_formed(view_string("00000000")));
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_false(pin_is_well_formed(view_string(bad[i])));
        assert_false(pin_is_well_formed(VIEW("1234567\0", 8)));
}

static int body_opens(Txn *t, Case *c) {
        _cleanup_(pin_done) Pin p = { 0 };
        _cleanup_secret_ Secret *key = NULL;

        assert_int_equal(c->opened_wrong, -EKEYREJECTED);
        assert_null(c->wrong_key);
        assert_int_equal(pin_load(t, c->account.id, &p), 0);
        assert_int_equal(p.failures, 0);
        assert_int_equal(p.changed, NOW);
        assert_int_equal(pin_open(c->store, "a", &p, pin_right(), &key), 0);
        assert_true(secret_equal(secret_view(key), secret_view(c->key)));
        key = secret_free(key);
        /* The record of another account, with a PIN that would be right there. */
        assert_int_equal(pin_open(c->store, "b", &p, pin_right(), &key), -EKEYREJECTED);
        assert_int_equal(pin_load(t, "0000000000000000", &p), -ENOENT);
        return 0;
}

static void test_opens(void **state) {
        in_store(state, body_opens);
}

static int body_blocks(Txn *t, Case *c) {
        Pin p = { 0 };

        for (unsigned i = 0; i < PIN_FAILURES_MAX - 1; i++)
                assert_int_equal(attempt(t, c, NULL, false, NOW), OUTCOME_WRONG_PIN);
        /* A right one takes the count back. */
        assert_int_equal(attempt(t, c, NULL, true, NOW), 0);
        for (unsigned i = 0; i < PIN_FAILURES_MAX; i++)
                assert_int_equal(attempt(t, c, NULL, false, NOW), OUTCOME_WRONG_PIN);
        assert_int_equal(attempt(t, c, NULL, true, NOW), OUTCOME_PIN_BLOCKED);
        assert_int_equal(attempt(t, c, NULL, false, NOW + 1000000), OUTCOME_PIN_BLOCKED);
        assert_int_equal(pin_check(t, c->account.id, &p), OUTCOME_PIN_BLOCKED);
        assert_int_equal(pin_check_remembered(t, c->account.id, bytes_view(&c->pin.kdf)), OUTCOME_PIN_BLOCKED);
        assert_int_equal(pin_unblock(t, c->account.id), 0);
        assert_int_equal(pin_check_remembered(t, c->account.id, bytes_view(&c->pin.kdf)), 0);
        assert_int_equal(attempt(t, c, NULL, true, NOW), 0);
        return 0;
}

static void test_blocks(void **state) {
        in_store(state, body_blocks);
}

static Secret *code(View secret, int64_t at) {
        char text[9];
        Secret *s;

        assert_int_equal(totp_code(secret, (uint64_t) at / 30, 8, text), 0);
        assert_int_equal(secret_dup(view_string(text), &s), 0);
        return s;
}

static unsigned failures(Txn *t, const Case *c) {
        _cleanup_(pin_done) Pin p = { 0 };

        assert_int_equal(pin_load(t, c->account.id, &p), 0);
        return p.failures;
}

/* With a token the code comes first: a wrong one says nothing about the PIN and counts nothing against it; a right one is spent. */
static int body_code_first(Txn *t, Case *c) {
        const View secret = view_string("twenty bytes of key!");
        _cleanup_secret_ Secret *first = code(secret, NOW), *second = code(secret, NOW + 30), *third = code(secret, NOW + 60);
        _cleanup_secret_ Secret *bad = NULL;
        int64_t until;
        char id[17];

        assert_int_equal(token_enroll(t, c->account.id, "phone", 8, secret, NOW, id), 0);
        assert_int_equal(token_confirm(t, c->account.id, 1000, id, secret_view(first), NOW, &until), TOTP_ACCEPTED);
        assert_int_equal(secret_dup(view_string("00000000"), &bad), 0);
        assert_int_equal(attempt(t, c, NULL, true, NOW), OUTCOME_CODE_NEEDED);
        assert_int_equal(attempt(t, c, NULL, false, NOW), OUTCOME_CODE_NEEDED);
        assert_int_equal(attempt(t, c, bad, false, NOW + 30), TOTP_E_WRONG);
        assert_int_equal(attempt(t, c, bad, true, NOW + 30), TOTP_E_WRONG);
        assert_int_equal(attempt(t, c, first, false, NOW + 30), TOTP_E_REPLAYED);
        assert_int_equal(failures(t, c), 0);
        assert_int_equal(attempt(t, c, second, false, NOW + 30), OUTCOME_WRONG_PIN);
        assert_int_equal(failures(t, c), 1);
        assert_int_equal(attempt(t, c, second, true, NOW + 30), TOTP_E_REPLAYED);
        assert_int_equal(attempt(t, c, third, true, NOW + 60), 0);
        assert_int_equal(failures(t, c), 0);
        return 0;
}

static void test_code_first(void **state) {
        in_store(state, body_code_first);
}

/* What was tried was another record: it is counted, whatever it came to. */
static int body_replaced(Txn *t, Case *c) {
        _cleanup_(pin_done) Pin other = { 0 };
        _cleanup_secret_ Secret *key = NULL;

        assert_int_equal(pin_make(c->store, "a", view_string("87654321"), NOW + 1, &other, &key), 0);
        assert_int_equal(pin_write(t, c->account.id, &other), 0);
        assert_int_equal(attempt(t, c, NULL, true, NOW), OUTCOME_WRONG_PIN);
        assert_int_equal(failures(t, c), 1);
        assert_int_equal(pin_check_remembered(t, c->account.id, bytes_view(&c->pin.kdf)), OUTCOME_PIN_NEEDED);
        return 0;
}

static void test_replaced(void **state) {
        in_store(state, body_replaced);
}

static int body_altered(Txn *t, Case *c) {
        assert_int_equal(attempt(t, c, NULL, false, NOW), OUTCOME_WRONG_PIN);
        assert_int_equal(txn_exec(t, "UPDATE pin SET failures = 0", ""), 1);
        assert_int_equal(attempt(t, c, NULL, true, NOW), -EBADMSG);
        return 0;
}

static void test_altered(void **state) {
        in_store(state, body_altered);
}

static int body_key(Txn *t, Case *c) {
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL, opened = NULL;
        Credential record = { .id = "00000000000000aa", .kind = CREDENTIAL_SIGNATURE, .algorithm = KEY_P256 };
        _cleanup_secret_ Secret *other = NULL;
        View second = secret_view(c->key);

        assert_int_equal(secret_random(32, &other), 0);
        assert_int_equal(key_generate(KEY_P256, &key), 0);
        assert_int_equal(credential_seal_key(c->store, &record, key, second), 0);
        assert_int_equal(credential_open_key(c->store, &record, second, &opened), 0);
        opened = (gnutls_privkey_deinit(opened), NULL);
        assert_int_equal(credential_open_key(c->store, &record, secret_view(other), &opened), -EBADMSG);
        assert_int_equal(credential_reseal_key(c->store, &record, secret_view(other), second), -EBADMSG);
        assert_int_equal(credential_reseal_key(c->store, &record, second, secret_view(other)), 0);
        assert_int_equal(credential_open_key(c->store, &record, second, &opened), -EBADMSG);
        assert_int_equal(credential_open_key(c->store, &record, secret_view(other), &opened), 0);
        bytes_done(&record.private_key);
        bytes_done(&record.public_key);
        return 0;
}

static void test_key(void **state) {
        in_store(state, body_key);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_form),
                cmocka_unit_test_setup_teardown(test_opens, directory_setup, directory_teardown),
                cmocka_unit_test_setup_teardown(test_blocks, directory_setup, directory_teardown),
                cmocka_unit_test_setup_teardown(test_code_first, directory_setup, directory_teardown),
                cmocka_unit_test_setup_teardown(test_replaced, directory_setup, directory_teardown),
                cmocka_unit_test_setup_teardown(test_altered, directory_setup, directory_teardown),
                cmocka_unit_test_setup_teardown(test_key, directory_setup, directory_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
