/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Authorisation and signatures in the store; see operation-job.h. */

#include <errno.h>
#include <string.h>

#include "daemon/audit.h"
#include "daemon/credential-password.h"
#include "daemon/operation-job.h"
#include "daemon/outcome.h"
#include "daemon/token.h"

void operation_job_done(OperationJob *j) {
        j->factor = secret_free(j->factor);
        bytes_done(&j->payload);
        j->record = credential_free(j->record);
        j->rules = item_rules_free(j->rules);
        if (j->key)
                gnutls_privkey_deinit(j->key);
        j->key = NULL;
}

static int load(Txn *t, OperationJob *j) {
        int r;

        j->record = credential_free(j->record);
        r = credential_load(t, j->credential, &j->record);
        if (r == -ENOENT)
                return OUTCOME_NOT_FOUND;
        return r < 0 ? r : credential_check_use(t, j->record, j->account, j->now);
}

static int append(Txn *t, const OperationJob *j, const char *event, View payload) {
        const AuditEntry e = {
                .event = event,
                .account = j->account,
                .uid = j->uid,
                .credential = j->credential,
                .payload = payload,
                .now = j->now,
        };

        return audit_append(t, &e);
}

int operation_job_prepare(Txn *t, OperationJob *j) {
        View certificate;
        int r;

        r = load(t, j);
        if (r != 0)
                return r;
        if (j->record->kind == CREDENTIAL_CUSTOMS && j->factor) {
                r = credential_password_check(t, j->credential, j->uid, j->now, &j->until);
                if (r != 0)
                        return r;
        }
        r = credential_certificate(j->record, 0, &certificate);
        return r < 0 ? r : item_rules_new(j->record->algorithm, certificate, &j->rules);
}

static int settle_code(Txn *t, OperationJob *j) {
        int r;

        if (j->remembered)
                return 0;
        r = token_accept(t, j->account, j->uid, secret_view(j->factor), j->now, &j->until);
        if (r == -ENOKEY)
                return OUTCOME_NO_TOKEN;
        if (r == -EAGAIN)
                return OUTCOME_LATER;
        return r == TOTP_ACCEPTED ? 0 : r;
}

/* The lease is looked at first: a code is not spent on a seal that is busy. */
static int authorize_seal(Txn *t, OperationJob *j) {
        int r;

        r = lease_check(t, j->credential, j->account, j->now, &j->until);
        if (r == LEASE_E_BUSY)
                return OUTCOME_BUSY;
        if (r < 0)
                return r;
        r = settle_code(t, j);
        if (r != 0)
                return r;
        r = lease_take(t, j->credential, j->account, j->session, j->now, &j->terms, &j->until);
        return r == LEASE_E_BUSY ? -EIO : r;
}

int operation_job_authorize(Txn *t, OperationJob *j) {
        char payload[32];
        int r;

        r = load(t, j);
        if (r != 0)
                return r;
        if (j->record->kind == CREDENTIAL_SEAL)
                r = authorize_seal(t, j);
        else
                r = credential_password_settle(t, j->credential, j->account, j->uid, j->now, j->opened, &j->until);
        if (r != 0)
                return r;
        snprintf(payload, sizeof(payload), "{\"count\":%u}", j->count);
        return append(t, j, "authorize", view_string(payload));
}

int operation_job_once(Txn *t, OperationJob *j) {
        int r;

        r = operation_job_authorize(t, j);
        return r != 0 ? r : append(t, j, "sign", bytes_view(&j->payload));
}

int operation_job_open_key(OperationJob *j) {
        j->opened = credential_open_key(j->store, j->record, j->factor ? secret_view(j->factor) : VIEW(NULL, 0), &j->key);
        return j->opened;
}

/* An authorisation of a seal is worth as much as the lease that came with it. */
static int renew_lease(Txn *t, OperationJob *j) {
        int r;

        r = lease_renew(t, j->credential, j->account, j->session, j->now, &j->terms);
        if (r != LEASE_E_LOST)
                return r;
        r = lease_check(t, j->credential, j->account, j->now, &j->until);
        return r < 0 ? r : r == LEASE_E_BUSY ? OUTCOME_BUSY : OUTCOME_STATE;
}

int operation_job_sign(Txn *t, OperationJob *j) {
        int r;

        r = load(t, j);
        if (r != 0)
                return r;
        if (j->record->kind == CREDENTIAL_SEAL) {
                r = renew_lease(t, j);
                if (r != 0)
                        return r;
        }
        return append(t, j, "sign", bytes_view(&j->payload));
}

int operation_job_failed(Txn *t, OperationJob *j) {
        return append(t, j, "sign-failed", VIEW(NULL, 0));
}
