/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Jobs on invitations: only the address that was invited activates, with the code that the given phone got, once (E7, E9). */

#include "outbox-fixture.h"

#include "crypto/subject.h"
#include "daemon/account.h"
#include "daemon/credential-job.h"
#include "daemon/invitation-job.h"
#include "daemon/outcome.h"

#define SEAL "00000000000000aa"
#define OTHER_SEAL "00000000000000bb"
#define GIVEN_PHONE "+48600100200"

static char anna[17], bartek[17], celina[17];

static void add_account(Txn *t, const char *login, const char *email, char ret_id[static 17]) {
        Account a = {
                .login = (char *) login,
                .name = (char *) login,
                .given_name = (char *) login,
                .surname = (char *) "Example",
                .language = "pl",
                .email = (char *) email,
                .phone = (char *) "+48700700700",
                .active = true,
        };

        assert_int_equal(account_insert(t, &a), 0);
        strcpy(ret_id, a.id);
}

static void add_seal(Txn *t, const char *id, const char *administrator) {
        _cleanup_(subject_freep) Subject *subject = NULL;
        Credential c = {
                .kind = CREDENTIAL_SEAL,
                .status = CREDENTIAL_ACTIVE,
                .algorithm = key_algorithm_from_string("p256"),
                .factors = credential_default_factors(CREDENTIAL_SEAL),
                .label = (char *) "Seal",
        };

        strcpy(c.id, id);
        assert_int_equal(subject_new(&subject), 0);
        assert_int_equal(subject_set(subject, "organizationName", "Example sp. z o.o."), 0);
        assert_int_equal(subject_write(subject, &c.subject), 0);
        assert_int_equal(credential_insert(t, &c), 0);
        assert_int_equal(grant_add(t, administrator, id, ROLE_ADMINISTRATOR, NOW, NULL), 0);
        bytes_done(&c.subject);
}

/* By the operator: an Administrator's one-time code is another test's. */
static int invite(Txn *t, const char *seal, const char *email, char ret_invitation[static INVITATION_ID_SIZE], char ret_message[static 17]) {
        CredentialJob j = { .settings = &settings, .now = NOW, .phone = GIVEN_PHONE };
        int r;

        strcpy(j.id, seal);
        strcpy(j.email, email);
        r = credential_job_invite_user(t, &j);
        if (r == 0) {
                strcpy(ret_invitation, j.invitation);
                strcpy(ret_message, j.sent.message);
        }
        credential_job_done(&j);
        return r;
}

static int remove_user(Txn *t, const char *seal, const char *who) {
        CredentialJob j = { .settings = &settings, .now = NOW + 90, .login = who };
        int r;

        strcpy(j.id, seal);
        r = credential_job_remove_user(t, &j);
        credential_job_done(&j);
        return r;
}

static int request(Txn *t, const char *account, const char *invitation, int64_t now, char ret_code[static 64]) {
        InvitationJob j = { .settings = &settings, .now = now };
        int r;

        strcpy(j.account, account);
        strcpy(j.id, invitation);
        r = invitation_job_request(t, &j);
        if (r == 0) {
                assert_int_equal(j.sent.channel, CHANNEL_SMS);
                code_in(t, j.sent.message, "code", now, ret_code);
        }
        invitation_job_done(&j);
        return r;
}

static int activate(Txn *t, const char *account, const char *invitation, const char *code, int64_t now) {
        InvitationJob j = { .settings = &settings, .now = now };
        int r;

        strcpy(j.account, account);
        strcpy(j.id, invitation);
        assert_int_equal(secret_dup(view_string(code), &j.code), 0);
        r = invitation_job_activate(t, &j);
        invitation_job_done(&j);
        return r;
}

static void begin(Txn *t) {
        add_account(t, "anna", "anna@example.pl", anna);
        add_account(t, "bartek", "b@example.pl", bartek);
        add_account(t, "celina", "c@example.pl", celina);
        add_seal(t, SEAL, anna);
        add_seal(t, OTHER_SEAL, celina);
}

static bool may_use(Txn *t, const char *account, const char *seal) {
        Role role;

        return grant_find(t, account, seal, &role) == 0;
}

static const char *wrong_of(const char *code) {
        return strcmp(code, "00000000") == 0 ? "00000001" : "00000000";
}

static int body_accepted(Txn *t) {
        char invitation[INVITATION_ID_SIZE], message[17], code[64], text[64], recipient[64];
        _cleanup_(outbox_envelope_done) OutboxEnvelope e = { 0 };
        _cleanup_secret_ Secret *payload = NULL;
        InvitationJob j = { .now = NOW };
        Row *row;

        begin(t);
        assert_int_equal(invite(t, SEAL, "b@example.pl", invitation, message), 0);
        /* The mail names the seal and the invitation, and goes where the Administrator said. */
        assert_int_equal(outbox_read(t, message, NOW, &e, &payload), 0);
        assert_string_equal(e.kind, "invitation");
        assert_string_equal(e.recipient, "b@example.pl");
        field_of(secret_view(payload), "seal", text);
        assert_string_equal(text, "Seal");
        field_of(secret_view(payload), "organization", text);
        assert_string_equal(text, "Example sp. z o.o.");
        field_of(secret_view(payload), "invitation", text);
        assert_string_equal(text, invitation);
        strcpy(j.account, bartek);
        assert_int_equal(invitation_job_list(t, &j), 0);
        assert_int_equal(j.n_shown, 1);
        assert_string_equal(j.shown[0].id, invitation);
        invitation_job_done(&j);
        /* The code goes to the phone that the Administrator gave, not to the account's. */
        assert_int_equal(request(t, bartek, invitation, NOW + 1, code), 0);
        assert_int_equal(txn_query(t, &row, "SELECT recipient FROM outbox ORDER BY seq DESC LIMIT 1", ""), 1);
        snprintf(recipient, sizeof(recipient), "%s", row_text(row, 0));
        assert_string_equal(recipient, GIVEN_PHONE);
        assert_false(may_use(t, bartek, SEAL));
        assert_int_equal(activate(t, bartek, invitation, code, NOW + 2), 0);
        assert_true(may_use(t, bartek, SEAL));
        assert_false(may_use(t, bartek, OTHER_SEAL));
        /* Once, by nobody again. */
        assert_int_equal(activate(t, bartek, invitation, code, NOW + 2), OUTCOME_NOT_FOUND);
        assert_int_equal(request(t, bartek, invitation, NOW + 100, code), OUTCOME_NOT_FOUND);
        assert_int_equal(invite(t, SEAL, "b@example.pl", invitation, message), OUTCOME_EXISTS);
        return 0;
}

static int body_another_address(Txn *t) {
        char invitation[INVITATION_ID_SIZE], message[17], code[64];

        begin(t);
        assert_int_equal(invite(t, SEAL, "b@example.pl", invitation, message), 0);
        assert_int_equal(request(t, celina, invitation, NOW, code), INVITATION_E_ADDRESS);
        assert_int_equal(request(t, bartek, invitation, NOW, code), 0);
        /* Neither with the right code, nor does trying spend it. */
        for (unsigned i = 0; i < 4; i++)
                assert_int_equal(activate(t, celina, invitation, code, NOW + 1), INVITATION_E_ADDRESS);
        assert_false(may_use(t, celina, SEAL));
        assert_int_equal(activate(t, bartek, invitation, code, NOW + 1), 0);
        return 0;
}

static int body_guessed(Txn *t) {
        char invitation[INVITATION_ID_SIZE], message[17], code[64], second[64];

        begin(t);
        assert_int_equal(invite(t, SEAL, "b@example.pl", invitation, message), 0);
        assert_int_equal(activate(t, bartek, invitation, "12345678", NOW), CODE_E_VOID);
        assert_int_equal(request(t, bartek, invitation, NOW, code), 0);
        for (unsigned i = 0; i < 3; i++)
                assert_int_equal(activate(t, bartek, invitation, wrong_of(code), NOW + 1), CODE_E_WRONG);
        assert_int_equal(activate(t, bartek, invitation, code, NOW + 1), CODE_E_VOID);
        assert_false(may_use(t, bartek, SEAL));
        /* Outlived, and replaced by a newer one. */
        assert_int_equal(request(t, bartek, invitation, NOW + 1000, code), 0);
        assert_int_equal(activate(t, bartek, invitation, code, NOW + 1301), CODE_E_VOID);
        assert_int_equal(request(t, bartek, invitation, NOW + 2000, code), 0);
        assert_int_equal(request(t, bartek, invitation, NOW + 2200, second), 0);
        if (strcmp(code, second) != 0)
                assert_int_equal(activate(t, bartek, invitation, code, NOW + 2201), CODE_E_WRONG);
        assert_int_equal(activate(t, bartek, invitation, second, NOW + 2220), 0);
        return 0;
}

/* The mail's code is for registering; it does not activate. Nor does the code of another invitation. */
static int body_other_codes(Txn *t) {
        char first[INVITATION_ID_SIZE], other[INVITATION_ID_SIZE], message[17], mail[64], code[64];

        begin(t);
        assert_int_equal(invite(t, SEAL, "b@example.pl", first, message), 0);
        code_in(t, message, "code", NOW, mail);
        assert_int_equal(invite(t, OTHER_SEAL, "b@example.pl", other, message), 0);
        assert_int_equal(request(t, bartek, other, NOW, code), 0);
        assert_int_equal(activate(t, bartek, first, code, NOW), CODE_E_VOID);
        assert_int_equal(activate(t, bartek, first, mail, NOW), CODE_E_VOID);
        assert_int_equal(activate(t, bartek, other, code, NOW), 0);
        assert_true(may_use(t, bartek, OTHER_SEAL));
        assert_false(may_use(t, bartek, SEAL));
        return 0;
}

static int body_two_accounts(Txn *t) {
        char invitation[INVITATION_ID_SIZE], message[17], code[64], twin[17];

        begin(t);
        add_account(t, "bartek2", "b@EXAMPLE.pl", twin);
        assert_int_equal(invite(t, SEAL, "b@example.pl", invitation, message), 0);
        assert_int_equal(request(t, bartek, invitation, NOW, code), 0);
        assert_int_equal(activate(t, twin, invitation, code, NOW), 0);
        assert_int_equal(activate(t, bartek, invitation, code, NOW), OUTCOME_NOT_FOUND);
        assert_true(may_use(t, twin, SEAL));
        assert_false(may_use(t, bartek, SEAL));
        return 0;
}

static int body_removed(Txn *t) {
        char invitation[INVITATION_ID_SIZE], again[INVITATION_ID_SIZE], message[17], code[64];

        begin(t);
        assert_int_equal(invite(t, SEAL, "b@example.pl", invitation, message), 0);
        assert_int_equal(request(t, bartek, invitation, NOW, code), 0);
        /* Not by another seal's Administrator. */
        assert_int_equal(remove_user(t, OTHER_SEAL, invitation), OUTCOME_NOT_FOUND);
        assert_int_equal(remove_user(t, SEAL, invitation), 0);
        assert_int_equal(activate(t, bartek, invitation, code, NOW + 60), OUTCOME_NOT_FOUND);
        assert_int_equal(number(t, "SELECT count(*) FROM outbox WHERE state = 'waiting'"), 0);
        assert_int_equal(remove_user(t, SEAL, invitation), OUTCOME_NOT_FOUND);
        /* Invited anew, and added by login in the meantime: removal leaves no way back. */
        assert_int_equal(invite(t, SEAL, "b@example.pl", again, message), 0);
        assert_int_equal(request(t, bartek, again, NOW + 100, code), 0);
        assert_int_equal(grant_add(t, bartek, SEAL, ROLE_USER, NOW, NULL), 0);
        assert_int_equal(remove_user(t, SEAL, "bartek"), 0);
        assert_int_equal(activate(t, bartek, again, code, NOW + 101), OUTCOME_NOT_FOUND);
        /* By the invitation that he came with. */
        assert_int_equal(invite(t, SEAL, "b@example.pl", again, message), 0);
        assert_int_equal(request(t, bartek, again, NOW + 200, code), 0);
        assert_int_equal(activate(t, bartek, again, code, NOW + 201), 0);
        assert_int_equal(remove_user(t, SEAL, again), 0);
        assert_false(may_use(t, bartek, SEAL));
        return 0;
}

static int body_administrator(Txn *t) {
        char invitation[INVITATION_ID_SIZE], message[17], code[64];
        Role role;

        begin(t);
        assert_int_equal(invite(t, SEAL, "anna@example.pl", invitation, message), OUTCOME_EXISTS);
        assert_int_equal(invite(t, SEAL, "b@example.pl", invitation, message), 0);
        assert_int_equal(request(t, bartek, invitation, NOW, code), 0);
        assert_int_equal(activate(t, bartek, invitation, code, NOW), 0);
        assert_int_equal(grant_find(t, bartek, SEAL, &role), 0);
        assert_int_equal(role, ROLE_USER);
        assert_int_equal(grant_add(t, celina, SEAL, ROLE_ADMINISTRATOR, NOW, NULL), -EEXIST);
        assert_int_equal(grant_add(t, anna, SEAL, ROLE_USER, NOW, NULL), -EEXIST);
        assert_int_equal(grant_add(t, bartek, SEAL, ROLE_ADMINISTRATOR, NOW, NULL), -EEXIST);
        assert_int_equal(remove_user(t, SEAL, "anna"), OUTCOME_DENIED);
        return 0;
}

static int body_retired(Txn *t) {
        char invitation[INVITATION_ID_SIZE], message[17], code[64];
        CredentialJob j = { .settings = &settings, .now = NOW };

        begin(t);
        assert_int_equal(invite(t, SEAL, "b@example.pl", invitation, message), 0);
        assert_int_equal(request(t, bartek, invitation, NOW, code), 0);
        strcpy(j.id, SEAL);
        assert_int_equal(credential_job_retire(t, &j), 0);
        credential_job_done(&j);
        assert_int_equal(activate(t, bartek, invitation, code, NOW), OUTCOME_NOT_FOUND);
        assert_int_equal(invite(t, SEAL, "b@example.pl", invitation, message), OUTCOME_DISABLED);
        return 0;
}

#define TEST(name) \
        static void test_##name(void **state) { \
                in_store(state, body_##name); \
        }

TEST(accepted)
TEST(another_address)
TEST(guessed)
TEST(other_codes)
TEST(two_accounts)
TEST(removed)
TEST(administrator)
TEST(retired)

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_accepted, directory_setup, directory_teardown),
                cmocka_unit_test_setup_teardown(test_another_address, directory_setup, directory_teardown),
                cmocka_unit_test_setup_teardown(test_guessed, directory_setup, directory_teardown),
                cmocka_unit_test_setup_teardown(test_other_codes, directory_setup, directory_teardown),
                cmocka_unit_test_setup_teardown(test_two_accounts, directory_setup, directory_teardown),
                cmocka_unit_test_setup_teardown(test_removed, directory_setup, directory_teardown),
                cmocka_unit_test_setup_teardown(test_administrator, directory_setup, directory_teardown),
                cmocka_unit_test_setup_teardown(test_retired, directory_setup, directory_teardown),
        };

        return cmocka_run_group_tests(tests, settings_setup, settings_teardown);
}
