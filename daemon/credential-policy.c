/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Who reads and changes a credential's policy; see credential-job.h. The operator sets the weakest factors of a seal; a person's key has those of its
 * kind. What is in force, and the limits of remembered sessions, are the Administrator's or owner's, with a fresh one-time code, and with the PIN where that is in force. */

#include <errno.h>

#include "base/json.h"
#include "daemon/credential-access.h"
#include "daemon/outcome.h"

int credential_job_get_policy(Txn *t, CredentialJob *j) {
        Role role;
        int r;

        r = credential_load(t, j->id, &j->record);
        if (r >= 0 && j->account[0])
                r = credential_role(t, j->record, j->account, &role);
        else if (r >= 0 && j->record->kind != CREDENTIAL_SEAL)
                return OUTCOME_DENIED;
        if (r == -ENOENT)
                return OUTCOME_NOT_FOUND;
        return r < 0 ? r : policy_load(t, j->record, &j->policy);
}

static bool is_operators(const PolicyChange *c) {
        return c->factors == FACTOR_INVALID && !c->has_age && !c->has_signatures;
}

static int settle_power(Txn *t, CredentialJob *j) {
        if (!j->account[0])
                return is_operators(&j->change) ? 0 : OUTCOME_DENIED;
        if (j->change.weakest != FACTOR_INVALID)
                return OUTCOME_DENIED;
        return credential_settle_power(t, j, true);
}

static void apply(const PolicyChange *c, Policy *p) {
        if (c->weakest != FACTOR_INVALID)
                p->weakest = c->weakest;
        if (c->factors != FACTOR_INVALID)
                p->factors = c->factors;
        if (c->has_age)
                p->remember_max_age = c->remember_max_age;
        if (c->has_signatures)
                p->remember_max_signatures = c->remember_max_signatures;
}

/* Before the code is spent. */
static const char *find_problem(const Credential *c, const Policy *before, const PolicyChange *change) {
        Policy p = *before;

        apply(change, &p);
        if (!policy_factors_fit(c->kind, p.weakest) || !policy_factors_fit(c->kind, p.factors))
                return "A credential of this kind cannot have these factors.";
        if (change->factors != FACTOR_INVALID && change->factors < p.weakest)
                return "The operator allows no factors as weak as these.";
        if (!policy_limits_are_sound(&p))
                return "A limit is 0 (as configured), or an age of one minute to seven days, or at most 1000000 signatures.";
        return NULL;
}

static int note(Txn *t, const CredentialJob *j) {
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
        json_string(&json, "weakest", factors_to_string(j->policy.weakest));
        json_string(&json, "factors", factors_to_string(j->policy.factors));
        json_int(&json, "remember_max_age", j->policy.remember_max_age);
        json_int(&json, "remember_max_signatures", j->policy.remember_max_signatures);
        json_object_end(&json);
        if (fclose(f) != 0)
                return -ENOMEM;
        return credential_audit(t, j, "policy-changed", VIEW(text, len));
}

int credential_job_set_policy(Txn *t, CredentialJob *j) {
        int r;

        r = credential_access(t, j);
        if (r != 0)
                return r;
        if (j->record->status == CREDENTIAL_RETIRED)
                return OUTCOME_DISABLED;
        r = policy_load(t, j->record, &j->policy);
        if (r < 0)
                return r;
        j->problem = find_problem(j->record, &j->policy, &j->change);
        if (j->problem)
                return OUTCOME_FACTOR_NEEDED;
        r = settle_power(t, j);
        if (r != 0)
                return r;
        apply(&j->change, &j->policy);
        r = policy_save(t, j->record, &j->policy);
        if (r >= 0)
                r = policy_load(t, j->record, &j->policy);
        return r < 0 ? r : note(t, j);
}
