/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Calls on credentials; see credential-call.h. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "daemon/credential-call.h"
#include "daemon/outcome-bus.h"
#include "daemon/outcome.h"
#include "daemon/session-bus.h"
#include "daemon/session.h"

static void destroy(Call *call) {
        CredentialCall *c = (CredentialCall *) call;

        sd_bus_slot_unref(c->slot);
        credential_job_done(&c->job);
}

int credential_call_new(Manager *m, sd_bus_message *message, CredentialCall **ret, sd_bus_error *error) {
        CredentialCall *c;
        int r;

        r = call_new(m, message, sizeof(*c), destroy, &c, error);
        if (r < 0)
                return r;
        c->job.store = m->store;
        c->job.settings = &m->settings;
        c->job.uid = c->call.uid;
        c->job.now = c->call.now;
        *ret = c;
        return 0;
}

int credential_call_read_id(CredentialCall *c, sd_bus_error *error) {
        return call_read_id(&c->call, NULL, c->job.id, error);
}

static int run_job(Txn *t, void *userdata) {
        CredentialCall *c = userdata;

        return c->run(t, &c->job);
}

int credential_call_store(CredentialCall *c, CredentialRun run, CallThen then, sd_bus_error *error) {
        c->run = run;
        return call_store(&c->call, run_job, then, error);
}

int credential_call_check_pin(const CredentialCall *c, sd_bus_error *error) {
        if (!c->job.pin || pin_is_well_formed(secret_view(c->job.pin)))
                return 0;
        return bus_error_set(error, ERROR_INVALID_ARGUMENT, "A PIN is %u digits.", PIN_DIGITS);
}

/* 1: parked; `handler` is called again. */
static int read_factors(CredentialCall *c, FactorSet set, sd_bus_message_handler_t handler, sd_bus_error *error) {
        Manager *m = c->call.manager;
        static const size_t n_options[] = { [FACTORS_SESSION] = 1, [FACTORS_CODE] = 3, [FACTORS_KEY] = 4, [FACTORS_ANY] = 4 };
        const char *session = NULL;
        BusOption options[] = {
                { "session", bus_option_string, &session, false },
                { "otp", bus_option_secret, &c->job.otp, false },
                { "pin", bus_option_secret, &c->job.pin, false },
                { "password", bus_option_secret, &c->job.password, false },
        };
        bool secret;
        Session *s;
        int r;

        r = bus_message_read_options(c->call.message, options, n_options[set], error);
        if (r >= 0)
                r = credential_call_check_pin(c, error);
        if (r < 0)
                return r;
        secret = c->job.otp || c->job.password || (c->job.pin && set != FACTORS_CODE);
        if (set == FACTORS_ANY && secret && !session)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "The factor `session` says whose the others are.");
        if (set == FACTORS_CODE && session && !secret)
                return bus_error_set(error, ERROR_CODE_REQUIRED, NULL);
        if ((set == FACTORS_CODE || set == FACTORS_KEY) && secret != (session != NULL))
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "The factors `session` and `%s` go together.", set == FACTORS_CODE ? "otp" : "password` or `pin");
        if (!session)
                return gate_pass(m->gate, c->call.message, ACTION_MANAGE_SEALS, handler, m, error);
        r = session_find(m, session, c->call.uid, &s);
        if (r < 0)
                return session_bus_error(error, r);
        strcpy(c->job.account, s->account);
        return 0;
}

int credential_call_set_error(const CredentialCall *c, int result, sd_bus_error *error) {
        if (result == OUTCOME_CERTIFICATE && c->job.problem)
                return bus_error_set(error, ERROR_CERTIFICATE, "%s", c->job.problem);
        if (result == OUTCOME_FACTOR_NEEDED && c->job.problem)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "%s", c->job.problem);
        return outcome_set_error(error, result, c->job.until);
}

/* --- A PIN that is tried on the way ------------------------------------------------------------------------------- */

static int run_try_pin(void *userdata) {
        return credential_job_try_pin(&((CredentialCall *) userdata)->job);
}

static int then_tried(Call *call, int result, sd_bus_error *error) {
        CredentialCall *c = (CredentialCall *) call;
        int r;

        if (result < 0 && result != -EKEYREJECTED)
                return bus_error_set_errno(error, result);
        r = credential_call_store(c, c->method->run, c->method->then, error);
        return r < 0 ? r : CALL_CONTINUES;
}

static int then_may_try(Call *call, int result, sd_bus_error *error) {
        int r;

        if (result != 0)
                return credential_call_set_error((CredentialCall *) call, result, error);
        r = call_work_heavy(call, run_try_pin, then_tried, error);
        return r < 0 ? r : CALL_CONTINUES;
}

static int start(CredentialCall *c, const CredentialMethod *method, sd_bus_error *error) {
        if (method->factors != FACTORS_CODE || !c->job.pin)
                return credential_call_store(c, method->run, method->then, error);
        c->method = method;
        return credential_call_store(c, credential_job_check_pin, then_may_try, error);
}

int credential_call_begin(sd_bus_message *message, Manager *m, const CredentialMethod *method, sd_bus_error *error) {
        _cleanup_call_ CredentialCall *c = NULL;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, method->handler, m, error);
        if (r != 0)
                return r;
        r = credential_call_new(m, message, &c, error);
        if (r >= 0)
                r = credential_call_read_id(c, error);
        if (r >= 0 && method->read)
                r = method->read(c, error);
        if (r < 0)
                return r;
        r = read_factors(c, method->factors, method->handler, error);
        return r != 0 ? r : call_started(start(c, method, error), &c);
}

int credential_call_reply_array(Call *call, const char *type, size_t n, int (*append)(sd_bus_message *reply, const CredentialCall *c, size_t i)) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r;

        r = sd_bus_message_new_method_return(call->message, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', type);
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = append(reply, (CredentialCall *) call, i);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

int credential_call_then_done(Call *call, int result, sd_bus_error *error) {
        CredentialCall *c = (CredentialCall *) call;

        if (result != 0)
                return credential_call_set_error(c, result, error);
        return sd_bus_reply_method_return(call->message, "");
}
