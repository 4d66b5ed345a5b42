/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* daemon/policy.c over a real store: defaults, what fits which kind, that what is in force never falls below the weakest allowed, and that a row
 * that is deleted or altered lowers nothing. */

#include "daemon/policy.h"
#include "daemon/schema.h"
#include "store-fixture.h"

#define SEAL "00000000000000aa"
#define CUSTOMS "00000000000000bb"

typedef int (*Body)(Txn *t);

static int insert(Txn *t, const char *id, CredentialKind kind) {
        _cleanup_(credential_freep) Credential *c = calloc(1, sizeof(*c));

        assert_non_null(c);
        strcpy(c->id, id);
        c->kind = kind;
        c->status = CREDENTIAL_REQUESTED;
        c->factors = credential_default_factors(kind);
        c->algorithm = KEY_P256;
        c->label = strdup("a key");
        return credential_insert(t, c);
}

static int run_body(Txn *t, void *userdata) {
        assert_int_equal(insert(t, SEAL, CREDENTIAL_SEAL), 0);
        assert_int_equal(insert(t, CUSTOMS, CREDENTIAL_CUSTOMS), 0);
        return ((Body *) userdata)[0](t);
}

/* Runs `body` as a job over a fresh store with a seal and a customs key. */
static void in_store(void **state, Body body) {
        _cleanup_secret_ Secret *recovery = NULL;
        Store *s;

        assert_int_equal(crypto_init(), 0);
        assert_int_equal(store_create(*state, &daemon_schema, host_key, &recovery), 0);
        assert_int_equal(store_open(*state, &daemon_schema, host_key, &s), 0);
        assert_int_equal(store_run(s, run_body, &body), 0);
        store_close(s);
}

static int load(Txn *t, const char *id, Policy *ret) {
        _cleanup_(credential_freep) Credential *c = NULL;

        assert_int_equal(credential_load(t, id, &c), 0);
        return policy_load(t, c, ret);
}

static int save(Txn *t, const char *id, const Policy *p) {
        _cleanup_(credential_freep) Credential *c = NULL;

        assert_int_equal(credential_load(t, id, &c), 0);
        return policy_save(t, c, p);
}

static int body_defaults(Txn *t) {
        Policy p;

        assert_int_equal(load(t, SEAL, &p), 0);
        assert_int_equal(p.weakest, FACTOR_OTP);
        assert_int_equal(p.factors, FACTOR_OTP);
        assert_int_equal(p.remember_max_age, 0);
        assert_int_equal(p.remember_max_signatures, 0);
        assert_int_equal(load(t, CUSTOMS, &p), 0);
        assert_int_equal(p.weakest, FACTOR_PASSWORD);
        assert_int_equal(p.factors, FACTOR_PASSWORD);
        return 0;
}

static void test_defaults(void **state) {
        in_store(state, body_defaults);
}

static int body_saved(Txn *t) {
        const Policy raised = { FACTOR_OTP, FACTOR_PIN_OTP, 3600, 50 }, weakest = { FACTOR_PIN_OTP, FACTOR_OTP, 0, 0 };
        Policy p;

        assert_int_equal(save(t, SEAL, &raised), 0);
        assert_int_equal(load(t, SEAL, &p), 0);
        assert_int_equal(p.weakest, FACTOR_OTP);
        assert_int_equal(p.factors, FACTOR_PIN_OTP);
        assert_int_equal(p.remember_max_age, 3600);
        assert_int_equal(p.remember_max_signatures, 50);
        /* A new minimum raises what is in force. */
        assert_int_equal(save(t, SEAL, &weakest), 0);
        assert_int_equal(load(t, SEAL, &p), 0);
        assert_int_equal(p.weakest, FACTOR_PIN_OTP);
        assert_int_equal(p.factors, FACTOR_PIN_OTP);
        /* A key that its password opens has no other factor. */
        assert_int_equal(save(t, CUSTOMS, &(Policy) { FACTOR_PASSWORD, FACTOR_PASSWORD, 60, 0 }), 0);
        return 0;
}

static void test_saved(void **state) {
        in_store(state, body_saved);
}

static int body_refused(Txn *t) {
        static const Policy bad[] = {
                { FACTOR_PASSWORD, FACTOR_PASSWORD, 0, 0 },
                { FACTOR_OTP, FACTOR_PASSWORD, 0, 0 },
                { FACTOR_OTP, FACTOR_INVALID, 0, 0 },
                { FACTOR_OTP, FACTOR_OTP, POLICY_AGE_MIN - 1, 0 },
                { FACTOR_OTP, FACTOR_OTP, POLICY_AGE_MAX + 1, 0 },
                { FACTOR_OTP, FACTOR_OTP, -1, 0 },
                { FACTOR_OTP, FACTOR_OTP, 0, POLICY_SIGNATURES_MAX + 1 },
        };
        Policy p;

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_int_equal(save(t, SEAL, &bad[i]), -EINVAL);
        assert_int_equal(save(t, CUSTOMS, &(Policy) { FACTOR_OTP, FACTOR_OTP, 0, 0 }), -EINVAL);
        return body_defaults(t) < 0 ? -1 : load(t, SEAL, &p);
}

static void test_refused(void **state) {
        in_store(state, body_refused);
}

static int body_altered(Txn *t) {
        Policy p;

        assert_int_equal(save(t, SEAL, &(Policy) { FACTOR_OTP, FACTOR_PIN_OTP, 3600, 50 }), 0);
        assert_int_equal(txn_exec(t, "UPDATE policy SET remember_max_age = 604800", ""), 1);
        assert_int_equal(load(t, SEAL, &p), -EBADMSG);
        assert_int_equal(txn_exec(t, "DELETE FROM policy", ""), 1);
        assert_int_equal(load(t, SEAL, &p), 0);
        assert_int_equal(p.factors, FACTOR_PIN_OTP);
        return 0;
}

static void test_altered(void **state) {
        in_store(state, body_altered);
}

static int body_of_another(Txn *t) {
        Policy p;

        assert_int_equal(insert(t, "00000000000000cc", CREDENTIAL_SEAL), 0);
        assert_int_equal(save(t, SEAL, &(Policy) { FACTOR_OTP, FACTOR_OTP, 0, 50 }), 0);
        assert_int_equal(txn_exec(t, "UPDATE policy SET credential = '00000000000000cc'", ""), 1);
        assert_int_equal(load(t, "00000000000000cc", &p), -EBADMSG);
        return 0;
}

static void test_of_another(void **state) {
        in_store(state, body_of_another);
}

static void test_names(void **state) {
        assert_string_equal(factors_to_string(FACTOR_PIN_OTP), "pin+otp");
        assert_int_equal(factors_from_string("pin+otp"), FACTOR_PIN_OTP);
        assert_int_equal(factors_from_string("otp"), FACTOR_OTP);
        assert_int_equal(factors_from_string("password"), FACTOR_PASSWORD);
        assert_int_equal(factors_from_string("pin"), FACTOR_INVALID);
        assert_int_equal(factors_from_string(NULL), FACTOR_INVALID);
        assert_null(factors_to_string(FACTOR_INVALID));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_defaults, directory_setup, directory_teardown),
                cmocka_unit_test_setup_teardown(test_saved, directory_setup, directory_teardown),
                cmocka_unit_test_setup_teardown(test_refused, directory_setup, directory_teardown),
                cmocka_unit_test_setup_teardown(test_altered, directory_setup, directory_teardown),
                cmocka_unit_test_setup_teardown(test_of_another, directory_setup, directory_teardown),
                cmocka_unit_test(test_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
