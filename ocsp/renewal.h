/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A new key and its certificate from sygnet-cad: org.sygnet.CA1.IssueResponder on the system bus. */

#include "ocsp/delegate.h"

#define RENEWAL_PROBLEM_MAX 512U

/* Makes a key, asks for its certificate and looks at what comes back. Waits for the CA; call it where that holds nothing up. On failure, -errno, and
 * `ret_problem` says what it was. */
int renewal_run(const Issuer *issuer, Delegate **ret, char ret_problem[static RENEWAL_PROBLEM_MAX]);
