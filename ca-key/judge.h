/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the CA's key signs, and nothing else: one root, ever; under it certificates of persons, seals and the OCSP responder; lists of revocations (RFC 5280).
 * Whoever takes sygnet-cad over gets no authority below, none that serves for TLS, and no second root out of the key. Everything is compared octet by octet or
 * stands in a table: what is not known is refused. Reads in place; no memory of its own. */

#include "base/bytes.h"

typedef enum TbsKind {
        TBS_ROOT,
        TBS_CERTIFICATE,
        TBS_REVOCATIONS,
} TbsKind;

#define JUDGE_TIME_SIZE 14U /* YYYYMMDDHHMMSS */

/* By what is judged: views are the caller's. */
typedef struct Judge {
        View algorithm;  /* the AlgorithmIdentifier that the key signs by */
        View public_key; /* its SubjectPublicKeyInfo */
        bool has_root;
        View name;       /* of the root: below is known where there is one */
        View key_id;
        uint8_t not_before[JUDGE_TIME_SIZE], not_after[JUDGE_TIME_SIZE];
} Judge;

/* Takes the name, key id and times of the root, a whole certificate, DER. -EBADMSG when it is no such root of this key; its signature is not verified. */
int judge_set_root(Judge *j, View certificate);

/* Whether `tbs` is signed: 0 and what it is; -EBADMSG and why not, a constant. */
int judge_tbs(const Judge *j, View tbs, TbsKind *ret, const char **ret_problem);

/* The contents octets of a certificate's serial number. -EBADMSG. */
int judge_serial(View tbs, View *ret);
