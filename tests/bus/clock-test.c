/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The clocks of sygnetd-test: the kernel's, moved by the seconds that the file named by SYGNET_TEST_CLOCK holds, read anew at every
 * call. Stands in for daemon/clock.c in a program that is never installed. */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/cleanup.h"
#include "daemon/clock.h"

static int64_t offset(void) {
        const char *path = getenv("SYGNET_TEST_CLOCK");
        _cleanup_fclose_ FILE *f = path ? fopen(path, "re") : NULL;
        long long n;

        return f && fscanf(f, "%lld", &n) == 1 ? n : 0;
}

static int64_t seconds(clockid_t clock) {
        struct timespec t;

        clock_gettime(clock, &t);
        return t.tv_sec + offset();
}

int64_t clock_now(void) {
        return seconds(CLOCK_REALTIME);
}

int64_t clock_age(void) {
        return seconds(CLOCK_BOOTTIME);
}
