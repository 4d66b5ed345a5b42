/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Session.Login, in a file of its own: many steps, and one answer for whatever is wrong. */

#include <systemd/sd-bus.h>

int method_login(sd_bus_message *message, void *userdata, sd_bus_error *error);
