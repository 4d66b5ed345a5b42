/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One answer of an HTTP server, for what a user or an administrator named, or a certificate that is trusted points to: CRLs, OCSP, CA certificates, timestamps. Only
 * http and https, always bounded in size and time, TLS always verified against the system's store. Nothing is kept on disk, and nothing is
 * sent but the request: no cookies, and no password but the one given, which never goes over http in the clear nor to another host. What comes back is bytes from a stranger. */

#include <stdbool.h>

#include "base/secret.h"

typedef struct FetchParams {
        const char *content_type; /* of the body, as in "application/ocsp-request", which is then sent by POST; NULL: GET */
        View body;
        const char *user;         /* NULL: none. https: Basic (RFC 7617); http: Digest (RFC 7616) only */
        const Secret *password;
        size_t size_max;          /* bytes that are taken; 0 is FETCH_SIZE_MAX */
        unsigned timeout_s;       /* for all of it, redirections too; 0 is FETCH_TIMEOUT_S */
} FetchParams;

/* Whether it is an http or https address that fetch_url() takes. */
bool fetch_is_address(const char *url);

#define FETCH_SIZE_MAX (64U * 1024U * 1024U)
#define FETCH_TIMEOUT_S 20U
#define FETCH_URL_MAX 2048U

/* The body of the answer with status 200, to be freed by the caller. Redirections are followed five times, within the same scheme: an https
 * address never leads to http, nor the other way. `params` may be NULL. On error `*ret_problem` (may be NULL) is a sentence for people, translated,
 * owned by the caller, NULL when memory ran out.
 *
 * -EINVAL: no http or https address; -EHOSTUNREACH: not found, nothing listens, TLS refused; -ETIMEDOUT; -EFBIG: beyond `size_max`; -EPROTO: another
 * status, or what came was no HTTP; -ELIBACC: libcurl is not installed; -ENOMEM. */
int fetch_url(const char *url, const FetchParams *params, Bytes *ret, char **ret_problem);
