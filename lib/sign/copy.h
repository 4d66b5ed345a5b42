/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Copies a document and digests it on the way, in constant memory. What is digested are the bytes that are written, so that what is signed is what
 * stands there even if somebody writes to the input meanwhile. */

#include <gnutls/crypto.h>

#include "base/bytes.h"

/* The first `size` bytes of `in_fd` to the same place of `out_fd`; where the two are one descriptor, they are digested only. Positions stay. A
 * large file is written by a thread of its own while it is digested, and the disk begins to write before the end. -EIO when the input ends
 * before `size`, -errno. */
int copy_digested(int in_fd, int out_fd, uint64_t size, gnutls_hash_hd_t hash);

/* All of `v` at `offset`. */
int copy_write_at(int fd, uint64_t offset, View v);
