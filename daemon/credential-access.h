/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Shared by credential-job.c and credential-users.c; nobody else includes it. */

#include "daemon/credential-job.h"

/* Loads `record` and decides: the operator has every seal, an account what it administers or owns. 0, OUTCOME_NOT_FOUND or OUTCOME_DENIED. */
int credential_access(Txn *t, CredentialJob *j);

int credential_audit(Txn *t, const CredentialJob *j, const char *event, View payload);
