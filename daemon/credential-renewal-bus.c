/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.Sygnet1.Credential: renewing a credential's certificate, and issuing a seal anew. The vtable is in credential-bus.c. */

#include <errno.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "daemon/credential-call.h"
#include "daemon/key-cache.h"
#include "daemon/operation.h"
#include "daemon/outcome.h"

static int continues(int r) {
        return r < 0 ? r : CALL_CONTINUES;
}

static int set_error(const CredentialCall *c, int result, sd_bus_error *error) {
        if (result == OUTCOME_EXISTS)
                return bus_error_set(error, ERROR_EXISTS, "A renewal is under way. Import its certificate, or cancel it first.");
        return credential_call_set_error(c, result, error);
}

/* --- Renewal ------------------------------------------------------------------------------------------------------ */

static int run_make_renewal(void *userdata) {
        return credential_job_make_renewal(&((CredentialCall *) userdata)->job);
}

static int reply_request(Call *call) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const CredentialCall *c = (CredentialCall *) call;
        int r;

        r = sd_bus_message_new_method_return(call->message, &reply);
        if (r >= 0)
                r = sd_bus_message_append_array(reply, 'y', c->job.renewal.request.data, c->job.renewal.request.len);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int then_renewed(Call *call, int result, sd_bus_error *error) {
        return result != 0 ? set_error((CredentialCall *) call, result, error) : reply_request(call);
}

static int then_made(Call *call, int result, sd_bus_error *error) {
        bool seal = ((CredentialCall *) call)->job.record->kind == CREDENTIAL_SEAL;

        if (result < 0 && (seal || result != -EKEYREJECTED))
                return bus_error_set_errno(error, result);
        /* Whoever has left gets no key; a wrong password or PIN counts nevertheless. */
        if (result >= 0 && watch_gone(call->watch))
                return -ECANCELED;
        return continues(credential_call_store((CredentialCall *) call, credential_job_renew, then_renewed, error));
}

static int then_begun(Call *call, int result, sd_bus_error *error) {
        const CredentialCall *c = (CredentialCall *) call;

        if (result != 0)
                return set_error(c, result, error);
        if (c->job.record->kind == CREDENTIAL_SEAL)
                return continues(call_work(call, run_make_renewal, then_made, error));
        return continues(call_work_heavy(call, run_make_renewal, then_made, error));
}

int credential_method_request_renewal(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        static const CredentialMethod method = { credential_method_request_renewal, NULL, FACTORS_ANY, credential_job_begin_renewal, then_begun };

        return credential_call_begin(message, userdata, &method, error);
}

int credential_method_get_renewal(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        static const CredentialMethod method = { credential_method_get_renewal, NULL, FACTORS_SESSION, credential_job_get_renewal, then_renewed };

        return credential_call_begin(message, userdata, &method, error);
}

int credential_method_cancel_renewal(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        static const CredentialMethod method = {
                credential_method_cancel_renewal, NULL, FACTORS_ANY, credential_job_cancel_renewal, credential_call_then_done
        };

        return credential_call_begin(message, userdata, &method, error);
}

/* --- Reissue ------------------------------------------------------------------------------------------------------ */

static int run_make_reissue(void *userdata) {
        return credential_job_make_reissue(&((CredentialCall *) userdata)->job);
}

static int then_reissued(Call *call, int result, sd_bus_error *error) {
        CredentialCall *c = (CredentialCall *) call;

        if (result != 0)
                return credential_call_set_error(c, result, error);
        operation_end_credential(call->manager, c->job.id, NULL);
        key_cache_forget(call->manager->keys, c->job.id);
        return sd_bus_reply_method_return(call->message, "s", c->job.next->id);
}

static int then_reissue_made(Call *call, int result, sd_bus_error *error) {
        if (result < 0)
                return bus_error_set_errno(error, result);
        if (watch_gone(call->watch))
                return -ECANCELED;
        return continues(credential_call_store((CredentialCall *) call, credential_job_reissue, then_reissued, error));
}

static int then_reissue_begun(Call *call, int result, sd_bus_error *error) {
        if (result != 0)
                return credential_call_set_error((CredentialCall *) call, result, error);
        return continues(call_work(call, run_make_reissue, then_reissue_made, error));
}

/* The operator's alone: there are no factors. */
int credential_method_reissue(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ CredentialCall *c = NULL;
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_MANAGE_SEALS, credential_method_reissue, userdata, error);
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
        return call_started(credential_call_store(c, credential_job_begin_reissue, then_reissue_begun, error), &c);
}
