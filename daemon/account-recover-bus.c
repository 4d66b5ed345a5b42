/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.Sygnet1.Account: passwords that are set by codes; see account-recover.h.
 *
 * RequestReset is answered before anything about the account is looked at, so neither its answer nor its time tells whether there is one. The
 * others look the Unix user up, run Argon2 over the new password where there is one, and settle in one job, whatever is wrong. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "crypto/kdf.h"
#include "daemon/account-call.h"
#include "daemon/account-password-bus.h"
#include "daemon/account-recover.h"
#include "daemon/clock.h"
#include "daemon/code-bus.h"
#include "daemon/session.h"
#include "daemon/user-name.h"

typedef struct RecoverCall {
        Call call;
        RecoverJob job;
        Secret *password;
        CallThen named; /* the step after the user's name is known */
        StoreRun run;   /* the job under way, of job */
} RecoverCall;

static void recover_call_destroy(Call *c) {
        RecoverCall *k = (RecoverCall *) c;

        recover_job_done(&k->job);
        secret_free(k->password);
}

static int run_job(Txn *t, void *userdata) {
        RecoverCall *k = userdata;

        k->job.now = clock_now();
        return k->run(t, &k->job);
}

static int start_job(RecoverCall *k, StoreRun run, CallThen then, sd_bus_error *error) {
        int r;

        k->run = run;
        r = call_store(&k->call, run_job, then, error);
        return r < 0 ? r : CALL_CONTINUES;
}

static int set_error(RecoverCall *k, int result, sd_bus_error *error) {
        char until[32];

        switch (result) {
        case -EAGAIN:
                return bus_error_set(error, ERROR_TRY_LATER, "Too many attempts. Try again after %s.", bus_error_time(k->job.not_before, until));
        case RECOVER_REFUSED:
                return bus_error_set(error, ERROR_CODE_VOID, "The password was not set: there is no such account, it is not bound to your Unix user, or a code is "
                                     "wrong, used, too old, or was tried too often. Ask for new ones.");
        case RECOVER_NEEDS_SMS:
                return bus_error_set(error, ERROR_SENT_CODE_REQUIRED, "The account has a phone: a code by SMS is needed too. Ask for it (RequestResetSms).");
        case RECOVER_SEEN:
                return bus_error_set(error, ERROR_CODE_SEEN, NULL);
        default:
                return code_bus_error(error, k->job.settings, result, k->job.not_before);
        }
}

/* A user without a name is bound to nothing, and is answered like one who is not bound. */
static void on_name(int result, const char *name, void *userdata) {
        RecoverCall *k = userdata;

        if (result >= 0)
                k->job.user_name = strdup(name);
        k->call.then = k->named;
        call_resume(&k->call, 0);
}

static int start(RecoverCall **k, CallThen named, sd_bus_error *error) {
        int r;

        (*k)->named = named;
        r = recover_subjects(&(*k)->job);
        if (r >= 0)
                r = user_name_lookup((*k)->call.manager, (*k)->call.uid, on_name, *k);
        return r < 0 ? bus_error_set_errno(error, r) : call_started(r, k);
}

/* From the gate to the login, which is the first argument of all. */
static int begin(sd_bus_message *message, Manager *m, sd_bus_message_handler_t handler, RecoverKind kind, RecoverCall **ret, sd_bus_error *error) {
        _cleanup_call_ RecoverCall *k = NULL;
        const char *login;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, handler, m, error);
        if (r == 0)
                r = call_new(m, message, sizeof(RecoverCall), recover_call_destroy, &k, error);
        if (r != 0)
                return r;
        k->job.kind = kind;
        k->job.uid = k->call.uid;
        k->job.settings = &m->settings;
        memcpy(k->job.machine, m->machine_id, sizeof(k->job.machine));
        r = sd_bus_message_read(message, "s", &login);
        if (r < 0)
                return bus_error_set_argument(error, r);
        k->job.login = strdup(login);
        if (!k->job.login)
                return bus_error_set_errno(error, -ENOMEM);
        *ret = TAKE_PTR(k);
        return 0;
}

/* --- RequestReset --------------------------------------------------------------------------------------------------- */

static int then_requested(Call *c, int result, sd_bus_error *error) {
        return 0; /* answered before */
}

static int then_counted(Call *c, int result, sd_bus_error *error) {
        _cleanup_(sd_bus_error_free) sd_bus_error ignored = SD_BUS_ERROR_NULL;
        RecoverCall *k = (RecoverCall *) c;
        int r;

        if (result < 0)
                return set_error(k, result, error);
        r = sd_bus_reply_method_return(c->message, NULL);
        if (r < 0)
                return r;
        r = start_job(k, recover_request, then_requested, &ignored);
        return r == CALL_CONTINUES ? r : 0;
}

static int count_request(Call *c, int result, sd_bus_error *error) {
        return start_job((RecoverCall *) c, recover_count, then_counted, error);
}

int account_method_request_reset(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ RecoverCall *k = NULL;
        int r;

        r = begin(message, userdata, account_method_request_reset, RECOVER_EITHER, &k, error);
        return r != 0 ? r : start(&k, count_request, error);
}

/* --- RequestResetSms ------------------------------------------------------------------------------------------------ */

static int then_sms(Call *c, int result, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        RecoverCall *k = (RecoverCall *) c;
        int r;

        if (result != RECOVER_DONE)
                return set_error(k, result, error);
        r = sd_bus_message_new_method_return(c->message, &reply);
        if (r < 0)
                return r;
        r = k->job.sms_sent ? code_bus_append_sent(reply, &k->job.sent) : sd_bus_message_append(reply, "a{sv}", 0);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int send_sms(Call *c, int result, sd_bus_error *error) {
        return start_job((RecoverCall *) c, recover_send_sms, then_sms, error);
}

int account_method_request_reset_sms(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ RecoverCall *k = NULL;
        int r;

        r = begin(message, userdata, account_method_request_reset_sms, RECOVER_EITHER, &k, error);
        if (r != 0)
                return r;
        r = bus_message_read_secret(message, &k->job.mail);
        return r < 0 ? bus_error_set_argument(error, r) : start(&k, send_sms, error);
}

/* --- Reset and Activate --------------------------------------------------------------------------------------------- */

static int run_hash(void *userdata) {
        RecoverCall *k = userdata;

        return password_hash(secret_view(k->password), &k->job.record);
}

static int then_settled(Call *c, int result, sd_bus_error *error) {
        RecoverCall *k = (RecoverCall *) c;

        if (result != RECOVER_DONE)
                return set_error(k, result, error);
        session_end_account(c->manager, k->job.account);
        return sd_bus_reply_method_return(c->message, NULL);
}

static int then_hashed(Call *c, int result, sd_bus_error *error) {
        return result < 0 ? result : start_job((RecoverCall *) c, recover_settle, then_settled, error);
}

static int hash(Call *c, int result, sd_bus_error *error) {
        int r;

        r = call_work_heavy(c, run_hash, then_hashed, error);
        return r < 0 ? r : CALL_CONTINUES;
}

static int read_new_password(sd_bus_message *message, RecoverCall *k, sd_bus_error *error) {
        int r;

        r = bus_message_read_secret(message, &k->password);
        return r < 0 ? bus_error_set_argument(error, r) : account_password_check(k->call.manager, k->password, error);
}

int account_method_activate(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ RecoverCall *k = NULL;
        int r;

        r = begin(message, userdata, account_method_activate, RECOVER_ACTIVATION, &k, error);
        if (r != 0)
                return r;
        r = bus_message_read_secret(message, &k->job.mail);
        if (r < 0)
                return bus_error_set_argument(error, r);
        r = read_new_password(message, k, error);
        return r < 0 ? r : start(&k, hash, error);
}

int account_method_reset(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ RecoverCall *k = NULL;
        int r;

        r = begin(message, userdata, account_method_reset, RECOVER_EITHER, &k, error);
        if (r != 0)
                return r;
        BusOption options[] = {
                { "mail", bus_option_secret, &k->job.mail },
                { "sms", bus_option_secret, &k->job.sms },
        };

        r = bus_message_read_options(message, options, ELEMENTSOF(options), error);
        if (r >= 0)
                r = read_new_password(message, k, error);
        return r < 0 ? r : start(&k, hash, error);
}
