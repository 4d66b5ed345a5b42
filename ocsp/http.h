/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Requests by HTTP (RFC 6960 appendix A.1): POST, and GET with the request in base64 as the path. Served by threads of libmicrohttpd's own. What a
 * connection may cost is bounded: octets, seconds, and how many there are at once. */

#include "ocsp/responder.h"

typedef struct HttpLimits {
        unsigned threads;     /* two at least */
        unsigned connections; /* at once; more wait in the kernel */
        unsigned seconds;     /* that a request may take to come, and that a connection may be idle */
} HttpLimits;

typedef struct HttpServer HttpServer;

/* Serves on `fd`, a listening socket that it takes over. `responder` must outlive the server. -EIO when libmicrohttpd does not start. */
int http_server_start(Responder *responder, int fd, const HttpLimits *limits, HttpServer **ret);

/* Ends all connections and threads. Takes NULL, returns NULL. */
HttpServer *http_server_stop(HttpServer *s);
DEFINE_CLEANUP(HttpServer *, http_server_stop);

/* Ends connections whose request takes too long; libmicrohttpd by itself counts from the last octet, so that one every now and then keeps a connection for
 * ever. To be called every few seconds. */
void http_server_sweep(HttpServer *s);
