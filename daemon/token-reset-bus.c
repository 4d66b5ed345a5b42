/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Token.Reset; see token-reset-bus.h. */

#include <errno.h>
#include <string.h>

#include "bus/error.h"
#include "bus/names.h"
#include "daemon/account.h"
#include "daemon/audit.h"
#include "daemon/call.h"
#include "daemon/clock.h"
#include "daemon/session.h"
#include "daemon/token-reset-bus.h"
#include "daemon/token.h"

typedef struct Reset {
        Call call;
        char account[17], login[65];
} Reset;

static int run_reset(Txn *t, void *userdata) {
        _cleanup_(account_done) Account a = { 0 };
        _cleanup_bytes_ Bytes payload = BYTES_NULL;
        Reset *k = userdata;
        int r;

        r = account_find(t, k->login, &a);
        if (r < 0)
                return r;
        strcpy(k->account, a.id);
        r = token_revoke_all(t, a.id);
        if (r < 0)
                return r;
        r = bytes_printf(&payload, "{\"login\":\"%s\"}", k->login);
        if (r < 0)
                return r;
        const AuditEntry e = { .event = "token-reset", .uid = k->call.uid, .payload = bytes_view(&payload), .now = clock_now() };

        return audit_append(t, &e);
}

/* A remembered session was opened by a code of a token that is lost. */
static int then_reset(Call *c, int result, sd_bus_error *error) {
        Reset *k = (Reset *) c;

        if (result == -ENOENT)
                return bus_error_set(error, ERROR_NOT_FOUND, "There is no account of this login.");
        if (result < 0)
                return result;
        session_end_account(c->manager, k->account);
        return sd_bus_reply_method_return(c->message, NULL);
}

int token_method_reset(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ Reset *k = NULL;
        Manager *m = userdata;
        const char *login;
        int r;

        r = gate_pass(m->gate, message, ACTION_MANAGE_ACCOUNTS, token_method_reset, userdata, error);
        if (r != 0)
                return r;
        r = call_new(m, message, sizeof(Reset), NULL, &k, error);
        if (r < 0)
                return r;
        r = sd_bus_message_read(message, "s", &login);
        if (r < 0)
                return bus_error_set_argument(error, r);
        if (!account_login_is_valid(login))
                return bus_error_set(error, ERROR_NOT_FOUND, "There is no account of this login.");
        strcpy(k->login, login);
        return call_started(call_store(&k->call, run_reset, then_reset, error), &k);
}
