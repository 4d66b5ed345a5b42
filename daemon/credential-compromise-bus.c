/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.Sygnet1.Credential: ReportCompromise and Release. The vtable is in credential-bus.c. */

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "bus/service.h"
#include "daemon/ca-call.h"
#include "daemon/credential-call.h"
#include "daemon/operation.h"
#include "daemon/outcome.h"

static int reply(CredentialCall *c, const char *certificate, const char *problem) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = sd_bus_message_new_method_return(c->call.message, &m);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0)
                r = bus_append_string(m, "certificate", certificate);
        if (r >= 0 && problem)
                r = bus_append_string(m, "problem", problem);
        if (r >= 0)
                r = bus_append_u32(m, "told", c->job.told);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        return r < 0 ? r : sd_bus_send(NULL, m, NULL);
}

/* The key is blocked whatever the CA says. */
static int on_suspended(sd_bus_message *answer, void *userdata, sd_bus_error *error) {
        CredentialCall *c = userdata;
        const char *problem, *result = ca_suspend_result(answer, &problem);

        if (problem)
                service_log(SD_WARNING, "The certificate of credential %s, whose key was reported as revealed, could not be suspended.", c->job.id);
        (void) reply(c, result, problem);
        call_free(&c->call);
        return 0;
}

static void end_uses(CredentialCall *c) {
        Manager *m = c->call.manager;

        operation_end_credential(m, c->job.id, NULL);
        key_cache_forget(m->keys, c->job.id);
        for (size_t i = 0; i < c->job.affected.n; i++)
                session_end_account(m, c->job.affected.ids[i]);
}

static int then_blocked(Call *call, int result, sd_bus_error *error) {
        CredentialCall *c = (CredentialCall *) call;
        View certificate;

        if (result != 0)
                return credential_call_set_error(c, result, error);
        end_uses(c);
        service_log(SD_WARNING, "Credential %s was reported as revealed by user %u and is blocked.", c->job.id, call->uid);
        if (credential_certificate(c->job.record, 0, &certificate) < 0)
                return reply(c, "none", NULL);
        if (ca_suspend(call->manager->bus, certificate, on_suspended, c, &c->slot) < 0)
                return reply(c, "failed", "The local CA could not be called.");
        return CALL_CONTINUES;
}

int credential_method_report_compromise(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        static const CredentialMethod method = { credential_method_report_compromise, NULL, FACTORS_SESSION, credential_job_report_compromise,
                                                 then_blocked };

        return credential_call_begin(message, userdata, &method, error);
}

static int then_released(Call *call, int result, sd_bus_error *error) {
        if (result == OUTCOME_NOT_POSSIBLE)
                return bus_error_set(error, ERROR_NOT_POSSIBLE, "The key is not blocked.");
        return credential_call_then_done(call, result, error);
}

int credential_method_release(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ CredentialCall *c = NULL;
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_MANAGE_SEALS, credential_method_release, userdata, error);
        if (r != 0)
                return r;
        r = credential_call_new(m, message, &c, error);
        if (r >= 0)
                r = credential_call_read_id(c, error);
        return r < 0 ? r : call_started(credential_call_store(c, credential_job_release, then_released, error), &c);
}
