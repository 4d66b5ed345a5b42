/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The kernel's clocks; see clock.h. */

#include <time.h>

#include "daemon/clock.h"

static int64_t seconds(clockid_t clock) {
        struct timespec t;

        clock_gettime(clock, &t);
        return t.tv_sec;
}

int64_t clock_now(void) {
        return seconds(CLOCK_REALTIME);
}

int64_t clock_age(void) {
        return seconds(CLOCK_BOOTTIME);
}
