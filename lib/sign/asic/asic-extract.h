/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Gets the documents out of a container: whole or not at all, and nowhere but where they shall be. */

#include <sys/types.h>

#include "sign/asic/asic.h"

/* Makes the directory `path`, which must not exist, with the container's documents in it; what is its own (META-INF, mimetype) stays behind. They are written into a
 * directory of another name beside it, which nobody else can enter, and which gets its name and `mode` when all is there. Files get `mode` without the bits to execute.
 * 0, an outcome of zip.h, or a negative errno: -EEXIST. */
int asic_extract(const AsicContainer *c, const char *path, mode_t mode);
