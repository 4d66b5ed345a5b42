/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The clock; see clock.h. */

#include <time.h>

#include "ca/clock.h"

#define TICK_SECONDS 60U

int64_t clock_now(void) {
        return time(NULL);
}

uint64_t clock_tick(void) {
        return TICK_SECONDS * UINT64_C(1000000);
}
