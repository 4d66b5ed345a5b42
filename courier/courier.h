/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The courier as a running service: what its methods share. */

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "bus/worker.h"
#include "courier/delivery.h"

/* Of each channel: under way at a time, and with those that wait. A mail server that hangs keeps no SMS waiting. */
#define COURIER_AT_ONCE 3U
#define COURIER_CALLS_MAX 35U

typedef struct Courier {
        sd_event *event;
        sd_bus *bus;
        uid_t caller; /* the one user who may call */
        CourierPlaces places;
        WorkerPool *workers[_CHANNEL_MAX];
        unsigned n_calls[_CHANNEL_MAX];
} Courier;

/* Registers the object. */
int courier_bus_register(Courier *c);
