/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* ChangePassword: the present password is looked at as a login's is, with the same wait after failures, and the change is one step with its
 * record. Nothing changes when the session ended meanwhile. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "crypto/kdf.h"
#include "daemon/account-password-bus.h"
#include "daemon/account-recover.h"
#include "daemon/account.h"
#include "daemon/audit.h"
#include "daemon/call.h"
#include "daemon/clock.h"
#include "daemon/session-bus.h"
#include "daemon/session.h"
#include "daemon/throttle.h"

typedef struct PasswordCall {
        Call call;
        char session[33], id[17]; /* the account's */
        Account account;
        char subject[THROTTLE_SUBJECT_MAX];
        Secret *password, *new_password;
        Bytes new_record;
        bool fits;
        bool same; /* the new one is the present one, which is told to who knows it */
        int64_t not_before;
        const Settings *settings; /* the manager's */
} PasswordCall;

static void password_call_destroy(Call *c) {
        PasswordCall *k = (PasswordCall *) c;

        account_done(&k->account);
        secret_free(k->password);
        secret_free(k->new_password);
        bytes_done(&k->new_record);
        secret_wipe(k->session, sizeof(k->session));
}

int account_password_check(const Manager *m, const Secret *password, sd_bus_error *error) {
        _cleanup_free_ char *sentence = NULL;
        PasswordProblem p;

        p = password_rule_check(&m->settings.password, secret_view(password));
        if (p == PASSWORD_GOOD)
                return 0;
        if (p == PASSWORD_NOT_TEXT)
                return bus_error_set(error, ERROR_WEAK_PASSWORD, "%s", password_problem_to_string(p));
        sentence = password_rule_to_string(&m->settings.password);
        return sentence ? bus_error_set(error, ERROR_WEAK_PASSWORD, "%s", sentence) : bus_error_set_errno(error, -ENOMEM);
}

static int run_read(Txn *t, void *userdata) {
        PasswordCall *k = userdata;
        int r;

        r = throttle_check(t, k->subject, clock_now(), &k->not_before);
        return r < 0 ? r : account_load(t, k->id, &k->account);
}

static int run_change(void *userdata) {
        PasswordCall *k = userdata;
        int r;

        /* A temporary one is a code, and looked at in the last step. */
        r = k->account.password.len > 0 ? password_verify(secret_view(k->password), bytes_view(&k->account.password)) : 0;
        if (r == -EKEYREJECTED)
                return 0;
        if (r < 0)
                return r;
        k->fits = true;
        return password_hash(secret_view(k->new_password), &k->new_record);
}

enum {
        CHANGE_DONE = 0,
        CHANGE_REFUSED = 1,
        CHANGE_SAME,
};

static int refuse(Txn *t, PasswordCall *k, int64_t now) {
        int64_t ignored;
        int r;

        r = throttle_fail(t, k->subject, now, &ignored);
        return r < 0 ? r : CHANGE_REFUSED;
}

/* The present password still is what it was when it was looked at; a temporary one is used up by another. 1 or 0. */
static int is_right(Txn *t, PasswordCall *k, const Account *a, int64_t now) {
        int r;

        if (!k->fits || !a->active || !view_equal(bytes_view(&a->password), bytes_view(&k->account.password)))
                return 0;
        if (a->password.len > 0)
                return 1;
        r = recover_temporary(t, a, k->call.uid, secret_view(k->password), !k->same, k->settings, now);
        return r == -EAGAIN ? 0 : r < 0 ? r : r == CODE_ACCEPTED;
}

static int run_settle(Txn *t, void *userdata) {
        _cleanup_(account_done) Account now_there = { 0 };
        PasswordCall *k = userdata;
        int64_t now = clock_now();
        int r;

        r = throttle_check(t, k->subject, now, &k->not_before);
        if (r < 0)
                return r;
        r = account_load(t, k->id, &now_there);
        if (r < 0)
                return r;
        r = is_right(t, k, &now_there, now);
        if (r <= 0)
                return r < 0 ? r : refuse(t, k, now);
        if (k->same)
                return CHANGE_SAME;
        bytes_done(&now_there.password);
        now_there.password = bytes_take(&k->new_record);
        now_there.password_changed = now;
        r = account_update(t, &now_there);
        if (r < 0)
                return r;
        r = throttle_reset(t, k->subject);
        if (r < 0)
                return r;
        const AuditEntry e = { .event = "password-change", .account = k->id, .uid = k->call.uid, .now = now };

        r = audit_append(t, &e);
        return r < 0 ? r : CHANGE_DONE;
}

static int then_settled(Call *c, int result, sd_bus_error *error) {
        PasswordCall *k = (PasswordCall *) c;
        char until[32];
        Session *s;

        if (result == -EAGAIN)
                return bus_error_set(error, ERROR_TRY_LATER, "Too many failed attempts. Try again after %s.", bus_error_time(k->not_before, until));
        if (result == CHANGE_REFUSED)
                return bus_error_set(error, ERROR_AUTHENTICATION_FAILED, "The present password is not right; it was not changed.");
        if (result == CHANGE_SAME)
                return bus_error_set(error, ERROR_WEAK_PASSWORD, "The new password is the present one: take another.");
        if (result < 0)
                return result;
        session_end_others(c->manager, k->id, k->session, -1);
        if (session_find_restricted(c->manager, k->session, c->uid, &s) >= 0)
                s->restricted = false;
        return sd_bus_reply_method_return(c->message, NULL);
}

static int then_changed(Call *c, int result, sd_bus_error *error) {
        PasswordCall *k = (PasswordCall *) c;
        Session *s;
        int r;

        if (result < 0)
                return result;
        /* It may have ended while the password was looked at; then a right one changes nothing, a wrong one counts still. */
        r = session_find_restricted(c->manager, k->session, c->uid, &s);
        if (r < 0 && k->fits)
                return session_bus_error(error, r);
        r = call_store(c, run_settle, then_settled, error);
        return r < 0 ? r : CALL_CONTINUES;
}

static int then_read(Call *c, int result, sd_bus_error *error) {
        int r;

        if (result < 0)
                return then_settled(c, result, error);
        r = call_work_heavy(c, run_change, then_changed, error);
        return r < 0 ? r : CALL_CONTINUES;
}

static int read_change(Manager *m, sd_bus_message *message, PasswordCall *k, sd_bus_error *error) {
        const char *session;
        Session *s;
        int r;

        r = sd_bus_message_read(message, "s", &session);
        if (r < 0)
                return bus_error_set_argument(error, r);
        r = session_find_restricted(m, session, k->call.uid, &s);
        if (r < 0)
                return session_bus_error(error, r);
        k->settings = &m->settings;
        strcpy(k->session, s->id);
        strcpy(k->id, s->account);
        r = throttle_subject_login(s->login, k->call.uid, k->subject);
        if (r < 0)
                return bus_error_set_errno(error, r);
        r = bus_message_read_secret(message, &k->password);
        if (r >= 0)
                r = bus_message_read_secret(message, &k->new_password);
        if (r < 0)
                return bus_error_set_argument(error, r);
        k->same = secret_equal(secret_view(k->password), secret_view(k->new_password));
        return account_password_check(m, k->new_password, error);
}

int account_method_change_password(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ PasswordCall *k = NULL;
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, account_method_change_password, userdata, error);
        if (r != 0)
                return r;
        r = call_new(m, message, sizeof(PasswordCall), password_call_destroy, &k, error);
        if (r < 0)
                return r;
        r = read_change(m, message, k, error);
        if (r < 0)
                return r;
        return call_started(call_store(&k->call, run_read, then_read, error), &k);
}
