/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Signatures under mandates in the store; see mandate-job.h. */

#include <errno.h>
#include <string.h>

#include "daemon/audit.h"
#include "daemon/lease.h"
#include "daemon/mandate-job.h"
#include "daemon/outcome.h"

void mandate_job_done(MandateJob *j) {
        free(j->user_name);
        bytes_done(&j->payload);
        j->record = credential_free(j->record);
        j->rules = item_rules_unref(j->rules);
        if (j->key)
                gnutls_privkey_deinit(j->key);
        *j = (MandateJob) { 0 };
}

/* Somebody else's mandate is none. The name is looked at too: a uid may have been given to somebody else since. */
static int load(Txn *t, MandateJob *j, Mandate *ret_mandate, Credential **ret_record) {
        _cleanup_(credential_freep) Credential *record = NULL;
        _cleanup_(mandate_done) Mandate m = { 0 };
        int r;

        r = mandate_load(t, j->id, &m);
        if (r == -ENOENT)
                return OUTCOME_NOT_FOUND;
        if (r < 0)
                return r;
        if (m.uid != j->uid || strcmp(m.machine, j->machine) != 0)
                return OUTCOME_NOT_FOUND;
        if (!j->user_name || strcmp(m.user_name, j->user_name) != 0)
                return MANDATE_E_USER;
        r = credential_load(t, m.credential, &record);
        if (r >= 0)
                r = mandate_check(t, &m, record, j->now);
        if (r == 0)
                r = credential_check_use(t, record, m.account, j->now, &j->until);
        if (r != 0)
                return r;
        *ret_mandate = m;
        m = (Mandate) { 0 };
        *ret_record = TAKE_PTR(record);
        return 0;
}

int mandate_job_look(Txn *t, MandateJob *j) {
        _cleanup_(mandate_done) Mandate m = { 0 };
        View certificate;
        int r;

        r = load(t, j, &m, &j->record);
        if (r == 0)
                r = mandate_allows(&m, j->count, j->now, &j->until);
        if (r != 0)
                return r;
        r = credential_certificate(j->record, 0, &certificate);
        return r < 0 ? r : item_rules_new(j->record->algorithm, certificate, credential_profile(j->record), &j->rules);
}

static int append_audit(Txn *t, const MandateJob *j, const char *account, const char *event, View payload) {
        const AuditEntry e = { .event = event, .account = account, .uid = j->uid, .credential = j->record->id, .payload = payload, .now = j->now };

        return audit_append(t, &e);
}

int mandate_job_count(Txn *t, MandateJob *j) {
        _cleanup_(credential_freep) Credential *record = NULL;
        _cleanup_(mandate_done) Mandate m = { 0 };
        int r;

        r = load(t, j, &m, &record);
        if (r == 0)
                r = mandate_allows(&m, j->count, j->now, &j->until);
        if (r != 0)
                return r;
        /* It waited: with a renewed key the items would name another certificate than the one that verifies them. */
        if (!view_equal(bytes_view(&record->certificates), bytes_view(&j->record->certificates)))
                return MANDATE_E_CHANGED;
        r = lease_take_mandate(t, record->id, m.account, j->lease, j->now, &j->until);
        if (r == LEASE_E_BUSY)
                return OUTCOME_BUSY;
        if (r >= 0)
                r = mandate_use(t, &m, j->count, j->now);
        return r < 0 ? r : append_audit(t, j, m.account, "sign", bytes_view(&j->payload));
}

int mandate_job_open_key(MandateJob *j) {
        return credential_open_key(j->store, j->record, VIEW(NULL, 0), &j->key);
}

int mandate_job_settle(Txn *t, MandateJob *j) {
        _cleanup_(credential_freep) Credential *record = NULL;
        _cleanup_(mandate_done) Mandate m = { 0 };
        int outcome, r;

        r = lease_release_session(t, j->lease);
        if (r < 0)
                return r;
        outcome = load(t, j, &m, &record);
        if (outcome < 0)
                return outcome;
        if (outcome == 0 && j->failed == 0)
                return 0;
        mandate_done(&m);
        r = mandate_load(t, j->id, &m);
        if (r >= 0)
                r = append_audit(t, j, m.account, "sign-failed", VIEW(NULL, 0));
        return r < 0 ? r : outcome;
}
