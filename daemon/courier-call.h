/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* org.sygnet.Courier1 as sygnetd calls it. */

#include <systemd/sd-bus.h>

#include "daemon/outbox.h"

/* Sends the call that hands a message over; the answer goes to `then` with `userdata`, unless *ret_slot is released before. */
int courier_deliver(sd_bus *bus, const OutboxClaim *c, sd_bus_message_handler_t then, void *userdata, sd_bus_slot **ret_slot);

/* What an answer means, and why: printable text. What the courier says is not believed to be free of what was sent, but looked through. */
OutboxResult courier_result(sd_bus_message *reply, const OutboxClaim *c, char ret_reason[static OUTBOX_REASON_MAX + 1]);
