/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Items to sign as they come in a call, a(saya{sv}), and their signatures as they go out, aay. */

#include <systemd/sd-bus.h>

#include "daemon/manager.h"
#include "daemon/operation-batch.h"

/* Reads 1 to `max` items into an empty batch, which borrows them from the message. Their bytes are parked (operation_park()): *ret_parked, to be given
 * back by whoever called. On error `error` is set. */
int items_read(sd_bus_message *m, Manager *manager, size_t max, Batch *b, size_t *ret_parked, sd_bus_error *error);

/* Answers `call` with the batch's signatures. */
int items_reply(sd_bus_message *call, const Batch *b);
