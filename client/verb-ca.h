/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the verbs of sygnet ca share. */

#include "client/certificates.h"
#include "client/client.h"

/* A state of the contract ("good", "suspended", "revoked", "unknown") in the user's language. */
const char *certificate_state_text(const char *state);

/* verb-ca-summary.c: how the authority is. 0 or an exit code. */
int ca_print_summary(Client *c);

/* Writes certificates as PEM to --output or standard output, or as JSON. 0 or an exit code. */
int ca_print_chain(Client *c, const CertificateList *l);
