/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the timestamps in a signature prove (EN 319 102-1 §5.6.2.3): that the signature existed by a time, and what stood beside it. They are verified from the outermost inwards, each
 * under the proof of those that are over it. */

#include "sign/trust/signer-trust.h"

/* Tells of all timestamps in the report, and notes SIG_CONSTRAINTS_FAILURE where those of one kind are all foreign. 0 or a negative errno. */
int proof_describe(const SignerEvidence *e, SignatureReport *report);

/* Verifies them, those that fit, by authorities that are trusted: fills the proven time, or keeps an earlier one that the report has, and the time that the signature is younger than;
 * params->revocation gets the times by which its information existed. 0 or a negative errno. Only after proof_describe(). */
int proof_collect(const SignerEvidence *e, const VerifyParams *params, SignatureReport *report);
