/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* daemon/invitation.c and daemon/seal-users.c: from an invitation to a grant, once, and the list of users with its history (E7, E8). */

#include "store-fixture.h"

#include "daemon/account.h"
#include "daemon/credential.h"
#include "daemon/invitation.h"
#include "daemon/schema.h"
#include "daemon/seal-users.h"

#define NOW INT64_C(1700000000)
#define PHONE "+48600100200"

static const char seal[] = "00000000000000aa", other_seal[] = "00000000000000bb";

static void add_seal(Txn *t, const char *id) {
        Credential c = {
                .kind = CREDENTIAL_SEAL,
                .status = CREDENTIAL_ACTIVE,
                .algorithm = key_algorithm_from_string("p256"),
                .factors = credential_default_factors(CREDENTIAL_SEAL),
                .label = (char *) "Seal",
        };

        strcpy(c.id, id);
        assert_int_equal(credential_insert(t, &c), 0);
}

static void add_account(Txn *t, const char *login, const char *email, char ret_id[static 17]) {
        Account a = { .login = (char *) login, .name = (char *) login, .email = (char *) email, .phone = (char *) "+48700", .active = true };

        assert_int_equal(account_insert(t, &a), 0);
        strcpy(ret_id, a.id);
}

static void assert_user(const SealUser *u, const char *login, const char *email, const char *phone, const char *status) {
        assert_string_equal(u->login, login);
        assert_string_equal(u->email, email);
        assert_string_equal(u->phone, phone);
        assert_string_equal(u->status, status);
}

static int body_life(Txn *t, void *userdata) {
        _cleanup_(seal_users_done) SealUsers l = { 0 };
        char anna[17], bartek[17];
        Invitation i, copy, wrong;
        Role role;

        add_seal(t, seal);
        add_account(t, "anna", "anna@example.pl", anna);
        add_account(t, "bartek", "other@example.pl", bartek);
        assert_int_equal(grant_add(t, anna, seal, ROLE_ADMINISTRATOR, NOW, NULL), 0);
        assert_int_equal(invitation_add(t, seal, "wrong@example.pl", PHONE, NOW + 1, &wrong), 0);
        assert_int_equal(invitation_add(t, seal, "wrong@example.pl", PHONE, NOW + 1, &i), -EEXIST);
        assert_int_equal(invitation_remove(t, &wrong, NOW + 2), 0);
        assert_int_equal(invitation_remove(t, &wrong, NOW + 3), -ESTALE);
        assert_int_equal(invitation_accept(t, &wrong, bartek, NOW + 3), -ESTALE);
        assert_int_equal(invitation_add(t, seal, "wrong@example.pl", PHONE, NOW + 3, &wrong), 0);
        assert_int_equal(invitation_add(t, seal, "b@example.pl", PHONE, NOW + 4, &i), 0);
        assert_int_equal(invitation_load(t, i.id, &copy), 0);
        assert_string_equal(copy.email, "b@example.pl");
        assert_int_equal(copy.status, INVITATION_PENDING);
        /* Once. */
        assert_int_equal(invitation_accept(t, &i, bartek, NOW + 5), 0);
        assert_int_equal(grant_find(t, bartek, seal, &role), 0);
        assert_int_equal(role, ROLE_USER);
        assert_int_equal(invitation_accept(t, &i, bartek, NOW + 5), -ESTALE);
        assert_int_equal(invitation_accept(t, &wrong, bartek, NOW + 5), -EEXIST);
        assert_int_equal(invitation_load(t, i.id, &copy), 0);
        assert_int_equal(copy.status, INVITATION_ACCEPTED);
        assert_int_equal(seal_users_list(t, seal, &l), 0);
        assert_int_equal(l.n, 4);
        assert_user(&l.users[0], "anna", "anna@example.pl", "+48700", "active");
        assert_int_equal(l.users[0].invited, -1);
        assert_user(&l.users[1], "", "wrong@example.pl", PHONE, "deleted");
        assert_int_equal(l.users[1].removed, NOW + 2);
        assert_user(&l.users[2], "", "wrong@example.pl", PHONE, "pending");
        assert_int_equal(l.users[2].granted, -1);
        /* What the Administrator gave, not what the account has. */
        assert_user(&l.users[3], "bartek", "b@example.pl", PHONE, "active");
        assert_int_equal(l.users[3].granted, NOW + 5);
        assert_string_equal(l.users[3].invitation, i.id);
        /* After removal he may be invited anew. */
        assert_int_equal(grant_remove(t, bartek, seal, NOW + 6), 0);
        assert_int_equal(invitation_add(t, seal, "b@example.pl", PHONE, NOW + 7, &i), 0);
        assert_int_equal(invitation_accept(t, &i, bartek, NOW + 8), 0);
        return 0;
}

static int count(Txn *t, Invitation *i, void *userdata) {
        ++*(unsigned *) userdata;
        return 0;
}

static unsigned pending(Txn *t, const char *credential, const char *email) {
        unsigned n = 0;

        assert_int_equal(invitation_each_pending(t, credential, email, count, &n), 0);
        return n;
}

static int body_pending(Txn *t, void *userdata) {
        Invitation i;

        add_seal(t, seal);
        add_seal(t, other_seal);
        assert_int_equal(invitation_add(t, seal, "b@example.pl", PHONE, NOW, &i), 0);
        assert_int_equal(invitation_add(t, other_seal, "b@example.pl", PHONE, NOW, &i), 0);
        assert_int_equal(invitation_add(t, seal, "c@example.pl", PHONE, NOW, &i), 0);
        assert_int_equal(pending(t, seal, NULL), 2);
        assert_int_equal(pending(t, NULL, "b@example.pl"), 2);
        assert_int_equal(pending(t, NULL, "b@EXAMPLE.PL"), 2);
        assert_int_equal(pending(t, NULL, "B@example.pl"), 0);
        assert_int_equal(pending(t, other_seal, "c@example.pl"), 0);
        assert_int_equal(pending(t, NULL, ""), 0);
        assert_int_equal(invitation_remove_all(t, seal, NULL, NOW + 9), 0);
        assert_int_equal(pending(t, seal, NULL), 0);
        assert_int_equal(pending(t, NULL, "b@example.pl"), 1);
        return 0;
}

/* An invitation that somebody wrote, or turned to another address or phone, is none. */
static int body_forged(Txn *t, void *userdata) {
        static const char *const changes[] = {
                "UPDATE invitation SET phone = '+48600999999'", "UPDATE invitation SET email = 'x@example.pl'", "UPDATE invitation SET status = 'removed'",
                "UPDATE invitation SET credential = '00000000000000bb'", "UPDATE invitation SET invited = invited + 1", "UPDATE invitation SET removed = 1",
                "UPDATE invitation SET id = '00000000000000cc'",
        };
        Invitation i, copy;

        add_seal(t, seal);
        add_seal(t, other_seal);
        for (size_t k = 0; k < ELEMENTSOF(changes); k++) {
                _cleanup_(seal_users_done) SealUsers l = { 0 };

                assert_int_equal(invitation_add(t, seal, "b@example.pl", PHONE, NOW, &i), 0);
                assert_int_equal(txn_exec(t, changes[k], ""), 1);
                assert_int_equal(invitation_load(t, k + 1 < ELEMENTSOF(changes) ? i.id : "00000000000000cc", &copy), -EBADMSG);
                assert_int_equal(seal_users_list(t, k == 3 ? other_seal : seal, &l), -EBADMSG);
                assert_int_equal(pending(t, seal, NULL) + pending(t, other_seal, NULL), 0);
                assert_int_equal(txn_exec(t, "DELETE FROM invitation", ""), 1);
        }
        return 0;
}

static void in_store(void **state, StoreRun body) {
        _cleanup_secret_ Secret *recovery = NULL;
        Store *s;

        assert_int_equal(crypto_init(), 0);
        assert_int_equal(store_create(*state, &daemon_schema, host_key, &recovery), 0);
        assert_int_equal(store_open(*state, &daemon_schema, host_key, &s), 0);
        assert_int_equal(store_run(s, body, NULL), 0);
        store_close(s);
}

static void test_life(void **state) {
        in_store(state, body_life);
}

static void test_pending(void **state) {
        in_store(state, body_pending);
}

static void test_forged(void **state) {
        in_store(state, body_forged);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_life, directory_setup, directory_teardown),
                cmocka_unit_test_setup_teardown(test_pending, directory_setup, directory_teardown),
                cmocka_unit_test_setup_teardown(test_forged, directory_setup, directory_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
