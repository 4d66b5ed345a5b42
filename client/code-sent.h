/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a method that has sent a code by mail or SMS says of it. */

#include <systemd/sd-bus.h>

#include "client/dict.h"

/* Tells the person where the code went, until when it serves, and when another can be asked for; on standard error. `sent` is the dictionary of the
 * contract: channel, to, expires, not_before. */
void code_sent_tell(const Dict *sent);

/* Reads that dictionary where a reply stands, and tells. 0 or an exit code. */
int code_sent_read(sd_bus_message *reply);
