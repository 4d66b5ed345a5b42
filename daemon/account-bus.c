/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.Sygnet1.Account: what the operator does about accounts. The change of one's own password is in account-password-bus.c. */

#include <errno.h>
#include <string.h>

#include "base/utf8.h"
#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "crypto/kdf.h"
#include "daemon/account-password-bus.h"
#include "daemon/account.h"
#include "daemon/audit.h"
#include "daemon/call.h"
#include "daemon/clock.h"
#include "daemon/session.h"
#include "daemon/user-name.h"

/* What the methods of this interface have in common; each uses what it needs. */
typedef struct AccountCall {
        Call call;
        Account account;       /* login as given; the rest as made or found */
        char machine[33];
        uid_t uid;             /* that is bound */
        char *user_name;
        bool enable;
        Secret *password;
        Bytes record;          /* password_hash() of it */
        AccountInfos infos;
} AccountCall;

static void account_call_destroy(Call *c) {
        AccountCall *k = (AccountCall *) c;

        account_done(&k->account);
        account_infos_done(&k->infos);
        free(k->user_name);
        secret_free(k->password);
        bytes_done(&k->record);
}

/* What every method here begins with. 1: parked; `handler` is called again. */
static int begin(sd_bus_message *message, Manager *m, sd_bus_message_handler_t handler, AccountCall **ret, sd_bus_error *error) {
        AccountCall *k;
        int r;

        r = gate_pass(m->gate, message, ACTION_MANAGE_ACCOUNTS, handler, m, error);
        if (r == 0)
                r = call_new(m, message, sizeof(AccountCall), account_call_destroy, &k, error);
        if (r != 0)
                return r;
        memcpy(k->machine, m->machine_id, sizeof(k->machine));
        *ret = k;
        return 0;
}

/* The same for a method whose first argument is the login of an account that should exist. */
static int begin_with_login(sd_bus_message *message, Manager *m, sd_bus_message_handler_t handler, AccountCall **ret, sd_bus_error *error) {
        _cleanup_call_ AccountCall *k = NULL;
        const char *login;
        int r;

        r = begin(message, m, handler, &k, error);
        if (r != 0)
                return r;
        r = sd_bus_message_read(message, "s", &login);
        if (r < 0)
                return bus_error_set_argument(error, r);
        if (!account_login_is_valid(login))
                return bus_error_set(error, ERROR_NOT_FOUND, "There is no account of this login.");
        k->account.login = strdup(login);
        if (!k->account.login)
                return bus_error_set_errno(error, -ENOMEM);
        *ret = TAKE_PTR(k);
        return 0;
}

/* Finds the account of k->account.login anew and puts it in its place. */
static int find(Txn *t, AccountCall *k) {
        Account a;
        int r;

        r = account_find(t, k->account.login, &a);
        if (r < 0)
                return r;
        account_done(&k->account);
        k->account = a;
        return 0;
}

/* What an operator did is nobody's own history: the account stands in the payload. */
static int note_operator(Txn *t, AccountCall *k, const char *event) {
        _cleanup_bytes_ Bytes payload = BYTES_NULL;
        int r;

        r = bytes_printf(&payload, "{\"login\":\"%s\"}", k->account.login);
        if (r < 0)
                return r;
        const AuditEntry e = { .event = event, .uid = k->call.uid, .payload = bytes_view(&payload), .now = clock_now() };

        return audit_append(t, &e);
}

static int then_done(Call *c, int result, sd_bus_error *error) {
        if (result == -ENOENT)
                return bus_error_set(error, ERROR_NOT_FOUND, "There is no account of this login, or it is not bound to this user.");
        return result < 0 ? result : sd_bus_reply_method_return(c->message, NULL);
}

/* --- Create ------------------------------------------------------------------------------------------------------- */

static int run_hash(void *userdata) {
        AccountCall *k = userdata;

        return password_hash(secret_view(k->password), &k->record);
}

static int run_create(Txn *t, void *userdata) {
        AccountCall *k = userdata;
        int r;

        k->account.password = bytes_take(&k->record);
        k->account.created = clock_now();
        k->account.active = true;
        k->account.password_changed = k->account.created;
        r = account_insert(t, &k->account);
        return r < 0 ? r : note_operator(t, k, "account-create");
}

static int then_created(Call *c, int result, sd_bus_error *error) {
        if (result == -EEXIST)
                return bus_error_set(error, ERROR_EXISTS, "There is an account of this login already.");
        return result < 0 ? result : sd_bus_reply_method_return(c->message, "s", ((AccountCall *) c)->account.id);
}

static int then_hashed(Call *c, int result, sd_bus_error *error) {
        int r;

        if (result < 0)
                return result;
        r = call_store(c, run_create, then_created, error);
        return r < 0 ? r : CALL_CONTINUES;
}

static bool text_is_valid(const char *s) {
        return strlen(s) <= ACCOUNT_TEXT_MAX && utf8_is_printable(s);
}

static int read_create(sd_bus_message *message, AccountCall *k, sd_bus_error *error) {
        const char *login, *name, *email, *phone;
        int r;

        r = sd_bus_message_read(message, "ssss", &login, &name, &email, &phone);
        if (r < 0)
                return bus_error_set_argument(error, r);
        if (!account_login_is_valid(login))
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "A login is 1 to 64 characters of a-z 0-9 . _ @ + -");
        if (!text_is_valid(name) || !*name || !text_is_valid(email) || !text_is_valid(phone))
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "Name, e-mail and phone are at most %u bytes of printable text, the name not empty.",
                                     ACCOUNT_TEXT_MAX);
        k->account.login = strdup(login);
        k->account.name = strdup(name);
        k->account.email = strdup(email);
        k->account.phone = strdup(phone);
        if (!k->account.login || !k->account.name || !k->account.email || !k->account.phone)
                return bus_error_set_errno(error, -ENOMEM);
        r = bus_message_read_secret(message, &k->password);
        return r < 0 ? bus_error_set_argument(error, r) : account_password_check(k->call.manager, k->password, error);
}

static int method_create(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ AccountCall *k = NULL;
        int r;

        r = begin(message, userdata, method_create, &k, error);
        if (r != 0)
                return r;
        r = read_create(message, k, error);
        if (r < 0)
                return r;
        return call_started(call_work_heavy(&k->call, run_hash, then_hashed, error), &k);
}

/* --- Bind and Unbind ---------------------------------------------------------------------------------------------- */

static int run_bind(Txn *t, void *userdata) {
        AccountCall *k = userdata;
        int r;

        r = find(t, k);
        if (r < 0)
                return r;
        r = binding_insert(t, k->account.id, k->machine, k->uid, k->user_name, clock_now());
        return r < 0 ? r : note_operator(t, k, "account-bind");
}

static int then_bound(Call *c, int result, sd_bus_error *error) {
        if (result == -EEXIST)
                return bus_error_set(error, ERROR_EXISTS, "The account is bound to this Unix user already.");
        if (result == -EDQUOT)
                return bus_error_set(error, ERROR_LIMIT, "The account is bound to %u Unix users already.", ACCOUNT_BINDINGS_MAX);
        return then_done(c, result, error);
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

        r = begin_with_login(message, userdata, method_bind, &k, error);
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

        r = find(t, k);
        if (r < 0)
                return r;
        r = binding_delete(t, k->account.id, k->machine, k->uid);
        return r < 0 ? r : note_operator(t, k, "account-unbind");
}

static int then_unbound(Call *c, int result, sd_bus_error *error) {
        AccountCall *k = (AccountCall *) c;

        if (result >= 0)
                session_end_others(c->manager, k->account.id, NULL, k->uid);
        return then_done(c, result, error);
}

static int method_unbind(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ AccountCall *k = NULL;
        int r;

        r = begin_with_login(message, userdata, method_unbind, &k, error);
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

        r = find(t, k);
        if (r < 0)
                return r;
        k->account.active = k->enable;
        r = account_update(t, &k->account);
        return r < 0 ? r : note_operator(t, k, k->enable ? "account-enable" : "account-disable");
}

static int then_status_set(Call *c, int result, sd_bus_error *error) {
        AccountCall *k = (AccountCall *) c;

        if (result >= 0 && !k->enable)
                session_end_account(c->manager, k->account.id);
        return then_done(c, result, error);
}

static int method_set_status(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ AccountCall *k = NULL;
        const char *status;
        int r;

        r = begin_with_login(message, userdata, method_set_status, &k, error);
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
        r = sd_bus_message_append(reply, "{sv}{sv}{sv}{sv}{sv}{sv}{sv}{sv}",
                                  "login", "s", a->login,
                                  "id", "s", a->id,
                                  "name", "s", a->name,
                                  "email", "s", a->email,
                                  "phone", "s", a->phone,
                                  "status", "s", account_status(a),
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

        r = begin(message, userdata, method_list, &k, error);
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
                                SD_BUS_RESULT("s", id), method_create, SECRETS),
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
