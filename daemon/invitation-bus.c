/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.Sygnet1.Credential: the methods of who was invited to use a seal. The vtable is in credential-bus.c. */

#include <string.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "daemon/code-bus.h"
#include "daemon/credential-call.h"
#include "daemon/invitation-job.h"
#include "daemon/outcome-bus.h"
#include "daemon/outcome.h"
#include "daemon/session-bus.h"
#include "daemon/session.h"

typedef int (*InvitationRun)(Txn *t, InvitationJob *j);

typedef struct InvitationCall {
        Call call;
        InvitationJob job;
        InvitationRun run;
} InvitationCall;

static void destroy(Call *call) {
        invitation_job_done(&((InvitationCall *) call)->job);
}

static int run_job(Txn *t, void *userdata) {
        InvitationCall *c = userdata;

        return c->run(t, &c->job);
}

/* What every method here begins with: the gate, and the session that is its first argument. 1: parked; `handler` is called again. */
static int begin(sd_bus_message *message, Manager *m, sd_bus_message_handler_t handler, InvitationCall **ret, sd_bus_error *error) {
        _cleanup_call_ InvitationCall *c = NULL;
        const char *session;
        Session *s;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, handler, m, error);
        if (r == 0)
                r = call_new(m, message, sizeof(*c), destroy, &c, error);
        if (r != 0)
                return r;
        r = sd_bus_message_read(message, "s", &session);
        if (r < 0)
                return bus_error_set_argument(error, r);
        r = session_find(m, session, c->call.uid, &s);
        if (r < 0)
                return session_bus_error(error, r);
        strcpy(c->job.account, s->account);
        c->job.settings = &m->settings;
        c->job.uid = c->call.uid;
        c->job.now = c->call.now;
        *ret = TAKE_PTR(c);
        return 0;
}

static int read_id(InvitationCall *c, sd_bus_error *error) {
        return call_read_id(&c->call, NULL, c->job.id, error);
}

static int start(InvitationCall *c, InvitationRun run, CallThen then, sd_bus_error *error) {
        c->run = run;
        return call_store(&c->call, run_job, then, error);
}

static int set_error(const InvitationCall *c, int result, sd_bus_error *error) {
        switch (result) {
        case INVITATION_E_ADDRESS:
                return bus_error_set(error, ERROR_DENIED, "The invitation was sent to another e-mail address than that of your account. Log in with the account "
                                     "of that address, or have the seal's Administrator invite yours.");
        case OUTCOME_NOT_FOUND:
                return bus_error_set(error, ERROR_NOT_FOUND, "There is no such invitation, or it was accepted or taken back already.");
        case OUTCOME_EXISTS:
        case OUTCOME_DISABLED:
                return outcome_set_error(error, result, 0);
        default:
                return code_bus_error(error, c->job.settings, result, c->job.until);
        }
}

/* --- ListInvitations ---------------------------------------------------------------------------------------------- */

static int append_shown(sd_bus_message *reply, const InvitationShown *s) {
        int r;

        r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = bus_append_string(reply, "invitation", s->id);
        if (r >= 0)
                r = bus_append_string(reply, "label", s->label);
        if (r >= 0)
                r = bus_append_string(reply, "organization", subject_get(s->subject, "organizationName"));
        if (r >= 0)
                r = bus_append_string(reply, "organization_identifier", subject_get(s->subject, "organizationIdentifier"));
        if (r >= 0)
                r = bus_append_i64(reply, "invited", s->invited);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int then_listed(Call *call, int result, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        InvitationCall *c = (InvitationCall *) call;
        int r;

        if (result != 0)
                return set_error(c, result, error);
        r = sd_bus_message_new_method_return(call->message, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (size_t i = 0; r >= 0 && i < c->job.n_shown; i++)
                r = append_shown(reply, &c->job.shown[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

int credential_method_list_invitations(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ InvitationCall *c = NULL;
        int r;

        r = begin(message, userdata, credential_method_list_invitations, &c, error);
        return r != 0 ? r : call_started(start(c, invitation_job_list, then_listed, error), &c);
}

/* --- RequestActivation, Activate ---------------------------------------------------------------------------------- */

static int then_requested(Call *call, int result, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        InvitationCall *c = (InvitationCall *) call;
        int r;

        if (result != 0)
                return set_error(c, result, error);
        r = sd_bus_message_new_method_return(call->message, &reply);
        if (r >= 0)
                r = code_bus_append_sent(reply, &c->job.sent);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

int credential_method_request_activation(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ InvitationCall *c = NULL;
        int r;

        r = begin(message, userdata, credential_method_request_activation, &c, error);
        if (r == 0)
                r = read_id(c, error);
        return r != 0 ? r : call_started(start(c, invitation_job_request, then_requested, error), &c);
}

static int then_activated(Call *call, int result, sd_bus_error *error) {
        InvitationCall *c = (InvitationCall *) call;

        if (result != 0)
                return set_error(c, result, error);
        return sd_bus_reply_method_return(call->message, "s", c->job.invitation.credential);
}

int credential_method_activate(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ InvitationCall *c = NULL;
        int r;

        r = begin(message, userdata, credential_method_activate, &c, error);
        if (r == 0)
                r = read_id(c, error);
        if (r != 0)
                return r;
        r = bus_message_read_secret(message, &c->job.code);
        if (r < 0)
                return bus_error_set_argument(error, r);
        return call_started(start(c, invitation_job_activate, then_activated, error), &c);
}
