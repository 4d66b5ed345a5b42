/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.Sygnet1.Mandate: what is shown of mandates, to the seal's Administrator, to the operator, and to the Unix user whom they are for. The vtable is
 * in mandate-bus.c. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "daemon/mandate-call.h"
#include "daemon/mandate-work.h"
#include "daemon/outcome.h"

static const char *status_of(const Mandate *m, int outcome) {
        switch (outcome) {
        case MANDATE_E_REVOKED: return "revoked";
        case MANDATE_E_EXPIRED: return "expired";
        case MANDATE_E_FROZEN: return "frozen";
        case MANDATE_E_GIVER: return "void";
        default: return m->used >= m->documents ? "used-up" : "active";
        }
}

/* The name behind a uid is asked for the caller's own only; a mandate of a uid that changed hands is nobody's to see but those above. */
static bool sees(Txn *t, const MandateWork *w, const Mandate *m, const Credential *c) {
        Role role;

        if (w->own)
                return w->user_name && strcmp(m->user_name, w->user_name) == 0;
        return !w->account[0] || (credential_role(t, c, w->account, &role) >= 0 && role == ROLE_ADMINISTRATOR);
}

static int list_one(Txn *t, Mandate *mandate, void *userdata) {
        _cleanup_(credential_freep) Credential *c = NULL;
        _cleanup_(mandate_done) Mandate m = *mandate;
        MandateWork *w = userdata;
        MandateListed *p;
        int r;

        r = credential_load(t, m.credential, &c);
        if (r < 0)
                return r;
        if (!sees(t, w, &m, c))
                return 0;
        r = mandate_check(t, &m, c, w->call.now);
        if (r < 0)
                return r;
        p = reallocarray(w->listed, w->n_listed + 1, sizeof(*p));
        if (!p)
                return -ENOMEM;
        w->listed = p;
        p[w->n_listed] = (MandateListed) { .status = status_of(&m, r), .seal = TAKE_PTR(c->label), .algorithm = c->algorithm, .mandate = m };
        w->n_listed++;
        m = (Mandate) { 0 };
        return 0;
}

static int run_list(Txn *t, void *userdata) {
        MandateWork *w = userdata;
        const MandateQuery q = { .machine = w->own ? w->machine : NULL, .uid = w->call.uid, .account = w->account[0] ? w->account : NULL };

        return mandate_each(t, &q, list_one, w);
}

static int append_listed(sd_bus_message *reply, const MandateListed *l) {
        const Mandate *m = &l->mandate;
        int r;

        r = sd_bus_message_append(reply, "a{sv}", 14 + (m->revoked >= 0),
                                  "id", "s", m->id, "label", "s", m->label, "credential", "s", m->credential, "seal", "s", l->seal,
                                  "algorithm", "s", key_algorithm_to_string(l->algorithm), "uid", "u", m->uid, "user", "s", m->user_name,
                                  "status", "s", l->status, "created", "x", m->created, "expires", "x", m->expires,
                                  "documents", "u", m->documents, "used", "u", m->used, "per_minute", "u", m->per_minute,
                                  "machine", "s", m->machine, "revoked", "x", m->revoked);
        return r;
}

static int then_listed(Call *call, int result, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        MandateWork *w = (MandateWork *) call;
        int r;

        if (result < 0)
                return bus_error_set_errno(error, result);
        r = sd_bus_message_new_method_return(call->message, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (size_t i = 0; r >= 0 && i < w->n_listed; i++)
                r = append_listed(reply, &w->listed[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int then_named_for_list(Call *call, int result, sd_bus_error *error) {
        int r;

        if (result < 0 && result != -ESRCH)
                return bus_error_set_errno(error, result);
        r = call_store(call, run_list, then_listed, error);
        return r < 0 ? r : CALL_CONTINUES;
}

int mandate_method_list(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ MandateWork *w = NULL;
        const char *session = NULL;
        bool all = false;
        BusOption options[] = {
                { "session", bus_option_string, &session, false },
                { "all", bus_option_bool, &all, false },
        };
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, mandate_method_list, userdata, error);
        if (r != 0)
                return r;
        r = mandate_work_new(m, message, &w, error);
        if (r >= 0)
                r = bus_message_read_options(message, options, ELEMENTSOF(options), error);
        if (r < 0)
                return r;
        if (session && all)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "`session` and `all` do not go together.");
        w->own = !session && !all;
        if (w->own)
                return call_started(mandate_work_look_up(w, w->call.uid, then_named_for_list, error), &w);
        r = session ? mandate_work_set_session(w, session, error) : gate_pass(m->gate, message, ACTION_MANAGE_SEALS, mandate_method_list, userdata, error);
        return r != 0 ? r : call_started(call_store(&w->call, run_list, then_listed, error), &w);
}

/* --- GetCertificates ---------------------------------------------------------------------------------------------- */

static int run_certificates(Txn *t, void *userdata) {
        MandateWork *w = userdata;
        char id[sizeof(w->mandate.id)];
        int r;

        strcpy(id, w->mandate.id);
        r = mandate_load(t, id, &w->mandate);
        if (r == -ENOENT)
                return OUTCOME_NOT_FOUND;
        if (r < 0)
                return r;
        if (w->mandate.uid != w->call.uid || strcmp(w->mandate.machine, w->machine) != 0)
                return OUTCOME_NOT_FOUND;
        if (!w->user_name || strcmp(w->mandate.user_name, w->user_name) != 0)
                return MANDATE_E_USER;
        return credential_load(t, w->mandate.credential, &w->record);
}

static int then_certificates(Call *call, int result, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        MandateWork *w = (MandateWork *) call;
        View certificate;
        int r;

        if (result != 0)
                return mandate_set_error(error, result, 0);
        r = sd_bus_message_new_method_return(call->message, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "ay");
        for (size_t i = 0; r >= 0 && credential_certificate(w->record, i, &certificate) >= 0; i++)
                r = sd_bus_message_append_array(reply, 'y', certificate.data, certificate.len);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int then_named_for_certificates(Call *call, int result, sd_bus_error *error) {
        int r;

        if (result < 0 && result != -ESRCH)
                return bus_error_set_errno(error, result);
        r = call_store(call, run_certificates, then_certificates, error);
        return r < 0 ? r : CALL_CONTINUES;
}

int mandate_method_get_certificates(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ MandateWork *w = NULL;
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, mandate_method_get_certificates, userdata, error);
        if (r != 0)
                return r;
        r = mandate_work_new(m, message, &w, error);
        if (r >= 0)
                r = mandate_read_id(message, w->mandate.id, error);
        return r < 0 ? r : call_started(mandate_work_look_up(w, w->call.uid, then_named_for_certificates, error), &w);
}
