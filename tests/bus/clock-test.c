/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The clocks of sygnetd-test: the kernel's, moved by the seconds that the file named by SYGNET_TEST_CLOCK holds, read anew at every
 * call. Stands in for daemon/clock.c in a program that is never installed. */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/cleanup.h"
#include "daemon/clock.h"

/* The file holds the offset, and where a test froze the clocks what they stood at: OFFSET [REALTIME BOOTTIME]. */
static int64_t seconds(clockid_t clock) {
        const char *path = getenv("SYGNET_TEST_CLOCK");
        _cleanup_fclose_ FILE *f = path ? fopen(path, "re") : NULL;
        long long offset = 0, wall, age;
        struct timespec t;
        int n;

        n = f ? fscanf(f, "%lld %lld %lld", &offset, &wall, &age) : 0;
        if (n == 3)
                return offset + (clock == CLOCK_REALTIME ? wall : age);
        clock_gettime(clock, &t);
        return t.tv_sec + (n >= 1 ? offset : 0);
}

int64_t clock_now(void) {
        return seconds(CLOCK_REALTIME);
}

int64_t clock_age(void) {
        return seconds(CLOCK_BOOTTIME);
}
