/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Time-based one-time passwords (RFC 6238 over RFC 4226), HMAC-SHA-1 as authenticator applications do, T0 = 0,
 * X = 30 s. This file computes and compares; that a step is used once is the caller's record (see totp_verify()). */

#include "base/bytes.h"
#include "base/secret.h"

#define TOTP_SECRET_SIZE 20U /* RFC 4226 §4 R6: 160 bits */
#define TOTP_STEP_SECONDS 30
#define TOTP_WINDOW 1 /* steps accepted before and after the present one, RFC 6238 §5.2 */

enum {
        TOTP_ACCEPTED = 1,
        TOTP_E_WRONG,    /* no step of the window has this code, or it is no code at all */
        TOTP_E_REPLAYED, /* the code is of a step that was used already, or older: not a guess */
        TOTP_E_CLOCK,    /* the high-water mark lies beyond now: enrol anew */
};

/* The code of one step as `digits` (6 to 8) ASCII digits, NUL-terminated. The caller wipes it. */
int totp_code(View secret, uint64_t step, unsigned digits, char ret[static 9]);

/* HOTP value with RFC 4226's truncation, for the vectors of its appendix D. */
int hotp_code(View secret, uint64_t counter, unsigned digits, char ret[static 9]);

/* Compares `code` with every step of the window in constant time. `last_step` is the highest step accepted so far
 * (0 for none). Returns one of the enum, or a negative errno. `*ret_step` is set with TOTP_ACCEPTED only, and must be
 * stored, by compare-and-set against `last_step`, before anything is granted on the strength of it. */
int totp_verify(View secret, unsigned digits, uint64_t last_step, int64_t now, View code, uint64_t *ret_step);

/* otpauth://totp/ISSUER:ACCOUNT?secret=…&issuer=…&algorithm=SHA1&digits=…&period=30 (the Key URI Format). */
int totp_uri(View secret, unsigned digits, const char *issuer, const char *account, Secret **ret);
