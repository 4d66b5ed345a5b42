/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.Sygnet1.Account: the owner changes the e-mail or phone of the account. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "daemon/account-call.h"
#include "daemon/account-contact.h"
#include "daemon/clock.h"
#include "daemon/code-bus.h"
#include "daemon/session-bus.h"
#include "daemon/session.h"
#include "daemon/token-bus.h"

typedef struct ContactCall {
        Call call;
        ContactJob job;
        StoreRun run;
} ContactCall;

static void contact_call_destroy(Call *c) {
        contact_job_done(&((ContactCall *) c)->job);
}

static int run_job(Txn *t, void *userdata) {
        ContactCall *k = userdata;

        k->job.now = clock_now();
        return k->run(t, &k->job);
}

static int set_error(ContactCall *k, int result, sd_bus_error *error) {
        if (result == CONTACT_SAME)
                return bus_error_set(error, ERROR_EXISTS, "The account has this one already.");
        if (result == CONTACT_NEEDS_CODE)
                return bus_error_set(error, ERROR_CODE_REQUIRED, "The account has a token: give a one-time code of it (otp).");
        if (result == CONTACT_NEEDS_SENT)
                return bus_error_set(error, ERROR_SENT_CODE_REQUIRED, "The code that was sent to the new one is needed, and where there is an old one, that which was sent there.");
        if (result == CONTACT_NOT_POSSIBLE)
                return bus_error_set(error, ERROR_NOT_POSSIBLE, "An operator has reset the tokens of the account and it has no phone: nothing can vouch for "
                                     "one now. Ask for a new account.");
        if (k->job.otp_failed)
                return token_bus_error(error, result, k->job.not_before);
        return code_bus_error(error, k->job.settings, result, k->job.not_before);
}

/* From the gate through session and kind, the first arguments of both. */
static int begin(sd_bus_message *message, Manager *m, sd_bus_message_handler_t handler, ContactCall **ret, sd_bus_error *error) {
        _cleanup_call_ ContactCall *k = NULL;
        const char *session, *kind;
        Session *s;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, handler, m, error);
        if (r == 0)
                r = call_new(m, message, sizeof(ContactCall), contact_call_destroy, &k, error);
        if (r != 0)
                return r;
        r = sd_bus_message_read(message, "ss", &session, &kind);
        if (r < 0)
                return bus_error_set_argument(error, r);
        r = session_find(m, session, k->call.uid, &s);
        if (r < 0)
                return session_bus_error(error, r);
        strcpy(k->job.account, s->account);
        k->job.uid = k->call.uid;
        k->job.settings = &m->settings;
        r = contact_kind_from_string(kind);
        if (r < 0)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "What is changed is “email” or “phone”.");
        k->job.kind = (ContactKind) r;
        *ret = TAKE_PTR(k);
        return 0;
}

/* --- RequestChange -------------------------------------------------------------------------------------------------- */

static int then_requested(Call *c, int result, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        ContactCall *k = (ContactCall *) c;
        int r;

        if (result != CONTACT_DONE)
                return set_error(k, result, error);
        r = sd_bus_message_new_method_return(c->message, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (size_t i = 0; r >= 0 && i < k->job.n_sent; i++)
                r = code_bus_append_sent(reply, &k->job.sent[i]);
        if (r < 0)
                return r;
        r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

/* In the one form in which it is stored. */
static int read_value(sd_bus_message *message, ContactCall *k, sd_bus_error *error) {
        _cleanup_(person_done) Person p = { 0 };
        PersonTold told = { 0 };
        const char *value;
        int r;

        r = sd_bus_message_read(message, "s", &value);
        if (r < 0)
                return bus_error_set_argument(error, r);
        if (!*value)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "It can be changed, not taken away.");
        if (k->job.kind == CONTACT_EMAIL)
                told.email = value;
        else
                told.phone = value;
        r = account_read_told(&told, &p, error);
        if (r < 0)
                return r;
        k->job.value = k->job.kind == CONTACT_EMAIL ? TAKE_PTR(p.email) : TAKE_PTR(p.phone);
        return 0;
}

int account_method_request_change(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ ContactCall *k = NULL;
        int r;

        r = begin(message, userdata, account_method_request_change, &k, error);
        if (r != 0)
                return r;
        BusOption options[] = {
                { "otp", bus_option_secret, &k->job.otp },
        };

        r = read_value(message, k, error);
        if (r >= 0)
                r = bus_message_read_options(message, options, ELEMENTSOF(options), error);
        if (r < 0)
                return r;
        k->run = contact_request;
        return call_started(call_store(&k->call, run_job, then_requested, error), &k);
}

/* --- ConfirmChange -------------------------------------------------------------------------------------------------- */

static int then_confirmed(Call *c, int result, sd_bus_error *error) {
        return result != CONTACT_DONE ? set_error((ContactCall *) c, result, error) : sd_bus_reply_method_return(c->message, NULL);
}

int account_method_confirm_change(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ ContactCall *k = NULL;
        int r;

        r = begin(message, userdata, account_method_confirm_change, &k, error);
        if (r != 0)
                return r;
        BusOption options[] = {
                { "old", bus_option_secret, &k->job.old_code },
                { "new", bus_option_secret, &k->job.new_code },
        };

        r = bus_message_read_options(message, options, ELEMENTSOF(options), error);
        if (r < 0)
                return r;
        k->run = contact_confirm;
        return call_started(call_store(&k->call, run_job, then_confirmed, error), &k);
}
