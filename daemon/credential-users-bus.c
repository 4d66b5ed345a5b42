/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.Sygnet1.Credential: the methods on a seal's users. The vtable is in credential-bus.c. */

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "daemon/credential-call.h"
#include "daemon/operation.h"
#include "daemon/outcome-bus.h"

static int run_list_users(Txn *t, void *userdata) {
        return credential_job_list_users(t, &((CredentialCall *) userdata)->job);
}

static int append_user(sd_bus_message *reply, const GrantUser *u) {
        int r;

        r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = bus_append_string(reply, "login", u->login);
        if (r >= 0)
                r = bus_append_string(reply, "name", u->name);
        if (r >= 0)
                r = bus_append_string(reply, "email", u->email);
        if (r >= 0)
                r = bus_append_string(reply, "phone", u->phone);
        if (r >= 0)
                r = bus_append_string(reply, "role", role_to_string(u->role));
        if (r >= 0)
                r = bus_append_string(reply, "status", u->status);
        if (r >= 0)
                r = bus_append_i64(reply, "granted", u->granted);
        if (r >= 0 && u->removed >= 0)
                r = bus_append_i64(reply, "removed", u->removed);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int then_users(Call *call, int result, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        CredentialCall *c = (CredentialCall *) call;
        int r;

        if (result != 0)
                return outcome_set_error(error, result, c->job.until);
        r = sd_bus_message_new_method_return(call->message, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (size_t i = 0; r >= 0 && i < c->job.users.n; i++)
                r = append_user(reply, &c->job.users.users[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

int credential_method_list_users(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_credential_call_ CredentialCall *c = NULL;
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, credential_method_list_users, userdata, error);
        if (r != 0)
                return r;
        r = credential_call_new(m, message, &c, error);
        if (r >= 0)
                r = credential_call_read_id(c, error);
        if (r < 0)
                return r;
        r = credential_call_factors(c, FACTORS_SESSION, credential_method_list_users, error);
        return r != 0 ? r : credential_call_started(call_store(&c->call, run_list_users, then_users, error), &c);
}

/* --- Powers ------------------------------------------------------------------------------------------------------- */

/* AddUser and RemoveUser have the same arguments. */
static int change_user(sd_bus_message *message, Manager *m, sd_bus_message_handler_t handler, StoreRun run, CallThen then, sd_bus_error *error) {
        _cleanup_credential_call_ CredentialCall *c = NULL;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, handler, m, error);
        if (r != 0)
                return r;
        r = credential_call_new(m, message, &c, error);
        if (r >= 0)
                r = credential_call_read_id(c, error);
        if (r < 0)
                return r;
        r = sd_bus_message_read(message, "s", &c->job.login);
        if (r < 0)
                return bus_error_set_argument(error, r);
        r = credential_call_factors(c, FACTORS_CODE, handler, error);
        return r != 0 ? r : credential_call_started(call_store(&c->call, run, then, error), &c);
}

static int run_add_user(Txn *t, void *userdata) {
        return credential_job_add_user(t, &((CredentialCall *) userdata)->job);
}

int credential_method_add_user(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        return change_user(message, userdata, credential_method_add_user, run_add_user, credential_call_then_done, error);
}

static int run_remove_user(Txn *t, void *userdata) {
        return credential_job_remove_user(t, &((CredentialCall *) userdata)->job);
}

/* At once: what is under way looks the grant up again before a signature leaves; what waits ends here. */
static int then_removed(Call *call, int result, sd_bus_error *error) {
        CredentialCall *c = (CredentialCall *) call;

        if (result == 0)
                operation_end_credential(call->manager, c->job.id, c->job.other_account);
        return credential_call_then_done(call, result, error);
}

int credential_method_remove_user(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        return change_user(message, userdata, credential_method_remove_user, run_remove_user, then_removed, error);
}

static int run_break_lease(Txn *t, void *userdata) {
        return credential_job_break_lease(t, &((CredentialCall *) userdata)->job);
}

int credential_method_break_lease(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_credential_call_ CredentialCall *c = NULL;
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, credential_method_break_lease, userdata, error);
        if (r != 0)
                return r;
        r = credential_call_new(m, message, &c, error);
        if (r >= 0)
                r = credential_call_read_id(c, error);
        if (r < 0)
                return r;
        r = credential_call_factors(c, FACTORS_CODE, credential_method_break_lease, error);
        return r != 0 ? r : credential_call_started(call_store(&c->call, run_break_lease, credential_call_then_done, error), &c);
}
