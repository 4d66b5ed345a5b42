/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.Sygnet1.Credential: GetPolicy and SetPolicy. The vtable is in credential-bus.c. */

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "daemon/credential-call.h"
#include "daemon/operation.h"

static int append_policy(sd_bus_message *reply, const Policy *p) {
        int r;

        r = bus_append_string(reply, "weakest", factors_to_string(p->weakest));
        if (r >= 0)
                r = bus_append_string(reply, "factors", factors_to_string(p->factors));
        if (r >= 0)
                r = bus_append_u32(reply, "remember_max_age", (uint32_t) p->remember_max_age);
        return r < 0 ? r : bus_append_u32(reply, "remember_max_signatures", p->remember_max_signatures);
}

static int then_policy(Call *call, int result, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        CredentialCall *c = (CredentialCall *) call;
        int r;

        if (result != 0)
                return credential_call_set_error(c, result, error);
        r = sd_bus_message_new_method_return(call->message, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = append_policy(reply, &c->job.policy);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

int credential_method_get_policy(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        static const CredentialMethod method = { credential_method_get_policy, NULL, FACTORS_SESSION, credential_job_get_policy, then_policy };

        return credential_call_begin(message, userdata, &method, error);
}

static int read_factors_name(const char *name, Factors *ret, sd_bus_error *error) {
        if (!name)
                return 0;
        *ret = factors_from_string(name);
        return *ret != FACTOR_INVALID ? 0 : bus_error_set(error, ERROR_INVALID_ARGUMENT, "Factors are otp, pin+otp or password.");
}

static int read_change(CredentialCall *c, sd_bus_error *error) {
        PolicyChange *change = &c->job.change;
        const char *weakest = NULL, *factors = NULL;
        BusOption options[] = {
                { "weakest", bus_option_string, &weakest, false },
                { "factors", bus_option_string, &factors, false },
                { "remember_max_age", bus_option_u32, &change->remember_max_age, false },
                { "remember_max_signatures", bus_option_u32, &change->remember_max_signatures, false },
        };
        int r;

        r = bus_message_read_options(c->call.message, options, ELEMENTSOF(options), error);
        if (r >= 0)
                r = read_factors_name(weakest, &change->weakest, error);
        if (r >= 0)
                r = read_factors_name(factors, &change->factors, error);
        change->has_age = options[2].given;
        change->has_signatures = options[3].given;
        return r;
}

/* What was authorised by weaker factors ends. */
static int then_changed(Call *call, int result, sd_bus_error *error) {
        CredentialCall *c = (CredentialCall *) call;

        if (result == 0)
                operation_end_credential(call->manager, c->job.id, NULL);
        return credential_call_then_done(call, result, error);
}

int credential_method_set_policy(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        static const CredentialMethod method = { credential_method_set_policy, read_change, FACTORS_CODE, credential_job_set_policy, then_changed };

        return credential_call_begin(message, userdata, &method, error);
}
