/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A call that works on an operation, and the steps that it takes: prepare, check the items, authorise, sign. Each step starts work and the
 * next goes on with what it came to; the methods of the contract are ways through them. */

#include "daemon/call.h"
#include "daemon/operation-batch.h"
#include "daemon/operation-job.h"
#include "daemon/operation.h"

typedef struct OperationCall OperationCall;

struct OperationCall {
        Call call;
        Operation *operation;     /* a reference */
        bool once;                /* SignOnce: all steps, and the operation ends with the call */
        bool prepares;            /* Prepare: the operation ends unless its id was told */
        OperationState otherwise; /* the state it goes back to when the call fails; 0: none */
        bool counted;             /* in the session, by credential: taken back unless it is authorised */
        OperationJob job;
        Batch batch;
        size_t parked;
        uint8_t rest[SHA256_SIZE];
        SigningKey *key;
        WorkerPool *workers;      /* that sign the parts: the manager lets go of them before they end */
        unsigned n_parts;         /* of the batch, which the workers sign side by side */
        unsigned pending;         /* signing and the audit's job, while they are under way */
        int signed_result, audited;
        bool announced;           /* the audit has an entry of signatures that are not made yet */
        int failed;               /* why they will not be, and the error for the caller */
        sd_bus_error failure;
};

/* Makes the call; `error` is set where it fails. */
int operation_call_new(Manager *m, sd_bus_message *message, OperationCall **ret, sd_bus_error *error);

/* Gives the call a new operation of the session (its id; looked up for the caller). */
int operation_call_open(OperationCall *c, const char *session, const char *credential, uint32_t count, sd_bus_error *error);

/* Takes an operation that must be in `state` into `next` for as long as the call lasts. */
int operation_call_take(OperationCall *c, const char *id, OperationState state, OperationState next, sd_bus_error *error);

/* The first step of each method. Unless it fails the call belongs to the loop, or has been answered and is gone. */
int operation_call_prepare(OperationCall *c, sd_bus_error *error);   /* Prepare; SignOnce goes on from there */
int operation_call_authorize(OperationCall *c, sd_bus_error *error); /* Authorize */
int operation_call_sign(OperationCall *c, sd_bus_error *error);      /* Sign */
