/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Changes signatures in a container (EN 319 162-1), as those that get a timestamp, and leaves all else in it as it is: what stands before the first of them keeps its bytes and its place,
 * what follows its contents. */

#include "base/bytes.h"

/* Gives the signature file as it shall be: 0 with `ret`, the caller's; 1 when it stays as it is; or a negative errno, which ends the work. `xades`: an XML document, else CMS. */
typedef int (*AsicChange)(void *userdata, View signature, bool xades, Bytes *ret);

enum {
        ASIC_EXTEND_COVERED = 350, /* a manifest or an archive timestamp is over a signature, and would not be of it any more */
        ASIC_EXTEND_NONE,          /* no signature, or none that was changed */
};

/* Reads the container at `in_fd` and writes it to `out_fd`, empty and seekable. 0, one of the enum, an outcome of zip.h, or a negative errno. */
int asic_extend(int in_fd, int out_fd, int64_t now, AsicChange change, void *userdata);
