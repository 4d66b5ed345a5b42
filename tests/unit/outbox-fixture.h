/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the tests of codes and outbox share: a job over a fresh store of the daemon, default settings, and a look into messages. */

#include "daemon/code.h"
#include "daemon/outbox.h"
#include "daemon/schema.h"
#include "daemon/settings.h"
#include "store-fixture.h"

#define NOW INT64_C(1780315200)
#define ANNA "aaaaaaaaaaaaaaaa"
#define PHONE "+48 600 100 200"

static Settings settings;

typedef int (*Body)(Txn *t);

static int run_body(Txn *t, void *userdata) {
        return ((Body *) userdata)[0](t);
}

static inline Store *open_daemon_store(const char *directory) {
        _cleanup_secret_ Secret *recovery = NULL;
        Store *s = NULL;

        assert_int_equal(store_create(directory, &daemon_schema, host_key, &recovery), 0);
        assert_int_equal(store_open(directory, &daemon_schema, host_key, &s), 0);
        return s;
}

/* Runs `body` as a job over a fresh store. */
static inline void in_store(void **state, Body body) {
        Store *s = open_daemon_store(*state);

        assert_int_equal(store_run(s, run_body, &body), 0);
        store_close(s);
}

static inline int settings_setup(void **state) {
        unsigned line;

        assert_int_equal(crypto_init(), 0);
        return settings_read("/nonexistent/sygnetd.conf", &settings, &line);
}

static inline int settings_teardown(void **state) {
        settings_done(&settings);
        return 0;
}

static inline int64_t number(Txn *t, const char *sql) {
        Row *row;

        assert_int_equal(txn_query(t, &row, sql, ""), 1);
        return row_int(row, 0);
}

/* A message's state, as text that stays until the next call. */
static inline const char *state_of_message(Txn *t, const char *id) {
        static char state[16];
        Row *row;

        assert_int_equal(txn_query(t, &row, "SELECT state FROM outbox WHERE id = ?1", "s", id), 1);
        snprintf(state, sizeof(state), "%s", row_text(row, 0));
        return state;
}

/* A field of the payload, copied. */
static inline void field_of(View payload, const char *name, char ret[static 64]) {
        size_t offset = 0;
        View n, v;

        while (outbox_field_next(payload, &offset, &n, &v) == 1) {
                if (!view_equal(n, view_string(name)))
                        continue;
                assert_true(v.len < 64);
                memcpy(ret, v.data, v.len);
                ret[v.len] = 0;
                return;
        }
        fail_msg("no field %s", name);
}

/* The code that the message carries, as whoever gets it sees it; without marking it seen, which is the caller's of outbox_read(). */
static inline void code_in(Txn *t, const char *message, const char *field, int64_t now, char ret[static 64]) {
        _cleanup_(outbox_envelope_done) OutboxEnvelope e = { 0 };
        _cleanup_secret_ Secret *payload = NULL;

        assert_int_equal(outbox_read(t, message, now, &e, &payload), 0);
        field_of(secret_view(payload), field, ret);
}
