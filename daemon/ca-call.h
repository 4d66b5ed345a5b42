/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* org.sygnet.CA1 as sygnetd calls it: to have a certificate put on hold whose key was reported as revealed. Nothing else of the CA is sygnetd's. */

#include <systemd/sd-bus.h>

#include "base/bytes.h"

/* Sends the call; the answer goes to `then` with `userdata`, unless *ret_slot is released before. `certificate`: DER. -EBADMSG when it is none. */
int ca_suspend(sd_bus *bus, View certificate, sd_bus_message_handler_t then, void *userdata, sd_bus_slot **ret_slot);

/* What the answer means, as the contract's ReportCompromise has it: "suspended", "revoked", "outside", "failed"; a constant. For the last,
 * *ret_problem is a sentence, borrowed from the message. */
const char *ca_suspend_result(sd_bus_message *reply, const char **ret_problem);
