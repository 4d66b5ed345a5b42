/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the methods that send or accept codes tell their callers. */

#include <systemd/sd-bus.h>

#include "daemon/code.h"

/* For any result of code_send() but 0 and of code_accept() or code_check() but CODE_ACCEPTED, and of outbox_put(): sets the error, with the support
 * contact where the manual says so (E12), and returns a negative errno. */
int code_bus_error(sd_bus_error *e, const Settings *s, int result, int64_t not_before);

/* Appends the dictionary a{sv} that tells where a code went: channel s, to s (masked), expires x, not_before x (when it may be asked for
 * again). */
int code_bus_append_sent(sd_bus_message *reply, const CodeSent *sent);
