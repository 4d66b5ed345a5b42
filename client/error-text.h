/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The errors of the D-Bus contract in words, with what to do next, and as exit codes. No other file of the client knows their names'
 * meaning. */

#include <systemd/sd-bus.h>

#include "client/client.h"

/* Says what `error` (or, where it is not set, `r`) means when `service`, a bus name, was called. The exit code. */
int error_explain(Client *c, const sd_bus_error *error, int r, const char *service);
