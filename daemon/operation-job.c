/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Authorisation and signatures in the store; see operation-job.h. */

#include <errno.h>
#include <string.h>

#include "daemon/audit.h"
#include "daemon/credential-password.h"
#include "daemon/operation-job.h"
#include "daemon/outcome.h"
#include "daemon/policy.h"
#include "daemon/token.h"

void operation_job_forget_factors(OperationJob *j) {
        j->otp = secret_free(j->otp);
        j->password = secret_free(j->password);
        j->pin = secret_free(j->pin);
        pin_done(&j->tried);
}

void operation_job_done(OperationJob *j) {
        operation_job_forget_factors(j);
        j->pin_key = secret_free(j->pin_key);
        bytes_done(&j->pin_kdf);
        bytes_done(&j->payload);
        j->record = credential_free(j->record);
        j->rules = item_rules_unref(j->rules);
        if (j->key)
                gnutls_privkey_deinit(j->key);
        j->key = NULL;
}

static PinAttempt attempt(const OperationJob *j) {
        return (PinAttempt) {
                .account = j->account,
                .uid = j->uid,
                .credential = j->credential,
                .otp = j->remembered ? NULL : j->otp,
                .remembered = j->remembered,
                .tried = &j->tried,
                .opened = j->opened,
                .now = j->now,
        };
}

static int load(Txn *t, OperationJob *j) {
        int r;

        j->record = credential_free(j->record);
        r = credential_load(t, j->credential, &j->record);
        if (r == -ENOENT)
                return OUTCOME_NOT_FOUND;
        return r < 0 ? r : credential_check_use(t, j->record, j->account, j->now, &j->until);
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
        const PinAttempt a = attempt(j);
        View certificate;
        int r;

        r = load(t, j);
        if (r != 0)
                return r;
        if (credential_kind_has_password(j->record->kind) && j->password)
                r = credential_password_check(t, j->credential, j->uid, j->now, &j->until);
        else if (j->pin)
                r = pin_begin(t, &a, &j->tried, &j->until);
        if (r != 0)
                return r;
        r = credential_certificate(j->record, 0, &certificate);
        return r < 0 ? r : item_rules_new(j->record->algorithm, certificate, credential_profile(j->record), &j->rules);
}

static int settle_pin(Txn *t, OperationJob *j) {
        const PinAttempt a = attempt(j);

        return pin_settle(t, &a, &j->until);
}

/* Beyond what the policy lets a remembered session stand for a code, each operation takes one. */
static bool is_past(const OperationJob *j, const Policy *p) {
        return (p->remember_max_age > 0 && j->session_age > p->remember_max_age) ||
                (p->remember_max_signatures > 0 && j->session_signatures > p->remember_max_signatures);
}

/* What the policy wants is looked at first: a code is not spent on what cannot suffice. */
static int settle_factors(Txn *t, OperationJob *j) {
        Policy policy;
        int r;

        r = policy_load(t, j->record, &policy);
        if (r < 0)
                return r;
        if (j->remembered && is_past(j, &policy)) {
                j->remembered = false;
                if (!j->otp)
                        return OUTCOME_CODE_NEEDED;
        }
        if (j->pin)
                return settle_pin(t, j);
        if (policy.factors == FACTOR_PIN_OTP) {
                r = j->pin_kdf.len > 0 ? pin_check_remembered(t, j->account, bytes_view(&j->pin_kdf)) : OUTCOME_PIN_NEEDED;
                if (r != 0)
                        return r;
        }
        return j->remembered ? 0 : token_settle(t, j->account, j->uid, secret_view(j->otp), j->now, &j->until);
}

/* The lease is looked at before all: a code is not spent on a seal that is busy. */
static int authorize_seal(Txn *t, OperationJob *j) {
        int r;

        r = lease_check(t, j->credential, j->account, j->now, &j->until);
        if (r == LEASE_E_BUSY)
                return OUTCOME_BUSY;
        if (r < 0)
                return r;
        r = settle_factors(t, j);
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
        else if (j->record->kind == CREDENTIAL_SIGNATURE)
                r = settle_factors(t, j);
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

static int open_key(OperationJob *j) {
        const Secret *second = credential_kind_has_password(j->record->kind) ? j->password : j->pin_key;

        /* The key is opened once it is settled: a right PIN takes no longer than a wrong one. */
        if (j->pin)
                return pin_open(j->store, j->account, &j->tried, secret_view(j->pin), &j->pin_key);
        return credential_open_key(j->store, j->record, second ? secret_view(second) : VIEW(NULL, 0), &j->key);
}

int operation_job_open_key(OperationJob *j) {
        j->opened = open_key(j);
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
