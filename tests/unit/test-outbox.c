/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* daemon/outbox.c and daemon/outbox-queue.c: messages as records. */

#include "outbox-fixture.h"

#define SECRET_TEXT "contents nobody else reads"

static OutboxMessage message(const char *recipient, int64_t now) {
        static const OutboxField fields[] = { { "text", { (const uint8_t *) SECRET_TEXT, sizeof(SECRET_TEXT) - 1 } } };

        return (OutboxMessage) { .channel = strchr(recipient, '@') ? CHANNEL_MAIL : CHANNEL_SMS, .recipient = recipient, .kind = "notice", .fields = fields,
                                 .n_fields = 1, .account = ANNA, .uid = 1000, .now = now, .expires = now + 300, .settings = &settings };
}

static void put(Txn *t, const char *recipient, int64_t now, char ret[static 17]) {
        OutboxMessage m = message(recipient, now);

        assert_int_equal(outbox_put(t, &m, ret), 0);
}

static OutboxRound look(Txn *t, int64_t now) {
        OutboxRound round = { .now = now, .max = { OUTBOX_CLAIMS_MAX, OUTBOX_CLAIMS_MAX }, .channels = { true, true }, .keep = 86400 };

        assert_int_equal(outbox_round(t, &round), 0);
        return round;
}

/* Claims exactly this message. */
static void claim(Txn *t, const char *id, int64_t now) {
        OutboxRound round = look(t, now);

        assert_int_equal(round.n_claims, 1);
        assert_string_equal(round.claims[0].id, id);
        outbox_round_done(&round);
}

static void claim_none(Txn *t, int64_t now, int64_t next) {
        OutboxRound round = look(t, now);

        assert_int_equal(round.n_claims, 0);
        assert_int_equal(round.next, next);
}

static int64_t payloads(Txn *t) {
        return number(t, "SELECT count(*) FROM outbox WHERE payload IS NOT NULL");
}

/* --- Delivery ---------------------------------------------------------------------------------------------------------- */

static int body_delivered(Txn *t) {
        OutboxRound round;
        char id[17], text[64];

        assert_false(outbox_take_news());
        put(t, "Anna@EXAMPLE.com", NOW, id);
        assert_true(outbox_take_news());
        assert_false(outbox_take_news());
        round = look(t, NOW);
        assert_int_equal(round.n_claims, 1);
        assert_string_equal(round.claims[0].id, id);
        assert_string_equal(round.claims[0].recipient, "Anna@example.com");
        assert_string_equal(round.claims[0].kind, "notice");
        assert_string_equal(round.claims[0].language, "en");
        assert_int_equal(round.claims[0].attempts, 1);
        field_of(secret_view(round.claims[0].payload), "text", text);
        assert_string_equal(text, SECRET_TEXT);
        outbox_round_done(&round);
        assert_string_equal(state_of_message(t, id), "sending");
        claim_none(t, NOW + 1, INT64_MAX);
        assert_int_equal(outbox_settle(t, id, OUTBOX_DELIVERED, "", NOW + 1), 0);
        assert_string_equal(state_of_message(t, id), "delivered");
        assert_int_equal(payloads(t), 0);
        claim_none(t, NOW + 2, INT64_MAX);
        /* The envelope stays for a while. */
        claim_none(t, NOW + 86400, INT64_MAX);
        assert_int_equal(number(t, "SELECT count(*) FROM outbox"), 1);
        claim_none(t, NOW + 86401, INT64_MAX);
        assert_int_equal(number(t, "SELECT count(*) FROM outbox"), 0);
        return 0;
}

static void test_delivered(void **state) {
        in_store(state, body_delivered);
}

static int body_retries(Txn *t) {
        static const int64_t pauses[] = { 10, 30, 120 };
        OutboxRound round;
        int64_t now = NOW;
        char id[17];

        put(t, PHONE, NOW, id);
        for (size_t i = 0; i < ELEMENTSOF(pauses); i++) {
                claim(t, id, now);
                assert_int_equal(outbox_settle(t, id, OUTBOX_TEMPORARY, "greylisted", now), 0);
                claim_none(t, now, now + pauses[i]);
                claim_none(t, now + pauses[i] - 1, now + pauses[i]);
                now += pauses[i];
        }
        claim(t, id, now);
        assert_int_equal(outbox_settle(t, id, OUTBOX_TEMPORARY, "greylisted", now), 0);
        /* The next attempt would be after its expiry: at that second it ends, with an alarm. */
        claim_none(t, now + 1, NOW + 300);
        claim_none(t, NOW + 299, NOW + 300);
        round = look(t, NOW + 300);
        assert_int_equal(round.n_claims, 0);
        assert_int_equal(round.n_alarms, 1);
        assert_string_equal(round.alarms[0].id, id);
        assert_int_equal(round.alarms[0].attempts, 4);
        assert_string_equal(state_of_message(t, id), "expired");
        assert_int_equal(payloads(t), 0);
        assert_int_equal(look(t, NOW + 301).n_alarms, 0);
        return 0;
}

static void test_retries(void **state) {
        in_store(state, body_retries);
}

static void test_pauses(void **state) {
        static const int64_t pauses[] = { 10, 10, 30, 120, 600, 1800, 1800 };

        for (unsigned i = 0; i < ELEMENTSOF(pauses); i++)
                assert_int_equal(outbox_pause(i), pauses[i]);
        assert_int_equal(outbox_pause(UINT32_MAX), 1800);
}

static int body_refused(Txn *t) {
        char id[17];

        put(t, PHONE, NOW, id);
        claim(t, id, NOW);
        assert_int_equal(outbox_settle(t, id, OUTBOX_REFUSED, "no such number", NOW), 0);
        assert_string_equal(state_of_message(t, id), "refused");
        assert_int_equal(payloads(t), 0);
        claim_none(t, NOW + 10, INT64_MAX);
        return 0;
}

static void test_refused(void **state) {
        in_store(state, body_refused);
}

/* A channel that nobody configured waits for the operator, and its attempts do not count; the other goes on. */
static int body_not_configured(Txn *t) {
        OutboxRound round = { .now = NOW, .max = { 3, 3 }, .channels = { [CHANNEL_MAIL] = true }, .keep = 86400 };
        char sms[17], mail[17];

        put(t, PHONE, NOW, sms);
        claim(t, sms, NOW);
        assert_int_equal(outbox_settle(t, sms, OUTBOX_NOT_CONFIGURED, "", NOW), 0);
        put(t, "anna@example.com", NOW, mail);
        assert_int_equal(outbox_round(t, &round), 0);
        assert_int_equal(round.n_claims, 1);
        assert_string_equal(round.claims[0].id, mail);
        assert_true(round.waiting[CHANNEL_SMS]);
        assert_int_equal(round.next, NOW + 300);
        outbox_round_done(&round);
        claim(t, sms, NOW + 60);
        assert_int_equal(number(t, "SELECT attempts FROM outbox WHERE channel = 'sms'"), 1);
        return 0;
}

static void test_not_configured(void **state) {
        in_store(state, body_not_configured);
}

/* What was being handed over when the service was killed is the same message again. */
static int body_recovered(Txn *t) {
        char id[17];

        put(t, PHONE, NOW, id);
        claim(t, id, NOW);
        assert_int_equal(outbox_recover(t, NOW + 5), 0);
        claim(t, id, NOW + 5);
        assert_int_equal(outbox_settle(t, id, OUTBOX_DELIVERED, "", NOW + 6), 0);
        assert_int_equal(outbox_recover(t, NOW + 7), 0);
        assert_string_equal(state_of_message(t, id), "delivered");
        return 0;
}

static void test_recovered(void **state) {
        in_store(state, body_recovered);
}

/* One at a time to each recipient, the oldest first; a new one does not wait for the older one's long pause. */
static int body_order(Txn *t) {
        char first[17], second[17], other[17];
        OutboxRound round;

        put(t, PHONE, NOW, first);
        put(t, PHONE, NOW, second);
        put(t, "+48600100201", NOW, other);
        round = look(t, NOW);
        assert_int_equal(round.n_claims, 2);
        assert_string_equal(round.claims[0].id, first);
        assert_string_equal(round.claims[1].id, other);
        outbox_round_done(&round);
        assert_int_equal(outbox_settle(t, other, OUTBOX_DELIVERED, "", NOW), 0);
        claim_none(t, NOW, NOW + 300);
        assert_int_equal(outbox_settle(t, first, OUTBOX_TEMPORARY, "busy", NOW), 0);
        claim_none(t, NOW + 1, NOW + 10);
        put(t, PHONE, NOW + 2, other);
        claim(t, first, NOW + 2);
        assert_int_equal(outbox_settle(t, first, OUTBOX_DELIVERED, "", NOW + 2), 0);
        claim(t, second, NOW + 2);
        assert_int_equal(outbox_settle(t, second, OUTBOX_REFUSED, "", NOW + 2), 0);
        claim(t, other, NOW + 2);
        return 0;
}

static void test_order(void **state) {
        in_store(state, body_order);
}

static int body_cancelled(Txn *t) {
        char id[17], under_way[17];

        put(t, PHONE, NOW, id);
        assert_int_equal(outbox_cancel(t, id, NOW), 0);
        assert_string_equal(state_of_message(t, id), "cancelled");
        assert_int_equal(payloads(t), 0);
        claim_none(t, NOW, INT64_MAX);
        put(t, PHONE, NOW, under_way);
        claim(t, under_way, NOW);
        assert_int_equal(outbox_cancel(t, under_way, NOW), -EBUSY);
        assert_int_equal(outbox_settle(t, under_way, OUTBOX_DELIVERED, "", NOW), 0);
        assert_int_equal(outbox_cancel(t, under_way, NOW), 0);
        assert_string_equal(state_of_message(t, under_way), "delivered");
        assert_int_equal(outbox_cancel(t, "0000000000000000", NOW), 0);
        return 0;
}

static void test_cancelled(void **state) {
        in_store(state, body_cancelled);
}

/* --- Limits ------------------------------------------------------------------------------------------------------------ */

static int try_put(Txn *t, const char *recipient, const char *account, int64_t uid, int64_t now) {
        OutboxMessage m = message(recipient, now);

        m.account = account;
        m.uid = uid;
        return outbox_put(t, &m, NULL);
}

static int try_put_unproven(Txn *t, const char *recipient, int64_t now) {
        OutboxMessage m = message(recipient, now);

        m.account = NULL;
        m.uid = -1;
        m.unproven = true;
        return outbox_put(t, &m, NULL);
}

static int body_caps(Txn *t) {
        char number[20];

        settings.delivery_per_recipient = 2;
        settings.delivery_per_account = 3;
        settings.delivery_per_user = 4;
        for (int i = 0; i < 2; i++)
                assert_int_equal(try_put(t, PHONE, ANNA, 1000, NOW), 0);
        assert_int_equal(try_put(t, "+48 600-100-200", "bbbbbbbbbbbbbbbb", 1001, NOW), -EDQUOT);
        assert_int_equal(try_put(t, "+48600100201", ANNA, 1000, NOW), 0);
        assert_int_equal(try_put(t, "+48600100202", ANNA, 1001, NOW), -EDQUOT);
        assert_int_equal(try_put(t, "+48600100202", NULL, 1000, NOW), 0);
        assert_int_equal(try_put(t, "+48600100203", NULL, 1000, NOW), -EDQUOT);
        /* Operators invite whom they want to. */
        for (int i = 0; i < 10; i++) {
                snprintf(number, sizeof(number), "+4860010030%d", i);
                assert_int_equal(try_put(t, number, NULL, -1, NOW), 0);
        }
        assert_int_equal(try_put(t, PHONE, ANNA, 1000, NOW + 86399), -EDQUOT);
        assert_int_equal(try_put(t, PHONE, ANNA, 1000, NOW + 86400), 0);
        /* What somebody had sent to an address that is not known to be theirs leaves as much for who has it. */
        settings.delivery_per_recipient = 5;
        for (int i = 0; i < 3; i++)
                assert_int_equal(try_put_unproven(t, "+48600100299", NOW), 0);
        assert_int_equal(try_put_unproven(t, "+48600100299", NOW), -EDQUOT);
        for (int i = 0; i < 2; i++)
                assert_int_equal(try_put(t, "+48600100299", NULL, -1, NOW), 0);
        assert_int_equal(try_put(t, "+48600100299", NULL, -1, NOW), -EDQUOT);
        settings.delivery_per_recipient = 20;
        settings.delivery_per_account = 40;
        settings.delivery_per_user = 100;
        return 0;
}

static void test_caps(void **state) {
        in_store(state, body_caps);
}

static int put_field(Txn *t, const char *name, View value) {
        const OutboxField field = { name, value };
        OutboxMessage m = message(PHONE, NOW);

        m.fields = &field;
        return outbox_put(t, &m, NULL);
}

static int body_unsound(Txn *t) {
        static uint8_t much[OUTBOX_PAYLOAD_MAX];
        OutboxMessage m = message(PHONE, NOW);
        char id[17];

        memset(much, 'a', sizeof(much));
        assert_int_equal(put_field(t, "text", VIEW(much, sizeof(much))), -EINVAL);
        assert_int_equal(put_field(t, "text", VIEW(much, sizeof(much) - 7)), 0);
        assert_int_equal(put_field(t, "Text", VIEW_LITERAL("a")), -EINVAL);
        assert_int_equal(put_field(t, "", VIEW_LITERAL("a")), -EINVAL);
        assert_int_equal(put_field(t, "text", VIEW_LITERAL("a\r\nBcc: b@example.com")), -EINVAL);
        assert_int_equal(put_field(t, "text", VIEW_LITERAL("\xff")), -EINVAL);
        assert_int_equal(put_field(t, "text", VIEW(NULL, 0)), 0);
        m.kind = "../notice";
        assert_int_equal(outbox_put(t, &m, id), -EINVAL);
        m.kind = "notice";
        m.language = "../en";
        assert_int_equal(outbox_put(t, &m, id), -EINVAL);
        m.language = "pl";
        m.recipient = "nobody";
        assert_int_equal(outbox_put(t, &m, id), -EDESTADDRREQ);
        return 0;
}

static void test_unsound(void **state) {
        in_store(state, body_unsound);
}

/* --- Looking in -------------------------------------------------------------------------------------------------------- */

static int body_list(Txn *t) {
        _cleanup_(outbox_envelopes_done) OutboxEnvelopes all = { 0 }, open = { 0 };
        char first[17], second[17];

        put(t, PHONE, NOW, first);
        put(t, "anna@example.com", NOW + 1, second);
        assert_int_equal(outbox_cancel(t, first, NOW + 2), 0);
        assert_int_equal(outbox_list(t, false, 10, &all), 0);
        assert_int_equal(all.n, 2);
        assert_string_equal(all.envelopes[0].id, second);
        assert_string_equal(all.envelopes[0].state, "waiting");
        assert_string_equal(all.envelopes[0].account, ANNA);
        assert_null(all.envelopes[0].login);
        assert_int_equal(all.envelopes[0].uid, 1000);
        assert_int_equal(all.envelopes[0].created, NOW + 1);
        assert_int_equal(all.envelopes[0].expires, NOW + 301);
        assert_int_equal(all.envelopes[1].ended, NOW + 2);
        assert_string_equal(all.envelopes[1].recipient, "+48600100200");
        assert_int_equal(outbox_list(t, true, 10, &open), 0);
        assert_int_equal(open.n, 1);
        return 0;
}

static void test_list(void **state) {
        in_store(state, body_list);
}

/* What the operator read was delivered by hand: its end is no alarm. Once erased there is nothing to read. */
static int body_read(Txn *t) {
        _cleanup_(outbox_envelope_done) OutboxEnvelope e = { 0 };
        Secret *payload = NULL;
        OutboxRound round;
        char id[17], text[64];

        put(t, PHONE, NOW, id);
        code_in(t, id, "text", NOW, text);
        assert_string_equal(text, SECRET_TEXT);
        assert_int_equal(outbox_read(t, id, NOW + 300, &e, &payload), -ENODATA);
        assert_null(payload);
        assert_int_equal(outbox_find(t, id, &e), 0);
        assert_string_equal(e.kind, "notice");
        assert_int_equal(outbox_read(t, "0000000000000000", NOW, &e, &payload), -ENOENT);
        round = look(t, NOW + 300);
        assert_int_equal(round.n_alarms, 0);
        assert_string_equal(state_of_message(t, id), "expired");
        return 0;
}

static void test_read(void **state) {
        in_store(state, body_read);
}

/* --- At rest ----------------------------------------------------------------------------------------------------------- */

/* A row that was changed is not sent anywhere; the others are. */
static int body_tampered(Txn *t) {
        static const char *const changes[] = {
                "UPDATE outbox SET recipient = '+48600100999' WHERE seq = 1", "UPDATE outbox SET kind = 'other' WHERE seq = 1",
                "UPDATE outbox SET expires = expires + 1 WHERE seq = 1", "UPDATE outbox SET language = 'pl' WHERE seq = 1",
                "UPDATE outbox SET id = 'ffffffffffffffff' WHERE seq = 1",
                "UPDATE outbox SET payload = (SELECT payload FROM outbox WHERE seq = 2) WHERE seq = 1",
        };

        for (size_t i = 0; i < ELEMENTSOF(changes); i++) {
                char id[17], other[17];
                OutboxRound round;

                assert_true(txn_exec(t, "DELETE FROM outbox", "") >= 0);
                put(t, PHONE, NOW, id);
                put(t, "+48600100201", NOW, other);
                assert_int_equal(txn_exec(t, changes[i], ""), 1);
                round = look(t, NOW);
                assert_int_equal(round.n_claims, 1);
                assert_string_equal(round.claims[0].id, other);
                assert_int_equal(round.n_alarms, 1);
                assert_true(round.alarms[0].damaged);
                outbox_round_done(&round);
                assert_int_equal(number(t, "SELECT count(*) FROM outbox WHERE state = 'refused' AND payload IS NULL"), 1);
        }
        return 0;
}

static void test_tampered(void **state) {
        in_store(state, body_tampered);
}

static int run_put(Txn *t, void *userdata) {
        put(t, PHONE, NOW, userdata);
        return 0;
}

static int run_claim(Txn *t, void *userdata) {
        claim(t, userdata, NOW);
        return 0;
}

static int run_settle(Txn *t, void *userdata) {
        return outbox_settle(t, userdata, OUTBOX_DELIVERED, "", NOW);
}

/* No file has the contents in clear; the sealed ones are gone after their end. */
static void test_at_rest(void **state) {
        Store *s = open_daemon_store(*state);
        char id[17];

        assert_int_equal(store_run(s, run_put, id), 0);
        assert_false(directory_holds(*state, view_string(SECRET_TEXT)));
        store_close(s);
        assert_int_equal(store_open(*state, &daemon_schema, host_key, &s), 0);
        assert_int_equal(store_run(s, run_claim, id), 0);
        assert_int_equal(store_run(s, run_settle, id), 0);
        store_close(s);
        assert_false(directory_holds(*state, view_string(SECRET_TEXT)));
}

static void test_fields(void **state) {
        static const View broken[] = {
                VIEW_LITERAL("\0"), VIEW_LITERAL("\1a"), VIEW_LITERAL("\1a\0"), VIEW_LITERAL("\1a\0\2b"), VIEW_LITERAL("\xff" "a\0\1b"), VIEW_LITERAL("\5ab\0\1c"),
        };
        View name, value;
        size_t offset;

        for (size_t i = 0; i < ELEMENTSOF(broken); i++) {
                offset = 0;
                assert_int_equal(outbox_field_next(broken[i], &offset, &name, &value), -EBADMSG);
        }
        offset = 0;
        assert_int_equal(outbox_field_next(VIEW_LITERAL("\1a\0\0"), &offset, &name, &value), 1);
        assert_int_equal(value.len, 0);
        assert_int_equal(outbox_field_next(VIEW_LITERAL("\1a\0\0"), &offset, &name, &value), 0);
}

#define IN_STORE(f) cmocka_unit_test_setup_teardown(f, directory_setup, directory_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                IN_STORE(test_delivered), IN_STORE(test_retries),   IN_STORE(test_refused),   IN_STORE(test_not_configured),
                IN_STORE(test_recovered), IN_STORE(test_order),     IN_STORE(test_cancelled), IN_STORE(test_caps),
                IN_STORE(test_unsound),   IN_STORE(test_list),      IN_STORE(test_read),      IN_STORE(test_tampered),
                IN_STORE(test_at_rest),   cmocka_unit_test(test_pauses), cmocka_unit_test(test_fields),
        };

        return cmocka_run_group_tests(tests, settings_setup, settings_teardown);
}
