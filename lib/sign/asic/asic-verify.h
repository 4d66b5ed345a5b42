/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Verifies containers (EN 319 162-1): each signature in META-INF, and that the files that it is of are those in the container. A file that no signature is of
 * is named, and the container is then not valid: who opens it sees that file like the others. */

#include "sign/verify-report.h"

/* Whether the file is a ZIP archive, which only containers are. */
bool asic_verify_recognize(int fd);

/* As verify_fd(). */
int asic_verify(int fd, const VerifyParams *params, VerifyReport *ret);
