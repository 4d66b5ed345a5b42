/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.Sygnet1.Account: the operator corrects what an account says, and deletes accounts. An operator sees the codes of a machine without
 * mail and phone; so where codes go is not his to change once the account may use a seal. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "daemon/account-call.h"
#include "daemon/account-contact.h"
#include "daemon/account-end.h"
#include "daemon/clock.h"
#include "daemon/grant.h"
#include "daemon/session.h"

enum {
        EDIT_DONE = 0,
        EDIT_HOLDS_GRANT,
};

/* --- Update ------------------------------------------------------------------------------------------------------- */

static bool moves(const char *told, const char *now) {
        return told && strcmp(told, now) != 0;
}

static int run_update(Txn *t, void *userdata) {
        AccountCall *k = userdata;
        int r;

        r = account_call_find(t, k);
        if (r < 0)
                return r;
        if (moves(k->person.email, k->account.email) || moves(k->person.phone, k->account.phone)) {
                r = grant_held(t, k->account.id);
                if (r != 0)
                        return r < 0 ? r : EDIT_HOLDS_GRANT;
                /* Codes that went to the old place serve for nothing any more. */
                r = code_void_subject(t, k->account.id, clock_now());
                if (r >= 0)
                        r = contact_forget(t, k->account.id);
                if (r < 0)
                        return r;
        }
        r = person_apply(&k->person, &k->account);
        if (r < 0)
                return r;
        if (k->change_password)
                k->account.password_changed = 0;
        r = account_update(t, &k->account);
        return r < 0 ? r : account_call_note(t, k, "account-update");
}

static int then_updated(Call *c, int result, sd_bus_error *error) {
        AccountCall *k = (AccountCall *) c;

        if (result == EDIT_HOLDS_GRANT)
                return bus_error_set(error, ERROR_NOT_POSSIBLE, "The account may use a seal: only its owner changes the e-mail or phone that codes go to "
                                     "(sygnet account email, sygnet account phone). Or take the seals from it first.");
        if (result >= 0 && k->change_password)
                session_end_account(c->manager, k->account.id);
        return account_call_then_done(c, result, error);
}

static int read_options(sd_bus_message *message, AccountCall *k, sd_bus_error *error) {
        BusOption options[] = {
                { "change_password", bus_option_bool, &k->change_password },
        };

        return bus_message_read_options(message, options, ELEMENTSOF(options), error);
}

int account_method_update(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ AccountCall *k = NULL;
        int r;

        r = account_call_begin_login(message, userdata, account_method_update, &k, error);
        if (r != 0)
                return r;
        r = account_read_person(message, &k->person, error);
        if (r >= 0)
                r = read_options(message, k, error);
        return r < 0 ? r : call_started(call_store(&k->call, run_update, then_updated, error), &k);
}

/* --- Delete ------------------------------------------------------------------------------------------------------- */

static int run_delete(Txn *t, void *userdata) {
        AccountCall *k = userdata;
        int r;

        r = account_call_find(t, k);
        if (r < 0)
                return r;
        r = account_end(t, &k->account, k->call.uid, clock_now());
        if (r == -EPERM)
                return EDIT_HOLDS_GRANT;
        return r < 0 ? r : account_call_note(t, k, "account-delete");
}

static int then_deleted(Call *c, int result, sd_bus_error *error) {
        AccountCall *k = (AccountCall *) c;

        if (result == EDIT_HOLDS_GRANT)
                return bus_error_set(error, ERROR_NOT_POSSIBLE, "The account is the Administrator of a seal, for good. Retire the seal first "
                                     "(sygnet seal retire) and make a new one with another Administrator.");
        if (result >= 0)
                session_end_account(c->manager, k->account.id);
        return account_call_then_done(c, result, error);
}

int account_method_delete(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ AccountCall *k = NULL;
        int r;

        r = account_call_begin_login(message, userdata, account_method_delete, &k, error);
        if (r != 0)
                return r;
        return call_started(call_store(&k->call, run_delete, then_deleted, error), &k);
}
