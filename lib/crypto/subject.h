/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Subjects of certificates by profile (EN 319 412-2 for persons, EN 319 412-3 for organisations), and the requests (PKCS#10,
 * RFC 2986) that carry them. */

#include <stdbool.h>

#include "crypto/key.h"
#include "crypto/profile.h"

#define SUBJECT_ATTRIBUTES_MAX 16U

int subject_new(Subject **ret);
Subject *subject_free(Subject *s);
DEFINE_CLEANUP(Subject *, subject_free);

/* Sets one attribute by the name of RFC 4519 and X.520 or by its object identifier: commonName, organizationName, organizationIdentifier, countryName,
 * givenName, surname, serialNumber, uniqueIdentifier. givenName may be set several times; each is an attribute of its own. -EINVAL for another name, or a value
 * that is empty, too long (the ub- bounds of RFC 5280 appendix A; 64 characters for names, whose bounds there are none worth having), not printable UTF-8, begins
 * or ends with a space, or is no country code; -EEXIST when it is set already; -E2BIG beyond SUBJECT_ATTRIBUTES_MAX. */
int subject_set(Subject *s, const char *name, const char *value);

const char *subject_get(const Subject *s, const char *name); /* NULL when not set; the first of several */

/* All of them, in the order in which they are encoded; borrowed. */
size_t subject_count(const Subject *s);
const char *subject_name_at(const Subject *s, size_t i);
const char *subject_value_at(const Subject *s, size_t i);

/* From now on the attributes are encoded in the order in which they were set, instead of the one that X.521 names like: country first, common name last. For
 * profiles that keep the order (profile.h). */
void subject_keep_order(Subject *s);

/* The stored form (u8 format: 1, or 2 where the order is kept; then name and value of each, length before each). */
int subject_write(const Subject *s, Bytes *ret);
int subject_read(View v, Subject **ret);

/* Makes it the subject of a certificate that is being built: one attribute an RDN, in the order of subject_name_at(). countryName and serialNumber are PrintableString, the others UTF8String (RFC 5280 §4.1.2.4 and appendix A). -EIO. */
int subject_to_certificate(const Subject *s, gnutls_x509_crt_t certificate);

/* A request for `key`, DER, with the subject encoded as subject_to_certificate() does. -EOPNOTSUPP for a key that is none of ours, -EIO. */
int request_create(gnutls_privkey_t key, const Subject *subject, Bytes *ret);

/* Reads a request and checks its proof of possession; subject_keep_order() of what it returns keeps the request's own order. -EBADMSG no request; -EKEYREJECTED the signature does not fit; -EOPNOTSUPP a subject
 * attribute or key we do not issue for (profile_allows_key() is the caller's), or a signature over MD5 or SHA-1. Extensions it asks for are not looked at: the profile decides. */
#define REQUEST_SIZE_MAX 16384U
int request_read(View der, Subject **ret_subject, gnutls_pubkey_t *ret_key);
