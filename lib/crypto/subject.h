/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Subjects of certificates by profile (EN 319 412-2 for persons, EN 319 412-3 for organisations), and the requests (PKCS#10,
 * RFC 2986) that carry them. */

#include <stdbool.h>

#include "crypto/key.h"

typedef enum Profile {
        PROFILE_INVALID = 0,
        PROFILE_SEAL,
        PROFILE_CUSTOMS,
        PROFILE_PERSONAL,
} Profile;

const char *profile_to_string(Profile p); /* "seal", "customs", "personal"; NULL for none */
Profile profile_from_string(const char *s);  /* PROFILE_INVALID for anything else */

typedef struct Subject Subject;

int subject_new(Subject **ret);
Subject *subject_free(Subject *s);
DEFINE_CLEANUP(Subject *, subject_free);

/* Sets one attribute by the name of RFC 4519 and X.520: commonName, organizationName, organizationIdentifier, countryName, givenName, surname,
 * serialNumber. -EINVAL for another name, or a value that is empty, too long (the ub- bounds of RFC 5280 appendix A; 64 characters for names,
 * whose bounds there are none worth having), not printable UTF-8, begins or ends with a space, or is no country code; -EEXIST when it is set
 * already. */
int subject_set(Subject *s, const char *name, const char *value);

const char *subject_get(const Subject *s, const char *name); /* NULL when not set */

/* Whether the subject is one of the profile: 0, or -EINVAL with the sentence that says what is missing or too much (a constant, untranslated). */
int subject_check(const Subject *s, Profile profile, const char **ret_problem);

/* The stored form (u8 format 1, then name and value of each, length before each). */
int subject_write(const Subject *s, Bytes *ret);
int subject_read(View v, Subject **ret);

/* Makes it the subject of a certificate that is being built: one attribute an RDN, in the order that X.521 names like: country first, common
 * name last. countryName and serialNumber are PrintableString, the others UTF8String (RFC 5280 §4.1.2.4 and appendix A). -EIO. */
int subject_to_certificate(const Subject *s, gnutls_x509_crt_t certificate);

/* A request for `key`, DER, with the subject encoded as subject_to_certificate() does. -EOPNOTSUPP for a key that is none of ours, -EIO. */
int request_create(gnutls_privkey_t key, const Subject *subject, Bytes *ret);

/* Reads a request and checks its proof of possession. -EBADMSG no request; -EKEYREJECTED the signature does not fit; -EOPNOTSUPP a subject
 * attribute or key we do not issue for, or a signature over MD5 or SHA-1. Extensions it asks for are not looked at: the profile decides. */
#define REQUEST_SIZE_MAX 16384U
int request_read(View der, Subject **ret_subject, gnutls_pubkey_t *ret_key);
