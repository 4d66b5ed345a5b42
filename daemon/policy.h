/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A credential's policy: which factors an operation needs, and how far a remembered session stands for the one-time code. The operator sets the
 * weakest factors that are allowed, whoever the credential belongs to sets what is in force, never below. Functions run in a job.
 *
 * What is in force stands in the credential's own row, so that who deletes rows of the database lowers nothing by that. */

#include "daemon/credential.h"

#define POLICY_AGE_MIN 60                     /* seconds */
#define POLICY_AGE_MAX (INT64_C(7) * 24 * 3600)
#define POLICY_SIGNATURES_MAX 1000000U

typedef struct Policy {
        Factors weakest, factors;
        int64_t remember_max_age;         /* seconds after which a remembered session no longer stands for a code here; 0: as configured */
        unsigned remember_max_signatures; /* the same, by signatures; 0: as configured */
} Policy;

/* What is to be changed of one. */
typedef struct PolicyChange {
        Factors weakest, factors;         /* FACTOR_INVALID: stays */
        bool has_age, has_signatures;
        uint32_t remember_max_age, remember_max_signatures;
} PolicyChange;

/* Whether credentials of the kind can be activated so: the key of a person is opened by a secret that has to be given. */
bool policy_factors_fit(CredentialKind k, Factors f);

/* Whether the limits are within bounds, or 0. */
bool policy_limits_are_sound(const Policy *p);

/* The policy of `c`, which was loaded in this job; the defaults of its kind where none was set. -EBADMSG when the row was altered. */
int policy_load(Txn *t, const Credential *c, Policy *ret);

/* Writes it, and what is in force into `c`: raised to what is the weakest allowed now. -EINVAL, with nothing written, when factors do not fit the
 * kind, or a limit is out of bounds. Who may lower what is the caller's question. */
int policy_save(Txn *t, Credential *c, const Policy *p);
