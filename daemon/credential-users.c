/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The users of a seal: listing, adding, removing them, and freeing the seal from one; see credential-job.h. */

#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "daemon/account.h"
#include "daemon/credential-access.h"
#include "daemon/invitation.h"
#include "daemon/lease.h"
#include "daemon/outbox.h"
#include "daemon/outcome.h"

int credential_access_seal(Txn *t, CredentialJob *j) {
        int r;

        r = credential_access(t, j);
        if (r != 0)
                return r;
        return j->record->kind == CREDENTIAL_SEAL ? 0 : OUTCOME_NOT_FOUND;
}

static int access_power(Txn *t, CredentialJob *j, bool gives) {
        int r;

        r = credential_access_seal(t, j);
        return r != 0 ? r : credential_settle_power(t, j, gives);
}

static int find_other(Txn *t, CredentialJob *j) {
        _cleanup_(account_done) Account a = { 0 };
        int r;

        r = account_find(t, j->login, &a);
        if (r == -ENOENT)
                return OUTCOME_NOT_FOUND;
        if (r < 0)
                return r;
        strcpy(j->other_account, a.id);
        return 0;
}

/* Whom it was about, for the history of who did it. */
static int audit_user(Txn *t, const CredentialJob *j, const char *event) {
        _cleanup_free_ char *text = NULL;
        size_t len = 0;
        FILE *f;
        Json json;

        f = open_memstream(&text, &len);
        if (!f)
                return -ENOMEM;
        json = JSON_INIT(f);
        json.compact = true;
        json_object_begin(&json, NULL);
        if (j->invitation[0])
                json_string(&json, "invitation", j->invitation);
        else
                json_string(&json, "login", j->login);
        json_object_end(&json);
        if (fclose(f) != 0)
                return -ENOMEM;
        return credential_audit(t, j, event, VIEW(text, len));
}

int credential_job_list_users(Txn *t, CredentialJob *j) {
        int r;

        r = credential_access_seal(t, j);
        return r != 0 ? r : seal_users_list(t, j->id, &j->users);
}

int credential_job_add_user(Txn *t, CredentialJob *j) {
        int r;

        r = access_power(t, j, true);
        if (r != 0)
                return r;
        if (j->record->status == CREDENTIAL_RETIRED)
                return OUTCOME_DISABLED;
        r = find_other(t, j);
        if (r != 0)
                return r;
        r = grant_add(t, j->other_account, j->id, ROLE_USER, j->now, NULL);
        if (r == -EEXIST)
                return OUTCOME_EXISTS;
        return r < 0 ? r : audit_user(t, j, "user-added");
}

/* --- Inviting ----------------------------------------------------------------------------------------------------- */

static int refuse_user(Txn *t, const CredentialJob *j) {
        _cleanup_(seal_users_done) SealUsers l = { 0 };
        int r;

        r = seal_users_list(t, j->id, &l);
        for (size_t i = 0; r >= 0 && i < l.n; i++)
                if (strcmp(l.users[i].status, "active") == 0 && email_equal(l.users[i].email, j->email))
                        return OUTCOME_EXISTS;
        return r < 0 ? r : 0;
}

/* In the language of who invites; nothing is known yet about who is invited. */
static int send_invitation(Txn *t, CredentialJob *j) {
        _cleanup_(subject_freep) Subject *subject = NULL;
        _cleanup_(account_done) Account a = { 0 };
        OutboxField fields[4];
        CodeRequest q = {
                .purpose = CODE_INVITATION,
                .subject = j->invitation,
                .uid = j->account[0] ? (int64_t) j->uid : -1,
                .recipient = j->email,
                .fields = fields,
                .n_fields = 3,
                .now = j->now,
                .settings = j->settings,
        };
        int r;

        r = subject_read(bytes_view(&j->record->subject), &subject);
        if (r >= 0 && j->account[0])
                r = account_load(t, j->account, &a);
        if (r < 0)
                return r;
        q.language = a.language;
        fields[0] = (OutboxField) { "invitation", view_string(j->invitation) };
        fields[1] = (OutboxField) { "seal", view_string(j->record->label) };
        fields[2] = (OutboxField) { "organization", view_string(subject_get(subject, "organizationName")) };
        if (a.name)
                fields[q.n_fields++] = (OutboxField) { "name", view_string(a.name) };
        return code_send(t, &q, &j->sent, &j->until);
}

int credential_job_invite_user(Txn *t, CredentialJob *j) {
        Invitation i;
        int r;

        r = access_power(t, j, true);
        if (r == 0 && j->record->status == CREDENTIAL_RETIRED)
                r = OUTCOME_DISABLED;
        if (r == 0)
                r = refuse_user(t, j);
        if (r != 0)
                return r;
        r = invitation_add(t, j->id, j->email, j->phone, j->now, &i);
        if (r == -EEXIST)
                return OUTCOME_EXISTS;
        if (r < 0)
                return r;
        strcpy(j->invitation, i.id);
        r = send_invitation(t, j);
        return r < 0 ? r : audit_user(t, j, "user-invited");
}

/* --- Removing ----------------------------------------------------------------------------------------------------- */

/* An account's grant, and what invitations its address still has to this seal: with one of them it would come back by itself. */
static int remove_account(Txn *t, CredentialJob *j) {
        _cleanup_(account_done) Account a = { 0 };
        int r;

        r = grant_remove(t, j->other_account, j->id, j->now);
        if (r == -ENOENT)
                return OUTCOME_NOT_FOUND;
        if (r == -EPERM)
                return OUTCOME_DENIED;
        if (r >= 0)
                r = account_load(t, j->other_account, &a);
        if (r >= 0)
                r = invitation_remove_all(t, j->id, a.email, j->now);
        return r < 0 ? r : lease_release_account(t, j->id, j->other_account);
}

/* Of this seal: another's is not told from none. */
static int find_invitation(Txn *t, const CredentialJob *j, Invitation *ret) {
        int r;

        r = id_is_valid(ID_RECORD, j->login) ? invitation_load(t, j->login, ret) : -ENOENT;
        return r >= 0 && strcmp(ret->credential, j->id) != 0 ? -ENOENT : r;
}

static int remove_invitation(Txn *t, CredentialJob *j, Invitation *i) {
        int r;

        strcpy(j->invitation, i->id);
        switch (i->status) {
        case INVITATION_PENDING:
                return invitation_remove(t, i, j->now);
        case INVITATION_ACCEPTED:
                r = grant_account(t, i->grant, j->other_account);
                return r < 0 ? r : remove_account(t, j);
        case INVITATION_REMOVED:
                break;
        }
        return OUTCOME_NOT_FOUND;
}

/* A notice, of which the person takes the first half of a day's messages only: codes have to get through. That it cannot be sent keeps nobody's access. */
static int send_removed(Txn *t, const CredentialJob *j) {
        _cleanup_(subject_freep) Subject *subject = NULL;
        _cleanup_(account_done) Account a = { 0 };
        OutboxField fields[3];
        OutboxMessage m = { .channel = CHANNEL_MAIL, .kind = "grant-removed", .fields = fields, .uid = j->account[0] ? (int64_t) j->uid : -1, .unproven = true,
                            .now = j->now, .settings = j->settings };
        int r;

        r = account_load(t, j->other_account, &a);
        if (r >= 0)
                r = subject_read(bytes_view(&j->record->subject), &subject);
        if (r < 0 || !a.email[0])
                return r;
        m.recipient = a.email;
        m.language = a.language;
        m.account = a.id;
        fields[m.n_fields++] = (OutboxField) { "organization", view_string(subject_get(subject, "organizationName") ?: j->record->label) };
        fields[m.n_fields++] = (OutboxField) { "seal", view_string(j->record->label) };
        fields[m.n_fields++] = (OutboxField) { "name", view_string(a.name) };
        r = outbox_put(t, &m, NULL);
        return r == -EDESTADDRREQ || r == -EDQUOT || r == -ENOBUFS || r == -ESTALE ? 0 : r;
}

static int remove_user(Txn *t, CredentialJob *j) {
        Invitation i;
        int r;

        r = find_invitation(t, j, &i);
        if (r >= 0)
                r = remove_invitation(t, j, &i);
        if (r != -ENOENT && r != OUTCOME_NOT_FOUND)
                return r;
        /* Also where it is an invitation's number: whoever was invited once may have taken that for a login. */
        j->invitation[0] = 0;
        r = find_other(t, j);
        return r != 0 ? r : remove_account(t, j);
}

int credential_job_remove_user(Txn *t, CredentialJob *j) {
        int r;

        r = access_power(t, j, false);
        if (r == 0)
                r = remove_user(t, j);
        if (r == 0 && j->other_account[0])
                r = send_removed(t, j);
        return r != 0 ? r : audit_user(t, j, "user-removed");
}

int credential_job_break_lease(Txn *t, CredentialJob *j) {
        int r;

        r = access_power(t, j, false);
        if (r != 0)
                return r;
        r = lease_break(t, j->id);
        return r < 0 ? r : credential_audit(t, j, "lease-broken", VIEW(NULL, 0));
}
