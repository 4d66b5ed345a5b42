/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Policies of credentials; see policy.h. */

#include <errno.h>

#include "daemon/policy.h"

/* credential, weakest, remember_max_age, remember_max_signatures */
#define MAC_TYPES "ssii"

bool policy_factors_fit(CredentialKind k, Factors f) {
        switch (k) {
        case CREDENTIAL_SEAL:
                return f == FACTOR_OTP || f == FACTOR_PIN_OTP;
        case CREDENTIAL_CUSTOMS:
        case CREDENTIAL_AUTHENTICATION:
        case CREDENTIAL_OFFLINE:
                return f == FACTOR_PASSWORD;
        case CREDENTIAL_SIGNATURE:
                return f == FACTOR_PIN_OTP;
        }
        return false;
}

static Factors stronger(Factors a, Factors b) {
        return a > b ? a : b;
}

bool policy_limits_are_sound(const Policy *p) {
        return (p->remember_max_age == 0 || (p->remember_max_age >= POLICY_AGE_MIN && p->remember_max_age <= POLICY_AGE_MAX)) &&
                p->remember_max_signatures <= POLICY_SIGNATURES_MAX;
}

static bool is_sound(const Credential *c, const Policy *p) {
        return policy_factors_fit(c->kind, p->weakest) && policy_factors_fit(c->kind, p->factors) && policy_limits_are_sound(p);
}

int policy_load(Txn *t, const Credential *c, Policy *ret) {
        Policy p = { .weakest = credential_default_factors(c->kind), .factors = c->factors };
        int64_t signatures = 0;
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT weakest, remember_max_age, remember_max_signatures, mac FROM policy WHERE credential = ?1", "s", c->id);
        if (r < 0)
                return r;
        if (r > 0) {
                p.weakest = factors_from_string(row_text(row, 0));
                p.remember_max_age = row_int(row, 1);
                signatures = row_int(row, 2);
                r = store_mac_check(txn_store(t), row_blob(row, 3), "policy", MAC_TYPES, c->id, row_text(row, 0), p.remember_max_age, signatures);
                if (r < 0)
                        return r;
        }
        /* A row that was put back to an earlier one of its own takes nothing from what the other says. */
        p.factors = stronger(p.factors, p.weakest);
        p.remember_max_signatures = (unsigned) signatures;
        if (signatures < 0 || signatures > POLICY_SIGNATURES_MAX || !is_sound(c, &p))
                return -EBADMSG;
        *ret = p;
        return 0;
}

static int write_row(Txn *t, const char *credential, const Policy *p) {
        const char *weakest = factors_to_string(p->weakest);
        int64_t signatures = p->remember_max_signatures;
        uint8_t mac[32];
        int r;

        r = store_mac(txn_store(t), mac, "policy", MAC_TYPES, credential, weakest, p->remember_max_age, signatures);
        if (r < 0)
                return r;
        r = txn_exec(t, "INSERT OR REPLACE INTO policy (credential, weakest, remember_max_age, remember_max_signatures, mac) VALUES (?1, ?2, ?3, ?4, ?5)",
                     MAC_TYPES "b", credential, weakest, p->remember_max_age, signatures, VIEW(mac, sizeof(mac)));
        return r < 0 ? r : 0;
}

int policy_save(Txn *t, Credential *c, const Policy *p) {
        int r;

        if (!is_sound(c, p))
                return -EINVAL;
        r = write_row(t, c->id, p);
        if (r < 0)
                return r;
        c->factors = stronger(p->factors, p->weakest);
        return credential_update(t, c);
}
