/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.Sygnet1.Account: registration by invitation; see account-register.h. Argon2 runs before anything is looked up. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "crypto/kdf.h"
#include "daemon/account-call.h"
#include "daemon/account-password-bus.h"
#include "daemon/account-register.h"
#include "daemon/clock.h"
#include "daemon/code-bus.h"

typedef struct RegisterCall {
        Call call;
        RegisterJob job;
        Secret *password;
} RegisterCall;

static void register_call_destroy(Call *c) {
        RegisterCall *k = (RegisterCall *) c;

        account_done(&k->job.account);
        secret_free(k->job.code);
        secret_free(k->password);
}

static int run_hash(void *userdata) {
        RegisterCall *k = userdata;

        return password_hash(secret_view(k->password), &k->job.account.password);
}

static int run_register(Txn *t, void *userdata) {
        RegisterCall *k = userdata;

        k->job.now = clock_now();
        return account_register(t, &k->job);
}

static int then_registered(Call *c, int result, sd_bus_error *error) {
        RegisterCall *k = (RegisterCall *) c;
        char until[32];

        if (result == -EAGAIN)
                return bus_error_set(error, ERROR_TRY_LATER, "Too many attempts. Try again after %s.", bus_error_time(k->job.not_before, until));
        if (result == REGISTER_REFUSED)
                return bus_error_set(error, ERROR_CODE_VOID, "No account was made: there is no such invitation, or its code is wrong, used, too old, or was "
                                     "tried too often. Have yourself invited again.");
        if (result == REGISTER_TAKEN)
                return bus_error_set(error, ERROR_EXISTS, "This login is taken. Choose another.");
        if (result < 0)
                return code_bus_error(error, k->job.settings, result, k->job.not_before);
        return sd_bus_reply_method_return(c->message, "s", k->job.account.id);
}

static int then_hashed(Call *c, int result, sd_bus_error *error) {
        int r;

        if (result < 0)
                return result;
        r = call_store(c, run_register, then_registered, error);
        return r < 0 ? r : CALL_CONTINUES;
}

/* The address is the one that was invited. */
static int read_person(sd_bus_message *message, RegisterCall *k, sd_bus_error *error) {
        _cleanup_(person_done) Person p = { 0 };
        int r;

        r = account_read_person(message, &p, error);
        if (r < 0)
                return r;
        if (p.email)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "The e-mail address is the one that was invited; it is not given.");
        r = person_apply(&p, &k->job.account);
        if (r < 0)
                return bus_error_set_errno(error, r);
        if (!k->job.account.name)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "An account needs a name: given_name and surname, or name.");
        if (!k->job.account.phone)
                k->job.account.phone = strdup("");
        return k->job.account.phone ? 0 : bus_error_set_errno(error, -ENOMEM);
}

static int read_register(sd_bus_message *message, RegisterCall *k, sd_bus_error *error) {
        const char *invitation;
        int r;

        r = sd_bus_message_read(message, "s", &invitation);
        if (r < 0)
                return bus_error_set_argument(error, r);
        if (id_is_valid(ID_RECORD, invitation))
                strcpy(k->job.invitation, invitation);
        r = throttle_subject_recover(invitation, k->call.uid, k->job.subject);
        if (r < 0)
                return bus_error_set_errno(error, r);
        r = bus_message_read_secret(message, &k->job.code);
        if (r < 0)
                return bus_error_set_argument(error, r);
        r = account_read_new_login(message, &k->job.account.login, error);
        if (r >= 0)
                r = read_person(message, k, error);
        if (r < 0)
                return r;
        r = bus_message_read_secret(message, &k->password);
        return r < 0 ? bus_error_set_argument(error, r) : account_password_check(k->call.manager, k->password, error);
}

int account_method_register(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ RegisterCall *k = NULL;
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, account_method_register, userdata, error);
        if (r == 0)
                r = call_new(m, message, sizeof(RegisterCall), register_call_destroy, &k, error);
        if (r != 0)
                return r;
        k->job.uid = k->call.uid;
        k->job.settings = &m->settings;
        throttle_subject_user_recover(k->call.uid, k->job.user_subject);
        r = read_register(message, k, error);
        return r < 0 ? r : call_started(call_work_heavy(&k->call, run_hash, then_hashed, error), &k);
}
