/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <systemd/sd-bus.h>

/* Turns what a job came to into the error that says so: outcome.h, TOTP_E_*, and negative errnos. `until` is told with OUTCOME_BUSY,
 * OUTCOME_LATER, OUTCOME_EXPIRED and OUTCOME_NOT_YET, in seconds since the epoch. Returns a negative errno, always. */
int outcome_set_error(sd_bus_error *error, int outcome, int64_t until);
