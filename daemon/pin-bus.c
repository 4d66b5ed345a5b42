/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.Sygnet1.Pin: the PIN of the session's account. pin-job.h says what each method takes and why. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "daemon/call.h"
#include "daemon/code-bus.h"
#include "daemon/key-cache.h"
#include "daemon/operation.h"
#include "daemon/outcome-bus.h"
#include "daemon/outcome.h"
#include "daemon/pin-job.h"
#include "daemon/session-bus.h"
#include "daemon/session.h"

typedef struct PinCall {
        Call call;
        PinJob job;
        int (*run)(Txn *t, PinJob *j); /* the job under way */
        char session[33];
} PinCall;

static void destroy(Call *call) {
        PinCall *c = (PinCall *) call;

        pin_job_done(&c->job);
        secret_wipe(c->session, sizeof(c->session));
}

static int run_job(Txn *t, void *userdata) {
        PinCall *c = userdata;

        return c->run(t, &c->job);
}

static int store(PinCall *c, int (*run)(Txn *t, PinJob *j), CallThen then, sd_bus_error *error) {
        c->run = run;
        return call_store(&c->call, run_job, then, error);
}

static int continues(int r) {
        return r < 0 ? r : CALL_CONTINUES;
}

/* --- Errors ------------------------------------------------------------------------------------------------------- */

static int code_error(sd_bus_error *error, const PinJob *j) {
        if (j->code_result == CODE_E_WRONG)
                return bus_error_set(error, ERROR_WRONG_CODE, j->code_purpose == CODE_PIN_SMS ? "The code from the SMS is not right."
                                                                                             : "The activation code from the e-mail is not right.");
        if (j->code_result == CODE_E_VOID)
                return bus_error_set(error, ERROR_CODE_VOID,
                                     j->code_purpose == CODE_PIN_SMS ? "There is no valid code by SMS: it expired, was used, replaced, or tried too often. Ask for a new one."
                                                                     : "There is no valid activation code: it expired, was used, replaced, or tried too often. Ask for a new one.");
        return code_bus_error(error, j->settings, j->code_result, j->until);
}

static int job_error(sd_bus_error *error, int result, const PinJob *j) {
        if (result == OUTCOME_CODE || (result < 0 && j->code_result == result))
                return code_error(error, j);
        if (result == OUTCOME_FACTOR_NEEDED)
                return bus_error_set(error, strcmp(j->needed, "otp") == 0 ? ERROR_CODE_REQUIRED : ERROR_SENT_CODE_REQUIRED, "The factor `%s` is needed.", j->needed);
        if (result == OUTCOME_EXISTS)
                return bus_error_set(error, ERROR_EXISTS, "The account has a PIN. It can be changed, unblocked or reset.");
        if (result == OUTCOME_NOT_POSSIBLE)
                return bus_error_set(error, ERROR_NOT_POSSIBLE, "The account may use a seal, and has neither phone nor token that could confirm this. "
                                     "Ask the operator for a new account, and for access to the seal anew.");
        return outcome_set_error(error, result, j->until);
}

/* --- Beginning ---------------------------------------------------------------------------------------------------- */

static int call_begin(sd_bus_message *message, Manager *m, PinCall **ret, sd_bus_error *error) {
        _cleanup_call_ PinCall *c = NULL;
        const char *session;
        Session *s;
        int r;

        r = call_new(m, message, sizeof(PinCall), destroy, &c, error);
        if (r < 0)
                return r;
        r = sd_bus_message_read(message, "s", &session);
        if (r < 0)
                return bus_error_set_argument(error, r);
        r = session_find(m, session, c->call.uid, &s);
        if (r < 0)
                return session_bus_error(error, r);
        strcpy(c->session, s->id);
        strcpy(c->job.account, s->account);
        c->job.store = m->store;
        c->job.settings = &m->settings;
        c->job.uid = c->call.uid;
        c->job.now = c->call.now;
        *ret = TAKE_PTR(c);
        return 0;
}

static int read_pin(PinCall *c, Secret **ret, sd_bus_error *error) {
        int r;

        r = bus_message_read_secret(c->call.message, ret);
        if (r < 0)
                return bus_error_set_argument(error, r);
        if (!pin_is_well_formed(secret_view(*ret)))
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "A PIN is %u digits.", PIN_DIGITS);
        return 0;
}

static int read_codes(PinCall *c, sd_bus_error *error) {
        BusOption options[] = {
                { "activation_code", bus_option_secret, &c->job.activation_code, false },
                { "code", bus_option_secret, &c->job.code, false },
                { "otp", bus_option_secret, &c->job.otp, false },
        };

        return bus_message_read_options(c->call.message, options, ELEMENTSOF(options), error);
}

/* What was decided while the session lives is not done after its end. */
static int still_stands(PinCall *c, sd_bus_error *error) {
        Session *s;
        int r;

        if (watch_gone(c->call.watch))
                return -ECANCELED;
        r = session_find(c->call.manager, c->session, c->call.uid, &s);
        return r < 0 ? session_bus_error(error, r) : 0;
}

/* What rests on the PIN that was: keys that it opened, and remembered sessions. */
static void forget_old(PinCall *c, bool retired) {
        Manager *m = c->call.manager;

        session_forget_pin(m, c->job.account);
        for (size_t i = 0; i < c->job.n_signatures; i++) {
                key_cache_forget(m->keys, c->job.signatures[i]->id);
                if (retired)
                        operation_end_credential(m, c->job.signatures[i]->id, NULL);
        }
}

/* --- GetStatus ---------------------------------------------------------------------------------------------------- */

static int append_signatures(sd_bus_message *reply, const PinJob *j) {
        int r;

        r = sd_bus_message_open_container(reply, 'e', "sv");
        if (r >= 0)
                r = sd_bus_message_append(reply, "s", "signatures");
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'v', "as");
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "s");
        for (size_t i = 0; r >= 0 && i < j->n_signatures; i++)
                r = sd_bus_message_append(reply, "s", j->signatures[i]->id);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_status(sd_bus_message *reply, const PinJob *j) {
        bool blocked = j->set && pin_is_blocked(&j->tried);
        int r;

        r = bus_append_bool(reply, "set", j->set);
        if (r >= 0)
                r = bus_append_bool(reply, "blocked", blocked);
        if (r >= 0)
                r = bus_append_u32(reply, "attempts", !j->set || blocked ? 0 : PIN_FAILURES_MAX - j->tried.failures);
        if (r >= 0 && j->set)
                r = bus_append_i64(reply, "changed", j->tried.changed);
        if (r >= 0)
                r = bus_append_bool(reply, "mail", j->has_mail);
        if (r >= 0)
                r = bus_append_bool(reply, "phone", j->has_phone);
        if (r >= 0)
                r = bus_append_bool(reply, "otp", j->needs_otp);
        return r < 0 ? r : append_signatures(reply, j);
}

static int then_status(Call *call, int result, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        PinCall *c = (PinCall *) call;
        int r;

        if (result != 0)
                return job_error(error, result, &c->job);
        r = sd_bus_message_new_method_return(call->message, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = append_status(reply, &c->job);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int method_get_status(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ PinCall *c = NULL;
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, method_get_status, userdata, error);
        if (r != 0)
                return r;
        r = call_begin(message, m, &c, error);
        return r < 0 ? r : call_started(store(c, pin_job_status, then_status, error), &c);
}

/* --- RequestCode ----------------------------------------------------------------------------------------------------- */

static int then_sent(Call *call, int result, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        PinCall *c = (PinCall *) call;
        int r;

        if (result != 0)
                return code_bus_error(error, c->job.settings, result, c->job.until);
        r = sd_bus_message_new_method_return(call->message, &reply);
        if (r >= 0)
                r = code_bus_append_sent(reply, &c->job.sent);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int method_request_code(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ PinCall *c = NULL;
        Manager *m = userdata;
        const char *channel;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, method_request_code, userdata, error);
        if (r != 0)
                return r;
        r = call_begin(message, m, &c, error);
        if (r < 0)
                return r;
        r = sd_bus_message_read(message, "s", &channel);
        if (r < 0)
                return bus_error_set_argument(error, r);
        r = channel_from_string(channel);
        if (r < 0)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "A code goes by mail or by sms.");
        c->job.purpose = r == CHANNEL_MAIL ? CODE_PIN_ACTIVATION : CODE_PIN_SMS;
        return call_started(store(c, pin_job_send, then_sent, error), &c);
}

/* --- Set and Reset ------------------------------------------------------------------------------------------------ */

static int run_make(void *userdata) {
        return pin_job_make(&((PinCall *) userdata)->job);
}

static int then_set(Call *call, int result, sd_bus_error *error) {
        PinCall *c = (PinCall *) call;

        if (result != 0)
                return job_error(error, result, &c->job);
        forget_old(c, true);
        return sd_bus_reply_method_return(call->message, NULL);
}

static int then_made(Call *call, int result, sd_bus_error *error) {
        PinCall *c = (PinCall *) call;
        int r;

        if (result < 0)
                return bus_error_set_errno(error, result);
        r = still_stands(c, error);
        return r < 0 ? r : continues(store(c, pin_job_set, then_set, error));
}

static int then_may_set(Call *call, int result, sd_bus_error *error) {
        if (result != 0)
                return job_error(error, result, &((PinCall *) call)->job);
        return continues(call_work_heavy(call, run_make, then_made, error));
}

static int method_set_or_reset(sd_bus_message *message, Manager *m, bool first, sd_bus_message_handler_t handler, sd_bus_error *error) {
        _cleanup_call_ PinCall *c = NULL;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, handler, m, error);
        if (r != 0)
                return r;
        r = call_begin(message, m, &c, error);
        if (r >= 0)
                r = read_pin(c, &c->job.new_pin, error);
        if (r >= 0)
                r = read_codes(c, error);
        if (r < 0)
                return r;
        c->job.first = first;
        return call_started(store(c, pin_job_begin, then_may_set, error), &c);
}

static int method_set(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        return method_set_or_reset(message, userdata, true, method_set, error);
}

static int method_reset(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        return method_set_or_reset(message, userdata, false, method_reset, error);
}

/* --- Unblock ------------------------------------------------------------------------------------------------------ */

static int then_unblocked(Call *call, int result, sd_bus_error *error) {
        if (result != 0)
                return job_error(error, result, &((PinCall *) call)->job);
        return sd_bus_reply_method_return(call->message, NULL);
}

static int method_unblock(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ PinCall *c = NULL;
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, method_unblock, userdata, error);
        if (r != 0)
                return r;
        r = call_begin(message, m, &c, error);
        if (r >= 0)
                r = read_codes(c, error);
        return r < 0 ? r : call_started(store(c, pin_job_unblock, then_unblocked, error), &c);
}

/* --- Change ------------------------------------------------------------------------------------------------------- */

static int run_reseal(void *userdata) {
        return pin_job_reseal(&((PinCall *) userdata)->job);
}

static int begin_change(PinCall *c, sd_bus_error *error);

static int then_changed(Call *call, int result, sd_bus_error *error) {
        PinCall *c = (PinCall *) call;

        if (result == OUTCOME_CHANGED)
                return continues(begin_change(c, error));
        if (result != 0)
                return job_error(error, result, &c->job);
        forget_old(c, false);
        return sd_bus_reply_method_return(call->message, NULL);
}

/* A wrong PIN counts also when the session ended meanwhile. */
static int then_resealed(Call *call, int result, sd_bus_error *error) {
        PinCall *c = (PinCall *) call;
        int r = 0;

        if (result < 0 && result != -EKEYREJECTED)
                return bus_error_set_errno(error, result);
        if (result >= 0)
                r = still_stands(c, error);
        return r < 0 ? r : continues(store(c, pin_job_change, then_changed, error));
}

static int then_may_change(Call *call, int result, sd_bus_error *error) {
        if (result != 0)
                return job_error(error, result, &((PinCall *) call)->job);
        return continues(call_work_heavy(call, run_reseal, then_resealed, error));
}

static int begin_change(PinCall *c, sd_bus_error *error) {
        return store(c, pin_job_begin_change, then_may_change, error);
}

static int method_change(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ PinCall *c = NULL;
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, method_change, userdata, error);
        if (r != 0)
                return r;
        r = call_begin(message, m, &c, error);
        if (r >= 0)
                r = read_pin(c, &c->job.pin, error);
        if (r >= 0)
                r = read_pin(c, &c->job.new_pin, error);
        if (r >= 0) {
                BusOption options[] = { { "otp", bus_option_secret, &c->job.otp, false } };

                r = bus_message_read_options(message, options, ELEMENTSOF(options), error);
        }
        return r < 0 ? r : call_started(begin_change(c, error), &c);
}

#define SENSITIVE (SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE)

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("GetStatus", SD_BUS_ARGS("s", session), SD_BUS_RESULT("a{sv}", status), method_get_status, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("RequestCode", SD_BUS_ARGS("s", session, "s", channel), SD_BUS_RESULT("a{sv}", sent), method_request_code,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Set", SD_BUS_ARGS("s", session, "v", pin, "a{sv}", factors), SD_BUS_NO_RESULT, method_set, SENSITIVE),
        SD_BUS_METHOD_WITH_ARGS("Change", SD_BUS_ARGS("s", session, "v", pin, "v", new_pin, "a{sv}", factors), SD_BUS_NO_RESULT, method_change,
                                SENSITIVE),
        SD_BUS_METHOD_WITH_ARGS("Unblock", SD_BUS_ARGS("s", session, "a{sv}", factors), SD_BUS_NO_RESULT, method_unblock, SENSITIVE),
        SD_BUS_METHOD_WITH_ARGS("Reset", SD_BUS_ARGS("s", session, "v", pin, "a{sv}", factors), SD_BUS_NO_RESULT, method_reset, SENSITIVE),
        SD_BUS_VTABLE_END,
};

int pin_bus_register(Manager *m) {
        return sd_bus_add_object_vtable(m->bus, NULL, SYGNET_OBJECT_PATH, SYGNET_INTERFACE_PIN, vtable, m);
}
