/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Signatures that come as text: PEM (RFC 7468) or bare base64. */

#include "base/bytes.h"

/* Where the file at `fd` is such text, decodes its first block into a nameless file and gives that: `*ret_fd`, the caller's to
 * close. Where it is not, `*ret_fd` is -1. -EBADMSG for text that is broken off or no base64, -errno. Large ones go to $TMPDIR or
 * /var/tmp, so that memory does not grow with them. */
int armor_open(int fd, int *ret_fd);
