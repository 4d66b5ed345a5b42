/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The invited person's side of an invitation; see invitation-job.h. */

#include <errno.h>
#include <string.h>

#include "daemon/account.h"
#include "daemon/audit.h"
#include "daemon/invitation-job.h"
#include "daemon/outbox.h"
#include "daemon/outcome.h"

void invitation_job_done(InvitationJob *j) {
        j->code = secret_free(j->code);
        for (size_t i = 0; i < j->n_shown; i++) {
                free(j->shown[i].label);
                subject_free(j->shown[i].subject);
        }
        free(j->shown);
}

/* --- Listing ------------------------------------------------------------------------------------------------------ */

static int show(Txn *t, Invitation *i, void *userdata) {
        _cleanup_(credential_freep) Credential *c = NULL;
        InvitationJob *j = userdata;
        InvitationShown *p, s = { .invited = i->invited };
        int r;

        if (j->n_shown >= INVITATIONS_LIST_MAX)
                return 0;
        r = credential_load(t, i->credential, &c);
        if (r < 0)
                return r;
        p = reallocarray(j->shown, j->n_shown + 1, sizeof(*p));
        if (!p)
                return -ENOMEM;
        j->shown = p;
        r = subject_read(bytes_view(&c->subject), &s.subject);
        if (r < 0)
                return r;
        strcpy(s.id, i->id);
        s.label = TAKE_PTR(c->label);
        j->shown[j->n_shown++] = s;
        return 0;
}

int invitation_job_list(Txn *t, InvitationJob *j) {
        _cleanup_(account_done) Account a = { 0 };
        int r;

        r = account_load(t, j->account, &a);
        return r < 0 ? r : invitation_each_pending(t, NULL, a.email, show, j);
}

/* --- Activating --------------------------------------------------------------------------------------------------- */

/* The invitation, if it still invites, and this account. What was accepted or taken back is not told from what never was. */
static int find(Txn *t, InvitationJob *j, Account *ret_account, Credential **ret_seal) {
        int r;

        r = invitation_load(t, j->id, &j->invitation);
        if (r == -ENOENT || (r >= 0 && j->invitation.status != INVITATION_PENDING))
                return OUTCOME_NOT_FOUND;
        if (r >= 0)
                r = account_load(t, j->account, ret_account);
        if (r < 0)
                return r;
        if (!email_equal(ret_account->email, j->invitation.email))
                return INVITATION_E_ADDRESS;
        r = credential_load(t, j->invitation.credential, ret_seal);
        if (r < 0)
                return r;
        return (*ret_seal)->status == CREDENTIAL_RETIRED ? OUTCOME_DISABLED : 0;
}

int invitation_job_request(Txn *t, InvitationJob *j) {
        _cleanup_(credential_freep) Credential *seal = NULL;
        _cleanup_(account_done) Account a = { 0 };
        CodeRequest q = {
                .purpose = CODE_GRANT_ACTIVATION,
                .subject = j->id,
                .account = j->account,
                .uid = j->uid,
                .recipient = j->invitation.phone,
                .now = j->now,
                .settings = j->settings,
        };
        OutboxField fields[1];
        int r;

        r = find(t, j, &a, &seal);
        if (r != 0)
                return r;
        fields[0] = (OutboxField) { "seal", view_string(seal->label) };
        q.fields = fields;
        q.n_fields = ELEMENTSOF(fields);
        q.language = a.language;
        return code_send(t, &q, &j->sent, &j->until);
}

static int accept_code(Txn *t, InvitationJob *j) {
        const CodeAttempt attempt = {
                .purpose = CODE_GRANT_ACTIVATION,
                .subject = j->id,
                .account = j->account,
                .uid = j->uid,
                .code = secret_view(j->code),
                .now = j->now,
                .settings = j->settings,
        };
        int r;

        r = code_accept(t, &attempt, &j->until);
        return r == CODE_ACCEPTED ? 0 : r;
}

static int audit(Txn *t, const InvitationJob *j) {
        char payload[64];
        const AuditEntry e = {
                .event = "user-activated",
                .account = j->account,
                .uid = j->uid,
                .credential = j->invitation.credential,
                .payload = VIEW(payload, (size_t) snprintf(payload, sizeof(payload), "{\"invitation\":\"%s\"}", j->id)),
                .now = j->now,
        };

        return audit_append(t, &e);
}

int invitation_job_activate(Txn *t, InvitationJob *j) {
        _cleanup_(credential_freep) Credential *seal = NULL;
        _cleanup_(account_done) Account a = { 0 };
        int r;

        r = find(t, j, &a, &seal);
        if (r == 0)
                r = accept_code(t, j);
        if (r != 0)
                return r;
        r = invitation_accept(t, &j->invitation, j->account, j->now);
        /* The code is spent, and the Administrator, or who may use it already, has no use for another. */
        if (r == -EEXIST)
                return OUTCOME_EXISTS;
        return r < 0 ? r : audit(t, j);
}
