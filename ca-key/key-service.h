/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The CA's key as a running service: what its methods share. */

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "bus/worker.h"
#include "ca-key/token.h"

/* Under way and waiting; the CA itself has fewer. */
#define KEY_CALLS_MAX 16U

typedef struct KeyService {
        sd_event *event;
        sd_bus *bus;
        uid_t caller;        /* the one user who may call */
        WorkerPool *workers; /* of one thread, whose the token is */
        Token token;
        unsigned n_calls;
} KeyService;

/* Registers the object. */
int key_bus_register(KeyService *s);
