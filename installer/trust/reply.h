/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the checker says about a certificate, and the lines in which it says so. The checker has read hostile bytes, so sygnet-trustd takes its
 * answer for hostile too: every line has its place, its alphabet and its bound, and whatever differs is no answer.
 *
 *   sygnet-trust-check 1
 *   problem KEYWORD
 *   der BASE64              from here on only where there was a certificate to read
 *   subject TEXT
 *   issuer TEXT
 *   serial HEXADECIMAL
 *   algorithm TEXT
 *   not-before INTEGER
 *   not-after INTEGER
 *   ca 0|1
 *   path-length INTEGER
 *   constraints COUNT
 *   constraint TEXT         as many as that
 *   end
 */

#include <stdbool.h>

#include "base/bytes.h"

#define CERTIFICATE_SIZE_MAX (64U * 1024U)
#define REPLY_SIZE_MAX (256U * 1024U)
#define REPLY_TEXT_MAX 1024U /* bytes */
#define REPLY_CONSTRAINTS_MAX 64U

typedef enum CheckProblem {
        CHECK_NONE,
        /* There is no certificate to describe. */
        CHECK_EMPTY,
        CHECK_TOO_LARGE,
        CHECK_NOT_A_CERTIFICATE,
        CHECK_SEVERAL,
        CHECK_PRIVATE_KEY,
        CHECK_TRAILING_DATA,
        CHECK_TOO_MANY,
        CHECK_FILE_TOO_LARGE,
        /* There is one, but it may not be installed. */
        CHECK_NOT_A_CA,
        CHECK_EXPIRED,
        CHECK_NOT_YET_VALID,
        CHECK_WEAK_KEY,
        CHECK_WEAK_DIGEST,
        CHECK_BAD_SIGNATURE,
        CHECK_UNKNOWN_EXTENSION,
        CHECK_TOO_COMPLEX,
        CHECK_DUPLICATE,
        CHECK_PROBLEM_MAX,
} CheckProblem;

/* A sentence for a person; empty for CHECK_NONE. */
const char *check_problem_sentence(CheckProblem p);

/* As it stands in the answer. */
const char *check_problem_keyword(CheckProblem p);

static inline bool check_problem_is_unreadable(CheckProblem p) {
        return p > CHECK_NONE && p < CHECK_NOT_A_CA;
}

typedef struct CheckReply {
        CheckProblem problem;
        Bytes der;
        char *subject, *issuer, *serial, *algorithm; /* UTF-8, fit to be shown */
        int64_t not_before, not_after;
        bool ca;
        int path_length; /* -1: none */
        char *constraints[REPLY_CONSTRAINTS_MAX];
        size_t n_constraints;
} CheckReply;

void check_reply_done(CheckReply *r);

/* -EINVAL when a field is not of its form: the checker's own mistake. */
int check_reply_write(const CheckReply *r, Bytes *ret);

/* -EBADMSG for anything that check_reply_write() would not have written. */
int check_reply_read(View text, CheckReply *ret);
