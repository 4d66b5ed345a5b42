/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Session.Login.
 *
 * A login takes the same steps, in the same time, whatever is wrong with it: the name of the Unix user is looked up, the store read,
 * Argon2 run (over a record that fits nothing where there is none), and the failure written. Only then the answer differs. */

#include <errno.h>
#include <string.h>
#include <systemd/sd-journal.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "crypto/kdf.h"
#include "crypto/totp.h"
#include "daemon/account-recover.h"
#include "daemon/account.h"
#include "daemon/audit.h"
#include "daemon/call.h"
#include "daemon/clock.h"
#include "daemon/outcome-bus.h"
#include "daemon/outcome.h"
#include "daemon/pin.h"
#include "daemon/session-open-bus.h"
#include "daemon/session.h"
#include "daemon/throttle.h"
#include "daemon/token-bus.h"
#include "daemon/token.h"
#include "daemon/user-name.h"

enum {
        LOGIN_ACCEPTED = 0,
        LOGIN_REFUSED = 16, /* beyond the outcomes of codes (totp.h), which settle() returns as well */
};

typedef struct Login {
        Call call;
        Store *store;
        char *login;
        Secret *password, *otp, *pin;
        bool remember;
        char machine[33];
        char subject[THROTTLE_SUBJECT_MAX], user_subject[THROTTLE_SUBJECT_MAX];
        char *user_name;     /* of the caller's uid, now; NULL when it has none or nobody could say */
        Account account;     /* empty when there is none */
        Binding binding;
        bool fits;           /* the password fits, or may be a temporary one, and the account is open to this user */
        const Settings *settings; /* the manager's */
        Pin tried;           /* the account's record that `pin` is held against; empty when there is none */
        Secret *pin_key;
        int pin_opened;
        int64_t not_before;
        Session *session;    /* reserved */
} Login;

static void login_destroy(Call *c) {
        Login *l = (Login *) c;

        if (l->session)
                session_discard(c->manager, l->session);
        free(l->login);
        secret_free(l->password);
        secret_free(l->otp);
        secret_free(l->pin);
        secret_free(l->pin_key);
        pin_done(&l->tried);
        free(l->user_name);
        account_done(&l->account);
}

/* Both refusals that a guesser may see; they depend only on what was sent and who sent it. */
static int login_error(Login *l, int result, sd_bus_error *error) {
        char until[32];

        if (result == -EAGAIN)
                return bus_error_set(error, ERROR_TRY_LATER, "Too many failed attempts. Try again after %s.", bus_error_time(l->not_before, until));
        if (result == LOGIN_REFUSED)
                return bus_error_set(error, ERROR_AUTHENTICATION_FAILED, NULL);
        if (result > LOGIN_REFUSED)
                return outcome_set_error(error, result, l->not_before);
        return result < 0 && result != -ENOKEY && result != -ESTALE ? result : token_bus_error(error, result, l->not_before);
}

/* --- Jobs and work ------------------------------------------------------------------------------------------------ */

/* Reads the account, and whether it is open to this user. That there is none is no error yet. */
static int read_account(Txn *t, Login *l, Account *ret, Binding *ret_binding) {
        int r;

        r = account_find(t, l->login, ret);
        if (r < 0 && r != -ENOENT)
                return r;
        return binding_check(t, ret->id, l->machine, l->call.uid, l->user_name, ret_binding);
}

static int check_wait(Txn *t, Login *l, int64_t now) {
        int r;

        r = throttle_check(t, l->user_subject, now, &l->not_before);
        return r < 0 ? r : throttle_check(t, l->subject, now, &l->not_before);
}

static int run_read(Txn *t, void *userdata) {
        Login *l = userdata;
        int r;

        r = check_wait(t, l, clock_now());
        if (r >= 0)
                r = read_account(t, l, &l->account, &l->binding);
        if (r < 0 || !l->pin)
                return r;
        r = pin_load(t, l->account.id, &l->tried);
        return r == -ENOENT ? 0 : r;
}

static bool is_open(const Account *a, Binding binding) {
        return a->active && binding == BINDING_FITS;
}

/* A record of the present cost that no password fits. */
static int dummy_record(Bytes *ret) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        static const uint8_t none[32];
        Argon2Params params;
        int r;

        r = argon2_params_new(&params);
        if (r < 0)
                return r;
        r = argon2_params_write(&params, &b);
        if (r < 0)
                return r;
        r = bytes_append(&b, none, sizeof(none));
        if (r < 0)
                return r;
        *ret = bytes_take(&b);
        return 0;
}

/* Takes its time whether or not there is a PIN, and whatever came of the password. */
static int try_pin(Login *l) {
        _cleanup_bytes_ Bytes dummy = BYTES_NULL;
        int r;

        if (!l->pin)
                return 0;
        if (l->tried.kdf.len > 0) {
                l->pin_opened = pin_open(l->store, l->account.id, &l->tried, secret_view(l->pin), &l->pin_key);
                return l->pin_opened == -EKEYREJECTED ? 0 : l->pin_opened;
        }
        r = dummy_record(&dummy);
        if (r < 0)
                return r;
        l->pin_opened = password_verify(secret_view(l->pin), bytes_view(&dummy));
        return l->pin_opened == -EKEYREJECTED ? 0 : l->pin_opened;
}

static int run_verify(void *userdata) {
        _cleanup_bytes_ Bytes dummy = BYTES_NULL;
        Login *l = userdata;
        int r;

        r = dummy_record(&dummy);
        if (r < 0)
                return r;
        r = password_verify(secret_view(l->password), bytes_view(l->account.password.len > 0 ? &l->account.password : &dummy));
        if (r < 0 && r != -EKEYREJECTED)
                return r;
        l->fits = (r >= 0 || l->account.password.len == 0) && is_open(&l->account, l->binding);
        return try_pin(l);
}

static int note(Txn *t, Login *l, const char *event, int64_t now) {
        const AuditEntry e = {
                .event = event,
                .account = l->account.id[0] ? l->account.id : NULL,
                .uid = l->call.uid,
                .now = now,
        };

        return audit_append(t, &e);
}

static int refuse(Txn *t, Login *l, int64_t now) {
        int64_t ignored;
        int r;

        r = throttle_fail(t, l->subject, now, &ignored);
        if (r < 0)
                return r;
        r = throttle_fail(t, l->user_subject, now, &ignored);
        if (r < 0)
                return r;
        r = note(t, l, "login-failed", now);
        return r < 0 ? r : LOGIN_REFUSED;
}

/* Nothing changed between the look at the password and now: the account is as it was read. */
static int is_unchanged(Txn *t, Login *l) {
        _cleanup_(account_done) Account a = { 0 };
        Binding binding;
        int r;

        r = read_account(t, l, &a, &binding);
        if (r < 0)
                return r;
        return is_open(&a, binding) && strcmp(a.id, l->account.id) == 0 && a.password_changed == l->account.password_changed &&
                view_equal(bytes_view(&a.password), bytes_view(&l->account.password));
}

/* What makes the session a remembered one. */
static int settle_factors(Txn *t, Login *l, int64_t now) {
        const PinAttempt a = {
                .account = l->account.id,
                .uid = l->call.uid,
                .otp = l->otp,
                .tried = &l->tried,
                .opened = l->pin_opened,
                .now = now,
        };
        int r;

        if (l->pin)
                return pin_settle(t, &a, &l->not_before);
        r = token_accept(t, l->account.id, l->call.uid, secret_view(l->otp), now, &l->not_before);
        return r == TOTP_ACCEPTED ? 0 : r;
}

/* Who has no password yet was sent a temporary one, which is a code (M1): it stays good until the password was changed. */
static int check_temporary(Txn *t, Login *l, int64_t now) {
        int r;

        if (l->account.password.len > 0)
                return 1;
        r = recover_temporary(t, &l->account, l->call.uid, secret_view(l->password), false, l->settings, now);
        return r == -EAGAIN ? 0 : r < 0 ? r : r == CODE_ACCEPTED;
}

/* The decision, in one step with its record: the wait is looked at again, since other attempts may have failed meanwhile. */
static int run_settle(Txn *t, void *userdata) {
        Login *l = userdata;
        int64_t now = clock_now();
        int r;

        r = check_wait(t, l, now);
        if (r < 0)
                return r;
        r = l->fits ? is_unchanged(t, l) : 0;
        if (r > 0)
                r = check_temporary(t, l, now);
        if (r < 0)
                return r;
        if (r == 0)
                return refuse(t, l, now);
        if (l->remember) {
                r = settle_factors(t, l, now);
                if (r != 0)
                        return r;
        }
        r = throttle_reset(t, l->subject);
        if (r < 0)
                return r;
        r = note(t, l, l->remember ? "login-remembered" : "login", now);
        return r < 0 ? r : LOGIN_ACCEPTED;
}

/* --- Steps -------------------------------------------------------------------------------------------------------- */

static int reply_login(Login *l) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int64_t difference = clock_now() - clock_age();
        Session *s = l->session;
        int r;

        r = sd_bus_message_new_method_return(l->call.message, &reply);
        if (r < 0)
                return r;
        r = sd_bus_message_sensitive(reply);
        if (r < 0)
                return r;
        r = sd_bus_message_append(reply, "sa{sv}", s->id, 3,
                                  "idle_until", "x", s->idle_until + difference,
                                  "ends", "x", s->ends + difference,
                                  "restricted", "b", (int) s->restricted);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int then_settled(Call *c, int result, sd_bus_error *error) {
        Login *l = (Login *) c;
        int r;

        if (result != LOGIN_ACCEPTED)
                return login_error(l, result, error);
        if (watch_gone(c->watch))
                return 0; /* nobody would know of the session */
        if (l->pin) {
                l->session->pin_key = TAKE_PTR(l->pin_key);
                l->session->pin_kdf = bytes_take(&l->tried.kdf);
        }
        session_open(c->manager, l->session);
        r = reply_login(l);
        if (r < 0)
                return r; /* and the session is discarded with the call */
        l->session = NULL;
        return 0;
}

static int then_verified(Call *c, int result, sd_bus_error *error) {
        Login *l = (Login *) c;
        int r;

        if (result < 0)
                return result;
        if (watch_gone(c->watch))
                l->fits = false;
        if (l->fits) {
                r = session_reserve(c->manager, l->account.id, l->account.login, c->uid, l->remember, &l->session);
                if (r == -EDQUOT)
                        return bus_error_set(error, ERROR_LIMIT, "There are %u sessions of this Unix user already. Log out of one.", SESSIONS_PER_UID);
                if (r < 0)
                        return r;
                l->session->restricted = l->account.password_changed == 0;
        } else if (l->binding == BINDING_SUSPENDED)
                sd_journal_print(LOG_WARNING, "A login to account %s was refused: Unix user %u has another name than when it was bound. "
                                 "If it is the same person, unbind and bind it again.", l->account.id, c->uid);
        r = call_store(c, run_settle, then_settled, error);
        return r < 0 ? r : CALL_CONTINUES;
}

static int then_read(Call *c, int result, sd_bus_error *error) {
        int r;

        if (result < 0)
                return login_error((Login *) c, result, error);
        r = call_work_heavy(c, run_verify, then_verified, error);
        return r < 0 ? r : CALL_CONTINUES;
}

static int then_named(Call *c, int result, sd_bus_error *error) {
        int r;

        r = call_store(c, run_read, then_read, error);
        return r < 0 ? r : CALL_CONTINUES;
}

/* A user without a name is bound to nothing, and learns it with the password's answer. */
static void on_name(int result, const char *name, void *userdata) {
        Login *l = userdata;

        if (result >= 0)
                l->user_name = strdup(name);
        l->call.then = then_named;
        call_resume(&l->call, 0);
}

/* --- The method --------------------------------------------------------------------------------------------------- */

static int read_login(Login *l, sd_bus_message *m, sd_bus_error *error) {
        BusOption options[] = {
                { "remember", bus_option_bool, &l->remember },
                { "otp", bus_option_secret, &l->otp },
                { "pin", bus_option_secret, &l->pin },
        };
        const char *login;
        int r;

        r = sd_bus_message_read(m, "s", &login);
        if (r < 0)
                return bus_error_set_argument(error, r);
        r = bus_message_read_secret(m, &l->password);
        if (r < 0)
                return bus_error_set_argument(error, r);
        r = bus_message_read_options(m, options, ELEMENTSOF(options), error);
        if (r < 0)
                return r;
        if (l->remember != !!l->otp)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "“remember” and “otp” go together: a remembered session needs a one-time code.");
        if (l->pin && !l->remember)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "“pin” goes with “remember”: other sessions ask for it with each operation.");
        if (l->pin && !pin_is_well_formed(secret_view(l->pin)))
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "A PIN is %u digits.", PIN_DIGITS);
        l->login = strdup(login);
        if (!l->login)
                return -ENOMEM;
        throttle_subject_user(l->call.uid, l->user_subject);
        return throttle_subject_login(login, l->call.uid, l->subject);
}

int method_login(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ Login *l = NULL;
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, method_login, userdata, error);
        if (r != 0)
                return r;
        r = call_new(m, message, sizeof(Login), login_destroy, &l, error);
        if (r < 0)
                return r;
        r = read_login(l, message, error);
        if (r < 0)
                return bus_error_set_errno(error, r);
        l->settings = &m->settings;
        memcpy(l->machine, m->machine_id, sizeof(l->machine));
        l->store = m->store;
        r = user_name_lookup(m, l->call.uid, on_name, l);
        return r < 0 ? bus_error_set_errno(error, r) : call_started(r, &l);
}
