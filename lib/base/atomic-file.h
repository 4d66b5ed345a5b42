/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Files that appear whole or not at all. The content is written to an unnamed file in the target's directory (a hidden
 * temporary where O_TMPFILE is not supported), synced, and given its name in one step. */

#include <stdbool.h>
#include <sys/types.h>

#include "base/bytes.h"

typedef struct AtomicFile AtomicFile;

/* Starts a file that shall become `path`, relative to the working directory, with `mode` (the umask does not apply).
 * -errno of open(2). */
int atomic_file_open(const char *path, mode_t mode, AtomicFile **ret);

/* The descriptor to write to, readable as well; it stays the AtomicFile's. */
int atomic_file_fd(AtomicFile *f);

/* Syncs and names the file. Without `replace` an existing path is left alone and -EEXIST returned; with it, it is
 * replaced in one step. The directory is synced too. The object must still be freed. */
int atomic_file_commit(AtomicFile *f, bool replace);

/* atomic_file_commit() in two steps, for many files at once: the first syncs and names the file; the second syncs the directory of the file at `path`, and
 * only then is it certain that it has its name. */
int atomic_file_name(AtomicFile *f, bool replace);
int atomic_file_sync_directory(const char *path);

/* To be called before atomic_file_name() where what one sync carries the next ones need not: of few files, it begins to write all of them to the disk
 * and waits for nothing. */
void atomic_files_push(AtomicFile *const *files, size_t n);

/* Instead, where it pays, which the second tells: syncs all of them together, so that naming needs not. They are on one file system. */
void atomic_files_sync(AtomicFile *const *files, size_t n);
bool atomic_files_pay(AtomicFile *const *files, size_t n);

/* Forgets the file if it was not committed. Takes NULL, returns NULL. */
AtomicFile *atomic_file_free(AtomicFile *f);
DEFINE_CLEANUP(AtomicFile *, atomic_file_free);

/* The whole of it in one call. */
int atomic_file_write(const char *path, View content, mode_t mode, bool replace);

/* Writes all of `v` to `fd`, resuming after short writes and signals. */
int write_all(int fd, View v);

/* Reads a regular file of at most `max` bytes. -EFBIG when it is larger, -EISDIR, -errno. */
int read_file(const char *path, size_t max, Bytes *ret);
int read_fd(int fd, size_t max, Bytes *ret);
