/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.Sygnet1.Account: what the operator does about accounts that are there, and the vtable. Making, changing and deleting them is in
 * account-create-bus.c and account-edit-bus.c, the change of one's own password in account-password-bus.c. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "daemon/account-call.h"
#include "daemon/account-password-bus.h"
#include "daemon/clock.h"
#include "daemon/session.h"
#include "daemon/user-name.h"

/* --- Bind and Unbind ---------------------------------------------------------------------------------------------- */

static int run_bind(Txn *t, void *userdata) {
        AccountCall *k = userdata;
        int r;

        r = account_call_find(t, k);
        if (r < 0)
                return r;
        r = binding_insert(t, k->account.id, k->machine, k->uid, k->user_name, clock_now());
        return r < 0 ? r : account_call_note(t, k, "account-bind");
}

static int then_bound(Call *c, int result, sd_bus_error *error) {
        if (result == -EEXIST)
                return bus_error_set(error, ERROR_EXISTS, "The account is bound to this Unix user already.");
        if (result == -EDQUOT)
                return bus_error_set(error, ERROR_LIMIT, "The account is bound to %u Unix users already.", ACCOUNT_BINDINGS_MAX);
        return account_call_then_done(c, result, error);
}

static int then_named(Call *c, int result, sd_bus_error *error) {
        AccountCall *k = (AccountCall *) c;
        int r;

        if (result == -ETIMEDOUT)
                return bus_error_set(error, ERROR_TRY_LATER, "The name service does not answer. Try again when it does.");
        if (result < 0 || !k->user_name)
                return bus_error_set(error, ERROR_NOT_FOUND, "There is no Unix user %u on this machine.", k->uid);
        r = call_store(c, run_bind, then_bound, error);
        return r < 0 ? r : CALL_CONTINUES;
}

static void on_name(int result, const char *name, void *userdata) {
        AccountCall *k = userdata;

        if (result >= 0)
                k->user_name = strdup(name);
        k->call.then = then_named;
        call_resume(&k->call, result);
}

static int method_bind(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ AccountCall *k = NULL;
        int r;

        r = account_call_begin_login(message, userdata, method_bind, &k, error);
        if (r != 0)
                return r;
        r = sd_bus_message_read(message, "u", &k->uid);
        if (r < 0)
                return bus_error_set_argument(error, r);
        r = user_name_lookup(k->call.manager, k->uid, on_name, k);
        return r < 0 ? bus_error_set_errno(error, r) : call_started(r, &k);
}

static int run_unbind(Txn *t, void *userdata) {
        AccountCall *k = userdata;
        int r;

        r = account_call_find(t, k);
        if (r < 0)
                return r;
        r = binding_delete(t, k->account.id, k->machine, k->uid);
        return r < 0 ? r : account_call_note(t, k, "account-unbind");
}

static int then_unbound(Call *c, int result, sd_bus_error *error) {
        AccountCall *k = (AccountCall *) c;

        if (result >= 0)
                session_end_others(c->manager, k->account.id, NULL, k->uid);
        return account_call_then_done(c, result, error);
}

static int method_unbind(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ AccountCall *k = NULL;
        int r;

        r = account_call_begin_login(message, userdata, method_unbind, &k, error);
        if (r != 0)
                return r;
        r = sd_bus_message_read(message, "u", &k->uid);
        if (r < 0)
                return bus_error_set_argument(error, r);
        return call_started(call_store(&k->call, run_unbind, then_unbound, error), &k);
}

/* --- SetStatus ---------------------------------------------------------------------------------------------------- */

static int run_set_status(Txn *t, void *userdata) {
        AccountCall *k = userdata;
        int r;

        r = account_call_find(t, k);
        if (r < 0)
                return r;
        k->account.active = k->enable;
        r = account_update(t, &k->account);
        return r < 0 ? r : account_call_note(t, k, k->enable ? "account-enable" : "account-disable");
}

static int then_status_set(Call *c, int result, sd_bus_error *error) {
        AccountCall *k = (AccountCall *) c;

        if (result >= 0 && !k->enable)
                session_end_account(c->manager, k->account.id);
        return account_call_then_done(c, result, error);
}

static int method_set_status(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ AccountCall *k = NULL;
        const char *status;
        int r;

        r = account_call_begin_login(message, userdata, method_set_status, &k, error);
        if (r != 0)
                return r;
        r = sd_bus_message_read(message, "s", &status);
        if (r < 0)
                return bus_error_set_argument(error, r);
        k->enable = strcmp(status, "active") == 0;
        if (!k->enable && strcmp(status, "disabled") != 0)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "A status is “active” or “disabled”.");
        return call_started(call_store(&k->call, run_set_status, then_status_set, error), &k);
}

/* --- List --------------------------------------------------------------------------------------------------------- */

static int run_list(Txn *t, void *userdata) {
        AccountCall *k = userdata;

        return account_list(t, k->machine, &k->infos);
}

static int append_bindings(sd_bus_message *reply, const AccountInfo *i) {
        int r;

        r = sd_bus_message_open_container(reply, 'e', "sv");
        if (r >= 0)
                r = sd_bus_message_append(reply, "s", "bindings");
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'v', "a(us)");
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "(us)");
        for (size_t j = 0; r >= 0 && j < i->n_bindings; j++)
                r = sd_bus_message_append(reply, "(us)", i->bindings[j].uid, i->bindings[j].user_name);
        for (unsigned j = 0; r >= 0 && j < 3; j++)
                r = sd_bus_message_close_container(reply);
        return r;
}

static int append_account(sd_bus_message *reply, const AccountInfo *i) {
        const Account *a = &i->account;
        int r;

        r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r < 0)
                return r;
        r = sd_bus_message_append(reply, "{sv}{sv}{sv}{sv}{sv}{sv}{sv}{sv}{sv}{sv}{sv}{sv}",
                                  "login", "s", a->login,
                                  "id", "s", a->id,
                                  "name", "s", a->name,
                                  "given_name", "s", a->given_name,
                                  "surname", "s", a->surname,
                                  "email", "s", a->email,
                                  "phone", "s", a->phone,
                                  "language", "s", a->language,
                                  "status", "s", account_status(a),
                                  "change_password", "b", !a->deleted && a->password_changed == 0,
                                  "created", "x", a->created,
                                  "tokens", "u", i->tokens);
        if (r < 0)
                return r;
        r = append_bindings(reply, i);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int then_listed(Call *c, int result, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        AccountCall *k = (AccountCall *) c;
        int r;

        if (result < 0)
                return result;
        r = sd_bus_message_new_method_return(c->message, &reply);
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (size_t i = 0; r >= 0 && i < k->infos.n; i++)
                r = append_account(reply, &k->infos.accounts[i]);
        if (r < 0)
                return r;
        r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int method_list(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ AccountCall *k = NULL;
        int r;

        r = account_call_begin(message, userdata, method_list, &k, error);
        if (r != 0)
                return r;
        return call_started(call_store(&k->call, run_list, then_listed, error), &k);
}

#define ANYBODY SD_BUS_VTABLE_UNPRIVILEGED
#define SECRETS (SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE)

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("Create",
                                SD_BUS_ARGS("s", login, "s", name, "s", email, "s", phone, "v", password),
                                SD_BUS_RESULT("s", id), account_method_create, SECRETS),
        SD_BUS_METHOD_WITH_ARGS("CreateFor", SD_BUS_ARGS("s", login, "a{sv}", person, "a{sv}", options), SD_BUS_RESULT("s", id),
                                account_method_create_for, SECRETS),
        SD_BUS_METHOD_WITH_ARGS("Update", SD_BUS_ARGS("s", login, "a{sv}", person, "a{sv}", options), SD_BUS_NO_RESULT,
                                account_method_update, ANYBODY),
        SD_BUS_METHOD_WITH_ARGS("Delete", SD_BUS_ARGS("s", login), SD_BUS_NO_RESULT, account_method_delete, ANYBODY),
        SD_BUS_METHOD_WITH_ARGS("Activate", SD_BUS_ARGS("s", login, "v", code, "v", new_password), SD_BUS_NO_RESULT,
                                account_method_activate, SECRETS),
        SD_BUS_METHOD_WITH_ARGS("RequestReset", SD_BUS_ARGS("s", login), SD_BUS_NO_RESULT, account_method_request_reset, ANYBODY),
        SD_BUS_METHOD_WITH_ARGS("RequestResetSms", SD_BUS_ARGS("s", login, "v", code), SD_BUS_RESULT("a{sv}", sent),
                                account_method_request_reset_sms, SECRETS),
        SD_BUS_METHOD_WITH_ARGS("Reset", SD_BUS_ARGS("s", login, "a{sv}", codes, "v", new_password), SD_BUS_NO_RESULT,
                                account_method_reset, SECRETS),
        SD_BUS_METHOD_WITH_ARGS("Register", SD_BUS_ARGS("s", invitation, "v", code, "s", login, "a{sv}", person, "v", password),
                                SD_BUS_RESULT("s", id), account_method_register, SECRETS),
        SD_BUS_METHOD_WITH_ARGS("RequestChange", SD_BUS_ARGS("s", session, "s", kind, "s", value, "a{sv}", options), SD_BUS_RESULT("aa{sv}", sent),
                                account_method_request_change, SECRETS),
        SD_BUS_METHOD_WITH_ARGS("ConfirmChange", SD_BUS_ARGS("s", session, "s", kind, "a{sv}", codes), SD_BUS_NO_RESULT,
                                account_method_confirm_change, SECRETS),
        SD_BUS_METHOD_WITH_ARGS("Bind", SD_BUS_ARGS("s", login, "u", uid), SD_BUS_NO_RESULT, method_bind, ANYBODY),
        SD_BUS_METHOD_WITH_ARGS("Unbind", SD_BUS_ARGS("s", login, "u", uid), SD_BUS_NO_RESULT, method_unbind, ANYBODY),
        SD_BUS_METHOD_WITH_ARGS("List", SD_BUS_NO_ARGS, SD_BUS_RESULT("aa{sv}", accounts), method_list, ANYBODY),
        SD_BUS_METHOD_WITH_ARGS("SetStatus", SD_BUS_ARGS("s", login, "s", status), SD_BUS_NO_RESULT, method_set_status, ANYBODY),
        SD_BUS_METHOD_WITH_ARGS("ChangePassword",
                                SD_BUS_ARGS("s", session, "v", old_password, "v", new_password),
                                SD_BUS_NO_RESULT, account_method_change_password, SECRETS),
        SD_BUS_VTABLE_END,
};

int account_bus_register(Manager *m) {
        return sd_bus_add_object_vtable(m->bus, NULL, SYGNET_OBJECT_PATH, SYGNET_INTERFACE_ACCOUNT, vtable, m);
}
