/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.Sygnet1.Credential: what a caller may see of credentials without a session: what the accounts that are bound to its Unix user may
 * use. All else is the operator's to see. The vtable is in credential-bus.c. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "daemon/credential-call.h"
#include "daemon/outcome-bus.h"
#include "daemon/outcome.h"
#include "daemon/user-name.h"

static void on_named(int result, const char *name, void *userdata) {
        CredentialCall *c = userdata;

        if (result >= 0) {
                c->job.user_name = strdup(name);
                if (!c->job.user_name)
                        result = -ENOMEM;
        }
        call_resume(&c->call, result);
}

/* Bindings hold for a uid as long as its name is the same. */
static int name_caller(CredentialCall *c, CallThen then, sd_bus_error *error) {
        int r;

        strcpy(c->job.machine, c->call.manager->machine_id);
        c->call.then = then;
        r = user_name_lookup(c->call.manager, c->call.uid, on_named, c);
        return r < 0 ? bus_error_set_errno(error, r) : 0;
}

static int after_name(Call *call, int result, CredentialRun run, CallThen then, sd_bus_error *error) {
        int r;

        if (result < 0 && result != -ESRCH)
                return bus_error_set_errno(error, result);
        r = credential_call_store((CredentialCall *) call, run, then, error);
        return r < 0 ? r : CALL_CONTINUES;
}

/* --- GetCertificates ---------------------------------------------------------------------------------------------- */

static int append_certificate(sd_bus_message *reply, const CredentialCall *c, size_t i) {
        View certificate;
        int r;

        r = credential_certificate(c->job.record, i, &certificate);
        return r < 0 ? r : sd_bus_message_append_array(reply, 'y', certificate.data, certificate.len);
}

static int then_certificates(Call *call, int result, sd_bus_error *error) {
        CredentialCall *c = (CredentialCall *) call;
        View certificate;
        size_t n = 0;

        if (result != 0)
                return outcome_set_error(error, result, 0);
        while (credential_certificate(c->job.record, n, &certificate) >= 0)
                n++;
        return credential_call_reply_array(call, "ay", n, append_certificate);
}

static int read_certificates_call(sd_bus_message *message, Manager *m, CredentialCall **ret, sd_bus_error *error) {
        _cleanup_call_ CredentialCall *c = NULL;
        int r;

        r = credential_call_new(m, message, &c, error);
        if (r >= 0)
                r = credential_call_read_id(c, error);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(c);
        return 0;
}

static int method_get_any_certificates(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ CredentialCall *c = NULL;
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_MANAGE_SEALS, method_get_any_certificates, userdata, error);
        if (r != 0)
                return r;
        r = read_certificates_call(message, m, &c, error);
        if (r < 0)
                return r;
        c->job.all = true;
        return call_started(credential_call_store(c, credential_job_certificates, then_certificates, error), &c);
}

/* Nobody whom the caller is bound to may use it, or it does not exist: that is the operator's to learn. The call starts anew in the
 * operator's name. */
static int then_own_certificates(Call *call, int result, sd_bus_error *error) {
        int r;

        if (result != OUTCOME_DENIED)
                return then_certificates(call, result, error);
        r = sd_bus_message_rewind(call->message, true);
        return r < 0 ? r : method_get_any_certificates(call->message, call->manager, error);
}

static int then_named_for_certificates(Call *call, int result, sd_bus_error *error) {
        return after_name(call, result, credential_job_certificates, then_own_certificates, error);
}

int credential_method_get_certificates(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ CredentialCall *c = NULL;
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, credential_method_get_certificates, userdata, error);
        if (r != 0)
                return r;
        r = read_certificates_call(message, m, &c, error);
        return r < 0 ? r : call_started(name_caller(c, then_named_for_certificates, error), &c);
}

/* --- List --------------------------------------------------------------------------------------------------------- */

static int append_fields(sd_bus_message *reply, const CertificateFields *f) {
        int r;

        r = bus_append_string(reply, "subject", f->subject);
        if (r >= 0)
                r = bus_append_string(reply, "issuer", f->issuer);
        if (r >= 0)
                r = bus_append_string(reply, "organization", f->organization);
        if (r >= 0)
                r = bus_append_string(reply, "organization_identifier", f->organization_identifier);
        if (r >= 0)
                r = bus_append_i64(reply, "not_before", f->not_before);
        if (r >= 0)
                r = bus_append_i64(reply, "not_after", f->not_after);
        return r < 0 ? r : bus_append_string(reply, "serial", f->serial);
}

static int append_listed(sd_bus_message *reply, const CredentialCall *call, size_t number) {
        const CredentialListed *l = &call->job.listed[number];
        const Credential *c = l->record;
        const struct {
                const char *key, *value;
        } strings[] = {
                { "id", c->id },
                { "kind", credential_kind_to_string(c->kind) },
                { "label", c->label },
                { "algorithm", key_algorithm_to_string(c->algorithm) },
                { "profile", profile_to_string(credential_profile(c)) },
                { "terms", c->terms },
                { "status", credential_status_to_string(c->status) },
                { "factors", factors_to_string(c->factors) },
                { "role", role_to_string(l->role) },
                { "login", l->login },
        };
        int r;

        r = sd_bus_message_open_container(reply, 'a', "{sv}");
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(strings); i++)
                r = bus_append_string(reply, strings[i].key, strings[i].value);
        if (r >= 0 && l->login)
                r = bus_append_string(reply, "name", l->name);
        if (r >= 0 && l->login)
                r = bus_append_string(reply, "email", l->email);
        if (r >= 0 && l->renewal >= 0)
                r = bus_append_i64(reply, "renewal", l->renewal);
        if (r >= 0 && l->has_fields)
                r = append_fields(reply, &l->fields);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int then_listed(Call *call, int result, sd_bus_error *error) {
        if (result != 0)
                return outcome_set_error(error, result, 0);
        return credential_call_reply_array(call, "a{sv}", ((CredentialCall *) call)->job.n_listed, append_listed);
}

static int then_named_for_list(Call *call, int result, sd_bus_error *error) {
        return after_name(call, result, credential_job_list, then_listed, error);
}

int credential_method_list(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ CredentialCall *c = NULL;
        Manager *m = userdata;
        BusOption options[] = { { "all", bus_option_bool, NULL, false } };
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, credential_method_list, userdata, error);
        if (r != 0)
                return r;
        r = credential_call_new(m, message, &c, error);
        if (r < 0)
                return r;
        options[0].target = &c->job.all;
        r = bus_message_read_options(message, options, ELEMENTSOF(options), error);
        if (r < 0)
                return r;
        if (!c->job.all)
                return call_started(name_caller(c, then_named_for_list, error), &c);
        r = gate_pass(m->gate, message, ACTION_MANAGE_SEALS, credential_method_list, userdata, error);
        return r != 0 ? r : call_started(credential_call_store(c, credential_job_list, then_listed, error), &c);
}
