/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The local certification authority as a running thing: what its methods share. Lives on the loop's thread; jobs of the store
 * and the workers get copies, and the root, which never changes once it is there. */

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "bus/gate.h"
#include "bus/worker.h"
#include "ca/key-host.h"
#include "ca/register.h"
#include "ca/settings.h"
#include "ca/states.h"

typedef struct Authority {
        sd_event *event;
        sd_bus *bus;
        Gate *gate;
        Store *store;
        WorkerPool *workers;
        WorkerPool *signers; /* of those who wait for the key host */
        KeyHost *key_host;
        Root *root; /* NULL until Initialize */
        sd_event_source *store_source;
        CaSettings settings;
        const char *directory; /* what is published lies here */
        uid_t reporter;        /* the Unix user sygnet: sygnetd, which may suspend */
        uid_t responder;       /* the Unix user sygnet-ocsp; (uid_t) -1 where there is none */
        States *states;        /* within jobs of the store only */
        struct Publisher *publisher;
} Authority;

/* Takes up service: loads the root, listens to the store, registers the object. Event, bus, store, settings, directory and
 * users must be set. -EBADMSG when the root's record was altered. */
int authority_start(Authority *a);

/* Ends the work under way and frees all. */
void authority_stop(Authority *a);

/* authority-bus.c */
int authority_bus_register(Authority *a);
