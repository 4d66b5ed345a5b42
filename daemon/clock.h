/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The one place that sygnetd asks for the time. clock.c asks the kernel; the test daemon links tests/bus/clock-test.c instead, which
 * adds an offset that a test writes. */

#include <stdint.h>

/* Seconds since the epoch, UTC. May step. */
int64_t clock_now(void);

/* Seconds since boot, suspended time included (CLOCK_BOOTTIME): ages of sessions and leases. Never steps back. */
int64_t clock_age(void);
