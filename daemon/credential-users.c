/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The users of a seal: listing, adding, removing them, and freeing the seal from one; see credential-job.h. */

#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "daemon/account.h"
#include "daemon/credential-access.h"
#include "daemon/lease.h"
#include "daemon/outcome.h"
#include "daemon/token.h"

/* Seals only: a person's key has no users. */
static int access_seal(Txn *t, CredentialJob *j) {
        int r;

        r = credential_access(t, j);
        if (r != 0)
                return r;
        return j->record->kind == CREDENTIAL_SEAL ? 0 : OUTCOME_NOT_FOUND;
}

/* The Administrator's power needs a one-time code; the operator has been asked by polkit. */
static int access_power(Txn *t, CredentialJob *j) {
        int r;

        r = access_seal(t, j);
        if (r != 0 || !j->account[0])
                return r;
        r = token_accept(t, j->account, j->uid, secret_view(j->otp), j->now, &j->until);
        if (r == -ENOKEY)
                return OUTCOME_NO_TOKEN;
        if (r == -EAGAIN)
                return OUTCOME_LATER;
        return r == TOTP_ACCEPTED ? 0 : r;
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
        json_string(&json, "login", j->login);
        json_object_end(&json);
        if (fclose(f) != 0)
                return -ENOMEM;
        return credential_audit(t, j, event, VIEW(text, len));
}

int credential_job_list_users(Txn *t, CredentialJob *j) {
        int r;

        r = access_seal(t, j);
        return r != 0 ? r : grant_list(t, j->id, &j->users);
}

int credential_job_add_user(Txn *t, CredentialJob *j) {
        int r;

        r = access_power(t, j);
        if (r != 0)
                return r;
        if (j->record->status == CREDENTIAL_RETIRED)
                return OUTCOME_DISABLED;
        r = find_other(t, j);
        if (r != 0)
                return r;
        r = grant_add(t, j->other_account, j->id, ROLE_USER, j->now);
        if (r == -EEXIST)
                return OUTCOME_EXISTS;
        return r < 0 ? r : audit_user(t, j, "user-added");
}

int credential_job_remove_user(Txn *t, CredentialJob *j) {
        int r;

        r = access_power(t, j);
        if (r != 0)
                return r;
        r = find_other(t, j);
        if (r != 0)
                return r;
        r = grant_remove(t, j->other_account, j->id, j->now);
        if (r == -ENOENT)
                return OUTCOME_NOT_FOUND;
        if (r == -EPERM)
                return OUTCOME_DENIED;
        if (r >= 0)
                r = lease_release_account(t, j->id, j->other_account);
        return r < 0 ? r : audit_user(t, j, "user-removed");
}

int credential_job_break_lease(Txn *t, CredentialJob *j) {
        int r;

        r = access_power(t, j);
        if (r != 0)
                return r;
        r = lease_break(t, j->id);
        return r < 0 ? r : credential_audit(t, j, "lease-broken", VIEW(NULL, 0));
}
