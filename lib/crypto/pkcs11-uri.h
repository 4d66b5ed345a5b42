/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* PKCS#11 URIs (RFC 7512) as far as we look into them: which token is meant, and that no PIN stands in one. Finding objects
 * by them is GnuTLS's work. */

#include <stdbool.h>

#include "base/bytes.h"

#define PKCS11_URI_MAX 2048U

bool pkcs11_uri_is(const char *s); /* begins with "pkcs11:" */

/* Outcomes: why a URI is not taken. */
enum {
        PKCS11_URI_E_MALFORMED = 1,
        PKCS11_URI_E_PIN, /* a PIN, or where to find one, stands in it: it would stand in the list of processes as well */
};

int pkcs11_uri_check(const char *uri);

/* The decoded value of a path attribute ("token", "serial", "id" …), which may be binary. -ENOENT when it is not there. */
int pkcs11_uri_get(const char *uri, const char *name, Bytes *ret);

/* Whether all that `pattern` says of a token is said by `token` as well. 1, 0, or a negative errno. */
int pkcs11_uri_matches_token(const char *pattern, const char *token);

/* Appends ";NAME=%01%02…", and that for an id. */
int pkcs11_uri_append(Bytes *uri, const char *name, View value);
int pkcs11_uri_append_id(Bytes *uri, View id);
