/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A store's directory: its files, who may touch them, and that one process at a time does. */

#include <stdbool.h>

#define STORE_DATABASE "store.db"
#define STORE_SLOTS "slots"
#define STORE_GENERATION "generation"

/* Opens and locks the directory. -ENOENT, -ENOTDIR; -EPERM when it belongs to another user than the effective one, or group or others have
 * any access; -EBUSY when another process has the lock. The lock is the descriptor's: it ends with close(2) or with the process. */
int directory_open(const char *path, int *ret_fd);

/* Whether there is a finished store: 0 when there is; -ENOENT when there is no sign of one, or only one whose creation was interrupted;
 * -EBADMSG when a part of it is missing; -EPERM when a file is not a regular one of ours with mode 0600 or stricter. */
int directory_check(int fd);

/* Brackets a creation. begin: -EEXIST when there is any sign of a store, other than what an interrupted creation left, which is removed.
 * Between the two the directory counts as empty, whatever is in it. */
int directory_begin_creation(int fd);
int directory_end_creation(int fd);

/* Removes hidden temporaries that a killed process left. */
void directory_sweep(int fd);

/* Makes an empty file of mode 0600 for SQLite to open, which would make it by the umask. */
int directory_touch(int fd, const char *name);

/* DIRECTORY/NAME; NULL when out of memory. The caller frees. */
char *directory_path(const char *directory, const char *name);
