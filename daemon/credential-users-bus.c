/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.Sygnet1.Credential: the methods on a seal's users. The vtable is in credential-bus.c. */

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "daemon/code-bus.h"
#include "daemon/credential-call.h"
#include "daemon/operation.h"
#include "daemon/outcome-bus.h"
#include "daemon/outcome.h"

static int append_user(sd_bus_message *reply, const CredentialCall *c, size_t i) {
        const SealUser *u = &c->job.users.users[i];
        const struct {
                const char *key, *value;
        } strings[] = {
                { "invitation", u->invitation },
                { "login", u->login },
                { "name", u->name },
                { "given_name", u->given_name },
                { "surname", u->surname },
                { "email", u->email },
                { "phone", u->phone },
                { "role", role_to_string(u->role) },
                { "status", u->status },
        };
        const struct {
                const char *key;
                int64_t value;
        } times[] = { { "invited", u->invited }, { "granted", u->granted }, { "removed", u->removed } };
        int r;

        r = sd_bus_message_open_container(reply, 'a', "{sv}");
        for (size_t k = 0; r >= 0 && k < ELEMENTSOF(strings); k++)
                r = bus_append_string(reply, strings[k].key, strings[k].value);
        for (size_t k = 0; r >= 0 && k < ELEMENTSOF(times); k++)
                if (times[k].value >= 0)
                        r = bus_append_i64(reply, times[k].key, times[k].value);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int then_users(Call *call, int result, sd_bus_error *error) {
        CredentialCall *c = (CredentialCall *) call;

        if (result != 0)
                return outcome_set_error(error, result, c->job.until);
        return credential_call_reply_array(call, "a{sv}", c->job.users.n, append_user);
}

int credential_method_list_users(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        static const CredentialMethod method = { credential_method_list_users, NULL, FACTORS_SESSION, credential_job_list_users, then_users };

        return credential_call_begin(message, userdata, &method, error);
}

/* --- Powers ------------------------------------------------------------------------------------------------------- */

static int read_login(CredentialCall *c, sd_bus_error *error) {
        int r = sd_bus_message_read(c->call.message, "s", &c->job.login);

        return r < 0 ? bus_error_set_argument(error, r) : 0;
}

int credential_method_add_user(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        static const CredentialMethod method = {
                credential_method_add_user, read_login, FACTORS_CODE, credential_job_add_user, credential_call_then_done
        };

        return credential_call_begin(message, userdata, &method, error);
}

static int read_invited(CredentialCall *c, sd_bus_error *error) {
        const char *email, *phone;
        int r;

        r = sd_bus_message_read(c->call.message, "ss", &email, &phone);
        if (r < 0)
                return bus_error_set_argument(error, r);
        if (email_normalize(email, c->job.email) < 0)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "This is no e-mail address that anything could be sent to.");
        if (phone_normalize(phone, c->job.phone) < 0)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "A phone number begins with its country, as in +48 600 100 200.");
        return 0;
}

static int then_invited(Call *call, int result, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        CredentialCall *c = (CredentialCall *) call;
        int r;

        if (result == OUTCOME_EXISTS)
                return bus_error_set(error, ERROR_EXISTS, "This address was invited already, or its owner may use the seal. To correct a mistake, remove the user "
                                     "and invite again.");
        if (result != 0)
                return result > 0 ? outcome_set_error(error, result, c->job.until) : code_bus_error(error, c->job.settings, result, c->job.until);
        r = sd_bus_message_new_method_return(call->message, &reply);
        if (r >= 0)
                r = sd_bus_message_append(reply, "s", c->job.invitation);
        if (r >= 0)
                r = code_bus_append_sent(reply, &c->job.sent);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

int credential_method_invite_user(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        static const CredentialMethod method = {
                credential_method_invite_user, read_invited, FACTORS_CODE, credential_job_invite_user, then_invited
        };

        return credential_call_begin(message, userdata, &method, error);
}

/* At once: what is under way looks the grant up again before a signature leaves; what waits ends here. */
static int then_removed(Call *call, int result, sd_bus_error *error) {
        CredentialCall *c = (CredentialCall *) call;

        if (result == 0)
                operation_end_credential(call->manager, c->job.id, c->job.other_account);
        return credential_call_then_done(call, result, error);
}

int credential_method_remove_user(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        static const CredentialMethod method = {
                credential_method_remove_user, read_login, FACTORS_CODE, credential_job_remove_user, then_removed
        };

        return credential_call_begin(message, userdata, &method, error);
}

/* A signature that is being made has looked at the lease before. */
static int then_broken(Call *call, int result, sd_bus_error *error) {
        CredentialCall *c = (CredentialCall *) call;

        if (result == 0)
                operation_end_lease(call->manager, c->job.id);
        return credential_call_then_done(call, result, error);
}

int credential_method_break_lease(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        static const CredentialMethod method = {
                credential_method_break_lease, NULL, FACTORS_CODE, credential_job_break_lease, then_broken
        };

        return credential_call_begin(message, userdata, &method, error);
}
