/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Writes ZIP archives as EN 319 162-1 annex A wants containers: entries stored, sizes and checksum in the local header, no data descriptor, an
 * extra field only where a size needs ZIP64. Memory grows with the number of entries, not with their size. */

#include "sign/asic/zip.h"

typedef struct ZipWriter ZipWriter;

/* An archive from the start of `fd`, which is empty, seekable, and stays the caller's. `time`, seconds since the epoch, becomes the date of all
 * entries, in UTC. */
int zip_writer_new(int fd, int64_t time, ZipWriter **ret);

/* The same, with the entries of another archive, byte by byte as they are there. Its directory is copied likewise. */
int zip_writer_new_from(int fd, int64_t time, const ZipArchive *from, ZipWriter **ret);

/* A further entry. The caller sees to it that names are different and sound; -EINVAL for one that is not sound. */
int zip_writer_add(ZipWriter *w, const char *name, View contents);

/* The same with the first `size` bytes of a file, each of which is also handed to `f`; holes stay holes. -EIO when the file ends before. */
int zip_writer_add_fd(ZipWriter *w, const char *name, int fd, uint64_t size, ZipPiece f, void *userdata);

/* Writes the directory. Nothing can be added then. */
int zip_writer_finish(ZipWriter *w);

ZipWriter *zip_writer_free(ZipWriter *w);
DEFINE_CLEANUP(ZipWriter *, zip_writer_free);
