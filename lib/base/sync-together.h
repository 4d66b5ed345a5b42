/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The contents of many files brought to the disk together, for less than what each of them would cost alone. */

#include <stdbool.h>
#include <stddef.h>

/* Whether that can be done with `fds`, and pays now. */
bool sync_together_pays(const int *fds, size_t n);

/* Whether the syncfs(2) of a kernel of that release (uname(2)) tells of errors. */
bool sync_together_tells(const char *release);

/* Like fsync(2) of each: once it returned true the contents, and what the disk needs to find them, outlast a power failure, though not their names. They
 * must have been opened before they were written to. False: each is to be synced by itself, which also tells why. */
bool sync_together(const int *fds, size_t n);
