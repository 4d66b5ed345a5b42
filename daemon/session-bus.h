/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What other methods need of the Session interface. */

#include <systemd/sd-bus.h>

/* What the caller is told of session_find()'s `r`: NoSession, or PasswordChangeRequired. */
int session_bus_error(sd_bus_error *e, int r);
