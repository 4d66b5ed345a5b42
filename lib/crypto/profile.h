/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Profiles of certificates: what a certificate is for, and what follows from that for its subject, key and key usage. One certificate, one purpose: what
 * authenticates signs no documents, and what signs documents does not authenticate. */

#include <stdbool.h>

#include "crypto/key.h"

typedef struct Subject Subject;

typedef enum Profile {
        PROFILE_INVALID = 0,
        PROFILE_SEAL,                /* of an organisation, EN 319 412-3 */
        PROFILE_CUSTOMS,             /* of a person, EN 319 412-2 */
        PROFILE_PERSONAL,            /* likewise */
        PROFILE_AUTHENTICATION,      /* of a person, who logs in with it */
        PROFILE_KSEF_AUTHENTICATION, /* KSeF's type Authentication: for logging in there */
        PROFILE_KSEF_OFFLINE,        /* KSeF's type Offline: for the second QR code of invoices that are issued offline */
        PROFILE_OCSP_RESPONDER,      /* of a CA's own responder, RFC 6960 section 4.2.2.2; never asked for by anybody else */
} Profile;

/* "seal", "customs", "personal", "authentication", "ksef-authentication", "ksef-offline", "ocsp-responder"; NULL for none, PROFILE_INVALID for anything
 * else. */
const char *profile_to_string(Profile p);
Profile profile_from_string(const char *s);

/* Whether it is a CA's own and not for people to ask for. */
bool profile_is_internal(Profile p);

/* Whether the subject is taken exactly as it was given, attribute by attribute: KSeF refuses requests whose subject is not what it handed out. */
bool profile_keeps_order(Profile p);

/* The key usage, GNUTLS_KEY_…: nonRepudiation alone for what commits its holder (EN 319 412-2 clause 4.3.2), digitalSignature alone for what
 * authenticates, and for a responder. 0 for none. */
unsigned profile_key_usage(Profile p);

/* What is wrong with a certificate's key usage (0: it has none) for the profile: a constant sentence, or NULL. What authenticates must not commit; what commits may
 * allow digitalSignature beside, as many CAs write it, but a certificate of KSeF is of one type alone. */
const char *profile_key_usage_problem(Profile p, unsigned usage);

/* Whether keys of the algorithm are certified by the profile: KSeF takes P-256 and RSA of 2048 bits and nothing else; all others want what TS 119 312 lets
 * stand after 2028. */
bool profile_allows_key(Profile p, KeyAlgorithm a);

/* Whether the subject is one of the profile: 0, or -EINVAL with the sentence that says what is missing or too much (a constant, untranslated). */
int subject_check(const Subject *s, Profile profile, const char **ret_problem);
