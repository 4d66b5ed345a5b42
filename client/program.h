/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Other programs run to their end, without a shell and without a terminal: certutil, openssl, certtool. */

#include <stdbool.h>

#include "base/bytes.h"
#include "base/secret.h"

/* What a program reads from descriptor 3, where `secret` is set: in arguments it would be seen by everybody. */
#define PROGRAM_SECRET_PATH "/dev/fd/3"

typedef struct Program {
        const char *const *argv; /* argv[0] is looked up in PATH; NULL at the end */
        View input;              /* standard input */
        const Secret *secret;    /* may be NULL */
        unsigned seconds;        /* after which it is killed */
} Program;

/* Whether PATH has it. */
bool program_exists(const char *name);

/* Its exit status; -ENOENT when it is not installed, -ETIMEDOUT, -EFBIG when it said more than a MiB, -ECONNABORTED when a signal ended it, -errno.
 * It dies with us. What it said on standard output and error goes to `ret_output` (may be NULL) in any case but the first. */
int program_run(const Program *p, Bytes *ret_output);
