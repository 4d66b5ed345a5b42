/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Cores; see no-core.h. */

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/no-core.h"

/* The kernel and gdb take it for which kinds of mappings a core holds: see core(5). A bit for each; here none. */
static void leave_memory_out(void) {
        _cleanup_close_ int fd = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);

        if (fd >= 0)
                (void) !write(fd, "0", 1);
}

void no_core(void) {
        const struct rlimit none = { 0, 0 };

        /* First, since the files of a process that is not dumpable belong to root. */
        leave_memory_out();
        (void) setrlimit(RLIMIT_CORE, &none);
        (void) prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
