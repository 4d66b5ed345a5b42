/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The one place that sygnet-cad asks for the time. clock.c asks the kernel; the program that bus tests run links clocks that a
 * test moves. */

#include <stdint.h>

/* Seconds since the epoch, UTC. May step. */
int64_t clock_now(void);

/* How often it is looked whether something is due, in microseconds: dates are by a clock that may step, so no timer is set to
 * them. */
uint64_t clock_tick(void);
