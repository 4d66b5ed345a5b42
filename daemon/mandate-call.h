/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A call of Mandate.Sign and its way: the caller's name, the mandate, the items, then its turn at the seal, the count, the signatures, and a last look
 * before they leave. Calls for one seal take turns in the order they came, and all of them behind persons: while one holds the lease, or is kept the seal, a
 * mandate's call waits, and what it holds itself keeps no person out. */

#include <gnutls/abstract.h>

#include "daemon/call.h"
#include "daemon/mandate.h"
#include "daemon/operation-batch.h"

#define MANDATE_WAIT_DEFAULT 60U /* seconds */
#define MANDATE_WAIT_MAX 240U    /* less than what callers commonly wait for an answer */

typedef struct MandateCall MandateCall;

int mandate_call_new(Manager *m, sd_bus_message *message, MandateCall **ret, sd_bus_error *error);

/* What the call brought: the mandate's id, room for its items, and seconds that it may wait for its turn. */
int mandate_call_set(MandateCall *c, const char *id, uint32_t wait, sd_bus_error *error);
Batch *mandate_call_batch(MandateCall *c, size_t **ret_parked);

/* The first step. On 0 the call belongs to the loop. */
int mandate_call_start(MandateCall *c, sd_bus_error *error);

/* What the outcome of a job on mandates is told as: those of mandate.h and those of outcome.h. Returns a negative errno, always. */
int mandate_set_error(sd_bus_error *error, int outcome, int64_t until);

/* A lease was freed: looks again whose turn it is. */
void mandate_queue_kick(Manager *m);

int mandate_queue_new(Manager *m, MandateQueue **ret);
MandateQueue *mandate_queue_free(MandateQueue *q); /* those who wait are told that the service ends */
