/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Token.Reset: the operator's way, without a session, to take all tokens of an account away. */

#include <systemd/sd-bus.h>

int token_method_reset(sd_bus_message *message, void *userdata, sd_bus_error *error);
