/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Calls about accounts; see account-call.h. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "daemon/account-call.h"
#include "daemon/audit.h"
#include "daemon/clock.h"

static void account_call_destroy(Call *c) {
        AccountCall *k = (AccountCall *) c;

        account_done(&k->account);
        person_done(&k->person);
        account_infos_done(&k->infos);
        free(k->user_name);
        secret_free(k->password);
        bytes_done(&k->record);
}

int account_call_begin(sd_bus_message *message, Manager *m, sd_bus_message_handler_t handler, AccountCall **ret, sd_bus_error *error) {
        AccountCall *k;
        int r;

        r = gate_pass(m->gate, message, ACTION_MANAGE_ACCOUNTS, handler, m, error);
        if (r == 0)
                r = call_new(m, message, sizeof(AccountCall), account_call_destroy, &k, error);
        if (r != 0)
                return r;
        k->settings = &m->settings;
        memcpy(k->machine, m->machine_id, sizeof(k->machine));
        *ret = k;
        return 0;
}

int account_call_begin_login(sd_bus_message *message, Manager *m, sd_bus_message_handler_t handler, AccountCall **ret, sd_bus_error *error) {
        _cleanup_call_ AccountCall *k = NULL;
        const char *login;
        int r;

        r = account_call_begin(message, m, handler, &k, error);
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

int account_read_new_login(sd_bus_message *message, char **ret, sd_bus_error *error) {
        const char *login;
        int r;

        r = sd_bus_message_read(message, "s", &login);
        if (r < 0)
                return bus_error_set_argument(error, r);
        if (!account_login_is_valid(login))
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "A login is 1 to 64 characters of a-z 0-9 . _ @ + -");
        *ret = strdup(login);
        return *ret ? 0 : bus_error_set_errno(error, -ENOMEM);
}

int account_read_told(const PersonTold *told, Person *ret, sd_bus_error *error) {
        const char *problem = NULL;
        int r;

        r = person_new(told, ret, &problem);
        if (problem)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "%s", problem);
        return r < 0 ? bus_error_set_errno(error, r) : 0;
}

int account_read_person(sd_bus_message *message, Person *ret, sd_bus_error *error) {
        PersonTold told = { 0 };
        BusOption options[] = {
                { "name", bus_option_string, &told.name },
                { "given_name", bus_option_string, &told.given_name },
                { "surname", bus_option_string, &told.surname },
                { "email", bus_option_string, &told.email },
                { "phone", bus_option_string, &told.phone },
                { "language", bus_option_string, &told.language },
        };
        int r;

        r = bus_message_read_options(message, options, ELEMENTSOF(options), error);
        return r < 0 ? r : account_read_told(&told, ret, error);
}

int account_call_find(Txn *t, AccountCall *k) {
        Account a;
        int r;

        r = account_find(t, k->account.login, &a);
        if (r < 0)
                return r;
        account_done(&k->account);
        k->account = a;
        return 0;
}

int account_call_note(Txn *t, const AccountCall *k, const char *event) {
        _cleanup_bytes_ Bytes payload = BYTES_NULL;
        int r;

        r = bytes_printf(&payload, "{\"login\":\"%s\"}", k->account.login);
        if (r < 0)
                return r;
        const AuditEntry e = { .event = event, .uid = k->call.uid, .payload = bytes_view(&payload), .now = clock_now() };

        return audit_append(t, &e);
}

int account_call_then_done(Call *c, int result, sd_bus_error *error) {
        if (result == -ENOENT)
                return bus_error_set(error, ERROR_NOT_FOUND, "There is no account of this login, or it is not bound to this user.");
        return result < 0 ? result : sd_bus_reply_method_return(c->message, NULL);
}
