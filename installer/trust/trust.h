/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The trust service as a running thing: what its methods share. */

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "bus/gate.h"
#include "installer/trust/change.h"

typedef struct Call Call; /* trust-bus.c */

typedef struct Trust {
        sd_event *event;
        sd_bus *bus;
        Gate *gate;
        SystemStore store;
        ChangeQueue *changes;
        const char *checker;    /* path of sygnet-trust-check */
        Call *calls;            /* that are not answered yet */
        unsigned n_calls;
        uint64_t idle_usec;     /* after which the service ends */
        sd_event_source *idle;
        sd_bus_slot *release;
} Trust;

/* trust.c */
int trust_start(Trust *t);
void trust_stop(Trust *t);

/* Something was asked for: the time until the service ends begins anew. */
void trust_touch(Trust *t);

/* trust-bus.c */
int trust_bus_register(Trust *t);
void trust_bus_stop(Trust *t); /* forgets the calls that are not answered */
