/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.Sygnet1.Account: the operator makes accounts. */

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
        k->account.password_changed = k->change_password || k->account.password.len == 0 ? 0 : k->account.created;
        r = account_insert(t, &k->account);
        if (r >= 0 && k->account.password.len == 0)
                r = recover_send_activation(t, &k->account, -1, k->pin_activation, k->settings, k->account.created, &k->sent, &k->not_before);
        return r < 0 ? r : account_call_note(t, k, "account-create");
}

static int then_created(Call *c, int result, sd_bus_error *error) {
        AccountCall *k = (AccountCall *) c;

        if (result == -EEXIST)
                return bus_error_set(error, ERROR_EXISTS, "There is an account of this login already, or there was one.");
        if (result == -EDESTADDRREQ)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "Without a password an account needs an e-mail address, to which one is sent.");
        if (result < 0 && k->account.password.len == 0)
                return code_bus_error(error, k->settings, result, k->not_before);
        return result < 0 ? result : sd_bus_reply_method_return(c->message, "s", k->account.id);
}

static int then_hashed(Call *c, int result, sd_bus_error *error) {
        int r;

        if (result < 0)
                return result;
        r = call_store(c, run_create, then_created, error);
        return r < 0 ? r : CALL_CONTINUES;
}

/* What is told makes the account, which needs a name. */
static int take_person(AccountCall *k, sd_bus_error *error) {
        int r;

        r = person_apply(&k->person, &k->account);
        if (r < 0)
                return bus_error_set_errno(error, r);
        if (!k->account.name)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "An account needs a name: given_name and surname, or name.");
        if (!k->account.email)
                k->account.email = strdup("");
        if (!k->account.phone)
                k->account.phone = strdup("");
        return k->account.email && k->account.phone ? 0 : bus_error_set_errno(error, -ENOMEM);
}

static int start_create(AccountCall **k, sd_bus_error *error) {
        int r;

        r = take_person(*k, error);
        if (r < 0)
                return r;
        if (!(*k)->password)
                return call_started(call_store(&(*k)->call, run_create, then_created, error), k);
        r = account_password_check((*k)->call.manager, (*k)->password, error);
        return r < 0 ? r : call_started(call_work_heavy(&(*k)->call, run_hash, then_hashed, error), k);
}

int account_method_create(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ AccountCall *k = NULL;
        PersonTold told = { 0 };
        int r;

        r = account_call_begin(message, userdata, account_method_create, &k, error);
        if (r != 0)
                return r;
        r = account_read_new_login(message, &k->account.login, error);
        if (r < 0)
                return r;
        r = sd_bus_message_read(message, "sss", &told.name, &told.email, &told.phone);
        if (r < 0)
                return bus_error_set_argument(error, r);
        r = account_read_told(&told, &k->person, error);
        if (r < 0)
                return r;
        r = bus_message_read_secret(message, &k->password);
        return r < 0 ? bus_error_set_argument(error, r) : start_create(&k, error);
}

static int read_options(sd_bus_message *message, AccountCall *k, sd_bus_error *error) {
        BusOption options[] = {
                { "password", bus_option_secret, &k->password },
                { "change_password", bus_option_bool, &k->change_password },
                { "pin_activation", bus_option_bool, &k->pin_activation },
        };
        int r;

        r = bus_message_read_options(message, options, ELEMENTSOF(options), error);
        if (r < 0)
                return r;
        if (k->pin_activation && k->password)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "“pin_activation” goes with a temporary password by mail, not with one that is given.");
        return 0;
}

int account_method_create_for(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ AccountCall *k = NULL;
        int r;

        r = account_call_begin(message, userdata, account_method_create_for, &k, error);
        if (r != 0)
                return r;
        r = account_read_new_login(message, &k->account.login, error);
        if (r >= 0)
                r = account_read_person(message, &k->person, error);
        if (r >= 0)
                r = read_options(message, k, error);
        return r < 0 ? r : start_create(&k, error);
}
