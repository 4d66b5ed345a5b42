/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The time-stamping authorities that sign and extend ask: those of --timestamp, else those of the configuration, in order, the next one where one does not
 * answer or its answer does not hold. One that failed three times in a row is left aside for the run. What went wrong with whom is told once. */

#include <pthread.h>
#include <stdbool.h>
#include <gnutls/x509.h>

#include "base/secret.h"
#include "client/client.h"
#include "client/settings.h"
#include "crypto/digest.h"

typedef struct TimestampServer {
        char *url;
        char *shown;       /* without its query, fit to be shown */
        unsigned failures; /* in a row */
        bool told;
} TimestampServer;

typedef struct TimestampService {
        TimestampServer *servers;
        size_t n; /* 0: no timestamps are wanted */
        char *user;
        Secret *password;
        char *policy;
        unsigned timeout_s;
        gnutls_x509_trust_list_t anchors; /* whom timestamps are believed */
        pthread_mutex_t mutex;            /* of the counts, and of what is told */
} TimestampService;

/* By the options and the configuration; loads libcurl, so call it while there is one thread. 0, or an exit code after saying what is wrong. `s` is to
 * be released in any case. */
int timestamp_service_open(Client *c, TimestampService *s);
void timestamp_service_done(TimestampService *s);
#define _cleanup_timestamp_service_ _cleanup_(timestamp_service_done)

/* A TimeStampToken over what has this digest, verified, in DER; the caller owns it. -ENODATA when no authority gave one, which is told; -ENOMEM. From any
 * thread. */
int timestamp_service_get(TimestampService *s, gnutls_digest_algorithm_t algorithm, View digest, Bytes *ret_token);

/* The same over bytes, by SHA-256: what authorities know. */
int timestamp_service_stamp(TimestampService *s, View stamped, Bytes *ret_token);
