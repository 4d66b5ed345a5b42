/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What SMTP and HTTP have in common over libcurl: one transfer that ends with its delivery's deadline, always over TLS that is verified, and the
 * sentence for what went wrong. libcurl keeps copies of passwords and of what it sends until the transfer is freed, in memory that it does not
 * wipe; the process is locked in memory and not dumpable. */

#include <curl/curl.h>

#include "courier/delivery.h"

/* Once, before the first thread. */
int transfer_init(void);

/* A handle for the delivery; `ca_file` NULL for the system's. NULL when out of memory. */
CURL *transfer_new(Delivery *d, const char *ca_file);
DEFINE_CLEANUP(CURL *, curl_easy_cleanup);

/* Fails the delivery for what libcurl says of the way to the server, before an answer counted: name, connection, TLS, time. `server` is how it is
 * called. False when it is none of these. */
bool transfer_explain(Delivery *d, CURL *curl, CURLcode code, const char *server, const char *ca_file);

/* One step for an administrator who looks on; does nothing unless the delivery tells. */
void transfer_tell(const Delivery *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
